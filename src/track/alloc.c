/* The wrapper itself: see track.h. What is done here is done for every object that
** the program makes. */
#include "timeline.h"
#include "track.h"

#include "base/bits.h"

#define rarely(x) __builtin_expect((x) != 0, 0) /* the way of most requests is straight on */

#define FIRST_TAG HP_TSHORTSTRING
#define LAST_TAG HP_TPROTO

/* The VM gives an object's type in the place of the old size; no other new block has
** one of these. */
#define is_birth(p, old, n) ((p) == NULL && (n) > 0 && (old)-FIRST_TAG <= LAST_TAG - FIRST_TAG)

/* ---- the thread ----------------------------------------------------------- */

/* As the C stack has it; NULL: it does not tell, or the thread is not of this VM. */
static inline const char *seen(hp_Track *t, const uintptr_t *frame) {
  const char *thread = hp_look_thread(&t->look, frame);
  if (thread != NULL && thread == t->last) return thread;
  if (thread != NULL && hp_threads_has(&t->threads, thread)) return t->last = thread;
  return NULL;
}

static const char *searched(hp_Track *t) {
  const char *thread = t->blind ? NULL : hp_threads_running(&t->threads, &t->vm, t->last);
  if (thread != NULL) t->last = thread;
  return thread;
}

static void thread_born(hp_Track *t, const char *block) {
  if (hp_threads_add(&t->threads, block + t->vm.thread_extra) != HP_OK) t->blind = 1;
}

static void thread_gone(hp_Track *t, const char *block) {
  const char *thread = block + t->vm.thread_extra;
  hp_threads_remove(&t->threads, thread);
  if (t->last == thread) t->last = t->vm.main;
}

/* ---- the records ---------------------------------------------------------- */

/* What one object stands for: itself, or in a sample those that were not taken, too. */
typedef struct Weight {
  double objects, bytes, var, var_bytes;
} Weight;

static inline Weight weight_of(const hp_Track *t, size_t n) {
  Weight w = {1, (double)n, 0, 0};
  if (t->interval != 0) {
    double p = hp_sample_chance(t, n);
    w.var = (1 - p) / (p * p);
    w.var_bytes = w.var * w.bytes * w.bytes;
    w.objects = 1 / p;
    w.bytes *= w.objects;
  }
  return w;
}

static inline void add_turn(hp_SiteStat *s, const Weight *w) {
  s->turn += w->var;
  s->turn_bytes += w->var_bytes;
}

static inline void count_in(hp_Track *t, uint32_t site, size_t tag, size_t n) {
  hp_SiteStat *s = &t->stats.at[site];
  Weight w = weight_of(t, n);
  if (w.var != 0) {
    s->var += w.var;
    s->var_bytes += w.var_bytes;
    add_turn(s, &w);
  }
  s->made += w.objects;
  s->made_bytes += w.bytes;
  if ((s->live += w.objects) > s->peak) s->peak = s->live;
  if ((s->live_bytes += w.bytes) > s->peak_bytes) s->peak_bytes = s->live_bytes;
  hp_timeline_count(t->timeline, tag, w.objects, w.bytes);
}

static void count_out(hp_Track *t, uint32_t site, size_t tag, size_t n) {
  hp_SiteStat *s = &t->stats.at[site];
  Weight w = weight_of(t, n);
  if (w.var != 0) {
    s->var -= w.var;
    s->var_bytes -= w.var_bytes;
    add_turn(s, &w);
  }
  s->live -= w.objects;
  s->live_bytes -= w.bytes;
  hp_timeline_count(t->timeline, tag, -w.objects, -w.bytes);
}

static int room_for(hp_Track *t, uint32_t site) {
  size_t want = (size_t)site + 1;
  if (want <= t->stats.n) return 1;
  if (hp_vec_reserve(&t->stats, want - t->stats.n) != HP_OK) return 0;
  memset(t->stats.at + t->stats.n, 0, (want - t->stats.n) * sizeof *t->stats.at);
  t->stats.n = want;
  return 1;
}

static inline uint64_t tick(hp_Track *t) {
  uint64_t now = ++t->births >> t->shift;
  if (now <= HP_BIRTH_MAX) return now;
  hp_blocks_halve(&t->blocks);
  t->shift++;
  return now >> 1;
}

static void record(hp_Track *t, const uintptr_t *frame, const char *thread, const char *block,
                   size_t tag, size_t n) {
  const char *newtable = NULL;
  uint32_t site;
  if (tag == HP_TTABLE) newtable = hp_look_newtable(&t->look, frame);
  if (hp_where(t, thread, (int)tag, newtable, &site) != HP_OK || !room_for(t, site) ||
      hp_blocks_put(&t->blocks, block, hp_record(site, tag, tick(t))) != HP_OK) {
    t->missed++;
    return;
  }
  count_in(t, site, tag, n);
}

/* In a sample: is this the one? A thread is looked at in any case. */
static inline int is_taken(hp_Track *t) {
  if (t->interval == 0) return 1;
  if (t->countdown > 0) return 0;
  t->countdown = hp_sample_next(t);
  return 1;
}

/* ---- other states ---------------------------------------------------------
** A state that is made with what lua_getallocf gave (Lanes makes its own so) asks the
** wrapper, too, and perhaps in another OS thread. It is seen to be made, as its first
** request is for a block of the VM's own size. From then on
** - nothing of the tracker is touched but in the OS thread in which the VM was last;
** - an object is the VM's only if the C stack tells that one of its threads runs. */

static inline int is_state(const hp_Track *t, const void *p, size_t old, size_t n) {
  return old == HP_TTHREAD && n == t->vm.block && p == NULL && t->block != NULL;
}

/* Must a request be let pass, as it is of others, or may be? */
static inline int is_strange(hp_Track *t, const void *p, size_t old, size_t n) {
  uintptr_t place = hp_track_place();
  if (rarely(is_state(t, p, old, n))) {
    atomic_fetch_add(&t->others, 1);
    return 1;
  }
  if (rarely(atomic_load_explicit(&t->others, memory_order_relaxed) != 0))
    return atomic_load_explicit(&t->place, memory_order_relaxed) != place;
  atomic_store_explicit(&t->place, place, memory_order_relaxed);
  return 0;
}

/* Have all requests of the VM come here? Then its count is what it was at the last one,
** or has changed by what that one was for. */
static inline int is_whole(hp_Track *t, const void *p, size_t old, size_t n) {
  int64_t now = hp_g_total(t->vm.g);
  if (rarely(now != t->total && now != t->total - t->change)) return 0;
  t->change = (int64_t)n - (p == NULL ? 0 : (int64_t)old);
  t->total = now + t->change;
  return 1;
}

/* An object that is not shown to be the VM's. */
static void pass_over(hp_Track *t, const uintptr_t *frame, size_t tag) {
  if (t->look.ncallers == 0) hp_track_cut(t);
  if (hp_look_thread(&t->look, frame) != NULL && !t->blind) return;
  t->foreign++;
  if (tag == HP_TTHREAD) t->blind = 1;
}

/* ---- births and deaths ---------------------------------------------------- */

/* It stands as if the VM had called it: see look.h. */
HP_APART void *birth(void *ud, void *p, size_t tag, size_t n) {
  const uintptr_t *frame = HP_LOOK_FRAME();
  hp_Track *t = ud;
  const char *thread;
  int taken;
  void *q = t->f(t->ud, p, tag, n);
  if (q == NULL) return NULL;
  if (t->lesson != NULL) {
    hp_lesson_note(t->lesson, frame, (int)tag);
    return q;
  }
  thread = seen(t, frame);
  taken = is_taken(t); /* a point that falls upon another state's object is used up by it */
  if (thread == NULL && t->others != 0) {
    pass_over(t, frame, tag);
    return q;
  }
  if (taken) record(t, frame, thread != NULL ? thread : searched(t), q, tag, n);
  if (tag == HP_TTHREAD) thread_born(t, q);
  return q;
}

static inline void *new_object(hp_Track *t, void *p, size_t tag, size_t n) {
  if (t->interval != 0 && (t->countdown -= (int64_t)n) > 0 && tag != HP_TTHREAD)
    return t->f(t->ud, p, tag, n);
  return birth(t, p, tag, n);
}

HP_APART void *new_object_at_point(hp_Track *t, void *p, size_t tag, size_t n) {
  hp_timeline_note(t);
  return new_object(t, p, tag, n);
}

/* A block is made, or grows, that is no object. */
HP_APART void *growth_at_point(hp_Track *t, void *p, size_t old, size_t n) {
  hp_timeline_note(t);
  return t->f(t->ud, p, old, n);
}

/* In a sample, that of an object that was not taken. */
static inline int is_unknown(const hp_Track *t, const void *block, size_t n) {
  return hp_blocks_without(&t->blocks, block) && n != t->thread_size && n != HP_PROTO_SIZE;
}

HP_APART void *death(hp_Track *t, void *block, size_t n) {
  hp_Record r;
  if (n == t->thread_size) thread_gone(t, block);
  if (n == HP_PROTO_SIZE) hp_recent_gone(&t->recent, block);
  if (hp_blocks_take(&t->blocks, block, &r))
    count_out(t, hp_record_site(r), (size_t)hp_record_tag(r), n);
  return t->f(t->ud, block, n, 0);
}

/* ---- the VM's own block: the first that it asks for, and the last that it frees ---- */

#define is_awaited(t) ((t)->block == NULL && (t)->sites != NULL)

/* The main thread lies in it, and behind that the rest of the VM. Nothing can be read of
** either yet. */
HP_APART void *begin(hp_Track *t, void *p, size_t old, size_t n) {
  char *q = t->f(t->ud, p, old, n);
  if (q == NULL) return NULL;
  t->block = q;
  t->vm.main = t->last = q + t->vm.thread_extra;
  t->vm.g = t->vm.main + t->vm.layout->L_size;
  t->born = n;
  t->total = (int64_t)n;
  t->change = 0;
  thread_born(t, q);
  if (t->interval == 0) {
    if (hp_blocks_put(&t->blocks, q, hp_record(HP_SITE_HOST, HP_TTHREAD, tick(t))) == HP_OK)
      count_in(t, HP_SITE_HOST, HP_TTHREAD, 0);
    else
      t->missed++;
  }
  t->on = 1;
  return q;
}

HP_APART void *pass_on(hp_Track *t, void *p, size_t old, size_t n) {
  lua_Alloc f = t->f;
  void *ud = t->ud;
  if (t->orphan && n == 0 && p == t->block && t->others == 0) {
    hp_track_end(t);
    hp_delete(t, 1);
  }
  return f(ud, p, old, n);
}

HP_APART void *cut_off(hp_Track *t, void *p, size_t old, size_t n) {
  hp_track_cut(t);
  return pass_on(t, p, old, n);
}

/* ---- all together --------------------------------------------------------- */

void *hp_track_alloc(void *ud, void *p, size_t old, size_t n) {
  hp_Track *t = ud;
  if (rarely(is_strange(t, p, old, n))) return t->f(t->ud, p, old, n);
  t->called = 1;
  if (rarely(!t->on)) return is_awaited(t) ? begin(t, p, old, n) : pass_on(t, p, old, n);
  if (rarely(!is_whole(t, p, old, n))) return cut_off(t, p, old, n);
  if (is_birth(p, old, n)) {
    t->born += n;
    if (rarely(hp_timeline_is_due(t))) return new_object_at_point(t, p, old, n);
    return new_object(t, p, old, n);
  }
  if (n > 0) {
    size_t more = p == NULL ? n : n > old ? n - old : 0;
    t->grown += more;
    if (rarely(hp_timeline_is_due(t))) return growth_at_point(t, p, old, n);
  } else if (rarely(p == t->block)) {
    return pass_on(t, p, old, n);
  } else if (p != NULL && !is_unknown(t, p, old)) {
    return death(t, p, old);
  }
  return t->f(t->ud, p, old, n);
}
