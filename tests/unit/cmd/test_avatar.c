/* unit/cmd/test_avatar.c - /avatar, and the picture that /whois shows beside what is known of somebody */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/picture.h"
#include "fixture.h"
#include "typed.h"

static void portrait(void *v, const char *title, const char *path, bool full)
{
    see(v, full ? "full" : "beside", title);
    see(v, "file", path);
}

static struct cmd_view_ops ops;
static struct loop *loop; /* that never turns: no picture is read */

static int setup(void **state)
{
    if (world_new(state) < 0)
        return -1;
    struct world *w = *state;
    ops = view_ops;
    ops.portrait = portrait;
    w->ctx.view = &ops;
    w->home->groups = ACCOUNT_HAS_ROOMS | ACCOUNT_HAS_AVATARS;
    loop = loop_new();
    w->env.pictures = pictures_new(&(struct pictures_params){.loop = loop, .program = "/bin/false"});
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    pictures_free(w->env.pictures);
    loop_free(loop);
    return world_free(state);
}

static void answer_picture(struct world *w, const char *path, int code, const char *why)
{
    struct err e = {0};
    core_avatar_fn *fn = w->core.avatar;
    w->core.avatar = NULL;
    assert_non_null(fn);
    if (code)
        err_set(&e, code, "%s", why);
    buf_clear(&w->seen);
    fn(w->core.user, path, &e);
}

static void answer(struct world *w, int code, const char *why)
{
    struct err e = {0};
    core_done_fn *fn = w->core.done;
    w->core.done = NULL;
    assert_non_null(fn);
    if (code)
        err_set(&e, code, "%s", why);
    buf_clear(&w->seen);
    buf_clear(&w->core.calls);
    fn(w->core.user, &e);
}

static void shown_in_full(void **state)
{
    struct world *w = *state;
    typed(w, "/avatar", "avatar alice@example.org\n", NULL); /* ours */
    answer_picture(w, "/cache/x", 0, NULL);
    assert_string_equal(buf_str(&w->seen), "full alice@example.org\nfile /cache/x\n");
    typed(w, "/avatar -of=carol", "avatar carol@example.org\n", NULL);
    answer_picture(w, NULL, KITH_ENOTFOUND, "There is no picture.");
    assert_non_null(strstr(buf_str(&w->seen), "the picture of carol@example.org: There is no picture."));
    refused(w, "/avatar -of=carol x.png", "the picture of somebody else is theirs to set");
    w->ctx.chat = w->room;
    typed(w, "/avatar -room", "avatar dev@rooms.example.org\n", NULL);
    answer_picture(w, "/cache/y", 0, NULL);
    assert_int_equal(config_set(w->env.config, "terminal.images", "off", NULL), 0);
    refused(w, "/avatar", "pictures are not shown here (terminal.images, kith --version)");
}

/* Behind the page, so that nobody waits for it; without a picture nothing is said. */
static void beside_a_profile(void **state)
{
    struct world *w = *state;
    typed(w, "/whois carol", "info carol@example.org\n", NULL);
    answer(w, 0, NULL);
    assert_string_equal(buf_str(&w->core.calls), "avatar carol@example.org\n");
    answer_picture(w, "/cache/x", 0, NULL);
    assert_string_equal(buf_str(&w->seen), "beside carol@example.org\nfile /cache/x\n");
    typed(w, "/whois carol", "info carol@example.org\n", NULL);
    answer(w, 0, NULL);
    answer_picture(w, NULL, KITH_ENOTFOUND, "There is no picture.");
    assert_string_equal(buf_str(&w->seen), "");
    typed(w, "/whois carol", "info carol@example.org\n", NULL);
    answer(w, KITH_EOFFLINE, "not connected");
    assert_string_equal(buf_str(&w->core.calls), "");
    assert_int_equal(config_set(w->env.config, "terminal.images", "off", NULL), 0);
    typed(w, "/whois carol", "info carol@example.org\n", NULL);
    answer(w, 0, NULL);
    assert_string_equal(buf_str(&w->core.calls), ""); /* nothing is fetched that is not shown */
}

/* A nick of the room that is shown: who is known by address is asked for so, the others as who they are in the room. */
static void whois_in_a_room(void **state)
{
    struct world *w = *state;
    struct member known = {.nick = (char[]){"caroline"}, .address = (char[]){"carol@example.org"}};
    (void)chat_put_member(w->room, &known);
    w->ctx.chat = w->room;
    typed(w, "/whois frank", "info dev@rooms.example.org/frank\n", NULL);
    answer(w, 0, NULL);
    assert_string_equal(buf_str(&w->core.calls), "avatar dev@rooms.example.org/frank\n");
    answer_picture(w, "/cache/x", 0, NULL);
    typed(w, "/whois caroline", "info carol@example.org\n", NULL);
    answer(w, KITH_EOFFLINE, "not connected");
    typed(w, "/whois bob@example.org", "info bob@example.org\n", NULL);
    answer(w, KITH_EOFFLINE, "not connected");
}

static void set_and_removed(void **state)
{
    struct world *w = *state;
    char *text = path_join(w->dir, "notes.txt");
    assert_int_equal(path_write(text, "these are no pixels", 19, NULL), 0);
    char *line = xasprintf("/avatar %s", text);
    refused(w, line, "this is no picture of a kind that is known here");
    free(line);
    refused(w, "/avatar /nowhere/at/all.png", "/nowhere/at/all.png is not there");
    typed(w, "/avatar clear", "avatar_set ours none  0x0\n", NULL);
    answer(w, 0, NULL);
    assert_non_null(strstr(buf_str(&w->seen), "You have no picture now."));
    refused(w, "/avatar -room clear", "/avatar -room belongs to a room; none is shown here");
    w->ctx.chat = w->room;
    typed(w, "/avatar -room clear", "avatar_set dev@rooms.example.org none  0x0\n", NULL);
    answer(w, KITH_EDENIED, "Only owners may do that.");
    assert_non_null(strstr(buf_str(&w->seen), "removing the picture: Only owners may do that."));
    w->home->groups = ACCOUNT_HAS_ROOMS;
    refused(w, "/avatar clear", "xmpp has no pictures of people");
    w->home->groups = ACCOUNT_HAS_AVATARS;
    pictures_free(w->env.pictures);
    w->env.pictures = NULL;
    refused(w, "/avatar x.png", "this kith was built without pictures (kith --version)");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(shown_in_full, setup, teardown),
        cmocka_unit_test_setup_teardown(beside_a_profile, setup, teardown),
        cmocka_unit_test_setup_teardown(whois_in_a_room, setup, teardown),
        cmocka_unit_test_setup_teardown(set_and_removed, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
