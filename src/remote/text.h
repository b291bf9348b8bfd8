/* Growing text with a sticky error, and the little JSON that heapy writes. */
#ifndef HP_TEXT_H
#define HP_TEXT_H

#include "base/vec.h"

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

/* A JSON string, quotes included. Bytes that are no UTF-8 become U+FFFD. */
void hp_text_json(hp_Text *t, const char *s, size_t n);

/* How many of the first 'most' of n bytes can be taken without cutting a character. */
size_t hp_text_cut(const char *s, size_t n, size_t most);

#endif
