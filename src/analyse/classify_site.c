/* By where and when objects were made, as the tracker had it: see classify.h. */
#include "classify.h"

#include "base/sort.h"
#include "heap/origin.h"

#include <string.h>

#define UNTRACKED "(not tracked)"

static int all_alike(hp_Classified *out) {
  uint32_t cls;
  memset(out->of, 0, out->n * sizeof *out->of);
  return hp_names_intern(&out->names, UNTRACKED, &cls);
}

/* ---- by site -------------------------------------------------------------- */

typedef struct Naming {
  const hp_Sites *sites;
  int whole;
  uint32_t *known; /* per site: class + 1 */
  hp_Text text;
} Naming;

static int name_site(Naming *m, uint32_t site, hp_Names *names) {
  const char *name = hp_sites_name(m->sites, site);
  uint32_t cls;
  if (m->whole) {
    if (hp_sites_traceback(m->sites, site, &m->text) != HP_OK) return HP_ENOMEM;
    name = m->text.bytes.at;
  }
  if (hp_names_intern(names, name, &cls) != HP_OK) return HP_ENOMEM;
  m->known[site] = cls + 1;
  return HP_OK;
}

static int each_site(const hp_Origin *o, const hp_IdSet *set, Naming *m, hp_Classified *out) {
  hp_IdIter it;
  uint32_t id, i = 0;
  for (hp_ids_begin(&it, set); hp_ids_next(&it, &id); i++) {
    uint32_t site = o->site[id];
    if (m->known[site] == 0 && name_site(m, site, &out->names) != HP_OK) return HP_ENOMEM;
    out->of[i] = m->known[site] - 1;
  }
  return HP_OK;
}

int hp_classify_site(hp_Graph *g, const hp_IdSet *set, int whole, hp_Classified *out) {
  const hp_Origin *o = g->origin;
  Naming m = {NULL, whole, NULL, {{NULL, 0, 0}, 0}};
  uint32_t n;
  int rc;
  if (set->n == 0) return HP_OK;
  if (o == NULL) return all_alike(out);
  m.sites = o->sites;
  n = hp_sites_count(o->sites);
  m.known = hp_new(uint32_t, n);
  rc = m.known == NULL ? HP_ENOMEM : each_site(o, set, &m, out);
  hp_delete(m.known, n);
  hp_text_free(&m.text);
  return rc;
}

/* ---- by age --------------------------------------------------------------- */

#define PARTS 10

static const char *const parts[PARTS + 2] = {
    "(before tracking)",  "(not recorded)",     "1st tenth (oldest)", "2nd tenth",
    "3rd tenth",          "4th tenth",          "5th tenth",          "6th tenth",
    "7th tenth",          "8th tenth",          "9th tenth",          "10th tenth (newest)"};

/* The births of members, ascending; how many. */
static uint32_t list_births(const hp_Origin *o, const hp_IdSet *set, uint32_t *births) {
  hp_IdIter it;
  uint32_t id, n = 0;
  for (hp_ids_begin(&it, set); hp_ids_next(&it, &id);)
    if (o->birth[id] != 0) births[n++] = o->birth[id];
  return hp_sort_unique(births, n);
}

static uint32_t part_of(const hp_Origin *o, uint32_t id, const uint32_t *births, uint32_t n) {
  if (o->birth[id] == 0) return o->site[id] == HP_SITE_BEFORE ? 0 : 1;
  return 2 + (uint32_t)(hp_lower_bound(births, n, sizeof *births, o->birth[id]) * PARTS / n);
}

/* Parts that have members become classes, oldest first. */
static int name_parts(const uint32_t *count, uint32_t *classes, hp_Classified *out) {
  uint32_t part;
  int rc = HP_OK;
  for (part = 0; part < PARTS + 2 && rc == HP_OK; part++)
    if (count[part] > 0) rc = hp_names_intern(&out->names, parts[part], &classes[part]);
  out->ordered = 1;
  return rc;
}

static int each_age(const hp_Origin *o, const hp_IdSet *set, const uint32_t *births, uint32_t n,
                    hp_Classified *out) {
  uint32_t id, i = 0, count[PARTS + 2] = {0}, classes[PARTS + 2];
  hp_IdIter it;
  int rc;
  for (hp_ids_begin(&it, set); hp_ids_next(&it, &id); i++)
    count[out->of[i] = part_of(o, id, births, n)]++;
  rc = name_parts(count, classes, out);
  for (i = 0; i < out->n && rc == HP_OK; i++) out->of[i] = classes[out->of[i]];
  return rc;
}

int hp_classify_age(hp_Graph *g, const hp_IdSet *set, hp_Classified *out) {
  const hp_Origin *o = g->origin;
  uint32_t *births, n;
  int rc = HP_ENOMEM;
  if (set->n == 0) return HP_OK;
  if (o == NULL) return all_alike(out);
  births = hp_new(uint32_t, set->n);
  if (births != NULL) {
    n = list_births(o, set, births);
    rc = each_age(o, set, births, n, out);
  }
  hp_delete(births, set->n);
  return rc;
}
