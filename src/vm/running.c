/* Running threads: see running.h. */
#include "running.h"

#include "frame.h"

#include <stdint.h>
#include <string.h>

#define PAGE 4096
#define SEEN 64                   /* addresses remembered that were none */

typedef struct Search {
  const hp_Vm *vm;
  hp_Peek *peek;
  uintptr_t low, high; /* the stack itself: no thread is there */
  uintptr_t seen[SEEN];
  const char **found;
  int n, most;
} Search;

/* ci's neighbour below must know it as the next. */
static int fits(Search *s, const char *thread, const char *ci, const char *copy) {
  char frame[HP_CI_SIZE], below[HP_CI_SIZE];
  const char *stack = hp_ptr(copy, s->vm->layout->L_stack), *func;
  const char *top = hp_ptr(copy, s->vm->layout->L_top);
  if (ci == thread + s->vm->layout->L_base_ci) return 0; /* not in a call */
  if (!hp_peek(s->peek, frame, ci, sizeof frame)) return 0;
  func = hp_ci_func(frame);
  if (func < stack || func > top) return 0;
  return hp_peek(s->peek, below, hp_ci_previous(frame), sizeof below) && hp_ci_next(below) == ci;
}

int hp_vm_copy_thread(const hp_Vm *vm, hp_Peek *peek, const char *o, char copy[HP_THREAD_MOST]) {
  const hp_Layout *layout = vm->layout;
  if (layout->L_size > HP_THREAD_MOST || !hp_peek(peek, copy, o, layout->L_size)) return 0;
  return hp_tag(copy) == HP_TTHREAD && hp_ptr(copy, layout->L_g) == vm->g;
}

static int is_running(Search *s, const char *o) {
  char copy[HP_THREAD_MOST];
  const hp_Layout *layout = s->vm->layout;
  if (!hp_vm_copy_thread(s->vm, s->peek, o, copy)) return 0;
  if (hp_u8(copy, layout->L_status) != 0) return 0; /* suspended, or ended by an error */
  return fits(s, o, hp_ptr(copy, layout->L_ci), copy);
}

static int is_new(Search *s, uintptr_t word) {
  uintptr_t *place = &s->seen[word >> 4 & (SEEN - 1)];
  int i;
  if (*place == word) return 0;
  *place = word;
  for (i = 0; i < s->n; i++)
    if ((uintptr_t)s->found[i] == word) return 0;
  return 1;
}

static void look_at(Search *s, const char *bytes, size_t n) {
  size_t i;
  for (i = 0; i + sizeof(uintptr_t) <= n && s->n < s->most; i += sizeof(uintptr_t)) {
    uintptr_t word;
    memcpy(&word, bytes + i, sizeof word);
    if (word < PAGE || word % 8 != 0 || word >> 48 != 0) continue;
    if (word >= s->low && word < s->high) continue;
    if (is_new(s, word) && is_running(s, (const char *)word)) s->found[s->n++] = (const char *)word;
  }
}

int hp_vm_running(const hp_Vm *vm, hp_Peek *peek, const void *from, size_t reach,
                  const char **found, int most) {
  char page[PAGE];
  Search s;
  uintptr_t at = (uintptr_t)from & ~(uintptr_t)(sizeof(uintptr_t) - 1);
  memset(&s, 0, sizeof s);
  s.vm = vm;
  s.peek = peek;
  s.low = at;
  s.high = at + reach;
  s.found = found;
  s.most = most;
  while (at < s.high && s.n < most) {
    size_t n = PAGE - at % PAGE;
    if (!hp_peek(peek, page, (const void *)at, n)) break; /* the stack's beginning */
    look_at(&s, page, n);
    at += n;
  }
  return s.n;
}

int hp_vm_in_call(const hp_Vm *vm, const char *thread) {
  const hp_Layout *layout = vm->layout;
  const char *ci = hp_ptr(thread, layout->L_ci);
  if (hp_tag(thread) != HP_TTHREAD || hp_ptr(thread, layout->L_g) != vm->g) return 0;
  return hp_u8(thread, layout->L_status) == 0 && ci != NULL && ci != thread + layout->L_base_ci;
}

const void *hp_vm_c_function(const hp_Vm *vm, const char *thread) {
  return hp_frame_c_function(hp_ptr(thread, vm->layout->L_ci));
}

/* ---- counting ------------------------------------------------------------- */

static size_t count_list(const char *o, size_t n, size_t most) {
  for (; o != NULL && n <= most; o = hp_next(o)) n++;
  return n;
}

size_t hp_vm_count(const hp_Vm *vm, size_t most) {
  const char *const lists[] = {hp_g_allgc(vm->g), hp_g_finobj(vm->g), hp_g_tobefnz(vm->g),
                               hp_g_fixedgc(vm->g)};
  size_t i, n = 0;
  for (i = 0; i < sizeof lists / sizeof *lists; i++) n = count_list(lists[i], n, most);
  return n;
}
