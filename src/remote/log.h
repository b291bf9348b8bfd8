/* The log: a line for each who comes. Lines are noted with the hub's lock and written by the
** thread without it: what they are written to is the program's, and may take nothing. */
#ifndef HP_LOG_H
#define HP_LOG_H

#include "remote.h"

#define HP_LOG_PATH 1024

/* Remembers what standard error is. */
void hp_log_begin(void);

/* Makes a path absolute, and opens it once. HP_OK; or HP_EVM and one sentence. */
int hp_log_find(const char *name, char path[HP_LOG_PATH], char why[HP_REASON_SIZE]);

/* ---- with the hub's lock ---- */

/* Has it no room for another line? Then nobody can be let in, until what is noted is written. */
int hp_log_is_full(void);
void hp_log_attach(const hp_Target *t, uid_t uid, pid_t pid, const char *what);
void hp_log_failure(const hp_Target *t, const char *why);

/* Writes what was noted; the lock is let go meanwhile. */
void hp_log_write(void);

/* In a child: what was noted is the parent's. */
void hp_log_forget(void);

#endif
