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

typedef struct Sum {
  const hp_Track *t;
  hp_SiteRow *rows;
} Sum;

static void add_size(void *data, const char *block, hp_Record r) {
  const Sum *sum = data;
  const hp_Track *t = sum->t;
  const char *o = object_of(t, block, hp_record_tag(r));
  hp_SiteSize *size = &sum->rows[hp_record_site(r)].size;
  double bytes = (double)hp_object_size(&t->vm, o);
  if (t->interval != 0) {
    double p = hp_sample_chance(t, hp_track_birth_size(t, o, hp_record_tag(r)));
    size->var += bytes * bytes * (1 - p) / (p * p);
    bytes /= p;
  }
  size->bytes += bytes;
}

int hp_track_freeze(const hp_Track *t, hp_SiteRows *out) {
  Sum sum = {t, hp_new(hp_SiteRow, t->stats.n)};
  size_t i;
  if (sum.rows == NULL) return HP_ENOMEM;
  for (i = 0; i < t->stats.n; i++) sum.rows[i].stat = t->stats.at[i];
  hp_blocks_each(&t->blocks, add_size, &sum);
  out->at = sum.rows;
  out->n = t->stats.n;
  out->sites = hp_sites_keep(t->sites);
  return HP_OK;
}

void hp_track_thaw(hp_SiteRows *rows) {
  hp_delete(rows->at, rows->n);
  hp_sites_drop(rows->sites);
  memset(rows, 0, sizeof *rows);
}
