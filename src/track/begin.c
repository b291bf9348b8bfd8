/* Beginning and ending: see track.h. */
#include "timeline.h"
#include "track.h"
#include "vm/size.h"

#include <stdatomic.h>

/* In a sample each counts for those that were not taken, too: see sample.c. */
static void count_before(hp_Track *t, int tag, size_t n) {
  hp_SiteStat *s = &t->stats.at[HP_SITE_BEFORE];
  double bytes = (double)n, p = hp_sample_chance(t, n), var = (1 - p) / (p * p);
  s->live += 1 / p;
  s->live_bytes += bytes / p;
  s->var += var;
  s->var_bytes += var * bytes * bytes;
  hp_timeline_count(t->timeline, (size_t)tag, 1 / p, bytes / p);
}

/* Where nothing can be learned from the C stack, and for every record, it must be known
** what there is already. */
static int note_before(hp_Track *t, const char *o) {
  int tag = hp_tag(o) & 0x0F;
  const char *block = tag == HP_TTHREAD ? o - t->vm.thread_extra : o;
  size_t n = hp_track_birth_size(t, o, tag);
  if (tag == HP_TTHREAD && hp_threads_add(&t->threads, o) != HP_OK) return HP_ENOMEM;
  if (t->interval != 0) {
    if ((t->countdown -= (int64_t)n) > 0) return HP_OK;
    t->countdown = hp_sample_next(t);
  }
  if (hp_blocks_put(&t->blocks, block, hp_record(HP_SITE_BEFORE, tag, 0)) != HP_OK)
    return HP_ENOMEM;
  count_before(t, tag, n);
  return HP_OK;
}

static int note_list(hp_Track *t, const char *o) {
  int rc = HP_OK;
  for (; o != NULL && rc == HP_OK; o = hp_next(o)) rc = note_before(t, o);
  return rc;
}

static int note_all(hp_Track *t) {
  const char *g = t->vm.g;
  hp_SiteStat *s = &t->stats.at[HP_SITE_BEFORE];
  int rc = note_list(t, hp_g_allgc(g));
  if (rc == HP_OK) rc = note_list(t, hp_g_finobj(g));
  if (rc == HP_OK) rc = note_list(t, hp_g_tobefnz(g));
  if (rc == HP_OK) rc = note_list(t, hp_g_fixedgc(g));
  s->made = s->peak = s->live;
  s->made_bytes = s->peak_bytes = s->live_bytes;
  return rc;
}

static int open_timeline(hp_Track *t, uint64_t interval) {
  if (interval == 0) return HP_OK;
  t->timeline = hp_new(hp_Timeline, 1);
  if (t->timeline == NULL) return HP_ENOMEM;
  t->timeline->interval = interval; /* the first point is for the beginning */
  return HP_OK;
}

static int open_stats(hp_Track *t, uint32_t most) {
  t->sites = hp_sites_new(most == 0 ? HP_SITES_MOST : most);
  if (t->sites == NULL || hp_vec_reserve(&t->stats, HP_SITE_FIRST) != HP_OK) return HP_ENOMEM;
  memset(t->stats.at, 0, HP_SITE_FIRST * sizeof *t->stats.at);
  t->stats.n = HP_SITE_FIRST;
  return HP_OK;
}

void hp_track_renew(hp_Track *t) {
  static _Atomic uint64_t sessions;
  t->session = atomic_fetch_add(&sessions, 1) + 1;
}

static void reset(hp_Track *t, const hp_Vm *vm, const hp_TrackOptions *options) {
  hp_track_renew(t);
  t->begun = t->session;
  t->vm = *vm;
  t->block = vm->main - vm->thread_extra;
  t->thread_size = vm->thread_extra + vm->layout->L_size;
  t->nframes = options->nframes;
  t->interval = options->sample;
  t->random = options->seed * 0x9E3779B97F4A7C15u | 1;
  t->countdown = t->interval == 0 ? 0 : hp_sample_next(t);
  t->births = t->missed = t->foreign = t->uncertain = t->born = t->grown = 0;
  t->shift = 0;
  t->blind = 0;
  t->last = vm->main;
  memset(&t->look, 0, sizeof t->look);
}

/* All but what is there already. */
static int prepare(hp_Track *t, const hp_Vm *vm, const hp_TrackOptions *options) {
  int rc = HP_OK;
  hp_track_end(t);
  reset(t, vm, options);
  if (!options->nolook) rc = hp_look_learn(&t->look, vm->layout);
  if (rc == HP_OK) rc = open_stats(t, options->sites);
  if (rc == HP_OK) rc = open_timeline(t, options->timeline);
  if (rc == HP_OK) rc = hp_recent_open(&t->recent, vm, t->nframes);
  return rc;
}

static void start(hp_Track *t) {
  t->total = hp_g_total(t->vm.g);
  t->change = 0;
  t->on = 1;
}

int hp_track_begin(hp_Track *t, const hp_Vm *vm, const hp_TrackOptions *options) {
  int rc = prepare(t, vm, options);
  if (rc == HP_OK) rc = note_all(t);
  if (rc != HP_OK)
    hp_track_end(t);
  else
    start(t);
  return rc;
}

int hp_track_await(hp_Track *t, const hp_Vm *like, const hp_TrackOptions *options) {
  int rc = prepare(t, like, options);
  t->block = t->last = t->vm.main = t->vm.g = NULL;
  if (rc != HP_OK) hp_track_end(t);
  return rc;
}

int hp_track_enter(hp_Track *t) {
  uintptr_t place = hp_track_place();
  if (t->others != 0 && t->sites != NULL && t->place != place) return 0;
  t->place = place;
  return 1;
}

void hp_track_cut(hp_Track *t) {
  t->on = 0;
  t->cut = 1;
}

void hp_track_end(hp_Track *t) {
  t->on = 0;
  t->cut = 0;
  hp_blocks_free(&t->blocks);
  hp_sites_drop(t->sites);
  t->sites = NULL;
  hp_vec_free(&t->stats);
  hp_threads_free(&t->threads);
  hp_recent_close(&t->recent);
  hp_delete(t->timeline, 1);
  t->timeline = NULL;
}

size_t hp_track_bytes(const hp_Track *t) {
  size_t n = sizeof *t + hp_blocks_bytes(&t->blocks) + hp_sites_bytes(t->sites);
  n += hp_vec_bytes(&t->stats) + hp_threads_bytes(&t->threads) + hp_recent_bytes(&t->recent);
  return n + (t->timeline == NULL ? 0 : sizeof *t->timeline);
}
