/* cmd/message.c - /say /me /reply /edit /react /retract /resend /cancel /read /unread */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/codes.h"
#include "base/mem.h"
#include "cmd/emoji.h"
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

/* ---- what may be done with a message here ---- */

static int fits_reply(const struct cmd_ctx *ctx, const struct message *m, struct err *e)
{
    const struct chat *c = m ? m->chat : ctx->chat;
    if (c && c->account->state == KITH_STATE_ONLINE && !(chat_caps(c) & KITH_CAP_REPLY))
        return err_set(e, KITH_EUNSUP, "messages cannot be answered one by one in this chat");
    return fits_want(m, WANT_ANY, e);
}

static int fits_change(const struct cmd_ctx *ctx, const struct message *m, enum change what,
                       enum message_want want, struct err *e)
{
    const struct chat *c = m ? m->chat : ctx->chat;
    int rc = c ? core_may_change(c, what, e) : 0;
    return rc < 0 ? rc : fits_want(m, want, e);
}

static int fits_edit(const struct cmd_ctx *ctx, const struct message *m, struct err *e)
{
    return fits_change(ctx, m, CHANGE_EDIT, WANT_OWN_TEXT, e);
}

static int fits_retract(const struct cmd_ctx *ctx, const struct message *m, struct err *e)
{
    return fits_change(ctx, m, CHANGE_RETRACT, WANT_OWN_TEXT, e);
}

static int fits_react(const struct cmd_ctx *ctx, const struct message *m, struct err *e)
{
    return fits_change(ctx, m, CHANGE_REACT, WANT_ANY, e);
}

static int fits_resend(const struct cmd_ctx *ctx, const struct message *m, struct err *e)
{
    return fits_want(m, WANT_FAILED, e) < 0 ? KITH_ENOTFOUND : 0;
}

static int fits_cancel(const struct cmd_ctx *ctx, const struct message *m, struct err *e)
{
    return fits_want(m, WANT_UNSENT, e) < 0 ? KITH_ENOTFOUND : 0;
}

/* ---- commands ---- */

static int run_reply(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct message *m = find_message(ctx, a->argv[0], WANT_OTHERS, e);
    int rc = m ? fits_reply(ctx, m, e) : KITH_ENOTFOUND;
    if (rc < 0)
        return rc;
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
    int rc = m ? fits_edit(ctx, m, e) : KITH_ENOTFOUND;
    if (rc < 0)
        return rc;
    if (a->argv[1]) {
        struct core_send s = {.body = a->argv[1], .edit = m->id};
        return send_message(ctx, m->chat, &s, e);
    }
    if (message_gone(m))
        return err_set(e, KITH_ENOTFOUND, "what this message said was not kept on this machine; /edit with a new text replaces it");
    char *text = codes_text(CODES_INPUT, m->body ? m->body : "", m->spans);
    struct draft d = {.text = text, .cursor = strlen(text), .editing = m->id};
    core_draft(ctx->env->core, m->chat, &d, NULL);
    free(text);
    return 0;
}

static int run_retract(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct message *m = find_message(ctx, a->argv[0], WANT_OWN_TEXT, e);
    int rc = m ? fits_retract(ctx, m, e) : KITH_ENOTFOUND;
    return rc < 0 ? rc : core_retract(ctx->env->core, m, a->argv[1], e);
}

/* ":heart:" by its name, anything else as it is; NULL and a sentence for a name that is none. */
static const char *emoji_of(const char *word, struct err *e)
{
    size_t n = 0, len = strlen(word);
    const struct emoji *all = emoji_table(&n);
    if (word[0] != ':' || len < 2)
        return word;
    len -= 1 + (word[len - 1] == ':');
    for (size_t i = 0; i < n; i++)
        if (strlen(all[i].name) == len && strncmp(all[i].name, word + 1, len) == 0)
            return all[i].text;
    (void)err_set(e, KITH_ENOTFOUND, "no emoji is called %.40s; Tab behind a colon lists them", word);
    return NULL;
}

/* A reaction given twice is taken back. */
static int run_react(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    const char *set[64];
    size_t n = 0;
    bool had = false;
    struct message *m = find_message(ctx, a->argv[0], WANT_OTHERS, e);
    int rc = m ? fits_react(ctx, m, e) : KITH_ENOTFOUND;
    const char *text = rc < 0 ? NULL : emoji_of(a->argv[1], e);
    if (!text)
        return rc < 0 ? rc : KITH_ENOTFOUND;
    for (size_t i = 0; i < m->n_reactions && n < COUNT(set) - 1; i++) {
        if (!str_eq(m->reactions[i].sender, m->chat->account->address))
            continue;
        if (strcmp(m->reactions[i].text, text) == 0)
            had = true;
        else
            set[n++] = m->reactions[i].text;
    }
    if (!had)
        set[n++] = text;
    return core_react(ctx->env->core, m, set, n, e);
}

static int run_resend(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct message *m = find_message(ctx, a->argv[0], WANT_FAILED, e);
    return m ? core_resend(ctx->env->core, m, e) : KITH_ENOTFOUND;
}

/* All that waits in this chat, the newest first: then those before it cannot go meanwhile. */
static int cancel_all(struct cmd_ctx *ctx, struct err *e)
{
    size_t n = 0;
    struct err first = {0};
    for (size_t i = ctx->chat ? ctx->chat->n_messages : 0; i-- > 0;) {
        struct message *m = ctx->chat->messages[i];
        bool waits = m->kind != MESSAGE_EVENT && message_outgoing(m) && m->delivery == DELIVERY_QUEUED;
        if (waits && core_cancel(ctx->env->core, m, first.code ? NULL : &first) >= 0)
            n++;
    }
    if (n == 0)
        return first.code ? err_set(e, first.code, "%s", first.text)
                          : err_set(e, KITH_ENOTFOUND, "nothing waits to be sent here");
    cmd_say(ctx, KITH_INFO, "%zu %s taken back", n, n == 1 ? "message is" : "messages are");
    return 0;
}

static int run_cancel(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    if (has_flag(a, "all"))
        return cancel_all(ctx, e);
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
     .fits = fits_reply,
     .run = run_reply},
    {.name = "edit",
     .aliases = "correct",
     .group = "Messages",
     .summary = "Changes a message of yours: the selected one, or the last.",
     .args = {MSG, {ARG_TEXT, "text", true, NULL}},
     .needs = CMD_NEEDS_MESSAGE,
     .details = "Without a text the message is put into the input.",
     .fits = fits_edit,
     .run = run_edit},
    {.name = "retract",
     .aliases = "redact",
     .group = "Messages",
     .summary = "Withdraws a message of yours, for everybody.",
     .args = {MSG, {ARG_TEXT, "reason", true, NULL}},
     .needs = CMD_NEEDS_MESSAGE,
     .fits = fits_retract,
     .run = run_retract},
    {.name = "react",
     .group = "Messages",
     .summary = "Reacts to a message with an emoji, or its :name:; once more takes it back.",
     .args = {MSG, {ARG_WORD, "emoji", false, NULL}},
     .needs = CMD_NEEDS_MESSAGE,
     .fits = fits_react,
     .run = run_react},
    {.name = "resend",
     .group = "Messages",
     .summary = "Sends again what failed: a message, or what was done to one.",
     .args = {MSG},
     .needs = CMD_NEEDS_MESSAGE,
     .fits = fits_resend,
     .run = run_resend},
    {.name = "cancel",
     .group = "Messages",
     .summary = "Drops a message, or what was done to one, that waits to be sent or failed.",
     .flags = "-all",
     .args = {MSG},
     .details = "Also one that waits for the limits of a server (the status line says how many do): as long as it has "
                "not left, it is taken back. -all: all that wait in this chat.",
     .needs = CMD_NEEDS_MESSAGE,
     .fits = fits_cancel,
     .run = run_cancel},
    {.name = "read",
     .group = "Messages",
     .summary = "Marks the chat as read, or all chats.",
     .flags = "-all",
     .run = run_read},
    {.name = "unread",
     .aliases = "mark-unread",
     .group = "Messages",
     .summary = "Marks the chat as unread, from a message on.",
     .args = {MSG},
     .needs = CMD_NEEDS_MESSAGE,
     .run = run_unread},
    {.name = NULL},
};
