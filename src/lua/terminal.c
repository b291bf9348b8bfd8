/* Signals of a terminal's job control: see terminal.h. */
#include "terminal.h"

#include <signal.h>
#include <stddef.h>

static const int signals[] = {SIGTTIN, SIGTTOU};

#define COUNT (sizeof signals / sizeof signals[0])

/* A bit for each that the thread did not hold back itself. */
unsigned hp_terminal_hold(void) {
  sigset_t set, before;
  unsigned held = 0;
  size_t i;
  sigemptyset(&set);
  for (i = 0; i < COUNT; i++) sigaddset(&set, signals[i]);
  if (pthread_sigmask(SIG_BLOCK, &set, &before) != 0) return 0;
  for (i = 0; i < COUNT; i++)
    if (!sigismember(&before, signals[i])) held |= 1u << i;
  return held;
}

void hp_terminal_release(unsigned held) {
  sigset_t set;
  size_t i;
  sigemptyset(&set);
  for (i = 0; i < COUNT; i++)
    if (held & 1u << i) sigaddset(&set, signals[i]);
  (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
