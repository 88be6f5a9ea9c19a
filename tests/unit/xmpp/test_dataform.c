/* unit/xmpp/test_dataform.c - data forms: the examples of XEP-0004, 0122, 0141 and 0221, and forms that must not be */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/xmpp/dataform.h"
#include "base/buf.h"
#include "base/mem.h"

static xmpp_ctx_t *ctx;

static int setup(void **state UNUSED)
{
    ctx = xmpp_ctx_new(NULL, NULL);
    return 0;
}

static int teardown(void **state UNUSED)
{
    xmpp_ctx_free(ctx);
    return 0;
}

static struct dataform *parse(const char *xml, struct err *e)
{
    xmpp_stanza_t *st = xmpp_stanza_new_from_string(ctx, xml);
    assert_non_null(st);
    struct dataform *f = dataform_parse(st, e);
    xmpp_stanza_release(st);
    return f;
}

static struct dataform *form(const char *xml)
{
    struct err e = {0};
    struct dataform *f = parse(xml, &e);
    assert_non_null(f);
    return f;
}

/* The text has the parts of want, which are apart by '|', in this order: that of attributes is nobody's. */
static void gives(const struct dataform *f, enum dataform_kind kind, const char *want)
{
    char *text, *parts = xstrdup(want), *rest = parts, *part;
    size_t len;
    xmpp_stanza_t *parent = st_new(ctx, "q", NULL);
    dataform_build(parent, f, kind);
    assert_int_equal(xmpp_stanza_to_text(parent, &text, &len), XMPP_EOK);
    const char *at = text;
    while (at && (part = strsep(&rest, "|")))
        at = (at = strstr(at, part)) ? at + strlen(part) : NULL;
    if (!at)
        assert_string_equal(text, want);
    free(parts);
    xmpp_free(ctx, text);
    xmpp_stanza_release(parent);
}

/* XEP-0004, example 2. */
#define BOT                                                                                                            \
    "<x xmlns='jabber:x:data' type='form'><title>Bot Configuration</title>"                                            \
    "<instructions>Fill out this form to configure your new bot!</instructions>"                                       \
    "<field type='hidden' var='FORM_TYPE'><value>jabber:bot</value></field>"                                           \
    "<field type='fixed'><value>Section 1: Bot Info</value></field>"                                                   \
    "<field type='text-single' label='The name of your bot' var='botname'/>"                                           \
    "<field type='text-multi' label='Helpful description of your bot' var='description'/>"                             \
    "<field type='boolean' label='Public bot?' var='public'><required/></field>"                                       \
    "<field type='text-private' label='Password for special access' var='password'/>"                                  \
    "<field type='fixed'><value>Section 2: Features</value></field>"                                                   \
    "<field type='list-multi' label='What features will the bot support?' var='features'>"                             \
    "<option label='Contests'><value>contests</value></option><option label='News'><value>news</value></option>"       \
    "<option label='Polls'><value>polls</value></option><option label='Search'><value>search</value></option>"         \
    "<value>news</value><value>search</value></field>"                                                                 \
    "<field type='list-single' label='Maximum number of subscribers' var='maxsubs'><value>20</value>"                  \
    "<option label='10'><value>10</value></option><option label='20'><value>20</value></option>"                       \
    "<option label='None'><value>none</value></option></field>"                                                        \
    "<field type='jid-multi' label='People to invite' var='invitelist'><desc>Tell all your friends!</desc></field>"    \
    "</x>"

static void test_form(void **state UNUSED)
{
    struct dataform *f = form(BOT);
    assert_int_equal(f->kind, DATAFORM_FORM);
    assert_string_equal(f->title, "Bot Configuration");
    assert_string_equal(f->text, "Fill out this form to configure your new bot!");
    assert_int_equal(f->n_fields, 10);
    assert_string_equal(dataform_value(f, "FORM_TYPE"), "jabber:bot");
    assert_int_equal(f->fields[1].type, DATAFORM_FIXED);
    assert_true(dataform_find(f, "public")->required);
    assert_int_equal(dataform_find(f, "password")->type, DATAFORM_TEXT_PRIVATE);
    const struct dataform_field *features = dataform_find(f, "features");
    assert_int_equal(features->n_options, 4);
    assert_int_equal(features->n_values, 2);
    assert_string_equal(features->options[1].label, "News");
    assert_string_equal(dataform_find(f, "invitelist")->desc, "Tell all your friends!");
    dataform_set(f, "botname", (const char *const[]){"The Jabber Google Bot"}, 1);
    dataform_set(f, "public", (const char *const[]){"0"}, 1);
    dataform_set(f, "invitelist", (const char *const[]){"juliet@capulet.com", "benvolio@montague.net"}, 2);
    dataform_set(f, "features", NULL, 0);
    gives(f, DATAFORM_SUBMIT,
          "type=\"submit\"|type=\"hidden\"|<value>jabber:bot</value></field><field var=\"botname\"><value>The Jabber Google Bot</value></field>"
          "<field var=\"description\"/><field var=\"public\"><value>0</value></field><field var=\"password\"/><field var=\"features\"/>"
          "<field var=\"maxsubs\"><value>20</value></field><field var=\"invitelist\"><value>juliet@capulet.com</value>"
          "<value>benvolio@montague.net</value></field></x></q>");
    gives(f, DATAFORM_CANCEL, "<q><x |type=\"cancel\"|/></q>");
    dataform_free(f);
}

/* XEP-0004, examples 8 to 11; the heads behind the rows, as older ones have them. */
static void test_table(void **state UNUSED)
{
    struct dataform *f = form("<x xmlns='jabber:x:data' type='result'><title>Joogle Search: verona</title>"
                              "<item><field var='url'><value>http://www.comune.verona.it/</value></field>"
                              "<field var='name'><value>Comune di Verona</value></field></item>"
                              "<reported><field var='name'/><field var='url' label='Where'/></reported>"
                              "<item><field var='name'><value>benvenuto!</value><value>ciao</value></field></item></x>");
    assert_int_equal(f->n_columns, 2);
    assert_int_equal(f->n_cells, 4);
    assert_string_equal(f->cells[0], "Comune di Verona");
    assert_string_equal(f->cells[1], "http://www.comune.verona.it/");
    assert_string_equal(f->cells[2], "benvenuto!, ciao");
    assert_string_equal(f->cells[3], "");
    struct dataform_fields v;
    dataform_fields(f, &v);
    assert_int_equal(v.n, 1);
    assert_string_equal(v.v[0].type, "table");
    assert_string_equal(v.v[0].choice_labels[1], "Where");
    assert_int_equal(v.v[0].n_values, 4);
    dataform_fields_free(&v);
    dataform_free(f);
}

/* XEP-0122, examples 3 to 6. */
static void test_validation(void **state UNUSED)
{
    struct dataform *f =
        form("<x xmlns='jabber:x:data' type='form' xmlns:xdv='http://jabber.org/protocol/xdata-validate'>"
             "<field var='evt.category' type='list-single'><validate xmlns='http://jabber.org/protocol/xdata-validate' "
             "datatype='xs:string'><open/></validate><option><value>holiday</value></option></field>"
             "<field var='evt.date' type='text-single' label='Event Date/Time'><xdv:validate datatype='xs:dateTime'>"
             "<xdv:range min='2003-10-05T00:00:00-07:00' max='2003-10-24T23:59:59-07:00'/></xdv:validate>"
             "<value>2003-10-06T11:22:00-07:00</value></field>"
             "<field var='ssn' type='text-single'><validate xmlns='http://jabber.org/protocol/xdata-validate' "
             "datatype='xs:string'><regex>([0-9]{3})-([0-9]{2})</regex></validate></field>"
             "<field var='evt.notify-methods' type='list-multi'><validate xmlns='http://jabber.org/protocol/xdata-validate'>"
             "<basic/><list-range min='1' max='3'/></validate><option><value>e-mail</value></option></field></x>");
    assert_true(dataform_find(f, "evt.category")->open);
    const struct dataform_field *date = dataform_find(f, "evt.date");
    assert_string_equal(date->datatype, "xs:dateTime");
    assert_string_equal(date->min, "2003-10-05T00:00:00-07:00");
    assert_string_equal(date->max, "2003-10-24T23:59:59-07:00");
    assert_string_equal(dataform_find(f, "ssn")->pattern, "([0-9]{3})-([0-9]{2})");
    assert_int_equal(dataform_find(f, "evt.notify-methods")->least, 1);
    assert_int_equal(dataform_find(f, "evt.notify-methods")->most, 3);
    assert_false(dataform_find(f, "evt.notify-methods")->open);
    dataform_free(f);
}

/* XEP-0141, examples 2 and 4: pages and nested sections; what nobody refers to is shown all the same. */
static void test_layout(void **state UNUSED)
{
    struct dataform *f =
        form("<x xmlns='jabber:x:data' type='form'><title>XSF Application</title>"
             "<page xmlns='http://jabber.org/protocol/xdata-layout' label='Personal Information'><text>This is page one.</text>"
             "<section label='Contact'><section label='Mail'><fieldref var='email'/></section><fieldref var='jid'/></section>"
             "<fieldref var='jid'/><fieldref var='nothing'/></page>"
             "<page xmlns='http://jabber.org/protocol/xdata-layout'><fieldref var='future'/></page>"
             "<field var='future' type='text-multi'/><field var='stray' type='text-single'/>"
             "<field var='jid' type='jid-single'/><field var='email' type='text-single'/></x>");
    static const struct { const char *var, *page, *section; } want[] = {
        {NULL, "Personal Information", NULL}, {"email", "Personal Information", "Contact: Mail"},
        {"jid", "Personal Information", "Contact"}, {"future", "Page 2", NULL}, {"stray", NULL, NULL}};
    assert_int_equal(f->n_fields, COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++) {
        assert_true(str_eq(f->fields[i].var, want[i].var));
        assert_true(str_eq(f->fields[i].page, want[i].page));
        assert_true(str_eq(f->fields[i].section, want[i].section));
    }
    assert_string_equal(f->fields[0].values[0], "This is page one.");
    dataform_free(f);
}

/* XEP-0221, example 2; and what a gateway sends to be scanned. */
static void test_media(void **state UNUSED)
{
    struct dataform *f =
        form("<x xmlns='jabber:x:data' type='form'><field var='ocr'><media xmlns='urn:xmpp:media-element' height='80' width='290'>"
             "<uri type='image/jpeg'>cid:sha1+f24030b8d91d233bac14777be5ab531ca3b9f102@bob.xmpp.org</uri>"
             "<uri type='image/jpeg'>\n http://www.victim.com/challenges/ocr.jpeg?F3A6292C\n</uri></media></field>"
             "<field type='fixed' var='qr'><value>2@abcdef,xyz</value><media xmlns='urn:xmpp:media-element'>"
             "<uri type='image/png'>https://upload.example/qr.png</uri></media></field>"
             "<field type='fixed'><media xmlns='urn:xmpp:media-element'><uri type='audio/x-wav'>http://a/b</uri></media></field></x>");
    assert_string_equal(f->fields[0].media, "http://www.victim.com/challenges/ocr.jpeg?F3A6292C");
    struct dataform_fields v;
    dataform_fields(f, &v);
    assert_null(v.v[0].media); /* no code: where it is, for a browser */
    assert_string_equal(v.v[0].help, "Picture: http://www.victim.com/challenges/ocr.jpeg?F3A6292C");
    assert_string_equal(v.v[1].media, "2@abcdef,xyz");
    assert_null(v.v[2].media);
    assert_string_equal(v.v[2].values[0], "Sound: http://a/b");
    dataform_fields_free(&v);
    dataform_free(f);
    f = form("<x xmlns='jabber:x:data' type='form'><field type='fixed' var='qr_img'><media xmlns='urn:xmpp:media-element'>"
             "<uri type='image/png'>https://upload.example/qr.png</uri></media></field>"
             "<field type='fixed' var='qr_text'><value>2@abcdef,xyz</value></field>"
             "<field type='fixed'><media xmlns='urn:xmpp:media-element'><uri type='image/png'>https://u.example/cat.png</uri></media></field>"
             "<field type='fixed'><value>This is a sentence.</value></field>"
             "<field type='fixed'><media xmlns='urn:xmpp:media-element'><uri type='image/png'>cid:sha1+1@bob.xmpp.org</uri></media></field></x>");
    dataform_fields(f, &v);
    assert_string_equal(v.v[0].media, "2@abcdef,xyz"); /* the text stands behind it */
    assert_null(v.v[2].media);
    assert_string_equal(v.v[2].values[0], "Picture: https://u.example/cat.png");
    assert_string_equal(v.v[4].values[0], "Picture: it cannot be shown here.");
    dataform_fields_free(&v);
    dataform_free(f);
}

/* ---- back from the user ---- */

static void answered(struct dataform *f, const char *key, const char *const *values, size_t n)
{
    struct kith_field field = {.size = sizeof field, .key = key, .type = "text", .values = values, .n_values = n};
    struct kith_answer a = {.size = sizeof a, .choice = "ok", .fields = &field, .n_fields = 1};
    dataform_take(f, &a);
}

static void test_take(void **state UNUSED)
{
    struct dataform *f =
        form("<x xmlns='jabber:x:data' type='form'><field var='odd&#x9;name' type='text-single'><value>a&#x202E;b</value></field>"
             "<field var='one' type='list-single'><option><value>a&#xA;b</value></option><option label='2'><value>two</value></option></field>"
             "<field var='lines' type='text-multi'><value>x</value><value>y</value></field>"
             "<field var='who' type='jid-multi'><value>a@b</value></field><field var='flag' type='boolean'><value>true</value></field>"
             "<field var='id' type='hidden'><value>7</value></field></x>");
    struct dataform_fields v;
    dataform_fields(f, &v);
    assert_int_equal(v.n, 5);
    assert_string_equal(v.v[0].key, "#0"); /* a name that would not come back as it is */
    assert_string_equal(v.v[1].choice_values[0], "#0");
    dataform_fields_free(&v);
    answered(f, "#0", (const char *const[]){"ab"}, 1); /* as it was shown: as it came */
    assert_string_equal(f->fields[0].values[0], "a\xE2\x80\xAE" "b");
    answered(f, "#0", (const char *const[]){"abc"}, 1);
    assert_string_equal(f->fields[0].values[0], "abc");
    answered(f, "one", (const char *const[]){"#0"}, 1);
    assert_string_equal(dataform_value(f, "one"), "a\nb");
    answered(f, "one", (const char *const[]){"three"}, 1); /* is no choice */
    assert_null(dataform_value(f, "one"));
    answered(f, "lines", (const char *const[]){"p", "", "q"}, 3);
    assert_int_equal(dataform_find(f, "lines")->n_values, 3);
    answered(f, "who", (const char *const[]){"", "c@d"}, 2);
    assert_int_equal(dataform_find(f, "who")->n_values, 1);
    answered(f, "flag", (const char *const[]){"0"}, 1);
    assert_false(dataform_is_true(dataform_value(f, "flag")));
    answered(f, "id", (const char *const[]){"8"}, 1); /* nobody was asked for it */
    assert_string_equal(dataform_value(f, "id"), "7");
    answered(f, "who", NULL, 0);
    assert_int_equal(dataform_find(f, "who")->n_values, 0);
    dataform_free(f);
}

/* ---- junk ---- */

static void refused(const char *xml, int code)
{
    struct err e = {0};
    assert_null(parse(xml, &e));
    assert_int_equal(e.code, code);
}

/* before, the number and after, n times. */
static char *many(const char *head, const char *before, const char *after, size_t n, const char *tail)
{
    struct buf b = {0};
    buf_adds(&b, head);
    for (size_t i = 0; i < n; i++)
        buf_addf(&b, "%s%zu%s", before, i, after);
    buf_adds(&b, tail);
    return buf_take(&b);
}

static void too_large(const char *head, const char *before, const char *after, size_t n, const char *tail)
{
    char *xml = many(head, before, after, n, tail);
    refused(xml, KITH_ETOOBIG);
    free(xml);
}

#define X "<x xmlns='jabber:x:data' type='form'>"

static void test_junk(void **state UNUSED)
{
    refused("<x xmlns='jabber:x:data'/>", KITH_EPROTO);
    refused("<x xmlns='jabber:x:data' type='error'/>", KITH_EPROTO);
    refused("<x xmlns='jabber:x:other' type='form'/>", KITH_EPROTO);
    struct dataform *f = form(X "<field/><field type='list-single'/><field var='a'/><field var='a' type='boolean'/>"
                                "<field var='b' type='strange'><value>1</value><value>2</value><option><value>3</value></option></field>"
                                "<item><field var='a'/></item><reported/></x>");
    assert_int_equal(f->n_fields, 2);
    assert_int_equal(dataform_find(f, "b")->type, DATAFORM_TEXT_SINGLE);
    assert_int_equal(dataform_find(f, "b")->n_values, 1);
    assert_int_equal(dataform_find(f, "b")->n_options, 0);
    assert_int_equal(f->n_cells, 0);
    dataform_free(f);
    too_large(X, "<field var='f", "'/>", DATAFORM_FIELDS + 1, "</x>");
    too_large(X "<field var='a' type='text-multi'>", "<value>", "</value>", DATAFORM_VALUES + 1, "</field></x>");
    too_large(X "<field var='a' type='list-multi'>", "<option><value>", "</value></option>", DATAFORM_VALUES + 1, "</field></x>");
    char *kilo = many("<value>", "0123456789", "", 400, "</value>");
    struct buf b = {0};
    for (int i = 0; i < 250; i++)
        buf_addf(&b, "%s<field var='%d'>%s</field>%s", i ? "" : X, i, kilo, i < 249 ? "" : "</x>");
    refused(buf_str(&b), KITH_ETOOBIG);
    free(kilo);
    buf_free(&b);
    char *rows = many("<x xmlns='jabber:x:data' type='result'><reported><field var='a'/></reported>", "<item><field var='a'><value>",
                      "</value></field></item>", DATAFORM_CELLS + 3, "</x>");
    f = form(rows);
    assert_int_equal(f->n_cells, DATAFORM_CELLS);
    assert_int_equal(f->left_out, 3);
    struct dataform_fields v;
    dataform_fields(f, &v);
    assert_true(v.n > 1);
    dataform_fields_free(&v);
    dataform_free(f);
    free(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_form),   cmocka_unit_test(test_table), cmocka_unit_test(test_validation),
                                       cmocka_unit_test(test_layout), cmocka_unit_test(test_media), cmocka_unit_test(test_take),
                                       cmocka_unit_test(test_junk)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
