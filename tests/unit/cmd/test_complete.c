/* unit/cmd/test_complete.c - completion of commands and of each type of argument */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "fixture.h"

/* Labels of what fits at the end of text, with commas. */
static void complete(struct world *w, const char *text, const char *labels)
{
    struct completions c;
    struct buf b = {0};
    cmd_complete(&w->ctx, text, strlen(text), &c);
    for (size_t i = 0; i < c.n; i++) {
        buf_addf(&b, "%s%s", i ? "," : "", c.items[i].label);
        assert_true(c.items[i].from <= c.items[i].to && c.items[i].to <= strlen(text));
    }
    assert_string_equal(buf_str(&b), labels);
    buf_free(&b);
    completions_free(&c);
}

/* The line after the first completion is taken. */
static void accept(struct world *w, const char *text, const char *line)
{
    struct completions c;
    struct buf b = {0};
    cmd_complete(&w->ctx, text, strlen(text), &c);
    assert_true(c.n > 0);
    buf_adds(&b, text);
    buf_delete(&b, c.items[0].from, c.items[0].to - c.items[0].from);
    buf_insert(&b, c.items[0].from, c.items[0].text, strlen(c.items[0].text));
    assert_string_equal(buf_str(&b), line);
    buf_free(&b);
    completions_free(&c);
}

static void test_commands(void **state)
{
    struct world *w = *state;
    complete(w, "/un", "/unbind,/unblock,/unignore,/unread,/unset");
    complete(w, "/top", ""); /* only in a room */
    w->ctx.chat = w->room;
    complete(w, "/top", "/topic");
    complete(w, "/edit-", "");
    accept(w, "/whoi", "/whois ");
    complete(w, "/lastl", "/lastlog");
    (void)config_set_alias(w->env.config, "gm", "/say good morning", NULL);
    complete(w, "/g", "/gm");
    complete(w, "//e", "");
}

/* What a backend brings is completed as kith's own: names, and words by what its usage calls them. */
static void test_commands_of_backends(void **state)
{
    static const struct kith_command own[] = {
        {sizeof own[0], KITH_IN_ANY, "op", "[nick...]", "Make people operators.", NULL},
        {sizeof own[0], KITH_IN_ANY, "monitor", "list|add|remove [nick...]", "Friends.", NULL},
        {sizeof own[0], KITH_IN_ANY, "knock", "room [words...]", "Knock.", NULL}};
    static struct kith_protocol p = {.size = sizeof p, .id = "irc", .commands = own, .n_commands = COUNT(own)};
    struct world *w = *state;
    w->core.protocol = &p;
    w->ctx.chat = w->room;
    complete(w, "/o", "/open,/omemo,/op");
    complete(w, "/op fra", "frank");
    complete(w, "/op x fra", "frank");
    complete(w, "/monitor ", "list,add,remove");
    complete(w, "/monitor add fra", "frank");
    complete(w, "/knock ", "dev@rooms.example.org");
    complete(w, "/knock x y", "");
    complete(w, "/help knoc", "knock");
    w->core.protocol = NULL;
}

static void test_emoji(void **state)
{
    struct world *w = *state;
    complete(w, "so :thumb", ":thumbsdown:,:thumbsup:");
    accept(w, ":tada", "\xf0\x9f\x8e\x89");
    accept(w, "well :heart:", "well \xe2\x9d\xa4\xef\xb8\x8f");
    accept(w, "(:+1", "(\xf0\x9f\x91\x8d");
    complete(w, ":lightn", ":lightning:");
    complete(w, ":tning", ":lightning:"); /* inside a name, behind those that begin so */
    complete(w, "12:3", "");
    complete(w, "http://x:8", "");
    complete(w, ":", "");
}

static void test_people(void **state)
{
    struct world *w = *state;
    complete(w, "/msg b", "Bob Builder");
    accept(w, "/msg b", "/msg bob@example.org ");
    complete(w, "/msg ca", "Carol,carl@example.net");
    complete(w, "/query ", "Bob Builder,dev@rooms.example.org,Carol,carl@example.net");
    complete(w, "/msg -acc", "-account=");
    complete(w, "/msg -account=", "home,local");
    accept(w, "/msg -account=lo", "/msg -account=local ");
    complete(w, "/msg -account=home ca", "Carol,carl@example.net");
    w->room->active = 99; /* recent first */
    complete(w, "/query ", "dev@rooms.example.org,Bob Builder,Carol,carl@example.net");
    complete(w, "/window ne", "next");
}

static void test_members(void **state)
{
    struct world *w = *state;
    w->ctx.chat = w->room;
    complete(w, "/kick fr", "fred o'x,frank"); /* who spoke last first */
    accept(w, "/kick fre", "/kick fred\\ o\\'x ");
    accept(w, "fra", "frank: ");
    accept(w, "so fra", "so frank ");
    accept(w, "@fra", "@frank ");
    complete(w, "so ", "");
}

static void test_values(void **state)
{
    struct world *w = *state;
    complete(w, "/set ui.chat.hide", "ui.chat.hide_joins");
    complete(w, "/set hide_joins", "ui.chat.hide_joins");
    complete(w, "/set ui.chat.hide_joins ", "smart,all,none");
    complete(w, "/filter ", "smart,all,none");
    complete(w, "/hook ", "list,add,remove");
    complete(w, "/hook add x m", "message,mention");
    complete(w, "/hook add x mention /redr", "/redraw");
    assert_int_equal(config_set_hook(w->env.config, "ping", HOOK_MENTION, "/redraw", NULL), 0);
    complete(w, "/hook remove p", "ping");
    complete(w, "/set ui.hints ", "true,false");
    complete(w, "/theme def", "default");
    complete(w, "/set ui.theme mo", "mono");
    complete(w, "/status d", "dnd");
    complete(w, "/scroll mention", "mention-next,mention-prev");
    complete(w, "/bind sel", "select");
    complete(w, "/unbind chat M-u", "M-u,M-Up");
    complete(w, "/bind chat F9 /redr", "/redraw");
    accept(w, "/bind chat F9 /redr", "/bind chat F9 /redraw ");
    accept(w, "/bind chat F9 /msg bo", "/bind chat F9 /msg bob@example.org ");
    complete(w, "/help win", "window");
    complete(w, "/connect h", "home");
    complete(w, "/account ", "list,add,remove,edit,enable,disable,default");
}

static void test_why(void **state)
{
    struct world *w = *state;
    complete(w, "/why acc", "account");
    complete(w, "/why account ho", "home");
    complete(w, "/why setting ui.list.wi", "ui.list.width");
    complete(w, "/why colour list.un", "list.unread");
    complete(w, "/why command who", "who,whois");
}

static void test_files(void **state)
{
    struct world *w = *state;
    static const char *const names[] = {"a file.txt", "apple.txt", ".hidden", "bad\nname"};
    for (size_t i = 0; i < COUNT(names); i++) {
        char *path = path_join(w->dir, names[i]);
        assert_true(path_write(path, "x", 1, NULL) >= 0);
        free(path);
    }
    char *dir = path_join(w->dir, "album");
    assert_int_equal(mkdir(dir, 0700), 0);
    free(dir);
    char *line = xasprintf("/send %s/a", w->dir),
         *want = xasprintf("/send %s/a\\ file.txt ", w->dir);
    complete(w, line, "a file.txt,album/,apple.txt");
    accept(w, line, want);
    free(line);
    free(want);
    line = xasprintf("/send %s/al", w->dir);
    want = xasprintf("/send %s/album/", w->dir); /* goes on inside */
    accept(w, line, want);
    free(line);
    free(want);
    line = xasprintf("/send %s/a\\ f", w->dir);
    complete(w, line, "a file.txt");
    free(line);
    line = xasprintf("/send %s/.h", w->dir);
    complete(w, line, ".hidden");
    free(line);
    line = xasprintf("/send %s/b", w->dir);
    complete(w, line, "");
    free(line);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, world_new, world_free)
    const struct CMUnitTest tests[] = {T(test_commands), T(test_commands_of_backends), T(test_emoji), T(test_people), T(test_members),
                                       T(test_values), T(test_why), T(test_files)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
