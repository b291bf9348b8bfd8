/* Combinations of numbers: see combo.h. */
#include "combo.h"

#include <stdlib.h>
#include <string.h>

#define FIRST 3 /* combinations with numbers of their own come after the fixed ones */

/* ---- steps: what a combination becomes with a member ----------------------- */

static size_t slot_of(const hp_ComboSlot *slots, size_t n, uint64_t step) {
  size_t at = hp_combos_place(step, n);
  while (slots[at].to != HP_COMBO_NONE && slots[at].step != step) at = (at + 1) & (n - 1);
  return at;
}

static int grow_slots(hp_Combos *c) {
  size_t n = c->nslots > 0 ? c->nslots * 2 : 1024, i;
  hp_ComboSlot *slots = hp_new_in(c->arena, hp_ComboSlot, n);
  if (slots == NULL) return HP_ENOMEM;
  for (i = 0; i < c->nslots; i++)
    if (c->slots[i].to != HP_COMBO_NONE)
      slots[slot_of(slots, n, c->slots[i].step)] = c->slots[i];
  hp_delete_in(c->arena, c->slots, c->nslots);
  c->slots = slots;
  c->nslots = n;
  return HP_OK;
}

/* ---- all of them ------------------------------------------------------------ */

int hp_combos_init(hp_Combos *c) {
  int rc = hp_vec_reserve(&c->at, FIRST);
  if (rc == HP_OK) rc = grow_slots(c);
  if (rc != HP_OK) return rc;
  memset(c->at.at, 0, FIRST * sizeof *c->at.at);
  c->at.n = FIRST;
  return HP_OK;
}

void hp_combos_done(hp_Combos *c) {
  if (c->at.cap / 2 > c->at.n) (void)hp_vec_shrink(&c->at);
  hp_delete_in(c->arena, c->slots, c->nslots);
  hp_delete_in(c->arena, c->pairs, c->npairs);
  c->slots = NULL;
  c->pairs = NULL;
  c->nslots = c->used = c->npairs = c->pairs_used = 0;
}

void hp_combos_free(hp_Combos *c) {
  hp_combos_done(c);
  hp_vec_free(&c->at);
}

uint32_t hp_combos_get(const hp_Combos *c, uint32_t combo, uint32_t members[HP_COMBO_MAX]) {
  uint32_t n = c->at.at[combo].n, i;
  for (i = n; i > 0; combo = c->at.at[combo].rest) members[--i] = c->at.at[combo].last;
  return n;
}

/* ---- more combinations ------------------------------------------------------ */

static int remember(hp_Combos *c, uint32_t from, uint32_t member, uint32_t to) {
  hp_ComboSlot *slot;
  if (c->used * 4 >= c->nslots && grow_slots(c) != HP_OK) return HP_ENOMEM;
  slot = &c->slots[slot_of(c->slots, c->nslots, hp_combos_pair(from, member))];
  c->used += slot->to == HP_COMBO_NONE;
  slot->step = hp_combos_pair(from, member);
  slot->to = to;
  return HP_OK;
}

/* *to = from with the member, which is not in it; there is room for one more. */
static int insert(hp_Combos *c, uint32_t from, uint32_t member, uint32_t *to) {
  hp_Combo at = c->at.at[from];
  uint32_t rest = from;
  int rc = HP_OK;
  *to = c->slots[slot_of(c->slots, c->nslots, hp_combos_pair(from, member))].to;
  if (*to != HP_COMBO_NONE) return HP_OK;
  if (from != HP_COMBO_EMPTY && at.last > member) {
    rc = insert(c, at.rest, member, &rest);
    if (rc == HP_OK) rc = insert(c, rest, at.last, to);
  } else {
    rc = hp_combos_new(c, from, member, to);
  }
  return rc == HP_OK ? remember(c, from, member, *to) : rc;
}

/* ---- objects with many members -------------------------------------------- */

static size_t pair_of(const uint64_t *pairs, size_t n, uint64_t pair) {
  size_t at = hp_combos_place(pair, n);
  while (pairs[at] != 0 && pairs[at] != pair) at = (at + 1) & (n - 1);
  return at;
}

static int grow_pairs(hp_Combos *c) {
  size_t n = c->npairs > 0 ? c->npairs * 2 : 256, i;
  uint64_t *pairs = hp_new_in(c->arena, uint64_t, n);
  if (pairs == NULL) return HP_ENOMEM;
  for (i = 0; i < c->npairs; i++)
    if (c->pairs[i] != 0) pairs[pair_of(pairs, n, c->pairs[i])] = c->pairs[i];
  hp_delete_in(c->arena, c->pairs, c->npairs);
  c->pairs = pairs;
  c->npairs = n;
  return HP_OK;
}

static int add_pair(hp_Combos *c, uint32_t object, uint32_t member) {
  uint64_t pair = hp_combos_pair(object + 1, member);
  size_t at;
  if (c->pairs_used * 2 >= c->npairs && grow_pairs(c) != HP_OK) return HP_ENOMEM;
  at = pair_of(c->pairs, c->npairs, pair);
  c->pairs_used += c->pairs[at] == 0;
  c->pairs[at] = pair;
  return HP_OK;
}

int hp_combos_add_many(hp_Combos *c, uint32_t *combo, uint32_t object, uint32_t member) {
  uint32_t members[HP_COMBO_MAX] = {0}, n = hp_combos_get(c, *combo, members), i;
  int rc = add_pair(c, object, member);
  for (i = 0; i < n && rc == HP_OK; i++) rc = add_pair(c, object, members[i]);
  if (rc == HP_OK) *combo = HP_COMBO_MANY;
  return rc;
}

static int by_pair(const void *x, const void *y) {
  uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
  return (a > b) - (a < b);
}

const uint64_t *hp_combos_many(hp_Combos *c, size_t *n) {
  size_t i, kept = 0;
  for (i = 0; i < c->npairs; i++)
    if (c->pairs[i] != 0) c->pairs[kept++] = c->pairs[i] - ((uint64_t)1 << 32);
  if (kept > 1) qsort(c->pairs, kept, sizeof *c->pairs, by_pair);
  *n = kept;
  return c->pairs;
}

/* ---- adding ---------------------------------------------------------------- */

static int contains(const hp_Combos *c, uint32_t combo, uint32_t member) {
  for (; combo != HP_COMBO_EMPTY; combo = c->at.at[combo].rest)
    if (c->at.at[combo].last == member) return 1;
  return 0;
}

/* What is remembered, but not in the first place looked at, changes places with what is there: so
** those asked for often come to stand first. (All places between are taken, and so the other is
** still found.) */
static void move_up(hp_ComboSlot *first, hp_ComboSlot *found) {
  hp_ComboSlot other = *first;
  *first = *found;
  *found = other;
}

int hp_combos_step(hp_Combos *c, uint32_t *combo, uint32_t object, uint32_t member) {
  uint64_t step = hp_combos_pair(*combo, member);
  hp_ComboSlot *slot;
  if (*combo == HP_COMBO_NONE) return HP_OK;
  slot = &c->slots[slot_of(c->slots, c->nslots, step)];
  if (slot->to != HP_COMBO_NONE) {
    *combo = slot->to;
    move_up(&c->slots[hp_combos_place(step, c->nslots)], slot);
    return HP_OK;
  }
  if (member == HP_COMBO_NOTHING) return remember(c, *combo, member, *combo);
  if (*combo == HP_COMBO_MANY) return hp_combos_add_many(c, combo, object, member);
  if (contains(c, *combo, member)) return remember(c, *combo, member, *combo);
  if (c->at.at[*combo].n == HP_COMBO_MAX) return hp_combos_add_many(c, combo, object, member);
  return insert(c, *combo, member, combo);
}
