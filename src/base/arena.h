/* Memory for answers: blocks of a middling size, many of them on one huge page.
**
** To write for the first time in a block of some hundred KB takes longer than what is computed in
** it, when the system supplies it by the small page. So they share regions of the size of one huge
** page, supplied at once; a region goes back with the last block in it. As long as any is in use, one
** that is not is kept for the next who needs one. Smaller and larger blocks are those of mem.h.
**
** An arena belongs to a graph, and is used by one thread at a time. */
#ifndef HP_ARENA_H
#define HP_ARENA_H

#include "mem.h"

#include <stdint.h>

#define HP_ARENA_REGION ((size_t)1 << 21) /* bytes */
#define HP_ARENA_UNITS 32                  /* in a region: what blocks consist of */

typedef struct hp_Region {
  struct hp_Region *next;
  char *at;
  uint32_t used;    /* a bit per unit, the lowest first */
  uint32_t written; /* units that are no longer zero */
} hp_Region;

/* A zeroed one is empty and valid, and so is one to which all blocks were given back. */
typedef struct hp_Arena {
  hp_Region *regions; /* owned */
  size_t beside;      /* bytes of blocks that are in none */
} hp_Arena;

/* Zeroed memory, or NULL. */
void *hp_arena_new(hp_Arena *a, size_t n);

/* The same for one who writes all of it: it has whatever bytes. */
void *hp_arena_raw(hp_Arena *a, size_t n);

/* n is the size it was asked for. p may be NULL, and then the arena too. */
void hp_arena_free(hp_Arena *a, void *p, size_t n);

/* Bytes of all its regions, and of the blocks beside them. */
size_t hp_arena_bytes(const hp_Arena *a);

#define hp_new_in(a, T, n) ((T *)hp_arena_new((a), sizeof(T) * (size_t)(n)))
#define hp_raw_in(a, T, n) ((T *)hp_arena_raw((a), sizeof(T) * (size_t)(n)))
#define hp_delete_in(a, p, n) hp_arena_free((a), (p), sizeof(*(p)) * (size_t)(n))

#endif
