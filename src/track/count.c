/* What the live objects take now: read from the objects themselves, so that the parts
** of tables and threads are with the site of their owner. */
#include "track.h"
#include "vm/size.h"

size_t hp_track_birth_size(const hp_Track *t, const char *o, int tag) {
  switch (tag) {
    case HP_TTABLE: return HP_TABLE_SIZE;
    case HP_TPROTO: return HP_PROTO_SIZE;
    case HP_TTHREAD: return o == t->vm.main ? 0 : t->vm.thread_extra + t->vm.layout->L_size;
    default: return hp_object_size(&t->vm, o);
  }
}

/* The record is asked for the object, and not the object for the record: of an object
** that went unseen there may be one still. */
static void add_size(hp_Track *t, hp_SiteRow *rows, const char *o) {
  int tag = hp_tag(o) & 0x0F;
  hp_SiteSize *size;
  hp_Record r;
  double bytes;
  if (!hp_blocks_get(&t->blocks, tag == HP_TTHREAD ? o - t->vm.thread_extra : o, &r)) return;
  size = &rows[hp_record_site(r)].size;
  bytes = (double)hp_object_size(&t->vm, o);
  if (t->interval != 0) {
    double p = hp_sample_chance(t, hp_track_birth_size(t, o, tag));
    size->var += bytes * bytes * (1 - p) / (p * p);
    bytes /= p;
  }
  size->bytes += bytes;
}

static void add_list(hp_Track *t, hp_SiteRow *rows, const char *o) {
  for (; o != NULL; o = hp_next(o)) add_size(t, rows, o);
}

int hp_track_freeze(hp_Track *t, hp_SiteRows *out) {
  hp_SiteRow *rows = hp_new(hp_SiteRow, t->stats.n);
  const char *g = t->vm.g;
  size_t i;
  if (rows == NULL) return HP_ENOMEM;
  for (i = 0; i < t->stats.n; i++) rows[i].stat = t->stats.at[i];
  add_list(t, rows, hp_g_allgc(g));
  add_list(t, rows, hp_g_finobj(g));
  add_list(t, rows, hp_g_tobefnz(g));
  add_list(t, rows, hp_g_fixedgc(g));
  out->at = rows;
  out->n = t->stats.n;
  out->sites = hp_sites_keep(t->sites);
  return HP_OK;
}

void hp_track_thaw(hp_SiteRows *rows) {
  hp_delete(rows->at, rows->n);
  hp_sites_drop(rows->sites);
  memset(rows, 0, sizeof *rows);
}
