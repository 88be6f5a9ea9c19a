/* unit/cmd/test_message.c - what may be done with a message: parts of it, forwarding, piping,
 * threads */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd/internal.h"
#include "fixture.h"
#include "typed.h"

/* What a message carries: blocks of code, files, links; and what is said of it. */
static void test_parts_of_a_message(void **state)
{
    struct world *w = *state;
    add_message(w->bob, 110, "bob@example.org", "two:\n```\none\n```\nand\n```c\ntwo\n  lines\n```",
                0);
    typed(w, "/copy -code=1 msg:110", NULL,
          "clip one\n\nsay copied 4 bytes to the terminal (OSC 52)\n");
    typed(w, "/copy -code=2 msg:110", NULL,
          "clip two\n  lines\n\nsay copied 12 bytes to the terminal (OSC 52)\n");
    typed(w, "/copy -code msg:110", NULL, NULL);
    assert_non_null(strstr(buf_str(&w->seen), "clip one\ntwo\n  lines\n"));
    refused(w, "/copy -code=3 msg:110", "there is no such code block in this message");
    w->ctx.message = 110;
    w->ctx.number = 2;
    bound(w, "/copy -code=$number $msg", NULL,
          "clip two\n  lines\n\nsay copied 12 bytes to the terminal (OSC 52)\n");
    w->ctx.url = "https://example.org/second";
    bound(w, "/copy $url", NULL,
          "clip https://example.org/second\nsay copied 26 bytes to the terminal (OSC 52)\n");
    w->ctx.reaction = "🎉";
    bound(w, "/react $msg $reaction", "react 110 1 🎉\n", "");
    struct message *m = add_message(w->bob, 111, "bob@example.org", "", 0);
    message_add_attachment(
        m, &(struct attachment){.id = (char *)"f1", .name = (char *)"a.png", .bytes = 5});
    message_add_attachment(
        m, &(struct attachment){.id = (char *)"f2", .name = (char *)"b.png", .bytes = 6});
    char *folder = path_join(w->dir, "files"), *path = path_join(folder, "b.png"),
         *line = xasprintf("accept 111 %s\n", path);
    assert_true(config_set(w->env.config, "files.folder", folder, NULL) >= 0);
    w->ctx.message = 111;
    bound(w, "/save -file=$number $msg", line, "");
    w->core.done(w->core.user, &(struct err){0});
    bound(w, "/open -file=$number $msg", line, "");
    buf_clear(&w->seen);
    w->core.done(w->core.user, &(struct err){0});
    assert_non_null(strstr(buf_str(&w->seen), "over SSH a program here would not be yours"));
    free(line);
    free(path);
    free(folder);
}

/* In an encrypted chat what comes in the clear is a question first, and a sentence where nobody can be asked. */
static void test_what_comes_in_the_clear_is_asked_about(void **state)
{
    struct world *w = *state;
    struct message *m = add_message(w->bob, 120, "bob@example.org", "", 0);
    message_add_attachment(m, &(struct attachment){.id = (char *)"jingle:x", .name = (char *)"a.png", .bytes = 5});
    message_add_attachment(m, &(struct attachment){.id = (char *)"upload:x", .name = (char *)"b.png", .bytes = 6, .sealed = true});
    typed(w, "/save msg:120 /tmp/x", "accept 120 /tmp/x\n", "");
    w->core.done(w->core.user, &(struct err){0});
    w->bob->flags |= KITH_CHAT_ENCRYPTED;
    typed(w, "/save msg:120 '/tmp/x y'", "", "confirm Fetch a.png? The chat is encrypted, but this file is not: whoever reads along on the "
          "way can see it, or change it.\nthen /save -sure -file=1 msg:120 /tmp/x\\ y\n");
    typed(w, "/save -sure -file=1 msg:120 /tmp/x\\ y", "accept 120 /tmp/x y\n", NULL);
    w->core.done(w->core.user, &(struct err){0});
    typed(w, "/save -file=2 msg:120 /tmp/x", "", "confirm Fetch b.png? The chat is encrypted, but the message with the key of this file was "
          "not: whoever reads along on the way can see it, or change it.\nthen /save -sure -file=2 msg:120 /tmp/x\n");
    typed(w, "/open msg:120", "", NULL);
    assert_non_null(strstr(buf_str(&w->seen), "then /open -sure -file=1 msg:120\n"));
    struct cmd_view_ops mute = *w->ctx.view;
    const struct cmd_view_ops *whole = w->ctx.view;
    mute.confirm = NULL;
    w->ctx.view = &mute;
    refused(w, "/save msg:120", "the chat is encrypted, but this file is not; /save -sure fetches it all the same");
    refused(w, "/open msg:120", "the chat is encrypted, but this file is not; /open -sure fetches it all the same");
    w->ctx.view = whole;
    m->enc = KITH_ENC_TRUSTED; /* the message was; what is told of in it lies there in the clear all the same */
    typed(w, "/save -file=2 msg:120 /tmp/x", "accept 120 /tmp/x\n", "");
    w->core.done(w->core.user, &(struct err){0});
    typed(w, "/save msg:120 /tmp/x", "", NULL);
}

/* SECURITY: a name from elsewhere loses folders, leading dots and controls; the file goes into the folder, and nowhere else. */
static void test_names_of_others_stay_in_the_folder(void **state)
{
    static const char *const names[][2] = {
        {"../../.ssh/authorized_keys", "authorized_keys"},
        {"/etc/passwd", "passwd"},
        {"..\\..\\boot.ini", "boot.ini"},
        {"..", "file"},
        {".", "file"},
        {"/", "file"},
        {"...", "file"},
        {".bashrc", "bashrc"},
        {" . .profile", "profile"},
        {"a/../../b/", "file"},
        {"~root", "~root"},
        {"$HOME", "$HOME"},
        {"-rf", "-rf"},
        {"", "file"},
        {NULL, "file"},
        {"a\x1b]0;x\x07.txt", NULL},
        {"a\nb.txt", NULL},
        {"photo\xe2\x80\xaegnp.exe", NULL},
        {"\xff\xfe", NULL},
    };
    struct world *w = *state;
    char *folder = path_join(w->dir, "files");
    assert_true(config_set(w->env.config, "files.folder", folder, NULL) >= 0);
    for (size_t i = 0; i < COUNT(names); i++) {
        int64_t id = 200 + (int64_t)i;
        struct message *m = add_message(w->bob, id, "bob@example.org", "", 0);
        message_add_attachment(m, &(struct attachment){.id = (char *)"f", .name = (char *)names[i][0], .bytes = 5});
        w->ctx.message = id;
        bound(w, "/save $msg", NULL, "");
        char *begin = xasprintf("accept %lld %s/", (long long)id, folder), *line = xstrdup(buf_str(&w->core.calls));
        assert_true(str_starts(line, begin));
        char *name = line + strlen(begin);
        size_t n = strlen(name);
        assert_true(n > 1 && name[n - 1] == '\n');
        name[n - 1] = '\0';
        if (names[i][1])
            assert_string_equal(name, names[i][1]);
        assert_true(name[0] != '.' && !strpbrk(name, "/\\\x1b\x07\n") && !strstr(name, "\xe2\x80\xae"));
        w->core.done(w->core.user, &(struct err){0});
        free(begin);
        free(line);
    }
    free(folder);
}

static void test_forward(void **state)
{
    struct world *w = *state;
    typed(w, "/forward msg:100", "", "panel switcher\n");
    w->ctx.chat = w->room;
    typed(w, "/forward msg:100 bob@example.org", "", NULL);
    assert_non_null(strstr(buf_str(&w->seen), "show bob@example.org\ninput > bob@example.org, 20"));
    assert_non_null(strstr(buf_str(&w->seen), ":\n> look at https://example.org/r/1423.\n"));
}

static void test_pipe_and_export(void **state)
{
    struct world *w = *state;
    w->env.loop = loop_new();
    typed(w, "/pipe msg:100 tr a-z A-Z", "", "");
    for (int i = 0; w->env.pending && i < 100; i++)
        loop_turn(w->env.loop, 100);
    assert_string_equal(buf_str(&w->seen),
                        "page /pipe tr a-z A-Z\n LOOK AT HTTPS://EXAMPLE.ORG/R/1423.\n\n");
    refused(w, "/pipe msg:100 'open", "a quote is open in: 'open");
    struct buf got = {0};
    char *path = path_join(w->dir, "out.txt"), *line = xasprintf("/export msg:101 %s", path);
    typed(w, line, "", NULL);
    assert_true(path_read(path, 100, &got, NULL) >= 0);
    assert_string_equal(buf_str(&got), "nice\n");
    struct err e = {0};
    assert_int_equal(cmd_input(&w->ctx, line, &e), KITH_ECONFLICT); /* never over another file */
    buf_free(&got);
    free(line);
    free(path);
    loop_free(w->env.loop);
    w->env.loop = NULL;
}

static void test_thread_and_jump(void **state)
{
    struct world *w = *state;
    open_store(w);
    w->bob->messages[0]->id = 100;
    w->bob->messages[1]->id = 101;
    struct message *a = add_message(w->bob, 120, "bob@example.org", "shall we?", 0);
    str_set(&a->wire_id, "w1");
    struct message *b = add_message(w->bob, 121, "alice@example.org", "yes", KITH_MSG_OUTGOING);
    str_set(&b->wire_id, "w2");
    str_set(&b->reply_to, "w1");
    struct message *c = add_message(w->bob, 122, "bob@example.org", "when", 0);
    str_set(&c->wire_id, "w3");
    str_set(&c->reply_to, "w2");
    typed(w, "/thread msg:121", "", NULL);
    const char *seen = buf_str(&w->seen);
    assert_non_null(strstr(seen, "shall we?"));
    assert_non_null(strstr(seen, "  20"));
    assert_non_null(strstr(strstr(seen, "shall we?"), "yes"));
    assert_non_null(strstr(strstr(seen, "yes"), "when"));
    refused(w, "/thread msg:101", "nobody has answered it, and it answers nobody");
    typed(w, "/jump -quoted msg:122", "", "jump 121 -\n");
    typed(w, "/jump -back", "", "jump 0 -\n");
    typed(w, "/jump msg:100", "", "jump 100 -\n");
    refused(w, "/jump -quoted msg:101", "this message answers no other");
    struct message *d = add_message(w->bob, 123, "bob@example.org", "round", 0);
    str_set(&d->wire_id, "w1"); /* an id that repeats makes no endless thread */
    str_set(&d->reply_to, "w2");
    typed(w, "/thread msg:121", "", NULL);
    store_close(w->core.store);
}

/* Behind m, far back, and not in the window. */
static void keep(struct world *w, const char *id, const char *to, const char *thread, const char *body)
{
    struct message *m = message_new();
    int64_t same;
    m->chat = w->bob;
    m->id = store_new_id(w->core.store);
    m->time = m->sort = 1600000000000 + m->id * 60000;
    m->sender = xstrdup("bob@example.org");
    m->wire_id = xstrdup(id);
    m->reply_to = xstrdup(to);
    m->thread = xstrdup(thread);
    m->body = xstrdup(body);
    assert_int_equal(store_add_message(w->core.store, m, &same), 1);
    message_free(m);
}

static void test_thread_from_the_store(void **state)
{
    struct world *w = *state;
    open_store(w);
    keep(w, "r", NULL, "t1", "the root");
    keep(w, "a1", "r", NULL, "first answer");
    keep(w, "x", NULL, NULL, "something else");
    keep(w, "a2", "a1", NULL, "answer to it");
    keep(w, "b1", "r", NULL, "second answer");
    keep(w, "s", NULL, "t1", "of the same thread");
    for (int i = 0; i < 600; i++) {
        char id[16];
        snprintf(id, sizeof id, "many%d", i);
        keep(w, id, i ? "many0" : NULL, NULL, i ? "one of many" : "asked of all");
    }
    store_commit(w->core.store, true, NULL);
    struct message *m = add_message(w->bob, 5000, "bob@example.org", "the newest answer", 0);
    str_set(&m->wire_id, "w");
    str_set(&m->reply_to, "a2"); /* not in the store: history is off for it */
    typed(w, "/thread msg:5000", "", NULL);
    static const char *const order[] = {"the root", "\n  2020", "first answer", "\n    2020", "answer to it", "\n      2023",
                                        "the newest answer", "second answer", "of the same thread"};
    const char *at = buf_str(&w->seen);
    for (size_t i = 0; i < COUNT(order); i++) {
        if (!(at = strstr(at, order[i])))
            fail_msg("no %s in its place: %s", order[i], buf_str(&w->seen));
    }
    assert_null(strstr(buf_str(&w->seen), "something else"));
    str_set(&m->reply_to, "many0");
    typed(w, "/thread msg:5000", "", NULL);
    assert_non_null(strstr(buf_str(&w->seen), "these are the first 500"));
    store_close(w->core.store);
}

static struct buf exported(struct world *w, const char *flags, const char *words)
{
    struct buf got = {0};
    char *path = path_join(w->dir, "exported"), *line = xasprintf("/export %s %s %s", flags, path, words);
    struct err e = {0};
    (void)unlink(path);
    buf_clear(&w->seen);
    if (cmd_input(&w->ctx, line, &e) < 0)
        fail_msg("%s: %s", line, e.text);
    for (int i = 0; w->env.pending && i < 1000; i++)
        loop_turn(w->env.loop, 100);
    (void)path_read(path, 1 << 20, &got, NULL);
    free(line);
    free(path);
    return got;
}

static size_t lines_of(const struct buf *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->len; i++)
        n += b->data[i] == '\n';
    return n;
}

/* What a hook writes of a chat that is not encrypted has nothing of what was, once. */
static void test_export_by_a_hook(void **state)
{
    struct world *w = *state;
    w->env.loop = loop_new();
    open_store(w);
    keep(w, "k0", NULL, NULL, "in the clear");
    keep(w, "k1", NULL, NULL, "a kingfisher");
    struct message *m = store_find_message(w->core.store, w->bob, "k1", NULL);
    m->enc = KITH_ENC_TRUSTED;
    store_put_message(w->core.store, m);
    message_free(m);
    store_commit(w->core.store, true, NULL);
    w->ctx.hook = "re";
    struct buf got = exported(w, "-before=2021", "");
    assert_non_null(strstr(buf_str(&got), "in the clear"));
    assert_null(strstr(buf_str(&got), "kingfisher"));
    buf_free(&got);
    w->ctx.hook = NULL;
    got = exported(w, "-before=2021", "");
    assert_non_null(strstr(buf_str(&got), "kingfisher"));
    buf_free(&got);
    cmd_env_clear(&w->env);
    store_close(w->core.store);
    loop_free(w->env.loop);
    w->env.loop = NULL;
}

static void test_export_of_many(void **state)
{
    struct world *w = *state;
    setenv("TZ", "UTC", 1);
    tzset();
    w->env.loop = loop_new();
    open_store(w);
    for (int i = 0; i < 333; i++)
        keep(w, NULL, NULL, NULL, i == 7 ? "a line\nand another" : i == 300 ? "look at xylophones" : "words");
    store_commit(w->core.store, true, NULL);
    while (store_index_slice(w->core.store, 100000))
        store_commit(w->core.store, true, NULL);
    struct buf got = exported(w, "-chat", "");
    assert_int_equal(lines_of(&got), 1 + 335 + 1); /* a heading, 333 and the window's two, one of two lines */
    assert_true(str_starts(buf_str(&got), "== Bob Builder, home ==\n2020-09-13 "));
    assert_non_null(strstr(buf_str(&got), "bob@example.org: a line\n    and another\n"));
    assert_true(str_ends(buf_str(&got), "alice@example.org: nice\n"));
    assert_non_null(strstr(buf_str(&w->seen), "335 messages, "));
    buf_free(&got);
    got = exported(w, "-since=2023 -json", "");
    assert_int_equal(lines_of(&got), 2);
    assert_non_null(strstr(buf_str(&got), "\"body\":\"nice\",\"own\":true,"));
    buf_free(&got);
    got = exported(w, "-all -before=2021", "");
    assert_int_equal(lines_of(&got), 1 + 333 + 1);
    buf_free(&got);
    got = exported(w, "-find", "look at");
    assert_int_equal(lines_of(&got), 3);
    assert_true(strstr(buf_str(&got), "xylophones") < strstr(buf_str(&got), "r/1423"));
    buf_free(&got);
    got = exported(w, "-chat -find", "zzzz"); /* nothing is no file */
    assert_null(got.data);
    assert_non_null(strstr(buf_str(&w->seen), "there is no such message"));
    got = exported(w, "-find", "since:soon");
    assert_null(got.data);
    refused(w, "/export -find x.txt", "words and -find go together: /export -find file words");
    refused(w, "/export -chat x.txt words", "words and -find go together: /export -find file words");
    refused(w, "/export -chat /nowhere/at/all", "cannot make /nowhere/at/all: No such file or directory");
    struct err e = {0};
    char *path = path_join(w->dir, "half"), *line = xasprintf("/export -chat %s", path);
    assert_true(cmd_input(&w->ctx, line, &e) >= 0);
    loop_turn(w->env.loop, 0);
    cmd_env_clear(&w->env); /* kith ends: half a file would say that it is whole */
    assert_int_equal(access(path, F_OK), -1);
    free(line);
    free(path);
    store_close(w->core.store);
    loop_free(w->env.loop);
    w->env.loop = NULL;
}

/* What is not for this chat or message is said by a code: screens leave it out, or show it dim. */
static void test_what_fits(void **state)
{
    struct world *w = *state;
    struct message *theirs = chat_message(w->bob, 100), *mine = chat_message(w->bob, 101);
    struct err e = {0};
    assert_int_equal(cmd_fits(&w->ctx, mine, "/edit $msg", &e), 0);
    assert_int_equal(cmd_fits(&w->ctx, theirs, "/edit $msg", &e), KITH_EINVAL);
    assert_int_equal(cmd_fits(&w->ctx, theirs, "/confirm 'Withdraw this /now?' /retract $msg", &e),
                     KITH_EINVAL);
    assert_int_equal(cmd_fits(&w->ctx, mine, "/confirm 'Withdraw this?' /retract $msg", &e), 0);
    assert_int_equal(cmd_fits(&w->ctx, mine, "/open $msg", &e), KITH_EINVAL);
    assert_int_equal(cmd_fits(&w->ctx, theirs, "/open $msg", &e), 0);
    w->home->caps &= ~(uint32_t)KITH_CAP_REACT;
    assert_int_equal(cmd_fits(&w->ctx, NULL, "/prompt 'With: ' /react $msg $answer", &e),
                     KITH_EUNSUP);
    struct completions all = {0};
    cmd_complete(&w->ctx, "/rea", 4, &all);
    for (size_t i = 0; i < all.n; i++)
        assert_string_not_equal(all.items[i].label, "/react");
    completions_free(&all);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, world_new, world_free)
    const struct CMUnitTest tests[] = {T(test_parts_of_a_message), T(test_names_of_others_stay_in_the_folder), T(test_forward),
                                       T(test_pipe_and_export), T(test_thread_and_jump), T(test_thread_from_the_store), T(test_export_by_a_hook), T(test_export_of_many),
                                       T(test_what_fits), T(test_what_comes_in_the_clear_is_asked_about)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
