/* What wakes somebody who polls: a pair of sockets, of which one is readable while the bell
** has been rung. Not an eventfd: those cannot be told apart (base/descriptor.h), and here
** whoever waits is woken, too, when the program closes the end that rings. */
#ifndef HP_BELL_H
#define HP_BELL_H

#include "base/descriptor.h"

/* A zeroed one is none. */
typedef struct hp_Bell {
  hp_Descriptor rung; /* to be polled */
  hp_Descriptor rope;
} hp_Bell;

/* HP_OK, or HP_EVM and errno. */
int hp_bell_make(hp_Bell *bell);
void hp_bell_ring(const hp_Bell *bell); /* a handler may do so */
void hp_bell_hush(const hp_Bell *bell);

/* Has the program closed it, or half of it? */
int hp_bell_is_lost(const hp_Bell *bell);

/* In a child: one of its own, under the same number if that is still the bell's. */
void hp_bell_renew(hp_Bell *bell);
void hp_bell_free(hp_Bell *bell);

#endif
