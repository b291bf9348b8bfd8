/* Kinds: whose memory an object is.
**
** Every object gets one number, every number a name. In this order: registry,
** globals, modules, classes; an instance of a class; a plain table that exactly
** one instance refers to through a field ("table of CLASS"); else its type. */
#ifndef HP_KIND_H
#define HP_KIND_H

#include "class.h"
#include "heap/graph.h"

#define HP_KINDS_MAX 65000 /* beyond: one kind for all that come later */

typedef struct hp_Kinds {
  hp_Names names;
  hp_Classes classes;
} hp_Kinds;

/* Fills g->kind and g->kinds. */
int hp_kinds_new(hp_Graph *g);
void hp_kinds_free(hp_Kinds *k);
size_t hp_kinds_bytes(const hp_Kinds *k);

/* "table", "function" ... */
const char *hp_type_name(hp_Type t);

#endif
