/* cmd/history.c - /scroll /clear /history /search */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/runs.h"
#include "cmd/internal.h"
#include "store/find.h"
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
    struct buf text = {0};
    runs_add_covered(&text, m->body, m->revealed ? NULL : m->spans);
    const char *body = m->retracted                                 ? "(message withdrawn)"
                       : message_gone(m)                            ? MODEL_NOT_KEPT
                       : m->body                                    ? buf_str(&text)
                       : m->n_attachments && m->attachments[0].name ? m->attachments[0].name
                                                                    : "";
    if (m->kind == MESSAGE_EVENT)
        buf_addf(out, "%s -- %s", when, body);
    else if (m->kind == MESSAGE_ACTION || (m->flags & KITH_MSG_ACTION))
        buf_addf(out, "%s * %s %s", when, who, body);
    else
        buf_addf(out, "%s %s: %s", when, who, body);
    buf_free(&text);
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

/* Without a search screen (a plain terminal): lines. */
static void on_found(void *user, struct core_found *found, const struct err *e)
{
    struct cmd_pending *p = user;
    for (size_t i = 0; i < found->n; i++) {
        const struct chat *c = model_chat_by_id(p->env->model, found->hits[i].chat);
        struct message *m = store_message(core_store(p->env->core), NULL, found->hits[i].message);
        if (m) {
            buf_addf(&p->rows, "%s  ", c ? chat_title(c) : "?");
            history_line(m, &p->rows);
        }
        message_free(m);
    }
    pending_done(p, e);
}

static int search_lines(struct cmd_ctx *ctx, const char *words, bool all, bool best, struct err *e)
{
    if (str_empty(words))
        return err_set(e, KITH_EINVAL, "there is nothing to search for");
    struct find_query q = {.words = words,
                           .chat = all ? 0 : ctx->chat->id,
                           .now = clock_wall_ms(),
                           .max = 200,
                           .ranked = best};
    struct cmd_pending *p = pending_new(ctx, NULL, ctx->chat, "searching");
    p->title = xasprintf("\"%.60s\" %s", words, all ? "everywhere" : "in this chat");
    core_search(ctx->env->core, &q, on_found, p);
    return 0;
}

static int run_search(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    bool all = has_flag(a, "all") || !ctx->chat, best = has_flag(a, "best");
    const char *words = a->argv[0] ? a->argv[0] : "", *add = flag_value(a, "add");
    if (!VIEW_CAN(ctx, open_panel))
        return search_lines(ctx, words, all, best, e);
    char *arg = has_flag(a, "rank") ? xstrdup("~")
                : add               ? xasprintf("+%s", add)
                                    : xasprintf("%s:%s", all ? "all" : "here", words);
    ctx->view->open_panel(ctx->view_data, "search", arg);
    if (best && !has_flag(a, "rank"))
        ctx->view->open_panel(ctx->view_data, "search", "~");
    free(arg);
    return 0;
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
     .summary = "Finds messages that hold all these words, also inside of other words.",
     .flags = "-all -best -rank -add=words",
     .args = {{ARG_TEXT, "words", true, NULL}},
     .details =
         "In this chat, or with -all everywhere; the newest first, with -best the best. \"Several "
         "words\" in quotation marks are found as they stand. from:bob (from:me), in:lobby, "
         "since:2026-01-31, before:2026-02 (7d, 3w, 2m and 1y ago, today, yesterday), has:link, "
         "has:file and has:picture narrow it down. Without words the last search comes back, and "
         "Esc then goes back to where you were before it. On the search screen -add writes behind "
         "the words, and -rank turns the order about.",
     .run = run_search},
    {.name = NULL},
};
