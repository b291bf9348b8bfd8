/* Programs that embed Lua in ways the standalone interpreter does not: for the specs of the
** monitor's end. It has no part of heapy in it.
**
**   target_host MODE SCRIPT [ARGUMENTS]
**
** The script is run first, in each state; then, by MODE, its global functions:
**   resume   work() in a coroutine that C resumes, for ever; the main thread runs nothing
**   states   step() of three states in turn, for ever
**   close    the state is closed; then another is made, and so on, three times; then it sleeps
**   threads  step() in four OS threads in turn, under a lock, for ever
**   fork     the process forks once the script is run: the child calls work(), the parent waits
**   events   waits in epoll for a second or a signal, then calls step(), for ever
**   watched  the same, and waits for the descriptor that descriptor() gives; no signal wakes it
**   limited  work() in a state that may have 8 MiB, and nothing more while starve(true) holds
**   hooked   work() in a new coroutine every two milliseconds, in two OS threads in turn; it gets a
**            hook of the host's own when the collector has run in it; SIGURG is the host's own.
**            hooked() counts calls of the hook
**   urgent   work() in a coroutine that C resumes; SIGURG is the host's own
**   blocked  work(), with SIGURG blocked before the script is run
**   deaf     work(), with SIGURG ignored after the script was run
**   nested   work(), during which a signal's handler once sleeps, and says so */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STATES 3
#define THREADS 4
#define LIMIT ((size_t)8 << 20)

static int arguments_n;
static char **arguments;

static int failed(lua_State *L) {
  fprintf(stderr, "%s\n", lua_tostring(L, -1));
  return 1;
}

static int prepare(lua_State *L) {
  int i;
  luaL_openlibs(L);
  if (luaL_loadfile(L, arguments[0]) != LUA_OK) return failed(L);
  for (i = 1; i < arguments_n; i++) lua_pushstring(L, arguments[i]);
  if (lua_pcall(L, arguments_n - 1, 0, 0) != LUA_OK) return failed(L);
  return 0;
}

static int call(lua_State *L, const char *name) {
  lua_getglobal(L, name);
  if (lua_pcall(L, 0, 0, 0) != LUA_OK) return failed(L);
  return 0;
}

static int resume(lua_State *L) {
  for (;;) {
    lua_State *co = lua_newthread(L);
    int n = 0, status;
    lua_getglobal(L, "work");
    lua_xmove(L, co, 1);
    do status = lua_resume(co, NULL, 0, &n);
    while (status == LUA_YIELD);
    if (status != LUA_OK) return failed(co);
    lua_pop(L, 1);
  }
}

static int states(lua_State *first) {
  lua_State *all[STATES];
  int i;
  all[0] = first;
  for (i = 1; i < STATES; i++) {
    all[i] = luaL_newstate();
    if (all[i] == NULL || prepare(all[i]) != 0) return 1;
  }
  for (i = 0;; i = (i + 1) % STATES)
    if (call(all[i], "step") != 0) return 1;
}

/* However often a signal comes. */
static void rest(void) {
  struct timespec left = {0, 200000000};
  while (nanosleep(&left, &left) != 0 && errno == EINTR) {}
}

static void on_alarm(int number) {
  int i;
  (void)number;
  if (write(STDOUT_FILENO, "asleep\n", 7) != 7) return;
  for (i = 0; i < 7; i++) rest();
}

static int close_states(lua_State *L) {
  int i;
  for (i = 0; i < STATES; i++) {
    rest();
    lua_close(L);
    rest();
    L = luaL_newstate();
    if (L == NULL || prepare(L) != 0) return 1;
  }
  lua_close(L);
  printf("closed\n");
  fflush(stdout);
  sleep(30);
  return 0;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *take_turns(void *L) {
  for (;;) {
    int rc;
    pthread_mutex_lock(&lock);
    rc = call(L, "step");
    pthread_mutex_unlock(&lock);
    if (rc != 0) exit(1);
    usleep(100);
  }
  return NULL;
}

static int threads(lua_State *L) {
  pthread_t thread;
  int i;
  for (i = 0; i < THREADS; i++)
    if (pthread_create(&thread, NULL, take_turns, L) != 0) return 1;
  pthread_join(thread, NULL);
  return 0;
}

static int fork_once(lua_State *L) {
  pid_t pid = fork();
  int status = 0;
  if (pid == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0) return call(L, "work");
  printf("child %ld\n", (long)pid);
  fflush(stdout);
  return waitpid(pid, &status, 0) == pid ? WEXITSTATUS(status) : 1;
}

static int descriptor(lua_State *L) {
  int fd;
  lua_getglobal(L, "descriptor");
  if (lua_pcall(L, 0, 1, 0) != LUA_OK) return -1;
  fd = (int)lua_tointeger(L, -1);
  lua_pop(L, 1);
  return fd;
}

static void block(void) {
  sigset_t urgent;
  sigemptyset(&urgent);
  sigaddset(&urgent, SIGURG);
  sigprocmask(SIG_BLOCK, &urgent, NULL);
}

static int events(lua_State *L, int watched) {
  struct epoll_event event;
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (watched) {
    block();
    memset(&event, 0, sizeof event);
    event.events = EPOLLIN;
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor(L), &event) != 0) return 1;
  }
  for (;;) {
    int n = epoll_wait(epoll, &event, 1, watched ? -1 : 1000);
    if (n < 0 && errno != EINTR) return 1;
    if (call(L, "step") != 0) return 1;
  }
}

static size_t used;
static int starved;

static int starve(lua_State *L) {
  starved = lua_toboolean(L, 1);
  return 0;
}

static void *limited(void *ud, void *p, size_t old, size_t n) {
  size_t was = p != NULL ? old : 0;
  void *q;
  (void)ud;
  if (n > was && (starved || used + n - was > LIMIT)) return NULL;
  q = n > 0 ? realloc(p, n) : NULL;
  if (n == 0) free(p);
  if (n == 0 || q != NULL) used += n - was;
  return q;
}

static int hook_calls;

static void own_hook(lua_State *L, lua_Debug *ar) {
  (void)L, (void)ar;
  hook_calls++;
}

static int hooked_calls(lua_State *L) {
  lua_pushinteger(L, hook_calls);
  return 1;
}

static void do_nothing(int number) { (void)number; }

/* The coroutines stay for a while, so that their memory is not used again at once. */
static int work_hooked(lua_State *L) {
  static const char kept[64];
  static unsigned i;
  lua_State *co = lua_newthread(L);
  int n = 0;
  lua_getglobal(L, "work");
  lua_xmove(L, co, 1);
  lua_gc(co, LUA_GCCOLLECT); /* whoever sets a hook in a finalizer has lost it */
  lua_sethook(co, own_hook, LUA_MASKCOUNT, 100);
  if (lua_resume(co, NULL, 0, &n) != LUA_OK) return failed(co);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &kept[i++ % sizeof kept]);
  return 0;
}

static void *take_hooked_turns(void *L) {
  for (;;) {
    int rc;
    pthread_mutex_lock(&lock);
    rc = work_hooked(L);
    pthread_mutex_unlock(&lock);
    if (rc != 0) exit(1);
    usleep(2000);
  }
  return NULL;
}

static int hooked(lua_State *L) {
  pthread_t thread;
  lua_register(L, "hooked", hooked_calls);
  signal(SIGURG, do_nothing);
  if (pthread_create(&thread, NULL, take_hooked_turns, L) != 0) return 1;
  take_hooked_turns(L);
  return 0;
}

static int urgent(lua_State *L) {
  signal(SIGURG, do_nothing);
  return resume(L);
}

int main(int argc, char **argv) {
  const char *mode = argc > 2 ? argv[1] : "";
  lua_State *L = strcmp(mode, "limited") == 0 ? lua_newstate(limited, NULL) : luaL_newstate();
  if (L == NULL || argc < 3) return 2;
  arguments_n = argc - 2;
  arguments = argv + 2;
  if (strcmp(mode, "blocked") == 0) block();
  if (strcmp(mode, "limited") == 0) lua_register(L, "starve", starve);
  if (prepare(L) != 0) return 1;
  if (strcmp(mode, "deaf") == 0) signal(SIGURG, SIG_IGN);
  if (strcmp(mode, "nested") == 0 && signal(SIGALRM, on_alarm) != SIG_ERR) ualarm(50000, 0);
  if (strcmp(mode, "resume") == 0) return resume(L);
  if (strcmp(mode, "states") == 0) return states(L);
  if (strcmp(mode, "close") == 0) return close_states(L);
  if (strcmp(mode, "threads") == 0) return threads(L);
  if (strcmp(mode, "fork") == 0) return fork_once(L);
  if (strcmp(mode, "events") == 0) return events(L, 0);
  if (strcmp(mode, "watched") == 0) return events(L, 1);
  if (strcmp(mode, "hooked") == 0) return hooked(L);
  if (strcmp(mode, "urgent") == 0) return urgent(L);
  return call(L, "work");
}
