/* Objects still there: see live.h. */
#include "live.h"

#include "origin.h"

typedef struct Search {
  const hp_Vm *vm;
  const hp_Graph *g;
  const hp_Moment *m;
  hp_Track *track;
  const hp_IdSet *set;
  uint64_t *alive;
} Search;

/* On the list: what is behind the mark was there, what is before it maybe. */
static void find(const Search *s, const char *list, const char *mark) {
  int behind = mark == NULL;
  for (; list != NULL; list = hp_next(list)) {
    uint32_t id = hp_addrs_id(&s->g->addrs, list);
    behind |= list == mark;
    if (id == HP_NONE || !hp_idset_has(s->set, id) || hp_is_dead(s->vm, list)) continue;
    if (behind || hp_origin_age_now(s->track, s->m, list) == HP_OLDER) hp_bit_set(s->alive, id);
  }
}

void hp_live(const hp_Vm *vm, const hp_Graph *g, const hp_Moment *m, hp_Track *track,
             const hp_IdSet *set, uint64_t *alive) {
  Search s = {vm, g, m, track, set, alive};
  find(&s, hp_g_allgc(vm->g), m->allgc);
  find(&s, hp_g_finobj(vm->g), m->finobj);
  find(&s, hp_g_fixedgc(vm->g), NULL);
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
