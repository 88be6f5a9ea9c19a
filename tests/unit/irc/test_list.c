/* unit/irc/test_list.c - LIST: what is asked of the server, what is sorted out here, and how it ends */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

#include "base/mem.h"

static void the_rooms_come_one_by_one(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, "", "SAFELIST CASEMAPPING=ascii");
    assert_int_equal(irc_op_list(r.irc, NULL, NULL, 7), KITH_OK);
    rig_has(rig_sent(&r), "LIST\r\n");
    assert_int_equal(irc_op_list(r.irc, NULL, NULL, 8), KITH_EBUSY);
    (void)rig_events(&r);
    rig_line(&r, ":irc.test 321 alice Channel :Users Name");
    rig_line(&r, ":irc.test 322 alice #Big 123 :[+nt 50] all about \x02" "big\x02 things");
    rig_line(&r, ":irc.test 322 alice #small 1 :");
    rig_line(&r, ":irc.test 322 alice #odd many");
    rig_line(&r, ":irc.test 322 alice * 5 :hidden");
    rig_line(&r, ":irc.test 322 alice");
    const char *told = rig_events(&r);
    rig_has(told, "ITEM address=#big name=#Big text=all about big things number=123 req=7\n");
    rig_has(told, "ITEM address=#small name=#small number=1 req=7\n");
    rig_has(told, "ITEM address=#odd name=#odd number=-1 req=7\n");
    rig_lacks(told, "hidden");
    rig_line(&r, ":irc.test 323 alice :End");
    rig_has(rig_events(&r), "REPLY req=7 err=0");
    rig_line(&r, ":irc.test 322 alice #late 5 :nobody asked");
    rig_line(&r, ":irc.test 323 alice :End");
    assert_string_equal(rig_events(&r), "");
    assert_int_equal(irc_op_list(r.irc, NULL, NULL, 9), KITH_OK);
    rig_stop(&r);
    (void)state;
}

struct narrow { const char *isupport, *pattern, *sent; };

static void the_server_narrows_it_down_where_it_can(void **state)
{
    static const struct narrow all[] = {
        {"SAFELIST ELIST=CMNTU", ">19 <500 *linux*", "LIST >19,<500,*linux*\r\n"},
        {"SAFELIST ELIST=U", ">19 *linux*", "LIST >19\r\n"},
        {"SAFELIST ELIST=M", ">19 *linux* #bsd", "LIST *linux*,#bsd\r\n"},
        {"SAFELIST", ">19 *linux*", "LIST\r\n"},
        {"SAFELIST", "#Linux", "LIST #linux\r\n"},
        {"SAFELIST ELIST=MU", "linux topic:free software", "LIST *linux*\r\n"},
        {"SAFELIST ELIST=MU", "topic:free software", "LIST\r\n"},
        {"SAFELIST ELIST=MU", "*", "LIST\r\n"}};
    for (size_t n = 0; n < COUNT(all); n++) {
        struct rig r;
        rig_start(&r, NULL);
        rig_online(&r, "", all[n].isupport);
        assert_int_equal(irc_op_list(r.irc, NULL, all[n].pattern, 1), KITH_OK);
        assert_string_equal(rig_sent(&r), all[n].sent);
        rig_stop(&r);
    }
    (void)state;
}

static void what_the_server_cannot_sort_out_is_sorted_out_here(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, "", "SAFELIST");
    assert_int_equal(irc_op_list(r.irc, NULL, ">9 <100 linux #bs? topic:free SOFT", 1), KITH_OK);
    (void)rig_events(&r);
    rig_line(&r, ":irc.test 322 alice #Linux-de 50 :Free software");
    rig_line(&r, ":irc.test 322 alice #bsd 10 :free soft drinks");
    rig_line(&r, ":irc.test 322 alice #bsdx 10 :free soft drinks");
    rig_line(&r, ":irc.test 322 alice #linux 9 :free software");
    rig_line(&r, ":irc.test 322 alice #linux2 100 :free software");
    rig_line(&r, ":irc.test 322 alice #linux3 50 :something else");
    const char *told = rig_events(&r);
    rig_has(told, "address=#linux-de ");
    rig_has(told, "address=#bsd ");
    rig_lacks(told, "bsdx");
    rig_lacks(told, "linux2");
    rig_lacks(told, "linux3");
    rig_lacks(told, "address=#linux ");
    rig_stop(&r);
    (void)state;
}

static void a_dangerous_list_is_asked_for_on_purpose_only(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_connect(&r);
    rig_line(&r, ":irc.test 001 alice :hi");
    rig_line(&r, ":irc.test 005 alice ELIST=U :are supported");
    rig_line(&r, ":irc.test 254 alice %d :channels formed", IRC_LIST_UNSAFE + 1);
    rig_line(&r, ":irc.test 422 alice :no motd");
    rig_lacks(rig_events(&r), "channels formed"); /* kept to itself; counted */
    (void)rig_sent(&r);
    assert_int_equal(irc_op_list(r.irc, NULL, NULL, 1), KITH_OK);
    rig_lacks(rig_sent(&r), "LIST");
    rig_has(rig_events(&r), "REPLY req=1 err=-14");
    assert_int_equal(irc_op_list(r.irc, NULL, "topic:x", 2), KITH_OK); /* that would be all of them as well */
    rig_lacks(rig_sent(&r), "LIST");
    assert_int_equal(irc_op_list(r.irc, NULL, ">50", 3), KITH_OK);
    rig_has(rig_sent(&r), "LIST >50\r\n");
    rig_line(&r, ":irc.test 323 alice :End");
    assert_int_equal(irc_op_list(r.irc, NULL, "*", 4), KITH_OK);
    rig_has(rig_sent(&r), "LIST\r\n");
    rig_line(&r, ":irc.test 323 alice :End");
    rig_stop(&r);
    (void)state;
}

static void a_small_network_needs_no_promise(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_connect(&r);
    rig_line(&r, ":irc.test 001 alice :hi");
    rig_line(&r, ":irc.test 254 alice %d :channels formed", IRC_LIST_UNSAFE);
    rig_line(&r, ":irc.test 422 alice :no motd");
    (void)rig_sent(&r);
    assert_int_equal(irc_op_list(r.irc, NULL, NULL, 1), KITH_OK);
    rig_has(rig_sent(&r), "LIST\r\n");
    rig_stop(&r);
    (void)state;
}

static void the_ends_that_are_none(void **state)
{
    struct rig r;
    rig_start(&r, NULL);
    rig_online(&r, "", "SAFELIST");
    assert_int_equal(irc_op_list(r.irc, NULL, NULL, 1), KITH_OK);
    rig_line(&r, ":irc.test 322 alice #a 5 :x");
    rig_line(&r, ":irc.test 416 alice LIST :output too large");
    rig_has(rig_events(&r), "REPLY req=1 err=0 more=1 text=The server cut the list off");
    rig_line(&r, ":irc.test 323 alice :End");
    assert_string_equal(rig_events(&r), "");
    assert_int_equal(irc_op_list(r.irc, NULL, NULL, 2), KITH_OK);
    rig_line(&r, ":irc.test 263 alice WHO :load too heavy");
    rig_lacks(rig_events(&r), "REPLY");
    rig_line(&r, ":irc.test 263 alice LIST :load too heavy");
    rig_has(rig_events(&r), "REPLY req=2 err=-4");
    assert_int_equal(irc_op_list(r.irc, NULL, NULL, 3), KITH_OK);
    for (int n = 0; n < 4; n++) { /* it is slow, but it goes on */
        rig_pass(&r, IRC_QUERY_MS - 1000);
        rig_line(&r, ":irc.test 322 alice #a%d 5 :x", n);
    }
    rig_lacks(rig_events(&r), "REPLY");
    rig_pass(&r, IRC_QUERY_MS + 1000);
    rig_has(rig_events(&r), "REPLY req=3 err=-8");
    assert_int_equal(irc_op_list(r.irc, "other.test", ">5", 4), KITH_OK);
    rig_has(rig_sent(&r), "LIST * other.test\r\n");
    rig_line(&r, ":irc.test 402 alice other.test :No such server");
    rig_has(rig_events(&r), "REPLY req=4 err=-10");
    assert_int_equal(irc_op_list(r.irc, "a b", NULL, 5), KITH_EINVAL);
    rig_stop(&r);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rooms_come_one_by_one),
        cmocka_unit_test(the_server_narrows_it_down_where_it_can),
        cmocka_unit_test(what_the_server_cannot_sort_out_is_sorted_out_here),
        cmocka_unit_test(a_dangerous_list_is_asked_for_on_purpose_only),
        cmocka_unit_test(a_small_network_needs_no_promise),
        cmocka_unit_test(the_ends_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
