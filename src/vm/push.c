/* Stack slots: see push.h. */
#include "push.h"

static char *top_slot(const hp_Vm *vm, lua_State *L) {
  return (char *)(uintptr_t)hp_thread_top(vm, (const char *)L) - HP_VALUE_SIZE;
}

const char *hp_vm_top(const hp_Vm *vm, lua_State *L) {
  const char *slot = top_slot(vm, L);
  return (hp_value_tag(slot) & HP_COLLECTABLE) ? hp_value_object(slot) : NULL;
}

void hp_vm_push(const hp_Vm *vm, lua_State *L, const char *o) {
  char *slot;
  lua_pushnil(L);
  slot = top_slot(vm, L);
  memcpy(slot, &o, sizeof o);
  slot[8] = (char)(hp_tag(o) | HP_COLLECTABLE);
}
