/* account/stream_impl.h - the inside of a stream, shared by the half that connects and the half
 * that moves bytes */
#ifndef ACCOUNT_STREAM_IMPL_H
#define ACCOUNT_STREAM_IMPL_H

#include "account/dial.h"
#include "account/helper.h"
#include "account/socks.h"
#include "account/stream.h"
#include "account/tls.h"

enum stream_phase {
    PHASE_RESOLVE = 0,
    PHASE_DIAL,
    PHASE_PROXY,
    PHASE_PLAIN,
    PHASE_HANDSHAKE,
    PHASE_TLS,
    PHASE_DEAD
};
struct kith_stream {
    struct kith_account *a;
    struct kith_stream *next;
    struct kith_stream_cb cb;
    void *user;
    enum stream_phase phase;
    enum kith_tls mode;
    char *host, *name, *srv, *srv_tls, *alpn, *cert_file, *ca_file;
    uint16_t port;
    struct proxy proxy;
    struct socks socks;
    uint32_t lookup; /* helper's number, or 0 */
    struct dial *dial;
    struct loop_timer *timer; /* the whole time allowed until open; then the linger */
    int fd;
    struct loop_io *io;
    struct tls *tls;
    unsigned handshake_want;
    struct buf in, out;
    bool held;
    bool strict;   /* no question about the certificate */
    bool starttls; /* asked for, not begun */
    bool opened;   /* open() was called */
    bool closing;  /* closed by the plugin, the rest of out is leaving */
    bool was_full; /* drained() is due when out is empty */
    struct dns_address *addresses;
    size_t n_addresses;
    char target[256]; /* the one that answered */
    uint16_t target_port;
    bool target_direct;
    char tls_version[32], tls_cipher[64];
};

/* stream.c */
void stream_fail(struct kith_stream *st,
                 const struct err *e);            /* tells the plugin and lets go of everything */
void stream_watch(struct kith_stream *st);        /* waits for what this phase waits for */
bool stream_flush(struct kith_stream *st);        /* false: the stream is gone */
void stream_release_soon(struct kith_stream *st); /* frees at the end of the turn */

/* stream_connect.c */
int stream_set_proxy(struct kith_stream *st, const struct kith_stream_params *p);
void stream_connect(struct kith_stream *st);
void stream_step_proxy(struct kith_stream *st);
void stream_begin_tls(struct kith_stream *st);
void stream_handshake(struct kith_stream *st);

#endif
