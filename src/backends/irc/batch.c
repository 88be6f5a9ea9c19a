/* backends/irc/batch.c - open batches: a table with parents, bounded in every way; no recursion
 *
 * IRCv3 batch. Lines of a batch are handled as they come, with i->batch set to the one they are in; only multiline is
 * gathered, by multiline.c, and handled when the batch ends. A batch may be unknown, its own parent, closed twice or never.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/irc/handlers.h"
#include "backends/irc/irc.h"
#include "base/mem.h"

static struct irc_batch *find(struct irc *i, const char *id)
{
    for (size_t n = 0; n < IRC_BATCHES_OPEN && id; n++) {
        if (i->batches[n].used && strcmp(i->batches[n].id, id) == 0)
            return &i->batches[n];
    }
    return NULL;
}

/* Those in it are in none then: its place is used again. */
static void drop(struct irc *i, struct irc_batch *b)
{
    for (size_t n = 0; n < IRC_BATCHES_OPEN; n++) {
        if (i->batches[n].used && i->batches[n].parent == b - i->batches)
            i->batches[n].parent = -1;
    }
    char *all[] = {b->id, b->type, b->target, b->label, b->nick, b->msgid, b->account, b->reply, b->first_id};
    for (size_t n = 0; n < COUNT(all); n++)
        free(all[n]);
    buf_free(&b->text);
    *b = (struct irc_batch){0};
}

void irc_batches_reset(struct irc *i)
{
    for (size_t n = 0; n < IRC_BATCHES_OPEN; n++)
        if (i->batches[n].used)
            drop(i, &i->batches[n]);
    i->batch = NULL;
    i->label = NULL;
}

void irc_batches_tick(struct irc *i)
{
    int64_t now = irc_mono(i), next = -1;
    for (size_t n = 0; n < IRC_BATCHES_OPEN; n++) {
        struct irc_batch *b = &i->batches[n];
        if (!b->used)
            continue;
        int64_t left = b->opened_ms + IRC_BATCH_AGE_MS - now;
        if (left <= 0)
            drop(i, b);
        else
            next = next < 0 ? left : MIN(next, left);
    }
    irc_timer(i, TIMER_BATCH, next);
}

static const struct irc_batch *parent_of(const struct irc *i, const struct irc_batch *b)
{
    return b->parent >= 0 && i->batches[b->parent].used ? &i->batches[b->parent] : NULL;
}

struct irc_batch *irc_in_batch(struct irc *i, const char *type)
{
    const struct irc_batch *b = i->batch;
    for (int depth = 0; b && depth <= IRC_BATCH_DEPTH; depth++, b = parent_of(i, b)) {
        if (strcmp(b->type, type) == 0)
            return &i->batches[b - i->batches];
    }
    return NULL;
}

bool irc_in_history(struct irc *i)
{
    return irc_in_batch(i, "chathistory") || irc_in_batch(i, "draft/chathistory") ||
           irc_in_batch(i, "znc.in/playback") || irc_in_batch(i, "soju.im/search");
}

void irc_batch_enter(struct irc *i, const struct irc_line *l)
{
    struct irc_batch *b = find(i, irc_line_tag(l, "batch"));
    i->batch = b;
    i->label = irc_line_tag(l, "label");
    if (!b)
        return;
    if (b->lines++ == 0 && b->req) {
        b->first_id = xstrdup(irc_line_tag(l, "msgid"));
        b->first_ms = irc_line_time(l);
    }
    for (const struct irc_batch *p = b; p && !i->label; p = parent_of(i, p))
        i->label = p->label;
}

static void open_batch(struct irc *i, const struct irc_line *l, const char *id)
{
    struct irc_batch *b = NULL;
    int depth = i->batch ? i->batch->depth + 1 : 0;
    for (size_t n = 0; n < IRC_BATCHES_OPEN && !b; n++)
        b = i->batches[n].used ? NULL : &i->batches[n];
    if (!*id || find(i, id) || depth >= IRC_BATCH_DEPTH || !b)
        return; /* its lines are taken as they come */
    const char *reply = irc_line_tag(l, "+reply");
    *b = (struct irc_batch){.used = true, .depth = depth, .opened_ms = irc_mono(i), .time_ms = irc_line_time(l)};
    b->parent = i->batch ? (int)(i->batch - i->batches) : -1;
    b->id = xstrdup(id);
    b->type = xstrdup(irc_param(l, 1));
    b->target = l->n > 2 ? xstrdup(irc_param(l, 2)) : NULL;
    b->label = xstrdup(irc_line_tag(l, "label"));
    b->nick = xstrdup(l->nick);
    b->msgid = xstrdup(irc_line_tag(l, "msgid"));
    b->account = xstrdup(irc_line_tag(l, "account"));
    b->reply = xstrdup(reply ? reply : irc_line_tag(l, "+draft/reply"));
    if (!i->timers[TIMER_BATCH])
        irc_timer(i, TIMER_BATCH, IRC_BATCH_AGE_MS);
    irc_batch_opened(i, b, l);
}

static void close_batch(struct irc *i, const struct irc_line *l, const char *id)
{
    struct irc_batch *b = find(i, id);
    if (!b)
        return;
    i->batch = b;
    for (const struct irc_batch *p = b; p && !i->label; p = parent_of(i, p))
        i->label = p->label;
    irc_batch_closed(i, b, l);
    i->batch = NULL;
    i->label = NULL; /* it may lie in the batch */
    drop(i, b);
}

void irc_on_batch(struct irc *i, const struct irc_line *l)
{
    const char *ref = irc_param(l, 0);
    if (ref[0] == '+')
        open_batch(i, l, ref + 1);
    else if (ref[0] == '-')
        close_batch(i, l, ref + 1);
}
