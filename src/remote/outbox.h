/* What waits to be sent to a client: whole frames, bounded. One more, short, needs no memory:
** by it a client hears that there is none. */
#ifndef HP_OUTBOX_H
#define HP_OUTBOX_H

#include "quote.h"

#include <stdint.h>

#define HP_OUTBOX_SPARE 200 /* bytes of the short frame, its head included */
#define HP_OUTBOX_MOST ((size_t)4 << 20) /* bytes that may wait: what a command prints, mostly */

/* A zeroed one is empty and valid. */
typedef struct hp_Outbox {
  HP_VEC(char) bytes;
  size_t first;   /* sent so far, of these */
  uint64_t taken; /* sent so far, of all */
  char spare[HP_OUTBOX_SPARE]; /* comes behind 'bytes' */
  size_t nspare, spared;       /* bytes of it, and how many of these are sent */
} hp_Outbox;

static inline size_t hp_outbox_waiting(const hp_Outbox *out) {
  return out->bytes.n - out->first + out->nspare - out->spared;
}

/* Has it room for one more frame of the usual size? */
static inline int hp_outbox_has_room(const hp_Outbox *out) {
  return hp_outbox_waiting(out) < HP_OUTBOX_MOST;
}

/* Adds one frame. HP_OK; or HP_ENOMEM, nothing added. */
int hp_outbox_add(hp_Outbox *out, const hp_Text *frame);

/* Adds one frame, the C string 'text', in the space that is kept for it: HP_OK; or HP_ENOMEM, it
** is too long, or the one before still waits there. */
int hp_outbox_add_spare(hp_Outbox *out, const char *text);

/* Sends what the socket takes without waiting: HP_OK, or HP_EVM if it is broken. */
int hp_outbox_send(hp_Outbox *out, int fd);
void hp_outbox_free(hp_Outbox *out);

#endif
