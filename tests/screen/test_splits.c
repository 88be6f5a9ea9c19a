/* tests/screen/test_splits.c - several chats at once: their places, focus, zoom, sizes, and what is
 * kept of them */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "script.h"

static struct stage s;
static struct chat *bob, *room, *irc;

static int setup(void **state)
{
    stage_open(&s, "tests/screen/golden");
    struct account *a = an_account(&s, "home", "xmpp", "alice@example.org");
    struct account *l = an_account(&s, "libera", "irc", "alice");
    a_contact(a, "bob@example.org", "Bob Builder", "Friends", KITH_SHOW_ONLINE, NULL);
    bob = a_chat(&s, a, "bob@example.org", KITH_CHAT_DIRECT, 1);
    room = a_chat(&s, a, "dev@rooms.example.org", KITH_CHAT_ROOM, 3);
    str_set(&room->name, "#c-dev");
    str_set(&room->topic, "Release on Friday");
    a_member(room, "alice", KITH_SHOW_ONLINE, KITH_ROLE_MEMBER);
    irc = a_chat(&s, l, "#ncurses", KITH_CHAT_ROOM, 7);
    says(&s, bob, "bob@example.org", at(0, 8, 50), "coffee?");
    own(&s, bob, at(0, 8, 51), "in ten minutes", DELIVERY_DELIVERED);
    says(&s, bob, "bob@example.org", at(0, 9, 2),
         "did you see the patch? I think it also fixes the title");
    says(&s, room, "frank", at(0, 9, 12), "Patch is up: https://example.org/r/1423");
    own(&s, room, at(0, 9, 14), "Reading it now", DELIVERY_STORED);
    says(&s, room, "carol", at(0, 9, 21), "alice: does this look right to you?")->mention = true;
    says(&s, irc, "dan", at(0, 9, 20), "SIGWINCH or mode 2048?");
    says(&s, irc, "nicm", at(0, 9, 22), "both, see the FAQ");
    return 0;
}

static int teardown(void **state)
{
    stage_close(&s);
    return s.failures;
}

static int split(const char *what, const char *arg, struct chat *c)
{
    struct err e = {0};
    int rc = view_split(s.v, what, arg, 0, c, &e);
    view_paint(s.v);
    return rc;
}

static void three(struct stage *st)
{
    struct err e = {0};
    view_show(st->v, room);
    view_paint(st->v);
    (void)view_split(st->v, "right", NULL, 0, bob, &e);
    view_paint(st->v);
    (void)view_split(st->v, "below", NULL, 0, irc, &e);
    view_paint(st->v);
    (void)view_split(st->v, "focus", "up", 0, NULL, &e);
    view_paint(st->v);
}

/* One chat, whatever the view before has left behind. */
static void fresh(int w, int h)
{
    look(&s, w, h, false);
    if (s.v->splits)
        split("only", NULL, NULL);
    view_show(s.v, room);
    view_paint(s.v);
}

static void test_looks(void **state)
{
    static const int sizes[][2] = {{120, 36}, {80, 24}, {50, 15}};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        fresh(sizes[i][0], sizes[i][1]);
        three(&s);
        screen_is(&s, "splits");
    }
    fresh(120, 36);
    three(&s);
    press(&s, "M-w");
    screen_is(&s, "splits-keys");
    press(&s, "z");
    screen_is(&s, "splits-zoom");
}

static void test_focus(void **state)
{
    fresh(120, 36);
    three(&s);
    assert_ptr_equal(view_current(s.v), bob);
    sees(&s, "to Bob Builder", true);
    sees(&s, "split 2 of 3", true);
    type(&s, "x"); /* goes to the one with the keyboard */
    sees(&s, "❯ x", true);
    press(&s, "C-c M-w Down");
    assert_ptr_equal(view_current(s.v), irc);
    press(&s, "M-w Left");
    assert_ptr_equal(view_current(s.v), room);
    press(&s, "M-w Left");
    assert_ptr_equal(view_current(s.v), room);
    press(&s, "M-w w M-w w");
    assert_ptr_equal(view_current(s.v), irc);
    press(&s, "F8");
    assert_ptr_equal(view_current(s.v), room);
    press(&s, "F7");
    assert_ptr_equal(view_current(s.v), irc);
    press(&s, "M-1"); /* another chat in the same place */
    assert_ptr_equal(view_current(s.v), bob);
    assert_int_equal(split_count(s.v->splits), 3);
    sees(&s, "SIGWINCH", false);
}

static void test_scrolling_is_kept(void **state)
{
    fresh(120, 36);
    for (int i = 0; i < 60; i++) {
        char text[32];
        snprintf(text, sizeof text, "line %d", i);
        says(&s, irc, "dan", at(0, 9, 23) + i, text);
    }
    three(&s);
    split("focus", "down", NULL);
    press(&s, "PgUp");
    int64_t anchor = s.v->chat.anchor;
    assert_int_not_equal(anchor, 0);
    sees(&s, "line 59", false);
    press(&s, "M-w Up");
    assert_int_equal(s.v->chat.anchor, 0);
    sees(&s, "line 59", false); /* the other one stands where it stood */
    press(&s, "M-w Down");
    assert_int_equal(s.v->chat.anchor, anchor);
}

static void test_sizes(void **state)
{
    fresh(120, 36);
    three(&s);
    int w = s.v->leaf->r.w;
    press(&s, "M-w >");
    assert_int_equal(s.v->leaf->r.w, w + 4);
    press(&s, "M-w <");
    assert_int_equal(s.v->leaf->r.w, w);
    int h = s.v->leaf->r.h;
    press(&s, "M-w + M-w +");
    assert_int_equal(s.v->leaf->r.h, h + 4);
    press(&s, "M-w =");
    assert_int_equal(s.v->leaf->r.h, h);
    press(&s, "M-w z");
    sees(&s, "zoomed", true);
    sees(&s, "SIGWINCH", false);
    assert_true(s.v->l.chat.w > 80);
    press(&s, "M-w z");
    sees(&s, "SIGWINCH", false); /* scrolled away by the test before */
    assert_int_equal(s.v->leaf->r.w, w);
    press(&s, "M-w x");
    assert_int_equal(split_count(s.v->splits), 2);
    press(&s, "M-w o");
    assert_null(s.v->splits);
    press(&s, "M-w o M-w z"); /* nothing to do */
    sees(&s, "there is only one chat here", true);
}

static void test_no_room(void **state)
{
    fresh(60, 24);
    view_show(s.v, room);
    view_paint(s.v);
    assert_true(split("right", NULL, bob) < 0);
    assert_null(s.v->splits);
    assert_true(split("below", NULL, bob) >= 0);
    assert_int_equal(split_count(s.v->splits), 2);
    view_resize(s.v, 60, 9); /* too small for both: the one with the keyboard */
    sees(&s, "coffee?", true);
    sees(&s, "Reading it now", false);
    press(&s, "M-w Up");
    sees(&s, "Reading it now", true);
    view_resize(s.v, 60, 24); /* and both are back */
    sees(&s, "coffee?", true);
    sees(&s, "Reading it now", true);
}

static void test_the_list_gives_way(void **state)
{
    fresh(80, 24);
    view_show(s.v, room);
    view_paint(s.v);
    sees(&s, "Friends", true);
    assert_true(split("right", NULL, bob) >= 0);
    sees(&s, "Friends", false);
    press(&s, "F2"); /* but not to who wants it */
    sees(&s, "Friends", true);
    press(&s, "Esc");
    sees(&s, "Friends", false);
    press(&s, "M-w x");
    sees(&s, "Friends", true);
}

static void test_kept_over_restarts(void **state)
{
    fresh(120, 36);
    three(&s);
    press(&s, "M-w > M-w > M-w +");
    int w = s.v->leaf->r.w, h = s.v->leaf->r.h;
    look(&s, 120, 36, false); /* the terminal goes, another comes */
    view_paint(s.v);
    assert_int_equal(split_count(s.v->splits), 3);
    assert_ptr_equal(view_current(s.v), bob);
    assert_int_equal(s.v->leaf->r.w, w);
    assert_int_equal(s.v->leaf->r.h, h);
    irc->open = false; /* what is closed does not come back */
    look(&s, 120, 36, false);
    view_paint(s.v);
    assert_int_equal(split_count(s.v->splits), 2);
    irc->open = true;
    (void)config_set_state(s.env.config, "splits", "r500(", NULL);
    s.v->splits ? split("only", NULL, NULL) : 0;
    (void)config_set_state(s.env.config, "splits", "rubbish", NULL);
    view_splits_restore(s.v);
    assert_null(s.v->splits);
}

static void test_a_chat_that_goes(void **state)
{
    fresh(100, 36);
    three(&s);
    struct chat *extra = a_chat(&s, bob->account, "x@example.org", KITH_CHAT_DIRECT, 9);
    assert_true(split("right", NULL, extra) < 0); /* three columns do not fit */
    assert_true(split("below", NULL, extra) >= 0);
    split("focus", "up", NULL);
    assert_int_equal(split_count(s.v->splits), 4);
    extra->open = false;
    chat_changed(extra);
    view_paint(s.v);
    assert_int_equal(split_count(s.v->splits), 3);
    extra->open = true;
}

static void test_from_the_list_and_the_switcher(void **state)
{
    fresh(120, 36);
    view_show(s.v, room);
    view_paint(s.v);
    press(&s, "C-k");
    type(&s, "bob");
    press(&s, "M-Enter");
    assert_int_equal(split_count(s.v->splits), 2);
    assert_ptr_equal(view_current(s.v), bob);
    press(&s, "M-w x F2");
    list_goto_chat(&s.v->list, bob);
    view_paint(s.v);
    press(&s, "o");
    assert_int_equal(split_count(s.v->splits), 2);
    assert_ptr_equal(view_current(s.v), bob);
    split("only", NULL, NULL);
}

/* ---- labels ---- */

static void labelled(struct stage *st)
{
    three(st);
    press(st, "M-'");
}

static void test_labels_look(void **state)
{
    static const int sizes[][2] = {{120, 36}, {80, 24}, {50, 15}};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        fresh(sizes[i][0], sizes[i][1]);
        labelled(&s);
        screen_is(&s, "splits-labels");
        press(&s, "Esc");
    }
    fresh(120, 36);
    split("right", NULL, bob);
    press(&s, "M-'");
    screen_is(&s, "splits-labels-two");
    press(&s, "Esc M-o");
    screen_is(&s, "splits-links-two");
    press(&s, "Esc");
    assert_int_equal(s.failures, 0);
}

static const struct target *target_in(const struct chat *c, int64_t message, enum target_kind kind)
{
    const struct targets *t = &s.v->labels.list;
    for (size_t i = 0; i < t->n; i++) {
        const struct split *leaf = t->v[i].place;
        if ((!c || (leaf && leaf->chat == c->id)) && t->v[i].kind == kind &&
            (!message || t->v[i].message == message))
            return &t->v[i];
    }
    return NULL;
}

static void choose(const struct chat *c, int64_t message, enum target_kind kind)
{
    char label[LABEL_LEN + 1];
    press(&s, "M-'");
    const struct target *t = target_in(c, message, kind);
    assert_non_null(t);
    memcpy(label, t->label, sizeof label);
    assert_true(label[0] != '\0');
    type(&s, label);
    assert_false(s.v->labels.on);
}

/* A label of another chat goes there; the verbs are those of the object. */
static void test_labels_reach_all(void **state)
{
    fresh(120, 36);
    three(&s);
    type(&s, "half a thought");
    choose(room, 0, TARGET_LINK);
    assert_ptr_equal(view_current(s.v), room);
    sees(&s, "link https://example.org/r/1423", true);
    press(&s, "y");
    assert_string_equal(s.v->s->copy, "https://example.org/r/1423");
    int64_t coffee = bob->messages[0]->id;
    choose(bob, coffee, TARGET_MESSAGE);
    assert_ptr_equal(view_current(s.v), bob);
    assert_int_equal(s.v->chat.selected, coffee);
    assert_string_equal(editor_text(s.v->editor), "half a thought");
    press(&s, "y");
    assert_string_equal(s.v->s->copy, "coffee?");
    press(&s, "M-Up"); /* from one that is selected to another chat: nothing stays selected here */
    const struct split *was = s.v->leaf;
    choose(room, room->messages[1]->id, TARGET_MESSAGE);
    assert_int_equal(was->pane->selected, 0);
    press(&s, "Esc");
    choose(bob, coffee, TARGET_MESSAGE);
    press(&s, "Esc");
    view_set_input(s.v, "");
    split("focus", "left", NULL);
    press(&s, "M-o"); /* a link is copied at once, wherever it is */
    assert_int_equal(s.v->labels.list.n, 1);
    press(&s, "A");
    assert_string_equal(s.v->s->copy, "https://example.org/r/1423");
    press(&s, "M-w z M-'"); /* zoomed: what is not to be seen has none */
    assert_non_null(target_in(NULL, room->messages[0]->id, TARGET_MESSAGE));
    assert_null(target_in(NULL, coffee, TARGET_MESSAGE));
    press(&s, "Esc M-w z");
}

/* The same chat in two places: each message has a label in both. */
static void test_labels_of_one_chat_twice(void **state)
{
    fresh(120, 36);
    split("right", NULL, room);
    const struct split *left = split_leaf(s.v->splits, 0), *right = split_leaf(s.v->splits, 1);
    assert_ptr_equal(s.v->leaf, right);
    press(&s, "M-'");
    const struct targets *t = &s.v->labels.list;
    const struct target *far = NULL;
    size_t here = 0, there = 0;
    for (size_t i = 0; i < t->n; i++) {
        here += t->v[i].place == right;
        there += t->v[i].place == left;
        if (t->v[i].place == left && t->v[i].kind == TARGET_MESSAGE)
            far = &t->v[i];
    }
    assert_true(here > 3 && here == there);
    char label[LABEL_LEN + 1];
    int64_t id = far->message;
    memcpy(label, far->label, sizeof label);
    type(&s, label);
    assert_ptr_equal(s.v->leaf, left);
    assert_int_equal(s.v->chat.selected, id);
    press(&s, "Esc");
}

/* Of many, the chat with the keyboard has the shortest; four keys are enough for any. None moves
 * or covers anything beyond the edge of its chat. */
static void test_labels_of_many(void **state)
{
    struct chat *wide = a_chat(&s, bob->account, "wide@example.org", KITH_CHAT_DIRECT, 8);
    for (int i = 0; i < 40; i++) {
        char text[100];
        snprintf(text, sizeof text, "see https://example.org/%d and then https://example.net/%d", i,
                 i);
        says(&s, wide, "wide@example.org", at(0, 7, 0) + i * 1000LL, text);
    }
    fresh(160, 50);
    split("right", NULL, wide);
    split("focus", "left", NULL);
    press(&s, "M-'");
    const struct targets *t = &s.v->labels.list;
    bool two = false;
    assert_true(t->n > 40);
    for (size_t i = 0; i < t->n; i++) {
        size_t len = strlen(t->v[i].label);
        assert_true(len == 1 || len == 2);
        assert_true(t->v[i].aside || len == 1);
        assert_true(t->v[i].aside == (t->v[i].place != s.v->leaf));
        two |= len == 2;
        for (size_t k = 0; k < t->n; k++)
            assert_true(i == k || strncmp(t->v[i].label, t->v[k].label, len) != 0);
    }
    assert_true(two);
    press(&s, "Esc");
    char *before = screen_text(&s);
    struct surface *shot = s.v->s;
    size_t n = (size_t)shot->w * (size_t)(shot->h - 3), changed = 0;
    struct cell *cells = xcalloc(n, sizeof *cells);
    memcpy(cells, shot->cells, n * sizeof *cells);
    press(&s, "M-'");
    size_t allowed = s.v->labels.list.n * (LABEL_LEN + 3);
    int border = s.v->leaf->r.x + s.v->leaf->r.w;
    for (size_t k = 0; k < n; k++) {
        bool same = memcmp(&cells[k], &shot->cells[k], sizeof *cells) == 0;
        assert_true(same || (int)(k % (size_t)shot->w) != border);
        changed += !same;
    }
    assert_true(changed > 0 && changed <= allowed);
    press(&s, "Esc");
    char *after = screen_text(&s);
    assert_string_equal(before, after);
    free(before);
    free(after);
    free(cells);
    split("only", NULL, NULL);
}

/* Labels of what stands at the right edge of a chat end there. */
static void test_labels_keep_the_border(void **state)
{
    struct chat *busy = a_chat(&s, bob->account, "busy@example.org", KITH_CHAT_DIRECT, 6);
    static const char longer[] = "aaaaaaaaaaaaaaa";
    for (size_t i = 0; i + 1 < sizeof longer; i++) {
        const char *what[] = {longer + i, "b1", "b2", "b3", "b4", "b5", "b6", "b7", "b8"};
        struct message *m = says(&s, busy, "busy@example.org", at(0, 7, 0) + (int64_t)i, "yes");
        message_set_reactions(m, "busy@example.org", what, COUNT(what));
    }
    fresh(120, 60);
    view_show(s.v, busy);
    view_paint(s.v);
    split("right", NULL, room);
    struct rect r = split_leaf(s.v->splits, 0)->r;
    press(&s, "M-'");
    bool at_edge = false;
    for (size_t i = 0; i < s.v->labels.list.n; i++)
        at_edge |= s.v->labels.list.v[i].aside && s.v->labels.list.v[i].x + 3 > r.x + r.w;
    assert_true(at_edge);
    for (int y = r.y; y < r.y + r.h; y++) {
        const struct cell *now =
            &s.v->s->cells[(size_t)y * (size_t)s.v->s->w + (size_t)(r.x + r.w)];
        assert_memory_equal(now,
                            &s.v->s->cells[(size_t)r.y * (size_t)s.v->s->w + (size_t)(r.x + r.w)],
                            sizeof *now);
    }
    press(&s, "Esc");
    split("only", NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_looks),
        cmocka_unit_test(test_focus),
        cmocka_unit_test(test_scrolling_is_kept),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_the_list_gives_way),
        cmocka_unit_test(test_kept_over_restarts),
        cmocka_unit_test(test_a_chat_that_goes),
        cmocka_unit_test(test_from_the_list_and_the_switcher),
        cmocka_unit_test(test_labels_look),
        cmocka_unit_test(test_labels_reach_all),
        cmocka_unit_test(test_labels_of_one_chat_twice),
        cmocka_unit_test(test_labels_of_many),
        cmocka_unit_test(test_labels_keep_the_border),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
