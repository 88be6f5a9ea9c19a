/* unit/xmppim/test_no_omemo.c - a build without OMEMO: a chat that was encrypted stays shut until the user opens it, and all is said */
#include "backends/xmpp/omemo.h"
#include "fake_inner.h"

#include <stdlib.h>

#define JULIET "juliet@capulet.lit"
#define LACKING "this kith was built without OMEMO"

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

/* What the user asks for is answered in words, and nothing is told to the server. */
static void says_what_it_lacks(void **state)
{
    struct x *x = fake_open();
    (void)state;
    fake_start(x);
    fake_friends(x);
    fake_forget(x);
    assert_int_equal(omemo_encrypt_chat(x, JULIET, true, 1), KITH_OK);
    expect_event(x, "REPLY", "req=1;", LACKING);
    assert_int_equal(omemo_forecast(x, JULIET, 2), KITH_OK);
    expect_event(x, "REPLY", "req=2;", LACKING);
    assert_int_equal(omemo_trust_device(x, JULIET, "4711", NULL, KITH_DEVICE_VERIFIED, 3), KITH_OK);
    expect_event(x, "REPLY", "req=3;", LACKING);
    expect_nothing_sent(x);
    assert_false(omemo_holds(x, JULIET));
    fake_close(x);
}

/* Of both versions, with words in the clear for such programs and without them: never nothing, and never taken for read. */
static void what_comes_is_not_dropped(void **state)
{
    static const char *const seals[] = {"eu.siacs.conversations.axolotl", "urn:xmpp:omemo:2"};
    struct x *x = fake_open();
    (void)state;
    fake_start(x);
    fake_friends(x);
    for (size_t i = 0; i < COUNT(seals); i++) {
        fake_forget(x);
        fake_feed(x, "<message from='" JULIET "/b' type='chat' id='n%zu'><encrypted xmlns='%s'><header sid='7'/><payload>AAAA</payload>"
                     "</encrypted><encryption xmlns='urn:xmpp:eme:0' namespace='%s' name='OMEMO'/><store xmlns='urn:xmpp:hints'/></message>",
                  i, seals[i], seals[i]);
        expect_event(x, "MESSAGE", "enc=4", "OMEMO");
        fake_feed(x, "<message from='" JULIET "/b' type='chat' id='b%zu'><encrypted xmlns='%s'><header sid='7'/><payload>AAAA</payload>"
                     "</encrypted><body>I sent you an encrypted message</body></message>",
                  i, seals[i]);
        expect_event(x, "MESSAGE", "enc=4", "OMEMO");
    }
    fake_close(x);
}

/* What the title says: of a chat that was switched off, at once and when kith is started again; and of one that begins to be
 * encrypted elsewhere, when somebody looks at it. */
static void the_title_says_it(void **state)
{
    struct x *x = fake_open();
    (void)state;
    assert_true(x_host(x)->state_set(x_account(x), "omemo.chat." JULIET, "on", 2) >= 0);
    fake_restart(&x);
    fake_start(x);
    fake_friends(x);
    fake_forget(x);
    assert_int_equal(omemo_look(x, JULIET), KITH_OK);
    expect_event(x, "ENCRYPTION", "chat=" JULIET ";", "flags=4352;"); /* encrypted, of nobody verified: nothing leaves */
    fake_forget(x);
    assert_int_equal(omemo_encrypt_chat(x, JULIET, false, 7), KITH_OK);
    expect_event(x, "REPLY", "req=7;");
    expect_event(x, "ENCRYPTION", "chat=" JULIET ";", "flags=16384;"); /* opened */
    fake_restart(&x);
    fake_forget(x);
    fake_bind(x, false);
    assert_true(fake_take_event(x, "ENCRYPTION chat=" JULIET "; flags=16384;"));
    fake_forget(x);
    assert_int_equal(omemo_look(x, JULIET), KITH_OK);
    expect_event(x, "ENCRYPTION", "chat=" JULIET ";", "flags=16384;");
    fake_forget(x);
    assert_int_equal(omemo_look(x, "nurse@capulet.lit"), KITH_OK);
    expect_event(x, "ENCRYPTION", "chat=nurse@capulet.lit; text=not encrypted: "); /* no flag is set */
    expect_nothing_sent(x);
    fake_close(x);
}

static void nothing_left(struct x *x, const char *id)
{
    for (size_t i = 0; i < x->sent.n; i++) {
        if (strstr(x->sent.s[i], "secret") || strstr(x->sent.s[i], "+1"))
            fail_msg("%s is seen: %s", id, x->sent.s[i]);
    }
    if (id)
        expect_event(x, "RECEIPT", id, "delivery=5;", "/encrypt off sends in the clear here");
    assert_int_equal(x->stopped, 0);
    fake_forget(x);
}

/* Not only texts; and the engine's word counts where the account's own store says nothing. */
static void all_of_it_stays(void **state)
{
    struct x *x = fake_open();
    const char *const set[] = {"+1"};
    struct kith_send m = {.size = sizeof m, .chat = "Juliet@CAPULET.lit", .id = "m1", .body = "a secret", .flags = KITH_SEND_EDIT, .target = "m0"};
    (void)state;
    fake_option(x, "live", "all");
    fake_start(x);
    fake_friends(x);
    assert_int_equal(omemo_remember(x, JULIET "/phone"), KITH_OK);
    assert_true(omemo_holds(x, "JULIET@capulet.lit"));
    fake_feed(x, "<message from='" JULIET "/b' to='" ME_FULL "' type='chat'><rtt xmlns='urn:xmpp:rtt:0' event='init'/></message>");
    fake_forget(x);
    assert_int_equal(im_send(x, &m), KITH_OK);
    nothing_left(x, "id=m1;");
    assert_int_equal(change_react(x, JULIET, "h1", set, 1, "r1"), KITH_OK);
    nothing_left(x, "id=r1;");
    assert_int_equal(change_retract(x, JULIET, "m0", "a secret", "r2"), KITH_OK);
    nothing_left(x, "id=r2;");
    assert_int_equal(im_typing(x, JULIET, KITH_TYPING_ACTIVE, "a secret"), KITH_OK);
    fake_timers(x);
    nothing_left(x, NULL);
    struct kith_attachment a = {.size = sizeof a, .id = "upload:=:4:https://files.montague.lit/secret", .url = "https://files.montague.lit/secret",
                                .bytes = 4};
    m = (struct kith_send){.size = sizeof m, .chat = JULIET, .id = "m2", .body = "secret.txt", .flags = KITH_SEND_FILE, .attachments = &a,
                           .n_attachments = 1};
    assert_int_equal(im_send(x, &m), KITH_OK);
    nothing_left(x, "id=m2;");
    assert_int_equal(omemo_encrypt_chat(x, JULIET, false, 7), KITH_OK);
    assert_int_equal(omemo_remember(x, JULIET), KITH_OK); /* the user's word counts more */
    assert_false(omemo_holds(x, JULIET));
    fake_close(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_of_it_stays), cmocka_unit_test(stays_shut), cmocka_unit_test(the_title_says_it),
                                       cmocka_unit_test(says_what_it_lacks),
                                       cmocka_unit_test(what_comes_is_not_dropped)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
