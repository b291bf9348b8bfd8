/* Names of chunks, as people write them. */
#ifndef HP_CHUNK_H
#define HP_CHUNK_H

#include "names.h"

/* Appends the name of the chunk whose source is s: the file of "@file", the rest of
** "=name", [string "..."] for a chunk given as text. Of what is very long the end is kept,
** but of a text its beginning. base: a file without its directories. */
void hp_chunk_name(const char *s, size_t n, int base, hp_Name *out);

#endif
