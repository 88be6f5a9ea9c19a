/* cmd/plugin.c - /plugin: which backends there are, where, for which accounts, and why one is refused */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/internal.h"

/* "xmpp irc" among the words of protocols? */
static bool speaks(const char *protocols, const char *id)
{
    size_t len = strlen(id);
    for (const char *p = protocols; *p; p += strspn(p, " ")) {
        size_t n = strcspn(p, " ");
        if (n == len && strncmp(p, id, n) == 0)
            return true;
        p += n;
    }
    return false;
}

static void put_accounts(const struct cmd_env *env, const char *protocols, struct buf *out)
{
    const struct account_config *const *all;
    size_t n = config_accounts(env->config, &all), used = 0;
    for (size_t i = 0; i < n; i++)
        if (speaks(protocols, all[i]->protocol))
            buf_addf(out, "%s%s", used++ ? ", " : "    used by    ", all[i]->name);
    buf_adds(out, used ? "\n" : "    used by    no account\n");
}

/* The lines of `kith-account --list` (account/describe.h) as a page: two words, the rest the value. */
static void on_list(void *pending, const char *text)
{
    struct cmd_pending *p = pending;
    static const char *const shown[] = {"version", "interface", "file", "licence", "refused"};
    for (const char *at = text, *end; *at; at = *end ? end + 1 : end) {
        end = at + strcspn(at, "\n");
        char *line = xstrndup(at, (size_t)(end - at)), *value = strchr(line, ' ');
        if (value)
            *value++ = '\0';
        if (value && strcmp(line, "plugin") == 0)
            buf_addf(&p->rows, "%s%s\n", p->rows.len ? "\n" : "", value);
        if (value && strcmp(line, "summary") == 0)
            buf_addf(&p->rows, "    %s\n", value);
        for (size_t i = 0; value && i < COUNT(shown); i++)
            if (strcmp(line, shown[i]) == 0)
                buf_addf(&p->rows, "    %-11s%s\n", line, value);
        if (value && strcmp(line, "protocols") == 0)
            put_accounts(p->env, value, &p->rows);
        free(line);
    }
    pending_done(p, NULL);
}

static int run_plugin(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct cmd_pending *p = pending_new(ctx, NULL, NULL, "listing the backends");
    p->title = xstrdup("Backends");
    return pending_started(p, core_plugins(ctx->env->core, on_list, p, e));
}

const struct cmd cmds_plugin[] = {
    {.name = "plugin",
     .group = "Program",
     .summary = "Lists the backends: their protocols, versions and files, and who uses them.",
     .args = {{ARG_CHOICE, "what", true, "list"}},
     .details = "One that cannot be used is listed with the reason. A backend is loaded by the "
                "process of each account that needs it, so there is nothing to load or unload: "
                "/disconnect ends it, /connect starts it, also a newer one.",
     .run = run_plugin},
    {.name = NULL},
};
