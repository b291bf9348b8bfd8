/* The threads of a VM that are known, and which of them runs. */
#ifndef HP_THREADS_H
#define HP_THREADS_H

#include "base/vec.h"
#include "vm/object.h"

/* A set of lua_State addresses, by hash. */
typedef struct hp_Threads {
  const char **slots; /* NULL: free */
  size_t nslots, n;
} hp_Threads;

void hp_threads_free(hp_Threads *t);
size_t hp_threads_bytes(const hp_Threads *t);
int hp_threads_add(hp_Threads *t, const char *thread);
int hp_threads_has(const hp_Threads *t, const char *thread);
void hp_threads_remove(hp_Threads *t, const char *thread);

/* The thread that runs now, found without the help of who called: it is 'last', which
** is a thread that is known, if that is in a Lua function; else it is looked for along
** the chain of resumes from the main thread (the thread that a C function was given, or
** has as an upvalue), and among all that are known, if they are not too many, for those
** that a host resumes. NULL where it cannot be told. May be called while the VM asks for
** an object's memory. */
const char *hp_threads_running(const hp_Threads *t, const hp_Vm *vm, const char *last);

/* Does the thread, which is in a C function, wait for one that it resumed there? */
int hp_threads_waits(const hp_Threads *t, const hp_Vm *vm, const char *thread);

/* The thread that resumed that one, along the same chain; NULL for the main thread, and
** where it cannot be told. Each thread's comes before it on the chain. */
const char *hp_threads_resumer(const hp_Threads *t, const hp_Vm *vm, const char *thread);

#endif
