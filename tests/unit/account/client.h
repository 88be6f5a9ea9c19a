/* unit/account/client.h - a stream of an account, and what its owner was told */
#ifndef TEST_CLIENT_H
#define TEST_CLIENT_H

#include "rig.h"

struct client {
    struct rig *r;
    struct kith_stream *st;
    int opened, secured, closed, drained, ended;
    int err;
    char text[512];
    char got[1024];
    struct kith_stream_info info;
    char version[32], fingerprint[80], host[256];
    bool starttls_on_go, take;
    int fd;
};

static void note_info(struct client *c, const struct kith_stream_info *info)
{
    c->info = *info;
    str_copy(c->version, sizeof c->version, info->tls_version ? info->tls_version : "");
    str_copy(c->fingerprint, sizeof c->fingerprint, info->fingerprint ? info->fingerprint : "");
    str_copy(c->host, sizeof c->host, info->host);
}

static void on_open(void *user, const struct kith_stream_info *info)
{
    struct client *c = user;
    c->opened = c->ended = 1;
    note_info(c, info);
    if (c->take)
        c->fd = stream_take_fd(c->st);
}

static void on_secured(void *user, const struct kith_stream_info *info)
{
    struct client *c = user;
    c->secured = c->ended = 1;
    note_info(c, info);
}

static size_t on_data(void *user, const void *data, size_t len)
{
    struct client *c = user;
    size_t have = strlen(c->got), n = MIN(len, sizeof c->got - 1 - have);
    if (c->starttls_on_go && !c->secured) {
        const char *end = memchr(data, '\n', len);
        if (!end)
            return 0;
        assert_int_equal(stream_starttls(c->st), 0);
        return (size_t)(end - (const char *)data) + 1;
    }
    memcpy(c->got + have, data, n);
    c->got[have + n] = '\0';
    return len;
}

static void on_drained(void *user)
{
    ((struct client *)user)->drained++;
}

static void on_closed(void *user, int err, const char *text)
{
    struct client *c = user;
    c->closed = c->ended = 1;
    c->err = err;
    str_copy(c->text, sizeof c->text, text);
    c->st = NULL;
}

static const struct kith_stream_cb callbacks = {sizeof callbacks, on_open,    on_secured,
                                                on_data,          on_drained, on_closed};

static void connect_to(struct rig *r, struct client *c, uint16_t port, uint32_t tls,
                       int64_t timeout_ms)
{
    struct kith_stream_params p = {
        .size = sizeof p, .tls = tls, .host = "localhost", .port = port, .timeout_ms = timeout_ms};
    c->r = r;
    assert_int_equal(stream_open(r->a, &p, &callbacks, c, &c->st), 0);
    rig_until(r, &c->ended);
}

static void until_got(struct rig *r, struct client *c, const char *what)
{
    int64_t end = clock_mono_ms() + RIG_WAIT_MS;
    while (strcmp(c->got, what) != 0) {
        if (clock_mono_ms() > end || c->closed)
            fail_msg("got \"%s\" instead of \"%s\" (%s)", c->got, what, c->text);
        loop_turn(r->loop, 1000);
    }
}

#endif
