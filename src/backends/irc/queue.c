/* backends/irc/queue.c - what goes out: lines by priority through a token bucket, so that no server throws us out
 *
 * A burst of five, then one line each two seconds, and one more token for each 120 bytes. A JOIN, long as it may be, is
 * a quarter of a line: many channels are joined at once where the server lets us. Answers to the server, the login and
 * QUIT pass the bucket. What people say goes before what kith asks by itself.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/irc/irc.h"
#include "backends/irc/ledger.h"
#include "base/mem.h"

enum { TOKEN_MS = 2000, BURST = 5, FAST_MS = 20, BYTES_A_TOKEN = 120, JOINS_A_TOKEN = 4, PARAMS = 15 };

struct irc_out {
    char *line;
    size_t len;
    uint64_t query; /* number of its question, 0 = none */
    uint64_t part;  /* of what: number of a question whose further lines this is one of, 0 = none */
    bool free_ride; /* inside a batch of ours: the batch has paid */
    struct irc_out *next;
};

static void free_out(struct irc_out *o)
{
    mem_wipe(o->line, o->len); /* may hold a password */
    free(o->line);
    free(o);
}

void irc_queue_clear(struct irc *i)
{
    for (size_t p = 0; p < PRIO_COUNT; p++) {
        while (i->out[p]) {
            struct irc_out *o = i->out[p];
            i->out[p] = o->next;
            free_out(o);
        }
        i->out_end[p] = &i->out[p];
    }
    i->n_out = 0;
}

size_t irc_queue_waiting(const struct irc *i)
{
    return i->n_out;
}

static void drop(struct irc *i, const struct irc_query *q, bool parts)
{
    for (size_t p = 0; p < PRIO_COUNT; p++) {
        struct irc_out **at = &i->out[p];
        while (*at) {
            struct irc_out *o = *at;
            if (o->query != q->number && (!parts || o->part != q->number)) {
                at = &o->next;
                continue;
            }
            *at = o->next;
            i->n_out--;
            free_out(o);
        }
        i->out_end[p] = at;
    }
}

void irc_queue_drop(struct irc *i, const struct irc_query *q)
{
    size_t before = i->n_out;
    drop(i, q, false);
    if (i->n_out != before)
        irc_tell_link(i);
}

bool irc_queue_take_back(struct irc *i, const struct irc_query *q)
{
    if (q->asked_ms || q->written)
        return false;
    drop(i, q, true);
    irc_tell_link(i);
    return true;
}

/* ---- the bucket ---- */

/* What a short line costs. */
static int64_t token_ms(const struct irc *i)
{
    return i->is.saferate || irc_option_on(i, "fast") ? FAST_MS : TOKEN_MS;
}

static int64_t cost_of(const struct irc *i, const struct irc_out *o, int64_t one)
{
    if (o->free_ride)
        return 0;
    if (str_starts(o->line, "JOIN "))
        return (one / JOINS_A_TOKEN) << MIN(i->flood_slow, 3);
    return (one + one * (int64_t)(o->len / BYTES_A_TOKEN) / 2) << MIN(i->flood_slow, 3);
}

/* How long until something may leave; 0 = now. The bucket is empty when it would take BURST tokens' time to fill. */
static int64_t wait_ms(const struct irc *i)
{
    int64_t full_in = i->tokens_at - irc_mono(i);
    return MAX(0, full_in - (BURST - 1) * TOKEN_MS);
}

size_t irc_queue_held(const struct irc *i, int64_t *wait)
{
    size_t n = 0;
    int64_t before = 0, one = token_ms(i);
    *wait = 0;
    for (const struct irc_out *o = i->out[PRIO_USER]; o; o = o->next) {
        if (o->free_ride)
            continue;
        *wait = wait_ms(i) + before;
        before += cost_of(i, o, one);
        n++;
    }
    return n;
}

static struct irc_query *by_number(struct irc *i, uint64_t number)
{
    struct irc_query *q = number ? i->queries : NULL;
    while (q && q->number != number)
        q = q->next;
    return q;
}

/* As the account writes: tags are UTF-8 always, and so is all where a server says that it takes nothing else. */
static int write_line(struct irc *i, const struct irc_out *o)
{
    if (!i->charset.out || i->is.utf8only)
        return i->io.write(i->io.user, o->line, o->len);
    struct buf b = {.secret = true};
    size_t tags = o->line[0] == '@' ? strcspn(o->line, " ") : 0;
    buf_add(&b, o->line, tags);
    irc_charset_encode(&i->charset, o->line + tags, o->len - tags, &b);
    int rc = i->io.write(i->io.user, b.data, b.len);
    buf_free(&b);
    return rc;
}

static bool write_one(struct irc *i, struct irc_out *o)
{
    struct irc_query *q = by_number(i, o->query);
    int rc = write_line(i, o);
    if (q && rc >= 0)
        irc_query_written(i, q);
    free_out(o);
    if (rc < 0)
        irc_end(i, KITH_ENET, KITH_RETRY_AUTO, 0, "The connection to %s takes no more.", i->server);
    return rc >= 0;
}

static struct irc_out *take(struct irc *i, size_t p)
{
    struct irc_out *o = i->out[p];
    i->out[p] = o->next;
    if (!o->next)
        i->out_end[p] = &i->out[p];
    i->n_out--;
    return o;
}

static void run(struct irc *i)
{
    while (!i->ending && i->phase >= IRC_REGISTER) {
        size_t p = PRIO_USER;
        while (p < PRIO_COUNT && !i->out[p])
            p++;
        if (p == PRIO_COUNT)
            return;
        int64_t cost = cost_of(i, i->out[p], token_ms(i)), wait = wait_ms(i);
        if (wait > 0 && cost > 0) {
            irc_timer(i, TIMER_FLOOD, wait);
            return;
        }
        i->tokens_at = MAX(i->tokens_at, irc_mono(i)) + cost;
        if (!write_one(i, take(i, p)))
            return;
    }
}

void irc_queue_run(struct irc *i)
{
    run(i);
    irc_tell_link(i);
}

/* ---- lines in ---- */

static void label_tag(struct irc *i, struct irc_query *q, const char *tags, struct buf *out)
{
    buf_adds(out, tags);
    if (q && irc_cap(i, CAP_LABEL) && irc_cap(i, CAP_BATCH)) {
        char label[32];
        irc_label(q, label);
        irc_put_tag(out, "label", label);
    }
}

static void enqueue(struct irc *i, enum irc_prio prio, const struct irc_query *q, struct buf *line, bool free_ride)
{
    struct irc_out *o = xcalloc(1, sizeof *o);
    o->len = line->len;
    o->line = buf_take(line);
    o->query = q && !free_ride ? q->number : 0;
    o->part = q ? q->number : 0;
    o->free_ride = free_ride;
    if (prio == PRIO_NOW) {
        write_one(i, o);
        return;
    }
    *i->out_end[prio] = o;
    i->out_end[prio] = &o->next;
    i->n_out++;
    irc_queue_run(i);
}

bool irc_put_line(struct irc *i, enum irc_prio prio, struct irc_query *q, const char *tags, const char *cmd,
                  const char *const *params, int n)
{
    struct buf line = {.secret = true}, all = {0}; /* it may be a password */
    if (i->phase < IRC_REGISTER || i->ending || (prio != PRIO_NOW && i->n_out >= IRC_QUEUE_MAX))
        return false;
    bool closes = strcmp(cmd, "BATCH") == 0 && n > 0 && params[0][0] == '-';
    bool in_batch = closes || (tags && str_starts(tags, "batch="));
    if (in_batch) /* the label is on the line that opens it */
        buf_adds(&all, tags);
    else
        label_tag(i, q, tags, &all);
    bool ok = irc_put(&line, all.len ? buf_str(&all) : NULL, cmd, params, n);
    if (ok)
        enqueue(i, prio, q, &line, in_batch);
    buf_free(&line);
    buf_free(&all);
    return ok;
}

bool irc_put_words(struct irc *i, enum irc_prio prio, struct irc_query *q, const char *cmd,
                   const char *const *params)
{
    int n = 0;
    while (n < PARAMS && params[n])
        n++;
    return irc_put_line(i, prio, q, NULL, cmd, params, n);
}

bool irc_raw(struct irc *i, const char *line)
{
    struct buf b = {.secret = true};
    if (i->phase < IRC_REGISTER || i->ending || str_empty(line) || strpbrk(line, "\r\n") ||
        i->n_out >= IRC_QUEUE_MAX)
        return false;
    buf_addf(&b, "%s\r\n", line);
    enqueue(i, PRIO_USER, NULL, &b, false);
    buf_free(&b);
    return true;
}
