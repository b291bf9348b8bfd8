/* Classifiers: each tells the members of a set apart by one thing. */
#ifndef HP_CLASSIFY_H
#define HP_CLASSIFY_H

#include "heap/graph.h"
#include "heap/idset.h"
#include "base/names.h"

typedef enum hp_By {
  HP_BY_KIND,
  HP_BY_TYPE,
  HP_BY_SIZE,
  HP_BY_SOURCE, /* functions and prototypes by file:line */
  HP_BY_MODULE, /* code by the module it was written in, data by its class's */
  HP_BY_RCS,    /* by the kinds of what refers to them */
  HP_BY_VIA,    /* by the labels of the edges through which they are referred to */
  HP_BY_ID,     /* every object by itself */
  HP_BY_UNITY,  /* all alike */
  HP_BY_SITE,   /* where they were made: the innermost Lua function */
  HP_BY_TRACEBACK, /* the same with its callers */
  HP_BY_AGE,    /* tenths by order of birth */
  HP_NBY
} hp_By;

/* "kind", "type" ...; NULL-terminated */
extern const char *const hp_by_names[];

struct hp_Mixed;

/* The classes of a set's members. */
typedef struct hp_Classified {
  hp_Arena *arena; /* of the graph: what "of" is in */
  uint32_t *of;   /* per member, ascending by id: its class. Owned, 'room' long. By id a
                     member is its own class, and this is its id */
  size_t room;
  uint32_t n;     /* members */
  uint32_t count; /* classes are below this; some may have no member */
  hp_Names names; /* of the classes; empty by id, and where they are: */
  struct hp_Mixed *mixed; /* combinations (mixed.h). Owned, or NULL */
  int objects;    /* made by id */
  int ordered;    /* rows stand in the order of classes, not of sizes */
} hp_Classified;

/* Fills *out. RCS and VIA of a small part of the heap build the reverse edges first. */
int hp_classify(hp_Graph *g, const hp_IdSet *set, hp_By by, hp_Classified *out);
void hp_classified_free(hp_Classified *c);

/* Makes 'of' for its n members, yet to be written. */
int hp_classified_alloc(hp_Classified *c);

/* The name of a class, in 'room' or elsewhere; not by id. */
const char *hp_classified_name(const hp_Classified *c, uint32_t cls, hp_Name *room);

/* ---- for the classifiers that have files of their own --------------------- */

/* These two make 'of' themselves. */
int hp_classify_rcs(hp_Graph *g, const hp_IdSet *set, hp_Classified *out);
int hp_classify_via(hp_Graph *g, const hp_IdSet *set, hp_Classified *out);

int hp_classify_module(hp_Graph *g, const hp_IdSet *set, hp_Classified *out);
int hp_classify_site(hp_Graph *g, const hp_IdSet *set, int whole, hp_Classified *out);
int hp_classify_age(hp_Graph *g, const hp_IdSet *set, hp_Classified *out);

#endif
