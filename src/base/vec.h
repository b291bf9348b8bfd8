/* Growing arrays. HP_VEC(T) declares one; a zeroed one is empty and valid.
** Reserve, then write at at[n++]: the hot loops check for room once. */
#ifndef HP_VEC_H
#define HP_VEC_H

#include "error.h"
#include "mem.h"

#define HP_VEC(T) \
  struct {        \
    T *at;        \
    size_t n, cap; \
  }

static inline int hp_vec_grow(void **at, size_t *cap, size_t need, size_t elem) {
  size_t want = *cap + *cap / 2 + 64;
  void *p;
  if (want < need) want = need;
  p = hp_mem_resize(*at, *cap * elem, want * elem);
  if (p == NULL) return HP_ENOMEM;
  *at = p;
  *cap = want;
  return HP_OK;
}

static inline int hp_vec_fit(void **at, size_t *cap, size_t n, size_t elem) {
  void *p;
  if (n == 0 || *cap == n) return HP_OK;
  p = hp_mem_resize(*at, *cap * elem, n * elem);
  if (p == NULL) return HP_ENOMEM;
  *at = p;
  *cap = n;
  return HP_OK;
}

/* Room for 'more' elements behind the n there are. */
#define hp_vec_reserve(v, more)       \
  ((v)->at != NULL && (v)->n + (more) <= (v)->cap \
       ? HP_OK                        \
       : hp_vec_grow((void **)&(v)->at, &(v)->cap, (v)->n + (more), sizeof(*(v)->at)))

/* Gives back what is not used. */
#define hp_vec_shrink(v) hp_vec_fit((void **)&(v)->at, &(v)->cap, (v)->n, sizeof(*(v)->at))

#define hp_vec_free(v)                                    \
  do {                                                    \
    hp_mem_free((v)->at, (v)->cap * sizeof(*(v)->at));    \
    (v)->at = NULL;                                       \
    (v)->n = (v)->cap = 0;                                \
  } while (0)

#define hp_vec_bytes(v) ((v)->cap * sizeof(*(v)->at))

#endif
