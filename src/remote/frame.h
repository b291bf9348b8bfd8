/* Bytes from a client into frames: four bytes of length, most significant first, then
** so many bytes. No sockets here. */
#ifndef HP_FRAME_IN_H
#define HP_FRAME_IN_H

#include "base/vec.h"

#include <stdint.h>

#define HP_FRAME_HEAD 4
#define HP_FRAME_MOST ((size_t)1 << 20) /* bytes of one frame from a client */

/* A zeroed one is empty and valid. It never holds more than a frame and what came
** behind it in one read. */
typedef struct hp_Inbox {
  HP_VEC(char) bytes;
  size_t first; /* where the next frame begins */
} hp_Inbox;

/* HP_OK or HP_ENOMEM. */
int hp_inbox_add(hp_Inbox *in, const char *bytes, size_t n);

/* The next whole frame: 1, with its bytes, good until the next call of hp_inbox_add; 0
** where there is none yet; HP_ELIMIT where one is begun that is too long, or empty. */
int hp_inbox_next(hp_Inbox *in, char **frame, size_t *n);

/* Is a frame begun and not whole? */
int hp_inbox_partial(const hp_Inbox *in);
void hp_inbox_free(hp_Inbox *in);

/* The head of a frame of n bytes. */
void hp_frame_head(char head[HP_FRAME_HEAD], size_t n);

#endif
