/* unit/irc/test_missed.c - what was missed leaves no hole: while others write, when the connection goes again, after a kill;
 * bouncers that play back by themselves */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "rig.h"

#define CAPS "message-tags server-time batch labeled-response echo-message draft/chathistory"
#define DAY "2027-01-10T"

static void page(struct rig *r, const char *label, const char *chat, int from, int to)
{
    rig_line(r, "@label=%s :s BATCH +1 chathistory %s", label, chat);
    for (int n = from; n <= to; n++)
        rig_line(r, "@batch=1;time=" DAY "10:%02d:00.000Z;msgid=h%d :bob!u@h PRIVMSG %s :%d", n, n, chat, n);
    rig_line(r, ":s BATCH -1");
}

/* In #a, with everything up to 10:01 known; then the connection goes. */
static void was_there(struct rig *r)
{
    rig_start(r, "join=#a", NULL);
    rig_online(r, CAPS, "CHATHISTORY=3");
    rig_line(r, ":alice!u@h JOIN #a");
    page(r, rig_label(rig_sent(r), "CHATHISTORY LATEST #a"), "#a", 1, 1);
    irc_closed(r->irc, KITH_ENET, "gone");
}

static void come_back(struct rig *r)
{
    rig_online(r, CAPS, "CHATHISTORY=3");
    rig_line(r, ":alice!u@h JOIN #a");
}

static void what_comes_live_does_not_hide_the_hole(void **state)
{
    struct rig r;
    was_there(&r);
    come_back(&r);
    const char *label = rig_label(rig_sent(&r), "AFTER #a timestamp=" DAY "10:01:00.000Z 3");
    rig_line(&r, "@time=" DAY "12:00:00.000Z;msgid=live :bob!u@h PRIVMSG #a :now");
    page(&r, label, "#a", 2, 4);
    label = rig_label(rig_sent(&r), "AFTER #a timestamp=" DAY "10:04:00.000Z 3");
    rig_lacks(rig_events(&r), "SYNC end what=5"); /* a hole is shown until it is filled */
    irc_closed(r.irc, KITH_ENET, "gone again"); /* in the middle: the next one goes on where this one was */
    come_back(&r);
    label = rig_label(rig_sent(&r), "AFTER #a timestamp=" DAY "10:04:00.000Z 3");
    page(&r, label, "#a", 5, 6);
    irc_closed(r.irc, KITH_ENET, "gone"); /* all is here: from the newest on */
    rig_line(&r, "x");
    come_back(&r);
    rig_label(rig_sent(&r), "AFTER #a timestamp=" DAY "10:06:00.000Z 3");
    rig_stop(&r);
    (void)state;
}

static void the_hole_is_told_before_anything_is_said(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_connect(&r);
    rig_line(&r, ":s CAP * LS :" CAPS);
    rig_line(&r, ":s CAP * ACK :" CAPS);
    rig_events(&r);
    rig_line(&r, ":s 001 alice :hi");
    rig_line(&r, "@time=" DAY "12:00:00.000Z;msgid=live :bob!u@h PRIVMSG alice :at once");
    rig_line(&r, ":s 376 alice :end");
    const char *told = rig_events(&r), *begin = strstr(told, "SYNC begin what=5"), *said = strstr(told, "MESSAGE"),
               *online = strstr(told, "STATE 6");
    assert_true(begin && said && online && begin < said && begin < online);
    rig_lacks(told, "SYNC end what=5");
    const char *label = rig_label(rig_sent(&r), "CHATHISTORY TARGETS");
    rig_line(&r, "@label=%s :s BATCH +t draft/chathistory-targets", label);
    rig_line(&r, ":s BATCH -t");
    rig_has(rig_events(&r), "SYNC end what=5");
    rig_stop(&r);
    (void)state;
}

static void many_chats_that_wrote_are_asked_for_page_by_page(void **state)
{
    struct rig r;
    rig_start(&r, "fast=true", NULL);
    rig_online(&r, CAPS, "CHATHISTORY=2");
    rig_connect(&r);
    irc_closed(r.irc, KITH_ENET, "gone");
    rig_connect(&r);
    rig_line(&r, ":s CAP * LS :" CAPS);
    rig_line(&r, ":s CAP * ACK :" CAPS);
    rig_line(&r, ":s 001 alice :hi");
    rig_line(&r, ":s 005 alice CHATHISTORY=2 :are supported");
    rig_line(&r, ":s 376 alice :end");
    const char *label = rig_label(rig_sent(&r), "CHATHISTORY TARGETS");
    rig_line(&r, "@label=%s :s BATCH +t draft/chathistory-targets", label);
    rig_line(&r, "@batch=t :s CHATHISTORY TARGETS bob " DAY "10:01:00.000Z");
    rig_line(&r, "@batch=t :s CHATHISTORY TARGETS carol " DAY "10:02:00.000Z");
    rig_line(&r, ":s BATCH -t");
    const char *sent = rig_sent(&r);
    rig_has(sent, "LATEST bob");
    label = rig_label(sent, "CHATHISTORY TARGETS timestamp=" DAY "10:02:00.000Z");
    rig_line(&r, "@label=%s :s BATCH +t draft/chathistory-targets", label);
    rig_line(&r, "@batch=t :s CHATHISTORY TARGETS dave " DAY "10:03:00.000Z");
    rig_line(&r, ":s BATCH -t");
    sent = rig_sent(&r);
    rig_has(sent, "LATEST dave");
    rig_lacks(sent, "TARGETS");
    rig_stop(&r);
    (void)state;
}

/* How far a private chat was read elsewhere is asked for once what was missed is here. */
static void how_far_was_it_read(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_connect(&r);
    rig_line(&r, ":s CAP * LS :" CAPS " draft/read-marker");
    rig_line(&r, ":s CAP * ACK :" CAPS " draft/read-marker");
    rig_line(&r, ":s 001 alice :hi");
    rig_line(&r, ":s 376 alice :end");
    const char *label = rig_label(rig_sent(&r), "CHATHISTORY TARGETS");
    rig_line(&r, "@label=%s :s BATCH +t draft/chathistory-targets", label);
    rig_line(&r, "@batch=t :s CHATHISTORY TARGETS bob " DAY "10:02:00.000Z");
    rig_line(&r, ":s BATCH -t");
    label = rig_label(rig_sent(&r), "CHATHISTORY LATEST bob");
    rig_line(&r, "@label=%s :s BATCH +1 chathistory bob", label);
    rig_line(&r, "@batch=1;time=" DAY "10:01:00.000Z;msgid=m1 :bob!u@h PRIVMSG alice :1");
    rig_line(&r, "@batch=1;time=" DAY "10:02:00.000Z;msgid=m2 :bob!u@h PRIVMSG alice :2");
    rig_line(&r, ":s BATCH -1");
    rig_has(rig_sent(&r), "MARKREAD bob\r\n");
    rig_events(&r);
    rig_line(&r, ":s MARKREAD bob timestamp=" DAY "10:01:30.000Z");
    rig_has(rig_events(&r), "MARKER chat=bob id=m1");
    rig_stop(&r);
    (void)state;
}

/* Of a thousand channels eight are asked about at a time; all of them in the end. */
static void a_thousand_channels(void **state)
{
    struct rig r;
    rig_start(&r, "fast=true", NULL);
    rig_online(&r, CAPS, "CHATHISTORY=100");
    for (int n = 0; n < 1000; n++)
        rig_line(&r, ":alice!u@h JOIN #r%d", n);
    size_t asked = 0;
    for (int turn = 0; turn < 3000 && asked < 1000; turn++) {
        rig_pass(&r, 100);
        const char *sent = rig_sent(&r), *p = sent;
        size_t now = 0;
        char *copy = xstrdup(sent);
        while ((p = strstr(p, "CHATHISTORY LATEST #r"))) {
            now++;
            p++;
        }
        assert_true(now <= 8);
        asked += now;
        for (char *rest = copy, *one; (one = strsep(&rest, "\n"));) {
            char *at = strstr(one, "CHATHISTORY LATEST #r");
            char label[32], name[32];
            if (at && sscanf(one, "@label=%31[^ ;]", label) == 1 && sscanf(at, "CHATHISTORY LATEST %31s", name) == 1)
                page(&r, label, name, 1, 1);
        }
        free(copy);
    }
    assert_int_equal(asked, 1000);
    rig_stop(&r);
    (void)state;
}

static void a_server_that_does_not_answer_leaves_the_hole_shown(void **state)
{
    struct rig r;
    was_there(&r);
    come_back(&r);
    rig_has(rig_sent(&r), "AFTER #a");
    rig_events(&r);
    for (int n = 0; n < 4; n++) {
        rig_pass(&r, IRC_QUERY_MS / 2);
        rig_line(&r, ":s PONG s :x");
    }
    rig_lacks(rig_events(&r), "SYNC end what=5");
    irc_closed(r.irc, KITH_ENET, "gone");
    come_back(&r);
    rig_has(rig_sent(&r), "AFTER #a timestamp=" DAY "10:01:00.000Z");
    rig_stop(&r);
    (void)state;
}

/* Killed before its messages were on disk, it asks for them again. */
static void only_what_is_on_disk_counts(void **state)
{
    struct rig r;
    was_there(&r);
    come_back(&r);
    page(&r, rig_label(rig_sent(&r), "AFTER #a"), "#a", 2, 2);
    r.uncommitted = true;
    rig_line(&r, "@time=" DAY "12:00:00.000Z;msgid=x :bob!u@h PRIVMSG #a :never written");
    rig_line(&r, "@time=" DAY "12:00:01.000Z;msgid=y :bob!u@h PRIVMSG #a :nor this");
    rig_again(&r);
    r.uncommitted = false;
    come_back(&r);
    rig_has(rig_sent(&r), "AFTER #a timestamp=" DAY "10:02:00.000Z");
    rig_stop(&r);
    (void)state;
}

/* Without ids a bouncer may keep whole seconds: from the second before, and what comes twice has the same id. */
static void whole_seconds_without_ids(void **state)
{
    struct rig r;
    rig_start(&r, "join=#a", NULL);
    rig_online(&r, CAPS, NULL);
    rig_line(&r, ":alice!u@h JOIN #a");
    const char *label = rig_label(rig_sent(&r), "CHATHISTORY LATEST #a");
    rig_line(&r, "@label=%s :s BATCH +1 chathistory #a", label);
    rig_line(&r, ":s BATCH -1");
    rig_events(&r);
    rig_line(&r, "@time=" DAY "12:00:07.654Z :bob!u@h PRIVMSG #a :once");
    char *live = xstrdup(strstr(rig_events(&r), " id="));
    live[strcspn(live + 1, " ") + 1] = '\0';
    irc_closed(r.irc, KITH_ENET, "gone");
    rig_online(&r, CAPS, NULL);
    rig_line(&r, ":alice!u@h JOIN #a");
    label = rig_label(rig_sent(&r), "CHATHISTORY AFTER #a timestamp=" DAY "12:00:06.999Z");
    rig_events(&r);
    rig_line(&r, "@label=%s :s BATCH +1 chathistory #a", label);
    rig_line(&r, "@batch=1;time=" DAY "12:00:07.000Z :bob!u@h PRIVMSG #a :once");
    rig_line(&r, ":s BATCH -1");
    rig_has(rig_events(&r), live);
    free(live);
    rig_line(&r, "@time=" DAY "12:00:09.500Z :bob!u@h PRIVMSG #a :later");
    rig_again(&r); /* another run of kith */
    rig_online(&r, CAPS, NULL);
    rig_line(&r, ":alice!u@h JOIN #a");
    rig_has(rig_sent(&r), "CHATHISTORY AFTER #a timestamp=" DAY "12:00:08.999Z");
    rig_stop(&r);
    (void)state;
}

#define ZNC "message-tags server-time batch echo-message znc.in/self-message znc.in/playback"

static void znc_plays_back_from_where_we_are(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, ZNC, NULL);
    rig_events(&r);
    rig_line(&r, "@time=" DAY "12:00:07.654Z :bob!u@h PRIVMSG alice :once");
    char *live = xstrdup(strstr(rig_events(&r), " id="));
    live[strcspn(live + 1, " ") + 1] = '\0';
    rig_line(&r, "@time=" DAY "12:00:08.000Z :alice!u@h PRIVMSG carol :from my other client");
    rig_has(rig_events(&r), "MESSAGE chat=carol sender=alice");
    irc_closed(r.irc, KITH_ENET, "gone");
    rig_connect(&r);
    rig_line(&r, ":z CAP * LS :" ZNC);
    rig_line(&r, ":z CAP * ACK :" ZNC);
    rig_line(&r, ":z 001 alice_znc :hi");
    rig_line(&r, ":z 376 alice_znc :end");
    rig_has(rig_sent(&r), "PRIVMSG *playback :play * 1799582408\r\n");
    rig_events(&r);
    rig_line(&r, ":z BATCH +p znc.in/playback bob");
    rig_line(&r, "@batch=p;time=" DAY "12:00:07.654Z :bob!u@h PRIVMSG alice :once");
    rig_line(&r, "@batch=p;time=" DAY "12:00:09.000Z :bob!u@h PRIVMSG alice :\001VERSION\001");
    rig_line(&r, ":z BATCH -p");
    const char *told = rig_events(&r);
    rig_has(told, live);         /* the same id: not shown twice */
    rig_has(told, "+history");   /* and no bell */
    rig_lacks(rig_sent(&r), "NOTICE");
    rig_line(&r, "@time=" DAY "12:00:10.000Z :bob!u@h PRIVMSG alice :a buffer without a batch");
    rig_has(rig_events(&r), "+delayed");
    rig_pass(&r, 120000);
    rig_lacks(rig_sent(&r), "NICK alice\r\n"); /* the nick is ZNC's business */
    free(live);
    rig_stop(&r);
    (void)state;
}

/* Ergo has both. */
static void a_server_with_history_is_not_asked_to_play_back(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_connect(&r);
    rig_line(&r, ":s CAP * LS :" CAPS " znc.in/playback");
    rig_line(&r, ":s CAP * ACK :" CAPS " znc.in/playback");
    rig_line(&r, ":s 001 alice :hi");
    rig_line(&r, ":s 376 alice :end");
    const char *sent = rig_sent(&r);
    rig_has(sent, "CHATHISTORY TARGETS");
    rig_lacks(sent, "*playback");
    rig_stop(&r);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_with_history_is_not_asked_to_play_back),
        cmocka_unit_test(what_comes_live_does_not_hide_the_hole),
        cmocka_unit_test(the_hole_is_told_before_anything_is_said),
        cmocka_unit_test(many_chats_that_wrote_are_asked_for_page_by_page),
        cmocka_unit_test(how_far_was_it_read),
        cmocka_unit_test(a_thousand_channels),
        cmocka_unit_test(a_server_that_does_not_answer_leaves_the_hole_shown),
        cmocka_unit_test(only_what_is_on_disk_counts),
        cmocka_unit_test(whole_seconds_without_ids),
        cmocka_unit_test(znc_plays_back_from_where_we_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
