/* unit/xmppim/fake_web.c - web servers that a test plays: what was opened and written, and what comes */
#include "fake_web.h"
#include "fake_inner.h"

#include <stdlib.h>

#include "base/buf.h"

struct web_stream {
    struct web_stream *next;
    struct kith_stream_cb cb;
    void *user;
    struct buf written;
    char *where;
    size_t waits, most;
    bool closed;
};
static struct web_stream *all;

static int stream_open(struct kith_account *a, const struct kith_stream_params *p, const struct kith_stream_cb *cb,
                       void *user, struct kith_stream **out)
{
    struct web_stream *st = xcalloc(1, sizeof *st);
    *st = (struct web_stream){.next = all, .cb = *cb, .user = user};
    st->where = xasprintf("%s%s %s:%u", p->flags & KITH_STREAM_STRICT ? "strict " : "", p->tls == KITH_TLS_DIRECT ? "tls" : "clear", p->host, (unsigned)p->port);
    all = st;
    *out = (struct kith_stream *)st;
    return KITH_OK;
}

static int stream_write(struct kith_stream *given, const void *data, size_t len)
{
    struct web_stream *st = (struct web_stream *)given;
    assert_false(st->closed);
    buf_add(&st->written, data, len);
    st->waits += len;
    st->most = MAX(st->most, st->waits);
    return KITH_OK;
}

static size_t stream_queued(struct kith_stream *given)
{
    struct web_stream *st = (struct web_stream *)given;
    return st->waits;
}

static void stream_close(struct kith_stream *given)
{
    struct web_stream *st = (struct web_stream *)given;
    st->closed = true;
}

void fake_web(struct x *x)
{
    struct kith_host *host = &x->host;
    host->stream_open = stream_open;
    host->stream_write = stream_write;
    host->stream_queued = stream_queued;
    host->stream_close = stream_close;
}

bool fake_web_there(void)
{
    return all && !all->closed;
}

size_t fake_web_count(void)
{
    size_t n = 0;
    for (const struct web_stream *st = all; st; st = st->next)
        n++;
    return n;
}

static struct web_stream *newest(void)
{
    assert_true(fake_web_there());
    return all;
}

const char *fake_web_where(void)
{
    return newest()->where;
}

void fake_web_open(void)
{
    struct web_stream *st = newest();
    st->cb.open(st->user, NULL);
}

const char *fake_web_written(void)
{
    assert_non_null(all);
    return buf_str(&all->written);
}

size_t fake_web_most(void)
{
    assert_non_null(all);
    return all->most;
}

void fake_web_drain(void)
{
    struct web_stream *st = newest();
    st->waits = 0;
    st->cb.drained(st->user);
}

void fake_web_bytes(const void *data, size_t len)
{
    struct web_stream *st = newest();
    char *copy = xmalloc(len + 1); /* of just that size: reading behind it is seen */
    memcpy(copy, data, len);
    size_t n = st->cb.data(st->user, copy, len);
    free(copy);
    assert_int_equal(n, len);
}

void fake_web_data(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    fake_web_bytes(text, strlen(text));
    free(text);
}

void fake_web_end(int err, const char *text)
{
    struct web_stream *st = newest();
    st->closed = true;
    st->cb.closed(st->user, err, text);
}

void fake_web_forget(void)
{
    while (all) {
        struct web_stream *st = all;
        all = st->next;
        buf_free(&st->written);
        free(st->where);
        free(st);
    }
}
