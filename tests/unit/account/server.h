/* tests/unit/account/server.h - servers good and bad, each in a process of its own: TLS, STARTTLS,
 * SOCKS5, silent */
#ifndef TEST_SERVER_H
#define TEST_SERVER_H

#include <netinet/tcp.h>
#include <sys/prctl.h>

#include <openssl/ssl.h>

#include "certs.h"
#include "rig.h"

enum mode {
    DIRECT = 0,
    STARTTLS,
    INJECT,
    SILENT,
    PLAIN,
    OLD_TLS,
    TLS12,
    SOCKS,
    SOCKS_LOGIN,
    SOCKS_REFUSES,
    STRICT,
    ENOUGH,      /* in clear: says so, and is gone while the other side still talks */
    ENOUGH_TLS
};
struct server {
    pid_t pid;
    uint16_t port;
};

static void read_exactly(int fd, void *out, size_t n)
{
    if (recv(fd, out, n, MSG_WAITALL) != (ssize_t)n)
        _exit(1);
}

static void put(int fd, const void *data, size_t n)
{
    if (write(fd, data, n) != (ssize_t)n)
        _exit(1);
}

/* Checks what a client says by RFC 1928 and 1929; then is the server itself. */
static void be_proxy(int fd, enum mode mode)
{
    unsigned char b[300];
    read_exactly(fd, b, 2);
    read_exactly(fd, b + 2, b[1]);
    if (b[0] != 5)
        _exit(2);
    if (mode == SOCKS_LOGIN) {
        put(fd, "\x05\x02", 2);
        read_exactly(fd, b, 2);
        read_exactly(fd, b + 2, b[1] + 1u);
        unsigned user = b[1], pass = b[2 + user];
        read_exactly(fd, b + 3 + user, pass);
        bool ok =
            user == 2 && memcmp(b + 2, "me", 2) == 0 && pass == 3 && memcmp(b + 5, "p:w", 3) == 0;
        put(fd, ok ? "\x01\x00" : "\x01\x01", 2);
    } else {
        put(fd, "\x05\x00", 2);
    }
    read_exactly(fd, b, 5);
    read_exactly(fd, b + 5, b[4] + 2u);
    if (b[1] != 1 || b[3] != 3 || b[4] != 9 || memcmp(b + 5, "localhost", 9) != 0)
        _exit(3);
    if (mode == SOCKS_REFUSES)
        put(fd, "\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00", 10);
    else
        put(fd, "\x05\x00\x00\x03\x04name\x01\x02", 11);
}

static void echo_tls(int fd, SSL_CTX *ctx)
{
    char b[4096];
    SSL *ssl = SSL_new(ctx);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
        int n;
        while ((n = SSL_read(ssl, b, sizeof b)) > 0)
            SSL_write(ssl, b, n);
    }
    SSL_free(ssl);
}

/* Closing with something unread is a reset: what the other side sends from then on breaks. */
static void say_enough(int fd, SSL_CTX *ctx, bool tls)
{
    SSL *ssl = SSL_new(ctx);
    char b;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)); /* else what waits is lost with the reset */
    SSL_set_fd(ssl, fd);
    if (tls && SSL_accept(ssl) == 1 && SSL_read(ssl, &b, 1) == 1)
        SSL_write(ssl, "enough", 6);
    else if (!tls && read(fd, &b, 1) == 1)
        put(fd, "enough", 6);
    SSL_free(ssl);
}

static void serve_one(int fd, SSL_CTX *ctx, enum mode mode)
{
    char b[256];
    ssize_t n;
    if (mode == SOCKS || mode == SOCKS_LOGIN || mode == SOCKS_REFUSES)
        be_proxy(fd, mode);
    if (mode == STARTTLS || mode == INJECT) {
        read_exactly(fd, b, 9);
        if (mode == INJECT)
            put(fd, "GO\nEVIL\n", 8);
        else
            put(fd, "GO\n", 3);
    }
    if (mode == ENOUGH || mode == ENOUGH_TLS)
        say_enough(fd, ctx, mode == ENOUGH_TLS);
    else if (mode == SILENT)
        (void)!read(fd, b, sizeof b);
    else if (mode == PLAIN)
        while ((n = read(fd, b, sizeof b)) > 0)
            put(fd, b, (size_t)n);
    else if (mode != SOCKS_REFUSES)
        echo_tls(fd, ctx);
    close(fd);
}

/* STRICT: only who names the host, speaks the protocol "test" and shows a certificate gets in. */
static int want_alpn(SSL *ssl, const unsigned char **out, unsigned char *len,
                     const unsigned char *in, unsigned in_len, void *arg)
{
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (!name || strcmp(name, "localhost") != 0 || in_len != 5 || memcmp(in, "\x04test", 5) != 0)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = in + 1;
    *len = 4;
    return SSL_TLSEXT_ERR_OK;
}

static int any_client(int ok, X509_STORE_CTX *ctx)
{
    return 1;
}

static struct server serve(enum mode mode, const struct pair *p)
{
    struct server s;
    int listener = rig_listen(&s.port);
    s.pid = fork();
    if (s.pid == 0) {
        signal(SIGPIPE, SIG_IGN);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
        if (p && (SSL_CTX_use_certificate(ctx, p->cert) != 1 ||
                  SSL_CTX_use_PrivateKey(ctx, p->key) != 1))
            _exit(1);
        if (mode == OLD_TLS) {
            SSL_CTX_set_security_level(ctx, 0);
            SSL_CTX_set_min_proto_version(ctx, TLS1_1_VERSION);
            SSL_CTX_set_max_proto_version(ctx, TLS1_1_VERSION);
        }
        if (mode == TLS12)
            SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
        if (mode == STRICT) {
            SSL_CTX_set_alpn_select_cb(ctx, want_alpn, NULL);
            SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, any_client);
        }
        for (;;)
            serve_one(accept(listener, NULL, NULL), ctx, mode);
    }
    close(listener);
    return s;
}

static void unserve(struct server *s)
{
    kill(s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
}

#endif
