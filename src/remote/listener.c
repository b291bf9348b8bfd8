/* The thread: waits at all sockets, keeps all deadlines, gets the VM's attention. It
** sleeps without end while nobody is connected. */
#include "hub.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define STACK ((size_t)256 << 10)
#define FOREVER INT64_MAX
#define FDS (1 + HP_TARGETS + HP_ALL_CONNECTIONS)

/* Milliseconds to the next signal, by how many were sent; the last goes on. A program that
** is in C most of the time, between short runs of coroutines, needs many. */
static const int pauses[] = {1, 2, 5, 10, 20, 50, 100, 250};
#define ALONE 2 /* signals before something else is tried as well */
#define PAUSES ((int)(sizeof pauses / sizeof *pauses))

/* What the thread waits at, as far as it is there: poll takes no more than the process may have
** descriptors. By places: 0 is the bell, then come the hub's targets, then its connections. */
typedef struct Watch {
  int n;
  struct pollfd fds[FDS];
  int places[FDS];
  uint32_t numbers[HP_ALL_CONNECTIONS]; /* of the connections that were asked about */
} Watch;

/* ---- attention ------------------------------------------------------------ */

/* For what somebody waits for, until the VM comes; for the rest a few times, lest a
** sleeping program be woken again and again for nothing. */
static void get_attention(hp_Target *t, int64_t now) {
  int sent;
  if (t->next == 0 || now < t->next) return;
  if (!atomic_load(&t->serving) && hp_target_work(t) == 0) hp_target_unwant(t);
  if (!hp_target_wanted(t) || (hp_target_work(t) < 2 && t->step >= PAUSES)) {
    t->next = t->step = 0;
    return;
  }
  sent = t->number != 0 && hp_wake_send(t->number, t->usual, hp_target_thread(t));
  if (t->reach != NULL && (!sent || t->step >= ALONE)) t->reach(t);
  t->next = now + pauses[t->step < PAUSES ? t->step : PAUSES - 1];
  t->step++;
}

/* A command that should have ended by itself: it runs in a coroutine of the program's, which our
** watch is not on. The signal's handler sees to it. */
static void break_off(hp_Target *t, int64_t now) {
  if (hp_target_breaks(t) == NULL) {
    t->breaking = 0;
    return;
  }
  if (t->breaking != 0 && now >= t->breaking && t->number != 0)
    (void)hp_wake_send(t->number, t->usual, hp_target_thread(t));
  if (now >= t->breaking) t->breaking = now + HP_GRACE;
}

/* ---- deadlines of a connection -------------------------------------------- */

static void tell_waiting(hp_Connection *c, int i, int64_t now) {
  hp_Request *r = &c->queue[i];
  hp_Text where = {0};
  if (now < r->since + HP_PATIENCE || now < r->told + HP_TICK) return;
  r->told = now;
  hp_text_puts(&where, "waiting for the VM: ");
  hp_stat_where(c->target, now, &where);
  (void)hp_connection_text(c, r->id, "progress", where.bytes.at, where.bytes.n);
  hp_text_free(&where);
}

static void look_at_queue(hp_Connection *c, int64_t now) {
  int i = 0;
  while (i < c->nqueue) {
    const hp_Request *r = &c->queue[i];
    if (r->verb == HP_V_STAT && (c->target->glanced >= r->since || now >= r->since + HP_GLANCE)) {
      hp_stat_answer(c, i, now);
      continue;
    }
    if (r->verb != HP_V_STAT && !c->running) tell_waiting(c, i, now);
    i++;
  }
}

/* Has it all that it asked for, and will it ask no more? */
static int is_through(const hp_Connection *c) {
  return c->silent && c->nqueue == 0 && !c->running && hp_outbox_waiting(&c->out) == 0;
}

/* Closes it where its time is up: 1. */
static int expire(hp_Connection *c, int64_t now) {
  if (is_through(c) || hp_descriptor_is_lost(&c->fd)) {
    hp_connection_close(c);
    return 1;
  }
  if (c->closing != 0 && (now >= c->closing || hp_outbox_waiting(&c->out) == 0)) {
    hp_connection_close(c);
    return 1;
  }
  if (c->closing != 0) return 0;
  if (!c->spoke && now >= c->since + hp_limit(HP_SPEAK))
    hp_connection_last(c, "error", "nothing was asked in 30 seconds");
  else if (c->begun != 0 && now >= c->begun + hp_limit(HP_FINISH))
    hp_connection_last(c, "error", "a request was not finished in 10 seconds");
  return 0;
}

static int64_t earlier(int64_t a, int64_t b) { return a < b ? a : b; }

static int64_t deadline_of(const hp_Connection *c, int64_t now) {
  int64_t when = now + HP_TICK;
  int i;
  if (c->closing != 0) return earlier(when, c->closing);
  if (!c->spoke) when = earlier(when, c->since + hp_limit(HP_SPEAK));
  if (c->begun != 0) when = earlier(when, c->begun + hp_limit(HP_FINISH));
  for (i = 0; i < c->nqueue; i++) {
    const hp_Request *r = &c->queue[i];
    int64_t patience = r->verb == HP_V_STAT ? HP_GLANCE : HP_PATIENCE;
    when = earlier(when, r->told == 0 ? r->since + patience : r->told + HP_TICK);
  }
  return when;
}

/* ---- the loop ------------------------------------------------------------- */

static void look_at_target(hp_Target *t, int64_t now) {
  get_attention(t, now);
  break_off(t, now);
  if (t->gathered != 0 && now >= t->gathered + HP_GATHER) hp_target_flush(t);
  if (now >= t->deaf) t->deaf = 0;
}

static void keep_deadlines(int64_t now) {
  int i;
  for (i = 0; i < HP_TARGETS; i++)
    if (hp_hub.targets[i].used) look_at_target(&hp_hub.targets[i], now);
  for (i = 0; i < HP_ALL_CONNECTIONS; i++) {
    hp_Connection *c = hp_hub.connections[i];
    if (c == NULL || expire(c, now)) continue;
    hp_stat_look(c->target, now);
    look_at_queue(c, now);
    hp_connection_send(c);
  }
}

static int64_t deadline_of_target(const hp_Target *t) {
  int64_t when = FOREVER;
  if (t->next != 0) when = t->next;
  if (t->breaking != 0)
    when = earlier(when, t->breaking);
  else if (atomic_load(&t->serving))
    when = earlier(when, atomic_load(&t->began) + t->limit + 1);
  if (t->gathered != 0) when = earlier(when, t->gathered + HP_GATHER);
  if (t->deaf != 0) when = earlier(when, t->deaf);
  return when;
}

/* Without a bell the thread looks around now and then. */
static int64_t next_deadline(int64_t now) {
  int64_t when = hp_descriptor_get(&hp_hub.wake.rung) < 0 ? now + HP_TICK : FOREVER;
  int i;
  for (i = 0; i < HP_TARGETS; i++)
    if (hp_hub.targets[i].used) when = earlier(when, deadline_of_target(&hp_hub.targets[i]));
  for (i = 0; i < HP_ALL_CONNECTIONS; i++)
    if (hp_hub.connections[i] != NULL) when = earlier(when, deadline_of(hp_hub.connections[i], now));
  return when;
}

static void add(Watch *w, int place, int fd, int events) {
  if (fd < 0) return;
  w->places[w->n] = place;
  w->fds[w->n].fd = fd;
  w->fds[w->n].events = (short)events;
  w->fds[w->n].revents = 0;
  w->n++;
}

static void prepare(Watch *w) {
  int i;
  w->n = 0;
  add(w, 0, hp_descriptor_get(&hp_hub.wake.rung), POLLIN);
  for (i = 0; i < HP_TARGETS; i++) {
    const hp_Target *t = &hp_hub.targets[i];
    if (t->used && t->deaf == 0) add(w, 1 + i, hp_descriptor_get(&t->listener), POLLIN);
  }
  for (i = 0; i < HP_ALL_CONNECTIONS; i++) {
    const hp_Connection *c = hp_hub.connections[i];
    if (c == NULL) continue;
    w->numbers[i] = c->number;
    add(w, 1 + HP_TARGETS + i, hp_descriptor_get(&c->fd),
        (c->closing == 0 && !c->silent ? POLLIN : 0) | (hp_outbox_waiting(&c->out) > 0 ? POLLOUT : 0));
  }
}

static void serve_connection(const Watch *w, int i, short events, int64_t now) {
  hp_Connection *c = hp_hub.connections[i];
  if (c == NULL || c->number != w->numbers[i]) return;
  if (events & POLLOUT) hp_connection_send(c);
  if (events & (POLLIN | POLLHUP | POLLERR)) hp_connection_receive(c, now);
}

/* Since the sockets were asked, without the lock, targets and connections may have gone,
** and others come in their places. */
static void serve(const Watch *w, int64_t now) {
  int i;
  for (i = 0; i < w->n; i++) {
    int place = w->places[i];
    if (w->fds[i].revents == 0) continue;
    if (place == 0) {
      hp_bell_hush(&hp_hub.wake);
    } else if (place <= HP_TARGETS) {
      hp_Target *t = &hp_hub.targets[place - 1];
      if (t->used && t->listener.fd == w->fds[i].fd) hp_connection_accept(t, now);
    } else {
      serve_connection(w, place - 1 - HP_TARGETS, w->fds[i].revents, now);
    }
  }
}

static void wait_at(Watch *w, int64_t now) {
  int64_t when = next_deadline(now), pause = when == FOREVER ? -1 : when > now ? when - now : 0;
  int rc;
  prepare(w);
  hp_unlock();
  rc = poll(w->fds, (nfds_t)w->n, pause > INT_MAX ? INT_MAX : (int)pause);
  hp_lock();
  if (rc >= 0) return;
  w->n = 0;
  if (errno != EINTR) hp_hub_wait(HP_AFTER_FORK); /* lest it is asked again at once */
}

/* ---- beginning again ------------------------------------------------------ */

/* Without touching a descriptor: the program may just be about its own. */
static void bide(void) {
  int64_t until = hp_process_now() + HP_AFTER_FORK, now;
  while (!hp_hub.stop && (now = hp_process_now()) < until) hp_hub_wait(until - now);
}

static void listen_again(void) {
  char why[HP_REASON_SIZE];
  int i;
  for (i = 0; i < HP_TARGETS && !hp_hub.stop; i++) {
    hp_Target *t = &hp_hub.targets[i];
    if (!t->used || hp_descriptor_get(&t->listener) >= 0) continue;
    if (hp_target_listen_again(t, why) != HP_OK) hp_log_failure(t, why);
    if (hp_target_work(t)) hp_target_want(t);
  }
  hp_log_write();
}

/* Has the program closed what is ours? What could not be had again does not count. */
static int is_robbed(void) {
  int i;
  if (hp_bell_is_lost(&hp_hub.wake)) return 1;
  for (i = 0; i < HP_TARGETS; i++)
    if (hp_hub.targets[i].used && hp_descriptor_is_lost(&hp_hub.targets[i].listener)) return 1;
  return 0;
}

static void recover(void) {
  bide();
  if (hp_hub.stop) return;
  if (hp_bell_is_lost(&hp_hub.wake)) hp_bell_free(&hp_hub.wake);
  if (hp_hub.wake.rung.inode == 0) (void)hp_bell_make(&hp_hub.wake);
  listen_again();
}

static void *run(void *unused) {
  Watch w;
  memset(&w, 0, sizeof w);
  (void)pthread_setname_np(pthread_self(), "heapy");
  hp_lock();
  if (hp_hub.late) {
    bide(); /* a child's: what the parent's thread did for it */
    hp_hub.late = 0;
    listen_again();
  }
  while (!hp_hub.stop) {
    if (is_robbed()) {
      recover();
      continue;
    }
    wait_at(&w, hp_process_now());
    serve(&w, hp_process_now());
    hp_log_write(); /* before anybody who came is told anything */
    keep_deadlines(hp_process_now());
  }
  hp_unlock();
  return unused;
}

/* No signal of the program's is ever delivered to the thread. It may be started in a signal's
** handler (knock.c): no call here may take a lock that pthread_create does not take. */
int hp_listener_start(void) {
  pthread_attr_t attributes;
  sigset_t all, before;
  int rc;
  if (pthread_attr_init(&attributes) != 0) return -1;
  (void)pthread_attr_setstacksize(&attributes, STACK);
  (void)sigfillset(&all);
  (void)pthread_sigmask(SIG_SETMASK, &all, &before);
  hp_hub.stop = 0;
  rc = pthread_create(&hp_hub.thread, &attributes, run, NULL);
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  (void)pthread_attr_destroy(&attributes);
  if (rc != 0) return -1;
  hp_hub.running = 1;
  hp_knock_over();
  return 0;
}

void hp_listener_join(void) {
  (void)pthread_join(hp_hub.thread, NULL);
  hp_lock();
  hp_hub.running = hp_hub.stop = 0;
  hp_unlock();
}
