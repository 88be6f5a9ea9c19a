/* backends/local/users.h - user ids of the machine and the addresses people use for them */
#ifndef LOCAL_USERS_H
#define LOCAL_USERS_H

#include <sys/types.h>

#include "base/base.h"

/* Owned: the user's login name, or "uid-1234" where the uid has none or the name does not lead back
 * to it. */
char *user_address(uid_t uid);
/* The uid of an address or login name. 0 or KITH_ENOTFOUND. */
int user_find(const char *address, uid_t *uid);
/* Owned: the name in the user's GECOS field, or NULL. */
char *user_full_name(uid_t uid);

#endif
