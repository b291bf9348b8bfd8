/* Was the thread that a signal came to asleep in a system call? */
#ifndef HP_ASLEEP_H
#define HP_ASLEEP_H

/* 'context' is the third argument of the signal's handler, 'back' where the handler returns to.
** 1 only where the thread certainly sleeps in a call, or was about to, that waits for something
** outside of the process, such as malloc, the loader and the library of threads make none of
** while they hold a lock; and not in another handler, which may have interrupted them. So it is
** in the midst of nothing of theirs, and what a handler may not do otherwise it may do there. */
int hp_asleep(const void *context, const void *back);

#endif
