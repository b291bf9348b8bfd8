/* What waits to be sent to a client: whole frames, bounded. */
#ifndef HP_OUTBOX_H
#define HP_OUTBOX_H

#include "quote.h"

#include <stdint.h>

#define HP_OUTBOX_MOST ((size_t)4 << 20) /* bytes that may wait: what a command prints, mostly */

/* A zeroed one is empty and valid. */
typedef struct hp_Outbox {
  HP_VEC(char) bytes;
  size_t first;   /* sent so far, of these */
  uint64_t taken; /* sent so far, of all */
} hp_Outbox;

static inline size_t hp_outbox_waiting(const hp_Outbox *out) { return out->bytes.n - out->first; }

/* Has it room for one more frame of the usual size? */
static inline int hp_outbox_has_room(const hp_Outbox *out) {
  return hp_outbox_waiting(out) < HP_OUTBOX_MOST;
}

/* Adds one frame. HP_OK; or HP_ENOMEM, nothing added. */
int hp_outbox_add(hp_Outbox *out, const hp_Text *frame);

/* Sends what the socket takes without waiting: HP_OK, or HP_EVM if it is broken. */
int hp_outbox_send(hp_Outbox *out, int fd);
void hp_outbox_free(hp_Outbox *out);

#endif
