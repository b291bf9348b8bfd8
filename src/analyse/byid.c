/* Objects one by one: see byid.h. */
#include "byid.h"

#include "kind.h"

#include <stdlib.h>
#include <string.h>

#define SIZES 8192 /* sizes below are sorted by counting; larger ones, few, come first */

static size_t bucket_of(const hp_Graph *g, uint32_t id) {
  uint64_t size = hp_graph_size(g, id);
  return size < SIZES ? SIZES - (size_t)size : 0;
}

typedef struct Large {
  uint64_t size;
  uint32_t id;
} Large;

static int by_large(const void *x, const void *y) {
  const Large *a = x, *b = y;
  if (a->size != b->size) return a->size < b->size ? 1 : -1;
  return (a->id > b->id) - (a->id < b->id);
}

static int sort_large(const hp_Graph *g, uint32_t *ids, uint32_t n) {
  Large *large = hp_new(Large, n);
  uint32_t i;
  if (large == NULL) return HP_ENOMEM;
  for (i = 0; i < n; i++) {
    large[i].size = hp_graph_size(g, ids[i]);
    large[i].id = ids[i];
  }
  if (n > 1) qsort(large, n, sizeof *large, by_large);
  for (i = 0; i < n; i++) ids[i] = large[i].id;
  hp_delete(large, n);
  return HP_OK;
}

/* Puts the ids into 'sorted': by size descending, then by address. */
static int sort_ids(const hp_Graph *g, const uint32_t *ids, uint32_t n, uint32_t *sorted) {
  uint32_t *first = hp_new(uint32_t, SIZES + 2), i, large;
  if (first == NULL) return HP_ENOMEM;
  for (i = 0; i < n; i++) first[bucket_of(g, ids[i]) + 1]++;
  large = first[1];
  for (i = 1; i < SIZES + 2; i++) first[i] += first[i - 1];
  for (i = 0; i < n; i++) sorted[first[bucket_of(g, ids[i])]++] = ids[i];
  hp_delete(first, SIZES + 2);
  return sort_large(g, sorted, large);
}

static int sum_ids(hp_Partition *p) {
  uint64_t sum = 0;
  uint32_t i;
  p->sums = hp_new(uint64_t, hp_byid_sums(p));
  if (p->sums == NULL) return HP_ENOMEM;
  for (i = 0; i < p->nrows; i++) {
    if (i % HP_STRIDE == 0) p->sums[i / HP_STRIDE] = sum;
    sum += hp_graph_size(p->graph, p->classes.of[i]);
  }
  return HP_OK;
}

int hp_byid_make(hp_Partition *p) {
  uint32_t n = p->classes.n, *sorted = hp_raw_in(p->classes.arena, uint32_t, n);
  int rc;
  p->nrows = n;
  p->settled = hp_new(uint64_t, hp_words(n));
  if (sorted == NULL || p->settled == NULL) {
    hp_delete_in(p->classes.arena, sorted, n);
    return HP_ENOMEM;
  }
  rc = sort_ids(p->graph, p->classes.of, n, sorted);
  hp_delete_in(p->classes.arena, p->classes.of, p->classes.room);
  p->classes.room = n;
  p->classes.of = sorted;
  return rc == HP_OK ? sum_ids(p) : rc;
}

hp_Row hp_byid_row(const hp_Partition *p, uint32_t i) {
  uint32_t k = i / HP_STRIDE * HP_STRIDE;
  hp_Row row = {i, 1, hp_graph_size(p->graph, p->classes.of[i]), p->sums[i / HP_STRIDE]};
  for (; k <= i; k++) row.cumulative += hp_graph_size(p->graph, p->classes.of[k]);
  return row;
}

/* ---- objects of one size ---------------------------------------------------- */

typedef struct Shown {
  const char *kind;
  const char *text; /* of a string, 'n' bytes of it that were kept; or NULL */
  size_t n;
  uint32_t id;
} Shown;

static Shown shown(const hp_Graph *g, uint32_t id) {
  Shown s = {hp_names_get(&g->kinds->names, g->kind[id]), NULL, 0, id};
  int whole;
  if (hp_graph_type(g, id) == HP_STRING) s.text = hp_graph_text(g, id, &s.n, &whole);
  return s;
}

static int by_shown(const void *x, const void *y) {
  const Shown *a = x, *b = y;
  int order = strcmp(a->kind, b->kind);
  if (order == 0 && a->text != NULL && b->text != NULL)
    order = memcmp(a->text, b->text, a->n < b->n ? a->n : b->n);
  return order != 0 ? order : (a->id > b->id) - (a->id < b->id);
}

/* The first row after i, or i itself, that is smaller than 'size'. */
static uint32_t end_of(const hp_Partition *p, uint32_t i, uint64_t size) {
  uint32_t low = i, high = p->nrows;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (hp_graph_size(p->graph, p->classes.of[middle]) >= size)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static int sort_shown(hp_Partition *p, uint32_t first, uint32_t n) {
  Shown *all = hp_new(Shown, n);
  uint32_t i;
  if (all == NULL) return HP_ENOMEM;
  for (i = 0; i < n; i++) all[i] = shown(p->graph, p->classes.of[first + i]);
  if (n > 1) qsort(all, n, sizeof *all, by_shown);
  for (i = 0; i < n; i++) p->classes.of[first + i] = all[i].id;
  hp_delete(all, n);
  return HP_OK;
}

int hp_byid_settle(hp_Partition *p, uint32_t i) {
  uint64_t size = hp_graph_size(p->graph, p->classes.of[i]);
  uint32_t first = end_of(p, 0, size + 1), end = end_of(p, i, size);
  int rc = end - first <= HP_BYID_SORTED ? sort_shown(p, first, end - first) : HP_OK;
  for (i = first; i < end && rc == HP_OK; i++) hp_bit_set(p->settled, i);
  return rc;
}
