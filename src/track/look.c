/* Learning where to look: see look.h. */
#include "look.h"

#include "base/mem.h"
#include "track.h"
#include "vm/code.h"

#include <dlfcn.h>
#include <stdlib.h>

#define SIGHTS 512
#define WORDS (HP_LOOK_BELOW + HP_LOOK_ABOVE)
#define ENOUGH 8 /* sights of a caller, before anything is believed of it */

/* What there was to see when one object was made, and what was known of it. */
typedef struct Sight {
  int tag;
  const char *thread;
  const char *pc; /* of the OP_NEWTABLE, or NULL: made by C */
  uintptr_t words[WORDS];
} Sight;

struct hp_Lesson {
  hp_Track track;
  Sight *sights;
  int n;
  const char *thread;  /* now running */
  const char *proto;   /* whose constructors are executed one after the other, or NULL */
  uint32_t next;       /* where the next one is looked for in its code */
  int refused;
};

#define word(sight, at) ((sight)->words[HP_LOOK_BELOW + (at)])

#if !HP_LOOK_NEVER
void hp_lesson_note(hp_Lesson *lesson, const uintptr_t *frame, int tag) {
  Sight *s = &lesson->sights[lesson->n];
  const char *code;
  if (lesson->thread == NULL || lesson->n == SIGHTS) return;
  s->tag = tag;
  s->thread = lesson->thread;
  memcpy(s->words, frame - HP_LOOK_BELOW, sizeof s->words);
  lesson->n++;
  if (lesson->proto == NULL || tag != HP_TTABLE) return;
  code = hp_proto_code(lesson->proto);
  for (; lesson->next < hp_proto_ncode(lesson->proto); lesson->next++)
    if (hp_op(hp_code_at(code, lesson->next)) == HP_OP_NEWTABLE) break;
  s->pc = code + 4 * (size_t)lesson->next++;
}
#else
void hp_lesson_note(hp_Lesson *lesson, const uintptr_t *frame, int tag) {
  (void)lesson;
  (void)frame;
  (void)tag;
}
#endif

/* ---- the lesson: objects of all types, made in many ways ------------------ */

static void *plain(void *ud, void *p, size_t old, size_t n) {
  hp_Lesson *lesson = ud;
  void *q;
  if (n == 0) {
    hp_mem_free(p, p == NULL ? 0 : old);
    return NULL;
  }
  q = p == NULL ? hp_mem_new(n) : hp_mem_resize(p, old, n);
  if (q == NULL) lesson->refused = 1;
  return q;
}

static const char chunk[] =
    "local function make(...)\n"
    "  local a = {} local b, c = {1, 2}, {x = a} local d = {{}, {y = {c}}}\n"
    "  local e = {a, {b, {...}}, z = {}} a, b = {}, {[1] = {}}\n"
    "  return {e, {d}}, {}\n"
    "end\n"
    "return make, function(f) local a, b = f() return a, b end, function(t) return t.x end\n";

static const char *read_chunk(lua_State *L, void *data, size_t *n) {
  const char **text = data, *s = *text;
  (void)L;
  *text = NULL;
  *n = s == NULL ? 0 : sizeof chunk - 1;
  return s;
}

static int noop(lua_State *L) {
  (void)L;
  return 0;
}

/* Other words on the stack each time, where functions leave theirs unwritten. */
static __attribute__((noinline)) void stir(unsigned seed, int depth) {
  volatile uintptr_t words[24];
  unsigned i;
  for (i = 0; i < 24; i++) words[i] = (uintptr_t)(seed * 2654435761u + i) << (seed % 7);
  if (depth > 0) stir(seed + (unsigned)words[3], depth - 1);
}

static void make_in_c(hp_Lesson *lesson, lua_State *L, unsigned seed) {
  char text[64] = "x";
  lesson->thread = (const char *)L;
  lesson->proto = NULL;
  memset(text, 'a' + (int)(seed % 26), sizeof text - 1);
  stir(seed, 12);
  (void)lua_pushlstring(L, text, sizeof text - 1);
  lua_createtable(L, (int)(seed % 3), 0);
  stir(seed + 1, 12);
  (void)lua_newuserdatauv(L, 8, 0);
  lua_pushinteger(L, (lua_Integer)seed);
  (void)lua_tolstring(L, -1, NULL);
  lua_pushcclosure(L, noop, 1);
  stir(seed + 2, 12);
  (void)lua_newthread(L);
  lesson->thread = NULL;
  lua_pop(L, 5);
}

static void expect(hp_Lesson *lesson, lua_State *L) {
  lesson->thread = (const char *)L;
  lesson->next = 0;
  stir((unsigned)lesson->n, 16);
}

/* make, relay and index stand at 1, 2 and 3. */
static void make_in_lua(hp_Lesson *lesson, lua_State *L) {
  lesson->proto = hp_lclosure_proto((const char *)lua_topointer(L, 1));
  lua_pushvalue(L, 1);
  expect(lesson, L);
  lua_call(L, 0, 0);
  lua_pushvalue(L, 2);
  lua_pushvalue(L, 1);
  expect(lesson, L);
  lua_call(L, 1, 0);
  lua_pushvalue(L, 3);
  lua_pushvalue(L, 4); /* a table whose __index is make */
  expect(lesson, L);
  lua_call(L, 1, 0);
  lesson->thread = NULL;
}

static __attribute__((noinline)) void make_deep(hp_Lesson *lesson, lua_State *L, int depth) {
  volatile char room[208];
  room[0] = (char)depth;
  if (depth > 0)
    make_deep(lesson, L, depth - 1);
  else
    make_in_lua(lesson, L);
  room[1] = room[0];
}

static void push_indexed(lua_State *L) {
  lua_newtable(L);
  lua_newtable(L);
  lua_pushvalue(L, 1);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
}

static void make_in_coroutine(hp_Lesson *lesson, lua_State *L, lua_State *co) {
  int nresults = 0;
  lua_pushvalue(L, 2);
  lua_pushvalue(L, 1);
  lua_xmove(L, co, 2);
  expect(lesson, co);
  (void)lua_resume(co, L, 1, &nresults);
  lesson->thread = NULL;
  lua_settop(co, 0);
}

static int teach(lua_State *L) {
  hp_Lesson *lesson = lua_touserdata(L, 1);
  const char *text = chunk;
  lua_State *co;
  unsigned i;
  lua_settop(L, 0);
  if (lua_load(L, read_chunk, (void *)&text, "=lesson", "t") != LUA_OK) return lua_error(L);
  lua_call(L, 0, 3);
  push_indexed(L);
  co = lua_newthread(L);
  for (i = 0; i < 5; i++) {
    make_in_c(lesson, L, 3 * i);
    make_in_c(lesson, co, 5 * i + 1);
    make_deep(lesson, L, (int)i);
    make_in_coroutine(lesson, L, co);
  }
  return 0;
}

/* ---- what was to be learned ----------------------------------------------- */

/* The word that held the running thread in each sight of that caller, of which there
** must be enough, and of more than one thread; WORDS if none. */
static int thread_word(const hp_Lesson *lesson, uintptr_t back) {
  int at, i, n, threads;
  for (at = -HP_LOOK_BELOW; at < HP_LOOK_ABOVE; at++) {
    const char *first = NULL;
    for (i = n = threads = 0; i < lesson->n; i++) {
      const Sight *s = &lesson->sights[i];
      if (word(s, HP_LOOK_BACK) != back) continue;
      if (word(s, at) != (uintptr_t)s->thread) break;
      if (first == NULL) first = s->thread;
      threads |= first != s->thread;
      n++;
    }
    if (i == lesson->n && n >= ENOUGH && threads) return at;
  }
  return WORDS;
}

static int is_known(const hp_Look *look, uintptr_t back) {
  int i;
  for (i = 0; i < look->ncallers; i++)
    if (look->callers[i].back == back) return 1;
  return 0;
}

static const void *image_of(uintptr_t at) {
  Dl_info info;
  return dladdr((const void *)at, &info) != 0 ? info.dli_fbase : NULL;
}

static void learn_callers(const hp_Lesson *lesson, hp_Look *look) {
  const void *library = image_of((uintptr_t)lua_newstate);
  int i, at;
  for (i = 0; i < lesson->n && look->ncallers < HP_LOOK_CALLERS; i++) {
    uintptr_t back = word(&lesson->sights[i], HP_LOOK_BACK);
    if (is_known(look, back) || image_of(back) != library) continue;
    if ((at = thread_word(lesson, back)) == WORDS) continue;
    look->callers[look->ncallers].back = back;
    look->callers[look->ncallers++].thread = at;
  }
}

/* Is it one of the tables that the interpreter made (or of those that C did)? */
static int is_table(const Sight *s, int by_code) {
  return s->tag == HP_TTABLE && (s->pc != NULL) == by_code;
}

/* What the word is in every such sight; 0 if it is not always the same. */
static uintptr_t constant(const hp_Lesson *lesson, int at, int by_code) {
  uintptr_t v = 0;
  int i;
  for (i = 0; i < lesson->n; i++) {
    const Sight *s = &lesson->sights[i];
    if (!is_table(s, by_code)) continue;
    if (v != 0 && word(s, at) != v) return 0;
    v = word(s, at);
  }
  return v;
}

/* Return addresses, from our own up to the first that tells the interpreter from C. */
static int learn_path(const hp_Lesson *lesson, hp_Look *look) {
  const void *library = image_of((uintptr_t)lua_newstate);
  int at;
  for (at = HP_LOOK_BACK; at < HP_LOOK_ABOVE && look->npath < HP_LOOK_PATH; at++) {
    uintptr_t back = constant(lesson, at, 1);
    if (back == 0 || image_of(back) != library) continue;
    look->path[look->npath].at = at;
    look->path[look->npath++].back = back;
    if (constant(lesson, at, 0) != back) return 1;
  }
  look->npath = 0;
  return 0;
}

/* How far the word was beyond the pc in each sight, in bytes; -1 if not always as far. */
static int pc_distance(const hp_Lesson *lesson, int at) {
  uintptr_t distance = 0;
  int i, n = 0;
  for (i = 0; i < lesson->n; i++) {
    const Sight *s = &lesson->sights[i];
    if (!is_table(s, 1)) continue;
    if (n > 0 && word(s, at) - (uintptr_t)s->pc != distance) return -1;
    distance = word(s, at) - (uintptr_t)s->pc;
    n++;
  }
  return n >= ENOUGH && distance <= 8 ? (int)distance : -1;
}

static void learn_pc(const hp_Lesson *lesson, hp_Look *look) {
  int at, less;
  if (!learn_path(lesson, look)) return;
  for (at = -HP_LOOK_BELOW; at < HP_LOOK_ABOVE; at++) {
    less = pc_distance(lesson, at);
    if (less < 0) continue;
    look->pc = at;
    look->pc_less = less;
    return;
  }
  look->npath = 0;
}

/* Memcheck tells of every word that was not written; it loads a library of its own. */
static int under_valgrind(void) {
  const char *preloaded = getenv("LD_PRELOAD");
  return preloaded != NULL && strstr(preloaded, "vgpreload_") != NULL;
}

static int take_lesson(hp_Lesson *lesson, const hp_Layout *layout) {
  lua_State *L;
  int status;
  lesson->track.f = plain;
  lesson->track.ud = lesson;
  lesson->track.lesson = lesson;
  lesson->track.vm.layout = layout;
  hp_blocks_free(&lesson->track.blocks);
  L = lua_newstate(hp_track_alloc, &lesson->track);
  if (L == NULL) return HP_ENOMEM;
  lesson->track.vm.g = hp_ptr((const char *)L, layout->L_g);
  lesson->track.total = hp_g_total(lesson->track.vm.g);
  lesson->track.on = 1;
  (void)lua_gc(L, LUA_GCSTOP);
  lua_pushcfunction(L, teach);
  lua_pushlightuserdata(L, lesson);
  status = lua_pcall(L, 1, 0, 0);
  lua_close(L);
  return lesson->refused ? HP_ENOMEM : status == LUA_OK ? HP_OK : HP_EVM;
}

int hp_look_learn(hp_Look *look, const hp_Layout *layout) {
  hp_Lesson *lesson;
  int rc = HP_ENOMEM;
  memset(look, 0, sizeof *look);
  if (HP_LOOK_NEVER || under_valgrind()) return HP_OK;
  lesson = hp_new(hp_Lesson, 1);
  if (lesson != NULL) lesson->sights = hp_new(Sight, SIGHTS);
  if (lesson != NULL && lesson->sights != NULL) {
    rc = take_lesson(lesson, layout);
    if (rc == HP_OK) {
      learn_callers(lesson, look);
      if (look->ncallers > 0) learn_pc(lesson, look);
    }
    hp_delete(lesson->sights, SIGHTS);
  }
  hp_delete(lesson, 1);
  return rc == HP_ENOMEM ? rc : HP_OK;
}
