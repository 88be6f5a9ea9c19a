/* unit/cmd/test_hook.c - /hook and /filter: what runs when something happens, bounded and never in
 * a circle */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/loop.h"
#include "cmd/hook.h"
#include "fixture.h"
#include "typed.h"

static void on_notice(void *user, const struct model_event *ev)
{
    struct world *w = user;
    if (ev->type == MODEL_NOTICE)
        see(w, "notice", ev->text);
}

static int open_world(void **state)
{
    int rc = world_new(state);
    struct world *w = *state;
    w->env.loop = loop_new();
    config_check_hooks(w->env.config, hook_check);
    model_observe(w->env.model, on_notice, w);
    hooks_open(&w->env);
    return rc;
}

static int close_world(void **state)
{
    struct world *w = *state;
    hooks_close(&w->env);
    cmd_env_clear(&w->env);
    struct loop *loop = w->env.loop;
    int rc = world_free(state);
    loop_free(loop);
    return rc;
}

static void stop(void *user)
{
    loop_quit(user, 0);
}

static void turn(struct world *w)
{
    (void)loop_timer_add(w->env.loop, 0, stop, w->env.loop);
    (void)loop_run(w->env.loop);
}

/* Somebody writes; nothing runs before the loop's turn. */
static void arrives(struct world *w, struct chat *chat, const char *text, bool mention)
{
    struct message m = {.id = 900,
                        .chat = chat,
                        .sender = (char[]){"bob@example.org"},
                        .sender_name = (char[]){"Bob; /quit"},
                        .mention = mention};
    m.body = xstrdup(text);
    buf_clear(&w->core.calls);
    buf_clear(&w->seen);
    assert_non_null(w->core.arrival);
    w->core.arrival(w->core.arrival_user, &m);
    free(m.body);
    assert_string_equal(buf_str(&w->core.calls), "");
    turn(w);
}

static void goes(struct world *w, enum kith_state state)
{
    w->home->state = state;
    account_changed(w->home);
    turn(w);
}

static void test_list(void **state)
{
    struct world *w = *state;
    struct buf list = {0};
    typed(w, "/hook", "", "page Hooks\n no hooks; /hook add NAME EVENT /COMMAND makes one\n\n");
    assert_null(w->core.arrival); /* nobody listens */
    typed(w, "/hook add re message /say $nick: $text", "", "");
    assert_non_null(w->core.arrival);
    assert_string_equal(config_hook(w->env.config, "re")->line, "/say $nick: $text");
    assert_int_equal(config_load(w->env.config), 0); /* it was kept */
    assert_string_equal(config_hook(w->env.config, "re")->line, "/say $nick: $text");
    typed(w, "/hook list", "", "page Hooks\n re           message    /say $nick: $text\n\n");
    refused(w, "/hook add x never /say x",
            "/hook: \"never\" is none of message|mention|connect|disconnect|start|quit");
    refused(w, "/hook add x message /nosuch",
            "there is no command /nosuch; /help lists them, // sends a slash");
    refused(w, "/hook add x message say x", "a command begins with a slash: \"say x\"");
    refused(w, "/hook add x message", "/hook add NAME EVENT /COMMAND");
    refused(w, "/hook add a/b message /say x", "\"a/b\" cannot be the name of a hook");
    refused(w, "/hook remove", "which hook? /hook lists them");
    refused(w, "/hook remove nosuch", "there is no hook nosuch of yours");
    typed(w, "/hook remove re", "", "");
    assert_null(w->core.arrival);
    for (int i = 0; i < CONFIG_HOOKS_MAX; i++) {
        buf_clear(&list);
        buf_addf(&list, "/hook add h%d start /redraw", i);
        typed(w, buf_str(&list), "", "");
    }
    buf_free(&list);
    refused(w, "/hook add more start /redraw", "there are 32 hooks already, more are not kept");
}

static void test_messages(void **state)
{
    struct world *w = *state;
    typed(w, "/hook add re message /say $nick: $text ($account)", "", "");
    typed(w, "/hook add me mention /topic '$text'", "", "");
    arrives(w, w->bob, "hi 'there; /quit $chat", false);
    assert_string_equal(buf_str(&w->core.calls),
                        "send bob@example.org 0 0 0 Bob; /quit: hi 'there; /quit $chat (home)\n");
    arrives(w, w->room, "alice: look", true);
    assert_string_equal(buf_str(&w->core.calls),
                        "send dev@rooms.example.org 0 0 0 Bob; /quit: alice: look (home)\n"
                        "room dev@rooms.example.org 0 - alice: look\n");
    assert_null(w->quit);
    typed(w, "/alias loud /say a; /say b", "", NULL);
    typed(w, "/hook add re message /loud; /say c", "", "");
    arrives(w, w->bob, "x", false);
    assert_string_equal(buf_str(&w->core.calls), "send bob@example.org 0 0 0 a\nsend "
                                                 "bob@example.org 0 0 0 b\nsend bob@example.org 0 "
                                                 "0 0 c\n");
}

/* What is encrypted from end to end goes to no program by a hook, unless the user allows that. */
static void test_encrypted(void **state)
{
    struct world *w = *state;
    struct err e = {0};
    typed(w, "/hook add re message /topic $text", "", "");
    typed(w, "/hook add of mention /msg eve@example.org $nick: $text", "", "");
    w->room->flags |= KITH_CHAT_ENCRYPTED;
    arrives(w, w->room, "kingfisher", true);
    assert_null(strstr(buf_str(&w->core.calls), "kingfisher"));
    assert_non_null(strstr(buf_str(&w->core.calls), "room dev@rooms.example.org 0 - (encrypted)\n"));
    assert_true(config_set(w->env.config, "notify.hooks", "true", &e) >= 0);
    arrives(w, w->room, "kingfisher", false);
    assert_non_null(strstr(buf_str(&w->core.calls), "kingfisher"));
    assert_true(config_set(w->env.config, "notify.hooks", "false", &e) >= 0);
    struct message *m = message_new();
    m->id = 71;
    m->chat = w->room;
    m->enc = KITH_ENC_TRUSTED;
    m->sender = xstrdup("dev@rooms.example.org/bob");
    m->body = xstrdup("kingfisher https://example.org/kingfisher");
    chat_insert_message(w->room, m);
    w->room->flags &= ~(uint32_t)KITH_CHAT_ENCRYPTED;
    static const char *const lines[] = {"/pipe msg:71 'cat'", "/copy msg:71", "/forward msg:71 bob", "/export msg:71 /tmp/kingfisher",
                                        "/open msg:71",       "/say $url",    "/say $text"};
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct cmd_ctx ctx = {.env = &w->env, .chat = w->room, .account = w->home, .message = 71, .hook = "re"};
        e = (struct err){0};
        buf_clear(&w->core.calls);
        int rc = cmd_run(&ctx, lines[i], &e);
        assert_true(rc < 0 || i == COUNT(lines) - 1);
        assert_null(strstr(buf_str(&w->core.calls), "kingfisher"));
    }
    assert_non_null(strstr(buf_str(&w->core.calls), "(encrypted)"));
}

/* Nor do more than one at once, also of a chat that was never looked at. */
static void test_encrypted_export(void **state)
{
    static const char *const lines[] = {"/export -chat %s", "/export -since=2020 %s", "/export -before=2030 %s", "/export -all %s",
                                        "/export -find %s kingfisher", "/export -find -chat %s kingfisher"};
    struct world *w = *state;
    w->room->flags |= KITH_CHAT_ENCRYPTED;
    char *path = path_join(w->dir, "kingfisher");
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct cmd_ctx ctx = {.env = &w->env, .chat = i < 3 ? w->room : w->bob, .account = w->home, .hook = "re"};
        struct err e = {0};
        char *before = xstrndup(lines[i], (size_t)(strchr(lines[i], '%') - lines[i]));
        char *line = xasprintf("%s%s%s", before, path, strchr(lines[i], '%') + 2);
        assert_int_equal(cmd_run(&ctx, line, &e), KITH_EDENIED);
        assert_non_null(strstr(e.text, "notify.hooks"));
        assert_int_equal(access(path, F_OK), -1);
        free(before);
        free(line);
    }
    free(path);
}

static void test_bounds(void **state)
{
    struct world *w = *state;
    typed(w, "/hook add re message /say x", "", "");
    for (int i = 0; i < 10; i++) {
        arrives(w, w->bob, "x", false);
        assert_string_equal(buf_str(&w->core.calls), "send bob@example.org 0 0 0 x\n");
    }
    arrives(w, w->bob, "x", false);
    assert_string_equal(buf_str(&w->core.calls), "");
    assert_string_equal(buf_str(&w->seen),
                        "notice hook re: more than 10 runs in 10 seconds are left out\n");
    assert_int_equal(config_load(w->env.config), 0); /* and no way around it */
    arrives(w, w->bob, "x", false);
    assert_string_equal(buf_str(&w->core.calls), "");
    assert_string_equal(buf_str(&w->seen), "");
}

static void test_failures(void **state)
{
    struct world *w = *state;
    typed(w, "/hook add re message /topic x", "", "");
    arrives(w, w->bob, "x", false);
    assert_string_equal(buf_str(&w->seen), "notice hook re: /topic works only in a room\n");
    arrives(w, w->bob, "x", false);
    assert_string_equal(buf_str(&w->seen), "");
    typed(w, "/hook add re message /hook remove re", "", ""); /* it may take itself away */
    arrives(w, w->bob, "x", false);
    assert_null(config_hook(w->env.config, "re"));
}

static void test_accounts(void **state)
{
    struct world *w = *state;
    typed(w, "/hook add up connect /msg bob@example.org up $account", "", "");
    typed(w, "/hook add down disconnect /reconnect $account", "", "");
    goes(w, KITH_STATE_ONLINE); /* as before */
    assert_string_equal(buf_str(&w->core.calls), "");
    goes(w, KITH_STATE_OFFLINE);
    assert_string_equal(buf_str(&w->core.calls), "reconnect home\n");
    buf_clear(&w->core.calls);
    goes(w, KITH_STATE_CONNECT);
    goes(w, KITH_STATE_ONLINE); /* the hook's own doing */
    assert_string_equal(buf_str(&w->core.calls), "");
    typed(w, "/hook remove down", "", "");
    goes(w, KITH_STATE_OFFLINE);
    goes(w, KITH_STATE_ONLINE);
    assert_string_equal(buf_str(&w->core.calls), "send bob@example.org 0 0 0 up home\n");
}

static void test_start_and_quit(void **state)
{
    struct world *w = *state;
    typed(w, "/hook add in start /connect local", "", "");
    typed(w, "/hook add out quit /disconnect home", "", "");
    hooks_started(&w->env);
    turn(w);
    assert_string_equal(buf_str(&w->core.calls), "connect local\n");
    buf_clear(&w->core.calls);
    hooks_quit(&w->env);
    assert_string_equal(buf_str(&w->core.calls), "disconnect home\n");
    buf_clear(&w->core.calls);
    hooks_started(&w->env); /* none after the end */
    turn(w);
    assert_string_equal(buf_str(&w->core.calls), "");
}

static void test_file(void **state)
{
    struct world *w = *state;
    const char *const *lines;
    static const char text[] = "hooks = ( ( \"a\", \"mention\", \"/say x\" ),\n"
                               "  ( \"b\", \"never\", \"/say x\" ),\n"
                               "  ( \"c\", \"start\", \"/nosuch\" ),\n"
                               "  ( \"d\", \"start\" ) );\n";
    char *path = path_of(PATH_CONFIG, "kith.cfg", NULL), *dir = path_of(PATH_CONFIG, NULL, NULL);
    assert_int_equal(path_mkdirs(dir, 0700, NULL), 0);
    assert_int_equal(path_write(path, text, sizeof text - 1, NULL), 0);
    free(path);
    free(dir);
    assert_int_equal(config_load(w->env.config), 3);
    (void)config_problems(w->env.config, &lines);
    assert_string_equal(lines[0], "kith.cfg:2: \"never\" is no event; there are message, mention, "
                                  "connect, disconnect, start and quit");
    assert_string_equal(lines[1],
                        "kith.cfg:4: a hook is written ( \"name\", \"event\", \"/command\" )");
    assert_string_equal(
        lines[2],
        "kith.cfg:3: hook c: there is no command /nosuch; /help lists them, // sends a slash");
    refused(w, "/hook remove a", "kith.cfg:1 defines the hook a; change it there");
    arrives(w, w->bob, "x", true);
    assert_string_equal(buf_str(&w->core.calls), "send bob@example.org 0 0 0 x\n");
}

static void test_filter(void **state)
{
    struct world *w = *state;
    typed(w, "/filter all", "", NULL);
    assert_string_equal(config_str(w->env.config, "ui.chat.hide_joins"), "all");
    typed(w, "/filter", "",
          "say ui.chat.hide_joins = all (set.cfg). Which joins, parts and new nicks are "
          "hidden; smart shows those of people who spoke in the "
          "last ten minutes. A netsplit is one line, which only all hides.\n");
    refused(w, "/filter some", "/filter: \"some\" is none of smart|all|none");
    typed(w, "/filter smart", "", NULL);
    assert_string_equal(config_str(w->env.config, "ui.chat.hide_joins"), "smart");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
    const struct CMUnitTest tests[] = {T(test_list),     T(test_messages), T(test_encrypted), T(test_encrypted_export), T(test_bounds),
                                       T(test_failures), T(test_accounts), T(test_start_and_quit),
                                       T(test_file),     T(test_filter)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
