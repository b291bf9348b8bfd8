/* Who wrote a table: the chunks that its functions come from, and how much each.
**
** A chunk's share is one for each function it wrote, parted among the tables that
** have one of the same code: what a class library or a parent puts into every class
** counts little beside what is a class's own. */
#ifndef HP_WRITER_H
#define HP_WRITER_H

#include "heap/graph.h"

#define HP_SHARE_ONE (UINT64_C(1) << 20) /* code that one table alone has */

typedef struct hp_Writer {
  uint32_t table;
  uint32_t source;    /* the chunk's name, a string; HP_NONE for stripped code */
  uint32_t functions; /* of the table's, that the chunk wrote; of the same code once */
  uint32_t own;       /* of these, those that no other table has */
  uint64_t share;
} hp_Writer;

typedef struct hp_Writers {
  HP_VEC(hp_Writer) at; /* by table, then source */
} hp_Writers;

/* Those of n tables, which differ. */
int hp_writers_find(hp_Writers *w, const hp_Graph *g, const uint32_t *tables, size_t n);
void hp_writers_free(hp_Writers *w);

/* A table's writers, and how many they are. */
const hp_Writer *hp_writers_of(const hp_Writers *w, uint32_t table, size_t *n);

/* What a chunk wrote of a table, or NULL. */
const hp_Writer *hp_writers_by(const hp_Writers *w, uint32_t table, uint32_t source);

/* Which has the larger share? Of two the same, the first in the alphabet. */
int hp_writer_is_more(const hp_Graph *g, const hp_Writer *a, const hp_Writer *b);

/* The chunk that wrote most of a table, or HP_NONE. */
uint32_t hp_writers_home(const hp_Writers *w, const hp_Graph *g, uint32_t table);

#endif
