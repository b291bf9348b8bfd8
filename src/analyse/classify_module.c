/* By module. A function or prototype belongs to the module that its chunk is (module.h);
** if that is none, to the chunk itself. A module's own table belongs to it. A class, its
** instances, and the tables these own belong to the chunk that wrote most of the class. */
#include "classify.h"

#include "base/sort.h"
#include "kind.h"
#include "source.h"

#include <stdlib.h>
#include <string.h>

/* How much of the classes of one name a chunk wrote. */
typedef struct Home {
  uint32_t name; /* in classes.names */
  hp_Writer by;
} Home;

typedef struct Modules {
  const hp_Graph *g;
  hp_Classified *out;
  HP_VEC(Home) homes; /* by name; the one that wrote most */
  uint32_t *kinds;    /* per kind: class + 1 */
  uint32_t *protos;   /* per prototype, in g->protos' order: class + 1 */
  size_t nkinds, nprotos;
} Modules;

/* ---- where classes are written -------------------------------------------- */

static int by_name(const void *x, const void *y) {
  const Home *a = x, *b = y;
  if (a->name != b->name) return a->name < b->name ? -1 : 1;
  return (a->by.source > b->by.source) - (a->by.source < b->by.source);
}

static int list_homes(Modules *m) {
  const hp_Classes *c = &m->g->kinds->classes;
  size_t i, k;
  for (i = 0; i < c->at.n; i++) {
    size_t n;
    const hp_Writer *at = hp_writers_of(&c->writers, c->at.at[i].id, &n);
    if (c->at.at[i].name == HP_NONE) continue;
    if (hp_vec_reserve(&m->homes, n) != HP_OK) return HP_ENOMEM;
    for (k = 0; k < n; k++) {
      m->homes.at[m->homes.n].name = c->at.at[i].name;
      m->homes.at[m->homes.n++].by = at[k];
    }
  }
  return HP_OK;
}

/* Several classes may have one name: adds up what each chunk wrote of them. */
static void add_up(Modules *m) {
  size_t i, n = 0;
  Home *at = m->homes.at;
  for (i = 1; i < m->homes.n; i++) {
    if (by_name(&at[i], &at[n]) == 0)
      at[n].by.share += at[i].by.share;
    else
      at[++n] = at[i];
  }
  m->homes.n = n + 1;
}

static int find_homes(Modules *m) {
  size_t i, n = 0;
  int rc = list_homes(m);
  Home *at = m->homes.at;
  if (rc != HP_OK || m->homes.n == 0) return rc;
  qsort(at, m->homes.n, sizeof *at, by_name);
  add_up(m);
  for (i = 1; i < m->homes.n; i++) {
    if (at[i].name != at[n].name)
      at[++n] = at[i];
    else if (hp_writer_is_more(m->g, &at[i].by, &at[n].by))
      at[n] = at[i];
  }
  m->homes.n = n + 1;
  return HP_OK;
}

/* ---- members -------------------------------------------------------------- */

static void set_module(const Modules *m, uint32_t source, hp_Name *out) {
  uint32_t key = hp_modules_of(&m->g->kinds->classes.modules, m->g, source);
  hp_name_set(out, "");
  if (key == HP_NONE)
    hp_source_name(m->g, source, out);
  else
    hp_module_name(m->g, key, out);
}

/* What belongs to a kind: its module, or none. */
static void module_of_kind(const Modules *m, hp_Kind kind, hp_Name *out) {
  size_t i = m->homes.n;
  hp_name_set(out, "");
  if (kind.what == HP_KIND_MODULE) {
    hp_module_name(m->g, kind.of, out);
    return;
  }
  if (kind.what == HP_KIND_CLASS) i = hp_vec_find(&m->homes, kind.of);
  if (i < m->homes.n && m->homes.at[i].name == kind.of && m->homes.at[i].by.source != HP_NONE)
    set_module(m, m->homes.at[i].by.source, out);
  else
    hp_name_set(out, "(no module)");
}

static int class_of(Modules *m, uint32_t id, uint32_t *cls) {
  uint32_t proto = hp_source_proto(m->g, id), source = HP_NONE, *known;
  hp_Name name;
  int rc;
  if (proto != HP_NONE) source = hp_source_of(m->g, proto);
  known = source == HP_NONE ? &m->kinds[m->g->kind[id]]
                            : &m->protos[hp_graph_proto(m->g, proto) - m->g->protos.at];
  if (*known == 0) {
    if (source == HP_NONE)
      module_of_kind(m, m->g->kinds->at.at[m->g->kind[id]], &name);
    else
      set_module(m, source, &name);
    if ((rc = hp_names_intern(&m->out->names, name.s, cls)) != HP_OK) return rc;
    *known = *cls + 1;
  }
  *cls = *known - 1;
  return HP_OK;
}

int hp_classify_module(hp_Graph *g, const hp_IdSet *set, hp_Classified *out) {
  Modules m;
  hp_IdIter it;
  uint32_t id, i = 0;
  int rc = HP_ENOMEM;
  memset(&m, 0, sizeof m);
  m.g = g;
  m.out = out;
  m.nkinds = hp_names_count(&g->kinds->names);
  m.nprotos = g->protos.n;
  m.kinds = hp_new(uint32_t, m.nkinds);
  m.protos = hp_new(uint32_t, m.nprotos);
  if (m.kinds != NULL && m.protos != NULL) rc = find_homes(&m);
  for (hp_ids_begin(&it, set); rc == HP_OK && hp_ids_next(&it, &id); i++)
    rc = class_of(&m, id, &out->of[i]);
  hp_delete(m.kinds, m.nkinds);
  hp_delete(m.protos, m.nprotos);
  hp_vec_free(&m.homes);
  return rc;
}
