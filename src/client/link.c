/* A client's end of a target's socket: see link.h. */
#include "link.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int ask_peer(int fd, hp_Peer *peer) {
  struct ucred credentials;
  socklen_t size = sizeof credentials;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return -errno;
  peer->uid = credentials.uid;
  peer->pid = credentials.pid;
  return 0;
}

/* Not to wait for a target that is stopped, with others waiting before us, the socket is
** non-blocking from the first. */
int hp_link_open(const char *path, int *fd, hp_Peer *peer) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int made, rc = 0;
  if (strlen(path) >= sizeof address.sun_path) return -ENAMETOOLONG;
  strcpy(address.sun_path, path);
  made = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (made < 0) return -errno;
  if (connect(made, (struct sockaddr *)&address, sizeof address) != 0) rc = -errno;
  if (rc == 0) rc = ask_peer(made, peer);
  if (rc == 0)
    *fd = made;
  else
    close(made);
  return rc;
}

ssize_t hp_link_read(int fd, char *buffer, size_t size) {
  ssize_t got;
  do got = read(fd, buffer, size);
  while (got < 0 && errno == EINTR);
  return got < 0 ? -errno : got;
}

ssize_t hp_link_write(int fd, const char *bytes, size_t size) {
  ssize_t taken;
  do taken = send(fd, bytes, size, MSG_NOSIGNAL);
  while (taken < 0 && errno == EINTR);
  return taken < 0 ? -errno : taken;
}
