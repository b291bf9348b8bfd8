/* A set taken apart by a classifier: rows, largest first, or as the classes are ordered. */
#ifndef HP_PARTITION_H
#define HP_PARTITION_H

#include "classify.h"

typedef struct hp_Row {
  uint32_t cls;
  uint32_t count;
  uint64_t size;
  uint64_t cumulative; /* sizes of this row and those before it */
} hp_Row;

/* By id there may be millions of rows, one object each: they are kept as no more
** than the objects' ids in order, and the sum of sizes at every HP_STRIDE-th. */
#define HP_STRIDE 256

typedef struct hp_Partition {
  const hp_Graph *graph;
  hp_Classified classes; /* by id: 'of' has the objects' ids in the order of rows; else it
                            has them by class, each class's ascending, once 'first' is there */
  hp_Row *rows;      /* of classes that have members; by size descending, or ordered. Owned,
                        nrows long; NULL by id */
  uint32_t nrows;
  uint32_t *first;   /* per class: where its objects start in 'of'. Owned, classes.count + 1
                        long; NULL until objects of a row are asked for, and by id */
  uint64_t *sums;    /* by id: sizes of all rows before row i * HP_STRIDE. Owned */
  uint64_t *settled; /* rows that stand where they belong among those of equal size: by name,
                        by id as in byid.h. Others are put in order when one of them is
                        asked for. Owned */
} hp_Partition;

/* To be freed before the graph, whose arena has a part of it. */
int hp_partition(hp_Graph *g, const hp_IdSet *set, hp_By by, hp_Partition *out);
void hp_partition_free(hp_Partition *p);

/* Row i; its name ("" by id), in 'room' or elsewhere. */
int hp_partition_row(hp_Partition *p, uint32_t i, hp_Row *row, const char **name, hp_Name *room);

/* The members of rows i..j (0-based, j included) of the set it was made from. */
int hp_partition_rows(hp_Partition *p, const hp_IdSet *set, uint32_t i, uint32_t j, hp_IdSet *out);

#endif
