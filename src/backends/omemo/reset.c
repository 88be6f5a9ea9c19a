/* backends/omemo/reset.c - forgets who we are, and nothing of what others are */
#include "backends/omemo/reset.h"

#include <stdlib.h>

#include "base/mem.h"

struct names {
    char **v;
    size_t n, cap;
};

static bool stays(const char *key)
{
    static const char *const kept[] = {"omemo.d.", "omemo.chat.", "omemo.new.", "omemo.text.", "omemo.gone."};
    for (size_t i = 0; i < COUNT(kept); i++) {
        if (str_starts(key, kept[i]))
            return true;
    }
    return false;
}

static int note_name(void *user, const char *key, const void *data, size_t len)
{
    struct names *names = user;
    (void)data;
    (void)len;
    if (!stays(key))
        VEC_PUSH(names->v, names->n, names->cap, xstrdup(key));
    return 0;
}

int omemo_wipe_self(const struct omemo_io *io)
{
    struct names names = {0};
    int rc = io->begin(io->user);
    if (rc < 0)
        return rc;
    rc = io->each(io->user, "omemo.", note_name, &names);
    for (size_t i = 0; i < names.n; i++) {
        if (rc >= 0)
            rc = io->set(io->user, names.v[i], NULL, 0);
        free(names.v[i]);
    }
    free(names.v);
    int end = io->end(io->user, rc >= 0);
    return rc < 0 ? rc : end;
}
