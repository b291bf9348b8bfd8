/* What waits to be sent: see outbox.h. */
#include "outbox.h"

#include "frame.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define ROOMY 4096 /* an empty box with more than that gives it back */

/* Moves what is left to the front, once that is the smaller part. */
static void settle(hp_Outbox *out) {
  if (out->first == 0 || out->first < hp_outbox_waiting(out)) return;
  out->bytes.n -= out->first;
  memmove(out->bytes.at, out->bytes.at + out->first, out->bytes.n);
  out->first = 0;
  if (out->bytes.n == 0 && out->bytes.cap > ROOMY) hp_vec_free(&out->bytes);
}

int hp_outbox_add(hp_Outbox *out, const hp_Text *frame) {
  size_t n = frame->bytes.n;
  if (frame->failed) return HP_ENOMEM;
  settle(out);
  if (hp_vec_reserve(&out->bytes, HP_FRAME_HEAD + n) != HP_OK) return HP_ENOMEM;
  hp_frame_head(out->bytes.at + out->bytes.n, n);
  memcpy(out->bytes.at + out->bytes.n + HP_FRAME_HEAD, frame->bytes.at, n);
  out->bytes.n += HP_FRAME_HEAD + n;
  return HP_OK;
}

int hp_outbox_send(hp_Outbox *out, int fd) {
  while (hp_outbox_waiting(out) > 0) {
    ssize_t sent = send(fd, out->bytes.at + out->first, hp_outbox_waiting(out),
                        MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? HP_OK : HP_EVM;
    out->first += (size_t)sent;
    out->taken += (uint64_t)sent;
  }
  settle(out);
  return HP_OK;
}

void hp_outbox_free(hp_Outbox *out) {
  hp_vec_free(&out->bytes);
  out->first = 0;
}
