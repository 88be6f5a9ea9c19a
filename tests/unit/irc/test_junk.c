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
                                    "MARKREAD", "CHATHISTORY", "BOUNCER", "REGISTER", "VERIFY", "XYZZY"};
static const char *const params[] = {"alice", "#a", "bob", "*", "+ov", "-", "", "99999999999999999999", "-1", "+x",
                                     "-x", "#", "\001ACTION\001", "\001", "@+%", "timestamp=2026-01-01T00:00:00.000Z",
                                     "LS", "NEW", "DEL", "NAK", "ACK", "a!b@c,d!e", "PREFIX=(ov", "CASEMAPPING=ascii",
                                     "draft/multiline", "chathistory", "netsplit", "NETWORK", "name=x;state",
                                     "\xE2\x80\xAE", "+bbeI", "q", "7", "G@*", "CASEMAPPING=rfc1459", "PREFIX=(vo)+@", "-PREFIX", "WHOX", "a.b c.d", "=x", "sts=port=1", "TARGETS",
                                     "soju.im/bouncer-networks", "SUCCESS", "VERIFICATION_REQUIRED", "CHANNEL_RENAMED", "JOIN"};
static const char *const sources[] = {"", ":alice!u@h ", ":bob!u@h ", ":bob ", ":irc.test ", ":!@ ", ":carol!@ "};
static const char *const tags[] = {"", "@batch=x ", "@label=k1;msgid=m ", "@time=x;account=a;+typing=active ",
                                   "@+draft/react=x;+draft/reply=m ", "@draft/multiline-concat;batch=x "};

static void begin(struct rig *r)
{
    rig_start(r, "join=#a", "fast=true", "rejoin_on_kick=true", NULL);
    map_set(&r->state, "friends", xstrdup("bob\ncarol\n"));
    rig_online(r, "message-tags batch labeled-response echo-message draft/chathistory draft/multiline extended-join "
               "draft/channel-rename draft/account-registration soju.im/bouncer-networks soju.im/bouncer-networks-notify",
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
    rig_check_members(r);
}

/* Something that the user asks, so that there is a question which the line may answer. */
static void ask(struct rig *r, unsigned which)
{
    static const char *const commands[] = {"mode", "mode #a", "who #a", "list", "names #a", "ban bob", "quote PING x", "monitor bob", "ctcp bob VERSION",
                                           "except", "whois bob", "unban bob"};
    const struct kith_send m = {.size = sizeof m, .chat = which % 2 ? "#a" : "bob", .id = "x", .body = "one\ntwo"};
    const struct kith_history_fetch f = {.size = sizeof f, .chat = "#a", .max = 3};
    const char *const thumb[] = {"+1"};
    struct irc *i = r->irc;
    switch (which % 14) {
    case 0: irc_op_send(i, &m); break;
    case 1: irc_op_join(i, "#b", "key", 1); break;
    case 2: irc_op_leave(i, "#b", "bye", 2); break;
    case 3: irc_op_topic(i, "#a", "news", 3); break;
    case 4: irc_op_nick(i, "alicia", 4); break;
    case 5: irc_op_invite(i, "#a", "dave", 5); break;
    case 6: irc_op_remove(i, "#a", "carol", KITH_LEAVE_KICK, "out", 6); break;
    case 7: irc_op_role(i, "#a", "bob", KITH_ROLE_OWNER, 7); break;
    case 8: irc_op_list(i, NULL, which % 3 ? "*x*" : NULL, 8); break;
    case 9: irc_op_affiliated(i, "#a", KITH_ROLE_NONE, 9); break;
    case 10: irc_op_fetch(i, &f, 10); break;
    case 11: irc_op_info(i, "bob", 11); break;
    case 12: irc_op_react(i, "#a", "m", thumb, 1, "y"); break;
    default: rig_command(r, "#a", commands[which / 14 % COUNT(commands)]); break;
    }
}

/* The k-th parameter of so many: of sense, absurdly large, missing, absurdly long, or no text. */
static void add_param(struct buf *b, int kind, int what, int k, int n)
{
    static const char *const huge[] = {"99999999999999999999", "-99999999999999999999", "2147483648", "18446744073709551616", "1e308", "0x7fffffff"};
    const char *colon = k == n - 1 && n < 40 ? " :" : " ";
    if (kind == 0 || k == 0)
        buf_addf(b, "%s%s", colon, k == 0 ? "alice" : k == 1 && what % 2 ? "#a" : params[(size_t)(what + k * 7) % COUNT(params)]);
    else if (kind == 1)
        buf_addf(b, "%s%s", colon, k == 1 ? "#a" : huge[(size_t)(what + k) % COUNT(huge)]);
    else if (kind == 2)
        buf_adds(b, k == n - 1 ? " :" : "  ");
    else if (kind == 3)
        buf_addf(b, "%s%0*d", colon, n > 15 ? 150 : 400, what);
    else
        buf_addf(b, "%s%s", colon, (what + k) % 2 ? "\x02\x03,4\x1b[31m\x01\x7f\xff\xfe" : "\u202e\u200b\U000e0041\ufffd\u0300\x0f");
}

static void no_count_of_parameters_hurts(void **state)
{
    static const int counts[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 40};
    struct rig r;
    begin(&r);
    for (int what = 1; what < 1000 + (int)COUNT(words); what++) {
        for (size_t round = 0; round < COUNT(counts) * 5; round++) {
            struct buf b = {0};
            int n = counts[round / 5];
            if (what < 1000)
                buf_addf(&b, ":irc.test %03d", what);
            else
                buf_addf(&b, ":bob!u@h %s", words[what - 1000]);
            for (int k = 0; k < n; k++)
                add_param(&b, (int)(round % 5), what, k, n);
            buf_adds(&b, "\r\n");
            ask(&r, (unsigned)what * 55 + (unsigned)round);
            rig_pass(&r, round % 16 ? 40 : 20000);
            irc_data(r.irc, b.data, b.len);
            buf_free(&b);
            rig_pass(&r, 0);
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
        if (n % 8 == 0)
            ask(&r, next(&seed));
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
