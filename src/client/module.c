/* heapy.client: what the monitor needs of the system and no package for Lua has. A module of its
** own, so that a target does not carry it. Every word that a user reads is written in Lua. */
#include "link.h"
#include "wait.h"

#include <lauxlib.h>
#include <lua.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define LINK "heapy.Link"
enum { READ_MAX = 64 * 1024, POLL_MAX = 1024 };

typedef struct Link {
  int fd; /* owned; -1 when closed */
} Link;

/* nil, the reason, and the kind of reason that the caller can do something about: "again", it may
** work later; "refused", nobody listens there */
static int fail(lua_State *L, int rc) {
  lua_pushnil(L);
  lua_pushstring(L, strerror(-rc));
  if (rc == -EAGAIN)
    lua_pushliteral(L, "again");
  else if (rc == -ECONNREFUSED)
    lua_pushliteral(L, "refused");
  else
    lua_pushnil(L);
  return 3;
}

/* The descriptor that an argument is: a Link, or the number of one. */
static int descriptor(lua_State *L, int index) {
  Link *link = luaL_testudata(L, index, LINK);
  if (link == NULL) return (int)luaL_checkinteger(L, index);
  luaL_argcheck(L, link->fd >= 0, index, "the link is closed");
  return link->fd;
}

/* client.connect(path) -> Link, uid, pid of who listens | nil, why, kind */
static int client_connect(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  Link *link = lua_newuserdatauv(L, sizeof *link, 0);
  hp_Peer peer;
  int rc;
  link->fd = -1;
  luaL_setmetatable(L, LINK);
  rc = hp_link_open(path, &link->fd, &peer);
  if (rc != 0) return fail(L, rc);
  lua_pushinteger(L, (lua_Integer)peer.uid);
  lua_pushinteger(L, (lua_Integer)peer.pid);
  return 3;
}

/* client.read(link) -> bytes, "" at the end | nil, why, kind */
static int client_read(lua_State *L) {
  int fd = descriptor(L, 1);
  luaL_Buffer buffer;
  ssize_t got = hp_link_read(fd, luaL_buffinitsize(L, &buffer, READ_MAX), READ_MAX);
  if (got < 0) return fail(L, (int)got);
  luaL_pushresultsize(&buffer, (size_t)got);
  return 1;
}

/* client.write(link, bytes, from) -> where to go on | nil, why, kind */
static int client_write(lua_State *L) {
  int fd = descriptor(L, 1);
  size_t size;
  const char *bytes = luaL_checklstring(L, 2, &size);
  lua_Integer from = luaL_optinteger(L, 3, 1);
  ssize_t taken;
  luaL_argcheck(L, from >= 1 && (size_t)from <= size + 1, 3, "out of range");
  taken = hp_link_write(fd, bytes + from - 1, size - (size_t)from + 1);
  if (taken < 0) return fail(L, (int)taken);
  lua_pushinteger(L, from + taken);
  return 1;
}

/* client.knock(pid): for a target at whose socket nobody listens, as it has closed that. Others
** ignore the signal, unless they have use for it. */
static int client_knock(lua_State *L) {
  lua_Integer pid = luaL_checkinteger(L, 1);
  if (pid > 1 && pid <= INT_MAX) (void)kill((pid_t)pid, SIGURG);
  return 0;
}

/* client.close(link) */
static int client_close(lua_State *L) {
  Link *link = luaL_checkudata(L, 1, LINK);
  if (link->fd >= 0) close(link->fd);
  link->fd = -1;
  return 0;
}

/* client.poll({link, ...}, {writing, ...}, seconds) -> {ready, ...}, interrupted: booleans in the
** order of the links, and whether Ctrl-C was typed. */
static int client_poll(lua_State *L) {
  struct pollfd set[POLL_MAX];
  lua_Number seconds = luaL_checknumber(L, 3);
  lua_Unsigned count, i;
  int ready, interrupted;
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checktype(L, 2, LUA_TTABLE);
  count = lua_rawlen(L, 1);
  luaL_argcheck(L, count <= POLL_MAX, 1, "too many links");
  for (i = 0; i < count; i++) {
    lua_rawgeti(L, 1, (lua_Integer)i + 1);
    lua_rawgeti(L, 2, (lua_Integer)i + 1);
    set[i].fd = descriptor(L, -2);
    set[i].events = (short)(lua_toboolean(L, -1) ? POLLIN | POLLOUT : POLLIN);
    set[i].revents = 0;
    lua_pop(L, 2);
  }
  lua_createtable(L, (int)count, 0);
  ready = hp_wait_poll(set, (unsigned)count, seconds < 0 ? -1 : (int)(seconds * 1000), &interrupted);
  if (ready < 0) return fail(L, ready);
  for (i = 0; i < count; i++) {
    lua_pushboolean(L, ready > 0 && set[i].revents != 0);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_pushboolean(L, interrupted);
  return 2;
}

#define OFTEN 10000 /* instructions between two looks for Ctrl-C */

static int broken; /* what is watched is to end */

/* Once it raised it does so at each instruction, so that no pcall outlives it. Coroutines that
** are made have it, too. */
static void look(lua_State *L, lua_Debug *ar) {
  (void)ar;
  broken = broken || hp_wait_noted();
  if (!broken) return;
  lua_sethook(L, look, LUA_MASKCOUNT, 1);
  lua_pushliteral(L, "interrupted");
  (void)lua_error(L);
}

/* client.watch(coroutine): Ctrl-C raises an error in it, from now on. */
static int client_watch(lua_State *L) {
  lua_State *thread = lua_tothread(L, 1);
  luaL_argexpected(L, thread != NULL, 1, "coroutine");
  broken = 0;
  lua_sethook(thread, look, LUA_MASKCOUNT, OFTEN);
  return 0;
}

/* client.writable(number) -> whether some bytes can be written at once, or will never be */
static int client_writable(lua_State *L) {
  struct pollfd one = {.fd = (int)luaL_checkinteger(L, 1), .events = POLLOUT};
  lua_pushboolean(L, poll(&one, 1, 0) > 0);
  return 1;
}

/* client.catch(on): whether Ctrl-C is only noted, for client.poll to tell */
static int client_catch(lua_State *L) {
  int rc = 0;
  if (lua_toboolean(L, 1))
    rc = hp_wait_catch();
  else
    hp_wait_release();
  if (rc != 0) return fail(L, rc);
  lua_pushboolean(L, 1);
  return 1;
}

/* client.columns(number) -> width of the terminal, 0 if it does not say | nil: it is no terminal */
static int client_columns(lua_State *L) {
  struct winsize size = {0};
  int fd = (int)luaL_checkinteger(L, 1);
  if (!isatty(fd)) return 0;
  (void)ioctl(fd, TIOCGWINSZ, &size);
  lua_pushinteger(L, size.ws_col);
  return 1;
}

/* client.modes(number) -> how the terminal behaves, as bytes | nil: it is no terminal */
static int client_modes(lua_State *L) {
  struct termios modes;
  if (tcgetattr((int)luaL_checkinteger(L, 1), &modes) != 0) return 0;
  lua_pushlstring(L, (const char *)&modes, sizeof modes);
  return 1;
}

/* client.setmodes(number, modes): as it behaved then */
static int client_setmodes(lua_State *L) {
  size_t size;
  struct termios modes;
  const char *bytes = luaL_checklstring(L, 2, &size);
  luaL_argcheck(L, size == sizeof modes, 2, "no modes");
  memcpy(&modes, bytes, sizeof modes);
  (void)tcsetattr((int)luaL_checkinteger(L, 1), TCSADRAIN, &modes);
  return 0;
}

/* One of Readline's own variables: that of the program, where it uses Readline itself, else of the
** library that the module in the file came with. The same order in which the module was linked. */
static FILE **stream(const char *name, const char *path) {
  FILE **at = (FILE **)dlsym(RTLD_DEFAULT, name);
  void *module = at == NULL && path != NULL ? dlopen(path, RTLD_LAZY | RTLD_NOLOAD) : NULL;
  if (module == NULL) return at;
  at = (FILE **)dlsym(module, name);
  (void)dlclose(module); /* Lua has it open too */
  return at;
}

/* client.streams([path of lua-readline's library]) -> the streams that Readline reads from and
** writes to, as light userdata; nothing where it is not found. lua-readline closes those it sets and
** leaves them set: Readline would go on with closed ones. */
static int client_streams(lua_State *L) {
  const char *path = luaL_optstring(L, 1, NULL);
  FILE **in = stream("rl_instream", path), **out = stream("rl_outstream", path);
  if (in == NULL || out == NULL) return 0;
  lua_pushlightuserdata(L, *in);
  lua_pushlightuserdata(L, *out);
  return 2;
}

/* client.setstreams(path, in, out): as they were. Before its first line Readline has none, and
** would take standard input and output; later it takes what is there, so it is given those. */
static int client_setstreams(lua_State *L) {
  const char *path = luaL_optstring(L, 1, NULL);
  FILE **in = stream("rl_instream", path), **out = stream("rl_outstream", path);
  FILE *old_in = lua_touserdata(L, 2), *old_out = lua_touserdata(L, 3);
  if (in == NULL || out == NULL) return 0;
  *in = old_in != NULL ? old_in : stdin;
  *out = old_out != NULL ? old_out : stdout;
  return 0;
}

/* client.private(path) -> true | nil, why: the file is there, made for the user alone if it was not */
static int client_private(lua_State *L) {
  int fd = open(luaL_checkstring(L, 1), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return fail(L, -errno);
  close(fd);
  lua_pushboolean(L, 1);
  return 1;
}

/* client.now() -> seconds, of a clock that is never set */
static int client_now(lua_State *L) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  lua_pushnumber(L, (lua_Number)now.tv_sec + (lua_Number)now.tv_nsec / 1e9);
  return 1;
}

/* client.uid() -> the effective user of this process */
static int client_uid(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)geteuid());
  return 1;
}

/* client.standard(): where the process was started without a standard stream, what it opens would
** get that number and pass for it. There is one then that has nothing to read, and where nothing
** can be written. */
static int client_standard(lua_State *L) {
  int fd;
  (void)L;
  for (fd = 0; fd <= 2; fd++)
    if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDONLY) < 0) break;
  return 0;
}

static const luaL_Reg functions[] = {
    {"connect", client_connect},   {"read", client_read},
    {"write", client_write},       {"close", client_close},
    {"poll", client_poll},         {"catch", client_catch},
    {"columns", client_columns},   {"modes", client_modes},
    {"setmodes", client_setmodes}, {"streams", client_streams},
    {"private", client_private},   {"setstreams", client_setstreams},
    {"now", client_now},           {"uid", client_uid},
    {"writable", client_writable}, {"watch", client_watch},
    {"knock", client_knock},       {"standard", client_standard},
    {NULL, NULL},
};

static const luaL_Reg link_methods[] = {
    {"__gc", client_close}, {"__close", client_close}, {NULL, NULL}};

__attribute__((visibility("default"))) int luaopen_heapy_client(lua_State *L);

int luaopen_heapy_client(lua_State *L) {
  luaL_checkversion(L);
  luaL_newlib(L, functions);
  luaL_newmetatable(L, LINK);
  luaL_setfuncs(L, link_methods, 0);
  lua_setfield(L, -2, "Link"); /* for who hides what is heapy's */
  return 1;
}
