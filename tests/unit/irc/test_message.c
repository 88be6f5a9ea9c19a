/* unit/irc/test_message.c - messages out and in: the ledger, echoes and labels, multiline, reactions, CTCP, bounds */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

#include "base/mem.h"

#define CAPS "message-tags server-time batch labeled-response echo-message account-tag"

static int say(struct rig *r, const char *chat, const char *body, const char *id, uint32_t flags)
{
    struct kith_send m = {.size = sizeof m, .flags = flags, .chat = chat, .body = body, .id = id};
    return irc_op_send(r->irc, &m);
}

static void labels_and_echoes_feed_the_ledger(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, CAPS, "CASEMAPPING=ascii");
    rig_line(&r, ":alice!u@h JOIN #A");
    (void)rig_events(&r);
    assert_int_equal(say(&r, "#a", "hello", "o1", 0), 0);
    const char *sent = rig_sent(&r);
    rig_has(sent, "@label=k");
    rig_has(sent, " PRIVMSG #A hello\r\n");
    char *label = xstrndup(strstr(sent, "label=") + 6, strcspn(strstr(sent, "label=") + 6, " "));
    rig_has(rig_events(&r), "RECEIPT SENT chat=#a id=o1\n");
    rig_line(&r, "@label=%s;msgid=m1 :alice!u@h PRIVMSG #A :hello", label);
    const char *events = rig_events(&r);
    rig_has(events, "RECEIPT STORED chat=#a id=o1 archive=m1\n");
    rig_lacks(events, "MESSAGE");
    assert_int_equal(say(&r, "#a", "no", "o2", 0), 0);
    free(label);
    sent = rig_sent(&r);
    label = xstrndup(strstr(sent, "label=") + 6, strcspn(strstr(sent, "label=") + 6, " "));
    rig_line(&r, "@label=%s :irc.test 404 alice #A :Cannot send to channel", label);
    rig_has(rig_events(&r), "RECEIPT FAILED chat=#a id=o2 text=Cannot send to channel\n");
    rig_line(&r, ":alice!u@h PRIVMSG #A :from my phone");
    rig_has(rig_events(&r), "MESSAGE chat=#a sender=#a/alice body=from my phone +own\n");
    free(label);
    rig_stop(&r);
    (void)state;
}

static void without_echoes_a_ping_behind_it_tells(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, NULL, NULL);
    assert_int_equal(say(&r, "bob", "one", "o1", 0), 0);
    assert_int_equal(say(&r, "bob", "two", "o2", 0), 0);
    rig_has(rig_sent(&r), "PRIVMSG bob one\r\nPING kith-f1\r\nPRIVMSG bob two\r\n");
    rig_lacks(rig_events(&r), "STORED");
    rig_line(&r, ":irc.test PONG irc.test kith-f1");
    const char *events = rig_events(&r);
    rig_has(events, "RECEIPT STORED chat=bob id=o1\n");
    rig_lacks(events, "o2");
    rig_has(rig_sent(&r), "PING kith-f2\r\n");
    rig_line(&r, ":irc.test 401 alice bob :No such nick");
    rig_line(&r, ":irc.test PONG irc.test kith-f2");
    events = rig_events(&r);
    rig_has(events, "RECEIPT FAILED chat=bob id=o2 text=No such nick\n");
    rig_lacks(events, "STORED");
    rig_stop(&r);
    (void)state;
}

static void a_lost_message_is_never_sent_again_by_itself(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, NULL, NULL);
    assert_int_equal(say(&r, "bob", "one", "o1", 0), 0);
    irc_closed(r.irc, KITH_ENET, "reset");
    rig_online(&r, NULL, NULL);
    assert_int_equal(say(&r, "bob", "one", "o1", KITH_SEND_RETRY), 0);
    rig_lacks(rig_sent(&r), "PRIVMSG");
    rig_has(rig_events(&r), "RECEIPT FAILED chat=bob id=o1 text=the connection was lost before");
    rig_stop(&r);
    (void)state;
}

static void history_tells_what_became_of_a_lost_one(void **state)
{
    static const char caps[] = CAPS " draft/chathistory";
    struct rig r;
    rig_start(&r, "join=#a", NULL);
    rig_online(&r, caps, "CHATHISTORY=50");
    rig_line(&r, ":alice!u@h JOIN #a");
    assert_int_equal(say(&r, "#a", "one", "o1", 0), 0);
    rig_pass(&r, 10000);
    irc_closed(r.irc, KITH_ENET, "reset");
    rig_online(&r, caps, "CHATHISTORY=50");
    rig_line(&r, ":alice!u@h JOIN #a");
    assert_int_equal(say(&r, "#a", "one", "o1", KITH_SEND_RETRY), KITH_EBUSY);
    rig_pass(&r, 10000);
    const char *sent = rig_sent(&r), *ask = strstr(sent, "CHATHISTORY LATEST #a");
    assert_non_null(ask);
    while (*ask != '@')
        ask--;
    char *label = xstrndup(ask + 7, strcspn(ask + 7, " "));
    char time[32];
    irc_time_format(r.wall, time);
    rig_line(&r, "@label=%s :irc.test BATCH +h chathistory #a", label);
    rig_line(&r, "@batch=h;msgid=m9;time=%s :alice!u@h PRIVMSG #a :one", time);
    rig_line(&r, ":irc.test BATCH :-h");
    rig_has(rig_events(&r), "RECEIPT STORED chat=#a id=o1 archive=m9\n");
    free(label);
    rig_stop(&r);
    (void)state;
}

static void long_ones_are_cut_at_the_true_limit(void **state)
{
    struct rig r;
    char body[1201];
    rig_start(&r, NULL);
    rig_online(&r, NULL, NULL);
    rig_line(&r, ":alice!user@host.example JOIN #a");
    for (size_t n = 0; n < sizeof body - 1; n++)
        body[n] = n % 10 == 9 ? ' ' : 'x';
    body[sizeof body - 1] = '\0';
    (void)rig_sent(&r);
    assert_int_equal(say(&r, "#a", body, "o1", 0), 0);
    rig_pass(&r, 60000);
    size_t parts = 0, own = strlen(":alice!user@host.example ");
    for (const char *p = rig_sent(&r); *p; p = strstr(p, "\r\n") + 2) {
        assert_true(own + (size_t)(strstr(p, "\r\n") - p) + 2 <= 512);
        parts += str_starts(p, "PRIVMSG #a ");
    }
    assert_int_equal(parts, 3);
    assert_int_equal(say(&r, "#a", "", "o2", 0), KITH_EINVAL);
    assert_int_equal(say(&r, "a b", "x", "o2", 0), KITH_EINVAL);
    rig_stop(&r);
    (void)state;
}

static void lines_travel_as_one(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, CAPS " draft/multiline=max-bytes=400,max-lines=5", NULL);
    assert_int_equal(say(&r, "bob", "one\n\nthree", "o1", 0), 0);
    rig_pass(&r, 20000);
    const char *sent = rig_sent(&r);
    rig_has(sent, " draft/multiline bob\r\n@batch=");
    rig_has(sent, " PRIVMSG bob :\r\n");
    rig_has(sent, " PRIVMSG bob three\r\nBATCH -");
    char *label = xstrndup(strstr(sent, "label=") + 6, strcspn(strstr(sent, "label=") + 6, " ;"));
    rig_line(&r, "@label=%s;msgid=m1 :alice!u@h BATCH +x draft/multiline bob", label);
    rig_line(&r, "@batch=x :alice!u@h PRIVMSG bob :one");
    rig_line(&r, ":alice!u@h BATCH -x");
    rig_has(rig_events(&r), "RECEIPT STORED chat=bob id=o1 archive=m1\n");
    rig_line(&r, "@msgid=m2;+draft/reply=m1 :bob!u@h BATCH +y draft/multiline alice");
    rig_line(&r, "@batch=y :bob!u@h PRIVMSG alice :a");
    rig_line(&r, "@batch=y;draft/multiline-concat :bob!u@h PRIVMSG alice :b");
    rig_line(&r, "@batch=y :bob!u@h PRIVMSG alice :");
    rig_line(&r, ":bob!u@h BATCH -y");
    rig_line(&r, ":bob!u@h BATCH -y");
    rig_has(rig_events(&r), "MESSAGE chat=bob sender=bob id=m2 reply=m1 body=ab\n");
    free(label);
    rig_stop(&r);
    (void)state;
}

static void what_others_do_is_told(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, CAPS " draft/message-redaction", "STATUSMSG=@+");
    rig_line(&r, ":alice!u@h JOIN #a");
    (void)rig_events(&r);
    rig_line(&r, "@msgid=1;account=bobby :bob!u@h PRIVMSG #a :\002hi\002 \00304red\003");
    rig_has(rig_events(&r), "MESSAGE chat=#a sender=#a/bob id=1 account=bobby body=hi red look=0+2:1 look=3+3:0\n");
    rig_line(&r, ":bob!u@h PRIVMSG @#a :\001ACTION waves\001");
    rig_has(rig_events(&r), "MESSAGE chat=#a sender=#a/bob body=waves +action\n");
    rig_line(&r, "@+typing=active :bob!u@h TAGMSG alice");
    rig_has(rig_events(&r), "TYPING chat=bob who=bob state=1\n");
    rig_line(&r, "@+draft/react=+1;+draft/reply=1 :bob!u@h TAGMSG #a");
    rig_line(&r, "@+draft/react=o/;+draft/reply=1 :bob!u@h TAGMSG #a");
    rig_has(rig_events(&r), "target=1 react=+1 react=o/ +reactions\n");
    rig_line(&r, "@+draft/unreact=+1;+draft/reply=1 :bob!u@h TAGMSG #a");
    rig_has(rig_events(&r), "target=1 react=o/ +reactions\n");
    rig_line(&r, ":bob!u@h REDACT #a 1 :wrong room");
    rig_has(rig_events(&r), "target=1 text=wrong room +retract\n");
    rig_line(&r, ":irc.test NOTICE * :*** Looking up");
    rig_has(rig_events(&r), "NOTICE text=*** Looking up\n");
    rig_line(&r, "PRIVMSG #a :by nobody");
    rig_line(&r, ":bob!u@h PRIVMSG");
    rig_lacks(rig_events(&r), "MESSAGE");
    rig_stop(&r);
    (void)state;
}

static void answers_reactions_and_typing_go_out_as_tags(void **state)
{
    struct rig r;
    const struct kith_send m = {.size = sizeof m, .chat = "bob", .body = "yes", .id = "o1", .reply_to = "m;1"};
    const char *both[] = {"+1", "o/"};
    rig_start(&r, "fast=true", NULL);
    rig_online(&r, CAPS " draft/message-redaction", "CLIENTTAGDENY=*,-reply,-draft/react,-draft/unreact,-typing");
    assert_int_equal(irc_op_send(r.irc, &m), 0);
    const char *sent = rig_sent(&r);
    rig_has(sent, "@+reply=m\\:1;label=k");
    rig_lacks(sent, "draft/reply");
    assert_int_equal(irc_op_react(r.irc, "bob", "m1", both, 2, "o2"), 0);
    sent = rig_sent(&r);
    rig_has(sent, "@+draft/react=+1;");
    rig_has(sent, "@+draft/react=o/;");
    (void)rig_events(&r);
    for (int n = 0; n < 2; n++) /* each part comes back */
        rig_line(&r, "@label=k2%s :alice!u@h TAGMSG bob", n ? "-1" : "");
    rig_has(rig_events(&r), "RECEIPT STORED chat=bob id=o2\n");
    assert_int_equal(irc_op_react(r.irc, "bob", "m1", both + 1, 1, "o3"), 0);
    sent = rig_sent(&r);
    rig_has(sent, "@+draft/unreact=+1;");
    rig_lacks(sent, "/react=");
    assert_int_equal(irc_op_retract(r.irc, "bob", "m1", NULL, "o4"), 0);
    rig_has(rig_sent(&r), " REDACT bob m1\r\n");
    rig_line(&r, ":alice!u@h REDACT bob m1");
    rig_has(rig_events(&r), "RECEIPT STORED chat=bob id=o4\n");
    assert_int_equal(irc_op_typing(r.irc, "bob", KITH_TYPING_ACTIVE), 0);
    assert_int_equal(irc_op_typing(r.irc, "bob", KITH_TYPING_ACTIVE), 0);
    sent = rig_sent(&r);
    rig_has(sent, "@+typing=active TAGMSG bob\r\n");
    rig_lacks(strstr(sent, "typing") + 1, "typing"); /* not so soon again */
    rig_pass(&r, IRC_TYPING_MS);
    assert_int_equal(irc_op_typing(r.irc, "bob", KITH_TYPING_ACTIVE), 0);
    rig_has(rig_sent(&r), "+typing=active");
    rig_stop(&r);
    (void)state;
}

static void questions_of_clients_are_answered_seldom(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, CAPS, NULL);
    rig_line(&r, ":bob!u@h PRIVMSG alice :\001VERSION\001");
    rig_has(rig_sent(&r), "NOTICE bob :\001VERSION kith ");
    rig_line(&r, ":bob!u@h PRIVMSG alice :\001PING 12 3\001");
    rig_lacks(rig_sent(&r), "NOTICE");
    rig_pass(&r, IRC_CTCP_MS);
    rig_line(&r, ":bob!u@h PRIVMSG alice :\001PING 12 3\001");
    rig_pass(&r, 10000);
    rig_has(rig_sent(&r), "NOTICE bob :\001PING 12 3\001\r\n");
    rig_line(&r, ":bob!u@h PRIVMSG #a :\001VERSION\001");
    rig_line(&r, ":bob!u@h PRIVMSG alice :\001FINGER\001");
    rig_line(&r, ":alice!u@h PRIVMSG alice :\001VERSION\001");
    rig_pass(&r, 10000);
    rig_lacks(rig_sent(&r), "NOTICE");
    (void)rig_events(&r);
    rig_line(&r, ":bob!u@h PRIVMSG alice :\001DCC SEND x.zip 1 2 3\001");
    rig_has(rig_events(&r), "NOTICE chat=bob text=bob offers the file x.zip");
    rig_stop(&r);
    (void)state;
}

static void the_bucket_holds_back_and_lets_answers_pass(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, NULL, NULL);
    for (int n = 0; n < 8; n++)
        irc_say(r.irc, PRIO_QUERY, "WHO", "#a", NULL);
    irc_say(r.irc, PRIO_USER, "PRIVMSG", "bob", "first", NULL);
    const char *sent = rig_sent(&r);
    int whos = 0;
    for (const char *p = sent; (p = strstr(p, "WHO")); p++)
        whos++;
    assert_int_equal(whos, 5);
    rig_line(&r, "PING :1");
    rig_has(rig_sent(&r), "PONG 1");
    rig_pass(&r, 2100);
    sent = rig_sent(&r);
    rig_has(sent, "PRIVMSG bob first\r\n");
    rig_lacks(sent, "WHO");
    for (int n = 0; n < IRC_QUEUE_MAX + 10; n++)
        irc_say(r.irc, PRIO_QUERY, "WHO", "#a", NULL);
    assert_int_equal(irc_queue_waiting(r.irc), IRC_QUEUE_MAX);
    rig_stop(&r);
    (void)state;
}

static void batches_have_bounds(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, CAPS, NULL);
    for (int n = 0; n < IRC_BATCHES_OPEN + 10; n++)
        rig_line(&r, ":s BATCH +b%d draft/multiline #a", n);
    rig_line(&r, "@batch=b1 :s BATCH +b1 x");      /* there already */
    rig_line(&r, "@batch=self :s BATCH +self x"); /* its own parent: has none */
    int used = 0;
    for (int n = 0; n < IRC_BATCHES_OPEN; n++)
        used += r.irc->batches[n].used;
    assert_int_equal(used, IRC_BATCHES_OPEN);
    rig_pass(&r, IRC_BATCH_AGE_MS + 1000);
    for (int n = 0; n < IRC_BATCHES_OPEN; n++)
        assert_false(r.irc->batches[n].used);
    rig_line(&r, ":s BATCH +d0 x");
    for (int n = 1; n < IRC_BATCH_DEPTH + 4; n++)
        rig_line(&r, "@batch=d%d :s BATCH +d%d x", n - 1, n);
    for (int n = 0; n < IRC_BATCHES_OPEN; n++)
        assert_true(r.irc->batches[n].depth < IRC_BATCH_DEPTH);
    (void)rig_events(&r);
    rig_line(&r, "@batch=nowhere :bob!u@h PRIVMSG alice :hi");
    rig_has(rig_events(&r), "body=hi");
    rig_stop(&r);
    (void)state;
}

static void questions_have_an_end(void **state)
{
    struct rig r;
    rig_start(&r, "fast=true", NULL);
    rig_online(&r, CAPS, NULL);
    for (kith_req n = 1; n <= IRC_QUERIES_MAX + 2; n++)
        irc_query_new(r.irc, ASK_WHO, "#a", n);
    assert_int_equal(r.irc->n_queries, IRC_QUERIES_MAX);
    rig_has(rig_events(&r), "REPLY req=1 err=-8");
    assert_int_equal(irc_op_info(r.irc, "bob", 9999), 0);
    rig_pass(&r, IRC_QUERY_MS + 1000);
    rig_has(rig_events(&r), "REPLY req=9999 err=-8");
    rig_stop(&r);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_and_echoes_feed_the_ledger),
        cmocka_unit_test(without_echoes_a_ping_behind_it_tells),
        cmocka_unit_test(a_lost_message_is_never_sent_again_by_itself),
        cmocka_unit_test(history_tells_what_became_of_a_lost_one),
        cmocka_unit_test(long_ones_are_cut_at_the_true_limit),
        cmocka_unit_test(lines_travel_as_one),
        cmocka_unit_test(what_others_do_is_told),
        cmocka_unit_test(answers_reactions_and_typing_go_out_as_tags),
        cmocka_unit_test(questions_of_clients_are_answered_seldom),
        cmocka_unit_test(the_bucket_holds_back_and_lets_answers_pass),
        cmocka_unit_test(batches_have_bounds),
        cmocka_unit_test(questions_have_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
