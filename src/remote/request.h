/* What a client may ask. */
#ifndef HP_REQUEST_H
#define HP_REQUEST_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

typedef enum hp_Verb {
  HP_V_UNKNOWN,
  /* answered by the listener's thread */
  HP_V_PING,
  HP_V_STAT,
  HP_V_INTERRUPT,
  HP_V_CLOSE,
  /* by the VM's */
  HP_V_HEAP,
  HP_V_DIFF,
  HP_V_EVAL,
  HP_V_COMPLETE,
  HP_V_ISOLATEST,
  HP_V_RESET,
  /* asked of the VM by the listener itself */
  HP_V_GLANCE, /* how it is, for a stat */
  HP_V_FORGET  /* a connection that is gone */
} hp_Verb;

#define HP_FIRST_VM_VERB HP_V_HEAP

typedef struct hp_Request {
  int64_t id;
  hp_Verb verb;
  char *code; /* owned; may be NULL */
  size_t length;
  uint64_t turn;       /* of all requests: which came first */
  int64_t since, told; /* when it came; when its client was last told that it waits (ms) */
} hp_Request;

/* Reads one frame's text, which it changes. HP_OK; HP_ENOMEM; or HP_EVM, with a few
** words of what is wrong. A verb nobody knows is no fault here. */
int hp_request_read(char *text, size_t n, hp_Request *request, const char **wrong);
void hp_request_free(hp_Request *request);

/* "heap", for HP_V_HEAP. */
const char *hp_verb_name(hp_Verb verb);

/* May a client ask it where the console is off? */
int hp_verb_is_fixed(hp_Verb verb);

#endif
