/* fuzz/fuzz_uri.c - addresses from web pages and command lines */
/* links: base */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/invitation.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/uri.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_clean(const char *s, unsigned mode)
{
    ENSURE(!s || utf8_is_clean(s, strlen(s), mode));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *s = xstrndup((const char *)data, size);
    struct uri u;
    struct err e = {0};
    int r = uri_parse(&u, s, &e);
    ENSURE(r == 0 || (e.text[0] && !u.scheme));
    check_clean(u.account, UTF8_LINE);
    check_clean(u.address, UTF8_LINE);
    check_clean(u.action, UTF8_LINE);
    check_clean(u.key, UTF8_LINE);
    check_clean(u.body, UTF8_TEXT);
    uri_free(&u);
    struct invitation i;
    bool invited = invitation_read(s, &i);
    ENSURE(invited == (i.token && i.server));
    ENSURE(!i.token || !strpbrk(i.token, " <>&\"';"));
    ENSURE(!i.server || !strpbrk(i.server, " <>&\"'@/;"));
    ENSURE(!i.user || !strpbrk(i.user, " <>&\"'@/"));
    invitation_free(&i);
    free(s);
    return 0;
}
