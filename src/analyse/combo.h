/* Combinations: sets of small numbers, each set numbered once. For objects that
** are told apart by several things at a time, such as the kinds of all that
** refer to them. */
#ifndef HP_COMBO_H
#define HP_COMBO_H

#include "base/names.h"

typedef struct hp_Combos {
  HP_VEC(uint32_t) members; /* of all combinations, one after the other */
  HP_VEC(uint32_t) first;   /* per combination: where its members start */
  uint32_t *slots;          /* number + 1, by hash */
  size_t nslots;
} hp_Combos;

void hp_combos_free(hp_Combos *c);

/* The number of the combination of these n numbers: ascending, each once. */
int hp_combos_intern(hp_Combos *c, const uint32_t *members, uint32_t n, uint32_t *number);

#define hp_combos_count(c) ((uint32_t)(c)->first.n)

/* Its members; *n: how many. */
const uint32_t *hp_combos_get(const hp_Combos *c, uint32_t number, uint32_t *n);

/* Names every combination after its members, "a, b" in alphabetical order or
** "<Nothing>", and turns the combinations in of[0..nof) into numbers of 'out':
** two combinations may come to the same name. */
int hp_combos_name(const hp_Combos *combos, const hp_Names *members, uint32_t *of, uint32_t nof,
                   hp_Names *out);

#endif
