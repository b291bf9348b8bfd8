/* Addresses and ids: see addr.h. */
#include "addr.h"

#include <stdlib.h>

#define TOP ((size_t)1 << 16)
#define MID ((size_t)1 << (32 - HP_PAGE_BITS))

static void free_radix(hp_Addrs *a) {
  size_t i;
  if (a->top == NULL) return;
  for (i = 0; i < TOP; i++) hp_delete(a->top[i], MID);
  hp_delete(a->top, TOP);
  a->top = NULL;
}

void hp_addrs_free(hp_Addrs *a) {
  size_t i;
  free_radix(a);
  for (i = 0; i < a->pages.n; i++) hp_delete(a->pages.at[i]->odd, HP_PAGE_WORDS);
  for (i = 0; i < a->slabs.n; i++) hp_delete(a->slabs.at[i].at, a->slabs.at[i].n);
  hp_vec_free(&a->pages);
  hp_vec_free(&a->slabs);
  a->n = 0;
}

void hp_addrs_compact(hp_Addrs *a) { free_radix(a); }

/* The first slab is for as much as is expected, each other a quarter of what there is. */
static int new_slab(hp_Addrs *a) {
  size_t n = (a->slabs.n == 0 ? a->expected >> HP_PAGE_BITS : a->pages.n / 4) + 1;
  hp_AddrSlab *slab;
  if (hp_vec_reserve(&a->slabs, 1) != HP_OK) return HP_ENOMEM;
  slab = &a->slabs.at[a->slabs.n];
  slab->at = hp_new(hp_AddrPage, n);
  if (slab->at == NULL) return HP_ENOMEM;
  slab->n = n;
  slab->used = 0;
  a->slabs.n++;
  return HP_OK;
}

static int new_page(hp_Addrs *a, hp_AddrPage **slot, uint64_t base) {
  hp_AddrSlab *slab = a->slabs.n > 0 ? &a->slabs.at[a->slabs.n - 1] : NULL;
  if (hp_vec_reserve(&a->pages, 1) != HP_OK) return HP_ENOMEM;
  if (slab == NULL || slab->used == slab->n) {
    if (new_slab(a) != HP_OK) return HP_ENOMEM;
    slab = &a->slabs.at[a->slabs.n - 1];
  }
  *slot = &slab->at[slab->used++];
  (*slot)->base = base;
  a->pages.at[a->pages.n++] = *slot;
  return HP_OK;
}

static int find_page(hp_Addrs *a, uint64_t at, hp_AddrPage **page) {
  hp_AddrPage ***mid;
  hp_AddrPage **slot;
  if (a->top == NULL && (a->top = hp_new(hp_AddrPage **, TOP)) == NULL) return HP_ENOMEM;
  mid = &a->top[at >> 32];
  if (*mid == NULL && (*mid = hp_new(hp_AddrPage *, MID)) == NULL) return HP_ENOMEM;
  slot = &(*mid)[(at >> HP_PAGE_BITS) & (MID - 1)];
  if (*slot == NULL) {
    int rc = new_page(a, slot, at >> HP_PAGE_BITS << HP_PAGE_BITS);
    if (rc != HP_OK) return rc;
  }
  *page = *slot;
  return HP_OK;
}

static int set_odd(hp_AddrPage *p, size_t word, uint64_t bit) {
  if (p->odd == NULL && (p->odd = hp_new(uint64_t, HP_PAGE_WORDS)) == NULL) return HP_ENOMEM;
  p->odd[word] |= bit;
  p->words[word].odd = 1;
  return HP_OK;
}

int hp_addrs_add_slowly(hp_Addrs *a, const char *o, hp_AddrPage **page) {
  uint64_t at = (uint64_t)(uintptr_t)o;
  uint64_t bit = (uint64_t)1 << ((at >> 4) & 63);
  size_t word = (at >> 10) & (HP_PAGE_WORDS - 1);
  int rc;
  if (at >> 48 || (at & 7)) return HP_EVM;
  rc = find_page(a, at, page);
  if (rc != HP_OK) return rc;
  if ((*page)->words[word].bits & bit) return HP_ADDR_KNOWN;
  (*page)->words[word].bits |= bit;
  return (at & 8) ? set_odd(*page, word, bit) : HP_OK;
}

static int by_base(const void *x, const void *y) {
  uint64_t a = (*(hp_AddrPage *const *)x)->base, b = (*(hp_AddrPage *const *)y)->base;
  return (a > b) - (a < b);
}

HP_HOT static int number_pages(hp_Addrs *a) {
  uint64_t rank = 0;
  size_t i, w;
  for (i = 0; i < a->pages.n; i++) {
    for (w = 0; w < HP_PAGE_WORDS; w++) {
      hp_AddrWord *word = &a->pages.at[i]->words[w];
      word->rank = (uint32_t)rank;
      rank += hp_popcount(word->bits);
    }
    if (rank >= HP_NONE) return HP_ELIMIT;
  }
  a->n = (uint32_t)rank;
  return HP_OK;
}

int hp_addrs_seal(hp_Addrs *a) {
  if (a->pages.n > 0) qsort(a->pages.at, a->pages.n, sizeof *a->pages.at, by_base);
  return number_pages(a);
}

/* The last page, or word, whose first id is not above 'id' and that holds it. */
static const hp_AddrPage *page_of(const hp_Addrs *a, uint32_t id) {
  size_t lo = 0, hi = a->pages.n;
  while (hi - lo > 1) {
    size_t mid = lo + (hi - lo) / 2;
    if (a->pages.at[mid]->words[0].rank <= id)
      lo = mid;
    else
      hi = mid;
  }
  return a->pages.at[lo];
}

static size_t word_of(const hp_AddrPage *p, uint32_t id) {
  size_t lo = 0, hi = HP_PAGE_WORDS;
  while (hi - lo > 1) {
    size_t mid = lo + (hi - lo) / 2;
    if (p->words[mid].rank <= id)
      lo = mid;
    else
      hi = mid;
  }
  return lo;
}

const char *hp_addrs_at(const hp_Addrs *a, uint32_t id) {
  const hp_AddrPage *p = page_of(a, id);
  size_t w = word_of(p, id);
  uint64_t bits = p->words[w].bits, at;
  uint32_t skip;
  for (skip = id - p->words[w].rank; skip > 0; skip--) bits &= bits - 1;
  at = p->base + ((uint64_t)w << 10) + ((uint64_t)hp_lowest(bits) << 4);
  if (p->words[w].odd && (p->odd[w] & (bits & (~bits + 1)))) at += 8;
  return (const char *)(uintptr_t)at;
}

uint32_t hp_addrs_id(const hp_Addrs *a, const char *o) {
  uint64_t at = (uint64_t)(uintptr_t)o, base = at >> HP_PAGE_BITS << HP_PAGE_BITS;
  size_t lo = 0, hi = a->pages.n;
  while (lo < hi) {
    size_t mid = lo + (hi - lo) / 2;
    if (a->pages.at[mid]->base < base)
      lo = mid + 1;
    else
      hi = mid;
  }
  if (lo == a->pages.n || a->pages.at[lo]->base != base) return HP_NONE;
  return hp_addr_in_page(a->pages.at[lo], at);
}

size_t hp_addrs_bytes(const hp_Addrs *a) {
  size_t i, n = hp_vec_bytes(&a->pages) + hp_vec_bytes(&a->slabs);
  for (i = 0; i < a->slabs.n; i++) n += a->slabs.at[i].n * sizeof(hp_AddrPage);
  for (i = 0; i < a->pages.n; i++)
    if (a->pages.at[i]->odd != NULL) n += HP_PAGE_WORDS * sizeof(uint64_t);
  return n;
}
