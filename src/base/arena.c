/* Blocks in regions: see arena.h. */
#include "arena.h"

#include "bits.h"

#include <stdatomic.h>
#include <string.h>

#define UNIT (HP_ARENA_REGION / HP_ARENA_UNITS)

static int is_in_region(size_t n) { return n >= HP_MEM_MAPPED && n <= HP_ARENA_REGION; }

static unsigned units_of(size_t n) { return (unsigned)((n + UNIT - 1) / UNIT); }

/* 'n' units from 'first' on. */
static uint32_t mask_of(unsigned first, unsigned n) {
  return (uint32_t)(((uint64_t)1 << n) - 1) << first;
}

/* Where n free units begin; HP_ARENA_UNITS if nowhere. */
static unsigned find_units(const hp_Region *r, unsigned n) {
  uint32_t free = ~r->used;
  unsigned i;
  for (i = 1; i < n; i++) free &= free >> 1; /* of units that begin i + 1 free ones */
  return free != 0 ? hp_lowest(free) : HP_ARENA_UNITS;
}

static void *take(hp_Region *r, unsigned first, unsigned n, int zeroed) {
  uint32_t mask = mask_of(first, n);
  char *p = r->at + first * UNIT;
  if (zeroed && (r->written & mask) != 0) memset(p, 0, n * UNIT);
  r->used |= mask;
  r->written |= mask;
  return p;
}

/* ---- regions ---------------------------------------------------------------- */

/* Of all arenas in the process: how many are in use, and one that is not, for the next who needs
** one. When the last goes, it goes too. */
static atomic_size_t in_use;
static _Atomic(char *) spare;

static void give_back(char *at) {
  hp_mem_free(atomic_exchange(&spare, at), HP_ARENA_REGION);
  if (atomic_fetch_sub(&in_use, 1) == 1)
    hp_mem_free(atomic_exchange(&spare, NULL), HP_ARENA_REGION);
}

static int supply(hp_Region *r) {
  (void)atomic_fetch_add(&in_use, 1);
  r->at = atomic_exchange(&spare, NULL);
  if (r->at != NULL)
    r->written = UINT32_MAX;
  else
    r->at = hp_mem_new(HP_ARENA_REGION);
  if (r->at == NULL) give_back(NULL);
  return r->at != NULL;
}

static hp_Region *new_region(hp_Arena *a) {
  hp_Region *r = hp_new(hp_Region, 1);
  if (r == NULL) return NULL;
  if (!supply(r)) {
    hp_delete(r, 1);
    return NULL;
  }
  r->next = a->regions;
  return a->regions = r;
}

static void end_region(hp_Region **link) {
  hp_Region *r = *link;
  *link = r->next;
  give_back(r->at);
  hp_delete(r, 1);
}

/* ---- blocks ----------------------------------------------------------------- */

static void *new_beside(hp_Arena *a, size_t n) {
  void *p = hp_mem_new(n);
  if (p != NULL) a->beside += n;
  return p;
}

static void *new_block(hp_Arena *a, size_t n, int zeroed) {
  unsigned units = units_of(n);
  hp_Region *r;
  if (!is_in_region(n)) return new_beside(a, n);
  for (r = a->regions; r != NULL; r = r->next) {
    unsigned first = find_units(r, units);
    if (first < HP_ARENA_UNITS) return take(r, first, units, zeroed);
  }
  r = new_region(a);
  return r != NULL ? take(r, 0, units, zeroed) : NULL;
}

void *hp_arena_new(hp_Arena *a, size_t n) { return new_block(a, n, 1); }

void *hp_arena_raw(hp_Arena *a, size_t n) {
  void *p = new_block(a, n, 0);
#if defined(HP_TESTING)
  if (p != NULL) memset(p, 0xAA, n); /* who leaves a place out is found out */
#endif
  return p;
}

static void free_beside(hp_Arena *a, void *p, size_t n) {
  a->beside -= n;
  hp_mem_free(p, n);
}

void hp_arena_free(hp_Arena *a, void *p, size_t n) {
  hp_Region **link;
  size_t at;
  if (p == NULL) return;
  if (!is_in_region(n)) {
    free_beside(a, p, n);
    return;
  }
  link = &a->regions;
  while ((at = (size_t)((uintptr_t)p - (uintptr_t)(*link)->at)) >= HP_ARENA_REGION)
    link = &(*link)->next;
  (*link)->used &= ~mask_of((unsigned)(at / UNIT), units_of(n));
  if ((*link)->used == 0) end_region(link);
}

size_t hp_arena_bytes(const hp_Arena *a) {
  const hp_Region *r;
  size_t n = a->beside;
  for (r = a->regions; r != NULL; r = r->next) n += sizeof *r + HP_ARENA_REGION;
  return n;
}
