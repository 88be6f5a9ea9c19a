/* unit/irc/test_playback.c - events inside history: told as what happened then, each once, and counted where pages are asked for */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

#define CAPS "message-tags server-time batch labeled-response echo-message draft/chathistory draft/event-playback"
#define AT(s) "@batch=1;time=2027-01-10T10:00:" s

static void in_room(struct rig *r, const char *caps, const char *isupport)
{
    rig_start(r, "join=#a", NULL);
    rig_online(r, caps, isupport);
    rig_line(r, ":alice!u@h JOIN #a");
    rig_line(r, ":s 353 alice = #a :alice bob @carol");
    rig_line(r, ":s 366 alice #a :end");
}

static void open_page(struct rig *r, const char *words)
{
    const char *label = rig_label(rig_sent(r), words);
    (void)rig_events(r);
    rig_line(r, "@label=%s :s BATCH +1 chathistory #a", label);
}

static void each_kind_is_told_and_changes_nothing(void **state)
{
    struct rig r;
    in_room(&r, CAPS, "CHATHISTORY=100 MSGREFTYPES=msgid,timestamp");
    open_page(&r, "CHATHISTORY LATEST #a * 50");
    rig_line(&r, AT("01.000Z;msgid=e1 :dave!d@h JOIN #a dave :Dave"));
    rig_line(&r, AT("02.000Z;msgid=e2 :bob!b@h PART #a :bye\x02"));
    rig_line(&r, AT("03.000Z;msgid=e3 :carol!c@h QUIT :gone"));
    rig_line(&r, AT("04.000Z;msgid=e4 :eve!e@h NICK mallory"));
    rig_line(&r, AT("05.000Z;msgid=e5 :carol!c@h MODE #a +o dave"));
    rig_line(&r, AT("06.000Z;msgid=e6 :carol!c@h MODE #a +m"));
    rig_line(&r, AT("07.000Z;msgid=e7 :carol!c@h TOPIC #a :news"));
    rig_line(&r, AT("08.000Z;msgid=e8 :carol!c@h KICK #a dave :out"));
    rig_line(&r, AT("09.000Z;msgid=e9 :dave!d@h QUIT :a.example.org b.example.org"));
    rig_line(&r, AT("09.000Z;msgid=f1 :alice!u@h JOIN #a")); /* our own */
    rig_line(&r, AT("09.000Z;msgid=f2 :alice!u@h KICK #a alice"));
    rig_line(&r, ":s BATCH -1");
    const char *events = rig_events(&r);
    rig_has(events, "HAPPENED 1 chat=#a id=e1 nick=dave how=0");
    rig_has(events, "HAPPENED 2 chat=#a id=e2 nick=bob text=bye how=1");
    rig_has(events, "HAPPENED 2 chat=#a id=e3 nick=carol text=gone how=2");
    rig_has(events, "HAPPENED 3 chat=#a id=e4 nick=eve text=mallory");
    rig_has(events, "HAPPENED 5 chat=#a id=e5 people text=carol makes dave operator about=dave");
    rig_has(events, "HAPPENED 5 chat=#a id=e6 text=only people with voice may speak now (carol)");
    rig_has(events, "HAPPENED 4 chat=#a id=e7 nick=carol text=news");
    rig_has(events, "HAPPENED 2 chat=#a id=e8 nick=dave by=carol text=out how=3");
    rig_has(events, "HAPPENED 2 chat=#a id=e9 nick=dave text=a.example.org b.example.org how=6");
    rig_has(events, "id=f2 nick=alice by=alice how=3");
    rig_lacks(events, "id=f1");
    rig_lacks(events, "MEMBER");
    rig_lacks(events, "NOTICE");
    rig_lacks(events, "CHAT ");
    rig_check_members(&r);
    rig_stop(&r);
    (void)state;
}

static void what_was_seen_live_is_not_told_again(void **state)
{
    static const char *const lives[] = {"@msgid=l1;time=2027-01-10T10:00:10.400Z :dave!d@h JOIN #a dave :Dave",
                                        "@time=2027-01-10T10:00:11.900Z :dave!d@h PART #a :bye"};
    struct rig r;
    in_room(&r, CAPS, "CHATHISTORY=100 MSGREFTYPES=timestamp");
    rig_line(&r, "%s", lives[0]);
    rig_line(&r, "%s", lives[1]);
    open_page(&r, "CHATHISTORY LATEST #a * 50");
    rig_line(&r, AT("10.400Z;msgid=l1 :dave!d@h JOIN #a"));
    rig_line(&r, AT("11.000Z :dave!d@h PART #a :bye")); /* a log that cut the time off */
    rig_line(&r, AT("11.000Z :dave!d@h PART #a :good night")); /* another one */
    rig_line(&r, AT("31.000Z :dave!d@h PART #a :bye"));
    rig_line(&r, ":s BATCH -1");
    const char *events = rig_events(&r);
    rig_lacks(events, "l1");
    rig_has(events, "text=good night");
    rig_has(events, "text=bye how=1 time=1799575231000");
    rig_lacks(events, "text=bye how=1 time=1799575211000");
    rig_stop(&r);
    (void)state;
}

/* A hole that holds nothing but events is read to its end, and what came live is not asked for again. */
static void events_count_where_holes_are_read(void **state)
{
    struct rig r;
    in_room(&r, CAPS, "CHATHISTORY=2 MSGREFTYPES=msgid,timestamp");
    open_page(&r, "CHATHISTORY LATEST #a * 2");
    rig_line(&r, AT("00.000Z;msgid=m1 :bob!u@h PRIVMSG #a :old"));
    rig_line(&r, ":s BATCH -1");
    rig_line(&r, "@msgid=l1;time=2027-01-10T10:00:01.000Z :dave!d@h JOIN #a");
    irc_closed(r.irc, KITH_ENET, "gone");
    (void)rig_sent(&r);
    rig_online(&r, CAPS, "CHATHISTORY=2 MSGREFTYPES=msgid,timestamp");
    rig_line(&r, ":alice!u@h JOIN #a");
    open_page(&r, "CHATHISTORY AFTER #a timestamp=2027-01-10T10:00:01.000Z 2");
    rig_line(&r, AT("02.000Z;msgid=e1 :dave!d@h QUIT :x"));
    rig_line(&r, AT("03.000Z;msgid=e2 :dave!d@h JOIN #a"));
    rig_line(&r, ":s BATCH -1");
    const char *label = rig_label(rig_sent(&r), "CHATHISTORY AFTER #a timestamp=2027-01-10T10:00:03.000Z 2");
    rig_line(&r, "@label=%s :s BATCH +1 chathistory #a", label);
    rig_line(&r, ":s BATCH -1");
    rig_pass(&r, 10000);
    rig_lacks(rig_sent(&r), "AFTER");
    rig_stop(&r);
    (void)state;
}

static void a_page_of_events_leads_on(void **state)
{
    struct rig r;
    struct kith_history_fetch f = {.size = sizeof f, .max = 2, .chat = "#a", .before_id = "m1", .before_ms = 1799575200000};
    in_room(&r, CAPS, "CHATHISTORY=100 MSGREFTYPES=msgid,timestamp");
    rig_pass(&r, 10000);
    (void)rig_sent(&r);
    assert_int_equal(irc_op_fetch(r.irc, &f, 77), 0);
    open_page(&r, "CHATHISTORY BEFORE #a msgid=m1 2");
    rig_line(&r, AT("01.000Z;msgid=e1 :dave!d@h QUIT :x"));
    rig_line(&r, AT("02.000Z;msgid=e2 :dave!d@h JOIN #a"));
    rig_line(&r, ":s BATCH -1");
    rig_has(rig_events(&r), "time=1799575202000 req=77\nREPLY req=77 err=0 more=1 cursor=msgid=e1\n");
    f.before_id = "msgid=e1";
    assert_int_equal(irc_op_fetch(r.irc, &f, 78), 0);
    open_page(&r, "CHATHISTORY BEFORE #a msgid=e1 2");
    rig_line(&r, ":s BATCH -1");
    rig_has(rig_events(&r), "REPLY req=78 err=0\n");
    rig_stop(&r);
    in_room(&r, CAPS, "CHATHISTORY=100 MSGREFTYPES=timestamp"); /* no ids to refer to: by time, that moment again */
    rig_pass(&r, 10000);
    (void)rig_sent(&r);
    f.before_id = NULL;
    assert_int_equal(irc_op_fetch(r.irc, &f, 79), 0);
    open_page(&r, "CHATHISTORY BEFORE #a timestamp=2027-01-10T10:00:00.000Z 2");
    rig_line(&r, AT("01.000Z :dave!d@h QUIT :x"));
    rig_line(&r, AT("02.000Z :dave!d@h JOIN #a"));
    rig_line(&r, ":s BATCH -1");
    rig_has(rig_events(&r), "REPLY req=79 err=0 more=1 cursor=timestamp=2027-01-10T10:00:02.000Z\n");
    rig_stop(&r);
    (void)state;
}

static void odd_ones_are_left_out(void **state)
{
    struct rig r;
    in_room(&r, CAPS, "CHATHISTORY=100");
    rig_line(&r, ":s BATCH +1 chathistory bob"); /* no room */
    rig_line(&r, AT("01.000Z;msgid=e1 :dave!d@h QUIT :x"));
    rig_line(&r, ":s BATCH -1");
    rig_line(&r, ":s BATCH +1 chathistory");
    rig_line(&r, AT("01.000Z;msgid=e2 :dave!d@h JOIN #a"));
    rig_line(&r, ":s BATCH -1");
    rig_line(&r, ":s BATCH +1 chathistory #a");
    rig_line(&r, AT("01.000Z;msgid=e3 JOIN #a"));
    rig_line(&r, AT("01.000Z;msgid=e4 :dave!d@h NICK"));
    rig_line(&r, AT("01.000Z;msgid=e5 :dave!d@h KICK #a"));
    rig_line(&r, AT("01.000Z;msgid=e6 :dave!d@h MODE #a"));
    rig_line(&r, AT("01.000Z;msgid=e7 :dave!d@h TOPIC #a"));
    rig_line(&r, ":s BATCH -1");
    rig_line(&r, ":s BATCH +1 chathistory #b"); /* a room that is not known */
    rig_line(&r, AT("01.000Z;msgid=e8 :dave!d@h MODE #b +o eve"));
    rig_line(&r, ":s BATCH -1");
    rig_lacks(rig_events(&r), "HAPPENED");
    rig_check_members(&r);
    rig_stop(&r);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_told_and_changes_nothing), cmocka_unit_test(what_was_seen_live_is_not_told_again),
        cmocka_unit_test(events_count_where_holes_are_read), cmocka_unit_test(a_page_of_events_leads_on),
        cmocka_unit_test(odd_ones_are_left_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
