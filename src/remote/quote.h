/* The little JSON that heapy writes. */
#ifndef HP_QUOTE_H
#define HP_QUOTE_H

#include "base/text.h"

/* A JSON string, quotes included. Bytes that are no UTF-8 become U+FFFD. */
void hp_quote_json(hp_Text *t, const char *s, size_t n);

/* The same, in 'most' bytes: what is too long is cut, and ends in "...". */
void hp_quote_part(hp_Text *t, const char *s, size_t n, size_t most);

/* How many of the first 'most' of n bytes can be taken without cutting a character. */
size_t hp_quote_cut(const char *s, size_t n, size_t most);

#endif
