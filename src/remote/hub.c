/* The hub: what happens once for the process, at a fork, and at its end.
**
** A child has neither the thread nor the sockets of its parent: it closes what it
** inherited and starts a thread of its own, which listens under the child's pid -- after
** a moment, as most children run another program at once.
**
** What the program closes though it is not its own is given up: no number of ours is used
** before it was looked at (base/descriptor.h). The thread learns of it and begins again. */
#include "hub.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

hp_Hub hp_hub = {
    .turn = PTHREAD_MUTEX_INITIALIZER,
    .lock = PTHREAD_MUTEX_INITIALIZER,
};

#if defined(HP_TESTING)
atomic_int hp_hurry = 1;
void hp_hub_hurry(int times) { atomic_store(&hp_hurry, times); }
#endif

void hp_hub_kick(void) { hp_bell_ring(&hp_hub.wake); }

void hp_hub_wait(int64_t ms) {
  struct timespec until;
  (void)clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += ms / 1000;
  until.tv_nsec += ms % 1000 * 1000000;
  if (until.tv_nsec >= 1000000000) {
    until.tv_sec++;
    until.tv_nsec -= 1000000000;
  }
  (void)pthread_cond_timedwait(&hp_hub.room, &hp_hub.lock, &until);
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

static int leave_to_parent(void) {
  int i, targets = 0;
  for (i = 0; i < HP_ALL_CONNECTIONS; i++)
    if (hp_hub.connections[i] != NULL) hp_connection_close(hp_hub.connections[i]);
  for (i = 0; i < HP_TARGETS; i++) {
    hp_Target *t = &hp_hub.targets[i];
    if (!t->used) continue;
    targets++;
    hp_target_orphan(t);
    hp_bell_renew(&t->event);
  }
  return targets;
}

static void after_fork_in_child(void) {
  int targets, saved = errno;
  hp_hub.running = hp_hub.stop = 0;
  hp_knock_after_fork();
  init_room();
  hp_log_forget();
  hp_bell_renew(&hp_hub.wake);
  targets = leave_to_parent();
  hp_hub.late = 1;
  if (targets > 0) (void)hp_listener_start();
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
    if (t->used && t->owner == getpid()) hp_place_leave(&t->place);
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

int hp_hub_prepare(void) {
  if (!hp_hub.running && hp_bell_is_lost(&hp_hub.wake)) hp_bell_free(&hp_hub.wake);
  if (hp_hub.wake.rung.inode == 0 && hp_bell_make(&hp_hub.wake) != HP_OK) return HP_EVM;
  if (hp_hub.prepared) return HP_OK;
  init_room();
  hp_log_begin();
  stay();
  if (pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child) != 0) return HP_ENOMEM;
  (void)atexit(at_exit);
  hp_hub.prepared = 1;
  return HP_OK;
}
