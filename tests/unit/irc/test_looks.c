/* unit/irc/test_looks.c - formatting in and out: messages, multiline, parts, topics and reasons, echoes */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

#include "base/mem.h"

#define CAPS "message-tags server-time batch labeled-response echo-message account-tag"
#define B KITH_STYLE_BOLD
#define X KITH_STYLE_SPOILER

static int say(struct rig *r, const char *chat, const char *body, const struct kith_span *v, size_t n)
{
    struct kith_send m = {.size = sizeof m, .chat = chat, .body = body, .id = "o1", .spans = v, .n_spans = n};
    return irc_op_send(r->irc, &m);
}

static void in_a_channel(struct rig *r, const char *caps, const char *formatting)
{
    rig_start(r, formatting, NULL);
    rig_online(r, caps, "CASEMAPPING=ascii");
    rig_line(r, ":alice!u@h JOIN #a");
    (void)rig_events(r);
    (void)rig_sent(r);
}

static void what_is_said_has_its_look(void **state)
{
    struct rig r;
    in_a_channel(&r, CAPS, "nick=alice");
    rig_line(&r, ":bob!u@h PRIVMSG #a :a \x02" "bold\x02 word");
    rig_has(rig_events(&r), "body=a bold word look=2+4:1");
    rig_line(&r, ":bob!u@h PRIVMSG #a :\x01" "ACTION \x03" "4waves\x0f back\x01");
    rig_has(rig_events(&r), "body=waves back look=0+5:0 +action");
    rig_line(&r, ":bob!u@h PRIVMSG alice :it was \x03" "1,1him\x03!");
    rig_has(rig_events(&r), "body=it was him! look=7+3:40");
    rig_line(&r, ":bob!u@h PRIVMSG #a :plain");
    rig_lacks(rig_events(&r), "look=");
    rig_stop(&r);
}

static void other_words_are_plain(void **state)
{
    struct rig r;
    in_a_channel(&r, CAPS, "nick=alice");
    rig_line(&r, ":bob!u@h TOPIC #a :\x02" "News\x02: \x03" "04,12none\x0f");
    rig_has(rig_events(&r), "topic=News: none");
    rig_line(&r, ":irc.test 332 alice #a :\x1f" "Old\x1f news");
    rig_has(rig_events(&r), "topic=Old news");
    rig_line(&r, ":bob!u@h JOIN #a");
    (void)rig_events(&r);
    rig_line(&r, ":bob!u@h PART #a :\x02" "bye\x02");
    rig_has(rig_events(&r), "text=bye\n");
    rig_line(&r, ":bob!u@h JOIN #a");
    (void)rig_events(&r);
    rig_line(&r, ":bob!u@h QUIT :\x03" "3gone\x03");
    rig_has(rig_events(&r), "text=gone\n");
    rig_line(&r, ":irc.test NOTICE alice :\x02server\x02 words");
    rig_has(rig_events(&r), "text=server words");
    rig_stop(&r);
}

static void what_is_written_has_codes(void **state)
{
    struct rig r;
    in_a_channel(&r, CAPS, "nick=alice");
    const struct kith_span v[] = {{sizeof v[0], B, 2, 4, 0, 0},
                                  {sizeof v[0], X, 7, 4, 0, 0},
                                  {sizeof v[0], 0, 12, 3, KITH_COLOUR(0xff0000), 0}};
    assert_int_equal(say(&r, "#a", "a bold word red", v, 3), 0);
    rig_has(rig_sent(&r), " PRIVMSG #a :a \x02" "bold\x0f \x03" "01,01word\x0f \x03" "04red\x0f\r\n");
    rig_stop(&r);
    in_a_channel(&r, CAPS, "formatting=false");
    assert_int_equal(say(&r, "#a", "a bold word red", v, 3), 0);
    rig_has(rig_sent(&r), " PRIVMSG #a :a bold word red\r\n");
    rig_stop(&r);
}

/* The ledger compares words, however the server shows them back. */
static void an_echo_without_codes_is_ours(void **state)
{
    static const char *const echoes[] = {"a \x02" "bold\x0f word", "a bold word", "a \x1d" "bold word"};
    for (size_t i = 0; i < COUNT(echoes); i++) {
        struct rig r;
        in_a_channel(&r, "echo-message", "nick=alice");
        const struct kith_span v = {sizeof v, B, 2, 4, 0, 0};
        assert_int_equal(say(&r, "#a", "a bold word", &v, 1), 0);
        (void)rig_events(&r);
        rig_line(&r, ":alice!u@h PRIVMSG #a :%s", echoes[i]);
        const char *events = rig_events(&r);
        rig_has(events, "RECEIPT STORED");
        rig_lacks(events, "MESSAGE");
        rig_stop(&r);
    }
}

/* The texts of the PRIVMSGs that were sent, each as others would see it: "text look=..." */
static void reread(struct rig *r, const char *sent, struct buf *out)
{
    char *copy = xstrdup(sent);
    for (char *line = copy, *end; (end = strstr(line, "\r\n")); line = end + 2) {
        *end = '\0';
        char *text = strstr(line, "PRIVMSG #a ");
        if (!text)
            continue;
        rig_line(r, ":bob!u@h %s", text);
        buf_adds(out, rig_events(r));
    }
    free(copy);
}

static void parts_look_as_the_whole(void **state)
{
    struct rig r;
    struct buf body = {0}, all = {0};
    in_a_channel(&r, "echo-message", "nick=alice");
    for (int i = 0; i < 200; i++)
        buf_addf(&body, "word%d ", i);
    const struct kith_span v = {sizeof v, B | X, 5, (uint32_t)body.len - 10, 0, 0};
    assert_int_equal(say(&r, "#a", buf_str(&body), &v, 1), 0);
    char *sent = xstrdup(rig_sent(&r));
    for (int wait = 0; wait < 20; wait++) { /* the bucket lets them go one by one */
        rig_pass(&r, 2500);
        char *more = xasprintf("%s%s", sent, rig_sent(&r));
        free(sent);
        sent = more;
    }
    (void)rig_events(&r);
    reread(&r, sent, &all);
    int parts = 0;
    for (const char *p = buf_str(&all); (p = strstr(p, "MESSAGE")); p++)
        parts++;
    if (parts < 3)
        fail_msg("%d parts: %s\n%s", parts, sent, buf_str(&all));
    int looks = 0;
    for (const char *p = buf_str(&all); (p = strstr(p, ":41")); p++)
        looks++;
    assert_int_equal(looks, parts);
    rig_has(buf_str(&all), "look=5+"); /* the first part begins plain, the others do not */
    rig_has(buf_str(&all), "look=0+");
    free(sent);
    buf_free(&body);
    buf_free(&all);
    rig_stop(&r);
}

static void several_lines_are_one_message(void **state)
{
    struct rig r;
    in_a_channel(&r, CAPS " draft/multiline=max-bytes=4000,max-lines=20", "formatting=yes");
    const struct kith_span v = {sizeof v, B, 4, 9, 0, 0};
    assert_int_equal(say(&r, "#a", "one two\nthree four", &v, 1), 0);
    const char *sent = rig_sent(&r);
    rig_has(sent, " PRIVMSG #a :one \x02two\x0f\r\n");
    rig_has(sent, " PRIVMSG #a :\x02three\x0f four\r\n");
    /* Codes end with their line, also where lines are put together. */
    rig_line(&r, "@msgid=m2 :bob!u@h BATCH +y draft/multiline #a");
    rig_line(&r, "@batch=y :bob!u@h PRIVMSG #a :one \x02two");
    rig_line(&r, "@batch=y :bob!u@h PRIVMSG #a :three \x02" "fo");
    rig_line(&r, "@batch=y;draft/multiline-concat :bob!u@h PRIVMSG #a :\x02ur\x02 five");
    rig_line(&r, ":bob!u@h BATCH -y");
    rig_has(rig_events(&r), "look=4+3:1 look=14+4:1");
    rig_stop(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said_has_its_look),     cmocka_unit_test(other_words_are_plain),
        cmocka_unit_test(what_is_written_has_codes),     cmocka_unit_test(an_echo_without_codes_is_ours),
        cmocka_unit_test(parts_look_as_the_whole),       cmocka_unit_test(several_lines_are_one_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
