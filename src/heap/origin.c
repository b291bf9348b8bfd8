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

/* The record of an object with that tag, as the allocator is told it. */
static int find_record(hp_Track *track, const char *o, int tag, hp_Record *r) {
  if (tag == HP_TTHREAD) o -= track->vm.thread_extra;
  return hp_blocks_get(&track->blocks, o, r) && hp_record_tag(*r) == tag;
}

static void copy_one(hp_Graph *g, hp_Origin *o, hp_Track *track, uint32_t id, unsigned scale) {
  static const uint8_t tags[HP_NTYPES] = {HP_TSHORTSTRING, HP_TTABLE, HP_TLUACLOSURE,
                                          HP_TLUACLOSURE, HP_TUSERDATA, HP_TTHREAD,
                                          HP_TUPVALUE, HP_TPROTO};
  hp_Record r;
  o->site[id] = HP_SITE_NONE;
  if (!find_record(track, hp_addrs_at(&g->addrs, id), tags[hp_graph_type(g, id)], &r)) return;
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
  o->lost = track->shift + scale;
  o->sampled = track->interval > 0;
  o->sites = hp_sites_keep(track->sites);
  for (id = 0; id < g->n; id++) copy_one(g, o, track, id, scale);
  g->origin = o;
  return HP_OK;
}

/* ---- identity by birth ---------------------------------------------------- */

/* 'birth' has lost its lower bits; so it may be on either side of a moment within them. */
static hp_Age age(uint64_t birth, unsigned lost, uint64_t births) {
  uint64_t next = births + 1; /* the first after the moment */
  if (birth != next >> lost) return birth < next >> lost ? HP_OLDER : HP_YOUNGER;
  return next >> lost << lost == next ? HP_YOUNGER : HP_UNCERTAIN;
}

/* At a moment of the session in which g was taken. */
static hp_Age age_of(const hp_Graph *g, uint32_t id, uint64_t births) {
  const hp_Origin *o = g->origin;
  if (o->birth[id] != 0) return age(o->birth[id] - 1, o->lost, births);
  return o->site[id] == HP_SITE_BEFORE ? HP_OLDER : HP_UNCERTAIN;
}

hp_Age hp_origin_age_now(hp_Track *track, const hp_Moment *m, const char *o) {
  hp_Record r;
  if (track == NULL || !track->on || track->session != m->session) return HP_UNCERTAIN;
  if (!find_record(track, o, hp_tag(o) & 0x0F, &r)) return HP_UNCERTAIN;
  if (hp_record_site(r) == HP_SITE_BEFORE) return HP_OLDER;
  return age(hp_record_birth(r), track->shift, m->births);
}

static void date(hp_Graph *g, hp_Born *born) {
  uint32_t id;
  for (id = 0; id < g->n; id++) {
    hp_Age a = age_of(g, id, born->births);
    if (a == HP_YOUNGER) hp_bit_set(born->bits, id);
    if (a == HP_OLDER) born->bits[id / 64] &= ~((uint64_t)1 << (id % 64));
  }
}

void hp_origin_date(hp_Graph *g, const hp_Track *track, const hp_Moment *moments) {
  size_t i;
  for (i = 0; i < g->born.n; i++) {
    hp_Born *born = &g->born.at[i];
    if (moments[i].session != track->session) continue;
    born->dated = 1;
    born->births = moments[i].births;
    date(g, born);
  }
}

int hp_born_is_sure(const hp_Graph *g, const hp_Born *born, uint32_t id) {
  return born->dated && age_of(g, id, born->births) != HP_UNCERTAIN;
}
