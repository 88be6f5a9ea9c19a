/* account/tls.c - TLS of one stream: set-up, verification, channel binding */
#include "account/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "account/idn.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/path.h"

static int ssl_error(struct err *e, const char *what)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    int rc = err_set(e, KITH_ETLS, "%s: %s.", what, reason ? reason : "unknown error");
    ERR_clear_error();
    return rc;
}

static const char *words_for(int verify_error)
{
    switch (verify_error) { /* X509_V_ERR_* is a list of macros */
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return "it is self-signed";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return "no known authority vouches for it";
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return "it has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return "it is not valid yet (is the clock right?)";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return "it is for another name";
    case X509_V_ERR_CERT_REVOKED:
        return "it was revoked";
    default:
        return X509_verify_cert_error_string(verify_error);
    }
}

static struct tls *tls_of(X509_STORE_CTX *ctx)
{
    const SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
    return ssl ? SSL_get_app_data(ssl) : NULL;
}

/* Notes every problem and goes on, so that the user sees all of them at once. */
static int note_problem(int ok, X509_STORE_CTX *ctx)
{
    struct tls *t = tls_of(ctx);
    if (ok || !t)
        return ok;
    const char *words = words_for(X509_STORE_CTX_get_error(ctx));
    if (!strstr(t->problem, words)) {
        size_t n = strlen(t->problem);
        str_copy(t->problem + n, sizeof t->problem - n, n ? "; " : "");
        n = strlen(t->problem);
        str_copy(t->problem + n, sizeof t->problem - n, words);
    }
    return 1;
}

/* Stands in for OpenSSL's own verification: the chain is checked as usual, the decision is the
 * host's. */
static int verify(X509_STORE_CTX *ctx, void *arg)
{
    struct tls *t = tls_of(ctx);
    X509 *leaf = X509_STORE_CTX_get0_cert(ctx);
    if (!t || !leaf)
        return 0;
    X509_STORE_CTX_set_verify_cb(ctx, note_problem);
    if (X509_verify_cert(ctx) <= 0 && !t->problem[0])
        str_copy(t->problem, sizeof t->problem, words_for(X509_STORE_CTX_get_error(ctx)));
    struct tls_cert c;
    tls_cert_read(&c, leaf, t->p.name, t->problem[0] ? t->problem : NULL);
    memcpy(t->fingerprint, c.fingerprint, sizeof t->fingerprint);
    t->trusted = t->p.trust(t->p.user, &c.c);
    tls_cert_free(&c);
    X509_STORE_CTX_set_error(
        ctx, t->trusted == KITH_TRUST_YES ? X509_V_OK : X509_V_ERR_APPLICATION_VERIFICATION);
    return t->trusted == KITH_TRUST_YES;
}

/* No terminal here: a key that needs a passphrase cannot be used. */
static int no_passphrase(char *buf, int size, int writing, void *user)
{
    return 0;
}

static int load_client(SSL_CTX *ctx, const char *file, struct err *e)
{
    SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
    if (path_check(file, 077, e) < 0)
        return KITH_ETLS;
    if (SSL_CTX_use_certificate_chain_file(ctx, file) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx, file, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(ctx) != 1) {
        char what[300];
        str_copy(
            what, sizeof what,
            "The client certificate cannot be used (it needs an unencrypted key in the same file)");
        return ssl_error(e, what);
    }
    return 0;
}

static SSL_CTX *context_new(const struct tls_params *p, struct err *e)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    if (!ctx || SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_default_verify_paths(ctx) != 1) {
        (void)ssl_error(e, "TLS could not be set up");
        SSL_CTX_free(ctx);
        return NULL;
    }
    (void)SSL_CTX_set_options(ctx,
                              SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
    (void)SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_cert_verify_callback(ctx, verify, NULL);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    if (!str_empty(p->ca_file) && SSL_CTX_load_verify_locations(ctx, p->ca_file, NULL) != 1) {
        (void)ssl_error(e, "The file of the option ca_file cannot be used");
        SSL_CTX_free(ctx);
        return NULL;
    }
    if (!str_empty(p->cert_file) && load_client(ctx, p->cert_file, e) < 0) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

static bool is_address(const char *name)
{
    unsigned char b[16];
    return inet_pton(AF_INET, name, b) == 1 || inet_pton(AF_INET6, name, b) == 1;
}

static bool set_name(SSL *ssl, const char *name)
{
    X509_VERIFY_PARAM *v = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(v, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (is_address(name))
        return X509_VERIFY_PARAM_set1_ip_asc(v, name) == 1;
    char *ascii = idn_ascii(name);
    bool ok = ascii && SSL_set_tlsext_host_name(ssl, ascii) == 1 &&
              X509_VERIFY_PARAM_set1_host(v, ascii, 0) == 1;
    free(ascii);
    return ok;
}

static bool set_alpn(SSL *ssl, const char *alpn)
{
    unsigned char list[256];
    size_t n = alpn ? strlen(alpn) : 0;
    if (n == 0)
        return true;
    if (n > 255 - 1)
        return false;
    list[0] = (unsigned char)n;
    memcpy(list + 1, alpn, n);
    return SSL_set_alpn_protos(ssl, list, (unsigned)n + 1) == 0;
}

struct tls *tls_new(const struct tls_params *p, int fd, struct err *e)
{
    ERR_clear_error();
    SSL_CTX *ctx = context_new(p, e);
    if (!ctx)
        return NULL;
    struct tls *t = xcalloc(1, sizeof *t);
    t->p = *p;
    t->ssl = SSL_new(ctx);
    SSL_CTX_free(ctx); /* the SSL keeps it */
    if (!t->ssl || SSL_set_app_data(t->ssl, t) != 1 || SSL_set_fd(t->ssl, fd) != 1 ||
        !set_name(t->ssl, p->name) || !set_alpn(t->ssl, p->alpn)) {
        (void)ssl_error(e, "TLS could not be set up");
        tls_free(t);
        return NULL;
    }
    SSL_set_connect_state(t->ssl);
    return t;
}

void tls_free(struct tls *t)
{
    if (!t)
        return;
    SSL_free(t->ssl);
    free(t);
}

int tls_handshake(struct tls *t, unsigned *want, struct err *e)
{
    ERR_clear_error();
    errno = 0;
    int rc = SSL_do_handshake(t->ssl), saved = errno;
    if (rc == 1)
        return t->trusted == KITH_TRUST_YES
                   ? 1
                   : err_set(e, KITH_ETLS, "The server showed no certificate.");
    switch (SSL_get_error(t->ssl, rc)) { /* SSL_ERROR_* is a list of macros */
    case SSL_ERROR_WANT_READ:
        *want = LOOP_READ;
        return 0;
    case SSL_ERROR_WANT_WRITE:
        *want = LOOP_WRITE;
        return 0;
    default:
        break;
    }
    if (t->fingerprint[0] && t->trusted == KITH_TRUST_ASKED)
        return err_set(e, KITH_ETLS, "The certificate of %s waits for your answer.", t->p.name);
    if (t->fingerprint[0] && t->trusted == KITH_TRUST_NO)
        return err_set(e, KITH_ETLS, "The certificate of %s was refused%s%s.", t->p.name,
                       t->problem[0] ? ": " : "", t->problem);
    if (ERR_peek_last_error() == 0)
        return err_set(e, KITH_ENET, "%s broke off the TLS handshake%s%s.", t->p.name,
                       saved ? ": " : "", saved ? strerror(saved) : "");
    return ssl_error(e, "No secure connection could be made");
}

static int bind_exporter(SSL *ssl, unsigned char *out, size_t cap)
{
    /* RFC 9266 §2 and §4.2: before TLS 1.3 only with the extended master secret. */
    if (cap < 32 || (SSL_version(ssl) < TLS1_3_VERSION && SSL_get_extms_support(ssl) != 1))
        return KITH_EUNSUP;
    static const char label[] = "EXPORTER-Channel-Binding";
    return SSL_export_keying_material(ssl, out, 32, label, sizeof label - 1,
                                      (const unsigned char *)"", 0, 1) == 1
               ? 32
               : KITH_EUNSUP;
}

static int bind_unique(SSL *ssl, unsigned char *out, size_t cap)
{
    /* RFC 5929 §3.1: the first Finished of the handshake; not defined for TLS 1.3. No session is
     * ever resumed here. */
    if (SSL_version(ssl) >= TLS1_3_VERSION || SSL_session_reused(ssl) ||
        SSL_get_extms_support(ssl) != 1)
        return KITH_EUNSUP;
    size_t n = SSL_get_finished(ssl, out, cap);
    return n > 0 && n <= cap ? (int)n : KITH_EUNSUP;
}

static int bind_end_point(SSL *ssl, unsigned char *out, size_t cap)
{
    /* RFC 5929 §4.1: hash of the certificate by its signature's own hash, but SHA-256 for MD5 and
     * SHA-1. */
    X509 *x = SSL_get1_peer_certificate(ssl);
    int md_nid = NID_undef, rc = KITH_EUNSUP;
    unsigned n = 0;
    unsigned char digest[EVP_MAX_MD_SIZE];
    if (x && X509_get_signature_info(x, &md_nid, NULL, NULL, NULL) == 1 && md_nid != NID_undef) {
        const EVP_MD *md =
            md_nid == NID_md5 || md_nid == NID_sha1 ? EVP_sha256() : EVP_get_digestbynid(md_nid);
        if (md && X509_digest(x, md, digest, &n) == 1 && n <= cap) {
            memcpy(out, digest, n);
            rc = (int)n;
        }
    }
    X509_free(x);
    return rc;
}

int tls_binding(struct tls *t, const char *type, unsigned char *out, size_t cap)
{
    if (str_eq(type, "tls-exporter"))
        return bind_exporter(t->ssl, out, cap);
    if (str_eq(type, "tls-unique"))
        return bind_unique(t->ssl, out, cap);
    if (str_eq(type, "tls-server-end-point"))
        return bind_end_point(t->ssl, out, cap);
    return KITH_EUNSUP;
}
