/* base/path.h - where kith's files are (XDG), and making and checking them */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include <sys/types.h>

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"

enum path_dir { PATH_CONFIG, PATH_DATA, PATH_STATE, PATH_CACHE, PATH_RUNTIME };

/* Owned "$XDG_..._HOME/kith/name" (name may be NULL). PATH_RUNTIME without XDG_RUNTIME_DIR:
 * "/tmp/kith-UID", made, and checked to be ours and 0700. profile overrides: path_set_root puts all five below one
 * directory (-c DIR, tests): DIR itself is PATH_CONFIG, the others are DIR/data, DIR/state, DIR/cache, DIR/run.
 * Makes no directory but the fallback. NULL + *e when no place can be found or it is not ours. */
char *path_of(enum path_dir dir, const char *name, struct err *e);
void path_set_root(const char *dir);
const char *path_root(void); /* NULL when not set */
char *path_join(const char *a, const char *b);
char *path_expand(const char *p); /* "~/" */
int path_mkdirs(const char *dir, mode_t mode, struct err *e); /* with parents; 0 or negative */
/* 0 when path is ours, not a link, and others cannot do `forbid` (mode bits); else negative and a sentence. */
int path_check(const char *path, mode_t forbid, struct err *e);
/* Reads a whole file (at most max bytes). 0 or negative. */
int path_read(const char *path, size_t max, struct buf *out, struct err *e);
/* Writes to a temporary file beside it, fsync, rename; mode 0600. */
int path_write(const char *path, const void *data, size_t len, struct err *e);

#endif
