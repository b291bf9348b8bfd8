/* The detour alone, around places of our own: what it leaves behind, and whom it touches while
** one VM ends, another takes its slot, and another thread asks for the detour all the while.
**
**   detour SECONDS
**
** Each VM's place is freed with it: the sanitizers see who writes to one that is gone. */
#include "lua/detour.h"

#include <lauxlib.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SLOT 5

/* The words of a VM that the detour knows. */
typedef struct Place {
  lua_Alloc f;
  void *ud;
} Place;

static int failures;
static atomic_int over, calls;

static void called(int slot, const void *block) {
  (void)block;
  if (slot == SLOT) atomic_fetch_add(&calls, 1);
}

static void born(int slot, const void *block, size_t size) {
  (void)slot;
  (void)block;
  (void)size;
}

static void *other(void *ud, void *p, size_t old, size_t n) {
  (void)ud;
  (void)p;
  (void)old;
  (void)n;
  return NULL;
}

static void expect(int ok, const char *what) {
  if (ok) return;
  printf("not so: %s\n", what);
  failures++;
}

static lua_Alloc host_of(lua_State *L) { return lua_getallocf(L, NULL); }

static void begin(lua_State *L, Place *place, int slot) {
  hp_Vm vm;
  memset(&vm, 0, sizeof vm);
  place->f = lua_getallocf(L, &place->ud);
  vm.g = (const char *)place;
  hp_detour_begin(slot, L, &vm, called, born);
}

/* What a VM does: its allocator may be ours or the host's. */
static void request(const Place *place) {
  lua_Alloc f = atomic_load((const _Atomic(lua_Alloc) *)(const void *)&place->f);
  void *p = f(place->ud, NULL, 0, 16);
  (void)f(place->ud, p, 16, 0);
}

static void one_after_another(lua_State *L) {
  Place first, second;
  begin(L, &first, SLOT);
  hp_detour_on(SLOT);
  expect(first.f != host_of(L), "on: its requests come to us");
  request(&first);
  expect(atomic_load(&calls) == 2, "two requests are two calls");
  hp_detour_end(SLOT);
  expect(first.f == host_of(L), "the end gives the host's allocator back");
  hp_detour_on(SLOT);
  expect(first.f == host_of(L), "a VM that has ended is left alone");
  begin(L, &second, SLOT);
  hp_detour_on(SLOT);
  expect(first.f == host_of(L) && second.f != host_of(L), "the slot's next VM has the detour");
  hp_detour_off(SLOT);
  expect(second.f == host_of(L), "off gives the host's allocator back");
  hp_detour_end(SLOT);
}

static void *ask(void *unused) {
  while (!atomic_load(&over)) hp_detour_on(SLOT);
  return unused;
}

static void many(lua_State *L, double seconds) {
  clock_t until = clock() + (clock_t)(2 * seconds * CLOCKS_PER_SEC); /* of two threads */
  pthread_t thread;
  int before = atomic_load(&calls);
  if (pthread_create(&thread, NULL, ask, NULL) != 0) exit(2);
  while (clock() < until || atomic_load(&calls) == before) {
    Place *place = malloc(sizeof *place);
    int i;
    if (place == NULL) exit(2);
    begin(L, place, SLOT);
    for (i = 0; i < 20; i++) request(place);
    hp_detour_off(SLOT);
    request(place);
    hp_detour_end(SLOT);
    expect(place->f == host_of(L), "each VM keeps the host's allocator");
    free(place);
  }
  atomic_store(&over, 1);
  (void)pthread_join(thread, NULL);
}

/* Last, as these two give their slots up. */
static void put_back(lua_State *L) {
  Place place;
  lua_Alloc saved;
  begin(L, &place, SLOT + 1);
  hp_detour_on(SLOT + 1);
  saved = place.f;
  hp_detour_off(SLOT + 1);
  place.f = saved;
  hp_detour_on(SLOT + 1);
  request(&place); /* it goes to the host, and not round and round */
  hp_detour_end(SLOT + 1);
  expect(place.f == saved, "what was put back stays");
}

static void wrapped(lua_State *L) {
  Place first, second;
  begin(L, &first, SLOT);
  hp_detour_on(SLOT);
  first.f = other;
  hp_detour_end(SLOT);
  expect(first.f == other, "a wrapper put over the detour stays");
  begin(L, &second, SLOT);
  hp_detour_on(SLOT);
  hp_detour_end(SLOT);
  expect(second.f == host_of(L), "the slot is given up then");
}

int main(int argc, char **argv) {
  lua_State *L = luaL_newstate();
  if (argc < 2 || L == NULL) return 2;
  one_after_another(L);
  many(L, atof(argv[1]));
  wrapped(L);
  put_back(L);
  lua_close(L);
  printf("%d calls, %d failures\n", atomic_load(&calls), failures);
  return failures != 0;
}
