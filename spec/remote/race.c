/* The listener's thread, the threads of several VMs, and clients, all at once, for the
** thread sanitizer: "make tsan". There is no Lua in it: the VMs here only take what there
** is to do, and answer.
**
**   race DIRECTORY SECONDS */
#include "remote/remote.h"
#include "remote/quote.h"

#include "base/error.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define VMS 3
#define CLIENTS 6

static atomic_int over;
static atomic_int served, asked, answered, woken;
static const char *directory;

static void pause_for(long microseconds) {
  struct timespec t = {0, microseconds * 1000};
  (void)nanosleep(&t, NULL);
}

/* What a handler does in truth: looks whether it is wanted. */
static void wake(const hp_Woken *signalled) {
  int i;
  hp_target_knock(signalled);
  for (i = 0; i < HP_TARGETS; i++) {
    const hp_Target *t = hp_target_at(i);
    if (hp_target_thread(t) == signalled->thread && hp_target_wanted(t)) atomic_fetch_add(&woken, 1);
  }
}

static hp_Target *turn_on(void) {
  hp_TargetOptions o;
  hp_Target *t = NULL;
  char why[HP_REASON_SIZE];
  memset(&o, 0, sizeof o);
  o.dir = directory;
  o.members = ",\"name\":null";
  o.nmembers = strlen(o.members);
  o.lua = "no Lua";
  o.log = "";
  o.number = SIGURG;
  o.console = 1;
  o.limit = 100;
  if (hp_target_on(&o, &t, why) == HP_OK) return t;
  fprintf(stderr, "%s\n", why);
  exit(1);
}

/* Some jobs print a lot, some run until they are broken off. */
static void serve(hp_Target *t, const hp_Job *job, unsigned n) {
  static const char text[5000];
  hp_Outcome o;
  memset(&o, 0, sizeof o);
  o.ok = 1;
  if (job->verb == HP_V_GLANCE) hp_target_glance(t, "target.heap = 1\n", 16);
  if (job->verb == HP_V_HEAP) (void)hp_target_out(t, text, sizeof text);
  if (job->verb == HP_V_COMPLETE) hp_target_candidates(t, "\"a\",\"b\"", 7, 1);
  if (job->verb == HP_V_EVAL && n % 50 == 0)
    while (hp_target_out(t, text, sizeof text)) {}
  if (hp_target_broken(t) != NULL) {
    o.ok = 0;
    o.error = "interrupted";
    o.length = 11;
  }
  hp_target_done(t, &o);
  atomic_fetch_add(&served, 1);
}

static void *vm(void *unused) {
  unsigned n = 0;
  while (!atomic_load(&over)) {
    hp_Target *t = turn_on();
    int i;
    for (i = 0; i < 2000 && !atomic_load(&over); i++) {
      hp_Job job;
      if (hp_target_wanted(t) && hp_target_take(t, &job)) serve(t, &job, n++);
      if (i % 10 == 0) hp_target_seen(t);
      pause_for(50);
    }
    hp_target_off(t, "over");
  }
  return unused;
}

static int connect_to(int state) {
  struct sockaddr_un address;
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/%ld-%d.sock", directory,
                 (long)getpid(), state);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

static void ask(int fd, const char *text) {
  char head[4] = {0, 0, 0, (char)strlen(text)};
  if (send(fd, head, 4, MSG_NOSIGNAL) == 4 &&
      send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text))
    atomic_fetch_add(&asked, 1);
}

static void *client(void *number) {
  static const char *const requests[] = {
      "{\"id\":1,\"do\":\"ping\"}", "{\"id\":2,\"do\":\"stat\"}", "{\"id\":3,\"do\":\"heap\"}",
      "{\"id\":4,\"do\":\"eval\",\"code\":\"1\"}", "{\"id\":5,\"do\":\"complete\",\"code\":\"1\"}",
      "{\"id\":6,\"do\":\"interrupt\"}", "{\"id\":7,\"do\":\"nonsense\"}", "{\"id\":8,\"do\":\"close\"}"};
  unsigned n = (unsigned)(size_t)number;
  while (!atomic_load(&over)) {
    int fd = connect_to(1 + (int)(n % VMS)), i, rounds = 1 + (int)(n % 9);
    char bytes[4096];
    if (fd < 0) pause_for(1000);
    for (i = 0; i < rounds && fd >= 0; i++) {
      ask(fd, requests[n++ % (sizeof requests / sizeof *requests)]);
      pause_for(300);
      if (n % 5 != 0 && recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0) atomic_fetch_add(&answered, 1);
    }
    n++;
    if (fd >= 0) close(fd);
  }
  return number;
}

int main(int argc, char **argv) {
  pthread_t threads[VMS + CLIENTS];
  size_t i;
  if (argc < 3) return 2;
  directory = argv[1];
  if (!hp_wake_install(SIGURG, wake)) return 1;
  for (i = 0; i < VMS + CLIENTS; i++)
    if (pthread_create(&threads[i], NULL, i < VMS ? vm : client, (void *)i) != 0) return 1;
  (void)sleep((unsigned)atoi(argv[2])); /* a signal may end it early */
  atomic_store(&over, 1);
  for (i = 0; i < VMS + CLIENTS; i++) (void)pthread_join(threads[i], NULL);
  printf("%d asked, %d answered, %d served, %d woken, %zu bytes kept\n", atomic_load(&asked),
         atomic_load(&answered), atomic_load(&served), atomic_load(&woken), hp_mem_held());
  return hp_mem_held() != 0 || atomic_load(&served) == 0 || atomic_load(&answered) == 0;
}
