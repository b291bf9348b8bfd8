/* The sites at which objects are made, by content: they outlive the code they name.
**
** A frame is a place in the program's text ("marker.lua:41 in method 'push'"); a
** site is a stack of them, innermost first. Both are numbers that never change; a
** snapshot keeps its numbers and shares the sites (hp_sites_keep). */
#ifndef HP_SITES_H
#define HP_SITES_H

#include "base/names.h"
#include "base/text.h"

#define HP_FRAMES_MAX 64
#define HP_SITE_MAX ((1u << 24) - 1)

/* Sites that are there from the start. */
enum {
  HP_SITE_BEFORE, /* made before tracking began */
  HP_SITE_NONE,   /* not recorded: no memory for it, or not in the sample */
  HP_SITE_HOST,   /* no Lua function was running: the host program itself */
  HP_SITE_UNKNOWN, /* which thread ran could not be told */
  HP_SITE_HEAPY,   /* heapy itself, from C: its Lua code has sites of its own, which are called so */
  HP_SITE_OTHER,   /* all that are new when there are as many as there may be */
  HP_SITE_FIRST
};

#define HP_FRAME_NONE UINT32_MAX /* a frame of HP_SITE_OTHER; no text has that number */

typedef struct hp_Sites {
  uint32_t refs;
  uint32_t most;           /* sites that there may be */
  hp_Names texts;          /* of frames: a frame's number is its text's */
  HP_VEC(uint32_t) frames; /* the stacks, one behind the other */
  HP_VEC(uint32_t) first;  /* per site, and one more: where its stack starts */
  uint32_t *slots;         /* site + 1, by hash of its stack */
  size_t nslots;
  hp_Name own; /* what places in heapy's own Lua code begin with; empty where it is not known */
} hp_Sites;

/* With one reference; NULL for want of memory. There will be at most that many sites,
** beside those that are there from the start. */
hp_Sites *hp_sites_new(uint32_t most);
hp_Sites *hp_sites_keep(hp_Sites *s);
void hp_sites_drop(hp_Sites *s); /* s may be NULL */
size_t hp_sites_bytes(const hp_Sites *s);

/* The frame with that text; HP_FRAME_NONE if it is new and there is no room for sites
** that have it. */
int hp_sites_frame(hp_Sites *s, const char *text, uint32_t *frame);

/* The site with these frames; HP_SITE_OTHER if it is new and there is no room for it. */
int hp_sites_stack(hp_Sites *s, const uint32_t *frames, uint32_t n, uint32_t *site);

#define hp_sites_count(s) ((uint32_t)((s)->first.n - 1))
#define hp_sites_depth(s, site) ((s)->first.at[(site) + 1] - (s)->first.at[site])
#define hp_sites_at(s, site, i) ((s)->frames.at[(s)->first.at[site] + (i)])
#define hp_sites_text(s, frame) hp_names_get(&(s)->texts, frame)

/* From now on what is made in files at that place, heapy's own, is called after heapy. */
void hp_sites_own(hp_Sites *s, const char *place);

/* The site itself, or HP_SITE_HEAPY where heapy's own code is the innermost frame. */
uint32_t hp_sites_called(const hp_Sites *s, uint32_t site);

/* The innermost frame, as it is called. */
const char *hp_sites_name(const hp_Sites *s, uint32_t site);

/* One of several sites, to be told apart. */
typedef struct hp_SiteApart {
  const hp_Sites *sites;
  uint32_t site;
  uint32_t index; /* the caller's */
  uint32_t own;   /* how many of its frames, from the first, no other one has */
} hp_SiteApart;

/* Fills in 'own' of n sites, two or more, and puts them in some order; the first frame at which
** any two of them differ. */
uint32_t hp_sites_apart(const hp_Sites *s, hp_SiteApart *all, uint32_t n);

/* Sets *out (zeroed, or set before) to all frames of the site as it is called, innermost first: a C
** string. */
int hp_sites_traceback(const hp_Sites *s, uint32_t site, hp_Text *out);

#endif
