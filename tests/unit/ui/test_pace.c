/* unit/ui/test_pace.c - frames: what is typed goes out at once and for itself, what others do shares frames */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/loop.h"
#include "base/mem.h"
#include "ui/view.h"

static struct cmd_env env;
static struct ui *ui;
static struct ui_view *v;
static struct chat *room;
static struct buf out; /* since the last look */
static int frames;

static void on_out(void *user, const char *data, size_t len)
{
    buf_add(&out, data, len);
    frames++;
}

static void on_restore(void *user, const char *data, size_t len)
{
}

static void turn(int wait_ms)
{
    loop_again(env.loop);
    loop_turn(env.loop, 0);
    if (wait_ms)
        loop_turn(env.loop, wait_ms);
}

static void look(void)
{
    buf_clear(&out);
    frames = 0;
}

static void says(const char *text)
{
    static int64_t id = 1000;
    struct message *m = message_new();
    m->id = id++;
    m->time = m->sort = 1795219200000 + id * 1000;
    m->body = xstrdup(text);
    m->chat = room;
    m->sender = xstrdup("dev@rooms.example.org/carol");
    chat_insert_message(room, m);
}

static int setup(void **state)
{
    static const char *const terminal[] = {"TERM=xterm-256color", "LANG=C.UTF-8", NULL};
    struct err e = {0};
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    setenv("XDG_STATE_HOME", "/nonexistent", 1);
    env.loop = loop_new();
    env.model = model_new();
    env.config = config_new();
    env.keymap = keymap_new(env.config);
    assert_true(config_override(env.config, "terminal.probe", "false", &e) >= 0);
    ui = ui_new(&(struct ui_params){.env = &env});
    struct account *a = model_add_account(env.model, 1, "home", "xmpp");
    room = account_add_chat(a, 2, "dev@rooms.example.org", KITH_CHAT_ROOM);
    room->number = 1;
    room->open = room->loaded = room->at_end = room->at_start = true;
    struct ui_view_params p = {.columns = 80, .rows = 24, .env = terminal, .io = {.out = on_out, .restore = on_restore}};
    v = ui_view_new(ui, &p, &e);
    assert_non_null(v);
    view_show(v, room);
    turn(0);
    ui_view_acked(v);
    turn(0);
    ui_view_acked(v);
    assert_true(frames > 0);
    look();
    return 0;
}

static int teardown(void **state)
{
    ui_view_free(v);
    ui_free(ui);
    keymap_free(env.keymap);
    model_free(env.model);
    config_free(env.config);
    loop_free(env.loop);
    buf_free(&out);
    memset(&env, 0, sizeof env);
    return 0;
}

static void type(const char *keys)
{
    ui_view_bytes(v, keys, strlen(keys));
    turn(0);
}

static void test_a_key_does_not_carry_a_flood(void **state)
{
    says("first of a flood");
    turn(1000); /* it waits for its time, and then is there */
    assert_non_null(strstr(buf_str(&out), "first of a flood"));
    ui_view_acked(v);
    look();
    for (int i = 0; i < 50; i++)
        says("more of the flood");
    type("q");
    assert_int_equal(frames, 1);
    assert_true(out.len <= 10);
    assert_non_null(strchr(buf_str(&out), 'q'));
    ui_view_acked(v);
    look();
    turn(1000);
    assert_int_equal(frames, 1);
    assert_non_null(strstr(buf_str(&out), "more of the flood"));
}

static void test_a_key_does_not_wait_for_an_acknowledgement(void **state)
{
    says("news");
    turn(1000);
    assert_non_null(strstr(buf_str(&out), "news"));
    look();
    says("and more"); /* the terminal has not taken the frame yet: no other one, but for a key, once */
    turn(200);
    assert_int_equal(frames, 0);
    type("q");
    assert_int_equal(frames, 1);
    assert_true(out.len <= 10);
    type("z");
    turn(200);
    assert_int_equal(frames, 1);
    look();
    ui_view_acked(v);
    turn(1000);
    assert_non_null(strchr(buf_str(&out), 'z'));
    if (!strstr(buf_str(&out), "and more")) { /* the key went alone */
        ui_view_acked(v);
        turn(1000);
    }
    assert_non_null(strstr(buf_str(&out), "and more"));
}

/* What a key did to the chat is shown with it. */
static void test_what_a_key_did_is_shown_at_once(void **state)
{
    for (int i = 0; i < 100; i++)
        says(i < 50 ? "kkkkkk" : "uuuuuu");
    turn(1000);
    ui_view_acked(v);
    look();
    for (int i = 0; i < 4; i++) {
        type("\x1b[5~");
        ui_view_acked(v);
    }
    assert_non_null(strstr(buf_str(&out), "kkkkkk"));
}

/* What the last painting saw says nothing of a chat that has gone on since: no older page is asked for by it. */
static void test_a_key_does_not_load_what_was_at_the_top(void **state)
{
    room->at_start = false;
    says("alone, with its top in view");
    turn(1000);
    ui_view_acked(v);
    assert_int_equal(v->asked_chat, room->id);
    int64_t first = room->messages[0]->id;
    assert_int_equal(v->asked_first, first);
    for (int i = 0; i < MODEL_WINDOW + 2 * MODEL_PAGE; i++)
        says("flood");
    assert_int_not_equal(room->messages[0]->id, first);
    type("q");
    assert_int_equal(v->asked_first, first);
    ui_view_acked(v);
    turn(1000);
    ui_view_acked(v);
    assert_int_equal(v->asked_first, first);
    type("\x1b[1;3H"); /* to its first message, by the user */
    turn(1000);
    ui_view_acked(v);
    turn(1000);
    assert_int_equal(v->asked_first, room->messages[0]->id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_key_does_not_carry_a_flood, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_key_does_not_wait_for_an_acknowledgement, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_a_key_did_is_shown_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_key_does_not_load_what_was_at_the_top, setup, teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
