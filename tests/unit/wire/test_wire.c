/* tests/unit/wire/test_wire.c - everything that crosses the wire comes out as it went in, cut and
 * cleaned */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../leftover.h"

#include "base/frame.h"
#include "base/mem.h"
#include "wire/table.h"

/* ---- filling any struct by its description, and comparing two ---- */

static uint64_t next(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 20;
}

static void fill(struct arena *a, const struct wire_struct *s, char *p, uint64_t *seed);

static const char *some_text(struct arena *a, const struct wire_field *f, uint64_t *seed)
{
    static const char *const words[] = {"", "a", "Grüße, 日本", "x y z", "line\nline\tend", "🙂"};
    const char *w = words[next(seed) % COUNT(words)];
    if (f->flags & WS_NEED && !*w)
        w = "needed";
    if (!(f->flags & (WS_TEXT | WS_RAW)) && strchr(w, '\n'))
        w = "plain";
    return !(f->flags & WS_NEED) && next(seed) % 5 == 0 ? NULL : arena_strdup(a, w);
}

static void fill_list(struct arena *a, const struct wire_field *f, char *p, uint64_t *seed)
{
    size_t n = 1 + next(seed) % 3;
    if (f->flags & WS_SECOND)
        memcpy(&n, p + f->at_n, sizeof n);
    char *list;
    if (f->type == WT_STRS) {
        const char **strings = arena_alloc(a, n * sizeof *strings);
        for (size_t i = 0; i < n; i++)
            strings[i] = f->flags & WS_TEXT ? "a\nvalue" : "value";
        list = (char *)strings;
    } else {
        list = arena_alloc(a, n * f->sub->size);
        for (size_t i = 0; i < n; i++)
            fill(a, f->sub, list + i * f->sub->size, seed);
    }
    memcpy(p + f->at, &list, sizeof list);
    memcpy(p + f->at_n, &n, sizeof n);
}

static void fill_field(struct arena *a, const struct wire_field *f, char *p, uint64_t *seed)
{
    uint64_t v = next(seed);
    uint32_t v32 = (uint32_t)v;
    const void *pointer = NULL;
    switch ((enum wire_type)f->type) {
    case WT_U16:
        memcpy(p + f->at, &v32, 2);
        break;
    case WT_ENUM:
    case WT_I32:
        v32 = (uint32_t)(f->lo + (int64_t)(v % (uint64_t)(f->hi - f->lo + 1)));
        memcpy(p + f->at, &v32, 4);
        break;
    case WT_U32:
        memcpy(p + f->at, &v32, 4);
        break;
    case WT_I64:
        v = (uint64_t)(f->lo + (int64_t)(v % ((uint64_t)f->hi - (uint64_t)f->lo)));
        memcpy(p + f->at, &v, 8);
        break;
    case WT_U64:
        memcpy(p + f->at, &v, 8);
        break;
    case WT_STR:
        pointer = some_text(a, f, seed);
        memcpy(p + f->at, &pointer, sizeof pointer);
        break;
    case WT_SPANS: /* must fit the text: test_spans.c */
        break;
    case WT_STRS:
    case WT_STRUCTS:
        fill_list(a, f, p, seed);
        break;
    case WT_ONE:
        pointer = arena_alloc(a, f->sub->size);
        fill(a, f->sub, (char *)(uintptr_t)pointer, seed);
        memcpy(p + f->at, &pointer, sizeof pointer);
        break;
    case WT_GROUP:
        pointer = v % 2 ? f->group : NULL;
        memcpy(p + f->at, &pointer, sizeof pointer);
        break;
    }
}

static void fill(struct arena *a, const struct wire_struct *s, char *p, uint64_t *seed)
{
    uint32_t size = (uint32_t)s->size;
    if (s->sized)
        memcpy(p, &size, sizeof size);
    for (size_t i = 0; i < s->n_fields; i++)
        fill_field(a, &s->fields[i], p, seed);
}

static void assert_same(const struct wire_struct *s, const char *x, const char *y);

static void assert_same_field(const struct wire_field *f, const char *x, const char *y)
{
    const void *a, *b;
    size_t n = 0, m = 0;
    memcpy(&a, x + f->at, sizeof a);
    memcpy(&b, y + f->at, sizeof b);
    switch ((enum wire_type)f->type) {
    case WT_U16:
        assert_memory_equal(x + f->at, y + f->at, 2);
        break;
    case WT_ENUM:
    case WT_I32:
    case WT_U32:
        assert_memory_equal(x + f->at, y + f->at, 4);
        break;
    case WT_I64:
    case WT_U64:
        assert_memory_equal(x + f->at, y + f->at, 8);
        break;
    case WT_STR:
        assert_true(str_eq(a, b));
        break;
    case WT_STRS:
    case WT_STRUCTS:
    case WT_SPANS:
        memcpy(&n, x + f->at_n, sizeof n);
        memcpy(&m, y + f->at_n, sizeof m);
        assert_int_equal(n, m);
        for (size_t i = 0; i < n && f->type == WT_STRS; i++)
            assert_string_equal(((const char *const *)a)[i], ((const char *const *)b)[i]);
        for (size_t i = 0; i < n && f->type == WT_STRUCTS; i++)
            assert_same(f->sub, (const char *)a + i * f->sub->size,
                        (const char *)b + i * f->sub->size);
        break;
    case WT_ONE:
        assert_non_null(b);
        assert_same(f->sub, a, b);
        break;
    case WT_GROUP:
        assert_int_equal(a != NULL, b != NULL);
        break;
    }
}

static void assert_same(const struct wire_struct *s, const char *x, const char *y)
{
    for (size_t i = 0; i < s->n_fields; i++)
        assert_same_field(&s->fields[i], x, y);
}

/* ---- tests ---- */

static void every_event_survives(void **state)
{
    uint64_t seed = 42;
    int kinds = 0;
    for (uint32_t type = 0; type < 64; type++) {
        const struct wire_struct *s = wire_event_struct(type);
        if (!s)
            continue;
        kinds++;
        for (int round = 0; round < 20; round++) {
            struct arena mem = {0};
            struct buf b = {0};
            struct kith_event *ev = arena_alloc(&mem, s->size), *back = NULL;
            struct err e = {0};
            uint64_t number = 0;
            fill(&mem, s, (char *)ev, &seed);
            ev->type = type;
            wire_put_event(&b, 7777, ev);
            assert_true(b.len > 0);
            assert_int_equal(wire_get_event(b.data, b.len, &mem, &number, &back, &e), 0);
            assert_int_equal(number, 7777);
            assert_int_equal(back->type, type);
            assert_int_equal(back->size, s->size);
            assert_same(s, (char *)ev, (char *)back);
            buf_free(&b);
            arena_free(&mem);
        }
    }
    assert_int_equal(kinds, 28);
}

static void every_op_survives(void **state)
{
    uint64_t seed = 7;
    for (uint32_t type = OP_CONNECT; type <= OP_LOOK; type++) {
        struct arena mem = {0};
        struct buf b = {0};
        struct wire_op op = {0}, *back = NULL;
        fill(&mem, &wire_struct_op, (char *)&op, &seed);
        op.type = type;
        wire_put_op(&b, &op);
        assert_int_equal(wire_get_op(b.data, b.len, &mem, &back, NULL), 0);
        assert_int_equal(back->type, type);
        assert_same(&wire_struct_op, (char *)&op, (char *)back);
        assert_string_not_equal(wire_op_name(type), "UNKNOWN");
        buf_free(&b);
        arena_free(&mem);
    }
}

static void open_hello_refused_survive(void **state)
{
    uint64_t seed = 3;
    struct arena mem = {0};
    struct buf b = {0};
    struct wire_open o = {0}, o2;
    struct wire_hello h = {0}, h2;
    struct wire_refused r = {0}, r2;
    struct wire_secret s = {0}, s2;
    fill(&mem, &wire_struct_open, (char *)&o, &seed);
    wire_put_open(&b, &o);
    assert_int_equal(wire_get_open(b.data, b.len, &mem, &o2, NULL), 0);
    assert_same(&wire_struct_open, (char *)&o, (char *)&o2);
    buf_clear(&b);
    fill(&mem, &wire_struct_hello, (char *)&h, &seed);
    h.err = -3;
    wire_put_hello(&b, &h);
    assert_int_equal(wire_get_hello(b.data, b.len, &mem, &h2, NULL), 0);
    assert_same(&wire_struct_hello, (char *)&h, (char *)&h2);
    buf_clear(&b);
    fill(&mem, &wire_struct_refused, (char *)&r, &seed);
    wire_put_refused(&b, &r);
    assert_int_equal(wire_get_refused(b.data, b.len, &mem, &r2, NULL), 0);
    assert_same(&wire_struct_refused, (char *)&r, (char *)&r2);
    buf_clear(&b);
    fill(&mem, &wire_struct_secret, (char *)&s, &seed);
    wire_put_secret(&b, &s);
    assert_int_equal(wire_get_secret(b.data, b.len, &mem, &s2, NULL), 0);
    assert_same(&wire_struct_secret, (char *)&s, (char *)&s2);
    buf_free(&b);
    arena_free(&mem);
}

/* A member that the table forgot shows as bytes that no field covers; the numbers are padding and
 * what never travels. */
static void no_member_is_forgotten(void **state)
{
    static const struct {
        uint32_t type;
        size_t uncovered;
    } events[] = {{KITH_EV_STATE, 8},     {KITH_EV_CAPS, 12},        {KITH_EV_SELF, 8},
                  {KITH_EV_REPLY, 8},     {KITH_EV_NOTICE, 12},      {KITH_EV_ASK, 12},
                  {KITH_EV_ASK_GONE, 8},  {KITH_EV_ITEM, 8},         {KITH_EV_SYNC_BEGIN, 12},
                  {KITH_EV_SYNC_END, 12}, {KITH_EV_CONTACT, 12},     {KITH_EV_CONTACT_GONE, 8},
                  {KITH_EV_PRESENCE, 8},  {KITH_EV_CHAT, 12},        {KITH_EV_CHAT_GONE, 8},
                  {KITH_EV_MEMBER, 12},   {KITH_EV_MEMBER_GONE, 12}, {KITH_EV_MESSAGE, 8},
                  {KITH_EV_RECEIPT, 16},  {KITH_EV_TYPING, 12},      {KITH_EV_MARKER, 8},
                  {KITH_EV_PROGRESS, 8},   {KITH_EV_SUB, 8},          {KITH_EV_SUB_GONE, 8},
                  {KITH_EV_LINK, 12},      {KITH_EV_HAPPENED, 8},     {KITH_EV_ENCRYPTION, 12},
                  {KITH_EV_DEVICE, 12}};
    for (size_t i = 0; i < COUNT(events); i++) {
        const struct wire_struct *s = wire_event_struct(events[i].type);
        char *covered = calloc(1, s->size);
        size_t left = 0;
        for (size_t k = 0; k < s->n_fields; k++) {
            const struct wire_field *f = &s->fields[k];
            size_t n = f->type == WT_U16                                              ? 2
                       : f->type == WT_U32 || f->type == WT_ENUM || f->type == WT_I32 ? 4
                                                                                      : 8;
            memset(covered + f->at, 1, n);
            if (f->type == WT_STRS || f->type == WT_STRUCTS || f->type == WT_SPANS)
                memset(covered + f->at_n, 1, sizeof(size_t));
        }
        for (size_t k = 0; k < s->size; k++)
            left += !covered[k];
        free(covered);
        if (left != events[i].uncovered)
            fail_msg("%s: %zu bytes are not in the table", s->name, left);
    }
}

static struct kith_ev_message message(void)
{
    return (struct kith_ev_message){
        .ev = {.size = sizeof(struct kith_ev_message), .type = KITH_EV_MESSAGE},
        .chat = "bob@example.org",
        .sender = "bob@example.org",
        .id = "1",
        .body = "hello"};
}

static void text_is_cleaned_and_cut(void **state)
{
    struct arena mem = {0};
    struct buf b = {0};
    struct kith_event *back;
    uint64_t n;
    char *long_body = malloc(KITH_MAX_BODY + 10);
    memset(long_body, 'x', KITH_MAX_BODY + 9);
    long_body[KITH_MAX_BODY + 9] = '\0';
    memcpy(long_body + KITH_MAX_BODY - 1, "é", 2);
    struct kith_ev_message m = message();
    m.body = long_body;
    m.sender_name = "a\x1b[31mb\nc\xff";
    m.text = "\xe2\x80\xae"
             "evil";
    wire_put_event(&b, 1, &m.ev);
    assert_int_equal(wire_get_event(b.data, b.len, &mem, &n, &back, NULL), 0);
    const struct kith_ev_message *got = (const void *)back;
    assert_int_equal(strlen(got->body), KITH_MAX_BODY - 1);
    assert_null(strchr(got->sender_name, '\x1b'));
    assert_null(strchr(got->sender_name, '\n'));
    assert_null(strchr(got->sender_name, '\xff'));
    assert_string_equal(got->text, "evil");
    free(long_body);
    buf_free(&b);
    arena_free(&mem);
}

/* A name of nothing but invisible characters must not end the account (a stranger can choose it).
 */
static void an_invisible_name_is_still_a_name(void **state)
{
    struct arena mem = {0};
    struct buf b = {0};
    struct kith_event *back;
    uint64_t n;
    struct kith_ev_member m = {
        .ev = {.size = sizeof m, .type = KITH_EV_MEMBER}, .chat = "r", .nick = "\xe2\x81\xa0"};
    wire_put_event(&b, 1, &m.ev);
    assert_int_equal(wire_get_event(b.data, b.len, &mem, &n, &back, NULL), 0);
    assert_string_equal(((const struct kith_ev_member *)(const void *)back)->nick, "\xef\xbf\xbd");
    buf_free(&b);
    arena_free(&mem);
}

static void what_misleads_is_not_sent(void **state)
{
    struct buf b = {0};
    struct kith_ev_message m = message();
    m.chat = NULL;
    wire_put_event(&b, 1, &m.ev);
    m.chat = "";
    wire_put_event(&b, 1, &m.ev);
    struct kith_ev_receipt r = {
        .ev = {.size = sizeof r, .type = KITH_EV_RECEIPT}, .chat = "c", .id = "1", .delivery = 99};
    wire_put_event(&b, 1, &r.ev);
    struct kith_event unknown = {.size = sizeof unknown, .type = 999};
    wire_put_event(&b, 1, &unknown);
    struct kith_event tiny = {.size = 4, .type = KITH_EV_CAPS};
    wire_put_event(&b, 1, &tiny);
    assert_int_equal(b.len, 0);
    buf_free(&b);
}

static void absurd_numbers_are_clamped(void **state)
{
    struct arena mem = {0};
    struct buf b = {0};
    struct kith_event *back;
    uint64_t n;
    struct kith_ev_presence p = {
        .ev = {.size = sizeof p, .type = KITH_EV_PRESENCE, .time_ms = INT64_MIN},
        .address = "a",
        .show = 77,
        .priority = INT32_MAX,
        .idle_since_ms = INT64_MAX};
    wire_put_event(&b, 1, &p.ev);
    assert_int_equal(wire_get_event(b.data, b.len, &mem, &n, &back, NULL), 0);
    const struct kith_ev_presence *got = (const void *)back;
    assert_int_equal(got->ev.time_ms, 0);
    assert_int_equal(got->show, KITH_SHOW_UNKNOWN);
    assert_int_equal(got->priority, 1000);
    assert_true(got->idle_since_ms > 0 && got->idle_since_ms < INT64_C(300000000000000));
    buf_free(&b);
    arena_free(&mem);
}

/* A plugin of a future or past whose structs have another size: elements are found by the size they
 * say. */
static void arrays_step_by_the_writers_size(void **state)
{
    struct wide {
        struct kith_choice c;
        char more[24];
    } choices[2] = {{{sizeof(struct wide), 0, "one", "First"}, "future"},
                    {{sizeof(struct wide), KITH_CHOICE_DEFAULT, "two", NULL}, ""}};
    struct kith_ev_ask q = {.ev = {.size = sizeof q, .type = KITH_EV_ASK},
                            .ask = 5,
                            .kind = KITH_ASK_CONFIRM,
                            .choices = &choices[0].c,
                            .n_choices = 2};
    struct arena mem = {0};
    struct buf b = {0};
    struct kith_event *back;
    uint64_t n;
    wire_put_event(&b, 1, &q.ev);
    assert_int_equal(wire_get_event(b.data, b.len, &mem, &n, &back, NULL), 0);
    const struct kith_ev_ask *got = (const void *)back;
    assert_int_equal(got->n_choices, 2);
    assert_string_equal(got->choices[1].id, "two");
    assert_int_equal(got->choices[1].flags, KITH_CHOICE_DEFAULT);
    assert_int_equal(got->choices[1].size, sizeof(struct kith_choice));
    choices[0].c.size = 8; /* smaller than any header ever had */
    size_t before = b.len;
    wire_put_event(&b, 1, &q.ev);
    assert_int_equal(b.len, before);
    buf_free(&b);
    arena_free(&mem);
}

static void a_secret_is_passed_as_typed(void **state)
{
    const char *value = "pa\xcc\x88ss\x01word";
    struct kith_field f[2] = {
        {.size = sizeof f[0], .key = "secret", .type = "secret", .values = &value, .n_values = 1},
        {.size = sizeof f[0], .key = "name", .type = "text", .values = &value, .n_values = 1}};
    struct wire_op op = {.size = sizeof op,
                         .type = OP_ANSWER,
                         .ask = 1,
                         .fields = f,
                         .n_fields = 2},
                   *back;
    struct arena mem = {0};
    struct buf b = {0};
    wire_put_op(&b, &op);
    assert_int_equal(wire_get_op(b.data, b.len, &mem, &back, NULL), 0);
    assert_string_equal(back->fields[0].values[0], value);
    assert_string_not_equal(back->fields[1].values[0], value);
    buf_free(&b);
    arena_free(&mem);
}

/* Every prefix and every single changed byte: refused or decoded, never out of bounds (sanitizers
 * watch). */
static void broken_bytes_are_refused(void **state)
{
    uint64_t seed = 99;
    for (uint32_t type = 1; type < 40; type++) {
        const struct wire_struct *s = wire_event_struct(type);
        if (!s)
            continue;
        struct arena mem = {0};
        struct buf b = {0};
        struct kith_event *ev = arena_alloc(&mem, s->size), *back;
        uint64_t n;
        fill(&mem, s, (char *)ev, &seed);
        ev->type = type;
        wire_put_event(&b, 1, ev);
        for (size_t len = 0; len < b.len; len++)
            assert_true(wire_get_event(b.data, len, &mem, &n, &back, NULL) < 0);
        for (size_t i = 0; i < b.len; i++)
            for (int bit = 0; bit < 8; bit++) {
                b.data[i] = (char)(b.data[i] ^ (1 << bit));
                struct arena scratch = {0};
                (void)wire_get_event(b.data, b.len, &scratch, &n, &back, NULL);
                arena_free(&scratch);
                b.data[i] = (char)(b.data[i] ^ (1 << bit));
            }
        buf_adds(&b, "more");
        assert_true(wire_get_event(b.data, b.len, &mem, &n, &back, NULL) < 0);
        buf_free(&b);
        arena_free(&mem);
    }
}

static void numbers_out_of_range_are_refused(void **state)
{
    struct kith_ev_typing t = {
        .ev = {.size = sizeof t, .type = KITH_EV_TYPING}, .chat = "c", .state = 1};
    struct arena mem = {0};
    struct buf b = {0};
    struct kith_event *back;
    uint64_t n;
    wire_put_event(&b, 1, &t.ev);
    size_t at = 8 + 4 + 8 + 8 + (4 + 2) + 4; /* number, type, req, time, chat, who */
    assert_int_equal(b.data[at], 1);
    b.data[at] = 77;
    assert_true(wire_get_event(b.data, b.len, &mem, &n, &back, NULL) < 0);
    b.data[at] = 2;
    assert_int_equal(wire_get_event(b.data, b.len, &mem, &n, &back, NULL), 0);
    memset(b.data + 8 + 4 + 8, 0xff, 8); /* a time before 1970 */
    assert_true(wire_get_event(b.data, b.len, &mem, &n, &back, NULL) < 0);
    buf_free(&b);
    arena_free(&mem);
}

static void ops_need_their_argument(void **state)
{
    struct wire_op op = {.size = sizeof op, .type = OP_SEND}, *back;
    struct arena mem = {0};
    struct buf b = {0};
    struct err e = {0};
    wire_put_op(&b, &op);
    assert_true(wire_get_op(b.data, b.len, &mem, &back, &e) < 0);
    assert_true(e.text[0] != '\0');
    buf_free(&b);
    arena_free(&mem);
}

static void logs_and_numbers_survive(void **state)
{
    struct arena mem = {0};
    struct buf b = {0};
    uint32_t level;
    const char *text;
    uint64_t n;
    wire_put_log(&b, 9, "two\nlines");
    assert_int_equal(wire_get_log(b.data, b.len, &mem, &level, &text, NULL), 0);
    assert_int_equal(level, KITH_ERROR);
    assert_string_equal(text, "two lines");
    assert_true(wire_get_log(b.data, 3, &mem, &level, &text, NULL) < 0);
    buf_clear(&b);
    wire_put_number(&b, UINT64_MAX);
    assert_int_equal(wire_get_number(b.data, b.len, &n, NULL), 0);
    assert_true(n == UINT64_MAX);
    assert_true(wire_get_number(b.data, 7, &n, NULL) < 0);
    buf_free(&b);
    arena_free(&mem);
}

static void hello_tells_which_groups_exist(void **state)
{
    static const struct kith_core_ops core = {.size = sizeof core};
    static const struct kith_room_ops rooms = {.size = sizeof rooms};
    struct kith_protocol p = {.size = sizeof p, .id = "x", .core = &core, .rooms = &rooms};
    struct wire_hello h = {.size = sizeof h, .protocol = &p}, back;
    struct arena mem = {0};
    struct buf b = {0};
    wire_put_hello(&b, &h);
    assert_int_equal(wire_get_hello(b.data, b.len, &mem, &back, NULL), 0);
    assert_non_null(back.protocol->core);
    assert_non_null(back.protocol->rooms);
    assert_null(back.protocol->roster);
    assert_ptr_not_equal(back.protocol->rooms, &rooms);
    buf_clear(&b);
    h.protocol = NULL;
    wire_put_hello(&b, &h);
    assert_true(wire_get_hello(b.data, b.len, &mem, &back, NULL) < 0);
    buf_free(&b);
    arena_free(&mem);
}

static void a_secret_leaves_nothing_behind(void **state)
{
    char value[300];
    struct buf b = {0};
    for (size_t i = 0; i < sizeof value - 1; i++)
        value[i] = leftover_byte(i);
    value[sizeof value - 1] = '\0';
    struct wire_secret w = {.size = sizeof w, .number = 1, .key = "password", .value = value};
    wire_put_secret(&b, &w);
    assert_true(b.len > sizeof value);
    wire_put_secret(&b, &w); /* it grows */
    buf_wipe_free(&b);
    assert_false(leftover());
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_secret_leaves_nothing_behind),
                                       cmocka_unit_test(every_event_survives),
                                       cmocka_unit_test(every_op_survives),
                                       cmocka_unit_test(open_hello_refused_survive),
                                       cmocka_unit_test(no_member_is_forgotten),
                                       cmocka_unit_test(text_is_cleaned_and_cut),
                                       cmocka_unit_test(an_invisible_name_is_still_a_name),
                                       cmocka_unit_test(what_misleads_is_not_sent),
                                       cmocka_unit_test(absurd_numbers_are_clamped),
                                       cmocka_unit_test(arrays_step_by_the_writers_size),
                                       cmocka_unit_test(a_secret_is_passed_as_typed),
                                       cmocka_unit_test(broken_bytes_are_refused),
                                       cmocka_unit_test(numbers_out_of_range_are_refused),
                                       cmocka_unit_test(ops_need_their_argument),
                                       cmocka_unit_test(logs_and_numbers_survive),
                                       cmocka_unit_test(hello_tells_which_groups_exist)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
