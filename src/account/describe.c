/* account/describe.c - what a plugin declares, as lines of JSON for the manual, --check-config and
 * the wizard */
#include "account/describe.h"

#include <string.h>

#include "account/account.h"
#include "base/json.h"

static void describe_groups(const struct kith_protocol *p, struct buf *out)
{
    struct {
        const char *name;
        bool there;
    } groups[] = {{"roster", p->roster},      {"rooms", p->rooms}, {"history", p->history},
                  {"change", p->change},      {"files", p->files}, {"blocking", p->blocking},
                  {"directory", p->directory}};
    for (size_t i = 0; i < COUNT(groups); i++)
        json_bool(out, groups[i].name, groups[i].there);
}

static void describe_option(const struct kith_option *o, struct buf *out)
{
    json_begin(out);
    json_str(out, "what", "option");
    json_str(out, "key", o->key);
    json_str(out, "type", o->type);
    json_str(out, "default", o->fallback);
    json_bool(out, "required", o->flags & KITH_OPT_REQUIRED);
    json_bool(out, "secret", o->flags & KITH_OPT_SECRET);
    json_bool(out, "advanced", o->flags & KITH_OPT_ADVANCED);
    json_str(out, "help", o->help);
    json_end(out);
}

static void describe_command(const struct kith_command *c, struct buf *out)
{
    json_begin(out);
    json_str(out, "what", "command");
    json_str(out, "name", c->name);
    json_str(out, "args", c->args);
    json_str(out, "where",
             c->where == KITH_IN_DIRECT ? "direct"
             : c->where == KITH_IN_ROOM ? "room"
                                        : "any");
    json_str(out, "help", c->help);
    json_end(out);
}

void describe_protocol(const struct kith_plugin *plugin, const struct kith_protocol *p,
                       struct buf *out)
{
    struct arena mem = {0};
    size_t n;
    json_begin(out);
    json_str(out, "what", "protocol");
    json_str(out, "id", p->id);
    json_str(out, "label", p->label);
    json_str(out, "address_hint", p->address_hint);
    json_str(out, "plugin", plugin->id);
    json_str(out, "version", plugin->version);
    json_str(out, "license", plugin->license);
    json_str(out, "summary", plugin->summary);
    describe_groups(p, out);
    json_end(out);
    const struct kith_option *all = options_all(p, &mem, &n);
    for (size_t i = 0; i < n; i++)
        describe_option(&all[i], out);
    for (size_t i = 0; i < p->n_commands; i++)
        describe_command(KITH_AT(struct kith_command, p->commands, i), out);
    arena_free(&mem);
}

void describe_fields(const struct kith_protocol *p, struct buf *out)
{
    struct arena mem = {0};
    size_t n;
    const struct kith_option *all = options_all(p, &mem, &n);
    for (size_t i = 0; i < n; i++) {
        const struct kith_option *o = &all[i];
        buf_addf(out, "option %s\ntype %s\n", o->key, o->type);
        if (o->fallback)
            buf_addf(out, "fallback %s\n", o->fallback);
        if (o->help)
            buf_addf(out, "help %s\n", o->help);
        buf_addf(out, "%s%s%s", o->flags & KITH_OPT_ADVANCED ? "advanced\n" : "",
                 o->flags & KITH_OPT_SECRET ? "secret\n" : "",
                 o->flags & KITH_OPT_REQUIRED ? "required\n" : "");
    }
    arena_free(&mem);
}

void describe_file(void *out, const char *path, const struct loaded *l, const struct err *why)
{
    const char *slash = strrchr(path, '/');
    if (!l) {
        buf_addf(out, "plugin %s\nfile %s\nrefused %s\n", slash ? slash + 1 : path, path, why->text);
        return;
    }
    const struct kith_plugin *p = l->plugin;
    buf_addf(out, "plugin %s\nsummary %s\nversion %s\ninterface %u.%u\nlicence %s\nfile %s\nprotocols",
             p->id, p->summary ? p->summary : "", p->version ? p->version : "?",
             (unsigned)p->abi_major, (unsigned)p->abi_minor, p->license ? p->license : "?", path);
    for (size_t i = 0; i < p->n_protocols; i++)
        if (p->protocols[i] && p->protocols[i]->id)
            buf_addf(out, " %s", p->protocols[i]->id);
    buf_addc(out, '\n');
}
