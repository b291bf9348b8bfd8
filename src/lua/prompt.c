/* A program that waits for a line with GNU Readline: see prompt.h. */
#include "prompt.h"

#include <dlfcn.h>
#include <stddef.h>

/* Looked up among what the program itself has loaded: heapy is linked with no Readline. */
static int (**place(void))(void) {
  return (int (**)(void))dlsym(RTLD_DEFAULT, "rl_signal_event_hook");
}

void hp_prompt_begin(int (*hook)(void)) {
  int (**at)(void) = place();
  if (at != NULL && *at == NULL) *at = hook;
}

void hp_prompt_end(int (*hook)(void)) {
  int (**at)(void) = place();
  if (at != NULL && *at == hook) *at = NULL;
}
