/* A module for the specs: Lua states whose allocator keeps books, and values that
** Lua code cannot make by itself. It links no part of heapy.
**
**   truth.userdata(bytes, n)   a full userdata with n user values
**   truth.closure(f, ...)      a C function with f and the rest as upvalues; calls f
**   truth.word(address, at)    the eight bytes at address + at, as an integer
**   truth.state(plain)         a new state with the standard libraries; plain: without books
**   truth.wrap()               puts a wrapper around this state's allocator that only counts
**   truth.unwrap()             gives back the allocator that the last truth.wrap found
**   truth.wrapped()            how often that wrapper was called
**   truth.allocator()          what this state's allocator is now, as a string
**   truth.install(allocator)   puts it there (again)
**   truth.buffer()             a userdata with a buffer, which it frees when it is collected
**   truth.fill(buffer, bytes)  makes that with this state's allocator, which it keeps
**   truth.tableon(thread), truth.interrupt(thread, n)   see there
**
**   state:run(chunk, ...)      calls the chunk in it: true, results | false, message;
**                              only nil, booleans, numbers and strings pass
**   state:resume(chunk, ...)   the same in a coroutine that C makes and resumes
**   state:live()               bytes its blocks have now, as they were asked for
**   state:limit(n)             the n-th growth from now fails, and all after it; 0: none
**   state:every(n)             every n-th growth fails; 0: none
**   state:close()              closes it; the bytes its blocks have then
**   state:asked()              a hash of what was asked since this was called, and how often
**   state:heir()               another state with the allocator that this one has now
**   state:start(chunk)         runs it in an OS thread of its own; state:join() waits for it,
**                              and answers as state:run
**
** Inside such a state 'truth' is this module, and has more:
**   truth.live()               as state:live
**   truth.limit(n), .every(n)  as state:limit, state:every
**   truth.note()               copies the books; the next two read the copy
**   truth.claim(address)       bytes and tag of the block that begins there, once; or nil
**   truth.rest()               how many blocks nobody claimed, and their bytes
*/
#include "wrapper.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define STATE "truth.State"

/* In front of every block: its place in the list of all, and what was asked. */
typedef struct Block {
  struct Block *next, *before;
  size_t size;
  size_t tag; /* what Lua gave as the old size: the object's type, or 0 */
} Block;

typedef struct Noted {
  uintptr_t at;
  size_t size, tag;
  int claimed;
} Noted;

typedef struct Books {
  Block *blocks;
  size_t n, live;
  long limit, every, growths;
  uint64_t asked;
  lua_Integer requests;
  Noted *noted; /* by address */
  size_t nnoted;
} Books;

typedef struct State {
  lua_State *S;
  int running;
  pthread_t thread;
  int status;
  Books books;
} State;

/* ---- the allocator -------------------------------------------------------- */

static int refused(Books *b) {
  if (b->limit == 1) return 1;
  if (b->limit > 1) b->limit--;
  return b->every > 0 && ++b->growths % b->every == 0;
}

static void enter(Books *b, Block *block) {
  block->before = NULL;
  block->next = b->blocks;
  if (b->blocks != NULL) b->blocks->before = block;
  b->blocks = block;
  b->live += block->size;
  b->n++;
}

static void leave(Books *b, Block *block) {
  if (block->before != NULL)
    block->before->next = block->next;
  else
    b->blocks = block->next;
  if (block->next != NULL) block->next->before = block->before;
  b->live -= block->size;
  b->n--;
}

static Block *fresh(size_t tag, size_t size) {
  Block *block = malloc(sizeof *block + size);
  if (block == NULL) return NULL;
  block->size = size;
  block->tag = tag;
  return block;
}

static void ask(Books *b, size_t fresh_one, size_t old, size_t size) {
  b->asked = ((b->asked * 31 + fresh_one) * 31 + old) * 0x9E3779B97F4A7C15u + size;
  b->requests++;
}

/* Every block moves when it is resized: nobody shall count on its place. */
static void *allocate(void *ud, void *p, size_t old, size_t size) {
  Books *b = ud;
  Block *was = p == NULL ? NULL : (Block *)p - 1, *block = NULL;
  ask(b, p == NULL, old, size);
  if (size > 0) {
    if ((p == NULL || size > old) && refused(b)) return NULL;
    block = fresh(p == NULL ? old : was->tag, size);
    if (block == NULL) return NULL;
    if (p != NULL) memcpy(block + 1, p, old < size ? old : size);
    enter(b, block);
  }
  if (was != NULL) {
    leave(b, was);
    free(was);
  }
  return block == NULL ? NULL : block + 1;
}

/* ---- allocators as values -------------------------------------------------- */

typedef struct Allocator {
  lua_Alloc f;
  void *ud;
} Allocator;

static int allocator(lua_State *L) {
  Allocator a;
  a.f = lua_getallocf(L, &a.ud);
  (void)lua_pushlstring(L, (const char *)&a, sizeof a);
  return 1;
}

static int install(lua_State *L) {
  Allocator a;
  luaL_argcheck(L, lua_rawlen(L, 1) == sizeof a, 1, "no allocator");
  memcpy(&a, luaL_checkstring(L, 1), sizeof a);
  lua_setallocf(L, a.f, a.ud);
  return 0;
}

/* ---- the books, from inside ----------------------------------------------- */

static const char books_key = 'b';

/* The state's allocator may be wrapped by now: so the books are found in its registry. */
static Books *books_of(lua_State *L) {
  Books *b;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &books_key);
  b = lua_touserdata(L, -1);
  lua_pop(L, 1);
  if (b == NULL) luaL_error(L, "this state keeps no books");
  return b;
}

static int by_address(const void *x, const void *y) {
  uintptr_t a = ((const Noted *)x)->at, b = ((const Noted *)y)->at;
  return (a > b) - (a < b);
}

static int books_live(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)books_of(L)->live);
  return 1;
}

static int books_limit(lua_State *L) {
  books_of(L)->limit = (long)luaL_checkinteger(L, 1);
  return 0;
}

static int books_every(lua_State *L) {
  books_of(L)->every = (long)luaL_checkinteger(L, 1);
  return 0;
}

static int books_note(lua_State *L) {
  Books *b = books_of(L);
  const Block *block;
  size_t i = 0;
  free(b->noted);
  b->nnoted = 0;
  b->noted = calloc(b->n, sizeof *b->noted);
  if (b->noted == NULL) return luaL_error(L, "no room for a copy of the books");
  for (block = b->blocks; block != NULL; block = block->next, i++) {
    b->noted[i].at = (uintptr_t)(block + 1);
    b->noted[i].size = block->size;
    b->noted[i].tag = block->tag;
  }
  b->nnoted = i;
  qsort(b->noted, i, sizeof *b->noted, by_address);
  return 0;
}

static int books_claim(lua_State *L) {
  Books *b = books_of(L);
  Noted key = {(uintptr_t)luaL_checkinteger(L, 1), 0, 0, 0};
  Noted *found = b->nnoted == 0
                     ? NULL
                     : bsearch(&key, b->noted, b->nnoted, sizeof key, by_address);
  if (found == NULL || found->claimed) return 0;
  found->claimed = 1;
  lua_pushinteger(L, (lua_Integer)found->size);
  lua_pushinteger(L, (lua_Integer)found->tag);
  return 2;
}

static int books_rest(lua_State *L) {
  const Books *b = books_of(L);
  lua_Integer n = 0, bytes = 0;
  size_t i;
  for (i = 0; i < b->nnoted; i++) {
    if (b->noted[i].claimed) continue;
    n++;
    bytes += (lua_Integer)b->noted[i].size;
  }
  lua_pushinteger(L, n);
  lua_pushinteger(L, bytes);
  return 2;
}

/* ---- values --------------------------------------------------------------- */

static int make_userdata(lua_State *L) {
  size_t bytes = (size_t)luaL_checkinteger(L, 1);
  void *p = lua_newuserdatauv(L, bytes, (int)luaL_checkinteger(L, 2));
  memset(p, 0, bytes);
  return 1;
}

static int call_first_upvalue(lua_State *L) {
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

static int make_closure(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_pushcclosure(L, call_first_upvalue, lua_gettop(L));
  return 1;
}

static int word(lua_State *L) {
  const char *at = (const char *)(uintptr_t)luaL_checkinteger(L, 1) + luaL_checkinteger(L, 2);
  lua_Integer v;
  memcpy(&v, at, sizeof v);
  lua_pushinteger(L, v);
  return 1;
}

/* ---- states --------------------------------------------------------------- */

static int open_truth(lua_State *L);

static int open_libraries(lua_State *S) {
  void *books;
  if (lua_getallocf(S, &books) == allocate) {
    lua_pushlightuserdata(S, books);
    lua_rawsetp(S, LUA_REGISTRYINDEX, &books_key);
  }
  luaL_openlibs(S);
  luaL_requiref(S, "heapy_truth", open_truth, 0);
  lua_setglobal(S, "truth");
  return 0;
}

static State *push_state(lua_State *L) {
  State *s = lua_newuserdatauv(L, sizeof *s, 0);
  memset(s, 0, sizeof *s);
  luaL_setmetatable(L, STATE);
  return s;
}

static int open_state(lua_State *L, const State *s) {
  if (s->S == NULL) return luaL_error(L, "no memory for a state");
  lua_pushcfunction(s->S, open_libraries);
  if (lua_pcall(s->S, 0, 0, 0) != LUA_OK) return luaL_error(L, "%s", lua_tostring(s->S, -1));
  return 1;
}

static int new_state(lua_State *L) {
  int plain = lua_toboolean(L, 1);
  State *s = push_state(L);
  s->S = plain ? luaL_newstate() : lua_newstate(allocate, &s->books);
  return open_state(L, s);
}

static State *check_state(lua_State *L) {
  State *s = luaL_checkudata(L, 1, STATE);
  luaL_argcheck(L, s->S != NULL, 1, "it is closed");
  return s;
}

static void copy(lua_State *from, lua_State *to, int i) {
  size_t n;
  const char *text;
  switch (lua_type(from, i)) {
    case LUA_TBOOLEAN: lua_pushboolean(to, lua_toboolean(from, i)); break;
    case LUA_TNUMBER:
      if (lua_isinteger(from, i))
        lua_pushinteger(to, lua_tointeger(from, i));
      else
        lua_pushnumber(to, lua_tonumber(from, i));
      break;
    case LUA_TSTRING:
      text = lua_tolstring(from, i, &n);
      lua_pushlstring(to, text, n);
      break;
    default: lua_pushnil(to); break;
  }
}

/* Whether the call succeeded, then all values from 'first' on the state's stack. */
static int answer(lua_State *L, lua_State *from, int ok, int first) {
  int i, top = lua_gettop(from);
  luaL_checkstack(L, top + 1, NULL);
  lua_pushboolean(L, ok);
  for (i = first; i <= top; i++) copy(from, L, i);
  return 1 + (top >= first ? top - first + 1 : 0);
}

/* The chunk and its arguments, which stand from 2 on in the stack of the light
** userdata's state. */
static int load_and_call(lua_State *S) {
  lua_State *L = lua_touserdata(S, 1);
  size_t n;
  const char *text = lua_tolstring(L, 2, &n);
  int i, top = lua_gettop(L);
  luaL_checkstack(S, top + 1, NULL);
  if (luaL_loadbuffer(S, text, n, "=chunk") != LUA_OK) return lua_error(S);
  for (i = 3; i <= top; i++) copy(L, S, i);
  lua_call(S, top - 2, LUA_MULTRET);
  return lua_gettop(S) - 1;
}

static int state_run(lua_State *L) {
  State *s = check_state(L);
  int status;
  (void)luaL_checkstring(L, 2);
  lua_settop(s->S, 0);
  lua_pushcfunction(s->S, load_and_call);
  lua_pushlightuserdata(s->S, L);
  status = lua_pcall(s->S, 1, LUA_MULTRET, 0);
  return answer(L, s->S, status == LUA_OK, 1);
}

static int state_resume(lua_State *L) {
  State *s = check_state(L);
  lua_State *co;
  int status, nresults = 0;
  (void)luaL_checkstring(L, 2);
  lua_settop(s->S, 0);
  co = lua_newthread(s->S);
  lua_pushcfunction(co, load_and_call);
  lua_pushlightuserdata(co, L);
  status = lua_resume(co, NULL, 1, &nresults);
  return answer(L, co, status == LUA_OK, lua_gettop(co) - (status == LUA_OK ? nresults : 1) + 1);
}

static int state_heir(lua_State *L) {
  State *from = check_state(L), *s = push_state(L);
  void *ud;
  lua_Alloc f = lua_getallocf(from->S, &ud);
  s->S = lua_newstate(f, ud);
  return open_state(L, s);
}

static void *work(void *data) {
  State *s = data;
  s->status = lua_pcall(s->S, 0, LUA_MULTRET, 0);
  return NULL;
}

static int state_start(lua_State *L) {
  State *s = check_state(L);
  lua_settop(s->S, 0);
  if (luaL_loadstring(s->S, luaL_checkstring(L, 2)) != LUA_OK ||
      pthread_create(&s->thread, NULL, work, s) != 0)
    return luaL_error(L, "cannot start it");
  s->running = 1;
  return 0;
}

static int state_join(lua_State *L) {
  State *s = check_state(L);
  luaL_argcheck(L, s->running, 1, "it is not running");
  (void)pthread_join(s->thread, NULL);
  s->running = 0;
  return answer(L, s->S, s->status == LUA_OK, 1);
}

static int state_asked(lua_State *L) {
  Books *b = &check_state(L)->books;
  lua_pushinteger(L, (lua_Integer)b->asked);
  lua_pushinteger(L, b->requests);
  b->asked = 0;
  b->requests = 0;
  return 2;
}

static int state_live(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)check_state(L)->books.live);
  return 1;
}

static int state_limit(lua_State *L) {
  check_state(L)->books.limit = (long)luaL_checkinteger(L, 2);
  return 0;
}

static int state_every(lua_State *L) {
  check_state(L)->books.every = (long)luaL_checkinteger(L, 2);
  return 0;
}

static int state_close(lua_State *L) {
  State *s = luaL_checkudata(L, 1, STATE);
  if (s->running) (void)pthread_join(s->thread, NULL);
  s->running = 0;
  if (s->S != NULL) {
    lua_close(s->S);
    truth_free_wrappers(s->S);
  }
  s->S = NULL;
  free(s->books.noted);
  s->books.noted = NULL;
  lua_pushinteger(L, (lua_Integer)s->books.live);
  return 1;
}

/* tableon(thread) -> a table that was made on the thread, which does not run */
static int table_on(lua_State *L) {
  lua_State *other = lua_tothread(L, 1);
  luaL_argexpected(L, other != NULL, 1, "thread");
  lua_newtable(other);
  lua_xmove(other, L, 1);
  return 1;
}

static void yield_at_once(lua_State *L, lua_Debug *ar) {
  (void)ar;
  lua_sethook(L, NULL, 0, 0);
  (void)lua_yield(L, 0);
}

/* interrupt(thread, n) resumes it, and has it yield in a hook after n instructions */
static int interrupt(lua_State *L) {
  lua_State *other = lua_tothread(L, 1);
  int nresults;
  luaL_argexpected(L, other != NULL, 1, "thread");
  lua_sethook(other, yield_at_once, LUA_MASKCOUNT, (int)luaL_checkinteger(L, 2));
  lua_pushboolean(L, lua_resume(other, L, 0, &nresults) == LUA_YIELD);
  return 1;
}

static const luaL_Reg methods[] = {{"run", state_run},     {"resume", state_resume},
                                   {"live", state_live},   {"limit", state_limit},
                                   {"every", state_every}, {"close", state_close},
                                   {"asked", state_asked}, {"heir", state_heir},
                                   {"start", state_start}, {"join", state_join},
                                   {"__gc", state_close},  {NULL, NULL}};

static const luaL_Reg functions[] = {
    {"userdata", make_userdata}, {"closure", make_closure}, {"word", word},
    {"state", new_state},        {"live", books_live},      {"limit", books_limit},
    {"every", books_every},      {"note", books_note},      {"claim", books_claim},
    {"rest", books_rest},        {"wrap", truth_wrap},      {"unwrap", truth_unwrap},
    {"wrapped", truth_wrapped},  {"allocator", allocator}, {"install", install},
    {"tableon", table_on},       {"interrupt", interrupt},  {"buffer", truth_buffer},
    {"fill", truth_fill},        {NULL, NULL}};

static int open_truth(lua_State *L) {
  luaL_newmetatable(L, STATE);
  luaL_setfuncs(L, methods, 0);
  lua_pushvalue(L, -1);
  lua_setfield(L, -2, "__index");
  luaL_newlib(L, functions);
  return 1;
}

__attribute__((visibility("default"))) int luaopen_heapy_truth(lua_State *L);

int luaopen_heapy_truth(lua_State *L) { return open_truth(L); }
