/* cmd/chat.c - /msg /query /join /part /close /mute /pin: getting into chats and out of them
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/uri.h"
#include "cmd/chat.h"
#include "cmd/internal.h"
#include "cmd/parse.h"

static void show(struct cmd_ctx *ctx, struct chat *chat)
{
    if (VIEW_CAN(ctx, show_chat))
        ctx->view->show_chat(ctx->view_data, chat);
}

/* Opens whom (or finds it open) and does what `then` says; text belongs to THEN_SEND and
 * THEN_WRITE. */
static int open_who(struct cmd_ctx *ctx, const struct who *who, enum pending_then then,
                    const char *text, struct err *e)
{
    if (who->chat) {
        if (then == THEN_SEND) {
            struct core_send s = {.body = text};
            int rc = send_message(ctx, who->chat, &s, e);
            if (rc < 0)
                return rc;
        }
        show(ctx, who->chat);
        if (then == THEN_WRITE && ctx->view)
            write_input(ctx->view, ctx->view_data, who->chat, text);
        return 0;
    }
    struct cmd_pending *p =
        pending_new(ctx, who->account, NULL, "opening a chat with %s", who->address);
    p->then = then;
    if (text)
        p->text = then == THEN_SEND ? xasprintf("%s %s", who->address, text) : xstrdup(text);
    return pending_started(
        p, core_open_chat(ctx->env->core, who->account, who->address, pending_chat, p, e));
}

int chat_write_to(struct cmd_ctx *ctx, const struct who *who, const char *text, struct err *e)
{
    return open_who(ctx, who, THEN_WRITE, text, e);
}

static int whom(struct cmd_ctx *ctx, const struct cmd_args *a, struct who *out, struct err *e)
{
    const char *name = flag_value(a, "account");
    struct account *only = name ? find_account(ctx, name, e) : NULL;
    if (name && !only)
        return KITH_ENOTFOUND;
    return find_who(ctx, a->argv[0], only, out, e);
}

static int run_msg(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct who who = {0};
    int rc = whom(ctx, a, &who, e);
    return rc < 0 ? rc : open_who(ctx, &who, THEN_SEND, a->argv[1], e);
}

static int run_query(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct who who = {0};
    int rc = whom(ctx, a, &who, e);
    return rc < 0 ? rc : open_who(ctx, &who, THEN_SHOW, NULL, e);
}

struct account *link_account(const struct cmd_ctx *ctx, const struct uri *u, struct err *e)
{
    const char *protocol = str_starts(u->scheme, "irc") ? "irc" : u->scheme;
    struct account *a = NULL, *here = ctx->chat ? ctx->chat->account : ctx->account;
    if (here && !u->account && strcmp(here->protocol, protocol) == 0)
        return here;
    for (size_t i = 0; i < ctx->env->model->n_accounts; i++) {
        struct account *each = ctx->env->model->accounts[i];
        if (strcmp(each->protocol, protocol) != 0 ||
            (u->account && !str_eq(each->address, u->account)))
            continue;
        if (!a || each->state == KITH_STATE_ONLINE)
            a = each;
    }
    if (!a)
        (void)err_set(e, KITH_ENOTFOUND, "no account speaks %s%s%s", protocol, u->account ? " as " : "",
                      u->account ? u->account : "");
    return a;
}

int chat_open_uri(struct cmd_ctx *ctx, const char *text, struct err *e)
{
    struct uri u = {0};
    struct who who = {0};
    int rc = uri_parse(&u, text, e);
    if (rc < 0)
        return rc;
    struct account *a = link_account(ctx, &u, e);
    if (!a) {
        rc = KITH_ENOTFOUND;
    } else if (str_empty(u.address)) {
        rc = err_set(e, KITH_EINVAL, "the address says nobody to write to");
    } else if (u.n_keys > 0) {
        rc = link_verify(ctx, a, &u, text, false, e);
    } else if (str_eq(u.scheme, "xmpp") && link_is_for_me(&u)) {
        rc = link_run(ctx, a, &u, e);
    } else if (str_eq(u.action, "join") || str_eq(u.action, "invite")) {
        struct cmd_pending *p = pending_new(ctx, a, NULL, "joining %s", u.address);
        p->then = THEN_SHOW;
        rc = pending_started(
            p, core_join(ctx->env->core, a, u.address, NULL, u.key, pending_chat, p, e));
    } else {
        who = (struct who){account_chat(a, u.address), a, u.address};
        /* a link writes words, never a command that the next Enter runs */
        char *words =
            xasprintf("%s%s", u.body && u.body[0] == '/' ? "/" : "", u.body ? u.body : "");
        rc = open_who(ctx, &who, str_empty(words) ? THEN_SHOW : THEN_WRITE, words, e);
        free(words);
    }
    uri_free(&u);
    return rc;
}

static int run_join(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    const char *name = flag_value(a, "account");
    struct account *acc = account_for(ctx, name, e);
    if (!acc)
        return KITH_ENOTFOUND;
    if (!(acc->groups & ACCOUNT_HAS_ROOMS)) { /* another account may have rooms */
        const struct model *m = ctx->env->model;
        for (size_t i = 0; !name && i < m->n_accounts; i++) {
            if ((m->accounts[i]->groups & ACCOUNT_HAS_ROOMS) &&
                m->accounts[i]->state == KITH_STATE_ONLINE)
                acc = m->accounts[i];
        }
    }
    if (acc->state != KITH_STATE_ONLINE)
        return err_set(e, KITH_EOFFLINE, "%s is not online, so %s was not joined", acc->name,
                       a->argv[0]);
    struct cmd_pending *p = pending_new(ctx, acc, NULL, "joining %s", a->argv[0]);
    p->then = THEN_SHOW;
    return pending_started(p, core_join(ctx->env->core, acc, a->argv[0], flag_value(a, "nick"),
                                        a->argv[1], pending_chat, p, e));
}

static int run_part(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    return core_leave(ctx->env->core, ctx->chat, a->argv[0], e);
}

static int run_close(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct chat *chat = a->argv[0] ? find_chat(ctx, a->argv[0], e) : ctx->chat;
    int rc = 0;
    if (!chat)
        return a->argv[0] ? KITH_ENOTFOUND : err_set(e, KITH_ENOTFOUND, "no chat is open here");
    if (chat->kind == KITH_CHAT_ROOM && (chat->flags & KITH_CHAT_JOINED))
        rc = core_leave(ctx->env->core, chat, NULL, e);
    if (rc < 0)
        return rc;
    if (chat == ctx->chat && VIEW_CAN(ctx, window))
        ctx->view->window(ctx->view_data, MOVE_LAST);
    core_close_chat(ctx->env->core, chat);
    return 0;
}

/* Pins or mutes the chat; once more takes it back. */
static int toggle(struct cmd_ctx *ctx, const struct cmd_args *a, uint32_t flag, struct err *e)
{
    struct chat *chat = a->argv[0] ? find_chat(ctx, a->argv[0], e) : ctx->chat;
    if (!chat)
        return a->argv[0] ? KITH_ENOTFOUND : err_set(e, KITH_ENOTFOUND, "no chat is open here");
    bool on = !(chat->flags & flag);
    int rc = core_keep(ctx->env->core, chat, on ? flag : 0, on ? 0 : flag, e);
    if (rc >= 0)
        cmd_say(ctx, KITH_INFO, "%s is %s%s", chat_title(chat), on ? "" : "not ",
                flag == KITH_CHAT_MUTED ? "muted" : "pinned");
    return rc;
}

static int run_mute(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    return toggle(ctx, a, KITH_CHAT_MUTED, e);
}

static int run_pin(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    return toggle(ctx, a, KITH_CHAT_PINNED, e);
}

/* ---- /keep ---- */

static const char *messages_word(uint32_t n)
{
    return n == 1 ? "message" : "messages";
}

static void say_kept(struct cmd_ctx *ctx, const struct chat *chat)
{
    uint32_t n = core_kept(ctx->env->core, chat);
    struct buf b = {0};
    buf_addf(&b, "%s: what is said is %s", chat_title(chat),
             chat->flags & CHAT_UNKEPT ? "not kept on this machine; it can be read until kith ends"
                                       : "kept on this machine, and found by the search");
    if (chat->flags & CHAT_FORGETS)
        buf_adds(&b, "; what was written before is being deleted");
    else if (n > 0)
        buf_addf(&b, chat->flags & CHAT_UNKEPT ? "; %u %s from before are there, which /keep forget deletes" : "; %u %s are there", n,
                 messages_word(n));
    cmd_say(ctx, KITH_INFO, "%s", buf_str(&b));
    buf_free(&b);
}

/* What there is goes only after a yes. */
static void ask_forget(struct cmd_ctx *ctx, const struct chat *chat, uint32_t n)
{
    char *question = xasprintf("Delete from this machine what %u %s with %s said before? It is gone for good then: from the chat, from the "
                               "search and from the disk; who wrote when stays. The server and other devices keep what they have.",
                               n, messages_word(n), chat_title(chat));
    struct buf command = {0};
    buf_adds(&command, "/keep -sure");
    if (chat != ctx->chat) {
        buf_adds(&command, " -account=");
        parse_escape(&command, chat->account->name);
    }
    buf_adds(&command, " forget");
    if (chat != ctx->chat) {
        buf_addc(&command, ' ');
        parse_escape(&command, chat->address);
    }
    ctx->view->confirm(ctx->view_data, question, buf_str(&command));
    free(question);
    buf_free(&command);
}

static int keep_off(struct cmd_ctx *ctx, struct chat *chat, bool sure, struct err *e)
{
    uint32_t n = core_kept(ctx->env->core, chat);
    int rc = core_keep_text(ctx->env->core, chat, false, e);
    if (rc < 0)
        return rc;
    cmd_say(ctx, KITH_INFO, "%s: what is written from now on is not kept on this machine; it can be read until kith ends", chat_title(chat));
    if (n > 0 && !sure && VIEW_CAN(ctx, confirm))
        ask_forget(ctx, chat, n);
    else if (n > 0)
        say_kept(ctx, chat);
    return rc;
}

static int keep_forget(struct cmd_ctx *ctx, struct chat *chat, bool sure, struct err *e)
{
    uint32_t n = core_kept(ctx->env->core, chat);
    if (!(chat->flags & CHAT_UNKEPT) || sure)
        return core_forget(ctx->env->core, chat, e);
    if (n == 0)
        return err_set(e, KITH_ENOTFOUND, "%s: nothing of it is kept here", chat_title(chat));
    if (!VIEW_CAN(ctx, confirm))
        return err_set(e, KITH_EINVAL, "what %u %s said would be gone for good: /keep -sure forget does that", n, messages_word(n));
    ask_forget(ctx, chat, n);
    return 0;
}

/* An address may be one of several accounts. */
static struct chat *keep_chat(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    const char *word = a->argv[0] ? a->argv[1] : NULL, *name = flag_value(a, "account");
    struct account *account = name && word ? find_account(ctx, name, e) : NULL;
    struct who who = {0};
    if (!word && !ctx->chat)
        (void)err_set(e, KITH_ENOTFOUND, "no chat is open here");
    if (!word)
        return ctx->chat;
    if (!name)
        return find_chat(ctx, word, e);
    if (!account)
        return NULL;
    who.chat = account_chat(account, word);
    if (!who.chat && find_who(ctx, word, account, &who, e) != KITH_ECONFLICT && !who.chat)
        (void)err_set(e, KITH_ENOTFOUND, "there is no chat \"%.60s\" of %s", word, account->name);
    return who.chat;
}

static int run_keep(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    const char *what = a->argv[0];
    struct chat *chat = keep_chat(ctx, a, e);
    if (!chat)
        return KITH_ENOTFOUND;
    if (what && strcmp(what, "off") == 0)
        return keep_off(ctx, chat, has_flag(a, "sure"), e);
    if (what && strcmp(what, "forget") == 0)
        return keep_forget(ctx, chat, has_flag(a, "sure"), e);
    int rc = what ? core_keep_text(ctx->env->core, chat, true, e) : 0;
    if (rc >= 0)
        say_kept(ctx, chat);
    return rc;
}

const struct cmd cmds_chat[] = {
    {.name = "msg",
     .group = "Chats",
     .summary = "Sends a message to somebody, and shows the chat.",
     .flags = "-account=name",
     .args = {{ARG_CHAT, "who", false, NULL}, {ARG_TEXT, "text", false, NULL}},
     .details = "WHO is an address, or the name of a contact or chat; the beginning is enough "
                "where it means one only. When"
                " nobody is meant, nothing is sent and the text stays.",
     .run = run_msg},
    {.name = "query",
     .group = "Chats",
     .summary = "Opens the chat with somebody.",
     .flags = "-account=name",
     .args = {{ARG_CHAT, "who", false, NULL}},
     .run = run_query},
    {.name = "join",
     .group = "Chats",
     .summary = "Enters a room.",
     .flags = "-account=name -nick=name",
     .args = {{ARG_ROOM, "room", false, NULL}, {ARG_WORD, "key", true, NULL}},
     .run = run_join},
    {.name = "part",
     .aliases = "leave",
     .group = "Chats",
     .summary = "Leaves the room; its window stays.",
     .args = {{ARG_TEXT, "reason", true, NULL}},
     .needs = CMD_NEEDS_ROOM,
     .run = run_part},
    {.name = "close",
     .group = "Chats",
     .summary = "Closes the window, and leaves the room in it.",
     .args = {{ARG_CHAT, "chat", true, NULL}},
     .run = run_close},
    {.name = "mute",
     .group = "Chats",
     .summary = "Lets a chat ring and notify no more; once more takes it back.",
     .args = {{ARG_CHAT, "chat", true, NULL}},
     .run = run_mute},
    {.name = "keep",
     .group = "Chats",
     .summary = "Says whether what is said in a chat is kept on this machine; on, off: from now on it is, or is not.",
     .flags = "-sure -account=name",
     .details = "Kept is what all chats do that nobody said otherwise of; with history.encrypted off, only those that are not encrypted. "
                "What is said where it is not kept can be read until kith ends, and is found by no search: the disk has who wrote when, and "
                "nothing of texts, earlier versions, files with their keys, reactions and drafts. What waits to be sent is there until the "
                "server has it, and then overwritten; an editor of your own has its file as long as it runs. /keep off asks whether what "
                "was written before goes, too, which /keep forget does later; -sure leaves the question out. What is forgotten is overwritten, "
                "and the file of the history written anew, which clears what was in its unused room; not one of more than 256 MiB.",
     .args = {{ARG_CHOICE, "what", true, "on|off|forget"}, {ARG_CHAT, "chat", true, NULL}},
     .run = run_keep},
    {.name = "pin",
     .group = "Chats",
     .summary = "Keeps a chat at the top of the list; once more takes it back.",
     .args = {{ARG_CHAT, "chat", true, NULL}},
     .run = run_pin},
    {.name = NULL},
};
