/* Directories and sockets: see place.h.
**
** A directory in a place where anybody can write, such as /tmp, may have been put there
** by somebody else. So it is opened without following links, and what was opened is
** looked at: its owner and its mode. Where it is ours and closed to others nobody else
** can put anything in it, or take it away while the place is sticky. */
#include "place.h"

#include "base/error.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 8
#define STATES 64 /* of one process: see HP_TARGETS */
#define TRIES 64

__attribute__((format(printf, 2, 3))) static int fail(char why[HP_REASON_SIZE],
                                                      const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(why, HP_REASON_SIZE, format, arguments);
  va_end(arguments);
  return HP_EVM;
}

/* ---- the directory -------------------------------------------------------- */

static int join(char path[HP_PATH_SIZE], const char *a, const char *b) {
  int n = snprintf(path, HP_PATH_SIZE, "%s%s", a, b);
  return n > 0 && n < HP_PATH_SIZE;
}

/* The environment may be another user's, as after su. */
static int is_own(const char *path) {
  struct stat st;
  return path != NULL && *path == '/' && stat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
         st.st_uid == geteuid() && (st.st_mode & 022) == 0;
}

/* A slash at the end would have a link followed. */
static void trim(char path[HP_PATH_SIZE]) {
  size_t n = strlen(path);
  while (n > 1 && path[n - 1] == '/') path[--n] = 0;
}

static int choose(const char *dir, char path[HP_PATH_SIZE]) {
  const char *run = getenv("XDG_RUNTIME_DIR");
  char own[32];
  if (dir == NULL) dir = getenv("HEAPY_DIR");
  if (dir != NULL && *dir != 0) return join(path, dir, "");
  if (is_own(run)) return join(path, run, "/heapy");
  (void)snprintf(own, sizeof own, "/tmp/heapy-%lu", (unsigned long)geteuid());
  return join(path, own, "");
}

/* What was opened is what is judged. */
static int judge(int fd, const char *path, char why[HP_REASON_SIZE]) {
  struct stat st;
  if (fstat(fd, &st) != 0) return fail(why, "%s: %s", path, strerror(errno));
  if (st.st_uid != geteuid())
    return fail(why, "%s belongs to another user (uid %lu)", path, (unsigned long)st.st_uid);
  if (st.st_mode & 077)
    return fail(why, "%s is open to other users (mode %04o; 0700 is needed)", path,
                (unsigned)(st.st_mode & 07777));
  return HP_OK;
}

int hp_place_directory(const char *dir, char path[HP_PATH_SIZE], char why[HP_REASON_SIZE]) {
  int fd, rc;
  if (!choose(dir, path)) return fail(why, "the name of the directory is too long");
  if (path[0] != '/') return fail(why, "%s is not an absolute path", path);
  trim(path);
  if (mkdir(path, 0700) != 0 && errno != EEXIST)
    return fail(why, "cannot make %s: %s", path, strerror(errno));
  fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
    return fail(why, "%s is not a directory, or a symbolic link", path);
  if (fd < 0) return fail(why, "cannot open %s: %s", path, strerror(errno));
  rc = judge(fd, path, why);
  (void)close(fd);
  return rc;
}

int hp_place_last_directory(char path[HP_PATH_SIZE], char why[HP_REASON_SIZE]) {
  char own[32];
  (void)snprintf(own, sizeof own, "/tmp/heapy-%lu", (unsigned long)geteuid());
  return hp_place_directory(own, path, why);
}

/* ---- sockets -------------------------------------------------------------- */

static int new_socket(void) {
  return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static void address_of(struct sockaddr_un *address, const char *path) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  (void)snprintf(address->sun_path, sizeof address->sun_path, "%s", path);
}

/* A process of another pid namespace may answer though its pid is nobody's here, or ours. */
static int answers(const char *path) {
  struct sockaddr_un address;
  int fd = new_socket(), rc;
  if (fd < 0) return 1;
  address_of(&address, path);
  rc = connect(fd, (struct sockaddr *)&address, sizeof address);
  rc = rc == 0 || errno != ECONNREFUSED;
  (void)close(fd);
  return rc;
}

static int try_to_bind(int fd, const char *path) {
  struct sockaddr_un address;
  address_of(&address, path);
  return bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
}

/* The mode is given before the name is there for others to see. What lies there and does not
** answer was left by a process long gone that had the same number. */
static int bind_and_listen(int fd, const char *path) {
  if (fchmod(fd, 0600) != 0) return 0;
  if (!try_to_bind(fd, path)) {
    if (errno != EADDRINUSE) return 0;
    if (answers(path)) {
      errno = EADDRINUSE;
      return 0;
    }
    (void)unlink(path);
    if (!try_to_bind(fd, path)) return 0;
  }
  return listen(fd, BACKLOG) == 0;
}

static int know(hp_Place *place) {
  struct stat st;
  if (lstat(place->path, &st) != 0) return 0;
  place->device = (uint64_t)st.st_dev;
  place->inode = (uint64_t)st.st_ino;
  return 1;
}

int hp_place_is_there(const hp_Place *place) {
  hp_Place now = *place;
  return place->inode != 0 && know(&now) && now.device == place->device &&
         now.inode == place->inode;
}

void hp_place_leave(const hp_Place *place) {
  if (hp_place_is_there(place)) (void)unlink(place->path);
}

int hp_place_listen(const char *directory, pid_t pid, int state, hp_Place *place,
                    char why[HP_REASON_SIZE]) {
  char name[48];
  int fd = new_socket(), tries;
  for (tries = 0; fd >= 0 && tries < TRIES; tries++, state += STATES) {
    (void)snprintf(name, sizeof name, "/%ld-%d.sock", (long)pid, state);
    if (!join(place->path, directory, name)) {
      (void)fail(why, "the path of a socket in %s would be too long (%d bytes at most)", directory,
                 HP_PATH_SIZE - 1);
      (void)close(fd);
      return -1;
    }
    if (bind_and_listen(fd, place->path) && know(place)) return fd;
    if (errno != EADDRINUSE) break;
  }
  (void)fail(why, "cannot listen on %s: %s", place->path, strerror(errno));
  if (fd >= 0) (void)close(fd);
  return -1;
}

/* ---- what others left ----------------------------------------------------- */

static pid_t pid_of(const char *name) {
  char *end;
  long pid = strtol(name, &end, 10);
  size_t n = strlen(name);
  if (pid <= 0 || *end != '-' || n < 5 || strcmp(name + n - 5, ".sock") != 0) return 0;
  return (pid_t)pid;
}

/* Where the number is another process's by now a monitor sweeps: who lives is not asked here, as
** it would take that for an attach. */
static void sweep_one(const char *directory, const char *name) {
  char path[HP_PATH_SIZE];
  pid_t pid = pid_of(name);
  if (pid == 0 || kill(pid, 0) == 0 || errno != ESRCH) return;
  if (snprintf(path, sizeof path, "%s/%s", directory, name) >= (int)sizeof path) return;
  if (!answers(path)) (void)unlink(path);
}

void hp_place_sweep(const char *directory) {
  DIR *dir = opendir(directory);
  struct dirent *entry;
  if (dir == NULL) return;
  while ((entry = readdir(dir)) != NULL) sweep_one(directory, entry->d_name);
  (void)closedir(dir);
}

/* ---- who is there --------------------------------------------------------- */

int hp_place_admits(int fd, uid_t *uid, pid_t *pid) {
  struct ucred peer;
  socklen_t n = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) != 0 || n != sizeof peer) return 0;
  *uid = peer.uid;
  *pid = peer.pid;
  return peer.uid == geteuid() || peer.uid == 0;
}
