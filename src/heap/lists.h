/* The first pass over a VM: the address of every object, from the collector's lists. */
#ifndef HP_LISTS_H
#define HP_LISTS_H

#include "addr.h"
#include "moment.h"

/* Objects younger than some moments, and how many of them are younger than each. */
typedef struct hp_Young {
  HP_VEC(const char *) at;
  HP_VEC(size_t) upto; /* per moment whose mark was met: how many of 'at' came before it */
} hp_Young;

typedef struct hp_Lists {
  const hp_Moment *moments; /* newest first */
  size_t nmoments;
  hp_Young young[2]; /* of allgc, of finobj */
} hp_Lists;

/* Notes every object in 'addrs', and in 'lists' what is younger than each moment; does
** not seal. HP_EVM: a list holds what cannot be an object, or does not end. */
int hp_lists_add(hp_Lists *lists, const hp_Vm *vm, hp_Addrs *addrs);

void hp_lists_free(hp_Lists *lists);

#endif
