/* What an edge is called, as Lua would write it. */
#ifndef HP_LABELTEXT_H
#define HP_LABELTEXT_H

#include "heap/edge.h"
#include "base/names.h"

/* Sets *out to the label of the edge that 'e' is at, from object 'from':
** .members  [1]  ["two words"]  [key]  upvalue hits  local e  metatable ...
** The edge from an upvalue to its value has the upvalue's name, if g->reverse is
** there to find a function that knows it. */
void hp_label_text(const hp_Graph *g, uint32_t from, const hp_EdgeIter *e, hp_Name *out);

/* A number that edges with the same text share as a rule, and edges with
** different texts never: what to remember a label by. */
uint64_t hp_label_number(const hp_Graph *g, uint32_t from, const hp_EdgeIter *e);

/* Are all edges of the kind called the same? */
int hp_label_is_fixed(hp_ItemKind kind);

/* Sets *out to the label of an entry under a string key. */
void hp_label_field(const hp_Graph *g, uint32_t key, hp_Name *out);

/* What a root is called: "registry", "main thread" ... */
void hp_root_text(const hp_Root *r, hp_Name *out);

#endif
