/* Growing text with a sticky error. */
#ifndef HP_TEXT_H
#define HP_TEXT_H

#include "vec.h"

/* A zeroed one is empty and valid. */
typedef struct hp_Text {
  HP_VEC(char) bytes;
  int failed; /* memory ran out: what it holds is not whole */
} hp_Text;

void hp_text_free(hp_Text *t);
void hp_text_add(hp_Text *t, const char *s, size_t n);
void hp_text_puts(hp_Text *t, const char *s);

/* At most 500 bytes of them are taken. */
__attribute__((format(printf, 2, 3))) void hp_text_format(hp_Text *t, const char *format, ...);

#endif
