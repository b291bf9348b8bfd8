/* The wrapper put in and taken out, and what it knows as Lua values. */
#include "tracker.h"

#include "attention.h"
#include "track/timeline.h"

#include <dlfcn.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#define HP_ROWS "heapy.core.Rows"
#define HP_TIMELINE "heapy.core.Timeline"

/* The VM may call the wrapper after package's own finalizer has closed this library. */
static void stay_loaded(void) {
  static const char here = 0;
  Dl_info info;
  if (dladdr(&here, &info) != 0) (void)dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

static int is_outermost(lua_State *L, const hp_Track *t) {
  void *ud;
  return lua_getallocf(L, &ud) == hp_track_alloc && ud == t;
}

/* Does the VM's request come through the wrapper? */
static int is_called(lua_State *L, const hp_Track *t) {
  uint64_t before = t->calls;
  (void)lua_newuserdatauv(L, 0, 0);
  lua_pop(L, 1);
  return t->calls != before;
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
  if (!t->installed || !is_outermost(L, t)) return;
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

void hp_tracker_close(lua_State *L, hp_State *s) {
  hp_Track *t = s->track;
  if (t == NULL) return;
  s->track = NULL;
  hp_track_end(t);
  uninstall(L, t);
  if (t->installed)
    t->orphan = 1;
  else
    hp_delete(t, 1);
}

/* Wrappers that were cut off: whoever did that may put them back, at any time. So they
** are never freed, and hand on what they are asked. */
static _Atomic(hp_Track *) left;

static void leave(hp_Track *t) {
  t->next = atomic_load(&left);
  while (!atomic_compare_exchange_weak(&left, &t->next, t)) {}
}

/* In the place of one that is neither called nor outermost there is a new one. */
static hp_Track *tracker_for(lua_State *L, hp_State *s) {
  hp_Track *t = s->track;
  int lost = t != NULL && t->installed && !is_outermost(L, t) && !is_called(L, t);
  if (lost && t == s->track) { /* as a finalizer may have begun it anew */
    hp_track_end(t);
    leave(t);
    s->track = NULL;
  }
  if (s->track == NULL) s->track = hp_new(hp_Track, 1);
  return s->track;
}

static uint64_t check_count(lua_State *L, int arg) {
  lua_Integer n = luaL_optinteger(L, arg, 0);
  luaL_argcheck(L, n >= 0, arg, "must not be negative");
  return (uint64_t)n;
}

/* core.track(frames, sample, timeline, seed, nolook) -> true | nil, message */
static int core_track(lua_State *L) {
  hp_State *s = hp_state_of(L);
  lua_Integer frames = luaL_optinteger(L, 1, 1);
  hp_TrackOptions options = {0, check_count(L, 2), check_count(L, 3),
                             (uint64_t)luaL_optinteger(L, 4, 1), lua_toboolean(L, 5)};
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

/* core.untrack() -> whether there was tracking, whether the wrapper is out */
static int core_untrack(lua_State *L) {
  hp_State *s = hp_state_of(L);
  hp_Track *t = s->track;
  int was = t != NULL && t->on;
  if (was) {
    hp_track_end(t);
    uninstall(L, t);
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

static const hp_Track *recording(lua_State *L) {
  const hp_Track *t = hp_state_of(L)->track;
  return t != NULL && t->on ? t : NULL;
}

/* Does it see nothing of what the VM asks for? */
static int is_cut(lua_State *L) {
  const hp_Track *t = recording(L);
  return t != NULL && !is_outermost(L, t) && !is_called(L, t);
}

/* core.tracking() -> what the tracker is and holds | nil */
static int core_tracking(lua_State *L) {
  const hp_Track *t;
  int cut;
  lua_createtable(L, 0, 12); /* first: where something is allocated, finalizers may end it */
  cut = is_cut(L);
  t = recording(L);
  if (t == NULL) return 0;
  set_integer(L, "frames", t->nframes);
  set_integer(L, "sample", t->interval);
  set_integer(L, "sites", hp_sites_count(t->sites) - HP_SITE_FIRST);
  set_integer(L, "objects", t->blocks.n);
  set_integer(L, "bytes", hp_track_bytes(t));
  set_integer(L, "born", t->births);
  set_integer(L, "asked", t->asked);
  set_integer(L, "missed", t->missed);
  set_integer(L, "uncertain", t->uncertain);
  set_boolean(L, "threads", t->look.ncallers > 0);
  set_boolean(L, "lines", t->look.npath > 0);
  set_boolean(L, "cut", cut);
  return 1;
}

/* ---- what it knows, of one moment ------------------------------------------
** Lua code that reads it row by row may be interrupted: by finalizers, hooks, a monitor.
** These may end tracking, or begin it anew. So what is read is a copy. */

static int drop_rows(lua_State *L) {
  hp_track_thaw(luaL_checkudata(L, 1, HP_ROWS));
  return 0;
}

/* core.sites() -> rows, how many: what is known of each site now | nil: tracking is off */
static int core_sites(lua_State *L) {
  hp_SiteRows *rows = lua_newuserdatauv(L, sizeof *rows, 0);
  const hp_Track *t = recording(L);
  int rc;
  memset(rows, 0, sizeof *rows);
  luaL_setmetatable(L, HP_ROWS);
  if (t == NULL) return 0;
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
** time, bytes; standard errors of live, bytes */
static int core_siterow(lua_State *L) {
  lua_Integer i;
  const hp_SiteRows *rows = check_rows(L, &i);
  const hp_SiteRow *row = &rows->at[i];
  push_text(L, hp_sites_name(rows->sites, (uint32_t)i));
  lua_pushinteger(L, whole(row->stat.live));
  lua_pushinteger(L, whole(row->size.bytes));
  lua_pushinteger(L, whole(row->stat.made));
  lua_pushinteger(L, whole(row->stat.made_bytes));
  lua_pushinteger(L, whole(row->stat.peak));
  lua_pushinteger(L, whole(row->stat.peak_bytes));
  lua_pushnumber(L, sqrt(row->stat.var > 0 ? row->stat.var : 0));
  lua_pushnumber(L, sqrt(row->size.var > 0 ? row->size.var : 0));
  return 9;
}

/* core.siteframe(rows, i, k) -> frame k (from 0) of site i | nil */
static int core_siteframe(lua_State *L) {
  lua_Integer i, k = luaL_checkinteger(L, 3);
  const hp_SiteRows *rows = check_rows(L, &i);
  if (k < 0 || k >= (lua_Integer)hp_sites_depth(rows->sites, i)) return 0;
  push_text(L, hp_sites_text(rows->sites, hp_sites_at(rows->sites, i, k)));
  return 1;
}

/* core.timeline() -> its points now, how many, bytes between them | nil */
static int core_timeline(lua_State *L) {
  hp_Timeline *line = lua_newuserdatauv(L, sizeof *line, 0);
  const hp_Track *t = recording(L);
  if (t == NULL || t->timeline == NULL) return 0;
  *line = *t->timeline;
  luaL_setmetatable(L, HP_TIMELINE);
  lua_pushinteger(L, line->n);
  lua_pushinteger(L, (lua_Integer)line->interval);
  return 3;
}

/* core.point(points, i) -> bytes asked for until then, bytes held, then live strings, tables,
** functions, userdata, threads, upvalues, prototypes */
static int core_point(lua_State *L) {
  const hp_Timeline *line = luaL_checkudata(L, 1, HP_TIMELINE);
  lua_Integer i = luaL_checkinteger(L, 2);
  int k;
  luaL_argcheck(L, i >= 0 && i < (lua_Integer)line->n, 2, "no such point");
  lua_pushinteger(L, (lua_Integer)line->points[i].asked);
  lua_pushinteger(L, (lua_Integer)line->points[i].bytes);
  for (k = 0; k < HP_POINT_TAGS; k++) lua_pushinteger(L, whole(line->points[i].live[k]));
  return 2 + HP_POINT_TAGS;
}

static void new_metatable(lua_State *L, const char *name, lua_CFunction drop) {
  luaL_newmetatable(L, name);
  if (drop != NULL) {
    lua_pushcfunction(L, drop);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, drop);
    lua_setfield(L, -2, "__close");
  }
  hp_state_push_own(L);
  lua_insert(L, -2);
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  lua_pop(L, 1);
}

void hp_tracker_open(lua_State *L) {
  new_metatable(L, HP_ROWS, drop_rows);
  new_metatable(L, HP_TIMELINE, NULL);
}

const luaL_Reg hp_tracker_functions[] = {
    {"track", core_track},       {"untrack", core_untrack}, {"tracking", core_tracking},
    {"sites", core_sites},       {"siterow", core_siterow}, {"siteframe", core_siteframe},
    {"timeline", core_timeline}, {"point", core_point},     {NULL, NULL},
};
