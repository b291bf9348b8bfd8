/* Who wrote a table: see writer.h. */
#include "writer.h"

#include "base/sort.h"
#include "heap/edge.h"
#include "source.h"

#include <stdlib.h>

/* A function in a table: its prototype. */
typedef struct Held {
  uint32_t proto, table;
  uint8_t alive; /* the table is reached by the program */
} Held;

typedef HP_VEC(Held) Holding;

void hp_writers_free(hp_Writers *w) { hp_vec_free(&w->at); }

static int by_proto(const void *x, const void *y) {
  const Held *a = x, *b = y;
  if (a->proto != b->proto) return a->proto < b->proto ? -1 : 1;
  if (a->alive != b->alive) return (int)b->alive - (int)a->alive;
  return (a->table > b->table) - (a->table < b->table);
}

static int by_table(const void *x, const void *y) {
  const hp_Writer *a = x, *b = y;
  if (a->table != b->table) return a->table < b->table ? -1 : 1;
  return (a->source > b->source) - (a->source < b->source);
}

static int hold(Holding *held, const hp_Graph *g, uint32_t table) {
  hp_FieldIter it;
  hp_fields_begin(&it, g, table);
  while (hp_fields_next(&it)) {
    uint32_t proto = hp_graph_proto_of(g, it.to);
    if (proto == HP_NONE) continue;
    if (hp_vec_reserve(held, 1) != HP_OK) return HP_ENOMEM;
    held->at[held->n].proto = proto;
    held->at[held->n].alive = (uint8_t)hp_bit_get(g->reachable, table);
    held->at[held->n++].table = table;
  }
  return HP_OK;
}

/* Sorts, and drops what a table has twice. */
static void sort_held(Holding *held) {
  size_t i, n = 0;
  if (held->n == 0) return;
  qsort(held->at, held->n, sizeof *held->at, by_proto);
  for (i = 1; i < held->n; i++)
    if (by_proto(&held->at[i], &held->at[n]) != 0) held->at[++n] = held->at[i];
  held->n = n + 1;
}

static int is_shared(const Held *a, const Held *b) {
  return a->proto == b->proto && a->alive == b->alive;
}

/* One writer for each function of each table, not yet united. Garbage takes no share of
** what is alive: that would come and go with the collector. */
static int share_out(hp_Writers *w, const hp_Graph *g, const Holding *held) {
  size_t i, end;
  if (hp_vec_reserve(&w->at, held->n) != HP_OK) return HP_ENOMEM;
  for (i = 0; i < held->n; i = end) {
    uint32_t source = hp_source_of(g, held->at[i].proto);
    size_t k;
    for (end = i + 1; end < held->n && is_shared(&held->at[end], &held->at[i]);) end++;
    for (k = i; k < end; k++) {
      hp_Writer *new = &w->at.at[w->at.n++];
      new->table = held->at[k].table;
      new->source = source;
      new->functions = 1;
      new->own = end - i == 1;
      new->share = HP_SHARE_ONE / (end - i);
    }
  }
  return HP_OK;
}

static void unite(hp_Writers *w) {
  size_t i, n = 0;
  if (w->at.n == 0) return;
  qsort(w->at.at, w->at.n, sizeof *w->at.at, by_table);
  for (i = 1; i < w->at.n; i++) {
    hp_Writer *to = &w->at.at[n];
    const hp_Writer *from = &w->at.at[i];
    if (by_table(from, to) != 0) {
      w->at.at[++n] = *from;
      continue;
    }
    to->functions += from->functions;
    to->own += from->own;
    to->share += from->share;
  }
  w->at.n = n + 1;
}

int hp_writers_find(hp_Writers *w, const hp_Graph *g, const uint32_t *tables, size_t n) {
  Holding held = {NULL, 0, 0};
  size_t i;
  int rc = HP_OK;
  for (i = 0; i < n && rc == HP_OK; i++) rc = hold(&held, g, tables[i]);
  if (rc == HP_OK) {
    sort_held(&held);
    rc = share_out(w, g, &held);
  }
  hp_vec_free(&held);
  if (rc != HP_OK) return rc;
  unite(w);
  return hp_vec_shrink(&w->at);
}

const hp_Writer *hp_writers_of(const hp_Writers *w, uint32_t table, size_t *n) {
  size_t i = hp_vec_find(&w->at, table);
  *n = 0;
  while (i + *n < w->at.n && w->at.at[i + *n].table == table) ++*n;
  return w->at.at + i;
}

const hp_Writer *hp_writers_by(const hp_Writers *w, uint32_t table, uint32_t source) {
  hp_Writer asked = {table, source, 0, 0, 0};
  return w->at.n == 0 ? NULL : bsearch(&asked, w->at.at, w->at.n, sizeof asked, by_table);
}

int hp_writer_is_more(const hp_Graph *g, const hp_Writer *a, const hp_Writer *b) {
  if (a->share != b->share) return a->share > b->share;
  return hp_source_order(g, a->source, b->source) < 0;
}

uint32_t hp_writers_home(const hp_Writers *w, const hp_Graph *g, uint32_t table) {
  size_t n, i;
  const hp_Writer *at = hp_writers_of(w, table, &n), *best = NULL;
  for (i = 0; i < n; i++)
    if (best == NULL || hp_writer_is_more(g, &at[i], best)) best = &at[i];
  return best == NULL ? HP_NONE : best->source;
}
