/* cmd/inbox.c - /inbox: what may want an answer; /highlight: words that count as a mention */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cmd/internal.h"
#include "cmd/parse.h"
#include "cmd/when.h"

const char *inbox_why_words(enum inbox_why why)
{
    static const char *const words[N_INBOX_WHY] = {
        [INBOX_MENTION] = "mention", [INBOX_DIRECT] = "direct",   [INBOX_REPLY] = "reply",
        [INBOX_KEYWORD] = "keyword", [INBOX_FAILED] = "not sent",
    };
    return words[why];
}

size_t inbox_rows(const struct model *m, const struct inbox_item *rows[INBOX_MAX])
{
    size_t n = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = m->n_inbox; i-- > 0 && n < INBOX_MAX;) {
            if ((m->inbox[i]->until != 0) == (pass == 1))
                rows[n++] = m->inbox[i];
        }
    }
    return n;
}

/* The one meant: msg:NUMBER, or its number in the list. */
static const struct inbox_item *find_item(const struct cmd_ctx *ctx, const char *word, struct err *e)
{
    const struct inbox_item *rows[INBOX_MAX], *item = NULL;
    size_t n = inbox_rows(ctx->env->model, rows);
    int64_t id;
    if (word && parse_message_id(word, &id))
        item = model_inbox(ctx->env->model, id);
    else if (word && str_int(word, 1, (int64_t)n, &id))
        item = rows[id - 1];
    else if (!word && ctx->message)
        item = model_inbox(ctx->env->model, ctx->message);
    if (!item)
        err_set(e, KITH_ENOTFOUND, "%s; /inbox lists what is there",
                word ? "that is not in the inbox" : "which one? Its number in the list is missing");
    return item;
}

static int list_rows(struct cmd_ctx *ctx)
{
    const struct inbox_item *rows[INBOX_MAX];
    const struct model *m = ctx->env->model;
    size_t n = inbox_rows(m, rows);
    struct buf b = {0};
    for (size_t i = 0; i < n; i++) {
        const struct chat *c = model_chat_by_id(m, rows[i]->chat);
        char when[32], until[32];
        clock_format(when, sizeof when, "%e %b %H:%M", rows[i]->time);
        buf_addf(&b, "%3zu  %s  %-8s  %s  %s: %.*s", i + 1, when, inbox_why_words(rows[i]->why),
                 c ? chat_title(c) : "?", rows[i]->who, (int)strcspn(rows[i]->text, "\n"),
                 rows[i]->text);
        if (rows[i]->until && clock_format(until, sizeof until, "%a %e %b %H:%M", rows[i]->until))
            buf_addf(&b, "  (put off until %s)", until);
        buf_addc(&b, '\n');
    }
    if (n == 0)
        buf_adds(&b, "nothing waits for an answer\n");
    cmd_page(ctx, "Inbox", buf_str(&b));
    buf_free(&b);
    return 0;
}

static int all_done(struct cmd_ctx *ctx, struct err *e)
{
    const struct inbox_item *rows[INBOX_MAX];
    size_t n = inbox_rows(ctx->env->model, rows), done = 0;
    for (size_t i = 0; i < n; i++) {
        if (rows[i]->until == 0 && core_inbox_done(ctx->env->core, rows[i]->message, e) >= 0)
            done++;
    }
    cmd_say(ctx, KITH_INFO, "%zu done; what was put off stays", done);
    return 0;
}

static int go_there(struct cmd_ctx *ctx, const struct inbox_item *item, struct err *e)
{
    struct chat *chat = model_chat_by_id(ctx->env->model, item->chat);
    int64_t message = item->message;
    int rc = need_view(ctx, VIEW_CAN(ctx, show_chat) && ctx->view->scroll_to, e);
    if (rc < 0 || !chat)
        return rc;
    ctx->view->show_chat(ctx->view_data, chat);
    ctx->view->scroll_to(ctx->view_data, message);
    return 0;
}

static int snooze(struct cmd_ctx *ctx, const struct inbox_item *item, const char *when, struct err *e)
{
    int64_t until;
    char words[48];
    if (!when)
        return err_set(e, KITH_EINVAL, "until when? /inbox snooze NUMBER 2h, tomorrow, mon 9");
    int rc = when_parse(when, clock_wall_ms(), &until, e);
    if (rc >= 0)
        rc = core_inbox_snooze(ctx->env->core, item->message, until, e);
    if (rc >= 0 && clock_format(words, sizeof words, "%A %e %B, %H:%M", until))
        cmd_say(ctx, KITH_INFO, "It comes back on %s", words);
    return rc;
}

static int mute(struct cmd_ctx *ctx, const struct inbox_item *item, struct err *e)
{
    struct chat *chat = model_chat_by_id(ctx->env->model, item->chat);
    int rc = chat ? core_keep(ctx->env->core, chat, KITH_CHAT_MUTED, 0, e) : 0;
    if (chat && rc >= 0)
        cmd_say(ctx, KITH_INFO, "%s is muted: no bells, no notices, nothing of it in the inbox",
                chat_title(chat));
    return rc;
}

static int run_inbox(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    const char *what = a->argv[0];
    if (!what && VIEW_CAN(ctx, open_panel) && !ctx->out) {
        ctx->view->open_panel(ctx->view_data, "inbox", NULL);
        return 0;
    }
    if (!what || strcmp(what, "list") == 0)
        return list_rows(ctx);
    if (strcmp(what, "done") == 0 && str_eq(a->argv[1], "all"))
        return all_done(ctx, e);
    const struct inbox_item *item = find_item(ctx, a->argv[1], e);
    if (!item)
        return KITH_ENOTFOUND;
    if (strcmp(what, "done") == 0)
        return core_inbox_done(ctx->env->core, item->message, e);
    if (strcmp(what, "snooze") == 0)
        return snooze(ctx, item, a->argv[2], e);
    if (strcmp(what, "mute") == 0)
        return mute(ctx, item, e);
    return go_there(ctx, item, e);
}

/* ---- /highlight ---- */

static int run_highlight(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    const char *option = has_flag(a, "keyword") ? "notify.keywords" : "notify.highlight";
    const char *word = a->argv[0];
    bool remove = has_flag(a, "remove"), was = false;
    struct buf list = {0};
    size_t n = 0;
    const char *const *v = config_list(ctx->env->config, option, &n);
    for (size_t i = 0; i < n; i++) {
        bool same = str_eq(v[i], word);
        was = was || same;
        if (!(same && remove))
            buf_addf(&list, "%s%s", list.len ? " " : "", v[i]);
    }
    int rc = 0;
    struct err warning = {0};
    if (word && remove && !was)
        rc = err_set(e, KITH_ENOTFOUND, "\"%.40s\" is not among them: %s", word, buf_str(&list));
    if (word && !remove && !was)
        buf_addf(&list, "%s%s", list.len ? " " : "", word);
    if (rc >= 0 && word)
        rc = config_set(ctx->env->config, option, buf_str(&list), &warning);
    if (rc < 0 && warning.text[0])
        (void)err_set(e, warning.code, "%s", warning.text);
    if (rc > 0)
        cmd_say(ctx, KITH_WARN, "%s", warning.text);
    if (rc >= 0)
        cmd_say(ctx, KITH_INFO, "%s: %s", option, list.len ? buf_str(&list) : "nothing");
    buf_free(&list);
    return MIN(rc, 0);
}

const struct cmd cmds_inbox[] = {
    {.name = "inbox",
     .group = "Messages",
     .summary = "Lists what may want an answer, over all accounts.",
     .args = {{ARG_CHOICE, "what", true, "list|done|snooze|mute|open"},
              {ARG_WORD, "number|all", true, NULL},
              {ARG_TEXT, "when", true, NULL}},
     .details = "Mentions, direct messages, replies to you, keywords and what could not be sent "
                "wait there until you answer, or say done. snooze puts one off: 30m, 2h, 3d, 18:30, "
                "tomorrow, mon 9; then it comes back with a notice. mute silences its chat. open "
                "goes to the message. The number is that of the list. Answering in a chat of two "
                "deals with all of it; in a room with what you reply to, and with those you name.",
     .run = run_inbox},
    {.name = "highlight",
     .group = "Settings",
     .summary = "Lists, adds and removes words that count as a mention of you.",
     .flags = "-remove -keyword",
     .args = {{ARG_WORD, "word", true, NULL}},
     .details = "word is a whole word, wor* and *ord go on, /pattern/ is an extended regular "
                "expression. With -keyword it is one of notify.keywords: no mention, but a notice "
                "and a place in the inbox.",
     .run = run_highlight},
    {.name = NULL},
};
