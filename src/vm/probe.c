/* The proof of a layout: see probe.h.
**
** Each row is tried in a scratch state of its own, part by part; exactly one may
** pass them all. Only then is the live state read, and what can be seen of it
** without touching it must agree. */
#include "probe.h"

#include "base/error.h"
#include "probe_parts.h"
#include "probe_rows.h"

#include <stdio.h>

typedef struct Part {
  void (*run)(hp_Probe *p);
  const char *what;
} Part;

#define COLLECTOR "the state of its collector is"
#define SIZES "the blocks of its objects are"

static const Part scratch_parts[] = {
    {hp_probe_state, "its lua_State is"},
    {hp_probe_calls, "its CallInfo is"},
    {hp_probe_global, "its global_State is"},
    {hp_probe_fixed_strings, "its global_State is"},
    {hp_probe_stop, COLLECTOR},
    {hp_probe_mark, "its main thread is"},
    {hp_probe_threads, "its threads are"},
    {hp_probe_strings, "its strings are"},
    {hp_probe_tables, "its tables are"},
    {hp_probe_userdata, "its userdata are"},
    {hp_probe_cclosures, "its C functions are"},
    {hp_probe_functions, "its Lua functions are"},
    {hp_probe_growth, SIZES},
    {hp_probe_total, SIZES},
    {hp_probe_collector, COLLECTOR},
    {hp_probe_total, SIZES},
    {NULL, NULL},
};

static const Part live_parts[] = {
    {hp_probe_state, "its lua_State is"},
    {hp_probe_calls, "its CallInfo is"},
    {hp_probe_global, "its global_State is"},
    {hp_probe_fixed_strings, "its global_State is"},
    {NULL, NULL},
};

/* A part may leave values on a scratch state's stack, above the argument. */
static void run_parts(hp_Probe *p, const Part *part) {
  for (; part->run != NULL && p->ok; part++) {
    if (p->scratch.L != NULL) lua_settop(p->L, 1);
    p->part = part->what;
    part->run(p);
  }
}

/* ---- the reason ----------------------------------------------------------- */

#define NOT_KNOWN "not laid out as in any release heapy knows"
#define NOT_ALIKE "not laid out as in a new state of the same library"
#define TWO_COPIES "it was made by another copy of Lua than the one heapy calls"

static int refuse(char *why, const char *what, const char *reason) {
  char release[HP_PROBE_RELEASE];
  hp_probe_release(release);
  (void)snprintf(why, HP_WHY_SIZE, "heapy cannot read the memory of this Lua (%s%s): %s%s%s",
                 release[0] ? "Lua " : "its release is not known", release, what,
                 what[0] ? " " : "", reason);
  return HP_EVM;
}

/* ---- in a scratch state --------------------------------------------------- */

static int experiment(lua_State *L) {
  hp_Probe *p = (hp_Probe *)lua_touserdata(L, 1);
  p->L = L;
  run_parts(p, scratch_parts);
  return 0;
}

/* The copies that the parts make hold all of this row's fields. */
static int fits(const hp_Layout *r) {
  const uint16_t in_thread[] = {r->L_status,   r->L_nci,       r->L_top,        r->L_g,
                                r->L_ci,       r->L_stack,     r->L_base_ci,    r->L_hook,
                                r->L_hookmask, r->L_openupval, r->L_stack_last, r->L_stacksize};
  const uint16_t in_global[] = {r->G_currentwhite, r->G_gcstate,   r->G_gckind, r->G_gcstp,
                                r->G_mainthread,   r->G_memerrmsg, r->G_tmname};
  size_t i;
  int ok =
      r->L_size + sizeof(void *) <= HP_PROBE_OBJECT && r->G_mt + HP_PROBE_MT <= HP_PROBE_GLOBAL;
  for (i = 0; i < sizeof in_thread / sizeof *in_thread; i++) ok = ok && in_thread[i] < r->L_size;
  for (i = 0; i < sizeof in_global / sizeof *in_global; i++) ok = ok && in_global[i] < r->G_mt;
  return ok;
}

/* HP_OK with the outcome in p->ok, or HP_ENOMEM. */
static int try_row(hp_Probe *p, hp_Peek *peek, const hp_Layout *row) {
  int status;
  memset(p, 0, sizeof *p);
  p->peek = peek;
  p->vm.layout = row;
  p->part = scratch_parts[0].what;
  p->ok = fits(row);
  if (!p->ok) return HP_OK;
  status = hp_scratch_open(&p->scratch);
  if (status == HP_OK) status = hp_scratch_call(&p->scratch, experiment, p);
  hp_scratch_close(&p->scratch); /* may run finalizers, which judge, too */
  if (status == HP_EVM) p->ok = 0;
  return status == HP_ENOMEM ? HP_ENOMEM : HP_OK;
}

/* The one row that passes, in *found; or the reason why there is none: that of
** the row which came furthest. */
static int choose(hp_Peek *peek, const hp_Layout *rows, int n, hp_Probe *found, char *why) {
  hp_Probe p;
  const char *what = scratch_parts[0].what;
  int i, passed = 0, furthest = -1;
  for (i = 0; i < n; i++) {
    if (try_row(&p, peek, &rows[i]) != HP_OK) return HP_ENOMEM;
    if (p.ok) {
      *found = p;
      passed++;
    } else if (p.checks > furthest) {
      furthest = p.checks;
      what = p.part;
    }
  }
  if (passed == 1) return HP_OK;
  return passed == 0 ? refuse(why, what, NOT_KNOWN)
                     : refuse(why, "", "more than one layout seems to fit");
}

/* ---- on the live state ---------------------------------------------------- */

static int confirm(hp_Probe *p, lua_State *L, char *why) {
  p->L = L;
  run_parts(p, live_parts);
  if (!p->ok) return refuse(why, p->part, NOT_ALIKE);
  hp_probe_copies(p);
  return p->ok ? HP_OK : refuse(why, "", TWO_COPIES);
}

int hp_vm_prove_rows(lua_State *L, const hp_Layout *rows, int n, hp_Vm *vm, int *checks,
                     char why[HP_WHY_SIZE]) {
  hp_Peek peek;
  hp_Probe found;
  int status;
  if (sizeof(void *) != 8) return refuse(why, "", "only 64-bit builds can be read");
  if (lua_type(L, LUA_REGISTRYINDEX) != LUA_TTABLE)
    return refuse(why, "", "its registry is not where other builds have it");
  status = hp_peek_open(&peek);
  if (status != HP_OK) {
    refuse(why, "", "the system refuses a process the reading of its own memory");
  } else {
    status = choose(&peek, rows, n, &found, why);
    if (status == HP_OK) status = confirm(&found, L, why);
  }
  hp_peek_close(&peek);
  if (status != HP_OK) return status;
  *vm = found.vm;
  *checks = found.checks;
  return HP_OK;
}

int hp_vm_prove(lua_State *L, hp_Vm *vm, char why[HP_WHY_SIZE]) {
  int checks;
  return hp_vm_prove_rows(L, hp_layouts, hp_layouts_n, vm, &checks, why);
}
