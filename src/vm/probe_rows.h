/* The proof with rows of the caller's choice: how its specs show that a row
** with one wrong field is refused. */
#ifndef HP_PROBE_ROWS_H
#define HP_PROBE_ROWS_H

#include "probe.h"

/* As hp_vm_prove, on these rows; *checks: how many the chosen one has passed. */
int hp_vm_prove_rows(lua_State *L, const hp_Layout *rows, int n, hp_Vm *vm, int *checks,
                     char why[HP_WHY_SIZE]);

#endif
