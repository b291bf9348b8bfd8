/* Fault-free reads: see peek.h. */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "peek.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/syscall.h>
#include <sys/uio.h>
#endif

#define CHUNK 4096 /* what an empty pipe always takes whole (PIPE_BUF on Linux) */

#if defined(HP_TESTING)
static int refused;
void hp_peek_refuse(int on) { refused = on; }
#else
#define refused 0
#endif

static int read_directly(pid_t pid, void *to, const void *from, size_t n) {
#if defined(__linux__)
  struct iovec here, there;
  here.iov_base = to;
  here.iov_len = n;
  there.iov_base = (void *)(uintptr_t)from;
  there.iov_len = n;
  return !refused && process_vm_readv(pid, &here, 1, &there, 1, 0) == (ssize_t)n;
#else
  (void)pid, (void)to, (void)from, (void)n;
  return 0;
#endif
}

/* The bare system call where there is one: sanitizers check what the C
** library's write is given, and here a bad pointer is the very question. */
static ssize_t write_wild(int fd, const void *from, size_t n) {
#if defined(__linux__)
  return (ssize_t)syscall(SYS_write, fd, from, n);
#else
  return write(fd, from, n);
#endif
}

static int through_pipe(hp_Peek *k, char *to, const char *from, size_t n) {
  int into = hp_descriptor_get(&k->in), from_it = hp_descriptor_get(&k->out);
  ssize_t in, out;
  if (into < 0 || from_it < 0) return 0; /* the program has closed it: nothing can be read */
  do in = write_wild(into, from, n);
  while (in < 0 && errno == EINTR);
  if (in <= 0) return 0;
  do out = read(from_it, to, (size_t)in); /* drains it, also after a short write */
  while (out < 0 && errno == EINTR);
  return in == (ssize_t)n && out == in;
}

static int set_flags(int fd) {
  return fd >= 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

int hp_peek_open(hp_Peek *k) {
  pid_t pid = getpid();
  pid_t seen = 0;
  int ends[2];
  k->pid = 0;
  hp_descriptor_know(&k->out, -1);
  hp_descriptor_know(&k->in, -1);
  if (read_directly(pid, &seen, &pid, sizeof seen) && seen == pid) {
    k->pid = pid;
    return HP_OK;
  }
  if (pipe(ends) != 0) return HP_EVM;
  hp_descriptor_own(&k->out, ends[0]);
  hp_descriptor_own(&k->in, ends[1]);
  return set_flags(k->out.fd) && set_flags(k->in.fd) ? HP_OK : HP_EVM;
}

void hp_peek_close(hp_Peek *k) {
  hp_descriptor_close(&k->out);
  hp_descriptor_close(&k->in);
}

int hp_peek(hp_Peek *k, void *to, const void *from, size_t n) {
  uintptr_t at = (uintptr_t)from;
  char *out = (char *)to;
  size_t done;
  if (n == 0) return 1;
  if (at < CHUNK || at + n < at) return 0;
  if (k->pid != 0) return read_directly(k->pid, to, from, n);
  for (done = 0; done < n; done += CHUNK) {
    size_t part = n - done < CHUNK ? n - done : CHUNK;
    if (!through_pipe(k, out + done, (const char *)(at + done), part)) return 0;
  }
  return 1;
}
