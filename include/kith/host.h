/* kith/host.h - what the host does for a plugin: streams, timers, options, secrets, trust, state
 *
 * Part of kith/plugin.h, which has the rules. */
#ifndef KITH_HOST_H
#define KITH_HOST_H

#include <kith/event.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- 5. services of the host ------------------------------------------------------------------ */
enum { KITH_IO_READ = 1u, KITH_IO_WRITE = 2u, KITH_IO_HANGUP = 4u };
typedef void kith_io_fn(void *user, int fd, unsigned ready);
typedef void kith_timer_fn(void *user);
typedef void kith_secret_fn(void *user, int err, const char *value);
typedef int kith_state_fn(void *user, const char *key, const void *data, size_t len);

enum kith_tls { KITH_TLS_NONE = 0, KITH_TLS_DIRECT = 1, KITH_TLS_START = 2 /* later, with stream_starttls */,
                KITH_TLS_OWN = 3 /* the plugin does TLS itself on the descriptor */ };
struct kith_stream_params {
    uint32_t size, tls;            /* enum kith_tls */
    const char *host;              /* name or address */
    uint16_t port;                 /* with srv: used when there are no such records; 0 = the service's usual port */
    const char *name;              /* name in the certificate and for SNI; NULL = host */
    const char *srv;               /* "_xmpp-client._tcp": looked up under host, NULL = none */
    const char *srv_tls;           /* "_xmpps-client._tcp": targets that speak TLS at once */
    const char *alpn;              /* "xmpp-client" or NULL */
    const char *cert_file;         /* client certificate and key (PEM), or NULL */
    int64_t timeout_ms;            /* for all of it; 0 = 30 s */
    uint32_t flags;                /* KITH_STREAM_* */
};
/* What certificate the user has not accepted before and has a problem is refused without a question. */
enum { KITH_STREAM_STRICT = 1 };
struct kith_stream_info {
    uint32_t size;
    int tls;                    /* 1: encrypted and verified or pinned */
    const char *host;           /* the target that answered */
    uint16_t port;
    int direct_tls;             /* the target came from srv_tls */
    const char *tls_version, *tls_cipher;
    const char *fingerprint;    /* SHA-256 of the certificate, hex */
};
struct kith_stream_cb {
    uint32_t size;
    void (*open)(void *user, const struct kith_stream_info *info);   /* connected (and, DIRECT, secured) */
    void (*secured)(void *user, const struct kith_stream_info *info); /* after stream_starttls */
    size_t (*data)(void *user, const void *data, size_t len);        /* returns how much was taken */
    void (*drained)(void *user);                                     /* all that was written has left */
    void (*closed)(void *user, int err, const char *text);           /* last call; the handle is gone */
};
/* Trust: what to do with a certificate. trust_check() is for KITH_TLS_OWN; streams do it themselves. */
enum kith_trust { KITH_TRUST_YES = 1, KITH_TRUST_ASKED = 2 /* fail now; when answered "yes" the host connects anew */,
                  KITH_TRUST_NO = 0 };
struct kith_cert {
    uint32_t size;
    const char *name;           /* host name it should hold for */
    const char *fingerprint;    /* SHA-256 of the DER form, hex without colons */
    const char *pin;            /* SHA-256 of the public key (SPKI), hex, or NULL */
    const char *subject, *issuer, *names;
    int64_t not_before_ms, not_after_ms;
    const char *problem;        /* what verification says, NULL = fine */
};

struct kith_host {
    uint32_t size;
    uint16_t abi_major, abi_minor;
    /* Queues a copy. Returns the event's number (> 0), for committed(); 0 when refused (logged). */
    uint64_t (*emit)(struct kith_account *a, const struct kith_event *ev);
    void (*log)(struct kith_account *a, uint32_t level, const char *line); /* never pass secrets */
    int64_t (*mono_ms)(void);                       /* monotonic; faked in tests */
    int64_t (*wall_ms)(void);
    int (*random)(void *buf, size_t len);
    /* NULL = not set; valid until the next call. Secret options are never shown. Beside the plugin's own keys:
     * "address"; "_account": its name in the configuration; "_resume", "_resume_ms": archive id and time of the newest
     * message that the store has. */
    const char *(*option)(struct kith_account *a, const char *key);
    /* Calls fn once for each call that was accepted, with a secret option's value (configuration, command or prompt):
     * maybe at once, at the latest (with KITH_ECANCELED) before close. user must live until then. */
    int (*secret)(struct kith_account *a, const char *key, const char *why, kith_secret_fn *fn, void *user);
    void (*secret_wrong)(struct kith_account *a, const char *key); /* forget it: ask anew next time */
    int (*io_add)(int fd, unsigned want, kith_io_fn *fn, void *user); /* handle > 0. Level-triggered */
    int (*io_set)(int handle, unsigned want);
    void (*io_del)(int handle);                     /* fn never runs after this */
    int (*timer_add)(int64_t after_ms, kith_timer_fn *fn, void *user); /* handle > 0, one shot */
    void (*timer_del)(int handle);                  /* an old or unknown handle is ignored */
    int (*stream_open)(struct kith_account *a, const struct kith_stream_params *p,
                       const struct kith_stream_cb *cb, void *user, struct kith_stream **out);
    int (*stream_write)(struct kith_stream *st, const void *data, size_t len); /* takes all or fails */
    size_t (*stream_queued)(struct kith_stream *st);
    int (*stream_starttls)(struct kith_stream *st);
    /* Channel binding data: type "tls-exporter", "tls-unique", "tls-server-end-point". Length or < 0. */
    int (*stream_binding)(struct kith_stream *st, const char *type, unsigned char *out, size_t cap);
    int (*stream_take_fd)(struct kith_stream *st); /* TLS_OWN, in open(): the connected socket; handle is gone */
    void (*stream_close)(struct kith_stream *st);  /* no callback after this */
    int (*trust_check)(struct kith_account *a, const struct kith_cert *c); /* enum kith_trust */
    /* Private, persistent, per account; survives SIGKILL once the call returned. */
    int (*state_get)(struct kith_account *a, const char *key, void *out, size_t cap); /* length, or KITH_ENOTFOUND */
    int (*state_set)(struct kith_account *a, const char *key, const void *data, size_t len); /* len 0 deletes */
    /* 1 while the engine is behind: the host already stopped calling read callbacks. */
    int (*congested)(struct kith_account *a);
    /* All that is set until state_end() is kept together (keep 1) or not at all (0), also over SIGKILL. Both lie within one
     * call of the plugin; a second begin is refused. 0 or negative: then nothing of it is kept. */
    int (*state_begin)(struct kith_account *a);
    int (*state_end)(struct kith_account *a, int keep);
    /* Calls fn for each key that begins with prefix, in order of their bytes, until it returns something else than 0, which is
     * returned. fn gets the whole value, borrowed, and sets nothing. 0 or negative. */
    int (*state_each)(struct kith_account *a, const char *prefix, kith_state_fn *fn, void *user);
};

#ifdef __cplusplus
}
#endif
#endif
