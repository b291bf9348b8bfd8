/* Names of chunks, in the manner of luaO_chunkid: see chunk.h. */
#include "chunk.h"

#include <string.h>

#define TEXT_KEEP 45  /* of the text of a chunk that has no file, as Lua does */
#define FILE_KEEP 250 /* of the end of a file's name */

static void add_text_chunk(const char *s, size_t n, hp_Name *out) {
  const char *end = n > 0 ? memchr(s, '\n', n) : NULL;
  size_t line = end != NULL ? (size_t)(end - s) : n;
  int cut = end != NULL || line >= TEXT_KEEP;
  hp_name_add(out, "[string \"");
  hp_name_addn(out, s, line > TEXT_KEEP ? TEXT_KEEP : line);
  hp_name_add(out, cut ? "...\"]" : "\"]");
}

void hp_chunk_name(const char *s, size_t n, int base, hp_Name *out) {
  size_t i;
  if (n == 0 || (*s != '@' && *s != '=')) {
    add_text_chunk(s, n, out);
    return;
  }
  for (i = n; base && i > 1 && s[i - 1] != '/'; i--) {}
  if (!base) i = 1;
  if (n - i > FILE_KEEP) {
    hp_name_add(out, "...");
    i = n - FILE_KEEP;
  }
  hp_name_addn(out, s + i, n - i);
}
