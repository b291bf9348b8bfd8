/* Waiting for descriptors and for Ctrl-C. */
#ifndef HP_CLIENT_WAIT_H
#define HP_CLIENT_WAIT_H

#include <poll.h>

/* From now on Ctrl-C (SIGINT) is only noted; `hp_wait_release` restores what it did before.
** Calls nest. Signals are the process's, so the note is kept in a static. */
int hp_wait_catch(void);
void hp_wait_release(void);

/* Was it typed since this, or hp_wait_poll, was last asked? */
int hp_wait_noted(void);

/* Waits until a descriptor is ready, Ctrl-C was typed, or the time is over; for ever where it is
** negative. Answers how many descriptors are ready, or a negated errno. A Ctrl-C that was noted is
** told once, in *interrupted, though it came before the call. */
int hp_wait_poll(struct pollfd *set, unsigned count, int milliseconds, int *interrupted);

#endif
