/* Moments: see moment.h. */
#include "moment.h"

int hp_moment_listed(const char *list, const char *o) {
  for (; list != NULL; list = hp_next(list))
    if (list == o) return 1;
  return 0;
}

/* What comes first on the list: o (1), the mark (0), neither (-1). */
static int before_mark(const char *list, const char *mark, const char *o) {
  for (; list != NULL; list = hp_next(list)) {
    if (list == o) return 1;
    if (list == mark) return 0;
  }
  return -1;
}

hp_Age hp_moment_age(const hp_Vm *vm, const hp_Moment *m, const char *o) {
  int before = before_mark(hp_g_allgc(vm->g), m->allgc, o);
  if (before == 1) return HP_YOUNGER;
  if (before == -1 || before_mark(hp_g_finobj(vm->g), m->finobj, o) == 1) return HP_UNCERTAIN;
  return hp_moment_listed(hp_g_tobefnz(vm->g), o) ? HP_UNCERTAIN : HP_OLDER;
}
