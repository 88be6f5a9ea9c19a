/* unit/xmppim/test_omemo_files.c - files in encrypted chats: what the server sees, what she is told, what becomes a file (XEP-0454, 0448) */
#include "sealed_web.h"

/* What was put there, behind the head. */
static const unsigned char *put_body(void)
{
    const char *body = strstr(fake_web_written(), "\r\n\r\n");
    assert_non_null(body);
    return (const unsigned char *)body + 4;
}

static void drain(void)
{
    for (int i = 0; i < 8; i++)
        fake_web_drain();
}

/* The part of the next REPLY that is the id of the attachment; owned. There is no address for the screen in it. */
static char *reply_id(struct both *t)
{
    for (size_t i = 0; i < t->x->events.n; i++) {
        const char *ev = t->x->events.s[i], *at = strstr(ev, "cursor=upload:");
        if (!str_starts(ev, "REPLY") || !at)
            continue;
        assert_null(strstr(ev, "text="));
        at += strlen("cursor=");
        char *id = xstrndup(at, strcspn(at, ";"));
        assert_true(fake_take_event(t->x, "cursor=upload:"));
        return id;
    }
    fail_msg("no REPLY with an id");
    return NULL;
}

/* It was put there; the id of the attachment, owned. */
static char *uploaded(struct both *t, const char *end)
{
    fake_result(t->x, UPLOAD_NS, SLOT, end);
    fake_web_open();
    drain();
    fake_web_data("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    return reply_id(t);
}

static int gather(void *user, const void *data, size_t len, struct err *e UNUSED)
{
    buf_add(user, data, len);
    return 0;
}

/* What lies there, with the key of the id. */
static void unseal(const char *id, const void *there, size_t len, const char *text)
{
    struct file_link l;
    struct buf out = {0};
    struct err e = {0};
    assert_true(file_link_parse(&l, id));
    assert_int_equal(l.seal.cipher, SEAL_GCM_256);
    struct sealer *s = sealer_new(&l.seal, false);
    assert_int_equal(sealer_open(s, there, len, gather, &out, &e), 0);
    assert_int_equal(sealer_end(s, true, gather, &out, &e), 0);
    assert_string_equal(buf_str(&out), text);
    sealer_free(s);
    file_link_free(&l);
    buf_free(&out);
}

static int tell_as(struct both *t, const char *id, const char *name)
{
    const struct kith_attachment a = {.size = sizeof a, .id = id, .name = name, .mime = "image/png", .bytes = 7};
    const struct kith_send m = {.size = sizeof m, .flags = KITH_SEND_FILE, .chat = JULIET, .body = name, .id = "f1",
                                .attachments = &a, .n_attachments = 1};
    return im_send(t->x, &m);
}

enum { PLAIN_LEN = sizeof PLAIN - 1, HEX = 2 * (SEAL_WRITTEN_IV + SEAL_KEY) };

/* Offered, encrypted, put there: the id of the attachment, owned. */
static char *upload(struct both *t, enum omemo_version v)
{
    offer(t, "letter.png", PLAIN, 7);
    assert_false(fake_asking(t->x, UPLOAD_NS)); /* nothing leaves before it is known how it may */
    answer_lists(t, v);
    find_service(t->x, "1000");
    assert_true(omemo_holds(t->x, JULIET));
    assert_true(fake_asking(t->x, "size=\"23\""));
    assert_true(fake_asking(t->x, "content-type=\"application/octet-stream\""));
    assert_false(fake_asking(t->x, "letter"));
    assert_int_equal(fake_asking(t->x, ".png\""), v == OMEMO_OLD); /* by the link they know what it is */
    char *id = uploaded(t, "");
    assert_non_null(strstr(fake_web_written(), "Content-Length: 23\r\n"));
    assert_non_null(strstr(fake_web_written(), "Content-Type: application/octet-stream\r\n"));
    assert_null(strstr(fake_web_written(), PLAIN));
    unseal(id, put_body(), PLAIN_LEN + SEAL_TAG, PLAIN);
    return id;
}

/* She is told of it; what she reads, owned. */
static char *told(struct both *t, enum omemo_version v, const char *id)
{
    assert_int_equal(tell_as(t, id, "letter.png"), 0);
    answer_bundle(t, v);
    shown(t);
    const char *xml = sent_message(t->x);
    static const char *const never[] = {"aesgcm", "letter", "sfs", "files.montague.lit", "jabber:x:oob"};
    assert_non_null(xml);
    for (size_t i = 0; i < COUNT(never); i++)
        assert_null(strstr(xml, never[i]));
    return she_reads(t);
}

/* ---- out ---- */

static void sent_to_the_old_version(void **state)
{
    struct both *t = *state;
    char *id = upload(t, OMEMO_OLD), *text = told(t, OMEMO_OLD, id);
    const char *hex = text + strlen("aesgcm://files.montague.lit/get/one#");
    assert_true(str_starts(text, "aesgcm://files.montague.lit/get/one#"));
    assert_int_equal(strlen(hex), HEX); /* the link and nothing else */
    const char *iv = id + strlen("upload:gcm256.");
    assert_memory_equal(iv, hex, 2 * SEAL_WRITTEN_IV);
    assert_memory_equal(iv + 2 * SEAL_WRITTEN_IV + 1, hex + 2 * SEAL_WRITTEN_IV, 2 * SEAL_KEY);
    free(text);
    free(id);
}

static void sent_to_the_new_version(void **state)
{
    struct both *t = *state;
    char *id = upload(t, OMEMO_2), *text = told(t, OMEMO_2, id);
    static const char *const parts[] = {"<envelope", "aesgcm://files.montague.lit/get/one#", "xmlns=\"urn:xmpp:esfs:0\"",
                                        "cipher=\"urn:xmpp:ciphers:aes-256-gcm-nopadding:0\"", "<name>letter.png</name>",
                                        "<size>7</size>", "dIfz0re5wQMz6QbNd2uV9P6VPhs2dNSMY6PGLGqMF0=", "<iv>", "<key>",
                                        "target=\"https://files.montague.lit/get/one\"", "for=\"urn:xmpp:sfs:0\""};
    for (size_t i = 0; i < COUNT(parts); i++)
        assert_non_null(strstr(text, parts[i]));
    assert_null(strstr(text, "jabber:x:oob"));
    free(text);
    free(id);
}

/* The bytes that lay there are not hidden by a key a second time: the file may have changed. */
static void a_new_key_for_each_try(void **state)
{
    struct both *t = *state;
    unsigned char first[PLAIN_LEN + SEAL_TAG];
    offer(t, "letter.png", PLAIN, 7);
    answer_lists(t, OMEMO_OLD);
    find_service(t->x, "1000");
    fake_result(t->x, UPLOAD_NS, SLOT, "");
    fake_web_open();
    drain();
    memcpy(first, put_body(), sizeof first);
    fake_web_data("HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n");
    fake_timers(t->x);
    char *id = uploaded(t, "");
    assert_memory_not_equal(first, put_body(), sizeof first);
    unseal(id, put_body(), sizeof first, PLAIN);
    free(id);
}

static void large_and_empty(void **state)
{
    struct both *t = *state;
    enum { LARGE = 3000000 };
    char *data = xmalloc(LARGE);
    memset(data, 'x', LARGE);
    const struct { size_t len; const char *size; } rows[] = {{LARGE, "size=\"3000016\""}, {0, "size=\"16\""}, {65536, "size=\"65552\""}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(files_offer(t->x, JULIET, file_of(data, rows[i].len), "x.bin", NULL, (int64_t)rows[i].len, "f1", 7), 0);
        if (i == 0) {
            answer_lists(t, OMEMO_OLD);
            find_service(t->x, "3000016");
        }
        assert_true(fake_asking(t->x, rows[i].size));
        fake_forget(t->x);
        fake_result(t->x, UPLOAD_NS, SLOT, "");
        fake_web_open();
        for (size_t j = 0; j < LARGE / 65536 + 4; j++)
            fake_web_drain();
        assert_true(fake_web_most() <= 65536 + 1000); /* whatever its size */
        fake_web_data("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
        char *id = reply_id(t), *want = xstrndup(data, rows[i].len);
        unseal(id, put_body(), rows[i].len + SEAL_TAG, want);
        free(want);
        free(id);
    }
    /* what fits only without the tag does not fit */
    assert_int_equal(files_offer(t->x, JULIET, file_of(data, 10), "x.bin", NULL, LARGE + 1, "f2", 8), 0);
    assert_true(fake_take_event(t->x, "it is too large for files.montague.lit"));
    free(data);
}

/* A link that does not fit the chat it would go to. */
static void links_of_another_time(void **state)
{
    struct both *t = *state;
    static const char open[] = "upload:sha-256=/dIfz0re5wQMz6QbNd2uV9P6VPhs2dNSMY6PGLGqMF0=:7:https://files.montague.lit/get/one";
    char *id = upload(t, OMEMO_OLD);
    fake_forget(t->x);
    assert_int_equal(tell_as(t, open, "letter.png"), 0);
    expect_event(t->x, "RECEIPT", "it lies on the server without encryption");
    assert_int_equal(omemo_set_chat(t->x, JULIET, false), 0);
    assert_int_equal(tell_as(t, id, "letter.png"), 0);
    assert_true(fake_take_event(t->x, "this chat is not encrypted any more"));
    assert_null(sent_message(t->x));
    assert_int_equal(tell_as(t, open, "letter.png"), 0);
    assert_non_null(strstr(sent_message(t->x), "https://files.montague.lit/get/one"));
    free(id);
}

static void no_keys_no_encryption(void **state)
{
    struct both *t = *state;
    offer(t, "letter.png", PLAIN, 7);
    no_lists(t);
    no_lists(t);
    find_service(t->x, "1000");
    assert_true(fake_asking(t->x, "filename=\"letter.png\""));
    assert_true(fake_asking(t->x, "size=\"7\""));
    assert_false(omemo_holds(t->x, JULIET));
}

/* ---- in ---- */

/* Made by python's cryptography: 43 bytes with the key and IVs below. */
#define KEY "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
#define IV12 "a0a1a2a3a4a5a6a7a8a9aaab"
#define IV16 IV12 "acadaeaf"
#define TEXT "Wherefore art thou, Romeo? Deny thy father."
#define SUM "fZB/70R+5mVD7WAEAljqa+lZbAFKJdpxgX5XPUTh8Ew="
#define THERE12 "80e7634d878df35f1c4f208cfd9c449e8062d9e7be00e8488de3cede8cac07d82eff0b63a63150c98d2886ef42cb5f17208a042ec039168571345f"
#define THERE16 "5c7331f42cf7f2b80a4f4032b6f76364b2adea0b13f7417bf7b7c4b14411a74e6612c38aafb0d80b2a0fb20488828f24b228ae05c24fbd773cfc58"
#define THERE_CBC "e39cd122e661c5ac290c2363d3dd49f946bb745daa6516bdb0a2fef135c35496370fd9756a7effe9ed1b9b782f08de9f"
#define LINK "aesgcm://files.capulet.lit/x/balcony.jpg#" IV12 KEY
#define AT "https://files.capulet.lit/x/balcony.jpg"
#define ID12 "upload:gcm256." IV12 "." KEY

static void hears(struct both *t, enum omemo_version v, const char *text)
{
    char *xml = she_writes(t, v, text, "h1");
    fake_forget(t->x);
    assert_true(fake_feed_text(t->x, xml));
    free(xml);
}

static void links_are_files(void **state)
{
    struct both *t = *state;
    hears(t, OMEMO_OLD, LINK);
    expect_event(t->x, "MESSAGE", "body=balcony.jpg;", "file0=balcony.jpg, -1, image/jpeg, 0x0, -, " ID12 ":=:-1:" AT ";", "enc=2");
    hears(t, OMEMO_OLD, LINK "\ndata:image/jpeg,/9j/4AAQSkZJRgABAQEBLAEsAAD");
    expect_event(t->x, "MESSAGE", "body=balcony.jpg;", "file0=balcony.jpg", "!9j");
    hears(t, OMEMO_OLD, "aesgcm://files.capulet.lit/x/balcony.jpg#" IV16 KEY);
    expect_event(t->x, "MESSAGE", "body=balcony.jpg;", "upload:gcm256." IV16 "." KEY ":=:-1:" AT ";");
    /* whatever stands around it: nobody sees the key, and search does not find it */
    hears(t, OMEMO_OLD, "look: " LINK " is it not nice?");
    expect_event(t->x, "MESSAGE", "body=look: balcony.jpg is it not nice?;", "file0=balcony.jpg");
    hears(t, OMEMO_OLD, LINK " " LINK);
    expect_event(t->x, "MESSAGE", "body=balcony.jpg", "!file1");
    static const char *const none[] = {"aesgcm://files.capulet.lit/x#00", "aesgcm://", "aesgcm://files.capulet.lit/x"};
    for (size_t i = 0; i < COUNT(none); i++) {
        hears(t, OMEMO_OLD, none[i]);
        expect_event(t->x, "MESSAGE", "body=aesgcm", "!file0");
    }
}

/* As other programs write them: digits of either case, the scheme in capitals, a picture made small of whichever form, the link
 * once more beside the encrypted message. */
static void links_of_other_programs(void **state)
{
    struct both *t = *state;
    static const char upper[] = "A0A1A2A3A4A5A6A7A8A9AAAB404142434445464748494A4B4C4D4E4F505152535455565758595A5B5C5D5E5F";
    static const char *const same[] = {"aesgcm://files.capulet.lit/x/balcony.jpg#%s", "AESGCM://files.capulet.lit/x/balcony.jpg#%s",
                                       "aesgcm://files.capulet.lit/x/balcony.jpg#%s\ndata:image/jpeg;base64,/9j/4AAQSkZJRg==",
                                       "aesgcm://files.capulet.lit/x/balcony.jpg#%s\n", "> aesgcm://files.capulet.lit/x/balcony.jpg#%s"};
    for (size_t i = 0; i < COUNT(same); i++) {
        struct buf b = {0};
        const char *at = strstr(same[i], "%s");
        buf_add(&b, same[i], (size_t)(at - same[i]));
        buf_adds(&b, upper);
        buf_adds(&b, at + 2);
        hears(t, OMEMO_OLD, buf_str(&b));
        expect_event(t->x, "MESSAGE", "balcony.jpg", "file0=balcony.jpg, -1, image/jpeg, 0x0, -, " ID12 ":=:-1:" AT ";", "enc=2",
                     "!aesgcm", "!data:", "!9j");
        buf_free(&b);
    }
    char *xml = she_writes(t, OMEMO_OLD, LINK, "g1"), *end = strstr(xml, "</message>");
    assert_non_null(end);
    char *beside = xasprintf("%.*s<x xmlns='jabber:x:oob'><url>" LINK "</url></x></message>", (int)(end - xml), xml);
    fake_forget(t->x);
    assert_true(fake_feed_text(t->x, beside));
    expect_event(t->x, "MESSAGE", "body=balcony.jpg;", "file0=balcony.jpg", ID12, "!file1", "enc=2");
    free(beside);
    free(xml);
    /* in a message that is not encrypted it is the same file, and the message says what it is */
    fake_feed(t->x, "<message from='" JULIET "/balcony' type='chat' id='p1'><body>" LINK "</body></message>");
    expect_event(t->x, "MESSAGE", "body=balcony.jpg;", "file0=balcony.jpg", ID12, "!enc=");
}

#define ENVELOPE "<envelope xmlns='urn:xmpp:sce:1'><content>%s</content><rpad>x</rpad><from jid='" JULIET "'/></envelope>"
#define SHARING                                                                                                           \
    "<file-sharing xmlns='urn:xmpp:sfs:0'><file xmlns='urn:xmpp:file:metadata:0'><media-type>image/jpeg</media-type>"      \
    "<name>verona.jpg</name><size>43</size>%s</file><sources><encrypted xmlns='urn:xmpp:esfs:0' cipher='%s'>"              \
    "<key>%s</key><iv>%s</iv><sources xmlns='urn:xmpp:sfs:0'><url-data xmlns='http://jabber.org/protocol/url-data' "       \
    "target='" AT "'/></sources></encrypted></sources></file-sharing>"
#define HASH "<hash xmlns='urn:xmpp:hashes:2' algo='sha-256'>" SUM "</hash>"
#define GCM "urn:xmpp:ciphers:aes-256-gcm-nopadding:0"
#define CBC "urn:xmpp:ciphers:aes-256-cbc-pkcs7:0"
#define KEY64 "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8="
#define IV64 "oKGio6Slpqeoqaqr"
#define IV64_16 "oKGio6SlpqeoqaqrrK2urw=="

static void hears_sharing(struct both *t, const char *hash, const char *cipher, const char *key, const char *iv, const char *more)
{
    char *sharing = xasprintf(SHARING, hash, cipher, key, iv), *inner = xasprintf("%s%s", sharing, more);
    char *text = xasprintf(ENVELOPE, inner);
    hears(t, OMEMO_2, text);
    free(text);
    free(inner);
    free(sharing);
}

static void elements_are_files(void **state)
{
    struct both *t = *state;
    hears_sharing(t, HASH, GCM, KEY64, IV64, "<body xmlns='jabber:client'>" LINK "</body>"
                  "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:sfs:0'><body/></fallback>");
    expect_event(t->x, "MESSAGE", "body=verona.jpg;", "file0=verona.jpg, 43, image/jpeg, 0x0, -, " ID12 ":sha-256=" SUM ":43:" AT ";",
                 "!file1");
    /* without the fallback said as such it is the same file */
    hears_sharing(t, HASH, GCM, KEY64, IV64, "<body xmlns='jabber:client'>" LINK "</body>");
    expect_event(t->x, "MESSAGE", "body=verona.jpg;", "file0=verona.jpg", "!file1");
    hears_sharing(t, HASH, CBC, KEY64, IV64_16, "");
    expect_event(t->x, "MESSAGE", "file0=verona.jpg, 43, image/jpeg, 0x0, -, upload:cbc256." IV16 "." KEY ":sha-256=" SUM ":43:" AT ";");
    hears_sharing(t, "", CBC, KEY64, IV64_16, ""); /* nothing would prove it */
    expect_event(t->x, "MESSAGE", "verona.jpg", "!upload:");
    hears_sharing(t, HASH, "urn:xmpp:ciphers:rot13:0", KEY64, IV64, "<body xmlns='jabber:client'>none</body>");
    expect_event(t->x, "MESSAGE", "body=none;", "!file0");
}

static size_t bytes_of(unsigned char *out, const char *hex)
{
    size_t n = strlen(hex) / 2;
    for (size_t i = 0; i < n; i++) {
        char two[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        out[i] = (unsigned char)strtoul(two, NULL, 16);
    }
    return n;
}

/* Fetched: n bytes are there, said to be so many (-1: not said). What is in the file afterwards, owned; the REPLY has the words. */
static char *fetched(struct both *t, const char *id, const unsigned char *there, size_t n, int64_t says, const char *words)
{
    int fd = file_of("", 0);
    fake_forget(t->x);
    assert_int_equal(files_accept(t->x, id, dup(fd), 7), 0);
    fake_web_open();
    if (says >= 0)
        fake_web_data("HTTP/1.1 200 OK\r\nContent-Length: %lld\r\n\r\n", (long long)says);
    else
        fake_web_data("HTTP/1.1 200 OK\r\n\r\n");
    for (size_t i = 0; i < n && fake_web_there(); i += 20)
        fake_web_bytes(there + i, MIN((size_t)20, n - i));
    if (fake_web_there())
        fake_web_end(KITH_ENET, "closed");
    assert_true(fake_take_event(t->x, words ? words : "REPLY req=7;"));
    char *out = xcalloc(1, 300);
    assert_true(pread(fd, out, 299, 0) >= 0);
    close(fd);
    return out;
}

static void becomes(struct both *t, const char *id, const char *hex, size_t cut)
{
    unsigned char there[200];
    size_t n = bytes_of(there, hex) - cut;
    char *got = fetched(t, id, there, n, (int64_t)n, NULL);
    assert_string_equal(got, TEXT);
    free(got);
}

static void what_is_fetched(void **state)
{
    struct both *t = *state;
    becomes(t, ID12 ":=:-1:" AT, THERE12, 0);
    becomes(t, ID12 ":sha-256=" SUM ":43:" AT, THERE12, 0);
    becomes(t, "upload:gcm256." IV16 "." KEY ":=:-1:" AT, THERE16, 0);
    becomes(t, "upload:cbc256." IV16 "." KEY ":sha-256=" SUM ":43:" AT, THERE_CBC, 0);
    becomes(t, ID12 ":sha-256=" SUM ":43:" AT, THERE12, SEAL_TAG); /* XEP-0448 §4: the checksum stands for the tag */
}

/* A flipped bit, a cut, an end that nobody announced: nothing of it stays, not even in the file without a name. */
static void what_never_becomes_a_file(void **state)
{
    struct both *t = *state;
    unsigned char there[200];
    size_t n = bytes_of(there, THERE12);
    static const char *const ids[] = {ID12 ":=:-1:" AT, ID12 ":sha-256=" SUM ":43:" AT};
    for (size_t i = 0; i < COUNT(ids); i++) {
        for (size_t at = 0; at < n; at += 6) {
            there[at] ^= 4;
            char *got = fetched(t, ids[i], there, n, (int64_t)n, "Nothing was kept");
            assert_string_equal(got, "");
            there[at] ^= 4;
            free(got);
        }
        for (size_t len = 0; len < n; len += 5) {
            char *got = fetched(t, ids[i], there, len, -1, i == 0 ? "Nothing was kept" : "err=");
            assert_string_equal(got, "");
            free(got);
        }
        there[n] = 'x';
        char *got = fetched(t, ids[i], there, n + 1, -1, "err=");
        assert_string_equal(got, "");
        free(got);
    }
    free(fetched(t, ids[1], there, n, 61, "It is not the file that was announced"));
    free(fetched(t, ids[0], there, 0, 15, "It is not the file that was announced"));
    /* no tag, and the checksum is another one */
    there[3] ^= 1;
    char *got = fetched(t, ids[1], there, 43, 43, "checksum");
    assert_string_equal(got, "");
    free(got);
    got = fetched(t, ids[0], there, 43, 43, "Nothing was kept"); /* no checksum: the tag has to be there */
    assert_string_equal(got, "");
    free(got);
}

static void ids_that_are_none(void **state)
{
    struct both *t = *state;
    static const char *const bad[] = {"upload:gcm256." IV12 "." KEY, "upload:gcm256." IV12 "." KEY ":" AT, "upload:gcm256.:=:-1:" AT,
                                      "upload:gcm256." KEY ":=:-1:" AT, "upload:cbc256." IV16 "." KEY ":=:43:" AT,
                                      "upload:rot13." IV12 "." KEY ":=:-1:" AT, ID12 ":=:-1:file:///etc/passwd"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        int fd = file_of("", 0);
        assert_true(files_accept(t->x, bad[i], fd, 7) < 0);
        close(fd);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, with_web, without_web)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(sent_to_the_old_version), T(sent_to_the_new_version), T(a_new_key_for_each_try),
        T(large_and_empty),         T(links_of_another_time),   T(no_keys_no_encryption),
        T(links_are_files),         T(links_of_other_programs), T(elements_are_files),
        T(what_is_fetched),         T(what_never_becomes_a_file), T(ids_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
