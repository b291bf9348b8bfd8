/* Asleep or not: see asleep.h. By the machine's registers, as the kernel left them.
**
** A call that ended because of the signal (poll, epoll_wait, select, nanosleep) has returned
** -EINTR, and the last instruction is the one that calls the kernel. What malloc and the loader
** ask for (memory, the contents of files) never ends so, and waiting for a lock neither: that
** is taken up again.
**
** A call that is taken up again is the next instruction, with its number where the kernel looks
** for it. Then it must be one of a list, which locks are not on. */
#include "asleep.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

typedef struct Registers {
  uintptr_t next; /* address of the next instruction */
  long result;    /* of a call that is over */
  long number;    /* of a call that is next */
  long first;     /* its first argument */
} Registers;

#if defined(__x86_64__)
#define CALL "\x0f\x05" /* syscall */
static void read_registers(const ucontext_t *u, Registers *r) {
  const greg_t *g = u->uc_mcontext.gregs;
  r->next = (uintptr_t)g[REG_RIP];
  r->result = r->number = (long)g[REG_RAX];
  r->first = (long)g[REG_RDI];
}
#elif defined(__aarch64__)
#define CALL "\x01\x00\x00\xd4" /* svc #0: instructions have this order of bytes on any */
static void read_registers(const ucontext_t *u, Registers *r) {
  r->next = (uintptr_t)u->uc_mcontext.pc;
  r->result = r->first = (long)u->uc_mcontext.regs[0];
  r->number = (long)u->uc_mcontext.regs[8];
}
#endif

#if defined(CALL)

#define LENGTH (sizeof CALL - 1)

/* Where code cannot be read, or the kernel does not say so, it is none. */
static int is_call(uintptr_t at) {
  char bytes[LENGTH];
  struct iovec here = {bytes, LENGTH}, there = {(void *)at, LENGTH};
  return process_vm_readv(getpid(), &here, 1, &there, 1, 0) == (ssize_t)LENGTH &&
         memcmp(bytes, CALL, LENGTH) == 0;
}

/* The loader reads files, malloc some of the kernel's; neither reads anything else. */
static int is_no_file(long fd) {
  struct stat st;
  return fstat((int)fd, &st) == 0 && !S_ISREG(st.st_mode);
}

/* Those that wait, and are taken up again. */
static int waits(const Registers *r) {
  switch (r->number) {
    case SYS_read:
    case SYS_readv: return is_no_file(r->first);
    case SYS_recvfrom:
    case SYS_recvmsg:
    case SYS_accept:
    case SYS_accept4:
    case SYS_connect:
    case SYS_wait4:
    case SYS_waitid: return 1;
    default: return 0;
  }
}

int hp_asleep(const void *context) {
  Registers r;
  read_registers(context, &r);
  if (r.result == -EINTR && is_call(r.next - LENGTH)) return 1;
  return is_call(r.next) && waits(&r);
}

#else

int hp_asleep(const void *context) {
  (void)context;
  return 0;
}

#endif
