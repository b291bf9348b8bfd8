/* What is known of each live object: address -> record, for millions of them.
**
** One page stands for 4 KiB of address space: the objects that begin there, in any
** order, each by the byte of its place in the page and eight bytes of record. So an
** object costs nine bytes, the slack of its page, and its part of the 16 bytes by which a
** page is found: where objects are large, few share these. Nothing is hashed, and what
** lies together in the heap lies together here. Pages are found through leaves of 8192
** (32 MiB of address space), leaves through a small hash; the last one is remembered. A leaf
** has a bit for each page that is not empty: in a sample most are, and the bits of a whole
** heap stay near at hand. */
#ifndef HP_BLOCKS_H
#define HP_BLOCKS_H

#include "base/vec.h"

#include <stdint.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* site 24 bits, type 3 bits (the VM's tag - 4), birth 37 bits */
typedef uint64_t hp_Record;

#define HP_BIRTH_MAX (((uint64_t)1 << 37) - 1)

#define hp_record(site, tag, birth) \
  (((uint64_t)(site) << 40) | ((uint64_t)((tag)-4) << 37) | (birth))
#define hp_record_site(r) ((uint32_t)((r) >> 40))
#define hp_record_tag(r) ((int)((r) >> 37 & 7) + 4)
#define hp_record_birth(r) ((r)&HP_BIRTH_MAX)

typedef struct hp_BlockPage {
  uint8_t *at; /* cap places, then, at a multiple of 8, cap records */
  uint16_t n, cap;
} hp_BlockPage;

#define HP_BLOCK_PAGE_BITS 12
#define HP_BLOCK_LEAF_BITS 25
#define HP_BLOCK_LEAF_PAGES ((size_t)1 << (HP_BLOCK_LEAF_BITS - HP_BLOCK_PAGE_BITS))

typedef struct hp_BlockLeaf {
  uint64_t used[HP_BLOCK_LEAF_PAGES / 64]; /* a bit for each page: are there objects? */
  hp_BlockPage pages[HP_BLOCK_LEAF_PAGES];
} hp_BlockLeaf;

typedef struct hp_BlockSlot {
  uint64_t key;       /* address >> 25 */
  hp_BlockLeaf *leaf; /* Owned. NULL: this slot of the hash is free */
} hp_BlockSlot;

#define HP_BLOCK_CLASSES 34 /* of pages' capacities: 2, 4, multiples of 8 up to all 256 places */

typedef struct hp_Blocks {
  hp_BlockSlot *slots; /* by hash, 'nslots' long */
  size_t nslots, nleaves;
  uint64_t last_key;
  hp_BlockLeaf *last;
  size_t n; /* records */
  void *spare[HP_BLOCK_CLASSES]; /* pages' arrays that are free, by capacity */
  HP_VEC(void *) slabs;
  char *fresh; /* what is left of the newest slab */
  size_t nfresh;
} hp_Blocks;

/* Makes it empty; this is how it begins, too, from zeros: without it nothing here may be asked. */
void hp_blocks_free(hp_Blocks *b);
size_t hp_blocks_bytes(const hp_Blocks *b);

/* Halves all births. */
void hp_blocks_halve(hp_Blocks *b);

/* ---- the hot part ---------------------------------------------------------- */

#define hp_block_key(p) ((uint64_t)(uintptr_t)(p) >> HP_BLOCK_LEAF_BITS)
#define hp_block_page(p) (((uintptr_t)(p) >> HP_BLOCK_PAGE_BITS) & (HP_BLOCK_LEAF_PAGES - 1))
#define hp_block_place(p) ((uint8_t)((uintptr_t)(p) >> 4))

static inline hp_Record *hp_block_records(const hp_BlockPage *page) {
  return (hp_Record *)(void *)(page->at + ((page->cap + 7u) & ~7u));
}

/* For the functions below: the page of p, through the hash; a page with room for it;
** what to do with one that has become empty, p's. */
hp_BlockPage *hp_blocks_page(hp_Blocks *b, const void *p);
hp_BlockPage *hp_blocks_room(hp_Blocks *b, const void *p, hp_BlockPage *page);
void hp_blocks_spare(hp_Blocks *b, const void *p, hp_BlockPage *page);

/* Is p in the leaf that 'last' is? (last_key is no address's while there is none.) */
#define hp_blocks_near(b, p) (hp_block_key(p) == (b)->last_key)

/* 1: there certainly is no block at p. */
static inline int hp_blocks_without(const hp_Blocks *b, const void *p) {
  size_t page = hp_block_page(p);
  return hp_blocks_near(b, p) && (b->last->used[page / 64] >> (page & 63) & 1) == 0;
}

static inline hp_BlockPage *hp_blocks_find(hp_Blocks *b, const void *p) {
  return hp_blocks_near(b, p) ? b->last->pages + hp_block_page(p) : hp_blocks_page(b, p);
}

/* The place's index in the page, or -1. Many at a time, from the last, as the young
** die first; what is read behind the places is records. */
static inline int hp_block_index(const hp_BlockPage *page, uint8_t place) {
  int n = page->n, at;
#if defined(__SSE2__)
  const __m128i all = _mm_set1_epi8((char)place);
  for (at = (n - 1) & ~15; at >= 0; at -= 16) {
    __m128i some = _mm_loadu_si128((const __m128i *)(const void *)(page->at + at));
    int hit = _mm_movemask_epi8(_mm_cmpeq_epi8(some, all));
    if (n - at < 16) hit &= (1 << (n - at)) - 1;
    if (hit != 0) return at + 31 - __builtin_clz((unsigned)hit);
  }
#else
  for (at = n - 1; at >= 0; at--)
    if (page->at[at] == place) return at;
#endif
  return -1;
}

/* Notes a block that begins at p. HP_ENOMEM: it is not noted, all else stays. If there
** still is one at p, of an object whose end was not seen, who looks finds the new one. */
static inline int hp_blocks_put(hp_Blocks *b, const void *p, hp_Record r) {
  hp_BlockPage *page = hp_blocks_find(b, p);
  if (page == NULL || page->n == page->cap) page = hp_blocks_room(b, p, page);
  if (page == NULL) return HP_ENOMEM;
  page->at[page->n] = hp_block_place(p);
  hp_block_records(page)[page->n++] = r;
  b->n++;
  return HP_OK;
}

/* Forgets the block; 1 and its record, or 0 if it was not noted. */
static inline int hp_blocks_take(hp_Blocks *b, const void *p, hp_Record *r) {
  hp_BlockPage *page = hp_blocks_find(b, p);
  hp_Record *all;
  int i;
  if (page == NULL || page->n == 0) return 0;
  i = hp_block_index(page, hp_block_place(p));
  if (i < 0) return 0;
  all = hp_block_records(page);
  *r = all[i];
  page->n--;
  page->at[i] = page->at[page->n];
  all[i] = all[page->n];
  if (page->n == 0) hp_blocks_spare(b, p, page);
  b->n--;
  return 1;
}

/* 1 and its record, or 0. */
static inline int hp_blocks_get(hp_Blocks *b, const void *p, hp_Record *r) {
  hp_BlockPage *page = hp_blocks_find(b, p);
  int i = page == NULL || page->n == 0 ? -1 : hp_block_index(page, hp_block_place(p));
  if (i < 0) return 0;
  *r = hp_block_records(page)[i];
  return 1;
}

#endif
