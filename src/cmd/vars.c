/* cmd/vars.c - $chat $account $nick $msg $url $file $number $reaction $device $text $answer: from what is
 * under the cursor */
#include <string.h>

#include "base/mem.h"
#include "cmd/hook.h"
#include "cmd/internal.h"
#include "cmd/parse.h"

static const char *const names[] = {"chat", "account", "nick",   "msg",    "url",
                                    "file", "text",    "answer", "number", "reaction", "device"};
enum {
    VAR_CHAT,
    VAR_ACCOUNT,
    VAR_NICK,
    VAR_MSG,
    VAR_URL,
    VAR_FILE,
    VAR_TEXT,
    VAR_ANSWER,
    VAR_NUMBER,
    VAR_REACTION,
    VAR_DEVICE,
    N_VARS
};

static int find(const char *name, size_t len)
{
    for (int i = 0; i < N_VARS; i++) {
        if (strlen(names[i]) == len && strncmp(names[i], name, len) == 0)
            return i;
    }
    return -1;
}

bool var_known(const char *name, size_t len)
{
    return find(name, len) >= 0;
}

static const char *nick_of(const struct cmd_ctx *ctx, const struct message *m)
{
    if (ctx->nick)
        return ctx->nick;
    if (m)
        return m->sender_name ? m->sender_name : m->sender;
    if (ctx->chat && ctx->chat->kind != KITH_CHAT_ROOM)
        return chat_title(ctx->chat);
    return NULL;
}

/* $url: the first one in the message. */
static int add_url(const struct message *m, struct buf *out)
{
    size_t from, len;
    if (m && m->body && find_url(m->body, 0, &from, &len)) {
        buf_add(out, m->body + from, len);
        return 1;
    }
    if (m && m->n_attachments && m->attachments[0].url) {
        buf_adds(out, m->attachments[0].url);
        return 1;
    }
    return 0;
}

static const char *file_of(const struct cmd_ctx *ctx, const struct message *m)
{
    size_t i = ctx->number > 0 ? (size_t)ctx->number - 1 : 0;
    return m && i < m->n_attachments ? m->attachments[i].name : NULL;
}

int var_value(const struct cmd_ctx *ctx, const char *name, size_t len, struct buf *out,
              struct err *e)
{
    const struct message *m =
        ctx->chat && ctx->message ? chat_message(ctx->chat, ctx->message) : NULL;
    const struct account *a = ctx->account ? ctx->account : ctx->chat ? ctx->chat->account : NULL;
    const char *value = NULL;
    int var = find(name, len);
    switch (var) {
    case VAR_CHAT:
        value = ctx->chat ? ctx->chat->address : ctx->who;
        break;
    case VAR_ACCOUNT:
        value = a ? a->name : NULL;
        break;
    case VAR_NICK:
        value = nick_of(ctx, m);
        break;
    case VAR_MSG:
        if (ctx->message)
            buf_addf(out, "msg:%lld", (long long)ctx->message);
        return ctx->message ? 1 : err_set(e, KITH_ENOTFOUND, "no message is selected ($msg)");
    case VAR_URL:
        if (ctx->url) {
            buf_adds(out, ctx->url);
            return 1;
        }
        return !hook_hides(ctx, m) && add_url(m, out) ? 1 : err_set(e, KITH_ENOTFOUND, "there is no link in it ($url)");
    case VAR_FILE:
        value = hook_hides(ctx, m) ? HOOK_HIDDEN : file_of(ctx, m);
        break;
    case VAR_TEXT:
        value = ctx->text ? ctx->text : hook_hides(ctx, m) ? HOOK_HIDDEN : m ? m->body : NULL;
        break;
    case VAR_NUMBER:
        buf_addf(out, "%d", MAX(1, ctx->number));
        return 1;
    case VAR_REACTION:
        value = ctx->reaction;
        break;
    case VAR_DEVICE:
        value = ctx->device;
        break;
    case VAR_ANSWER:
        value = ctx->answer;
        break;
    default: /* no variable of ours: a dollar like any other */
        return 0;
    }
    if (!value)
        return err_set(e, KITH_ENOTFOUND, "nothing is here for $%s", names[var]);
    buf_adds(out, value);
    return 1;
}
