/* What is known of each live object: address -> record, for millions of them.
**
** One page stands for 4 KiB of address space: the objects that begin there, in any
** order, each by the byte of its place in the page and eight bytes of record. So an
** object costs nine bytes and the slack of its page, nothing is hashed, and what lies
** together in the heap lies together here. Pages are found through leaves of 2048
** (8 MiB of address space), leaves through a small hash; the last one is remembered. */
#ifndef HP_BLOCKS_H
#define HP_BLOCKS_H

#include "base/vec.h"

#include <stdint.h>

/* site 24 bits, type 3 bits (the VM's tag - 4), one for the table's own use, birth 36 bits */
typedef uint64_t hp_Record;

#define HP_SITE_MAX ((1u << 24) - 1)
#define HP_BIRTH_MAX (((uint64_t)1 << 36) - 1)
#define HP_RECORD_ODD ((uint64_t)1 << 36) /* the block begins 8 bytes behind a multiple of 16 */

#define hp_record(site, tag, birth) \
  (((uint64_t)(site) << 40) | ((uint64_t)((tag)-4) << 37) | (birth))
#define hp_record_site(r) ((uint32_t)((r) >> 40))
#define hp_record_tag(r) ((int)((r) >> 37 & 7) + 4)
#define hp_record_birth(r) ((r)&HP_BIRTH_MAX)

typedef struct hp_BlockPage {
  uint8_t *at; /* cap places, then cap records */
  uint16_t n, cap;
} hp_BlockPage;

typedef struct hp_BlockLeaf {
  uint64_t key; /* address >> 23 */
  hp_BlockPage *pages; /* NULL: this slot of the hash is free */
} hp_BlockLeaf;

#define HP_BLOCK_CLASSES 33 /* a page's capacity / 8 */

typedef struct hp_Blocks {
  hp_BlockLeaf *leaves; /* by hash, 'nslots' long */
  size_t nslots, nleaves;
  uint64_t last_key;
  hp_BlockPage *last;
  size_t n; /* records */
  void *spare[HP_BLOCK_CLASSES]; /* pages' arrays that are free, by capacity */
  HP_VEC(void *) slabs;
  char *fresh; /* what is left of the newest slab */
  size_t nfresh;
} hp_Blocks;

void hp_blocks_free(hp_Blocks *b);
size_t hp_blocks_bytes(const hp_Blocks *b);

/* Notes a block that begins at p. HP_ENOMEM: it is not noted, all else stays. */
int hp_blocks_put(hp_Blocks *b, const void *p, hp_Record r);

/* Forgets the block; 1 and its record, or 0 if it was not noted. */
int hp_blocks_take(hp_Blocks *b, const void *p, hp_Record *r);

/* 1 and its record, or 0. */
int hp_blocks_get(hp_Blocks *b, const void *p, hp_Record *r);

/* Halves all births. */
void hp_blocks_halve(hp_Blocks *b);

/* Calls f for every block; the order is that of nothing in particular. */
void hp_blocks_each(const hp_Blocks *b, void (*f)(void *data, const char *p, hp_Record r),
                    void *data);

#endif
