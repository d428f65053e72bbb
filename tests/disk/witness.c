/* Loaded before a station: writes down, in order, whatever it asks of the disk below one folder, and kills it after so
 * many of these steps if it is told to.
 *
 *   LOA_DISK_ROOT   the folder, absolute
 *   LOA_DISK_LOG    where the steps are written down
 *   LOA_DISK_CUT    after so many steps the process dies; unset or 0: never
 *
 * A step is a line, and the bytes that it wrote where there are any:
 *   MILLISECONDS open FD CREATES TRUNCATES PATH | close FD | dup FD NEW | write FD OFFSET LENGTH | size FD LENGTH
 *   | sync FD | rename FROM TAB TO | unlink PATH | mkdir PATH
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define FDS 65536
static char watched[FDS];
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;
static long cut, steps;
static const char *root;
static size_t root_length;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("LOA_DISK_LOG");
  root = getenv("LOA_DISK_ROOT");
  if (!path || !root) return;
  root_length = strlen(root);
  const char *after = getenv("LOA_DISK_CUT");
  cut = after ? atol(after) : 0;
  log_fd = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* The path below the folder, made absolute; none elsewhere. */
static const char *below(const char *path, char *whole, size_t room) {
  if (log_fd < 0 || !path) return NULL;
  if (path[0] == '/') {
    snprintf(whole, room, "%s", path);
  } else {
    char here[4096];
    if (!getcwd(here, sizeof here)) return NULL;
    snprintf(whole, room, "%s/%s", here, path);
  }
  if (strncmp(whole, root, root_length) != 0) return NULL;
  if (whole[root_length] == 0) return "";
  return whole[root_length] == '/' ? whole + root_length + 1 : NULL;
}

static int is_watched(int fd) { return log_fd >= 0 && fd >= 0 && fd < FDS && watched[fd]; }

/* Writes a step down; `counts` for those that change the disk. */
static void note(int counts, const void *data, size_t length, const char *format, ...) {
  char line[8400];
  struct timespec now;
  int saved = errno;
  clock_gettime(CLOCK_REALTIME, &now);
  int at = snprintf(line, 32, "%lld ", (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000);
  va_list rest;
  va_start(rest, format);
  at += vsnprintf(line + at, sizeof line - at - 2, format, rest);
  va_end(rest);
  line[at++] = '\n';
  struct iovec parts[2] = {{line, (size_t)at}, {(void *)data, length}};
  if (syscall(SYS_writev, log_fd, parts, length ? 2 : 1) < 0) _exit(99);
  if (counts && ++steps == cut) kill(getpid(), SIGKILL);
  errno = saved;
}

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
#define LOCK pthread_mutex_lock(&turn)
#define UNLOCK pthread_mutex_unlock(&turn)

static void opened(int fd, int flags, const char *path) {
  char whole[4200];
  const char *name = below(path, whole, sizeof whole);
  if (fd < 0 || fd >= FDS) return;
  watched[fd] = name != NULL;
  if (name) note(flags & (O_CREAT | O_TRUNC), NULL, 0, "open %d %d %d %s", fd, !!(flags & O_CREAT), !!(flags & O_TRUNC), name);
}

#define OPEN(name)                                                                   \
  int name(const char *path, int flags, ...) {                                       \
    REAL(name);                                                                      \
    mode_t mode = 0;                                                                 \
    if (flags & (O_CREAT | O_TMPFILE)) { va_list r; va_start(r, flags); mode = va_arg(r, mode_t); va_end(r); } \
    LOCK; int fd = real(path, flags, mode); opened(fd, flags, path); UNLOCK;         \
    return fd;                                                                       \
  }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                 \
  int name(int dir, const char *path, int flags, ...) {                              \
    REAL(name);                                                                      \
    mode_t mode = 0;                                                                 \
    if (flags & (O_CREAT | O_TMPFILE)) { va_list r; va_start(r, flags); mode = va_arg(r, mode_t); va_end(r); } \
    LOCK; int fd = real(dir, path, flags, mode);                                     \
    if (dir == AT_FDCWD || path[0] == '/') opened(fd, flags, path);                  \
    UNLOCK; return fd;                                                               \
  }
OPENAT(openat)
OPENAT(openat64)

int close(int fd) {
  REAL(close);
  LOCK;
  if (is_watched(fd)) { note(0, NULL, 0, "close %d", fd); watched[fd] = 0; }
  int done = real(fd);
  UNLOCK;
  return done;
}

#define FCNTL(name)                                                                  \
  int name(int fd, int what, ...) {                                                  \
    REAL(name);                                                                      \
    va_list rest; va_start(rest, what); void *with = va_arg(rest, void *); va_end(rest); \
    if (what != F_DUPFD && what != F_DUPFD_CLOEXEC) return real(fd, what, with);     \
    LOCK; int copy = real(fd, what, with);                                           \
    if (copy >= 0 && copy < FDS) { watched[copy] = is_watched(fd); if (watched[copy]) note(0, NULL, 0, "dup %d %d", fd, copy); } \
    UNLOCK; return copy;                                                             \
  }
FCNTL(fcntl)
FCNTL(fcntl64)

ssize_t write(int fd, const void *data, size_t length) {
  REAL(write);
  if (!is_watched(fd)) return real(fd, data, length);
  LOCK;
  ssize_t done = real(fd, data, length);
  /* Where the file stands now, also where every write goes to its end. */
  if (done > 0) note(1, data, done, "write %d %lld %lld", fd, (long long)lseek(fd, 0, SEEK_CUR) - done, (long long)done);
  UNLOCK;
  return done;
}

#define PWRITE(name, offset_type)                                                    \
  ssize_t name(int fd, const void *data, size_t length, offset_type at) {            \
    REAL(name);                                                                      \
    if (!is_watched(fd)) return real(fd, data, length, at);                          \
    LOCK; ssize_t done = real(fd, data, length, at);                                 \
    if (done > 0) note(1, data, done, "write %d %lld %lld", fd, (long long)at, (long long)done); \
    UNLOCK; return done;                                                             \
  }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define TRUNCATE(name, offset_type)                                                  \
  int name(int fd, offset_type length) {                                             \
    REAL(name);                                                                      \
    LOCK; int done = real(fd, length);                                               \
    if (done == 0 && is_watched(fd)) note(1, NULL, 0, "size %d %lld", fd, (long long)length); \
    UNLOCK; return done;                                                             \
  }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define SYNC(name)                                                                   \
  int name(int fd) {                                                                 \
    REAL(name);                                                                      \
    LOCK; int done = real(fd);                                                       \
    if (done == 0 && is_watched(fd)) note(1, NULL, 0, "sync %d", fd);                \
    UNLOCK; return done;                                                             \
  }
SYNC(fsync)
SYNC(fdatasync)

int rename(const char *from, const char *to) {
  REAL(rename);
  char a[4200], b[4200];
  LOCK;
  int done = real(from, to);
  const char *old = below(from, a, sizeof a), *new_name = below(to, b, sizeof b);
  if (done == 0 && old && new_name) note(1, NULL, 0, "rename %s\t%s", old, new_name);
  UNLOCK;
  return done;
}

int unlink(const char *path) {
  REAL(unlink);
  char whole[4200];
  LOCK;
  int done = real(path);
  const char *name = below(path, whole, sizeof whole);
  if (done == 0 && name) note(1, NULL, 0, "unlink %s", name);
  UNLOCK;
  return done;
}

int mkdir(const char *path, mode_t mode) {
  REAL(mkdir);
  char whole[4200];
  LOCK;
  int done = real(path, mode);
  const char *name = below(path, whole, sizeof whole);
  if (done == 0 && name && *name) note(1, NULL, 0, "mkdir %s", name);
  UNLOCK;
  return done;
}
