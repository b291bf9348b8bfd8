/* The proof's first part: what the state says of itself through Lua's API
** stands where the layout says. Reads only, raises nothing, pushes nothing: it
** serves the live state too. */
#include "probe_parts.h"

#define CALLS_SEEN 64 /* of a live state's calls; there may be 200 000 */

#define field(p, thread, name) hp_ptr(thread, (p)->vm.layout->name)

/* The two words a global_State starts with. */
static void allocator(hp_Probe *p, const char *g) {
  void *ud = NULL;
  lua_Alloc f = lua_getallocf(p->L, &ud);
  hp_probe_must(p, hp_ptr(g, 0) == (const char *)(uintptr_t)f);
  hp_probe_must(p, hp_ptr(g, 8) == (const char *)ud);
}

static void hooks(hp_Probe *p, const char *thread) {
  const hp_Layout *row = p->vm.layout;
  const char *hook = (const char *)(uintptr_t)lua_gethook(p->L);
  hp_probe_must(p, field(p, thread, L_hook) == hook);
  hp_probe_must(p, hp_u32(thread, row->L_hookmask) == (uint32_t)lua_gethookmask(p->L));
}

static void stack(hp_Probe *p, const char *thread) {
  const uintptr_t bottom = (uintptr_t)field(p, thread, L_stack);
  const uintptr_t last = (uintptr_t)field(p, thread, L_stack_last);
  const uintptr_t top = (uintptr_t)field(p, thread, L_top);
  const uint16_t stacksize = p->vm.layout->L_stacksize;
  const uintptr_t slots = (last - bottom) / HP_VALUE_SIZE;
  hp_probe_must(p, bottom != 0 && last > bottom);
  hp_probe_must(p, (last - bottom) % HP_VALUE_SIZE == 0 && slots < (uintptr_t)1 << 31);
  hp_probe_must(p, top > bottom && top <= last + HP_EXTRA_STACK * HP_VALUE_SIZE);
  if (stacksize) hp_probe_must(p, hp_u32(thread, stacksize) == slots + HP_EXTRA_STACK);
}

/* L's current call is the one that lua_getstack gives, and holds as many values
** as lua_gettop says. */
static void current_call(hp_Probe *p, const char *thread) {
  char ci[HP_CI_SIZE];
  lua_Debug ar;
  const char *at = field(p, thread, L_ci);
  const char *base = hp_thread_base_ci(&p->vm, (const char *)p->L);
  int level0 = lua_getstack(p->L, 0, &ar);
  hp_probe_must(p, at == (level0 ? (const char *)ar.i_ci : base));
  hp_probe_read(p, at, ci, sizeof ci);
  hp_probe_must(p, (uintptr_t)field(p, thread, L_top) - (uintptr_t)hp_ci_func(ci) ==
                       HP_VALUE_SIZE * ((size_t)lua_gettop(p->L) + 1));
}

void hp_probe_state(hp_Probe *p) {
  char thread[HP_PROBE_OBJECT];
  hp_probe_object(p, (const char *)p->L, thread);
  hp_probe_must(p, hp_tag(thread) == HP_TTHREAD);
  hp_probe_must(p, hp_thread_status(&p->vm, thread) == lua_status(p->L));
  p->vm.g = field(p, thread, L_g);
  allocator(p, hp_probe_look(p));
  hooks(p, thread);
  stack(p, thread);
  current_call(p, thread);
}

/* Up to CALLS_SEEN calls from the first: each knows the one before it, and if
** the end is among them, L's own was met and their number is nci (16 bits). */
void hp_probe_calls(hp_Probe *p) {
  char thread[HP_PROBE_OBJECT];
  char ci[HP_CI_SIZE];
  const char *before = NULL;
  const char *at = hp_thread_base_ci(&p->vm, (const char *)p->L);
  int n, met = 0;
  hp_probe_object(p, (const char *)p->L, thread);
  for (n = 0; at != NULL && n < CALLS_SEEN; n++) {
    hp_probe_read(p, at, ci, sizeof ci);
    hp_probe_must(p, hp_ci_previous(ci) == before);
    if (n == 0) hp_probe_must(p, hp_ci_func(ci) == field(p, thread, L_stack));
    if (at == field(p, thread, L_ci)) met = 1;
    before = at;
    at = hp_ci_next(ci);
  }
  if (at != NULL) return;
  hp_probe_must(p, met && n - 1 == hp_u16(thread, p->vm.layout->L_nci));
}

/* Element 1 of the registry is the main thread (LUA_RIDX_MAINTHREAD); it stands
** in the array part, where it was put when the state was made. */
static const char *main_by_registry(hp_Probe *p) {
  char table[HP_PROBE_OBJECT];
  char value[HP_VALUE_SIZE];
  hp_probe_object(p, hp_value_object(hp_g_registry(p->global)), table);
  hp_probe_must(p, hp_tag(table) == HP_TTABLE && hp_table_array_size(&p->vm, table) > 0);
  hp_probe_read(p, hp_table_array(table), value, sizeof value);
  hp_probe_must(p, hp_value_tag(value) == (HP_TTHREAD | HP_COLLECTABLE));
  return hp_value_object(value);
}

static void main_thread(hp_Probe *p) {
  char thread[HP_PROBE_OBJECT];
  const char *o = hp_ptr(p->global, p->vm.layout->G_mainthread);
  p->vm.main = o;
  hp_probe_must(p, o == main_by_registry(p));
  hp_probe_must(p, (uintptr_t)p->vm.g - (uintptr_t)o == p->vm.layout->L_size);
  hp_probe_object(p, o, thread);
  hp_probe_must(p, hp_tag(thread) == HP_TTHREAD && field(p, thread, L_g) == p->vm.g);
}

static void collector(hp_Probe *p, const char *g) {
  const hp_Layout *row = p->vm.layout;
  uint8_t white = hp_u8(g, row->G_currentwhite);
  hp_probe_must(p, white == 0x08 || white == 0x10);
  hp_probe_must(p, hp_u8(g, row->G_gcstate) <= 8);
  hp_probe_must(p, hp_u8(g, row->G_gckind) <= 1);
  hp_probe_must(p, hp_u8(g, row->G_gcstp) <= 7);
}

/* Each list is empty or starts with an object. */
static void list(hp_Probe *p, const char *head) {
  char copy[HP_PROBE_OBJECT];
  if (head != NULL) hp_probe_object(p, head, copy);
}

void hp_probe_global(hp_Probe *p) {
  const char *g = hp_probe_look(p);
  const char *registry = (const char *)lua_topointer(p->L, LUA_REGISTRYINDEX);
  int64_t count = hp_probe_count(p->L);
  uint32_t buckets = hp_g_string_table_size(g);
  if (count >= 0) hp_probe_must(p, hp_g_total(g) == count);
  hp_probe_must(p, hp_value_tag(hp_g_registry(g)) == (HP_TTABLE | HP_COLLECTABLE));
  hp_probe_must(p, hp_value_object(hp_g_registry(g)) == registry);
  main_thread(p);
  collector(p, g);
  hp_probe_must(p, buckets > 0 && (buckets & (buckets - 1)) == 0);
  hp_probe_must(p, hp_g_allgc(g) != NULL && hp_g_fixedgc(g) != NULL);
  list(p, hp_g_allgc(g));
  list(p, hp_g_finobj(g));
  list(p, hp_g_tobefnz(g));
  list(p, hp_g_fixedgc(g));
}

/* "not enough memory", and the names of the first and last event. */
void hp_probe_fixed_strings(hp_Probe *p) {
  const char *g = hp_probe_look(p);
  const hp_Layout *row = p->vm.layout;
  hp_probe_text(p, hp_ptr(g, row->G_memerrmsg), "not enough memory");
  hp_probe_text(p, hp_ptr(g, row->G_tmname), "__index");
  hp_probe_text(p, hp_ptr(g, row->G_tmname + 24 * sizeof(void *)), "__close");
}
