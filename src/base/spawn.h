/* base/spawn.h - starting other programs with exactly the descriptors and environment they need */
#ifndef BASE_SPAWN_H
#define BASE_SPAWN_H

#include <sys/types.h>

#include "base/base.h"
#include "base/err.h"

struct spawn_fd { int from, to; };
struct spawn {
    const char *path;          /* absolute, or found in PATH */
    const char *const *argv;   /* NULL-terminated; argv[0] included */
    const char *const *env;    /* NULL-terminated additions "K=V"; the rest is a fixed list of harmless ones
                                  (HOME PATH USER LOGNAME LANG LC_* TERM TERMINFO TERMINFO_DIRS TZ TMPDIR XDG_* DBUS_* DISPLAY WAYLAND_DISPLAY
                                  SSH_AUTH_SOCK GPG_* KITH_* ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS) */
    int fd_stdin, fd_stdout, fd_stderr; /* -1 = /dev/null */
    const struct spawn_fd *fds; /* further descriptors, placed at .to */
    size_t n_fds;
    bool new_session;          /* setsid() */
    bool foreground;           /* a process group of its own, in the foreground of the terminal fd_stdin */
    bool die_with_parent;      /* SIGTERM when the parent goes (Linux) */
};
/* Every other descriptor is closed in the child; signals are reset. pid, or negative. */
pid_t spawn_start(const struct spawn *s, struct err *e);
/* Splits a command line into words as a shell would, without any expansion. Owned NULL-terminated vector,
 * free with spawn_words_free; NULL with *e when a quote is open. */
char **spawn_words(const char *line, struct err *e);
void spawn_words_free(char **words);
/* Owned path of the program that a name means, as spawn_start finds it; NULL when PATH has none. */
char *spawn_find(const char *name);
/* What ps shows. Call once, first thing in main: title_init(argc, argv); then title_set any time. */
void title_init(int argc, char **argv);
void title_set(const char *fmt, ...) PRINTF(1, 2);

#endif
