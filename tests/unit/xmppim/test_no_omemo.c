/* unit/xmppim/test_no_omemo.c - a build without OMEMO and a chat that was encrypted before: it stays shut until the user opens it */
#include "backends/xmpp/omemo.h"
#include "fake_inner.h"

#include <stdlib.h>

#define JULIET "juliet@capulet.lit"

static void stays_shut(void **state)
{
    struct x *x = fake_open();
    struct kith_send m = {.size = sizeof m, .chat = JULIET, .id = "m1", .body = "a secret"};
    (void)state;
    assert_true(x_host(x)->state_set(x_account(x), "omemo.chat." JULIET, "on", 2) >= 0);
    fake_restart(&x);
    fake_start(x);
    fake_friends(x);
    fake_forget(x);
    assert_true(omemo_holds(x, JULIET));
    (void)im_send(x, &m);
    for (size_t i = 0; i < x->sent.n; i++)
        assert_null(strstr(x->sent.s[i], "a secret"));
    expect_event(x, "RECEIPT", "id=m1;", "built without OMEMO");
    assert_int_equal(omemo_encrypt_chat(x, JULIET, false, 7), KITH_OK);
    m.id = "m2";
    assert_int_equal(im_send(x, &m), KITH_OK);
    expect_sent(x, "<body>a secret</body>");
    fake_restart(&x);
    assert_false(omemo_holds(x, JULIET));
    fake_close(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(stays_shut)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
