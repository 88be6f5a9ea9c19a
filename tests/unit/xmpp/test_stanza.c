/* unit/xmpp/test_stanza.c - stanzas: building, reading, cleaning, and errors in words */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/xmpp/session.h"
#include "base/mem.h"

static xmpp_ctx_t *ctx_of(void **state)
{
    return *state;
}

static int setup(void **state)
{
    *state = xmpp_ctx_new(NULL, NULL);
    return 0;
}

static int teardown(void **state)
{
    xmpp_ctx_free(*state);
    return 0;
}

static void gives(xmpp_stanza_t *st, const char *want)
{
    char *text;
    size_t len;
    assert_int_equal(xmpp_stanza_to_text(st, &text, &len), XMPP_EOK);
    assert_string_equal(text, want);
    xmpp_free(xmpp_stanza_get_context(st), text);
    xmpp_stanza_release(st);
}

static void test_build(void **state)
{
    xmpp_stanza_t *st = st_new(ctx_of(state), "message", NULL);
    st_set(st, "to", "a@b");
    st_set(st, "type", NULL);
    st_add_child_text(st, "body", NULL, "x <&> \"y\"");
    st_add(st, "active", "urn:x");
    st_add_text(st, NULL);
    gives(st, "<message to=\"a@b\"><body>x &lt;&amp;&gt; &quot;y&quot;</body><active "
              "xmlns=\"urn:x\"/></message>");
}

static void test_clean(void **state)
{
    xmpp_stanza_t *st = st_new(ctx_of(state), "a", NULL);
    st_add_text(st, "t\tn\nr\r 0\x01 1b\x1B del\x7F c1\xC2\x9B fffe\xEF\xBF\xBE ffff\xEF\xBF\xBF "
                    "sur\xED\xA0\x80 bad\xFF\xC3 "
                    "ok\xF0\x9F\x98\x80\xEF\xBF\xBD");
    gives(st, "<a>t\tn\nr\r 0 1b del\x7F c1\xC2\x9B fffe ffff "
              "sur\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD bad\xEF\xBF\xBD\xEF\xBF\xBD "
              "ok\xF0\x9F\x98\x80\xEF\xBF\xBD</a>");
    st = st_new(ctx_of(state), "a", NULL);
    st_set(st, "x", "\x02y\xEF\xBF\xBE");
    gives(st, "<a x=\"y\"/>");
}

static void test_read(void **state)
{
    xmpp_stanza_t *st = xmpp_stanza_new_from_string(
        ctx_of(state),
        "<message id='1'>text<body>one</body><body xmlns='other'>two</body><empty/></message>");
    assert_non_null(st);
    assert_string_equal(st_attr(st, "id"), "1");
    assert_null(st_attr(st, "none"));
    assert_null(st_attr(NULL, "none"));
    char *t = st_child_text(st, "body", "other");
    assert_string_equal(t, "two");
    free(t);
    t = st_child_text(st, "body", NULL);
    assert_string_equal(t, "one");
    free(t);
    assert_null(st_child_text(st, "empty", NULL));
    assert_null(st_child(st, "nothing", NULL));
    assert_null(st_child(NULL, "nothing", NULL));
    assert_string_equal(xmpp_stanza_get_name(st_child(st, NULL, "other")), "body");
    xmpp_stanza_release(st);
}

static void test_errors(void **state)
{
    struct err e = {0};
    assert_int_equal(st_error(NULL, &e), KITH_ENET);
    xmpp_stanza_t *st = xmpp_stanza_new_from_string(
        ctx_of(state),
        "<iq type='error'><error type='cancel'><item-not-found "
        "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
        "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>gone fishing</text></error></iq>");
    assert_int_equal(st_error(st, &e), KITH_ENOTFOUND);
    assert_non_null(strstr(e.text, "gone fishing"));
    xmpp_stanza_release(st);
    st = xmpp_stanza_new_from_string(ctx_of(state), "<iq type='error'/>");
    assert_int_equal(st_error(st, &e), KITH_EPROTO);
    xmpp_stanza_release(st);
}

/* Somebody who still looks at it finds nothing. */
static void test_wiped(void **state)
{
    xmpp_stanza_t *st = xmpp_stanza_new_from_string(ctx_of(state), "<message><body>meet me</body><a><b>at noon</b></a></message>");
    xmpp_stanza_t *body = xmpp_stanza_get_children(st_child(st, "body", NULL));
    xmpp_stanza_t *deep = xmpp_stanza_get_children(xmpp_stanza_get_children(st_child(st, "a", NULL)));
    xmpp_stanza_t *other = xmpp_stanza_clone(st);
    const char *first = xmpp_stanza_get_text_ptr(body), *second = xmpp_stanza_get_text_ptr(deep);
    assert_string_equal(first, "meet me");
    assert_string_equal(second, "at noon");
    st_wipe_release(st);
    assert_string_equal(first, "");
    assert_string_equal(second, "");
    for (size_t i = 0; i < sizeof "meet me" - 1; i++)
        assert_int_equal(first[i], 0);
    xmpp_stanza_release(other);
    st_wipe_release(NULL);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {T(test_build), T(test_clean), T(test_read), T(test_errors), T(test_wiped)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
