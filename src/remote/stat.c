/* What the thread can tell of a VM without asking it. */
#include "hub.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#define NAPPING 50000 /* nanoseconds of processor time between two looks that count as none */

/* Processor time of a thread, in nanoseconds; -1: there is no such thread. */
static int64_t time_of(pid_t thread) {
  struct timespec t;
  clockid_t clock = (clockid_t)(~(unsigned)thread << 3 | 6); /* as pthread_getcpuclockid has it */
  if (clock_gettime(clock, &t) != 0) return -1;
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* While nobody is connected nobody looks: if it has run since, it is not known when. */
void hp_stat_look(hp_Target *t, int64_t now) {
  int64_t ticks = time_of(hp_target_thread(t)), before = t->ticks;
  int signalled = t->step > 0; /* which takes time, too */
  t->ticks = signalled ? 0 : ticks;
  if (!signalled && before != 0 && (ticks < before || ticks - before > NAPPING)) {
    t->idle = now;
    t->moved = now - t->looked < 2 * HP_TICK;
  }
  if (t->idle == 0) t->idle = now;
  t->looked = now;
}

void hp_stat_moved(hp_Target *t, int64_t now) {
  t->idle = t->looked = now;
  t->ticks = 0;
  t->moved = 1;
}

static void add_span(hp_Text *text, int64_t ms) {
  if (ms < 10000)
    hp_text_format(text, "%lld.%lld s", (long long)(ms / 1000), (long long)(ms % 1000 / 100));
  else
    hp_text_format(text, "%lld s", (long long)(ms / 1000));
}

void hp_stat_where(const hp_Target *t, int64_t now, hp_Text *text) {
  hp_ThreadState state;
  if (atomic_load(&t->serving)) {
    hp_text_puts(text, "busy with a command of the monitor");
    return;
  }
  hp_process_thread_state(hp_target_thread(t), &state);
  switch (state.state) {
    case 0: hp_text_puts(text, "not running: the thread that last ran it has ended"); return;
    case 'T':
    case 't': hp_text_puts(text, "stopped"); return;
    case 'R': hp_text_puts(text, "running, and not at a safe point yet"); return;
    default: break;
  }
  hp_text_puts(text, t->moved ? "in C since " : "in C for at least ");
  add_span(text, now - t->idle);
  if (state.call[0] != 0) hp_text_format(text, " (%s)", state.call);
}

static void add_line(hp_Text *text, const char *name, const hp_Text *value) {
  hp_text_format(text, "%-17s = ", name);
  hp_text_add(text, value->bytes.at, value->bytes.n);
  hp_text_add(text, "\n", 1);
}

static void add_process(const hp_Target *t, hp_Text *text) {
  hp_Text part = {0};
  hp_process_executable(&part);
  add_line(text, "target.executable", &part);
  part.bytes.n = 0;
  hp_process_directory(&part);
  add_line(text, "target.wd", &part);
  hp_text_free(&part);
  add_line(text, "target.argv", &t->arguments);
  hp_text_format(text, "%-17s = %ld\n", "target.pid", (long)getpid());
  hp_text_format(text, "%-17s = %d\n", "target.state", t->slot + 1);
  hp_text_format(text, "%-17s = %s\n", "target.lua", t->lua);
  hp_text_format(text, "%-17s = ", "target.uptime");
  add_span(text, hp_process_date() - t->started);
  hp_text_puts(text, " (since monitoring was turned on)\n");
}

static void add_vm(const hp_Target *t, int64_t since, int64_t now, hp_Text *text) {
  if (t->glanced >= since) {
    hp_text_add(text, t->glance.bytes.at, t->glance.bytes.n);
    return;
  }
  hp_text_format(text, "%-17s = ", "target.vm");
  hp_stat_where(t, now, text);
  hp_text_add(text, "\n", 1);
  if (t->glanced == 0) return;
  hp_text_puts(text, "as it was ");
  add_span(text, now - t->glanced);
  hp_text_puts(text, " ago:\n");
  hp_text_add(text, t->glance.bytes.at, t->glance.bytes.n);
}

void hp_stat_answer(hp_Connection *c, int i, int64_t now) {
  static const char rule[] = "------------------------------------\n";
  hp_Request request = hp_connection_unqueue(c, i);
  hp_Text text = {0};
  hp_text_puts(&text, "Target overview\n");
  hp_text_puts(&text, rule);
  add_process(c->target, &text);
  add_vm(c->target, request.since, now, &text);
  hp_text_puts(&text, rule);
  if (hp_connection_out(c, request.id, text.bytes.at, text.bytes.n) != HP_OK) text.failed = 1;
  hp_connection_done(c, request.id, text.failed ? "not enough memory" : NULL);
  hp_text_free(&text);
  hp_request_free(&request);
}
