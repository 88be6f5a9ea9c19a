/* cmd/link.c - what an xmpp: link asks for beside a chat: said in a question, done by a command after a yes (XEP-0147) */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cmd/chat.h"
#include "cmd/internal.h"
#include "cmd/parse.h"

/* %s: the address. NULL: it only looks, and nobody is asked. */
static const struct {
    const char *action, *question, *command;
    bool account; /* the command takes -account */
} actions[] = {
    {"roster", "Add %s to your contacts?", "/contact add", true},
    {"subscribe", "Add %s to your contacts, and ask to see when they are online?", "/contact add", true},
    {"remove", "Remove %s from your contacts?", "/contact remove", true},
    {"unsubscribe", "Remove %s from your contacts?", "/contact remove", true},
    {"register", "Register with %s?", "/gateways register", false},
    {"unregister", "Cancel what you registered with %s?", "/gateways unregister", false},
    {"command", "Run what this link names at %s?", "/command", false},
    {"disco", NULL, "/whois", true},
    {"vcard", NULL, "/whois", true},
};

bool link_is_for_me(const struct uri *u)
{
    for (size_t i = 0; u->action && i < COUNT(actions); i++)
        if (strcasecmp(u->action, actions[i].action) == 0)
            return true;
    return false;
}

/* The command, each part of the link in one piece: nothing in it becomes another command, a flag or a variable. */
static char *line_of(size_t i, const struct account *a, const struct uri *u)
{
    struct buf line = {0};
    buf_adds(&line, actions[i].command);
    if (actions[i].account) {
        buf_adds(&line, " -account=");
        parse_escape(&line, a->name);
    }
    const char *more = str_eq(actions[i].command, "/contact add") ? u->name : str_eq(actions[i].command, "/command") ? u->node : NULL;
    buf_addc(&line, ' ');
    parse_escape(&line, u->address);
    if (more && more[0] != '-') {
        buf_addc(&line, ' ');
        parse_escape(&line, more);
    }
    return buf_take(&line);
}

int link_run(struct cmd_ctx *ctx, const struct account *a, const struct uri *u, struct err *e)
{
    size_t i = 0;
    while (i + 1 < COUNT(actions) && strcasecmp(u->action, actions[i].action) != 0)
        i++;
    if (u->invited)
        return err_set(e, KITH_EUNSUP, "this link makes a new account: give it to /account add as the invitation");
    char *line = line_of(i, a, u);
    int rc = actions[i].question ? need_view(ctx, VIEW_CAN(ctx, confirm), e) : cmd_run(ctx, line, e);
    if (rc >= 0 && actions[i].question) {
        struct buf question = {0};
        const char *at = strstr(actions[i].question, "%s");
        buf_add(&question, actions[i].question, (size_t)(at - actions[i].question));
        buf_adds(&question, u->address);
        buf_adds(&question, at + 2);
        ctx->view->confirm(ctx->view_data, buf_str(&question), line);
        buf_free(&question);
    }
    free(line);
    return rc;
}
