/* tests/screen/test_select.c - a message is selected: the popup, the menu, labels on everything,
 * reactions, and changes that are on their way or were refused */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "script.h"

static struct stage s;
static struct chat *room, *bob;
static struct message *patch, *code, *file, *answer, *mine;

static void react(struct message *m, const char *who, const char *what)
{
    message_set_reactions(m, who, &what, 1);
}

static void fill_room(void)
{
    says(&s, room, "bob", at(0, 8, 58), "Good morning");
    patch =
        says(&s, room, "frank", at(0, 9, 12),
             "Patch is up: https://example.org/r/1423 and its tests: https://example.org/r/1424");
    react(patch, "dev@rooms.example.org/bob", "👍");
    react(patch, "alice@example.org", "👍");
    react(patch, "dev@rooms.example.org/carol", "🎉");
    answer = own(&s, room, at(0, 9, 14), "Reading it now, thanks!", DELIVERY_DELIVERED);
    str_set(&patch->wire_id, "p1");
    str_set(&answer->reply_to, "p1");
    answer->edits = 2;
    code = says(&s, room, "carol", at(0, 9, 21),
                "does this look right?\n```\nint w = wcwidth(wc);\nif (w < 0) w = 1;\n```\nor "
                "rather\n```\nw = MAX(w, 1);\n```");
    file = says(&s, room, "dave", at(0, 9, 24), "");
    message_add_attachment(file, &(struct attachment){.id = (char *)"f1",
                                                      .name = (char *)"screenshot.png",
                                                      .bytes = 86016,
                                                      .width = 1280,
                                                      .height = 720});
    mine = own(&s, room, at(0, 9, 30), "Then I will read it on Monday.", DELIVERY_STORED);
}

static int setup(void **state)
{
    stage_open(&s, "tests/screen/golden");
    struct account *a = an_account(&s, "home", "xmpp", "alice@example.org");
    a->caps = KITH_CAP_EDIT | KITH_CAP_RETRACT | KITH_CAP_REACT | KITH_CAP_REPLY;
    a_contact(a, "bob@example.org", "Bob Builder", "Friends", KITH_SHOW_ONLINE, NULL);
    room = a_chat(&s, a, "dev@rooms.example.org", KITH_CHAT_ROOM, 1);
    str_set(&room->name, "c-dev");
    str_set(&room->nick, "alice");
    bob = a_chat(&s, a, "bob@example.org", KITH_CHAT_DIRECT, 2);
    static const char *const nicks[] = {"alice", "bob", "carol", "dave", "frank"};
    for (size_t i = 0; i < COUNT(nicks); i++)
        a_member(room, nicks[i], KITH_SHOW_ONLINE, KITH_ROLE_MEMBER);
    fill_room();
    return 0;
}

static int teardown(void **state)
{
    stage_close(&s);
    return s.failures;
}

static void at_room(struct stage *st)
{
    view_show(st->v, room);
    view_paint(st->v);
}

/* ---- golden screens ---- */

static void select_theirs(struct stage *st)
{
    at_room(st);
    press(st, "M-Up k k");
}

static void select_mine(struct stage *st)
{
    at_room(st);
    press(st, "M-Up");
}

static void menu(struct stage *st)
{
    at_room(st);
    press(st, "M-Up Space j j");
}

static void labels(struct stage *st)
{
    at_room(st);
    press(st, "M-'");
}

static void links(struct stage *st)
{
    at_room(st);
    press(st, "M-o");
}

static void bar(struct stage *st)
{
    at_room(st);
    press(st, "M-Up k +");
}

static void test_help_begins_with_the_keys_here(void **state)
{
    look(&s, 80, 24, false);
    at_room(&s);
    press(&s, "M-Up ?");
    sees(&s, "retract (own)", true);
    sees(&s, "quick switch", false);
    press(&s, "Esc");
}

static void test_golden(void **state)
{
    at_sizes(&s, "verbs", select_theirs);
    at_sizes(&s, "verbs-own", select_mine);
    at_sizes(&s, "menu", menu);
    at_sizes(&s, "labels", labels);
    at_sizes(&s, "links", links);
    at_sizes(&s, "react", bar);
    at_tiny_sizes(&s, "verbs", select_theirs);
    at_tiny_sizes(&s, "menu", menu);
    at_tiny_sizes(&s, "labels", labels);
    at_tiny_sizes(&s, "react", bar);
    look(&s, 80, 24, true); /* what a label is can be told without colours */
    labels(&s);
    screen_is(&s, "labels-ascii");
    assert_int_equal(s.failures, 0);
}

/* ---- labels ---- */

/* The letters of the label over the cell where this text begins, or before it. */
static void label_at(int64_t message, enum target_kind kind, int number, char out[LABEL_LEN + 1])
{
    const struct targets *t = &s.v->labels.list;
    out[0] = '\0';
    for (size_t i = 0; i < t->n; i++)
        if (t->v[i].message == message && t->v[i].kind == kind &&
            (!number || t->v[i].number == number))
            memcpy(out, t->v[i].label, LABEL_LEN + 1);
    assert_int_not_equal(out[0], '\0');
}

static void choose(int64_t message, enum target_kind kind, int number)
{
    char label[LABEL_LEN + 1];
    look(&s, 120, 36, false);
    at_room(&s);
    press(&s, "M-'");
    label_at(message, kind, number, label);
    type(&s, label);
    assert_false(s.v->labels.on);
}

static void test_label_then_verb(void **state)
{
    choose(patch->id, TARGET_LINK, 2); /* the second link of a message */
    sees(&s, "link https://example.org/r/1424", true);
    press(&s, "y");
    assert_string_equal(s.v->s->copy, "https://example.org/r/1424");
    assert_false(s.v->object.open);
    choose(code->id, TARGET_CODE, 2);
    press(&s, "y");
    assert_string_equal(s.v->s->copy, "w = MAX(w, 1);\n");
    choose(file->id, TARGET_FILE, 1);
    press(&s, "y");
    assert_string_equal(s.v->s->copy, "screenshot.png");
    choose(patch->id, TARGET_NICK, 0);
    press(&s, "m");
    assert_string_equal(editor_text(s.v->editor), "frank: ");
    view_set_input(s.v, "");
    choose(code->id, TARGET_MESSAGE, 0);
    assert_int_equal(s.v->chat.selected, code->id);
    press(&s, "Y");
    assert_true(str_starts(s.v->s->copy, "2026-11-21 09:21 "));
    press(&s, "Esc");
    choose(patch->id, TARGET_REACTION, 2);
    assert_string_equal(s.v->object.reaction, "🎉");
    press(&s, "w");
    sees(&s, "dev@rooms.example.org/carol", true);
    press(&s, "Esc Esc");
    choose(answer->id, TARGET_QUOTE, 0); /* leads there, and back */
    assert_int_equal(s.v->chat.selected, patch->id);
    press(&s, "Esc");
}

static void test_labels_of_links(void **state)
{
    look(&s, 80, 24, false);
    at_room(&s);
    press(&s, "M-o");
    assert_int_equal(s.v->labels.list.n, 2);
    press(&s, "S"); /* with Shift: copied at once */
    assert_true(str_starts(s.v->s->copy, "https://example.org/r/142"));
    press(&s, "M-o 1 Esc"); /* what is no label changes nothing */
    assert_false(s.v->labels.on);
    view_show(s.v, bob);
    press(&s, "M-o");
    assert_false(s.v->labels.on);
    sees(&s, "No link is on the screen", true);
}

/* Every cell but those of the labels is as it was: nothing moves. */
static void test_labels_move_nothing(void **state)
{
    static const int sizes[][2] = {{120, 36}, {80, 24}, {50, 15}, {40, 10}};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        look(&s, sizes[i][0], sizes[i][1], false);
        at_room(&s);
        char *before = screen_text(&s);
        struct surface *shot = s.v->s;
        size_t n = (size_t)shot->w * (size_t)(shot->h - 3);
        struct cell *cells = xcalloc(n, sizeof *cells);
        memcpy(cells, shot->cells, n * sizeof *cells);
        press(&s, "M-'");
        size_t changed = 0, allowed = s.v->labels.list.n * (LABEL_LEN + 3);
        assert_true(s.v->labels.list.n > 3);
        for (size_t k = 0; k < n; k++)
            changed += memcmp(&cells[k], &shot->cells[k], sizeof *cells) != 0;
        assert_true(changed > 0 && changed <= allowed);
        press(&s, "Esc");
        char *after = screen_text(&s);
        assert_string_equal(before, after);
        free(before);
        free(after);
        free(cells);
    }
}

/* Any object in at most four keys: one for the labels, one or two for its own, one verb. None
 * begins another; what comes meanwhile changes none. */
static void test_many_labels(void **state)
{
    for (int i = 0; i < 60; i++) {
        char text[80];
        snprintf(text, sizeof text, "see https://example.org/%d and https://example.net/%d", i, i);
        says(&s, bob, "bob@example.org", at(0, 7, 0) + i * 1000LL, text);
    }
    look(&s, 120, 50, false);
    view_show(s.v, bob);
    view_paint(s.v);
    press(&s, "M-'");
    const struct targets *t = &s.v->labels.list;
    assert_true(t->n > 100);
    char first[LABEL_LEN + 1], url[64];
    for (size_t i = 0; i < t->n; i++) {
        size_t len = strlen(t->v[i].label);
        assert_true(len == 1 || len == 2);
        for (size_t k = 0; k < t->n; k++)
            assert_true(i == k || strncmp(t->v[i].label, t->v[k].label, len) != 0);
    }
    size_t at_link = 0;
    while (t->v[at_link].kind != TARGET_LINK || strlen(t->v[at_link].label) != 2)
        at_link++;
    memcpy(first, t->v[at_link].label, sizeof first);
    str_copy(url, sizeof url, t->v[at_link].text);
    says(&s, bob, "bob@example.org", at(0, 8, 0), "pushes all up: https://example.com/new");
    view_mark(s.v, DIRTY_ALL);
    view_paint(s.v);
    char keys[8];
    snprintf(keys, sizeof keys, "%c %c y", first[0], first[1]);
    press(&s, keys);
    assert_string_equal(s.v->s->copy, url);
}

/* ---- selecting ---- */

static void test_moves(void **state)
{
    look(&s, 80, 24, false);
    at_room(&s);
    press(&s, "M-Up");
    assert_int_equal(s.v->chat.selected, mine->id);
    sees(&s, "message 6 of 6", true);
    press(&s, "k k");
    assert_int_equal(s.v->chat.selected, code->id);
    sees(&s, "message 4 of 6", true);
    press(&s, "g");
    sees(&s, "message 1 of 6", true);
    press(&s, "G");
    assert_int_equal(s.v->chat.selected, mine->id);
    room->unread_line = code->id;
    press(&s, "u");
    assert_int_equal(s.v->chat.selected, code->id);
    room->unread_line = 0;
    press(&s, "G k k k Enter"); /* an answer leads to what it answers */
    assert_int_equal(s.v->chat.selected, patch->id);
    press(&s, "M-,");
    assert_int_equal(s.v->chat.selected, answer->id);
    press(&s, "Esc M-,");
    sees(&s, "There is nowhere to come back to", true);
}

static void test_menu_runs_what_is_chosen(void **state)
{
    look(&s, 80, 24, false);
    at_room(&s);
    press(&s, "M-Up k k Space");
    struct verb verbs[VERBS_MAX];
    struct pane_env env = view_env(s.v, true);
    struct cmd_ctx ctx = view_ctx(s.v);
    size_t n = verbs_collect(&env, &ctx, code, CTX_SELECT, false, verbs), want = 0;
    while (want < n && strcmp(verbs[want].command, "/copy $msg") != 0)
        want++;
    assert_true(want < n);
    for (size_t i = 0; i < want; i++)
        press(&s, "Down");
    press(&s, "Enter");
    assert_true(str_starts(s.v->s->copy, "does this look right?"));
    press(&s, "k ."); /* and the same for the next one */
    assert_true(str_starts(s.v->s->copy, "Reading it now"));
}

/* Another emoji is found by its name, on a line beside what is being written. */
static void test_react_by_name(void **state)
{
    look(&s, 80, 24, false);
    at_room(&s);
    view_set_input(s.v, "half a thought");
    press(&s, "M-Up + :");
    type(&s, "tad");
    press(&s, "Tab");
    sees(&s, "🎉", true);
    press(&s, "Esc");
    assert_string_equal(editor_text(s.v->editor), "half a thought");
    view_set_input(s.v, "");
}

static void test_not_offered_where_it_cannot_be(void **state)
{
    look(&s, 80, 24, false);
    at_room(&s);
    room->account->caps = KITH_CAP_REPLY;
    press(&s, "M-Up");
    sees(&s, "r reply", true);
    char *text = screen_text(&s);
    assert_null(strstr(text, "d retract"));
    assert_null(strstr(text, "+ react"));
    assert_null(strstr(text, "send again")); /* nothing failed here */
    free(text);
    press(&s, "+"); /* and says why when it is asked for all the same */
    sees(&s, "messages cannot be reacted to in this chat of home", true);
    room->account->caps = KITH_CAP_EDIT | KITH_CAP_RETRACT | KITH_CAP_REACT | KITH_CAP_REPLY;
}

/* ---- what is on its way, and what was refused ---- */

static void test_changes(void **state)
{
    mine->edits = 1;
    mine->change = CHANGE_EDIT;
    patch->change = CHANGE_REACT;
    answer->change = CHANGE_RETRACT;
    code->retracted = true;
    chat_message_changed(mine);
    chat_message_changed(patch);
    chat_message_changed(answer);
    chat_message_changed(code);
    at_sizes(&s, "changes", at_room);
    str_set(&mine->change_failure, "the server takes no edits after an hour");
    str_set(&answer->change_failure, "too old");
    chat_message_changed(mine);
    chat_message_changed(answer);
    at_sizes(&s, "changes-refused", at_room);
    assert_int_equal(s.failures, 0);
}

/* What was answered is the same again, word for word: not one word, and no other command. */
static void test_again_with_the_answer(void **state)
{
    char *path = path_join(s.home, "a; b $nick"), *line = xasprintf("> %s", path);
    look(&s, 80, 24, false);
    at_room(&s);
    press(&s, "M-Up k k x");
    type(&s, line);
    press(&s, "Enter");
    assert_int_equal(unlink(path), 0);
    press(&s, "k .");
    assert_int_equal(unlink(path), 0);
    free(path);
    free(line);
}

/* Nobody's address gets into what a shell reads, of a contact without a chat neither. */
static void test_program_of_the_list(void **state)
{
    look(&s, 80, 24, false);
    struct err e = {0};
    struct cmd_ctx ctx = view_ctx(s.v);
    ctx.chat = NULL;
    ctx.who = "x;touch${IFS}evil@example.org";
    assert_true(cmd_run(&ctx, "/exec sh -c 'echo $chat'", &e) < 0);
    assert_non_null(strstr(e.text, "among other words in quotes"));
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_golden),
        T(test_help_begins_with_the_keys_here),
        T(test_label_then_verb),
        T(test_labels_of_links),
        T(test_labels_move_nothing),
        T(test_many_labels),
        T(test_moves),
        T(test_menu_runs_what_is_chosen),
        T(test_react_by_name),
        T(test_not_offered_where_it_cannot_be),
        T(test_changes),
        T(test_again_with_the_answer),
        T(test_program_of_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
