/* Bytes into frames: see frame.h. */
#include "frame.h"

#include <string.h>

#define ROOMY 4096 /* an empty box with more than that gives it back */

static size_t length_at(const char *head) {
  const unsigned char *b = (const unsigned char *)head;
  return (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | (size_t)b[3];
}

void hp_frame_head(char head[HP_FRAME_HEAD], size_t n) {
  int i;
  for (i = 0; i < HP_FRAME_HEAD; i++) head[i] = (char)(n >> (8 * (HP_FRAME_HEAD - 1 - i)));
}

/* Moves what is left to the front. */
static void settle(hp_Inbox *in) {
  if (in->first == 0) return;
  in->bytes.n -= in->first;
  memmove(in->bytes.at, in->bytes.at + in->first, in->bytes.n);
  in->first = 0;
  if (in->bytes.n == 0 && in->bytes.cap > ROOMY) hp_vec_free(&in->bytes);
}

int hp_inbox_add(hp_Inbox *in, const char *bytes, size_t n) {
  settle(in);
  if (hp_vec_reserve(&in->bytes, n + 1) != HP_OK || in->bytes.at == NULL) return HP_ENOMEM;
  memcpy(in->bytes.at + in->bytes.n, bytes, n);
  in->bytes.n += n;
  return HP_OK;
}

int hp_inbox_next(hp_Inbox *in, char **frame, size_t *n) {
  size_t there = in->bytes.n - in->first, length;
  if (there < HP_FRAME_HEAD) return 0;
  length = length_at(in->bytes.at + in->first);
  if (length == 0 || length > HP_FRAME_MOST) return HP_ELIMIT;
  if (there < HP_FRAME_HEAD + length) return 0;
  *frame = in->bytes.at + in->first + HP_FRAME_HEAD;
  *n = length;
  in->first += HP_FRAME_HEAD + length;
  return 1;
}

int hp_inbox_partial(const hp_Inbox *in) { return in->bytes.n > in->first; }

void hp_inbox_free(hp_Inbox *in) {
  hp_vec_free(&in->bytes);
  in->first = 0;
}
