/* unit/xmppim/test_omemo_files_shut.c - no file leaves an encrypted chat in the clear: by no way, and not when it was on its way before */
#include "sealed_web.h"

/* From device to device, without a service, as an address in the clear: refused, in words. */
static void never_in_the_clear(void **state)
{
    struct both *t = *state;
    assert_int_equal(omemo_set_chat(t->x, JULIET, true), 0);
    fake_option(t->x, "files", "jingle");
    offer(t, "letter.png", PLAIN, 7);
    assert_true(fake_take_event(t->x, "from device to device it would go without end-to-end encryption"));
    fake_option(t->x, "files", "auto");
    fake_option(t->x, "allow_http", "true");
    offer(t, "letter.png", PLAIN, 8);
    find_service(t->x, "1000");
    fake_result(t->x, UPLOAD_NS, "<slot xmlns='" UPLOAD_NS "'><put url='http://files.montague.lit/up'/>"
                                 "<get url='http://files.montague.lit/get'/></slot>");
    assert_false(fake_web_there());
    assert_true(fake_take_event(t->x, "REPLY req=8; err="));
    assert_null(sent_message(t->x));
}

/* A server that takes no files: nothing goes by another way, and both reasons are said. */
static void no_service_no_file(void **state)
{
    struct both *t = *state;
    assert_int_equal(omemo_set_chat(t->x, JULIET, true), 0);
    offer(t, "letter.png", PLAIN, 7);
    fake_result(t->x, "disco#items", "<query xmlns='http://jabber.org/protocol/disco#items'/>");
    if (fake_asking(t->x, "to=\"montague.lit\""))
        fake_result(t->x, "to=\"montague.lit\"", "<query xmlns='http://jabber.org/protocol/disco#info'></query>");
    assert_true(fake_take_event(t->x, "montague.lit has no service for uploads; from device to device it would go without end-to-end "
                                      "encryption, and this chat is encrypted"));
    assert_false(fake_web_there());
    assert_null(sent_message(t->x));
    assert_null(fake_last_sent(t->x, "letter"));
}

/* It goes in the clear, as she had no keys; then the chat is encrypted: not a byte more leaves, whichever way it goes. */
static void latched_in_the_middle(void **state)
{
    struct both *t = *state;
    offer(t, "letter.png", PLAIN, 7);
    offer(t, "second.png", PLAIN, 8);
    offer(t, "third.png", PLAIN, 9); /* two at once: this one has no slot yet */
    no_lists(t);
    no_lists(t);
    find_service(t->x, "1000");
    fake_result(t->x, "filename=\"letter.png\"", SLOT, "");
    fake_web_open();
    assert_true(fake_web_there());
    assert_null(strstr(fake_web_written(), PLAIN));
    assert_true(fake_asking(t->x, "filename=\"second.png\""));
    fake_forget(t->x);
    assert_int_equal(omemo_set_chat(t->x, JULIET, true), 0);
    for (int req = 7; req <= 9; req++) {
        char *of = xasprintf("req=%d;", req);
        expect_event(t->x, "REPLY", of, "err=", "went in the clear, and this chat is encrypted now; /resend encrypts it");
        free(of);
    }
    assert_false(fake_web_there());
    fake_result(t->x, "filename=\"second.png\"", SLOT, "");
    assert_false(fake_web_there());
    assert_false(fake_asking(t->x, "third.png"));
}

static struct kith_host real;

static int no_chats(struct kith_account *a, const char *key, const void *data, size_t len)
{
    return str_starts(key, "omemo.chat.") ? KITH_EDENIED : real.state_set(a, key, data, len);
}

/* She has keys, so the chat begins to be encrypted, and the disk does not take that. */
static void what_begins_and_is_not_kept(void **state)
{
    struct both *t = *state;
    real = t->x->host;
    t->x->host.state_set = no_chats;
    offer(t, "letter.png", PLAIN, 7);
    answer_lists(t, OMEMO_OLD);
    t->x->host = real;
    const char *reply = fake_last_event(t->x, "REPLY req=7; err=");
    assert_non_null(reply);
    assert_non_null(strstr(reply, "could not be kept on the disk"));
    assert_false(fake_asking(t->x, "disco#items"));
    assert_false(fake_web_there());
}

#define CAN(ns) "<feature var='" ns "'/>"
#define TAKES_FILES CAN("urn:xmpp:jingle:1") CAN("urn:xmpp:jingle:apps:file-transfer:5") CAN("urn:xmpp:jingle:transports:ibb:1")

/* The same from device to device: she says yes to an offer of another time. */
static void an_offer_of_another_time(void **state)
{
    struct both *t = *state;
    static const char info[] = "<query xmlns='http://jabber.org/protocol/disco#info'>" TAKES_FILES "</query>";
    fake_option(t->x, "files", "jingle");
    xmpp_stanza_t *st = xmpp_stanza_new_from_string(x_ctx(t->x), info);
    char *ver = caps_hash(st, "sha-1");
    xmpp_stanza_release(st);
    fake_friends(t->x);
    fake_feed(t->x, "<presence from='" JULIET "/balcony'><priority>1</priority><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' "
                    "node='n' ver='%s'/></presence>", ver);
    fake_result(t->x, ver, "%s", info);
    free(ver);
    offer(t, "letter.png", PLAIN, 7);
    no_lists(t);
    no_lists(t);
    const char *offered = fake_last_sent(t->x, "session-initiate");
    assert_non_null(offered);
    const char *at = strstr(strstr(offered, "<jingle"), "sid=\"") + 5;
    char *sid = xstrndup(at, strcspn(at, "\""));
    fake_forget(t->x);
    assert_int_equal(omemo_set_chat(t->x, JULIET, true), 0);
    expect_sent(t->x, "session-terminate", "<cancel/>", sid);
    expect_event(t->x, "REPLY", "req=7;", "err=", "/resend encrypts it");
    fake_feed(t->x, "<iq type='set' id='a1' from='" JULIET "/balcony'><jingle xmlns='urn:xmpp:jingle:1' action='session-accept' sid='%s'>"
                    "<content creator='initiator' name='file'/></jingle></iq>", sid);
    expect_sent(t->x, "unknown-session");
    free(sid);
}

#define T(name) cmocka_unit_test_setup_teardown(name, with_web, without_web)

int main(void)
{
    const struct CMUnitTest tests[] = {T(never_in_the_clear), T(no_service_no_file), T(latched_in_the_middle), T(what_begins_and_is_not_kept), T(an_offer_of_another_time)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
