/* Classes that are combinations: see mixed.h. */
#include "mixed.h"

#include <stdlib.h>
#include <string.h>

#define SHOWN 64 /* members in one class's name; more are counted */

static void empty_each(uint32_t *combo, const hp_IdSet *set) {
  uint32_t id;
  hp_IdIter it;
  for (hp_ids_begin(&it, set); hp_ids_next(&it, &id);) combo[id] = HP_COMBO_EMPTY;
}

/* Likewise for a set of bits, all objects': NONE is 0, and EMPTY 1. */
static void empty_bits(uint32_t *combo, const hp_IdSet *set) {
  uint32_t id = 0;
  while (id < set->universe) {
    uint64_t bits = set->bits[id / 64];
    uint32_t end = set->universe - id < 64 ? set->universe : id + 64;
    if (bits == UINT64_MAX)
      for (; id < end; id++) combo[id] = HP_COMBO_EMPTY;
    for (; id < end; id++, bits >>= 1) combo[id] = bits & 1;
  }
}

static uint32_t *empty_combos(hp_Arena *a, uint32_t n, const hp_IdSet *set) {
  uint32_t *combo = set->bits != NULL ? hp_raw_in(a, uint32_t, n) : hp_new_in(a, uint32_t, n);
  if (combo == NULL) return NULL;
  (set->bits != NULL ? empty_bits : empty_each)(combo, set);
  return combo;
}

hp_Mixed *hp_mixed_new(hp_Graph *g, const hp_IdSet *set, const hp_Names *kinds) {
  hp_Mixed *m = hp_new(hp_Mixed, 1);
  if (m == NULL) return NULL;
  m->arena = m->combos.arena = m->labels.arena = &g->arena;
  m->labels.g = g;
  m->kinds = kinds;
  m->n = g->n;
  m->combo = empty_combos(m->arena, g->n, set);
  if (m->combo == NULL || hp_combos_init(&m->combos) != HP_OK) {
    hp_mixed_free(m);
    return NULL;
  }
  return m;
}

void hp_mixed_free(hp_Mixed *m) {
  if (m == NULL) return;
  hp_combos_free(&m->combos);
  hp_labels_free(&m->labels);
  hp_delete_in(m->arena, m->combo, m->n);
  hp_names_free(&m->many);
  hp_delete(m, 1);
}

/* ---- names ---------------------------------------------------------------- */

static const char *member_text(const hp_Mixed *m, uint32_t member, hp_Name *room) {
  if (m->kinds != NULL) return hp_names_get(m->kinds, member);
  return hp_labels_text(&m->labels, member, room);
}

static int by_text(const void *x, const void *y) {
  return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static void join(const char **texts, uint32_t n, hp_Name *out) {
  uint32_t i, shown = n < SHOWN ? n : SHOWN;
  hp_name_set(out, n == 0 ? "<Nothing>" : "");
  if (n > 1) qsort(texts, n, sizeof *texts, by_text);
  for (i = 0; i < shown; i++) {
    if (i > 0) hp_name_add(out, ", ");
    if (i > 0 && out->n + strlen(texts[i]) + 24 > HP_NAME_MAX) break;
    hp_name_add(out, texts[i]);
  }
  if (i < n) hp_name_addf(out, "%s%u more", i == shown ? ", " : "", (unsigned)(n - i));
}

const char *hp_mixed_name(const hp_Mixed *m, uint32_t cls, hp_Name *out) {
  uint32_t members[HP_COMBO_MAX], n, i;
  const char *texts[HP_COMBO_MAX];
  hp_Name rooms[HP_COMBO_MAX];
  if (cls >= hp_combos_count(&m->combos))
    return hp_names_get(&m->many, cls - hp_combos_count(&m->combos));
  n = hp_combos_get(&m->combos, cls, members);
  for (i = 0; i < n; i++) texts[i] = member_text(m, members[i], &rooms[i]);
  join(texts, n, out);
  return out->s;
}

/* The name of what has all these members (in the low halves of 'pairs'). */
static int name_many(const hp_Mixed *m, const uint64_t *pairs, uint32_t n, hp_Name *out) {
  const char **texts = hp_new(const char *, n);
  hp_Names all;
  hp_Name room;
  uint32_t i, number;
  int rc = texts == NULL ? HP_ENOMEM : HP_OK;
  memset(&all, 0, sizeof all);
  for (i = 0; i < n && rc == HP_OK; i++)
    rc = hp_names_intern(&all, member_text(m, (uint32_t)pairs[i], &room), &number);
  for (i = 0; i < hp_names_count(&all) && rc == HP_OK; i++) texts[i] = hp_names_get(&all, i);
  if (rc == HP_OK) join(texts, i, out);
  hp_names_free(&all);
  hp_delete(texts, n);
  return rc;
}

/* ---- classes: the numbers of the combinations ------------------------------- */

/* Objects with many members: they have each the class of their name, whose number
** takes the place of the combination. */
static int finish_many(hp_Mixed *m) {
  size_t n, i, end;
  const uint64_t *pairs = hp_combos_many(&m->combos, &n);
  int rc = HP_OK;
  for (i = 0; i < n && rc == HP_OK; i = end) {
    uint32_t object = (uint32_t)(pairs[i] >> 32), number;
    hp_Name name;
    for (end = i + 1; end < n && pairs[end] >> 32 == object;) end++;
    rc = name_many(m, pairs + i, (uint32_t)(end - i), &name);
    if (rc == HP_OK) rc = hp_names_intern(&m->many, name.s, &number);
    if (rc == HP_OK) m->combo[object] = hp_combos_count(&m->combos) + number;
  }
  return rc;
}

/* Of a part of the heap. */
static int list_some(const hp_Mixed *m, const hp_IdSet *set, hp_Classified *out) {
  uint32_t id, i = 0;
  hp_IdIter it;
  if (hp_classified_alloc(out) != HP_OK) return HP_ENOMEM;
  for (hp_ids_begin(&it, set); hp_ids_next(&it, &id);) out->of[i++] = m->combo[id];
  return HP_OK;
}

/* Of most of it: the combinations move up. */
static int list_most(hp_Mixed *m, const hp_IdSet *set, hp_Classified *out) {
  uint32_t *to = m->combo;
  hp_IdIter it;
  uint64_t bits;
  size_t w;
  out->of = m->combo;
  out->room = m->n;
  m->combo = NULL;
  for (hp_ids_begin(&it, set); hp_ids_next_word(&it, &w, &bits);) {
    const uint32_t *from = out->of + w * 64;
    if (bits == UINT64_MAX) {
      memmove(to, from, 64 * sizeof *to);
      to += 64;
      continue;
    }
    for (; bits != 0; bits = hp_without_lowest(bits)) *to++ = from[hp_lowest(bits)];
  }
  return HP_OK;
}

int hp_mixed_finish(hp_Mixed *m, const hp_IdSet *set, hp_Classified *out) {
  int rc = finish_many(m);
  if (rc == HP_OK) rc = set->n < m->n / 2 ? list_some(m, set, out) : list_most(m, set, out);
  if (rc != HP_OK) return rc;
  hp_delete_in(m->arena, m->combo, m->n);
  m->combo = NULL;
  hp_combos_done(&m->combos);
  hp_labels_done(&m->labels);
  out->count = hp_combos_count(&m->combos) + hp_names_count(&m->many);
  out->mixed = m;
  return HP_OK;
}
