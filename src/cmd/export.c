/* cmd/export.c - /export: a message, a chat, a time of it, or what a search finds, into a new file */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "cmd/hook.h"
#include "cmd/internal.h"
#include "store/find.h"
#include "store/store.h"

/* Written in slices, so that no key waits for a chat of many years. */
enum { SLICE = 50, FLUSH = 64 << 10, AT_ONCE = 4 };

struct cmd_export {
    struct cmd_export *next;
    struct cmd_env *env;
    struct cmd_pending *to; /* who hears of it */
    struct core_search *search;
    struct loop_timer *timer;
    char *path;
    int fd;
    bool json, cut;
    bool open_only; /* a hook's, which gets nothing that is encrypted */
    int64_t since, before; /* wall ms; 0: no bound */
    int64_t *ids;          /* chats still to come, or (hits) messages */
    size_t n_ids, at;
    bool hits;
    int64_t sort, id; /* behind which message of the chat it goes on */
    int64_t chat;     /* whose heading is written, 0 = none */
    struct buf out;
    size_t bytes, n;
    struct err failed; /* the search did; said at the next turn, when nobody is in the middle of starting it */
};

static void export_free(struct cmd_export *x, bool keep)
{
    for (struct cmd_export **at = &x->env->exports; *at; at = &(*at)->next) {
        if (*at == x) {
            *at = x->next;
            break;
        }
    }
    loop_timer_del(x->timer);
    if (x->fd >= 0)
        close(x->fd);
    if (!keep)
        (void)unlink(x->path);
    buf_free(&x->out);
    free(x->ids);
    free(x->path);
    free(x);
}

void exports_clear(struct cmd_env *env)
{
    while (env->exports) {
        core_search_cancel(env->exports->search);
        export_free(env->exports, false); /* half a file says that it is whole */
    }
}

/* ---- writing ---- */

static int flush(struct cmd_export *x, struct err *e)
{
    size_t done = 0;
    while (done < x->out.len) {
        ssize_t n = write(x->fd, x->out.data + done, x->out.len - done);
        if (n < 0 && errno != EINTR)
            return err_errno(e, "cannot write %s", x->path);
        done += n > 0 ? (size_t)n : 0;
    }
    x->bytes += done;
    buf_clear(&x->out);
    return 0;
}

static void finish(struct cmd_export *x, const struct err *why)
{
    struct cmd_pending *p = x->to;
    struct err e = *why;
    if (e.code >= 0)
        (void)flush(x, &e);
    if (e.code >= 0 && close(x->fd) < 0)
        err_errno(&e, "cannot write %s", x->path);
    else if (e.code < 0)
        close(x->fd);
    x->fd = -1;
    if (e.code >= 0 && x->n == 0)
        err_set(&e, KITH_ENOTFOUND, "there is no such message");
    if (e.code >= 0)
        p->good = xasprintf("%zu messages, %zu bytes, written to %s%s", x->n, x->bytes, x->path,
                            x->cut ? "; these are the newest, there are others" : "");
    export_free(x, e.code >= 0);
    pending_done(p, &e);
}

static void add_message(struct cmd_export *x, const struct message *m)
{
    const struct chat *c = m->chat;
    if ((x->since && m->time < x->since) || (x->before && m->time >= x->before))
        return;
    if (x->open_only && message_secret(c, m))
        return;
    x->n++;
    if (x->json) {
        message_json(c, m, &x->out);
        return;
    }
    if (c && x->chat != c->id) {
        buf_addf(&x->out, "%s== %s, %s ==\n", x->chat ? "\n" : "", chat_title(c), c->account->name);
        x->chat = c->id;
    }
    struct buf line = {0};
    history_line(m, &line);
    buf_add(&x->out, line.data, line.len);
    buf_free(&line);
}

/* The next page of the chat; at its end the next chat. */
static void add_page(struct cmd_export *x)
{
    struct chat *c = model_chat_by_id(x->env->model, x->ids[x->at]);
    size_t n = 0;
    struct message **page =
        c ? store_page(core_store(x->env->core), c, STORE_NEWER_THAN, x->sort, x->id, SLICE, &n) : NULL;
    for (size_t i = 0; i < n; i++) {
        x->sort = page[i]->sort;
        x->id = page[i]->id;
        add_message(x, page[i]);
        message_free(page[i]);
    }
    free(page);
    if (n == 0) {
        x->at++;
        x->sort = INT64_MIN;
        x->id = 0;
    }
}

static void add_hits(struct cmd_export *x)
{
    for (size_t i = 0; i < SLICE && x->at < x->n_ids; i++, x->at += 2) {
        struct chat *c = model_chat_by_id(x->env->model, x->ids[x->at]);
        struct message *m = store_message(core_store(x->env->core), c, x->ids[x->at + 1]);
        if (m)
            add_message(x, m);
        message_free(m);
    }
}

static void slice(void *user)
{
    struct cmd_export *x = user;
    struct err e = x->failed;
    x->timer = NULL;
    if (e.code < 0 || x->at >= x->n_ids) {
        finish(x, &e);
        return;
    }
    if (x->hits)
        add_hits(x);
    else
        add_page(x);
    if (x->out.len >= FLUSH && flush(x, &e) < 0)
        finish(x, &e);
    else
        x->timer = loop_timer_add(x->env->loop, 0, slice, x);
}

/* ---- what is meant ---- */

static void add_id(struct cmd_export *x, int64_t id)
{
    x->ids = xreallocarray(x->ids, x->n_ids + 1, sizeof *x->ids);
    x->ids[x->n_ids++] = id;
}

/* The oldest first; a chat's hits are not put together: what is found is a row of time. */
static void on_found(void *user, struct core_found *found, const struct err *e)
{
    struct cmd_export *x = user;
    x->search = NULL;
    x->failed = *e;
    x->cut = found->more;
    for (size_t i = found->n; i-- > 0;) {
        add_id(x, found->hits[i].chat);
        add_id(x, found->hits[i].message);
    }
    x->timer = loop_timer_add(x->env->loop, 0, slice, x);
}

/* since:, before: as /search knows them. */
static int read_times(struct cmd_export *x, const struct cmd_args *a, struct err *e)
{
    static const char *const names[] = {"since", "before"};
    struct buf words = {0};
    struct find f = {0};
    int rc = 0;
    for (size_t i = 0; i < COUNT(names); i++) {
        if (flag_value(a, names[i]))
            buf_addf(&words, "%s:\"%s\" ", names[i], flag_value(a, names[i]));
    }
    if (words.len > 0)
        rc = find_parse(&f, buf_str(&words), clock_wall_ms(), e);
    x->since = f.since;
    x->before = f.before;
    find_clear(&f);
    buf_free(&words);
    return rc;
}

static size_t running(const struct cmd_env *env)
{
    size_t n = 0;
    for (const struct cmd_export *x = env->exports; x; x = x->next)
        n++;
    return n;
}

static void all_chats(struct cmd_export *x)
{
    const struct model *m = x->env->model;
    for (size_t i = 0; i < m->n_accounts; i++) {
        for (size_t k = 0; k < m->accounts[i]->n_chats; k++)
            add_id(x, m->accounts[i]->chats[k]->id);
    }
}

static void begin(struct cmd_ctx *ctx, struct cmd_export *x, const char *find, bool all)
{
    x->next = ctx->env->exports;
    ctx->env->exports = x;
    x->to = pending_new(ctx, ctx->account, ctx->chat, "writing %.200s", x->path);
    if (find) {
        struct find_query q = {.words = find, .chat = all || !ctx->chat ? 0 : ctx->chat->id, .now = clock_wall_ms(), .max = FIND_MAX};
        x->hits = true;
        x->search = core_search(ctx->env->core, &q, on_found, x); /* NULL: it has answered */
        return;
    }
    if (all)
        all_chats(x);
    else
        add_id(x, ctx->chat->id);
    x->timer = loop_timer_add(ctx->env->loop, 0, slice, x);
}

/* A hook's command that may not have what is encrypted: message by message that is seen to in one chat only. */
static bool hidden(const struct cmd_ctx *ctx)
{
    return ctx->hook && !config_bool(ctx->env->config, "notify.hooks");
}

static int export_many(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    const char *find = has_flag(a, "find") ? a->argv[2] : NULL;
    bool all = has_flag(a, "all") || (find && !has_flag(a, "chat"));
    if (!all && !ctx->chat)
        return err_set(e, KITH_ENOTFOUND, "no chat is open here");
    if (hidden(ctx) && (all || find))
        return err_set(e, KITH_EDENIED, "what is found, or in all chats, may be encrypted, and notify.hooks does not give it to hooks");
    if (hidden(ctx) && message_secret(ctx->chat, NULL))
        return err_set(e, KITH_EDENIED, "this chat is encrypted, and notify.hooks does not give it to hooks");
    if (running(ctx->env) >= AT_ONCE)
        return err_set(e, KITH_EBUSY, "%d exports are being written already", AT_ONCE);
    struct cmd_export *x = xcalloc(1, sizeof *x);
    *x = (struct cmd_export){.env = ctx->env, .fd = -1, .json = has_flag(a, "json"), .open_only = hidden(ctx), .sort = INT64_MIN};
    int rc = read_times(x, a, e);
    if (rc >= 0) {
        x->path = path_expand(a->argv[1]);
        x->fd = new_file(x->path, e);
        rc = MIN(x->fd, 0);
    }
    if (rc >= 0) {
        begin(ctx, x, find, all);
        return 0;
    }
    free(x->path);
    free(x);
    return rc;
}

static int export_one(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct buf b = {0};
    struct message *m = find_words(ctx, a->argv[0], e);
    int rc = m ? 0 : KITH_ENOTFOUND;
    if (m && has_flag(a, "json"))
        message_json(m->chat, m, &b);
    else if (m)
        rc = message_text(m, a, &b, e);
    if (rc >= 0)
        rc = write_to(ctx, a->argv[1], &b, e);
    buf_free(&b);
    return rc;
}

static int run_export(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    static const char *const many[] = {"chat", "all", "since", "before", "find"};
    if (has_flag(a, "find") != !str_empty(a->argv[2]))
        return err_set(e, KITH_EINVAL, "words and -find go together: /export -find file words");
    for (size_t i = 0; i < COUNT(many); i++) {
        if (has_flag(a, many[i]) || flag_value(a, many[i]))
            return export_many(ctx, a, e);
    }
    return export_one(ctx, a, e);
}

static int fits_export(const struct cmd_ctx *ctx, const struct message *m, struct err *e)
{
    return fits_want(m, WANT_ANY, e);
}

const struct cmd cmds_export[] = {
    {.name = "export",
     .group = "Messages",
     .summary = "Writes a message, a chat, a part of it or what is found to a new file.",
     .flags = "-header -code -code=number -chat -all -since=day -before=day -find -json",
     .args = {{ARG_MESSAGE, "message", true, NULL}, {ARG_FILE, "file", false, NULL}, {ARG_TEXT, "words", true, NULL}},
     .details = "/export -chat notes.txt writes all of this chat, -all every chat of every account. -since and -before, "
                "as /search knows them (2026-01-31, 2026-02, 7d, yesterday), take a part of it. /export -find hits.txt "
                "resize bug from:bob takes what a search of everything (with -chat: of this chat) finds, at most 1000 messages. "
                "-json writes a line of JSON for each, as kith tail --json does. What the store has is written, "
                "while everything else goes on; nothing is ever overwritten.",
     .fits = fits_export,
     .run = run_export},
    {.name = NULL},
};
