/* unit/base/test_invitation.c - links of invitations: which are, what they say, and which are not */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/invitation.h"
#include "base/mem.h"

static void says(const char *text, const char *server, const char *user, const char *inviter, const char *token)
{
    struct invitation i;
    if (!invitation_read(text, &i))
        fail_msg("no invitation: %s", text);
    assert_string_equal(i.server, server);
    assert_string_equal(i.token, token);
    assert_true(str_eq(i.user, user));
    assert_true(str_eq(i.inviter, inviter));
    invitation_free(&i);
}

static void links(void **state)
{
    says("xmpp:verona.lit?register;preauth=TkFTHmEF4GMU", "verona.lit", NULL, NULL, "TkFTHmEF4GMU");
    says("  XMPP:verona.lit?register;preauth=TkFTHmEF4GMU\n", "verona.lit", NULL, NULL, "TkFTHmEF4GMU");
    says("xmpp:nurse@verona.lit?register;preauth=TkFTHmEF4GMU", "verona.lit", "nurse", NULL, "TkFTHmEF4GMU");
    says("xmpp:romeo@verona.lit?roster;preauth=TkFTHmEF4GMU;ibr=y", "verona.lit", NULL, "romeo@verona.lit", "TkFTHmEF4GMU");
    says("https://invites.lit/#romeo@verona.lit?roster;ibr=y;preauth=TkFTHmEF4GMU", "verona.lit", NULL, "romeo@verona.lit",
         "TkFTHmEF4GMU");
    says("https://invites.lit/page?x=1#xmpp:verona.lit?register;preauth=TkFTHmEF4GMU", "verona.lit", NULL, NULL, "TkFTHmEF4GMU");
    says("https://verona.lit/invite?TkFTHmEF4GMU", "verona.lit", NULL, NULL, "TkFTHmEF4GMU");
    says("https://verona.lit:5281/register_web?t=TkFTHmEF4GMU&c=kith", "verona.lit", NULL, NULL, "TkFTHmEF4GMU");
    says("https://verona.lit/invite/TkFT-mEF_GMU/", "verona.lit", NULL, NULL, "TkFT-mEF_GMU");
    says("https://bücher.lit/invite/TkFTHmEF4GMU#top", "bücher.lit", NULL, NULL, "TkFTHmEF4GMU");
}

static void others(void **state)
{
    static const char *const none[] = {
        "", " ", "alice@example.org", "xmpp:verona.lit", "xmpp:verona.lit?register", "xmpp:verona.lit?register;preauth=",
        "xmpp:verona.lit?register;preauth=a b", "xmpp:romeo@verona.lit?roster;preauth=TkFTHmEF4GMU", /* no new account */
        "xmpp:verona.lit?roster;preauth=TkFTHmEF4GMU;ibr=y", "xmpp:?register;preauth=TkFTHmEF4GMU",
        "xmpp:a@b@c?register;preauth=TkFTHmEF4GMU", "xmpp:ver<ona>.lit?register;preauth=TkFTHmEF4GMU",
        "xmpp:verona.lit?register;preauth=<evil/>xxxx", "xmpp:room@verona.lit?join", "http://verona.lit/invite/TkFTHmEF4GMU",
        "https://verona.lit/", "https://verona.lit/about?page=7", "https:///invite/TkFTHmEF4GMU", "https://verona.lit/invite/x",
        "two xmpp:verona.lit?register;preauth=TkFTHmEF4GMU", "xmpp:-x?register;preauth=TkFTHmEF4GMU"};
    struct invitation i;
    for (size_t n = 0; n < COUNT(none); n++)
        if (invitation_read(none[n], &i))
            fail_msg("an invitation: %s", none[n]);
    char *big = xmalloc(5001);
    memset(big, 'x', 5000);
    memcpy(big, "https://verona.lit/invite/", 26);
    big[5000] = '\0';
    assert_false(invitation_read(big, &i));
    free(big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(links), cmocka_unit_test(others)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
