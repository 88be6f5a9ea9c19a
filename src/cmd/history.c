/* cmd/history.c - /scroll /clear /history /search */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cmd/internal.h"
#include "store/store.h"

static const struct {
    const char *name;
    enum cmd_move how;
} moves[] = {{"up", MOVE_UP},
             {"down", MOVE_DOWN},
             {"page-up", MOVE_PAGE_UP},
             {"page-down", MOVE_PAGE_DOWN},
             {"top", MOVE_TOP},
             {"end", MOVE_END},
             {"unread", MOVE_FIRST_UNREAD},
             {"mention-next", MOVE_MENTION_NEXT},
             {"mention-prev", MOVE_MENTION_PREV}};

/* The first message of a day or after it. */
static int scroll_to_day(struct cmd_ctx *ctx, const char *day, struct err *e)
{
    int64_t from;
    size_t n = 0;
    if (!ctx->chat)
        return err_set(e, KITH_ENOTFOUND, "no chat is open here");
    if (!day || !clock_parse_day(day, &from))
        return err_set(e, KITH_EINVAL, "which day? it is written 2026-11-30");
    int rc = need_view(ctx, VIEW_CAN(ctx, scroll_to), e);
    if (rc < 0)
        return rc;
    struct message **found = store_page(core_store(ctx->env->core), ctx->chat, STORE_NEWER_THAN,
                                        from - 1, INT64_MAX, 1, &n);
    if (n > 0)
        ctx->view->scroll_to(ctx->view_data, found[0]->id);
    for (size_t i = 0; i < n; i++)
        message_free(found[i]);
    free(found);
    return n > 0 ? 0 : err_set(e, KITH_ENOTFOUND, "nothing was written here since %s", day);
}

static int run_scroll(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    if (strcmp(a->argv[0], "date") == 0)
        return scroll_to_day(ctx, a->argv[1], e);
    int rc = need_view(ctx, VIEW_CAN(ctx, scroll), e);
    for (size_t i = 0; rc >= 0 && i < COUNT(moves); i++) {
        if (strcmp(moves[i].name, a->argv[0]) == 0)
            ctx->view->scroll(ctx->view_data, moves[i].how);
    }
    return rc;
}

static int run_clear(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    int rc = need_view(ctx, VIEW_CAN(ctx, clear), e);
    if (rc >= 0)
        ctx->view->clear(ctx->view_data);
    return rc;
}

void history_line(const struct message *m, struct buf *out)
{
    char when[64];
    clock_format(when, sizeof when, "%Y-%m-%d %H:%M", m->time);
    const char *who = m->sender_name ? m->sender_name : m->sender ? m->sender : "";
    const char *body = m->retracted                                 ? "(message withdrawn)"
                       : m->body                                    ? m->body
                       : m->n_attachments && m->attachments[0].name ? m->attachments[0].name
                                                                    : "";
    if (m->kind == MESSAGE_EVENT)
        buf_addf(out, "%s -- %s", when, body);
    else if (m->kind == MESSAGE_ACTION || (m->flags & KITH_MSG_ACTION))
        buf_addf(out, "%s * %s %s", when, who, body);
    else
        buf_addf(out, "%s %s: %s", when, who, body);
    for (size_t i = 0; i < out->len; i++) { /* what is not indented begins a message */
        if (out->data[i] == '\n')
            buf_insert(out, i + 1, "    ", 4);
    }
    buf_addc(out, '\n');
}

static int run_history(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    const struct chat *c = ctx->chat;
    int64_t n = 100;
    struct buf all = {0};
    if (a->argv[0] && !str_int(a->argv[0], 1, MODEL_WINDOW, &n))
        return err_set(e, KITH_EINVAL, "a number from 1 to %d, please", MODEL_WINDOW);
    for (size_t i = c->n_messages > (size_t)n ? c->n_messages - (size_t)n : 0; i < c->n_messages;
         i++) {
        struct buf line = {0};
        history_line(c->messages[i], &line);
        buf_add(&all, line.data, line.len);
        buf_free(&line);
    }
    cmd_page(ctx, chat_title(c), all.len ? buf_str(&all) : "no messages yet\n");
    buf_free(&all);
    return 0;
}

/* ---- /search ---- */

struct hits {
    struct cmd_ctx *ctx;
    struct buf text;
    size_t n;
    bool names;
};

static bool add_hit(void *user, int64_t chat, const struct message *m)
{
    struct hits *h = user;
    const struct chat *c = model_chat_by_id(h->ctx->env->model, chat);
    struct buf line = {0};
    history_line(m, &line);
    if (h->names)
        buf_addf(&h->text, "%s  ", c ? chat_title(c) : "?");
    buf_add(&h->text, line.data, line.len);
    buf_free(&line);
    h->n++;
    return true;
}

static int run_search(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    bool all = has_flag(a, "all") || !ctx->chat;
    struct hits h = {.ctx = ctx, .names = all};
    int rc = store_search(core_store(ctx->env->core), all ? NULL : ctx->chat, a->argv[0], 200,
                          add_hit, &h, e);
    if (rc >= 0) {
        char *title =
            xasprintf("\"%.60s\" %s: %zu%s", a->argv[0], all ? "everywhere" : "in this chat", h.n,
                      h.n == 200 ? " and more" : "");
        cmd_page(ctx, title, h.n ? buf_str(&h.text) : "nothing was found\n");
        free(title);
    }
    buf_free(&h.text);
    return rc;
}

const struct cmd cmds_history[] = {
    {.name = "scroll",
     .group = "Search",
     .summary = "Moves through the chat.",
     .args = {{ARG_CHOICE, "where", false,
               "top|end|unread|date|up|down|page-up|page-down|mention-next|mention-prev"},
              {ARG_WORD, "day", true, NULL}},
     .details = "/scroll date 2026-11-30 goes to the first message of that day, or after it.",
     .needs = CMD_NEEDS_VIEW,
     .run = run_scroll},
    {.name = "clear",
     .group = "Search",
     .summary = "Empties this view of the chat; nothing is deleted.",
     .details = "Scrolling up, or coming back to the chat, shows the messages again.",
     .needs = CMD_NEEDS_VIEW | CMD_NEEDS_CHAT,
     .run = run_clear},
    {.name = "history",
     .group = "Search",
     .summary = "Shows the last messages as plain lines.",
     .args = {{ARG_NUMBER, "n", true, NULL}},
     .needs = CMD_NEEDS_CHAT,
     .run = run_history},
    {.name = "search",
     .aliases = "lastlog",
     .group = "Search",
     .summary = "Finds messages that hold all these words.",
     .flags = "-all",
     .args = {{ARG_TEXT, "words", false, NULL}},
     .details = "In this chat, or with -all everywhere; the newest first.",
     .run = run_search},
    {.name = NULL},
};
