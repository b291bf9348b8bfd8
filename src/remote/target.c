/* Targets: turned on and off, and the jobs of their VM. See remote.h. */
#include "hub.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define CHUNK 10000 /* bytes of output in a frame: escaped they grow six times at most */

/* ---- on and off ----------------------------------------------------------- */

static int fail(char why[HP_REASON_SIZE], const char *what) {
  (void)snprintf(why, HP_REASON_SIZE, "%s: %s", what, strerror(errno));
  return HP_EVM;
}

static hp_Target *free_slot(void) {
  int i;
  for (i = 0; i < HP_TARGETS; i++)
    if (!hp_hub.targets[i].used) return &hp_hub.targets[i];
  return NULL;
}

int hp_target_listen(hp_Target *t, char why[HP_REASON_SIZE]) {
  hp_place_sweep(t->directory);
  t->listener = hp_place_listen(t->directory, getpid(), t->slot + 1, t->path, why);
  if (t->listener < 0) return HP_EVM;
  t->owner = getpid();
  return HP_OK;
}

static void let_go(hp_Target *t) {
  hp_knock_forget(t);
  if (t->listener >= 0) {
    (void)close(t->listener);
    if (t->owner == getpid()) (void)unlink(t->path);
  }
  if (t->event >= 0) (void)close(t->event);
  t->listener = t->event = -1;
  hp_text_free(&t->members);
  hp_text_free(&t->log);
  hp_text_free(&t->glance);
  hp_vec_free(&t->gone);
  hp_request_free(&t->job);
  t->used = 0;
}

static void fill(hp_Target *t, const hp_TargetOptions *o) {
  int slot = (int)(t - hp_hub.targets);
  memset(t, 0, sizeof *t);
  t->slot = slot;
  t->listener = t->event = -1;
  t->number = o->number;
  t->console = o->console;
  t->limit = o->limit;
  t->started = hp_process_date();
  t->quiet = o->log != NULL && *o->log == 0;
  (void)snprintf(t->lua, sizeof t->lua, "%s", o->lua);
  hp_text_add(&t->members, o->members, o->nmembers);
  if (o->log != NULL && *o->log != 0) hp_text_add(&t->log, o->log, strlen(o->log) + 1);
}

static int start(hp_Target *t, const hp_TargetOptions *o, char why[HP_REASON_SIZE]) {
  int rc = hp_hub_prepare();
  if (rc == HP_EVM) return fail(why, "no descriptor for the monitor");
  if (rc != HP_OK || t->members.failed || t->log.failed) return HP_ENOMEM;
  if (hp_place_directory(o->dir, t->directory, why) != HP_OK) return HP_EVM;
  t->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (t->event < 0) return fail(why, "no descriptor for the monitor");
  if (hp_target_listen(t, why) != HP_OK) return HP_EVM;
  if (!hp_hub.running && !hp_knock_await(t) && hp_listener_start() != 0)
    return fail(why, "no thread for the monitor");
  return HP_OK;
}

int hp_target_on(const hp_TargetOptions *o, hp_Target **target, char why[HP_REASON_SIZE]) {
  hp_Target *t;
  int rc;
  (void)pthread_mutex_lock(&hp_hub.turn);
  hp_lock();
  t = free_slot();
  if (t == NULL) {
    (void)snprintf(why, HP_REASON_SIZE, "%d Lua states are watched already", HP_TARGETS);
    rc = HP_EVM;
  } else {
    fill(t, o);
    rc = start(t, o, why);
    if (rc == HP_OK)
      t->used = 1;
    else
      let_go(t);
  }
  if (rc == HP_OK) {
    hp_target_seen(t);
    *target = t;
    hp_hub_kick();
  }
  hp_unlock();
  (void)pthread_mutex_unlock(&hp_hub.turn);
  hp_target_answer(); /* it may have come before it could be heard */
  return rc;
}

static int any_target(void) {
  int i;
  for (i = 0; i < HP_TARGETS; i++)
    if (hp_hub.targets[i].used) return 1;
  return 0;
}

void hp_target_off(hp_Target *t, const char *why) {
  int i, last;
  (void)pthread_mutex_lock(&hp_hub.turn);
  hp_lock();
  for (i = 0; i < HP_ALL_CONNECTIONS; i++) {
    hp_Connection *c = hp_hub.connections[i];
    if (c == NULL || c->target != t) continue;
    hp_connection_last(c, "bye", why);
    hp_connection_close(c);
  }
  atomic_store(&t->wanted, 0);
  let_go(t);
  if (!any_target()) hp_knock_over();
  last = hp_hub.running && !any_target();
  hp_hub.stop = last;
  hp_hub_kick();
  hp_unlock();
  if (last) hp_listener_join();
  (void)pthread_mutex_unlock(&hp_hub.turn);
}

void hp_target_orphan(hp_Target *t) {
  if (t->listener >= 0) (void)close(t->listener);
  t->listener = -1;
  t->gone.n = 0;
  t->glancing = 0;
  t->next = 0;
  atomic_store(&t->wanted, 0);
  atomic_store(&t->thread, (int)hp_process_thread());
}

/* ---- what anybody may ask ------------------------------------------------- */

int hp_target_slot(const hp_Target *t) { return t->slot; }
hp_Target *hp_target_at(int slot) { return &hp_hub.targets[slot]; }
int hp_target_descriptor(const hp_Target *t) { return t->event; }
const char *hp_target_path(const hp_Target *t) { return t->path; }
pid_t hp_target_thread(const hp_Target *t) { return (pid_t)atomic_load(&t->thread); }
int hp_target_wanders(const hp_Target *t) { return atomic_load(&t->wanders); }

int hp_target_wanted(const hp_Target *t) {
  return atomic_load(&t->wanted) && !atomic_load(&t->serving);
}

void hp_target_seen(hp_Target *t) {
  int now = (int)hp_process_thread(), before = atomic_exchange(&t->thread, now);
  if (before != 0 && before != now) atomic_store(&t->wanders, 1);
}

int hp_target_connections(const hp_Target *t) {
  int i, n = 0;
  hp_lock();
  for (i = 0; i < HP_ALL_CONNECTIONS; i++)
    n += hp_hub.connections[i] != NULL && hp_hub.connections[i]->target == t;
  hp_unlock();
  return n;
}

/* ---- what waits for the VM ------------------------------------------------ */

static int waits_for_vm(const hp_Connection *c, int i) {
  return !c->running && c->queue[i].verb >= HP_FIRST_VM_VERB;
}

/* The request that has waited longest, of all connections. */
static hp_Connection *oldest(const hp_Target *t, int *at) {
  hp_Connection *found = NULL;
  int i, j;
  for (i = 0; i < HP_ALL_CONNECTIONS; i++) {
    hp_Connection *c = hp_hub.connections[i];
    if (c == NULL || c->target != t || c->closing != 0) continue;
    for (j = 0; j < c->nqueue && !waits_for_vm(c, j); j++) {}
    if (j == c->nqueue || (found != NULL && found->queue[*at].turn < c->queue[j].turn)) continue;
    found = c;
    *at = j;
  }
  return found;
}

int hp_target_work(const hp_Target *t) {
  int at;
  if (t->glancing || oldest(t, &at) != NULL) return 2;
  return t->gone.n > 0;
}

void hp_target_call(hp_Target *t) {
  uint64_t one = 1;
  if (!atomic_exchange(&t->wanted, 1) && t->event >= 0)
    if (write(t->event, &one, sizeof one) < 0) {} /* it is full: readable all the same */
}

void hp_target_want(hp_Target *t) {
  hp_target_call(t);
  t->step = 0;
  t->next = hp_process_now();
}

static void unwant(hp_Target *t) {
  uint64_t count;
  atomic_store(&t->wanted, 0);
  t->next = 0;
  if (t->event >= 0 && read(t->event, &count, sizeof count) < 0) {} /* it was read already */
}

/* ---- jobs ----------------------------------------------------------------- */

static void take_request(hp_Target *t, hp_Connection *c, int at) {
  t->job = hp_connection_unqueue(c, at);
  t->asker = c->number;
  c->running = c->known = 1;
}

/* What is to be forgotten goes first: it frees memory. */
static int choose(hp_Target *t, hp_Job *job) {
  hp_Connection *c;
  int at;
  memset(&t->job, 0, sizeof t->job);
  t->asker = 0;
  job->connection = 0;
  if (t->gone.n > 0) {
    t->job.verb = HP_V_FORGET;
    job->connection = t->gone.at[--t->gone.n];
  } else if (t->glancing) {
    t->job.verb = HP_V_GLANCE;
    t->glancing = 0;
  } else if ((c = oldest(t, &at)) != NULL) {
    take_request(t, c, at);
    job->connection = c->number;
  } else {
    return 0;
  }
  return 1;
}

int hp_target_take(hp_Target *t, hp_Job *job) {
  int found;
  hp_target_seen(t);
  hp_target_answer();
  if (atomic_exchange(&t->serving, 1)) return 0;
  hp_lock();
  found = choose(t, job);
  if (!found) unwant(t);
  t->next = 0;
  hp_unlock();
  if (!found) {
    atomic_store(&t->serving, 0);
    return 0;
  }
  atomic_store(&t->interrupted, 0);
  t->began = hp_process_now();
  t->stalled = 0;
  job->verb = t->job.verb;
  job->code = t->job.code;
  job->length = t->job.length;
  return 1;
}

const char *hp_target_broken(hp_Target *t) {
  if (atomic_load(&t->interrupted)) return "interrupted";
  if (hp_process_now() - t->began > t->limit) return "interrupted: it took longer than the limit";
  return NULL;
}

int hp_target_job_is_done(const hp_Target *t) { return !atomic_load(&t->serving); }

static void wait_for_room(int64_t most) {
  struct timespec until;
  (void)clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += most / 1000;
  until.tv_nsec += most % 1000 * 1000000;
  if (until.tv_nsec >= 1000000000) {
    until.tv_sec++;
    until.tv_nsec -= 1000000000;
  }
  (void)pthread_cond_timedwait(&hp_hub.room, &hp_hub.lock, &until);
}

/* The asker, with room for a frame; or NULL: it is gone, or did not read and now is. */
static hp_Connection *asker_with_room(hp_Target *t) {
  hp_Connection *c = hp_connection_find(t->asker);
  while (c != NULL && !hp_outbox_has_room(&c->out) && t->stalled < HP_STALL) {
    int64_t from = hp_process_now();
    wait_for_room(HP_STALL - t->stalled);
    t->stalled += hp_process_now() - from;
    c = hp_connection_find(t->asker);
  }
  if (c != NULL && !hp_outbox_has_room(&c->out)) {
    hp_connection_close(c);
    c = NULL;
  }
  if (c == NULL && t->asker != 0) atomic_store(&t->interrupted, 1);
  return c;
}

int hp_target_out(hp_Target *t, const char *text, size_t n) {
  while (n > 0 && hp_target_broken(t) == NULL) {
    size_t part = hp_quote_cut(text, n, CHUNK);
    hp_Connection *c;
    hp_lock();
    c = asker_with_room(t);
    if (c != NULL) {
      hp_connection_text(c, t->job.id, "out", text, part);
      hp_connection_send(c);
    }
    hp_unlock();
    text += part;
    n -= part;
  }
  return hp_target_broken(t) == NULL;
}

void hp_target_candidates(hp_Target *t, const char *list, size_t n, int64_t from) {
  hp_Text frame = {0};
  hp_Connection *c;
  hp_text_format(&frame, "{\"id\":%lld,\"candidates\":[", (long long)t->job.id);
  hp_text_add(&frame, list, n);
  hp_text_format(&frame, "],\"from\":%lld}", (long long)from);
  hp_lock();
  c = asker_with_room(t);
  if (c != NULL) hp_connection_put(c, &frame);
  hp_unlock();
  hp_text_free(&frame);
}

void hp_target_glance(hp_Target *t, const char *lines, size_t n) {
  hp_lock();
  hp_text_free(&t->glance);
  memset(&t->glance, 0, sizeof t->glance);
  hp_text_add(&t->glance, lines, n);
  hp_unlock();
}

static void answer(hp_Target *t, hp_Connection *c, const hp_Outcome *o) {
  hp_Text frame = {0};
  hp_text_format(&frame, "{\"id\":%lld,\"done\":true,\"ok\":%s", (long long)t->job.id,
                 o->ok ? "true" : "false");
  if (o->more) hp_text_puts(&frame, ",\"more\":true");
  if (!o->ok) {
    hp_text_puts(&frame, ",\"error\":");
    hp_quote_json(&frame, o->error, hp_quote_cut(o->error, o->length, CHUNK));
  }
  hp_text_format(&frame, ",\"paused_ms\":%lld.%03d}", (long long)o->paused,
                 (int)((o->paused - (double)(long long)o->paused) * 1000)); /* in any locale */
  hp_connection_put(c, &frame);
  hp_text_free(&frame);
  c->running = 0;
}

void hp_target_done(hp_Target *t, const hp_Outcome *outcome) {
  hp_Connection *c;
  hp_lock();
  c = hp_connection_find(t->asker);
  if (t->job.verb == HP_V_GLANCE) t->glanced = hp_process_now();
  if (c != NULL) answer(t, c, outcome);
  hp_request_free(&t->job);
  t->asker = 0;
  atomic_store(&t->serving, 0);
  if (hp_target_work(t))
    hp_target_want(t);
  else
    unwant(t);
  if (c != NULL) hp_connection_send(c);
  hp_hub_kick();
  hp_unlock();
}
