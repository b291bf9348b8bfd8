/* What the kernel knows of this process and its threads. */
#ifndef HP_PROCESS_H
#define HP_PROCESS_H

#include "quote.h"

#include <stdint.h>
#include <sys/types.h>

/* Milliseconds of a clock that only goes forward; the same, some milliseconds late and nearly
** free; and since the epoch. */
int64_t hp_process_now(void);
int64_t hp_process_coarse(void);
int64_t hp_process_date(void);

/* The calling thread, as the kernel numbers it. */
pid_t hp_process_thread(void);

/* How a thread of this process is. */
typedef struct hp_ThreadState {
  char state;           /* 'R', 'S', 'D', 'T' ... as in /proc; 0: there is no such thread */
  char call[24];        /* the system call it sleeps in, or "" */
  uint64_t ticks;       /* processor time so far */
} hp_ThreadState;

void hp_process_thread_state(pid_t thread, hp_ThreadState *state);

/* Add to 't': the file that runs, the working directory; the command line as a JSON array. */
void hp_process_executable(hp_Text *t);
void hp_process_directory(hp_Text *t);
void hp_process_arguments(hp_Text *t);

/* A command line as a JSON array, of so many bytes at most: what is too long ends in "...". */
#define HP_ARGUMENTS_MOST ((size_t)24 << 10)

typedef struct hp_Arguments {
  hp_Text *text;
  size_t from;
} hp_Arguments;

void hp_arguments_begin(hp_Arguments *a, hp_Text *text);
int hp_arguments_add(hp_Arguments *a, const char *s, size_t n); /* 0: no more of them */
void hp_arguments_end(hp_Arguments *a);

#endif
