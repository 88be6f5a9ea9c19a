/* account/load.c - finds and loads the plugin that knows a protocol; the one place that loads code
 */
#include "account/load.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "base/mem.h"
#include "base/path.h"

/* Many systems give each user a group of their own and umask 002: nobody else is in it. */
static bool private_group(gid_t gid)
{
    const struct group *g = gid == getegid() ? getgrgid(gid) : NULL;
    const struct passwd *pw = getpwuid(geteuid());
    if (!g || !pw || strcmp(g->gr_name, pw->pw_name) != 0)
        return false;
    for (char **m = g->gr_mem; m && *m; m++)
        if (strcmp(*m, pw->pw_name) != 0)
            return false;
    return true;
}

int load_check_owner(const char *path, struct err *e)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return err_errno(e, "Cannot look at %s", path);
    if (st.st_uid != 0 && st.st_uid != geteuid())
        return err_set(e, KITH_EDENIED, "%s belongs to another user: nothing is loaded from there.",
                       path);
    if ((st.st_mode & S_IWOTH) || ((st.st_mode & S_IWGRP) && !private_group(st.st_gid)))
        return err_set(e, KITH_EDENIED,
                       "%s can be written by others: nothing is loaded from there (chmod go-w).",
                       path);
    return 0;
}

int load_check_abi(const struct kith_plugin *p, const char *path, struct err *e)
{
    size_t least = offsetof(struct kith_plugin, unload) + sizeof p->unload;
    if (!p || p->size < least || p->size > 4096)
        return err_set(e, KITH_EUNSUP, "%s is no plugin that this kith understands.", path);
    if (p->abi_major != KITH_ABI_MAJOR)
        return err_set(e, KITH_EUNSUP,
                       "%s was made for plugin interface %u.x; this kith has %u.%u. Build it anew.",
                       path, (unsigned)p->abi_major, KITH_ABI_MAJOR, KITH_ABI_MINOR);
    if (p->abi_minor > KITH_ABI_MINOR)
        return err_set(
            e, KITH_EUNSUP, "%s needs plugin interface %u.%u; this kith has %u.%u. Update kith.",
            path, (unsigned)p->abi_major, (unsigned)p->abi_minor, KITH_ABI_MAJOR, KITH_ABI_MINOR);
    if (!p->id || (p->n_protocols && !p->protocols))
        return err_set(e, KITH_EUNSUP, "%s does not say what it is.", path);
    return 0;
}

static bool core_complete(const struct kith_protocol *p)
{
    const struct kith_core_ops *c = p->core;
    if (!c || !KITH_HAS(struct kith_core_ops, c, answer))
        return false;
    return c->open && c->close && c->connect && c->disconnect && c->send;
}

static const struct kith_protocol *find_protocol(const struct kith_plugin *p, const char *id)
{
    for (size_t i = 0; i < p->n_protocols; i++) {
        const struct kith_protocol *proto = p->protocols[i];
        if (proto && KITH_HAS(struct kith_protocol, proto, n_commands) && str_eq(proto->id, id))
            return proto;
    }
    return NULL;
}

/* 0 = loaded, else negative with a sentence. */
static int open_file(struct loaded *l, const char *path, struct err *e)
{
    int rc = load_check_owner(path, e);
    if (rc < 0)
        return rc;
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return err_set(e, KITH_EUNSUP, "Cannot load %s: %s.", path, dlerror());
    kith_plugin_fn *entry = NULL;
    void *symbol = dlsym(handle, KITH_PLUGIN_ENTRY);
    memcpy(&entry, &symbol, sizeof entry); /* POSIX's way from an object to a function pointer */
    if (!entry) {
        rc = err_set(e, KITH_EUNSUP, "%s is no kith plugin (%s is missing).", path,
                     KITH_PLUGIN_ENTRY);
    } else if ((rc = load_check_abi(entry(), path, e)) == 0) {
        *l = (struct loaded){handle, entry(), NULL};
        return 0;
    }
    (void)dlclose(handle);
    return rc;
}

/* 0 = loaded, KITH_ENOTFOUND = a sound plugin for other protocols, else negative with a sentence.
 */
static int try_file(struct loaded *l, const char *path, const char *protocol, struct err *e)
{
    int rc = open_file(l, path, e);
    if (rc < 0)
        return rc;
    l->proto = find_protocol(l->plugin, protocol);
    if (l->proto && core_complete(l->proto))
        return 0;
    rc = l->proto ? err_set(e, KITH_EUNSUP, "%s lacks functions every protocol must have.", path)
                  : KITH_ENOTFOUND;
    load_close(l);
    return rc;
}

static int try_others(struct loaded *l, const char *dir, const char *protocol, struct err *e)
{
    struct dirent **names = NULL;
    char *own = xasprintf("%s.so", protocol);
    int n = scandir(dir, &names, NULL, alphasort), rc = KITH_ENOTFOUND;
    for (int i = 0; i < n; i++) {
        const char *name = names[i]->d_name;
        if (rc != 0 && name[0] != '.' && str_ends(name, ".so") && strcmp(name, own) != 0) {
            char *path = path_join(dir, name);
            int one = try_file(l, path, protocol, e);
            if (one == 0 || one != KITH_ENOTFOUND)
                rc = one;
            free(path);
        }
        free(names[i]);
    }
    free(names);
    free(own);
    return rc;
}

static int try_dir(struct loaded *l, const char *dir, const char *protocol, bool others,
                   struct err *e)
{
    if (access(dir, R_OK | X_OK) < 0)
        return KITH_ENOTFOUND;
    int rc = load_check_owner(dir, e);
    if (rc < 0)
        return rc;
    if (others)
        return try_others(l, dir, protocol, e);
    char *path = xasprintf("%s/%s.so", dir, protocol);
    rc = access(path, F_OK) < 0 ? KITH_ENOTFOUND : try_file(l, path, protocol, e);
    free(path);
    return rc;
}

static bool name_ok(const char *protocol)
{
    return !str_empty(protocol) && strlen(protocol) < 64 &&
           strspn(protocol, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(protocol);
}

static int closest(const char *dir, const char *protocol, int least, char **best)
{
    struct dirent **names = NULL;
    int n = scandir(dir, &names, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        size_t len = strlen(names[i]->d_name);
        if (str_ends(names[i]->d_name, ".so") && names[i]->d_name[0] != '.') {
            char *id = xstrndup(names[i]->d_name, len - 3);
            int d = strcasecmp(id, protocol) == 0 ? 0 : str_distance(protocol, id, least);
            if (d < least) {
                least = d;
                str_set(best, id);
            }
            free(id);
        }
        free(names[i]);
    }
    free(names);
    return least;
}

/* "did you mean": by the names of the files; nothing is loaded for it. */
static int not_found(const char *dirs, const char *protocol, struct err *e)
{
    int least = (int)MAX((size_t)1, MIN((size_t)3, strlen(protocol) / 3)) + 1;
    char *best = NULL;
    for (const char *p = dirs ? dirs : ""; *p;) {
        size_t n = strcspn(p, ":");
        char *dir = xstrndup(p, n);
        least = closest(dir, protocol, least, &best);
        free(dir);
        p += n + (p[n] == ':');
    }
    int rc = best ? err_set(e, KITH_ENOTFOUND,
                            "No plugin for the protocol \"%s\" was found (did you mean \"%s\"?).",
                            protocol, best)
                  : err_set(e, KITH_ENOTFOUND,
                            "No plugin for the protocol \"%s\" was found in %s.", protocol,
                            str_empty(dirs) ? "(no directory)" : dirs);
    free(best);
    return rc;
}

int load_protocol(struct loaded *l, const char *dirs, const char *protocol, struct err *e)
{
    *l = (struct loaded){0};
    if (!name_ok(protocol))
        return not_found(dirs, protocol ? protocol : "", e);
    struct err first = {0};
    for (int others = 0; others < 2; others++) {
        const char *p = dirs ? dirs : "";
        while (*p) {
            size_t n = strcspn(p, ":");
            char *dir = xstrndup(p, n);
            struct err why = {0};
            int rc = n ? try_dir(l, dir, protocol, others, &why) : KITH_ENOTFOUND;
            free(dir);
            if (rc == 0)
                return 0;
            if (rc != KITH_ENOTFOUND && first.code == 0)
                first = why;
            p += n + (p[n] == ':');
        }
        if (first.code != 0)
            break; /* the plugin meant is there but cannot be used: say that, do not go on looking
                    */
    }
    if (first.code == 0)
        return not_found(dirs, protocol, e);
    return err_set(e, first.code, "%s", first.text);
}

static void look_into(const char *dir, load_seen_fn *fn, void *user)
{
    struct dirent **names = NULL;
    struct err e = {0};
    bool safe = load_check_owner(dir, &e) == 0;
    int n = scandir(dir, &names, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        struct loaded l = {0};
        struct err why = e;
        char *path = path_join(dir, names[i]->d_name);
        if (str_ends(path, ".so") && names[i]->d_name[0] != '.') {
            bool good = safe && open_file(&l, path, &why) == 0;
            fn(user, path, good ? &l : NULL, &why);
            load_close(&l);
        }
        free(path);
        free(names[i]);
    }
    free(names);
}

void load_each(const char *dirs, load_seen_fn *fn, void *user)
{
    for (const char *p = dirs; *p;) {
        size_t n = strcspn(p, ":");
        char *dir = xstrndup(p, n);
        if (n > 0 && access(dir, R_OK | X_OK) == 0)
            look_into(dir, fn, user);
        free(dir);
        p += n + (p[n] == ':');
    }
}

void load_close(struct loaded *l)
{
    if (l->handle)
        (void)dlclose(l->handle);
    *l = (struct loaded){0};
}
