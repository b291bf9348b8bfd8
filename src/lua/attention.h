/* Getting the VM's attention: from a signal's handler, or a finalizer, to a safe point
** between two instructions of the program.
**
** All that is done at first is to set a hook on the threads that run, as the standalone
** interpreter does for Ctrl-C. It is called before the next instruction, puts the
** program's own hook back, and then does what there is to do. */
#ifndef HP_ATTENTION_H
#define HP_ATTENTION_H

#include "remote/remote.h"
#include "state.h"

/* What is done at the safe point, in the thread that runs. Must not raise. */
typedef void (*hp_Serve)(lua_State *L, hp_Target *t);

/* For the state that 'L' is a thread of. */
void hp_attention_begin(lua_State *L, hp_Target *t, hp_Serve serve);
void hp_attention_end(hp_Target *t);

/* The handler for the target's options. */
void hp_attention_wake(const hp_Woken *woken);

/* For the target's options: what the monitor's thread does beside the signal. */
void hp_attention_reach(hp_Target *t);

/* Takes all out of the way that is in that of a command or of another wrapper around the
** allocator: from the VM's own thread. */
void hp_attention_aside(lua_State *L);

/* Sets the hook on L: from the VM's own thread, at any moment. */
void hp_attention_arm(hp_Target *t, lua_State *L);

/* Takes the hook off the main thread, which may never run, where nothing is wanted any
** more: from the VM's own thread. Other threads that have it lose it when they run. */
void hp_attention_rest(hp_Target *t);

#endif
