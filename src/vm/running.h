/* Which threads of a VM are running, as the machine's stack tells. */
#ifndef HP_RUNNING_H
#define HP_RUNNING_H

#include "object.h"
#include "peek.h"

#define HP_THREAD_MOST 256 /* no layout's lua_State is larger */

/* Copies what lies at 'o' if it looks like a thread of this VM; else 0. It may also be the remains
** of one that was freed. */
int hp_vm_copy_thread(const hp_Vm *vm, hp_Peek *peek, const char *o, char copy[HP_THREAD_MOST]);

/* Finds the VM's threads (lua_State) that are in the midst of a call and that the
** calling OS thread's stack speaks of, from 'from' towards its beginning; answers how
** many of at most 'most' it put in 'found', nearest first. May be called in a signal's
** handler: it only reads, and what it reads it reads through 'peek'.
**
** The interpreter keeps no note of the thread it runs, but each of its C functions has
** it as an argument: so it is in a register or on the stack. What looks like one must
** prove it: type, VM, status, and a chain of frames that fits together. A thread that
** was freed has no frames. 'reach': how many bytes of the stack are looked at. */
int hp_vm_running(const hp_Vm *vm, hp_Peek *peek, const void *from, size_t reach,
                  const char **found, int most);

/* Is this a thread of the VM's, in a call, and not suspended there? It is memory of that size. */
int hp_vm_in_call(const hp_Vm *vm, const char *thread);

/* The C function that a thread which is in a call is in, or NULL. */
const void *hp_vm_c_function(const hp_Vm *vm, const char *thread);

/* How many objects the VM has; stops counting soon after 'most'. */
size_t hp_vm_count(const hp_Vm *vm, size_t most);

#endif
