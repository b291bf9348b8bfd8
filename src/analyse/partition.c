/* Rows of a partition: see partition.h. */
#include "partition.h"

#include "base/sort.h"
#include "base/text.h"
#include "byid.h"

#include <stdlib.h>
#include <string.h>

void hp_partition_free(hp_Partition *p) {
  hp_delete_in(p->classes.arena, p->rows, p->nrows);
  hp_delete(p->settled, hp_words(p->nrows));
  hp_delete(p->first, (size_t)p->classes.count + 1);
  hp_delete(p->sums, hp_byid_sums(p));
  hp_classified_free(&p->classes);
  memset(p, 0, sizeof *p);
}

/* ---- the order of rows ----------------------------------------------------- */

#define DIGIT 11 /* bits */
#define DIGITS (1u << DIGIT)

/* Largest first, digit by digit from the lowest: those of equal size stay as they are, by class. */
static void sort_by_digit(const hp_Row *rows, uint32_t n, unsigned shift, hp_Row *out) {
  uint32_t first[DIGITS] = {0}, sum = 0, i, digit;
  for (i = 0; i < n; i++) first[rows[i].size >> shift & (DIGITS - 1)]++;
  for (digit = DIGITS; digit-- > 0;) {
    uint32_t count = first[digit];
    first[digit] = sum;
    sum += count;
  }
  for (i = 0; i < n; i++) out[first[rows[i].size >> shift & (DIGITS - 1)]++] = rows[i];
}

static int sort_by_size(hp_Partition *p) {
  hp_Row *sorted = hp_raw_in(p->classes.arena, hp_Row, p->nrows);
  uint64_t largest = 0;
  unsigned shift;
  uint32_t i;
  if (sorted == NULL) return HP_ENOMEM;
  for (i = 0; i < p->nrows; i++)
    if (p->rows[i].size > largest) largest = p->rows[i].size;
  for (shift = 0; shift < 64 && largest >> shift > 0; shift += DIGIT) {
    hp_Row *rows = p->rows;
    sort_by_digit(rows, p->nrows, shift, sorted);
    p->rows = sorted;
    sorted = rows;
  }
  hp_delete_in(p->classes.arena, sorted, p->nrows);
  return HP_OK;
}

/* A row with the name of its class: the text's place at first, then the text. */
typedef struct Named {
  hp_Row row;
  size_t at;
  const char *name;
} Named;

static int by_name(const void *x, const void *y) {
  const Named *a = x, *b = y;
  return strcmp(a->name, b->name);
}

static int name_rows(const hp_Partition *p, Named *named, uint32_t n, hp_Text *texts) {
  uint32_t i;
  for (i = 0; i < n; i++) {
    hp_Name room;
    const char *name = hp_classified_name(&p->classes, named[i].row.cls, &room);
    named[i].at = texts->bytes.n;
    hp_text_add(texts, name, strlen(name) + 1);
  }
  if (texts->failed) return HP_ENOMEM;
  for (i = 0; i < n; i++) named[i].name = texts->bytes.at + named[i].at;
  return HP_OK;
}

/* Rows are of equal size, and so the sums up to each stay as they are. */
static void put_rows(hp_Partition *p, uint32_t first, const Named *named, uint32_t n) {
  uint32_t i;
  for (i = 0; i < n; i++) {
    hp_Row *row = &p->rows[first + i];
    row->cls = named[i].row.cls;
    row->count = named[i].row.count;
    hp_bit_set(p->settled, first + i);
  }
}

static int sort_by_name(hp_Partition *p, uint32_t first, uint32_t n) {
  Named *named = hp_new(Named, n);
  hp_Text texts = {{NULL, 0, 0}, 0};
  uint32_t i;
  int rc = HP_ENOMEM;
  if (named == NULL) return HP_ENOMEM;
  for (i = 0; i < n; i++) named[i].row = p->rows[first + i];
  rc = name_rows(p, named, n, &texts);
  if (rc == HP_OK) {
    if (n > 1) qsort(named, n, sizeof *named, by_name);
    put_rows(p, first, named, n);
  }
  hp_text_free(&texts);
  hp_delete(named, n);
  return rc;
}

/* Row i is the one that it should be. */
static int settle(hp_Partition *p, uint32_t i) {
  uint32_t first = i, end = i + 1;
  uint64_t size;
  if (p->classes.ordered || hp_bit_get(p->settled, i)) return HP_OK;
  if (p->classes.objects) return hp_byid_settle(p, i);
  size = p->rows[i].size;
  while (first > 0 && p->rows[first - 1].size == size) first--;
  while (end < p->nrows && p->rows[end].size == size) end++;
  return sort_by_name(p, first, end - first);
}

HP_PART void add_to_row(hp_Row *row, const hp_Graph *g, uint32_t id) {
  row->count++;
  row->size += hp_graph_size(g, id);
}

static void sum_rows(const hp_Partition *p, const hp_Graph *g, const hp_IdSet *set, hp_Row *rows) {
  const uint32_t *cls = p->classes.of;
  hp_IdIter it;
  uint64_t bits;
  size_t w;
  for (hp_ids_begin(&it, set); hp_ids_next_word(&it, &w, &bits);) {
    uint32_t id = (uint32_t)w * 64, end = id + 64;
    if (bits == UINT64_MAX)
      for (; id < end; id++) add_to_row(&rows[*cls++], g, id);
    else
      for (; bits != 0; bits = hp_without_lowest(bits))
        add_to_row(&rows[*cls++], g, id + hp_lowest(bits));
  }
}

/* Of a row for every class, those of classes that have members. */
static int pack_rows(hp_Partition *p, const hp_Row *all) {
  uint32_t cls, n = 0;
  for (cls = 0; cls < p->classes.count; cls++) p->nrows += all[cls].count > 0;
  p->rows = hp_raw_in(p->classes.arena, hp_Row, p->nrows);
  if (p->rows == NULL) return HP_ENOMEM;
  for (cls = 0; cls < p->classes.count; cls++) {
    if (all[cls].count == 0) continue;
    p->rows[n] = all[cls];
    p->rows[n++].cls = cls;
  }
  return HP_OK;
}

static void sum_up(hp_Partition *p) {
  uint64_t sum = 0;
  uint32_t i;
  for (i = 0; i < p->nrows; i++) {
    sum += p->rows[i].size;
    p->rows[i].cumulative = sum;
  }
}

static int find_rows(hp_Partition *p, const hp_Graph *g, const hp_IdSet *set) {
  hp_Row *all = hp_new_in(p->classes.arena, hp_Row, p->classes.count);
  int rc;
  if (all == NULL) return HP_ENOMEM;
  sum_rows(p, g, set, all);
  rc = pack_rows(p, all);
  hp_delete_in(p->classes.arena, all, p->classes.count);
  return rc;
}

static int make_rows(hp_Partition *p, const hp_Graph *g, const hp_IdSet *set) {
  if (find_rows(p, g, set) != HP_OK) return HP_ENOMEM;
  p->settled = hp_new(uint64_t, hp_words(p->nrows));
  if (p->settled == NULL) return HP_ENOMEM;
  if (!p->classes.ordered && sort_by_size(p) != HP_OK) return HP_ENOMEM;
  sum_up(p);
  return HP_OK;
}

/* ---- all together --------------------------------------------------------- */

int hp_partition(hp_Graph *g, const hp_IdSet *set, hp_By by, hp_Partition *out) {
  hp_Partition new;
  int rc;
  memset(&new, 0, sizeof new);
  rc = hp_classify(g, set, by, &new.classes);
  new.graph = g;
  if (rc == HP_OK) rc = new.classes.objects ? hp_byid_make(&new) : make_rows(&new, g, set);
  if (rc != HP_OK)
    hp_partition_free(&new);
  else
    *out = new;
  return rc;
}

int hp_partition_row(hp_Partition *p, uint32_t i, hp_Row *row, const char **name, hp_Name *room) {
  int rc = settle(p, i);
  if (rc != HP_OK) return rc;
  *row = p->classes.objects ? hp_byid_row(p, i) : p->rows[i];
  *name = p->classes.objects ? "" : hp_classified_name(&p->classes, row->cls, room);
  return HP_OK;
}

/* ---- the objects of rows --------------------------------------------------- */

/* Sorts the set's objects by class, once, so that no row needs to look at all others'. */
static int group(hp_Partition *p, const hp_IdSet *set) {
  hp_Arena *a = p->classes.arena;
  size_t n = p->classes.count;
  uint32_t *ids = hp_raw_in(a, uint32_t, p->classes.n), *next = hp_new(uint32_t, n);
  uint32_t *first = hp_new(uint32_t, n + 1), i, id;
  int rc = ids && next && first ? HP_OK : HP_ENOMEM;
  hp_IdIter it;
  if (rc == HP_OK) {
    for (i = 0; i < p->nrows; i++) first[p->rows[i].cls + 1] = p->rows[i].count;
    for (i = 0; i < n; i++) {
      next[i] = first[i];
      first[i + 1] += first[i];
    }
    for (i = 0, hp_ids_begin(&it, set); hp_ids_next(&it, &id); i++)
      ids[next[p->classes.of[i]]++] = id;
    hp_delete_in(a, p->classes.of, p->classes.room);
    p->classes.of = ids;
    p->classes.room = p->classes.n;
    p->first = first;
  } else {
    hp_delete_in(a, ids, p->classes.n);
    hp_delete(first, n + 1);
  }
  hp_delete(next, n);
  return rc;
}

/* Appends the objects of row i. */
static uint32_t list_row(const hp_Partition *p, uint32_t i, uint32_t *ids) {
  uint32_t first = p->first[p->rows[i].cls], n = p->rows[i].count;
  memcpy(ids, p->classes.of + first, n * sizeof *ids);
  return n;
}

static int many_rows(const hp_Partition *p, uint32_t i, uint32_t j, uint32_t universe,
                     hp_IdSet *out) {
  uint64_t *bits = hp_new(uint64_t, hp_words(universe));
  int rc;
  if (bits == NULL) return HP_ENOMEM;
  for (; i <= j; i++) {
    const uint32_t *id = p->classes.of + p->first[p->rows[i].cls], *end = id + p->rows[i].count;
    for (; id < end; id++) hp_bit_set(bits, *id);
  }
  rc = hp_idset_from_bits(out, bits, universe);
  hp_delete(bits, hp_words(universe));
  return rc;
}

static int few_objects(const hp_Partition *p, uint32_t i, uint32_t j, size_t total,
                       uint32_t universe, hp_IdSet *out) {
  uint32_t *ids = hp_new(uint32_t, total), n = 0, rows = j - i + 1;
  int rc;
  if (ids == NULL) return HP_ENOMEM;
  if (p->classes.objects)
    memcpy(ids, p->classes.of + i, (n = rows) * sizeof *ids);
  else
    for (; i <= j; i++) n += list_row(p, i, ids + n);
  if (rows > 1) n = hp_sort_unique(ids, n);
  rc = hp_idset_from_ids(out, ids, n, universe);
  hp_delete(ids, total);
  return rc;
}

int hp_partition_rows(hp_Partition *p, const hp_IdSet *set, uint32_t i, uint32_t j, hp_IdSet *out) {
  size_t total = 0;
  uint32_t k;
  int rc = HP_OK;
  if ((rc = settle(p, i)) == HP_OK) rc = settle(p, j);
  if (rc != HP_OK) return rc;
  if (p->classes.objects) return few_objects(p, i, j, j - i + 1, set->universe, out);
  if (p->first == NULL && (rc = group(p, set)) != HP_OK) return rc;
  for (k = i; k <= j; k++) total += p->rows[k].count;
  if (i < j && total > set->universe / 64) return many_rows(p, i, j, set->universe, out);
  return few_objects(p, i, j, total, set->universe, out);
}
