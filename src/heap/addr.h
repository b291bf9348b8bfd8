/* The addresses of all objects, as numbers: address -> id and back.
**
** One bit for every 16 bytes of address space, in pages of 512 KiB that are
** there only where objects are; each 64-bit word knows how many objects lie
** before it. An object's id is its rank: ids follow the addresses, so the
** neighbours of an object in memory are its neighbours in every array.
** Objects that are 8 mod 16 (threads, with glibc) are marked in a second bitmap
** that a page has only when it needs one. No two objects share 16 bytes: the
** smallest has 25.
**
** Use: add every address, then seal once, then ask. */
#ifndef HP_ADDR_H
#define HP_ADDR_H

#include "base/bits.h"
#include "base/vec.h"

#define HP_NONE UINT32_MAX /* no object */

#define HP_PAGE_BITS 19
#define HP_PAGE_WORDS (1u << (HP_PAGE_BITS - 10))

typedef struct hp_AddrWord {
  uint64_t bits;
  uint32_t rank; /* id of the first object in this word; valid once sealed */
  uint32_t odd;  /* the page's 'odd' map has bits for this word */
} hp_AddrWord;

typedef struct hp_AddrPage {
  uint64_t base;
  uint64_t *odd; /* owned; HP_PAGE_WORDS words or NULL */
  hp_AddrWord words[HP_PAGE_WORDS];
} hp_AddrPage;

/* Pages lie together, where the system may give a large page of its own to many of
** them: lookups go everywhere, and each would else wait for the processor's map. */
typedef struct hp_AddrSlab {
  hp_AddrPage *at; /* owned */
  size_t n, used;
} hp_AddrSlab;

typedef struct hp_Addrs {
  uint32_t n;                  /* objects */
  size_t expected;             /* bytes of objects; a wish, may be 0 */
  HP_VEC(hp_AddrPage *) pages; /* by address once sealed */
  HP_VEC(hp_AddrSlab) slabs;   /* what they are cut from */
  hp_AddrPage ***top;          /* bits 47..32 -> bits 31..19 -> page */
} hp_Addrs;

void hp_addrs_free(hp_Addrs *a);

/* hp_addrs_add where more is to be done than to set a bit. */
int hp_addrs_add_slowly(hp_Addrs *a, const char *o, hp_AddrPage **page);

/* Numbers the objects. HP_ELIMIT when there are more than 32 bits can count. */
int hp_addrs_seal(hp_Addrs *a);

/* Frees what only hp_addrs_find needs; hp_addrs_id goes on working. */
void hp_addrs_compact(hp_Addrs *a);

/* The object's address by its id. */
const char *hp_addrs_at(const hp_Addrs *a, uint32_t id);

/* Its id by binary search, or HP_NONE. */
uint32_t hp_addrs_id(const hp_Addrs *a, const char *o);

size_t hp_addrs_bytes(const hp_Addrs *a);

#define HP_ADDR_KNOWN 1 /* this address, or one in the same 16 bytes, is marked already */

/* Marks an address; looks first in *page, and leaves there where it lies. HP_EVM if
** it cannot be an object's (not 8-aligned, above 2^48). */
static inline int hp_addrs_add(hp_Addrs *a, const char *o, hp_AddrPage **page) {
  uint64_t at = (uint64_t)(uintptr_t)o, bit = (uint64_t)1 << ((at >> 4) & 63);
  hp_AddrWord *w;
  if (*page == NULL || (at & 15) || (*page)->base != at >> HP_PAGE_BITS << HP_PAGE_BITS)
    return hp_addrs_add_slowly(a, o, page);
  w = &(*page)->words[(at >> 10) & (HP_PAGE_WORDS - 1)];
  if (w->bits & bit) return HP_ADDR_KNOWN;
  w->bits |= bit;
  return HP_OK;
}

HP_PART uint32_t hp_addr_in_page(const hp_AddrPage *p, uint64_t at) {
  const hp_AddrWord *w = &p->words[(at >> 10) & (HP_PAGE_WORDS - 1)];
  uint64_t bit = (uint64_t)1 << ((at >> 4) & 63);
  if (!(w->bits & bit)) return HP_NONE;
  if (w->odd | (at & 15)) {
    int odd = p->odd != NULL && (p->odd[(at >> 10) & (HP_PAGE_WORDS - 1)] & bit) != 0;
    if ((at & 15) != (odd ? 8u : 0u)) return HP_NONE;
  }
  return w->rank + hp_popcount(w->bits & (bit - 1));
}

/* hp_addrs_find that looks first in *page, and leaves there where it found one. */
HP_PART uint32_t hp_addrs_find_near(const hp_Addrs *a, const char *o,
                                          const hp_AddrPage **page) {
  uint64_t at = (uint64_t)(uintptr_t)o;
  hp_AddrPage **mid, *p;
  if (*page != NULL && (*page)->base == at >> HP_PAGE_BITS << HP_PAGE_BITS)
    return hp_addr_in_page(*page, at);
  if (at >> 48) return HP_NONE;
  mid = a->top[at >> 32];
  if (mid == NULL) return HP_NONE;
  p = mid[(at >> HP_PAGE_BITS) & 0x1FFF];
  if (p == NULL) return HP_NONE;
  *page = p;
  return hp_addr_in_page(p, at);
}

/* The id of the object at this very address, or HP_NONE; fast, not after compact. */
static inline uint32_t hp_addrs_find(const hp_Addrs *a, const char *o) {
  const hp_AddrPage *page = NULL;
  return hp_addrs_find_near(a, o, &page);
}

/* Is the address marked? Before it is sealed as well, not after compact. */
static inline int hp_addrs_has(const hp_Addrs *a, const char *o) {
  return a->top != NULL && hp_addrs_find(a, o) != HP_NONE;
}

#endif
