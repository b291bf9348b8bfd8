/* Strings in JSON: see quote.h. */
#include "quote.h"

#include <stdint.h>
#include <string.h>

/* Bytes of the UTF-8 character at s, or 0 if there is none. */
static size_t character(const unsigned char *s, size_t n) {
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  size_t i, length = s[0] < 0x80 ? 1 : s[0] < 0xC2 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3
                   : s[0] < 0xF5 ? 4 : 0;
  uint32_t code;
  if (length <= 1 || length > n) return length <= n ? length : 0;
  code = s[0] & (0x7Fu >> length);
  for (i = 1; i < length; i++) {
    if ((s[i] & 0xC0) != 0x80) return 0;
    code = code << 6 | (s[i] & 0x3Fu);
  }
  if (code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return 0;
  return length;
}

static int is_plain(unsigned char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }

static void add_escaped(hp_Text *t, unsigned char c) {
  static const char shorts[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
  const char *s = c != 0 ? strchr(shorts, c) : NULL;
  if (s != NULL)
    hp_text_format(t, "\\%c", letters[s - shorts]);
  else
    hp_text_format(t, "\\u%04x", c);
}

void hp_quote_json(hp_Text *t, const char *text, size_t n) {
  const unsigned char *s = (const unsigned char *)text;
  size_t i = 0, from;
  hp_text_add(t, "\"", 1);
  while (i < n) {
    size_t length;
    for (from = i; i < n && is_plain(s[i]); i++) {}
    hp_text_add(t, text + from, i - from);
    if (i >= n) break;
    length = character(s + i, n - i);
    if (length == 0)
      hp_text_puts(t, "\xEF\xBF\xBD");
    else if (length == 1)
      add_escaped(t, s[i]);
    else
      hp_text_add(t, text + i, length);
    i += length > 0 ? length : 1;
  }
  hp_text_add(t, "\"", 1);
}

/* Bytes that the character at s takes in a string; *length of them are its own. */
static size_t quoted(const unsigned char *s, size_t n, size_t *length) {
  size_t own = character(s, n);
  *length = own > 0 ? own : 1;
  if (own == 0) return 3;
  if (own > 1 || is_plain(s[0])) return own;
  return s[0] != 0 && strchr("\"\\\b\f\n\r\t", s[0]) != NULL ? 2 : 6;
}

void hp_quote_part(hp_Text *t, const char *text, size_t n, size_t most) {
  static const char end[] = "...\"";
  size_t room = most - sizeof end, used = 0, whole = 0, i, length;
  for (i = 0; i < n; i += length) {
    used += quoted((const unsigned char *)text + i, n - i, &length);
    if (used <= room) whole = i + length;
    if (used > most - 2) break;
  }
  if (i >= n) whole = n;
  hp_quote_json(t, text, whole);
  if (whole == n || t->failed) return;
  t->bytes.n--;
  hp_text_puts(t, end);
}

size_t hp_quote_cut(const char *s, size_t n, size_t most) {
  size_t back;
  if (n <= most) return n;
  for (back = 0; back < 4 && back < most; back++) {
    unsigned char c = (unsigned char)s[most - back];
    if ((c & 0xC0) != 0x80) return most - back;
  }
  return most;
}
