/* backends/xmpp/cert.c - whom a server's certificate is for: DNS, service and XMPP names */
#include <arpa/inet.h>
#include <idn2.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/x.h"
#include "base/buf.h"
#include "base/mem.h"

#define OID_XMPP_ADDR "1.3.6.1.5.5.7.8.5" /* RFC 6120 §13.7.1.4 */
#define OID_SRV_NAME "1.3.6.1.5.5.7.8.7"  /* RFC 4985 §2 */

char *cert_ascii(const char *domain)
{
    uint8_t *out = NULL;
    const unsigned char *p = (const unsigned char *)domain;
    while (*p && *p < 0x80)
        p++;
    if (!*p)
        return xstrdup(domain);
    int rc = idn2_lookup_u8((const uint8_t *)domain, &out, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    char *owned = rc == IDN2_OK ? xstrdup((const char *)out) : NULL;
    idn2_free(out);
    return owned;
}

/* A text without a NUL in it, which would be read differently by others. Owned, or NULL. */
static char *plain(const ASN1_STRING *s)
{
    int n = s ? ASN1_STRING_length(s) : 0;
    const char *data = n > 0 ? (const char *)ASN1_STRING_get0_data(s) : NULL;
    return data && n < 1024 && !memchr(data, '\0', (size_t)n) ? xstrndup(data, (size_t)n) : NULL;
}

/* The text of an otherName of this kind. Owned, or NULL. */
static char *other_name(const GENERAL_NAME *g, const char *oid, int type)
{
    char got[64];
    if (g->type != GEN_OTHERNAME || OBJ_obj2txt(got, sizeof got, g->d.otherName->type_id, 1) <= 0 ||
        strcmp(got, oid) != 0)
        return NULL;
    const ASN1_TYPE *v = g->d.otherName->value;
    return v && v->type == type ? plain(v->value.asn1_string) : NULL;
}

static bool same_domain(const char *name, const char *ascii, const char *domain)
{
    char *n = jid_bare(name);
    bool same = n && (str_eq(n, ascii) || str_eq(n, domain));
    free(n);
    return same;
}

/* "_xmpp-client.example.org"; no wildcards (RFC 6125 §6.5). */
static bool is_service(const char *name, const char *ascii)
{
    static const char *const services[] = {"_xmpp-client.", "_xmpps-client."};
    for (size_t i = 0; i < COUNT(services); i++) {
        size_t n = strlen(services[i]);
        char *service = xstrndup(name, MIN(n, strlen(name)));
        bool same =
            str_casecmp_ascii(service, services[i]) == 0 && str_casecmp_ascii(name + n, ascii) == 0;
        free(service);
        if (same)
            return true;
    }
    return false;
}

static bool other_is_for(const GENERAL_NAME *g, const char *ascii, const char *domain)
{
    char *addr = other_name(g, OID_XMPP_ADDR, V_ASN1_UTF8STRING),
         *srv = other_name(g, OID_SRV_NAME, V_ASN1_IA5STRING);
    bool yes = (addr && same_domain(addr, ascii, domain)) || (srv && is_service(srv, ascii));
    free(addr);
    free(srv);
    return yes;
}

bool cert_is_for(X509 *cert, const char *ascii, const char *domain)
{
    unsigned char address[16];
    unsigned flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
    if (inet_pton(AF_INET, ascii, address) == 1 || ascii[0] == '[') {
        size_t n = strlen(ascii);
        char *plain_address = ascii[0] == '[' ? xstrndup(ascii + 1, n - 2) : xstrdup(ascii);
        bool yes = X509_check_ip_asc(cert, plain_address, 0) == 1;
        free(plain_address);
        return yes;
    }
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    bool yes = false;
    for (int i = 0; !yes && i < sk_GENERAL_NAME_num(names); i++)
        yes = other_is_for(sk_GENERAL_NAME_value(names, i), ascii, domain);
    if (sk_GENERAL_NAME_num(names) > 0) /* the subject counts only where there is no other name */
        flags |= X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
    GENERAL_NAMES_free(names);
    return yes || X509_check_host(cert, ascii, 0, flags, NULL) == 1;
}

char *cert_names(X509 *cert)
{
    struct buf b = {0};
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(names) && b.len < 2000; i++) {
        const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);
        char *name = g->type == GEN_DNS ? plain(g->d.dNSName)
                                        : other_name(g, OID_XMPP_ADDR, V_ASN1_UTF8STRING);
        if (!name)
            name = other_name(g, OID_SRV_NAME, V_ASN1_IA5STRING);
        if (name)
            buf_addf(&b, "%s%.256s", b.len ? ", " : "", name);
        free(name);
    }
    GENERAL_NAMES_free(names);
    return buf_take(&b);
}
