/* Sorting of numbers: see sort.h. */
#include "sort.h"

#include <stdlib.h>

static int by_number(const void *x, const void *y) {
  uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
  return (a > b) - (a < b);
}

static void sort(uint32_t *at, uint32_t n) {
  if (n > 2) {
    qsort(at, n, sizeof *at, by_number);
  } else if (at[0] > at[1]) {
    uint32_t t = at[0];
    at[0] = at[1];
    at[1] = t;
  }
}

uint32_t hp_sort_unique(uint32_t *at, uint32_t n) {
  uint32_t i, kept = 0;
  if (n < 2) return n;
  sort(at, n);
  for (i = 1; i < n; i++)
    if (at[i] != at[kept]) at[++kept] = at[i];
  return kept + 1;
}
