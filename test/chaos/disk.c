// Loaded before a program (LD_PRELOAD): writes down what it does to the files of one directory, in order, and lets one
// call fail. See recorded-disk.ts.
//   DISK_ROOT  the directory   DISK_RECORD  where to write it down   DISK_FAIL  e.g. sync:taskscribe.db-wal:3
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES 4096
static char *paths[FILES];
static int appends[FILES];
static int record = -1;
static size_t root_length;
static const char *root;
static char fail_kind[16], fail_name[256];
static int fail_nth;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) ((__typeof__(&name))real(#name))
static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void begin(void) {
  root = getenv("DISK_ROOT");
  const char *file = getenv("DISK_RECORD"), *fail = getenv("DISK_FAIL");
  if (root == NULL || file == NULL) return;
  root_length = strlen(root);
  if (fail != NULL) sscanf(fail, "%15[^:]:%255[^:]:%d", fail_kind, fail_name, &fail_nth);
  record = REAL(open)(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

// A line: what, name, offset, length; then so many bytes.
static void note(const char *what, const char *path, long long at, const void *bytes, size_t length) {
  char head[PATH_MAX + 64];
  const char *name = path[root_length] == '/' ? path + root_length + 1 : ".";
  int size = snprintf(head, sizeof head, "%s %s %lld %zu\n", what, name, at, length);
  struct iovec parts[2] = {{head, (size_t)size}, {(void *)bytes, length}};
  if (REAL(writev)(record, parts, bytes == NULL ? 1 : 2) < 0) abort();
}

static int fails(const char *kind, const char *path) {
  if (strcmp(kind, fail_kind) != 0 || path[root_length] != '/') return 0;
  if (strcmp(path + root_length + 1, fail_name) != 0) return 0;
  return --fail_nth == 0;
}

static char *path_of(int fd) { return record >= 0 && fd >= 0 && fd < FILES ? paths[fd] : NULL; }

static int opened(int fd, const char *path, int flags) {
  if (record < 0 || fd < 0 || fd >= FILES || strncmp(path, root, root_length) != 0) return fd;
  if (path[root_length] != '/' && path[root_length] != '\0') return fd;
  pthread_mutex_lock(&lock);
  free(paths[fd]);
  paths[fd] = strdup(path);
  appends[fd] = (flags & O_APPEND) != 0;
  if (flags & O_CREAT) note("open", path, 0, NULL, 0);
  if (flags & O_TRUNC) note("truncate", path, 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  return fd;
}

#define OPEN(name)                                          \
  int name(const char *path, int flags, ...) {              \
    va_list more;                                           \
    va_start(more, flags);                                  \
    mode_t mode = va_arg(more, mode_t);                     \
    va_end(more);                                           \
    return opened(REAL(name)(path, flags, mode), path, flags); \
  }
OPEN(open)
OPEN(open64)

int close(int fd) {
  if (path_of(fd) != NULL) {
    pthread_mutex_lock(&lock);
    free(paths[fd]);
    paths[fd] = NULL;
    pthread_mutex_unlock(&lock);
  }
  return REAL(close)(fd);
}

static ssize_t written(int fd, const void *bytes, size_t length, off_t at) {
  char *path = paths[fd];
  pthread_mutex_lock(&lock);
  ssize_t done = -1;
  if (fails("write", path)) errno = EIO;
  else {
    if (at < 0) at = lseek(fd, 0, appends[fd] ? SEEK_END : SEEK_CUR);
    done = REAL(pwrite)(fd, bytes, length, at);
    if (done > 0) note("write", path, at, bytes, (size_t)done);
  }
  pthread_mutex_unlock(&lock);
  return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) {
  return path_of(fd) ? written(fd, bytes, length, at) : REAL(pwrite)(fd, bytes, length, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) {
  return path_of(fd) ? written(fd, bytes, length, at) : REAL(pwrite64)(fd, bytes, length, at);
}

ssize_t write(int fd, const void *bytes, size_t length) {
  if (path_of(fd) == NULL) return REAL(write)(fd, bytes, length);
  ssize_t done = written(fd, bytes, length, -1);
  if (done > 0 && !appends[fd]) lseek(fd, done, SEEK_CUR);
  return done;
}

static int cut(int fd, off_t length, int failed) {
  if (failed == 0 && path_of(fd)) {
    pthread_mutex_lock(&lock);
    note("truncate", paths[fd], length, NULL, 0);
    pthread_mutex_unlock(&lock);
  }
  return failed;
}

int ftruncate(int fd, off_t length) { return cut(fd, length, REAL(ftruncate)(fd, length)); }
int ftruncate64(int fd, off64_t length) { return cut(fd, length, REAL(ftruncate64)(fd, length)); }

// After a sync that failed the system takes the pages for clean: nothing of them is written any more.
static int synced(int fd, int (*sync)(int)) {
  if (path_of(fd) == NULL) return sync(fd);
  pthread_mutex_lock(&lock);
  int failed = fails("sync", paths[fd]) ? -1 : 0;
  note(failed ? "lose" : "sync", paths[fd], 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  if (failed) errno = EIO;
  return failed;
}

int fsync(int fd) { return synced(fd, REAL(fsync)); }
int fdatasync(int fd) { return synced(fd, REAL(fdatasync)); }

int unlink(const char *path) {
  int failed = REAL(unlink)(path);
  if (failed == 0 && record >= 0 && strncmp(path, root, root_length) == 0) {
    pthread_mutex_lock(&lock);
    note("unlink", path, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
  }
  return failed;
}
