/* Moments: exact identity without an allocator's help.
**
** The VM puts every new object at the head of its list 'allgc' (or, once it has
** a finalizer, of 'finobj') and never reorders them. So an object that the
** program cannot free, made at a moment and kept, is a mark in the list: what
** lies behind it is older than the moment, what lies before it is younger. A
** snapshot holds two such marks, one in each list; a later walk that meets them
** knows of every object whether it was there at that moment -- even one whose
** address an older object had.
**
** What the lists say less of, objects with finalizers, the tracker knows by their
** births (origin.h), as long as one session of it lasts. */
#ifndef HP_MOMENT_H
#define HP_MOMENT_H

#include "vm/object.h"

#include <stdint.h>

typedef struct hp_Moment {
  const char *allgc;  /* an object without a finalizer */
  const char *finobj; /* one with */
  uint32_t serial;    /* later moments have larger ones */
  uint64_t session;   /* of tracking, as it was then; 0: the VM was not tracked */
  uint64_t births;    /* in that session so far */
} hp_Moment;

typedef enum hp_Age { HP_OLDER, HP_YOUNGER, HP_UNCERTAIN } hp_Age;

/* Was the live object o there at the moment? Follows the VM's lists from their
** heads as far as the marks. Uncertain: o got its finalizer since, be it old or
** new, or is about to be finalized, or the mark in allgc is not there any more. */
hp_Age hp_moment_age(const hp_Vm *vm, const hp_Moment *m, const char *o);

/* Is o on the VM's list that begins at 'list'? */
int hp_moment_listed(const char *list, const char *o);

#endif
