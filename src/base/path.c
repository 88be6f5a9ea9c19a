/* base/path.c - where kith's files are (XDG), and making and checking them */
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

/* Set once by main (-c DIR), before anything asks. */
static char *root;

static const struct place {
    const char *variable, *below_home, *below_root;
} places[] = {
    [PATH_CONFIG] = {"XDG_CONFIG_HOME", ".config", NULL},
    [PATH_DATA] = {"XDG_DATA_HOME", ".local/share", "data"},
    [PATH_STATE] = {"XDG_STATE_HOME", ".local/state", "state"},
    [PATH_CACHE] = {"XDG_CACHE_HOME", ".cache", "cache"},
    [PATH_RUNTIME] = {"XDG_RUNTIME_DIR", NULL, "run"},
};

void path_set_root(const char *dir)
{
    str_set(&root, dir);
}

const char *path_root(void)
{
    return root;
}

char *path_join(const char *a, const char *b)
{
    if (str_empty(a))
        return xstrdup(b ? b : "");
    if (str_empty(b))
        return xstrdup(a);
    return xasprintf("%s%s%s", a, str_ends(a, "/") ? "" : "/", b);
}

/* The user's home, owned; NULL when nobody knows it. */
static char *home(void)
{
    const char *h = getenv("HOME");
    if (h && h[0] == '/')
        return xstrdup(h);
    const struct passwd *pw = getpwuid(getuid());
    return pw && pw->pw_dir && pw->pw_dir[0] == '/' ? xstrdup(pw->pw_dir) : NULL;
}

/* Without XDG_RUNTIME_DIR: a directory in /tmp, where others could have been first. */
static char *runtime_fallback(struct err *e)
{
    char *dir = xasprintf("/tmp/kith-%ld", (long)geteuid());
    if (mkdir(dir, 0700) < 0 && errno != EEXIST) {
        err_errno(e, "cannot make %s", dir);
        free(dir);
        return NULL;
    }
    struct stat st;
    if (path_check(dir, 077, e) < 0 || lstat(dir, &st) < 0 || !S_ISDIR(st.st_mode)) {
        if (e && !e->code)
            err_set(e, -ENOTDIR, "%s is no directory", dir);
        free(dir);
        return NULL;
    }
    return dir;
}

static char *base_dir(enum path_dir dir, struct err *e)
{
    const struct place *p = &places[dir];
    if (root)
        return p->below_root ? path_join(root, p->below_root) : xstrdup(root);
    const char *v = getenv(p->variable);
    if (v && v[0] == '/') /* a relative one counts as unset (XDG Base Directory) */
        return path_join(v, "kith");
    if (!p->below_home)
        return runtime_fallback(e);
    char *h = home();
    if (!h) {
        err_set(e, -ENOENT, "there is no home directory: set HOME or %s", p->variable);
        return NULL;
    }
    char *s = xasprintf("%s/%s/kith", h, p->below_home);
    free(h);
    return s;
}

char *path_of(enum path_dir dir, const char *name, struct err *e)
{
    err_clear(e);
    char *base = base_dir(dir, e);
    if (!base || str_empty(name))
        return base;
    char *s = path_join(base, name);
    free(base);
    return s;
}

char *path_expand(const char *p)
{
    if (p[0] == '~' && (p[1] == '/' || !p[1])) {
        char *h = home();
        if (h) {
            char *s = path_join(h, p[1] ? p + 2 : NULL);
            free(h);
            return s;
        }
    }
    return xstrdup(p);
}

/* Makes one directory with exactly this mode, whatever the umask; an existing one is left as it is.
 */
static int make_dir(const char *dir, mode_t mode, struct err *e)
{
    struct stat st;
    mode_t old = umask(077);
    int r = mkdir(dir, mode);
    int saved = errno;
    umask(old);
    if (r == 0) {
        if (chmod(dir, mode) < 0)
            return err_errno(e, "cannot set the mode of %s", dir);
        return 0;
    }
    if (saved != ENOENT && stat(dir, &st) == 0) {
        if (S_ISDIR(st.st_mode))
            return 0;
        return err_set(e, -ENOTDIR, "%s is no directory", dir);
    }
    errno = saved;
    return err_errno(e, "cannot make the directory %s", dir);
}

int path_mkdirs(const char *dir, mode_t mode, struct err *e)
{
    char *copy = xstrdup(dir);
    int r = 0;
    for (char *p = copy + 1; r == 0 && *copy && *p; p++) {
        if (*p != '/' || p[-1] == '/')
            continue;
        *p = '\0';
        r = make_dir(copy, mode, e);
        *p = '/';
    }
    if (r == 0)
        r = make_dir(copy, mode, e);
    free(copy);
    return r;
}

int path_check(const char *path, mode_t forbid, struct err *e)
{
    struct stat st;
    if (lstat(path, &st) < 0)
        return err_errno(e, "cannot look at %s", path);
    if (S_ISLNK(st.st_mode))
        return err_set(e, -ELOOP, "%s is a link; kith follows none here", path);
    if (st.st_uid != geteuid())
        return err_set(e, -EPERM, "%s belongs to another user", path);
    if (st.st_mode & forbid)
        return err_set(e, -EACCES, "%s can be used by others (mode %03o): run chmod %03o %s", path,
                       (unsigned)(st.st_mode & 0777), (unsigned)(st.st_mode & 0777 & ~forbid),
                       path);
    return 0;
}

static int read_all(int fd, size_t max, struct buf *out)
{
    for (;;) {
        size_t room = MIN(max - out->len + 1, (size_t)(64 << 10));
        buf_reserve(out, room);
        ssize_t n = read(fd, out->data + out->len, room);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : 0;
        out->len += (size_t)n;
        out->data[out->len] = '\0';
        if (out->len > max)
            return -EFBIG;
    }
}

int path_read(const char *path, size_t max, struct buf *out, struct err *e)
{
    buf_clear(out);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* a FIFO must not block */
    if (fd < 0)
        return err_errno(e, "cannot open %s", path);
    struct stat st;
    int r;
    if (fstat(fd, &st) < 0)
        r = err_errno(e, "cannot look at %s", path);
    else if (!S_ISREG(st.st_mode))
        r = err_set(e, -EINVAL, "%s is no regular file", path);
    else if ((r = read_all(fd, max, out)) == -EFBIG)
        err_set(e, r, "%s is larger than %zu bytes", path, max);
    else if (r < 0) {
        errno = -r;
        err_errno(e, "cannot read %s", path);
    }
    close(fd);
    return r;
}

static int write_all(int fd, const char *p, size_t len)
{
    while (len) {
        ssize_t n = write(fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        p += n;
        len -= (size_t)n;
    }
    return fsync(fd) < 0 ? -errno : 0;
}

/* The name itself is safe on disk only after its directory is. Failure is no loss of what was there
 * before. */
static void sync_dir(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *dir = !slash ? xstrdup(".") : xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    free(dir);
}

int path_write(const char *path, const void *data, size_t len, struct err *e)
{
    char *temp = xasprintf("%s.XXXXXX", path);
    int fd = mkostemp(temp, O_CLOEXEC); /* O_EXCL, 0600 */
    if (fd < 0) {
        int r = err_errno(e, "cannot write beside %s", path);
        free(temp);
        return r;
    }
    int r = fchmod(fd, 0600) < 0 ? -errno : write_all(fd, data, len);
    if (close(fd) < 0 && r == 0)
        r = -errno;
    if (r == 0 && rename(temp, path) < 0)
        r = -errno;
    if (r < 0) {
        unlink(temp);
        errno = -r;
        err_errno(e, "cannot write %s", path);
    } else {
        sync_dir(path);
    }
    free(temp);
    return r;
}
