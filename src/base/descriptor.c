/* Descriptors of ours in somebody else's process: see descriptor.h. Everything here may be
** called in a signal's handler, and after a fork. */
#include "descriptor.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST 3 /* behind standard input, output and error */

void hp_descriptor_know(hp_Descriptor *d, int fd) {
  struct stat st;
  memset(d, 0, sizeof *d);
  d->fd = -1;
  if (fd < 0 || fstat(fd, &st) != 0) return;
  d->fd = fd;
  d->device = (uint64_t)st.st_dev;
  d->inode = (uint64_t)st.st_ino;
}

void hp_descriptor_own(hp_Descriptor *d, int fd) {
  int above = fd;
  if (fd >= 0 && fd < FIRST) {
    above = fcntl(fd, F_DUPFD_CLOEXEC, FIRST);
    (void)close(fd);
  }
  hp_descriptor_know(d, above);
}

int hp_descriptor_get(const hp_Descriptor *d) {
  struct stat st;
  if (d->inode == 0 || d->fd < 0 || fstat(d->fd, &st) != 0) return -1;
  return (uint64_t)st.st_dev == d->device && (uint64_t)st.st_ino == d->inode ? d->fd : -1;
}

int hp_descriptor_is_lost(const hp_Descriptor *d) {
  return d->inode != 0 && hp_descriptor_get(d) < 0;
}

void hp_descriptor_close(hp_Descriptor *d) {
  int fd = hp_descriptor_get(d);
  if (fd >= 0) (void)close(fd);
  memset(d, 0, sizeof *d);
  d->fd = -1;
}
