/* By module. A function or prototype belongs to the module whose functions come
** from the same chunk; if no module's do, to the chunk itself. A module's own
** table belongs to it; so do a class that is written there, its instances, and
** the tables these own. */
#include "classify.h"

#include "base/sort.h"
#include "heap/edge.h"
#include "kind.h"
#include "source.h"

#include <stdlib.h>
#include <string.h>

/* Which module a chunk is: by the chunk's name string, ascending. */
typedef struct Chunk {
  uint32_t source, module; /* ids: of strings */
} Chunk;

typedef struct Modules {
  const hp_Graph *g;
  hp_Classified *out;
  HP_VEC(Chunk) chunks;
  uint32_t *kinds; /* per kind: class + 1 */
  size_t nkinds;
} Modules;

static int by_source(const void *x, const void *y) {
  const Chunk *a = x, *b = y;
  if (a->source != b->source) return a->source < b->source ? -1 : 1;
  return (a->module > b->module) - (a->module < b->module);
}

static int add_chunk(Modules *m, uint32_t function, uint32_t module) {
  uint32_t source = hp_source_of(m->g, function);
  Chunk *c;
  if (source == HP_NONE) return HP_OK;
  if (hp_vec_reserve(&m->chunks, 1) != HP_OK) return HP_ENOMEM;
  c = &m->chunks.at[m->chunks.n++];
  c->source = source;
  c->module = module;
  return HP_OK;
}

/* The chunk that wrote a module's first function is the module's. */
static int add_module(Modules *m, uint32_t table, uint32_t name) {
  hp_EdgeIter it;
  if (hp_graph_type(m->g, table) == HP_FUNCTION) return add_chunk(m, table, name);
  if (hp_graph_type(m->g, table) != HP_TABLE || hp_bit_get(m->g->own, table)) return HP_OK;
  hp_edges_begin(&it, m->g, table);
  while (hp_edges_next(&it))
    if (it.kind == HP_I_NAME && hp_graph_type(m->g, it.to) == HP_FUNCTION)
      return add_chunk(m, it.to, name);
  return HP_OK;
}

static int find_chunks(Modules *m) {
  const hp_Classes *c = &m->g->kinds->classes;
  hp_EdgeIter it;
  int rc = HP_OK;
  if (c->loaded == HP_NONE) return HP_OK;
  hp_edges_begin(&it, m->g, c->loaded);
  while (hp_edges_next(&it) && rc == HP_OK)
    if (it.kind == HP_I_NAME && it.to != c->globals) rc = add_module(m, it.to, it.key);
  if (rc == HP_OK && m->chunks.n > 1)
    qsort(m->chunks.at, m->chunks.n, sizeof *m->chunks.at, by_source);
  return rc;
}

static void set_module(const Modules *m, uint32_t source, hp_Name *out) {
  size_t i = hp_vec_find(&m->chunks, source), n;
  int whole;
  const char *s;
  hp_name_set(out, "");
  if (i == m->chunks.n || m->chunks.at[i].source != source) {
    hp_source_name(m->g, source, out);
    return;
  }
  s = hp_graph_text(m->g, m->chunks.at[i].module, &n, &whole);
  hp_name_addn(out, s, n);
}

/* The chunk where the class with this name has its first method, or HP_NONE. */
static uint32_t home_of_class(const Modules *m, const char *name) {
  const hp_Classes *c = &m->g->kinds->classes;
  size_t i;
  for (i = 0; i < c->at.n; i++) {
    hp_EdgeIter it;
    if (c->at.at[i].name == HP_NONE) continue;
    if (strcmp(hp_names_get(&c->names, c->at.at[i].name), name) != 0) continue;
    hp_edges_begin(&it, m->g, c->at.at[i].id);
    while (hp_edges_next(&it))
      if (it.kind == HP_I_NAME && hp_graph_type(m->g, it.to) == HP_FUNCTION)
        return hp_source_of(m->g, it.to);
  }
  return HP_NONE;
}

static int starts_with(const char *s, const char *prefix, const char **rest) {
  size_t n = strlen(prefix);
  if (strncmp(s, prefix, n) != 0) return 0;
  *rest = s + n;
  return 1;
}

/* What belongs to a kind: its module, or none. */
static void module_of_kind(const Modules *m, const char *kind, hp_Name *out) {
  const char *name = kind;
  uint32_t source;
  if (starts_with(kind, "module ", &name)) {
    hp_name_set(out, name);
    return;
  }
  if (!starts_with(kind, "class ", &name)) (void)starts_with(kind, "table of ", &name);
  source = home_of_class(m, name);
  if (source == HP_NONE)
    hp_name_set(out, "(no module)");
  else
    set_module(m, source, out);
}

static int class_of(Modules *m, uint32_t id, uint32_t *cls) {
  uint32_t source = hp_source_of(m->g, id), kind = m->g->kind[id];
  hp_Name name;
  int rc;
  if (source != HP_NONE) {
    set_module(m, source, &name);
    return hp_names_intern(&m->out->names, name.s, cls);
  }
  if (m->kinds[kind] == 0) {
    module_of_kind(m, hp_names_get(&m->g->kinds->names, kind), &name);
    if ((rc = hp_names_intern(&m->out->names, name.s, cls)) != HP_OK) return rc;
    m->kinds[kind] = *cls + 1;
  }
  *cls = m->kinds[kind] - 1;
  return HP_OK;
}

int hp_classify_module(hp_Graph *g, const hp_IdSet *set, hp_Classified *out) {
  Modules m;
  hp_IdIter it;
  uint32_t id, i = 0;
  int rc;
  memset(&m, 0, sizeof m);
  m.g = g;
  m.out = out;
  m.nkinds = hp_names_count(&g->kinds->names);
  m.kinds = hp_new(uint32_t, m.nkinds);
  rc = m.kinds == NULL ? HP_ENOMEM : find_chunks(&m);
  for (hp_ids_begin(&it, set); rc == HP_OK && hp_ids_next(&it, &id); i++)
    rc = class_of(&m, id, &out->of[i]);
  hp_delete(m.kinds, m.nkinds);
  hp_vec_free(&m.chunks);
  return rc;
}
