/* Sizes of objects: see size.h. */
#include "size.h"

/* Its block (the main thread's is part of the VM's), stack, and every CallInfo on its
** chain, the unused tail included. */
static size_t thread_size(const hp_Vm *vm, const char *o) {
  size_t n = o == vm->main ? 0 : vm->layout->L_size + vm->thread_extra;
  const char *ci = hp_ci_next(hp_thread_base_ci(vm, o));
  if (hp_thread_stack(vm, o) == NULL) return n; /* its creation ran out of memory */
  for (; ci != NULL; ci = hp_ci_next(ci)) n += HP_CI_SIZE;
  return n + HP_VALUE_SIZE * hp_thread_stack_slots(vm, o);
}

size_t hp_object_size(const hp_Vm *vm, const char *o) {
  switch (hp_tag(o)) {
    case HP_TSHORTSTRING:
    case HP_TLONGSTRING: return hp_string_size(o);
    case HP_TTABLE: return hp_table_size(vm, o);
    case HP_TLUACLOSURE: return 32 + 8 * (size_t)hp_closure_nup(o);
    case HP_TCCLOSURE: return 32 + 16 * (size_t)hp_closure_nup(o);
    case HP_TUSERDATA: return hp_userdata_size(o);
    case HP_TTHREAD: return thread_size(vm, o);
    case HP_TUPVALUE: return HP_UPVALUE_SIZE;
    case HP_TPROTO: return hp_proto_size(o);
    default: return 0;
  }
}

size_t hp_vm_internals_size(const hp_Vm *vm) {
  return vm->block + sizeof(void *) * (size_t)hp_g_string_table_size(vm->g);
}
