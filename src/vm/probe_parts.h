/* What the parts of the proof share. Only the probe_*.c files use this.
**
** A candidate layout may be wrong, so a probe reads through peek.h alone:
** objects are copied out, and the accessors of object.h work on the copies.
** The first answer that does not fit makes 'ok' 0 for good; what is read after
** that is zeros, so a check needs no branch for it. */
#ifndef HP_PROBE_PARTS_H
#define HP_PROBE_PARTS_H

#include "object.h"
#include "peek.h"
#include "scratch.h"

#define HP_PROBE_MT 72      /* bytes of 'mt': the metatables of nine types */
#define HP_PROBE_GLOBAL 640 /* bytes of a global_State up to the end of its 'mt' */

/* Where a heap stood when the sizes of what is made since were to be summed. */
typedef struct hp_Mark {
  const char *head; /* of the list of all objects */
  int64_t total;
  size_t main;    /* bytes of the main thread's stack and calls */
  size_t buckets; /* of the string table */
} hp_Mark;

typedef struct hp_Probe {
  hp_Peek *peek;
  lua_State *L;          /* the state looked at; must be running this very code */
  hp_Vm vm;              /* as the candidate layout has it */
  hp_Scratch scratch;    /* its L is NULL when the live state is looked at */
  const char *dummynode; /* the library's empty hash part; NULL while unknown */
  const char *part;      /* what is being looked at, for the reason */
  int ok;
  int checks; /* how many have passed */
  hp_Mark mark;
  const char *finalizable[2];   /* two userdata, and how many of their finalizers ran: */
  int finalized;                /* here, as a failure leaves them to lua_close */
  char global[HP_PROBE_GLOBAL]; /* L's global_State when last looked at */
} hp_Probe;

/* ---- probe_read.c: reading and judging ------------------------------------ */

/* o + n, for an o that may be wild or NULL. */
static inline const char *hp_probe_at(const char *o, size_t n) {
  return (const char *)((uintptr_t)o + n);
}

/* Counts a check that holds; a false one ends the proof. Gives p->ok. */
int hp_probe_must(hp_Probe *p, int holds);

/* Copies n bytes at o; zeros, and a failed proof, if they cannot be read. */
void hp_probe_read(hp_Probe *p, const char *o, void *copy, size_t n);

/* Copies the head of the object o, the part that its type always has; zeros
** behind it. */
#define HP_PROBE_OBJECT 256 /* bytes: more than the largest, a lua_State */
void hp_probe_object(hp_Probe *p, const char *o, char copy[HP_PROBE_OBJECT]);

/* Reads the global_State into p->global again, and gives that copy. */
const char *hp_probe_look(hp_Probe *p);

/* The string o holds exactly this text. */
void hp_probe_text(hp_Probe *p, const char *o, const char *text);

/* Bytes of the object o, as size.h has them. */
size_t hp_probe_size(hp_Probe *p, const char *o);

/* Bytes in use as lua_gc tells them; -1 where it does not answer (a finalizer). */
int64_t hp_probe_count(lua_State *L);

/* ---- the parts, in the order they are run --------------------------------- */

/* probe_state.c: lua_State, its calls, global_State, the fixed strings. Reads
** only, in a scratch or in a live state; sets vm.g and vm.main. */
void hp_probe_state(hp_Probe *p);
void hp_probe_calls(hp_Probe *p);
void hp_probe_global(hp_Probe *p);
void hp_probe_fixed_strings(hp_Probe *p);

/* The rest is for a scratch state, with its collector stopped. probe_objects.c:
** objects made one by one, each field planted and read back. The two that
** frame the making of one object: the second checks that it is the first of
** all objects, in front of those there were, new to the collector, of this
** type, and of this size in three accounts (size.h, the VM's, the allocator's). */
typedef struct hp_Before {
  const char *head;
  int64_t total;
  size_t live;
} hp_Before;
hp_Before hp_probe_before(hp_Probe *p);
const char *hp_probe_born(hp_Probe *p, hp_Before b, int tag, size_t bytes);

void hp_probe_strings(hp_Probe *p);
void hp_probe_tables(hp_Probe *p);
void hp_probe_userdata(hp_Probe *p);
void hp_probe_cclosures(hp_Probe *p);

/* probe_functions.c: a compiled chunk in a coroutine: prototypes, closures,
** upvalues open and closed, a thread's stack and calls. */
void hp_probe_threads(hp_Probe *p);
void hp_probe_functions(hp_Probe *p);

/* probe_sums.c: the sizes of all objects made since the mark equal the growth
** of the count; later, everything on all lists equals the count itself. */
void hp_probe_mark(hp_Probe *p);
void hp_probe_growth(hp_Probe *p);
void hp_probe_total(hp_Probe *p);

/* probe_collector.c: stop, finalizers, dead keys, colours, modes and phases. */
void hp_probe_stop(hp_Probe *p);
void hp_probe_collector(hp_Probe *p);

/* probe_copies.c: the live state belongs to the library that is being called. */
void hp_probe_copies(hp_Probe *p);

/* The release as the library names it ("5.4.8"), or "" where it does not. */
#define HP_PROBE_RELEASE 16
void hp_probe_release(char release[HP_PROBE_RELEASE]);

#endif
