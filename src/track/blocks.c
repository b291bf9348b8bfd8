/* The table of live objects: see blocks.h. */
#include "blocks.h"

#include <string.h>

#define SLAB ((size_t)1 << 16)
#define PER_OBJECT 9

/* ---- leaves --------------------------------------------------------------- */

static size_t slot_of(const hp_Blocks *b, uint64_t key) {
  size_t i = (size_t)(key * 0x9E3779B97F4A7C15u >> 32) & (b->nslots - 1);
  while (b->leaves[i].pages != NULL && b->leaves[i].key != key) i = (i + 1) & (b->nslots - 1);
  return i;
}

static int grow_leaves(hp_Blocks *b) {
  hp_Blocks new = *b;
  size_t i;
  new.nslots = b->nslots == 0 ? 16 : 2 * b->nslots;
  new.leaves = hp_new(hp_BlockLeaf, new.nslots);
  if (new.leaves == NULL) return HP_ENOMEM;
  for (i = 0; i < b->nslots; i++)
    if (b->leaves[i].pages != NULL) new.leaves[slot_of(&new, b->leaves[i].key)] = b->leaves[i];
  hp_delete(b->leaves, b->nslots);
  *b = new;
  return HP_OK;
}

static hp_BlockPage *add_leaf(hp_Blocks *b, uint64_t key) {
  hp_BlockPage *pages;
  size_t i;
  if (2 * (b->nleaves + 1) > b->nslots && grow_leaves(b) != HP_OK) return NULL;
  pages = hp_new(hp_BlockPage, HP_BLOCK_LEAF_PAGES);
  if (pages == NULL) return NULL;
  i = slot_of(b, key);
  b->leaves[i].key = key;
  b->leaves[i].pages = pages;
  b->nleaves++;
  b->last_key = key;
  return b->last = pages;
}

/* ---- a page's array ------------------------------------------------------- */

static void *carve(hp_Blocks *b, size_t bytes) {
  char *p;
  if (b->nfresh < bytes) {
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
  void **p = b->spare[cap / 8]; /* a free array begins with the next one's address */
  if (p == NULL) return carve(b, (size_t)cap * PER_OBJECT);
  memcpy(&b->spare[cap / 8], p, sizeof *p);
  return (uint8_t *)p;
}

static void spare_array(hp_Blocks *b, hp_BlockPage *page) {
  void **list = &b->spare[page->cap / 8];
  memcpy(page->at, list, sizeof *list);
  *list = page->at;
  page->at = NULL;
  page->cap = 0;
}

static int grow_page(hp_Blocks *b, hp_BlockPage *page) {
  hp_BlockPage new = *page;
  new.cap = (uint16_t)(page->cap + (page->cap < 96 ? 8 : 32));
  if (new.cap > 256) new.cap = 256;
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
  size_t i;
  if (b->nslots == 0) return NULL;
  i = slot_of(b, key);
  if (b->leaves[i].pages == NULL) return NULL;
  b->last_key = key;
  b->last = b->leaves[i].pages;
  return b->last + hp_block_page(p);
}

hp_BlockPage *hp_blocks_room(hp_Blocks *b, const void *p, hp_BlockPage *page) {
  if (page == NULL) {
    hp_BlockPage *leaf = add_leaf(b, hp_block_key(p));
    if (leaf == NULL) return NULL;
    page = leaf + hp_block_page(p);
  }
  return page->n < page->cap || grow_page(b, page) == HP_OK ? page : NULL;
}

void hp_blocks_spare(hp_Blocks *b, hp_BlockPage *page) { spare_array(b, page); }

typedef void (*PageFunction)(void *data, const hp_BlockPage *page, uint64_t base);

static void each_page(const hp_Blocks *b, PageFunction f, void *data) {
  size_t i, k;
  for (i = 0; i < b->nslots; i++) {
    const hp_BlockLeaf *leaf = &b->leaves[i];
    for (k = 0; leaf->pages != NULL && k < HP_BLOCK_LEAF_PAGES; k++)
      if (leaf->pages[k].n > 0)
        f(data, &leaf->pages[k], (leaf->key << HP_BLOCK_LEAF_BITS) + ((uint64_t)k << HP_BLOCK_PAGE_BITS));
  }
}

static void halve_page(void *data, const hp_BlockPage *page, uint64_t base) {
  hp_Record *r = hp_block_records(page);
  unsigned i;
  (void)data;
  (void)base;
  for (i = 0; i < page->n; i++)
    r[i] = (r[i] & ~HP_BIRTH_MAX) | (hp_record_birth(r[i]) >> 1);
}

void hp_blocks_halve(hp_Blocks *b) { each_page(b, halve_page, NULL); }

typedef struct Each {
  void (*f)(void *data, const char *p, hp_Record r);
  void *data;
} Each;

static void each_of_page(void *data, const hp_BlockPage *page, uint64_t base) {
  const Each *each = data;
  const hp_Record *r = hp_block_records(page);
  unsigned i;
  for (i = 0; i < page->n; i++) {
    uint64_t at = base + ((uint64_t)page->at[i] << 4) + ((r[i] & HP_RECORD_ODD) ? 8 : 0);
    each->f(each->data, (const char *)(uintptr_t)at, r[i]);
  }
}

void hp_blocks_each(const hp_Blocks *b, void (*f)(void *data, const char *p, hp_Record r),
                    void *data) {
  Each each = {f, data};
  each_page(b, each_of_page, &each);
}

size_t hp_blocks_bytes(const hp_Blocks *b) {
  return b->nslots * sizeof *b->leaves + b->nleaves * HP_BLOCK_LEAF_PAGES * sizeof(hp_BlockPage) +
         b->slabs.n * SLAB + hp_vec_bytes(&b->slabs);
}

void hp_blocks_free(hp_Blocks *b) {
  size_t i;
  for (i = 0; i < b->nslots; i++) hp_delete(b->leaves[i].pages, HP_BLOCK_LEAF_PAGES);
  hp_delete(b->leaves, b->nslots);
  for (i = 0; i < b->slabs.n; i++) hp_mem_free(b->slabs.at[i], SLAB);
  hp_vec_free(&b->slabs);
  memset(b, 0, sizeof *b);
}
