/* unit/irc/test_line.c - lines of IRC taken apart and put together; names, masks, ISUPPORT, modes */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/irc/isupport.h"
#include "backends/irc/line.h"
#include "base/mem.h"

/* "cmd|nick|user|host|tags|params": what a line is, in one string for comparing. */
static char *taken_apart(const char *line)
{
    struct irc_line l;
    struct buf b = {0};
    char *text = xstrdup(line);

    if (!irc_line_parse(&l, text, strlen(text))) {
        free(text);
        return xstrdup("none");
    }
    buf_addf(&b, "%s", l.cmd);
    for (int i = 0; i < l.n; i++)
        buf_addf(&b, " <%s>", l.params[i]);
    if (l.nick)
        buf_addf(&b, " from %s", l.nick);
    if (l.user)
        buf_addf(&b, " user %s", l.user);
    if (l.host)
        buf_addf(&b, " host %s", l.host);
    for (size_t i = 0; i < l.n_tags; i++)
        buf_addf(&b, " %s=%s", l.tags[i].key, l.tags[i].value);
    free(text);
    return buf_take(&b);
}

static void lines_are_taken_apart(void **state)
{
    static const struct { const char *line, *want; } rows[] = {
        {"foo bar baz asdf", "FOO <bar> <baz> <asdf>"},
        {":coolguy foo bar baz asdf", "FOO <bar> <baz> <asdf> from coolguy"},
        {"foo bar baz :asdf quux", "FOO <bar> <baz> <asdf quux>"},
        {"foo bar baz :", "FOO <bar> <baz> <>"},
        {"foo bar baz ::asdf", "FOO <bar> <baz> <:asdf>"},
        {":coolguy foo bar baz :  asdf quux ", "FOO <bar> <baz> <  asdf quux > from coolguy"},
        {":coolguy PRIVMSG bar :lol :) ", "PRIVMSG <bar> <lol :) > from coolguy"},
        {":coolguy foo bar baz :  ", "FOO <bar> <baz> <  > from coolguy"},
        {"@a=b;c=32;k;rt=ql7 foo", "FOO a=b c=32 k= rt=ql7"},
        {"@a=b\\\\and\\nk;c=72\\s45;d=gh\\:764 foo", "FOO a=b\\and\nk c=72 45 d=gh;764"},
        {"@c;h=;a=b :quux ab cd", "AB <cd> from quux c= h= a=b"},
        {"@foo=bar\\ baz", "BAZ foo=bar"}, /* the space ends the tags */
        {":src JOIN #chan", "JOIN <#chan> from src"},
        {":src JOIN :#chan", "JOIN <#chan> from src"},
        {":src AWAY", "AWAY from src"},
        {":src AWAY ", "AWAY from src"},
        {":cool\tguy foo bar baz", "FOO <bar> <baz> from cool\tguy"},
        {":coolguy!ag@net\x035w\x03ork.admin PRIVMSG foo :bar baz", "PRIVMSG <foo> <bar baz> from coolguy user ag host net\x035w\x03ork.admin"},
        {"@tag1=value1;tag2;vendor1/tag3=value2;vendor2/tag4= :irc.example.com COMMAND param1 param2 :param3 param3",
         "COMMAND <param1> <param2> <param3 param3> from irc.example.com tag1=value1 tag2= vendor1/tag3=value2 vendor2/tag4="},
        {":irc.example.com COMMAND param1 param2 :param3 param3", "COMMAND <param1> <param2> <param3 param3> from irc.example.com"},
        {"COMMAND", "COMMAND"},
        {"@foo=\\\\\\\\\\:\\\\s\\s\\r\\n COMMAND", "COMMAND foo=\\\\;\\s \r\n"},
        {":gravel.mozilla.org 432  #momo :Erroneous Nickname: Illegal characters", "432 <#momo> <Erroneous Nickname: Illegal characters> from gravel.mozilla.org"},
        {":gravel.mozilla.org MODE #tckk +n ", "MODE <#tckk> <+n> from gravel.mozilla.org"},
        {":services.esper.net MODE #foo-bar +o foobar  ", "MODE <#foo-bar> <+o> <foobar> from services.esper.net"},
        {"@tag1=value\\\\ntest COMMAND", "COMMAND tag1=value\\ntest"},
        {"@tag1=value\\1 COMMAND", "COMMAND tag1=value1"},
        {"@tag1=value1\\ COMMAND", "COMMAND tag1=value1"},
        {"@time=2024-01-01T00:00:00.000Z AUTHENTICATE :+", "AUTHENTICATE <+> time=2024-01-01T00:00:00.000Z"},
        {":nick@host!x QUIT", "QUIT from nick host host!x"},
        {": PING x", "PING <x>"},
        {"", "none"}, {"   ", "none"}, {"@a=b", "none"}, {":src", "none"}, {"12 x", "none"}, {"1234 x", "none"}, {"PRIV-MSG x", "none"},
        {"@;;=x;a=1;a=2 X", "X a=1 a=2"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char *have = taken_apart(rows[i].line);

        if (strcmp(have, rows[i].want) != 0)
            fail_msg("%s\n is   %s\n not  %s", rows[i].line, have, rows[i].want);
        free(have);
    }
    (void)state;
}

static void bounds_hold(void **state)
{
    struct irc_line l;
    struct buf b = {0};

    buf_addc(&b, '@');
    for (int i = 0; i < 500; i++)
        buf_addf(&b, "k%d=v;", i);
    buf_adds(&b, " CMD");
    for (int i = 0; i < 200; i++)
        buf_addf(&b, " p%d", i);
    assert_true(irc_line_parse(&l, b.data, b.len));
    assert_int_equal(l.n_tags, IRC_TAGS_MAX);
    assert_int_equal(l.n, IRC_PARAMS_MAX);
    assert_non_null(strstr(l.params[IRC_PARAMS_MAX - 1], "p199"));
    assert_string_equal(irc_param(&l, 1000), "");
    assert_string_equal(irc_param(&l, -1), "");
    buf_clear(&b);
    buf_addc(&b, '@');
    for (int i = 0; i < IRC_TAGS_BYTES; i++)
        buf_addc(&b, 'x');
    buf_adds(&b, " CMD");
    assert_false(irc_line_parse(&l, b.data, b.len));
    buf_free(&b);
    (void)state;
}

/* ---- bytes to lines ---- */

struct got { char *lines[16]; int n; };

static void collect(void *user, char *text, size_t len)
{
    struct got *g = user;

    assert_int_equal(strlen(text), len);
    g->lines[g->n++] = xstrdup(text);
}

static void drop(struct got *g)
{
    while (g->n > 0)
        free(g->lines[--g->n]);
}

static void bytes_become_lines_however_they_are_cut(void **state)
{
    static const char bytes[] = "one\r\ntwo\n\r\n\nthr\0ee\r\n\xff\xe4\xc3 w\x80\r\ncaf\xc3\xa9\nrest";
    static const char *const want[] = {"one", "two", "three", "\u00ff\u00e4\u00c3 w\u20ac", "caf\u00e9"};

    for (size_t step = 1; step < sizeof bytes; step++) {
        struct irc_input in = {0};
        struct got g = {0};

        for (size_t i = 0; i < sizeof bytes - 1; i += step)
            irc_input_feed(&in, bytes + i, MIN(step, sizeof bytes - 1 - i), &irc_windows_1252, collect, &g);
        assert_int_equal(g.n, COUNT(want));
        for (int i = 0; i < g.n; i++)
            assert_string_equal(g.lines[i], want[i]);
        drop(&g);
        irc_input_free(&in);
    }
    (void)state;
}

static void lines_that_are_too_long_are_dropped_alone(void **state)
{
    struct irc_input in = {0};
    struct got g = {0};
    char junk[1000];

    memset(junk, 'x', sizeof junk);
    for (int i = 0; i < 100000; i++) {
        irc_input_feed(&in, junk, sizeof junk, &irc_windows_1252, collect, &g);
        assert_true(in.buf.cap <= 4 * IRC_LINE_BYTES);
    }
    irc_input_feed(&in, "\nnext\n", 6, &irc_windows_1252, collect, &g);
    assert_int_equal(g.n, 1);
    assert_string_equal(g.lines[0], "next");
    assert_int_equal(in.too_long, 1);
    drop(&g);
    irc_input_free(&in);
    (void)state;
}

/* ---- parts to a line ---- */

static void parts_become_a_line_or_nothing(void **state)
{
    static const struct { const char *tags, *cmd, *params[5], *want; } rows[] = {
        {NULL, "PRIVMSG", {"#c", "hello you"}, "PRIVMSG #c :hello you\r\n"},
        {NULL, "PRIVMSG", {"#c", "hello"}, "PRIVMSG #c hello\r\n"},
        {NULL, "PRIVMSG", {"#c", ""}, "PRIVMSG #c :\r\n"},
        {NULL, "PRIVMSG", {"#c", ":)"}, "PRIVMSG #c ::)\r\n"},
        {"label=x", "QUIT", {NULL}, "@label=x QUIT\r\n"},
        {NULL, "PRIVMSG", {"#c", "a\r\nQUIT"}, ""},
        {NULL, "PRIVMSG", {"#c\nQUIT", "a"}, ""},
        {NULL, "PRIVMSG", {"#c d", "a"}, ""},
        {NULL, "PRIVMSG", {"", "a"}, ""},
        {NULL, "PRIVMSG", {":c", "a"}, ""},
        {"a=b c", "PING", {"x"}, ""},
        {"a=b\n", "PING", {"x"}, ""},
        {NULL, "PING x", {"y"}, ""},
        {NULL, "", {"y"}, ""},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf b = {0};
        int n = 0;

        while (n < 5 && rows[i].params[n] != NULL)
            n++;
        assert_int_equal(irc_put(&b, rows[i].tags, rows[i].cmd, rows[i].params, n), rows[i].want[0] != '\0');
        assert_string_equal(buf_str(&b), rows[i].want);
        buf_free(&b);
    }
    (void)state;
}

static void tags_survive_the_way_there_and_back(void **state)
{
    static const char value[] = "a;b c\\d\re\nf=g \u00e9";
    struct buf b = {0};
    struct irc_line l;

    irc_put_tag(&b, "+draft/reply", value);
    irc_put_tag(&b, "empty", "");
    assert_null(strpbrk(b.data, " \r\n"));
    buf_insert(&b, 0, "@", 1);
    buf_adds(&b, " X");
    assert_true(irc_line_parse(&l, b.data, b.len));
    assert_string_equal(irc_line_tag(&l, "+draft/reply"), value);
    assert_string_equal(irc_line_tag(&l, "empty"), "");
    assert_null(irc_line_tag(&l, "none"));
    buf_free(&b);
    assert_true(irc_tag_allowed(NULL, "typing"));
    assert_false(irc_tag_allowed("*", "typing"));
    assert_true(irc_tag_allowed("*,-typing", "typing"));
    assert_true(irc_tag_allowed("*,-typing", "+typing"));
    assert_false(irc_tag_allowed("*,-typing", "draft/react"));
    assert_false(irc_tag_allowed("a,typing,b", "typing"));
    assert_true(irc_tag_allowed("a,typing2", "typing"));
    (void)state;
}

static void times_are_read_and_written(void **state)
{
    static const struct { const char *text; int64_t ms; } rows[] = {
        {"2011-10-19T16:40:51.620Z", 1319042451620}, {"2012-06-30T23:59:60.419Z", 1341100800419}, {"2000-02-29T00:00:00Z", 951782400000},
        {"2024-12-31T23:59:59.9Z", 1735689599900},   {"2024-01-01T00:00:00.123456Z", 1704067200123},
        {"1969-01-01T00:00:00Z", 0}, {"2011-13-19T16:40:51Z", 0}, {"2011-10-19 16:40:51Z", 0}, {"2011-10-19T16:40:51", 0},
        {"99999999999", 0}, {"", 0}, {"2011-10-19T16:40:51.620Zx", 0}, {"9999-10-19T16:40:51.620Z", 0},
    };
    char text[32];

    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(irc_time_parse(rows[i].text), rows[i].ms);
    for (int64_t ms = 946684800000; ms < 4102444800000; ms += 86400000LL * 13 + 12345678) {
        irc_time_format(ms, text);
        assert_int_equal(irc_time_parse(text), ms);
    }
    (void)state;
}

/* ---- names ---- */

static void names_fold_as_the_server_says(void **state)
{
    assert_true(irc_same(IRC_CASE_RFC1459, "Nick[a]\\~", "nICK{A}|^"));
    assert_false(irc_same(IRC_CASE_STRICT, "a~", "a^"));
    assert_true(irc_same(IRC_CASE_STRICT, "a[", "a{"));
    assert_false(irc_same(IRC_CASE_ASCII, "a[", "a{"));
    assert_false(irc_same(IRC_CASE_ASCII, "a", "ab"));
    assert_false(irc_same(IRC_CASE_ASCII, NULL, NULL));
    assert_int_equal(irc_casemap_named("rfc7613"), IRC_CASE_ASCII);
    assert_int_equal(irc_casemap_named("rfc1459"), IRC_CASE_RFC1459);
    (void)state;
}

static void masks_match(void **state)
{
    static const struct { const char *mask, *text; bool want; } rows[] = {
        {"*@127.0.0.1", "coolguy!ab@127.0.0.1", true}, {"*@127.0.0.1", "cooldud3!~bc@127.0.0.1", true},
        {"*@127.0.0.1", "coolguy!ab@127.0.0.5", false}, {"cool*@*", "coolguy!ab@127.0.0.1", true},
        {"cool*@*", "coolboy", false}, {"cool!*@*", "coolguy!ab@127.0.0.1", false}, {"cool!?username@*", "cool!ausername@x", true},
        {"cool!?username@*", "cool!username@x", false}, {"cool!a?*@*", "cool!ab@x", true}, {"cool!a?*@*", "cool!a@x", false},
        {"cool[guy]!*@*", "cool{guy}!a@b", true}, {"a\\*b", "a*b", true}, {"a\\*b", "axb", false}, {"a\\?b", "a?b", true},
        {"*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false}, {"", "", true}, {"*", "", true},
        {"", "x", false}, {"**", "anything", true}, {"*\\", "a\\", true},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        if (irc_mask_match(IRC_CASE_RFC1459, rows[i].mask, rows[i].text) != rows[i].want)
            fail_msg("%s on %s", rows[i].mask, rows[i].text);
    (void)state;
}

/* ---- ISUPPORT ---- */

static void isupport_is_read_changed_and_taken_back(void **state)
{
    struct irc_isupport s;

    irc_isupport_init(&s);
    assert_true(irc_is_channel(&s, "#x") && irc_is_channel(&s, "&x") && !irc_is_channel(&s, "x") && !irc_is_channel(&s, ""));
    assert_int_equal(irc_isupport_token(&s, "CASEMAPPING=ascii"), IRC_ISUPPORT_CASEMAP);
    assert_int_equal(irc_isupport_token(&s, "CASEMAPPING=ascii"), 0);
    assert_int_equal(irc_isupport_token(&s, "PREFIX=(qaohv)~&@%+"), IRC_ISUPPORT_PREFIX);
    assert_int_equal(irc_prefix_rank(&s, '%'), 3);
    assert_int_equal(irc_isupport_token(&s, "PREFIX=(ohv)@%"), 0); /* does not fit together */
    assert_int_equal(irc_prefix_rank(&s, '%'), 3);
    irc_isupport_token(&s, "PREFIX=");
    assert_int_equal(irc_prefix_rank(&s, '@'), -1);
    irc_isupport_token(&s, "-PREFIX");
    assert_int_equal(irc_prefix_rank(&s, '@'), 0);
    irc_isupport_token(&s, "PREFIX=(aaaaaaaaaaaaaaaaaaaaaaaaaaaa)bbbbbbbbbbbbbbbbbbbbbbbbbbbb");
    assert_string_equal(s.prefix_modes, "ov");
    irc_isupport_token(&s, "CHANTYPES=");
    assert_false(irc_is_channel(&s, "#x"));
    irc_isupport_token(&s, "CHANTYPES=#");
    irc_isupport_token(&s, "STATUSMSG=@+");
    assert_string_equal(irc_bare_target(&s, "@#room"), "#room");
    assert_string_equal(irc_bare_target(&s, "+nick"), "+nick");
    irc_isupport_token(&s, "MODES");
    assert_int_equal(s.modes, 0);
    irc_isupport_token(&s, "MODES=4");
    assert_int_equal(s.modes, 4);
    irc_isupport_token(&s, "MODES=99999999999999999999");
    assert_int_equal(s.modes, 0);
    irc_isupport_token(&s, "LINELEN=2048");
    irc_isupport_token(&s, "LINELEN=7");
    assert_int_equal(s.linelen, 2048);
    irc_isupport_token(&s, "NETWORK=A\\x20net\\x3Dwork\\x00\\xZZ");
    assert_string_equal(irc_isupport_get(&s, "NETWORK"), "A net=work\\x00\\xZZ");
    irc_isupport_token(&s, "-NETWORK");
    assert_null(irc_isupport_get(&s, "NETWORK"));
    irc_isupport_token(&s, "WHOX");
    irc_isupport_token(&s, "EXCEPTS");
    irc_isupport_token(&s, "INVEX=J");
    irc_isupport_token(&s, "BOT=B");
    irc_isupport_token(&s, "MONITOR=100");
    irc_isupport_token(&s, "TARGMAX=NAMES:1,PRIVMSG:4,NOTICE:4");
    irc_isupport_token(&s, "CHATHISTORY=500");
    irc_isupport_token(&s, "MSGREFTYPES=timestamp,msgid");
    assert_true(s.whox && s.excepts == 'e' && s.invex == 'J' && s.bot == 'B' && s.monitor == 100 && s.targmax_privmsg == 4);
    assert_true(s.history == 500 && s.msgid_refs);
    irc_isupport_token(&s, "TARGMAX=PRIVMSG:");
    irc_isupport_token(&s, "-WHOX");
    irc_isupport_token(&s, "-MONITOR");
    assert_true(!s.whox && s.monitor == 0 && s.targmax_privmsg == 1000);
    irc_isupport_token(&s, "MAXTARGETS=20");
    assert_int_equal(s.targmax_join, 0); /* TARGMAX is there, and says nothing of JOIN */
    irc_isupport_token(&s, "TARGMAX=NAMES:1,JOIN:4,PRIVMSG:3");
    assert_true(s.targmax_join == 4 && s.targmax_privmsg == 3);
    irc_isupport_token(&s, "-TARGMAX");
    assert_true(s.targmax_join == 20 && s.targmax_privmsg == 1);
    irc_isupport_token(&s, "-MAXTARGETS");
    assert_int_equal(s.targmax_join, 0);
    for (int i = 0; i < 5000; i++) {
        char token[32];
        snprintf(token, sizeof token, "T%d=x", i);
        irc_isupport_token(&s, token);
    }
    assert_true(s.tokens.n <= IRC_ISUPPORT_TOKENS);
    irc_isupport_token(&s, "");
    irc_isupport_token(&s, "-");
    irc_isupport_token(&s, "=x");
    irc_isupport_free(&s);
    (void)state;
}

static char *modes(const struct irc_isupport *s, const char *line)
{
    struct irc_line l;
    struct irc_mode_change out[IRC_MODE_CHANGES];
    struct buf b = {0};
    char *text = xasprintf("MODE %s", line);

    assert_true(irc_line_parse(&l, text, strlen(text)));
    int n = irc_mode_parse(s, l.params, l.n, out);
    for (int i = 0; i < n; i++)
        buf_addf(&b, "%s%c%c%d%s%s", i > 0 ? " " : "", out[i].on ? '+' : '-', out[i].mode, (int)out[i].kind, out[i].arg ? "=" : "",
                 out[i].arg ? out[i].arg : "");
    free(text);
    return buf_take(&b);
}

static void modes_take_their_arguments(void **state)
{
    static const struct { const char *line, *want; } rows[] = {
        {"+o-v+b a b *!*@x", "+o3=a -v3=b +b1=*!*@x"}, {"+k-k+l-l key key 5", "+k2=key -k2=key +l2=5 -l2"}, {"+nt-i", "+n0 +t0 -i0"},
        {"+b", "+b1"}, {"+o", ""}, {"+oo a", "+o3=a"}, {"nt", "+n0 +t0"}, {"+-+", ""}, {"+Z", "+Z0"}, {"+l :7", "+l2=7"},
    };
    struct irc_isupport s;

    irc_isupport_init(&s);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *have = modes(&s, rows[i].line);
        assert_string_equal(have, rows[i].want);
        free(have);
    }
    irc_isupport_free(&s);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_taken_apart), cmocka_unit_test(bounds_hold), cmocka_unit_test(bytes_become_lines_however_they_are_cut),
        cmocka_unit_test(lines_that_are_too_long_are_dropped_alone), cmocka_unit_test(parts_become_a_line_or_nothing),
        cmocka_unit_test(tags_survive_the_way_there_and_back), cmocka_unit_test(times_are_read_and_written),
        cmocka_unit_test(names_fold_as_the_server_says), cmocka_unit_test(masks_match),
        cmocka_unit_test(isupport_is_read_changed_and_taken_back), cmocka_unit_test(modes_take_their_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
