/* All memory of heapy's own: from malloc and mmap, never from the Lua state.
**
** Every block's size is known to its owner, who gives it back on free; so the
** bytes held, and their peak, are known at any moment (hp_mem_held), and a
** test can make the n-th request fail (hp_mem_fail, in builds with HP_TESTING).
** Large blocks come from mmap: they leave the host's malloc arena alone, start
** out zeroed, and sit on huge pages where the system gives them. */
#ifndef HP_MEM_H
#define HP_MEM_H

#include <stddef.h>

#define HP_MEM_MAPPED ((size_t)1 << 17) /* bytes from which on a block comes from mmap */

/* Zeroed memory, or NULL. n = 0 gives a valid pointer too. */
void *hp_mem_new(size_t n);

/* Resizes p from 'old' to 'n' bytes; bytes gained are zero. On failure NULL,
** and p is as it was. p may be NULL with old = 0. */
void *hp_mem_resize(void *p, size_t old, size_t n);

/* p may be NULL; n is the size it was asked for. */
void hp_mem_free(void *p, size_t n);

/* Bytes held now by all of heapy in this process, and the most since the
** last hp_mem_resetpeak. */
size_t hp_mem_held(void);
size_t hp_mem_peak(void);
void hp_mem_resetpeak(void);

#if defined(HP_TESTING)
/* The n-th request from now fails (n = 1: the next), and all after it, until
** set again; -n: the n-th alone; 0: none. */
void hp_mem_fail(long n);
#endif

#define hp_new(T, n) ((T *)hp_mem_new(sizeof(T) * (size_t)(n)))
#define hp_delete(p, n) hp_mem_free((p), sizeof(*(p)) * (size_t)(n))

#endif
