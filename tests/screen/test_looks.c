/* tests/screen/test_looks.c - messages that are bold, coloured or hidden: on the screen, revealed, in ASCII, quoted,
 * while they are written; and that what others chose can be read */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/codes.h"
#include "base/mem.h"
#include "script.h"
#include "ui/surface.h"

static struct stage s;
static struct chat *room;
static struct message *spoiler;

/* A message whose look is written as in the input. */
static struct message *looks(const char *who, int minute, const char *codes)
{
    struct buf plain = {0};
    struct runs runs = {0};
    codes_parse(CODES_INPUT, codes, strlen(codes), &plain, &runs);
    struct message *m = who ? says(&s, room, who, at(0, 9, minute), buf_str(&plain))
                            : own(&s, room, at(0, 9, minute), buf_str(&plain), DELIVERY_STORED);
    m->spans = runs_pack(&runs);
    m->version++;
    buf_free(&plain);
    runs_free(&runs);
    return m;
}

static int setup(void **state)
{
    stage_open(&s, "tests/screen/golden");
    struct account *a = an_account(&s, "libera", "irc", "alice@irc.example.org");
    a->caps = KITH_CAP_FORMAT | KITH_CAP_REPLY;
    room = a_chat(&s, a, "#kith", KITH_CHAT_ROOM, 1);
    str_set(&room->nick, "alice");
    room->flags |= KITH_CHAT_JOINED;
    looks("bob", 1, "plain, \x02" "bold\x02, \x1d" "italic\x1d, \x1f" "underlined\x1f, \x1e" "struck\x1e, \x11" "mono\x11, \x16" "reversed\x16");
    looks("bob", 2, "a \x02" "bold https://example.org/a link\x02 and \x03" "4red\x03, \x03" "0,4white on red\x0f end");
    spoiler = looks("carol", 3, "the end: \x13he did it himself, see https://example.org/proof\x13 sorry");
    looks("carol", 4, "in code\n```\nif (\x13killer\x13) {\n```\n> quoted \x13secret\x13 words");
    str_set(&spoiler->wire_id, "w1");
    struct message *m = looks(NULL, 5, "I knew: \x13it\x13");
    str_set(&m->reply_to, "w1");
    (void)state;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return stage_close(&s);
}

static void on_the_screen(void **state)
{
    look(&s, 80, 24, false);
    screen_is(&s, "looks");
    look(&s, 80, 24, true);
    screen_is(&s, "looks-ascii");
    (void)state;
}

static void lacks(const char *word)
{
    char *text = screen_text(&s);
    if (strstr(text, word))
        fail_msg("\"%s\" is on the screen:\n%s", word, text);
    free(text);
}

static void has(const char *word)
{
    char *text = screen_text(&s);
    if (!strstr(text, word))
        fail_msg("\"%s\" is not on the screen:\n%s", word, strlen(text) > 900 ? text + strlen(text) - 900 : text);
    free(text);
}

/* Hidden wherever it is shown, until it is asked for, and then again. */
static void hidden_until_revealed(void **state)
{
    static const int sizes[][2] = {{120, 36}, {80, 24}, {50, 30}, {40, 30}};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        look(&s, sizes[i][0], sizes[i][1], i % 2);
        lacks("himself");
        lacks("proof");
        lacks("killer");
        lacks("secret");
    }
    look(&s, 80, 24, false);
    press(&s, "M-Up k k");
    press(&s, "Space");
    has("reveal");
    press(&s, "Esc z");
    has("himself");
    screen_is(&s, "looks-revealed");
    press(&s, "z");
    lacks("himself");
    press(&s, "Esc");
    type(&s, "/reveal");
    press(&s, "Enter");
    has("knew: it"); /* the newest */
    lacks("himself");
    type(&s, "/set ui.chat.spoilers false");
    press(&s, "Enter");
    has("himself");
    has("killer");
    type(&s, "/unset ui.chat.spoilers");
    press(&s, "Enter");
    (void)state;
}

static const struct style *style_of(const char *word)
{
    struct surface *sf = s.v->s;
    free(screen_text(&s)); /* painted */
    for (int y = 0; y < sf->h; y++) {
        for (int x = 0; x + (int)strlen(word) < sf->w; x++) {
            size_t i = 0, len;
            while (word[i]) {
                const char *t = surface_cell_text(sf, surface_at(sf, x + (int)i, y), &len);
                if (len != 1 || *t != word[i])
                    break;
                i++;
            }
            if (!word[i])
                return surface_style_of(sf, surface_at(sf, x, y)->style);
        }
    }
    fail_msg("\"%s\" is not on the screen", word);
    return NULL;
}

static void looks_are_attributes_and_colours(void **state)
{
    look(&s, 80, 24, false);
    assert_int_equal(style_of("bold,")->attr, STYLE_BOLD);
    assert_int_equal(style_of("bold,")->mono, STYLE_BOLD);
    assert_true(style_of("italic")->attr & STYLE_ITALIC);
    assert_true(style_of("underlined")->attr & STYLE_UNDERLINE);
    assert_true(style_of("struck")->attr & STYLE_STRIKE);
    assert_true(style_of("reversed")->attr & STYLE_REVERSE);
    assert_int_equal(style_of("plain,")->attr, 0);
    assert_int_equal(style_of("white on red")->bg.rgb, 0xff0000);
    type(&s, "/set ui.chat.formatting no-colours");
    press(&s, "Enter");
    assert_int_equal(style_of("white on red")->bg.rgb, style_of("plain,")->bg.rgb);
    assert_int_equal(style_of("reversed")->attr, 0);
    assert_int_equal(style_of("bold,")->attr, STYLE_BOLD);
    type(&s, "/set ui.chat.formatting none");
    press(&s, "Enter");
    assert_int_equal(style_of("bold,")->attr, 0);
    lacks("himself"); /* hidden is hidden */
    type(&s, "/unset ui.chat.formatting");
    press(&s, "Enter");
    (void)state;
}

/* A letter stands for each code, and what is behind it looks as it will. */
static void in_the_input(void **state)
{
    look(&s, 80, 24, false);
    type(&s, "it is ");
    press(&s, "M-q b");
    type(&s, "really");
    press(&s, "M-q b");
    type(&s, " ");
    press(&s, "M-q x");
    type(&s, "the butler");
    press(&s, "M-q o");
    type(&s, "!");
    has("it is BreallyB Xthe butlerO!");
    assert_true(style_of("really")->attr & STYLE_BOLD);
    assert_false(style_of("!  ")->attr & STYLE_BOLD);
    screen_is(&s, "looks-input");
    press(&s, "C-c");
    type(&s, "/format colour red,white");
    press(&s, "Enter");
    type(&s, "hi");
    has("C04,00");
    press(&s, "C-c");
    type(&s, "/format colour beige");
    press(&s, "Enter");
    has("a colour is a number from 0 to 98");
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_the_screen), cmocka_unit_test(hidden_until_revealed),
        cmocka_unit_test(looks_are_attributes_and_colours), cmocka_unit_test(in_the_input),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
