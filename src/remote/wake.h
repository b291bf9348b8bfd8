/* The signal that reaches a VM's own thread. */
#ifndef HP_WAKE_H
#define HP_WAKE_H

#include <sys/types.h>

/* What the handler calls, in the thread that was signalled: nothing in it may do more
** than a signal's handler may. 'frame' is where on the thread's stack the handler is,
** 'context' what the kernel says of what it interrupted. */
typedef void (*hp_WakeHandler)(pid_t thread, const void *frame, const void *context);

/* Installs the handler for a signal, unless the program has one of its own there: 0. It
** stays for good. */
int hp_wake_install(int number, hp_WakeHandler handler);

/* Is the handler there still? (a handler may ask) */
int hp_wake_is_ours(int number);

/* Signals a thread of this process, if the handler is still ours. */
void hp_wake_send(int number, pid_t thread);

/* "URG", "SIGURG" or "23" as a number; 0 for what is no signal that could serve. */
int hp_wake_number(const char *name);

#endif
