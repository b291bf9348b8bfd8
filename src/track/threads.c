/* Threads: see threads.h.
**
** A thread is active from its resume to its yield, return or error: its status is OK
** and it has a call beyond its base (none at all, where the VM had no memory for its stack). Of the active ones one runs, the others wait in
** a C function for a thread that they resumed. So an active thread whose innermost
** call is a Lua function is the one that runs (unless a hook written in C runs on
** top of that). Where all are in C functions, the links between them tell. */
#include "threads.h"

#define DEEPEST 256 /* resumes within each other; the VM allows some 200 */
#define LINKS 16    /* arguments of a C function that are looked at */
#define MOST 512    /* threads that are looked at, one by one, for each object */

static size_t home(const hp_Threads *t, const char *thread) {
  return (size_t)((uint64_t)(uintptr_t)thread * 0x9E3779B97F4A7C15u >> 40) & (t->nslots - 1);
}

static size_t find(const hp_Threads *t, const char *thread) {
  size_t i = home(t, thread);
  while (t->slots[i] != NULL && t->slots[i] != thread) i = (i + 1) & (t->nslots - 1);
  return i;
}

static int grow(hp_Threads *t) {
  hp_Threads new = *t;
  size_t i;
  new.nslots = t->nslots == 0 ? 16 : 2 * t->nslots;
  new.slots = hp_new(const char *, new.nslots);
  if (new.slots == NULL) return HP_ENOMEM;
  for (i = 0; i < t->nslots; i++)
    if (t->slots[i] != NULL) new.slots[find(&new, t->slots[i])] = t->slots[i];
  hp_delete(t->slots, t->nslots);
  *t = new;
  return HP_OK;
}

int hp_threads_add(hp_Threads *t, const char *thread) {
  size_t i;
  if (2 * (t->n + 1) > t->nslots && grow(t) != HP_OK) return HP_ENOMEM;
  i = find(t, thread);
  if (t->slots[i] == NULL) t->n++;
  t->slots[i] = thread;
  return HP_OK;
}

int hp_threads_has(const hp_Threads *t, const char *thread) {
  return t->nslots > 0 && thread != NULL && t->slots[find(t, thread)] == thread;
}

/* What lies behind in the same run moves up, so that no search ends too early. */
void hp_threads_remove(hp_Threads *t, const char *thread) {
  size_t mask = t->nslots - 1, i, k;
  if (!hp_threads_has(t, thread)) return;
  i = find(t, thread);
  t->slots[i] = NULL;
  t->n--;
  for (k = (i + 1) & mask; t->slots[k] != NULL; k = (k + 1) & mask) {
    size_t from = home(t, t->slots[k]);
    if (((k - from) & mask) < ((k - i) & mask)) continue;
    t->slots[i] = t->slots[k];
    t->slots[k] = NULL;
    i = k;
  }
}

void hp_threads_free(hp_Threads *t) {
  hp_delete(t->slots, t->nslots);
  memset(t, 0, sizeof *t);
}

size_t hp_threads_bytes(const hp_Threads *t) { return t->nslots * sizeof *t->slots; }

/* ---- which one runs ------------------------------------------------------- */

static int in_base(const hp_Vm *vm, const char *thread) {
  return hp_thread_ci(vm, thread) == hp_thread_base_ci(vm, thread);
}

static int is_active(const hp_Vm *vm, const char *thread) {
  return hp_thread_status(vm, thread) == 0 && hp_thread_ci(vm, thread) != NULL &&
         !in_base(vm, thread);
}

static int in_lua(const hp_Vm *vm, const char *thread) {
  return (hp_ci_status(hp_thread_ci(vm, thread)) & (HP_CIST_C | vm->layout->ci_hooked)) == 0;
}

static const char *thread_in(const char *value) {
  return hp_value_tag(value) == (HP_TTHREAD | HP_COLLECTABLE) ? hp_value_object(value) : NULL;
}

/* Is the value an active thread other than its holder? */
static const char *linked(const hp_Threads *t, const hp_Vm *vm, const char *from,
                          const char *value) {
  const char *o = thread_in(value);
  return o != NULL && o != from && hp_threads_has(t, o) && is_active(vm, o) ? o : NULL;
}

/* The thread that 'from', which is in a C function, resumed. */
static const char *resumed(const hp_Threads *t, const hp_Vm *vm, const char *from) {
  const char *func = hp_ci_func(hp_thread_ci(vm, from)), *top = hp_thread_top(vm, from), *v, *o;
  int n = 0, i;
  if (hp_value_tag(func) == (HP_TCCLOSURE | HP_COLLECTABLE)) {
    const char *f = hp_value_object(func);
    for (i = 0; i < hp_closure_nup(f); i++)
      if ((o = linked(t, vm, from, hp_cclosure_value(f, i))) != NULL) return o;
  }
  for (v = func + HP_VALUE_SIZE; v < top && n < LINKS; v += HP_VALUE_SIZE, n++)
    if ((o = linked(t, vm, from, v)) != NULL) return o;
  return NULL;
}

static int on_chain(const char *const *chain, int n, const char *thread) {
  while (n-- > 0)
    if (chain[n] == thread) return 1;
  return 0;
}

/* Those that are active, not on the chain, and wait for none that they resumed: the
** one in a Lua function, else the last of *others. */
static const char *off_chain(const hp_Threads *t, const hp_Vm *vm, const char *const *chain,
                             int n, int *others) {
  const char *last = NULL;
  size_t i;
  *others = 0;
  for (i = 0; i < t->nslots; i++) {
    const char *o = t->slots[i], *next;
    if (o == NULL || o == vm->main || !is_active(vm, o) || on_chain(chain, n, o)) continue;
    if (in_lua(vm, o)) {
      *others = 1;
      return o;
    }
    next = resumed(t, vm, o);
    if (next != NULL && !on_chain(chain, n, next)) continue;
    (*others)++;
    last = o;
  }
  return last;
}

const char *hp_threads_running(const hp_Threads *t, const hp_Vm *vm, const char *last) {
  const char *chain[DEEPEST] = {NULL}, *next = vm->main, *other;
  int n = 0, others;
  if (is_active(vm, last) && in_lua(vm, last)) return last;
  for (; next != NULL && n < DEEPEST && !on_chain(chain, n, next);
       next = resumed(t, vm, chain[n - 1])) {
    chain[n++] = next;
    if (!in_base(vm, next) && in_lua(vm, next)) return next;
  }
  if (t->n > MOST) return NULL;
  other = off_chain(t, vm, chain, n, &others);
  if (others == 0) return chain[n - 1];
  if (others == 1 && (in_lua(vm, other) || (n == 1 && in_base(vm, vm->main)))) return other;
  return NULL;
}

/* What it was given may also be one of those that wait for it. */
int hp_threads_waits(const hp_Threads *t, const hp_Vm *vm, const char *thread) {
  const char *chain[DEEPEST] = {NULL}, *next = vm->main, *to = resumed(t, vm, thread);
  int n = 0;
  if (to == NULL) return 0;
  while (next != NULL && n < DEEPEST && !on_chain(chain, n, next)) {
    if (next == thread) return !on_chain(chain, n, to);
    if (in_base(vm, next) || in_lua(vm, next)) return 1;
    chain[n++] = next;
    next = resumed(t, vm, next);
  }
  return 1;
}

const char *hp_threads_resumer(const hp_Threads *t, const hp_Vm *vm, const char *thread) {
  const char *from = vm->main, *next;
  int n;
  for (n = 0; thread != vm->main && n < DEEPEST; n++, from = next) {
    next = resumed(t, vm, from);
    if (next == thread) return from;
    if (next == NULL) return NULL;
  }
  return NULL;
}
