/* account/idn.c - names of hosts with other than ASCII letters, as DNS and certificates know them
 * (RFC 5890) */
#include "account/idn.h"

#include <idn2.h>

#include "base/mem.h"

char *idn_ascii(const char *name)
{
    uint8_t *out = NULL;
    const unsigned char *p = (const unsigned char *)name;
    while (*p && *p < 0x80)
        p++;
    if (!*p)
        return xstrdup(name);
    int rc = idn2_lookup_u8((const uint8_t *)name, &out, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    char *owned = rc == IDN2_OK ? xstrdup((const char *)out) : NULL;
    idn2_free(out);
    return owned;
}
