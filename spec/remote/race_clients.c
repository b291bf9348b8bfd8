/* Clients: see race_clients.h. */
#include "race_clients.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

RaceClients race_clients;

void race_pause(long microseconds) {
  struct timespec t = {microseconds / 1000000, microseconds % 1000000 * 1000};
  (void)nanosleep(&t, NULL);
}

static int connect_to(int state) {
  struct sockaddr_un address;
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/%ld-%d.sock",
                 race_clients.directory, (long)getpid(), state);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

static void ask(int fd, const char *text) {
  char head[4] = {0, 0, 0, (char)strlen(text)};
  if (send(fd, head, 4, MSG_NOSIGNAL) == 4 &&
      send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text))
    atomic_fetch_add(&race_clients.asked, 1);
}

void *race_client(void *number) {
  unsigned n = (unsigned)(size_t)number;
  while (!atomic_load(&race_clients.over)) {
    int fd = connect_to(1 + (int)(n % (unsigned)race_clients.states)), i, rounds = 1 + (int)(n % 9);
    char bytes[4096];
    if (fd < 0) race_pause(1000);
    for (i = 0; i < rounds && fd >= 0; i++) {
      ask(fd, race_clients.requests[n++ % race_clients.nrequests]);
      race_pause(race_clients.pause);
      if (n % 5 != 0 && recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        atomic_fetch_add(&race_clients.answered, 1);
    }
    n++;
    if (fd >= 0) close(fd);
  }
  return number;
}
