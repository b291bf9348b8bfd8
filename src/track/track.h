/* Allocation tracking: a wrapper around the VM's allocator that notes, for each live
** object, where it was made and when.
**
** Every request goes on to the host's own allocator, with its own arguments, and its
** result comes back. The wrapper allocates with malloc alone, never calls Lua, and
** never fails a request: what it cannot record it counts as missed. It is called by
** the VM, so the VM may be in the middle of anything; of its memory no more is read
** than the thread that runs, its calls, and their code.
**
** That all of the VM's requests come here is not taken for granted: other libraries put
** wrappers around this one, take it away and put it back. The VM's own count of its bytes
** must be what the requests seen so far make it; where it is not, recording ends. Nor
** are all requests the VM's: see alloc.c. */
#ifndef HP_TRACK_H
#define HP_TRACK_H

#include "blocks.h"
#include "look.h"
#include "recent.h"
#include "sites.h"
#include "threads.h"
#include "vm/object.h"

#include <lua.h>
#include <pthread.h>
#include <stdatomic.h>

/* Of the objects made at one site. In a sample these are estimates: each object taken
** stands for 1/p, p being the chance that it was. */
typedef struct hp_SiteStat {
  double live, live_bytes;   /* bytes: what the objects took when they were made */
  double made, made_bytes;
  double peak, peak_bytes;   /* of live, live_bytes */
  double var, var_bytes;     /* variance of live, live_bytes */
  double turn, turn_bytes;   /* the same of all that was made and all that was freed */
} hp_SiteStat;

typedef struct hp_SiteSize {
  double bytes, var;
} hp_SiteSize;

/* A site as it stood when hp_track_freeze was called. */
typedef struct hp_SiteRow {
  hp_SiteStat stat;
  hp_SiteSize size; /* of the live objects, then */
} hp_SiteRow;

/* All of them: they may outlive the tracker. */
typedef struct hp_SiteRows {
  hp_SiteRow *at; /* by site. Owned */
  size_t n;
  hp_Sites *sites;
} hp_SiteRows;

struct hp_Timeline;

typedef struct hp_Track {
  lua_Alloc f; /* the host's, as it was before */
  void *ud;
  atomic_int on; /* recording */
  int cut;       /* it was, until a request of the VM did not come here, or could not be told from others' */
  int installed; /* the VM calls it, or a wrapper around it that others made */
  struct hp_Track *next; /* of those that are left to others */
  atomic_uint others;    /* Lua states that were made with this allocator: they may call it, too, */
  atomic_uintptr_t place; /* while this is the OS thread that the VM was last seen in */
  int orphan;    /* nobody has it but the VM: it goes with the VM's own block */
  int called;    /* a request came here since this was set to 0, as hp_state_begin does */
  uint64_t born;       /* bytes of objects made, */
  uint64_t grown;      /* and bytes asked for that are of no object: parts of objects, and their growth */
  uint64_t interval;   /* of the sample, in bytes; 0: every object */
  int64_t countdown;   /* bytes until the next one is taken */
  hp_Vm vm;
  size_t thread_size; /* bytes of a thread's block */
  const char *block; /* the VM's own: the last that it frees; NULL while it is awaited */
  int64_t total;     /* bytes that the VM holds if its last request was answered, by its own count, */
  int64_t change;    /* and this less if not, or if it was not the VM's */
  unsigned nframes;
  hp_Blocks blocks;
  hp_Sites *sites;
  HP_VEC(hp_SiteStat) stats; /* by site */
  uint64_t begun;            /* the session it began with: no two in the process have the same; */
  uint64_t session;          /* the one it is in now */
  uint64_t births;           /* so far; the clock of hp_record_birth, shifted: */
  unsigned shift;
  uint64_t missed;    /* objects that were made and not recorded, for want of memory; */
  uint64_t foreign;   /* as they may be another state's */
  uint64_t uncertain; /* constructors that may be one of several */
  hp_Threads threads;
  const char *last; /* a thread that is known */
  int blind;        /* a thread could not be noted: who runs is told by the look alone */
  hp_Look look;
  hp_Recent recent; /* what was resolved before */
  uint64_t random;
  struct hp_Timeline *timeline; /* or NULL */
  hp_Lesson *lesson;            /* while it is taught where to look; else NULL */
} hp_Track;

/* Bytes that were asked for. */
#define hp_track_asked(t) ((t)->born + (t)->grown)

/* ---- alloc.c -------------------------------------------------------------- */

/* The wrapper: a lua_Alloc whose ud is the hp_Track. Where it records no more it hands
** the requests on; and with the VM's own block, which is the last to go, goes the
** hp_Track, unless it is owned. */
void *hp_track_alloc(void *ud, void *p, size_t old, size_t n);

/* The OS thread that this is. */
static inline uintptr_t hp_track_place(void) {
#if (defined(__x86_64__) || defined(__aarch64__)) && !defined(__clang__) && __GNUC__ >= 11
  return (uintptr_t)__builtin_thread_pointer();
#else
  return (uintptr_t)pthread_self();
#endif
}

/* ---- where.c -------------------------------------------------------------- */

/* The site at which an object with this tag is being made by the thread, of which
** 'newtable' is the OP_NEWTABLE if that is known. HP_ENOMEM. */
int hp_where(hp_Track *t, const char *thread, int tag, const char *newtable, uint32_t *site);

/* For C functions of heapy's own that make objects with no Lua function of heapy's above them, at
** most a few: what they make is heapy's, wherever the program is. */
void hp_where_own(lua_CFunction f);

/* ---- begin.c -------------------------------------------------------------- */

#define HP_SITES_MOST 100000

typedef struct hp_TrackOptions {
  unsigned nframes;
  uint64_t sample;   /* mean bytes between objects that are taken; 0: every one */
  uint64_t timeline; /* bytes between its points; 0: none */
  uint64_t seed;
  int nolook; /* do without the C stack */
  uint32_t sites; /* at most, what is made at others is booked to HP_SITE_OTHER; 0: HP_SITES_MOST */
} hp_TrackOptions;

/* Makes what recording needs; the VM is as it stands, between two instructions. All
** objects there are get the site HP_SITE_BEFORE, unless a sample is taken. On failure
** nothing has changed. */
int hp_track_begin(hp_Track *t, const hp_Vm *vm, const hp_TrackOptions *options);

/* The same for a state that is still to be made: lua_newstate(hp_track_alloc, t) makes it,
** over the allocator t->f, t->ud, and every object of it is recorded. 'like' is a VM of
** the same library. When it is made, t->orphan gives it the tracker, and heapy finds it
** there when it is opened in that state. On failure nothing has changed. */
int hp_track_await(hp_Track *t, const hp_Vm *like, const hp_TrackOptions *options);

/* From here on births are those of another session: it may have missed some, or the end
** of objects that it has records of. */
void hp_track_renew(hp_Track *t);

/* Ends recording, and frees all that it needed. From then on requests are handed on. */
void hp_track_end(hp_Track *t);

/* Ends recording for good, as what is known is not all any more; frees nothing yet. */
void hp_track_cut(hp_Track *t);

/* For who reads or ends it in the state's name: 0 if the state has come to another OS
** thread while another state has the wrapper, so that the tracker must be left alone. */
int hp_track_enter(hp_Track *t);

size_t hp_track_bytes(const hp_Track *t);

/* ---- count.c -------------------------------------------------------------- */

/* What an object took when it was made. */
size_t hp_track_birth_size(const hp_Track *t, const char *o, int tag);

/* Copies what is known of every site, with the bytes that its live objects take now,
** parts included; estimates with their variance in a sample. The VM must stand between
** two instructions. */
int hp_track_freeze(hp_Track *t, hp_SiteRows *out);
void hp_track_thaw(hp_SiteRows *rows);

/* ---- sample.c ------------------------------------------------------------- */

/* Bytes to the next object that is taken. */
int64_t hp_sample_next(hp_Track *t);

/* The chance that an object of n bytes is taken. */
double hp_sample_chance(const hp_Track *t, size_t n);

#endif
