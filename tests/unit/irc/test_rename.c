/* unit/irc/test_rename.c - channels that get another name */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

static void in_room(struct rig *r)
{
    rig_start(r, "join=#a key", NULL);
    rig_online(r, "draft/channel-rename", NULL);
    rig_line(r, ":alice!u@h JOIN #a");
    rig_line(r, ":irc.test 353 alice = #a :alice @bob");
    rig_line(r, ":irc.test 366 alice #a :End");
    rig_line(r, ":irc.test 332 alice #a :The topic");
    rig_events(r);
    rig_sent(r);
}

static void it_stays_the_same_chat(void **state)
{
    struct rig r;
    in_room(&r);
    rig_line(&r, ":bob!u@h RENAME #a #B :Better");
    const char *told = rig_events(&r);
    rig_has(told, "CHAT address=#b name=#B joined=1 old=#a topic=The topic");
    rig_has(told, "nick=bob");
    rig_has(told, "NOTICE chat=#b text=bob: Better");
    rig_lacks(told, "GONE");
    assert_null(irc_room(r.irc, "#a"));
    rig_line(&r, ":bob!u@h PRIVMSG #b :hi");
    rig_has(rig_events(&r), "MESSAGE chat=#b");
    rig_line(&r, ":bob!u@h RENAME #b #b :");
    rig_has(rig_events(&r), "CHAT address=#b name=#b joined=1 topic"); /* only the case: no other address */
    rig_line(&r, ":bob!u@h RENAME #b");
    rig_line(&r, ":bob!u@h RENAME #b bob :");
    rig_line(&r, ":bob!u@h RENAME #none #c :");
    rig_line(&r, ":bob!u@h RENAME #b #c,d :");
    assert_string_equal(rig_events(&r), "");
    irc_closed(r.irc, KITH_ENET, "gone"); /* joined again by its new name, with its key */
    rig_online(&r, "draft/channel-rename", NULL);
    assert_non_null(irc_room(r.irc, "#b"));
    rig_stop(&r);
    (void)state;
}

static void a_new_name_that_was_not_heard_of_is_gone_to(void **state)
{
    struct rig r;
    rig_start(&r, "join=#a key", NULL);
    rig_online(&r, "draft/channel-rename", NULL);
    rig_line(&r, "FAIL JOIN CHANNEL_RENAMED #a #b :The channel has been renamed");
    rig_has(rig_sent(&r), "JOIN #b key\r\n");
    rig_has(rig_events(&r), "CHAT address=#b name=#b joined=0 old=#a");
    irc_op_join(r.irc, "#x", NULL, 7);
    rig_sent(&r);
    rig_line(&r, "FAIL JOIN CHANNEL_RENAMED #x #y :The channel has been renamed");
    rig_has(rig_sent(&r), "JOIN #y\r\n");
    rig_lacks(rig_events(&r), "REPLY req=7");
    rig_line(&r, ":alice!u@h JOIN #y");
    rig_has(rig_events(&r), "REPLY req=7 err=0");
    rig_line(&r, "FAIL JOIN CHANNEL_RENAMED #y #z :of nobody's asking");
    rig_lacks(rig_sent(&r), "JOIN");
    rig_stop(&r);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_stays_the_same_chat),
        cmocka_unit_test(a_new_name_that_was_not_heard_of_is_gone_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
