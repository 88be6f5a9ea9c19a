/* account/stream_connect.c - the way of a stream from a name to a connection that is ready: names,
 * TCP, proxy, TLS */
#include <stdlib.h>
#include <string.h>

#include "account/idn.h"
#include "account/stream_impl.h"
#include "account/targets.h"
#include "account/trust.h"
#include "base/mem.h"

static void info_of(struct kith_stream *st, struct kith_stream_info *info)
{
    *info = (struct kith_stream_info){.size = sizeof *info,
                                      .host = st->target,
                                      .port = st->target_port,
                                      .direct_tls = st->target_direct};
    if (!st->tls || st->phase != PHASE_TLS)
        return;
    str_copy(st->tls_version, sizeof st->tls_version, SSL_get_version(st->tls->ssl));
    str_copy(st->tls_cipher, sizeof st->tls_cipher, SSL_get_cipher_name(st->tls->ssl));
    info->tls = 1;
    info->tls_version = st->tls_version;
    info->tls_cipher = st->tls_cipher;
    info->fingerprint = st->tls->fingerprint;
}

static void tell_ready(struct kith_stream *st)
{
    struct kith_stream_info info;
    bool first = !st->opened;
    void (*fn)(void *, const struct kith_stream_info *) = first ? st->cb.open : st->cb.secured;
    st->opened = true;
    loop_timer_del(st->timer);
    st->timer = NULL;
    info_of(st, &info);
    stream_watch(st);
    if (!fn)
        return;
    fn(st->user, &info);
    if (st->phase != PHASE_DEAD)
        stream_watch(st);
    else
        stream_release_soon(st);
}

/* ---- TLS ---- */

static enum kith_trust on_certificate(void *user, const struct kith_cert *c)
{
    struct kith_stream *st = user;
    return st->strict ? trust_known(st->a->trust, c) : trust_check(st->a->trust, c);
}

void stream_handshake(struct kith_stream *st)
{
    struct err e = {0};
    int rc = tls_handshake(st->tls, &st->handshake_want, &e);
    if (rc < 0) {
        stream_fail(st, &e);
    } else if (rc == 0) {
        stream_watch(st);
    } else {
        st->phase = PHASE_TLS;
        tell_ready(st);
    }
}

void stream_begin_tls(struct kith_stream *st)
{
    struct err e = {0};
    struct tls_params p = {.name = st->name,
                           .alpn = st->alpn,
                           .cert_file = st->cert_file,
                           .ca_file = st->ca_file,
                           .trust = on_certificate,
                           .user = st};
    st->tls = tls_new(&p, st->fd, &e);
    if (!st->tls) {
        stream_fail(st, &e);
        return;
    }
    st->phase = PHASE_HANDSHAKE;
    stream_handshake(st);
}

/* ---- from names to a connection ---- */

static void connected(struct kith_stream *st)
{
    bool direct = st->mode == KITH_TLS_DIRECT || (st->target_direct && st->mode == KITH_TLS_START);
    st->phase = PHASE_PLAIN;
    if (direct)
        stream_begin_tls(st);
    else
        tell_ready(st);
}

static void on_dialed(void *user, int fd, size_t which, const struct err *e)
{
    struct kith_stream *st = user;
    struct err why = *e;
    st->dial = NULL;
    if (fd < 0) {
        if (st->proxy.host[0]) /* else it looks as if the server were asked without it */
            (void)err_set(&why, e->code, "The proxy of this account is not there: %s", e->text);
        stream_fail(st, &why);
        return;
    }
    st->fd = fd;
    if (st->proxy.host[0]) {
        st->phase = PHASE_PROXY;
        st->socks = (struct socks){.proxy = &st->proxy, .host = st->host, .port = st->port};
        str_copy(st->target, sizeof st->target, st->host);
        st->target_port = st->port;
        if (socks_start(&st->socks, &st->out, &why) < 0)
            stream_fail(st, &why);
        else if (stream_flush(st))
            stream_watch(st);
        return;
    }
    const struct dns_address *got = &st->addresses[which];
    targets_reached(st->a->targets, st->addresses, st->n_addresses, which);
    str_copy(st->target, sizeof st->target, got->host);
    st->target_port = dns_port(got);
    st->target_direct = got->direct;
    connected(st);
}

static void on_addresses(void *user, const struct dns_address *list, size_t n, const struct err *e)
{
    struct kith_stream *st = user;
    struct err why = *e;
    st->lookup = 0;
    if (why.code && st->proxy.host[0])
        (void)err_set(&why, e->code, "The proxy of this account is not found: %s", e->text);
    if (why.code) {
        stream_fail(st, &why);
        return;
    }
    st->phase = PHASE_DIAL;
    st->addresses = xcalloc(MAX(n, 1), sizeof *list);
    if (n)
        memcpy(st->addresses, list, n * sizeof *list);
    st->n_addresses = n;
    if (!st->proxy.host[0])
        targets_order(st->a->targets, st->addresses, n);
    st->dial = dial_start(st->a->loop, st->addresses, n, on_dialed, st);
}

void stream_step_proxy(struct kith_stream *st)
{
    struct err e = {0};
    int rc = socks_step(&st->socks, &st->in, &st->out, &e);
    if (rc < 0) {
        stream_fail(st, &e);
    } else if (rc == 1) {
        connected(st);
    } else if (stream_flush(st)) {
        stream_watch(st);
    }
}

int stream_set_proxy(struct kith_stream *st, const struct kith_stream_params *p)
{
    const char *url = account_option(st->a, "proxy");
    struct err e = {0};
    if (str_empty(url))
        return 0;
    if (proxy_parse(&st->proxy, url, &e) < 0) {
        account_notice(st->a, KITH_ERROR, "%s", e.text);
        return e.code;
    }
    /* Service records would be asked for beside the proxy, so they are not. It gets the name as DNS knows it. */
    st->target_direct = !p->srv && p->srv_tls;
    st->port = p->port ? p->port : dns_service_port(st->target_direct ? p->srv_tls : p->srv);
    char *ascii = idn_ascii(st->host);
    if (ascii)
        str_take(&st->host, ascii);
    if (st->port == 0)
        account_notice(st->a, KITH_ERROR, "Behind a proxy the option port is needed.");
    return st->port ? 0 : KITH_EINVAL;
}

void stream_connect(struct kith_stream *st)
{
    struct dns_query q = {
        .host = st->host, .srv = st->srv, .srv_tls = st->srv_tls, .port = st->port};
    if (st->proxy.host[0])
        q = (struct dns_query){.host = st->proxy.host, .port = st->proxy.port};
    st->lookup = helper_resolve(st->a->helper, &q, on_addresses, st);
}
