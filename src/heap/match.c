/* Matching by address and moment: see match.h. Both graphs number their objects
** by address, so their pages are gone through side by side. */
#include "match.h"

#include "origin.h"

typedef struct Match {
  const hp_Graph *from, *to;
  const hp_Graph *older, *newer;
  const hp_Born *born; /* in newer, since older; NULL: not known */
  const uint64_t *in;
  uint64_t *out;
  uint32_t uncertain;
} Match;

const hp_Born *hp_born_since(const hp_Graph *g, uint32_t serial) {
  size_t i;
  for (i = 0; i < g->born.n; i++)
    if (g->born.at[i].serial == serial) return &g->born.at[i];
  return NULL;
}

/* Are object a of the older graph and b of the newer, at one address, the same? */
static int is_same(Match *m, uint32_t a, uint32_t b) {
  uint8_t x = m->older->info[a], y = m->newer->info[b];
  if ((x & HP_INFO_TYPE) != (y & HP_INFO_TYPE)) return 0;
  if (m->born == NULL) {
    m->uncertain++;
    return 1;
  }
  if (!hp_bit_get(m->born->bits, b)) return 1;
  m->uncertain += ((x | y) & HP_INFO_FINAL) != 0 && !hp_born_is_sure(m->newer, m->born, b);
  return 0;
}

static void match_pair(Match *m, uint32_t from, uint32_t to) {
  int forward = m->from == m->older;
  if (hp_bit_get(m->in, from) && is_same(m, forward ? from : to, forward ? to : from))
    hp_bit_set(m->out, to);
}

HP_HOT static void match_page(Match *m, const hp_AddrPage *p, const hp_AddrPage *q) {
  size_t w;
  for (w = 0; w < HP_PAGE_WORDS; w++) {
    uint64_t a = p->words[w].bits, b = q->words[w].bits, both = a & b;
    if (p->odd != NULL || q->odd != NULL)
      both &= ~((p->odd != NULL ? p->odd[w] : 0) ^ (q->odd != NULL ? q->odd[w] : 0));
    for (; both != 0; both &= both - 1) {
      uint64_t below = (both & (~both + 1)) - 1;
      match_pair(m, p->words[w].rank + hp_popcount(a & below),
                 q->words[w].rank + hp_popcount(b & below));
    }
  }
}

static void match_pages(Match *m) {
  const hp_Addrs *a = &m->from->addrs, *b = &m->to->addrs;
  size_t i = 0, j = 0;
  while (i < a->pages.n && j < b->pages.n) {
    const hp_AddrPage *p = a->pages.at[i], *q = b->pages.at[j];
    if (p->base == q->base) match_page(m, p, q);
    i += p->base <= q->base;
    j += q->base <= p->base;
  }
}

int hp_match(const hp_Graph *from, const hp_IdSet *in, const hp_Graph *to, hp_IdSet *out,
             uint32_t *uncertain) {
  int forward = from->serial < to->serial;
  Match m = {from, to, forward ? from : to, forward ? to : from, NULL, NULL, NULL, 0};
  uint64_t *bits = hp_idset_to_bits(in);
  int rc = HP_ENOMEM;
  m.born = hp_born_since(m.newer, m.older->serial);
  m.in = bits;
  m.out = hp_new(uint64_t, hp_words(to->n));
  if (bits != NULL && m.out != NULL) {
    match_pages(&m);
    rc = hp_idset_from_bits(out, m.out, to->n);
  }
  if (rc == HP_OK) *uncertain = m.uncertain;
  hp_delete(bits, hp_words(from->n));
  hp_delete(m.out, hp_words(to->n));
  return rc;
}

static int may_be_older(const hp_Graph *g, uint32_t id, const hp_Graph *older) {
  uint8_t x = 0, y = g->info[id];
  if (older != NULL) {
    uint32_t was = hp_addrs_id(&older->addrs, hp_addrs_at(&g->addrs, id));
    if (was == HP_NONE) return 0;
    x = older->info[was];
    if ((x & HP_INFO_TYPE) != (y & HP_INFO_TYPE)) return 0;
  }
  return ((x | y) & HP_INFO_FINAL) != 0;
}

uint32_t hp_born_doubts(const hp_Graph *g, const hp_Born *since, const hp_IdSet *born,
                        const hp_Graph *older) {
  hp_IdIter it;
  uint32_t id, n = 0;
  for (hp_ids_begin(&it, born); hp_ids_next(&it, &id);)
    n += !hp_born_is_sure(g, since, id) && may_be_older(g, id, older);
  return n;
}
