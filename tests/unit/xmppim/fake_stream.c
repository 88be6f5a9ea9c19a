/* unit/xmppim/fake_stream.c - connections that lead nowhere: a test is their other side */
#include <stdlib.h>

#include "base/buf.h"
#include "fake_inner.h"

static int host_open(struct kith_account *a, const struct kith_stream_params *p, const struct kith_stream_cb *cb,
                     void *user, struct kith_stream **out)
{
    struct x *x = (struct x *)a;
    struct kith_stream *st = xcalloc(1, sizeof *st);
    *st = (struct kith_stream){.cb = *cb, .user = user, .to = xasprintf("%s:%u", p->host, p->port)};
    VEC_PUSH(x->streams, x->n_streams, x->cap_streams, st);
    *out = st;
    return KITH_OK;
}

static int host_write(struct kith_stream *st, const void *data, size_t len)
{
    buf_add(&st->out, data, len);
    return KITH_OK;
}

static void host_close(struct kith_stream *st)
{
    st->closed = true;
}

void fake_stream_host(struct kith_host *h)
{
    h->stream_open = host_open;
    h->stream_write = host_write;
    h->stream_close = host_close;
}

void fake_streams_free(struct x *x)
{
    for (size_t i = 0; i < x->n_streams; i++) {
        buf_free(&x->streams[i]->out);
        free(x->streams[i]->to);
        free(x->streams[i]);
    }
    free(x->streams);
}

size_t fake_streams(const struct x *x)
{
    return x->n_streams;
}

const char *fake_stream_to(const struct x *x, size_t n)
{
    assert_true(n < x->n_streams);
    return x->streams[n]->to;
}

bool fake_stream_ready(const struct x *x, size_t n)
{
    return fake_stream_open(x, n) && x->streams[n]->connected;
}

bool fake_stream_open(const struct x *x, size_t n)
{
    return n < x->n_streams && !x->streams[n]->closed;
}

static struct kith_stream *live(struct x *x, size_t n)
{
    assert_true(fake_stream_open(x, n));
    return x->streams[n];
}

void fake_stream_connected(struct x *x, size_t n)
{
    struct kith_stream *st = live(x, n);
    if (st->connected)
        return;
    st->connected = true;
    st->cb.open(st->user, &(struct kith_stream_info){.size = sizeof(struct kith_stream_info)});
}

/* As the host does: what was not taken is offered again. */
void fake_stream_in(struct x *x, size_t n, const void *data, size_t len)
{
    struct kith_stream *st = live(x, n);
    const char *p = data;
    assert_true(st->connected);
    while (len && !st->closed) {
        size_t taken = st->cb.data(st->user, p, len);
        assert_true(taken > 0 && taken <= len);
        p += taken;
        len -= taken;
    }
}

void fake_stream_drained(struct x *x, size_t n)
{
    struct kith_stream *st = live(x, n);
    st->cb.drained(st->user);
}

void fake_stream_broke(struct x *x, size_t n)
{
    struct kith_stream *st = live(x, n);
    st->closed = true;
    st->cb.closed(st->user, KITH_ENET, "the network is unreachable");
}

char *fake_stream_out(struct x *x, size_t n, size_t *len)
{
    struct kith_stream *st = x->streams[n];
    *len = st->out.len;
    return buf_take(&st->out);
}
