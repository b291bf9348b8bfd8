/* A call of a Lua function as one word, and what it is in the text: file, lines, name. */
#ifndef HP_CALL_H
#define HP_CALL_H

#include "base/names.h"
#include "vm/object.h"

/* The address behind the call's current instruction, which is 0 modulo 4; from
** HP_CALL_STATUS_AT on those bits of its status by which it names what it calls; and */
typedef uint64_t hp_Call;

#define HP_CALL_C 1     /* a C function that it called is at work */
#define HP_CALL_STALE 2 /* that address is old: a table's register + 1 stands at HP_CALL_REGISTER_AT */
#define HP_CALL_C_FINAL 2 /* with HP_CALL_C: the collector runs a finalizer on top of it */

#define HP_CALL_STATUS_AT 48
#define HP_CALL_REGISTER_AT 56
#define HP_CALL_C_HOOKED ((hp_Call)1 << 56) /* with HP_CALL_C: a hook runs on top of it */
#define HP_CALL_MAKES ((hp_Call)1 << 63) /* for the caller's word: see hp_call_text */

/* Those bits of a call's status. */
#define hp_call_mask(vm) \
  ((unsigned)(vm)->layout->ci_tail | (vm)->layout->ci_hooked | (vm)->layout->ci_final)

/* Sets *text to what the call is, "marker.lua:41 in method 'push'": ci is its frame, c_ci
** that of the C function that it called, or NULL. 'makes': its own instruction makes the
** object, which is a function (or its upvalue) where that is an OP_CLOSURE. Gives how
** many lines the text names. */
unsigned hp_call_text(const hp_Vm *vm, const char *ci, const char *c_ci, hp_Call call, int makes,
                      hp_Name *text);

#endif
