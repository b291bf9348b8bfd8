/* Clients for the thread sanitizer's programs: each is a thread that connects, asks, hangs
** up, and begins again, until it is over. */
#ifndef RACE_CLIENTS_H
#define RACE_CLIENTS_H

#include <stdatomic.h>

typedef struct RaceClients {
  const char *directory; /* where the sockets lie */
  int states;            /* they are 1 to here */
  long pause;            /* microseconds between questions */
  const char *const *requests;
  unsigned nrequests;
  atomic_int over, asked, answered;
} RaceClients;

extern RaceClients race_clients;

void race_pause(long microseconds);

/* For pthread_create; the argument is the client's number. */
void *race_client(void *number);

#endif
