/* The remote monitor's side in the target, without a word of Lua: one thread for the
** process, which owns all sockets; a target for each Lua state; between them requests
** that go to the VM's thread and output that comes back. The thread may be put off until
** the first client comes (knock.c).
**
** The thread never touches a Lua state. It sets 'wanted' in the target, writes to its
** event descriptor, and signals the thread that last ran the VM; when the VM comes to
** a safe point its binding takes what there is to do:
**
**   hp_target_take -> hp_target_out ... -> hp_target_done
**
** All functions may be called from any thread; those of one target from one at a time,
** as Lua demands of its state. Targets lie in a fixed array and are never freed, so
** that a signal's handler may look at them. */
#ifndef HP_REMOTE_H
#define HP_REMOTE_H

#include "place.h"
#include "request.h"
#include "wake.h"

#include <stdatomic.h>

#define HP_TARGETS 64 /* Lua states of one process that can be watched at a time */

typedef struct hp_Target hp_Target;

/* What else can be done for the VM's attention: called by the monitor's thread, again and
** again, where there is no signal or it was of no use. */
typedef void (*hp_Reach)(hp_Target *t);

typedef struct hp_TargetOptions {
  const char *dir;     /* NULL: the usual place */
  const char *members; /* what the greeting says of the program: JSON members */
  size_t nmembers;
  const char *arguments; /* its command line, a JSON array; NULL: the process's */
  size_t narguments;
  const char *lua;     /* "Lua 5.4.4" */
  const char *log;     /* file that gets a line for each attach; NULL: standard error; "": none */
  int number;          /* signal, or 0 for none */
  int usual;           /* nobody asked for that one: another may be used */
  int late;            /* the thread may be started when the first client comes, by the signal */
  int console;         /* are the verbs that run code allowed? */
  int64_t limit;       /* milliseconds that one request may take */
  hp_Reach reach;      /* or NULL */
} hp_TargetOptions;

/* What the VM is to do. */
typedef struct hp_Job {
  hp_Verb verb;
  const char *code; /* borrowed until hp_target_done; may be NULL */
  size_t length;
  uint32_t connection; /* number of the connection, never used again */
} hp_Job;

/* Begins to listen. HP_OK; HP_ENOMEM; or HP_EVM and one sentence. */
int hp_target_on(const hp_TargetOptions *options, hp_Target **target, char why[HP_REASON_SIZE]);

/* Listens at another socket where the one that was made was removed, as by who tidies up in
** /tmp; connections stay. HP_OK; or HP_EVM and one sentence: nobody listens now. */
int hp_target_mend(hp_Target *t, char why[HP_REASON_SIZE]);

/* Ends: its connections are told why, and closed. When it returns no thread of ours
** knows of the target; with the last one the thread ends. */
void hp_target_off(hp_Target *t, const char *why);

/* Its place in the array, from 0; the target at a place, in use or not. */
int hp_target_slot(const hp_Target *t);
hp_Target *hp_target_at(int slot);

/* Is the VM wanted, and not at it already? (a handler may ask) */
int hp_target_wanted(const hp_Target *t);

/* The thread that last ran the VM, and whether more than one has (a handler may ask). */
pid_t hp_target_thread(const hp_Target *t);
int hp_target_wanders(const hp_Target *t);

/* The VM runs in the calling thread, now. */
void hp_target_seen(hp_Target *t);

/* ---- where the thread was put off ---- */

/* In the handler: has a client come? Then the thread is started, or the target wanted. */
void hp_target_knock(const hp_Woken *woken);

/* From the VM's own thread, now and then: has a client come and no signal, or would none
** come any more? Nearly free. */
void hp_target_look(const hp_Target *t);

/* Starts it now: if a client has come; in any case. */
void hp_target_answer(void);
void hp_target_rouse(void);

/* Readable while the VM is wanted. */
int hp_target_descriptor(hp_Target *t); /* -1: there is none to be had */
const char *hp_target_path(const hp_Target *t);

/* How many jobs there are now. */
int hp_target_jobs(hp_Target *t);

/* Takes the next job: 1, or 0 where there is none (or one is being done). */
int hp_target_take(hp_Target *t, hp_Job *job);

/* Sends text to who asked for the job, soon: it is gathered until there is enough for a frame,
** or for a moment. Waits a little where the asker does not read. 0 if the job is broken off
** (hp_target_broken). */
int hp_target_out(hp_Target *t, const char *text, size_t n);

/* Why the job should end, in a few words; NULL where it may go on. Quick. */
const char *hp_target_broken(hp_Target *t);

/* Is none of its jobs with the VM? */
/* The same where a job is being done at all; any thread may ask, and a handler. */
const char *hp_target_breaks(hp_Target *t);

int hp_target_job_is_done(const hp_Target *t);

/* The answer to a completion: candidates as JSON strings with commas between. */
void hp_target_candidates(hp_Target *t, const char *list, size_t n, int64_t from);

/* What a glance found, as lines for a stat. */
void hp_target_glance(hp_Target *t, const char *lines, size_t n);

typedef struct hp_Outcome {
  int ok, more;
  const char *error; /* where it is not ok */
  size_t length;
  double paused; /* milliseconds */
} hp_Outcome;

void hp_target_done(hp_Target *t, const hp_Outcome *outcome);

#if defined(HP_TESTING)
/* From now on clients have so many times less time. */
void hp_hub_hurry(int times);
#endif

#endif
