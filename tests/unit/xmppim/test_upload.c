/* unit/xmppim/test_upload.c - files put onto the upload service: slots, faults, and services that lie (XEP-0363) */
#include "web.h"

#define INFO "<query xmlns='http://jabber.org/protocol/disco#info'>"
#define SERVICE                                                                                                    \
    INFO "<identity category='store' type='file'/><feature var='urn:xmpp:http:upload:0'/><x xmlns='jabber:x:data'" \
         " type='result'><field var='FORM_TYPE' type='hidden'><value>urn:xmpp:http:upload:0</value></field>"       \
         "<field var='max-file-size'><value>%s</value></field></x></query>"
#define ITEMS                                                                                                \
    "<query xmlns='http://jabber.org/protocol/disco#items'><item jid='rooms.montague.lit'/><item jid="       \
    "'files.montague.lit'/></query>"
#define SLOT                                                                                              \
    "<slot xmlns='urn:xmpp:http:upload:0'><put url='https://files.montague.lit:5281/up/one/letter.txt'>" \
    "%s</put><get url='https://files.montague.lit:5281/get/one/letter.txt'/></slot>"
static void find_service(struct x *x, const char *max)
{
    fake_result(x, "disco#items", ITEMS);
    fake_result(x, "to=\"montague.lit\"", INFO "</query>");
    fake_result(x, "to=\"rooms.montague.lit\"", INFO "<feature var='http://jabber.org/protocol/muc'/></query>");
    fake_result(x, "to=\"files.montague.lit\"", SERVICE, max);
    fake_forget(x);
}

static void offer(struct x *x, const char *chat, const char *text, kith_req req)
{
    assert_int_equal(files_offer(x, chat, file_of(text), "letter.txt", NULL, (int64_t)strlen(text), "id-1", req), 0);
}

/* An upload whose slot was asked for. */
static void begin(struct x *x)
{
    offer(x, JULIET, "O Romeo", 7);
    find_service(x, "1000");
}

/* The slot is given, and the connection is there. */
static void give_slot(struct x *x, const char *headers)
{
    fake_result(x, "urn:xmpp:http:upload:0", SLOT, headers);
    fake_web_open();
}

static void test_upload(void **state)
{
    struct x *x = *state;
    offer(x, JULIET, "O Romeo", 7);
    expect_sent(x, "disco#items", "to=\"montague.lit\"");
    find_service(x, "1000");
    assert_true(fake_asking(x, "filename=\"letter.txt\""));
    assert_true(fake_asking(x, "size=\"7\""));
    assert_true(fake_asking(x, "content-type=\"text/plain\""));
    fake_result(x, "urn:xmpp:http:upload:0", SLOT,
                "<header name='Authorization'>Basic T3Blbg==</header><header name='cookie'>a=b</header>"
                "<header name='X-Evil'>yes</header>");
    assert_string_equal(fake_web_where(), "tls files.montague.lit:5281");
    fake_web_open();
    assert_non_null(strstr(fake_web_written(), "PUT /up/one/letter.txt HTTP/1.1\r\nHost: files.montague.lit:5281\r\n"));
    assert_non_null(strstr(fake_web_written(), "Content-Length: 7\r\n"));
    assert_non_null(strstr(fake_web_written(), "Content-Type: text/plain\r\n"));
    assert_non_null(strstr(fake_web_written(), "Authorization: Basic T3Blbg==\r\ncookie: a=b\r\n\r\n"));
    assert_null(strstr(fake_web_written(), "Evil"));
    assert_null(strstr(fake_web_written(), "O Romeo"));
    fake_web_drain();
    assert_true(str_ends(fake_web_written(), "\r\n\r\nO Romeo"));
    fake_web_drain();
    expect_event(x, "PROGRESS", "req=7;", "done=7;", "total=7;");
    fake_web_data("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    expect_event(x, "REPLY", "req=7;", "text=https://files.montague.lit:5281/get/one/letter.txt;",
                 "cursor=upload:sha-256=" SUM_ROMEO ":7:https://files.montague.lit:5281/get/one/letter.txt;", "!err=");
    assert_false(fake_web_there());
}

/* The next file asks the service at once; another session looks for it anew. */
static void test_service_is_remembered(void **state)
{
    struct x *x = *state;
    begin(x);
    give_slot(x, "");
    fake_web_data("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    fake_forget(x);
    offer(x, JULIET, "more", 8);
    expect_sent(x, "urn:xmpp:http:upload:0", "to=\"files.montague.lit\"");
    fake_drop(x, true);
    fake_forget(x);
    fake_start(x);
    offer(x, JULIET, "again", 9);
    assert_true(fake_asking(x, "size=\"4\"")); /* what waited goes on */
    expect_sent(x, "disco#items");
}

static void test_no_service(void **state)
{
    struct x *x = *state;
    offer(x, JULIET, "O Romeo", 7);
    fake_error(x, "disco#items", "service-unavailable");
    fake_result(x, "to=\"montague.lit\"", INFO "</query>");
    expect_event(x, "REPLY", "req=7;", "err=-3;", "montague.lit has no service for uploads");
}

static void test_too_large(void **state)
{
    struct x *x = *state;
    offer(x, JULIET, "O Romeo", 7);
    find_service(x, "6");
    assert_false(fake_asking(x, "urn:xmpp:http:upload:0\""));
    offer(x, JULIET, "O Romeo", 8);
    expect_event(x, "REPLY", "req=8;", "err=-5;", "files.montague.lit, which takes at most 6 bytes");
}

/* The first of two services is too small: the other one is waited for. */
static void test_larger_service(void **state)
{
    struct x *x = *state;
    offer(x, JULIET, "O Romeo", 7);
    fake_result(x, "disco#items",
                "<query xmlns='http://jabber.org/protocol/disco#items'><item jid='small.montague.lit'/><item "
                "jid='large.montague.lit'/></query>");
    fake_result(x, "to=\"montague.lit\"", INFO "</query>");
    fake_result(x, "to=\"small.montague.lit\"", SERVICE, "6");
    expect_no_event(x);
    fake_forget(x);
    fake_result(x, "to=\"large.montague.lit\"", SERVICE, "1000");
    expect_sent(x, "urn:xmpp:http:upload:0", "to=\"large.montague.lit\"");
}

static void refused(struct x *x, const char *error, const char *words)
{
    begin(x);
    assert_true(fake_answer_text(x, 0, error));
    expect_event(x, "REPLY", "req=7;", "err=", words);
    assert_false(fake_web_there());
}

#define REFUSED(type, inner)                                                                            \
    "<iq type='error' from='files.montague.lit'><error type='" type "'>" inner "</error></iq>"
#define STANZAS "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'"

static void test_slot_too_large(void **state)
{
    refused(*state,
            REFUSED("modify", "<not-acceptable " STANZAS "/><text " STANZAS ">File too large. The maximum file size is 20000 "
                              "bytes</text><file-too-large xmlns='urn:xmpp:http:upload:0'><max-file-size>20000</max-file-size>"
                              "</file-too-large>"),
            "files.montague.lit takes at most 20000 bytes");
}

static void test_slot_quota(void **state)
{
    refused(*state,
            REFUSED("wait", "<resource-constraint " STANZAS "/><retry xmlns='urn:xmpp:http:upload:0' "
                            "stamp='2027-12-03T23:42:05Z'/>"),
            "as much as files.montague.lit takes at the moment; again from 2027-12-0");
}

static void test_slot_not_acceptable(void **state)
{
    refused(*state, REFUSED("cancel", "<not-acceptable " STANZAS "/>"), "files.montague.lit does not take this file");
}

static void test_slot_not_allowed(void **state)
{
    refused(*state, REFUSED("cancel", "<not-allowed " STANZAS "/>"), "gives no place for the file: This is not allowed.");
}

static void forged_slot(struct x *x, const char *slot, const char *words)
{
    begin(x);
    fake_result(x, "urn:xmpp:http:upload:0", "%s", slot);
    expect_event(x, "REPLY", "req=7;", "err=", words);
    assert_false(fake_web_there());
}

#define FORGED(put, header, get)                                                                  \
    "<slot xmlns='urn:xmpp:http:upload:0'><put url='" put "'>" header "</put><get url='" get "'/></slot>"

static void test_slot_in_clear(void **state)
{
    forged_slot(*state, FORGED("http://files.montague.lit/up", "", "https://files.montague.lit/get"),
                "at an address without encryption (http://files.montague.lit)");
}

static void test_slot_get_in_clear(void **state)
{
    forged_slot(*state, FORGED("https://files.montague.lit/up", "", "http://files.montague.lit/get"), "without encryption");
}

static void test_slot_header_lines(void **state)
{
    forged_slot(*state,
                FORGED("https://files.montague.lit/up", "<header name='Cookie'>a=b&#10;X-Evil: yes</header>",
                       "https://files.montague.lit/get"),
                "a line end in it");
}

static void test_slot_without_address(void **state)
{
    forged_slot(*state, "<slot xmlns='urn:xmpp:http:upload:0'><put url='https://files.montague.lit/up'/></slot>", "no address");
}

static void test_slot_odd_address(void **state)
{
    forged_slot(*state, FORGED("file:///etc/passwd", "", "https://files.montague.lit/get"), "only https: and http:");
}

static void test_slot_in_clear_allowed(void **state)
{
    struct x *x = *state;
    fake_option(x, "allow_http", "true");
    begin(x);
    fake_result(x, "urn:xmpp:http:upload:0", "%s",
                FORGED("http://files.montague.lit/up", "", "http://files.montague.lit/get"));
    assert_string_equal(fake_web_where(), "clear files.montague.lit:80");
}

/* What fails on the way gets a new slot, but not for ever. */
static void test_put_again(void **state)
{
    struct x *x = *state;
    begin(x);
    give_slot(x, "");
    fake_web_drain();
    fake_web_data("HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops");
    fake_timers(x);
    give_slot(x, "");
    fake_web_end(KITH_ENET, "files.montague.lit closed the connection.");
    fake_timers(x);
    give_slot(x, "");
    fake_web_drain();
    assert_true(str_ends(fake_web_written(), "O Romeo")); /* from its beginning */
    fake_web_data("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(fake_web_count(), 3);
    assert_true(fake_take_event(x, "REPLY"));
    fake_forget(x);
    fake_timers(x);
    expect_nothing_sent(x);
}

static void test_put_again_succeeds(void **state)
{
    struct x *x = *state;
    begin(x);
    give_slot(x, "");
    fake_web_end(KITH_ENET, "reset");
    fake_timers(x);
    give_slot(x, "");
    fake_web_drain();
    fake_web_drain();
    fake_web_data("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    assert_true(fake_take_event(x, "cursor=upload:sha-256=" SUM_ROMEO));
}

static void test_put_refused(void **state)
{
    struct x *x = *state;
    begin(x);
    give_slot(x, "");
    fake_web_data("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"); /* before a byte of it was sent */
    expect_event(x, "REPLY", "req=7;", "err=-5;", "does not take the file: the file is too large (HTTP 413).");
    fake_timers(x);
    assert_int_equal(fake_web_count(), 1);
}

static void test_put_redirect_is_not_followed(void **state)
{
    struct x *x = *state;
    begin(x);
    give_slot(x, "");
    fake_web_data("HTTP/1.1 307 Elsewhere\r\nLocation: https://evil.lit/\r\nContent-Length: 0\r\n\r\n");
    expect_event(x, "REPLY", "req=7;", "err=");
    assert_int_equal(fake_web_count(), 1);
}

static void test_put_silence(void **state)
{
    struct x *x = *state;
    begin(x);
    give_slot(x, "");
    fake_time(x, 1750000000000 + 61000);
    fake_timers(x);
    assert_false(fake_web_there());
    fake_timers(x);
    assert_true(fake_asking(x, "urn:xmpp:http:upload:0\""));
}

static void test_put_file_shrinks(void **state)
{
    struct x *x = *state;
    int fd = file_of("O Romeo");
    assert_int_equal(files_offer(x, JULIET, fd, "letter.txt", NULL, 7, "id-1", 7), 0);
    find_service(x, "1000");
    give_slot(x, "");
    assert_int_equal(ftruncate(fd, 3), 0);
    fake_web_drain();
    fake_web_drain();
    assert_true(fake_take_event(x, "The file became shorter while it was sent."));
}

/* A piece waits until the one before has left: a large file takes no more memory than a small one. */
static void test_put_piece_by_piece(void **state)
{
    struct x *x = *state;
    int fd = file_of("");
    assert_int_equal(ftruncate(fd, 10 << 20), 0);
    assert_int_equal(files_offer(x, JULIET, fd, "zeros.bin", NULL, 10 << 20, "id-1", 7), 0);
    find_service(x, "100000000");
    give_slot(x, "");
    size_t pieces = 0;
    for (; strlen(fake_web_written()) && !fake_take_event(x, "done=10485760;"); pieces++)
        fake_web_drain();
    assert_in_range(pieces, 160, 170);
    assert_in_range(fake_web_most(), 1, 70000);
}

static void test_cancel(void **state)
{
    struct x *x = *state;
    begin(x);
    give_slot(x, "");
    assert_int_equal(files_cancel(x, 99), KITH_ENOTFOUND);
    assert_int_equal(files_cancel(x, 7), 0);
    expect_event(x, "REPLY", "req=7;", "err=-11;");
    assert_false(fake_web_there());
    offer(x, JULIET, "more", 8);
    assert_int_equal(files_cancel(x, 8), 0); /* its slot is under way */
    expect_event(x, "REPLY", "req=8;", "err=-11;");
    fake_result(x, "urn:xmpp:http:upload:0", SLOT, "");
    assert_false(fake_web_there());
}

static void test_disconnecting_ends_all(void **state)
{
    struct x *x = *state;
    begin(x);
    give_slot(x, "");
    files_stop(x, "You disconnected.");
    expect_event(x, "REPLY", "req=7;", "err=-11;", "You disconnected.");
    assert_false(fake_web_there());
}

static void test_only_upload_allowed(void **state)
{
    struct x *x = *state;
    fake_option(x, "files", "carrier-pigeon");
    offer(x, JULIET, "O Romeo", 7);
    expect_event(x, "REPLY", "req=7;", "err=-3;", "the option files");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_upload),
        T(test_service_is_remembered),
        T(test_no_service),
        T(test_too_large),
        T(test_larger_service),
        T(test_slot_too_large),
        T(test_slot_quota),
        T(test_slot_not_acceptable),
        T(test_slot_not_allowed),
        T(test_slot_in_clear),
        T(test_slot_get_in_clear),
        T(test_slot_header_lines),
        T(test_slot_without_address),
        T(test_slot_odd_address),
        T(test_slot_in_clear_allowed),
        T(test_put_again),
        T(test_put_again_succeeds),
        T(test_put_refused),
        T(test_put_redirect_is_not_followed),
        T(test_put_silence),
        T(test_put_file_shrinks),
        T(test_put_piece_by_piece),
        T(test_cancel),
        T(test_disconnecting_ends_all),
        T(test_only_upload_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
