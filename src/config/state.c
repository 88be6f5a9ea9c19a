/* config/state.c - what kith remembers of its screen from one run to the next: state.cfg */
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/path.h"
#include "config/internal.h"

/* A file that cannot be read is no reason to say anything: nobody wrote it by hand. */
void state_load(struct config *c)
{
    struct source src;
    int line;
    char *path = path_of(PATH_STATE, "state.cfg", NULL);
    map_free(&c->state, free);
    c->loaded = true;
    if (path && source_read(&src, path, "state.cfg", &line, NULL) == 1) {
        const config_setting_t *root = config_root_setting(&src.tree);
        for (int i = 0; i < config_setting_length(root); i++) {
            const config_setting_t *s = config_setting_get_elem(root, (unsigned)i);
            char *text = setting_text(s);
            if (text)
                free(map_set(&c->state, config_setting_name(s), text));
        }
        source_free(&src);
    }
    free(path);
}

const char *config_state(const struct config *c, const char *name)
{
    return map_get(&c->state, name);
}

static int write_state(const struct config *c, struct err *e)
{
    struct buf out = {0};
    buf_adds(&out, "# Written by kith: how the screen was left. It may be deleted.\n");
    for (struct map_entry *m = NULL; (m = map_next(&c->state, m));) {
        buf_addf(&out, "%s = ", m->key);
        put_quoted(&out, m->value);
        buf_adds(&out, ";\n");
    }
    char *dir = path_of(PATH_STATE, NULL, e);
    char *path = dir ? path_of(PATH_STATE, "state.cfg", e) : NULL;
    int rc = path ? path_mkdirs(dir, 0700, e) : -1;
    if (rc >= 0)
        rc = path_write(path, out.data, out.len, e);
    free(dir);
    free(path);
    buf_free(&out);
    return rc;
}

int config_set_state(struct config *c, const char *name, const char *value, struct err *e)
{
    if (str_eq(config_state(c, name), value))
        return 0;
    free(value ? map_set(&c->state, name, xstrdup(value)) : map_del(&c->state, name));
    return c->loaded ? write_state(c, e) : 0;
}
