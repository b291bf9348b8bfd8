/* The wrapper put in and taken out, and what it knows as Lua values. */
#include "tracker.h"

#include "attention.h"
#include "track/timeline.h"

#include <dlfcn.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#define HP_ROWS "heapy.core.Rows"
#define HP_TIMELINE "heapy.core.Timeline"

/* The VM may call the wrapper after package's own finalizer has closed this library. */
static void stay_loaded(void) {
  static const char here = 0;
  static atomic_flag done = ATOMIC_FLAG_INIT;
  Dl_info info;
  if (atomic_flag_test_and_set(&done)) return;
  if (dladdr(&here, &info) != 0) (void)dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

/* With a detour of the monitor around it (lua/detour.h) it still is. */
static int is_outermost(lua_State *L, const hp_Track *t) {
  void *ud;
  (void)lua_getallocf(L, &ud);
  return ud == t;
}

/* Does the VM's request come through the wrapper? */
static int is_called(lua_State *L, hp_Track *t) {
  t->called = 0;
  (void)lua_newuserdatauv(L, 0, 0);
  lua_pop(L, 1);
  return t->called;
}

lua_Alloc hp_tracker_host(lua_State *L, void **ud) {
  const hp_Track *t = hp_state_of(L)->track;
  if (t == NULL || !is_outermost(L, t)) return lua_getallocf(L, ud);
  *ud = t->ud;
  return t->f;
}

/* Is it so, directly or through wrappers around it? Note that it asks for memory. */
static int is_reached(lua_State *L, hp_Track *t) {
  return is_outermost(L, t) || is_called(L, t);
}

/* Would it stand where it stood before? Whoever has it saved may put it around what is
** there now: then another place would close a circle. */
static int is_next(lua_State *L, const hp_Track *t) {
  void *ud;
  lua_Alloc f;
  hp_attention_aside(L);
  f = lua_getallocf(L, &ud);
  return t->f == NULL || (f == t->f && ud == t->ud);
}

static void install(lua_State *L, hp_Track *t) {
  hp_attention_aside(L);
  t->f = lua_getallocf(L, &t->ud);
  lua_setallocf(L, hp_track_alloc, t);
  t->installed = 1;
}

/* Whose wrapper is around ours may hold on to it: then it stays. */
static void uninstall(lua_State *L, hp_Track *t) {
  hp_attention_aside(L);
  if (!is_outermost(L, t)) return;
  lua_setallocf(L, t->f, t->ud);
  t->installed = 0;
}

void hp_tracker_adopt(lua_State *L, hp_State *s) {
  void *ud;
  hp_Track *t;
  if (lua_getallocf(L, &ud) != hp_track_alloc) return;
  t = ud;
  if (!t->orphan) return;
  if (!s->proven || t->vm.main != s->vm.main || t->vm.g != s->vm.g) {
    hp_track_end(t);
    return;
  }
  t->orphan = 0;
  t->installed = 1;
  s->track = t;
}

/* Wrappers that others have, or may have: who cut them off can put them back, who was
** around them go on calling them, at any time. So they are never freed (some 1 KB each),
** and hand on what they are asked. */
static _Atomic(hp_Track *) left;

static void leave(hp_Track *t) {
  t->next = atomic_load(&left);
  while (!atomic_compare_exchange_weak(&left, &t->next, t)) {}
}

/* The state's tracker, or NULL. Where it may not be touched any more, it is the state's no
** longer. */
static hp_Track *tracker_of(hp_State *s) {
  hp_Track *t = s->track;
  if (t == NULL || hp_track_enter(t)) return t;
  hp_track_cut(t);
  leave(t);
  return s->track = NULL;
}

/* Finalizers are still to come that may have kept our pair, from lua_getallocf, and free with it.
** So it stands, or is put, where it hears of the VM's end, and goes then. */
void hp_tracker_close(lua_State *L, hp_State *s) {
  hp_Track *t = tracker_of(s);
  if (t == NULL) return;
  s->track = NULL;
  hp_track_end(t);
  if (t->f == NULL) { /* it never stood anywhere */
    hp_delete(t, 1);
    return;
  }
  if (is_next(L, t)) install(L, t); /* taken out, or cut off, unnoticed it may be */
  if (t->installed && t->others == 0)
    t->orphan = 1;
  else
    leave(t);
}

/* The one that there is serves again if it is called, and by this VM alone, or would stand
** where it stood; else there is a new one. */
static hp_Track *tracker_for(lua_State *L, hp_State *s) {
  hp_Track *t = tracker_of(s);
  int reached = t != NULL && is_reached(L, t);
  if (t != s->track) return tracker_for(L, s); /* a finalizer began another one */
  if (t != NULL && (t->others != 0 || (!reached && !is_next(L, t)))) {
    hp_track_end(t);
    leave(t);
    s->track = t = NULL;
    reached = 0;
  }
  if (t == NULL) s->track = t = hp_new(hp_Track, 1);
  if (t != NULL) t->installed = reached;
  return t;
}

static uint64_t check_count(lua_State *L, int arg) {
  lua_Integer n = luaL_optinteger(L, arg, 0);
  luaL_argcheck(L, n >= 0, arg, "must not be negative");
  return (uint64_t)n;
}

/* Others at each call. */
static lua_Integer any_seed(const void *here) {
  struct timespec now;
  (void)clock_gettime(CLOCK_REALTIME, &now);
  return (lua_Integer)((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec + (uintptr_t)here);
}

/* core.track(frames, sample, timeline, seed, nolook, sites) -> true | nil, message */
static int core_track(lua_State *L) {
  hp_State *s = hp_state_of(L);
  lua_Integer frames = luaL_optinteger(L, 1, 1);
  hp_TrackOptions options = {0, check_count(L, 2), check_count(L, 3),
                             (uint64_t)luaL_optinteger(L, 4, any_seed(s)), lua_toboolean(L, 5),
                             (uint32_t)luaL_optinteger(L, 6, HP_SITES_MOST)};
  hp_Track *t;
  int rc;
  luaL_argcheck(L, frames >= 1 && frames <= HP_FRAMES_MAX, 1, "from 1 to 64");
  options.nframes = (unsigned)frames;
  if (!s->proven) return hp_state_fail(L, s, HP_EVM);
  stay_loaded();
  t = tracker_for(L, s);
  rc = t == NULL ? HP_ENOMEM : hp_track_begin(t, &s->vm, &options);
  if (rc != HP_OK) return hp_state_fail(L, s, rc);
  if (!t->installed) install(L, t);
  lua_pushboolean(L, 1);
  return 1;
}

/* core.own_code(place): what is made in Lua files that begin so is called heapy's own */
static int core_own_code(lua_State *L) {
  const char *place = luaL_checkstring(L, 1);
  hp_Track *t = tracker_of(hp_state_of(L));
  if (t != NULL && t->sites != NULL) hp_sites_own(t->sites, place);
  return 0;
}

/* core.untrack() -> whether there was tracking, whether the wrapper is out */
static int core_untrack(lua_State *L) {
  hp_Track *t = tracker_of(hp_state_of(L));
  int was = t != NULL && t->sites != NULL;
  if (was) hp_track_end(t);
  if (t != NULL) {
    uninstall(L, t);
    t->installed = is_reached(L, t);
  }
  lua_pushboolean(L, was);
  lua_pushboolean(L, t == NULL || !t->installed);
  return 2;
}

static void set_integer(lua_State *L, const char *field, uint64_t n) {
  lua_pushinteger(L, (lua_Integer)n);
  lua_setfield(L, -2, field);
}

static void set_boolean(lua_State *L, const char *field, int b) {
  lua_pushboolean(L, b);
  lua_setfield(L, -2, field);
}

static hp_Track *recording(lua_State *L) {
  hp_Track *t = tracker_of(hp_state_of(L));
  return t != NULL && t->on ? t : NULL;
}

/* The tracker, recording or cut off; or NULL. That it is cut off is noticed here, if not
** before. */
static hp_Track *begun(lua_State *L) {
  hp_Track *t = recording(L);
  if (t != NULL && !is_reached(L, t) && t == recording(L)) hp_track_cut(t);
  t = tracker_of(hp_state_of(L));
  return t != NULL && t->sites != NULL ? t : NULL;
}

/* core.tracking() -> what the tracker is and holds | nil */
static int core_tracking(lua_State *L) {
  const hp_Track *t;
  int around;
  lua_createtable(L, 0, 17); /* first: where something is allocated, finalizers may end it */
  t = begun(L);
  if (t == NULL) return 0;
  around = !is_outermost(L, t); /* another wrapper is: then the C stack tells nothing */
  set_integer(L, "session", t->begun);
  set_integer(L, "frames", t->nframes);
  set_integer(L, "sample", t->interval);
  set_integer(L, "sites", hp_sites_count(t->sites) - HP_SITE_FIRST);
  set_integer(L, "objects", t->blocks.n);
  set_integer(L, "bytes", hp_track_bytes(t));
  set_integer(L, "born", t->births);
  set_integer(L, "asked", hp_track_asked(t));
  set_integer(L, "grown", t->grown);
  set_integer(L, "missed", t->missed);
  set_integer(L, "foreign", t->foreign);
  set_integer(L, "uncertain", t->uncertain);
  set_integer(L, "most", t->sites->most - HP_SITE_FIRST);
  set_integer(L, "others", t->others);
  set_boolean(L, "threads", t->look.ncallers > 0 && !around);
  set_boolean(L, "lines", t->look.npath > 0 && !around);
  set_boolean(L, "cut", t->cut);
  return 1;
}

/* ---- what it knows, of one moment ------------------------------------------
** Lua code that reads it row by row may be interrupted: by finalizers, hooks, a monitor.
** These may end tracking, or begin it anew. So what is read is a copy. */

static int drop_rows(lua_State *L) {
  hp_track_thaw(luaL_checkudata(L, 1, HP_ROWS));
  return 0;
}

/* core.sites() -> rows, how many: what is known of each site now | nil: tracking is off, or
** was cut off */
static int core_sites(lua_State *L) {
  hp_SiteRows *rows = lua_newuserdatauv(L, sizeof *rows, 0);
  hp_Track *t;
  int rc;
  memset(rows, 0, sizeof *rows);
  luaL_setmetatable(L, HP_ROWS);
  t = begun(L);
  if (t == NULL || t->cut) return 0;
  rc = hp_track_freeze(t, rows);
  if (rc != HP_OK) return hp_state_fail(L, hp_state_of(L), rc);
  lua_pushinteger(L, (lua_Integer)rows->n);
  return 2;
}

static const hp_SiteRows *check_rows(lua_State *L, lua_Integer *i) {
  const hp_SiteRows *rows = luaL_checkudata(L, 1, HP_ROWS);
  *i = luaL_checkinteger(L, 2);
  luaL_argcheck(L, *i >= 0 && *i < (lua_Integer)rows->n, 2, "no such site");
  return rows;
}

/* By way of a copy: the string is an object, whose record may move the sites' texts. */
static void push_text(lua_State *L, const char *text) {
  hp_Name name;
  hp_name_set(&name, text);
  lua_pushlstring(L, name.s, name.n);
}

static lua_Integer whole(double x) { return (lua_Integer)llround(x); }

/* core.siterow(rows, i) -> of site i: name; live objects and bytes; made, bytes made; most at a
** time, bytes; standard errors of live, bytes; variance of all that came and went so far, objects
** and bytes; bytes by which what lives has grown. What lives counts with the bytes that it has
** grown to; what was freed, and the most at a time, as it was made, which is all that is known:
** but there is at least what lives now. */
static int core_siterow(lua_State *L) {
  lua_Integer i;
  const hp_SiteRows *rows = check_rows(L, &i);
  const hp_SiteRow *row = &rows->at[i];
  double grown = row->size.bytes - row->stat.live_bytes, most = row->stat.peak_bytes;
  push_text(L, hp_sites_name(rows->sites, (uint32_t)i));
  lua_pushinteger(L, whole(row->stat.live));
  lua_pushinteger(L, whole(row->size.bytes));
  lua_pushinteger(L, whole(row->stat.made));
  lua_pushinteger(L, whole(row->stat.made_bytes + grown));
  lua_pushinteger(L, whole(row->stat.peak));
  lua_pushinteger(L, whole(most > row->size.bytes ? most : row->size.bytes));
  lua_pushnumber(L, sqrt(row->stat.var > 0 ? row->stat.var : 0));
  lua_pushnumber(L, sqrt(row->size.var > 0 ? row->size.var : 0));
  lua_pushnumber(L, row->stat.turn);
  lua_pushnumber(L, row->stat.turn_bytes);
  lua_pushinteger(L, whole(grown));
  return 12;
}

/* core.siteframe(rows, i, k) -> frame k (from 0) of site i | nil */
static int core_siteframe(lua_State *L) {
  lua_Integer i, k = luaL_checkinteger(L, 3);
  const hp_SiteRows *rows = check_rows(L, &i);
  if (k < 0 || k >= (lua_Integer)hp_sites_depth(rows->sites, i)) return 0;
  push_text(L, hp_sites_text(rows->sites, hp_sites_at(rows->sites, i, k)));
  return 1;
}

/* core.sitesapart(rows, sites) -> the first frame at which any two of the sites differ, and for
** each of them the number of its frames, from the first, that no other has; frames count from 1 */
static int core_sitesapart(lua_State *L) {
  const hp_SiteRows *rows = luaL_checkudata(L, 1, HP_ROWS);
  lua_Integer n = luaL_len(L, 2), i;
  hp_SiteApart *all;
  uint32_t first;
  luaL_argcheck(L, n >= 2 && n <= (lua_Integer)rows->n, 2, "not so many sites");
  all = lua_newuserdatauv(L, (size_t)n * sizeof *all, 0);
  for (i = 0; i < n; i++) {
    lua_rawgeti(L, 2, i + 1);
    all[i].site = (uint32_t)lua_tointeger(L, -1);
    all[i].index = (uint32_t)i;
    luaL_argcheck(L, all[i].site < rows->n, 2, "no such site");
    lua_pop(L, 1);
  }
  first = hp_sites_apart(rows->sites, all, (uint32_t)n);
  lua_pushinteger(L, (lua_Integer)first + 1);
  lua_createtable(L, (int)n, 0);
  for (i = 0; i < n; i++) {
    lua_pushinteger(L, all[i].own);
    lua_rawseti(L, -2, (lua_Integer)all[i].index + 1);
  }
  return 2;
}

/* core.timeline() -> its points now, how many, bytes between them | nil */
static int core_timeline(lua_State *L) {
  hp_Timeline *line = lua_newuserdatauv(L, sizeof *line, 0);
  const hp_Track *t = begun(L);
  if (t == NULL || t->timeline == NULL) return 0;
  *line = *t->timeline;
  luaL_setmetatable(L, HP_TIMELINE);
  lua_pushinteger(L, line->n);
  lua_pushinteger(L, (lua_Integer)line->interval);
  return 3;
}

/* core.point(points, i) -> bytes asked for until then, bytes held, then live strings, tables,
** functions, userdata, threads, upvalues, prototypes, and the bytes of each as made */
static int core_point(lua_State *L) {
  const hp_Timeline *line = luaL_checkudata(L, 1, HP_TIMELINE);
  lua_Integer i = luaL_checkinteger(L, 2);
  int k;
  luaL_argcheck(L, i >= 0 && i < (lua_Integer)line->n, 2, "no such point");
  lua_pushinteger(L, (lua_Integer)line->points[i].asked);
  lua_pushinteger(L, (lua_Integer)line->points[i].bytes);
  for (k = 0; k < HP_POINT_TAGS; k++) lua_pushinteger(L, whole(line->points[i].live[k]));
  for (k = 0; k < HP_POINT_TAGS; k++) lua_pushinteger(L, whole(line->points[i].size[k]));
  return 2 + 2 * HP_POINT_TAGS;
}

void hp_tracker_open(lua_State *L) {
  hp_state_metatable(L, HP_ROWS, drop_rows, drop_rows);
  hp_state_metatable(L, HP_TIMELINE, NULL, NULL);
}

#if defined(HP_TESTING)
/* core.advance(n): as if n more objects had been made */
static int core_advance(lua_State *L) {
  hp_Track *t = recording(L);
  if (t == NULL) return luaL_error(L, "tracking is off");
  t->births += (uint64_t)luaL_checkinteger(L, 1);
  return 0;
}
#endif

const luaL_Reg hp_tracker_functions[] = {
#if defined(HP_TESTING)
    {"advance", core_advance},
#endif
    {"track", core_track},       {"untrack", core_untrack}, {"tracking", core_tracking},
    {"own_code", core_own_code},
    {"sites", core_sites},       {"siterow", core_siterow}, {"siteframe", core_siteframe},
    {"sitesapart", core_sitesapart},
    {"timeline", core_timeline}, {"point", core_point},     {NULL, NULL},
};
