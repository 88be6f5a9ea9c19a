/* unit/xmpp/test_guard.c - the bounds between expat and libstrophe, fed as libstrophe feeds them */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <expat.h>

#include "backends/xmpp/guard.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"

struct seen {
    size_t starts, ends, texts, stanzas;
    size_t text_len, depth;
    size_t ties, tied, loose; /* ties, and items in them and outside */
    bool in_tie;
};

static void XMLCALL on_start(void *user, const XML_Char *name, const XML_Char **attrs)
{
    struct seen *s = user;
    bool tie = strcmp(name, GUARD_TIE) == 0;
    s->ties += tie;
    s->in_tie = s->in_tie || tie;
    if (str_ends(name, "\x1Fitem"))
        *(s->in_tie ? &s->tied : &s->loose) += 1;
    s->starts++;
    s->depth++;
}

static void XMLCALL on_end(void *user, const XML_Char *name)
{
    struct seen *s = user;
    if (strcmp(name, GUARD_TIE) == 0)
        s->in_tie = false;
    s->ends++;
    if (--s->depth == 1)
        s->stanzas++;
}

static void XMLCALL on_text(void *user, const XML_Char *t, int len)
{
    struct seen *s = user;
    s->texts++;
    s->text_len += (size_t)len;
}

struct world {
    struct guard *g;
    XML_Parser p;
    struct seen seen;
};

static void handlers(struct world *w)
{
    XML_SetUserData(w->p, &w->seen);
    XML_SetElementHandler(w->p, on_start, on_end);
    XML_SetCharacterDataHandler(w->p, on_text);
}

static void feed(struct world *w, const char *s, size_t len)
{
    for (size_t i = 0; i < len; i += 4096)
        assert_int_equal(XML_Parse(w->p, s + i, (int)MIN(4096, len - i), 0), XML_STATUS_OK);
}

static void feeds(struct world *w, const char *s)
{
    feed(w, s, strlen(s));
}

static void repeat(struct world *w, const char *s, int n)
{
    struct buf b = {0};
    for (int i = 0; i < n; i++)
        buf_adds(&b, s);
    feed(w, b.data, b.len);
    buf_free(&b);
}

static int setup(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);
    w->g = guard_new();
    guard_own(w->g, "alice@localhost", "localhost");
    guard_arm(w->g);
    w->p = XML_ParserCreate_MM(NULL, NULL, "\x1F");
    handlers(w);
    feeds(w, "<stream xmlns='jabber:client'>");
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    XML_ParserFree(w->p);
    guard_free(w->g);
    free(w);
    return 0;
}

static void poisoned(struct world *w, bool in_stanza)
{
    assert_non_null(guard_poison(w->g));
    assert_int_equal(guard_poison_in_stanza(w->g), in_stanza);
    size_t stanzas = w->seen.stanzas;
    feeds(w, "</a></message><message/>");
    assert_int_equal(w->seen.stanzas, stanzas); /* nothing passes any more */
}

static void test_passes(void **state)
{
    struct world *w = *state;
    feeds(w, " <message a='b'><body>x&lt;y</body></message> <presence/>");
    assert_int_equal(w->seen.stanzas, 2);
    assert_int_equal(w->seen.texts, 1); /* one text, and none between stanzas */
    assert_int_equal(w->seen.text_len, 3);
    assert_null(guard_poison(w->g));
}

/* libstrophe cuts name spaces of attributes off: x:from must not take the place of from. */
static void XMLCALL note_attributes(void *user, const XML_Char *name, const XML_Char **attrs)
{
    struct buf *b = user;
    for (; attrs[0]; attrs += 2)
        buf_addf(b, "%s=%s ", attrs[0], attrs[1]);
}

static void XMLCALL no_end(void *user, const XML_Char *name)
{
}

static void test_attributes_of_other_name_spaces(void **state)
{
    struct world *w = *state;
    struct buf b = {0};
    XML_SetUserData(w->p, &b);
    XML_SetElementHandler(w->p, note_attributes, no_end);
    feeds(w, "<message from='a@b' xmlns:e='urn:evil' e:from='boss@b' xml:lang='de' e:to='x'/>");
    assert_string_equal(buf_str(&b), "from=a@b xmlns:q0=urn:evil q0:from=boss@b xml:lang=de xmlns:q4=urn:evil q4:to=x ");
    buf_clear(&b);
    feeds(w, "<message xmlns:e='urn:evil'");
    for (int i = 0; i < GUARD_ATTRIBUTES; i++) {
        char *one = xasprintf(" e:a%d='%d'", i, i);
        feeds(w, one);
        free(one);
    }
    feeds(w, "/>");
    assert_null(guard_poison(w->g));
    assert_non_null(strstr(buf_str(&b), ":a63=63 "));
    buf_free(&b);
}

static void test_text_in_one_piece(void **state)
{
    struct world *w = *state;
    feeds(w, "<message><body>");
    repeat(w, "\n", 256 << 10);
    feeds(w, "</body></message>");
    assert_int_equal(w->seen.texts, 1);
    assert_int_equal(w->seen.text_len, 256 << 10);
}

static void test_no_deferral(void **state)
{
    struct world *w = *state;
    feeds(w, "<message><a x='");
    repeat(w, "y", 20000);
    feeds(w, "'/></message>");
    assert_int_equal(w->seen.stanzas, 1);
    assert_int_equal(XML_ParserReset(w->p, NULL), XML_TRUE); /* puts expat's own ways back */
    memset(&w->seen, 0, sizeof w->seen);
    handlers(w);
    feeds(w, "<stream xmlns='jabber:client'><message><a x='");
    repeat(w, "y", 20000);
    feeds(w, "'/></message>");
    assert_int_equal(w->seen.stanzas, 1);
}

static void test_children(void **state)
{
    struct world *w = *state;
    feeds(w, "<message>");
    repeat(w, "<a/>", GUARD_CHILDREN);
    assert_null(guard_poison(w->g));
    repeat(w, "<a/>", 1);
    poisoned(w, true);
}

static void test_children_with_text(void **state)
{
    struct world *w = *state;
    feeds(w, "<message>");
    repeat(w, "x<a/>", GUARD_CHILDREN / 2);
    assert_null(guard_poison(w->g));
    repeat(w, "x<a/>", 1);
    poisoned(w, true);
}

static void test_own_server_may_have_more(void **state)
{
    struct world *w = *state;
    feeds(w, "<iq from='alice@localhost'><query>");
    repeat(w, "<item/>", 5 * GUARD_CHILDREN);
    feeds(w, "</query></iq><iq><query>");
    repeat(w, "<item/>", 5 * GUARD_CHILDREN);
    feeds(w, "</query></iq>");
    assert_null(guard_poison(w->g));
    assert_int_equal(w->seen.stanzas, 2);
    feeds(w, "<iq from='alice@localhost.evil.example'><query>");
    repeat(w, "<item/>", GUARD_CHILDREN + 1);
    poisoned(w, true);
}

#define ROSTER_ITEM "<item jid='a@example.org'><group>x</group></item>"

static void test_items_of_a_long_roster_are_tied(void **state)
{
    struct world *w = *state;
    const size_t n = 5 * GUARD_SHEAF + 3;
    feeds(w, "<iq><query xmlns='jabber:iq:roster'>");
    repeat(w, ROSTER_ITEM, (int)n);
    feeds(w, "</query></iq><message/>");
    assert_null(guard_poison(w->g));
    assert_int_equal(w->seen.stanzas, 2);
    assert_int_equal(w->seen.loose, GUARD_SHEAF);
    assert_int_equal(w->seen.tied, n - GUARD_SHEAF);
    assert_int_equal(w->seen.ties, 5);
    assert_false(w->seen.in_tie);
    assert_int_equal(w->seen.ends, w->seen.starts - 1); /* the stream is still open */
}

static void tied_not(struct world *w, const char *begin, const char *end)
{
    feeds(w, begin);
    repeat(w, ROSTER_ITEM, 2 * GUARD_SHEAF);
    feeds(w, end);
    assert_null(guard_poison(w->g));
    assert_int_equal(w->seen.ties, 0);
}

static void test_nothing_else_is_tied(void **state)
{
    struct world *w = *state;
    tied_not(w, "<iq><query xmlns='jabber:iq:other'>", "</query></iq>");
    tied_not(w, "<iq><x><query xmlns='jabber:iq:roster'>", "</query></x></iq>");
    tied_not(w, "<iq from='mallory@evil.example'><query xmlns='jabber:iq:roster'>", "</query></iq>");
    tied_not(w, "<message><query xmlns='jabber:iq:roster'>", "</query></message>");
    feeds(w, "<iq><query xmlns='jabber:iq:roster'/><query xmlns='jabber:iq:other'>");
    tied_not(w, "", "</query></iq>");
}

static void test_nobody_can_send_a_tie(void **state)
{
    struct world *w = *state;
    feeds(w, "<iq><query xmlns='jabber:iq:roster'>");
    repeat(w, ROSTER_ITEM, GUARD_SHEAF + 1);
    feeds(w, "<\x01tie/>");
    assert_non_null(guard_poison(w->g)); /* not a name in XML */
}

static void test_message_from_own_address_may_not(void **state)
{
    struct world *w = *state;
    feeds(w, "<message from='alice@localhost'>");
    repeat(w, "<a/>", GUARD_CHILDREN + 1);
    poisoned(w, true);
}

static void test_elements(void **state)
{
    struct world *w = *state;
    feeds(w, "<message>");
    for (int i = 0; i * 2001 < GUARD_ELEMENTS + 2001 && !guard_poison(w->g); i++) {
        feeds(w, "<x>");
        repeat(w, "<a/>", 2000);
        feeds(w, "</x>");
    }
    poisoned(w, true);
}

static void test_depth(void **state)
{
    struct world *w = *state;
    repeat(w, "<a>", GUARD_DEPTH - 1);
    assert_null(guard_poison(w->g));
    repeat(w, "<a>", 1);
    poisoned(w, true);
}

static void test_attributes(void **state)
{
    struct world *w = *state;
    struct buf b = {0};
    buf_adds(&b, "<message><a");
    for (int i = 0; i < GUARD_ATTRIBUTES + 1; i++)
        buf_addf(&b, " a%d=''", i);
    buf_adds(&b, "/>");
    feed(w, b.data, b.len);
    buf_free(&b);
    poisoned(w, true);
}

static void test_text_size(void **state)
{
    struct world *w = *state;
    feeds(w, "<message><body>");
    repeat(w, "0123456789abcdef", GUARD_BYTES / 16);
    assert_null(guard_poison(w->g));
    feeds(w, "x");
    poisoned(w, true);
}

static void test_sizes_start_anew_with_each_stanza(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 4; i++) {
        feeds(w, "<message><body>");
        repeat(w, "0123456789abcdef", GUARD_BYTES / 32);
        feeds(w, "</body></message>");
    }
    assert_null(guard_poison(w->g));
    assert_int_equal(w->seen.stanzas, 4);
}

static void test_huge_tag(void **state)
{
    struct world *w = *state;
    int64_t t = clock_mono_ms();
    feeds(w, "<message id='");
    repeat(w, "0123456789abcdef", 2 * GUARD_TOKEN / 16);
    assert_true(clock_mono_ms() - t < 20000);
    poisoned(w, true);
}

static void test_doctype(void **state)
{
    struct world *w = *state;
    assert_int_equal(XML_ParserReset(w->p, NULL), XML_TRUE);
    handlers(w);
    feeds(w, "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x 'y'>]><stream>");
    poisoned(w, false);
}

static void test_broken(void **state)
{
    struct world *w = *state;
    feeds(w, "<message><body></message>");
    poisoned(w, true);
    guard_arm(w->g);
    assert_null(guard_poison(w->g));
}

static void test_memory_is_counted(void **state)
{
    struct world *w = *state;
    const xmpp_mem_t *m = guard_mem(w->g);
    size_t before = guard_alive(w->g);
    void *p = m->alloc(10, m->userdata);
    void *q = m->realloc(NULL, 20, m->userdata);
    assert_int_equal(guard_alive(w->g), before + 2);
    q = m->realloc(q, 40, m->userdata);
    assert_int_equal(guard_alive(w->g), before + 2);
    m->free(p, m->userdata);
    m->free(q, m->userdata);
    m->free(NULL, m->userdata);
    assert_int_equal(guard_alive(w->g), before);
}

static void test_other_parsers_are_left_alone(void **state)
{
    struct seen seen = {0};
    XML_Parser p = XML_ParserCreate_MM(NULL, NULL, NULL); /* no guard is armed */
    XML_SetUserData(p, &seen);
    XML_SetElementHandler(p, on_start, on_end);
    XML_SetCharacterDataHandler(p, on_text);
    assert_int_equal(XML_Parse(p, "<a>b<c/></a>", 12, 1), XML_STATUS_OK);
    assert_int_equal(seen.starts, 2);
    assert_int_equal(XML_ParserReset(p, NULL), XML_TRUE);
    assert_int_equal(XML_Parse(p, "<a", 2, 1), XML_STATUS_ERROR);
    XML_ParserFree(p);
}

/* ---- what libstrophe writes for its debug log ---- */

struct logged { /* as libstrophe at the end of a stanza: the log's line, then whoever gets the
                   stanza */
    struct guard *g;
    xmpp_ctx_t *ctx;
    int refused, made;
};

static void try_text(struct logged *l)
{
    xmpp_stanza_t *st = xmpp_stanza_new(l->ctx);
    char *text = NULL;
    size_t len = 0;
    xmpp_stanza_set_name(st, "message");
    if (xmpp_stanza_to_text(st, &text, &len) == XMPP_EOK) {
        assert_string_equal(text, "<message/>");
        xmpp_free(l->ctx, text);
        l->made++;
    } else {
        assert_null(text);
        l->refused++;
    }
    xmpp_stanza_release(st);
}

static void XMLCALL on_end_log(void *user, const XML_Char *name)
{
    struct logged *l = user;
    try_text(l);
    guard_handed_on(l->g);
    try_text(l); /* an answer is sent */
}

static void test_no_text_for_a_log_that_nobody_keeps(void **state)
{
    struct world *w = *state;
    struct logged l = {.g = w->g, .ctx = xmpp_ctx_new(guard_mem(w->g), NULL)};
    guard_set_owner(w->g, l.ctx, w);
    XML_SetUserData(w->p, &l);
    XML_SetElementHandler(w->p, NULL, on_end_log);
    feeds(w, "<message/>");
    assert_int_equal(l.refused, 1);
    assert_int_equal(l.made, 1);
    feeds(w, "<iq><query/></iq>"); /* the inner end is no stanza's */
    assert_int_equal(l.refused, 2);
    assert_int_equal(l.made, 4);
    try_text(&l);
    assert_int_equal(l.made, 5);
    xmpp_ctx_free(l.ctx);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {T(test_passes),
                                       T(test_attributes_of_other_name_spaces),
                                       T(test_text_in_one_piece),
                                       T(test_no_deferral),
                                       T(test_children),
                                       T(test_children_with_text),
                                       T(test_own_server_may_have_more),
                                       T(test_items_of_a_long_roster_are_tied),
                                       T(test_nothing_else_is_tied),
                                       T(test_nobody_can_send_a_tie),
                                       T(test_message_from_own_address_may_not),
                                       T(test_elements),
                                       T(test_depth),
                                       T(test_attributes),
                                       T(test_text_size),
                                       T(test_sizes_start_anew_with_each_stanza),
                                       T(test_huge_tag),
                                       T(test_doctype),
                                       T(test_broken),
                                       T(test_memory_is_counted),
                                       T(test_no_text_for_a_log_that_nobody_keeps),
                                       T(test_other_parsers_are_left_alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
