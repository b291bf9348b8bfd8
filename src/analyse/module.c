/* Modules and their chunks: see module.h. */
#include "module.h"

#include "base/sort.h"
#include "heap/edge.h"
#include "source.h"

#include <stdlib.h>

void hp_modules_free(hp_Modules *m) {
  hp_vec_free(&m->at);
  hp_vec_free(&m->claims);
  hp_names_free(&m->paths);
  hp_vec_free(&m->keys);
}

size_t hp_modules_bytes(const hp_Modules *m) {
  return hp_vec_bytes(&m->at) + hp_vec_bytes(&m->claims) + hp_names_bytes(&m->paths) +
         hp_vec_bytes(&m->keys);
}

void hp_module_name(const hp_Graph *g, uint32_t key, hp_Name *out) {
  size_t n;
  int whole;
  const char *s = hp_graph_text(g, key, &n, &whole);
  if (n == 0)
    hp_name_add(out, "\"\"");
  else
    hp_name_addn(out, s, n);
}

/* Which of two names of one thing is better: below 0 if a is. */
static int key_order(const hp_Graph *g, uint32_t a, uint32_t b) {
  size_t m = hp_graph_length(g, a), n = hp_graph_length(g, b);
  return m != n ? (m > n) - (m < n) : hp_graph_compare(g, a, b);
}

/* ---- which there are ------------------------------------------------------ */

static int by_id(const void *x, const void *y) {
  const hp_Module *a = x, *b = y;
  if (a->id != b->id) return a->id < b->id ? -1 : 1;
  return (a->key > b->key) - (a->key < b->key);
}

static int list(hp_Modules *m, const hp_Graph *g, uint32_t loaded, uint32_t globals) {
  hp_FieldIter it;
  hp_fields_begin(&it, g, loaded);
  while (hp_fields_next(&it)) {
    hp_Type type = hp_graph_type(g, it.to);
    if ((type != HP_TABLE && type != HP_FUNCTION) || it.to == globals) continue;
    if (hp_vec_reserve(&m->at, 1) != HP_OK) return HP_ENOMEM;
    m->at.at[m->at.n].id = it.to;
    m->at.at[m->at.n++].key = it.key;
  }
  return HP_OK;
}

/* Sorts, and gives each its best name. */
static void unite(hp_Modules *m, const hp_Graph *g) {
  size_t i, n = 0;
  if (m->at.n == 0) return;
  qsort(m->at.at, m->at.n, sizeof *m->at.at, by_id);
  for (i = 1; i < m->at.n; i++) {
    if (m->at.at[i].id != m->at.at[n].id)
      m->at.at[++n] = m->at.at[i];
    else if (key_order(g, m->at.at[i].key, m->at.at[n].key) < 0)
      m->at.at[n].key = m->at.at[i].key;
  }
  m->at.n = n + 1;
}

/* ---- by path -------------------------------------------------------------- */

static int has_any(const hp_Graph *g, uint32_t table, hp_Type type) {
  hp_FieldIter it;
  hp_fields_begin(&it, g, table);
  while (hp_fields_next(&it))
    if (hp_graph_type(g, it.to) == type) return 1;
  return 0;
}

/* May a chunk have made it? A library in C has neither tables nor Lua functions, nor a metatable
** that has some; a file that merely has the name of one is not that. */
static int may_be_written(const hp_Graph *g, uint32_t id) {
  uint32_t metatable;
  if (hp_bit_get(g->own, id)) return 0;
  if (hp_graph_type(g, id) == HP_FUNCTION) return 1;
  if (has_any(g, id, HP_FUNCTION) || has_any(g, id, HP_TABLE)) return 1;
  metatable = hp_shape_metatable(hp_graph_shape(g, id));
  return metatable != HP_NONE && has_any(g, metatable, HP_FUNCTION);
}

static void dot(hp_Name *path) {
  size_t i;
  for (i = 0; i < path->n; i++)
    if (path->s[i] == '/') path->s[i] = '.';
}

static int add_path(hp_Modules *m, const hp_Graph *g, uint32_t name, uint32_t id) {
  uint32_t number, key;
  hp_Name path;
  int rc;
  hp_name_set(&path, "");
  hp_module_name(g, name, &path);
  dot(&path);
  if ((rc = hp_names_intern(&m->paths, path.s, &number)) != HP_OK) return rc;
  key = m->at.at[hp_vec_find(&m->at, id)].key;
  if (number < m->keys.n) { /* "a/b" where there is "a.b" */
    if (key_order(g, key, m->keys.at[number]) < 0) m->keys.at[number] = key;
    return HP_OK;
  }
  if (hp_vec_reserve(&m->keys, 1) != HP_OK) return HP_ENOMEM;
  m->keys.at[m->keys.n++] = key;
  return HP_OK;
}

/* By all their names, not only the best: a chunk has the one that it was asked for by. */
static int find_paths(hp_Modules *m, const hp_Graph *g, uint32_t loaded) {
  hp_FieldIter it;
  int rc = HP_OK;
  hp_fields_begin(&it, g, loaded);
  while (hp_fields_next(&it) && rc == HP_OK) {
    size_t i = hp_vec_find(&m->at, it.to);
    if (i == m->at.n || m->at.at[i].id != it.to || !may_be_written(g, it.to)) continue;
    rc = add_path(m, g, it.key, it.to);
  }
  return rc;
}

/* A file's path without its extension, as a module's name is written; its length, or 0. */
static size_t path_of(const hp_Graph *g, uint32_t source, hp_Name *path) {
  size_t n, end;
  int whole;
  const char *s = hp_graph_text(g, source, &n, &whole);
  if (!whole || n == 0 || n > HP_NAME_KEEP || *s != '@') return 0;
  hp_name_set(path, "");
  hp_name_addn(path, s + 1, n - 1);
  for (end = path->n; end > 0 && path->s[end - 1] != '.' && path->s[end - 1] != '/';) end--;
  if (end > 1 && path->s[end - 1] == '.') path->s[path->n = end - 1] = '\0';
  return path->n;
}

static uint32_t key_of_path(const hp_Modules *m, const char *name) {
  uint32_t number = hp_names_find(&m->paths, name);
  return number == UINT32_MAX ? HP_NONE : m->keys.at[number];
}

/* The longest name that the path ends with, with or without an "init" behind it. */
static uint32_t by_path(const hp_Modules *m, const hp_Graph *g, uint32_t source) {
  static const char init[] = ".init";
  size_t i, n, head = 0;
  hp_Name path, name;
  if (m->keys.n == 0 || (n = path_of(g, source, &path)) == 0) return HP_NONE;
  name = path;
  dot(&name);
  if (n > sizeof init && strcmp(name.s + n - (sizeof init - 1), init) == 0)
    head = n - (sizeof init - 1);
  for (i = 0; i < n; i++) {
    uint32_t key;
    if (i > 0 && path.s[i - 1] != '/') continue;
    if ((key = key_of_path(m, name.s + i)) != HP_NONE) return key;
    if (i >= head) continue;
    name.s[head] = '\0';
    key = key_of_path(m, name.s + i);
    name.s[head] = '.';
    if (key != HP_NONE) return key;
  }
  return HP_NONE;
}

/* ---- by what they wrote --------------------------------------------------- */

static int claim(hp_Modules *m, uint32_t source, uint32_t key, uint64_t share) {
  hp_Claim *c;
  if (source == HP_NONE) return HP_OK;
  if (hp_vec_reserve(&m->claims, 1) != HP_OK) return HP_ENOMEM;
  c = &m->claims.at[m->claims.n++];
  c->source = source;
  c->key = key;
  c->share = share;
  return HP_OK;
}

static int claim_home(hp_Modules *m, const hp_Graph *g, const hp_Writers *w, const hp_Module *of) {
  size_t i, n;
  const hp_Writer *at = hp_writers_of(w, of->id, &n), *best = NULL;
  if (hp_bit_get(g->own, of->id)) return HP_OK;
  if (hp_graph_type(g, of->id) == HP_FUNCTION)
    return claim(m, hp_source_of(g, of->id), of->key, HP_SHARE_ONE);
  for (i = 0; i < n; i++)
    if (best == NULL || hp_writer_is_more(g, &at[i], best)) best = &at[i];
  return best == NULL ? HP_OK : claim(m, best->source, of->key, best->share);
}

static int by_source(const void *x, const void *y) {
  const hp_Claim *a = x, *b = y;
  return (a->source > b->source) - (a->source < b->source);
}

static int is_stronger(const hp_Graph *g, const hp_Claim *a, const hp_Claim *b) {
  if (a->share != b->share) return a->share > b->share;
  return key_order(g, a->key, b->key) < 0;
}

/* Sorts, and keeps of each chunk's claims the strongest. */
static void settle(hp_Modules *m, const hp_Graph *g) {
  size_t i, n = 0;
  hp_Claim *at = m->claims.at;
  if (m->claims.n == 0) return;
  qsort(at, m->claims.n, sizeof *at, by_source);
  for (i = 1; i < m->claims.n; i++) {
    if (at[i].source != at[n].source)
      at[++n] = at[i];
    else if (is_stronger(g, &at[i], &at[n]))
      at[n] = at[i];
  }
  m->claims.n = n + 1;
}

static int find_claims(hp_Modules *m, const hp_Graph *g) {
  hp_Writers w = {{NULL, 0, 0}};
  size_t i, n = m->at.n;
  uint32_t *ids = hp_new(uint32_t, n);
  int rc = ids == NULL ? HP_ENOMEM : HP_OK;
  for (i = 0; i < n && rc == HP_OK; i++) ids[i] = m->at.at[i].id;
  if (rc == HP_OK) rc = hp_writers_find(&w, g, ids, n);
  for (i = 0; i < n && rc == HP_OK; i++) rc = claim_home(m, g, &w, &m->at.at[i]);
  hp_delete(ids, n);
  hp_writers_free(&w);
  if (rc == HP_OK) settle(m, g);
  return rc;
}

/* ---- both ----------------------------------------------------------------- */

int hp_modules_find(hp_Modules *m, const hp_Graph *g, uint32_t loaded, uint32_t globals) {
  int rc;
  if (loaded == HP_NONE) return HP_OK;
  rc = list(m, g, loaded, globals);
  if (rc != HP_OK) return rc;
  unite(m, g);
  rc = find_paths(m, g, loaded);
  return rc == HP_OK ? find_claims(m, g) : rc;
}

uint32_t hp_modules_of(const hp_Modules *m, const hp_Graph *g, uint32_t source) {
  uint32_t key;
  size_t i;
  if (source == HP_NONE) return HP_NONE;
  if ((key = by_path(m, g, source)) != HP_NONE) return key;
  i = hp_vec_find(&m->claims, source);
  return i < m->claims.n && m->claims.at[i].source == source ? m->claims.at[i].key : HP_NONE;
}
