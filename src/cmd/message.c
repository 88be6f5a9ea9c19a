/* cmd/message.c - /say /me /reply /edit /react /retract /resend /cancel /read /unread /copy */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cmd/internal.h"

static int run_say(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct core_send s = {.body = a->argv[0]};
    return send_message(ctx, ctx->chat, &s, e);
}

static int run_me(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct core_send s = {.body = a->argv[0], .flags = CORE_SEND_ACTION};
    return send_message(ctx, ctx->chat, &s, e);
}

static int may(const struct message *m, uint32_t cap, const char *what, struct err *e)
{
    if (m->chat->account->state != KITH_STATE_ONLINE || (chat_caps(m->chat) & cap))
        return 0; /* offline: the outbox decides when the account is back */
    return err_set(e, KITH_EUNSUP, "messages cannot be %s in this chat", what);
}

static int run_reply(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct message *m = find_message(ctx, a->argv[0], WANT_OTHERS, e);
    if (!m)
        return KITH_ENOTFOUND;
    if (a->argv[1]) {
        struct core_send s = {.body = a->argv[1], .reply_to = m->id};
        return send_message(ctx, m->chat, &s, e);
    }
    struct draft d = {
        .text = m->chat->draft.text, .cursor = m->chat->draft.cursor, .reply_to = m->id};
    core_draft(ctx->env->core, m->chat, &d, NULL);
    return 0;
}

static int run_edit(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct message *m = find_message(ctx, a->argv[0], WANT_OWN_TEXT, e);
    int rc = m ? may(m, KITH_CAP_EDIT, "edited", e) : KITH_ENOTFOUND;
    if (rc < 0)
        return rc;
    if (a->argv[1]) {
        struct core_send s = {.body = a->argv[1], .edit = m->id};
        return send_message(ctx, m->chat, &s, e);
    }
    struct draft d = {.text = m->body, .cursor = m->body ? strlen(m->body) : 0, .editing = m->id};
    core_draft(ctx->env->core, m->chat, &d, NULL);
    return 0;
}

static int run_retract(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct message *m = find_message(ctx, a->argv[0], WANT_OWN_TEXT, e);
    int rc = m ? may(m, KITH_CAP_RETRACT, "withdrawn", e) : KITH_ENOTFOUND;
    return rc < 0 ? rc : core_retract(ctx->env->core, m, a->argv[1], e);
}

static bool by_me(const struct message *m, const char *sender)
{
    const struct chat *c = m->chat;
    return str_eq(sender, c->account->address) ||
           (c->kind == KITH_CHAT_ROOM && c->nick && str_eq(sender, c->nick)) ||
           (c->kind == KITH_CHAT_ROOM && c->nick && str_starts(sender, c->address) &&
            sender[strlen(c->address)] == '/' &&
            strcmp(sender + strlen(c->address) + 1, c->nick) == 0);
}

/* A reaction given twice is taken back. */
static int run_react(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    const char *set[64];
    size_t n = 0;
    bool had = false;
    struct message *m = find_message(ctx, a->argv[0], WANT_OTHERS, e);
    int rc = m ? may(m, KITH_CAP_REACT, "reacted to", e) : KITH_ENOTFOUND;
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < m->n_reactions && n < COUNT(set) - 1; i++) {
        if (!m->reactions[i].sender || !by_me(m, m->reactions[i].sender))
            continue;
        if (strcmp(m->reactions[i].text, a->argv[1]) == 0)
            had = true;
        else
            set[n++] = m->reactions[i].text;
    }
    if (!had)
        set[n++] = a->argv[1];
    return core_react(ctx->env->core, m, set, n, e);
}

static int run_resend(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct message *m = find_message(ctx, a->argv[0], WANT_FAILED, e);
    return m ? core_resend(ctx->env->core, m, e) : KITH_ENOTFOUND;
}

static int run_cancel(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct message *m = find_message(ctx, a->argv[0], WANT_UNSENT, e);
    return m ? core_cancel(ctx->env->core, m, e) : KITH_ENOTFOUND;
}

static int run_read(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    const struct model *m = ctx->env->model;
    for (size_t i = 0; has_flag(a, "all") && i < m->n_accounts; i++) {
        for (size_t k = 0; k < m->accounts[i]->n_chats; k++) {
            if (m->accounts[i]->chats[k]->unread)
                core_mark_read(ctx->env->core, m->accounts[i]->chats[k], NULL);
        }
    }
    if (has_flag(a, "all"))
        return 0;
    if (!ctx->chat)
        return err_set(e, KITH_ENOTFOUND, "no chat is open here; /read -all marks everything");
    core_mark_read(ctx->env->core, ctx->chat, NULL);
    return 0;
}

static int run_unread(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct message *m = find_message(ctx, a->argv[0], WANT_ANY, e);
    if (!m)
        return KITH_ENOTFOUND;
    core_mark_unread(ctx->env->core, m->chat, m);
    return 0;
}

/* ---- /copy ---- */

/* The lines between ``` marks, or those that begin with four spaces. */
static void add_code(const char *body, struct buf *out)
{
    bool fenced = false;
    for (const char *p = body; *p;) {
        size_t n = strcspn(p, "\n");
        bool fence = n >= 3 && strncmp(p, "```", 3) == 0,
             indented = n > 4 && strncmp(p, "    ", 4) == 0;
        if (fence)
            fenced = !fenced;
        else if (fenced || indented) {
            buf_add(out, p + (fenced ? 0 : 4), n - (fenced ? 0 : 4));
            buf_addc(out, '\n');
        }
        p += n + (p[n] == '\n');
    }
}

static int run_copy(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct buf b = {0};
    struct message *m = find_message(ctx, a->argv[0], WANT_ANY, e);
    if (!m)
        return KITH_ENOTFOUND;
    if (has_flag(a, "code"))
        add_code(m->body ? m->body : "", &b);
    if (has_flag(a, "code") && !b.len)
        return err_set(e, KITH_ENOTFOUND, "there is no code block in this message");
    if (has_flag(a, "header")) {
        char when[64];
        clock_format(when, sizeof when, "%Y-%m-%d %H:%M", m->time);
        buf_addf(&b, "%s %s: ", when, m->sender_name ? m->sender_name : m->sender ? m->sender : "");
    }
    if (!has_flag(a, "code"))
        buf_adds(&b, m->body                                     ? m->body
                     : m->n_attachments && m->attachments[0].url ? m->attachments[0].url
                                                                 : "");
    int rc = copy_text(ctx, buf_str(&b), e);
    if (rc >= 0)
        cmd_say(ctx, KITH_INFO, "copied %zu bytes", b.len);
    buf_free(&b);
    return rc;
}

#define MSG                                                                                        \
    {                                                                                              \
        ARG_MESSAGE, "message", true, NULL                                                         \
    }

const struct cmd cmds_message[] = {
    {.name = "say",
     .group = "Messages",
     .summary = "Sends a text as it is, also one that begins with a slash.",
     .args = {{ARG_TEXT, "text", false, NULL}},
     .needs = CMD_NEEDS_CHAT,
     .run = run_say},
    {.name = "me",
     .group = "Messages",
     .summary = "Says what you do.",
     .args = {{ARG_TEXT, "text", false, NULL}},
     .needs = CMD_NEEDS_CHAT,
     .run = run_me},
    {.name = "reply",
     .group = "Messages",
     .summary = "Answers a message: the selected one, or the last of somebody else.",
     .args = {MSG, {ARG_TEXT, "text", true, NULL}},
     .needs = CMD_NEEDS_MESSAGE,
     .details = "Without a text the input is set up for the answer.",
     .run = run_reply},
    {.name = "edit",
     .aliases = "correct",
     .group = "Messages",
     .summary = "Changes a message of yours: the selected one, or the last.",
     .args = {MSG, {ARG_TEXT, "text", true, NULL}},
     .needs = CMD_NEEDS_MESSAGE,
     .details = "Without a text the message is put into the input.",
     .run = run_edit},
    {.name = "retract",
     .aliases = "redact",
     .group = "Messages",
     .summary = "Withdraws a message of yours, for everybody.",
     .args = {MSG, {ARG_TEXT, "reason", true, NULL}},
     .needs = CMD_NEEDS_MESSAGE,
     .run = run_retract},
    {.name = "react",
     .group = "Messages",
     .summary = "Reacts to a message with an emoji; once more takes it back.",
     .args = {MSG, {ARG_WORD, "emoji", false, NULL}},
     .needs = CMD_NEEDS_MESSAGE,
     .run = run_react},
    {.name = "resend",
     .group = "Messages",
     .summary = "Sends again what failed.",
     .args = {MSG},
     .needs = CMD_NEEDS_MESSAGE,
     .run = run_resend},
    {.name = "cancel",
     .group = "Messages",
     .summary = "Drops a message that waits to be sent, or failed.",
     .args = {MSG},
     .needs = CMD_NEEDS_MESSAGE,
     .run = run_cancel},
    {.name = "read",
     .group = "Messages",
     .summary = "Marks the chat as read, or all chats.",
     .flags = "-all",
     .run = run_read},
    {.name = "unread",
     .group = "Messages",
     .summary = "Marks the chat as unread, from a message on.",
     .args = {MSG},
     .needs = CMD_NEEDS_MESSAGE,
     .run = run_unread},
    {.name = "copy",
     .group = "Messages",
     .summary = "Copies a message to the clipboard, with its header, or only its code.",
     .flags = "-header -code",
     .args = {MSG},
     .needs = CMD_NEEDS_MESSAGE | CMD_NEEDS_VIEW,
     .run = run_copy},
    {.name = NULL},
};
