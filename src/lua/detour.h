/* A detour of the VM's requests for memory, while somebody waits for the VM.
**
** Whatever a host does, its VM asks for memory sooner or later, in the OS thread that
** runs it, and the pointer to the allocator is one word of the global state. That word
** alone is exchanged, and put back; the allocator's own argument stays. So a host is
** reached that a signal seldom finds in Lua, or never: whose short coroutines get a hook
** of the host's own whenever they are resumed (HAProxy). */
#ifndef HP_DETOUR_H
#define HP_DETOUR_H

#include "remote/remote.h"
#include "vm/layout.h"

#include <lua.h>

/* What is called when the VM of a slot asks for memory, in its OS thread, in the midst of
** anything: with the block that is about to be freed or resized, or NULL; and with a new
** block for a thread of its, which is not filled yet. Neither may allocate. */
typedef void (*hp_Detoured)(int slot, const void *block);
typedef void (*hp_DetouredThread)(int slot, const void *block, size_t size);

/* For the slot's VM, whose layout is proven: from its own OS thread, as the end is. Until it has
** begun, and from its end on, the slot cannot be turned on. */
void hp_detour_begin(int slot, lua_State *L, const hp_Vm *vm, hp_Detoured call,
                     hp_DetouredThread born);

/* On: from any thread, while the VM lives. Does nothing where it cannot be, or is on. */
void hp_detour_on(int slot);

/* Off, and off for good: from the VM's own OS thread. */
void hp_detour_off(int slot);
void hp_detour_end(int slot);

#endif
