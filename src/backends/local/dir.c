/* backends/local/dir.c - finds, checks and claims the place where the kith of one machine meet */
#include "backends/local/dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "backends/local/users.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/rand.h"
#include "base/sock.h"
#include "kith/plugin.h"

enum { ENTRY_NAME_MAX = 40 };

/* Codes of the plugin interface and of errno overlap: outwards only the former. */
static int system_error(struct err *e, const char *what, const char *path)
{
    err_errno(e, "%s %s", what, path);
    if (e)
        e->code = KITH_ENET;
    return KITH_ENET;
}

/* ---- the directory ---- */

static int owner_untrusted(const char *path, uid_t owner, struct err *e)
{
    char *name = user_address(owner);
    err_set(
        e, KITH_EDENIED,
        "%s belongs to %s, who could take your place there: ask the administrator to make " DIR_RUN
        " (owned by root, mode 1777), or set the option \"directory\"",
        path, name);
    free(name);
    return KITH_EDENIED;
}

static int check_one(const char *path, struct err *e)
{
    struct stat st;
    if (lstat(path, &st) < 0)
        return system_error(e, "Cannot look at", path);
    if (!S_ISDIR(st.st_mode))
        return err_set(e, KITH_EDENIED, "%s is no directory: local chat cannot meet there", path);
    if (st.st_uid != 0 && st.st_uid != geteuid())
        return owner_untrusted(path, st.st_uid, e);
    if ((st.st_mode & 022) && !(st.st_mode & S_ISVTX))
        return err_set(e, KITH_EDENIED,
                       "%s can be written by others and lacks the sticky bit, so they could take "
                       "your place there: "
                       "chmod 1777 %s",
                       path, path);
    return 0;
}

int dir_check(const char *dir, struct err *e)
{
    int rc = check_one(dir, e);
    char *up = xstrdup(dir);
    for (char *slash; rc == 0 && (slash = strrchr(up, '/')) && slash != up;) {
        *slash = '\0';
        rc = check_one(up, e);
    }
    free(up);
    return rc;
}

/* A directory named by the user: made when missing, links in the way resolved once and for all. */
static char *choose_named(const char *option, struct err *e)
{
    char *path = path_expand(option);
    if (path[0] != '/') {
        err_set(e, KITH_EINVAL, "The option \"directory\" must be a full path, not \"%s\"", option);
        free(path);
        return NULL;
    }
    if (mkdir(path, 01777) == 0)
        chmod(path, 01777); /* the umask must not decide who may meet here */
    char *real = realpath(path, NULL);
    if (!real)
        system_error(e, "Local chat cannot use", path);
    free(path);
    return real;
}

char *dir_choose(const char *option, struct err *e)
{
    char *dir;
    struct stat st;
    if (!str_empty(option))
        dir = choose_named(option, e);
    else
        dir = realpath(lstat(DIR_RUN, &st) == 0 ? DIR_RUN : "/tmp", NULL);
    if (dir && dir_check(dir, e) < 0) {
        free(dir);
        return NULL;
    }
    if (!dir && str_empty(option))
        system_error(e, "Local chat cannot use", "/tmp");
    return dir;
}

/* ---- entries ---- */

/* "kith-local-1000" or "kith-local-1000-Ab3": the uid, or (uid_t)-1. */
static uid_t entry_uid(const char *name)
{
    if (!str_starts(name, DIR_PREFIX) || strlen(name) > ENTRY_NAME_MAX)
        return (uid_t)-1;
    const char *digits = name + strlen(DIR_PREFIX);
    size_t n = strspn(digits, "0123456789");
    char number[16];
    int64_t uid;
    if (n == 0 || n >= sizeof number || (digits[n] && digits[n] != '-') ||
        (digits[0] == '0' && n > 1))
        return (uid_t)-1;
    memcpy(number, digits, n);
    number[n] = '\0';
    return str_int(number, 0, UINT32_MAX - 1, &uid) ? (uid_t)uid : (uid_t)-1;
}

static bool entry_valid(int dirfd, const char *name, uid_t uid, uid_t *owner)
{
    struct stat st;
    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        *owner = uid;
        return false;
    }
    *owner = st.st_uid;
    return S_ISDIR(st.st_mode) && st.st_uid == uid && !(st.st_mode & 022);
}

/* Counts the entries of each user: whoever makes many must not hide the others. */
struct census {
    uid_t uid[DIR_SCAN_MAX];
    uint8_t n[DIR_SCAN_MAX];
    size_t users;
};

static bool census_takes(struct census *c, uid_t uid)
{
    for (size_t i = 0; i < c->users; i++) {
        if (c->uid[i] == uid)
            return c->n[i] < DIR_SCAN_OF_USER && ++c->n[i];
    }
    if (c->users == DIR_SCAN_MAX)
        return false;
    c->uid[c->users] = uid;
    c->n[c->users++] = 1;
    return true;
}

int dir_scan(const char *dir, uid_t uid, dir_found_fn *fn, void *user, struct err *e)
{
    DIR *d = opendir(dir);
    if (!d)
        return system_error(e, "Cannot read", dir);
    int n = 0;
    struct census *census = xcalloc(1, sizeof *census);
    for (struct dirent *de; (de = readdir(d));) {
        uid_t of = entry_uid(de->d_name), owner;
        if (of == (uid_t)-1 || (uid != (uid_t)-1 && of != uid) ||
            !entry_valid(dirfd(d), de->d_name, of, &owner) || !census_takes(census, of))
            continue;
        char *sock = xasprintf("%s/%s/sock", dir, de->d_name);
        fn(user, of, sock);
        free(sock);
        n++;
    }
    closedir(d);
    free(census);
    return n;
}

struct own_search {
    char *first;
};

/* Of several entries of ours (left by a squatter's time) all kith take the same: the first by name.
 */
static void own_found(void *user, uid_t uid UNUSED, const char *sock)
{
    struct own_search *s = user;
    if (!s->first || strcmp(sock, s->first) < 0)
        str_set(&s->first, sock);
}

static char *own_entry(const char *dir)
{
    struct own_search s = {0};
    dir_scan(dir, geteuid(), own_found, &s, NULL);
    if (s.first)
        s.first[strlen(s.first) - strlen("/sock")] = '\0';
    return s.first;
}

/* Makes our entry; under a random name when somebody has made the plain one in our name. */
static int entry_make(const char *plain, struct dir_claim *c, struct err *e)
{
    struct stat st;
    if (mkdir(plain, 0711) == 0)
        return 0;
    if (errno != EEXIST || lstat(plain, &st) < 0)
        return system_error(e, "Cannot make", plain);
    if (st.st_uid == geteuid() && S_ISDIR(st.st_mode))
        return chmod(plain, 0711);
    c->squatter = st.st_uid;
    char tail[23];
    rand_id(tail);
    char *other = xasprintf("%s-%.8s", plain, tail);
    int rc = mkdir(other, 0711) < 0 ? system_error(e, "Cannot make", other) : 0;
    free(other);
    return rc;
}

/* Owned path of our entry, made when there is none; NULL and a sentence. */
static char *entry_get(const char *dir, struct dir_claim *c, struct err *e)
{
    char *plain = xasprintf("%s/" DIR_PREFIX "%lu", dir, (unsigned long)geteuid());
    char *entry = own_entry(dir);
    if (!entry && entry_make(plain, c, e) == 0)
        entry = own_entry(dir);
    if (!entry && e && !e->code)
        err_set(e, KITH_EDENIED, "Somebody keeps removing %s", plain);
    free(plain);
    return entry;
}

/* ---- claiming ---- */

void dir_claim_init(struct dir_claim *c)
{
    *c = (struct dir_claim){.lock_fd = -1, .listen_fd = -1, .squatter = (uid_t)-1};
}

/* 0 locked, 1 = the entry went away meanwhile, negative. */
static int entry_lock(struct dir_claim *c, struct err *e)
{
    struct stat a, b;
    c->lock_fd = open(c->entry, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (c->lock_fd < 0)
        return errno == ENOENT ? 1 : system_error(e, "Cannot open", c->entry);
    if (flock(c->lock_fd, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? err_set(e, KITH_ECONFLICT,
                                              "Another kith of yours is already on local chat (it "
                                              "holds %s): quit it, or switch its "
                                              "local account off",
                                              c->entry)
                                    : system_error(e, "Cannot lock", c->entry);
    if (fstat(c->lock_fd, &a) < 0 || lstat(c->entry, &b) < 0 || a.st_ino != b.st_ino ||
        a.st_dev != b.st_dev)
        return 1;
    if (a.st_uid != geteuid() || fchmod(c->lock_fd, 0711) < 0)
        return err_set(e, KITH_EDENIED, "%s is not ours", c->entry);
    return 0;
}

int dir_claim(const char *dir, struct dir_claim *c, struct err *e)
{
    dir_claim_init(c);
    int rc = 1;
    for (int tries = 0; rc > 0 && tries < 4; tries++) {
        dir_release(c);
        c->entry = entry_get(dir, c, e);
        rc = c->entry ? entry_lock(c, e) : KITH_ENET;
    }
    if (rc > 0)
        rc = err_set(e, KITH_EDENIED, "Somebody keeps removing our place in %s", dir);
    if (rc == 0) {
        c->sock = path_join(c->entry, "sock");
        if (strlen(c->sock) >= sizeof((struct sockaddr_un *)0)->sun_path)
            rc = err_set(e, KITH_EINVAL, "The directory for local chat has too long a name: %s",
                         dir);
        else if ((c->listen_fd = sock_unix_listen(c->sock, 0666, e)) < 0)
            rc = KITH_ENET;
    }
    if (rc == 0)
        return 0;
    if (e)
        e->code = rc;
    if (rc == KITH_ECONFLICT) /* the entry is the other kith's: leave it */
        str_take(&c->entry, NULL);
    dir_release(c);
    return rc;
}

bool dir_claim_holds(const struct dir_claim *c)
{
    struct stat st;
    return c->sock && lstat(c->sock, &st) == 0 && S_ISSOCK(st.st_mode) && st.st_uid == geteuid();
}

void dir_release(struct dir_claim *c)
{
    if (c->sock)
        unlink(c->sock);
    if (c->entry && c->lock_fd >= 0)
        rmdir(c->entry);
    if (c->listen_fd >= 0)
        close(c->listen_fd);
    if (c->lock_fd >= 0)
        close(c->lock_fd);
    str_take(&c->sock, NULL);
    str_take(&c->entry, NULL);
    c->listen_fd = c->lock_fd = -1;
}

int dir_connect(const char *sock, uid_t uid, struct err *e)
{
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    if (strlen(sock) >= sizeof sa.sun_path)
        return err_set(e, -ENOENT, "%s is too long a name", sock);
    str_copy(sa.sun_path, sizeof sa.sun_path, sock);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_errno(e, "Cannot make a socket");
    uid_t there;
    int rc = connect(fd, (const struct sockaddr *)&sa, sizeof sa) < 0
                 ? err_errno(e, "%s does not answer", sock)
                 : 0;
    if (rc == 0 && sock_peer(fd, &there, NULL) < 0)
        rc = err_set(e, -EPERM, "Nobody can say who listens at %s", sock);
    if (rc == 0 && there != uid) {
        char *who = user_address(there), *whose = user_address(uid);
        rc = err_set(e, -EPERM, "%s listens in the place of %s (%s): not talked to", who, whose,
                     sock);
        free(who);
        free(whose);
    }
    if (rc < 0) {
        close(fd);
        return rc;
    }
    return fd;
}
