/* tests/screen/test_forms.c - forms on all of the screen: every kind of field, keys, what may not be sent, what is only read */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <qrencode.h>

#include "base/mem.h"
#include "script.h"

static struct stage s;
static struct chat *bob;
static struct ask *question;

static int setup(void **state UNUSED)
{
    stage_open(&s, "tests/screen/golden");
    struct account *a = an_account(&s, "home", "xmpp", "alice@example.org");
    bob = a_chat(&s, a, "bob@example.org", KITH_CHAT_DIRECT, 1);
    return 0;
}

static int teardown(void **state UNUSED)
{
    return stage_close(&s);
}

static char **list(const char *const *from, size_t n)
{
    char **out = xcalloc(n + 1, sizeof *out);
    for (size_t i = 0; i < n; i++)
        out[i] = xstrdup(from[i]);
    return out;
}

static struct ask_field *field(struct ask *q, const char *type, const char *key, const char *label)
{
    q->fields = xreallocarray(q->fields, q->n_fields + 1, sizeof *q->fields);
    struct ask_field *f = &q->fields[q->n_fields++];
    *f = (struct ask_field){.key = xstrdup(key), .label = xstrdup(label), .type = xstrdup(type)};
    return f;
}

static void values(struct ask_field *f, size_t n, const char *const *v)
{
    f->values = list(v, n);
    f->n_values = n;
}

static void choices(struct ask_field *f, size_t n, const char *const *ids, const char *const *labels)
{
    f->choice_values = list(ids, n);
    f->choice_labels = list(labels, n);
    f->n_choices = n;
}

#define VALUES(...) sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (const char *[]){__VA_ARGS__}

static struct ask *a_form(const char *title, const char *text)
{
    struct ask *q = xcalloc(1, sizeof *q);
    q->id = s.next_id++;
    q->account = bob->account;
    q->kind = KITH_ASK_FORM;
    q->title = xstrdup(title);
    q->text = xstrdup(text);
    q->choices = xcalloc(3, sizeof *q->choices);
    q->n_choices = 3;
    q->choices[0] = (struct ask_choice){xstrdup("next"), xstrdup("Next"), KITH_CHOICE_DEFAULT};
    q->choices[1] = (struct ask_choice){xstrdup("prev"), xstrdup("Back"), 0};
    q->choices[2] = (struct ask_choice){xstrdup("cancel"), xstrdup("Cancel"), 0};
    return q;
}

/* The bot of XEP-0004, on two pages. */
static struct ask *the_bot(void)
{
    struct ask *q = a_form("Bot Configuration", "Fill out this form to configure your new bot!");
    struct ask_field *f = field(q, "text", "botname", "The name of your bot");
    f->flags = KITH_FIELD_REQUIRED;
    f->page = xstrdup("Bot Info");
    f = field(q, "multiline", "description", "Description");
    values(f, VALUES("Sends requests to Google", "and shows what comes back."));
    f->page = xstrdup("Bot Info");
    f->help = xstrdup("What others see when they meet it.");
    f = field(q, "bool", "public", "Public bot?");
    f->page = xstrdup("Bot Info");
    f = field(q, "secret", "password", "Password");
    f->page = xstrdup("Bot Info");
    f = field(q, "choices", "features", "Features");
    f->page = xstrdup("Features");
    choices(f, VALUES("contests", "news", "polls", "reminders", "search", "weather", "games"),
            (const char *[]){"Contests", "News", "Polls", "Reminders", "Search", "Weather", "Games"});
    values(f, VALUES("news", "search"));
    f->least = 1;
    f->most = 3;
    f = field(q, "choice", "maxsubs", "Most subscribers");
    f->page = xstrdup("Features");
    choices(f, VALUES("10", "20", "none"), (const char *[]){"10", "20", "None"});
    values(f, VALUES("20"));
    f = field(q, "text", "days", "Days");
    f->page = xstrdup("Features");
    f->datatype = xstrdup("xs:integer");
    f->min = xstrdup("1");
    f->max = xstrdup("30");
    values(f, VALUES("7"));
    f = field(q, "addresses", "invitelist", "People to invite");
    f->page = xstrdup("Features");
    values(f, VALUES("juliet@capulet.lit"));
    return q;
}

static void ask(struct ask *q)
{
    if (question)
        model_drop_ask(s.env.model, question);
    question = model_add_ask(s.env.model, q);
}

static void show_bot(struct stage *st)
{
    view_show(st->v, bob);
    ask(the_bot());
}

static void show_table(struct stage *st)
{
    struct ask *q = a_form("Available Services", "Three are known.");
    struct ask_field *f = field(q, "text", "host", "Host");
    values(f, VALUES("shakespeare.lit"));
    f->flags = KITH_FIELD_READ_ONLY;
    f = field(q, "bool", "up", "Running");
    values(f, VALUES("1"));
    f->flags = KITH_FIELD_READ_ONLY;
    f = field(q, "table", "table", NULL);
    choices(f, VALUES("service", "one", "three"), (const char *[]){"Service", "Single-user mode", "Full multi-user mode"});
    values(f, VALUES("httpd", "off", "on", "postgresql", "off", "on, but only when somebody asks for it", "jabberd", "off", "on"));
    view_show(st->v, bob);
    ask(q);
}

static void test_screens(void **state UNUSED)
{
    at_sizes(&s, "form", show_bot);
    at_sizes(&s, "form-table", show_table);
    at_tiny_sizes(&s, "form", show_bot);
}

/* XMPP.md 6.2: pairing by a code, and what stands around it. */
static struct ask *the_code(const char *text)
{
    struct ask *q = a_form("Flash this", "Scan this code in the app: Linked devices.");
    struct ask_field *f = field(q, "fixed", "qr", "QR code");
    values(f, VALUES(text));
    f->media = xstrdup(text);
    f = field(q, "fixed", "qr_text", NULL);
    values(f, VALUES(text));
    return q;
}

static void show_code(struct stage *st)
{
    view_show(st->v, bob);
    ask(the_code("2@wYk3mZ7,Qx9"));
}

static void show_long_code(struct stage *st)
{
    char text[241];
    memset(text, 'x', 240);
    text[240] = '\0';
    view_show(st->v, bob);
    ask(the_code(text));
}

/* Is the module light, of those that are on the screen from x0, y0 on? */
static bool is_light(int x0, int y0, int col, int row, bool ascii)
{
    size_t len;
    const struct cell *c = surface_at(s.v->s, x0 + (ascii ? 2 * col : col), y0 + (ascii ? row : row / 2));
    const char *text = surface_cell_text(s.v->s, c, &len), *half = row % 2 ? "▄" : "▀";
    if (ascii)
        return len == 1 && *text == '#';
    return len == 3 && (memcmp(text, "█", 3) == 0 || memcmp(text, half, 3) == 0);
}

/* Module by module what the library says, with a light border around it. */
static void is_drawn(const char *text, int x0, int y0, int border, bool ascii)
{
    QRcode *code = QRcode_encodeData((int)strlen(text), (const unsigned char *)text, 0, QR_ECLEVEL_L);
    assert_non_null(code);
    for (int row = -border; row < code->width + border; row++) {
        for (int col = -border; col < code->width + border; col++) {
            bool outside = row < 0 || col < 0 || row >= code->width || col >= code->width;
            bool light = outside || !(code->data[row * code->width + col] & 1);
            if (is_light(x0, y0, col + border, row + border, ascii) != light)
                fail_msg("module %d, %d", col, row);
        }
    }
    QRcode_free(code);
}

/* Where it begins. */
static void corner(const char *light, int *x, int *y)
{
    size_t len;
    for (*y = 0; *y < s.v->s->h; ++*y) {
        for (*x = 0; *x < s.v->s->w; ++*x) {
            const struct cell *c = surface_at(s.v->s, *x, *y);
            const char *text = surface_cell_text(s.v->s, c, &len);
            if (len == strlen(light) && memcmp(text, light, len) == 0 && surface_style_of(s.v->s, c->style)->fg.rgb == 0xffffff)
                return;
        }
    }
    fail_msg("there is no code");
}

static void test_code(void **state UNUSED)
{
    at_sizes(&s, "qr", show_code);
    at_sizes(&s, "qr-long", show_long_code);
    look(&s, 80, 24, true);
    show_code(&s);
    screen_is(&s, "qr-ascii");
    int x, y;
    look(&s, 100, 36, true);
    show_code(&s);
    free(screen_text(&s));
    corner("#", &x, &y);
    is_drawn("2@wYk3mZ7,Qx9", x, y, 4, true);
    look(&s, 80, 24, false);
    show_code(&s);
    free(screen_text(&s));
    corner("█", &x, &y);
    const struct style *st = surface_style_of(s.v->s, surface_at(s.v->s, x, y)->style);
    assert_int_equal(st->fg.rgb, 0xffffff); /* whatever the theme */
    assert_int_equal(st->bg.rgb, 0);
    is_drawn("2@wYk3mZ7,Qx9", x, y, 4, false);
    press(&s, "Esc");
    view_run(s.v, "/qr https://example.org/invite");
    assert_true(s.v->dialog.open);
    sees(&s, "https://example.org/invite", true);
    press(&s, "Enter");
    assert_false(s.v->dialog.open);
}

static void test_keys(void **state UNUSED)
{
    look(&s, 80, 24, false);
    show_bot(&s);
    assert_true(s.v->dialog.form.screen);
    struct form *f = &s.v->dialog.form;
    press(&s, "Tab Tab"); /* to the description; Enter is a line there */
    assert_string_equal(form_focused(f)->key, "public");
    press(&s, "S-Tab C-e Enter");
    type(&s, "x");
    assert_non_null(strstr(editor_text(form_field(f, "description")->editor), "\nx"));
    press(&s, "Up");
    assert_string_equal(form_focused(f)->key, "description");
    press(&s, "Tab S-Tab Down Down"); /* behind the last line to the next field */
    assert_string_equal(form_focused(f)->key, "public");
    type(&s, " ");
    assert_true(form_field(f, "public")->on[0]);
    press(&s, "Tab Tab"); /* a folded list: Enter opens it, Space takes, a letter goes there */
    assert_string_equal(form_focused(f)->key, "features");
    press(&s, "Enter");
    sees(&s, "Contests", true);
    type(&s, "w ");
    sees(&s, "[x] Weather", true);
    type(&s, "g ");
    press(&s, "Esc");
    assert_true(s.v->dialog.open); /* that closed the list */
    sees(&s, "News, Search, Weather, Games", true);
    press(&s, "Tab Right Tab");
    assert_string_equal(form_chosen(form_field(f, "maxsubs")), "none");
    press(&s, "BS");
    type(&s, "x");
    sees(&s, "This has to be a whole number.", false); /* it is being typed */
    press(&s, "Tab");
    sees(&s, "This has to be a whole number.", true); /* the field was left */
    press(&s, "Tab");
    assert_non_null(form_button(f));
    press(&s, "Enter"); /* not with what cannot be right */
    assert_true(s.v->dialog.open);
    assert_string_equal(form_focused(f)->key, "botname");
    sees(&s, "This is needed.", true);
    screen_is(&s, "form-problems");
    assert_string_equal(form_field(f, "features")->problem, "Choose 3 at most.");
    assert_string_equal(form_field(f, "days")->problem, "This has to be a whole number.");
    type(&s, "Joogle");
    sees(&s, "This is needed.", false);
    press(&s, "Esc");
    assert_false(s.v->dialog.open);
    press(&s, "C-x a"); /* and it is as it was left */
    sees(&s, "Joogle", true);
    model_drop_ask(s.env.model, question);
    question = NULL;
    assert_false(s.v->dialog.open);
}

/* What only tells something is over with Esc, too; what asks waits, and says how to come back. */
static void test_ends(void **state UNUSED)
{
    struct ask *q = a_form("Get uptime - example.org", "This server has been running for 3 days.");
    for (int i = 1; i < 3; i++) {
        free(q->choices[i].id);
        free(q->choices[i].label);
    }
    q->n_choices = 1;
    str_set(&q->choices[0].id, "ok");
    str_set(&q->choices[0].label, "Close");
    look(&s, 80, 24, false);
    view_show(s.v, bob);
    ask(q);
    sees(&s, "running for 3 days", true);
    sees(&s, "Enter closes", true);
    assert_true(dialog_only_tells(&s.v->dialog));
    show_bot(&s);
    assert_false(dialog_only_tells(&s.v->dialog));
    press(&s, "Esc");
    assert_false(s.v->dialog.open);
    sees(&s, "opens it again, its Cancel ends it", true);
    view_run(s.v, "/panel ask");
    assert_true(s.v->dialog.open);
    press(&s, "Esc");
}

static void test_rules(void **state UNUSED)
{
    static const struct { const char *datatype, *min, *max, *text, *problem; } rows[] = {
        {"xs:integer", "1", "30", "31", "This can be 30 at most."},
        {"xs:integer", "2", NULL, "1", "This has to be at least 2."},
        {"xs:integer", NULL, NULL, "-7", NULL},
        {"xs:decimal", NULL, "1.5", "1.25", NULL},
        {"xs:decimal", NULL, NULL, "1,5", "This has to be a number."},
        {"xs:date", "2003-10-05", "2003-10-24", "2003-10-06", NULL},
        {"xs:date", "2003-10-05", NULL, "2003-10-04", "This has to be at least 2003-10-05."},
        {"xs:date", NULL, NULL, "tomorrow", "This has to be a date like 2026-11-22."},
        {"xs:dateTime", NULL, NULL, "2003-10-06T11:22:00-07:00", NULL},
        {"xs:time", NULL, NULL, "9:00", "This has to be a time like 18:30:00."},
        {"x:other", "5", "6", "anything", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct form f = {0};
        struct form_field *one = form_add(&f, FORM_TEXT, "a", "a", rows[i].text);
        one->rules = (struct form_rules){.datatype = xstrdup(rows[i].datatype), .min = xstrdup(rows[i].min), .max = xstrdup(rows[i].max)};
        form_check(&f);
        assert_true(str_eq(one->problem, rows[i].problem));
        form_free(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_screens), cmocka_unit_test(test_keys), cmocka_unit_test(test_code), cmocka_unit_test(test_ends), cmocka_unit_test(test_rules)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
