/* The signal that reaches a VM's own thread. */
#ifndef HP_WAKE_H
#define HP_WAKE_H

#include <sys/types.h>

/* Of a handler that was called. */
typedef struct hp_Woken {
  pid_t thread;        /* it runs in */
  const void *frame;   /* where on the thread's stack it is */
  const void *back;    /* where it returns to */
  const void *context; /* what the kernel says of what it interrupted */
} hp_Woken;

/* What the handler calls, in the thread that was signalled: nothing in it may do more
** than a signal's handler may. */
typedef void (*hp_WakeHandler)(const hp_Woken *woken);

/* Installs the handler for a signal, unless the program has one of its own there: 0. It
** stays for good. */
int hp_wake_install(int number, hp_WakeHandler handler);

/* Is the handler there still? (a handler may ask) */
int hp_wake_is_ours(int number);

/* Signals a thread of this process, if the handler is still ours: 1. Where the program has put one
** of its own there since, and this is only the usual signal, another serves as well. */
int hp_wake_send(int number, int usual, pid_t thread);

/* "URG", "SIGURG" or "23" as a number; 0 for what is no signal that could serve. */
int hp_wake_number(const char *name);

#endif
