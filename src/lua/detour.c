/* The detour: see detour.h.
**
** The VM may be just about to exchange its allocator when another thread turns the detour on:
** then it overwrites the detour. If somebody wraps another allocator around the
** detour, or puts back what it was, it can be called for as long as the VM lives. In all these
** cases its slot is LOST.
**
** Whoever gets the state to BUSY has the place to himself, for a few instructions: a slot's VM
** ends, and another takes the slot, while the monitor's thread may be asking for the detour. */
#include "detour.h"

#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>

enum { NOBODY, OFF, BUSY, ON, LOST };

typedef struct Detour {
  _Atomic(lua_Alloc) *place; /* in the global state */
  _Atomic(lua_Alloc) host;   /* where requests go */
  hp_Detoured call;
  hp_DetouredThread born;
  atomic_int state;
} Detour;

static Detour detours[HP_TARGETS];

static inline int is_on(const Detour *d) {
  return atomic_load_explicit(&d->state, memory_order_relaxed) == ON;
}

/* The VM gives a new object's type as the old size. The host's allocator is called last where
** it can be, so that it finds the VM's frame above its own: the tracker looks at that. */
static inline void *pass(int slot, void *ud, void *p, size_t old, size_t n) {
  Detour *d = &detours[slot];
  lua_Alloc host;
  if (is_on(d)) d->call(slot, p);
  host = atomic_load_explicit(&d->host, memory_order_relaxed);
  if (p == NULL && old == LUA_TTHREAD && n > 0 && is_on(d)) {
    p = host(ud, NULL, old, n);
    if (p != NULL) d->born(slot, p, n);
    return p;
  }
  return host(ud, p, old, n);
}

/* One function for each slot, numbered in octal: an allocator's argument is the host's. */
#define ONE(n) \
  static void *through_##n(void *ud, void *p, size_t old, size_t size) { \
    return pass(0##n, ud, p, old, size); \
  }
#define EIGHT(n) ONE(n##0) ONE(n##1) ONE(n##2) ONE(n##3) ONE(n##4) ONE(n##5) ONE(n##6) ONE(n##7)
EIGHT(0) EIGHT(1) EIGHT(2) EIGHT(3) EIGHT(4) EIGHT(5) EIGHT(6) EIGHT(7)

#define NAMES(n) \
  through_##n##0, through_##n##1, through_##n##2, through_##n##3, through_##n##4, \
      through_##n##5, through_##n##6, through_##n##7
static const lua_Alloc through[HP_TARGETS] = {NAMES(0), NAMES(1), NAMES(2), NAMES(3),
                                              NAMES(4), NAMES(5), NAMES(6), NAMES(7)};
_Static_assert(HP_TARGETS == 64, "a function for each");

/* A library may have saved what was there while a detour was on, and put it back. */
static int is_detour(lua_Alloc f) {
  int i;
  for (i = 0; i < HP_TARGETS; i++)
    if (through[i] == f) return 1;
  return 0;
}

void hp_detour_begin(int slot, lua_State *L, const hp_Vm *vm, hp_Detoured call,
                     hp_DetouredThread born) {
  Detour *d = &detours[slot];
  void *ud;
  lua_Alloc f = lua_getallocf(L, &ud);
  /* the first two words of global_State, in all releases */
  _Atomic(lua_Alloc) *place = (void *)(uintptr_t)vm->g;
  int there = atomic_load(place) == f && *(void *const *)(const void *)(vm->g + sizeof f) == ud;
  if (!there || is_detour(f) || atomic_load(&d->state) != NOBODY) return;
  d->call = call;
  d->born = born;
  d->place = place;
  atomic_store(&d->host, f);
  atomic_store(&d->state, OFF);
}

static int take(Detour *d, int state) {
  return atomic_compare_exchange_strong(&d->state, &state, BUSY);
}

void hp_detour_on(int slot) {
  Detour *d = &detours[slot];
  lua_Alloc f;
  if (!take(d, OFF)) return;
  f = atomic_load(d->place);
  if (is_detour(f)) {
    atomic_store(&d->state, LOST);
    return;
  }
  atomic_store(&d->host, f);
  atomic_store(&d->state, atomic_compare_exchange_strong(d->place, &f, through[slot]) ? ON : OFF);
}

void hp_detour_off(int slot) {
  Detour *d = &detours[slot];
  lua_Alloc mine = through[slot];
  if (!take(d, ON)) return;
  atomic_store(&d->state,
               atomic_compare_exchange_strong(d->place, &mine, atomic_load(&d->host)) ? OFF : LOST);
}

void hp_detour_end(int slot) {
  Detour *d = &detours[slot];
  for (;;) {
    int state = OFF;
    hp_detour_off(slot);
    if (atomic_compare_exchange_strong(&d->state, &state, NOBODY)) return;
    if (state == NOBODY || state == LOST) return;
    (void)sched_yield();
  }
}
