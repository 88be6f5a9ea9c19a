/* tests/screen/test_pictures.c - pictures between the messages, awaited ones, refused ones, and one on all of the screen */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/loop.h"
#include "base/mem.h"
#include "script.h"
#include "ui/chat_private.h"

static struct stage s;
static struct chat *bob;
static struct message *sun, *broken, *awaited, *last;
static struct loop *loop; /* that never turns: nothing is read */

static struct message *with_picture(const char *name, int h, int m, int32_t width, int32_t height)
{
    struct message *msg = says(&s, bob, "bob@example.org", at(0, h, m), "");
    message_add_attachment(msg, &(struct attachment){.id = (char *)"f", .name = (char *)(uintptr_t)name, .bytes = 86016,
                                                     .path = (char *)"/nowhere", .width = width, .height = height});
    return msg;
}

static int setup(void **state)
{
    stage_open(&s, "tests/screen/golden");
    struct account *a = an_account(&s, "home", "xmpp", "alice@example.org");
    a_contact(a, "bob@example.org", "Bob Builder", "Friends", KITH_SHOW_ONLINE, NULL);
    bob = a_chat(&s, a, "bob@example.org", KITH_CHAT_DIRECT, 1);
    bob->pictures = PICTURES_ON;
    says(&s, bob, "bob@example.org", at(0, 8, 58), "Good morning");
    sun = with_picture("sun.png", 9, 12, 320, 200);
    broken = with_picture("broken.png", 9, 14, 0, 0);
    own(&s, bob, at(0, 9, 14), "The second one does not open here", DELIVERY_READ);
    awaited = with_picture("wide.jpg", 9, 21, 4000, 800);
    last = says(&s, bob, "bob@example.org", at(0, 9, 22), "and one that is wide");
    loop = loop_new();
    s.env.pictures = pictures_new(&(struct pictures_params){.loop = loop, .program = "/bin/false"});
    s.env.previews = previews_new(&(struct previews_params){.pictures = s.env.pictures, .model = s.env.model,
                                                            .config = s.env.config});
    return 0;
}

static int teardown(void **state)
{
    int failures = s.failures;
    if (s.v)
        viewer_close(&s.v->viewer);
    if (s.v)
        page_close(&s.v->page);
    previews_free(s.env.previews);
    pictures_free(s.env.pictures);
    s.env.previews = NULL;
    s.env.pictures = NULL;
    stage_close(&s);
    loop_free(loop);
    return failures;
}

/* As the helper would draw it: a pattern of both halves. */
static struct picture drawn(const struct picture_ask *ask, uint32_t w, uint32_t h)
{
    struct picture p = {.width = w, .height = h, .form = ask->form, .colours = ask->colours};
    picture_fit(ask, w, h, &p.columns, &p.rows);
    p.cells = xcalloc((size_t)p.columns * p.rows, sizeof *p.cells);
    for (int i = 0; i < p.columns * p.rows; i++) {
        bool colours = ask->colours != PICTURE_MONO;
        uint32_t block = i % 3 ? 0x2580 : 0x2588;
        p.cells[i] = (struct picture_cell){ask->ascii ? (i % 3 ? '%' : '#') : block, colours ? 16 + i % 200 : -1,
                                           colours ? 16 + i % 7 : -1};
    }
    return p;
}

static bool ask_for(const struct message *m, struct picture_ask *ask)
{
    struct pane_env env = view_env(s.v, false);
    return chat_picture_ask(&s.v->chat, &env, m, ask);
}

static void show(struct stage *st)
{
    struct picture_ask ask;
    view_show(st->v, bob);
    view_paint(st->v);
    assert_true(ask_for(sun, &ask));
    struct picture p = drawn(&ask, 320, 200);
    preview_learn(st->env.previews, sun->id, &ask, &p, NULL);
    preview_learn(st->env.previews, broken->id, &ask, NULL, picture_refusal_words(PICTURE_DAMAGED));
    view_mark(st->v, DIRTY_ALL);
    view_paint(st->v);
}

static void test_between_messages(void **state)
{
    at_sizes(&s, "pictures", show);
}

static void test_ascii(void **state)
{
    look(&s, 80, 30, true);
    show(&s);
    screen_is(&s, "pictures-ascii");
}

static void test_selected(void **state)
{
    look(&s, 80, 30, false);
    show(&s);
    view_select_message(s.v, sun->id);
    view_mark(s.v, DIRTY_ALL);
    view_paint(s.v);
    screen_is(&s, "pictures-selected");
}

/* What is read must not run away: what came later stands where it stood, with what is above it. */
static void test_places_are_kept(void **state)
{
    look(&s, 80, 30, false);
    view_show(s.v, bob);
    view_paint(s.v);
    char *before = screen_text(&s);
    struct picture_ask ask;
    assert_true(ask_for(awaited, &ask));
    struct picture p = drawn(&ask, 4000, 800);
    preview_learn(s.env.previews, awaited->id, &ask, &p, NULL);
    view_mark(s.v, DIRTY_CHAT);
    view_paint(s.v);
    char *after = screen_text(&s);
    const char *words[] = {"wide.jpg", "The second one", "and one that is wide"};
    for (size_t i = 0; i < COUNT(words); i++) {
        const char *a = strstr(before, words[i]), *b = strstr(after, words[i]);
        assert_non_null(a);
        assert_non_null(b);
        int rows = 0;
        for (const char *c = before; c < a; c++)
            rows += *c == '\n';
        for (const char *c = after; c < b; c++)
            rows -= *c == '\n';
        assert_int_equal(rows, 0);
    }
    free(before);
    free(after);
}

/* Nobody asked for them: not a row of them, whatever is known. */
static void test_off(void **state)
{
    struct picture_ask ask;
    look(&s, 80, 30, false);
    show(&s);
    bob->pictures = PICTURES_DEFAULT;
    assert_false(ask_for(sun, &ask));
    view_mark(s.v, DIRTY_ALL);
    view_paint(s.v);
    char *text = screen_text(&s);
    assert_null(strstr(text, "▀"));
    assert_null(strstr(text, "damaged"));
    free(text);
    bob->pictures = PICTURES_ON;
    assert_int_equal(config_set(s.env.config, "terminal.images", "off", NULL), 0);
    assert_false(ask_for(sun, &ask));
    assert_int_equal(config_set(s.env.config, "terminal.images", "auto", NULL), 0);
}

static void show_full(struct stage *st)
{
    show(st);
    view_picture_open(st->v, sun, 0);
    view_paint(st->v); /* it is asked for */
    struct viewer *w = &st->v->viewer;
    w->picture = drawn(&w->ask, 320, 200);
    view_mark(st->v, DIRTY_ALL);
    view_paint(st->v);
}

static void test_full(void **state)
{
    at_tiny_sizes(&s, "picture-full", show_full);
    at_sizes(&s, "picture-full", show_full);
    press(&s, "Esc");
    assert_false(s.v->viewer.open);
    look(&s, 80, 24, false);
    show(&s);
    view_picture_open(s.v, sun, 0);
    view_paint(s.v);
    screen_is(&s, "picture-awaited");
    press(&s, "x"); /* no text gets past it */
    assert_true(s.v->viewer.open);
    assert_string_equal(editor_text(s.v->editor), "");
    press(&s, "q");
    assert_false(s.v->viewer.open);
}

/* One large picture after the other, each with colours of its own: all are drawn right. */
static void test_many_colours(void **state)
{
    look(&s, 120, 50, false);
    show(&s);
    for (int round = 0; round < 4; round++) {
        view_picture_open(s.v, sun, 0);
        view_paint(s.v);
        struct viewer *w = &s.v->viewer;
        w->picture = drawn(&w->ask, 1200, 1000);
        struct picture *p = &w->picture;
        for (int i = 0; i < p->columns * p->rows; i++) {
            p->cells[i].fg = 16 + (i + round * 59) % 240;
            p->cells[i].bg = 16 + (i / 240 + round * 60) % 240;
        }
        view_mark(s.v, DIRTY_ALL);
        view_paint(s.v);
        for (int i = 0; i < p->columns * p->rows; i++) {
            const struct cell *c = surface_at(s.v->s, w->at.x + i % p->columns, w->at.y + i / p->columns);
            const struct style *st = surface_style_of(s.v->s, c->style);
            assert_int_equal(st->fg.c256, p->cells[i].fg);
            assert_int_equal(st->bg.c256, p->cells[i].bg);
        }
    }
}

/* Who is: the picture beside what is known of them, above it where it is narrow. */
static const char profile[] =
    "  phone: online, with Conversations\nbob@example.org  Bob Builder\n  Name: Bob Builder\n  Nickname: bob\n"
    "  Mail: bob@example.org\n  Home page: https://example.org/~bob\n  Birthday: 1999-01-04\n  Organisation: Builders of "
    "the Commons, Ltd.\n  Town: Springfield\nbob@example.org/phone  phone\n  Program: Conversations\n  Version: 2.19.16\n"
    "  Time there (UTC): 2026-03-02T08:20:00Z\n  Time zone: +01:00\n";

static void show_profile(struct stage *st)
{
    view_show(st->v, bob);
    view_ops.page(st->v, "bob@example.org", profile);
    view_ops.portrait(st->v, "bob@example.org", "/nowhere", false);
    view_paint(st->v); /* it is asked for */
    struct page *p = &st->v->page;
    assert_true(p->job || st->v->s->h < 10); /* no room for one */
    if (!p->job)
        return;
    p->picture = drawn(&p->ask, 128, 128);
    view_mark(st->v, DIRTY_ALL);
    view_paint(st->v);
}

static void test_profile(void **state)
{
    at_sizes(&s, "profile", show_profile);
    at_tiny_sizes(&s, "profile", show_profile);
    look(&s, 80, 30, true);
    show_profile(&s);
    screen_is(&s, "profile-ascii");
    press(&s, "v"); /* in full; back to the page, then to the chat */
    assert_true(s.v->viewer.open);
    assert_string_equal(s.v->viewer.title, "bob@example.org");
    press(&s, "Esc");
    assert_true(s.v->page.open && !s.v->viewer.open);
    press(&s, "Esc");
    assert_false(s.v->page.open);
}

/* Without one, or with pictures off, nothing of it is there and nothing is read. */
static void test_profile_without(void **state)
{
    look(&s, 80, 24, false);
    view_show(s.v, bob);
    view_ops.page(s.v, "bob@example.org", profile);
    view_ops.portrait(s.v, "somebody@example.org", "/nowhere", false); /* of a page that was open before */
    view_paint(s.v);
    assert_null(s.v->page.job);
    press(&s, "v");
    assert_false(s.v->viewer.open);
    assert_int_equal(config_set(s.env.config, "terminal.images", "off", NULL), 0);
    view_ops.portrait(s.v, "bob@example.org", "/nowhere", false);
    view_mark(s.v, DIRTY_ALL);
    view_paint(s.v);
    assert_null(s.v->page.job);
    assert_int_equal(config_set(s.env.config, "terminal.images", "auto", NULL), 0);
    press(&s, "Esc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_between_messages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ascii, setup, teardown),
        cmocka_unit_test_setup_teardown(test_selected, setup, teardown),
        cmocka_unit_test_setup_teardown(test_places_are_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(test_off, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_colours, setup, teardown),
        cmocka_unit_test_setup_teardown(test_profile, setup, teardown),
        cmocka_unit_test_setup_teardown(test_profile_without, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
