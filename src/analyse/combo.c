/* Combinations of numbers: see combo.h. */
#include "combo.h"

#include "base/sort.h"

#include <stdlib.h>
#include <string.h>

void hp_combos_free(hp_Combos *c) {
  hp_vec_free(&c->members);
  hp_vec_free(&c->first);
  hp_delete(c->slots, c->nslots);
  c->slots = NULL;
  c->nslots = 0;
}

const uint32_t *hp_combos_get(const hp_Combos *c, uint32_t number, uint32_t *n) {
  uint32_t first = c->first.at[number];
  uint32_t end = number + 1 < c->first.n ? c->first.at[number + 1] : (uint32_t)c->members.n;
  *n = end - first;
  return c->members.at + first;
}

static uint32_t hash_of(const uint32_t *members, uint32_t n) {
  uint64_t h = n;
  uint32_t i;
  for (i = 0; i < n; i++) h = (h ^ members[i]) * 0x9E3779B97F4A7C15u;
  return (uint32_t)(h >> 32);
}

static size_t slot_of(const hp_Combos *c, const uint32_t *members, uint32_t n) {
  size_t at = hash_of(members, n) & (c->nslots - 1);
  for (; c->slots[at] != 0; at = (at + 1) & (c->nslots - 1)) {
    uint32_t have;
    const uint32_t *m = hp_combos_get(c, c->slots[at] - 1, &have);
    if (have == n && (n == 0 || memcmp(m, members, n * sizeof *m) == 0)) break;
  }
  return at;
}

static int grow(hp_Combos *c) {
  hp_Combos new = *c;
  uint32_t i, n;
  new.nslots = c->nslots > 0 ? c->nslots * 2 : 64;
  new.slots = hp_new(uint32_t, new.nslots);
  if (new.slots == NULL) return HP_ENOMEM;
  for (i = 0; i < hp_combos_count(c); i++) {
    const uint32_t *m = hp_combos_get(c, i, &n);
    new.slots[slot_of(&new, m, n)] = i + 1;
  }
  hp_delete(c->slots, c->nslots);
  *c = new;
  return HP_OK;
}

int hp_combos_intern(hp_Combos *c, const uint32_t *members, uint32_t n, uint32_t *number) {
  size_t slot;
  if (c->first.n * 2 >= c->nslots && grow(c) != HP_OK) return HP_ENOMEM;
  slot = slot_of(c, members, n);
  if (c->slots[slot] == 0) {
    if (hp_vec_reserve(&c->first, 1) != HP_OK || hp_vec_reserve(&c->members, n) != HP_OK)
      return HP_ENOMEM;
    c->first.at[c->first.n++] = (uint32_t)c->members.n;
    if (n > 0) memcpy(c->members.at + c->members.n, members, n * sizeof *members);
    c->members.n += n;
    c->slots[slot] = (uint32_t)c->first.n;
  }
  *number = c->slots[slot] - 1;
  return HP_OK;
}

/* ---- from combinations to class names ------------------------------------- */

static int by_text(const void *x, const void *y) {
  return strcmp(*(const char *const *)x, *(const char *const *)y);
}

#define JOIN_MAX 64 /* names in one class's name; more are counted */

static void join(const hp_Names *names, const uint32_t *members, uint32_t n, hp_Name *out) {
  const char *texts[JOIN_MAX];
  uint32_t i, shown = n < JOIN_MAX ? n : JOIN_MAX;
  hp_name_set(out, n == 0 ? "<Nothing>" : "");
  for (i = 0; i < shown; i++) texts[i] = hp_names_get(names, members[i]);
  if (shown > 1) qsort(texts, shown, sizeof *texts, by_text);
  for (i = 0; i < shown; i++) {
    if (i > 0) hp_name_add(out, ", ");
    if (i > 0 && out->n + strlen(texts[i]) + 24 > HP_NAME_MAX) break;
    hp_name_add(out, texts[i]);
  }
  if (i < n) hp_name_addf(out, "%s%u more", n > i && i == shown ? ", " : "", (unsigned)(n - i));
}

int hp_combos_name(const hp_Combos *combos, const hp_Names *names, uint32_t *of,
                   uint32_t nof, hp_Names *out) {
  size_t n = hp_combos_count(combos);
  uint32_t *cls = hp_new(uint32_t, n), i, members;
  int rc = cls == NULL ? HP_ENOMEM : HP_OK;
  for (i = 0; i < n && rc == HP_OK; i++) {
    const uint32_t *at = hp_combos_get(combos, i, &members);
    hp_Name name;
    join(names, at, members, &name);
    rc = hp_names_intern(out, name.s, &cls[i]);
  }
  for (i = 0; i < nof && rc == HP_OK; i++) of[i] = cls[of[i]];
  hp_delete(cls, n);
  return rc;
}
