/* Names, each kept once: a text and its number. */
#ifndef HP_NAMES_H
#define HP_NAMES_H

#include "vec.h"

#include <stdint.h>

#define HP_NAME_MAX 600 /* bytes of a name, its end included */

typedef struct hp_Names {
  HP_VEC(char) text;
  HP_VEC(uint32_t) at; /* per name: where it starts in text; ends with a zero */
  uint32_t *slots;     /* number + 1, by hash */
  size_t nslots;
} hp_Names;

void hp_names_free(hp_Names *names);
size_t hp_names_bytes(const hp_Names *names);

/* The number of the name s (a C string). */
int hp_names_intern(hp_Names *names, const char *s, uint32_t *number);

/* The number of a name that is there, or UINT32_MAX. */
uint32_t hp_names_find(const hp_Names *names, const char *s);

#define hp_names_get(names, i) ((const char *)((names)->text.at + (names)->at.at[i]))
#define hp_names_count(names) ((uint32_t)(names)->at.n)

/* A name in the making: at most HP_NAME_MAX - 1 bytes; what is beyond is cut. */
typedef struct hp_Name {
  size_t n;
  char s[HP_NAME_MAX];
} hp_Name;

void hp_name_set(hp_Name *name, const char *s);
void hp_name_add(hp_Name *name, const char *s);
/* Zero bytes become the two characters \\0. */
void hp_name_addn(hp_Name *name, const char *s, size_t n);
void hp_name_addf(hp_Name *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
