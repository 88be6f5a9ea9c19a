/* unit/xmppim/test_omemo_room_files.c - files in an encrypted room: what its members read, and a room that was opened */
#include "hall.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "backends/xmpp/files.h"
#include "backends/xmpp/upload.h"
#include "fake_web.h"

#define UPLOAD_NS "urn:xmpp:http:upload:0"
#define TEXT "O Romeo"

static int with_web(void **state)
{
    int rc = hall_setup(state);
    struct room *t = *state;
    fake_web(t->x);
    return rc;
}

static int without_web(void **state)
{
    int rc = hall_teardown(state);
    fake_web_forget();
    return rc;
}

static void offer(struct room *t, const char *to, const char *name, kith_req req)
{
    char path[] = "/tmp/kith-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    assert_int_equal(write(fd, TEXT, strlen(TEXT)), strlen(TEXT));
    lseek(fd, 0, SEEK_SET);
    assert_int_equal(files_offer(t->x, to, fd, name, NULL, (int64_t)strlen(TEXT), "f1", req), 0);
}

static void find_service(struct room *t)
{
    fake_result(t->x, "disco#items", "<query xmlns='http://jabber.org/protocol/disco#items'><item jid='files.montague.lit'/></query>");
    if (fake_asking(t->x, "to=\"montague.lit\""))
        fake_result(t->x, "to=\"montague.lit\"", "<query xmlns='http://jabber.org/protocol/disco#info'></query>");
    fake_result(t->x, "to=\"files.montague.lit\"",
                "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='store' type='file'/>"
                "<feature var='" UPLOAD_NS "'/></query>");
}

/* Put there and told of; nothing that leaves has its name, its words or a key. */
static void all_of_a_closed_room_read_it(void **state)
{
    struct room *t = *state;
    hall_latch(t);
    fake_forget(t->x);
    offer(t, ROOM, "letter.png", 7);
    find_service(t);
    assert_true(fake_asking(t->x, "size=\"23\""));
    assert_false(fake_asking(t->x, "letter"));
    fake_result(t->x, UPLOAD_NS, "<slot xmlns='" UPLOAD_NS "'><put url='https://files.montague.lit/up/one'/>"
                                 "<get url='https://files.montague.lit/get/one'/></slot>");
    fake_web_open();
    for (int i = 0; i < 8; i++)
        fake_web_drain();
    assert_null(strstr(fake_web_written(), TEXT));
    assert_null(strstr(fake_web_written(), "letter"));
    fake_web_data("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    char *id = fake_event_part(t->x, "cursor=");
    assert_true(str_starts(id, "upload:gcm256."));
    const struct kith_attachment a = {.size = sizeof a, .id = id, .name = "letter.png", .mime = "image/png", .bytes = 7};
    const struct kith_send m = {.size = sizeof m, .flags = KITH_SEND_FILE, .chat = ROOM, .body = "letter.png", .id = "f1",
                                .attachments = &a, .n_attachments = 1};
    fake_forget(t->x);
    assert_int_equal(im_send(t->x, &m), KITH_OK);
    hall_answer_all(t);
    const char *xml = hall_sent(t);
    static const char *const never[] = {"aesgcm", "letter", "sfs", "files.montague.lit", "jabber:x:oob"};
    assert_non_null(xml);
    for (size_t i = 0; i < COUNT(never); i++)
        assert_null(strstr(xml, never[i]));
    for (size_t i = 0; i < PEOPLE; i++) {
        for (size_t k = 0; k < DEVICES; k++) {
            char *text = t->p[i].lists[k] ? hall_reads(t, &t->p[i].device[k]) : NULL;
            assert_true(!t->p[i].lists[k] || strstr(text, "aesgcm://files.montague.lit/get/one#"));
            free(text);
        }
    }
    free(id);
}

/* Nobody can say who would read it: it is not even put there. */
static void an_opened_room_gets_nothing(void **state)
{
    struct room *t = *state;
    hall_latch(t);
    fake_feed(t->x, "<message from='" ROOM "' type='groupchat'><x xmlns='http://jabber.org/protocol/muc#user'><status code='104'/></x>"
                    "</message>");
    fake_result(t->x, "to=\"" ROOM "\"", "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='conference' type='text' "
                "name='x'/><feature var='http://jabber.org/protocol/muc'/><feature var='muc_nonanonymous'/></query>");
    fake_forget(t->x);
    offer(t, ROOM, "letter.png", 7);
    expect_event(t->x, "REPLY", "req=7;", "err=", "This room is encrypted, but anybody may come in");
    offer(t, ROOM "/juliet", "letter.png", 8);
    expect_event(t->x, "REPLY", "req=8;", "err=", "a file for one person in it cannot be");
    assert_false(fake_asking(t->x, UPLOAD_NS));
    assert_int_equal(fake_web_count(), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, with_web, without_web)

int main(void)
{
    const struct CMUnitTest tests[] = {T(all_of_a_closed_room_read_it), T(an_opened_room_gets_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
