/* Waiting for descriptors and for Ctrl-C: see wait.h. */
#include "wait.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

static volatile sig_atomic_t noted;
static int nesting;
static struct sigaction before;

static void note(int signal) {
  (void)signal;
  noted = 1;
}

int hp_wait_catch(void) {
  struct sigaction action = {.sa_handler = note};
  if (nesting == 0) {
    noted = 0;
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGINT, &action, &before) != 0) return -errno;
  }
  nesting++;
  return 0;
}

void hp_wait_release(void) {
  if (nesting > 0 && --nesting == 0) (void)sigaction(SIGINT, &before, NULL);
}

int hp_wait_noted(void) {
  int was = noted;
  if (was) noted = 0;
  return was;
}

/* Without the signal's own bit, for the call alone. */
static int poll_unblocked(struct pollfd *set, unsigned count, int milliseconds, sigset_t *mask) {
  struct timespec limit = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
  int ready = ppoll(set, count, milliseconds < 0 ? NULL : &limit, mask);
  return ready < 0 ? -errno : ready;
}

/* The signal is blocked between the look at the note and the wait, and let in by ppoll itself:
** else one that came in between would be slept over. */
int hp_wait_poll(struct pollfd *set, unsigned count, int milliseconds, int *interrupted) {
  sigset_t block, usual, waiting;
  int ready;
  sigemptyset(&block);
  sigaddset(&block, SIGINT);
  sigprocmask(SIG_BLOCK, &block, &usual);
  waiting = usual;
  if (nesting > 0) sigdelset(&waiting, SIGINT);
  ready = poll_unblocked(set, count, noted ? 0 : milliseconds, &waiting);
  *interrupted = noted;
  noted = 0;
  sigprocmask(SIG_SETMASK, &usual, NULL);
  return ready == -EINTR ? 0 : ready;
}
