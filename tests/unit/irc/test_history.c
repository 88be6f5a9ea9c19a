/* unit/irc/test_history.c - what the server keeps: gaps filled forwards, pages back, who wrote, markers; friends; who is */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

#include "base/mem.h"

#define CAPS "message-tags server-time batch labeled-response echo-message draft/chathistory draft/read-marker"

static void what_was_missed_is_read_forwards(void **state)
{
    struct rig r;
    rig_start(&r, "join=#a", NULL);
    rig_online(&r, CAPS, "CHATHISTORY=2 MSGREFTYPES=msgid,timestamp");
    rig_line(&r, ":alice!u@h JOIN #a");
    const char *sent = rig_sent(&r);
    const char *label = rig_label(sent, "CHATHISTORY LATEST #a * 2");
    (void)rig_events(&r);
    rig_line(&r, "@label=%s :s BATCH +1 chathistory #a", label);
    rig_line(&r, "@batch=1;time=2027-01-10T10:00:00.000Z;msgid=m1 :bob!u@h PRIVMSG #a :old");
    rig_line(&r, ":s BATCH -1");
    rig_has(rig_events(&r), "MESSAGE chat=#a sender=#a/bob id=m1 body=old +history\n");
    irc_closed(r.irc, KITH_ENET, "gone");
    rig_online(&r, CAPS, "CHATHISTORY=2 MSGREFTYPES=msgid,timestamp");
    rig_line(&r, ":alice!u@h JOIN #a");
    label = rig_label(rig_sent(&r), "CHATHISTORY AFTER #a timestamp=2027-01-10T10:00:00.000Z 2");
    (void)rig_events(&r);
    rig_line(&r, "@label=%s :s BATCH +1 chathistory #a", label);
    rig_line(&r, "@batch=1;time=2027-01-10T10:01:00.000Z;msgid=m2 :bob!u@h PRIVMSG #a :two");
    rig_line(&r, "@batch=1;time=2027-01-10T10:02:00.000Z;msgid=m3 :bob!u@h PRIVMSG #a :\001VERSION\001");
    rig_line(&r, "@batch=1;time=2027-01-10T10:02:30.000Z;msgid=m4 :bob!u@h PRIVMSG #a :three");
    rig_line(&r, "@batch=1;time=2027-01-10T10:02:40.000Z :bob!u@h PART #a");
    rig_line(&r, ":s BATCH -1");
    sent = rig_sent(&r);
    rig_lacks(sent, "NOTICE");
    label = rig_label(sent, "CHATHISTORY AFTER #a timestamp=2027-01-10T10:02:40.000Z 2");
    rig_lacks(rig_events(&r), "GONE");
    rig_line(&r, "@label=%s :s BATCH +1 chathistory #a", label);
    rig_line(&r, ":s BATCH -1");
    rig_pass(&r, 10000);
    rig_lacks(rig_sent(&r), "AFTER");
    rig_stop(&r);
    (void)state;
}

/* Left and entered again in one connection, as a bouncer does with a channel that is detached. */
static void what_was_missed_outside_is_read(void **state)
{
    struct rig r;
    rig_start(&r, "join=#a", NULL);
    rig_online(&r, CAPS, "CHATHISTORY=50 MSGREFTYPES=timestamp");
    rig_line(&r, ":alice!u@h JOIN #a");
    const char *label = rig_label(rig_sent(&r), "CHATHISTORY LATEST #a * 50");
    rig_line(&r, "@label=%s :s BATCH +1 chathistory #a", label);
    rig_line(&r, ":s BATCH -1");
    rig_line(&r, "@time=2027-01-10T10:00:00.000Z;msgid=m1 :bob!u@h PRIVMSG #a :before");
    rig_line(&r, ":alice!u@h PART #a :Detach");
    rig_pass(&r, 10000);
    (void)rig_sent(&r);
    (void)rig_events(&r);
    rig_line(&r, ":alice!u@h JOIN #a");
    rig_line(&r, "@time=2027-01-10T10:05:00.000Z;msgid=m3 :bob!u@h PRIVMSG #a :live");
    label = rig_label(rig_sent(&r), "CHATHISTORY AFTER #a timestamp=2027-01-10T10:00:00.000Z 50");
    rig_line(&r, "@label=%s :s BATCH +1 chathistory #a", label);
    rig_line(&r, "@batch=1;time=2027-01-10T10:01:00.000Z;msgid=m2 :bob!u@h PRIVMSG #a :missed");
    rig_line(&r, ":s BATCH -1");
    rig_has(rig_events(&r), "body=missed +history\n");
    rig_stop(&r);
    (void)state;
}

static void who_wrote_meanwhile_is_asked(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, CAPS, "CHATHISTORY=50");
    irc_closed(r.irc, KITH_ENET, "gone");
    rig_connect(&r);
    rig_line(&r, ":s CAP * LS :" CAPS);
    rig_line(&r, ":s CAP * ACK :" CAPS);
    rig_line(&r, ":s 001 alice :hi");
    rig_line(&r, ":s 376 alice :end");
    const char *label = rig_label(rig_sent(&r), "CHATHISTORY TARGETS timestamp=");
    (void)rig_events(&r);
    rig_line(&r, "@label=%s :s BATCH +t draft/chathistory-targets", label);
    rig_line(&r, "@batch=t :s CHATHISTORY TARGETS bob 2027-01-10T10:02:30.000Z");
    rig_line(&r, "@batch=t :s CHATHISTORY TARGETS #room 2027-01-10T10:02:30.000Z");
    rig_line(&r, ":s BATCH -t");
    rig_pass(&r, 10000);
    const char *sent = rig_sent(&r);
    label = rig_label(sent, "CHATHISTORY LATEST bob * 50");
    rig_lacks(sent, "#room");
    rig_line(&r, "@label=%s :s FAIL CHATHISTORY MESSAGE_ERROR LATEST bob :Messages could not be had", label);
    rig_has(rig_events(&r), "SYNC end what=5\n");
    rig_stop(&r);
    (void)state;
}

static void pages_go_back(void **state)
{
    struct rig r;
    const struct kith_history_fetch f = {.size = sizeof f, .max = 2, .chat = "#a", .before_id = "m1"};
    rig_start(&r, "join=#a", NULL);
    rig_online(&r, CAPS, "CHATHISTORY=100 MSGREFTYPES=msgid,timestamp");
    rig_line(&r, ":alice!u@h JOIN #a");
    rig_pass(&r, 10000);
    (void)rig_sent(&r);
    assert_int_equal(irc_op_fetch(r.irc, &f, 77), 0);
    const char *label = rig_label(rig_sent(&r), "CHATHISTORY BEFORE #a msgid=m1 2");
    (void)rig_events(&r);
    rig_line(&r, "@label=%s :s BATCH +1 chathistory #a", label);
    rig_line(&r, "@batch=1;time=2027-01-10T10:00:00.000Z;msgid=a :bob!u@h PRIVMSG #a :x");
    rig_line(&r, "@batch=1;time=2027-01-10T10:00:01.000Z;msgid=b :bob!u@h PRIVMSG #a :y");
    rig_line(&r, ":s BATCH -1");
    const char *events = rig_events(&r);
    rig_has(events, "id=a body=x +history req=77\n");
    rig_has(events, "REPLY req=77 err=0 more=1 cursor=msgid=a\n");
    assert_int_equal(irc_op_fetch(r.irc, &f, 78), 0);
    label = rig_label(rig_sent(&r), "BEFORE");
    rig_line(&r, "@label=%s :s FAIL CHATHISTORY INVALID_TARGET BEFORE #a :No", label);
    rig_has(rig_events(&r), "REPLY req=78 err=-9 text=No\n");
    rig_stop(&r);
    (void)state;
}

static void markers_go_both_ways(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, CAPS, NULL);
    rig_line(&r, "@msgid=m1;time=2027-01-10T10:00:00.000Z :bob!u@h PRIVMSG alice :one");
    rig_line(&r, "@msgid=m2;time=2027-01-10T10:00:05.000Z :bob!u@h PRIVMSG alice :two");
    assert_int_equal(irc_op_mark_read(r.irc, "bob", "m1", NULL), 0);
    assert_int_equal(irc_op_mark_read(r.irc, "bob", "m2", NULL), 0);
    rig_lacks(rig_sent(&r), "MARKREAD");
    rig_pass(&r, IRC_MARK_MS);
    rig_has(rig_sent(&r), "MARKREAD bob timestamp=2027-01-10T10:00:05.000Z\r\n");
    rig_line(&r, "@msgid=m3;time=2027-01-10T10:00:09.000Z :bob!u@h PRIVMSG alice :three");
    (void)rig_events(&r);
    rig_line(&r, ":s MARKREAD bob timestamp=2027-01-10T10:00:09.000Z");
    rig_has(rig_events(&r), "MARKER chat=bob id=m3\n");
    rig_line(&r, ":s MARKREAD bob timestamp=2027-01-10T10:00:01.000Z"); /* it only grows */
    rig_line(&r, ":s MARKREAD bob *");
    rig_line(&r, ":s MARKREAD");
    rig_lacks(rig_events(&r), "MARKER");
    rig_stop(&r);
    (void)state;
}

static void friends_are_watched(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, NULL, "MONITOR=100 CASEMAPPING=ascii");
    assert_int_equal(irc_op_friend_add(r.irc, "Bob", "Robert", 5), 0);
    rig_has(rig_sent(&r), "MONITOR + Bob\r\n");
    rig_has(rig_events(&r), "CONTACT address=bob name=Robert\nREPLY req=5 err=0\n");
    rig_line(&r, ":s 730 alice :bob!u@h,other!u@h");
    rig_has(rig_events(&r), "PRESENCE address=bob show=1\n");
    rig_line(&r, ":s 731 alice bob");
    rig_has(rig_events(&r), "PRESENCE address=bob show=0\n");
    irc_closed(r.irc, KITH_ENET, "gone");
    rig_has(map_get(&r.state, "friends"), "Bob Robert\n");
    rig_again(&r);
    rig_connect(&r);
    rig_line(&r, ":s 001 alice :hi");
    rig_line(&r, ":s 005 alice MONITOR=100 :are");
    rig_line(&r, ":s 376 alice :end");
    rig_has(rig_sent(&r), "MONITOR + Bob\r\n");
    rig_has(rig_events(&r), "SYNC begin what=1\nCONTACT address=bob name=Robert\nSYNC end what=1\n");
    assert_int_equal(irc_op_friend_remove(r.irc, "bob", 6), 0);
    assert_null(map_get(&r.state, "friends"));
    assert_int_equal(irc_op_friend_remove(r.irc, "bob", 6), KITH_ENOTFOUND);
    assert_int_equal(irc_op_friend_add(r.irc, "#room", NULL, 7), KITH_EINVAL);
    rig_stop(&r);
    (void)state;
}

static void who_is_becomes_one_item(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, NULL, NULL);
    assert_int_equal(irc_op_info(r.irc, "bob", 9), 0);
    rig_has(rig_sent(&r), "WHOIS bob bob\r\n");
    rig_line(&r, ":s 311 alice bob u h * :Bob B.");
    rig_line(&r, ":s 317 alice bob 4000 99999999999999999999 :idle");
    rig_line(&r, ":s 330 alice bob bobby :is logged in as");
    rig_line(&r, ":s 301 alice bob :lunch");
    rig_line(&r, ":s 319 alice bob :@#a #b");
    for (int n = 0; n < 100; n++)
        rig_line(&r, ":s 320 alice bob :is a row");
    rig_line(&r, ":s 318 alice bob :End");
    const char *events = rig_events(&r);
    rig_has(events, "ITEM address=bob name=bob text=Bob B. number=-1 Real name=Bob B. Mask=bob!u@h Idle=1 h 6 min");
    rig_has(events, "Account=bobby Away=lunch Channels=@#a #b");
    rig_has(events, "REPLY req=9 err=0\n");
    assert_int_equal(irc_op_info(r.irc, "carol", 10), 0);
    rig_line(&r, ":s 401 alice carol :No such nick");
    rig_line(&r, ":s 318 alice carol :End");
    rig_has(rig_events(&r), "REPLY req=10 err=-10 text=Nobody here has this nick.\n");
    rig_stop(&r);
    (void)state;
}

static void away_is_told_and_kept(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, NULL, NULL);
    assert_int_equal(irc_op_presence(r.irc, KITH_SHOW_AWAY, "lunch"), 0);
    rig_has(rig_sent(&r), "AWAY lunch\r\n");
    irc_closed(r.irc, KITH_ENET, "gone");
    rig_connect(&r);
    rig_line(&r, ":s 001 alice :hi");
    rig_line(&r, ":s 376 alice :end");
    rig_has(rig_sent(&r), "AWAY lunch\r\n");
    assert_int_equal(irc_op_presence(r.irc, KITH_SHOW_ONLINE, NULL), 0);
    rig_has(rig_sent(&r), "AWAY\r\n");
    rig_stop(&r);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_missed_is_read_forwards), cmocka_unit_test(what_was_missed_outside_is_read),
        cmocka_unit_test(who_wrote_meanwhile_is_asked),
        cmocka_unit_test(pages_go_back),
        cmocka_unit_test(markers_go_both_ways),
        cmocka_unit_test(friends_are_watched),
        cmocka_unit_test(who_is_becomes_one_item),
        cmocka_unit_test(away_is_told_and_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
