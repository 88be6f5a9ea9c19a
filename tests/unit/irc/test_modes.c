/* unit/irc/test_modes.c - modes: in words, by commands, in lists; masks; who may what when PREFIX changes */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

#include "backends/irc/mode_words.h"
#include "backends/irc/rooms.h"
#include "base/mem.h"

static void begin(struct rig *r, const char *caps, const char *isupport)
{
    rig_start(r, "fast=true", NULL);
    rig_online(r, caps, isupport);
    rig_line(r, ":alice!u@h JOIN #a");
    rig_line(r, ":irc.test 353 alice = #a :@alice +bob eve carl");
    rig_line(r, ":irc.test 366 alice #a :End");
    rig_pass(r, 1);
    (void)rig_sent(r);
    (void)rig_events(r);
}

/* The words for "MODE #a ..." by ann; me is alice. */
static void words_are(const char *isupport, const char *by, const char *mode, const char *expected)
{
    struct irc_isupport s;
    struct irc_mode_change c[IRC_MODE_CHANGES];
    const char *args[16];
    struct buf b = {0};
    char *copy = xstrdup(mode), *rest = copy, *tokens = xstrdup(isupport), *left = tokens, *one;
    int n = 0;
    irc_isupport_init(&s);
    while ((one = strsep(&left, " ")))
        (void)irc_isupport_token(&s, one);
    while (n < 16 && (one = strsep(&rest, " ")))
        args[n++] = one;
    n = irc_mode_parse(&s, args, n, c);
    for (int k = 0, run; k < n; k += run)
        irc_mode_sentence(&s, c + k, run = irc_mode_run(c + k, n - k), by, "alice", &b);
    assert_string_equal(buf_str(&b), expected);
    buf_free(&b);
    free(copy);
    free(tokens);
    irc_isupport_free(&s);
}

static void changes_are_told_in_words(void **state)
{
    const char *is = "PREFIX=(qaohv)~&@%+ CHANMODES=beIq,k,lf,imnpstcCQ EXCEPTS INVEX";
    words_are(is, "ann", "+o bob", "ann makes bob operator");
    words_are(is, "ann", "+oov bob eve carl", "ann makes bob and eve operator; ann gives carl voice");
    words_are(is, "ann", "-ooo bob eve carl", "ann takes the standing of an operator from bob, eve and carl");
    words_are(is, "alice", "+v bob", "you give bob voice");
    words_are(is, "ann", "+o alice", "ann makes you operator");
    words_are(is, "alice", "-o alice", "you take the standing of an operator from yourself");
    words_are(is, NULL, "+h bob", "the server makes bob half-operator");
    words_are(is, "ann", "+k sesame", "ann sets the key");
    words_are(is, "ann", "-k *", "ann removes the key");
    words_are(is, "ann", "+l 10", "ann limits the channel to 10 people");
    words_are(is, "ann", "-l", "ann removes the limit of people");
    words_are(is, "ann", "+i", "only invited people may join now (ann)");
    words_are(is, "alice", "-i", "everybody may join now (you)");
    words_are(is, "ann", "+mt-n", "only people with voice may speak now; only operators may change the topic now; "
                                  "people outside may write here now (ann)");
    words_are(is, "ann", "+bb *!*@a *!*@b", "ann bans *!*@a and *!*@b");
    words_are(is, "ann", "-b *!*@a", "ann lifts the ban of *!*@a");
    words_are(is, "ann", "+eI a!*@* b!*@*", "ann exempts a!*@* from bans; ann lets b!*@* in without an invitation");
    words_are("CHANMODES=beIq,k,l,imnpst", "ann", "+q *!*@a", "ann silences *!*@a");
    words_are("CHANMODES=bXI,k,l,imnpst EXCEPTS=X", "ann", "+X a!*@*", "ann exempts a!*@* from bans");
    words_are(is, "ann", "+Q", "ann sets mode +Q");
    words_are(is, "ann", "+f #b", "ann sets mode +f #b");
    words_are(is, "alice", "-Q", "you remove mode -Q");
    words_are(is, "ann", "+Yo bob", "ann sets mode +Y; ann makes bob operator");
    words_are("PREFIX= CHANMODES=b,k,l,o", "ann", "+o", "ann sets mode +o"); /* no prefix here: as it is */
    (void)state;
}

static void a_mode_is_a_line_and_a_rank(void **state)
{
    struct rig r;
    begin(&r, NULL, "PREFIX=(ov)@+");
    rig_line(&r, ":ann!u@h MODE #a +oi BOB");
    const char *told = rig_events(&r);
    rig_has(told, "MEMBER chat=#a nick=bob prefix=@+");
    rig_has(told, "NOTICE chat=#a text=only invited people may join now (ann)\n");
    rig_has(told, "NOTICE chat=#a about=bob text=ann makes bob operator\n");
    rig_line(&r, ":ann!u@h MODE #a -v+oo bob eve carl");
    rig_has(rig_events(&r), "NOTICE chat=#a about=bob eve carl text=ann takes voice from bob; ann makes eve and carl operator\n");
    rig_line(&r, ":ann!u@h MODE #a -o ALICE");
    told = rig_events(&r);
    rig_has(told, "NOTICE chat=#a text=ann takes the standing of an operator from you\n"); /* never hidden */
    rig_has(told, "MEMBER chat=#a nick=alice flags");
    rig_line(&r, ":alice!u@h MODE #a -o eve"); /* nor what we do */
    rig_has(rig_events(&r), "NOTICE chat=#a text=you take the standing of an operator from eve\n");
    rig_line(&r, ":ann!u@h MODE #a +o"); /* without whom */
    rig_line(&r, ":ann!u@h MODE #a +o nobody!x");
    rig_line(&r, ":ann!u@h MODE #b +i");
    rig_line(&r, "MODE #a +m");
    rig_has(rig_events(&r), "text=only people with voice may speak now (the server)\n");
    rig_stop(&r);
    (void)state;
}

static void own_modes_are_told_once_settled(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_connect(&r);
    rig_line(&r, ":irc.test 001 alice :Welcome");
    rig_line(&r, ":irc.test 376 alice :End");
    rig_line(&r, ":alice MODE alice +i");
    rig_lacks(rig_events(&r), "invisible");
    rig_pass(&r, 10000);
    rig_line(&r, ":irc.test MODE Alice :+oZ-i");
    rig_has(rig_events(&r), "NOTICE text=you are an operator of the network; your mode is +Z now; everybody can see you\n");
    rig_stop(&r);
    (void)state;
}

static void ranks_outlive_another_prefix(void **state)
{
    struct rig r;
    begin(&r, "multi-prefix", "PREFIX=(ov)@+");
    rig_line(&r, ":irc.test 005 alice PREFIX=(qaohv)~&@%%+ :are");
    const char *told = rig_events(&r);
    rig_has(told, "MEMBER chat=#a nick=alice prefix=@");
    rig_has(told, "MEMBER chat=#a nick=bob prefix=+");
    rig_line(&r, ":irc.test MODE #a +q bob");
    rig_has(rig_events(&r), "nick=bob prefix=~+");
    rig_line(&r, ":irc.test 005 alice PREFIX= :are");
    rig_has(rig_events(&r), "MEMBER chat=#a nick=bob flags");
    rig_line(&r, ":irc.test 005 alice -PREFIX :are");
    rig_line(&r, ":irc.test MODE #a +o bob");
    rig_has(rig_events(&r), "nick=bob prefix=@ ");
    rig_line(&r, ":irc.test 005 alice PREFIX=(%s)%s :are", "abcdefghijklmnopqrst", "abcdefghijklmnopqrst"); /* too many */
    assert_string_equal(r.irc->is.prefix_modes, "ov");
    rig_stop(&r);
    (void)state;
}

static void standing_is_given_to_several_at_once(void **state)
{
    struct rig r;
    begin(&r, NULL, "MODES=2 PREFIX=(ov)@+");
    assert_int_equal(rig_command(&r, "#a", "op bob eve carl"), 0);
    rig_has(rig_sent(&r), "MODE #a +oo bob eve\r\nMODE #a +o carl\r\n");
    rig_has(rig_events(&r), "REPLY req=9 err=0");
    rig_command(&r, "bob", "devoice #A bob");
    rig_has(rig_sent(&r), "MODE #a -v bob\r\n");
    rig_command(&r, "#a", "deop");
    rig_has(rig_sent(&r), "MODE #a -o alice\r\n");
    (void)rig_events(&r);
    rig_command(&r, "#a", "halfop bob");
    rig_has(rig_events(&r), "REPLY req=9 err=-3 text=This server has no such standing.");
    rig_command(&r, "bob", "op bob");
    rig_has(rig_events(&r), "REPLY req=9 err=-1 text=Which channel?");
    assert_int_equal(rig_command(&r, "#a", "voice a,b"), KITH_EINVAL);
    rig_line(&r, ":irc.test 005 alice MODES :are"); /* no limit said: still lines that are not too long */
    rig_command(&r, "#a", "voice n1 n2 n3 n4 n5 n6 n7 n8 n9 n10 n11 n12 n13");
    rig_has(rig_sent(&r), "MODE #a +vvvvvvvvvvvv n1 n2 n3 n4 n5 n6 n7 n8 n9 n10 n11 n12\r\nMODE #a +v n13\r\n");
    assert_string_equal(rig_sent(&r), "");
    rig_stop(&r);
    (void)state;
}

static void an_answer_with_a_label_ends_the_request(void **state)
{
    struct rig r;
    begin(&r, "batch labeled-response message-tags", "PREFIX=(ov)@+");
    rig_command(&r, "#a", "op bob");
    char *label = xstrndup(strstr(rig_sent(&r), "label=") + 6, 8);
    label[strcspn(label, " ")] = '\0';
    rig_lacks(rig_events(&r), "REPLY");
    rig_line(&r, "@label=%s :irc.test 482 alice #a :You are no operator", label);
    rig_has(rig_events(&r), "REPLY req=9 err=-9 text=You are no operator");
    rig_command(&r, "#a", "op bob");
    rig_line(&r, ":alice!u@h MODE #a +o bob");
    rig_has(rig_events(&r), "REPLY req=9 err=0");
    (void)rig_sent(&r);
    rig_command(&r, "#a", "mode +l x");
    free(label);
    label = xstrndup(strstr(rig_sent(&r), "label=") + 6, 8);
    label[strcspn(label, " ")] = '\0';
    rig_line(&r, "@label=%s :irc.test 696 alice #a l x :Invalid limit mode parameter.", label);
    rig_has(rig_events(&r), "REPLY req=9 err=-9 text=Invalid limit mode parameter.");
    rig_command(&r, "#a", "mode +XY");
    free(label);
    label = xstrndup(strstr(rig_sent(&r), "label=") + 6, 8);
    label[strcspn(label, " ")] = '\0';
    rig_line(&r, "@label=%s :irc.test BATCH +1 labeled-response", label);
    rig_line(&r, "@batch=1 :irc.test 999 alice #a :what it has to say");
    rig_line(&r, ":irc.test BATCH -1");
    rig_has(rig_events(&r), "REPLY req=9 err=0");
    free(label);
    rig_stop(&r);
    (void)state;
}

static void modes_are_shown_and_changed_as_they_are(void **state)
{
    struct rig r;
    begin(&r, NULL, NULL);
    rig_command(&r, "#a", "mode");
    rig_has(rig_sent(&r), "MODE #a\r\n");
    rig_line(&r, ":irc.test 329 alice #a 1700000000");
    rig_line(&r, ":irc.test 324 alice #a +ntlZ 5");
    const char *told = rig_events(&r);
    rig_has(told, "ITEM name=+n text=only members may write");
    rig_has(told, "ITEM name=+l 5 text=most people at one time");
    rig_has(told, "ITEM name=+Z number=-1");
    rig_has(told, "ITEM name=made text=2023-11-14");
    rig_has(told, "REPLY req=9 err=0");
    rig_command(&r, "#a", "mode +lk 5 key");
    rig_has(rig_sent(&r), "MODE #a +lk 5 key\r\n");
    rig_command(&r, "bob", "mode");
    rig_has(rig_sent(&r), "MODE alice\r\n");
    (void)rig_events(&r);
    rig_line(&r, ":irc.test 221 alice +ix");
    told = rig_events(&r);
    rig_has(told, "ITEM name=+x text=your host is hidden");
    rig_has(told, "REPLY req=9 err=0");
    rig_command(&r, "#a", "mode alice +w");
    rig_has(rig_sent(&r), "MODE alice +w\r\n");
    rig_stop(&r);
    (void)state;
}

/* ---- masks ---- */

static void mask_is(struct rig *r, const char *who, const char *mask)
{
    char *made = irc_mask_of(r->irc, who);
    assert_string_equal(made, mask);
    free(made);
}

static void a_ban_names_what_is_known(void **state)
{
    struct rig r;
    begin(&r, "account-notify chghost", NULL);
    mask_is(&r, "bob", "bob!*@*");
    mask_is(&r, "*!*@x", "*!*@x");
    mask_is(&r, "$a:x", "$a:x");
    rig_line(&r, ":bob!~b@old CHGHOST ~b bob.example");
    rig_line(&r, ":bob!~b@bob.example ACCOUNT bobby");
    mask_is(&r, "BOB", "*!*@bob.example"); /* the server has no extended ban */
    rig_line(&r, ":irc.test 005 alice EXTBAN=$,arxz :are");
    mask_is(&r, "bob", "$a:bobby");
    rig_line(&r, ":irc.test 005 alice EXTBAN=~,qjn ACCOUNTEXTBAN=account,a :are");
    mask_is(&r, "bob", "~account:bobby");
    rig_line(&r, ":irc.test 005 alice EXTBAN=,R ACCOUNTEXTBAN=R :are");
    mask_is(&r, "bob", "R:bobby");
    rig_line(&r, ":irc.test 005 alice -ACCOUNTEXTBAN EXTBAN=$$$,a :are");
    mask_is(&r, "bob", "*!*@bob.example");
    rig_line(&r, ":irc.test 005 alice EXTBAN=$,a :are");
    map_set(&r.options, "ban_mask", xstrdup("host"));
    mask_is(&r, "bob", "*!*@bob.example");
    free(map_set(&r.options, "ban_mask", xstrdup("nick")));
    mask_is(&r, "bob", "bob!*@*");
    rig_line(&r, ":bob ACCOUNT *");
    rig_stop(&r);
    (void)state;
}

static void banning_and_removing(void **state)
{
    struct rig r;
    begin(&r, "chghost", NULL);
    rig_line(&r, ":bob!~b@old CHGHOST ~b host");
    rig_command(&r, "#a", "kickban bob go away");
    rig_has(rig_sent(&r), "MODE #a +b *!*@host\r\nKICK #a bob :go away\r\n");
    irc_op_remove(r.irc, "#a", "carl,eve", KITH_LEAVE_KICK, NULL, 3);
    rig_has(rig_sent(&r), "KICK #a carl\r\nKICK #a eve\r\n");
    irc_op_remove(r.irc, "#a", "*!*@evil", KITH_LEAVE_BAN, NULL, 3); /* nobody to remove */
    assert_string_equal(rig_sent(&r), "MODE #a +b *!*@evil\r\n");
    assert_int_equal(irc_op_remove(r.irc, "#b", "x", KITH_LEAVE_KICK, NULL, 3), KITH_EINVAL);
    irc_op_role(r.irc, "#a", "bob", KITH_ROLE_OP, 4);
    irc_op_role(r.irc, "#a", "bob", KITH_ROLE_MEMBER, 5);
    rig_has(rig_sent(&r), "MODE #a +o bob\r\nMODE #a -v bob\r\n");
    assert_int_equal(irc_op_role(r.irc, "#a", "bob", KITH_ROLE_OWNER, 4), KITH_EUNSUP);
    assert_int_equal(irc_op_role(r.irc, "#a", "zoe", KITH_ROLE_OP, 4), KITH_ENOTFOUND);
    rig_stop(&r);
    (void)state;
}

/* ---- lists ---- */

static void lists_say_who_and_when(void **state)
{
    struct rig r;
    begin(&r, NULL, "CHANMODES=beIq,k,l,imnpst EXCEPTS INVEX");
    rig_command(&r, "#a", "bans");
    rig_has(rig_sent(&r), "MODE #a +b\r\n");
    rig_line(&r, ":irc.test 367 alice #a *!*@evil ann!u@h 1700000000");
    rig_line(&r, ":irc.test 367 alice #a *!*@old");
    rig_line(&r, ":irc.test 367 alice #a");
    rig_line(&r, ":irc.test 367 alice #a x!*@* ann 99999999999999999999999");
    rig_line(&r, ":irc.test 368 alice #a :End");
    const char *told = rig_events(&r);
    rig_has(told, "ITEM address=*!*@evil number=-1 By=ann At=1700000000000 req=9\n");
    rig_has(told, "ITEM address=*!*@old number=-1");
    rig_has(told, "ITEM address=x!*@* number=-1 By=ann req");
    rig_has(told, "REPLY req=9 err=0");
    rig_command(&r, "#a", "quiet");
    rig_has(rig_sent(&r), "MODE #a +q\r\n");
    rig_line(&r, ":irc.test 728 alice #a q *!*@loud ann 1700000000");
    rig_line(&r, ":irc.test 729 alice #a q :End");
    rig_has(rig_events(&r), "ITEM address=*!*@loud number=-1 By=ann At=1700000000000");
    rig_command(&r, "#a", "bans exceptions");
    rig_command(&r, "#a", "bans invitations");
    rig_has(rig_sent(&r), "MODE #a +e\r\nMODE #a +I\r\n");
    rig_line(&r, ":irc.test 346 alice #a i!*@*");
    rig_line(&r, ":irc.test 348 alice #a e!*@*");
    rig_line(&r, ":irc.test 349 alice #a :End");
    rig_line(&r, ":irc.test 347 alice #a :End");
    told = rig_events(&r);
    rig_has(told, "ITEM address=i!*@*");
    rig_has(told, "ITEM address=e!*@*");
    rig_command(&r, "#a", "bans nonsense");
    rig_has(rig_events(&r), "REPLY req=9 err=-3");
    rig_line(&r, ":irc.test 367 alice #a *!*@unasked ann");
    rig_has(rig_events(&r), "NOTICE text=#a *!*@unasked ann");
    rig_stop(&r);
    (void)state;
}

static void unban_finds_what_fits_a_nick(void **state)
{
    struct rig r;
    begin(&r, "chghost account-notify", "EXTBAN=$,a MODES=4");
    rig_line(&r, ":bob!~b@old CHGHOST ~b bob.example.org");
    rig_line(&r, ":bob!~b@bob.example.org ACCOUNT bobby");
    rig_command(&r, "#a", "unban bob");
    rig_has(rig_sent(&r), "MODE #a +b\r\n");
    rig_line(&r, ":irc.test 367 alice #a *!*@*.example.org ann 1");
    rig_line(&r, ":irc.test 367 alice #a *!*@other ann 1");
    rig_line(&r, ":irc.test 367 alice #a $a:bobby ann 1");
    rig_line(&r, ":irc.test 367 alice #a Bob!*@elsewhere ann 1");
    rig_line(&r, ":irc.test 368 alice #a :End");
    rig_has(rig_sent(&r), "MODE #a -bbb *!*@*.example.org $a:bobby Bob!*@elsewhere\r\n");
    const char *told = rig_events(&r);
    rig_lacks(told, "ITEM");
    rig_has(told, "REPLY req=9 err=0");
    rig_command(&r, "#a", "unban zoe");
    rig_line(&r, ":irc.test 368 alice #a :End");
    rig_has(rig_events(&r), "REPLY req=9 err=-10 text=Among the bans of #a nothing fits zoe.");
    (void)rig_sent(&r);
    rig_command(&r, "#a", "unban *!*@other");
    rig_has(rig_sent(&r), "MODE #a -b *!*@other\r\n");
    rig_stop(&r);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_are_told_in_words),
        cmocka_unit_test(a_mode_is_a_line_and_a_rank),
        cmocka_unit_test(own_modes_are_told_once_settled),
        cmocka_unit_test(ranks_outlive_another_prefix),
        cmocka_unit_test(standing_is_given_to_several_at_once),
        cmocka_unit_test(an_answer_with_a_label_ends_the_request),
        cmocka_unit_test(modes_are_shown_and_changed_as_they_are),
        cmocka_unit_test(a_ban_names_what_is_known),
        cmocka_unit_test(banning_and_removing),
        cmocka_unit_test(lists_say_who_and_when),
        cmocka_unit_test(unban_finds_what_fits_a_nick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
