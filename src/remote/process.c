/* /proc of this process: see process.h. */
#include "process.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ARGUMENTS 4096 /* bytes of the command line that are read */
#define ARGUMENT 2048  /* bytes of an argument that are shown, as JSON */

static int64_t milliseconds(clockid_t clock) {
  struct timespec t;
  (void)clock_gettime(clock, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t hp_process_now(void) { return milliseconds(CLOCK_MONOTONIC); }
int64_t hp_process_coarse(void) { return milliseconds(CLOCK_MONOTONIC_COARSE); }
int64_t hp_process_date(void) { return milliseconds(CLOCK_REALTIME); }

pid_t hp_process_thread(void) { return (pid_t)syscall(SYS_gettid); }

/* The first n - 1 bytes of a file, at most. */
static size_t read_file(const char *path, char *to, size_t n) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t got = fd < 0 ? -1 : read(fd, to, n - 1);
  if (fd >= 0) (void)close(fd);
  if (got < 0) got = 0;
  to[got] = 0;
  return (size_t)got;
}

/* ---- threads -------------------------------------------------------------- */

typedef struct Call {
  long number;
  const char *name;
} Call;

/* Those in which a program waits. */
static const Call calls[] = {
    {SYS_read, "read"}, {SYS_readv, "readv"}, {SYS_write, "write"}, {SYS_pread64, "pread"},
    {SYS_recvfrom, "recvfrom"}, {SYS_recvmsg, "recvmsg"}, {SYS_sendto, "sendto"},
    {SYS_accept, "accept"}, {SYS_accept4, "accept4"}, {SYS_connect, "connect"},
    {SYS_ppoll, "ppoll"}, {SYS_pselect6, "select"}, {SYS_epoll_pwait, "epoll_wait"},
    {SYS_nanosleep, "nanosleep"}, {SYS_clock_nanosleep, "nanosleep"}, {SYS_futex, "futex"},
    {SYS_wait4, "wait4"}, {SYS_waitid, "waitid"}, {SYS_flock, "flock"}, {SYS_fcntl, "fcntl"},
    {SYS_rt_sigtimedwait, "sigtimedwait"}, {SYS_rt_sigsuspend, "sigsuspend"},
#if defined(SYS_epoll_wait)
    {SYS_poll, "poll"}, {SYS_select, "select"}, {SYS_epoll_wait, "epoll_wait"},
    {SYS_pause, "pause"},
#endif
};

static void name_call(long number, char name[24]) {
  size_t i;
  for (i = 0; i < sizeof calls / sizeof *calls; i++)
    if (calls[i].number == number) (void)snprintf(name, 24, "%s", calls[i].name);
}

/* "/proc/self/task/THREAD/stat": number (name) state ..., the 14th and 15th are ticks.
** The name may have anything in it. */
static void read_stat(const char *text, hp_ThreadState *state) {
  const char *p = strrchr(text, ')');
  unsigned long user = 0, system = 0;
  if (p == NULL) return;
  if (sscanf(p + 1, " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu %lu", &state->state, &user,
             &system) == 3)
    state->ticks = (uint64_t)user + system;
}

void hp_process_thread_state(pid_t thread, hp_ThreadState *state) {
  char path[64], text[512];
  memset(state, 0, sizeof *state);
  (void)snprintf(path, sizeof path, "/proc/self/task/%ld/stat", (long)thread);
  if (read_file(path, text, sizeof text) > 0) read_stat(text, state);
  (void)snprintf(path, sizeof path, "/proc/self/task/%ld/syscall", (long)thread);
  if (read_file(path, text, sizeof text) > 0 && text[0] >= '0' && text[0] <= '9')
    name_call(strtol(text, NULL, 10), state->call);
}

/* ---- the process ---------------------------------------------------------- */

static void add_link(hp_Text *t, const char *path) {
  char target[PATH_MAX];
  ssize_t n = readlink(path, target, sizeof target);
  if (n > 0) hp_text_add(t, target, (size_t)n);
}

void hp_process_executable(hp_Text *t) { add_link(t, "/proc/self/exe"); }
void hp_process_directory(hp_Text *t) { add_link(t, "/proc/self/cwd"); }

void hp_arguments_begin(hp_Arguments *a, hp_Text *text) {
  a->text = text;
  a->from = text->bytes.n;
  hp_text_puts(text, "[");
}

int hp_arguments_add(hp_Arguments *a, const char *s, size_t n) {
  size_t used = a->text->bytes.n - a->from;
  int fits = used + ARGUMENT + 16 < HP_ARGUMENTS_MOST;
  if (used > 1) hp_text_puts(a->text, ",");
  if (fits)
    hp_quote_part(a->text, s, n, ARGUMENT);
  else
    hp_text_puts(a->text, "\"...\"");
  return fits;
}

void hp_arguments_end(hp_Arguments *a) { hp_text_puts(a->text, "]"); }

void hp_process_arguments(hp_Text *t) {
  char text[ARGUMENTS];
  size_t n = read_file("/proc/self/cmdline", text, sizeof text), i, length;
  hp_Arguments list;
  hp_arguments_begin(&list, t);
  for (i = 0; i < n; i += length + 1) {
    length = strlen(text + i);
    if (!hp_arguments_add(&list, text + i, length)) break;
  }
  hp_arguments_end(&list);
}
