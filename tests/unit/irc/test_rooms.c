/* unit/irc/test_rooms.c - who is in which channel, and what is known of them; friends; invitations; coming back */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

#include "backends/irc/rooms.h"
#include "base/mem.h"

static void come(struct rig *r, const char *room, const char *names)
{
    rig_line(r, ":alice!u@h JOIN %s", room);
    rig_line(r, ":irc.test 353 alice = %s :%s", room, names);
    rig_line(r, ":irc.test 366 alice %s :End", room);
}

static void begin(struct rig *r, const char *caps, const char *isupport)
{
    rig_start(r, "fast=true", NULL);
    rig_online(r, caps, isupport);
}

/* The members of a channel by order of coming, with blanks between. */
static void members_are(const struct rig *r, const char *room, const char *expected)
{
    struct buf b = {0};
    const struct irc_room *room_now = irc_room(r->irc, room);
    assert_non_null(room_now);
    for (struct map_entry *e = NULL; (e = map_next(&room_now->members, e));)
        buf_addf(&b, "%s%s", b.len ? " " : "", ((const struct irc_member *)e->value)->user->nick);
    assert_string_equal(buf_str(&b), expected);
    buf_free(&b);
}

/* ---- the list never comes apart ---- */

static void nicks_that_differ_in_case_are_one(void **state)
{
    struct rig r;
    begin(&r, NULL, NULL);
    come(&r, "#a", "@alice Bob[] eve");
    (void)rig_events(&r);
    rig_line(&r, ":bOB{}!u@h NICK bob[]"); /* only the case: a rename, with the spelling that was told */
    rig_has(rig_events(&r), "MEMBER chat=#a nick=bob[] old=Bob[]");
    rig_line(&r, ":BOB[]!u@h NICK carl");
    rig_has(rig_events(&r), "MEMBER chat=#a nick=carl old=bob[]");
    rig_line(&r, ":CARL!u@h PART #A :bye");
    rig_has(rig_events(&r), "GONE chat=#a nick=carl how=1 text=bye");
    rig_line(&r, ":EVE!u@h QUIT :x");
    rig_has(rig_events(&r), "GONE chat=#a nick=eve how=2");
    rig_line(&r, ":zoe!u@h JOIN #a");
    rig_line(&r, ":x!u@h KICK #A ZOE x");
    rig_has(rig_events(&r), "GONE chat=#a nick=zoe how=3 by=x\n"); /* no reason was given */
    rig_line(&r, ":x!u@h KICK #A Alice :out");
    members_are(&r, "#a", "");
    rig_stop(&r);
    (void)state;
}

static void a_nick_that_was_taken_is_free_for_another(void **state)
{
    struct rig r;
    begin(&r, NULL, NULL);
    come(&r, "#a", "@alice bob eve");
    come(&r, "#b", "alice eve");
    (void)rig_events(&r);
    rig_line(&r, ":bob!u@h NICK eve"); /* we missed that eve has gone */
    const char *told = rig_events(&r);
    rig_has(told, "GONE chat=#a nick=eve how=5");
    rig_has(told, "GONE chat=#b nick=eve how=5");
    rig_has(told, "MEMBER chat=#a nick=eve old=bob");
    members_are(&r, "#a", "alice eve");
    members_are(&r, "#b", "alice");
    rig_line(&r, ":eve!u@h NICK Alice"); /* nobody can take ours */
    members_are(&r, "#a", "alice eve");
    rig_line(&r, ":alice!u@h NICK ally");
    members_are(&r, "#a", "eve ally");
    assert_string_equal(r.irc->nick, "ally");
    rig_stop(&r);
    (void)state;
}

/* InspIRCd 3 says ":new NICK new" of our own change, asked for or not. */
static void our_new_nick_may_be_told_by_itself(void **state)
{
    struct rig r;
    begin(&r, "userhost-in-names", NULL);
    come(&r, "#a", "@alice!u@h bob!b@bob.example");
    (void)rig_events(&r);
    rig_line(&r, ":stranger!s@h NICK :stranger"); /* nobody we know, and not asked for */
    rig_line(&r, ":bob!b@bob.example NICK :bob");
    assert_string_equal(r.irc->nick, "alice");
    assert_true(irc_op_nick(r.irc, "ally", 7) >= 0);
    rig_line(&r, ":ally!u@h NICK :ally");
    rig_has(rig_events(&r), "MEMBER chat=#a nick=ally prefix=@ old=alice");
    assert_string_equal(r.irc->nick, "ally");
    rig_line(&r, ":Guest1!u@h NICK :Guest1"); /* by the services: known by user and host */
    rig_has(rig_events(&r), "MEMBER chat=#a nick=Guest1 prefix=@ old=ally");
    assert_string_equal(r.irc->nick, "Guest1");
    members_are(&r, "#a", "bob Guest1");
    rig_stop(&r);
    (void)state;
}

static void names_while_there_mend_the_list(void **state)
{
    struct rig r;
    begin(&r, "userhost-in-names multi-prefix", NULL);
    come(&r, "#a", "@+alice!u@h bob!b@bob.example eve");
    assert_string_equal(irc_user(r.irc, "BOB")->host, "bob.example");
    (void)rig_events(&r);
    rig_line(&r, ":irc.test 353 alice = #a :@+alice!u@h +bob!b@bob.example");
    rig_line(&r, ":carl!u@h JOIN #a"); /* meanwhile */
    rig_line(&r, ":irc.test 366 alice #a :End");
    const char *told = rig_events(&r);
    rig_has(told, "SYNC begin what=3 chat=#a\n");
    rig_has(told, "MEMBER chat=#a nick=bob prefix=+ ");
    rig_has(told, "SYNC end what=3 chat=#a\n");
    members_are(&r, "#a", "alice bob carl");
    rig_line(&r, ":irc.test 366 alice #a :End"); /* an end without a beginning */
    members_are(&r, "#a", "alice bob carl");
    rig_line(&r, ":irc.test 353 alice = #a :zoe"); /* we are there whatever they say */
    rig_line(&r, ":irc.test 366 alice #a :End");
    members_are(&r, "#a", "alice zoe");
    rig_line(&r, ":irc.test 353 alice = #nowhere :x y");
    rig_line(&r, ":irc.test 353 alice #a");
    rig_line(&r, ":irc.test 353");
    members_are(&r, "#a", "alice zoe");
    rig_stop(&r);
    (void)state;
}

static void old_servers_tell_signs_and_hosts_when_asked(void **state)
{
    struct rig r;
    rig_start(&r, "join=#a", NULL);
    rig_connect(&r);
    rig_line(&r, ":irc.test CAP * LS :multi-prefix");
    rig_line(&r, ":irc.test CAP * ACK :multi-prefix");
    rig_line(&r, ":irc.test 001 alice :Welcome");
    rig_line(&r, ":irc.test 005 alice NAMESX UHNAMES :are");
    rig_line(&r, ":irc.test 376 alice :End");
    const char *sent = rig_sent(&r);
    rig_has(sent, "PROTOCTL UHNAMES\r\nJOIN #a\r\n");
    rig_lacks(sent, "NAMESX"); /* there is a capability for it */
    rig_stop(&r);
    (void)state;
}

static void another_case_mapping_moves_the_room(void **state)
{
    struct rig r;
    begin(&r, NULL, NULL);
    come(&r, "#A[]", "@alice b[] c");
    (void)rig_events(&r);
    rig_line(&r, ":irc.test 005 alice CASEMAPPING=ascii :are");
    const char *told = rig_events(&r);
    rig_has(told, "CHAT address=#a[] name=#A[] joined=1");
    rig_has(told, "old=#a{}");
    rig_has(told, "MEMBER chat=#a[] nick=b[]");
    rig_line(&r, ":b{}!u@h JOIN #a[]");
    (void)rig_events(&r);
    rig_line(&r, ":irc.test 005 alice -CASEMAPPING :are"); /* back: two have become one */
    told = rig_events(&r);
    rig_has(told, "GONE chat=#a[] nick=b{} how=5");
    rig_has(told, "CHAT address=#a{} name=#A[] joined=1");
    members_are(&r, "#a[]", "alice b[] c");
    rig_stop(&r);
    (void)state;
}

/* ---- WHO ---- */

static void whox_tells_who_they_are(void **state)
{
    struct rig r;
    begin(&r, "away-notify account-notify", "WHOX BOT=B");
    come(&r, "#A", "@alice bob eve carl");
    rig_pass(&r, 1);
    rig_has(rig_sent(&r), "WHO #A %tcuhnfar,7\r\n");
    (void)rig_events(&r);
    rig_line(&r, ":irc.test 354 alice 7 #A ~b bob.example bob GB bobby :Bob Builder");
    rig_has(rig_events(&r), "MEMBER chat=#a nick=bob away= flags=14\n"); /* quiet, logged in, bot */
    rig_line(&r, ":irc.test 354 alice 7 #A ~e eve.example eve H 0 :Eve");
    rig_line(&r, ":irc.test 354 alice 7 #A ~e eve.example nobody H x :Eve");
    rig_line(&r, ":irc.test 354 alice 7 #A ~e eve.example");
    rig_line(&r, ":irc.test 354 alice 9 by hand");
    const struct irc_user *bob = irc_user(r.irc, "bob"), *eve = irc_user(r.irc, "eve");
    assert_string_equal(bob->realname, "Bob Builder");
    assert_string_equal(bob->host, "bob.example");
    assert_string_equal(eve->account, "");
    assert_null(eve->away);
    assert_null(irc_user(r.irc, "nobody"));
    rig_line(&r, ":irc.test 315 alice #A :End");
    (void)rig_events(&r);
    rig_line(&r, ":bob!b@h AWAY");
    rig_has(rig_events(&r), "MEMBER chat=#a nick=bob flags=14\n");
    rig_line(&r, ":eve!b@h AWAY :tea");
    rig_has(rig_events(&r), "nick=eve away=tea");
    rig_line(&r, ":eve!b@h ACCOUNT eva");
    rig_line(&r, ":eve!b@h SETNAME :Eva E.");
    assert_string_equal(eve->account, "eva");
    assert_string_equal(eve->realname, "Eva E.");
    rig_stop(&r);
    (void)state;
}

static void who_waits_its_turn(void **state)
{
    struct rig r;
    begin(&r, "away-notify", "WHOX");
    come(&r, "#a", "alice b");
    come(&r, "#b", "alice c");
    come(&r, "#empty", "alice");
    come(&r, "#c", "alice d");
    rig_pass(&r, 100);
    const char *sent = rig_sent(&r);
    rig_has(sent, "WHO #a ");
    rig_lacks(sent, "WHO #b");
    rig_line(&r, ":irc.test 315 alice #a :End");
    rig_pass(&r, 100);
    assert_string_equal(rig_sent(&r), "");
    rig_pass(&r, IRC_WHO_MS);
    assert_string_equal(rig_sent(&r), "WHO #b %tcuhnfar,7\r\n");
    rig_pass(&r, IRC_QUERY_MS + IRC_WHO_MS); /* no answer */
    rig_has(rig_sent(&r), "WHO #c %tcuhnfar,7\r\n"); /* none for the empty one */
    rig_line(&r, ":irc.test 315 alice #c :End");
    rig_line(&r, ":irc.test 366 alice #c :End");
    rig_pass(&r, IRC_WHO_MS * 2);
    rig_lacks(rig_sent(&r), "WHO");
    rig_stop(&r);
    (void)state;
}

static void large_channels_are_left_alone(void **state)
{
    struct rig r;
    begin(&r, "away-notify", "WHOX");
    rig_line(&r, ":alice!u@h JOIN #big");
    for (int n = 0; n <= IRC_WHO_MEMBERS; n++)
        rig_line(&r, ":irc.test 353 alice = #big :u%d", n);
    rig_line(&r, ":irc.test 366 alice #big :End");
    rig_pass(&r, 60000);
    rig_lacks(rig_sent(&r), "WHO");
    rig_stop(&r);
    begin(&r, "userhost-in-names", NULL); /* nothing would be learnt */
    come(&r, "#a", "alice!u@h bob!u@h");
    rig_pass(&r, 60000);
    rig_lacks(rig_sent(&r), "WHO");
    rig_stop(&r);
    begin(&r, NULL, NULL); /* hosts; but who is away would never be told to be back */
    come(&r, "#a", "alice bob");
    rig_pass(&r, 1);
    rig_has(rig_sent(&r), "WHO #a\r\n");
    rig_line(&r, ":irc.test 352 alice #a ~b bob.example irc.test bob G@ :0 Bob B.");
    rig_line(&r, ":irc.test 352 alice #a");
    assert_string_equal(irc_user(r.irc, "bob")->realname, "Bob B.");
    assert_null(irc_user(r.irc, "bob")->away);
    rig_stop(&r);
    (void)state;
}

static void who_by_hand_is_a_list(void **state)
{
    struct rig r;
    begin(&r, "away-notify", "WHOX");
    come(&r, "#a", "alice b");
    rig_pass(&r, 1);
    rig_line(&r, ":irc.test 315 alice #a :End");
    (void)rig_sent(&r);
    (void)rig_events(&r);
    rig_command(&r, "#a", "who");
    assert_string_equal(rig_sent(&r), "WHO #a %tcuhnfar,7\r\n");
    rig_line(&r, ":irc.test 354 alice 7 #a ~b bob.example b G*@ bobby :Bob B.");
    rig_line(&r, ":irc.test 315 alice #a :End");
    const char *told = rig_events(&r);
    rig_has(told, "ITEM address=b name=b text=Bob B. number=-1 mask=~b@bob.example state=away, operator of the network, logged in as bobby req=9");
    rig_has(told, "REPLY req=9 err=0");
    rig_command(&r, "#a", "who *.example");
    assert_string_equal(rig_sent(&r), "WHO *.example %tcuhnfar,7\r\n");
    rig_line(&r, ":irc.test 315 alice * :End"); /* another spelling */
    rig_has(rig_events(&r), "REPLY req=9 err=0");
    assert_int_equal(rig_command(&r, NULL, "who"), KITH_EINVAL);
    rig_stop(&r);
    (void)state;
}

/* ---- friends ---- */

static void friends_come_go_and_are_away(void **state)
{
    struct rig r;
    rig_start(&r, "fast=true", NULL);
    map_set(&r.state, "friends", xstrdup("bob Bobby\nEve\n"));
    rig_connect(&r);
    rig_line(&r, ":irc.test CAP * LS :extended-monitor away-notify");
    rig_line(&r, ":irc.test CAP * ACK :away-notify extended-monitor");
    rig_line(&r, ":irc.test 001 alice :Welcome");
    rig_line(&r, ":irc.test 005 alice MONITOR=100 :are");
    rig_line(&r, ":irc.test 376 alice :End");
    rig_pass(&r, 100);
    rig_has(rig_sent(&r), "MONITOR + bob,Eve\r\n");
    (void)rig_events(&r);
    rig_line(&r, ":irc.test 730 alice :BOB!~b@bob.example,eve!e@h");
    rig_has(rig_events(&r), "PRESENCE address=bob show=1\n");
    rig_pass(&r, 2000);
    rig_has(rig_sent(&r), "USERHOST bob Eve\r\n");
    rig_line(&r, ":irc.test 302 alice :bob=-~b@bob.example eve*=+e@h nobody=-x junk =-");
    rig_has(rig_events(&r), "PRESENCE address=bob show=3 text=\n");
    rig_line(&r, ":bob!~b@bob.example AWAY :tea"); /* in no channel of ours */
    rig_has(rig_events(&r), "PRESENCE address=bob show=3 text=tea\n");
    rig_command(&r, NULL, "monitor");
    const char *told = rig_events(&r);
    rig_has(told, "ITEM name=bob text=away: tea");
    rig_has(told, "ITEM name=Eve text=online");
    rig_line(&r, ":irc.test 731 alice :bob");
    rig_has(rig_events(&r), "PRESENCE address=bob show=0\n");
    assert_null(irc_user(r.irc, "bob"));
    rig_command(&r, NULL, "monitor add carl dan");
    rig_has(rig_sent(&r), "MONITOR + carl\r\nMONITOR + dan\r\n");
    rig_command(&r, NULL, "monitor remove Carl");
    rig_has(rig_sent(&r), "MONITOR - carl\r\n");
    rig_command(&r, NULL, "monitor dance");
    rig_has(rig_events(&r), "REPLY req=9 err=-1 text=Usage");
    assert_int_equal(rig_command(&r, NULL, "monitor remove zoe"), KITH_ENOTFOUND);
    rig_stop(&r);
    (void)state;
}

static void a_friend_who_changes_nick_is_no_more(void **state)
{
    struct rig r;
    rig_start(&r, "fast=true", NULL);
    map_set(&r.state, "friends", xstrdup("bob\n"));
    rig_online(&r, NULL, "MONITOR");
    come(&r, "#a", "alice bob");
    rig_line(&r, ":irc.test 730 alice bob!u@h");
    rig_line(&r, ":bob!u@h NICK robert");
    rig_line(&r, ":irc.test 731 alice bob"); /* of the old nick: no quit */
    members_are(&r, "#a", "alice robert");
    rig_has(rig_events(&r), "PRESENCE address=bob show=0\n");
    rig_line(&r, ":robert!u@h NICK bob");
    rig_line(&r, ":irc.test 730 alice bob!u@h");
    rig_line(&r, ":bob!u@h QUIT :x");
    rig_line(&r, ":irc.test 731 alice bob");
    assert_int_equal(r.irc->users.n, 1);
    rig_line(&r, ":eve!u@h JOIN #a");
    rig_line(&r, ":irc.test 730 alice bob!u@h"); /* in no room of ours */
    rig_line(&r, ":bob!u@h NICK eve");
    rig_line(&r, ":irc.test 730 alice bob!u@h");
    rig_line(&r, ":alex!u@h JOIN #a");
    rig_line(&r, ":alex!u@h NICK bob");
    members_are(&r, "#a", "alice bob");
    irc_closed(r.irc, KITH_ENET, "gone");
    assert_int_equal(r.irc->users.n, 0);
    rig_stop(&r);
    (void)state;
}

/* Two of one case mapping that are one in another, each in a room of their own. */
static void a_nick_that_became_anothers_is_taken_over(void **state)
{
    struct rig r;
    begin(&r, NULL, NULL);
    rig_line(&r, ":irc.test 005 alice CASEMAPPING=ascii :are");
    come(&r, "#a", "alice x[");
    come(&r, "#b", "alice x{ z");
    rig_line(&r, ":irc.test 005 alice CASEMAPPING=rfc1459 :are");
    rig_line(&r, ":x[!u@h NICK y");
    assert_non_null(map_get(&irc_room(r.irc, "#a")->members, "y"));
    assert_null(map_get(&irc_room(r.irc, "#b")->members, "y"));
    rig_line(&r, ":z!u@h NICK x[");
    assert_int_equal(irc_room(r.irc, "#b")->members.n, 2);
    rig_line(&r, ":irc.test 005 alice CASEMAPPING=ascii :are");
    irc_closed(r.irc, KITH_ENET, "gone");
    assert_int_equal(r.irc->users.n, 0);
    rig_stop(&r);
    (void)state;
}

static void more_friends_than_the_server_watches(void **state)
{
    struct rig r;
    rig_start(&r, "fast=true", NULL);
    map_set(&r.state, "friends", xstrdup("a\nb\nc\n"));
    rig_connect(&r);
    rig_line(&r, ":irc.test 001 alice :Welcome");
    rig_line(&r, ":irc.test 005 alice MONITOR=2 :are");
    rig_line(&r, ":irc.test 376 alice :End");
    rig_pass(&r, 100);
    rig_has(rig_sent(&r), "MONITOR + a,b\r\n");
    rig_has(rig_events(&r), "NOTICE text=The server watches no more than 2 friends; of 1 kith cannot tell");
    rig_line(&r, ":irc.test 734 alice 1 b,zoe :full");
    rig_has(rig_events(&r), "NOTICE text=The server watches no more than 1 friends; of 1 kith cannot tell");
    rig_command(&r, NULL, "monitor");
    rig_has(rig_events(&r), "ITEM name=c text=not watched by this server");
    rig_line(&r, ":irc.test 734");
    rig_line(&r, ":irc.test 730");
    rig_line(&r, ":irc.test 005 alice -MONITOR :are");
    rig_line(&r, ":irc.test 005 alice MONITOR=5 :are"); /* there after all */
    rig_pass(&r, 10);
    rig_has(rig_sent(&r), "MONITOR + a,b,c\r\n");
    rig_line(&r, ":irc.test 005 alice CASEMAPPING=ascii :are");
    rig_stop(&r);
    (void)state;
}

/* ---- invitations, kicks ---- */

static void an_invitation_is_a_question(void **state)
{
    struct rig r;
    const struct kith_answer yes = {.size = sizeof yes, .choice = "join"}, no = {.size = sizeof no, .choice = "ignore"};
    begin(&r, "invite-notify", NULL);
    come(&r, "#a", "@alice bob");
    (void)rig_events(&r);
    (void)rig_sent(&r);
    rig_line(&r, ":bob!u@h INVITE alice #New");
    rig_has(rig_events(&r), "ASK 1 kind=5 subject=#new title=bob invites you to #New\n");
    rig_line(&r, ":eve!u@h INVITE Alice #new"); /* asked already */
    assert_string_equal(rig_events(&r), "");
    assert_int_equal(irc_op_answer(r.irc, 1, &yes), 0);
    rig_has(rig_sent(&r), "JOIN #New\r\n");
    assert_int_equal(irc_op_answer(r.irc, 1, &yes), KITH_ENOTFOUND);
    rig_line(&r, ":bob!u@h INVITE alice #two");
    assert_int_equal(irc_op_answer(r.irc, 2, &no), 0);
    assert_string_equal(rig_sent(&r), "");
    (void)rig_events(&r);
    rig_line(&r, ":bob!u@h INVITE alice #three");
    come(&r, "#three", "alice");
    rig_has(rig_events(&r), "ASK_GONE 3\n");
    rig_line(&r, ":bob!u@h INVITE carl #a");
    rig_has(rig_events(&r), "NOTICE chat=#a text=bob invites carl\n");
    rig_line(&r, ":bob!u@h INVITE alice #a"); /* we are there */
    rig_line(&r, ":bob!u@h INVITE alice nonsense");
    rig_line(&r, ":bob!u@h INVITE alice");
    rig_line(&r, ":bob!u@h INVITE");
    assert_string_equal(rig_events(&r), "");
    for (int n = 0; n < 50; n++)
        rig_line(&r, ":bob!u@h INVITE alice #many%d", n);
    const char *told = rig_events(&r);
    rig_has(told, "#many7");
    rig_lacks(told, "#many8\n");
    irc_op_invite(r.irc, "#a", "carl", 5);
    rig_has(rig_sent(&r), "INVITE carl #a\r\n");
    rig_line(&r, ":irc.test 341 alice carl #a");
    rig_has(rig_events(&r), "NOTICE chat=#a text=you invite carl\n");
    assert_int_equal(irc_op_invite(r.irc, "#zzz", "carl", 5), KITH_EINVAL);
    rig_stop(&r);
    (void)state;
}

static void a_kick_may_be_answered_once(void **state)
{
    struct rig r;
    rig_start(&r, "fast=true", "rejoin_on_kick=true", NULL);
    rig_online(&r, NULL, NULL);
    rig_line(&r, ":alice!u@h JOIN #a");
    rig_line(&r, ":x!u@h MODE #a +k sesame");
    (void)rig_sent(&r);
    rig_line(&r, ":x!u@h KICK #a alice :out");
    rig_pass(&r, 1000);
    assert_string_equal(rig_sent(&r), "");
    rig_pass(&r, 3000);
    assert_string_equal(rig_sent(&r), "JOIN #a sesame\r\n");
    rig_line(&r, ":alice!u@h JOIN #a");
    rig_line(&r, ":x!u@h KICK #a alice :out"); /* again within a minute: no more */
    rig_pass(&r, 20000);
    rig_lacks(rig_sent(&r), "JOIN");
    rig_stop(&r);
    rig_start(&r, "fast=true", NULL); /* not unless it is wanted */
    rig_online(&r, NULL, NULL);
    rig_line(&r, ":alice!u@h JOIN #a");
    rig_line(&r, ":x!u@h KICK #a alice :out");
    rig_pass(&r, 20000);
    rig_lacks(rig_sent(&r), "JOIN");
    irc_closed(r.irc, KITH_ENET, "gone"); /* but with the next connection */
    rig_connect(&r);
    rig_line(&r, ":irc.test 001 alice :Welcome");
    rig_line(&r, ":irc.test 376 alice :End");
    rig_has(rig_sent(&r), "JOIN #a\r\n");
    rig_stop(&r);
    (void)state;
}

static void joining_by_hand(void **state)
{
    struct rig r;
    begin(&r, NULL, NULL);
    assert_int_equal(irc_op_join(r.irc, "#A", "key", 3), 0);
    rig_line(&r, ":alice!u@h JOIN #a");
    rig_has(rig_events(&r), "REPLY req=3 err=0 text=#a\n"); /* as the host is to know it */
    assert_int_equal(irc_op_join(r.irc, "#A", NULL, 4), 0);
    rig_has(rig_events(&r), "REPLY req=4 err=0 text=#a\n"); /* we are there */
    (void)rig_sent(&r);
    assert_int_equal(irc_op_join(r.irc, "#b,c,#d", "x,y", 5), 0);
    assert_string_equal(rig_sent(&r), "JOIN #b x\r\nJOIN #c y\r\nJOIN #d\r\n");
    assert_int_equal(irc_op_join(r.irc, ",", NULL, 5), KITH_EINVAL);
    assert_int_equal(irc_op_join(r.irc, "a b", NULL, 5), KITH_EINVAL);
    assert_int_equal(irc_op_join(r.irc, NULL, NULL, 5), KITH_EINVAL);
    rig_line(&r, ":irc.test 005 alice CHANTYPES= :are"); /* a server without channels */
    assert_int_equal(irc_op_join(r.irc, "a", NULL, 5), KITH_EINVAL);
    rig_stop(&r);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nicks_that_differ_in_case_are_one),
        cmocka_unit_test(a_nick_that_was_taken_is_free_for_another),
        cmocka_unit_test(our_new_nick_may_be_told_by_itself), cmocka_unit_test(names_while_there_mend_the_list),
        cmocka_unit_test(old_servers_tell_signs_and_hosts_when_asked),
        cmocka_unit_test(another_case_mapping_moves_the_room),
        cmocka_unit_test(whox_tells_who_they_are),
        cmocka_unit_test(who_waits_its_turn),
        cmocka_unit_test(large_channels_are_left_alone),
        cmocka_unit_test(who_by_hand_is_a_list),
        cmocka_unit_test(friends_come_go_and_are_away),
        cmocka_unit_test(a_friend_who_changes_nick_is_no_more),
        cmocka_unit_test(a_nick_that_became_anothers_is_taken_over),
        cmocka_unit_test(more_friends_than_the_server_watches),
        cmocka_unit_test(joining_by_hand),
        cmocka_unit_test(an_invitation_is_a_question),
        cmocka_unit_test(a_kick_may_be_answered_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
