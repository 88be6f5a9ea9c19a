/* unit/irc/test_junk.c - bad input: every numeric and word with too few, too many and absurd parameters; 100,000 odd lines */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

#include "base/mem.h"

static const char *const words[] = {"PRIVMSG", "NOTICE", "TAGMSG", "REDACT", "BATCH", "PING", "PONG", "JOIN", "PART",
                                    "QUIT", "KICK", "NICK", "MODE", "TOPIC", "AWAY", "ACCOUNT", "CHGHOST", "SETNAME",
                                    "RENAME", "INVITE", "CAP", "AUTHENTICATE", "FAIL", "WARN", "NOTE", "ACK",
                                    "MARKREAD", "CHATHISTORY", "BOUNCER", "XYZZY"};
static const char *const params[] = {"alice", "#a", "bob", "*", "+ov", "-", "", "99999999999999999999", "-1", "+x",
                                     "-x", "#", "\001ACTION\001", "\001", "@+%", "timestamp=2026-01-01T00:00:00.000Z",
                                     "LS", "NEW", "DEL", "NAK", "ACK", "a!b@c,d!e", "PREFIX=(ov", "CASEMAPPING=ascii",
                                     "draft/multiline", "chathistory", "netsplit", "NETWORK", "name=x;state",
                                     "\xE2\x80\xAE", "+bbeI", "q", "7", "G@*", "CASEMAPPING=rfc1459", "PREFIX=(vo)+@", "-PREFIX", "WHOX", "a.b c.d", "=x", "sts=port=1", "TARGETS"};
static const char *const sources[] = {"", ":alice!u@h ", ":bob!u@h ", ":bob ", ":irc.test ", ":!@ ", ":carol!@ "};
static const char *const tags[] = {"", "@batch=x ", "@label=k1;msgid=m ", "@time=x;account=a;+typing=active ",
                                   "@+draft/react=x;+draft/reply=m ", "@draft/multiline-concat;batch=x "};

static void begin(struct rig *r)
{
    rig_start(r, "join=#a", "fast=true", "rejoin_on_kick=true", NULL);
    map_set(&r->state, "friends", xstrdup("bob\ncarol\n"));
    rig_online(r, "message-tags batch labeled-response echo-message draft/chathistory draft/multiline extended-join",
               "CHATHISTORY=10 MONITOR=10 WHOX");
    rig_line(r, ":alice!u@h JOIN #a * :Alice");
    rig_line(r, ":irc.test 353 alice = #a :@alice +bob carol");
    rig_line(r, ":irc.test 366 alice #a :End");
    r->quiet = true;
}

static void revive(struct rig *r)
{
    if (irc_online(r->irc))
        return;
    rig_stop(r);
    begin(r);
}

/* Is every member a user that is known by the nick, and every user somewhere? */
static void check_people(const struct rig *r)
{
    const struct irc *i = r->irc;
    int refs = 0, counted = 0;
    for (struct map_entry *e = NULL; (e = map_next(&i->rooms, e));) {
        const struct irc_room *room = e->value;
        assert_true(room->joined || room->members.n == 0);
        for (struct map_entry *m = NULL; (m = map_next(&room->members, m));) {
            const struct irc_member *one = m->value;
            assert_ptr_equal(irc_user(i, one->user->nick), one->user);
            refs++;
        }
    }
    for (struct map_entry *e = NULL; (e = map_next(&i->users, e));)
        counted += ((const struct irc_user *)e->value)->refs;
    assert_true(counted >= refs && counted <= refs + 2); /* two are friends */
}

static void no_count_of_parameters_hurts(void **state)
{
    struct rig r;
    begin(&r);
    for (int what = 1; what < 1000 + (int)COUNT(words); what++) {
        for (int n = 0; n <= 20; n += n < 6 ? 1 : 7) {
            struct buf b = {0};
            for (int k = 0; k < n; k++)
                buf_addf(&b, " %s", k == 0 ? "alice" : params[(size_t)(what + k * 7) % COUNT(params)]);
            irc_query_new(r.irc, (enum irc_ask)(1 + what % ASK_REGISTER), "#a", 1)->asked_ms = 1;
            if (what < 1000)
                rig_line(&r, ":irc.test %03d%s", what, buf_str(&b));
            else
                rig_line(&r, ":bob!u@h %s%s", words[what - 1000], buf_str(&b));
            buf_free(&b);
            revive(&r);
        }
        check_people(&r);
    }
    rig_stop(&r);
    (void)state;
}

static uint32_t next(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

#define ANY(list) ((list)[next(&seed) % COUNT(list)])

static void odd_lines_in_any_order_hurt_nobody(void **state)
{
    struct rig r;
    uint32_t seed = 20261121;
    begin(&r);
    for (int n = 0; n < 100000; n++) {
        struct buf b = {0};
        buf_addf(&b, "%s%s", ANY(tags), ANY(sources));
        if (next(&seed) % 3 == 0)
            buf_addf(&b, "%03u", next(&seed) % 1000);
        else
            buf_adds(&b, ANY(words));
        for (uint32_t k = next(&seed) % 6; k > 0; k--)
            buf_addf(&b, " %s%s", k == 1 && next(&seed) % 2 ? ":" : "", ANY(params));
        for (size_t k = 0; next(&seed) % 8 == 0 && k < 4; k++) /* bytes that are another */
            b.data[next(&seed) % b.len] = (char)next(&seed);
        buf_addc(&b, '\n');
        irc_data(r.irc, b.data, b.len);
        buf_free(&b);
        rig_pass(&r, next(&seed) % 64 == 0 ? 20000 : 1);
        revive(&r);
        if (n % 64 == 0)
            check_people(&r);
        assert_true(r.irc->n_queries <= IRC_QUERIES_MAX && irc_queue_waiting(r.irc) <= IRC_QUEUE_MAX);
    }
    rig_stop(&r);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_count_of_parameters_hurts),
        cmocka_unit_test(odd_lines_in_any_order_hurt_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
