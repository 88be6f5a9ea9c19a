/* tests/unit/local/test_proto.c - frames between two kith of one machine */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/local/proto.h"
#include "base/mem.h"
#include "kith/plugin.h"

static int get(uint16_t kind, const struct buf *b, struct arena *a, struct lp *m)
{
    struct err e = {0};
    return lp_get(kind, b->len ? b->data : "", b->len, a, m, &e);
}

static void round_trip(void **state UNUSED)
{
    struct lp in = {.kind = LP_MESSAGE,
                    .id = "id-1",
                    .room = "#lobby",
                    .body = "hello\nworld",
                    .reply_to = "r",
                    .list = {"a", "b"},
                    .n_list = 2,
                    .flags = KITH_MSG_EDIT,
                    .target = "t",
                    .time = -5,
                    .number = 7};
    struct buf b = {0};
    struct arena a = {0};
    struct lp out;
    lp_put(&b, &in);
    assert_int_equal(get(LP_MESSAGE, &b, &a, &out), 0);
    assert_string_equal(out.id, "id-1");
    assert_string_equal(out.room, "#lobby");
    assert_string_equal(out.body, "hello\nworld");
    assert_string_equal(out.target, "t");
    assert_null(out.text);
    assert_int_equal(out.n_list, 2);
    assert_string_equal(out.list[1], "b");
    assert_int_equal(out.flags, KITH_MSG_EDIT);
    assert_int_equal(out.time, -5);
    assert_int_equal(out.number, 7);
    buf_free(&b);
    arena_free(&a);
}

static void empty_is_not_absent(void **state UNUSED)
{
    struct lp in = {.kind = LP_MESSAGE, .id = "x", .body = ""}, out;
    struct buf b = {0};
    struct arena a = {0};
    lp_put(&b, &in);
    assert_int_equal(get(LP_MESSAGE, &b, &a, &out), 0);
    assert_non_null(out.body);
    assert_string_equal(out.body, "");
    buf_free(&b);
    arena_free(&a);
}

static void cut_anywhere_is_refused_or_valid(void **state UNUSED)
{
    struct lp in = {.kind = LP_ACK, .id = "0123456789", .room = "#r", .number = 1}, out;
    struct buf b = {0};
    struct arena a = {0};
    size_t borders = 0;
    lp_put(&b, &in);
    for (size_t n = 0; n < b.len; n++) {
        char *exact = xmalloc(n ? n : 1); /* so that the sanitizer sees a read past the end */
        struct err e = {0};
        memcpy(exact, b.data, n);
        borders += lp_get(LP_ACK, exact, n, &a, &out, &e) == 0;
        free(exact);
    }
    assert_int_equal(borders, 2); /* after the id, after the room */
    buf_free(&b);
    arena_free(&a);
}

static void field(struct buf *b, uint8_t tag, const void *data, uint32_t len)
{
    unsigned char head[5] = {tag, (unsigned char)len, (unsigned char)(len >> 8),
                             (unsigned char)(len >> 16), (unsigned char)(len >> 24)};
    buf_add(b, head, sizeof head);
    buf_add(b, data, len);
}

static void bounds_hold(void **state UNUSED)
{
    struct buf b = {0};
    struct arena a = {0};
    struct lp out;
    char *big = xcalloc(1, KITH_MAX_BODY + 2);
    memset(big, 'x', KITH_MAX_BODY + 1);
    field(&b, 1, big, LP_MAX_ID + 1);
    assert_true(get(LP_ACK, &b, &a, &out) < 0);
    buf_clear(&b);
    field(&b, 1, "id", 2);
    field(&b, 3, big, KITH_MAX_BODY + 1);
    assert_true(get(LP_MESSAGE, &b, &a, &out) < 0);
    buf_clear(&b);
    field(&b, 1, "i\0d", 3);
    assert_true(get(LP_ACK, &b, &a, &out) < 0);
    buf_clear(&b);
    field(&b, 1, "id", 2);
    for (int i = 0; i <= LP_MAX_LIST; i++)
        field(&b, 32, "x", 1);
    assert_true(get(LP_MESSAGE, &b, &a, &out) < 0);
    buf_clear(&b);
    field(&b, 1, "id", 2);
    field(&b, 64, "1234567", 7); /* a number of seven bytes */
    assert_true(get(LP_ACK, &b, &a, &out) < 0);
    free(big);
    buf_free(&b);
    arena_free(&a);
}

static void unknown_is_skipped(void **state UNUSED)
{
    struct buf b = {0};
    struct arena a = {0};
    struct lp out;
    field(&b, 200, "from the future", 15);
    field(&b, 1, "id", 2);
    assert_int_equal(get(LP_ACK, &b, &a, &out), 0);
    assert_string_equal(out.id, "id");
    assert_int_equal(get(900, &b, &a, &out), 1);
    buf_free(&b);
    arena_free(&a);
}

static void what_must_be_there(void **state UNUSED)
{
    struct buf b = {0};
    struct arena a = {0};
    struct lp out;
    assert_true(get(LP_HELLO, &b, &a, &out) < 0);
    assert_true(get(LP_ACK, &b, &a, &out) < 0);
    assert_true(get(LP_JOIN, &b, &a, &out) < 0);
    assert_int_equal(get(LP_BYE, &b, &a, &out), 0);
    field(&b, 2, "lobby", 5); /* no '#' */
    assert_true(get(LP_JOIN, &b, &a, &out) < 0);
    buf_free(&b);
    arena_free(&a);
}

static void names_of_rooms(void **state UNUSED)
{
    assert_true(lp_room_ok("#lobby"));
    assert_true(lp_room_ok("#caf\xc3\xa9"));
    assert_false(lp_room_ok("#"));
    assert_false(lp_room_ok("lobby"));
    assert_false(lp_room_ok("#Lobby"));
    assert_false(lp_room_ok("#a b"));
    assert_false(lp_room_ok("#a/b"));
    assert_false(lp_room_ok("#a\x1b[0m"));
    assert_false(lp_room_ok("#\xe2\x80\xae"
                            "abc")); /* U+202E */
    assert_false(lp_room_ok("#\xff"));
    assert_false(lp_room_ok("#0123456789012345678901234567890123456789012345678901234567890123"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(empty_is_not_absent),
        cmocka_unit_test(cut_anywhere_is_refused_or_valid),
        cmocka_unit_test(bounds_hold),
        cmocka_unit_test(unknown_is_skipped),
        cmocka_unit_test(what_must_be_there),
        cmocka_unit_test(names_of_rooms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
