/* Blocks in regions: see arena.h. */
#include "arena.h"

#include "bits.h"

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

static void *take(hp_Region *r, unsigned first, unsigned n) {
  uint32_t mask = mask_of(first, n);
  char *p = r->at + first * UNIT;
  if (r->written & mask) memset(p, 0, n * UNIT);
  r->used |= mask;
  r->written |= mask;
  return p;
}

static hp_Region *new_region(hp_Arena *a) {
  hp_Region *r;
  if (hp_vec_reserve(&a->regions, 1) != HP_OK) return NULL;
  r = &a->regions.at[a->regions.n];
  r->used = r->written = 0;
  r->at = hp_mem_new(HP_ARENA_REGION);
  if (r->at == NULL) return NULL;
  a->regions.n++;
  return r;
}

static void *new_beside(hp_Arena *a, size_t n) {
  void *p = hp_mem_new(n);
  if (p != NULL) a->beside += n;
  return p;
}

void *hp_arena_new(hp_Arena *a, size_t n) {
  unsigned units = units_of(n);
  hp_Region *r;
  size_t i;
  if (!is_in_region(n)) return new_beside(a, n);
  for (i = 0; i < a->regions.n; i++) {
    unsigned first = find_units(&a->regions.at[i], units);
    if (first < HP_ARENA_UNITS) return take(&a->regions.at[i], first, units);
  }
  r = new_region(a);
  return r != NULL ? take(r, 0, units) : NULL;
}

static void end_region(hp_Arena *a, hp_Region *r) {
  hp_mem_free(r->at, HP_ARENA_REGION);
  *r = a->regions.at[--a->regions.n];
}

void hp_arena_free(hp_Arena *a, void *p, size_t n) {
  hp_Region *r;
  size_t at;
  if (p == NULL) return;
  if (!is_in_region(n)) {
    hp_mem_free(p, n);
    return;
  }
  r = a->regions.at;
  while ((at = (size_t)((char *)p - r->at)) >= HP_ARENA_REGION) r++;
  r->used &= ~mask_of((unsigned)(at / UNIT), units_of(n));
  if (r->used == 0) end_region(a, r);
}

void hp_arena_end(hp_Arena *a) { hp_vec_free(&a->regions); }

size_t hp_arena_bytes(const hp_Arena *a) {
  return a->regions.n * HP_ARENA_REGION + hp_vec_bytes(&a->regions) + a->beside;
}
