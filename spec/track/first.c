/* A program whose Lua states are tracked from their first byte: it has heapy's core linked
** in, and makes them with its allocator, over one of its own that keeps books.
**
**   first tracked FRAMES SCRIPT [ARGUMENTS]   runs the script in such a state
**   first compared FRAMES SCRIPT [ARGUMENTS]  the same twice, without tracking and with it:
**                              is what is asked of the allocator below the same, all of it?
**   first cheated FRAMES SCRIPT [ARGUMENTS]   ... where one request is not: for the spec of
**                              the comparison
**   first refused FRAMES SCRIPT [ARGUMENTS]   the allocator below refuses the first request,
**                              the second, ... until there is a state; then as 'tracked'
**
** The script is called with the arguments, and before them a table:
**   host.live()      bytes its blocks have now, as they were asked for
**   host.asked()     bytes asked for so far, growth of blocks included
**   host.made()      objects so far, the main thread included
**   host.every(n)    every n-th growth from now on fails; 0: none
**   host.direct()    whether the VM calls the allocator below itself */
#include "base/mem.h"
#include "track/track.h"
#include "vm/probe.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

int luaopen_heapy_core(lua_State *L);

static unsigned nframes;

/* Two states of one program are alike to the last bit if their addresses are, and the
** time, of which Lua makes the seed of its hashes. */
__attribute__((visibility("default"))) time_t time(time_t *t) {
  if (t != NULL) *t = 1;
  return 1;
}

/* ---- the allocator below -------------------------------------------------- */

#define ARENA ((size_t)1 << 30)
#define SMALL 1024 /* up to there a class for each 16 bytes, then one for each power of two */
#define CLASSES (SMALL / 16 + 1 + 32)
#define TAGS 11

typedef struct Books {
  char *arena, *fresh;
  void **spare[CLASSES]; /* free blocks by class; each begins with the next one's address */
  size_t live, asked, made;
  size_t by_tag[TAGS]; /* bytes of new blocks, by what was given as the old size */
  size_t resized, freed, requests;
  uint64_t all; /* a hash of every request and its answer */
  long limit, every, growths;
  size_t cheat; /* this request is not handed on as it came; 0: none */
} Books;

static int class_of(size_t n) {
  int class = SMALL / 16;
  if (n <= SMALL) return (int)((n + 15) / 16);
  for (n = (n - 1) / SMALL; n > 0; n /= 2) class++;
  return class;
}

static size_t size_of(int class) {
  return class <= SMALL / 16 ? 16 * (size_t)class : (size_t)SMALL << (class - SMALL / 16);
}

/* The same requests give the same addresses. */
static void *take(Books *b, size_t n) {
  int class = class_of(n);
  void **first = b->spare[class];
  char *p = b->fresh;
  if (first != NULL) {
    b->spare[class] = *first;
    return first;
  }
  if (size_of(class) > ARENA - (size_t)(b->fresh - b->arena)) return NULL;
  b->fresh += size_of(class);
  return p;
}

static void give(Books *b, void *p, size_t n) {
  void **first = p;
  *first = b->spare[class_of(n)];
  b->spare[class_of(n)] = first;
}

static void *answer(Books *b, void *p, size_t old, size_t n) {
  void *q;
  if (n == 0) {
    if (p != NULL) give(b, p, old);
    return NULL;
  }
  if (p == NULL || n > old) {
    if (b->limit > 0 && ++b->growths >= b->limit) return NULL;
    if (b->every > 0 && ++b->growths % b->every == 0) return NULL;
  }
  if (p != NULL && class_of(n) == class_of(old)) return p;
  q = take(b, n);
  if (p != NULL && q != NULL) {
    memcpy(q, p, old < n ? old : n);
    give(b, p, old);
  }
  return q;
}

static void mix(Books *b, uint64_t word) {
  b->all = (b->all ^ word) * 0x9E3779B97F4A7C15u;
  b->all ^= b->all >> 29;
}

static void enter(Books *b, const void *p, size_t old, size_t n, const void *q) {
  size_t before = p == NULL ? 0 : old;
  b->requests++;
  mix(b, (uintptr_t)p);
  mix(b, old);
  mix(b, n);
  mix(b, (uintptr_t)q);
  if (n > before) b->asked += n - before;
  if (n > 0 && q == NULL) return;
  b->live += n - before;
  if (n == 0) {
    b->freed += before;
  } else if (p == NULL) {
    b->by_tag[old < TAGS ? old : 0] += n;
    b->made += old >= LUA_TSTRING && old < TAGS;
  } else {
    b->resized += n;
  }
}

static void *allocate(void *ud, void *p, size_t old, size_t n) {
  Books *b = ud;
  uintptr_t was = (uintptr_t)p;
  void *q = answer(b, p, old, n);
  enter(b, (const void *)was, old, n, q);
  return q;
}

/* A wrapper that is not honest. */
static void *cheat(void *ud, void *p, size_t old, size_t n) {
  Books *b = ud;
  if (b->cheat > 0 && b->requests >= b->cheat && p == NULL && n > 0 && n % 16 != 0) {
    b->cheat = 0;
    b->live--;
    return allocate(ud, p, old, n + 1);
  }
  return allocate(ud, p, old, n);
}

/* ---- what the script is given --------------------------------------------- */

#define books_of(L) ((Books *)lua_touserdata(L, lua_upvalueindex(1)))

static int host_live(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)books_of(L)->live);
  return 1;
}

static int host_asked(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)books_of(L)->asked);
  return 1;
}

static int host_made(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)books_of(L)->made);
  return 1;
}

static int host_every(lua_State *L) {
  books_of(L)->every = (long)luaL_checkinteger(L, 1);
  return 0;
}

static int host_direct(lua_State *L) {
  lua_pushboolean(L, lua_getallocf(L, NULL) == allocate);
  return 1;
}

static const luaL_Reg functions[] = {{"live", host_live},     {"asked", host_asked},
                                     {"made", host_made},     {"every", host_every},
                                     {"direct", host_direct}, {NULL, NULL}};

static int run(lua_State *L) {
  Books *b = lua_touserdata(L, 1);
  char **words = lua_touserdata(L, 2);
  int n;
  luaL_openlibs(L);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushcfunction(L, luaopen_heapy_core);
  lua_setfield(L, -2, "heapy.core");
  if (luaL_loadfile(L, words[0]) != LUA_OK) return lua_error(L);
  luaL_newlibtable(L, functions);
  lua_pushlightuserdata(L, b);
  luaL_setfuncs(L, functions, 1);
  for (n = 1; words[n] != NULL; n++) lua_pushstring(L, words[n]);
  lua_call(L, n, 0);
  return 0;
}

/* ---- states --------------------------------------------------------------- */

static int work(lua_State *L, Books *b, char **words) {
  int status;
  lua_pushcfunction(L, run);
  lua_pushlightuserdata(L, b);
  lua_pushlightuserdata(L, words);
  status = lua_pcall(L, 2, 0, 0);
  if (status != LUA_OK) fprintf(stderr, "%s\n", lua_tostring(L, -1));
  return status == LUA_OK ? 0 : 1;
}

static void open_books(Books *b, char *arena) {
  memset(b, 0, sizeof *b);
  b->arena = b->fresh = arena;
}

/* A tracker that waits for its state; what layout that has, another one proves. */
static hp_Track *await(Books *b) {
  hp_TrackOptions options = {nframes, 0, 0, 1, 0};
  hp_Track *t = hp_new(hp_Track, 1);
  lua_State *like = luaL_newstate();
  char why[HP_WHY_SIZE] = "not enough memory";
  hp_Vm vm;
  int rc = HP_ENOMEM;
  if (like != NULL) {
    rc = hp_vm_prove(like, &vm, why);
    lua_close(like);
  }
  if (t == NULL || rc != HP_OK || hp_track_await(t, &vm, &options) != HP_OK) {
    fprintf(stderr, "%s\n", why);
    exit(2);
  }
  t->f = allocate;
  t->ud = b;
  return t;
}

/* Runs the script in a state with that allocator; -1: there was no state. Addresses of the
** stack are in the seed, too: so it is called from here alone. */
static __attribute__((noinline)) int one(Books *b, lua_Alloc f, char **words) {
  hp_Track *t = f == hp_track_alloc ? await(b) : NULL;
  lua_State *L = lua_newstate(f, t != NULL ? (void *)t : b);
  int rc = -1;
  if (L != NULL) {
    if (t != NULL) t->orphan = 1;
    b->limit = 0;
    rc = work(L, b, words);
    lua_close(L);
  } else if (t != NULL) {
    hp_track_end(t);
    hp_delete(t, 1);
  }
  if (b->live == 0 && hp_mem_held() == 0) return rc;
  fprintf(stderr, "%zu bytes of the state are left, and %zu of heapy\n", b->live, hp_mem_held());
  return 1;
}

static int refused(char *arena, char **words) {
  Books b;
  long n = 0;
  int rc;
  do {
    open_books(&b, arena);
    b.limit = ++n;
    rc = one(&b, hp_track_alloc, words);
  } while (rc < 0 && n < 10000);
  printf("refused %ld times\n", n - 1);
  return rc;
}

static void print(const char *what, const Books *b) {
  int i;
  printf("%s: %zu requests, %zu freed, %zu resized; new", what, b->requests, b->freed, b->resized);
  for (i = 0; i < TAGS; i++) printf(" %zu", b->by_tag[i]);
  printf("; %016llx\n", (unsigned long long)b->all);
}

/* Without tracking (or in a way that is wrong), then with it. */
static int compared(char *arena, char **words, size_t cheats) {
  Books plain, other;
  int rc;
  open_books(&plain, arena);
  plain.cheat = cheats;
  rc = one(&plain, cheats > 0 ? cheat : allocate, words);
  open_books(&other, arena);
  if (rc == 0) rc = one(&other, hp_track_alloc, words);
  print("untracked", &plain);
  print("tracked", &other);
  if (rc != 0) return 2;
  return plain.all != other.all || memcmp(plain.by_tag, other.by_tag, sizeof plain.by_tag) != 0;
}

int main(int argc, char **argv) {
  char *arena = mmap(NULL, ARENA, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  Books b;
  if (argc < 4 || arena == MAP_FAILED) return 2;
  nframes = (unsigned)atoi(argv[2]);
  if (strcmp(argv[1], "compared") == 0) return compared(arena, argv + 3, 0);
  if (strcmp(argv[1], "cheated") == 0) return compared(arena, argv + 3, 20000);
  if (strcmp(argv[1], "refused") == 0) return refused(arena, argv + 3);
  open_books(&b, arena);
  return one(&b, hp_track_alloc, argv + 3);
}
