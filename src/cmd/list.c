/* cmd/list.c - /list: the rooms of a server; lists that come row by row, on a screen or as lines */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cmd/internal.h"
#include "model/listing.h"

enum { WHEN = 32, LINES = 200, FRESH_MS = 10 * 60 * 1000 };

/* ---- lists in general ---- */

static const char *cell(const struct listing *l, const struct listing_row *r, size_t extra,
                        char out[WHEN])
{
    int64_t ms = 0;
    const char *text = r->extras[extra];
    if (!l->look->extra_times[extra] || !text || !str_int(text, 0, INT64_MAX, &ms))
        return text;
    clock_format(out, WHEN, "%Y-%m-%d %H:%M", ms);
    return out;
}

static void put_line(const struct listing *l, const struct listing_row *r, struct buf *out)
{
    char when[WHEN];
    put_column(out, r->name, 24);
    if (l->look->heads[LISTING_NUMBER] && r->number >= 0)
        buf_addf(out, "%5lld  ", (long long)r->number);
    for (size_t i = 0; i < LISTING_EXTRAS; i++) {
        const char *text = cell(l, r, i, when);
        if (!str_empty(text))
            buf_addf(out, "%s  ", text);
    }
    buf_addf(out, "%s\n", r->words ? r->words : "");
}

/* All of it as lines; of a long one its beginning, and how to see less. */
static void put_lines(const struct listing *l, struct buf *out)
{
    const struct listing_look *look = l->look;
    uint32_t *order = xreallocarray(NULL, l->n + 1, sizeof *order);
    for (size_t i = 0; i < l->n; i++)
        order[i] = (uint32_t)i;
    listing_sort(l, look->sort, look->down, order, 0, l->n);
    for (size_t i = 0; i < MIN(l->n, (size_t)LINES); i++)
        put_line(l, &l->rows[order[i]], out);
    if (l->n > LINES)
        buf_addf(out, "and %zu more %s; narrow it down to see them\n", l->n - LINES, look->many);
    if (l->left_out)
        buf_addf(out, "%zu further %s were left out\n", l->left_out, look->many);
    if (l->problem)
        buf_addf(out, "%s\n", l->problem);
    if (l->n == 0 && !l->problem)
        buf_addf(out, "no %s\n", look->many);
    free(order);
}

static void lines_item(void *user, const struct kith_ev_item *item)
{
    core_listing_item(((struct cmd_pending *)user)->listing, item);
}

static void lines_done(void *user, const struct err *e)
{
    struct cmd_pending *p = user;
    const struct listing *l = core_listing_of(p->listing);
    struct core_listing *cl = p->listing;
    p->listing = NULL;
    if (l && (!e || e->code >= 0)) {
        put_lines(l, &p->rows);
        if (e && e->text[0])
            buf_addf(&p->rows, "%s\n", e->text);
    }
    core_listing_done(cl, e);
    pending_done(p, e);
}

bool listing_kept(struct cmd_ctx *ctx, const char *key, int64_t age_ms)
{
    const struct listing *l = model_listing_by_key(ctx->env->model, key);
    bool young = l && (age_ms == 0 || clock_wall_ms() - l->time < age_ms);
    if (!young || ctx->out || !VIEW_CAN(ctx, listing))
        return false;
    ctx->view->listing(ctx->view_data, l->id);
    return true;
}

struct cmd_listing listing_begin(struct cmd_ctx *ctx, struct account *a, struct chat *c,
                                 const struct listing_look *look, const char *key, const char *title,
                                 const char *again)
{
    struct core_listing *cl = core_listing_new(ctx->env->core, a, c, look, key, title, again);
    struct cmd_listing q = {core_listing_item, core_listing_done, cl, core_listing_of(cl)->id};
    if (!ctx->out && VIEW_CAN(ctx, listing))
        return q;
    struct cmd_pending *p = pending_new(ctx, a, c, "%s", title);
    p->title = xstrdup(title);
    p->listing = cl;
    return (struct cmd_listing){lines_item, lines_done, p, q.id};
}

int listing_started(struct cmd_ctx *ctx, const struct cmd_listing *q, int rc, struct err *e)
{
    struct model *m = ctx->env->model;
    if (rc >= 0) {
        if (q->done == core_listing_done)
            ctx->view->listing(ctx->view_data, q->id);
        return 0;
    }
    struct err quiet = {.code = rc};
    if (q->done == core_listing_done) {
        core_listing_done(q->user, &quiet);
    } else {
        struct cmd_pending *p = q->user;
        core_listing_done(p->listing, &quiet);
        pending_drop(p);
    }
    struct listing *l = model_listing(m, q->id);
    if (l)
        model_drop_listing(m, l);
    return rc;
}

/* ---- /list ---- */

static const struct listing_look rooms_look = {
    .one = "room",
    .many = "rooms",
    .heads = {[LISTING_NAME] = "Room", [LISTING_NUMBER] = "People", [LISTING_WORDS] = "Topic"},
    .sort = LISTING_NUMBER,
    .down = true,
    .accept = "/join $who",
    .accept_words = "join",
    .rooms = true};

/* What the operation of the plugin interface calls a pattern. Owned; NULL: all rooms. */
static char *pattern_of(const struct cmd_args *a)
{
    struct buf b = {0};
    int64_t n;
    const char *min = flag_value(a, "min"), *max = flag_value(a, "max");
    if (min && str_int(min, 1, INT32_MAX, &n))
        buf_addf(&b, ">%lld ", (long long)n - 1);
    if (max && str_int(max, 0, INT32_MAX - 1, &n))
        buf_addf(&b, "<%lld ", (long long)n + 1);
    if (a->argv[0])
        buf_addf(&b, "%s ", a->argv[0]);
    if (b.len == 0)
        return NULL;
    buf_delete(&b, b.len - 1, 1);
    return buf_take(&b);
}

static int check_number(const struct cmd_args *a, const char *flag, struct err *e)
{
    int64_t n;
    const char *text = flag_value(a, flag);
    if (!text || str_int(text, 0, INT32_MAX - 1, &n))
        return 0;
    return err_set(e, KITH_EINVAL, "-%s=%.20s: how many people?", flag, text);
}

/* An account with rooms: the one meant, else another one that is online. */
static struct account *list_account(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    const char *name = flag_value(a, "account");
    const struct model *m = ctx->env->model;
    struct account *acc = account_for(ctx, name, e);
    for (size_t i = 0; acc && !name && !(acc->groups & ACCOUNT_HAS_ROOMS) && i < m->n_accounts; i++) {
        struct account *other = m->accounts[i];
        if ((other->groups & ACCOUNT_HAS_ROOMS) && other->state == KITH_STATE_ONLINE)
            return other;
    }
    return acc;
}

static char *again_line(const struct cmd_args *a)
{
    return xasprintf("/list %s%s", has_flag(a, "again") ? "" : "-again ", a->line ? a->line : "");
}

static int ask_rooms(struct cmd_ctx *ctx, struct account *acc, const struct cmd_args *a,
                     const char *pattern, const char *key, struct err *e)
{
    const char *where = flag_value(a, "at");
    char *again = again_line(a);
    char *title = xasprintf("Rooms of %s%s%s", where ? where : acc->name, pattern ? ": " : "",
                            pattern ? pattern : "");
    struct cmd_listing q = listing_begin(ctx, acc, NULL, &rooms_look, key, title, again);
    int rc = core_room_list(ctx->env->core, acc, where, pattern, q.item, q.done, q.user, e);
    free(title);
    free(again);
    return listing_started(ctx, &q, rc, e);
}

static int run_list(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    if (check_number(a, "min", e) < 0 || check_number(a, "max", e) < 0)
        return KITH_EINVAL;
    struct account *acc = list_account(ctx, a, e);
    if (!acc)
        return KITH_ENOTFOUND;
    const char *where = flag_value(a, "at");
    char *pattern = pattern_of(a);
    char *key = xasprintf("rooms %s %s %s", acc->name, where ? where : "", pattern ? pattern : "");
    bool online = acc->state == KITH_STATE_ONLINE;
    int rc = 0;
    if (has_flag(a, "again") || !listing_kept(ctx, key, online ? FRESH_MS : 0))
        rc = ask_rooms(ctx, acc, a, pattern, key, e);
    free(pattern);
    free(key);
    return rc;
}

const struct cmd cmds_list[] = {
    {.name = "list",
     .group = "Chats",
     .summary = "Lists the rooms of a server.",
     .flags = "-account=name -at=server -min=people -max=people -again",
     .args = {{ARG_TEXT, "masks", true, NULL}},
     .details =
         "On a screen of its own, while the rooms come: what is typed narrows it down (words of the "
         "name or the topic; >20 and <500 by people; -word leaves out), Enter joins, Tab sorts by "
         "the next column and Alt-t turns the order about. Words, masks like *linux*, >20, <500 and, at "
         "the end, topic: with words are asked of the server, or sorted out by kith where the server "
         "cannot; -min=20 is the same as >19. A list is kept: within ten minutes it comes back at once, "
         "with its age; -again, or Ctrl-r on the screen, asks anew. A server that may drop the "
         "connection over a full list is asked for one only with /list *.",
     .run = run_list},
    {.name = NULL},
};
