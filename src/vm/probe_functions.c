/* The proof's third part: threads, and what only running code makes, in the
** scratch state: prototypes, Lua closures, upvalues open and closed, calls. */
#include "probe_parts.h"
#include "size.h"

#define UP 12345 /* the value of the local that becomes an upvalue */

/* The 200 empty lines make the compiler keep an absolute line number; the depth
** of 30 leaves unused calls on the coroutine's chain. */
#define LINES20 "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
#define LINES200 LINES20 LINES20 LINES20 LINES20 LINES20 LINES20 LINES20 LINES20 LINES20 LINES20

static const char chunk[] =
    "local hp_pause, hp_object = ...\n"
    "local hp_close <close> = hp_object\n"
    "local function hp_deep(n) if n > 0 then return 1 + hp_deep(n - 1) end return 0 end\n"
    "local hp_up = 12345\n"
    "local function hp_more(a, b)\n"
    "  return hp_up, 'hp constant', 0.5\n"
    "end\n" LINES200 "hp_deep(30)\n"
    "hp_pause(hp_more)\n";

enum { PROTOS = 2, DEEP_LINE = 3, MORE_LINE = 5, MORE_LAST = 7, LOCALS = 6, UP_INDEX = 4 };
enum { DEEP_CALL_LINE = MORE_LAST + 200 + 1 };

/* ---- threads -------------------------------------------------------------- */

static void hook(lua_State *L, lua_Debug *ar) {
  (void)L;
  (void)ar;
}

/* How much lies in front of a lua_State (LUA_EXTRASPACE), by the addresses that
** the allocator gave; the main thread has as much. */
static void measure_extra(hp_Probe *p, const char *o) {
  const hp_Scratch *s = &p->scratch;
  size_t extra = (size_t)((uintptr_t)o - (uintptr_t)s->thread);
  size_t size = p->vm.layout->L_size + extra;
  hp_probe_must(p, extra <= 4096 && s->thread_size == size);
  hp_probe_must(p, (uintptr_t)p->vm.main - (uintptr_t)s->block == extra);
  hp_probe_must(p, s->block_size >= size + p->vm.layout->G_mt);
  p->vm.thread_extra = extra;
  p->vm.block = s->block_size;
}

static void hooked(hp_Probe *p, lua_State *co) {
  char copy[HP_PROBE_OBJECT];
  lua_sethook(co, hook, LUA_MASKCOUNT, 1000);
  hp_probe_object(p, (const char *)co, copy);
  hp_probe_must(p, hp_ptr(copy, p->vm.layout->L_hook) == (const char *)(uintptr_t)hook);
  hp_probe_must(p, hp_u32(copy, p->vm.layout->L_hookmask) == LUA_MASKCOUNT);
  lua_sethook(co, NULL, 0, 0);
}

static void grown_stack(hp_Probe *p, lua_State *co) {
  char copy[HP_PROBE_OBJECT];
  size_t before = hp_probe_size(p, (const char *)co);
  size_t live = p->scratch.live;
  hp_probe_must(p, lua_checkstack(co, 500));
  hp_probe_must(p, hp_probe_size(p, (const char *)co) - before == p->scratch.live - live);
  hp_probe_object(p, (const char *)co, copy);
  hp_probe_must(p, hp_thread_stack_slots(&p->vm, copy) >= 500);
}

void hp_probe_threads(hp_Probe *p) {
  char copy[HP_PROBE_OBJECT];
  hp_Before b = hp_probe_before(p);
  lua_State *co = lua_newthread(p->L);
  measure_extra(p, (const char *)co);
  hp_probe_must(p, hp_probe_born(p, b, HP_TTHREAD, p->scratch.live - b.live) == (const char *)co);
  hp_probe_object(p, (const char *)co, copy);
  hp_probe_must(p, hp_ptr(copy, p->vm.layout->L_g) == p->vm.g);
  hp_probe_must(p, hp_thread_ci(&p->vm, copy) == hp_thread_base_ci(&p->vm, (const char *)co));
  hp_probe_must(p, hp_thread_openupval(&p->vm, copy) == NULL);
  hooked(p, co);
  grown_stack(p, co);
}

/* ---- prototypes ----------------------------------------------------------- */

static void line_numbers(hp_Probe *p, const char *proto, uint32_t first, uint32_t last) {
  hp_probe_must(p, hp_proto_line(proto) == first && hp_proto_lastline(proto) == last);
}

/* The first and last byte can be read. */
static void block(hp_Probe *p, const char *at, size_t n) {
  char byte;
  hp_probe_must(p, at != NULL && n > 0 && n < (1 << 20));
  hp_probe_read(p, at, &byte, 1);
  hp_probe_read(p, hp_probe_at(at, n - 1), &byte, 1);
}

static void local(hp_Probe *p, const char *proto, uint32_t i, const char *name) {
  char var[16];
  if (!hp_probe_must(p, i < hp_proto_nlocvars(proto))) return;
  hp_probe_read(p, hp_probe_at(hp_ptr(proto, 104), 16 * (size_t)i), var, sizeof var);
  hp_probe_text(p, hp_locvar_name(var), name);
  hp_probe_must(p, hp_locvar_start(var) < hp_locvar_end(var));
  hp_probe_must(p, hp_locvar_end(var) <= hp_proto_ncode(proto));
}

static void upvalue_name(hp_Probe *p, const char *proto, const char *name) {
  const char *text = NULL;
  hp_probe_must(p, hp_proto_nupvalues(proto) == 1);
  hp_probe_read(p, hp_ptr(proto, 80), &text, sizeof text);
  hp_probe_text(p, text, name);
}

/* The chunk's lines: an absolute entry is of the first instruction behind the
** empty lines, whose relative entry says so (ABSLINEINFO). Builds for tests have
** more such entries. */
static void lines(hp_Probe *p, const char *proto) {
  uint32_t at[2] = {0, 0}; /* instruction, line */
  uint8_t relative = 0;
  uint32_t i, n = hp_proto_nabslineinfo(proto);
  hp_probe_must(p, hp_proto_nlineinfo(proto) == hp_proto_ncode(proto));
  for (i = 0; p->ok && i < n && i < 64 && at[1] != DEEP_CALL_LINE; i++)
    hp_probe_read(p, hp_probe_at(hp_proto_abslineinfo(proto), sizeof at * i), at, sizeof at);
  hp_probe_must(p, at[1] == DEEP_CALL_LINE && at[0] < hp_proto_ncode(proto));
  hp_probe_read(p, hp_probe_at(hp_proto_lineinfo(proto), at[0]), &relative, 1);
  hp_probe_must(p, relative == 0x80);
}

/* The i-th prototype inside this one. */
static const char *inner(hp_Probe *p, const char *proto, int i) {
  const char *o = NULL;
  hp_probe_read(p, hp_probe_at(hp_ptr(proto, 72), 8 * (size_t)i), &o, sizeof o);
  return o;
}

/* hp_more's: two constants, one upvalue, two parameters. */
static void more_proto(hp_Probe *p, const char *o) {
  char proto[HP_PROBE_OBJECT];
  char k[2 * HP_VALUE_SIZE];
  hp_probe_object(p, o, proto);
  hp_probe_must(p, hp_tag(proto) == HP_TPROTO && hp_proto_nk(proto) == 2);
  hp_probe_must(p, hp_proto_np(proto) == 0 && hp_proto_numparams(proto) == 2);
  line_numbers(p, proto, MORE_LINE, MORE_LAST);
  local(p, proto, 0, "a");
  local(p, proto, 1, "b");
  upvalue_name(p, proto, "hp_up");
  hp_probe_read(p, hp_proto_k(proto, 0), k, sizeof k);
  hp_probe_must(p, hp_value_tag(k) == (HP_TSHORTSTRING | HP_COLLECTABLE));
  hp_probe_text(p, hp_value_object(k), "hp constant");
  hp_probe_must(p, hp_value_tag(k + HP_VALUE_SIZE) == HP_TFLOAT);
}

static void deep_proto(hp_Probe *p, const char *o) {
  char proto[HP_PROBE_OBJECT];
  hp_probe_object(p, o, proto);
  hp_probe_must(p, hp_tag(proto) == HP_TPROTO && hp_proto_numparams(proto) == 1);
  line_numbers(p, proto, DEEP_LINE, DEEP_LINE);
  local(p, proto, 0, "n");
  upvalue_name(p, proto, "hp_deep");
}

/* The whole chunk's; gives hp_more's. */
static const char *chunk_proto(hp_Probe *p, const char *o) {
  char proto[HP_PROBE_OBJECT];
  const char *more;
  hp_probe_object(p, o, proto);
  hp_probe_must(p, hp_tag(proto) == HP_TPROTO && hp_proto_np(proto) == PROTOS);
  hp_probe_must(p, hp_proto_numparams(proto) == 0 && hp_proto_nlocvars(proto) == LOCALS);
  hp_probe_text(p, hp_proto_source(proto), "=hp probe");
  local(p, proto, 0, "hp_pause");
  local(p, proto, UP_INDEX, "hp_up");
  upvalue_name(p, proto, "_ENV");
  block(p, hp_proto_code(proto), 4 * (size_t)hp_proto_ncode(proto));
  lines(p, proto);
  deep_proto(p, inner(p, proto, 0));
  more = inner(p, proto, 1);
  more_proto(p, more);
  return more;
}

/* ---- the chunk, in a coroutine -------------------------------------------- */

typedef struct Source {
  const char *text;
  size_t n;
} Source;

static const char *next_piece(lua_State *L, void *data, size_t *n) {
  Source *s = (Source *)data;
  (void)L;
  *n = s->n;
  s->n = 0;
  return s->text;
}

static int yield_all(lua_State *L) { return lua_yield(L, lua_gettop(L)); }

static int close_nothing(lua_State *L) {
  (void)L;
  return 0;
}

/* Puts the chunk on top of p->L; gives its prototype. */
static const char *compile(hp_Probe *p) {
  char closure[HP_PROBE_OBJECT];
  Source s = {chunk, sizeof chunk - 1};
  hp_probe_must(p, lua_load(p->L, next_piece, &s, "=hp probe", "t") == LUA_OK);
  if (!p->ok) return NULL;
  hp_probe_object(p, (const char *)lua_topointer(p->L, -1), closure);
  hp_probe_must(p, hp_tag(closure) == HP_TLUACLOSURE && hp_closure_nup(closure) == 1);
  return hp_lclosure_proto(closure);
}

/* hp_more's only upvalue; the value itself goes into 'value'. */
static const char *upvalue_of(hp_Probe *p, char copy[HP_PROBE_OBJECT], char *value) {
  char closure[HP_PROBE_OBJECT];
  const char *o = (const char *)lua_topointer(p->L, -1);
  const char *up;
  hp_probe_object(p, o, closure);
  hp_probe_must(p, hp_tag(closure) == HP_TLUACLOSURE && hp_closure_nup(closure) == 1);
  hp_probe_read(p, o + 32, &up, sizeof up);
  hp_probe_must(p, up == (const char *)lua_upvalueid(p->L, -1, 1));
  hp_probe_object(p, up, copy);
  hp_probe_must(p, hp_tag(copy) == HP_TUPVALUE);
  hp_probe_read(p, hp_upvalue_value(copy), value, HP_VALUE_SIZE);
  hp_probe_must(p, hp_value_tag(value) == HP_TINTEGER && hp_u64(value, 0) == UP);
  return up;
}

/* While the coroutine is suspended, the upvalue is a slot of its stack, and the
** first on its list. */
static void open_upvalue(hp_Probe *p, const char *thread) {
  char copy[HP_PROBE_OBJECT];
  char value[HP_VALUE_SIZE];
  const char *up = upvalue_of(p, copy, value);
  const char *at = hp_upvalue_value(copy);
  hp_probe_must(p, hp_thread_openupval(&p->vm, thread) == up && at != hp_probe_at(up, 24));
  hp_probe_must(p, at > hp_thread_stack(&p->vm, thread) && at < hp_thread_top(&p->vm, thread));
}

static void closed_upvalue(hp_Probe *p, const lua_State *co) {
  char copy[HP_PROBE_OBJECT];
  char value[HP_VALUE_SIZE];
  const char *up = upvalue_of(p, copy, value);
  hp_probe_must(p, hp_upvalue_value(copy) == hp_probe_at(up, 24));
  hp_probe_object(p, (const char *)co, copy);
  hp_probe_must(p, hp_thread_openupval(&p->vm, copy) == NULL);
}

/* The suspended coroutine's two calls: hp_pause, a C function, and the chunk,
** which is somewhere in its code; 30 and more are chained behind. */
static void suspended_calls(hp_Probe *p, const char *thread, const char *o) {
  char ci[HP_CI_SIZE], value[HP_VALUE_SIZE], proto[HP_PROBE_OBJECT];
  const char *code;
  hp_probe_read(p, hp_thread_ci(&p->vm, thread), ci, sizeof ci);
  hp_probe_must(p, hp_ci_status(ci) & HP_CIST_C);
  hp_probe_read(p, hp_ci_previous(ci), ci, sizeof ci);
  hp_probe_must(p, (hp_ci_status(ci) & HP_CIST_C) == 0);
  hp_probe_read(p, hp_ci_func(ci), value, sizeof value);
  hp_probe_must(p, hp_value_tag(value) == (HP_TLUACLOSURE | HP_COLLECTABLE));
  hp_probe_object(p, o, proto);
  code = hp_proto_code(proto);
  hp_probe_must(p, hp_ci_savedpc(ci) > code);
  hp_probe_must(p, hp_ci_savedpc(ci) <= hp_probe_at(code, 4 * (size_t)hp_proto_ncode(proto)));
  hp_probe_must(p, hp_ci_top(ci) > hp_ci_func(ci));
  hp_probe_must(p, hp_u16(thread, p->vm.layout->L_nci) > 30);
}

/* With the suspended coroutine's closure hp_more on top of p->L. */
static void suspended(hp_Probe *p, lua_State *co, const char *proto, const char *more) {
  char thread[HP_PROBE_OBJECT], closure[HP_PROBE_OBJECT];
  hp_Probe inside = *p;
  hp_probe_object(p, (const char *)co, thread);
  hp_probe_must(p, hp_thread_status(&p->vm, thread) == LUA_YIELD);
  hp_probe_object(p, (const char *)lua_topointer(p->L, -1), closure);
  hp_probe_must(p, hp_lclosure_proto(closure) == more);
  open_upvalue(p, thread);
  suspended_calls(p, thread, proto);
  inside.L = co;
  hp_probe_calls(&inside);
  hp_probe_must(p, inside.ok);
}

/* What the chunk's variable closes: while it waits to be closed, the list of
** such variables does not start at the stack's bottom, where it is else. */
static void push_closable(lua_State *L) {
  lua_createtable(L, 0, 0);
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, close_nothing);
  lua_setfield(L, -2, "__close");
  lua_setmetatable(L, -2);
}

/* The same thread, not suspended any more: what else lies in it is much as it was. */
static void ended(hp_Probe *p, lua_State *co) {
  char thread[HP_PROBE_OBJECT];
  hp_probe_object(p, (const char *)co, thread);
  hp_probe_must(p, hp_thread_status(&p->vm, thread) == LUA_OK);
}

void hp_probe_functions(hp_Probe *p) {
  int results = 0;
  lua_State *co = lua_newthread(p->L);
  const char *proto = compile(p);
  const char *more = chunk_proto(p, proto);
  if (!p->ok) return;
  lua_pushcfunction(p->L, yield_all);
  push_closable(p->L);
  lua_xmove(p->L, co, 3);
  hp_probe_must(p, lua_resume(co, p->L, 2, &results) == LUA_YIELD && results == 1);
  if (!p->ok) return;
  lua_xmove(co, p->L, 1);
  suspended(p, co, proto, more);
  hp_probe_must(p, lua_resume(co, p->L, 0, &results) == LUA_OK);
  ended(p, co);
  closed_upvalue(p, co);
}
