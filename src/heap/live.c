/* Objects still there: see live.h. */
#include "live.h"

/* What lies behind the mark on a list; NULL if the mark is not on it. */
static const char *behind(const char *list, const char *mark) {
  while (list != NULL && list != mark) list = hp_next(list);
  return list;
}

static void find(const hp_Vm *vm, const hp_Graph *g, const char *list, const hp_IdSet *set,
                 uint64_t *alive) {
  for (; list != NULL; list = hp_next(list)) {
    uint32_t id = hp_addrs_id(&g->addrs, list);
    if (id != HP_NONE && hp_idset_has(set, id) && !hp_is_dead(vm, list)) hp_bit_set(alive, id);
  }
}

void hp_live(const hp_Vm *vm, const hp_Graph *g, const hp_Moment *m, const hp_IdSet *set,
             uint64_t *alive) {
  find(vm, g, behind(hp_g_allgc(vm->g), m->allgc), set, alive);
  find(vm, g, behind(hp_g_finobj(vm->g), m->finobj), set, alive);
  find(vm, g, hp_g_fixedgc(vm->g), set, alive);
}

static int any_before(const hp_Graph *g, const char *o, const char *mark, const uint64_t *bits) {
  for (; o != NULL && o != mark; o = hp_next(o)) {
    uint32_t id = hp_addrs_id(&g->addrs, o);
    if (id != HP_NONE && hp_bit_get(bits, id)) return 1;
  }
  return 0;
}

int hp_any_younger(const hp_Vm *vm, const hp_Graph *g, const hp_Moment *m, const uint64_t *bits) {
  return any_before(g, hp_g_allgc(vm->g), m->allgc, bits) ||
         any_before(g, hp_g_finobj(vm->g), m->finobj, bits) ||
         any_before(g, hp_g_tobefnz(vm->g), NULL, bits);
}
