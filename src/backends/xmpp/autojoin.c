/* backends/xmpp/autojoin.c - which rooms this device enters by itself: the account's bookmarks, and the options here */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/bookmarks.h"
#include "base/mem.h"

bool autojoin_follows(const struct x *x)
{
    return !str_eq(x_option(x, "autojoin"), "own");
}

/* One entry, "room@service password" or "-room@service". Owned; *off: with the minus; *password points into it. */
static char *entry(const char *text, size_t len, bool *off, const char **password)
{
    while (len && strchr(" \n\t", *text)) {
        text++;
        len--;
    }
    char *own = xstrndup(text, len), *space = strpbrk(own, " \n\t");
    *password = NULL;
    if (space) {
        *space++ = '\0';
        space += strspn(space, " \n\t");
        space[strcspn(space, " \n\t")] = '\0';
        *password = str_empty(space) ? NULL : space;
    }
    *off = own[0] == '-';
    return own;
}

typedef void entry_fn(struct x *x, const char *room, bool off, const char *password, void *user);

static void each(struct x *x, entry_fn *fn, void *user)
{
    char *list = xstrdup(x_option(x, "join"));
    for (const char *at = list ? list : ""; *at; at += *at == ',') {
        size_t len = strcspn(at, ",");
        bool off;
        const char *password;
        char *own = entry(at, len, &off, &password), *room = strchr(own, '@') ? jid_bare(own + off) : NULL;
        if (room && !jid_resource(own))
            fn(x, room, off, password, user);
        free(room);
        str_wipe_free(own);
        at += len;
    }
    str_wipe_free(list);
}

struct look { const char *room; bool on, off; };

static void find(struct x *x, const char *room, bool off, const char *password UNUSED, void *user)
{
    struct look *l = user;
    if (str_eq(room, l->room)) {
        l->on |= !off;
        l->off |= off;
    }
}

bool autojoin_wanted(const struct x *x, const char *room, bool follow)
{
    struct look l = {.room = room};
    each((struct x *)(uintptr_t)x, find, &l);
    return !l.off && (l.on || (follow && autojoin_follows(x)));
}

static void call(struct x *x, const char *room, bool off, const char *password, void *user)
{
    autojoin_fn *const *fn = user;
    if (!off)
        (*fn)(x, room, password);
}

void autojoin_listed(struct x *x, autojoin_fn *fn)
{
    each(x, call, &fn);
}
