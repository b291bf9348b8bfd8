/* Numbered labels: see labels.h. */
#include "labels.h"

#include "label.h"

void hp_labels_done(hp_Labels *l) {
  if (l->what.cap / 2 > l->what.n) (void)hp_vec_shrink(&l->what);
  hp_delete_in(l->arena, l->slots, l->nslots);
  hp_vec_free(&l->of);
  l->slots = NULL;
  l->nslots = l->used = 0;
}

void hp_labels_free(hp_Labels *l) {
  hp_labels_done(l);
  hp_vec_free(&l->what);
  hp_names_free(&l->names);
}

int hp_labels_named(hp_Labels *l, const char *text, uint32_t *label) {
  uint32_t name;
  int rc = hp_names_intern(&l->names, text, &name);
  if (rc != HP_OK) return rc;
  if (name < l->of.n) {
    *label = l->of.at[name];
    return HP_OK;
  }
  if (hp_vec_reserve(&l->of, 1) != HP_OK) return HP_ENOMEM;
  if (hp_labels_add(l, name, label) != HP_OK) return HP_ENOMEM;
  l->of.at[l->of.n++] = *label;
  return HP_OK;
}

static int is_short_key(const hp_Graph *g, uint32_t key) {
  return key < HP_LABEL_KEYS && !hp_graph_is_long_key(g, key);
}

static int new_label(hp_Labels *l, uint32_t from, const hp_EdgeIter *e, uint32_t *label) {
  hp_Name text;
  if (e->kind == HP_I_NAME && is_short_key(l->g, e->key))
    return hp_labels_new_key(l, e->key, label);
  hp_label_text(l->g, from, e, &text);
  return hp_labels_named(l, text.s, label);
}

static size_t slot_of(const hp_LabelSlot *slots, size_t n, uint64_t number) {
  size_t at = (size_t)(number * 0x9E3779B97F4A7C15u >> 20) & (n - 1);
  while (slots[at].label != 0 && slots[at].number != number) at = (at + 1) & (n - 1);
  return at;
}

static int grow(hp_Labels *l) {
  size_t n = l->nslots > 0 ? l->nslots * 4 : 256, i;
  hp_LabelSlot *slots = hp_new_in(l->arena, hp_LabelSlot, n);
  if (slots == NULL) return HP_ENOMEM;
  for (i = 0; i < l->nslots; i++)
    if (l->slots[i].label != 0) slots[slot_of(slots, n, l->slots[i].number)] = l->slots[i];
  hp_delete_in(l->arena, l->slots, l->nslots);
  l->slots = slots;
  l->nslots = n;
  return HP_OK;
}

int hp_labels_of(hp_Labels *l, uint32_t from, const hp_EdgeIter *e, uint32_t *label) {
  uint64_t number = hp_label_number(l->g, from, e);
  hp_LabelSlot *slot;
  int rc;
  if (l->used * 2 >= l->nslots && (rc = grow(l)) != HP_OK) return rc;
  slot = &l->slots[slot_of(l->slots, l->nslots, number)];
  if (slot->label == 0) {
    if ((rc = new_label(l, from, e, label)) != HP_OK) return rc;
    slot->number = number;
    slot->label = *label + 1;
    l->used++;
  }
  *label = slot->label - 1;
  return HP_OK;
}

const char *hp_labels_text(const hp_Labels *l, uint32_t label, hp_Name *room) {
  uint32_t what = l->what.at[label];
  if (!(what & HP_LABEL_KEYS)) return hp_names_get(&l->names, what);
  hp_label_field(l->g, what & ~HP_LABEL_KEYS, room);
  return room->s;
}
