/* A program that waits for a line with GNU Readline: the standalone interpreter at its prompt. A
** signal does not bring it back to Lua, for Readline goes on waiting; but it calls a hook first. */
#ifndef HP_PROMPT_H
#define HP_PROMPT_H

/* From now on Readline calls `hook` in the thread that waits, when a signal has come. Not where the
** program is not linked with Readline, or has a hook of its own there. */
void hp_prompt_begin(int (*hook)(void));

/* No more, if it is still this one. */
void hp_prompt_end(int (*hook)(void));

#endif
