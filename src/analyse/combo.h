/* Combinations: sets of small numbers, for objects that are told apart by several
** things at a time, such as the kinds of all that refer to them.
**
** An object has the number of its combination so far, and takes members one by
** one, in any order, some again and again. A combination is its largest member and
** the combination of the rest, so equal sets have one number; and what a combination
** becomes with a member is remembered, even where it has it. Beyond HP_COMBO_MAX members
** that would cost too much: such an object is *many*, and its members stand in a set of
** pairs. */
#ifndef HP_COMBO_H
#define HP_COMBO_H

#include "base/arena.h"
#include "base/bits.h"
#include "base/vec.h"

#include <stdint.h>

#define HP_COMBO_MAX 16

#define HP_COMBO_NONE 0u /* no combination: the object takes no members */
#define HP_COMBO_EMPTY 1u
#define HP_COMBO_MANY 2u

#define HP_COMBO_NOTHING UINT32_MAX /* as a member: it changes no combination */

typedef struct hp_Combo {
  uint32_t rest; /* the combination without: */
  uint32_t last; /* its largest member */
  uint32_t n;    /* members */
} hp_Combo;

/* A step: 'to' is a combination with one more member. */
typedef struct hp_ComboSlot {
  uint64_t step; /* the combination << 32 | the member */
  uint32_t to;   /* HP_COMBO_NONE: free, and the step is 0 */
} hp_ComboSlot;

typedef struct hp_Combos {
  hp_Arena *arena;
  HP_VEC(hp_Combo) at;
  hp_ComboSlot *slots; /* all steps, by hash */
  size_t nslots, used;
  uint64_t *pairs; /* (object + 1) << 32 | member, of those with many; by hash, 0: free */
  size_t npairs, pairs_used;
} hp_Combos;

/* From zeroed, but for the arena. */
int hp_combos_init(hp_Combos *c);
void hp_combos_free(hp_Combos *c);

/* Frees what only adding needs, and room that was too much. */
void hp_combos_done(hp_Combos *c);

static inline uint64_t hp_combos_pair(uint32_t high, uint32_t low) {
  return (uint64_t)high << 32 | low;
}

/* Where a pair is looked for first, among n (a power of 2) places. */
static inline size_t hp_combos_place(uint64_t pair, size_t n) {
  return (size_t)(pair * 0x9E3779B97F4A7C15u >> 32) & (n - 1);
}

int hp_combos_step(hp_Combos *c, uint32_t *combo, uint32_t object, uint32_t member);

/* Adds to the combinations of n objects (combos[to[i]]) a member each: members[i]; or the first one
** to all ('each' = 0), which may be very many. */
HP_PART int hp_combos_add_row(hp_Combos *c, uint32_t *combos, const uint32_t *to, uint32_t n,
                              const uint32_t *members, int each) {
  const hp_ComboSlot *slots = c->slots; /* not to be read anew for each */
  size_t nslots = c->nslots;
  uint32_t i;
  for (i = 0; i < n; i++) {
    uint32_t *combo = &combos[to[i]], member = members[each ? i : 0];
    uint64_t step = hp_combos_pair(*combo, member);
    const hp_ComboSlot *slot = &slots[hp_combos_place(step, nslots)];
    if (!each && n - i > HP_AHEAD) __builtin_prefetch(&combos[to[i + HP_AHEAD]], 1);
    if (slot->step == step) {
      *combo = slot->to; /* of a free one: HP_COMBO_NONE is HP_COMBO_NONE with whatever member */
    } else {
      int rc = hp_combos_step(c, combo, to[i], member);
      if (rc != HP_OK) return rc;
      slots = c->slots;
      nslots = c->nslots;
    }
  }
  return HP_OK;
}

/* Adds a member to the combination of an object (combos[object]). */
static inline int hp_combos_add(hp_Combos *c, uint32_t *combos, uint32_t object, uint32_t member) {
  return hp_combos_add_row(c, combos, &object, 1, &member, 0);
}

#define hp_combos_count(c) ((uint32_t)(c)->at.n)

/* A new combination: 'rest' with a member that is larger than all in it. */
static inline int hp_combos_new(hp_Combos *c, uint32_t rest, uint32_t last, uint32_t *combo) {
  hp_Combo *made;
  if (hp_vec_reserve(&c->at, 1) != HP_OK) return HP_ENOMEM;
  if (c->at.n >= UINT32_MAX) return HP_ELIMIT;
  made = &c->at.at[c->at.n];
  made->rest = rest;
  made->last = last;
  made->n = c->at.at[rest].n + 1;
  *combo = (uint32_t)c->at.n++;
  return HP_OK;
}

/* Adds a member to an object that has many, or as many as a combination can have. */
int hp_combos_add_many(hp_Combos *c, uint32_t *combo, uint32_t object, uint32_t member);

/* Adds to the combination of an object a member that is larger than all before it, and comes this
** once. */
static inline int hp_combos_add_only(hp_Combos *c, uint32_t *combo, uint32_t object,
                                     uint32_t member) {
  if (*combo == HP_COMBO_MANY || c->at.at[*combo].n == HP_COMBO_MAX)
    return hp_combos_add_many(c, combo, object, member);
  return hp_combos_new(c, *combo, member, combo);
}

/* The members of a combination, how many; ascending. Not of HP_COMBO_MANY. */
uint32_t hp_combos_get(const hp_Combos *c, uint32_t combo, uint32_t members[HP_COMBO_MAX]);

/* The pairs of the objects with many, ascending, as (object << 32 | member): sorts them in
** place, after which nothing can be added. *n: how many. */
const uint64_t *hp_combos_many(hp_Combos *c, size_t *n);

#endif
