/* The codes every core function answers with: HP_OK or a negative number.
** Results go out through pointers, which stay untouched on failure. */
#ifndef HP_ERROR_H
#define HP_ERROR_H

enum {
  HP_OK = 0,
  HP_ENOMEM = -1, /* malloc or mmap refused */
  HP_ELIMIT = -2, /* the heap is larger than the store's 32-bit ids */
  HP_EVM = -3     /* the VM's memory does not look as its release says */
};

#endif
