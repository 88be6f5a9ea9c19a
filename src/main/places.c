/* main/places.c - where the parts of kith are: in the build tree, or installed */
#include "main/places.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"

static char *self_path(void)
{
    char buf[4096];
    ssize_t n = readlink("/proc/self/exe", buf, sizeof buf - 1);

    if (n <= 0)
        return xstrdup(KITH_BINDIR "/kith");
    buf[n] = '\0';
    return xstrdup(buf);
}

static char *if_there(char *path, int mode)
{
    if (path != NULL && access(path, mode) == 0)
        return path;
    free(path);
    return NULL;
}

/* Whether it may be used, nobody else being able to write there, the account process checks: it can say so. */
static char *user_backends(void)
{
    struct err e;

    return if_there(path_of(PATH_DATA, "plugins", &e), R_OK | X_OK);
}

static void join_dirs(char **dirs, char *more)
{
    if (more == NULL)
        return;
    str_take(dirs, *dirs != NULL ? xasprintf("%s:%s", *dirs, more) : xstrdup(more));
    free(more);
}

void places_find(struct places *p)
{
    char *slash, *dir;

    *p = (struct places){.self = self_path()};
    dir = xstrdup(p->self);
    slash = strrchr(dir, '/');
    if (slash != NULL)
        *slash = '\0';
    p->account = if_there(path_join(dir, "kith-account"), X_OK);
    if (p->account != NULL) { /* the build tree */
        p->notify = if_there(path_join(dir, "kith-notify"), X_OK);
        p->spell = if_there(path_join(dir, "kith-spell"), X_OK);
        p->picture = if_there(path_join(dir, "kith-picture"), X_OK);
        join_dirs(&p->backend_dirs, if_there(path_join(dir, "backends"), R_OK));
        p->terminfo = if_there(path_join(dir, "terminfo"), R_OK);
    } else {
        p->account = xstrdup(KITH_LIBEXECDIR "/kith-account");
        p->notify = if_there(xstrdup(KITH_LIBEXECDIR "/kith-notify"), X_OK);
        p->spell = if_there(xstrdup(KITH_LIBEXECDIR "/kith-spell"), X_OK);
        p->picture = if_there(xstrdup(KITH_LIBEXECDIR "/kith-picture"), X_OK);
        join_dirs(&p->backend_dirs, xstrdup(KITH_PLUGINDIR));
        p->terminfo = if_there(xstrdup(KITH_DATADIR "/terminfo"), R_OK);
    }
    p->theme_dirs = if_there(path_join(dir, "themes"), R_OK);
    if (p->theme_dirs == NULL)
        p->theme_dirs = xstrdup(KITH_DATADIR "/themes");
    join_dirs(&p->backend_dirs, user_backends());
    free(dir);
}

void places_free(struct places *p)
{
    free(p->self);
    free(p->account);
    free(p->notify);
    free(p->spell);
    free(p->picture);
    free(p->backend_dirs);
    free(p->theme_dirs);
    free(p->terminfo);
    *p = (struct places){0};
}
