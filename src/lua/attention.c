/* Getting the VM's attention: see attention.h.
**
** A handler may interrupt the hook, and the program's own lua_sethook, anywhere. So what
** was displaced is kept in places that are filled before the hook is set, and emptied
** before it is taken off. They are in a fixed array: a handler that comes late finds
** memory that is there. */
#include "attention.h"

#include "detour.h"
#include "prompt.h"
#include "vm/running.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DISPLACED 8 /* hooks of the program that are put aside at a time */
#define RUNNING 8   /* threads that a signal sets the hook on */
#define REACH ((size_t)1 << 20)   /* bytes of the machine's stack that a signal looks at; */
#define NEAR ((size_t)4 << 10)    /* that a request for memory looks at */
#define YOUNG 16                  /* threads remembered that were born since the VM is wanted */

/* How much of a VM's time goes into looks at the machine's stack: one part in so many; and
** nanoseconds that it may have saved up. */
enum { SHARE = 16, CREDIT = 2000000 };

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
  const void *about[2]; /* C functions that read or set hooks: not to be interrupted */
  Displaced displaced[DISPLACED];
  unsigned turn; /* of the place that is given up next */
  /* the VM's own thread alone: */
  const char *young[YOUNG]; /* threads; none of them was freed */
  unsigned births;
  int64_t looked, credit; /* see may_look */
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

/* Is it a thread that still has our hook? It may have been collected long ago; so what is
** asked is a copy of what lies there now. */
static int has_ours(Attention *a, const lua_State *L) {
  char copy[HP_THREAD_MOST];
  return hp_vm_copy_thread(&a->vm, &a->peek, (const char *)L, copy) &&
         lua_gethook((lua_State *)(void *)copy) == hook;
}

/* A place for one more thread. Those of threads that died with our hook on, or were given
** another by their host since, are not missed: hosts that set a hook of their own whenever
** they resume a thread leave many. Where all are in use, one in turn is given up. (The pipe
** of a peek is the handler's alone: where that is the way, nobody is asked.) */
static Displaced *make_place(Attention *a) {
  Displaced *place = place_of(a, NULL);
  int i, ask = a->proven && a->peek.pid != 0;
  if (place != NULL) return place;
  if (ask) a->peek.pid = getpid(); /* it may have forked */
  for (i = 0; ask && i < DISPLACED; i++)
    if (!has_ours(a, atomic_load(&a->displaced[i].L))) break;
  if (!ask || i == DISPLACED) i = a->turn++ % DISPLACED;
  return &a->displaced[i];
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
  if (place == NULL) place = make_place(a);
  atomic_store(&place->L, NULL);
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

/* The monitor is off, and L had our hook still: it gets back what it had. */
static void give_back(lua_State *L) {
  Displaced *place = NULL;
  int i;
  for (i = 0; i < HP_TARGETS && place == NULL; i++) place = place_of(&attentions[i], L);
  if (place == NULL) {
    lua_sethook(L, NULL, 0, 0);
    return;
  }
  lua_sethook(L, place->hook, place->mask, place->count);
  atomic_store(&place->L, NULL);
}

/* A command is to end that runs in a coroutine which it found: at each instruction, so that no
** pcall there outlives it. */
static void break_off(Attention *a, lua_State *L, hp_Target *t) {
  const char *why = hp_target_breaks(t);
  if (why == NULL) return;
  arm(a, L);
  lua_pushstring(L, why); /* no position: it is not the command's */
  (void)lua_error(L);
}

static void hook(lua_State *L, lua_Debug *ar) {
  int slot = 0;
  Attention *a = attention_of(L, &slot);
  Displaced *place = a != NULL ? place_of(a, L) : NULL;
  if (a == NULL) {
    give_back(L);
  } else if (ar->event != LUA_HOOKCOUNT) {
    if (place != NULL && place->hook != NULL) place->hook(L, ar);
  } else {
    disarm(a, L);
    break_off(a, L, hp_target_at(slot));
    if (is_safe(L) && hp_target_wanted(hp_target_at(slot))) a->serve(L, hp_target_at(slot));
    hp_attention_rest(hp_target_at(slot));
  }
}

static void forget_births(int slot) {
  memset(attentions[slot].young, 0, sizeof attentions[slot].young);
}

/* Who is born and freed from now on, we do not see. */
static void end_detour(int slot) {
  forget_births(slot);
  hp_detour_off(slot);
}

void hp_attention_rest(hp_Target *t) {
  Attention *a = &attentions[hp_target_slot(t)];
  lua_State *main = atomic_load(&a->main);
  if (main == NULL) return;
  if (lua_gethook(main) == hook) disarm(a, main); /* it was not the one that ran */
  if (!hp_target_wanted(t)) end_detour(hp_target_slot(t));
}

void hp_attention_aside(lua_State *L) {
  int slot;
  if (attention_of(L, &slot) != NULL) end_detour(slot);
}

/* ---- who is to be hooked -------------------------------------------------- */

/* A program that asks for its hook, or sets one, is not to see ours; the next signal comes
** soon. */
static int is_about_hooks(const Attention *a, const char *thread) {
  const void *f = hp_vm_c_function(&a->vm, thread);
  return f != NULL && (f == a->about[0] || f == a->about[1]);
}

/* The threads that run, and those that wait for one they have resumed, as far as the machine's
** stack tells; how many. */
static int arm_found(Attention *a, const void *frame, size_t reach) {
  const char *found[RUNNING];
  int i, n;
  if (a->peek.pid != 0) a->peek.pid = getpid();
  n = hp_vm_running(&a->vm, &a->peek, frame, reach, found, RUNNING);
  if (n > 0 && is_about_hooks(a, found[0])) return n;
  for (i = 0; i < n; i++) arm(a, (lua_State *)(uintptr_t)found[i]);
  return n;
}

/* Where none runs, the main thread: a host that sleeps outside of Lua calls it next, or makes
** a coroutine of it, which inherits the hook. But not where it may be running in another OS
** thread: where the state moves between them, or while it is in a call. */
static void arm_running(Attention *a, const hp_Target *t, const void *frame) {
  lua_State *main = atomic_load(&a->main);
  if (a->proven && arm_found(a, frame, REACH) > 0) return;
  if (hp_target_wanders(t) || (a->proven && hp_vm_in_call(&a->vm, (const char *)main))) return;
  arm(a, main);
}

void hp_attention_wake(const hp_Woken *woken) {
  int i;
  hp_target_knock(woken);
  for (i = 0; i < HP_TARGETS; i++) {
    Attention *a = &attentions[i];
    hp_Target *t = hp_target_at(i);
    if (atomic_load(&a->main) == NULL || hp_target_thread(t) != woken->thread) continue;
    if (hp_target_wanted(t))
      arm_running(a, t, woken->frame);
    else if (a->proven && hp_target_breaks(t) != NULL)
      (void)arm_found(a, woken->frame, REACH);
  }
}

void hp_attention_arm(hp_Target *t, lua_State *L) { arm(&attentions[hp_target_slot(t)], L); }

/* ---- when the VM asks for memory ------------------------------------------ */

void hp_attention_reach(hp_Target *t) { hp_detour_on(hp_target_slot(t)); }

static int64_t nanoseconds(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Each request of a VM that rests most of the time, few of one that is busy. */
static int may_look(Attention *a, int64_t now) {
  a->credit += (now - a->looked) / SHARE;
  if (a->credit > CREDIT) a->credit = CREDIT;
  a->looked = now;
  return a->credit > 0;
}

static __attribute__((noinline)) void arm_near(Attention *a) {
  (void)arm_found(a, __builtin_frame_address(0), NEAR);
}

/* The thread may be in a register that the VM expects to find again: they are all saved here,
** above arm_near's frame. */
static __attribute__((noinline)) void look_near(Attention *a) {
  int64_t now = nanoseconds();
  if (a->peek.pid == 0 || !may_look(a, now)) return;
  __builtin_unwind_init();
  arm_near(a);
  a->credit -= nanoseconds() - now;
}

static int arm_young(Attention *a) {
  int i, n = 0;
  for (i = 0; i < YOUNG; i++)
    if (a->young[i] != NULL && hp_vm_in_call(&a->vm, a->young[i])) {
      arm(a, (lua_State *)(uintptr_t)a->young[i]);
      n++;
    }
  return n;
}

static void forget_young(Attention *a, const char *thread) {
  int i;
  for (i = 0; i < YOUNG; i++)
    if (a->young[i] == thread) a->young[i] = NULL;
}

/* For a thread that runs, or for none. Which it is, is known where it was born just now;
** the machine's stack is asked for the others, seldom, for that takes long. */
static void detoured(int slot, const void *block) {
  Attention *a = &attentions[slot];
  hp_Target *t = hp_target_at(slot);
  if (atomic_load(&a->main) == NULL || !hp_target_wanted(t)) {
    end_detour(slot);
    return;
  }
  if (block != NULL) forget_young(a, (const char *)block + a->vm.thread_extra);
  hp_target_seen(t);
  if (arm_young(a) == 0) look_near(a);
}

static void born(int slot, const void *block, size_t size) {
  Attention *a = &attentions[slot];
  if (size == a->vm.thread_extra + a->vm.layout->L_size)
    a->young[a->births++ % YOUNG] = (const char *)block + a->vm.thread_extra;
}

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

/* debug.gethook and debug.sethook, where they are the library's. */
static void find_functions(lua_State *L, const void *about[2]) {
  static const char *const names[] = {"gethook", "sethook"};
  int i, top = lua_gettop(L);
  about[0] = about[1] = NULL;
  lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  if (lua_type(L, -1) == LUA_TTABLE) {
    lua_pushliteral(L, "debug");
    lua_rawget(L, -2);
  }
  for (i = 0; i < 2 && lua_type(L, -1) == LUA_TTABLE; i++) {
    lua_CFunction f;
    lua_pushstring(L, names[i]);
    lua_rawget(L, -2);
    f = lua_tocfunction(L, -1);
    memcpy(&about[i], &f, sizeof f);
    lua_pop(L, 1);
  }
  lua_settop(L, top);
}

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
  find_functions(L, a->about);
  a->turn = 0;
  a->looked = a->credit = 0;
  if (a->proven) hp_detour_begin(hp_target_slot(t), L, &a->vm, detoured, born);
  atomic_store(&a->main, main);
  hp_prompt_begin(at_prompt);
}

void hp_attention_end(hp_Target *t) {
  Attention *a = &attentions[hp_target_slot(t)];
  lua_State *main = atomic_load(&a->main);
  if (main != NULL && lua_gethook(main) == hook) disarm(a, main);
  atomic_store(&a->main, NULL);
  forget_births(hp_target_slot(t));
  hp_detour_end(hp_target_slot(t));
  if (a->proven) hp_peek_close(&a->peek);
  a->proven = 0;
  if (are_none()) hp_prompt_end(at_prompt);
}
