/* Where code comes from: the names of chunks and functions. */
#ifndef HP_SOURCE_H
#define HP_SOURCE_H

#include "heap/graph.h"
#include "base/names.h"

/* The prototype of a Lua function or a prototype; else HP_NONE. */
uint32_t hp_source_proto(const hp_Graph *g, uint32_t id);

/* The chunk's name (a string) of the function or prototype 'id', or HP_NONE. */
uint32_t hp_source_of(const hp_Graph *g, uint32_t id);

/* Which of two chunks comes first in the alphabet: below, at or above 0. Stripped
** ones (HP_NONE) come last. */
int hp_source_order(const hp_Graph *g, uint32_t a, uint32_t b);

/* Appends a chunk's name as people write it: the file, [string "..."] for a
** chunk given as text, "?" where it was stripped (source = HP_NONE). */
void hp_source_name(const hp_Graph *g, uint32_t source, hp_Name *out);

/* The same without directories. */
void hp_source_basename(const hp_Graph *g, uint32_t source, hp_Name *out);

/* Appends "file:line" of a Lua function or prototype; base: without directories. */
void hp_source_place(const hp_Graph *g, uint32_t id, int base, hp_Name *out);

#endif
