/* Descriptors of ours in a process that is not. A program may close what it does not know,
** as daemons do, and get the number again for something of its own: so what stood behind
** the number is remembered, and looked at before each use. */
#ifndef HP_DESCRIPTOR_H
#define HP_DESCRIPTOR_H

#include <stdint.h>

/* A zeroed one is none. */
typedef struct hp_Descriptor {
  int fd;
  uint64_t device, inode; /* of what has an inode of its own: sockets, pipes and files have,
                             eventfds and the like have not */
} hp_Descriptor;

/* Remembers what a number stands for now. */
void hp_descriptor_know(hp_Descriptor *d, int fd);

/* The same for a fresh descriptor of our own, which may be -1. It never is one of the first
** three: a program that closed those means to have them again. */
void hp_descriptor_own(hp_Descriptor *d, int fd);

/* The number, or -1: there is none, or it stands for something else by now. */
int hp_descriptor_get(const hp_Descriptor *d);

/* Was it there, and has the program closed it? */
int hp_descriptor_is_lost(const hp_Descriptor *d);

/* Closes it, unless it is somebody else's by now. Then it is none. */
void hp_descriptor_close(hp_Descriptor *d);

#endif
