/* What calls were found to mean: see recent.h. */
#include "recent.h"

#include "base/mem.h"

static size_t size_of(unsigned nwords) {
  return sizeof(hp_RecentTable) + sizeof(hp_Call) * nwords * HP_RECENT_STACKS;
}

int hp_recent_open(hp_Recent *r, const hp_Vm *vm, unsigned nframes) {
  r->table = hp_mem_new(size_of(nframes + 1));
  if (r->table == NULL) return HP_ENOMEM;
  r->age = 1;
  r->nwords = nframes + 1;
  r->mask = hp_call_mask(vm);
  return HP_OK;
}

void hp_recent_close(hp_Recent *r) {
  if (r->table != NULL) hp_mem_free(r->table, size_of(r->nwords));
  hp_threads_free(&r->protos);
  memset(r, 0, sizeof *r);
}

size_t hp_recent_bytes(const hp_Recent *r) {
  return (r->table == NULL ? 0 : size_of(r->nwords)) + hp_threads_bytes(&r->protos);
}

static void forget_all(hp_Recent *r) {
  hp_threads_free(&r->protos);
  r->ngone = 0;
  if (++r->age != 0) return;
  memset(r->table->stacks, 0, sizeof r->table->stacks);
  memset(r->table->calls, 0, sizeof r->table->calls);
  r->age = 1;
}

/* Its code is freed, but where that was still stands in it. */
void hp_recent_gone(hp_Recent *r, const char *proto) {
  uintptr_t code;
  if (!hp_threads_has(&r->protos, proto)) return;
  hp_threads_remove(&r->protos, proto);
  if (r->ngone == HP_RECENT_GONE) {
    forget_all(r);
    return;
  }
  code = (uintptr_t)hp_proto_code(proto);
  r->table->gone[r->ngone].code = code;
  r->table->gone[r->ngone++].end = code + 4 * (uintptr_t)hp_proto_ncode(proto);
}

/* A pc stands behind its instruction, or at the first. */
static int is_gone(const hp_Recent *r, hp_Call call) {
  uintptr_t pc = (uintptr_t)(call & (((uint64_t)1 << HP_CALL_STATUS_AT) - 4));
  unsigned i;
  for (i = 0; i < r->ngone; i++)
    if (pc >= r->table->gone[i].code && pc <= r->table->gone[i].end) return 1;
  return 0;
}

static int any_gone(const hp_Recent *r, const hp_Call *words, unsigned n) {
  while (n-- > 0)
    if (is_gone(r, words[n])) return 1;
  return 0;
}

void hp_recent_forget(hp_Recent *r) {
  size_t i;
  for (i = 0; i < HP_RECENT_STACKS; i++) {
    hp_RecentStack *e = &r->table->stacks[i];
    if (e->age == r->age && any_gone(r, &r->table->words[i * r->nwords], e->n)) e->age = 0;
  }
  for (i = 0; i < HP_RECENT_CALLS; i++) {
    hp_RecentCall *e = &r->table->calls[i];
    if (e->age == r->age && (is_gone(r, e->call) || is_gone(r, e->by))) e->age = 0;
  }
  r->ngone = 0;
}
