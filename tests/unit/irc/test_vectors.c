/* unit/irc/test_vectors.c - what the public tests of IRC parsers demand: splitting, joining, masks, sources
 *
 * The facts are those of the ircdocs parser tests (public domain, CC0), typed anew in a form of our own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/irc/casemap.h"
#include "backends/irc/line.h"
#include "base/mem.h"

enum { MOST = 6 };

static void same(const char *line, const char *what, const char *have, const char *want)
{
    if (!str_eq(have ? have : "", want ? want : ""))
        fail_msg("%s\n%s is \"%s\", not \"%s\"", line, what, have ? have : "(none)", want ? want : "(none)");
}

/* ---- lines to parts ---- */

struct split {
    const char *line, *cmd, *source; /* source: as one word */
    const char *params[MOST];
    const char *tags[MOST * 2];      /* key, value, ... */
};

static void split_one(const struct split *v)
{
    struct irc_line l;
    char *text = xstrdup(v->line), *source = NULL;
    int n = 0;

    assert_true(irc_line_parse(&l, text, strlen(text)));
    same(v->line, "the command", l.cmd, v->cmd);
    source = xasprintf("%s%s%s%s%s", l.nick ? l.nick : "", l.user ? "!" : "", l.user ? l.user : "", l.host ? "@" : "",
                       l.host ? l.host : "");
    same(v->line, "the source", source, v->source);
    while (n < MOST && v->params[n]) {
        same(v->line, "a parameter", n < l.n ? l.params[n] : "(too few)", v->params[n]);
        n++;
    }
    assert_int_equal(l.n, n);
    for (int t = 0; t < MOST * 2 && v->tags[t]; t += 2) {
        const char *value = irc_line_tag(&l, v->tags[t]);
        same(v->line, v->tags[t], value ? value : "(no such tag)", v->tags[t + 1]);
    }
    if (!v->tags[0])
        assert_int_equal(l.n_tags, 0);
    free(source);
    free(text);
}

static void lines_are_split(void **state)
{
    static const struct split v[] = {
        {"foo bar baz asdf", "FOO", NULL, {"bar", "baz", "asdf"}, {0}},
        {":coolguy foo bar baz asdf", "FOO", "coolguy", {"bar", "baz", "asdf"}, {0}},
        /* the last parameter: with blanks, empty, with a colon of its own, of blanks alone */
        {"foo bar baz :asdf quux", "FOO", NULL, {"bar", "baz", "asdf quux"}, {0}},
        {"foo bar baz :", "FOO", NULL, {"bar", "baz", ""}, {0}},
        {"foo bar baz ::asdf", "FOO", NULL, {"bar", "baz", ":asdf"}, {0}},
        {":coolguy foo bar baz :asdf quux", "FOO", "coolguy", {"bar", "baz", "asdf quux"}, {0}},
        {":coolguy foo bar baz :  asdf quux ", "FOO", "coolguy", {"bar", "baz", "  asdf quux "}, {0}},
        {":coolguy PRIVMSG bar :lol :) ", "PRIVMSG", "coolguy", {"bar", "lol :) "}, {0}},
        {":coolguy foo bar baz :", "FOO", "coolguy", {"bar", "baz", ""}, {0}},
        {":coolguy foo bar baz :  ", "FOO", "coolguy", {"bar", "baz", "  "}, {0}},
        /* it may have a colon or not, or be missing */
        {":src JOIN #chan", "JOIN", "src", {"#chan"}, {0}},
        {":src JOIN :#chan", "JOIN", "src", {"#chan"}, {0}},
        {":src AWAY", "AWAY", "src", {0}, {0}},
        {":src AWAY ", "AWAY", "src", {0}, {0}},
        {":SomeOp MODE #channel :+i", "MODE", "SomeOp", {"#channel", "+i"}, {0}},
        {":SomeOp MODE #channel +oo SomeUser :AnotherUser", "MODE", "SomeOp", {"#channel", "+oo", "SomeUser", "AnotherUser"}, {0}},
        /* a tab is no blank; codes stand in sources */
        {":cool\tguy foo bar baz", "FOO", "cool\tguy", {"bar", "baz"}, {0}},
        {":coolguy!ag@net\x03" "5w\x03ork.admin PRIVMSG foo :bar baz", "PRIVMSG", "coolguy!ag@net\x03" "5w\x03ork.admin", {"foo", "bar baz"}, {0}},
        {":coolguy!~ag@n\x02" "et\x03" "05w\x0fork.admin PRIVMSG foo :bar baz", "PRIVMSG", "coolguy!~ag@n\x02" "et\x03" "05w\x0fork.admin",
         {"foo", "bar baz"}, {0}},
        {":irc.example.com COMMAND param1 param2 :param3 param3", "COMMAND", "irc.example.com", {"param1", "param2", "param3 param3"}, {0}},
        {"COMMAND", "COMMAND", NULL, {0}, {0}},
        /* servers that write two blanks, or one too many */
        {":gravel.mozilla.org 432  #momo :Erroneous Nickname: Illegal characters", "432", "gravel.mozilla.org",
         {"#momo", "Erroneous Nickname: Illegal characters"}, {0}},
        {":gravel.mozilla.org MODE #tckk +n ", "MODE", "gravel.mozilla.org", {"#tckk", "+n"}, {0}},
        {":services.esper.net MODE #foo-bar +o foobar  ", "MODE", "services.esper.net", {"#foo-bar", "+o", "foobar"}, {0}},
        /* tags: with values, without, escaped, twice, of vendors */
        {"@a=b;c=32;k;rt=ql7 foo", "FOO", NULL, {0}, {"a", "b", "c", "32", "k", "", "rt", "ql7"}},
        {"@a=b\\\\and\\nk;c=72\\s45;d=gh\\:764 foo", "FOO", NULL, {0}, {"a", "b\\and\nk", "c", "72 45", "d", "gh;764"}},
        {"@c;h=;a=b :quux ab cd", "AB", "quux", {"cd"}, {"c", "", "h", "", "a", "b"}},
        {"@tag1=value1;tag2;vendor1/tag3=value2;vendor2/tag4= :irc.example.com COMMAND param1 param2 :param3 param3", "COMMAND",
         "irc.example.com", {"param1", "param2", "param3 param3"}, {"tag1", "value1", "tag2", "", "vendor1/tag3", "value2", "vendor2/tag4", ""}},
        {"@tag1=value1;tag2;vendor1/tag3=value2;vendor2/tag4 COMMAND param1 param2 :param3 param3", "COMMAND", NULL,
         {"param1", "param2", "param3 param3"}, {"tag1", "value1", "tag2", "", "vendor1/tag3", "value2", "vendor2/tag4", ""}},
        {"@foo=\\\\\\\\\\:\\\\s\\s\\r\\n COMMAND", "COMMAND", NULL, {0}, {"foo", "\\\\;\\s \r\n"}},
        {"@tag1=value\\\\ntest COMMAND", "COMMAND", NULL, {0}, {"tag1", "value\\ntest"}},
        {"@tag1=value\\1 COMMAND", "COMMAND", NULL, {0}, {"tag1", "value1"}},
        {"@tag1=value1\\ COMMAND", "COMMAND", NULL, {0}, {"tag1", "value1"}},
        {"@tag1=1;tag2=3;tag3=4;tag1=5 COMMAND", "COMMAND", NULL, {0}, {"tag1", "5", "tag2", "3", "tag3", "4"}},
        {"@tag1=1;tag2=3;tag3=4;tag1=5;vendor/tag2=8 COMMAND", "COMMAND", NULL, {0},
         {"tag1", "5", "tag2", "3", "tag3", "4", "vendor/tag2", "8"}},
    };

    for (size_t i = 0; i < COUNT(v); i++)
        split_one(&v[i]);
    (void)state;
}

/* ---- parts to lines: what a client may write (it has no source) ---- */

struct join {
    const char *cmd, *params[MOST], *tags[MOST];
    const char *either, *or; /* the forms that are right */
};

static void parts_are_joined(void **state)
{
    static const struct join v[] = {
        {"foo", {"bar", "baz", "asdf"}, {0}, "foo bar baz asdf", "foo bar baz :asdf"},
        {"AWAY", {0}, {0}, "AWAY", NULL},
        {"AWAY", {""}, {0}, "AWAY :", NULL},
        {"foo", {"bar", "baz", "asdf quux"}, {0}, "foo bar baz :asdf quux", NULL},
        {"foo", {"bar", "baz", ""}, {0}, "foo bar baz :", NULL},
        {"foo", {"bar", "baz", ":asdf"}, {0}, "foo bar baz ::asdf", NULL},
        {"foo", {"bar", "baz", "  asdf quux "}, {0}, "foo bar baz :  asdf quux ", NULL},
        {"PRIVMSG", {"bar", "lol :) "}, {0}, "PRIVMSG bar :lol :) ", NULL},
        {"foo", {"bar", "baz", "  "}, {0}, "foo bar baz :  ", NULL},
        {"foo", {"b\tar", "baz"}, {0}, "foo b\tar baz", "foo b\tar :baz"},
        {"foo", {"bar", "baz", "  "}, {"asd", ""}, "@asd foo bar baz :  ", "@asd= foo bar baz :  "},
        {"foo", {0}, {"a", "b\\and\nk", "d", "gh;764"}, "@a=b\\\\and\\nk;d=gh\\:764 foo", "@d=gh\\:764;a=b\\\\and\\nk foo"},
        {"foo", {"par1", "par2"}, {"a", "b\\and\nk", "d", "gh;764"}, "@a=b\\\\and\\nk;d=gh\\:764 foo par1 par2",
         "@a=b\\\\and\\nk;d=gh\\:764 foo par1 :par2"},
        {"COMMAND", {0}, {"foo", "\\\\;\\s \r\n"}, "@foo=\\\\\\\\\\:\\\\s\\s\\r\\n COMMAND", NULL},
    };

    for (size_t i = 0; i < COUNT(v); i++) {
        struct buf tags = {0}, line = {0};
        int n = 0;

        for (int t = 0; t < MOST && v[i].tags[t]; t += 2)
            irc_put_tag(&tags, v[i].tags[t], v[i].tags[t + 1]);
        while (n < MOST && v[i].params[n])
            n++;
        assert_true(irc_put(&line, tags.len ? buf_str(&tags) : NULL, v[i].cmd, v[i].params, n));
        assert_true(line.len > 2 && strcmp(line.data + line.len - 2, "\r\n") == 0);
        line.data[line.len - 2] = '\0';
        if (!v[i].or || strcmp(line.data, v[i].or) != 0)
            same(v[i].either, "the line", line.data, v[i].either);
        buf_free(&tags);
        buf_free(&line);
    }
    (void)state;
}

/* ---- masks ---- */

static void masks_are_matched(void **state)
{
    static const struct { const char *mask, *fit[3], *unfit[4]; } v[] = {
        {"*@127.0.0.1", {"coolguy!ab@127.0.0.1", "cooldud3!~bc@127.0.0.1"}, {"coolguy!ab@127.0.0.5", "cooldud3!~d@124.0.0.1"}},
        {"cool*@*", {"coolguy!ab@127.0.0.1", "cooldud3!~bc@127.0.0.1", "cool132!ab@example.com"},
         {"koolguy!ab@127.0.0.5", "cooodud3!~d@124.0.0.1"}},
        {"cool!*@*", {"cool!guyab@127.0.0.1", "cool!~dudebc@127.0.0.1", "cool!312ab@example.com"},
         {"coolguy!ab@127.0.0.1", "cooldud3!~bc@127.0.0.1", "koolguy!ab@127.0.0.5", "cooodud3!~d@124.0.0.1"}},
        {"cool!?username@*", {"cool!ausername@127.0.0.1", "cool!~username@127.0.0.1"}, {"cool!username@127.0.0.1"}},
        {"cool!a?*@*", {"cool!ab@127.0.0.1", "cool!abc@127.0.0.1"}, {"cool!a@127.0.0.1"}},
        {"cool[guy]!*@*", {"cool[guy]!guy@127.0.0.1", "cool[guy]!a@example.com"}, {"coolg!ab@127.0.0.1", "cool[!ac@127.0.1.1"}},
    };
    static const enum irc_casemap maps[] = {IRC_CASE_ASCII, IRC_CASE_RFC1459, IRC_CASE_STRICT};

    for (size_t i = 0; i < COUNT(v) * COUNT(maps); i++) {
        const char *mask = v[i / COUNT(maps)].mask;
        enum irc_casemap map = maps[i % COUNT(maps)];

        for (int k = 0; k < 3 && v[i / COUNT(maps)].fit[k]; k++)
            if (!irc_mask_match(map, mask, v[i / COUNT(maps)].fit[k]))
                fail_msg("%s does not fit %s", mask, v[i / COUNT(maps)].fit[k]);
        for (int k = 0; k < 4 && v[i / COUNT(maps)].unfit[k]; k++)
            if (irc_mask_match(map, mask, v[i / COUNT(maps)].unfit[k]))
                fail_msg("%s fits %s", mask, v[i / COUNT(maps)].unfit[k]);
    }
    (void)state;
}

/* ---- nick, user, host ---- */

static void sources_are_taken_apart(void **state)
{
    static const struct { const char *source, *nick, *user, *host; } v[] = {
        {"coolguy", "coolguy", NULL, NULL},
        {"coolguy!ag@127.0.0.1", "coolguy", "ag", "127.0.0.1"},
        {"coolguy!~ag@localhost", "coolguy", "~ag", "localhost"},
        {"coolguy@127.0.0.1", "coolguy", NULL, "127.0.0.1"},
        {"coolguy!ag", "coolguy", "ag", NULL},
        {"coolguy!ag@net\x03" "5w\x03ork.admin", "coolguy", "ag", "net\x03" "5w\x03ork.admin"},
        {"coolguy!~ag@n\x02" "et\x03" "05w\x0fork.admin", "coolguy", "~ag", "n\x02" "et\x03" "05w\x0fork.admin"},
    };

    for (size_t i = 0; i < COUNT(v); i++) {
        struct irc_line l;
        char *text = xasprintf(":%s QUIT", v[i].source);

        assert_true(irc_line_parse(&l, text, strlen(text)));
        same(v[i].source, "the nick", l.nick, v[i].nick);
        same(v[i].source, "the user", l.user, v[i].user);
        same(v[i].source, "the host", l.host, v[i].host);
        free(text);
    }
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_split),
        cmocka_unit_test(parts_are_joined),
        cmocka_unit_test(masks_are_matched),
        cmocka_unit_test(sources_are_taken_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
