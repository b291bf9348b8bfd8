/* Reads of this process's own memory that answer instead of faulting.
**
** For pointers nobody has vouched for yet. Linux copies them with
** process_vm_readv on this very process; where that is refused (a seccomp
** filter, another system) the bytes go through a pipe, whose write(2) answers
** EFAULT for what cannot be read. */
#ifndef HP_PEEK_H
#define HP_PEEK_H

#include "base/descriptor.h"

#include <stddef.h>
#include <sys/types.h>

typedef struct hp_Peek {
  pid_t pid;            /* this process, or 0: use the pipe */
  hp_Descriptor out, in; /* of the pipe; none while not needed */
} hp_Peek;

/* HP_OK, or HP_EVM when neither way works (close it all the same). */
int hp_peek_open(hp_Peek *k);
void hp_peek_close(hp_Peek *k);

/* Copies n bytes at 'from', whatever it points to; 1, or 0 if any of them
** cannot be read ('to' may then hold some of them). */
int hp_peek(hp_Peek *k, void *to, const void *from, size_t n);

#if defined(HP_TESTING)
/* 1: as if process_vm_readv were refused; 0: ask it again. */
void hp_peek_refuse(int on);
#endif

#endif
