/* cmd/why.c - /why: which rule decided, about a message, a chat, an account, a setting, a key, a colour */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/complete.h"
#include "cmd/guard.h"
#include "cmd/internal.h"
#include "cmd/listed.h"
#include "config/why.h"
#include "core/preview.h"

#define ABOUT "chat|person|account|setting|key|colour|alias|command|draft"

/* ---- messages, chats, accounts ---- */

/* Where the notice goes, when there is one. */
static void about_sinks(struct cmd_ctx *ctx, struct buf *out)
{
    static const char *const what[] = {"Desktop", "Terminal", "Program"};
    struct why w;
    for (int i = SINK_DESKTOP; i <= SINK_COMMAND; i++) {
        const char *ssh = i == SINK_DESKTOP ? getenv("SSH_CONNECTION")
                          : VIEW_CAN(ctx, get_env) ? ctx->view->get_env(ctx->view_data, "SSH_CONNECTION")
                                                   : NULL;
        (void)core_sink(ctx->env->config, (enum core_sink)i, !str_empty(ssh), &w);
        why_line(&w, what[i], out);
    }
}

static void about_message(struct cmd_ctx *ctx, const struct message *m, struct buf *out)
{
    static const char *const what[] = {"Bell", "Notice", "Mention", "Unread", "Inbox", "Sent"};
    struct why w;
    for (int i = WHY_BELL; i <= WHY_SENT; i++) {
        if ((enum core_why_message)i == WHY_SENT && !is_own(m))
            continue;
        core_why_message(ctx->env->core, m, (enum core_why_message)i, &w);
        why_line(&w, what[i], out);
        if ((enum core_why_message)i == WHY_NOTICE && w.yes)
            about_sinks(ctx, out);
    }
}

/* By what it stands where it does in the list: what comes first decides. */
static void why_order(const struct cmd_ctx *ctx, const struct chat *chat, struct why *w)
{
    const struct config *c = ctx->env->config;
    const struct contact *ct = account_contact(chat->account, chat->address);
    const char *group = ct && ct->n_groups ? ct->groups[0] : NULL;
    struct buf sort = {0};
    size_t n = 0;
    const char *const *keys = config_list(c, "ui.list.sort", &n);
    for (size_t i = 0; i < n; i++)
        buf_addf(&sort, "%s%s", sort.len ? ", " : "", keys[i]);
    if (chat->flags & KITH_CHAT_PINNED)
        why_set(w, c, "/pin", true, "it is pinned, above all others of %s; among these by %s", chat->account->name, buf_str(&sort));
    else if (group && ct)
        why_set(w, c, "ui.list.sort", false, "under %s, in the group %s; there by %s", chat->account->name, group, buf_str(&sort));
    else
        why_set(w, c, "ui.list.sort", false, "under %s, among its %s; there by %s", chat->account->name,
                chat->kind == KITH_CHAT_ROOM ? "rooms" : "people without a group", buf_str(&sort));
    buf_free(&sort);
}

static void why_listed(const struct cmd_ctx *ctx, const struct chat *chat, struct why *w)
{
    static const struct { const char *rule, *text; } words[] = {
        [LISTED_PRESENT] = {"presence", "they are there"},
        [LISTED_BUSY] = {"window", "it is open, or has unread messages"},
        [LISTED_KEPT] = {"kept", "it is joined or pinned"},
        [LISTED_OFFLINE] = {"ui.list.offline", "contacts that are offline are listed"},
        [UNLISTED_OFFLINE] = {"ui.list.offline", "contacts that are offline are not listed"},
        [UNLISTED_CLOSED] = {"window", "it is closed, and nothing in it is unread"}};
    const struct config *c = ctx->env->config;
    const struct contact *ct = account_contact(chat->account, chat->address);
    enum listed rule = listed_rule(ct, chat, config_bool(c, "ui.list.offline"));
    why_set(w, c, words[rule].rule, rule < UNLISTED_OFFLINE, "%s", words[rule].text);
}

static void why_pictures(const struct cmd_ctx *ctx, const struct chat *chat, struct why *w)
{
    static const struct { const char *rule, *text; } words[] = {
        [PREVIEW_CHOSEN] = {"/pictures", "it is on for this chat"},
        [PREVIEW_CONTACT] = {"ui.chat.pictures", "pictures of contacts are shown"},
        [PREVIEW_NOT_ALL] = {"ui.chat.pictures", "pictures of nobody are shown"},
        [PREVIEW_NOT_HERE] = {"/pictures", "it is off for this chat"},
        [PREVIEW_NOT_CHOSEN] = {"ui.chat.pictures", "this chat was not chosen with /pictures on"}};
    const struct config *c = ctx->env->config;
    enum preview_rule rule = previews_rule(c, chat);
    why_set(w, words[rule].rule[0] == '/' ? NULL : c, words[rule].rule, rule < PREVIEW_NOT_ALL, "%s", words[rule].text);
}

static void about_chat(struct cmd_ctx *ctx, const struct chat *chat, const char *nick, struct buf *out)
{
    static const char *const what[] = {"Heard", "Notices", "Joins shown", "Typing told", "Reading told"};
    bool room = chat->kind == KITH_CHAT_ROOM;
    struct why w;
    if (!nick) {
        why_listed(ctx, chat, &w);
        why_line(&w, "Listed", out);
        why_pictures(ctx, chat, &w);
        why_line(&w, "Pictures", out);
        why_order(ctx, chat, &w);
        why_line(&w, "On top", out);
    }
    for (int i = WHY_HEARD; i <= WHY_READ_TOLD; i++) {
        if ((enum core_why_chat)i == WHY_JOINS && !room)
            continue;
        if ((enum core_why_chat)i == WHY_HEARD && room && !nick)
            continue;
        core_why_chat(ctx->env->core, chat, nick, (enum core_why_chat)i, &w);
        why_line(&w, what[i], out);
    }
}

static void about_account(struct cmd_ctx *ctx, const struct account *a, struct buf *out)
{
    struct why w;
    core_why_account(ctx->env->core, a, WHY_ONLINE, &w);
    why_line(&w, "Online", out);
    core_why_account(ctx->env->core, a, WHY_STATUS, &w);
    why_line(&w, "Shown as there", out);
}

/* What Enter would ask about the text of the input. */
static int about_draft(struct cmd_ctx *ctx, const char *text, struct buf *out, struct err *e)
{
    static const char *const kinds[N_GUARDS] = {
        [GUARD_NONE] = "nothing in it is asked about", [GUARD_KEY] = "secret", [GUARD_PASSWORD] = "secret",
        [GUARD_COMMAND] = "command", [GUARD_SHELL] = "command", [GUARD_ACCOUNT] = "account"};
    if (!ctx->chat)
        return err_set(e, KITH_ENOTFOUND, "no chat is open here");
    text = text ? text : ctx->chat->draft.text;
    struct buf sentence = {0};
    struct why w;
    enum guard g = guard_send(ctx->env, ctx->chat, text ? text : "", &sentence);
    why_set(&w, ctx->env->config, "ui.input.guard", g != GUARD_NONE, "%s%s%s%s", kinds[g], g ? ": " : "",
            g ? buf_str(&sentence) : "", "");
    why_line(&w, "Enter asks", out);
    buf_free(&sentence);
    return 0;
}

/* ---- settings, keys, colours, commands ---- */

static int about_setting(struct cmd_ctx *ctx, const char *name, struct buf *out, struct err *e)
{
    struct why w;
    const char *near = name ? config_nearest(ctx->env->config, name) : NULL;
    if (!name)
        return err_set(e, KITH_EINVAL, "which setting?");
    if (!why_option(ctx->env->config, name, &w))
        return err_set(e, KITH_ENOTFOUND, "there is no option \"%s\"%s%s", name, near ? "; did you mean " : "",
                       near ? near : "");
    why_line(&w, "Set", out);
    why_option_others(ctx->env->config, name, out);
    return 0;
}

static int about_key(struct cmd_ctx *ctx, const char *name, const char *context, struct buf *out,
                     struct err *e)
{
    struct key chord[KEY_CHORD_MAX];
    const struct account *a = ctx->chat ? ctx->chat->account : ctx->account;
    struct key_where where = {.account = a ? a->name : NULL,
                              .protocol = a ? a->protocol : NULL,
                              .chat = ctx->chat ? ctx->chat->address : NULL};
    int n = name ? chord_parse(name, chord, e) : err_set(e, KITH_EINVAL, "which key?");
    if (n < 0)
        return n;
    if (context && key_context_find(context) == N_KEY_CONTEXTS)
        return err_set(e, KITH_EINVAL, "unknown context \"%s\"", context);
    for (int c = 0; c < N_KEY_CONTEXTS; c++) {
        const char *label = key_context_name((enum key_context)c);
        struct why w;
        if ((!context || strcmp(context, label) == 0) &&
            why_key(ctx->env->keymap, (enum key_context)c, chord, (size_t)n, &where, &w))
            why_line(&w, label, out);
    }
    return out->len ? 0 : err_set(e, KITH_ENOTFOUND, "nothing is bound to %s", name);
}

static int about_colour(struct cmd_ctx *ctx, const char *name, struct buf *out, struct err *e)
{
    const char *theme = config_str(ctx->env->config, "ui.theme");
    enum role r = ROLE_BASE;
    struct why w;
    while (name && r < N_ROLES && strcmp(role_name(r), name) != 0)
        r++;
    if (!name || (r == N_ROLES && strcmp(name, "nicks") != 0))
        return err_set(e, KITH_ENOTFOUND, "a colour is named like list.unread, or nicks");
    bool shown = VIEW_CAN(ctx, theme);
    struct theme *own = shown ? NULL : theme_load(theme, "dark", e);
    const struct theme *t = shown ? ctx->view->theme(ctx->view_data) : own;
    if (!t)
        return KITH_ENOTFOUND;
    why_option(ctx->env->config, "ui.theme", &w);
    why_line(&w, "ui.theme set", out);
    if (r == N_ROLES) {
        why_nicks(t, &w);
        why_line(&w, "Of the name", out);
    } else {
        why_colour(t, r, false, &w);
        why_line(&w, "Text", out);
        why_colour(t, r, true, &w);
        why_line(&w, "Background", out);
    }
    theme_free(own);
    why_option(ctx->env->config, "ui.colours", &w);
    why_line(&w, "ui.colours set", out);
    return 0;
}

static int about_command(struct cmd_ctx *ctx, const char *name, struct buf *out, struct err *e)
{
    const struct cmd *c = name ? cmd_find(name[0] == '/' ? name + 1 : name) : NULL;
    struct err refusal = {0};
    struct why w;
    if (!c)
        return err_set(e, KITH_ENOTFOUND, "there is no such command; /why alias tells of aliases");
    int rc = cmd_needs(c, ctx, &refusal);
    if (rc >= 0 && c->fits)
        rc = c->fits(ctx, NULL, &refusal);
    why_set(&w, NULL,
            rc >= 0                ? "fits"
            : rc == KITH_EOFFLINE  ? "offline"
            : rc == KITH_EUNSUP    ? "protocol"
            : rc == KITH_EINVAL    ? "kind of chat"
                                   : "place",
            rc >= 0, "%s", rc >= 0 ? "it can be used here" : refusal.text);
    why_line(&w, "Possible", out);
    return 0;
}

static int about_alias(struct cmd_ctx *ctx, const char *name, struct buf *out, struct err *e)
{
    struct why w;
    if (!name || !why_alias(ctx->env->config, name[0] == '/' ? name + 1 : name, &w))
        return err_set(e, KITH_ENOTFOUND, "there is no such alias");
    why_line(&w, "Alias", out);
    return 0;
}

/* ---- the command ---- */

static int about_person(struct cmd_ctx *ctx, const char *name, struct buf *out, struct err *e)
{
    if (!ctx->chat || !name)
        return err_set(e, KITH_ENOTFOUND, name ? "no chat is open here" : "who?");
    about_chat(ctx, ctx->chat, name, out);
    return 0;
}

static int tell(struct cmd_ctx *ctx, const char *about, const char *what, const char *context,
                struct buf *out, struct err *e)
{
    if (strcmp(about, "setting") == 0)
        return about_setting(ctx, what, out, e);
    if (strcmp(about, "key") == 0)
        return about_key(ctx, what, context, out, e);
    if (strcmp(about, "colour") == 0)
        return about_colour(ctx, what, out, e);
    if (strcmp(about, "command") == 0)
        return about_command(ctx, what, out, e);
    if (strcmp(about, "alias") == 0)
        return about_alias(ctx, what, out, e);
    if (strcmp(about, "draft") == 0)
        return about_draft(ctx, what, out, e);
    if (strcmp(about, "person") == 0)
        return about_person(ctx, what, out, e);
    if (strcmp(about, "account") == 0) {
        const struct account *a = account_for(ctx, what, e);
        if (a)
            about_account(ctx, a, out);
        return a ? 0 : KITH_ENOTFOUND;
    }
    const struct chat *chat = what ? find_chat(ctx, what, e) : ctx->chat;
    if (chat)
        about_chat(ctx, chat, NULL, out);
    else if (!what)
        (void)err_set(e, KITH_ENOTFOUND, "no chat is open here");
    return chat ? 0 : KITH_ENOTFOUND;
}

static int run_why(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct buf b = {0};
    int rc = 0;
    const struct message *m = a->argv[1] ? NULL : find_message(ctx, a->argv[0], WANT_ANY, e);
    if (a->argv[1])
        rc = tell(ctx, a->argv[1], a->argv[2], flag_value(a, "context"), &b, e);
    else if (m)
        about_message(ctx, m, &b);
    else
        rc = KITH_ENOTFOUND;
    if (rc >= 0)
        cmd_page(ctx, "Why", buf_str(&b));
    buf_free(&b);
    return rc;
}

const struct cmd cmds_why[] = {
    {.name = "why",
     .group = "Program",
     .summary = "Says which rule decided: why it rang, is unread, is shown, is offline, has this colour.",
     .flags = "-context=name",
     .args = {{ARG_MESSAGE, "message", true, NULL},
              {ARG_CHOICE, "about", true, ABOUT},
              {ARG_WHY, "what", true, NULL}},
     .details = "Alone it is about the selected message, else the newest one. Each line names the rule that "
                "decided, with file and line where a file did: change that, and it is decided otherwise. "
                "/why account home, /why setting ui.theme, /why key M-w, /why colour list.unread (or nicks), "
                "/why person frank (in a room), /why command edit, /why alias j, /why draft (what Enter would "
                "ask).",
     .run = run_why},
    {.name = NULL},
};
