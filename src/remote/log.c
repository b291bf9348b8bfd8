/* Lines of the log: see log.h. */
#include "log.h"

#include "hub.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LINES 8
#define LENGTH 512

typedef struct Line {
  char path[HP_LOG_PATH]; /* "": standard error */
  char text[LENGTH];
} Line;

static Line lines[LINES];
static int nlines;
static hp_Descriptor error_output; /* as it was: the program may put something else there */

void hp_log_begin(void) { hp_descriptor_know(&error_output, STDERR_FILENO); }
void hp_log_forget(void) { nlines = 0; }
int hp_log_is_full(void) { return nlines == LINES; }

/* ---- what is noted -------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void note(const hp_Target *t, const char *format, ...) {
  va_list arguments;
  Line *line = &lines[nlines];
  int n;
  if (t->quiet || hp_log_is_full()) return;
  line->path[0] = 0;
  if (t->log.bytes.n > 0) (void)snprintf(line->path, sizeof line->path, "%s", t->log.bytes.at);
  va_start(arguments, format);
  n = vsnprintf(line->text, sizeof line->text, format, arguments);
  va_end(arguments);
  if (n >= LENGTH) line->text[LENGTH - 2] = '\n';
  nlines++;
}

static void date(char when[32]) {
  time_t now = time(NULL);
  struct tm broken;
  if (gmtime_r(&now, &broken) == NULL || strftime(when, 32, "%Y-%m-%dT%H:%M:%SZ", &broken) == 0)
    when[0] = 0;
}

void hp_log_attach(const hp_Target *t, uid_t uid, pid_t pid, const char *what) {
  char when[32];
  date(when);
  note(t, "heapy: %s monitor %s: uid %lu, pid %ld, to state %d of pid %ld\n", when, what,
       (unsigned long)uid, (long)pid, t->slot + 1, (long)getpid());
}

void hp_log_failure(const hp_Target *t, const char *why) {
  char when[32];
  date(when);
  note(t, "heapy: %s no monitor can reach state %d of pid %ld: %s\n", when, t->slot + 1,
       (long)getpid(), why);
}

/* ---- what is written ------------------------------------------------------ */

/* A terminal that is nearly full says that it takes something, and then holds the writer up
** all the same: so it is opened anew, not to wait. A pipe that takes anything takes a line. A
** file is not opened anew: the program may not append. */
static void put_to_error_output(const char *text, size_t n) {
  struct pollfd p = {.fd = hp_descriptor_get(&error_output), .events = POLLOUT};
  struct stat st;
  int own = -1;
  if (p.fd < 0 || fstat(p.fd, &st) != 0 || poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT)) return;
  if (S_ISSOCK(st.st_mode)) {
    if (send(p.fd, text, n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {} /* as for the others: see put */
    return;
  }
  if (S_ISCHR(st.st_mode))
    own = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (write(own >= 0 ? own : p.fd, text, n) < 0) {}
  if (own >= 0) (void)close(own);
}

static int open_log(const char *path) {
  return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW,
              0600);
}

/* The log is not worth more trouble than one attempt. */
static void put(const Line *line) {
  size_t n = strlen(line->text);
  int fd;
  if (line->path[0] == 0) {
    put_to_error_output(line->text, n);
    return;
  }
  fd = open_log(line->path);
  if (fd < 0) return;
  if (write(fd, line->text, n) < 0) {}
  (void)close(fd);
}

void hp_log_write(void) {
  Line line;
  while (nlines > 0) {
    line = lines[0];
    nlines--;
    memmove(&lines[0], &lines[1], (size_t)nlines * sizeof *lines);
    hp_unlock();
    put(&line);
    hp_lock();
  }
}

/* ---- a name --------------------------------------------------------------- */

int hp_log_find(const char *name, char path[HP_LOG_PATH], char why[HP_REASON_SIZE]) {
  char here[HP_LOG_PATH] = "";
  int fd;
  if (name[0] != '/' && getcwd(here, sizeof here) == NULL) here[0] = 0;
  if (snprintf(path, HP_LOG_PATH, "%s%s%s", here, here[0] != 0 ? "/" : "", name) >= HP_LOG_PATH) {
    (void)snprintf(why, HP_REASON_SIZE, "the name of the log is too long");
    return HP_EVM;
  }
  fd = open_log(path);
  if (fd < 0) {
    (void)snprintf(why, HP_REASON_SIZE, "cannot write to the log %.150s: %s", path, strerror(errno));
    return HP_EVM;
  }
  (void)close(fd);
  return HP_OK;
}
