/* What calls were found to mean: see recent.h. */
#include "recent.h"

#include "base/mem.h"

static size_t size_of(unsigned nwords) {
  return sizeof(hp_Recent) + sizeof(hp_Call) * nwords * HP_RECENT_STACKS;
}

hp_Recent *hp_recent_new(const hp_Vm *vm, unsigned nframes) {
  hp_Recent *r = hp_mem_new(size_of(nframes + 1));
  if (r == NULL) return NULL;
  r->age = 1;
  r->nwords = nframes + 1;
  r->mask = hp_call_mask(vm);
  return r;
}

void hp_recent_free(hp_Recent *r) {
  if (r == NULL) return;
  hp_threads_free(&r->protos);
  hp_mem_free(r, size_of(r->nwords));
}

size_t hp_recent_bytes(const hp_Recent *r) {
  return r == NULL ? 0 : size_of(r->nwords) + hp_threads_bytes(&r->protos);
}

static void forget_all(hp_Recent *r) {
  hp_threads_free(&r->protos);
  r->ngone = 0;
  if (++r->age != 0) return;
  memset(r->stacks, 0, sizeof r->stacks);
  memset(r->calls, 0, sizeof r->calls);
  r->age = 1;
}

/* Its code is freed, but where that was still stands in it. */
void hp_recent_gone(hp_Recent *r, const char *proto) {
  if (!hp_threads_has(&r->protos, proto)) return;
  hp_threads_remove(&r->protos, proto);
  if (r->ngone == HP_RECENT_GONE) {
    forget_all(r);
    return;
  }
  r->gone[r->ngone].code = (uintptr_t)hp_proto_code(proto);
  r->gone[r->ngone].end = r->gone[r->ngone].code + 4 * (uintptr_t)hp_proto_ncode(proto);
  r->ngone++;
}

/* A pc stands behind its instruction, or at the first. */
static int is_gone(const hp_Recent *r, hp_Call call) {
  uintptr_t pc = (uintptr_t)(call & (((uint64_t)1 << HP_CALL_STATUS_AT) - 4));
  unsigned i;
  for (i = 0; i < r->ngone; i++)
    if (pc >= r->gone[i].code && pc <= r->gone[i].end) return 1;
  return 0;
}

static int any_gone(const hp_Recent *r, const hp_Call *words, unsigned n) {
  while (n-- > 0)
    if (is_gone(r, words[n])) return 1;
  return 0;
}

void hp_recent_purge(hp_Recent *r) {
  size_t i;
  if (r->ngone == 0) return;
  for (i = 0; i < HP_RECENT_STACKS; i++) {
    hp_RecentStack *e = &r->stacks[i];
    if (e->age == r->age && any_gone(r, &r->words[i * r->nwords], e->n)) e->age = 0;
  }
  for (i = 0; i < HP_RECENT_CALLS; i++) {
    hp_RecentCall *e = &r->calls[i];
    if (e->age == r->age && (is_gone(r, e->call) || is_gone(r, e->by))) e->age = 0;
  }
  r->ngone = 0;
}
