/* unit/xmppim/test_sharing.c - what messages say of files, and fetching them from web servers that lie (XEP-0447, 0385, 0066) */
#include "web.h"

static const struct kith_attachment letter = {
    .size = sizeof letter,
    .id = "upload:sha-256=" SUM_ROMEO ":7:https://files.montague.lit/get/letter.png",
    .name = "letter.png",
    .mime = "image/png",
    .url = "https://files.montague.lit/get/letter.png",
    .bytes = 7,
    .width = 640,
    .height = 480};

static void test_message_out(void **state)
{
    struct x *x = *state;
    struct kith_send m = {.size = sizeof m,
                          .flags = KITH_SEND_FILE,
                          .chat = JULIET,
                          .body = "letter.png",
                          .id = "id-1",
                          .attachments = &letter,
                          .n_attachments = 1};
    assert_int_equal(im_send(x, &m), 0);
    expect_sent(x, "<body>https://files.montague.lit/get/letter.png</body>",
                "disposition=\"inline\"", "xmlns=\"urn:xmpp:sfs:0\"", "<media-type>image/png</media-type>",
                "<name>letter.png</name>", "<size>7</size>", "<width>640</width>", "<height>480</height>",
                "algo=\"sha-256\"", SUM_ROMEO, "target=\"https://files.montague.lit/get/letter.png\"",
                "for=\"urn:xmpp:sfs:0\"", "<body/></fallback>",
                "<x xmlns=\"jabber:x:oob\"><url>https://files.montague.lit/get/letter.png</url></x>", "<origin-id");
}

#define SFS                                                                                                       \
    "<file-sharing xmlns='urn:xmpp:sfs:0' disposition='inline'><file xmlns='urn:xmpp:file:metadata:0'>"           \
    "<media-type>image/jpeg</media-type><name>balcony.jpg</name><size>30324</size><width>4096</width>"            \
    "<height>2160</height><hash xmlns='urn:xmpp:hashes:2' algo='sha-256'>" SUM_HELLO "</hash><thumbnail "         \
    "xmlns='urn:xmpp:thumbs:1' uri='https://capulet.lit/small.png' media-type='image/png' width='128'/></file>"   \
    "<sources><url-data xmlns='http://jabber.org/protocol/url-data' target='https://capulet.lit/b/balcony.jpg'/>" \
    "<jinglepub xmlns='urn:xmpp:jinglepub:1' from='juliet@capulet.lit/x' id='1'/></sources></file-sharing>"
#define SIMS                                                                                                      \
    "<reference xmlns='urn:xmpp:reference:0' type='data' begin='0' end='33'><media-sharing xmlns='urn:xmpp:sims:1'>" \
    "<file xmlns='urn:xmpp:jingle:apps:file-transfer:5'><media-type>image/jpeg</media-type><name>balcony.jpg</name>" \
    "<size>30324</size><hash xmlns='urn:xmpp:hashes:2' algo='sha-256'>" SUM_HELLO "</hash></file><sources>"        \
    "<reference xmlns='urn:xmpp:reference:0' type='data' uri='https://capulet.lit/b/balcony.jpg'/><reference "     \
    "xmlns='urn:xmpp:reference:0' type='data' uri='xmpp:juliet@capulet.lit/x?jingle;id=1'/></sources>"             \
    "</media-sharing></reference>"
#define OOB "<x xmlns='jabber:x:oob'><url>https://capulet.lit/b/balcony.jpg</url></x>"
#define BODY "<body>https://capulet.lit/b/balcony.jpg</body>"
#define FALLBACK "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:sfs:0'><body/></fallback>"
#define FROM_HER "<message from='" JULIET "/balcony' type='chat' id='f1'>%s</message>"
#define FILE0                                                                                               \
    "file0=balcony.jpg, 30324, image/jpeg, 4096x2160, https://capulet.lit/b/balcony.jpg, upload:sha-256=" SUM_HELLO \
    ":30324:https://capulet.lit/b/balcony.jpg;"

/* Said in up to four ways it is one file, and the body that is only its address is not shown. */
static void test_one_file_not_four(void **state)
{
    struct x *x = *state;
    static const char *const ways[] = {SFS FALLBACK OOB BODY, SFS SIMS FALLBACK OOB BODY, SIMS SFS OOB BODY, SFS};
    for (size_t i = 0; i < COUNT(ways); i++) {
        fake_feed(x, FROM_HER, ways[i]);
        expect_event(x, "MESSAGE", FILE0, "body=balcony.jpg;", "!file1=", "!small.png");
    }
    fake_feed(x, FROM_HER, SIMS BODY);
    expect_event(x, "MESSAGE", "file0=balcony.jpg, 30324,", "body=balcony.jpg;", "!file1=");
    fake_feed(x, FROM_HER, OOB BODY);
    expect_event(x, "MESSAGE", "file0=balcony.jpg, -1, -, 0x0, https://capulet.lit/b/balcony.jpg, upload:=:-1:https:",
                 "body=balcony.jpg;", "!file1=");
}

static void test_text_beside_a_file(void **state)
{
    struct x *x = *state;
    fake_feed(x, FROM_HER, SIMS OOB "<body>Look at the nice view.</body>");
    expect_event(x, "MESSAGE", "file0=balcony.jpg", "body=Look at the nice view.;", "!file1=");
    fake_feed(x, FROM_HER, BODY); /* a link is a link */
    expect_event(x, "MESSAGE", "body=https://capulet.lit/b/balcony.jpg;", "!file0=");
}

static void test_two_files(void **state)
{
    struct x *x = *state;
    fake_feed(x, FROM_HER,
              SFS "<file-sharing xmlns='urn:xmpp:sfs:0'><file xmlns='urn:xmpp:file:metadata:0'><name>two.txt</name></file>"
                  "<sources><url-data xmlns='http://jabber.org/protocol/url-data' target='https://capulet.lit/two'/>"
                  "<url-data xmlns='http://jabber.org/protocol/url-data' target='https://mirror.lit/two'/></sources>"
                  "</file-sharing>");
    expect_event(x, "MESSAGE", "file0=balcony.jpg", "file1=two.txt, -1,", "!file2=");
}

static void test_nonsense_is_no_file(void **state)
{
    struct x *x = *state;
    fake_feed(x, FROM_HER, "<body>b</body><x xmlns='jabber:x:oob'><url>javascript:alert(1)</url></x>");
    expect_event(x, "MESSAGE", "body=b;", "!file0=");
    fake_feed(x, FROM_HER, "<body>b</body><x xmlns='jabber:x:oob'><url>https://romeo:pw@evil.lit/</url></x>");
    expect_event(x, "MESSAGE", "body=b;", "!file0=");
    fake_feed(x, FROM_HER,
              "<file-sharing xmlns='urn:xmpp:sfs:0'><file xmlns='urn:xmpp:file:metadata:0'><size>-5</size><width>99999999999"
              "</width><hash xmlns='urn:xmpp:hashes:2' algo='sha-256'>short</hash><hash xmlns='urn:xmpp:hashes:2' "
              "algo='md5'>1B2M2Y8AsgTpgAmY7PhCfg==</hash></file><sources><url-data xmlns='http://jabber.org/protocol/url-data' "
              "target='https://capulet.lit/'/></sources></file-sharing>");
    expect_event(x, "MESSAGE", "file0=-, -1, -, 0x0, https://capulet.lit/, upload:=:-1:https://capulet.lit/;",
                 "body=https://capulet.lit/;");
}

/* Nothing is fetched by itself. */
static void test_nothing_is_fetched(void **state)
{
    struct x *x = *state;
    fake_feed(x, FROM_HER, SFS OOB BODY);
    fake_feed(x, "<message from='stranger@evil.lit/x' type='chat' id='f2'>" SFS OOB BODY "</message>");
    assert_int_equal(fake_web_count(), 0);
}

/* ---- fetching ---- */

static int fetch(struct x *x, const char *id)
{
    int fd = file_of("");
    assert_int_equal(files_accept(x, id, dup(fd), 7), 0);
    return fd;
}

#define LINK "https://capulet.lit/b/hello.txt"
#define GOOD "upload:sha-256=" SUM_HELLO ":5:" LINK
#define OK200 "HTTP/1.1 200 OK\r\n"

static void test_download(void **state)
{
    struct x *x = *state;
    int fd = fetch(x, GOOD);
    assert_string_equal(fake_web_where(), "tls capulet.lit:443");
    fake_web_open();
    assert_non_null(strstr(fake_web_written(), "GET /b/hello.txt HTTP/1.1\r\nHost: capulet.lit\r\n"));
    fake_web_data(OK200 "Content-Length: 5\r\n\r\nhel");
    expect_event(x, "PROGRESS", "req=7;", "done=3;", "total=5;");
    fake_web_data("lo");
    assert_true(fake_take_event(x, "REPLY req=7;"));
    expect_no_event(x);
    holds(fd, "hello");
    close(fd);
}

/* Feeds an answer and looks for the words of the REPLY; the connection is over then. */
static void fails(struct x *x, const char *id, const char *answer, bool end, const char *words)
{
    int fd = fetch(x, id);
    fake_web_open();
    fake_web_data("%s", answer);
    if (end)
        fake_web_end(KITH_ENET, "closed");
    assert_true(fake_take_event(x, words));
    assert_false(fake_web_there());
    expect_no_event(x);
    close(fd);
}

static void test_flipped_bit(void **state)
{
    fails(*state, GOOD, OK200 "Content-Length: 5\r\n\r\nhellp", false, "its checksum (sha-256) is another one");
}

static void test_flipped_bit_in_chunks(void **state)
{
    fails(*state, GOOD, OK200 "Transfer-Encoding: chunked\r\n\r\n5\r\nHello\r\n0\r\n\r\n", false, "its checksum (sha-256)");
}

static void test_other_length(void **state)
{
    fails(*state, GOOD, OK200 "Content-Length: 6\r\n\r\n", false, "it has 6 bytes and not 5");
}

static void test_longer_than_announced(void **state)
{
    fails(*state, GOOD, OK200 "Transfer-Encoding: chunked\r\n\r\n8\r\nhello wo", false, "it has more than 5 bytes");
}

static void test_shorter_than_announced(void **state)
{
    fails(*state, GOOD, OK200 "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n0\r\n\r\n", false, "it has 2 bytes and not 5");
}

static void test_cut_in_the_middle(void **state)
{
    fails(*state, GOOD, OK200 "Content-Length: 5\r\n\r\nhel", true, "closed the connection in the middle");
}

static void test_no_end(void **state)
{
    fails(*state, "upload:=:-1:" LINK, OK200 "\r\nhello", false, "nobody could tell whether it is whole");
}

static void test_until_the_end(void **state)
{
    struct x *x = *state;
    int fd = fetch(x, GOOD);
    fake_web_open();
    fake_web_data(OK200 "\r\nhello");
    fake_web_end(KITH_ENET, "closed");
    assert_true(fake_take_event(x, "REPLY req=7;"));
    holds(fd, "hello");
    close(fd);
}

static void test_not_there(void **state)
{
    fails(*state, GOOD, "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello", false,
          "err=-10; text=The web server does not give it: it is not there (HTTP 404).");
}

static void test_too_large_for_us(void **state)
{
    struct x *x = *state;
    fake_option(x, "largest_download", "1");
    fails(x, "upload:=:-1:" LINK, OK200 "Content-Length: 1000001\r\n\r\n", false, "larger than the 1 MB");
    int fd = fetch(x, "upload:=:1000001:" LINK);
    assert_true(fake_take_event(x, "larger than the 1 MB"));
    assert_int_equal(fake_web_count(), 1);
    close(fd);
}

static void test_endless(void **state)
{
    struct x *x = *state;
    fake_option(x, "largest_download", "1");
    int fd = fetch(x, "upload:=:-1:" LINK);
    char piece[10000];
    memset(piece, 'x', sizeof piece);
    fake_web_open();
    fake_web_data(OK200 "Transfer-Encoding: chunked\r\n\r\nffffff\r\n");
    for (int i = 0; i < 101 && fake_web_there(); i++)
        fake_web_bytes(piece, sizeof piece);
    assert_false(fake_web_there());
    assert_true(fake_take_event(x, "larger than the 1 MB"));
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    assert_in_range(st.st_size, 0, 1000000);
    close(fd);
}

static void test_redirects(void **state)
{
    struct x *x = *state;
    int fd = fetch(x, GOOD);
    fake_web_open();
    fake_web_data("HTTP/1.1 302 Found\r\nLocation: //store.lit:8443/x?y\r\nContent-Length: 4\r\n\r\nbody");
    assert_string_equal(fake_web_where(), "tls store.lit:8443");
    fake_web_open();
    assert_non_null(strstr(fake_web_written(), "GET /x?y HTTP/1.1\r\nHost: store.lit:8443\r\n"));
    fake_web_data(OK200 "Content-Length: 5\r\n\r\nhello");
    assert_true(fake_take_event(x, "REPLY req=7;"));
    holds(fd, "hello");
    close(fd);
}

static void test_redirect_loop(void **state)
{
    struct x *x = *state;
    int fd = fetch(x, GOOD);
    for (int i = 0; i < 4; i++) {
        fake_web_open();
        fake_web_data("HTTP/1.1 301 Moved\r\nLocation: " LINK "\r\nContent-Length: 0\r\n\r\n");
    }
    assert_false(fake_web_there());
    assert_int_equal(fake_web_count(), 4);
    assert_true(fake_take_event(x, "again and again"));
    close(fd);
}

static void test_redirect_to_clear(void **state)
{
    struct x *x = *state;
    fake_option(x, "allow_http", "true"); /* not even then */
    fails(x, GOOD, "HTTP/1.1 301 Moved\r\nLocation: http://capulet.lit/x\r\nContent-Length: 0\r\n\r\n", false,
          "without encryption (capulet.lit); that is not followed");
}

static void test_redirect_to_nonsense(void **state)
{
    fails(*state, GOOD, "HTTP/1.1 301 Moved\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n", false,
          "only https: and http:");
}

static void test_clear_is_refused(void **state)
{
    struct x *x = *state;
    int fd = fetch(x, "upload:=:5:http://capulet.lit/x");
    assert_true(fake_take_event(x, "without encryption (http:)"));
    assert_int_equal(fake_web_count(), 0);
    close(fd);
}

static void test_no_web_server(void **state)
{
    fails(*state, GOOD, "SSH-2.0-OpenSSH_9.2\r\n", false, "cannot be understood: it is no HTTP/1.1");
}

static void test_silence(void **state)
{
    struct x *x = *state;
    int fd = fetch(x, GOOD);
    fake_web_open();
    fake_time(x, 1750000000000 + 50000);
    fake_web_data(OK200 "Content-Length: 5\r\n\r\nh");
    fake_time(x, 1750000000000 + 61000);
    fake_timers(x);
    assert_true(fake_web_there()); /* something came in between */
    fake_time(x, 1750000000000 + 111000);
    fake_timers(x);
    assert_false(fake_web_there());
    assert_true(fake_take_event(x, "capulet.lit has not answered for 60 seconds."));
    close(fd);
}

static void test_no_room_on_the_disk(void **state)
{
    struct x *x = *state;
    int fd = open("/dev/full", O_WRONLY);
    if (fd < 0)
        skip();
    assert_int_equal(files_accept(x, GOOD, fd, 7), 0);
    fake_web_open();
    fake_web_data(OK200 "Content-Length: 5\r\n\r\nhello");
    assert_true(fake_take_event(x, "It cannot be written: No space left on device."));
}

static void test_stopping(void **state)
{
    struct x *x = *state;
    close(fetch(x, GOOD));
    assert_int_equal(files_cancel(x, 7), 0);
    expect_event(x, "REPLY", "req=7;", "err=-11;");
    assert_int_equal(fake_web_there(), false);
    assert_int_equal(files_cancel(x, 7), KITH_ENOTFOUND);
    assert_int_equal(files_decline(x, GOOD, 9), 0);
    expect_event(x, "REPLY", "req=9;", "!err=");
}

static void test_ids_that_are_none(void **state)
{
    struct x *x = *state;
    static const char *const bad[] = {"", "upload:", "upload:" LINK, "upload:=5:" LINK, "upload:md5=x:5:" LINK,
                                      "upload:=:x:" LINK, "upload:=:5:file:///etc/passwd", "pigeon:=:5:" LINK};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_true(files_accept(x, bad[i], -1, 7) < 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_message_out),
        T(test_one_file_not_four),
        T(test_text_beside_a_file),
        T(test_two_files),
        T(test_nonsense_is_no_file),
        T(test_nothing_is_fetched),
        T(test_download),
        T(test_flipped_bit),
        T(test_flipped_bit_in_chunks),
        T(test_other_length),
        T(test_longer_than_announced),
        T(test_shorter_than_announced),
        T(test_cut_in_the_middle),
        T(test_no_end),
        T(test_until_the_end),
        T(test_not_there),
        T(test_too_large_for_us),
        T(test_endless),
        T(test_redirects),
        T(test_redirect_loop),
        T(test_redirect_to_clear),
        T(test_redirect_to_nonsense),
        T(test_clear_is_refused),
        T(test_no_web_server),
        T(test_silence),
        T(test_no_room_on_the_disk),
        T(test_stopping),
        T(test_ids_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
