/* Where a target's socket lies: a directory that only its user can enter. */
#ifndef HP_PLACE_H
#define HP_PLACE_H

#include <stddef.h>
#include <sys/types.h>

#define HP_PATH_SIZE 108 /* what a socket's address takes */
#define HP_REASON_SIZE 256

/* Makes the directory if need be and holds that it is the user's own, of mode 0700 and
** no symbolic link. 'dir' NULL: $HEAPY_DIR, $XDG_RUNTIME_DIR/heapy, /tmp/heapy-UID, the
** first whose variable is set. HP_OK with its name; or HP_EVM and one sentence. */
int hp_place_directory(const char *dir, char path[HP_PATH_SIZE], char why[HP_REASON_SIZE]);

/* Listens on DIRECTORY/PID-STATE.sock, mode 0600. The descriptor, or -1 and one sentence. */
int hp_place_listen(const char *directory, pid_t pid, int state, char path[HP_PATH_SIZE],
                    char why[HP_REASON_SIZE]);

/* Removes the sockets in the directory whose process is gone. */
void hp_place_sweep(const char *directory);

/* Who is at the other end of a socket; may it look into this process? */
int hp_place_admits(int fd, uid_t *uid, pid_t *pid);

#endif
