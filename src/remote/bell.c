/* Pairs of sockets: see bell.h. */
#include "bell.h"

#include "base/error.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

int hp_bell_make(hp_Bell *bell) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) return HP_EVM;
  hp_descriptor_own(&bell->rung, pair[0]);
  hp_descriptor_own(&bell->rope, pair[1]);
  if (bell->rung.fd >= 0 && bell->rope.fd >= 0) return HP_OK;
  hp_bell_free(bell);
  return HP_EVM;
}

void hp_bell_ring(const hp_Bell *bell) {
  int fd = hp_descriptor_get(&bell->rope);
  if (fd >= 0 && send(fd, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) return; /* full: it rings */
}

void hp_bell_hush(const hp_Bell *bell) {
  int fd = hp_descriptor_get(&bell->rung);
  char bytes[64];
  while (fd >= 0 && recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) == (ssize_t)sizeof bytes) {}
}

int hp_bell_is_lost(const hp_Bell *bell) {
  return hp_descriptor_is_lost(&bell->rung) || hp_descriptor_is_lost(&bell->rope);
}

void hp_bell_renew(hp_Bell *bell) {
  hp_Bell fresh = {{0, 0, 0}, {0, 0, 0}};
  int number = hp_descriptor_get(&bell->rung);
  if (bell->rung.inode == 0) return;
  if (hp_bell_make(&fresh) != HP_OK) {
    hp_bell_free(bell);
    return;
  }
  if (number >= 0 && dup3(fresh.rung.fd, number, O_CLOEXEC) == number) {
    (void)close(fresh.rung.fd);
    hp_descriptor_know(&fresh.rung, number);
  } else {
    hp_descriptor_close(&bell->rung);
  }
  hp_descriptor_close(&bell->rope);
  *bell = fresh;
}

void hp_bell_free(hp_Bell *bell) {
  hp_descriptor_close(&bell->rung);
  hp_descriptor_close(&bell->rope);
}
