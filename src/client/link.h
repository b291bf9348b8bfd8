/* A client's end of a target's socket. Plain calls, no buffers: each answers what it did or a
** negated errno, and none ever blocks. */
#ifndef HP_CLIENT_LINK_H
#define HP_CLIENT_LINK_H

#include <stddef.h>
#include <sys/types.h>

/* Who listens at the other end, as the kernel knows it. */
typedef struct hp_Peer {
  uid_t uid;
  pid_t pid;
} hp_Peer;

/* Connects to the socket file; *fd is the caller's to close. */
int hp_link_open(const char *path, int *fd, hp_Peer *peer);

/* Up to `size` bytes; 0 is the end, -EAGAIN nothing yet. */
ssize_t hp_link_read(int fd, char *buffer, size_t size);

/* How many of the bytes were taken; -EAGAIN none yet. A peer that is gone is an error, not a signal. */
ssize_t hp_link_write(int fd, const char *bytes, size_t size);

#endif
