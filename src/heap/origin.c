/* Copying the tracker's records: see origin.h. */
#include "origin.h"

void hp_origin_free(hp_Origin *o) {
  if (o == NULL) return;
  hp_sites_drop(o->sites);
  hp_delete(o->site, o->n);
  hp_delete(o->birth, o->n);
  hp_delete(o, 1);
}

size_t hp_origin_bytes(const hp_Origin *o) {
  return o == NULL ? 0 : sizeof *o + (size_t)o->n * (sizeof *o->site + sizeof *o->birth);
}

/* Bits that births must lose to be 32. */
static unsigned scale_of(const hp_Track *track) {
  uint64_t now = track->births >> track->shift;
  unsigned scale = 0;
  while (now >> scale > UINT32_MAX - 1) scale++;
  return scale;
}

/* A record may only be about the object if it has the object's type. */
static void copy_one(hp_Graph *g, hp_Origin *o, hp_Track *track, uint32_t id, unsigned scale) {
  static const uint8_t tags[HP_NTYPES] = {HP_TSHORTSTRING, HP_TTABLE, HP_TLUACLOSURE,
                                          HP_TLUACLOSURE, HP_TUSERDATA, HP_TTHREAD,
                                          HP_TUPVALUE, HP_TPROTO};
  const char *block = hp_addrs_at(&g->addrs, id);
  hp_Type type = hp_graph_type(g, id);
  hp_Record r;
  if (type == HP_THREAD) block -= track->vm.thread_extra;
  o->site[id] = HP_SITE_NONE;
  if (!hp_blocks_get(&track->blocks, block, &r) || hp_record_tag(r) != tags[type]) return;
  o->site[id] = hp_record_site(r);
  if (o->site[id] == HP_SITE_BEFORE) return;
  o->birth[id] = (uint32_t)(hp_record_birth(r) >> scale) + 1;
}

int hp_origin_take(hp_Graph *g, hp_Track *track) {
  hp_Origin *o = hp_new(hp_Origin, 1);
  unsigned scale = scale_of(track);
  uint32_t id;
  if (o == NULL) return HP_ENOMEM;
  o->n = g->n;
  o->site = hp_new(uint32_t, g->n);
  o->birth = hp_new(uint32_t, g->n);
  if (o->site == NULL || o->birth == NULL) {
    hp_origin_free(o);
    return HP_ENOMEM;
  }
  o->sites = hp_sites_keep(track->sites);
  for (id = 0; id < g->n; id++) copy_one(g, o, track, id, scale);
  g->origin = o;
  return HP_OK;
}
