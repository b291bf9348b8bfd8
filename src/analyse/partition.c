/* Rows of a partition: see partition.h. */
#include "partition.h"

#include "base/sort.h"

#include <stdlib.h>
#include <string.h>

static size_t nsums(const hp_Partition *p) { return p->nrows / HP_STRIDE + 1; }

void hp_partition_free(hp_Partition *p) {
  if (!p->classes.objects) {
    hp_delete(p->place, p->classes.count);
    hp_delete(p->rows, p->nrows);
  }
  hp_delete(p->sums, nsums(p));
  hp_classified_free(&p->classes);
  memset(p, 0, sizeof *p);
}

const char *hp_partition_name(const hp_Partition *p, uint32_t row) {
  return p->classes.objects ? "" : hp_names_get(&p->classes.names, p->rows[row].cls);
}

static hp_Row object_row(const hp_Partition *p, uint32_t i) {
  uint32_t k = i / HP_STRIDE * HP_STRIDE;
  hp_Row row = {i, 1, hp_graph_size(p->graph, p->classes.of[i]), p->sums[i / HP_STRIDE]};
  for (; k <= i; k++) row.cumulative += hp_graph_size(p->graph, p->classes.of[k]);
  return row;
}

hp_Row hp_partition_row(const hp_Partition *p, uint32_t i) {
  return p->classes.objects ? object_row(p, i) : p->rows[i];
}

/* While rows are sorted, 'cumulative' holds the address of the name: it is only
** looked at among rows of equal size. */
static int by_size(const void *x, const void *y) {
  const hp_Row *a = x, *b = y;
  if (a->size != b->size) return a->size < b->size ? 1 : -1;
  return strcmp((const char *)(uintptr_t)a->cumulative, (const char *)(uintptr_t)b->cumulative);
}

static void sort_rows(hp_Partition *p) {
  uint32_t i;
  for (i = 0; i < p->nrows; i++)
    p->rows[i].cumulative = (uintptr_t)hp_names_get(&p->classes.names, p->rows[i].cls);
  if (p->nrows > 1) qsort(p->rows, p->nrows, sizeof *p->rows, by_size);
}

static void sum_rows(hp_Partition *p, const hp_Graph *g, const hp_IdSet *set) {
  hp_IdIter it;
  uint32_t id, i = 0;
  for (hp_ids_begin(&it, set); hp_ids_next(&it, &id); i++) {
    hp_Row *row = &p->rows[p->classes.of[i]];
    row->count++;
    row->size += hp_graph_size(g, id);
  }
}

static void finish_rows(hp_Partition *p) {
  uint64_t sum = 0;
  uint32_t i;
  for (i = 0; i < p->nrows; i++) {
    sum += p->rows[i].size;
    p->rows[i].cumulative = sum;
    p->place[p->rows[i].cls] = i;
  }
}

static int make_rows(hp_Partition *p, const hp_Graph *g, const hp_IdSet *set) {
  uint32_t i;
  p->rows = hp_new(hp_Row, p->classes.count);
  p->place = hp_new(uint32_t, p->classes.count);
  if (p->rows == NULL || p->place == NULL) {
    hp_delete(p->rows, p->classes.count);
    p->rows = NULL;
    return HP_ENOMEM;
  }
  p->nrows = p->classes.count;
  for (i = 0; i < p->nrows; i++) p->rows[i].cls = i;
  sum_rows(p, g, set);
  sort_rows(p);
  finish_rows(p);
  return HP_OK;
}

/* ---- by id ---------------------------------------------------------------- */

#define SIZES 65536 /* sizes below are sorted by counting; larger ones come first */

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
  p->sums = hp_new(uint64_t, nsums(p));
  if (p->sums == NULL) return HP_ENOMEM;
  for (i = 0; i < p->nrows; i++) {
    if (i % HP_STRIDE == 0) p->sums[i / HP_STRIDE] = sum;
    sum += hp_graph_size(p->graph, p->classes.of[i]);
  }
  return HP_OK;
}

static int make_objects(hp_Partition *p) {
  uint32_t n = p->classes.n, *sorted = hp_new(uint32_t, n);
  int rc;
  p->nrows = n;
  if (sorted == NULL) return HP_ENOMEM;
  rc = sort_ids(p->graph, p->classes.of, n, sorted);
  hp_delete(p->classes.of, n);
  p->classes.of = sorted;
  return rc == HP_OK ? sum_ids(p) : rc;
}

/* ---- all together --------------------------------------------------------- */

int hp_partition(hp_Graph *g, const hp_IdSet *set, hp_By by, hp_Partition *out) {
  hp_Partition new;
  int rc;
  memset(&new, 0, sizeof new);
  rc = hp_classify(g, set, by, &new.classes);
  new.graph = g;
  if (rc == HP_OK) rc = new.classes.objects ? make_objects(&new) : make_rows(&new, g, set);
  if (rc != HP_OK)
    hp_partition_free(&new);
  else
    *out = new;
  return rc;
}

static uint32_t list_objects(const hp_Partition *p, uint32_t i, uint32_t j, uint32_t *ids) {
  uint32_t n = 0;
  for (; i <= j; i++) ids[n++] = p->classes.of[i];
  return hp_sort_unique(ids, n);
}

static uint32_t list_rows(const hp_Partition *p, const hp_IdSet *set, uint32_t i, uint32_t j,
                          uint32_t *ids) {
  uint32_t id, k, n = 0;
  hp_IdIter it;
  for (k = 0, hp_ids_begin(&it, set); hp_ids_next(&it, &id); k++) {
    uint32_t row = p->place[p->classes.of[k]];
    if (row >= i && row <= j) ids[n++] = id;
  }
  return n;
}

int hp_partition_rows(const hp_Partition *p, const hp_IdSet *set, uint32_t i, uint32_t j,
                      hp_IdSet *out) {
  size_t total = 0;
  uint32_t *ids, n, k;
  int rc;
  for (k = i; k <= j; k++) total += p->classes.objects ? 1 : p->rows[k].count;
  ids = hp_new(uint32_t, total);
  if (ids == NULL) return HP_ENOMEM;
  n = p->classes.objects ? list_objects(p, i, j, ids) : list_rows(p, set, i, j, ids);
  rc = hp_idset_from_ids(out, ids, n, set->universe);
  hp_delete(ids, total);
  return rc;
}
