/* Sites: see sites.h. */
#include "sites.h"

#include <stdlib.h>
#include <string.h>

static uint32_t hash_of(const uint32_t *frames, uint32_t n) {
  uint64_t h = 14695981039346656037u;
  while (n-- > 0) h = (h ^ *frames++) * 1099511628211u;
  return (uint32_t)(h >> 32 ^ h);
}

static int is_stack(const hp_Sites *s, uint32_t site, const uint32_t *frames, uint32_t n) {
  return hp_sites_depth(s, site) == n &&
         memcmp(s->frames.at + s->first.at[site], frames, n * sizeof *frames) == 0;
}

static size_t slot_of(const hp_Sites *s, const uint32_t *frames, uint32_t n) {
  size_t i = hash_of(frames, n) & (s->nslots - 1);
  while (s->slots[i] != 0 && !is_stack(s, s->slots[i] - 1, frames, n)) i = (i + 1) & (s->nslots - 1);
  return i;
}

static int grow(hp_Sites *s) {
  hp_Sites new = *s;
  size_t i;
  new.nslots = s->nslots == 0 ? 64 : 2 * s->nslots;
  new.slots = hp_new(uint32_t, new.nslots);
  if (new.slots == NULL) return HP_ENOMEM;
  for (i = 0; i < s->nslots; i++) {
    uint32_t site = s->slots[i];
    if (site == 0) continue;
    site--;
    new.slots[slot_of(&new, s->frames.at + s->first.at[site], hp_sites_depth(s, site))] = site + 1;
  }
  hp_delete(s->slots, s->nslots);
  s->slots = new.slots;
  s->nslots = new.nslots;
  return HP_OK;
}

static int is_full(const hp_Sites *s) { return hp_sites_count(s) >= s->most; }

int hp_sites_frame(hp_Sites *s, const char *text, uint32_t *frame) {
  int rc;
  *frame = hp_names_find(&s->texts, text);
  if (*frame != HP_FRAME_NONE || is_full(s)) return HP_OK;
  rc = hp_names_intern(&s->texts, text, frame);
  return rc == HP_ELIMIT ? HP_OK : rc;
}

int hp_sites_stack(hp_Sites *s, const uint32_t *frames, uint32_t n, uint32_t *site) {
  size_t i;
  uint32_t k;
  if (2 * ((size_t)hp_sites_count(s) + 1) > s->nslots && grow(s) != HP_OK) return HP_ENOMEM;
  i = slot_of(s, frames, n);
  if (s->slots[i] != 0) {
    *site = s->slots[i] - 1;
    return HP_OK;
  }
  *site = HP_SITE_OTHER;
  if (is_full(s) || s->frames.n + n > UINT32_MAX) return HP_OK;
  for (k = 0; k < n; k++)
    if (frames[k] == HP_FRAME_NONE) return HP_OK;
  if (hp_vec_reserve(&s->frames, n) != HP_OK || hp_vec_reserve(&s->first, 1) != HP_OK)
    return HP_ENOMEM;
  memcpy(s->frames.at + s->frames.n, frames, n * sizeof *frames);
  s->frames.n += n;
  *site = hp_sites_count(s);
  s->first.at[s->first.n++] = (uint32_t)s->frames.n;
  s->slots[i] = *site + 1;
  return HP_OK;
}

static int add_fixed(hp_Sites *s) {
  static const char *const names[HP_SITE_FIRST] = {"(before tracking)", "(not recorded)",
                                                   "(no Lua function running)",
                                                   "(thread not known)", "(heapy)", "(other sites)"};
  uint32_t i, frame, site;
  for (i = 0; i < HP_SITE_FIRST; i++)
    if (hp_sites_frame(s, names[i], &frame) != HP_OK ||
        hp_sites_stack(s, &frame, 1, &site) != HP_OK)
      return HP_ENOMEM;
  return HP_OK;
}

hp_Sites *hp_sites_new(uint32_t most) {
  hp_Sites *s = hp_new(hp_Sites, 1);
  if (s == NULL) return NULL;
  s->refs = 1;
  s->most = HP_SITE_FIRST + (most < HP_SITE_MAX - HP_SITE_FIRST ? most : HP_SITE_MAX - HP_SITE_FIRST);
  if (hp_vec_reserve(&s->first, 1) == HP_OK) {
    s->first.at[s->first.n++] = 0;
    if (add_fixed(s) == HP_OK) return s;
  }
  hp_sites_drop(s);
  return NULL;
}

hp_Sites *hp_sites_keep(hp_Sites *s) {
  if (s != NULL) s->refs++;
  return s;
}

void hp_sites_drop(hp_Sites *s) {
  if (s == NULL || --s->refs > 0) return;
  hp_names_free(&s->texts);
  hp_vec_free(&s->frames);
  hp_vec_free(&s->first);
  hp_delete(s->slots, s->nslots);
  hp_delete(s, 1);
}

size_t hp_sites_bytes(const hp_Sites *s) {
  if (s == NULL) return 0;
  return sizeof *s + hp_names_bytes(&s->texts) + hp_vec_bytes(&s->frames) +
         hp_vec_bytes(&s->first) + s->nslots * sizeof *s->slots;
}

/* ---- heapy's own ----------------------------------------------------------- */

void hp_sites_own(hp_Sites *s, const char *place) { hp_name_set(&s->own, place); }

/* In heapy.lua, or in a file below heapy/. */
static int is_own(const hp_Sites *s, uint32_t site) {
  const char *text = hp_sites_text(s, hp_sites_at(s, site, 0));
  size_t n = s->own.n;
  return n > 0 && strncmp(text, s->own.s, n) == 0 && text[n] != 0 && strchr("./\\", text[n]) != NULL;
}

uint32_t hp_sites_called(const hp_Sites *s, uint32_t site) {
  return is_own(s, site) ? HP_SITE_HEAPY : site;
}

const char *hp_sites_name(const hp_Sites *s, uint32_t site) {
  return hp_sites_text(s, hp_sites_at(s, hp_sites_called(s, site), 0));
}

int hp_sites_traceback(const hp_Sites *s, uint32_t site, hp_Text *out) {
  uint32_t i, n;
  site = hp_sites_called(s, site);
  n = hp_sites_depth(s, site);
  out->bytes.n = 0;
  out->failed = 0;
  for (i = 0; i < n; i++) {
    if (i > 0) hp_text_puts(out, " < ");
    hp_text_puts(out, hp_sites_text(s, hp_sites_at(s, site, i)));
  }
  hp_text_add(out, "", 1);
  return out->failed ? HP_ENOMEM : HP_OK;
}

/* ---- telling sites apart --------------------------------------------------- */

/* How many frames the two have in common, from the first. */
static uint32_t common(const hp_SiteApart *a, const hp_SiteApart *b) {
  const hp_Sites *s = a->sites;
  uint32_t k = 0, m = hp_sites_depth(s, a->site), n = hp_sites_depth(s, b->site);
  while (k < m && k < n && hp_sites_at(s, a->site, k) == hp_sites_at(s, b->site, k)) k++;
  return k;
}

static int by_frames(const void *x, const void *y) {
  const hp_SiteApart *a = x, *b = y;
  uint32_t k = common(a, b), m = hp_sites_depth(a->sites, a->site);
  uint32_t n = hp_sites_depth(a->sites, b->site), f, g;
  if (k == m || k == n) return (m > n) - (m < n);
  f = hp_sites_at(a->sites, a->site, k);
  g = hp_sites_at(a->sites, b->site, k);
  return f < g ? -1 : 1;
}

/* In order, the one that has most in common with a site stands next to it. */
uint32_t hp_sites_apart(const hp_Sites *s, hp_SiteApart *all, uint32_t n) {
  uint32_t first = UINT32_MAX, i;
  for (i = 0; i < n; i++) {
    all[i].sites = s;
    all[i].own = 0;
  }
  qsort(all, n, sizeof *all, by_frames);
  for (i = 1; i < n; i++) {
    uint32_t k = common(&all[i - 1], &all[i]);
    if (k < first) first = k;
    if (all[i - 1].own < k + 1) all[i - 1].own = k + 1;
    all[i].own = k + 1;
  }
  return first;
}
