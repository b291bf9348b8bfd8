/* No thread until a client knocks.
**
** From its second thread on a process pays for locks in the C library's malloc, for good. So,
** where the program has but one, no listener is started: the kernel signals the thread that
** turned monitoring on when a client connects to a socket (O_ASYNC), and the listener is
** started then, to stay. The client's connection waits in the socket meanwhile.
**
** It is started at a safe point of the VM's (hp_target_take), or in the signal's handler itself
** where the thread that it interrupted was asleep in C: elsewhere that thread may be inside
** malloc, which starting a thread needs. Until one of both succeeds a timer repeats the signal.
**
** A program may close the socket, as daemons close what they do not know. Then a client finds
** nobody at it, and sends SIGURG itself.
**
** This is not for a signal that would end a program which has taken our handler out, nor for
** one that the kernel queues: should the queue be full it sends SIGIO, which does the same. */
#include "hub.h"

#include "asleep.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define DOUBLINGS 8 /* of a millisecond: pauses between signals grow to a quarter of a second */
#define LOOK 50     /* milliseconds between two looks of hp_target_look */

#if !defined(sigev_notify_thread_id) /* glibc documents it, and long did not define it */
#define sigev_notify_thread_id _sigev_un._tid
#endif

/* What the handler looks at needs no lock. The rest belongs to the hub's, and is written
** before 'dormant' is. */
static atomic_int dormant;           /* the thread is put off */
static atomic_int doors[HP_TARGETS]; /* is a client awaited at the target's socket? */
static _Atomic int64_t looked;       /* when hp_target_look last did, in milliseconds */
static atomic_int repeater = -1;     /* the timer */
static int repeats;                  /* of the signal, so far: in the handler */

/* ---- may it be so? -------------------------------------------------------- */

/* What /proc counts is its directories: "." and "..", then one for each thread. */
static int is_alone(void) {
  struct stat st;
  return stat("/proc/self/task", &st) == 0 && st.st_nlink == 3;
}

static int is_blocked(int number) {
  sigset_t now;
  return pthread_sigmask(SIG_BLOCK, NULL, &now) != 0 || sigismember(&now, number) != 0;
}

static int is_reached(int number) {
  return (number == SIGURG || number == SIGWINCH) && hp_wake_is_ours(number) &&
         !is_blocked(number) && is_alone();
}

/* ---- the timer ------------------------------------------------------------ */

/* By the kernel's own calls, which a handler may make as well. The kernel deletes it with the
** process, and for a program that is run in its place; a child has none. */
static int make_timer(int number) {
  struct sigevent event;
  int made;
  if (repeater >= 0) return 1;
  memset(&event, 0, sizeof event);
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = number;
  event.sigev_notify_thread_id = hp_process_thread();
  if (syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &made) != 0) return 0;
  repeater = made;
  repeats = 0;
  return 1;
}

static void delete_timer(void) {
  if (repeater >= 0) (void)syscall(SYS_timer_delete, repeater);
  repeater = -1;
}

static void repeat(void) {
  struct itimerspec when;
  memset(&when, 0, sizeof when);
  when.it_value.tv_nsec = 1000000L << repeats;
  if (repeats < DOUBLINGS) repeats++;
  (void)syscall(SYS_timer_settime, repeater, 0, &when, NULL);
}

/* ---- beginning and end ---------------------------------------------------- */

/* The socket of a target that awaits a client, or -1. */
static int door(int slot) {
  return atomic_load(&doors[slot]) ? hp_descriptor_get(&hp_hub.targets[slot].listener) : -1;
}

static int ask_for_signal(int fd, int number) {
  struct f_owner_ex owner = {F_OWNER_TID, hp_process_thread()};
  return fd >= 0 && fcntl(fd, F_SETOWN_EX, &owner) == 0 && fcntl(fd, F_SETSIG, number) == 0 &&
         fcntl(fd, F_SETFL, O_NONBLOCK | O_ASYNC) == 0;
}

int hp_knock_await(const hp_Target *t) {
  if (!is_reached(t->number) || !make_timer(t->number)) return 0;
  if (!ask_for_signal(hp_descriptor_get(&t->listener), t->number)) return 0;
  atomic_store(&doors[t->slot], 1);
  atomic_store(&dormant, 1);
  return 1;
}

void hp_knock_forget(const hp_Target *t) { atomic_store(&doors[t->slot], 0); }

void hp_knock_over(void) {
  int i;
  atomic_store(&dormant, 0);
  for (i = 0; i < HP_TARGETS; i++) {
    int fd = door(i);
    atomic_store(&doors[i], 0);
    if (fd >= 0) (void)fcntl(fd, F_SETFL, O_NONBLOCK);
  }
  delete_timer();
}

/* The sockets are not touched: what is asked of them is asked for the parent, too. */
void hp_knock_after_fork(void) {
  int i;
  atomic_store(&dormant, 0);
  for (i = 0; i < HP_TARGETS; i++) atomic_store(&doors[i], 0);
  repeater = -1;
}

/* ---- somebody knocks ------------------------------------------------------ */

/* Has the program closed it? */
static int is_shut(int slot) {
  return atomic_load(&doors[slot]) && hp_descriptor_is_lost(&hp_hub.targets[slot].listener);
}

/* The targets that a client waits for, or cannot wait for, as the socket is gone: the thread makes
** another. How many. Only sockets that are there are polled: the kernel takes no more entries than
** the process may have descriptors. */
static int find_knocked(hp_Target *knocked[HP_TARGETS]) {
  struct pollfd fds[HP_TARGETS];
  int slots[HP_TARGETS], i, n = 0, asked = 0;
  for (i = 0; i < HP_TARGETS; i++) {
    int fd = door(i);
    if (is_shut(i)) knocked[n++] = &hp_hub.targets[i];
    if (fd < 0) continue;
    fds[asked].fd = fd;
    fds[asked].events = POLLIN;
    fds[asked].revents = 0;
    slots[asked++] = i;
  }
  if (poll(fds, (nfds_t)asked, 0) <= 0) return n;
  for (i = 0; i < asked; i++)
    if (fds[i].revents) knocked[n++] = &hp_hub.targets[slots[i]];
  return n;
}

/* With the lock: 1, if there is a thread now. */
static int rouse(void) {
  if (hp_hub.running || !atomic_load(&dormant)) return 1;
  return hp_listener_start() == 0;
}

void hp_target_rouse(void) {
  if (!atomic_load(&dormant)) return;
  hp_lock();
  (void)rouse(); /* where no thread is to be had, the next signal asks again */
  hp_unlock();
}

void hp_target_answer(void) {
  hp_Target *knocked[HP_TARGETS];
  if (atomic_load(&dormant) && find_knocked(knocked) > 0) hp_target_rouse();
}

/* The time is looked at first: it is nearly free. */
void hp_target_look(const hp_Target *t) {
  int64_t now;
  if (!atomic_load(&dormant)) return;
  now = hp_process_coarse();
  if (now - atomic_load(&looked) < LOOK) return;
  atomic_store(&looked, now);
  if (is_reached(t->number))
    hp_target_answer();
  else
    hp_target_rouse();
}

/* In the handler. The lock may be held by the thread that was interrupted. */
static int rouse_sleeper(const hp_Woken *woken) {
  int roused;
  if (!hp_asleep(woken->context, woken->back)) return 0;
  if (pthread_mutex_trylock(&hp_hub.lock) != 0) return 0;
  roused = rouse();
  hp_unlock();
  return roused;
}

void hp_target_knock(const hp_Woken *woken) {
  hp_Target *knocked[HP_TARGETS];
  int i, n;
  if (!atomic_load(&dormant)) return;
  n = find_knocked(knocked);
  if (n == 0 || rouse_sleeper(woken)) return;
  for (i = 0; i < n; i++) hp_target_call(knocked[i]);
  repeat();
}
