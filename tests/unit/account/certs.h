/* tests/unit/account/certs.h - certificates made for a test: an authority, and servers good and bad
 */
#ifndef TEST_CERTS_H
#define TEST_CERTS_H

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

struct pair {
    X509 *cert;
    EVP_PKEY *key;
};

static void add_ext(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    assert_non_null(ext);
    assert_int_equal(X509_add_ext(x, ext, -1), 1);
    X509_EXTENSION_free(ext);
}

/* by NULL: self-signed. name NULL: an authority. days < 0: it ran out that long ago. */
static struct pair make_cert(const char *name, const struct pair *by, int days)
{
    struct pair p = {X509_new(), EVP_EC_gen("P-256")};
    unsigned char serial[8];
    assert_non_null(p.key);
    assert_int_equal(RAND_bytes(serial, sizeof serial), 1);
    serial[0] &= 0x7f;
    BIGNUM *bn = BN_bin2bn(serial, sizeof serial, NULL);
    BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(p.cert));
    BN_free(bn);
    X509_set_version(p.cert, 2);
    X509_gmtime_adj(X509_getm_notBefore(p.cert), -86400L * 400);
    X509_gmtime_adj(X509_getm_notAfter(p.cert), 86400L * days);
    X509_set_pubkey(p.cert, p.key);
    X509_NAME *subject = X509_get_subject_name(p.cert);
    const unsigned char *cn = (const unsigned char *)(name ? name : "Test authority");
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, cn, -1, -1, 0);
    X509_set_issuer_name(p.cert, by ? X509_get_subject_name(by->cert) : subject);
    X509 *issuer = by ? by->cert : p.cert;
    add_ext(p.cert, issuer, NID_basic_constraints, name ? "critical,CA:FALSE" : "critical,CA:TRUE");
    if (name) {
        char san[300];
        snprintf(san, sizeof san, "DNS:%s", name);
        add_ext(p.cert, issuer, NID_subject_alt_name, san);
    } else {
        add_ext(p.cert, issuer, NID_subject_key_identifier, "hash");
        add_ext(p.cert, issuer, NID_key_usage, "critical,keyCertSign");
    }
    assert_true(X509_sign(p.cert, by ? by->key : p.key, EVP_sha256()) > 0);
    return p;
}

static void free_cert(struct pair *p)
{
    X509_free(p->cert);
    EVP_PKEY_free(p->key);
}

static void write_cert(const struct pair *p, const char *path, bool with_key, mode_t mode)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(PEM_write_X509(f, p->cert), 1);
    if (with_key)
        assert_int_equal(PEM_write_PrivateKey(f, p->key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(f);
    chmod(path, mode);
}

#endif
