/* The proof that a layout is the running VM's, before any of it is trusted. */
#ifndef HP_PROBE_H
#define HP_PROBE_H

#include "layout.h"

#include <lua.h>

#define HP_WHY_SIZE 200

/* Fills *vm for the state L and answers HP_OK; or HP_EVM with one sentence in
** 'why' that names the release and what did not fit; or HP_ENOMEM. Reads the
** live state only after a row has been proven on a scratch state made by the
** same library. Takes 1 to 2 ms, allocates nothing in L's heap, and leaves L's
** collector as it was. */
int hp_vm_prove(lua_State *L, hp_Vm *vm, char why[HP_WHY_SIZE]);

#endif
