/* backends/xmpp/tls.c - TLS on libstrophe's connection: trust, versions, deadline, channel binding
 *
 * libstrophe makes the SSL object inside xmpp_conn_tls_start() and shows it to nobody. OpenSSL
 * tells of every new one through its extra data (CRYPTO_get_ex_new_index); there it is set up and
 * remembered. The certificate is judged inside the handshake, so nothing of ours, a client
 * certificate included, reaches a server that is not trusted.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "backends/xmpp/x.h"
#include "base/mem.h"
#include "base/path.h"

static struct x *of_ssl(const SSL *ssl)
{
    xmpp_conn_t *conn = SSL_get_app_data(ssl);
    return conn ? guard_owner(xmpp_conn_get_context(conn)) : NULL;
}

/* ---- the certificate ---- */

static void hex(char *out, const unsigned char *d, size_t n)
{
    for (size_t i = 0; i < n; i++)
        snprintf(out + 2 * i, 3, "%02x", d[i]);
}

static int64_t asn1_ms(const ASN1_TIME *t)
{
    struct tm tm;
    return t && ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) * 1000 : 0;
}

static char *name_text(const X509_NAME *name)
{
    BIO *bio = BIO_new(BIO_s_mem());
    X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
    char *data;
    long n = BIO_get_mem_data(bio, &data);
    char *out = xstrndup(n > 0 ? data : "", n > 0 ? (size_t)MIN(n, 1000) : 0);
    BIO_free(bio);
    return out;
}

static int ask_host(struct x *x, X509 *cert)
{
    unsigned char md[EVP_MAX_MD_SIZE], *spki = NULL;
    unsigned n = 0;
    char fingerprint[2 * EVP_MAX_MD_SIZE + 1] = "", pin[2 * EVP_MAX_MD_SIZE + 1] = "";
    if (X509_digest(cert, EVP_sha256(), md, &n) == 1)
        hex(fingerprint, md, n);
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &spki);
    if (len > 0 && EVP_Digest(spki, (size_t)len, md, &n, EVP_sha256(), NULL) == 1)
        hex(pin, md, n);
    OPENSSL_free(spki);
    char *subject = name_text(X509_get_subject_name(cert)),
         *issuer = name_text(X509_get_issuer_name(cert));
    char *names = cert_names(cert);
    struct kith_cert c = {.size = sizeof c,
                          .name = x->domain,
                          .fingerprint = fingerprint,
                          .pin = pin[0] ? pin : NULL,
                          .subject = subject,
                          .issuer = issuer,
                          .names = names,
                          .not_before_ms = asn1_ms(X509_get0_notBefore(cert)),
                          .not_after_ms = asn1_ms(X509_get0_notAfter(cert)),
                          .problem = x->tls.problem[0] ? x->tls.problem : NULL};
    int trust = x_the_host()->trust_check(x->acct, &c);
    free(subject);
    free(issuer);
    free(names);
    return trust;
}

/* Collects the first complaint and lets the verification go on: the host decides. */
static int on_complaint(int ok, X509_STORE_CTX *sc)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(sc, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct x *x = ssl ? of_ssl(ssl) : NULL;
    if (!ok && x && !x->tls.problem[0])
        str_copy(x->tls.problem, sizeof x->tls.problem,
                 X509_verify_cert_error_string(X509_STORE_CTX_get_error(sc)));
    return 1;
}

static int on_verify(X509_STORE_CTX *sc, void *user)
{
    struct x_tls *t = user;
    X509 *cert = X509_STORE_CTX_get0_cert(sc);
    t->problem[0] = '\0';
    X509_STORE_CTX_set_verify_cb(sc, on_complaint);
    /* libstrophe asked for the host's name alone; whom it is for is decided by cert.c */
    if (X509_VERIFY_PARAM_set1_host(X509_STORE_CTX_get0_param(sc), NULL, 0) != 1 ||
        (X509_verify_cert(sc) <= 0 && !t->problem[0]))
        str_copy(t->problem, sizeof t->problem, "the certificate could not be checked");
    if (cert && !t->problem[0] && !cert_is_for(cert, t->x->ascii, t->x->domain))
        str_copy(t->problem, sizeof t->problem, "it is for another name");
    t->trust = cert ? ask_host(t->x, cert) : KITH_TRUST_NO;
    X509_STORE_CTX_set_error(sc, t->trust == KITH_TRUST_YES ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
    return t->trust == KITH_TRUST_YES;
}

/* ---- the SSL object ---- */

/* Runs at each return from SSL_connect(), which libstrophe repeats ten times a second without any
 * limit. */
static void on_info(const SSL *ssl, int where, int ret)
{
    struct x *x = of_ssl(ssl);
    if (x && x->tls.running && x_the_host()->mono_ms() > x->tls.give_up_ms)
        shutdown(x->fd, SHUT_RDWR);
}

static void show_certificate(struct x *x, SSL *ssl)
{
    const char *opt = x_option(x, "certificate");
    char *path = str_empty(opt) ? NULL : path_expand(opt);
    if (path && (SSL_use_certificate_chain_file(ssl, path) != 1 ||
                 SSL_use_PrivateKey_file(ssl, path, SSL_FILETYPE_PEM) != 1))
        x_notice(x, KITH_WARN, NULL,
                 "The client certificate %s could not be read; it needs the key beside it.", path);
    free(path);
}

static void set_up(struct x *x, SSL *ssl)
{
    static const unsigned char alpn[] = "\x0bxmpp-client";
    SSL_set_min_proto_version(ssl, TLS1_2_VERSION);
    SSL_set_alpn_protos(ssl, alpn, sizeof alpn - 1);
    SSL_set_quiet_shutdown(ssl, 1); /* libstrophe would wait a second for the other side's */
    SSL_set_info_callback(ssl, on_info);
    SSL_CTX_set_cert_verify_callback(SSL_get_SSL_CTX(ssl), on_verify, &x->tls);
    show_certificate(x, ssl);
}

static void on_new(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp)
{
    struct x_tls *t = argp;
    if (!t->running || t->ssl)
        return;
    t->ssl = parent;
    set_up(t->x, parent);
}

static void on_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp)
{
    struct x_tls *t = argp;
    if (t->ssl == parent)
        t->ssl = NULL;
}

void tls_init(struct x *x)
{
    x->tls.x = x;
    x->tls.index = CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL, 0, &x->tls, on_new, NULL, on_free);
}

void tls_done(struct x *x)
{
    if (x->tls.index >= 0)
        CRYPTO_free_ex_index(CRYPTO_EX_INDEX_SSL, x->tls.index);
    x->tls.index = -1;
}

/* ---- the handshake ---- */

static void explain_failure(struct x *x)
{
    const char *why = ERR_reason_error_string(ERR_peek_last_error());
    const char *problem = x->tls.problem[0] ? x->tls.problem : "not trusted";
    if (x->tls.trust == KITH_TRUST_ASKED)
        link_end(x, KITH_ETLS, KITH_RETRY_NEVER,
                 "The certificate of %s is not trusted (%s): it waits for your answer.", x->domain,
                 problem);
    else if (x->tls.trust == KITH_TRUST_NO)
        link_end(x, KITH_ETLS, KITH_RETRY_NEVER, "The certificate of %s was refused: %s.",
                 x->domain, problem);
    else if (x_the_host()->mono_ms() > x->tls.give_up_ms)
        link_end(x, KITH_ETLS, KITH_RETRY_AUTO, "%s fell silent during the TLS handshake.",
                 x->where);
    else
        link_end(x, KITH_ETLS, KITH_RETRY_AUTO, "No secure connection to %s: %s.", x->where,
                 why ? why : "it closed the connection during the handshake");
}

static void handshake(void *user)
{
    struct x *x = user;
    struct x_tls *t = &x->tls;
    x->phase_timer = 0;
    t->trust = -1;
    t->problem[0] = '\0';
    t->give_up_ms = x_the_host()->mono_ms() + TLS_MS;
    t->running = true;
    ERR_clear_error();
    const char *ca = x_option(x, "ca_file");
    char *ca_path = str_empty(ca) ? NULL : path_expand(ca);
    if (ca_path)
        xmpp_conn_set_cafile(x->conn, ca_path);
    int rc = xmpp_conn_tls_start(x->conn);
    t->running = false;
    free(ca_path);
    if (rc != 0 || !t->ssl || !xmpp_conn_is_secured(x->conn) || t->trust != KITH_TRUST_YES) {
        explain_failure(x);
        return;
    }
    t->secured = true;
    x_log(x, KITH_INFO, "%s with %s to %s", SSL_get_version(t->ssl), SSL_get_cipher(t->ssl),
          x->where);
    link_watch(x, true);
    stream_start(x);
}

/* The state must be with the engine before this process blocks: the handshake runs in the next
 * turn. */
void tls_due(struct x *x)
{
    link_phase(x, PHASE_TLS);
    link_watch(x, false);
    x_state_event(x, KITH_STATE_TLS, x->where, TLS_DEADLINE_MS);
    x->phase_timer = x_the_host()->timer_add(0, handshake, x);
}

int tls_pending(const struct x *x)
{
    return x->tls.ssl && x->tls.secured ? SSL_pending(x->tls.ssl) : 0;
}

/* ---- channel binding ---- */

bool tls_is_13(const struct x *x)
{
    return x->ws ? ws_is_13(x) : x->tls.ssl && SSL_version(x->tls.ssl) >= TLS1_3_VERSION;
}

/* RFC 5929 §4.1: the certificate's own hash, SHA-256 in place of MD5 and SHA-1. */
static int end_point(SSL *ssl, unsigned char *out, size_t cap)
{
    X509 *cert = SSL_get1_peer_certificate(ssl);
    int nid = NID_undef;
    unsigned n = 0;
    if (!cert)
        return KITH_EUNSUP;
    bool known =
        OBJ_find_sigid_algs(X509_get_signature_nid(cert), &nid, NULL) == 1 && nid != NID_undef;
    if (nid == NID_md5 || nid == NID_sha1)
        nid = NID_sha256;
    const EVP_MD *md = known ? EVP_get_digestbynid(nid) : NULL;
    bool ok = md && cap >= EVP_MAX_MD_SIZE && X509_digest(cert, md, out, &n) == 1;
    X509_free(cert);
    return ok ? (int)n : KITH_EUNSUP;
}

int tls_binding(struct x *x, const char *type, unsigned char *out, size_t cap)
{
    SSL *ssl = x->tls.ssl;
    if (x->ws)
        return ws_binding(x, type, out, cap);
    if (!ssl || !x->tls.secured || cap < EVP_MAX_MD_SIZE)
        return KITH_EUNSUP;
    if (str_eq(type,
               "tls-exporter")) /* RFC 9266; below TLS 1.3 it is only safe with more conditions */
        return tls_is_13(x) && SSL_export_keying_material(ssl, out, 32, "EXPORTER-Channel-Binding",
                                                          24, (const unsigned char *)"", 0, 1) == 1
                   ? 32
                   : KITH_EUNSUP;
    if (str_eq(type, "tls-unique")) { /* RFC 5929 §3; of TLS 1.3 only for a server that wants nothing else (sasl.c) */
        size_t n = tls_is_13(x) && !x->sasl.binding_guessed ? 0
                   : SSL_session_reused(ssl) && !tls_is_13(x) ? SSL_get_peer_finished(ssl, out, cap)
                                             : SSL_get_finished(ssl, out, cap);
        return n > 0 && n <= cap ? (int)n : KITH_EUNSUP;
    }
    if (str_eq(type, "tls-server-end-point"))
        return end_point(ssl, out, cap);
    return KITH_EUNSUP;
}
