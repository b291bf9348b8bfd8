/* From the calls of the running thread to a site: see track.h.
**
** First the calls are taken down as words, one for each Lua function: its pc, which is
** as good as the function's name as long as its prototype lives. What these words mean
** is looked up in a small table (recent.h); only what is not there is resolved: lines,
** file and names are read from the VM, and the site is found by what they say. */
#include "track.h"

#include "base/bits.h"
#include "vm/frame.h"

/* ---- taking down the calls ------------------------------------------------ */

/* The register that the constructor is for: the VM sets the stack's top behind it. */
static inline uint64_t register_of(const hp_Vm *vm, const char *thread, const char *ci) {
  return (uint64_t)(hp_thread_top(vm, thread) - hp_ci_func(ci)) / HP_VALUE_SIZE - 2;
}

static inline hp_Call status_of(unsigned status, unsigned mask) {
  return (hp_Call)(status & mask) << HP_CALL_STATUS_AT;
}

/* The call that makes a table. A hook that is written in C makes its tables while the
** pc is saved, and has the VM's mark. */
static inline hp_Call table_call(const hp_Vm *vm, const char *thread, const char *ci,
                                 unsigned mask, const char *newtable) {
  unsigned status = hp_ci_status(ci);
  hp_Call saved = (uintptr_t)hp_ci_savedpc(ci) | status_of(status, mask);
  if (status & vm->layout->ci_hooked) return saved;
  if (newtable != NULL) return ((uintptr_t)newtable + 4) | status_of(status, mask);
  return saved | HP_CALL_STALE | (register_of(vm, thread, ci) + 1) << HP_CALL_REGISTER_AT;
}

/* As many calls as there are frames, and one word more, by which the last of them was
** called. Built for one frame and for any number of them. */
HP_PART unsigned take_down(const hp_Track *t, unsigned nframes, const char *thread, int tag,
                           const char *newtable, hp_Call *calls) {
  const char *ci = hp_thread_ci(&t->vm, thread);
  unsigned n = 0, mask = t->recent.mask;
  hp_Call by_c = 0;
  if (tag == HP_TTABLE && !(hp_ci_status(ci) & HP_CIST_C)) {
    calls[n++] = table_call(&t->vm, thread, ci, mask, newtable);
    ci = hp_ci_previous(ci);
  }
  for (; ci != NULL; ci = hp_ci_previous(ci)) {
    unsigned status = hp_ci_status(ci);
    if (status & HP_CIST_C) {
      by_c |= HP_CALL_C;
      if (status & t->vm.layout->ci_final) by_c |= HP_CALL_C_FINAL;
      if (status & t->vm.layout->ci_hooked) by_c |= HP_CALL_C_HOOKED;
      if (n == nframes) break;
    } else {
      calls[n++] = (uintptr_t)hp_ci_savedpc(ci) | by_c | status_of(status, mask);
      by_c = 0;
      if (n > nframes) break;
    }
  }
  if (n > 0 && by_c != 0) calls[n++] = by_c;
  return n;
}

/* The products do not wait for one another. The factors are powers: calls of a recursion
** differ by one and the same, and multiples would make many sums of these alike. */
static inline uint64_t hash_of(const hp_Call *calls, unsigned n) {
  uint64_t h = 0, k = 0x9E3779B97F4A7C15u;
  unsigned i;
  for (i = 0; i < n; i++, k *= 0xD1342543DE82EF95u) h += calls[i] * k;
  h ^= h >> 29;
  return h * 0xBF58476D1CE4E5B9u;
}

static inline int same_calls(const hp_Call *a, const hp_Call *b, unsigned n) {
  while (n-- > 0)
    if (a[n] != b[n]) return 0;
  return 1;
}

/* ---- resolving ------------------------------------------------------------ */

/* What a call is in the text is told apart by all of it, the name that it has in this call
** included; that depends on the code that calls, which goes with the caller's prototype. */
static int make_frame(hp_Track *t, const char *ci, const char *c_ci, hp_Call call, int makes,
                      hp_RecentCall *out) {
  const char *proto = hp_frame_proto(ci), *by = hp_ci_previous(ci);
  hp_Name text;
  if (proto == NULL) return HP_EVM;
  by = by == NULL ? NULL : hp_frame_proto(by);
  if (hp_threads_add(&t->recent.protos, proto) != HP_OK) return HP_ENOMEM;
  if (by != NULL && hp_threads_add(&t->recent.protos, by) != HP_OK) return HP_ENOMEM;
  out->uncertain = hp_call_text(&t->vm, ci, c_ci, call, makes, &text) > 1;
  return hp_sites_frame(t->sites, text.s, &out->frame);
}

/* 'by' is the word of the caller, or 0. */
static int find_frame(hp_Track *t, const char *ci, const char *c_ci, hp_Call call, hp_Call by,
                      uint32_t *frame, uint32_t *uncertain) {
  hp_Call words[2] = {call, by};
  hp_RecentCall *e = &t->recent.table->calls[hash_of(words, 2) >> 40 & (HP_RECENT_CALLS - 1)];
  int rc;
  if (e->age != t->recent.age || e->call != call || e->by != by) {
    e->age = 0;
    rc = make_frame(t, ci, c_ci, call, (by & HP_CALL_MAKES) != 0, e);
    if (rc != HP_OK) return rc;
    e->call = call;
    e->by = by;
    e->age = t->recent.age;
  }
  *frame = e->frame;
  *uncertain |= e->uncertain;
  return HP_OK;
}

/* What stands in the place of calls that are not there any more, as in Lua's tracebacks;
** it needs a frame behind it. */
static int add_tail_calls(hp_Track *t, const char *ci, unsigned k, uint32_t *frames, uint32_t *n) {
  static const char text[] = "(...tail calls...)";
  if (!(hp_ci_status(ci) & t->vm.layout->ci_tail) || k == t->nframes) return HP_OK;
  return hp_sites_frame(t->sites, text, &frames[(*n)++]);
}

/* The same way along the calls as in take_down, of whose words 'calls' has n. */
static int resolve(hp_Track *t, const char *thread, const hp_Call *calls, unsigned n,
                   hp_RecentStack *out) {
  const char *ci, *c_ci = NULL;
  uint32_t frames[2 * HP_FRAMES_MAX], nframes = 0, site, uncertain = 0;
  unsigned k = 0;
  int rc = HP_OK;
  for (ci = hp_thread_ci(&t->vm, thread); k < n && k < t->nframes && ci != NULL && rc == HP_OK;
       ci = hp_ci_previous(ci)) {
    if (hp_ci_status(ci) & HP_CIST_C) {
      c_ci = ci;
    } else {
      hp_Call by = k + 1 < n ? calls[k + 1] : 0;
      if (k == 0 && c_ci == NULL && !(hp_ci_status(ci) & t->vm.layout->ci_hooked))
        by |= HP_CALL_MAKES;
      rc = find_frame(t, ci, c_ci, calls[k], by, &frames[nframes++], &uncertain);
      c_ci = NULL;
      k++;
      if (rc == HP_OK) rc = add_tail_calls(t, ci, k, frames, &nframes);
    }
  }
  if (rc == HP_OK) rc = hp_sites_stack(t->sites, frames, nframes, &site);
  if (rc == HP_OK) out->site = site;
  out->uncertain = (uint16_t)uncertain;
  return rc;
}

/* ---- looking up ----------------------------------------------------------- */

static inline int is_entry(const hp_Track *t, size_t at, uint32_t check, const hp_Call *calls,
                           unsigned n) {
  const hp_RecentStack *e = &t->recent.table->stacks[at];
  return e->check == check && e->age == t->recent.age && e->n == n &&
         same_calls(&t->recent.table->words[at * (t->nframes + 1)], calls, n);
}

/* What was first moves to the second place, what was second is forgotten. */
static int enter(hp_Track *t, const char *thread, const hp_Call *calls, unsigned n, size_t at,
                 uint32_t check) {
  unsigned nwords = t->nframes + 1;
  hp_Call *first = &t->recent.table->words[at * nwords];
  hp_RecentStack *e = &t->recent.table->stacks[at];
  int rc;
  e[1] = e[0];
  memcpy(first + nwords, first, e[0].n * sizeof *first);
  e[0].age = 0;
  rc = resolve(t, thread, calls, n, e);
  if (rc != HP_OK) return rc;
  memcpy(first, calls, n * sizeof *calls);
  e[0].n = (uint16_t)n;
  e[0].check = check;
  e[0].age = t->recent.age;
  return HP_OK;
}

static int find_site(hp_Track *t, const char *thread, const hp_Call *calls, unsigned n,
                     uint32_t *site) {
  uint64_t hash = hash_of(calls, n);
  size_t at = (size_t)(hash >> 40) & (HP_RECENT_STACKS - HP_RECENT_WAYS);
  if (!is_entry(t, at, (uint32_t)hash, calls, n)) {
    if (is_entry(t, at + 1, (uint32_t)hash, calls, n)) {
      at++;
    } else {
      int rc = enter(t, thread, calls, n, at, (uint32_t)hash);
      if (rc != HP_OK) return rc;
    }
  }
  t->uncertain += t->recent.table->stacks[at].uncertain;
  *site = t->recent.table->stacks[at].site;
  return HP_OK;
}

/* A C function may make an object on a thread that does not run: one that has been
** made, has yielded or waits for one that it resumed. Then what runs is looked for. */
static inline int is_idle(const hp_Track *t, const char *thread, const hp_Call *calls, unsigned n) {
  if (n == 0) return thread != t->vm.main;
  if (hp_thread_status(&t->vm, thread) != 0) return 1;
  return (calls[0] & HP_CALL_C) && hp_threads_waits(&t->threads, &t->vm, thread);
}

/* As take_down, where a C function makes the object, whatever that is. */
static unsigned take_down_c(const hp_Track *t, const char *thread, hp_Call *calls) {
  return take_down(t, t->nframes, thread, HP_TUSERDATA, NULL, calls);
}

/* Of the thread that runs; a coroutine of C functions alone is at work for the Lua function
** that resumed it, in another thread. Sets *thread to the one whose calls they are. */
static unsigned take_down_elsewhere(const hp_Track *t, const char **thread, hp_Call *calls) {
  unsigned n = take_down_c(t, *thread, calls);
  const char *by;
  while (n == 0 && (by = hp_threads_resumer(&t->threads, &t->vm, *thread)) != NULL) {
    *thread = by;
    n = take_down_c(t, by, calls);
  }
  return n;
}

/* ---- heapy's own ---------------------------------------------------------- */

#define OWN 4

static _Atomic(lua_CFunction) own[OWN];

void hp_where_own(lua_CFunction f) {
  int i;
  for (i = 0; i < OWN; i++) {
    lua_CFunction none = NULL;
    if (atomic_load(&own[i]) == f || atomic_compare_exchange_strong(&own[i], &none, f)) return;
  }
}

static inline int is_own(const hp_Vm *vm, const char *thread) {
  const char *ci = hp_thread_ci(vm, thread), *f;
  int i;
  if (!(hp_ci_status(ci) & HP_CIST_C)) return 0; /* most are not: no call for them */
  f = hp_frame_c_function(ci);
  for (i = 0; i < OWN && f != NULL; i++)
    if (f == (const char *)(uintptr_t)atomic_load_explicit(&own[i], memory_order_relaxed)) return 1;
  return 0;
}

/* ---- all together --------------------------------------------------------- */

int hp_where(hp_Track *t, const char *thread, int tag, const char *newtable, uint32_t *site) {
  hp_Call calls[HP_RECENT_WORDS];
  unsigned n;
  *site = HP_SITE_UNKNOWN;
  if (thread == NULL) return HP_OK;
  if (is_own(&t->vm, thread)) {
    *site = HP_SITE_HEAPY;
    return HP_OK;
  }
  n = t->nframes == 1 ? take_down(t, 1, thread, tag, newtable, calls)
                      : take_down(t, t->nframes, thread, tag, newtable, calls);
  if (is_idle(t, thread, calls, n)) {
    thread = hp_threads_running(&t->threads, &t->vm, t->vm.main);
    if (thread == NULL) return HP_OK;
    n = take_down_elsewhere(t, &thread, calls);
  }
  *site = HP_SITE_HOST;
  hp_recent_purge(&t->recent);
  return n == 0 ? HP_OK : find_site(t, thread, calls, n, site);
}
