/* The hub: what happens once for the process, at a fork, and at its end.
**
** A child has neither the thread nor the sockets of its parent: it closes what it
** inherited and starts a thread of its own, which listens under the child's pid -- after
** a moment, as most children run another program at once. */
#include "hub.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

hp_Hub hp_hub = {
    .turn = PTHREAD_MUTEX_INITIALIZER,
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .wake = -1,
};

#if defined(HP_TESTING)
atomic_int hp_hurry = 1;
void hp_hub_hurry(int times) { atomic_store(&hp_hurry, times); }
#endif

void hp_hub_kick(void) {
  uint64_t one = 1;
  if (hp_hub.wake >= 0 && write(hp_hub.wake, &one, sizeof one) < 0) return; /* it is full: awake */
}

/* ---- fork ----------------------------------------------------------------- */

static void before_fork(void) {
  (void)pthread_mutex_lock(&hp_hub.turn);
  (void)pthread_mutex_lock(&hp_hub.lock);
}

static void after_fork_in_parent(void) {
  (void)pthread_mutex_unlock(&hp_hub.lock);
  (void)pthread_mutex_unlock(&hp_hub.turn);
}

static void init_room(void) {
  pthread_condattr_t attributes;
  (void)pthread_condattr_init(&attributes);
  (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  (void)pthread_cond_init(&hp_hub.room, &attributes);
  (void)pthread_condattr_destroy(&attributes);
}

/* The program may know the number: it stays, with another end. */
static void renew_event(int *fd) {
  int fresh;
  if (*fd < 0) return;
  fresh = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fresh < 0 || dup3(fresh, *fd, O_CLOEXEC) < 0) {
    (void)close(*fd);
    *fd = -1;
  }
  if (fresh >= 0) (void)close(fresh);
}

static int leave_to_parent(void) {
  int i, targets = 0;
  for (i = 0; i < HP_ALL_CONNECTIONS; i++)
    if (hp_hub.connections[i] != NULL) hp_connection_close(hp_hub.connections[i]);
  for (i = 0; i < HP_TARGETS; i++) {
    hp_Target *t = &hp_hub.targets[i];
    if (!t->used) continue;
    targets++;
    hp_target_orphan(t);
    renew_event(&t->event);
  }
  return targets;
}

static void after_fork_in_child(void) {
  int targets, saved = errno;
  hp_hub.running = hp_hub.stop = 0;
  hp_knock_after_fork();
  init_room();
  renew_event(&hp_hub.wake);
  targets = leave_to_parent();
  hp_hub.late = 1;
  if (targets > 0 && hp_hub.wake >= 0) (void)hp_listener_start();
  (void)pthread_mutex_unlock(&hp_hub.lock);
  (void)pthread_mutex_unlock(&hp_hub.turn);
  errno = saved;
}

/* ---- the end -------------------------------------------------------------- */

/* The thread may hold the lock for a moment; the process does not wait longer than that. */
static void at_exit(void) {
  struct timespec until;
  int i;
  (void)clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += 1;
  if (pthread_mutex_timedlock(&hp_hub.lock, &until) != 0) return;
  for (i = 0; i < HP_TARGETS; i++) {
    hp_Target *t = &hp_hub.targets[i];
    if (t->used && t->listener >= 0 && t->owner == getpid()) (void)unlink(t->path);
  }
  hp_unlock();
}

/* The library stays in the process for good: its thread may run, a signal come, when the
** state that loaded it is long closed. */
static void stay(void) {
  Dl_info info;
  if (dladdr((void *)&hp_hub, &info) == 0 || info.dli_fname == NULL) return;
  (void)dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}

static void remember_error_output(void) {
  struct stat st;
  if (fstat(STDERR_FILENO, &st) != 0) return;
  hp_hub.error_device_known = 1;
  hp_hub.error_device = (uint64_t)st.st_dev;
  hp_hub.error_inode = (uint64_t)st.st_ino;
}

int hp_hub_prepare(void) {
  if (hp_hub.wake < 0) hp_hub.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (hp_hub.wake < 0) return HP_EVM;
  if (hp_hub.prepared) return HP_OK;
  init_room();
  remember_error_output();
  stay();
  if (pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child) != 0) return HP_ENOMEM;
  (void)atexit(at_exit);
  hp_hub.prepared = 1;
  return HP_OK;
}
