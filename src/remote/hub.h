/* What the files of this directory share: the hub, its targets and connections. */
#ifndef HP_HUB_H
#define HP_HUB_H

#include "bell.h"
#include "frame.h"
#include "log.h"
#include "outbox.h"
#include "process.h"
#include "remote.h"

#include <pthread.h>

#define HP_CONNECTIONS 8 /* of one target */
#define HP_QUEUE 16      /* requests of one connection that may wait */
#define HP_ALL_CONNECTIONS 64

/* What keeps a frame below 64 KiB. */
#define HP_OUT_MOST 10000 /* bytes of output in a frame: escaped they grow six times at most */
#define HP_PATH_MOST 8192 /* of a path in the greeting, escaped */

/* Times in milliseconds. */
enum {
  HP_SPEAK = 30000,   /* from connecting to the first whole request */
  HP_FINISH = 10000,  /* from the first byte of a frame to the last */
  HP_STALL = 1000,    /* how long a job waits for a client that takes nothing at all */
  HP_GATHER = 50,     /* how long output is gathered before it is sent */
  HP_GLANCE = 80,     /* how long a stat waits for the VM */
  HP_GRACE = 50,      /* from when on a command that is to end gets signals, and between them */
  HP_PATIENCE = 300,  /* from when on a client is told that it waits */
  HP_TICK = 1000,     /* between two tellings, and two looks at an idle VM */
  HP_AFTER_FORK = 50, /* before a child listens: most run another program at once; and before
                         a process does that has closed its descriptors: it may go on to */
  HP_LINGER = 500     /* for the last words to a client */
};

/* In a build for tests the limits on clients can be a fraction of what they are. */
#if defined(HP_TESTING)
extern atomic_int hp_hurry;
#define hp_limit(ms) ((ms) / atomic_load(&hp_hurry))
#else
#define hp_limit(ms) (ms)
#endif

typedef struct hp_Connection {
  hp_Descriptor fd;
  hp_Target *target;
  uint32_t number;
  hp_Inbox in;
  hp_Outbox out;
  hp_Request queue[HP_QUEUE]; /* what waits: for the VM, or for a glance at it */
  int nqueue;
  int running;       /* one of its requests is with the VM */
  int spoke;         /* its first request has come */
  int silent;        /* it will ask no more, and waits for what it asked */
  int known;         /* the VM has done something for it, and may keep something */
  int64_t since;     /* when it was accepted */
  int64_t begun;     /* when the frame that is not whole began; 0: there is none */
  int64_t closing;   /* when it is closed at the latest, once what waits is sent; 0: not */
} hp_Connection;

/* Fields without a word on them belong to the lock. */
struct hp_Target {
  int slot;
  int used;
  atomic_int wanted, serving; /* see hp_target_wanted */
  atomic_int thread, wanders; /* kernel's number of the thread that last ran the VM */
  atomic_int interrupted;     /* the job is to be broken off */
  hp_Descriptor listener;     /* none: as after a fork */
  hp_Bell event;              /* rings while the VM is wanted */
  char directory[HP_PATH_SIZE];
  int named;                  /* the directory was asked for: no other will do */
  hp_Place place;
  pid_t owner;                /* the process that made the socket */
  int64_t deaf;               /* until when nobody is let in, for want of descriptors */
  hp_Text members;            /* of the greeting */
  hp_Text arguments;          /* the command line, as a JSON array */
  hp_Text log;                /* path with its zero, or empty */
  char lua[32];
  int quiet;                  /* no log */
  int number, usual;          /* the signal, as in the options */
  hp_Reach reach;
  int console;
  int64_t limit, started;     /* 'started' since the epoch */
  /* the job */
  hp_Request job;
  uint32_t asker;             /* number of the connection it came from; 0: the listener */
  _Atomic int64_t began;
  int64_t breaking;           /* when the next signal is due that is to break it off; 0: none */
  hp_Text output;             /* of the job: what is gathered */
  int64_t gathered;           /* since when */
  /* what is to be done beside requests */
  HP_VEC(uint32_t) gone;      /* connections that the VM may forget */
  int64_t glanced;            /* when the VM last told how it is: a glance */
  hp_Text glance;
  /* getting its attention */
  int step;                   /* signals sent so far for what waits now */
  int64_t next;               /* when the next one is due; 0: none is */
  int64_t ticks, idle;        /* processor time of its thread; since when it is the same */
  int64_t looked;             /* when it was looked at last */
  int moved;                  /* it was seen to change: 'idle' is no mere lower bound */
};

typedef struct hp_Hub {
  pthread_mutex_t turn;      /* held by hp_target_on and _off; taken before 'lock' */
  pthread_mutex_t lock;
  pthread_cond_t room;       /* an outbox was emptied, a connection closed, a job broken off, or
                                'stop' was set */
  pthread_t thread;
  int running, stop;
  int prepared;              /* handlers of fork and exit are in place */
  int late;                  /* the thread is to wait before it listens: a child's */
  hp_Bell wake;              /* ends the thread's poll */
  uint32_t serial;           /* number of the last connection */
  uint64_t turns;            /* of the last request that waits */
  hp_Target targets[HP_TARGETS];
  hp_Connection *connections[HP_ALL_CONNECTIONS];
} hp_Hub;

extern hp_Hub hp_hub;

static inline void hp_lock(void) { (void)pthread_mutex_lock(&hp_hub.lock); }
static inline void hp_unlock(void) { (void)pthread_mutex_unlock(&hp_hub.lock); }

/* What must be there before the first target; with the lock. HP_OK or a failure. */
int hp_hub_prepare(void);

/* Ends the thread's poll. */
void hp_hub_kick(void);

/* Waits so long for 'room', at most; with the lock, which is let go meanwhile. */
void hp_hub_wait(int64_t ms);

/* ---- the thread (listener.c) ---- */

int hp_listener_start(void); /* with the lock; 0, or -1 */
void hp_listener_join(void); /* hp_hub.stop was set; without the lock */

/* ---- until there is one (knock.c); all with the lock ---- */

/* Clients are waited for without the thread: 1, or 0 where that cannot be. */
int hp_knock_await(const hp_Target *t);

/* The target's socket is about to be closed; the thread is there, or no target any more. */
void hp_knock_forget(const hp_Target *t);
void hp_knock_over(void);

/* In a child: the sockets are the parent's. */
void hp_knock_after_fork(void);

/* ---- connections (connection.c); all with the lock ---- */

hp_Connection *hp_connection_find(uint32_t number);
void hp_connection_accept(hp_Target *t, int64_t now);
void hp_connection_receive(hp_Connection *c, int64_t now);
void hp_connection_send(hp_Connection *c);
void hp_connection_close(hp_Connection *c);

/* Frames to it: HP_OK, also where it takes no more; or HP_ENOMEM, not all is sent. */
int hp_connection_put(hp_Connection *c, const hp_Text *frame);
int hp_connection_text(hp_Connection *c, int64_t id, const char *member, const char *text, size_t n);
int hp_connection_out(hp_Connection *c, int64_t id, const char *text, size_t n);

/* The end of a request: its last frame; or NULL, or what went wrong. Where there is no memory for
** that it ends for want of memory, and that is told. */
void hp_connection_finish(hp_Connection *c, int64_t id, const hp_Text *frame);
void hp_connection_done(hp_Connection *c, int64_t id, const char *error);

/* The last words. */
void hp_connection_last(hp_Connection *c, const char *member, const char *text);

/* Takes request i out of the queue; the caller owns it. */
hp_Request hp_connection_unqueue(hp_Connection *c, int i);

/* ---- targets (target.c); all with the lock ---- */

/* Something waits for the VM: its attention is to be got. _call, without the lock, only
** says so. */
void hp_target_want(hp_Target *t);
void hp_target_call(hp_Target *t);

/* Is there anything for the VM to do? 2: and somebody waits for it. */
int hp_target_work(const hp_Target *t);

/* Nothing waits for the VM any more: it is left alone. */
void hp_target_unwant(hp_Target *t);

/* Sends what a job has printed, as far as there is room. */
void hp_target_flush(hp_Target *t);

/* In a child: its parent's socket is let go. */
void hp_target_orphan(hp_Target *t);

/* Listens again: in a child, or where the program has closed the socket. HP_OK, or HP_EVM and
** one sentence. */
int hp_target_listen_again(hp_Target *t, char why[HP_REASON_SIZE]);

/* ---- what is told of the VM (stat.c); all with the lock ---- */

void hp_stat_look(hp_Target *t, int64_t now);
void hp_stat_moved(hp_Target *t, int64_t now); /* it runs, certainly */
void hp_stat_where(const hp_Target *t, int64_t now, hp_Text *text);
void hp_stat_answer(hp_Connection *c, int i, int64_t now);

#endif
