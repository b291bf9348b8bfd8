/* What the C stack tells of who asks for memory: exact, or nothing.
**
** When the VM asks for an object's memory, the thread that runs is an argument of
** the function that calls the allocator, and the interpreter has its true pc (which
** it does not save before it makes a table) in a variable: both lie in registers
** saved on the C stack, or in its frames, at places that are the same each time the
** same calls lead there. Where, is learned on a throw-away state of the same library
** that makes objects of which everything is known.
**
** That these very calls led here is shown by their return addresses. The innermost
** is our own, and certainly alive. If it is the one learned, then the caller's frame
** is as it was, so the next return address is alive as well, and so on up to the
** interpreter. A place is read only behind return addresses that all match; where one
** does not (another allocator around ours, a retry after a failure), nothing is told.
** Nor is there anything under sanitizers and valgrind, which forbid such reads. */
#ifndef HP_LOOK_H
#define HP_LOOK_H

#include "base/error.h"
#include "vm/layout.h"

#include <lua.h>

#if defined(__x86_64__)
#define HP_LOOK_BELOW 5 /* words below the frame: the caller's registers, saved there */
#else
#define HP_LOOK_BELOW 0 /* they are saved above */
#endif
#define HP_LOOK_ABOVE 112 /* words from there on */
#define HP_LOOK_CALLERS 4
#define HP_LOOK_PATH 8

typedef struct hp_Look {
  struct {
    uintptr_t back; /* return address of the allocator */
    int thread;     /* the word that holds the running lua_State */
  } callers[HP_LOOK_CALLERS];
  int ncallers; /* 0: nothing was learned */
  struct {
    int at;
    uintptr_t back;
  } path[HP_LOOK_PATH]; /* return addresses up to the interpreter making a table */
  int npath;            /* 0: nothing was learned of the pc */
  int pc;               /* the word that holds its pc, */
  int pc_less;          /* this much behind the OP_NEWTABLE, in bytes */
} hp_Look;

/* Words are counted from the frame of the function that the VM called. The function
** must begin with HP_LOOK_FRAME, and the look be taken in it or in what it inlines. */
#define HP_LOOK_FRAME() (__builtin_unwind_init(), (const uintptr_t *)__builtin_frame_address(0))

#define HP_LOOK_BACK 1 /* where the return address is: above the caller's frame pointer */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    !(defined(__x86_64__) || defined(__aarch64__))
#define HP_LOOK_NEVER 1
#else
#define HP_LOOK_NEVER 0
#endif

/* Everything zero where nothing can be learned, which is no failure. HP_ENOMEM. */
int hp_look_learn(hp_Look *look, const hp_Layout *layout);

/* The running thread, or NULL. */
static inline const char *hp_look_thread(const hp_Look *look, const uintptr_t *frame) {
  int i;
  for (i = 0; i < look->ncallers; i++)
    if (frame[HP_LOOK_BACK] == look->callers[i].back)
      return (const char *)frame[look->callers[i].thread];
  return NULL;
}

/* The OP_NEWTABLE that is executed, or NULL. */
static inline const char *hp_look_newtable(const hp_Look *look, const uintptr_t *frame) {
  int i;
  for (i = 0; i < look->npath; i++)
    if (frame[look->path[i].at] != look->path[i].back) return NULL;
  return look->npath == 0 ? NULL : (const char *)(frame[look->pc] - (uintptr_t)look->pc_less);
}

/* ---- for the allocator while it is taught --------------------------------- */

typedef struct hp_Lesson hp_Lesson;

/* Keeps what there is to see when an object with this tag is made. */
void hp_lesson_note(hp_Lesson *lesson, const uintptr_t *frame, int tag);

#endif
