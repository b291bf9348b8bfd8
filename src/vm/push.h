/* Values between the Lua stack and the VM's objects. The only place that writes
** to the VM's memory: one slot of the running thread's stack. */
#ifndef HP_PUSH_H
#define HP_PUSH_H

#include "object.h"

#include <lua.h>

/* The object at the top of L's stack, or NULL if the value there is none. */
const char *hp_vm_top(const hp_Vm *vm, lua_State *L);

/* Puts the live object o on top of L's stack, which must have room. Not for
** prototypes and upvalues, which Lua code never sees. */
void hp_vm_push(const hp_Vm *vm, lua_State *L, const char *o);

#endif
