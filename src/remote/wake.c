/* The signal: see wake.h. With SA_RESTART, so that no read or write of the program
** fails for it; waiting calls (epoll, select, sleep) are interrupted all the same. */
#include "wake.h"

#include "process.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Atomic(hp_WakeHandler) handle;

static void on_signal(int number, siginfo_t *info, void *context) {
  int saved = errno;
  hp_WakeHandler f = atomic_load(&handle);
  hp_Woken woken;
  (void)number, (void)info;
  /* the registers were saved above: what they held is found from here (the address of a
  ** variable would not do: a sanitizer may keep those elsewhere) */
  woken.frame = __builtin_frame_address(0);
  woken.back = __builtin_return_address(0);
  woken.thread = hp_process_thread();
  woken.context = context;
  if (f != NULL) f(&woken);
  errno = saved;
}

int hp_wake_is_ours(int number) {
  struct sigaction now;
  return sigaction(number, NULL, &now) == 0 && (now.sa_flags & SA_SIGINFO) &&
         now.sa_sigaction == on_signal;
}

int hp_wake_install(int number, hp_WakeHandler handler) {
  struct sigaction action;
  atomic_store(&handle, handler);
  if (hp_wake_is_ours(number)) return 1;
  if (sigaction(number, NULL, &action) != 0) return 0;
  if ((action.sa_flags & SA_SIGINFO) ||
      (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN))
    return 0;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  (void)sigfillset(&action.sa_mask);
  return sigaction(number, &action, NULL) == 0;
}

/* Of those that do no harm where nobody handles them: that one may be HAProxy's (SIGURG). */
static int usable(int number, int usual) {
  static const int harmless[] = {SIGURG, SIGWINCH};
  size_t i;
  if (hp_wake_is_ours(number)) return number;
  for (i = 0; usual && i < sizeof harmless / sizeof *harmless; i++)
    if (hp_wake_install(harmless[i], atomic_load(&handle))) return harmless[i];
  return 0;
}

int hp_wake_send(int number, int usual, pid_t thread) {
  number = usable(number, usual);
  return number != 0 && syscall(SYS_tgkill, getpid(), thread, number) == 0;
}

typedef struct Name {
  const char *name;
  int number;
} Name;

/* Not those that tell of faults, of children, or that cannot be caught. */
static const Name names[] = {
    {"URG", SIGURG}, {"USR1", SIGUSR1}, {"USR2", SIGUSR2}, {"WINCH", SIGWINCH},
    {"IO", SIGIO}, {"PWR", SIGPWR}, {"VTALRM", SIGVTALRM}, {"PROF", SIGPROF},
    {"HUP", SIGHUP}, {"ALRM", SIGALRM},
};

int hp_wake_number(const char *name) {
  size_t i, n = sizeof names / sizeof *names;
  char *end;
  long number = strtol(name, &end, 10);
  if (strncasecmp(name, "SIG", 3) == 0) name += 3;
  for (i = 0; i < n; i++)
    if (strcasecmp(name, names[i].name) == 0 || (*end == 0 && number == names[i].number))
      return names[i].number;
  return *end == 0 && number >= SIGRTMIN && number <= SIGRTMAX ? (int)number : 0;
}
