/* Growing text: see text.h. */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FORMATTED 512

void hp_text_free(hp_Text *t) { hp_vec_free(&t->bytes); }

void hp_text_add(hp_Text *t, const char *s, size_t n) {
  if (t->failed || hp_vec_reserve(&t->bytes, n) != HP_OK) {
    t->failed = 1;
    return;
  }
  if (n > 0) memcpy(t->bytes.at + t->bytes.n, s, n);
  t->bytes.n += n;
}

void hp_text_puts(hp_Text *t, const char *s) { hp_text_add(t, s, strlen(s)); }

void hp_text_format(hp_Text *t, const char *format, ...) {
  char buffer[FORMATTED];
  va_list arguments;
  int n;
  va_start(arguments, format);
  n = vsnprintf(buffer, sizeof buffer, format, arguments);
  va_end(arguments);
  if (n > (int)sizeof buffer - 1) n = (int)sizeof buffer - 1;
  if (n > 0) hp_text_add(t, buffer, (size_t)n);
}
