/* The load-time proof as a Lua module of its own, for its specs. "Proves" means:
** gives a table {name, checks, ms, block, thread_extra}, or nil and the reason.
**
**   probe.prove()            proves
**   probe.only(i)            proves with row i alone (1: the oldest release)
**   probe.corrupt(f, d [,i]) proves with d added to field f of every row, or of row i
**   probe.fields, probe.rows the names of a row's fields; how many rows there are
**   probe.in_hook(co)        proves in a C hook, at the coroutine's next instruction;
**   probe.hooked()           gives what that gave
**   probe.address(v)         address of the object v
**   probe.peek(a, n)         n bytes at address a, or nil
**   probe.refuse(on)         from now on as if process_vm_readv were refused
**   probe.fail(n)            the n-th request for memory fails, and all after it (0: none)
**   probe.held()             bytes that heapy holds
*/
#include "base/error.h"
#include "base/mem.h"
#include "vm/peek.h"
#include "vm/probe_rows.h"

#include <lauxlib.h>
#include <lua.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#define ROWS_MAX 8

/* ---- the fields of a row, by name ----------------------------------------- */

typedef struct Field {
  const char *name;
  size_t at, size;
} Field;

#define F(name) \
  { #name, offsetof(hp_Layout, name), sizeof(((hp_Layout *)0)->name) }

static const Field fields[] = {F(L_size),       F(L_status),
                               F(L_nci),        F(L_top),
                               F(L_g),          F(L_ci),
                               F(L_stack_last), F(L_stack),
                               F(L_openupval),  F(L_base_ci),
                               F(L_hook),       F(L_hookmask),
                               F(L_stacksize),  F(G_currentwhite),
                               F(G_gcstate),    F(G_gckind),
                               F(G_gcstp),      F(G_mainthread),
                               F(G_memerrmsg),  F(G_tmname),
                               F(G_mt),         F(realsize_in_marked),
                               F(deadkey_tag)};

#define FIELDS ((int)(sizeof fields / sizeof *fields))

static const Field *find_field(lua_State *L, int arg) {
  const char *name = luaL_checkstring(L, arg);
  int i;
  for (i = 0; i < FIELDS; i++)
    if (strcmp(fields[i].name, name) == 0) return &fields[i];
  luaL_argerror(L, arg, "no such field");
  return NULL;
}

/* A field of one byte that says yes or no is turned over instead. */
static void add(hp_Layout *row, const Field *f, lua_Integer delta) {
  char *at = (char *)row + f->at;
  uint8_t byte;
  uint16_t word;
  if (f->size == sizeof byte) {
    byte = (uint8_t)(*(uint8_t *)at <= 1 ? !*(uint8_t *)at : *(uint8_t *)at + delta);
    memcpy(at, &byte, sizeof byte);
  } else {
    memcpy(&word, at, sizeof word);
    word = (uint16_t)(word + delta);
    memcpy(at, &word, sizeof word);
  }
}

/* ---- proving -------------------------------------------------------------- */

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static void set_integer(lua_State *L, const char *name, size_t n) {
  lua_pushinteger(L, (lua_Integer)n);
  lua_setfield(L, -2, name);
}

static int push_vm(lua_State *L, const hp_Vm *vm, int checks, double ms) {
  lua_createtable(L, 0, 5);
  lua_pushstring(L, vm->layout->name);
  lua_setfield(L, -2, "name");
  lua_pushnumber(L, ms);
  lua_setfield(L, -2, "ms");
  set_integer(L, "checks", (size_t)checks);
  set_integer(L, "block", vm->block);
  set_integer(L, "thread_extra", vm->thread_extra);
  return 1;
}

static int push_refusal(lua_State *L, int status, const char *why) {
  lua_pushnil(L);
  lua_pushstring(L, status == HP_ENOMEM ? "not enough memory" : why);
  return 2;
}

static int prove_rows(lua_State *L, const hp_Layout *rows, int n) {
  char why[HP_WHY_SIZE] = "";
  hp_Vm vm;
  int checks = 0;
  double begin = now_ms();
  int status = hp_vm_prove_rows(L, rows, n, &vm, &checks, why);
  double ms = now_ms() - begin;
  return status == HP_OK ? push_vm(L, &vm, checks, ms) : push_refusal(L, status, why);
}

static int prove(lua_State *L) { return prove_rows(L, hp_layouts, hp_layouts_n); }

static int row_argument(lua_State *L, int arg) {
  lua_Integer i = luaL_checkinteger(L, arg);
  luaL_argcheck(L, i >= 1 && i <= hp_layouts_n, arg, "no such row");
  return (int)i - 1;
}

static int only(lua_State *L) { return prove_rows(L, &hp_layouts[row_argument(L, 1)], 1); }

static int corrupt(lua_State *L) {
  hp_Layout rows[ROWS_MAX];
  const Field *f = find_field(L, 1);
  lua_Integer delta = luaL_checkinteger(L, 2);
  int i, one = lua_isnoneornil(L, 3) ? -1 : row_argument(L, 3);
  for (i = 0; i < hp_layouts_n; i++) {
    rows[i] = hp_layouts[i];
    if (one < 0 || i == one) add(&rows[i], f, delta);
  }
  return prove_rows(L, rows, hp_layouts_n);
}

/* ---- from a hook ---------------------------------------------------------- */

#define RESULT "heapy_probe hook" /* where the registry keeps what a hook found */

static void hook(lua_State *L, lua_Debug *ar) {
  (void)ar;
  lua_sethook(L, NULL, 0, 0);
  prove(L);
  lua_setfield(L, LUA_REGISTRYINDEX, RESULT);
}

static int in_hook(lua_State *L) {
  lua_State *co = lua_tothread(L, 1);
  luaL_argexpected(L, co != NULL, 1, "coroutine");
  lua_sethook(co, hook, LUA_MASKCOUNT, 1);
  return 0;
}

static int hooked(lua_State *L) {
  lua_getfield(L, LUA_REGISTRYINDEX, RESULT);
  lua_pushnil(L);
  lua_setfield(L, LUA_REGISTRYINDEX, RESULT);
  return 1;
}

/* ---- memory --------------------------------------------------------------- */

static int peek(lua_State *L) {
  char bytes[8192];
  hp_Peek k;
  const void *from = (const void *)(uintptr_t)luaL_checkinteger(L, 1);
  lua_Integer n = luaL_checkinteger(L, 2);
  luaL_argcheck(L, n >= 0 && n <= (lua_Integer)sizeof bytes, 2, "too many");
  if (hp_peek_open(&k) == HP_OK && hp_peek(&k, bytes, from, (size_t)n))
    lua_pushlstring(L, bytes, (size_t)n);
  else
    lua_pushnil(L);
  hp_peek_close(&k);
  return 1;
}

static int address(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)(uintptr_t)lua_topointer(L, 1));
  return 1;
}

static int held(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)hp_mem_held());
  return 1;
}

#if defined(HP_TESTING)
static int refuse(lua_State *L) {
  hp_peek_refuse(lua_toboolean(L, 1));
  return 0;
}

static int fail(lua_State *L) {
  hp_mem_fail((long)luaL_checkinteger(L, 1));
  return 0;
}
#endif

static const luaL_Reg functions[] = {{"prove", prove},     {"only", only},     {"corrupt", corrupt},
                                     {"in_hook", in_hook}, {"hooked", hooked}, {"peek", peek},
                                     {"address", address}, {"held", held},
#if defined(HP_TESTING)
                                     {"refuse", refuse},   {"fail", fail},
#endif
                                     {NULL, NULL}};

__attribute__((visibility("default"))) int luaopen_heapy_probe(lua_State *L);

int luaopen_heapy_probe(lua_State *L) {
  int i;
  luaL_newlib(L, functions);
  lua_createtable(L, FIELDS, 0);
  for (i = 0; i < FIELDS; i++) {
    lua_pushstring(L, fields[i].name);
    lua_rawseti(L, -2, i + 1);
  }
  lua_setfield(L, -2, "fields");
  lua_pushinteger(L, hp_layouts_n);
  lua_setfield(L, -2, "rows");
  return 1;
}
