/* The program's terminal, while a command runs in it.
**
** A job in the background that reads its terminal, or sets it, is stopped by the system with a
** signal: io.read() in a console would stop the whole program. A thread that holds these signals
** back gets an error instead; so do programs that the command starts. */
#ifndef HP_TERMINAL_H
#define HP_TERMINAL_H

/* Holds them back in this thread; what to give to hp_terminal_release. */
unsigned hp_terminal_hold(void);
void hp_terminal_release(unsigned held);

#endif
