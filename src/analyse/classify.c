/* The simple classifiers, and the choice among all: see classify.h. */
#include "classify.h"

#include "kind.h"
#include "mixed.h"
#include "source.h"

#include <string.h>

const char *const hp_by_names[] = {"kind", "type", "size",  "source", "module",
                                   "rcs",  "via",  "id",    "unity",  "site",
                                   "traceback", "age", NULL};

int hp_classified_alloc(hp_Classified *c) {
  c->of = hp_raw_in(c->arena, uint32_t, c->n);
  c->room = c->n;
  return c->of != NULL ? HP_OK : HP_ENOMEM;
}

void hp_classified_free(hp_Classified *c) {
  hp_delete_in(c->arena, c->of, c->room);
  hp_names_free(&c->names);
  hp_mixed_free(c->mixed);
  memset(c, 0, sizeof *c);
}

const char *hp_classified_name(const hp_Classified *c, uint32_t cls, hp_Name *room) {
  return c->mixed != NULL ? hp_mixed_name(c->mixed, cls, room) : hp_names_get(&c->names, cls);
}

/* What a class number of a member is made of, and remembered by. */
typedef struct Memo {
  const hp_Graph *g;
  hp_Classified *out;
  uint32_t *known; /* per thing: class + 1 */
  size_t nthings;
} Memo;

static int name_class(Memo *m, uint32_t thing, const char *name, uint32_t *cls) {
  int rc = hp_names_intern(&m->out->names, name, cls);
  if (rc == HP_OK) m->known[thing] = *cls + 1;
  return rc;
}

static int new_memo(Memo *m, size_t n) {
  m->nthings = n;
  m->known = hp_new(uint32_t, n);
  return m->known == NULL ? HP_ENOMEM : HP_OK;
}

/* ---- by kind, type: numbers the graph has already ------------------------- */

static int by_kind(Memo *m, uint32_t id, uint32_t *cls) {
  uint32_t kind = m->g->kind[id];
  if (m->known[kind] == 0)
    return name_class(m, kind, hp_names_get(&m->g->kinds->names, kind), cls);
  *cls = m->known[kind] - 1;
  return HP_OK;
}

static int by_type(Memo *m, uint32_t id, uint32_t *cls) {
  hp_Type type = hp_graph_type(m->g, id);
  if (m->known[type] == 0) return name_class(m, type, hp_type_name(type), cls);
  *cls = m->known[type] - 1;
  return HP_OK;
}

/* ---- by size -------------------------------------------------------------- */

static int by_size(Memo *m, uint32_t id, uint32_t *cls) {
  uint16_t small = m->g->size[id];
  hp_Name name;
  if (small != HP_SIZE_LARGE && m->known[small] != 0) {
    *cls = m->known[small] - 1;
    return HP_OK;
  }
  hp_name_set(&name, "");
  hp_name_addf(&name, "%llu", (unsigned long long)hp_graph_size(m->g, id));
  return name_class(m, small, name.s, cls);
}

/* ---- by source ------------------------------------------------------------ */

/* Things: 0 is all that is no code, then the prototypes in g->protos' order. */
static int by_source(Memo *m, uint32_t id, uint32_t *cls) {
  uint32_t proto = hp_source_proto(m->g, id), thing = 0;
  hp_Name name;
  if (proto != HP_NONE) thing = 1 + (uint32_t)(hp_graph_proto(m->g, proto) - m->g->protos.at);
  if (m->known[thing] != 0) {
    *cls = m->known[thing] - 1;
    return HP_OK;
  }
  hp_name_set(&name, proto == HP_NONE ? "(no source)" : "");
  if (proto != HP_NONE) hp_source_place(m->g, proto, 0, &name);
  return name_class(m, thing, name.s, cls);
}

static int by_unity(Memo *m, uint32_t id, uint32_t *cls) {
  (void)id;
  return name_class(m, 0, "<Anything>", cls);
}

/* ---- all members ---------------------------------------------------------- */

typedef int (*ClassOf)(Memo *m, uint32_t id, uint32_t *cls);

/* Inlined, so that each classifier has a loop of its own. */
HP_PART int each_member(Memo *m, const hp_IdSet *set, ClassOf class_of) {
  hp_IdIter it;
  uint32_t id, i = 0;
  int rc = HP_OK;
  for (hp_ids_begin(&it, set); rc == HP_OK && hp_ids_next(&it, &id); i++)
    rc = class_of(m, id, &m->out->of[i]);
  return rc;
}

HP_PART int classify_simply(hp_Graph *g, const hp_IdSet *set, hp_Classified *out, size_t things,
                            ClassOf class_of) {
  Memo m = {g, out, NULL, 0};
  int rc = new_memo(&m, things);
  if (rc == HP_OK) rc = each_member(&m, set, class_of);
  hp_delete(m.known, m.nthings);
  return rc;
}

static void list_members(const hp_IdSet *set, hp_Classified *out) {
  hp_IdIter it;
  uint32_t i;
  hp_ids_begin(&it, set);
  for (i = 0; i < out->n; i++) (void)hp_ids_next(&it, &out->of[i]);
  out->count = out->n;
  out->objects = 1;
}

/* Of those for which 'of' is there. */
static int choose(hp_Graph *g, const hp_IdSet *set, hp_By by, hp_Classified *out) {
  switch (by) {
    case HP_BY_KIND:
      return classify_simply(g, set, out, hp_names_count(&g->kinds->names), by_kind);
    case HP_BY_TYPE: return classify_simply(g, set, out, HP_NTYPES, by_type);
    case HP_BY_SIZE: return classify_simply(g, set, out, HP_SIZE_LARGE + 1, by_size);
    case HP_BY_SOURCE: return classify_simply(g, set, out, g->protos.n + 1, by_source);
    case HP_BY_MODULE: return hp_classify_module(g, set, out);
    case HP_BY_ID: list_members(set, out); return HP_OK;
    case HP_BY_SITE: return hp_classify_site(g, set, 0, out);
    case HP_BY_TRACEBACK: return hp_classify_site(g, set, 1, out);
    case HP_BY_AGE: return hp_classify_age(g, set, out);
    default: return classify_simply(g, set, out, 1, by_unity);
  }
}

int hp_classify(hp_Graph *g, const hp_IdSet *set, hp_By by, hp_Classified *out) {
  hp_Classified new;
  int rc;
  memset(&new, 0, sizeof new);
  new.arena = &g->arena;
  new.n = set->n;
  if (by == HP_BY_RCS)
    rc = hp_classify_rcs(g, set, &new);
  else if (by == HP_BY_VIA)
    rc = hp_classify_via(g, set, &new);
  else if ((rc = hp_classified_alloc(&new)) == HP_OK)
    rc = choose(g, set, by, &new);
  if (rc != HP_OK) {
    hp_classified_free(&new);
    return rc;
  }
  if (!new.objects && new.mixed == NULL) new.count = hp_names_count(&new.names);
  *out = new;
  return HP_OK;
}
