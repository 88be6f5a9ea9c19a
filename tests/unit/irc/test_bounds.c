/* unit/irc/test_bounds.c - what has an end in time or number: servers that hang, flood, repeat themselves or lie about numbers */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "rig.h"

#define CAPS "message-tags batch labeled-response echo-message server-time"

static int count(const char *text, const char *part)
{
    int n = 0;
    while ((text = strstr(text, part)) != NULL) {
        n++;
        text += strlen(part);
    }
    return n;
}

static int say(struct rig *r, const char *chat, const char *id, const char *body)
{
    const struct kith_send m = {.size = sizeof m, .chat = chat, .id = id, .body = body};
    return irc_op_send(r->irc, &m);
}

/* ---- time ---- */

static void a_server_that_never_lets_us_in_is_left(void **state)
{
    static const char *const said[] = {NULL, ":irc.test CAP * LS * :batch", ":irc.test CAP * LS :batch", ":irc.test 001 alice :Welcome",
                                       ":irc.test 451 * CAP :no", ":irc.test NOTICE * :*** Looking up your hostname"};
    for (size_t n = 0; n < COUNT(said); n++) {
        struct rig r;
        rig_start(&r, NULL);
        rig_connect(&r);
        if (said[n])
            rig_line(&r, "%s", said[n]);
        rig_pass(&r, IRC_REGISTER_MS - 1000);
        assert_true(r.connected);
        rig_pass(&r, 2000);
        rig_has(rig_events(&r), "STATE 0 err=-8 text=irc.test did not let us in for 60 seconds.");
        assert_false(r.connected);
        rig_stop(&r);
    }
    (void)state;
}

static void a_list_of_capabilities_without_end_ends(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_connect(&r);
    for (int n = 0; n < 1000; n++) {
        rig_line(&r, ":irc.test CAP * LS * :batch message-tags a%d b%d c%d", n, n, n);
        rig_pass(&r, IRC_REGISTER_MS / 1000 + 10);
    }
    rig_has(rig_events(&r), "STATE 0 err=-8");
    rig_stop(&r);
    (void)state;
}

static void a_login_that_hangs_is_given_up(void **state)
{
    for (int stage = 0; stage < 3; stage++) {
        for (int must = 0; must < 2; must++) {
            struct rig r;
            rig_start(&r, "login=al", "password=pw", must ? "sasl_required=true" : "ctcp=true", NULL);
            rig_connect(&r);
            rig_line(&r, ":irc.test CAP * LS :sasl=%s", stage == 1 ? "SCRAM-SHA-256" : "PLAIN");
            rig_line(&r, ":irc.test CAP * ACK :sasl");
            if (stage > 0)
                rig_line(&r, "AUTHENTICATE +");
            (void)rig_sent(&r);
            rig_pass(&r, IRC_SASL_MS - 500);
            assert_string_equal(rig_sent(&r), "");
            rig_pass(&r, 1000);
            const char *sent = rig_sent(&r);
            rig_has(sent, "AUTHENTICATE *\r\n");
            if (must)
                rig_has(rig_events(&r), "STATE 0 err=-6 retry=1");
            else
                rig_has(sent, "CAP END\r\n");
            rig_stop(&r);
        }
    }
    (void)state;
}

static void a_flood_that_was_punished_is_halved(void **state)
{
    int64_t took[5];
    struct rig r;
    rig_start(&r, NULL);
    for (size_t n = 0; n < COUNT(took); n++) {
        rig_online(&r, NULL, NULL);
        int64_t begin = r.mono;
        for (int k = 0; k < 10; k++)
            irc_say(r.irc, PRIO_USER, "PRIVMSG", "bob", "x", NULL);
        while (irc_queue_waiting(r.irc) > 0)
            rig_pass(&r, 100);
        took[n] = r.mono - begin;
        rig_line(&r, "ERROR :Closing Link: alice (Excess Flood)");
    }
    assert_true(took[1] > took[0] * 3 / 2 && took[2] > took[1] * 3 / 2 && took[3] > took[2] * 3 / 2);
    assert_true(took[4] <= took[3] + 1000); /* not for ever */
    rig_stop(&r);
    (void)state;
}

static void typing_is_told_again_after_a_while(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, CAPS, NULL);
    for (int n = 0; n < 100; n++) {
        assert_int_equal(irc_op_typing(r.irc, "bob", KITH_TYPING_ACTIVE), 0);
        rig_pass(&r, IRC_TYPING_MS / 10 + 1);
    }
    assert_in_range(count(rig_sent(&r), "typing=active"), 9, 11);
    rig_stop(&r);
    (void)state;
}

/* ---- number ---- */

static void messages_wait_instead_of_being_forgotten(void **state)
{
    struct rig r;
    char id[16];
    int taken = 0, later = 0;
    rig_start(&r, "fast=true", NULL);
    rig_online(&r, CAPS, NULL);
    for (int n = 0; n < IRC_QUERIES_MAX * 2; n++) {
        (void)snprintf(id, sizeof id, "m%d", n);
        int rc = say(&r, "bob", id, "x");
        assert_true(rc == 0 || rc == KITH_EBUSY);
        taken += rc == 0;
        later += rc != 0;
    }
    assert_int_equal(taken, IRC_QUERIES_MAX - IRC_QUERIES_SPARE);
    assert_int_equal(later, IRC_QUERIES_MAX + IRC_QUERIES_SPARE);
    for (int n = 0; n < IRC_QUERIES_MAX; n++) /* questions push out questions, not messages */
        irc_query_new(r.irc, ASK_WHO, "#a", 0);
    int messages = 0;
    for (struct irc_query *q = r.irc->queries; q; q = q->next)
        messages += q->ask == ASK_MESSAGE;
    assert_int_equal(messages, taken);
    assert_int_equal(r.irc->n_queries, IRC_QUERIES_MAX);
    rig_stop(&r);
    (void)state;
}

static void rooms_and_people_have_a_number(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, NULL, NULL);
    r.quiet = true;
    for (int n = 0; n < IRC_ROOMS_MAX + 100; n++)
        rig_line(&r, ":alice!u@h JOIN #r%d", n);
    assert_int_equal(r.irc->rooms.n, IRC_ROOMS_MAX);
    for (int n = 0; n < IRC_USERS_MAX + 2000;) {
        struct buf b = {0};
        for (int k = 0; k < 500; k++)
            buf_addf(&b, "n%d ", n++);
        rig_line(&r, ":irc.test 353 alice = #r1 :%s", buf_str(&b));
        buf_free(&b);
    }
    assert_true(r.irc->users.n <= IRC_USERS_MAX);
    rig_line(&r, ":irc.test 366 alice #r1 :End");
    rig_line(&r, ":late!u@h JOIN #r1");
    rig_line(&r, ":late!u@h QUIT :bye");
    rig_line(&r, ":n5!u@h NICK late");
    rig_stop(&r);
    (void)state;
}

static void one_text_has_not_more_than_a_hundred_lines(void **state)
{
    struct rig r;
    struct buf b = {0};
    rig_start(&r, "fast=true", NULL);
    rig_online(&r, CAPS, NULL);
    for (int n = 0; n < 100; n++)
        buf_addf(&b, "%sline", n ? "\n" : "");
    assert_int_equal(say(&r, "bob", "a", buf_str(&b)), 0);
    buf_adds(&b, "\nline");
    assert_int_equal(say(&r, "bob", "b", buf_str(&b)), KITH_ETOOBIG);
    buf_free(&b);
    rig_stop(&r);
    (void)state;
}

static void connect_commands_have_a_number(void **state)
{
    struct rig r;
    struct buf b = {0};
    buf_adds(&b, "commands=");
    for (int n = 0; n < 200; n++)
        buf_adds(&b, "/MODE $nick +x;");
    rig_start(&r, "fast=true", buf_str(&b), NULL);
    rig_connect(&r);
    rig_line(&r, ":irc.test 001 alice :Welcome");
    rig_line(&r, ":irc.test 422 alice :No MOTD");
    assert_int_equal(count(rig_sent(&r), "MODE alice +x\r\n"), 32);
    buf_free(&b);
    rig_stop(&r);
    (void)state;
}

static void reactions_are_bounded(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, CAPS, NULL);
    r.quiet = true;
    for (int n = 0; n < 5000; n++)
        rig_line(&r, "@+draft/react=x;+draft/reply=m%d :bob!b@h TAGMSG #a", n);
    assert_true(r.irc->my_reactions.n <= 2000);
    r.quiet = false;
    (void)rig_events(&r);
    for (int n = 0; n < 100; n++)
        rig_line(&r, "@+draft/react=r%d;+draft/reply=m :bob!b@h TAGMSG #a", n);
    (void)rig_events(&r);
    rig_line(&r, "@+draft/react=r200;+draft/reply=m :bob!b@h TAGMSG #a");
    assert_true(count(rig_events(&r), " react=") <= 32);
    rig_line(&r, "@+draft/react=%0100d;+draft/reply=m :bob!b@h TAGMSG #a", 1);
    rig_lacks(rig_events(&r), "MESSAGE");
    rig_stop(&r);
    (void)state;
}

static void tags_are_bounded(void **state)
{
    const char *const params[] = {"#a", "x"};
    struct buf tags = {0}, line = {0};
    irc_put_tag(&tags, "k", "");
    while (tags.len < IRC_CLIENT_TAGS)
        buf_addc(&tags, 'x');
    assert_true(irc_put(&line, buf_str(&tags), "PRIVMSG", params, 2));
    buf_addc(&tags, 'x');
    assert_false(irc_put(&line, buf_str(&tags), "PRIVMSG", params, 2));
    buf_free(&tags);
    buf_free(&line);
    (void)state;
}

static void lost_messages_are_kept_in_mind_up_to_a_number(void **state)
{
    struct rig r;
    char id[16];
    rig_start(&r, "fast=true", NULL);
    rig_online(&r, "message-tags batch labeled-response echo-message", NULL);
    for (int n = 0; n < 200; n++) {
        (void)snprintf(id, sizeof id, "m%d", n);
        assert_int_equal(say(&r, "bob", id, "x"), 0);
    }
    irc_closed(r.irc, KITH_ENET, "gone");
    rig_online(&r, "message-tags batch labeled-response echo-message", NULL);
    const struct kith_send old = {.size = sizeof old, .chat = "bob", .id = "m1", .body = "x", .flags = KITH_SEND_RETRY};
    assert_int_equal(irc_op_send(r.irc, &old), 0); /* whatever is forgotten is never sent again by itself */
    rig_has(rig_events(&r), "RECEIPT FAILED chat=bob id=m1");
    rig_lacks(rig_sent(&r), "PRIVMSG");
    rig_stop(&r);
    (void)state;
}

/* Of the newest question about #a in what was sent; NULL: none. Owned. */
static char *history_label(const char *sent)
{
    const char *ask = strstr(sent, " #a "), *label = NULL;
    if (!ask || !strstr(sent, "CHATHISTORY"))
        return NULL;
    for (const char *p = sent; (p = strstr(p, "label=")) && p < ask; p++)
        label = p + strlen("label=");
    return label ? xstrndup(label, strcspn(label, "; ")) : NULL;
}

static void pages_of_history_have_an_end(void **state)
{
    struct rig r;
    char *label;
    int pages = 0;
    rig_start(&r, "fast=true", NULL);
    rig_online(&r, CAPS " draft/chathistory", "CHATHISTORY=2");
    rig_line(&r, ":alice!u@h JOIN #a");
    for (; pages < 2000; pages++) { /* each is full, and later than the one before */
        rig_pass(&r, 200);
        label = history_label(rig_sent(&r));
        if (!label)
            break;
        rig_line(&r, "@label=%s BATCH +p chathistory #a", label);
        for (int k = 0; k < 2; k++)
            rig_line(&r, "@batch=p;msgid=p%d-%d;time=2026-01-%02dT%02d:%02d:%02d.000Z :bob!b@h PRIVMSG #a :y", pages, k, 2 + pages / 1440,
                     pages / 60 % 24, pages % 60, k);
        rig_line(&r, "BATCH -p");
        if (pages == 0) { /* from the newest page on nothing is missing: leave, and come again */
            irc_closed(r.irc, KITH_ENET, "gone");
            rig_online(&r, CAPS " draft/chathistory", "CHATHISTORY=2");
            rig_line(&r, ":alice!u@h JOIN #a");
        }
        free(label);
    }
    assert_in_range(pages, 10, 600);
    rig_stop(&r);
    (void)state;
}

/* So many questions are under way that the next page pushes out the one whose answer it follows from. */
static void a_page_may_push_out_the_one_before(void **state)
{
    struct rig r;
    rig_start(&r, "fast=true", NULL);
    free(map_set(&r.state, "seen", xstrdup("1767225600000 #a\n")));
    rig_online(&r, CAPS " draft/chathistory", "CHATHISTORY=2");
    rig_line(&r, ":alice!u@h JOIN #a");
    rig_pass(&r, 200);
    for (struct irc_query *q = r.irc->queries, *next; q; q = next) {
        next = q->next;
        if (q->ask != ASK_HISTORY || !q->target)
            irc_query_end(r.irc, q, KITH_ECANCELED, NULL);
    }
    assert_int_equal(r.irc->n_queries, 1);
    uint64_t number = r.irc->queries->number;
    while (r.irc->n_queries < IRC_QUERIES_MAX)
        irc_query_new(r.irc, ASK_WHO, "#a", 0);
    rig_line(&r, "@label=k%llu BATCH +p chathistory #a", (unsigned long long)number);
    for (int k = 1; k < 3; k++)
        rig_line(&r, "@batch=p;msgid=p%d;time=2026-01-02T00:00:0%d.000Z :bob!b@h PRIVMSG #a :y", k, k);
    rig_line(&r, "BATCH -p");
    rig_pass(&r, 200);
    rig_has(rig_sent(&r), "CHATHISTORY AFTER #a timestamp=2026-01-02T00:00:02.000Z 2\r\n");
    assert_int_equal(r.irc->n_queries, IRC_QUERIES_MAX);
    rig_stop(&r);
    (void)state;
}

static void names_of_missed_chats_are_bounded(void **state)
{
    struct rig r;
    rig_start(&r, "fast=true", NULL);
    rig_online(&r, CAPS " draft/chathistory", "CHATHISTORY=100");
    for (int n = 0; n < 20000; n++)
        rig_line(&r, "CHATHISTORY TARGETS n%d 2026-11-21T10:00:00.000Z", n);
    assert_true(r.irc->n_queries <= IRC_QUERIES_MAX && irc_queue_waiting(r.irc) <= IRC_QUEUE_MAX);
    rig_stop(&r);
    (void)state;
}

static void who_is_has_not_more_than_some_fields(void **state)
{
    struct rig r;
    rig_start(&r, "fast=true", NULL);
    rig_online(&r, NULL, NULL);
    assert_int_equal(irc_op_info(r.irc, "bob", 7), 0);
    rig_line(&r, ":irc.test 311 alice bob u h * :Bob");
    for (int n = 0; n < 5000; n++)
        rig_line(&r, ":irc.test 320 alice bob :is a secure connection %d", n);
    rig_line(&r, ":irc.test 317 alice bob 99999999999999999999 99999999999999999999 :seconds idle, signon time");
    rig_line(&r, ":irc.test 317 alice bob -5 -7 :seconds idle, signon time");
    for (int n = 0; n < 5000; n++)
        rig_line(&r, ":irc.test 311 alice other%d u h * :Nobody asked", n);
    assert_true(r.irc->whois.n <= 2);
    for (int n = 0; n < 5000; n++) /* as if asked */
        rig_line(&r, "@label=k%d :irc.test 311 alice other%d u h * :Nobody asked", (int)r.irc->queries->number, n);
    assert_true(r.irc->whois.n <= IRC_QUERIES_MAX);
    rig_line(&r, ":irc.test 318 alice bob :End");
    const char *events = rig_events(&r);
    rig_has(events, "ITEM address=bob");
    assert_true(count(events, "=is a secure") <= 24);
    rig_stop(&r);
    (void)state;
}

static void times_of_the_server_are_bounded(void **state)
{
    static const char *const times[] = {"99999999999999999999", "-1", "9223372036854775807", "4102444800001", "0", "1e9", "", "x"};
    struct rig r;
    rig_start(&r, "fast=true", NULL);
    rig_online(&r, CAPS, NULL);
    rig_line(&r, ":alice!u@h JOIN #a");
    for (size_t n = 0; n < COUNT(times); n++) { /* the rig looks at each number that is told */
        rig_line(&r, ":irc.test 332 alice #a :topic %zu", n);
        rig_line(&r, ":irc.test 333 alice #a bob %s", times[n]);
        rig_line(&r, ":irc.test 329 alice #a %s", times[n]);
        rig_line(&r, ":irc.test 367 alice #a *!*@x bob %s", times[n]);
        rig_line(&r, ":irc.test 322 alice #a %s :topic", times[n]);
        rig_line(&r, "@time=%s :bob!b@h PRIVMSG #a :x", times[n]);
        rig_line(&r, "@time=%s-01-01T00:00:00.000Z :bob!b@h PRIVMSG #a :x", times[n]);
    }
    rig_has(rig_events(&r), "topic=topic 7");
    rig_stop(&r);
    (void)state;
}

static void a_policy_is_not_for_ever(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_connect(&r);
    rig_line(&r, ":irc.test CAP * LS :sts=duration=99999999999999999999");
    const char *kept = map_get(&r.state, "sts irc.test");
    assert_string_equal(kept, "6697 316224000 2116224000000"); /* ten years from the rig's now */
    irc_closed(r.irc, KITH_ENET, "gone");
    for (int n = 0; n < 3; n++) { /* what somebody wrote into the store */
        static const char *const junk[] = {"x", "70000 5 9999999999999999", "6697 5 99999999999999999999999999999999999999999999999"};
        free(map_set(&r.state, "sts irc.test", xstrdup(junk[n])));
        free(map_set(&r.options, "tls", xstrdup("no")));
        rig_connect(&r);
        assert_string_equal(r.host, "irc.test:6667");
        irc_closed(r.irc, KITH_ENET, "gone");
    }
    rig_stop(&r);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_never_lets_us_in_is_left),
        cmocka_unit_test(a_list_of_capabilities_without_end_ends),
        cmocka_unit_test(a_login_that_hangs_is_given_up),
        cmocka_unit_test(a_flood_that_was_punished_is_halved),
        cmocka_unit_test(typing_is_told_again_after_a_while),
        cmocka_unit_test(messages_wait_instead_of_being_forgotten),
        cmocka_unit_test(rooms_and_people_have_a_number),
        cmocka_unit_test(one_text_has_not_more_than_a_hundred_lines),
        cmocka_unit_test(connect_commands_have_a_number),
        cmocka_unit_test(reactions_are_bounded),
        cmocka_unit_test(tags_are_bounded),
        cmocka_unit_test(lost_messages_are_kept_in_mind_up_to_a_number),
        cmocka_unit_test(pages_of_history_have_an_end),
        cmocka_unit_test(a_page_may_push_out_the_one_before),
        cmocka_unit_test(names_of_missed_chats_are_bounded),
        cmocka_unit_test(who_is_has_not_more_than_some_fields),
        cmocka_unit_test(times_of_the_server_are_bounded),
        cmocka_unit_test(a_policy_is_not_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
