/* What the live objects take now: read from the objects themselves, so that the parts
** of tables and threads are with the site of their owner. */
#include "track.h"
#include "vm/size.h"

static const char *object_of(const hp_Track *t, const char *block, int tag) {
  return tag == HP_TTHREAD ? block + t->vm.thread_extra : block;
}

size_t hp_track_birth_size(const hp_Track *t, const char *o, int tag) {
  switch (tag) {
    case HP_TTABLE: return HP_TABLE_SIZE;
    case HP_TPROTO: return HP_PROTO_SIZE;
    case HP_TTHREAD: return o == t->vm.main ? 0 : t->vm.thread_extra + t->vm.layout->L_size;
    default: return hp_object_size(&t->vm, o);
  }
}

static void add_size(void *data, const char *block, hp_Record r) {
  hp_Track *t = data;
  const char *o = object_of(t, block, hp_record_tag(r));
  hp_SiteSize *size = &t->rows.at[hp_record_site(r)].size;
  double bytes = (double)hp_object_size(&t->vm, o);
  if (t->interval != 0) {
    double p = hp_sample_chance(t, hp_track_birth_size(t, o, hp_record_tag(r)));
    size->var += bytes * bytes * (1 - p) / (p * p);
    bytes /= p;
  }
  size->bytes += bytes;
}

int hp_track_freeze(hp_Track *t) {
  size_t i;
  t->rows.n = 0;
  if (hp_vec_reserve(&t->rows, t->stats.n) != HP_OK) return HP_ENOMEM;
  t->rows.n = t->stats.n;
  for (i = 0; i < t->rows.n; i++) {
    hp_SiteRow row = {t->stats.at[i], {0, 0}};
    t->rows.at[i] = row;
  }
  hp_blocks_each(&t->blocks, add_size, t);
  return HP_OK;
}
