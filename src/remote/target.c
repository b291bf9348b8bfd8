/* Targets: turned on and off, and the jobs of their VM. See remote.h. */
#include "hub.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ENOUGH 8192 /* bytes of output that are sent at once */

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

static int listen_at(hp_Target *t, char why[HP_REASON_SIZE]) {
  hp_place_sweep(t->directory);
  hp_descriptor_own(&t->listener, hp_place_listen(t->directory, getpid(), t->slot + 1, &t->place, why));
  if (t->listener.fd < 0) return HP_EVM;
  t->owner = getpid();
  return HP_OK;
}

/* The directory may be somebody else's by now: the process has become another user. The
** environment is not asked again, as the program may be changing it. */
int hp_target_listen_again(hp_Target *t, char why[HP_REASON_SIZE]) {
  char same[HP_PATH_SIZE];
  hp_descriptor_close(&t->listener);
  if (t->owner == getpid()) hp_place_leave(&t->place);
  memset(&t->place, 0, sizeof t->place);
  memcpy(same, t->directory, sizeof same);
  if (hp_place_directory(same, t->directory, why) != HP_OK) {
    if (t->named || hp_place_last_directory(t->directory, why) != HP_OK) return HP_EVM;
  }
  return listen_at(t, why);
}

static void let_go(hp_Target *t) {
  hp_knock_forget(t);
  hp_descriptor_close(&t->listener);
  if (t->owner == getpid()) hp_place_leave(&t->place);
  hp_bell_free(&t->event);
  hp_text_free(&t->members);
  hp_text_free(&t->arguments);
  hp_text_free(&t->log);
  hp_text_free(&t->glance);
  hp_text_free(&t->output);
  hp_vec_free(&t->gone);
  hp_request_free(&t->job);
  t->gathered = 0;
  t->used = 0;
}

static void fill(hp_Target *t, const hp_TargetOptions *o) {
  int slot = (int)(t - hp_hub.targets);
  memset(t, 0, sizeof *t);
  t->slot = slot;
  t->number = o->number;
  t->usual = o->usual;
  t->reach = o->reach;
  t->console = o->console;
  t->limit = o->limit;
  t->named = o->dir != NULL;
  t->started = hp_process_date();
  t->quiet = o->log != NULL && *o->log == 0;
  (void)snprintf(t->lua, sizeof t->lua, "%s", o->lua);
  hp_text_add(&t->members, o->members, o->nmembers);
  if (o->arguments != NULL)
    hp_text_add(&t->arguments, o->arguments, o->narguments);
  else
    hp_process_arguments(&t->arguments);
}

static int find_log(hp_Target *t, const hp_TargetOptions *o, char why[HP_REASON_SIZE]) {
  char path[HP_LOG_PATH];
  if (o->log == NULL || *o->log == 0) return HP_OK;
  if (hp_log_find(o->log, path, why) != HP_OK) return HP_EVM;
  hp_text_add(&t->log, path, strlen(path) + 1);
  return t->log.failed ? HP_ENOMEM : HP_OK;
}

static int start(hp_Target *t, const hp_TargetOptions *o, char why[HP_REASON_SIZE]) {
  int rc = hp_hub_prepare();
  if (rc == HP_EVM) return fail(why, "no descriptor for the monitor");
  if (rc != HP_OK || t->members.failed || t->arguments.failed) return HP_ENOMEM;
  rc = find_log(t, o, why);
  if (rc != HP_OK) return rc;
  if (hp_place_directory(o->dir, t->directory, why) != HP_OK) return HP_EVM;
  if (hp_bell_make(&t->event) != HP_OK) return fail(why, "no descriptor for the monitor");
  if (listen_at(t, why) != HP_OK) return HP_EVM;
  if (!hp_hub.running && !(o->late && hp_knock_await(t)) && hp_listener_start() != 0)
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

int hp_target_mend(hp_Target *t, char why[HP_REASON_SIZE]) {
  int rc = HP_OK;
  (void)pthread_mutex_lock(&hp_hub.turn);
  hp_lock();
  if (!hp_place_is_there(&t->place)) {
    rc = hp_target_listen_again(t, why);
    if (rc == HP_OK && !hp_hub.running && !hp_knock_await(t)) (void)hp_listener_start();
    hp_hub_kick();
  }
  hp_unlock();
  (void)pthread_mutex_unlock(&hp_hub.turn);
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
  (void)pthread_cond_broadcast(&hp_hub.room);
  hp_hub_kick();
  hp_unlock();
  if (last) hp_listener_join();
  (void)pthread_mutex_unlock(&hp_hub.turn);
}

/* What connections left behind in the VM it is still to forget. */
void hp_target_orphan(hp_Target *t) {
  hp_descriptor_close(&t->listener);
  memset(&t->place, 0, sizeof t->place);
  t->next = t->deaf = 0;
  atomic_store(&t->wanted, 0);
  atomic_store(&t->thread, (int)hp_process_thread());
}

/* ---- what anybody may ask ------------------------------------------------- */

int hp_target_slot(const hp_Target *t) { return t->slot; }
hp_Target *hp_target_at(int slot) { return &hp_hub.targets[slot]; }
const char *hp_target_path(const hp_Target *t) { return t->place.path; }
pid_t hp_target_thread(const hp_Target *t) { return (pid_t)atomic_load(&t->thread); }
int hp_target_wanders(const hp_Target *t) { return atomic_load(&t->wanders); }

/* The program has closed it, perhaps, before it began to watch it. */
int hp_target_descriptor(hp_Target *t) {
  int fd;
  hp_lock();
  if (hp_bell_is_lost(&t->event)) hp_bell_free(&t->event);
  if (t->event.rung.inode == 0 && hp_bell_make(&t->event) == HP_OK && atomic_load(&t->wanted))
    hp_bell_ring(&t->event);
  fd = hp_descriptor_get(&t->event.rung);
  hp_unlock();
  return fd;
}

int hp_target_wanted(const hp_Target *t) {
  return atomic_load(&t->wanted) && !atomic_load(&t->serving);
}

/* The kernel is asked each time: the C library gives the place of a thread that has ended to the
** next one, at once. */
void hp_target_seen(hp_Target *t) {
  int now = (int)hp_process_thread(), before = atomic_exchange(&t->thread, now);
  if (before != 0 && before != now) atomic_store(&t->wanders, 1);
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

/* Is how the VM is to be told, for a stat that waits? */
static int glance_is_due(const hp_Target *t) {
  int i, j;
  for (i = 0; i < HP_ALL_CONNECTIONS; i++) {
    const hp_Connection *c = hp_hub.connections[i];
    if (c == NULL || c->target != t || c->closing != 0) continue;
    for (j = 0; j < c->nqueue; j++)
      if (c->queue[j].verb == HP_V_STAT && c->queue[j].since > t->glanced) return 1;
  }
  return 0;
}

int hp_target_work(const hp_Target *t) {
  int at;
  if (glance_is_due(t) || oldest(t, &at) != NULL) return 2;
  return t->gone.n > 0;
}

int hp_target_jobs(hp_Target *t) {
  int i, j, n;
  hp_lock();
  n = (int)t->gone.n + glance_is_due(t);
  for (i = 0; i < HP_ALL_CONNECTIONS; i++) {
    const hp_Connection *c = hp_hub.connections[i];
    if (c == NULL || c->target != t || c->closing != 0) continue;
    for (j = 0; j < c->nqueue; j++) n += c->queue[j].verb >= HP_FIRST_VM_VERB;
  }
  hp_unlock();
  return n;
}

void hp_target_call(hp_Target *t) {
  if (!atomic_exchange(&t->wanted, 1)) hp_bell_ring(&t->event);
}

void hp_target_want(hp_Target *t) {
  hp_target_call(t);
  t->step = 0;
  t->next = hp_process_now();
}

void hp_target_unwant(hp_Target *t) {
  atomic_store(&t->wanted, 0);
  t->step = 0;
  t->next = 0;
  hp_bell_hush(&t->event);
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
  t->output.bytes.n = 0;
  t->output.failed = 0;
  t->gathered = 0;
  atomic_store(&t->interrupted, 0); /* with the lock: from here on it can be */
  job->connection = 0;
  if (t->gone.n > 0) {
    t->job.verb = HP_V_FORGET;
    job->connection = t->gone.at[--t->gone.n];
  } else if (glance_is_due(t)) {
    t->job.verb = HP_V_GLANCE;
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
  atomic_store(&t->began, hp_process_now());
  hp_lock();
  found = choose(t, job);
  if (!found) {
    hp_target_unwant(t);
    atomic_store(&t->serving, 0); /* with the lock: who asks from here on finds a VM that is idle */
  }
  t->next = 0;
  hp_unlock();
  if (!found) return 0;
  job->verb = t->job.verb;
  job->code = t->job.code;
  job->length = t->job.length;
  return 1;
}

const char *hp_target_broken(hp_Target *t) {
  if (atomic_load(&t->interrupted)) return "interrupted";
  if (hp_process_now() - atomic_load(&t->began) > t->limit) return "interrupted: it took longer than the limit";
  return NULL;
}

const char *hp_target_breaks(hp_Target *t) {
  return atomic_load(&t->serving) ? hp_target_broken(t) : NULL;
}

int hp_target_job_is_done(const hp_Target *t) { return !atomic_load(&t->serving); }

/* ---- what a job says ------------------------------------------------------ */

/* The asker, with room for a frame; or NULL: it is gone, or took nothing and now is, or the
** job is broken off. */
static hp_Connection *asker_with_room(hp_Target *t) {
  hp_Connection *c = hp_connection_find(t->asker);
  int64_t since = hp_process_now(), now = since;
  uint64_t taken = c != NULL ? c->out.taken : 0;
  while (c != NULL && !hp_outbox_has_room(&c->out) && now < since + HP_STALL &&
         hp_target_broken(t) == NULL) {
    hp_hub_wait(since + HP_STALL - now);
    now = hp_process_now();
    c = hp_connection_find(t->asker);
    if (c == NULL || c->out.taken == taken) continue;
    taken = c->out.taken;
    since = now;
  }
  if (c != NULL && !hp_outbox_has_room(&c->out)) {
    if (hp_target_broken(t) != NULL) return NULL;
    hp_connection_close(c);
    c = NULL;
  }
  if (c == NULL && t->asker != 0) atomic_store(&t->interrupted, 1);
  return c;
}

/* Output is missing: the job is to end, and its answer says why. */
static void starve(hp_Target *t) {
  t->output.failed = 1;
  atomic_store(&t->interrupted, 1);
}

/* All that is gathered, to c; where that is NULL it is lost. */
static void send_output(hp_Target *t, hp_Connection *c) {
  if (c != NULL) {
    int rc = hp_connection_out(c, t->job.id, t->output.bytes.at, t->output.bytes.n);
    if (rc != HP_OK) starve(t);
    hp_connection_send(c);
  }
  t->output.bytes.n = 0;
  t->gathered = 0;
}

void hp_target_flush(hp_Target *t) {
  hp_Connection *c = hp_connection_find(t->asker);
  if (c != NULL && !hp_outbox_has_room(&c->out))
    t->gathered = hp_process_now(); /* later */
  else
    send_output(t, c);
}

static void gather(hp_Target *t, const char *text, size_t n) {
  hp_text_add(&t->output, text, n);
  if (t->output.failed) {
    starve(t);
  } else if (t->output.bytes.n >= ENOUGH) {
    send_output(t, asker_with_room(t));
  } else if (t->gathered == 0) {
    t->gathered = hp_process_now();
    hp_hub_kick();
  }
}

int hp_target_out(hp_Target *t, const char *text, size_t n) {
  while (n > 0 && hp_target_broken(t) == NULL) {
    size_t part = hp_quote_cut(text, n, ENOUGH);
    hp_lock();
    gather(t, text, part);
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
  if (c != NULL) {
    send_output(t, c);
    if (hp_connection_put(c, &frame) != HP_OK) starve(t);
  }
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
  static const char missing[] = "not enough memory: output is missing";
  hp_Text frame = {0};
  int ok = o->ok && !t->output.failed;
  hp_text_format(&frame, "{\"id\":%lld,\"done\":true,\"ok\":%s", (long long)t->job.id,
                 ok ? "true" : "false");
  if (o->more) hp_text_puts(&frame, ",\"more\":true");
  if (!ok) hp_text_puts(&frame, ",\"error\":");
  if (t->output.failed)
    hp_quote_json(&frame, missing, sizeof missing - 1);
  else if (!ok)
    hp_quote_json(&frame, o->error, hp_quote_cut(o->error, o->length, HP_OUT_MOST));
  hp_text_format(&frame, ",\"paused_ms\":%lld.%03d}", (long long)o->paused,
                 (int)((o->paused - (double)(long long)o->paused) * 1000)); /* in any locale */
  hp_connection_finish(c, t->job.id, &frame);
  hp_text_free(&frame);
  c->running = 0;
}

void hp_target_done(hp_Target *t, const hp_Outcome *outcome) {
  hp_Connection *c;
  hp_lock();
  c = hp_connection_find(t->asker);
  if (t->job.verb == HP_V_GLANCE) t->glanced = hp_process_now();
  hp_stat_moved(t, hp_process_now());
  send_output(t, c);
  if (c != NULL) answer(t, c, outcome);
  hp_request_free(&t->job);
  t->asker = 0;
  atomic_store(&t->serving, 0);
  if (hp_target_work(t))
    hp_target_want(t);
  else
    hp_target_unwant(t);
  if (c != NULL) hp_connection_send(c);
  hp_hub_kick();
  hp_unlock();
}
