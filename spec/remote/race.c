/* The listener's thread, the threads of several VMs, and clients, all at once, for the
** thread sanitizer: "make tsan". There is no Lua in it: the VMs here only take what there
** is to do, and answer.
**
**   race DIRECTORY SECONDS */
#include "remote/remote.h"
#include "remote/quote.h"

#include "base/error.h"
#include "race_clients.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VMS 3
#define CLIENTS 6

static atomic_int served, woken;

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
  o.dir = race_clients.directory;
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
  while (!atomic_load(&race_clients.over)) {
    hp_Target *t = turn_on();
    int i;
    for (i = 0; i < 2000 && !atomic_load(&race_clients.over); i++) {
      hp_Job job;
      if (hp_target_wanted(t) && hp_target_take(t, &job)) serve(t, &job, n++);
      if (i % 10 == 0) hp_target_seen(t);
      race_pause(50);
    }
    hp_target_off(t, "over");
  }
  return unused;
}

static const char *const requests[] = {
    "{\"id\":1,\"do\":\"ping\"}",
    "{\"id\":2,\"do\":\"stat\"}",
    "{\"id\":3,\"do\":\"heap\"}",
    "{\"id\":4,\"do\":\"eval\",\"code\":\"1\"}",
    "{\"id\":5,\"do\":\"complete\",\"code\":\"1\"}",
    "{\"id\":6,\"do\":\"interrupt\"}",
    "{\"id\":7,\"do\":\"nonsense\"}",
    "{\"id\":8,\"do\":\"close\"}"};

int main(int argc, char **argv) {
  pthread_t threads[VMS + CLIENTS];
  size_t i;
  if (argc < 3) return 2;
  race_clients.directory = argv[1];
  race_clients.states = VMS;
  race_clients.pause = 300;
  race_clients.requests = requests;
  race_clients.nrequests = sizeof requests / sizeof *requests;
  if (!hp_wake_install(SIGURG, wake)) return 1;
  for (i = 0; i < VMS + CLIENTS; i++)
    if (pthread_create(&threads[i], NULL, i < VMS ? vm : race_client, (void *)i) != 0) return 1;
  (void)sleep((unsigned)atoi(argv[2])); /* a signal may end it early */
  atomic_store(&race_clients.over, 1);
  for (i = 0; i < VMS + CLIENTS; i++) (void)pthread_join(threads[i], NULL);
  printf("%d asked, %d answered, %d served, %d woken, %zu bytes kept\n", atomic_load(&race_clients.asked),
         atomic_load(&race_clients.answered), atomic_load(&served), atomic_load(&woken), hp_mem_held());
  return hp_mem_held() != 0 || atomic_load(&served) == 0 || atomic_load(&race_clients.answered) == 0;
}
