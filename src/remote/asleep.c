/* Asleep or not: see asleep.h. By the machine's registers, as the kernel left them.
**
** A call that ended because of the signal (poll, epoll_wait, select, nanosleep) has returned
** -EINTR, and the last instruction is the one that calls the kernel. What malloc and the loader
** ask for (memory, the contents of files) never ends so, and waiting for a lock neither: that
** is taken up again.
**
** A call that is taken up again is the next instruction, with its number where the kernel looks
** for it. Then it must be one of a list, which locks are not on.
**
** All handlers return to the same place, which calls the kernel to end them. Where the stack
** knows no handler that would return there, none was interrupted. What is left of one that is
** over may look like it: then the thread is taken for awake. */
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
  uintptr_t stack;
  long result;    /* of a call that is over */
  long number;    /* of a call that is next */
  long first;     /* its first argument */
} Registers;

#if defined(__x86_64__)
#define CALL "\x0f\x05" /* syscall */
static void read_registers(const ucontext_t *u, Registers *r) {
  const greg_t *g = u->uc_mcontext.gregs;
  r->next = (uintptr_t)g[REG_RIP];
  r->stack = (uintptr_t)g[REG_RSP];
  r->result = r->number = (long)g[REG_RAX];
  r->first = (long)g[REG_RDI];
}
#elif defined(__aarch64__)
#define CALL "\x01\x00\x00\xd4" /* svc #0: instructions have this order of bytes on any */
static void read_registers(const ucontext_t *u, Registers *r) {
  r->next = (uintptr_t)u->uc_mcontext.pc;
  r->stack = (uintptr_t)u->uc_mcontext.sp;
  r->result = r->first = (long)u->uc_mcontext.regs[0];
  r->number = (long)u->uc_mcontext.regs[8];
}
#endif

#if defined(CALL)

#define LENGTH (sizeof CALL - 1)
#define PAGE 4096
#define REACH ((uintptr_t)1 << 20) /* bytes of stack that are looked at */

/* 0 where there is nothing to read, or a filter of system calls forbids it. */
static int read_memory(void *to, uintptr_t from, size_t n) {
  struct iovec here = {to, n}, there = {(void *)from, n};
  return process_vm_readv(getpid(), &here, 1, &there, 1, 0) == (ssize_t)n;
}

static int is_call(uintptr_t at) {
  char bytes[LENGTH];
  return read_memory(bytes, at, LENGTH) && memcmp(bytes, CALL, LENGTH) == 0;
}

#if defined(__x86_64__)
#define USER_CODE 0x33 /* the segment of a program's code */
/* The kernel puts the address on the stack with what it interrupted above it. The C library
** puts it there, too, when it asks for a handler. */
static int is_frame(uintptr_t at) {
  greg_t segments;
  size_t place = offsetof(ucontext_t, uc_mcontext) + REG_CSGSFS * sizeof segments;
  return read_memory(&segments, at + sizeof at + place, sizeof segments) &&
         (segments & 0xffff) == USER_CODE;
}
#else
/* The handler saved it itself. */
static int is_frame(uintptr_t at) {
  (void)at;
  return 1;
}
#endif

/* Does the stack know one, from 'at' to its beginning? */
static int is_in_handler(uintptr_t at, const void *back) {
  uintptr_t words[PAGE / sizeof(uintptr_t)], end = at + REACH;
  for (at &= ~(uintptr_t)(sizeof at - 1); at < end; at += PAGE - at % PAGE) {
    size_t i, n = PAGE - at % PAGE;
    if (!read_memory(words, at, n)) return 0;
    for (i = 0; i < n / sizeof *words; i++)
      if (words[i] == (uintptr_t)back && is_frame(at + i * sizeof *words)) return 1;
  }
  return 0;
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

static int is_waiting(const Registers *r) {
  if (r->result == -EINTR && is_call(r->next - LENGTH)) return 1;
  return is_call(r->next) && waits(r);
}

int hp_asleep(const void *context, const void *back) {
  Registers r;
  read_registers(context, &r);
  return is_waiting(&r) && !is_in_handler(r.stack, back);
}

#else

int hp_asleep(const void *context, const void *back) {
  (void)context, (void)back;
  return 0;
}

#endif
