/* Labels of edges, numbered: equal texts have equal numbers.
**
** Most labels of a large heap are keys of dictionaries, each there once. Their texts
** are not written before they are asked for: a short string is one object in a VM, so
** its id is as good. */
#ifndef HP_LABELS_H
#define HP_LABELS_H

#include "base/names.h"
#include "heap/edge.h"

typedef struct hp_LabelSlot {
  uint64_t number; /* hp_label_number */
  uint32_t label;  /* + 1 */
} hp_LabelSlot;

typedef struct hp_Labels {
  const hp_Graph *g;
  hp_Arena *arena; /* its */
  HP_VEC(uint32_t) what; /* per label: number in names, or id of the key and HP_LABEL_KEYS */
  HP_VEC(uint32_t) of;   /* per name: its label */
  hp_Names names;
  hp_LabelSlot *slots;
  size_t nslots, used;
} hp_Labels;

/* From zeroed, but for the graph and its arena. */
void hp_labels_free(hp_Labels *l);

/* Frees what only numbering needs, and room that was too much. */
void hp_labels_done(hp_Labels *l);

#define hp_labels_count(l) ((l)->what.n)

/* The label of the edge that 'e' is at, from object 'from'. */
int hp_labels_of(hp_Labels *l, uint32_t from, const hp_EdgeIter *e, uint32_t *label);

/* A new label: 'what' as in the list. */
static inline int hp_labels_add(hp_Labels *l, uint32_t what, uint32_t *label) {
  if (hp_vec_reserve(&l->what, 1) != HP_OK) return HP_ENOMEM;
  l->what.at[l->what.n] = what;
  *label = (uint32_t)l->what.n++;
  return HP_OK;
}

#define HP_LABEL_KEYS 0x80000000u /* ids below it may stand for labels */

/* A new label for a field with a key below HP_LABEL_KEYS which is not long (hp_graph_is_long_key),
** and so is one object, whatever table it is in. It must have none yet, and hp_labels_of is not to
** be asked for it later. */
static inline int hp_labels_new_key(hp_Labels *l, uint32_t key, uint32_t *label) {
  return hp_labels_add(l, HP_LABEL_KEYS | key, label);
}

/* The label that is this text. */
int hp_labels_named(hp_Labels *l, const char *text, uint32_t *label);

/* Its text, in 'room' or elsewhere. */
const char *hp_labels_text(const hp_Labels *l, uint32_t label, hp_Name *room);

#endif
