/* Rows that are objects, by size descending. Those of one size are in the order in which
** they are shown, by kind, then text, then address, which is found when one of them is
** asked for; where there are more than HP_BYID_SORTED, by address alone. */
#ifndef HP_BYID_H
#define HP_BYID_H

#include "partition.h"

#define HP_BYID_SORTED 100000

/* How many sums there are. */
static inline size_t hp_byid_sums(const hp_Partition *p) { return p->nrows / HP_STRIDE + 1; }

/* Makes the rows of p, whose classes are objects. */
int hp_byid_make(hp_Partition *p);

hp_Row hp_byid_row(const hp_Partition *p, uint32_t i);

/* Puts the objects of row i's size in order. */
int hp_byid_settle(hp_Partition *p, uint32_t i);

#endif
