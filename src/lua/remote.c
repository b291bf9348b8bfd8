/* The remote monitor in the VM: turned on and off, and its commands, which run here.
**
** Commands run in a Lua thread of heapy's own, whatever thread of the program was
** interrupted: its stack, hook and status are not touched, and an interrupt can reach
** the command. That thread, the record and the sentinel are heapy's own for a walk.
**
** The sentinel is an object that nothing refers to. Its finalizer runs once in each
** cycle of the collector, in the thread that happens to run: there it notes the OS
** thread, sets the hook if the VM is wanted, and posts the next one. So a VM is reached
** whose Lua code runs in coroutines that the host resumes itself, even where no signal
** may be used. */
#include "remote.h"

#include "attention.h"
#include "remote/process.h"
#include "room.h"
#include "terminal.h"
#include "track/track.h"
#include "vm/probe_parts.h"
#include "vm/running.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define RECORD "heapy.Remote"
#define SENTINEL "heapy.Sentinel"
#define SENTINEL_SIZE 200 /* few objects are as large: else the program's own would come to lie
                             where it was, out of order (measured: 2 % of a program's time) */
#define CHECK 1000             /* instructions of a command between two looks at the clock */
#define COUNTED 2000000        /* objects that a glance counts at most */
#define MOST_NAME 4096          /* bytes in the greeting, as JSON; all of it is below 64 KiB */
#define MOST_CANDIDATES 50000

static const char key = 'm'; /* its address is the record's key in the registry */

typedef struct Record {
  hp_Target *target; /* NULL: off */
  lua_State *thread; /* kept by user value 1 */
  const void *sentinel;
  int busy;          /* a command runs: what is printed goes to its client; */
  hp_Room held;      /* when it began */
} Record;

/* User values of the record. */
enum { THREAD = 1, ANSWER = 2, RUN = 3, VALUES = 3 };

static Record *push_record(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &key);
  return lua_touserdata(L, -1);
}

static Record *record_of(lua_State *L) {
  Record *r = push_record(L);
  lua_pop(L, 1);
  return r;
}

static hp_Target *check_on(lua_State *L) {
  Record *r = record_of(L);
  if (r == NULL || r->target == NULL) luaL_error(L, "the monitor is off");
  return r->target;
}

/* ---- a command ------------------------------------------------------------ */

/* It raises again at each instruction once it has, so that no pcall of the command's
** outlives it. A coroutine that a command left behind has it still: it goes by itself. */
static void watch(lua_State *L, lua_Debug *ar) {
  const Record *r = record_of(L);
  const char *why;
  (void)ar;
  if (r == NULL || r->target == NULL || hp_target_job_is_done(r->target)) {
    lua_sethook(L, NULL, 0, 0);
    return;
  }
  why = hp_target_broken(r->target);
  if (why == NULL) return;
  lua_sethook(L, watch, LUA_MASKCOUNT, 1);
  lua_pushstring(L, why); /* no position: it is not the command's */
  lua_error(L);
}

/* Where the program is: "in Lua, at file.lua:12 in function 'name'"; or in which C function, and
** who called it. */
static void push_place(lua_State *L, lua_State *to, int level) {
  lua_Debug ar;
  int n = lua_gettop(to);
  if (!lua_getstack(L, level, &ar) || !lua_getinfo(L, "Sln", &ar)) {
    lua_pushliteral(to, "outside of Lua code");
    return;
  }
  if (ar.currentline >= 0) {
    lua_pushfstring(to, ar.name != NULL ? "in Lua, at %s:%d in function '%s'" : "in Lua, at %s:%d",
                    ar.short_src, ar.currentline, ar.name);
    return;
  }
  lua_pushfstring(to, ar.name != NULL ? "in C function '%s'" : "in C", ar.name);
  while (lua_getstack(L, ++level, &ar) && lua_getinfo(L, "Sl", &ar) && ar.currentline < 0) {}
  if (ar.currentline >= 0) lua_pushfstring(to, ", called at %s:%d", ar.short_src, ar.currentline);
  lua_concat(to, lua_gettop(to) - n);
}

typedef struct Call {
  const hp_Job *job;
  lua_State *interrupted; /* the program's thread */
  int level;              /* of the function there that was interrupted */
} Call;

/* run(call, thread): the Lua side's answer(verb, connection, code, place). The thread is
** an argument to keep it from the collector, which marks only threads that run. */
static int run(lua_State *L) {
  const Call *call = lua_touserdata(L, 1);
  push_record(L);
  lua_getiuservalue(L, -1, ANSWER);
  lua_pushstring(L, hp_verb_name(call->job->verb));
  lua_pushinteger(L, (lua_Integer)call->job->connection);
  if (call->job->code != NULL)
    lua_pushlstring(L, call->job->code, call->job->length);
  else
    lua_pushnil(L);
  if (call->job->verb == HP_V_GLANCE)
    push_place(call->interrupted, L, call->level);
  else
    lua_pushnil(L);
  lua_call(L, 4, 3);
  return 3;
}

static double milliseconds(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Of run's results, or of its error: ok, error, more. The text stays on the stack. */
static void judge(lua_State *T, int status, hp_Outcome *o) {
  memset(o, 0, sizeof *o);
  o->ok = status == LUA_OK && lua_toboolean(T, -3);
  o->more = status == LUA_OK && lua_toboolean(T, -1);
  if (o->ok) return;
  if (status == LUA_OK) lua_pop(T, 1);
  if (lua_type(T, -1) == LUA_TSTRING) {
    o->error = lua_tolstring(T, -1, &o->length);
  } else {
    o->error = "an error that is no string";
    o->length = strlen(o->error);
  }
}

static void do_job(lua_State *L, Record *r, const hp_Job *job, int level) {
  double from = milliseconds();
  lua_State *T = r->thread;
  hp_Outcome outcome;
  Call call;
  unsigned held;
  int status;
  hp_attention_aside(L);
  call.job = job;
  call.interrupted = L;
  call.level = level;
  lua_settop(T, 0);
  push_record(T); /* stays, below: it is not to go while it works */
  lua_getiuservalue(T, 1, RUN);
  lua_pushlightuserdata(T, &call);
  lua_pushthread(L);
  lua_xmove(L, T, 1);
  lua_sethook(T, watch, LUA_MASKCOUNT, CHECK);
  r->held = hp_room_held(L);
  r->busy = 1;
  held = hp_terminal_hold();
  status = lua_pcall(T, 2, 3, 0);
  hp_terminal_release(held);
  r->busy = 0; /* here: a command that is broken off sets nothing back */
  lua_sethook(T, NULL, 0, 0);
  judge(T, status, &outcome);
  outcome.paused = milliseconds() - from;
  if (r->target != NULL) hp_target_done(r->target, &outcome);
  lua_settop(T, 0);
}

/* One command; what the listener wants for itself first, for a program may not come again
** soon. The stacks have room: the hook's, and the other thread's, for what is pushed here. */
static void serve(lua_State *L, hp_Target *t) {
  Record *r = record_of(L);
  int most = hp_target_jobs(t);
  hp_Job job;
  do {
    if (r == NULL || r->target != t || !hp_target_take(t, &job)) return;
    do_job(L, r, &job, 0);
  } while (most-- > 0 && (job.verb == HP_V_FORGET || job.verb == HP_V_GLANCE));
}

/* ---- the sentinel --------------------------------------------------------- */

static void post_sentinel(lua_State *L, Record *r) {
  const void *sentinel = lua_newuserdatauv(L, SENTINEL_SIZE, 0);
  luaL_setmetatable(L, SENTINEL);
  lua_pop(L, 1);
  r->sentinel = sentinel;
}

static int post_next(lua_State *L) {
  post_sentinel(L, lua_touserdata(L, 1));
  return 0;
}

/* The next one is a new object: Lua 5.4.4 may forget one that gets its finalizer again. In
** generational mode such a one grows old besides, and has the collector go through all young
** objects in search of such. Only should there be no memory for a new one, this one has to do. */
static int meet(lua_State *L) {
  Record *r = record_of(L);
  if (r == NULL || r->target == NULL || r->sentinel != lua_touserdata(L, 1)) return 0;
  hp_target_seen(r->target);
  hp_target_look(r->target);
  if (hp_target_wanted(r->target) || hp_target_breaks(r->target) != NULL)
    hp_attention_arm(r->target, L);
  lua_pushcfunction(L, post_next);
  lua_pushlightuserdata(L, r);
  if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
    lua_settop(L, 1);
    luaL_setmetatable(L, SENTINEL);
  }
  return 0;
}

/* ---- on and off ----------------------------------------------------------- */

static void turn_off(Record *r, const char *why) {
  hp_Target *t = r->target;
  if (t == NULL) return;
  r->target = NULL;
  hp_attention_end(t);
  hp_target_off(t, why);
}

static int end_record(lua_State *L) {
  turn_off(luaL_checkudata(L, 1, RECORD), "its Lua state was closed");
  return 0;
}

/* Pushes the record, made if need be: once for a state. */
static Record *push_new_record(lua_State *L) {
  Record *r = push_record(L);
  if (r != NULL) return r;
  lua_pop(L, 1);
  r = lua_newuserdatauv(L, sizeof *r, VALUES);
  memset(r, 0, sizeof *r);
  luaL_setmetatable(L, RECORD);
  r->thread = lua_newthread(L);
  lua_sethook(r->thread, NULL, 0, 0); /* it inherited the program's */
  if (!lua_checkstack(r->thread, LUA_MINSTACK)) luaL_error(L, "not enough memory");
  /* heapy's own by way of the record; declared, all functions on its stack would be, too */
  lua_setiuservalue(L, -2, THREAD);
  lua_pushnil(L);
  lua_pushcclosure(L, run, 1); /* no light function: a walk is to know it */
  hp_state_own(L);
  lua_setiuservalue(L, -2, RUN);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &key);
  return r;
}

static void add_name(lua_State *L, int name, hp_Text *t) {
  size_t length;
  const char *s = lua_tolstring(L, name, &length);
  hp_text_puts(t, ",\"name\":");
  if (s != NULL)
    hp_quote_part(t, s, length, MOST_NAME);
  else
    hp_text_puts(t, "null");
}

/* Those that the interpreter tells; where there are none, the process's. */
static void add_arguments(lua_State *L, int arguments, hp_Text *t) {
  lua_Integer i, n = (lua_Integer)lua_rawlen(L, arguments);
  hp_Arguments list;
  if (n == 0) {
    hp_process_arguments(t);
    return;
  }
  hp_arguments_begin(&list, t);
  for (i = 1; i <= n; i++) {
    size_t length;
    const char *s;
    lua_rawgeti(L, arguments, i);
    s = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &length) : NULL;
    if (!hp_arguments_add(&list, s != NULL ? s : "", s != NULL ? length : 0)) i = n;
    lua_pop(L, 1);
  }
  hp_arguments_end(&list);
}

static int fail(lua_State *L, int rc, const char *why) {
  if (rc == HP_ENOMEM) {
    lua_pushliteral(L, "not enough memory");
    return lua_error(L);
  }
  lua_pushnil(L);
  lua_pushstring(L, why);
  return 2;
}

/* A signal that was asked for must be to be had; the usual one need not be: it is tried again
** whenever it is to be sent. Gives why it cannot be used, or NULL. */
static const char *choose_signal(const char *name, int usual, int *number) {
  *number = 0;
  if (name == NULL) return NULL;
  *number = hp_wake_number(name);
  if (*number == 0)
    return "the signal cannot be used: it is unknown, or not for programs to handle";
  if (hp_wake_install(*number, hp_attention_wake) || usual) return NULL;
  *number = 0;
  return "the signal cannot be used: the program has a handler for it";
}

/* "Lua 5.4.4"; without the last number where the library does not tell it. */
static void find_release(char name[32]) {
  char release[HP_PROBE_RELEASE];
  hp_probe_release(release);
  (void)snprintf(name, 32, "Lua %.20s", release[0] != 0 ? release : "5.4");
}

/* Milliseconds: at least one, and no more than can be added to a time. */
static int64_t limit_of(double seconds) {
  double ms = seconds * 1000;
  return ms < 1 ? 1 : ms < 1e15 ? (int64_t)ms : (int64_t)1e15;
}

/* core.remote_on(answer, argv, dir, name, signal, usual, console, limit, log, late) -> path | nil,
** why. signal: its name, or nil for none; usual: true if nobody asked for that one; late: the signal
** may be relied upon to tell of the first client */
static int remote_on(lua_State *L) {
  hp_TargetOptions o;
  hp_Text members = {0}, arguments = {0};
  hp_Target *t = NULL;
  char why[HP_REASON_SIZE], release[32];
  const char *problem;
  Record *r;
  int rc;
  luaL_checktype(L, 1, LUA_TFUNCTION);
  luaL_checktype(L, 2, LUA_TTABLE);
  memset(&o, 0, sizeof o);
  o.dir = luaL_optstring(L, 3, NULL);
  o.console = lua_toboolean(L, 7);
  o.limit = limit_of(luaL_checknumber(L, 8));
  o.log = luaL_optstring(L, 9, NULL);
  o.late = lua_toboolean(L, 10);
  lua_settop(L, 10);
  r = push_new_record(L);
  if (r->target != NULL) luaL_error(L, "the monitor is on already");
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, ANSWER);
  luaL_checkstack(L, LUA_MINSTACK, NULL);
  problem = choose_signal(luaL_optstring(L, 5, NULL), lua_toboolean(L, 6), &o.number);
  if (problem != NULL) return fail(L, HP_EVM, problem);
  o.usual = lua_toboolean(L, 6);
  o.reach = hp_attention_reach;
  find_release(release);
  o.lua = release;
  add_name(L, 4, &members);
  add_arguments(L, 2, &arguments);
  o.members = members.bytes.at;
  o.nmembers = members.bytes.n;
  o.arguments = arguments.bytes.at;
  o.narguments = arguments.bytes.n;
  rc = members.failed || arguments.failed ? HP_ENOMEM : hp_target_on(&o, &t, why);
  hp_text_free(&members);
  hp_text_free(&arguments);
  if (rc != HP_OK) return fail(L, rc, why);
  r->target = t;
  hp_attention_begin(L, t, serve);
  post_sentinel(L, r); /* may raise: the monitor is on all the same, and can be turned off */
  lua_pushstring(L, hp_target_path(t));
  return 1;
}

/* core.remote_off() -> whether it was on */
static int remote_off(lua_State *L) {
  Record *r = record_of(L);
  int on = r != NULL && r->target != NULL;
  if (on) turn_off(r, "monitoring was turned off");
  lua_pushboolean(L, on);
  return 1;
}

/* core.remote_path() -> path of the socket, which is made anew if it was removed | nil; why it
** cannot be */
static int remote_path(lua_State *L) {
  char why[HP_REASON_SIZE];
  const Record *r = record_of(L);
  if (r == NULL || r->target == NULL) return 0;
  if (hp_target_mend(r->target, why) != HP_OK) return fail(L, HP_EVM, why);
  lua_pushstring(L, hp_target_path(r->target));
  return 1;
}

/* core.remote_fd() -> descriptor that is readable while the VM is wanted | nil. Who asks for it
** need not let signals through: only the listener can make it readable then. */
static int remote_fd(lua_State *L) {
  const Record *r = record_of(L);
  int fd = -1;
  if (r != NULL && r->target != NULL) {
    hp_target_rouse();
    fd = hp_target_descriptor(r->target);
  }
  if (fd >= 0)
    lua_pushinteger(L, fd);
  else
    lua_pushnil(L);
  return 1;
}

/* core.remote_poll() -> how many commands it ran: of those that are there now, lest clients keep
** the program for ever. The function that calls it is heapy's, and called by the program's. */
static int remote_poll(lua_State *L) {
  lua_Integer n = 0;
  Record *r = record_of(L);
  hp_Job job;
  int most = r != NULL && r->target != NULL ? hp_target_jobs(r->target) : 0;
  while (n <= most && r != NULL && r->target != NULL && hp_target_take(r->target, &job)) {
    do_job(L, r, &job, 2);
    n++;
  }
  if (r != NULL && r->target != NULL) hp_attention_rest(r->target);
  lua_pushinteger(L, n);
  return 1;
}

/* ---- for the Lua side of a command ---------------------------------------- */

/* core.remote_say(text): to whoever asked; raises where the command is broken off */
static int remote_say(lua_State *L) {
  size_t n;
  const char *text = luaL_checklstring(L, 1, &n);
  hp_Target *t = check_on(L);
  if (hp_target_out(t, text, n)) return 0;
  lua_pushstring(L, hp_target_broken(t));
  return lua_error(L);
}

/* core.remote_candidates(list, from): as many as go into a frame */
static int remote_candidates(lua_State *L) {
  hp_Target *t = check_on(L);
  lua_Integer i, n, from = luaL_checkinteger(L, 2);
  hp_Text list = {0};
  luaL_checktype(L, 1, LUA_TTABLE);
  n = (lua_Integer)lua_rawlen(L, 1);
  for (i = 1; i <= n; i++) {
    size_t length, before = list.bytes.n;
    const char *s;
    lua_rawgeti(L, 1, i);
    s = lua_tolstring(L, -1, &length);
    if (before > 0) hp_text_puts(&list, ",");
    hp_quote_json(&list, s != NULL ? s : "", s != NULL ? length : 0);
    if (list.bytes.n > MOST_CANDIDATES) list.bytes.n = before; /* a shorter one may go in */
    lua_settop(L, 2);
  }
  hp_target_candidates(t, list.bytes.at, list.bytes.n, from);
  hp_text_free(&list);
  return 0;
}

/* core.remote_busy() -> does a command run? */
static int remote_busy(lua_State *L) {
  const Record *r = record_of(L);
  lua_pushboolean(L, r != NULL && r->busy);
  return 1;
}

/* core.remote_is_short() -> has the command that runs left the program short of memory? */
static int remote_is_short(lua_State *L) {
  const Record *r = record_of(L);
  lua_pushboolean(L, r != NULL && r->busy && hp_room_is_short(L, &r->held));
  return 1;
}

/* core.remote_tell(lines): what a glance found */
static int remote_tell(lua_State *L) {
  size_t n;
  const char *lines = luaL_checklstring(L, 1, &n);
  hp_target_glance(check_on(L), lines, n);
  return 0;
}

/* core.remote_objects() -> how many objects the VM has, nil where it is not known; and
** whether there are more */
static int remote_objects(lua_State *L) {
  const hp_State *s = hp_state_of(L);
  size_t n;
  if (!s->proven) return 0;
  n = hp_vm_count(&s->vm, COUNTED);
  lua_pushinteger(L, (lua_Integer)(n < COUNTED ? n : COUNTED));
  lua_pushboolean(L, n > COUNTED);
  return 2;
}

#if defined(HP_TESTING)
/* core.remote_hurry(times): clients have so many times less time */
static int remote_hurry(lua_State *L) {
  hp_hub_hurry((int)luaL_checkinteger(L, 1));
  return 0;
}
#endif

const luaL_Reg hp_remote_functions[] = {
#if defined(HP_TESTING)
    {"remote_hurry", remote_hurry},
#endif
    {"remote_on", remote_on},       {"remote_off", remote_off},
    {"remote_path", remote_path},   {"remote_fd", remote_fd},
    {"remote_poll", remote_poll},   {"remote_say", remote_say},
    {"remote_candidates", remote_candidates}, {"remote_tell", remote_tell},
    {"remote_objects", remote_objects}, {"remote_busy", remote_busy},
    {"remote_is_short", remote_is_short},
    {NULL, NULL},
};

void hp_remote_open(lua_State *L) {
  hp_state_metatable(L, RECORD, end_record, NULL);
  hp_state_metatable(L, SENTINEL, meet, NULL);
  hp_where_own(meet);
  hp_where_own(post_next);
  hp_where_own(run);
}
