/* Edges of an object, decoded from its shape: see edge.h. */
#include "edge.h"

enum { AT_COMMON, AT_ITEM, AT_VALUE, AT_RUN };

void hp_edges_begin(hp_EdgeIter *it, const hp_Graph *g, uint32_t id) {
  it->g = g;
  it->left = 0;
  it->next = g->node[id].edge;
  it->stage = AT_COMMON;
  if (hp_graph_type(g, id) == HP_STRING || (g->info[id] & HP_INFO_DEAD)) {
    it->shape = NULL;
    it->item = it->end = NULL;
    it->stage = AT_ITEM;
    return;
  }
  it->shape = hp_graph_shape(g, id);
  it->item = g->shapes.items.at + it->shape->item;
  it->end = it->item + it->shape->nitems;
}

/* lgc.c: strings are values to the collector and never removed from weak tables */
static int is_string(const hp_EdgeIter *it, uint32_t id) {
  return hp_graph_type(it->g, id) == HP_STRING;
}

static hp_Strength key_strength(const hp_EdgeIter *it) {
  return (it->shape->weak & HP_WEAK_KEYS) && !is_string(it, it->to) ? HP_WEAK : HP_STRONG;
}

static hp_Strength value_strength(const hp_EdgeIter *it) {
  uint8_t weak = it->shape->weak;
  if (it->kind == HP_I_SLOT) return it->g->slots.at[it->arg].own ? HP_WEAK : HP_STRONG;
  if (weak == 0) return HP_STRONG;
  if (weak & HP_WEAK_VALUES) return is_string(it, it->to) ? HP_STRONG : HP_WEAK;
  if (it->key != HP_NONE && !is_string(it, it->key)) return HP_EPHEMERON;
  return HP_STRONG;
}

static int emit_common(hp_EdgeIter *it) {
  it->stage = AT_ITEM;
  if (it->shape->common == HP_NONE) return 0;
  it->kind = it->shape->type == HP_FUNCTION ? HP_I_PROTO : HP_I_METATABLE;
  it->arg = 0;
  it->key = HP_NONE;
  it->to = it->shape->common;
  it->strength = HP_STRONG;
  return 1;
}

static int emit_key(hp_EdgeIter *it) {
  if (!hp_item_has_key(*it->item)) return 0;
  it->kind = HP_I_KEY;
  it->entry = hp_item_kind(*it->item);
  it->arg = it->to = it->item->arg;
  it->key = HP_NONE;
  it->strength = key_strength(it);
  return 1;
}

static void begin_values(hp_EdgeIter *it) {
  const hp_Item *item = it->item++;
  it->kind = hp_item_kind(*item);
  it->arg = item->arg;
  it->key = hp_item_has_key(*item) ? item->arg : HP_NONE;
  it->left = hp_item_count(*item);
  it->stage = hp_item_is_run(it->kind) ? AT_RUN : AT_VALUE;
}

static int emit_value(hp_EdgeIter *it) {
  it->to = it->g->to.at[it->next++];
  if (it->stage == AT_RUN) it->arg++;
  it->strength = value_strength(it);
  if (--it->left == 0) it->stage = AT_ITEM;
  return 1;
}

int hp_edges_next(hp_EdgeIter *it) {
  if (it->stage == AT_COMMON && emit_common(it)) return 1;
  for (;;) {
    if (it->left > 0) return emit_value(it);
    if (it->item == it->end) return 0;
    if (it->stage == AT_ITEM && emit_key(it)) {
      it->stage = AT_VALUE; /* its value comes next */
      return 1;
    }
    begin_values(it);
    if (it->left == 0) it->stage = AT_ITEM;
  }
}

void hp_fields_begin(hp_FieldIter *it, const hp_Graph *g, uint32_t id) {
  const hp_Shape *s;
  it->g = g;
  it->item = it->end = NULL;
  if (hp_graph_type(g, id) != HP_TABLE || (g->info[id] & HP_INFO_DEAD)) return;
  s = hp_graph_shape(g, id);
  it->item = g->shapes.items.at + s->item;
  it->end = it->item + s->nitems;
  it->next = g->node[id].edge;
}

int hp_fields_next(hp_FieldIter *it) {
  while (it->item != it->end) {
    const hp_Item *item = it->item++;
    uint32_t at = it->next, n = hp_item_count(*item);
    it->next += n;
    if (hp_item_kind(*item) != HP_I_NAME || n == 0) continue;
    it->key = item->arg;
    it->to = it->g->to.at[at];
    return 1;
  }
  return 0;
}
