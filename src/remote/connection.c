/* Connections: who may come, what they ask, what they are told. All with the hub's lock. */
#include "hub.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define AT_ONCE 16384        /* bytes read at a time */
#define TURNS 8              /* such reads before others have their turn */

hp_Connection *hp_connection_find(uint32_t number) {
  int i;
  for (i = 0; i < HP_ALL_CONNECTIONS && number != 0; i++) {
    hp_Connection *c = hp_hub.connections[i];
    if (c != NULL && c->number == number) return c;
  }
  return NULL;
}

/* ---- what it is told ------------------------------------------------------ */

/* Sends the last words, then closes: soon, whatever the client does. */
static void end(hp_Connection *c) {
  if (c->closing == 0) c->closing = hp_process_now() + HP_LINGER;
}

int hp_connection_put(hp_Connection *c, const hp_Text *frame) {
  if (c->closing != 0) return HP_OK;
  if (hp_outbox_waiting(&c->out) <= 2 * HP_OUTBOX_MOST) return hp_outbox_add(&c->out, frame);
  end(c);
  return HP_OK;
}

int hp_connection_text(hp_Connection *c, int64_t id, const char *member, const char *text, size_t n) {
  hp_Text frame = {0};
  int rc;
  hp_text_format(&frame, "{\"id\":%lld,\"%s\":", (long long)id, member);
  hp_quote_json(&frame, text, n);
  hp_text_puts(&frame, "}");
  rc = hp_connection_put(c, &frame);
  hp_text_free(&frame);
  return rc;
}

int hp_connection_out(hp_Connection *c, int64_t id, const char *text, size_t n) {
  int rc = HP_OK;
  while (n > 0 && rc == HP_OK) {
    size_t part = hp_quote_cut(text, n, HP_OUT_MOST);
    rc = hp_connection_text(c, id, "out", text, part);
    text += part;
    n -= part;
  }
  return rc;
}

void hp_connection_last(hp_Connection *c, const char *member, const char *text) {
  hp_Text frame = {0};
  hp_text_format(&frame, "{\"%s\":", member);
  hp_quote_json(&frame, text, strlen(text));
  hp_text_puts(&frame, "}");
  (void)hp_connection_put(c, &frame);
  hp_text_free(&frame);
  end(c);
  hp_connection_send(c);
}

void hp_connection_finish(hp_Connection *c, int64_t id, const hp_Text *frame) {
  char text[HP_OUTBOX_SPARE];
  if (hp_connection_put(c, frame) == HP_OK) return;
  (void)snprintf(text, sizeof text,
                 "{\"id\":%lld,\"done\":true,\"ok\":false,"
                 "\"error\":\"not enough memory for the answer\"}",
                 (long long)id);
  if (hp_outbox_add_spare(&c->out, text) != HP_OK) end(c);
}

void hp_connection_done(hp_Connection *c, int64_t id, const char *error) {
  hp_Text frame = {0};
  hp_text_format(&frame, "{\"id\":%lld,\"done\":true,\"ok\":%s", (long long)id,
                 error == NULL ? "true" : "false");
  if (error != NULL) {
    hp_text_puts(&frame, ",\"error\":");
    hp_quote_json(&frame, error, strlen(error));
  }
  hp_text_puts(&frame, "}");
  hp_connection_finish(c, id, &frame);
  hp_text_free(&frame);
}

static void greet(hp_Connection *c) {
  const hp_Target *t = c->target;
  hp_Text frame = {0}, part = {0};
  hp_text_format(&frame, "{\"heapy\":1,\"pid\":%ld,\"uid\":%lu,\"state\":%d,\"started\":%lld",
                 (long)getpid(), (unsigned long)geteuid(), t->slot + 1,
                 (long long)(t->started / 1000));
  hp_process_executable(&part);
  hp_text_puts(&frame, ",\"executable\":");
  hp_quote_part(&frame, part.bytes.at, part.bytes.n, HP_PATH_MOST);
  part.bytes.n = 0;
  hp_process_directory(&part);
  hp_text_puts(&frame, ",\"wd\":");
  hp_quote_part(&frame, part.bytes.at, part.bytes.n, HP_PATH_MOST);
  hp_text_puts(&frame, ",\"lua\":");
  hp_quote_json(&frame, t->lua, strlen(t->lua));
  hp_text_format(&frame, ",\"console\":%s", t->console ? "true" : "false");
  hp_text_add(&frame, t->members.bytes.at, t->members.bytes.n);
  hp_text_puts(&frame, ",\"argv\":");
  hp_text_add(&frame, t->arguments.bytes.at, t->arguments.bytes.n);
  hp_text_puts(&frame, "}");
  if (part.failed || hp_connection_put(c, &frame) != HP_OK) end(c);
  hp_text_free(&frame);
  hp_text_free(&part);
}

/* ---- coming and going ----------------------------------------------------- */

static int place_for(const hp_Target *t) {
  int i, at = -1, n = 0;
  for (i = 0; i < HP_ALL_CONNECTIONS; i++) {
    if (hp_hub.connections[i] == NULL)
      at = i;
    else
      n += hp_hub.connections[i]->target == t && hp_hub.connections[i]->closing == 0;
  }
  return n < HP_CONNECTIONS ? at : -1;
}

/* One sentence in a frame, if the socket takes it. */
static void refuse(hp_Descriptor *fd, const char *sentence) {
  hp_Connection c;
  memset(&c, 0, sizeof c);
  c.fd = *fd;
  hp_connection_last(&c, "error", sentence);
  hp_outbox_free(&c.out);
}

static hp_Connection *new_connection(hp_Target *t, const hp_Descriptor *fd, int at) {
  hp_Connection *c = hp_new(hp_Connection, 1);
  if (c == NULL) return NULL;
  c->fd = *fd;
  c->target = t;
  if (++hp_hub.serial == 0) hp_hub.serial = 1;
  c->number = hp_hub.serial;
  c->since = hp_process_now();
  hp_hub.connections[at] = c;
  return c;
}

/* Where there is no descriptor the client stays in the socket, which would be readable all
** the time: so it is not asked for a while. */
static int accept_one(hp_Target *t, hp_Descriptor *fd, int64_t now) {
  int listener = hp_descriptor_get(&t->listener), accepted;
  if (listener < 0) return 0;
  accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (accepted < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
    t->deaf = now + HP_TICK;
  hp_descriptor_own(fd, accepted);
  return fd->fd >= 0;
}

void hp_connection_accept(hp_Target *t, int64_t now) {
  int at;
  hp_Descriptor fd;
  hp_Connection *c = NULL;
  uid_t uid = (uid_t)-1;
  pid_t pid = 0;
  if (hp_log_is_full() || !accept_one(t, &fd, now)) return;
  if (!hp_place_admits(fd.fd, &uid, &pid)) {
    hp_log_attach(t, uid, pid, "refused");
    hp_descriptor_close(&fd);
    return;
  }
  at = place_for(t);
  if (at < 0)
    refuse(&fd, "too many connections to this program");
  else if ((c = new_connection(t, &fd, at)) == NULL)
    refuse(&fd, "not enough memory");
  if (c == NULL) {
    hp_descriptor_close(&fd);
    return;
  }
  hp_log_attach(t, uid, pid, "attached");
  hp_stat_look(t, c->since);
  greet(c); /* it is sent once the log is written */
}

static void forget_later(hp_Connection *c) {
  hp_Target *t = c->target;
  if (!c->known || hp_vec_reserve(&t->gone, 1) != HP_OK) return; /* then it goes with the state */
  t->gone.at[t->gone.n++] = c->number;
  if (t->owner == getpid()) hp_target_want(t);
}

void hp_connection_close(hp_Connection *c) {
  int i;
  for (i = 0; i < HP_ALL_CONNECTIONS; i++)
    if (hp_hub.connections[i] == c) hp_hub.connections[i] = NULL;
  if (c->running && c->target->asker == c->number) atomic_store(&c->target->interrupted, 1);
  for (i = 0; i < c->nqueue; i++) hp_request_free(&c->queue[i]);
  forget_later(c);
  hp_descriptor_close(&c->fd);
  hp_inbox_free(&c->in);
  hp_outbox_free(&c->out);
  hp_delete(c, 1);
  (void)pthread_cond_broadcast(&hp_hub.room);
}

/* ---- what it asks --------------------------------------------------------- */

hp_Request hp_connection_unqueue(hp_Connection *c, int i) {
  hp_Request request = c->queue[i];
  c->nqueue--;
  memmove(&c->queue[i], &c->queue[i + 1], (size_t)(c->nqueue - i) * sizeof *c->queue);
  return request;
}

/* Breaks off the request that runs and drops those that wait. */
static void interrupt(hp_Connection *c) {
  int i = 0;
  if (c->running && c->target->asker == c->number) atomic_store(&c->target->interrupted, 1);
  (void)pthread_cond_broadcast(&hp_hub.room);
  while (i < c->nqueue) {
    hp_Request request;
    if (c->queue[i].verb < HP_FIRST_VM_VERB) {
      i++;
      continue;
    }
    request = hp_connection_unqueue(c, i);
    hp_connection_done(c, request.id, "interrupted");
    hp_request_free(&request);
  }
}

/* It waits: for the VM, or for a glance at it. The queue owns it. */
static void enqueue(hp_Connection *c, hp_Request *request) {
  hp_Target *t = c->target;
  request->turn = ++hp_hub.turns;
  c->queue[c->nqueue++] = *request;
  if (!c->running || request->verb == HP_V_STAT) hp_target_want(t);
}

static const char *objection(const hp_Connection *c, const hp_Request *request) {
  if (request->verb == HP_V_UNKNOWN) return "unknown request";
  if (!c->target->console && !hp_verb_is_fixed(request->verb))
    return "the console of this program is off: stat, heap and diff are what there is";
  if ((request->verb == HP_V_EVAL || request->verb == HP_V_COMPLETE) && request->code == NULL)
    return "code is missing";
  if (c->nqueue == HP_QUEUE) return "too many requests wait already";
  return NULL;
}

static void handle(hp_Connection *c, hp_Request *request) {
  const char *wrong = objection(c, request);
  if (wrong == NULL && (request->verb == HP_V_STAT || request->verb >= HP_FIRST_VM_VERB)) {
    enqueue(c, request);
    return;
  }
  if (wrong == NULL && request->verb == HP_V_INTERRUPT) interrupt(c);
  hp_connection_done(c, request->id, wrong);
  if (wrong == NULL && request->verb == HP_V_CLOSE) end(c);
  hp_request_free(request);
}

static void reject(hp_Connection *c, const char *what) {
  char sentence[200];
  (void)snprintf(sentence, sizeof sentence, "malformed request: %s", what);
  hp_connection_last(c, "error", sentence);
}

static void read_frame(hp_Connection *c, char *frame, size_t n, int64_t now) {
  hp_Request request;
  const char *wrong;
  int rc = hp_request_read(frame, n, &request, &wrong);
  if (rc == HP_ENOMEM) {
    hp_connection_last(c, "error", "not enough memory");
  } else if (rc != HP_OK) {
    reject(c, wrong);
  } else {
    c->spoke = 1;
    request.since = now;
    handle(c, &request);
  }
}

/* All whole frames; afterwards it is known whether one is begun. */
static void read_frames(hp_Connection *c, int64_t now) {
  char *frame;
  size_t n;
  int rc = 0, any = 0;
  while (c->closing == 0 && (rc = hp_inbox_next(&c->in, &frame, &n)) == 1) {
    any = 1;
    read_frame(c, frame, n, now);
  }
  if (rc < 0 && c->closing == 0) reject(c, "a frame of no length, or of more than 1 MiB");
  if (!hp_inbox_partial(&c->in))
    c->begun = 0;
  else if (any || c->begun == 0)
    c->begun = now;
}

/* The end of what it sends: has it gone, or does it only ask no more, and waits for answers? */
static int is_gone(const hp_Connection *c, int fd) {
  struct pollfd p = {.fd = fd, .events = 0};
  if (c->nqueue == 0 && !c->running && hp_outbox_waiting(&c->out) == 0) return 1;
  return poll(&p, 1, 0) != 0;
}

void hp_connection_receive(hp_Connection *c, int64_t now) {
  char bytes[AT_ONCE];
  int turn, fd = hp_descriptor_get(&c->fd);
  for (turn = 0; turn < TURNS && c->closing == 0; turn++) {
    ssize_t n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    if (n < 0 || (n == 0 && is_gone(c, fd))) {
      hp_connection_close(c);
      return;
    }
    if (n == 0) {
      c->silent = c->spoke = 1;
      break;
    }
    if (hp_inbox_add(&c->in, bytes, (size_t)n) != HP_OK)
      hp_connection_last(c, "error", "not enough memory");
    else
      read_frames(c, now);
  }
  hp_connection_send(c);
}

void hp_connection_send(hp_Connection *c) {
  size_t before = hp_outbox_waiting(&c->out);
  int fd = hp_descriptor_get(&c->fd);
  if (fd < 0 || hp_outbox_send(&c->out, fd) != HP_OK) {
    c->closing = 1; /* long ago */
    hp_outbox_free(&c->out);
  }
  if (hp_outbox_waiting(&c->out) < before) (void)pthread_cond_broadcast(&hp_hub.room);
}
