/* Memory outside the Lua heap: see mem.h. The counters are atomic, because
** several Lua states of one process may run in several threads. */
#include "mem.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUGE_PAGE ((size_t)1 << 21)

static atomic_size_t held;
static atomic_size_t peak;

#if defined(HP_TESTING)
static atomic_long countdown;

void hp_mem_fail(long n) { atomic_store(&countdown, n); }

static int refused(void) {
  long n = atomic_load(&countdown);
  if (n > 1) atomic_store(&countdown, n - 1);
  if (n < 0) atomic_store(&countdown, n + 1);
  return n == 1 || n == -1;
}
#else
#define refused() 0
#endif

size_t hp_mem_held(void) { return atomic_load(&held); }
size_t hp_mem_peak(void) { return atomic_load(&peak); }
void hp_mem_resetpeak(void) { atomic_store(&peak, atomic_load(&held)); }

static void count_in(size_t n) {
  size_t now = atomic_fetch_add(&held, n) + n;
  size_t top = atomic_load(&peak);
  while (now > top && !atomic_compare_exchange_weak(&peak, &top, now)) {}
}

static void *map_plain(size_t n) {
  void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return p == MAP_FAILED ? NULL : p;
}

/* A block that begins where a huge page may begin. */
static void *map(size_t n) {
  char *p, *begin;
  size_t page = (size_t)sysconf(_SC_PAGESIZE), end = (n + page - 1) & ~(page - 1);
  if (n < HUGE_PAGE) return map_plain(n);
  p = map_plain(end + HUGE_PAGE);
  if (p == NULL) return map_plain(n);
  begin = (char *)(((uintptr_t)p + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1));
  if (begin > p) (void)munmap(p, (size_t)(begin - p));
  (void)munmap(begin + end, (size_t)(p + HUGE_PAGE - begin));
#if defined(MADV_HUGEPAGE)
  (void)madvise(begin, n, MADV_HUGEPAGE); /* a wish; refusal is harmless */
#endif
  return begin;
}

void *hp_mem_new(size_t n) {
  void *p;
  if (refused()) return NULL;
  p = n >= HP_MEM_MAPPED ? map(n) : calloc(n > 0 ? n : 1, 1);
  if (p != NULL) count_in(n);
  return p;
}

void hp_mem_free(void *p, size_t n) {
  if (p == NULL) return;
  if (n >= HP_MEM_MAPPED)
    (void)munmap(p, n);
  else
    free(p);
  atomic_fetch_sub(&held, n);
}

#if defined(MREMAP_MAYMOVE)
static void *remap(void *p, size_t old, size_t n) {
  void *q;
  if (refused()) return NULL;
  q = mremap(p, old, n, MREMAP_MAYMOVE);
  if (q == MAP_FAILED) return NULL;
#if defined(MADV_HUGEPAGE)
  if (n >= HUGE_PAGE) (void)madvise(q, n, MADV_HUGEPAGE);
#endif
  atomic_fetch_sub(&held, old);
  count_in(n);
  return q;
}
#endif

void *hp_mem_resize(void *p, size_t old, size_t n) {
  void *q;
#if defined(MREMAP_MAYMOVE)
  if (p != NULL && old >= HP_MEM_MAPPED && n >= HP_MEM_MAPPED) return remap(p, old, n);
#endif
  q = hp_mem_new(n);
  if (q == NULL) return NULL;
  if (p != NULL) {
    memcpy(q, p, old < n ? old : n);
    hp_mem_free(p, old);
  }
  return q;
}
