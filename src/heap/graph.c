/* The store's own accessors and its end: see graph.h. */
#include "graph.h"

#include "analyse/kind.h"
#include "base/sort.h"
#include "edge.h"
#include "origin.h"
#include "reverse.h"
#include "vm/size.h"

/* One block for all that there is of every object: where the system gives huge
** pages, the fewer and larger blocks have more of them. */
static size_t block_size(uint32_t n) {
  return ((size_t)n + 1) * sizeof(hp_Node) + 2 * hp_words(n) * sizeof(uint64_t) +
         (size_t)n * (2 * sizeof(uint16_t) + sizeof(uint8_t));
}

int hp_graph_alloc(hp_Graph *g, uint32_t n) {
  g->node = hp_mem_new(block_size(n));
  if (g->node == NULL) return HP_ENOMEM;
  g->n = n;
  g->reachable = (uint64_t *)(g->node + n + 1);
  g->own = g->reachable + hp_words(n);
  g->size = (uint16_t *)(g->own + hp_words(n));
  g->kind = g->size + n;
  g->info = (uint8_t *)(g->kind + n);
  return HP_OK;
}

void hp_graph_free(hp_Graph *g) {
  size_t i;
  for (i = 0; i < g->born.n; i++) hp_delete(g->born.at[i].bits, hp_words(g->n));
  hp_vec_free(&g->born);
  hp_mem_free(g->node, block_size(g->n));
  hp_vec_free(&g->to);
  hp_vec_free(&g->large);
  hp_vec_free(&g->texts);
  hp_vec_free(&g->longtexts);
  hp_vec_free(&g->slots);
  hp_vec_free(&g->protos);
  hp_vec_free(&g->roots);
  hp_shapes_free(&g->shapes);
  hp_reverse_free(&g->arena, g->reverse);
  hp_kinds_free(g->kinds);
  hp_origin_free(g->origin);
  hp_addrs_free(&g->addrs);
  memset(g, 0, sizeof *g);
}

size_t hp_graph_bytes(const hp_Graph *g) {
  size_t n = sizeof *g + block_size(g->n);
  n += hp_vec_bytes(&g->to) + hp_vec_bytes(&g->large) + hp_vec_bytes(&g->texts);
  n += hp_vec_bytes(&g->longtexts) + hp_vec_bytes(&g->slots) + hp_vec_bytes(&g->protos);
  n += hp_vec_bytes(&g->born) + g->born.n * hp_words(g->n) * sizeof(uint64_t);
  n += hp_vec_bytes(&g->roots) + hp_shapes_bytes(&g->shapes) + hp_addrs_bytes(&g->addrs);
  n += hp_arena_bytes(&g->arena);
  return n + hp_reverse_bytes(g->reverse) + hp_kinds_bytes(g->kinds) + hp_origin_bytes(g->origin);
}

uint64_t hp_graph_large(const hp_Graph *g, uint32_t id) {
  return g->large.at[hp_vec_find(&g->large, id)].size;
}

size_t hp_graph_length(const hp_Graph *g, uint32_t id) {
  return (size_t)hp_graph_size(g, id) - HP_STRING_HEADER - 1;
}

static const hp_LongText *long_text(const hp_Graph *g, uint32_t id) {
  size_t i = hp_vec_find(&g->longtexts, id);
  return i < g->longtexts.n && g->longtexts.at[i].id == id ? &g->longtexts.at[i] : NULL;
}

int hp_graph_is_long_key(const hp_Graph *g, uint32_t id) {
  return g->longtexts.n > 0 && long_text(g, id) != NULL;
}

const char *hp_graph_text(const hp_Graph *g, uint32_t id, size_t *n, int *whole) {
  size_t len = hp_graph_length(g, id);
  const hp_LongText *t = len > HP_TEXT_KEEP ? long_text(g, id) : NULL;
  *n = t != NULL ? t->n : len <= HP_TEXT_KEEP ? len : HP_TEXT_KEEP;
  *whole = *n == len;
  return g->texts.at + (t != NULL ? t->at : g->node[id].aux);
}

int hp_graph_compare(const hp_Graph *g, uint32_t a, uint32_t b) {
  size_t m, n;
  int whole, order;
  const char *s = hp_graph_text(g, a, &m, &whole), *t = hp_graph_text(g, b, &n, &whole);
  order = memcmp(s, t, m < n ? m : n);
  return order != 0 ? order : (m > n) - (m < n);
}

hp_Known hp_known_name(const char *s, size_t n) {
  static const char *const names[] = {"__name",      "__index", "_LOADED", "_class",
                                      "_name",       "__subclasses", "mixins", "__instanceDict",
                                      "__classDict", "name",       "_base",   "super"};
  int i;
  if (n > 14 || (*s != '_' && *s != 'm' && *s != 'n' && *s != 's')) return HP_NKNOWN;
  for (i = 0; i < HP_NKNOWN; i++)
    if (strlen(names[i]) == n && memcmp(names[i], s, n) == 0) return (hp_Known)i;
  return HP_NKNOWN;
}

uint32_t hp_graph_field(const hp_Graph *g, uint32_t id, hp_Known name) {
  uint32_t key = g->known[name];
  hp_FieldIter it;
  if (key == HP_NONE) return HP_NONE;
  hp_fields_begin(&it, g, id);
  while (hp_fields_next(&it))
    if (it.key == key) return it.to;
  return HP_NONE;
}

uint32_t hp_graph_index(const hp_Graph *g, uint32_t id, uint32_t i) {
  hp_EdgeIter it;
  hp_edges_begin(&it, g, id);
  while (hp_edges_next(&it))
    if ((it.kind == HP_I_ARRAY || it.kind == HP_I_INTEGER) && it.arg == i) return it.to;
  return HP_NONE;
}

uint32_t hp_graph_proto_of(const hp_Graph *g, uint32_t id) {
  if (hp_graph_type(g, id) != HP_FUNCTION || (g->info[id] & HP_INFO_DEAD)) return HP_NONE;
  return hp_graph_shape(g, id)->common;
}

/* By its items: a prototype may have thousands of constants. */
uint32_t hp_graph_in_run(const hp_Graph *g, uint32_t id, hp_ItemKind kind, uint32_t index) {
  const hp_Shape *s;
  uint32_t i, to = g->node[id].edge;
  if (hp_graph_type(g, id) == HP_STRING || (g->info[id] & HP_INFO_DEAD)) return HP_NONE;
  s = hp_graph_shape(g, id);
  for (i = 0; i < s->nitems; i++) {
    hp_Item item = g->shapes.items.at[s->item + i];
    if (hp_item_kind(item) == kind && index - item.arg - 1 < hp_item_count(item))
      return g->to.at[to + index - item.arg - 1];
    to += hp_item_count(item);
  }
  return HP_NONE;
}

const hp_ProtoInfo *hp_graph_proto(const hp_Graph *g, uint32_t id) {
  size_t i = hp_vec_find(&g->protos, id);
  return i < g->protos.n && g->protos.at[i].id == id ? &g->protos.at[i] : NULL;
}

void hp_graph_of_type(const hp_Graph *g, hp_Type type, uint64_t *bits) {
  size_t w;
  for (w = 0; w < hp_words(g->n); w++)
    bits[w] = hp_graph_where(g, w, HP_INFO_TYPE, (uint8_t)type);
}
