/* heapy_process: programs at the other end of a pseudo-terminal or of pipes, and sockets to
** listen at, for the specs of the monitor. It has no part of heapy in it. */
#include <lauxlib.h>
#include <lua.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORDS = 64 };

static int fail(lua_State *L) {
  int why = errno;
  lua_pushnil(L);
  lua_pushstring(L, strerror(why));
  return 2;
}

/* The words of the array at the index, as exec wants them. */
static void words(lua_State *L, int index, const char **list) {
  lua_Integer i, n = luaL_len(L, index);
  luaL_argcheck(L, n < WORDS, index, "too many words");
  for (i = 1; i <= n; i++) {
    lua_rawgeti(L, index, i);
    list[i - 1] = luaL_checkstring(L, -1);
    lua_pop(L, 1);
  }
  list[n] = NULL;
}

static void become(const char **argv, const char **env, const char *dir) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGINT, SIG_DFL);
  for (; *env != NULL; env++) putenv((char *)*env);
  if (chdir(dir) != 0) _exit(126);
  execvp(argv[0], (char **)argv);
  _exit(127);
}

/* process.pty({word, ...}, {"NAME=value", ...}, directory) -> pid, descriptor */
static int process_pty(lua_State *L) {
  const char *argv[WORDS], *env[WORDS], *dir = luaL_checkstring(L, 3);
  struct winsize size = {.ws_row = 24, .ws_col = 100};
  int fd;
  pid_t pid;
  words(L, 1, argv);
  words(L, 2, env);
  pid = forkpty(&fd, NULL, NULL, &size);
  if (pid < 0) return fail(L);
  if (pid == 0) become(argv, env, dir);
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  lua_pushinteger(L, pid);
  lua_pushinteger(L, fd);
  return 2;
}

static void join(int from, int to) {
  dup2(from, to);
  if (from > 2) close(from);
}

/* process.piped({word, ...}, {"NAME=value", ...}, directory) -> pid, descriptor of standard output
** and error, descriptor of standard input */
static int process_piped(lua_State *L) {
  const char *argv[WORDS], *env[WORDS], *dir = luaL_checkstring(L, 3);
  int in[2], out[2];
  pid_t pid;
  words(L, 1, argv);
  words(L, 2, env);
  if (pipe2(in, O_CLOEXEC) != 0) return fail(L);
  if (pipe2(out, O_CLOEXEC) != 0) return fail(L);
  pid = fork();
  if (pid < 0) return fail(L);
  if (pid == 0) {
    join(in[0], 0);
    dup2(out[1], 1);
    dup2(out[1], 2);
    become(argv, env, dir);
  }
  close(in[0]);
  close(out[1]);
  lua_pushinteger(L, pid);
  lua_pushinteger(L, out[0]);
  lua_pushinteger(L, in[1]);
  return 3;
}

/* A socket whose other end is gone is an error, not a signal. */
static ssize_t put(int fd, const char *bytes, size_t size) {
  ssize_t n = send(fd, bytes, size, MSG_NOSIGNAL);
  return n < 0 && errno == ENOTSOCK ? write(fd, bytes, size) : n;
}

/* process.write(descriptor, bytes) -> true | nil, why */
static int process_write(lua_State *L) {
  int fd = (int)luaL_checkinteger(L, 1);
  size_t size;
  const char *bytes = luaL_checklstring(L, 2, &size);
  while (size > 0) {
    ssize_t n = put(fd, bytes, size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(L);
    bytes += n;
    size -= (size_t)n;
  }
  lua_pushboolean(L, 1);
  return 1;
}

/* process.close(descriptor) */
static int process_close(lua_State *L) {
  close((int)luaL_checkinteger(L, 1));
  return 0;
}

/* process.kill(pid, signal) */
static int process_kill(lua_State *L) {
  if (kill((pid_t)luaL_checkinteger(L, 1), (int)luaL_checkinteger(L, 2)) != 0) return fail(L);
  lua_pushboolean(L, 1);
  return 1;
}

/* process.ended(pid) -> exit status, or less 0 the signal that ended it; nil while it runs */
static int process_ended(lua_State *L) {
  int status;
  pid_t pid = waitpid((pid_t)luaL_checkinteger(L, 1), &status, WNOHANG);
  if (pid < 0) return fail(L);
  if (pid == 0) return 0;
  lua_pushinteger(L, WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
  return 1;
}

static struct sockaddr_in loopback(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/* process.listen(path) -> descriptor */
static int process_listen(lua_State *L) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const char *path = luaL_checkstring(L, 1);
  int fd;
  luaL_argcheck(L, strlen(path) < sizeof address.sun_path, 1, "too long");
  strcpy(address.sun_path, path);
  fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail(L);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 8) != 0) {
    int n = fail(L);
    close(fd);
    return n;
  }
  lua_pushinteger(L, fd);
  return 1;
}

/* process.accept(descriptor) -> descriptor */
static int process_accept(lua_State *L) {
  int fd = accept4((int)luaL_checkinteger(L, 1), NULL, NULL, SOCK_CLOEXEC);
  if (fd < 0) return fail(L);
  lua_pushinteger(L, fd);
  return 1;
}

/* process.connect(path) -> descriptor */
static int process_connect(lua_State *L) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const char *path = luaL_checkstring(L, 1);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  luaL_argcheck(L, strlen(path) < sizeof address.sun_path, 1, "too long");
  strcpy(address.sun_path, path);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) return fail(L);
  lua_pushinteger(L, fd);
  return 1;
}

/* process.port() -> a port of 127.0.0.1 where nobody listens now */
static int process_port(lua_State *L) {
  struct sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail(L);
  if (bind(fd, (struct sockaddr *)&address, size) != 0 ||
      getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
    int n = fail(L);
    close(fd);
    return n;
  }
  close(fd);
  lua_pushinteger(L, ntohs(address.sin_port));
  return 1;
}

/* process.dial(port) -> descriptor of a connection to that port of 127.0.0.1 | nil, why */
static int process_dial(lua_State *L) {
  struct sockaddr_in address = loopback((int)luaL_checkinteger(L, 1));
  int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail(L);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    int n = fail(L);
    close(fd);
    return n;
  }
  (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  lua_pushinteger(L, fd);
  return 1;
}

/* process.shut(descriptor): nothing more will be written */
static int process_shut(lua_State *L) {
  (void)shutdown((int)luaL_checkinteger(L, 1), SHUT_WR);
  return 0;
}

/* process.pid() */
static int process_pid(lua_State *L) {
  lua_pushinteger(L, getpid());
  return 1;
}

/* ---- what a program may do to itself ---- */

/* process.fork() -> pid, or 0 in the child */
static int process_fork(lua_State *L) {
  lua_pushinteger(L, fork());
  return 1;
}

/* process.leave(status): without a word to anybody */
static int process_leave(lua_State *L) { _exit((int)luaL_checkinteger(L, 1)); }

/* process.wait() -> when a child has ended */
static int process_wait(lua_State *L) {
  int status;
  while (wait(&status) < 0 && errno == EINTR) {}
  (void)L;
  return 0;
}

/* process.close_all(): what daemons do */
static int process_close_all(lua_State *L) {
  int fd;
  for (fd = 3; fd < 64; fd++) close(fd);
  (void)L;
  return 0;
}

/* process.become(uid): for good -> whether it is */
static int process_become(lua_State *L) {
  uid_t uid = (uid_t)luaL_checkinteger(L, 1);
  lua_pushboolean(L, setgid((gid_t)uid) == 0 && setuid(uid) == 0);
  return 1;
}

/* process.sleep(seconds) -> how often it was interrupted, which it does not show */
static int process_sleep(lua_State *L) {
  struct timespec end, now;
  int n = 0;
  (void)clock_gettime(CLOCK_MONOTONIC, &end);
  end.tv_sec += (time_t)luaL_checkinteger(L, 1);
  do {
    n += poll(NULL, 0, 20) < 0;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
  } while (now.tv_sec < end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec < end.tv_nsec));
  lua_pushinteger(L, n);
  return 1;
}

static const luaL_Reg functions[] = {
    {"pty", process_pty},       {"piped", process_piped},   {"write", process_write},
    {"close", process_close},   {"kill", process_kill},     {"ended", process_ended},
    {"listen", process_listen}, {"accept", process_accept}, {"pid", process_pid},
    {"fork", process_fork},     {"leave", process_leave},   {"wait", process_wait},
    {"sleep", process_sleep},   {"become", process_become}, {"close_all", process_close_all},
    {"shut", process_shut},     {"connect", process_connect},
    {"port", process_port},     {"dial", process_dial},     {NULL, NULL},
};

int luaopen_heapy_process(lua_State *L);

__attribute__((visibility("default"))) int luaopen_heapy_process(lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
