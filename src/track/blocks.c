/* The table of live objects: see blocks.h. */
#include "blocks.h"

#include <string.h>

#define SLAB ((size_t)1 << 17)
_Static_assert(SLAB >= HP_MEM_MAPPED, "in the heap of malloc it would pin what lies around it");

#define PLACES 256 /* in a page */

#define class_of(cap) ((cap) < 8 ? (cap) / 4 : (cap) / 8 + 1)
#define bytes_of(cap) (((size_t)(cap) + 7) / 8 * 8 + sizeof(hp_Record) * (cap))

/* ---- leaves --------------------------------------------------------------- */

static size_t slot_of(const hp_Blocks *b, uint64_t key) {
  size_t i = (size_t)(key * 0x9E3779B97F4A7C15u >> 32) & (b->nslots - 1);
  while (b->slots[i].leaf != NULL && b->slots[i].key != key) i = (i + 1) & (b->nslots - 1);
  return i;
}

static int grow_slots(hp_Blocks *b) {
  hp_Blocks new = *b;
  size_t i;
  new.nslots = b->nslots == 0 ? 16 : 2 * b->nslots;
  new.slots = hp_new(hp_BlockSlot, new.nslots);
  if (new.slots == NULL) return HP_ENOMEM;
  for (i = 0; i < b->nslots; i++)
    if (b->slots[i].leaf != NULL) new.slots[slot_of(&new, b->slots[i].key)] = b->slots[i];
  hp_delete(b->slots, b->nslots);
  *b = new;
  return HP_OK;
}

static void come_to(hp_Blocks *b, uint64_t key, hp_BlockLeaf *leaf) {
  b->last_key = key;
  b->last = leaf;
}

static hp_BlockLeaf *add_leaf(hp_Blocks *b, uint64_t key) {
  hp_BlockLeaf *leaf;
  size_t i;
  if (2 * (b->nleaves + 1) > b->nslots && grow_slots(b) != HP_OK) return NULL;
  leaf = hp_new(hp_BlockLeaf, 1);
  if (leaf == NULL) return NULL;
  i = slot_of(b, key);
  b->slots[i].key = key;
  b->slots[i].leaf = leaf;
  b->nleaves++;
  come_to(b, key, leaf);
  return leaf;
}

/* Of p's page, which has just been found or made: 'last' is its leaf. */
static void mark_used(hp_Blocks *b, const void *p, int used) {
  uint64_t *word = &b->last->used[hp_block_page(p) / 64];
  uint64_t bit = (uint64_t)1 << (hp_block_page(p) & 63);
  *word = used ? *word | bit : *word & ~bit;
}

/* ---- a page's array ------------------------------------------------------- */

static void *take_spare(hp_Blocks *b, unsigned cap) {
  void **p = b->spare[class_of(cap)]; /* a free array begins with the next one's address */
  if (p != NULL) memcpy(&b->spare[class_of(cap)], p, sizeof *p);
  return p;
}

/* A large array that no page wants, to be cut up; what was left of the slab is lost. */
static int cut_up(hp_Blocks *b, size_t bytes) {
  unsigned cap;
  for (cap = PLACES; bytes_of(cap) >= 2 * bytes; cap -= 8) {
    void *p = take_spare(b, cap);
    if (p == NULL) continue;
    b->fresh = p;
    b->nfresh = bytes_of(cap);
    return 1;
  }
  return 0;
}

static void *carve(hp_Blocks *b, size_t bytes) {
  char *p;
  if (b->nfresh < bytes && !cut_up(b, bytes)) {
    if (hp_vec_reserve(&b->slabs, 1) != HP_OK) return NULL;
    p = hp_mem_new(SLAB);
    if (p == NULL) return NULL;
    b->slabs.at[b->slabs.n++] = p;
    b->fresh = p;
    b->nfresh = SLAB;
  }
  p = b->fresh;
  b->fresh += bytes;
  b->nfresh -= bytes;
  return p;
}

static uint8_t *new_array(hp_Blocks *b, unsigned cap) {
  void *p = take_spare(b, cap);
  return p != NULL ? p : carve(b, bytes_of(cap));
}

static void spare_array(hp_Blocks *b, hp_BlockPage *page) {
  void **list = &b->spare[class_of(page->cap)];
  memcpy(page->at, list, sizeof *list);
  *list = page->at;
  page->at = NULL;
  page->cap = 0;
}

static uint16_t larger(unsigned cap) {
  if (cap < 8) return (uint16_t)(cap == 0 ? 2 : 2 * cap);
  return (uint16_t)(cap < 96 ? cap + 8 : cap + 32 < PLACES ? cap + 32 : PLACES);
}

/* The page is full, and there is one more object in it: so there are records of objects
** whose end was not seen. Of each place only the last one stays, and none of p's. */
static void drop_stale(hp_Blocks *b, hp_BlockPage *page, const void *p) {
  uint8_t seen[PLACES] = {0};
  hp_Record *r = hp_block_records(page);
  unsigned i, k = page->n;
  seen[hp_block_place(p)] = 1;
  for (i = page->n; i-- > 0;) {
    if (seen[page->at[i]]) continue;
    seen[page->at[i]] = 1;
    k--;
    page->at[k] = page->at[i];
    r[k] = r[i];
  }
  memmove(page->at, page->at + k, page->n - k);
  memmove(r, r + k, (page->n - k) * sizeof *r);
  page->n = (uint16_t)(page->n - k);
  b->n -= k;
}

static int grow_page(hp_Blocks *b, hp_BlockPage *page) {
  hp_BlockPage new = *page;
  new.cap = larger(page->cap);
  new.at = new_array(b, new.cap);
  if (new.at == NULL) return HP_ENOMEM;
  if (page->at != NULL) {
    memcpy(new.at, page->at, page->n);
    memcpy(hp_block_records(&new), hp_block_records(page), page->n * sizeof(hp_Record));
    spare_array(b, page);
  }
  *page = new;
  return HP_OK;
}

/* ---- the table ------------------------------------------------------------ */

hp_BlockPage *hp_blocks_page(hp_Blocks *b, const void *p) {
  uint64_t key = hp_block_key(p);
  hp_BlockLeaf *leaf = b->nslots == 0 ? NULL : b->slots[slot_of(b, key)].leaf;
  if (leaf == NULL) return NULL;
  come_to(b, key, leaf);
  return leaf->pages + hp_block_page(p);
}

hp_BlockPage *hp_blocks_room(hp_Blocks *b, const void *p, hp_BlockPage *page) {
  if (page == NULL) {
    hp_BlockLeaf *leaf = add_leaf(b, hp_block_key(p));
    if (leaf == NULL) return NULL;
    page = leaf->pages + hp_block_page(p);
  }
  if (page->n == PLACES) drop_stale(b, page, p);
  if (page->n == page->cap && grow_page(b, page) != HP_OK) return NULL;
  mark_used(b, p, 1);
  return page;
}

void hp_blocks_spare(hp_Blocks *b, const void *p, hp_BlockPage *page) {
  spare_array(b, page);
  mark_used(b, p, 0);
}

static void halve_page(const hp_BlockPage *page) {
  hp_Record *r = hp_block_records(page);
  unsigned i;
  for (i = 0; i < page->n; i++)
    r[i] = (r[i] & ~HP_BIRTH_MAX) | (hp_record_birth(r[i]) >> 1);
}

void hp_blocks_halve(hp_Blocks *b) {
  size_t i, k;
  for (i = 0; i < b->nslots; i++)
    for (k = 0; b->slots[i].leaf != NULL && k < HP_BLOCK_LEAF_PAGES; k++)
      if (b->slots[i].leaf->pages[k].n > 0) halve_page(&b->slots[i].leaf->pages[k]);
}

size_t hp_blocks_bytes(const hp_Blocks *b) {
  return b->nslots * sizeof *b->slots + b->nleaves * sizeof(hp_BlockLeaf) + b->slabs.n * SLAB +
         hp_vec_bytes(&b->slabs);
}

void hp_blocks_free(hp_Blocks *b) {
  size_t i;
  for (i = 0; i < b->nslots; i++) hp_delete(b->slots[i].leaf, 1);
  hp_delete(b->slots, b->nslots);
  for (i = 0; i < b->slabs.n; i++) hp_mem_free(b->slabs.at[i], SLAB);
  hp_vec_free(&b->slabs);
  memset(b, 0, sizeof *b);
  b->last_key = UINT64_MAX;
}
