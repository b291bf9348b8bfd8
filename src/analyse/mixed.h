/* Classes that are combinations: of kinds of referrers, of labels. A class's name,
** "a, b" in alphabetical order, is put together when it is asked for: most classes
** of a large heap are never looked at. */
#ifndef HP_MIXED_H
#define HP_MIXED_H

#include "classify.h"
#include "combo.h"
#include "heap/group.h"
#include "labels.h"

typedef struct hp_Mixed {
  hp_Arena *arena;       /* of the graph */
  hp_Combos combos;
  hp_Labels labels;      /* what members are called; or: */
  const hp_Names *kinds; /* borrowed, NULL where it is labels */
  uint32_t *combo;       /* per object: its combination. Owned, 'n' long */
  uint32_t n;
  hp_Names many;         /* names of classes with too many members for a combination */
} hp_Mixed;

/* A new one: members of the set have the empty combination, other objects none.
** 'kinds' says what members are called, else they are labels. */
hp_Mixed *hp_mixed_new(hp_Graph *g, const hp_IdSet *set, const hp_Names *kinds);
void hp_mixed_free(hp_Mixed *m);

/* Adds a member to an object's combination. */
static inline int hp_mixed_add(hp_Mixed *m, uint32_t object, uint32_t member) {
  return hp_combos_add(&m->combos, m->combo, object, member);
}

/* To those of n objects. */
static inline int hp_mixed_add_all(hp_Mixed *m, const uint32_t *to, uint32_t n, uint32_t member) {
  return hp_combos_add_row(&m->combos, m->combo, to, n, &member, 0);
}

static inline int hp_mixed_add_group(hp_Mixed *m, const hp_Group *group) {
  return hp_combos_add_row(&m->combos, m->combo, group->to, group->n, group->number, 1);
}

/* The combinations become classes, of their numbers, and names in 'many' those after them: fills
** out->of. On success 'out' owns m. */
int hp_mixed_finish(hp_Mixed *m, const hp_IdSet *set, hp_Classified *out);

/* The name of a class, in 'room' or elsewhere. */
const char *hp_mixed_name(const hp_Mixed *m, uint32_t cls, hp_Name *room);

#endif
