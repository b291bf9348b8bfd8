/* Getting the VM's attention: see attention.h.
**
** A handler may interrupt the hook, and the program's own lua_sethook, anywhere. So what
** was displaced is kept in places that are filled before the hook is set, and emptied
** before it is taken off. They are in a fixed array: a handler that comes late finds
** memory that is there. */
#include "attention.h"

#include "prompt.h"
#include "vm/running.h"

#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define DISPLACED 8 /* hooks of the program that are put aside at a time */
#define RUNNING 8   /* threads that a signal sets the hook on */

typedef struct Displaced {
  _Atomic(lua_State *) L; /* NULL: the place is free */
  lua_Hook hook;
  int mask, count;
} Displaced;

typedef struct Attention {
  _Atomic(lua_State *) main; /* NULL: not in use */
  hp_Serve serve;
  hp_Vm vm;
  int proven;
  hp_Peek peek;
  Displaced displaced[DISPLACED];
  Displaced last; /* what a coroutine that inherited our hook would have inherited */
} Attention;

static Attention attentions[HP_TARGETS];

static void hook(lua_State *L, lua_Debug *ar);

/* ---- the hook, on and off ------------------------------------------------- */

static void note(Displaced *d, lua_State *L) {
  d->hook = lua_gethook(L);
  d->mask = lua_gethookmask(L);
  d->count = lua_gethookcount(L);
  atomic_signal_fence(memory_order_seq_cst);
  atomic_store(&d->L, L);
}

static Displaced *place_of(Attention *a, lua_State *L) {
  int i;
  for (i = 0; i < DISPLACED; i++)
    if (atomic_load(&a->displaced[i].L) == L) return &a->displaced[i];
  return NULL;
}

/* The program's events are kept on: ours comes with the next instruction. Where it did
** not, as the VM was interrupted while it counted instructions down, it is set again. */
static void arm(Attention *a, lua_State *L) {
  Displaced *place;
  if (lua_gethook(L) == hook) {
    lua_sethook(L, hook, lua_gethookmask(L) | LUA_MASKCOUNT, 1);
    return;
  }
  place = place_of(a, L); /* the program has put its own over ours */
  if (place == NULL) place = place_of(a, NULL);
  if (place == NULL) return;
  note(place, L);
  a->last.hook = place->hook;
  a->last.mask = place->mask;
  a->last.count = place->count;
  lua_sethook(L, hook, place->mask | LUA_MASKCOUNT, 1);
}

/* Puts back what was there. Where count or mask are not ours any more, the program's
** lua_sethook was interrupted half way: then they are what it meant. */
static void disarm(Attention *a, lua_State *L) {
  Displaced *place = place_of(a, L), was = place != NULL ? *place : a->last;
  if (lua_gethookcount(L) != 1 || lua_gethookmask(L) != (was.mask | LUA_MASKCOUNT)) {
    was.mask = lua_gethookmask(L);
    was.count = lua_gethookcount(L);
  }
  if (place != NULL) atomic_store(&place->L, NULL);
  atomic_signal_fence(memory_order_seq_cst);
  lua_sethook(L, was.hook, was.mask, was.count);
}

static Attention *attention_of(lua_State *L, int *slot) {
  lua_State *main;
  int i;
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
  main = lua_tothread(L, -1);
  lua_pop(L, 1);
  for (i = 0; i < HP_TARGETS; i++)
    if (atomic_load(&attentions[i].main) == main) {
      *slot = i;
      return &attentions[i];
    }
  return NULL;
}

/* Inside a finalizer, or while the state is closed, the collector is not to be asked
** anything: it says so, from Lua 5.4.4 on. */
static int is_safe(lua_State *L) { return lua_gc(L, LUA_GCCOUNT, 0) >= 0; }

static void hook(lua_State *L, lua_Debug *ar) {
  int slot = 0;
  Attention *a = attention_of(L, &slot);
  Displaced *place = a != NULL ? place_of(a, L) : NULL;
  if (a == NULL) {
    lua_sethook(L, NULL, 0, 0);
  } else if (ar->event != LUA_HOOKCOUNT) {
    if (place != NULL && place->hook != NULL) place->hook(L, ar);
  } else {
    disarm(a, L);
    if (is_safe(L) && hp_target_wanted(hp_target_at(slot))) a->serve(L, hp_target_at(slot));
    hp_attention_rest(hp_target_at(slot));
  }
}

void hp_attention_rest(hp_Target *t) {
  Attention *a = &attentions[hp_target_slot(t)];
  lua_State *main = atomic_load(&a->main);
  if (main != NULL && !hp_target_wanted(t) && lua_gethook(main) == hook) disarm(a, main);
}

/* ---- who is to be hooked -------------------------------------------------- */

/* The main thread, too, which need not run now: a host that sleeps outside of Lua calls
** it next, or makes a coroutine of it, which inherits the hook. But not where the state
** moves between OS threads: there it may be running in another. */
static void arm_running(Attention *a, const hp_Target *t, const void *frame) {
  const char *found[RUNNING];
  int i, n;
  if (!hp_target_wanders(t)) arm(a, atomic_load(&a->main));
  if (!a->proven) return;
  if (a->peek.pid != 0) a->peek.pid = getpid();
  n = hp_vm_running(&a->vm, &a->peek, frame, found, RUNNING);
  for (i = 0; i < n; i++) arm(a, (lua_State *)(uintptr_t)found[i]);
}

void hp_attention_wake(const hp_Woken *woken) {
  int i;
  hp_target_knock(woken);
  for (i = 0; i < HP_TARGETS; i++) {
    Attention *a = &attentions[i];
    const hp_Target *t = hp_target_at(i);
    if (atomic_load(&a->main) == NULL || hp_target_thread(t) != woken->thread) continue;
    if (hp_target_wanted(t)) arm_running(a, t, woken->frame);
  }
}

void hp_attention_arm(hp_Target *t, lua_State *L) { arm(&attentions[hp_target_slot(t)], L); }

/* ---- at a prompt ---------------------------------------------------------- */

static int is_own(const Attention *a, int slot) {
  return atomic_load(&a->main) != NULL && hp_target_thread(hp_target_at(slot)) == gettid();
}

/* Called by Readline, which the program has called: as if the program called us. */
static int at_prompt(void) {
  int i;
  for (i = 0; i < HP_TARGETS; i++) {
    Attention *a = &attentions[i];
    hp_Target *t = hp_target_at(i);
    lua_State *L = atomic_load(&a->main);
    if (!is_own(a, i) || !hp_target_wanted(t)) continue;
    if (lua_checkstack(L, LUA_MINSTACK) && is_safe(L)) a->serve(L, t);
    hp_attention_rest(t);
  }
  return 0;
}

static int are_none(void) {
  int i;
  for (i = 0; i < HP_TARGETS; i++)
    if (atomic_load(&attentions[i].main) != NULL) return 0;
  return 1;
}

/* ---- beginning and end ---------------------------------------------------- */

void hp_attention_begin(lua_State *L, hp_Target *t, hp_Serve serve) {
  Attention *a = &attentions[hp_target_slot(t)];
  const hp_State *s = hp_state_of(L);
  lua_State *main;
  int i;
  for (i = 0; i < DISPLACED; i++) atomic_store(&a->displaced[i].L, NULL);
  memset(&a->last, 0, sizeof a->last);
  a->serve = serve;
  a->vm = s->vm;
  a->proven = s->proven && hp_peek_open(&a->peek) == HP_OK;
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
  main = lua_tothread(L, -1);
  lua_pop(L, 1);
  atomic_store(&a->main, main);
  hp_prompt_begin(at_prompt);
}

void hp_attention_end(hp_Target *t) {
  Attention *a = &attentions[hp_target_slot(t)];
  atomic_store(&a->main, NULL);
  if (a->proven) hp_peek_close(&a->peek);
  a->proven = 0;
  if (are_none()) hp_prompt_end(at_prompt);
}
