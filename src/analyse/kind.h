/* Kinds: whose memory an object is.
**
** Every object gets one number, every number a name. In this order: registry,
** globals, modules, classes; an instance of a class; a plain table that exactly
** one instance refers to through a field ("table of CLASS"); else its type.
**
** A class whose name is that of another kind, or looks like it, has " (class)" put
** behind it where its instances are meant: "string (class)".
**
** There are at most HP_KINDS_MAX kinds. Types, registry, globals and modules have theirs
** first, then instances and classes, those of garbage last, and tables of classes as far
** as there are any; what comes then is "(more kinds)". */
#ifndef HP_KIND_H
#define HP_KIND_H

#include "class.h"
#include "heap/graph.h"

#define HP_KINDS_MAX 65000 /* numbers have 16 bits */

/* What a kind is the kind of. */
typedef enum hp_KindOf {
  HP_KIND_TYPE,   /* nothing in particular */
  HP_KIND_MODULE, /* a module: 'of' is its name, a string's id */
  HP_KIND_CLASS   /* a class, instances, or their tables: 'of' is the name in classes.names */
} hp_KindOf;

typedef struct hp_Kind {
  hp_KindOf what;
  uint32_t of;
} hp_Kind;

typedef struct hp_Kinds {
  hp_Names names;
  HP_VEC(hp_Kind) at; /* by number */
  hp_Classes classes;
} hp_Kinds;

/* Fills g->kind and g->kinds. */
int hp_kinds_new(hp_Graph *g);
void hp_kinds_free(hp_Kinds *k);
size_t hp_kinds_bytes(const hp_Kinds *k);

/* "table", "function" ... */
const char *hp_type_name(hp_Type t);

#endif
