/* backends/local/users.c - asks the user database for names and ids */
#include "backends/local/users.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "kith/plugin.h"

enum { USER_BUF = 16384, USER_NAME_MAX = 255 };

/* A name that could be taken for something else: a uid without a name, a room. */
static bool name_misleads(const char *name)
{
    return str_starts(name, "uid-") || strchr("#@", name[0]) || strlen(name) > USER_NAME_MAX ||
           strpbrk(name, "/ \t\n") || !utf8_is_clean(name, strlen(name), UTF8_LINE);
}

static bool by_name(const char *name, uid_t *uid)
{
    char *buf = xmalloc(USER_BUF);
    struct passwd pw, *found = NULL;
    int rc = getpwnam_r(name, &pw, buf, USER_BUF, &found);
    if (rc == 0 && found)
        *uid = pw.pw_uid;
    free(buf);
    return rc == 0 && found;
}

char *user_address(uid_t uid)
{
    char *buf = xmalloc(USER_BUF), *out = NULL;
    struct passwd pw, *found = NULL;
    uid_t back = 0;
    if (getpwuid_r(uid, &pw, buf, USER_BUF, &found) == 0 && found && !name_misleads(pw.pw_name) &&
        by_name(pw.pw_name, &back) && back == uid)
        out = xstrdup(pw.pw_name);
    free(buf);
    return out ? out : xasprintf("uid-%lu", (unsigned long)uid);
}

int user_find(const char *address, uid_t *uid)
{
    int64_t n;
    if (str_starts(address, "uid-")) {
        if (!str_int(address + 4, 0, UINT32_MAX - 1, &n))
            return KITH_ENOTFOUND;
        *uid = (uid_t)n;
        return 0;
    }
    if (!*address || name_misleads(address) || !by_name(address, uid))
        return KITH_ENOTFOUND;
    return 0;
}

char *user_full_name(uid_t uid)
{
    char *buf = xmalloc(USER_BUF), *out = NULL;
    struct passwd pw, *found = NULL;
    if (getpwuid_r(uid, &pw, buf, USER_BUF, &found) == 0 && found && pw.pw_gecos) {
        size_t n = strcspn(pw.pw_gecos, ",");
        if (n > 0)
            out = xstrndup(pw.pw_gecos, MIN(n, USER_NAME_MAX));
    }
    free(buf);
    return out;
}
