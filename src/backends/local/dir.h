/* backends/local/dir.h - the directory where the kith of one machine find each other
 *
 * DIR/kith-local-UID[-RANDOM]/sock, one such entry for each user who is there. DIR is
 * /run/kith-local where the administrator made it, else /tmp, or what the option says. It must
 * belong to root or to us, and whoever can write to it must not be able to remove what is not
 * theirs (sticky bit), so that nobody can take our entry away. An entry counts only when the kernel
 * says that it belongs to the user in its name; whoever makes one in another's name is told apart
 * by that, and does not block them: they take a name with a random end.
 *
 * The lock on the entry (flock on the directory itself) says that one kith of this user listens; it
 * also keeps systemd-tmpfiles from cleaning the entry away.
 */
#ifndef LOCAL_DIR_H
#define LOCAL_DIR_H

#include <sys/types.h>

#include "base/base.h"
#include "base/err.h"

/* Errors are codes of enum kith_err, but for dir_connect. */
#define DIR_RUN "/run/kith-local"
#define DIR_PREFIX "kith-local-"

struct dir_claim { /* our own entry; zero it and set the descriptors to -1, or dir_claim_init */
    char *entry, *sock;
    int lock_fd, listen_fd;
    uid_t squatter; /* who made an entry in our name, or (uid_t)-1 */
};

/* Owned path of the directory to use; option may be NULL or "". Made (1777) when it is named and
 * missing. NULL and a sentence when it cannot be used safely. */
char *dir_choose(const char *option, struct err *e);
/* 0 when nobody but root and us can replace or remove dir and our entries in it; else negative and
 * a sentence. */
int dir_check(const char *dir, struct err *e);

void dir_claim_init(struct dir_claim *c);
/* Makes, locks and listens. 0 or negative and a sentence; KITH_ECONFLICT when another kith of ours
 * listens. */
int dir_claim(const char *dir, struct dir_claim *c, struct err *e);
/* True while our socket is still where others look for it. */
bool dir_claim_holds(const struct dir_claim *c);
void dir_release(struct dir_claim *c); /* removes the entry, closes all; an unclaimed one is fine */

/* Calls fn(user, uid, path of the socket) for each valid entry of uid, or of everybody for
 * (uid_t)-1, DIR_SCAN_OF_USER of each of DIR_SCAN_MAX users
 * at most. Returns how many, or negative and a sentence. */
enum { DIR_SCAN_MAX = 1024, DIR_SCAN_OF_USER = 8 };
typedef void dir_found_fn(void *user, uid_t uid, const char *sock);
int dir_scan(const char *dir, uid_t uid, dir_found_fn *fn, void *user, struct err *e);

/* Non-blocking connect to a socket in the directory; checks that uid itself listens there. A
 * descriptor, or negative with a sentence and -errno: -EAGAIN (busy: try later), -ECONNREFUSED or
 * -ENOENT (nobody there), -EPERM (somebody else listens in their place). */
int dir_connect(const char *sock, uid_t uid, struct err *e);

#endif
