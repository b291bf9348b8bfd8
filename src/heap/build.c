/* From the VM's lists to a graph: see build.h.
**
** Two passes. The first follows the collector's lists, which lie in memory as
** chance has it, and does no more than note every address. The second goes
** through the objects by address, so that it reads memory forwards; the ids of
** what they refer to are known by then. */
#include "build.h"

#include "analyse/kind.h"
#include "lists.h"
#include "mark.h"
#include "origin.h"
#include "scan.h"
#include "vm/size.h"

#include <stdlib.h>

#define BATCH 32 /* objects that are asked for ahead */

typedef struct Build {
  const hp_BuildInput *in;
  const hp_Vm *vm;
  hp_Graph *g;
  hp_Lists lists;
  hp_Scan scan;
  uint64_t *kept; /* strings whose names were kept; made when there is one */
} Build;

/* ---- first pass: lists ---------------------------------------------------- */

static int add_lists(Build *b) {
  int rc;
  b->g->addrs.expected = (size_t)hp_g_total(b->vm->g);
  b->lists.moments = b->in->moments;
  b->lists.nmoments = b->in->nmoments;
  rc = hp_lists_add(&b->lists, b->vm, &b->g->addrs);
  return rc == HP_OK ? hp_addrs_seal(&b->g->addrs) : rc;
}

/* A mark that no list holds (its finalizer is running, say) says nothing: then
** nobody counts as younger, and identity is by address. */
static void note_born(const Build *b, int which, size_t moment, uint64_t *bits) {
  const hp_Young *y = &b->lists.young[which];
  size_t i, n = moment < y->upto.n ? y->upto.at[moment] : 0;
  for (i = 0; i < n; i++) {
    uint32_t id = hp_addrs_find(&b->g->addrs, y->at.at[i]);
    hp_bit_set(bits, id);
  }
}

static int make_born(Build *b) {
  hp_Graph *g = b->g;
  size_t m;
  if (hp_vec_reserve(&g->born, b->in->nmoments) != HP_OK) return HP_ENOMEM;
  for (m = 0; m < b->in->nmoments; m++) {
    uint64_t *bits = hp_new(uint64_t, hp_words(g->n));
    if (bits == NULL) return HP_ENOMEM;
    memset(&g->born.at[m], 0, sizeof g->born.at[m]);
    g->born.at[m].serial = b->in->moments[m].serial;
    g->born.at[m].bits = bits;
    g->born.n = m + 1;
    note_born(b, 0, m, bits);
    note_born(b, 1, m, bits);
  }
  return HP_OK;
}

/* ---- second pass: objects ------------------------------------------------- */

/* Some objects in a row, by address. */
typedef struct Batch {
  const char *o[BATCH + 64];
  size_t n;
} Batch;

/* Where the batches have got to. */
typedef struct Reader {
  const hp_Addrs *addrs;
  size_t page, word;
} Reader;

/* Appends the addresses of one word, lowest first, and asks for what is there. */
static void read_word(Batch *batch, const hp_AddrPage *p, size_t w) {
  uint64_t bits = p->words[w].bits, odd = p->words[w].odd ? p->odd[w] : 0;
  uint64_t base = p->base + ((uint64_t)w << 10);
  for (; bits != 0; bits &= bits - 1) {
    uint64_t bit = bits & (~bits + 1);
    uint64_t at = base + ((uint64_t)hp_lowest(bits) << 4) + ((odd & bit) ? 8 : 0);
    const char *o = (const char *)(uintptr_t)at;
    __builtin_prefetch(o);
    batch->o[batch->n++] = o;
  }
}

static void read_batch(Reader *r, Batch *batch) {
  batch->n = 0;
  while (batch->n < BATCH && r->page < r->addrs->pages.n) {
    read_word(batch, r->addrs->pages.at[r->page], r->word++);
    if (r->word == HP_PAGE_WORDS) {
      r->word = 0;
      r->page++;
    }
  }
}

static void ask_for_batch(const Batch *batch) {
  size_t i;
  for (i = 0; i < batch->n; i++) hp_scan_prefetch(batch->o[i]);
}

static int scan_batch(Build *b, const Batch *batch, uint32_t id) {
  size_t i;
  int rc = HP_OK;
  for (i = 0; i < batch->n && rc == HP_OK; i++)
    rc = hp_scan_object(&b->scan, id + (uint32_t)i, batch->o[i]);
  return rc;
}

/* Three batches are on their way: one is scanned while what the next one's objects
** point to, and the objects of the one after, come from memory. */
static int scan_batches(Build *b) {
  Reader r = {&b->g->addrs, 0, 0};
  Batch batches[3];
  uint32_t id = 0;
  size_t k;
  int rc = HP_OK;
  read_batch(&r, &batches[0]);
  read_batch(&r, &batches[1]);
  ask_for_batch(&batches[0]);
  for (k = 0; batches[k % 3].n > 0 && rc == HP_OK; k++) {
    read_batch(&r, &batches[(k + 2) % 3]);
    ask_for_batch(&batches[(k + 1) % 3]);
    rc = scan_batch(b, &batches[k % 3], id);
    id += (uint32_t)batches[k % 3].n;
  }
  return rc;
}

static int new_arrays(hp_Graph *g) {
  if (hp_graph_alloc(g, g->addrs.n) != HP_OK) return HP_ENOMEM;
  if (hp_vec_reserve(&g->to, 2 * (size_t)g->n) != HP_OK) return HP_ENOMEM;
  return hp_vec_reserve(&g->texts, 4 * (size_t)g->n);
}

static int scan_all(Build *b) {
  hp_Graph *g = b->g;
  int rc = new_arrays(g);
  if (rc == HP_OK) rc = scan_batches(b);
  if (rc == HP_OK) g->node[g->n].edge = (uint32_t)g->to.n;
  return rc;
}

/* ---- roots ---------------------------------------------------------------- */

static int add_root(Build *b, const char *o, hp_RootKind kind, uint16_t arg) {
  hp_Graph *g = b->g;
  uint32_t id = o == NULL ? HP_NONE : hp_addrs_find(&g->addrs, o);
  if (id == HP_NONE) return HP_OK;
  if (hp_vec_reserve(&g->roots, 1) != HP_OK) return HP_ENOMEM;
  g->roots.at[g->roots.n].id = id;
  g->roots.at[g->roots.n].kind = (uint16_t)kind;
  g->roots.at[g->roots.n++].arg = arg;
  return HP_OK;
}

static int add_root_list(Build *b, const char *o, hp_RootKind kind) {
  int rc = HP_OK;
  for (; o != NULL && rc == HP_OK; o = hp_next(o)) rc = add_root(b, o, kind, 0);
  return rc;
}

static int add_roots(Build *b) {
  const char *g = b->vm->g;
  uint16_t i;
  int rc = add_root(b, hp_value_object(hp_g_registry(g)), HP_R_REGISTRY, 0);
  if (rc == HP_OK) rc = add_root(b, b->vm->main, HP_R_MAINTHREAD, 0);
  for (i = 0; i < 9 && rc == HP_OK; i++)
    rc = add_root(b, hp_g_metatable(b->vm, i), HP_R_METATABLE, i);
  if (rc == HP_OK) rc = add_root_list(b, hp_g_tobefnz(g), HP_R_FINALIZING);
  return rc == HP_OK ? add_root_list(b, hp_g_fixedgc(g), HP_R_FIXED) : rc;
}

/* ---- names ---------------------------------------------------------------- */

static int by_id(const void *x, const void *y) {
  uint32_t a = ((const hp_LongText *)x)->id, b = ((const hp_LongText *)y)->id;
  return (a > b) - (a < b);
}

/* Was the string's name kept before? From now on it is. */
static int is_kept(Build *b, uint32_t id, int *kept) {
  if (b->kept == NULL && (b->kept = hp_new(uint64_t, hp_words(b->g->n))) == NULL) return HP_ENOMEM;
  *kept = (int)hp_bit_get(b->kept, id);
  hp_bit_set(b->kept, id);
  return HP_OK;
}

/* Keeps more of a string that serves as a name, 'most' bytes. */
static int keep_name(Build *b, uint32_t id, size_t most) {
  hp_Graph *g = b->g;
  size_t length = hp_graph_length(g, id), n = length < most ? length : most;
  hp_LongText *t;
  int kept;
  if (length <= HP_TEXT_KEEP) return HP_OK;
  if (is_kept(b, id, &kept) != HP_OK) return HP_ENOMEM;
  if (kept) return HP_OK;
  if (g->texts.n + n > UINT32_MAX) return HP_ELIMIT;
  if (hp_vec_reserve(&g->longtexts, 1) != HP_OK || hp_vec_reserve(&g->texts, n) != HP_OK)
    return HP_ENOMEM;
  t = &g->longtexts.at[g->longtexts.n++];
  t->id = id;
  t->at = (uint32_t)g->texts.n;
  t->n = (uint32_t)n;
  memcpy(g->texts.at + t->at, hp_string_bytes(hp_addrs_at(&g->addrs, id)), n);
  g->texts.n += n;
  return HP_OK;
}

static int keep_keys(Build *b) {
  const hp_Items *items = &b->g->shapes.items;
  size_t i;
  int rc = HP_OK;
  for (i = 0; i < items->n && rc == HP_OK; i++)
    if (hp_item_kind(items->at[i]) == HP_I_NAME)
      rc = keep_name(b, items->at[i].arg, HP_NAME_KEEP);
  return rc;
}

static int keep_sources(Build *b) {
  hp_Graph *g = b->g;
  size_t i;
  int rc = HP_OK;
  for (i = 0; i < g->protos.n && rc == HP_OK; i++) {
    uint32_t source = hp_graph_in_run(g, g->protos.at[i].id, HP_I_SOURCE, 1);
    if (source != HP_NONE) rc = keep_name(b, source, HP_SOURCE_KEEP);
  }
  return rc;
}

/* A class's __name, its own or through __index. Shapes with one metatable follow
** one another often enough to ask only where it changes. */
static int keep_class_names(Build *b) {
  hp_Graph *g = b->g;
  uint32_t before = HP_NONE;
  size_t i;
  int rc = HP_OK;
  for (i = 0; i < g->shapes.shapes.n && rc == HP_OK; i++) {
    uint32_t mt = hp_shape_metatable(&g->shapes.shapes.at[i]), name;
    if (mt == before || mt == HP_NONE) continue;
    before = mt;
    name = hp_graph_field(g, mt, HP_K_NAME__);
    if (name != HP_NONE && hp_graph_type(g, name) == HP_STRING)
      rc = keep_name(b, name, HP_NAME_KEEP);
  }
  return rc;
}

/* A chunk's name may be a key too. */
static int keep_names(Build *b) {
  int rc = keep_sources(b);
  if (rc == HP_OK) rc = keep_keys(b);
  if (rc == HP_OK) rc = keep_class_names(b);
  if (b->g->longtexts.n > 1)
    qsort(b->g->longtexts.at, b->g->longtexts.n, sizeof *b->g->longtexts.at, by_id);
  return rc;
}

/* ---- all together --------------------------------------------------------- */

static int shrink(hp_Graph *g) {
  hp_addrs_compact(&g->addrs);
  if (hp_vec_shrink(&g->to) != HP_OK || hp_vec_shrink(&g->texts) != HP_OK) return HP_ENOMEM;
  return hp_shapes_shrink(&g->shapes);
}

static void end_build(Build *b) {
  hp_lists_free(&b->lists);
  hp_scan_end(&b->scan);
  hp_delete(b->kept, hp_words(b->g->n));
}

/* Which moments nobody can ask for any more; how many. */
static size_t find_garbage(const Build *b, const uint64_t *live) {
  const hp_BuildInput *in = b->in;
  size_t i, n = 0;
  for (i = 0; i < in->nmoments; i++) {
    uint32_t id = hp_addrs_find(&b->g->addrs, in->moments[i].finobj);
    in->garbage[i] = id != HP_NONE && !hp_bit_get(live, id);
    n += in->garbage[i];
  }
  return n;
}

static int mark(Build *b) {
  hp_Graph *g = b->g;
  uint64_t *live = hp_new(uint64_t, hp_words(g->n));
  uint32_t own = b->in->own == NULL ? HP_NONE : hp_addrs_find(&g->addrs, b->in->own);
  int rc = live == NULL ? HP_ENOMEM : hp_mark(g, own, live);
  if (rc == HP_OK && find_garbage(b, live) > 0) {
    rc = hp_mark_returning(g, live);
    (void)find_garbage(b, live);
  }
  hp_delete(live, hp_words(g->n));
  return rc;
}

int hp_build(const hp_BuildInput *in, hp_Graph *g) {
  Build b;
  int rc;
  memset(&b, 0, sizeof b);
  b.in = in;
  b.vm = in->vm;
  b.g = g;
  g->vm = in->vm->g;
  g->serial = in->serial;
  g->totals.count = hp_g_total(in->vm->g);
  g->totals.vm = (int64_t)hp_vm_internals_size(in->vm);
  hp_scan_begin(&b.scan, in->vm, g);
  rc = add_lists(&b);
  if (rc == HP_OK) rc = scan_all(&b);
  if (rc == HP_OK) rc = make_born(&b);
  if (rc == HP_OK) rc = add_roots(&b);
  if (rc == HP_OK) rc = keep_names(&b);
  end_build(&b);
  if (rc == HP_OK) rc = mark(&b);
  if (rc == HP_OK) rc = shrink(g);
  if (rc == HP_OK) rc = hp_kinds_new(g);
  if (rc == HP_OK && in->track != NULL) rc = hp_origin_take(g, in->track);
  if (rc == HP_OK && g->origin != NULL) hp_origin_date(g, in->track, in->moments);
  if (rc != HP_OK) hp_graph_free(g);
  return rc;
}
