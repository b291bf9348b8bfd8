/* What calls were found to mean: a small table, of what came last with a hash.
**
** A call is known by its pc, and so for as long as its prototype lives: other code may come to
** lie at the same addresses. What has to do with prototypes that are gone is forgotten before
** anything is looked up again, of all of them together: programs that load chunks all the time let
** go many, and what has to do with none of them stays. */
#ifndef HP_RECENT_H
#define HP_RECENT_H

#include "call.h"
#include "sites.h"
#include "threads.h"

#define HP_RECENT_STACKS 8192 /* stacks of calls, */
#define HP_RECENT_WAYS 2      /* as many of which may share a hash; */
#define HP_RECENT_CALLS 4096  /* and single calls */

#define HP_RECENT_WORDS (HP_FRAMES_MAX + 1) /* of calls, and by what the last of them was called */

#define HP_RECENT_GONE 64 /* prototypes that are remembered to be gone; with more of them all */

typedef struct hp_RecentStack {
  uint32_t age, site;
  uint32_t check; /* more of the hash */
  uint16_t n, uncertain;
} hp_RecentStack;

typedef struct hp_RecentCall {
  hp_Call call, by;
  uint32_t age, frame;
  uint32_t uncertain;
} hp_RecentCall;

typedef struct hp_RecentTable {
  struct {
    uintptr_t code, end;
  } gone[HP_RECENT_GONE];
  hp_RecentStack stacks[HP_RECENT_STACKS];
  hp_RecentCall calls[HP_RECENT_CALLS];
  hp_Call words[]; /* nwords for each stack */
} hp_RecentTable;

typedef struct hp_Recent {
  uint32_t age; /* what is of another age is forgotten */
  unsigned nwords;
  unsigned mask; /* of a call's status (call.h) */
  unsigned ngone;
  hp_RecentTable *table; /* owned; NULL: there is nothing */
  hp_Threads protos;     /* those that the table has to do with */
} hp_Recent;

/* For stacks of so many calls; HP_ENOMEM. */
int hp_recent_open(hp_Recent *r, const hp_Vm *vm, unsigned nframes);
void hp_recent_close(hp_Recent *r);
size_t hp_recent_bytes(const hp_Recent *r);

/* A block of a prototype's size is about to be freed: it may be one. */
void hp_recent_gone(hp_Recent *r, const char *proto);

/* Forgets what has to do with those that are gone: before any lookup. */
void hp_recent_forget(hp_Recent *r);

static inline void hp_recent_purge(hp_Recent *r) {
  if (r->ngone != 0) hp_recent_forget(r);
}

#endif
