/* backends/xmpp/x.h - the transport half's own view of an account: link, TLS, login, stream management */
#ifndef XMPP_X_H
#define XMPP_X_H

#include <openssl/ssl.h>

#include "backends/xmpp/guard.h"
#include "backends/common/scram.h"
#include "backends/xmpp/session.h"
#include "base/buf.h"

#define NS_CLIENT "jabber:client"
#define NS_REGISTER "jabber:iq:register"
#define NS_STREAMS "http://etherx.jabber.org/streams"
#define NS_STREAM_ERRORS "urn:ietf:params:xml:ns:xmpp-streams"
#define NS_TLS "urn:ietf:params:xml:ns:xmpp-tls"
#define NS_SASL "urn:ietf:params:xml:ns:xmpp-sasl"
#define NS_SASL2 "urn:xmpp:sasl:2"
#define NS_BIND "urn:ietf:params:xml:ns:xmpp-bind"
#define NS_BIND2 "urn:xmpp:bind:0"
#define NS_FAST "urn:xmpp:fast:0"
#define NS_CB "urn:xmpp:sasl-cb:0"
#define NS_SM "urn:xmpp:sm:3"
#define NS_CARBONS "urn:xmpp:carbons:2"
#define NS_CSI "urn:xmpp:csi:0"
#define NS_STANZA_ERRORS "urn:ietf:params:xml:ns:xmpp-stanzas"

enum {
    LIFE_MS = 10000,        /* a connection that lasted so long was a good one */
    SHORT_LIVES = 3,        /* so many bad ones in a row are tried again at once */
    PHASE_MS = 30000,       /* longest silence of the server while logging in */
    TLS_MS = 15000,         /* longest handshake, kept by ourselves */
    TLS_DEADLINE_MS = 25000, /* announced: the host kills the process after it */
    CLOSE_MS = 2000,        /* wait for the server's end of the stream */
    WAKE_MS = 5000,         /* wait for a sign of life; twice as long after a message of ours */
    IQ_MS = 30000,
    TURN_MS = 8,            /* stanzas are handled this long before the host gets its turn back */
    SM_GAP_MS = 500,        /* least time between two acknowledgements: each is a write to the disk */
    SM_ACK_MS = 3000        /* an asked-for acknowledgement waits this long for the engine's commit */
};

/* Where the login stands. Stanzas are only taken from BOUND on. */
enum phase {
    PHASE_IDLE,
    PHASE_CONNECT,    /* the host opens a TCP connection */
    PHASE_HANDOVER,   /* libstrophe takes the descriptor */
    PHASE_CLEAR,      /* stream open without TLS: waiting for features */
    PHASE_STARTTLS,   /* asked for TLS: waiting for <proceed/> */
    PHASE_TLS,        /* the handshake is due or runs; whatever comes now is an injection */
    PHASE_FEATURES,   /* encrypted stream: waiting for features */
    PHASE_SECRET,     /* waiting for the user's password */
    PHASE_REGISTER,   /* a new account is being made: waiting for the server */
    PHASE_REGISTER_ASK, /* the same, waiting for the user */
    PHASE_AUTH,       /* SASL runs */
    PHASE_FEATURES2,  /* logged in: waiting for features again */
    PHASE_RESUME,     /* asked to resume */
    PHASE_BIND,       /* asked for a resource */
    PHASE_ENABLE,     /* bound, asked for stream management */
    PHASE_ONLINE,
    PHASE_CLOSING
};

/* What ends a connection; kept until nothing of libstrophe is on the stack. */
struct x_end {
    bool due;
    int err;               /* enum kith_err */
    uint32_t retry;        /* enum kith_retry */
    int64_t retry_ms;
    char text[512];
};

struct x_tls {
    struct x *x;
    int index;             /* of OpenSSL's ex_data; < 0: none */
    SSL *ssl;              /* libstrophe's, while it lives */
    bool running;          /* inside xmpp_conn_tls_start() */
    bool secured;
    int64_t give_up_ms;    /* monotonic */
    int trust;             /* what the host said: enum kith_trust, or -1: not asked yet */
    char problem[200];     /* what verification said */
};

enum mech_kind { MECH_NONE, MECH_EXTERNAL, MECH_SCRAM, MECH_PLAIN, MECH_HT };

struct mech {
    enum mech_kind kind;
    const char *name, *hash; /* hash: OpenSSL's name */
    bool plus;
    int rank;                /* stronger is higher */
};

struct x_sasl {
    const struct mech *mech;
    bool two;                /* XEP-0388 */
    bool plus_offered;
    char binding[32];        /* type of channel binding in use, "" = none */
    bool binding_guessed;    /* the server does not say which it knows (XEP-0440) */
    bool binding_retried;    /* the other guess is being tried */
    char ht_name[40];        /* "HT-SHA-256-EXPR" */
    struct scram scram;
    struct mech ht;
    bool done;               /* the server's proof, where the mechanism has one, was right */
    char *password;          /* until the login is done */
    char *allowed;           /* weaker mechanism the user allowed for this run */
    bool inline_bind, inline_resume, inline_sm, inline_carbons, inline_csi; /* what goes inside SASL2 */
    bool bound;              /* by Bind 2, waiting for features */
    int64_t token_count;
    char fast_mech[40];      /* to ask a token for */
};

struct sm_item {
    uint32_t n;              /* number of the stanza in this stream management session */
    uint64_t written_at;     /* x->out_queued when it was queued; 0 = waits for a link */
    char *xml;
    char *chat, *origin_id;  /* tracked messages only */
    bool said_sent, from_disk; /* from_disk: another process queued it */
};
struct x_csi {              /* XEP-0352, of this stream */
    bool known;              /* the server has it */
    bool inactive;           /* as the server has been told */
    bool asked;              /* the session is to begin inactive (Bind 2) */
};
struct sm_wait { uint32_t h; uint64_t event; };

struct x_sm {
    bool offered, on;        /* on: counting */
    bool resumable;
    char *id, *jid;
    uint32_t h_in;           /* handled by us */
    uint32_t h_safe;         /* of these, committed by the engine */
    uint32_t h_told;         /* last told the server */
    uint32_t h_out;          /* number of the last stanza sent */
    uint32_t skip;           /* stanzas the server sends again that were handled already */
    bool poison;             /* the stanza after h_in is not to be sent again */
    struct sm_item *queue;   /* unacknowledged, in order */
    size_t n_queue, cap_queue;
    struct sm_wait *waits;   /* handled, not committed yet, in order */
    size_t n_waits, cap_waits;
    uint64_t committed;
    bool ask;                /* <r/> is due */
    bool asked;              /* <r/> is out */
    bool unheard;            /* resumed, and nothing that we said since has been acknowledged */
    bool answer;             /* the server asked; waits for the commit */
    bool dirty;              /* must be written before bytes leave */
    int answer_timer;
    int64_t told_ms;         /* monotonic, of the last answer */
    uint32_t answer_at;      /* what h_safe must reach before the answer */
    size_t unsaid;           /* tracked items for which KITH_SENT is due */
};

/* The host calls back with a password whenever it comes, even after the account was closed. */
struct secret_wait { struct x *x; int pending; };

struct x_ws; /* ws.c */

struct x {
    struct kith_account *acct;
    struct secret_wait *secret;
    xmpp_ctx_t *ctx;
    struct guard *guard;
    char *bare, *local, *domain, *full;
    char *ascii;             /* the domain by A-labels, as DNS, TLS and certificates know it (RFC 5890) */
    struct x_part { const char *feature; void *state; } *parts; /* what each feature keeps */
    size_t n_parts, cap_parts;
    struct map inlined;      /* features switched on by Bind 2 */
    struct map iqs;          /* by id */
    int iq_timer;
    int64_t iq_due; /* when it fires */
    struct map asks;         /* by number */
    uint64_t last_ask;
    uint64_t emitted;        /* highest event number */
    uint64_t stanza_event;   /* highest while the current stanza is handled */

    enum phase phase;
    struct kith_stream *opening;
    xmpp_conn_t *conn;
    char peer[64];           /* numeric address */
    uint16_t port;
    char *where;             /* "host:port" for people */
    const char *dropped[4];  /* what x_dropped() has logged in this session */
    char *redirect;          /* see-other-host: "host:port" for the next connection */
    int redirects;
    bool direct;             /* TLS from the first byte */
    int fd, hand;            /* the socket; the descriptor to be handed over */
    int out_fd;              /* private epoll: edge-triggered "can be written to" */
    int io_in, io_out;
    int kick_timer, phase_timer, wake_timer;
    bool pumping, again, gone;
    uint64_t stanzas, stanzas_at_wake;
    int left_at_wake;        /* bytes of ours the other side had not taken */
    bool waking;             /* the wake timer runs because the machine or the network woke up */
    uint64_t out_queued;     /* pieces handed to libstrophe's queue on this connection */
    bool synced;             /* STATE ONLINE was said for this connection */
    bool resumed;
    int64_t online_ms;       /* monotonic: since when; 0 = not yet on this connection */
    int short_lives;         /* connections in a row that did not last */
    struct x_end end;
    bool unwatched;          /* nobody looks (KITH: watched()) */
    struct x_csi csi;
    size_t max_bytes;        /* XEP-0478: the largest stanza that the server takes; 0 = not known */
    bool any_resource;       /* the one we asked for is taken: the server is to choose */

    struct x_ws *ws;         /* the way by WebSocket, tried or taken; NULL: the direct one */
    char *ws_known;          /* the address found last, while it works; NULL: none */
    int64_t ws_until;        /* monotonic: so long it is taken before the direct way */

    struct x_tls tls;
    struct x_sasl sasl;
    struct x_sm sm;
    bool register_now;       /* /register: whatever the option says, and also when it was done before */
    struct x_register *registration; /* what goes to the server for a new account; NULL: nothing */
};

/* plugin.c */
const struct kith_host *x_the_host(void);

/* account.c: identity, events, questions */
struct x *x_new(struct kith_account *acct, struct err *e);
void x_free(struct x *x);
void x_attach(struct x *x);
void x_state_event(struct x *x, uint32_t state, const char *text, int64_t deadline_ms);
int x_answer(struct x *x, uint64_t ask, const struct kith_answer *a);
uint64_t x_ask_numbered(struct x *x, struct kith_ev_ask *ask, x_answer_fn *fn, void *user);
char *x_load(struct x *x, const char *key);                    /* persistent text, owned; NULL when none */
void x_save(struct x *x, const char *key, const char *value);  /* NULL deletes */
void x_online_features(struct x *x, bool resumed);
void x_offline_features(struct x *x);

/* link.c */
int link_open(struct x *x);
void link_kick(struct x *x);                     /* something is to be written: soon */
void link_write(struct x *x, const char *xml);   /* queues; no accounting */
void link_write_stanza(struct x *x, xmpp_stanza_t *st); /* the same; st is released, its text wiped: it may hold a password */
void link_end(struct x *x, int err, uint32_t retry, const char *fmt, ...) PRINTF(4, 5); /* the first reason wins */
void link_close_politely(struct x *x, const char *text);
void link_down(struct x *x);                     /* at once; no event. For close() and before OFFLINE */
void link_wake(struct x *x);
void link_await(struct x *x);                    /* an acknowledgement was asked for: it must come, or the link is dead */
void link_alive(struct x *x);                    /* the sign of life that was asked for */
void link_phase(struct x *x, enum phase phase);  /* and starts or stops its timer */
void link_watch(struct x *x, bool on);           /* descriptors in the host's loop */
void link_pump(struct x *x);

bool link_take_over(struct x *x);                /* hands x->hand to libstrophe, as if it were connected to x->peer */

/* ws.c: XMPP by WebSocket (RFC 7395), where the direct way is closed */
/* A connection begins: true when it goes by WebSocket and not directly. */
bool ws_first(struct x *x);
/* The direct way failed: true when another one is being looked for (XEP-0156); what was said is kept for the end. */
bool ws_instead(struct x *x, int err, const char *text);
void ws_down(struct x *x);
int ws_binding(const struct x *x, const char *type, unsigned char *out, size_t cap);
bool ws_is_13(const struct x *x);                /* TLS 1.3 */
size_t ws_to_leave(const struct x *x);           /* bytes of ours that are still here */

/* stream.c */
void stream_start(struct x *x);                  /* sends the stream header */
int stream_stanza(xmpp_conn_t *conn, xmpp_stanza_t *st, void *user);
void stream_online(struct x *x, bool resumed);
/* enabled: what Bind 2 brought, or NULL. */
void stream_bound(struct x *x, const char *jid, bool carbons, xmpp_stanza_t *enabled);
void stream_after_auth(struct x *x, xmpp_stanza_t *features);

/* cert.c */
char *cert_ascii(const char *domain);            /* owned; NULL when no domain can look like that */
/* True when the certificate is for a client's connection to this domain. RFC 6120 §13.7.1.2, RFC 6125 §6. */
bool cert_is_for(X509 *cert, const char *ascii, const char *domain);
char *cert_names(X509 *cert);                    /* what it is for, "a, b"; owned */

/* tls.c */
void tls_init(struct x *x);
void tls_done(struct x *x);
void tls_due(struct x *x);                       /* starts the handshake in the next turn */
int tls_pending(const struct x *x);
/* Channel binding data of the connection, type as in RFC 5929 / RFC 9266. Length, or < 0. */
int tls_binding(struct x *x, const char *type, unsigned char *out, size_t cap);
bool tls_is_13(const struct x *x);

/* sasl.c, sasl2.c */
void sasl_begin(struct x *x, xmpp_stanza_t *features);
void sasl_stanza(struct x *x, const char *name, xmpp_stanza_t *st);
bool sasl_first(struct x *x, const char *password, struct buf *out);
bool sasl_next(struct x *x, const char *challenge, struct buf *out);
bool sasl_finish(struct x *x, const char *data); /* data NULL: none came */
void sasl_failed(struct x *x, xmpp_stanza_t *st);
void sasl_success(struct x *x);                  /* remembers the mechanism */
void sasl_continue(struct x *x);                 /* with the password, when it is there */
bool sasl_channel(struct x *x, xmpp_stanza_t *features);
void sasl_reset(struct x *x);
void sasl_free(struct x *x);
bool sasl2_offers(xmpp_stanza_t *features);
void sasl2_inline(struct x *x, xmpp_stanza_t *features);
void sasl2_send(struct x *x, const struct buf *initial);
void sasl2_stanza(struct x *x, const char *name, xmpp_stanza_t *st);
bool fast_try(struct x *x);                      /* a token for this connection is there: x->sasl.mech is set */
bool fast_first(struct x *x, struct buf *out);
bool fast_finish(struct x *x, const char *data, size_t len);
void fast_forget(struct x *x);

void sasl_go(struct x *x);                       /* the first message, with the password that is there */

/* register.c */
bool register_due(struct x *x);                  /* an account is to be made before this login */
void register_start(struct x *x);
void register_stanza(struct x *x, xmpp_stanza_t *st);
void register_free(struct x *x);

/* sm.c */
void sm_load(struct x *x);
void sm_flush(struct x *x);                      /* writes what must be on disk before bytes leave */
void sm_features(struct x *x, xmpp_stanza_t *features);
bool sm_can_resume(const struct x *x);
uint32_t sm_resume_h(struct x *x);             /* what the server is told now */
void sm_resume(struct x *x);                     /* sends <resume/> */
void sm_enable(struct x *x);                     /* sends <enable/> */
void sm_enabled(struct x *x, xmpp_stanza_t *st);
bool sm_resumed(struct x *x, xmpp_stanza_t *st); /* false: the server's count cannot be right, link_end() was called */
void sm_refused(struct x *x, xmpp_stanza_t *failed); /* NULL: forget the session */
void sm_stanza(struct x *x, const char *name, xmpp_stanza_t *st);
bool sm_counts(struct x *x);                     /* before a stanza is handled: false = it was handled before */
void sm_handled(struct x *x);                    /* after it */
void sm_poisoned(struct x *x);
void sm_committed(struct x *x, uint64_t number);
uint32_t sm_queue(struct x *x, const char *xml, const char *chat, const char *origin_id); /* the stanza's number */
void sm_requests(struct x *x);                   /* queues <r/> and <a/> that are due */
void sm_last_words(struct x *x);                 /* both counts, before the stream ends */
/* The link is silent though the server took all bytes. True: it does not listen to what it resumed; the session is given up. */
bool sm_give_up(struct x *x);
void sm_link_lost(struct x *x);
void sm_written(struct x *x, uint64_t upto);     /* emits KITH_SENT */
void sm_forget(struct x *x);
void sm_free(struct x *x);

/* csi.c */
void csi_stream(struct x *x);                    /* a connection begins */
void csi_features(struct x *x, xmpp_stanza_t *features);
bool csi_inline(struct x *x);                    /* is a session made by Bind 2 to begin inactive? */
void csi_bound(struct x *x);                     /* it was made */
void csi_online(struct x *x);
void csi_watched(struct x *x, bool watched);

/* iq.c */
bool iq_result(struct x *x, xmpp_stanza_t *st);
void iq_dispatch(struct x *x, xmpp_stanza_t *st);
void iq_lost(struct x *x);                       /* the session is gone */

#endif
