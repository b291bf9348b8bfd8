/* Sorting of plain numbers, and searching in what is sorted. */
#ifndef HP_SORT_H
#define HP_SORT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The first of n elements, 'width' bytes each and ascending by the uint32_t that
** each begins with, that is not below key; n if all are. */
static inline size_t hp_lower_bound(const void *at, size_t n, size_t width, uint32_t key) {
  size_t lo = 0;
  while (lo < n) {
    size_t mid = lo + (n - lo) / 2;
    uint32_t found;
    memcpy(&found, (const char *)at + mid * width, sizeof found);
    if (found < key)
      lo = mid + 1;
    else
      n = mid;
  }
  return lo;
}

/* The same for a vector of structs. */
#define hp_vec_find(v, key) hp_lower_bound((v)->at, (v)->n, sizeof *(v)->at, (key))

/* Sorts n numbers and drops those that are there twice; how many are left. */
uint32_t hp_sort_unique(uint32_t *at, uint32_t n);

#endif
