/* Where a target's socket lies: a directory that only its user can enter. */
#ifndef HP_PLACE_H
#define HP_PLACE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HP_PATH_SIZE 108 /* what a socket's address takes */
#define HP_REASON_SIZE 256

/* Makes the directory if need be and holds that it is the user's own, of mode 0700 and
** no symbolic link. 'dir' NULL: $HEAPY_DIR; or $XDG_RUNTIME_DIR/heapy where that is there and
** the user's; or /tmp/heapy-UID. HP_OK with its name; or HP_EVM and one sentence. */
int hp_place_directory(const char *dir, char path[HP_PATH_SIZE], char why[HP_REASON_SIZE]);

/* The last of these. */
int hp_place_last_directory(char path[HP_PATH_SIZE], char why[HP_REASON_SIZE]);

/* A socket's name, and what lies there. A zeroed one is none. */
typedef struct hp_Place {
  char path[HP_PATH_SIZE];
  uint64_t device, inode;
} hp_Place;

/* Listens on DIRECTORY/PID-STATE.sock, mode 0600; where somebody of the same number listens
** (in another namespace of processes), on the next STATE that is free. The descriptor, or -1
** and one sentence. */
int hp_place_listen(const char *directory, pid_t pid, int state, hp_Place *place,
                    char why[HP_REASON_SIZE]);

/* Is it still the one that was made? */
int hp_place_is_there(const hp_Place *place);

/* Removes it, if it still is the one that was made. */
void hp_place_leave(const hp_Place *place);

/* Removes the sockets in the directory whose process is gone. */
void hp_place_sweep(const char *directory);

/* Who is at the other end of a socket; may it look into this process? */
int hp_place_admits(int fd, uid_t *uid, pid_t *pid);

#endif
