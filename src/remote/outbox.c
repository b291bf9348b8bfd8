/* What waits to be sent: see outbox.h. */
#include "outbox.h"

#include "frame.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define ROOMY 4096 /* an empty box with more than that gives it back */

/* Moves what is left to the front, once that is the smaller part. */
static void settle(hp_Outbox *out) {
  size_t left = out->bytes.n - out->first;
  if (out->first == 0 || out->first < left) return;
  out->bytes.n = left;
  memmove(out->bytes.at, out->bytes.at + out->first, out->bytes.n);
  out->first = 0;
  if (out->bytes.n == 0 && out->bytes.cap > ROOMY) hp_vec_free(&out->bytes);
}

static void put(hp_Outbox *out, const char *s, size_t n) {
  if (n > 0) memcpy(out->bytes.at + out->bytes.n, s, n);
  out->bytes.n += n;
}

/* What is left of the spare frame goes before the next; there is room. */
static void put_spare(hp_Outbox *out) {
  put(out, out->spare + out->spared, out->nspare - out->spared);
  out->nspare = out->spared = 0;
}

int hp_outbox_add(hp_Outbox *out, const hp_Text *frame) {
  char head[HP_FRAME_HEAD];
  size_t n = frame->bytes.n;
  if (frame->failed) return HP_ENOMEM;
  settle(out);
  if (hp_vec_reserve(&out->bytes, HP_OUTBOX_SPARE + HP_FRAME_HEAD + n) != HP_OK) return HP_ENOMEM;
  put_spare(out);
  hp_frame_head(head, n);
  put(out, head, sizeof head);
  put(out, frame->bytes.at, n);
  return HP_OK;
}

int hp_outbox_add_spare(hp_Outbox *out, const char *text) {
  size_t n = strlen(text);
  if (out->nspare > 0 || HP_FRAME_HEAD + n > sizeof out->spare) return HP_ENOMEM;
  hp_frame_head(out->spare, n);
  memcpy(out->spare + HP_FRAME_HEAD, text, n);
  out->nspare = HP_FRAME_HEAD + n;
  return HP_OK;
}

/* Sends some of what comes next, and counts it: as send. */
static ssize_t send_some(hp_Outbox *out, int fd) {
  int is_spare = out->first == out->bytes.n;
  const char *from = is_spare ? out->spare + out->spared : out->bytes.at + out->first;
  size_t n = is_spare ? out->nspare - out->spared : out->bytes.n - out->first;
  ssize_t sent = send(fd, from, n, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent <= 0) return sent;
  *(is_spare ? &out->spared : &out->first) += (size_t)sent;
  out->taken += (uint64_t)sent;
  if (out->spared == out->nspare) out->spared = out->nspare = 0;
  return sent;
}

int hp_outbox_send(hp_Outbox *out, int fd) {
  while (hp_outbox_waiting(out) > 0) {
    ssize_t sent = send_some(out, fd);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? HP_OK : HP_EVM;
  }
  settle(out);
  return HP_OK;
}

void hp_outbox_free(hp_Outbox *out) {
  hp_vec_free(&out->bytes);
  out->first = out->nspare = out->spared = 0;
}
