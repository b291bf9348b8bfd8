/* Beginning and ending: see track.h. */
#include "timeline.h"
#include "track.h"
#include "vm/size.h"

/* Where nothing can be learned from the C stack, and for every record, it must be known
** what there is already. */
static int note_before(hp_Track *t, const char *o) {
  int tag = hp_tag(o) & 0x0F;
  const char *block = tag == HP_TTHREAD ? o - t->vm.thread_extra : o;
  hp_SiteStat *s = &t->stats.at[HP_SITE_BEFORE];
  double bytes;
  if (tag == HP_TTHREAD && hp_threads_add(&t->threads, o) != HP_OK) return HP_ENOMEM;
  if (t->interval != 0) return HP_OK;
  if (hp_blocks_put(&t->blocks, block, hp_record(HP_SITE_BEFORE, tag, 0)) != HP_OK)
    return HP_ENOMEM;
  bytes = (double)hp_track_birth_size(t, o, tag);
  s->live++;
  s->live_bytes += bytes;
  t->types[tag].live++;
  t->types[tag].bytes += bytes;
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
  t->next_point = UINT64_MAX;
  if (interval == 0) return HP_OK;
  t->timeline = hp_new(hp_Timeline, 1);
  if (t->timeline == NULL) return HP_ENOMEM;
  t->timeline->interval = interval;
  t->next_point = 0; /* the first point is for the beginning */
  return HP_OK;
}

static int open_stats(hp_Track *t) {
  t->sites = hp_sites_new();
  if (t->sites == NULL || hp_vec_reserve(&t->stats, HP_SITE_FIRST) != HP_OK) return HP_ENOMEM;
  memset(t->stats.at, 0, HP_SITE_FIRST * sizeof *t->stats.at);
  t->stats.n = HP_SITE_FIRST;
  return HP_OK;
}

static void reset(hp_Track *t, const hp_Vm *vm, const hp_TrackOptions *options) {
  t->vm = *vm;
  t->block = vm->main - vm->thread_extra;
  t->nframes = options->nframes;
  t->interval = options->sample;
  t->random = options->seed * 0x9E3779B97F4A7C15u | 1;
  t->countdown = t->interval == 0 ? 0 : hp_sample_next(t);
  t->births = t->missed = t->uncertain = t->asked = 0;
  t->shift = 0;
  t->blind = 0;
  t->last = vm->main;
  memset(t->types, 0, sizeof t->types);
  memset(&t->look, 0, sizeof t->look);
}

/* All but what is there already. */
static int prepare(hp_Track *t, const hp_Vm *vm, const hp_TrackOptions *options) {
  int rc = HP_OK;
  hp_track_end(t);
  reset(t, vm, options);
  if (!options->nolook) rc = hp_look_learn(&t->look, vm->layout);
  if (rc == HP_OK) rc = open_stats(t);
  if (rc == HP_OK) rc = open_timeline(t, options->timeline);
  if (rc == HP_OK) rc = hp_where_open(t);
  return rc;
}

int hp_track_begin(hp_Track *t, const hp_Vm *vm, const hp_TrackOptions *options) {
  int rc = prepare(t, vm, options);
  if (rc == HP_OK) rc = note_all(t);
  if (rc != HP_OK)
    hp_track_end(t);
  else
    t->on = 1;
  return rc;
}

int hp_track_await(hp_Track *t, const hp_Vm *like, const hp_TrackOptions *options) {
  int rc = prepare(t, like, options);
  t->block = t->last = t->vm.main = t->vm.g = NULL;
  if (rc != HP_OK) hp_track_end(t);
  return rc;
}

void hp_track_end(hp_Track *t) {
  t->on = 0;
  hp_blocks_free(&t->blocks);
  hp_sites_drop(t->sites);
  t->sites = NULL;
  hp_vec_free(&t->stats);
  hp_threads_free(&t->threads);
  hp_where_close(t);
  hp_delete(t->timeline, 1);
  t->timeline = NULL;
}

size_t hp_track_bytes(const hp_Track *t) {
  size_t n = sizeof *t + hp_blocks_bytes(&t->blocks) + hp_sites_bytes(t->sites);
  n += hp_vec_bytes(&t->stats) + hp_threads_bytes(&t->threads) + hp_where_bytes(t);
  return n + (t->timeline == NULL ? 0 : sizeof *t->timeline);
}
