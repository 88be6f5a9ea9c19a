/* unit/ui/test_links.c - links on a terminal: each cell's is what it should be, and few bytes */
#include "term_rig.h"

static void put_link(struct rig *r, int x, int y, const char *text, const char *url)
{
    surface_put_link(r->s, all_of(r->s), x, y, text, strlen(text), 0, surface_link(r->s, url, strlen(url)));
}

static void test_links(void **state)
{
    struct rig r;
    rig_open(&r, "xterm-256color", 40, 4, NULL);
    set_modern(&r);
    put_link(&r, 2, 1, "a link", "https://example.org/a");
    rig_draw(&r);
    check_same(&r);
    assert_string_equal(emu_at(&r.e, 1, 1)->link, "");
    assert_string_equal(emu_at(&r.e, 2, 1)->link, "https://example.org/a");
    assert_string_equal(emu_at(&r.e, 7, 1)->link, "https://example.org/a");
    assert_string_equal(emu_at(&r.e, 8, 1)->link, "");
    put(&r, 2, 1, "a link"); /* the same words, no link any more */
    rig_draw(&r);
    check_same(&r);
    assert_string_equal(emu_at(&r.e, 2, 1)->link, "");
    put_link(&r, 0, 2, "evil", "https://x/\x1b]0;y\a\xC2\x9B \u00e9");
    rig_draw(&r);
    assert_string_equal(emu_at(&r.e, 0, 2)->link, "https://x/%1B]0;y%07%C2%9B%20%C3%A9");
    assert_string_equal(r.e.title, "");
    rig_close(&r);
    rig_open(&r, "screen", 40, 4, NULL); /* nothing known of links: none */
    put_link(&r, 2, 1, "a link", "https://example.org/a");
    rig_draw(&r);
    assert_string_equal(emu_at(&r.e, 2, 1)->link, "");
    check_same(&r);
    rig_close(&r);
}

/* ---- links: few bytes, and each cell's link is what it should be ---- */

static void check_links(struct rig *r)
{
    for (int y = 0; y < r->s->h; y++) {
        for (int x = 0; x < r->s->w; x++) {
            const struct cell *c = surface_at(r->s, x, y);
            const char *want = surface_link_of(r->s, c->link), *is = emu_at(&r->e, x, y)->link;
            if (c->width == 0)
                continue;
            if (strcmp(want ? want : "", is) != 0)
                print_message("cell %d,%d: link \"%s\" should be \"%s\"\n", x, y, is, want ? want : "");
            assert_string_equal(want ? want : "", is);
        }
    }
}

/* Every third message has a link; some wrap it over two rows. */
static void paint_links(struct rig *r, int first, int n)
{
    int h = r->s->h;
    for (int i = 0; i < n; i++) {
        char url[64];
        int m = first + i, y = h - 3 - n + i;
        snprintf(url, sizeof url, "https://example.org/r/%d", m / 2);
        if (m % 6 == 1)
            put_link(r, 46, y, url, url);
        if (m % 6 == 4 && i + 1 < n) {
            put_link(r, 80, y, "https://example", url);
            put_link(r, 46, y + 1, ".org/wraps", url);
        }
    }
}

static void test_few_bytes_with_links(void **state)
{
    struct rig r;
    rig_open(&r, "xterm-256color", 120, 36, NULL);
    set_modern(&r);
    paint_main(&r, 6, 100, 30, "");
    paint_links(&r, 100, 30);
    rig_draw(&r);
    check_same(&r);
    check_links(&r);
    print_message("first frame with links: %zu bytes\n", r.bytes);
    assert_in_range(r.bytes, 1, 4700);
    paint_main(&r, 6, 100, 30, "a");
    paint_links(&r, 100, 30);
    rig_draw(&r);
    check_links(&r);
    assert_in_range(r.bytes, 1, 10);
    size_t sum = 0, most = 0;
    for (int i = 1; i <= 30; i++) { /* messages come: the chat moves up, its links with it */
        paint_main(&r, 6, 100 + i, 30, "a");
        paint_links(&r, 100 + i, 30);
        rig_draw(&r);
        check_same(&r);
        check_links(&r);
        sum += r.bytes;
        most = MAX(most, r.bytes);
    }
    print_message("a message, links on the screen: %zu bytes, at most %zu\n", sum / 30, most);
    assert_in_range(sum / 30, 1, 200);
    assert_in_range(most, 1, 420); /* one that brings a link, and moves another's second row */
    rig_close(&r);
}

static void test_links_are_followed(void **state)
{
    static const int sizes[][2] = {{120, 36}, {50, 15}, {20, 6}};
    unsigned seed = 42;
    for (size_t k = 0; k < COUNT(sizes); k++) {
        struct rig r;
        rig_open(&r, "xterm-256color", sizes[k][0], sizes[k][1], NULL);
        set_modern(&r);
        for (int frame = 0; frame < 300; frame++) {
            int w = sizes[k][0], h = sizes[k][1], offset = frame / 3;
            surface_fill(r.s, all_of(r.s), 0);
            for (int y = 0; y < h; y++) { /* rows that move, some alike, some with wide letters */
                char line[64];
                int m = (y + offset) % 9;
                snprintf(line, sizeof line, "%s row number %d", m % 4 == 2 ? "日本" : "same", m % 3);
                put(&r, 0, y, line);
                seed = seed * 1103515245u + 12345u;
                if ((y + offset) % 4 == 1)
                    put_link(&r, 5, y, "row number", (y + offset) % 8 == 1 ? "https://a" : "https://b");
                if ((seed >> 16) % 11 == 0)
                    put_link(&r, (int)((seed >> 20) % (unsigned)w), y, "xy", "https://c");
            }
            if (frame == 150)
                term_redraw(r.t);
            if (frame % 70 == 69)
                surface_set_rules(r.s, &r.s->rules); /* all numbers change */
            else
                rig_draw(&r);
            if (frame % 70 == 69)
                continue;
            check_same(&r);
            check_links(&r);
        }
        rig_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_few_bytes_with_links),
        cmocka_unit_test(test_links_are_followed),
    };
    return cmocka_run_group_tests(tests, find_terminfo, NULL);
}
