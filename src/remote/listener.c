/* The thread: waits at all sockets, keeps all deadlines, gets the VM's attention. It
** sleeps without end while nobody is connected. */
#include "hub.h"

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
#define PAUSES ((int)(sizeof pauses / sizeof *pauses))

/* What the thread waits at: the descriptor that wakes it, then targets, then connections,
** by their places in the hub. */
typedef struct Watch {
  struct pollfd fds[FDS];
  uint32_t numbers[HP_ALL_CONNECTIONS]; /* of the connections that were asked about */
} Watch;

/* ---- attention ------------------------------------------------------------ */

/* For what somebody waits for, until the VM comes; for the rest a few times, lest a
** sleeping program be woken again and again for nothing. */
static void get_attention(hp_Target *t, int64_t now) {
  if (t->next == 0 || now < t->next) return;
  if (!hp_target_wanted(t) || (hp_target_work(t) < 2 && t->step >= PAUSES)) {
    t->next = 0;
    return;
  }
  if (t->number != 0) hp_wake_send(t->number, hp_target_thread(t));
  t->next = now + pauses[t->step < PAUSES ? t->step : PAUSES - 1];
  t->step++;
}

/* ---- deadlines of a connection -------------------------------------------- */

static void tell_waiting(hp_Connection *c, int i, int64_t now) {
  hp_Request *r = &c->queue[i];
  hp_Text where = {0};
  if (now < r->since + HP_PATIENCE || now < r->told + HP_TICK) return;
  r->told = now;
  hp_text_puts(&where, "waiting for the VM: ");
  hp_stat_where(c->target, now, &where);
  hp_connection_text(c, r->id, "progress", where.bytes.at, where.bytes.n);
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

/* Closes it where its time is up: 1. */
static int expire(hp_Connection *c, int64_t now) {
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

static void keep_deadlines(int64_t now) {
  int i;
  for (i = 0; i < HP_TARGETS; i++)
    if (hp_hub.targets[i].used) get_attention(&hp_hub.targets[i], now);
  for (i = 0; i < HP_ALL_CONNECTIONS; i++) {
    hp_Connection *c = hp_hub.connections[i];
    if (c == NULL || expire(c, now)) continue;
    hp_stat_look(c->target, now);
    look_at_queue(c, now);
    hp_connection_send(c);
  }
}

static int64_t next_deadline(int64_t now) {
  int64_t when = FOREVER;
  int i;
  for (i = 0; i < HP_TARGETS; i++)
    if (hp_hub.targets[i].used && hp_hub.targets[i].next != 0)
      when = earlier(when, hp_hub.targets[i].next);
  for (i = 0; i < HP_ALL_CONNECTIONS; i++)
    if (hp_hub.connections[i] != NULL) when = earlier(when, deadline_of(hp_hub.connections[i], now));
  return when;
}

static void prepare(Watch *w) {
  int i;
  for (i = 0; i < FDS; i++) {
    w->fds[i].fd = -1;
    w->fds[i].events = POLLIN;
    w->fds[i].revents = 0;
  }
  w->fds[0].fd = hp_hub.wake;
  for (i = 0; i < HP_TARGETS; i++)
    if (hp_hub.targets[i].used) w->fds[1 + i].fd = hp_hub.targets[i].listener;
  for (i = 0; i < HP_ALL_CONNECTIONS; i++) {
    const hp_Connection *c = hp_hub.connections[i];
    struct pollfd *p = &w->fds[1 + HP_TARGETS + i];
    if (c == NULL) continue;
    w->numbers[i] = c->number;
    p->fd = c->fd;
    p->events = (short)((c->closing == 0 ? POLLIN : 0) |
                        (hp_outbox_waiting(&c->out) > 0 ? POLLOUT : 0));
  }
}

/* Since the sockets were asked, without the lock, targets and connections may have gone,
** and others come in their places. */
static void serve(const Watch *w, int64_t now) {
  int i;
  uint64_t count;
  if (w->fds[0].revents && read(hp_hub.wake, &count, sizeof count) < 0) {} /* read already */
  for (i = 0; i < HP_TARGETS; i++) {
    hp_Target *t = &hp_hub.targets[i];
    if (w->fds[1 + i].revents && t->used && t->listener == w->fds[1 + i].fd) hp_connection_accept(t);
  }
  for (i = 0; i < HP_ALL_CONNECTIONS; i++) {
    hp_Connection *c = hp_hub.connections[i];
    short events = w->fds[1 + HP_TARGETS + i].revents;
    if (events == 0 || c == NULL || c->number != w->numbers[i]) continue;
    if (events & POLLOUT) hp_connection_send(c);
    if (events & (POLLIN | POLLHUP | POLLERR)) hp_connection_receive(c, now);
  }
}

static void wait_at(Watch *w, int64_t now) {
  int64_t when = next_deadline(now), pause = when == FOREVER ? -1 : when > now ? when - now : 0;
  prepare(w);
  hp_unlock();
  (void)poll(w->fds, FDS, pause > INT_MAX ? INT_MAX : (int)pause);
  hp_lock();
}

/* In a child: what the parent's thread did for it. */
static void begin_again(void) {
  char why[HP_REASON_SIZE];
  struct pollfd p = {.fd = hp_hub.wake, .events = POLLIN};
  int i;
  hp_unlock();
  (void)poll(&p, 1, HP_AFTER_FORK);
  hp_lock();
  hp_hub.late = 0;
  for (i = 0; i < HP_TARGETS && !hp_hub.stop; i++) {
    hp_Target *t = &hp_hub.targets[i];
    if (!t->used || t->listener >= 0) continue;
    (void)hp_target_listen(t, why); /* nobody is there who could be told */
    if (hp_target_work(t)) hp_target_want(t);
  }
}

static void *run(void *unused) {
  Watch w;
  memset(&w, 0, sizeof w);
  (void)pthread_setname_np(pthread_self(), "heapy");
  hp_lock();
  if (hp_hub.late) begin_again();
  while (!hp_hub.stop) {
    wait_at(&w, hp_process_now());
    serve(&w, hp_process_now());
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
