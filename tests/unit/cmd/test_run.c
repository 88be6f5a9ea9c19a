/* unit/cmd/test_run.c - from lines to what is done: parsing, variables, looking up, families, late
 * answers */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cmd/internal.h"
#include "fixture.h"
#include "typed.h"

/* Types a line; compares what core was asked for and what the screen saw (NULL: not looked at). */
static void test_text(void **state)
{
    struct world *w = *state;
    typed(w, "hello; /quit $chat 'x", "send bob@example.org 0 0 0 hello; /quit $chat 'x\n", "");
    typed(w, "//etc is a folder", "send bob@example.org 0 0 0 /etc is a folder\n", "");
    typed(w, " /quit", "send bob@example.org 0 0 0  /quit\n", "");
    typed(w, "/say /quit", "send bob@example.org 0 0 0 /quit\n", "");
    typed(w, "/me waves; it's \"fine\" \\o/ $nick",
          "send bob@example.org 1 0 0 waves; it's \"fine\" \\o/ $nick\n", "");
    typed(w, "/say one\ntwo", "send bob@example.org 0 0 0 one\ntwo\n", "");
    typed(w, "  \n", "", "");
    w->bob->draft.reply_to = 100;
    typed(w, "an answer", "send bob@example.org 0 100 0 an answer\ndraft bob@example.org 0 0 -\n",
          "");
    w->bob->draft.reply_to = 0;
    w->ctx.chat = NULL;
    refused(w, "hello", "no chat is open here; /query opens one");
    assert_null(w->quit);
}

static void test_unknown(void **state)
{
    struct world *w = *state;
    refused(w, "/qeury bob", "there is no command /qeury (did you mean /query?)");
    refused(w, "/xyzzy", "there is no command /xyzzy; /help lists them, // sends a slash");
    refused(w, "/re",
            "/re could be /reconnect, /reply, /retract, /react, /resend, /read, /reactions, /redraw, /reload, /reveal");
    refused(w, "/ msg bob", "a command has a name after the slash; // sends a slash");
    refused(w, "/close nosuch", "there is no chat \"nosuch\"; /query opens one");
    refused(w, "/topi", "/topic works only in a room"); /* a beginning is enough */
}

static void test_beginnings(void **state)
{
    struct world *w = *state;
    struct err e = {0};
    w->ctx.chat = w->room;
    typed(w, "/topi hello there", "room dev@rooms.example.org 0 - hello there\n", "");
    assert_true(cmd_run(&w->ctx, "/topi hello", &e) < 0); /* never in a file */
    assert_string_equal(e.text, "there is no command /topi (did you mean /topic?)");
    typed(w, "/scroll t", NULL, "scroll top\n");
    assert_true(cmd_run(&w->ctx, "/scroll t", &e) < 0);
}

static void test_arguments(void **state)
{
    struct world *w = *state;
    refused(w, "/msg bob", "something is missing; usage: /msg [-account=name] who text");
    refused(w, "/redraw now", "there is something too much; usage: /redraw");
    refused(w, "/toggle lst",
            "/toggle: \"lst\" is none of list|members|hints|bare|mouse (did you mean \"list\"?)");
    refused(w, "/window -activ next", "/window has no flag -activ");
    refused(w, "/history x", "that is no number; usage: /history [n]");
    refused(w, "/query 'bob", "a ' is not closed");
    refused(w, "/topic x", "/topic works only in a room");
    typed(w, "/window next -active", NULL, "window active\n");
    typed(w, "/query \"Bob Builder\"", NULL, "show bob@example.org\n");
    typed(w, "/query Bob\\ Builder", NULL, "show bob@example.org\n");
    typed(w, "/window 2", NULL, "show dev@rooms.example.org\n");
    refused(w, "/window 7", "there is no window 7");
}

static void test_who(void **state)
{
    struct world *w = *state;
    typed(w, "/msg bob hi", "send bob@example.org 0 0 0 hi\n", "show bob@example.org\n");
    typed(w, "/msg BOB@ hi", "send bob@example.org 0 0 0 hi\n", NULL);
    refused(w, "/msg car hi", "\"car\" may be carol@example.org, carl@example.net");
    w->local->state = KITH_STATE_OFFLINE;
    model_drop_account(w->env.model, w->local);
    refused(w, "/msg nobody text",
            "nobody here is called \"nobody\"; a full address such as name@example.org works too");
    refused(w, "/msg -account=hom bob x", "there is no account \"hom\" (did you mean \"home\"?)");
    typed(w, "/msg new@example.org hi you", "open home new@example.org\n", "");
}

static void test_late_answers(void **state)
{
    struct world *w = *state;
    struct err gone = {.code = KITH_ENOTFOUND, .text = "no such user"}, good = {0};
    typed(w, "/msg new@example.org hi you", "open home new@example.org\n", "");
    w->core.chat_done(w->core.user, NULL, &gone);
    assert_string_equal(buf_str(&w->seen), "ERROR opening a chat with new@example.org: no such "
                                           "user\ninput /msg new@example.org hi you\n");
    typed(w, "/msg new@example.org hi", NULL, NULL);
    struct chat *fresh = account_add_chat(w->home, 13, "new@example.org", KITH_CHAT_DIRECT);
    w->core.chat_done(w->core.user, fresh, &good);
    assert_non_null(strstr(buf_str(&w->core.calls), "send new@example.org 0 0 0 hi\n"));
    assert_string_equal(buf_str(&w->seen), "show new@example.org\n");
    typed(w, "/contact add dan@example.org Dan", "add home dan@example.org Dan -\n", "");
    w->core.done(w->core.user, &good);
    assert_string_equal(buf_str(&w->seen),
                        "say dan@example.org was asked; the list shows them once they agree\n");
    typed(w, "/block carol", "block carol@example.org 1\n", "");
    cmd_view_gone(&w->env, w); /* the screen died meanwhile */
    w->core.done(w->core.user, &gone);
    assert_string_equal(buf_str(&w->seen), "");
    typed(w, "/join #lobby", "join home #lobby - -\n", "");
    account_drop_chat(w->bob);
    w->ctx.chat = NULL;
    model_drop_account(w->env.model, w->home); /* and so did the account */
    w->core.chat_done(w->core.user, NULL, &gone);
    assert_null(w->env.pending);
}

/* Nothing was sent, and the user writes something else meanwhile: that is not touched. */
static void test_words_never_come_back_over_others(void **state)
{
    struct world *w = *state;
    struct err gone = {.code = KITH_ENOTFOUND, .text = "no such user"}, good = {0};
    typed(w, "/msg new@example.org hi you", NULL, NULL);
    chat_set_draft(w->bob, &(struct draft){.text = (char *)"dear Bob"}, NULL);
    w->core.chat_done(w->core.user, NULL, &gone);
    static const char kept[] = "WARN your words are kept in the input history: press Up where you "
                               "typed them\n";
    assert_null(strstr(buf_str(&w->seen), "input /msg"));
    assert_non_null(strstr(buf_str(&w->seen), kept));
    chat_set_draft(w->bob, &(struct draft){0}, NULL);
    typed(w, "/msg new@example.org hi you", NULL, NULL);
    w->ctx.chat = w->room; /* looks at another chat now */
    w->core.chat_done(w->core.user, NULL, &gone);
    assert_non_null(strstr(buf_str(&w->seen), kept));
    w->ctx.chat = w->bob;
    typed(w, "/msg new@example.org hi you", NULL, NULL); /* opened, and then it cannot be sent */
    struct chat *fresh = account_add_chat(w->home, 13, "new@example.org", KITH_CHAT_DIRECT);
    w->core.refuse = KITH_ETOOBIG;
    w->core.chat_done(w->core.user, fresh, &good);
    assert_string_equal(buf_str(&w->seen), "ERROR opening a chat with new@example.org: refused\n"
                                           "show new@example.org\ninput hi you\n");
}

static void test_refusal(void **state)
{
    struct world *w = *state;
    struct err e = {0};
    w->core.refuse = KITH_EOFFLINE;
    assert_int_equal(cmd_input(&w->ctx, "/contact add dan@example.org", &e), KITH_EOFFLINE);
    assert_null(w->env.pending);
    w->core.refuse = KITH_EOFFLINE;
    assert_int_equal(cmd_input(&w->ctx, "hello", &e), KITH_EOFFLINE);
    assert_string_equal(e.text, "refused");
}

static void test_variables(void **state)
{
    struct world *w = *state;
    struct err e = {0};
    struct message *evil = add_message(w->bob, 102, "mallory", "'; /quit x \" $chat", 0);
    w->ctx.message = evil->id;
    bound(w, "/say $text", "send bob@example.org 0 0 0 '; /quit x \" $chat\n", "");
    bound(w, "/say 'I say: $text'", "send bob@example.org 0 0 0 I say: '; /quit x \" $chat\n", "");
    bound(w, "/reply $msg ok", "send bob@example.org 0 102 0 ok\n", "");
    bound(w, "/say $chat is $nick of $account for $$5 and $foo",
          "send bob@example.org 0 0 0 bob@example.org is mallory of home for $$5 and $foo\n", "");
    bound(w, "/confirm 'Send $text?' /say $text; /redraw", NULL,
          "confirm Send '; /quit x \" $chat?\nthen /say \\'\\;\\ /quit\\ x\\ \\\"\\ \\$chat; "
          "/redraw\n");
    const char *then = strstr(buf_str(&w->seen), "then ") + 5;
    char *line = xstrndup(then, strlen(then) - 1);
    bound(w, line, "send bob@example.org 0 0 0 '; /quit x \" $chat\n",
          "redraw\n"); /* and it still is one argument */
    free(line);
    bound(w, "/prompt 'React with: ' /react $msg $answer", NULL,
          "prompt React with: \nthen /react msg:102 $answer\n");
    w->ctx.answer = "; /quit";
    bound(w, "/react msg:102 $answer", "react 102 1 ; /quit\n", "");
    w->ctx.answer = NULL;
    w->ctx.message = 0;
    assert_true(cmd_run(&w->ctx, "/reply $msg ok", &e) < 0);
    assert_string_equal(e.text, "no message is selected ($msg)");
    w->ctx.message = 100;
    bound(w, "/open $url", NULL,
          "clip https://example.org/r/1423\nsay copied https://example.org/r/1423: over SSH a "
          "program here would not be yours (open_command changes this)\n");
    assert_null(w->quit);
}

static void test_chains(void **state)
{
    struct world *w = *state;
    struct err e = {0};
    bound(w, "/say a;b ;) c; /redraw ; /say 'x; /quit'",
          "send bob@example.org 0 0 0 a;b ;) c\nsend bob@example.org 0 0 0 x; /quit\n", "redraw\n");
    bound(w, "/redraw;", NULL, "redraw\n");
    assert_true(cmd_run(&w->ctx, "/redraw; /nosuch; /say x", &e) < 0); /* stops where it fails */
    assert_string_equal(buf_str(&w->core.calls), "");
    assert_true(cmd_run(&w->ctx, "say x", &e) < 0);
    assert_null(w->quit);
}

static void test_aliases(void **state)
{
    struct world *w = *state;
    typed(w, "/alias j /join", "", NULL);
    typed(w, "/alias gm /say good morning, $nick", "", NULL);
    typed(w, "/j #lobby key", "join home #lobby - key\n", NULL);
    typed(w, "/gm", "send bob@example.org 0 0 0 good morning, Bob Builder\n", NULL);
    typed(w, "/gm $chat; /quit",
          "send bob@example.org 0 0 0 good morning, Bob Builder $chat; /quit\n", NULL);
    refused(w, "/alias say /me", "/say is a command already");
    refused(w, "/alias x quit", "an alias stands for a command, so it begins with a slash");
    typed(w, "/alias k /say out with $1: $2- (all: $*)", "", NULL);
    typed(w, "/k bob 'too loud' $chat; /quit",
          "send bob@example.org 0 0 0 out with bob: 'too loud' $chat; /quit (all: bob 'too loud' "
          "$chat; /quit)\n",
          NULL);
    typed(w, "/k 'bob o\"x' y", "send bob@example.org 0 0 0 out with bob o\"x: y (all: 'bob o\"x' y)\n",
          NULL);
    typed(w, "/alias two /say a $1; /say b $1", "", NULL);
    typed(w, "/two '; /quit'",
          "send bob@example.org 0 0 0 a ; /quit\nsend bob@example.org 0 0 0 b ; /quit\n", NULL);
    typed(w, "/two", "send bob@example.org 0 0 0 a\nsend bob@example.org 0 0 0 b\n", NULL);
    typed(w, "/alias w1 /window $1", "", NULL); /* a number, as far as can be known now */
    typed(w, "/alias five /say \\$1 $10", "", NULL);
    typed(w, "/five x", "send bob@example.org 0 0 0 $1 x0\n", NULL);
    typed(w, "/alias loop /loop2", NULL, NULL);
    typed(w, "/alias loop2 /loop", NULL, NULL);
    refused(w, "/loop", "these aliases call each other in a circle");
    typed(w, "/alias -remove gm", "", NULL);
    refused(w, "/gm", "there is no command /gm; /help lists them, // sends a slash");
    assert_null(w->quit);
}

static void test_messages(void **state)
{
    struct world *w = *state;
    typed(w, "/reply", "draft bob@example.org 100 0 -\n", NULL);
    typed(w, "/reply I see", "send bob@example.org 0 100 0 I see\n", NULL);
    typed(w, "/edit", "draft bob@example.org 0 101 nice\n", NULL);
    typed(w, "/correct very nice", "send bob@example.org 0 0 101 very nice\n", NULL);
    typed(w, "/retract", "retract 101 -\n", NULL);
    typed(w, "/react 👍", "react 100 1 👍\n", NULL);
    typed(w, "/react :tada:", "react 100 1 🎉\n", NULL);
    typed(w, "/react :heart", "react 100 1 ❤️\n", NULL);
    refused(w, "/react :nosuch:",
            "no emoji is called :nosuch:; Tab behind a colon lists them");
    refused(w, "/resend", "no message failed here");
    refused(w, "/edit msg:100 x", "this message is not yours, or was not sent");
    struct message *m = add_message(w->bob, 103, "alice@example.org", "lost", KITH_MSG_OUTGOING);
    m->delivery = DELIVERY_FAILED;
    typed(w, "/resend", "resend 103\n", NULL);
    typed(w, "/cancel", "cancel 103\n", NULL);
    typed(w, "/unread msg:100", "unread bob@example.org 100\n", NULL);
    w->room->unread = 3;
    typed(w, "/read -all", "read dev@rooms.example.org\n", NULL);
    typed(w, "/links", NULL, "page Links\n https://example.org/r/1423  bob@example.org\n\n");
    typed(w, "/copy msg:101", NULL, "clip nice\nsay copied 4 bytes to the terminal (OSC 52)\n");
    typed(w, "/copy some words", NULL,
          "clip some words\nsay copied 10 bytes to the terminal (OSC 52)\n");
    typed(w, "/mark-unread msg:101", "unread bob@example.org 101\n", NULL);
    w->home->caps = 0;
    refused(w, "/react x", "cannot be done in this chat");
    refused(w, "/reply x", "messages cannot be answered one by one in this chat");
}

static void test_open(void **state)
{
    struct world *w = *state;
    static const char *const bad[] = {"javascript:alert(1)",
                                      "file:///etc/passwd",
                                      "-x",
                                      "https://a`id`",
                                      "https://x\"y",
                                      "http:",
                                      "$(id)"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct err e = {0};
        char *line = xasprintf("/open %s", bad[i]);
        assert_true(cmd_input(&w->ctx, line, &e) < 0);
        free(line);
    }
    typed(w, "/open xmpp:bob@example.org?message;body=hi", "", "show bob@example.org\ninput hi\n");
    typed(w, "/open xmpp:bob@example.org?message;body=/exec%20-o%20id", "",
          "show bob@example.org\ninput //exec -o id\n"); /* words: no link writes a command */
    str_set(&w->bob->draft.text, "half a thought"); /* the words of a link replace no draft */
    typed(w, "/open xmpp:bob@example.org?message;body=hi", "",
          "show bob@example.org\nWARN What was written here before is kept; nothing was added\n");
    str_set(&w->bob->draft.text, NULL);
    typed(w, "/open xmpp:new@rooms.example.org?join", "join home new@rooms.example.org - -\n", "");
    typed(w, "/open xmpp:new@rooms.example.org?invite;jid=x@y", "join home new@rooms.example.org - -\n", "");
    typed(w, "/open", NULL, NULL);
    assert_non_null(strstr(buf_str(&w->seen), "clip https://example.org/r/1423\n"));
}

/* XEP-0147: what a link asks for is a question first, and all that it holds are words. */
static void test_open_asks(void **state)
{
    struct world *w = *state;
    typed(w, "/open xmpp:romeo@example.org?roster;name=Romeo%20Montague;group=Friends", "",
          "confirm Add romeo@example.org to your contacts?\n"
          "then /contact add -account=home romeo@example.org Romeo\\ Montague\n");
    typed(w, "/open xmpp:romeo@example.org?subscribe", "",
          "confirm Add romeo@example.org to your contacts, and ask to see when they are online?\n"
          "then /contact add -account=home romeo@example.org\n");
    typed(w, "/open xmpp:romeo@example.org?Remove", "", "confirm Remove romeo@example.org from your contacts?\nthen /contact remove -account=home romeo@example.org\n");
    typed(w, "/open xmpp:irc.example.org?register", "", "confirm Register with irc.example.org?\nthen /gateways register irc.example.org\n");
    typed(w, "/open xmpp:irc.example.org?unregister", "",
          "confirm Cancel what you registered with irc.example.org?\nthen /gateways unregister irc.example.org\n");
    typed(w, "/open xmpp:bot@example.org?command;node=list%3B%20/exec%20id;action=execute", "",
          "confirm Run what this link names at bot@example.org?\nthen /command bot@example.org list\\;\\ /exec\\ id\n");
    typed(w, "/open xmpp:romeo@example.org?roster;name=-account=%24msg", "",
          "confirm Add romeo@example.org to your contacts?\nthen /contact add -account=home romeo@example.org\n");
    refused(w, "/open xmpp:example.org?register;preauth=TOKEN",
            "this link makes a new account: give it to /account add as the invitation");
}

/* copy_command gets the text on its standard input; the message is never on a command line. */
static void test_programs(void **state)
{
    struct world *w = *state;
    struct buf got = {0};
    char *path = path_join(w->dir, "copied"), *command = xasprintf("tee '%s'", path);
    typed(w, "/set terminal.clipboard command", "", NULL);
    refused(w, "/copy msg:101", "terminal.clipboard is \"command\", but copy_command is empty");
    assert_true(config_set(w->env.config, "copy_command", command, NULL) >= 0);
    typed(w, "/copy msg:100", "", "say copied 35 bytes by copy_command\n");
    assert_true(w->core.child > 0);
    while (waitpid(w->core.child, NULL, 0) < 0)
        ;
    assert_true(path_read(path, 100, &got, NULL) >= 0);
    assert_string_equal(buf_str(&got), "look at https://example.org/r/1423.");
    buf_free(&got);
    free(command);
    command = xasprintf("cp '%s'", path); /* the address is one argument */
    assert_true(config_set(w->env.config, "open_command", command, NULL) >= 0);
    typed(w, "/open https://example.org/a;b", "", "say opening https://example.org/a;b\n");
    while (waitpid(w->core.child, NULL, 0) < 0)
        ;
    free(command);
    free(path);
    typed(w, "/set terminal.clipboard off", "", NULL);
    refused(w, "/copy msg:101", "nothing is copied: terminal.clipboard is off");
}

static void test_settings(void **state)
{
    struct world *w = *state;
    typed(w, "/set ui.list.width 30", "",
          "say ui.list.width = 30 (set.cfg). Width of the buddy list in cells on a wide screen.\n");
    assert_int_equal(config_int(w->env.config, "ui.list.width"), 30);
    typed(w, "/set ui.status time | lag", "", NULL);
    assert_string_equal(config_str(w->env.config, "ui.status"), "time | lag");
    typed(w, "/set ui.status \"\"", "", NULL);
    assert_string_equal(config_str(w->env.config, "ui.status"), "");
    refused(w, "/set ui.list.widht 3",
            "there is no option ui.list.widht (did you mean ui.list.width?)");
    typed(w, "/theme mono", "", NULL);
    assert_string_equal(config_str(w->env.config, "ui.theme"), "mono");
    refused(w, "/theme nosuch", "there is no theme \"nosuch\"; /theme lists them");
    typed(w, "/bind select T \"/react $msg $answer\"", "", "");
    typed(w, "/bind global \"C-x e\" /redraw", "", "");
    refused(w, "/bind global F12 /nosuch",
            "there is no command /nosuch; /help lists them, // sends a slash");
    typed(w, "/help msg", "", NULL);
    assert_non_null(strstr(buf_str(&w->seen), "/msg [-account=name] who text"));
    typed(w, "/help ui.list.width", "", NULL);
    typed(w, "/help C-k", "", NULL);
    assert_non_null(strstr(buf_str(&w->seen), "/switch"));
    refused(
        w, "/help nosuch",
        "no help on \"nosuch\": there is no command /nosuch; /help lists them, // sends a slash");
}

static void test_quit(void **state)
{
    struct world *w = *state;
    struct message *m = add_message(w->bob, 104, "alice@example.org", "waits", KITH_MSG_OUTGOING);
    m->delivery = DELIVERY_QUEUED;
    typed(w, "/quit bye", "",
          "confirm 1 message waits to be sent and will go out at the next start. Quit?\nthen /quit "
          "-now\n");
    assert_null(w->quit);
    bound(w, "/quit -now", "", "");
    assert_string_equal(w->quit, "");
    m->delivery = DELIVERY_SENT;
    typed(w, "/quit bye", "", "");
    assert_string_equal(w->quit, "bye");
}

static int never(struct kith_session *s, const char *chat, int argc, const char *const *argv,
                 kith_req req)
{
    return -1;
}

static void test_backend_commands(void **state)
{
    struct world *w = *state;
    const struct kith_command extra = {sizeof extra, KITH_IN_ANY,     "whowas",
                                       "nick",       "Who was that.", never};
    struct kith_protocol p = {.size = sizeof p, .id = "x", .commands = &extra, .n_commands = 1};
    w->core.protocol = &p;
    typed(w, "/whowas 'dan b' now", "backend [whowas] [dan b] [now]\n", NULL);
    w->core.done(w->core.user, &(struct err){0});
    w->core.protocol = NULL;
}

/* Every binding of the preset is a line that the commands understand; so are all usages. */
static void test_preset(void **state)
{
    struct world *w = *state;
    const struct binding *const *all;
    const struct cmd *cmds[CMD_MAX];
    size_t n = keymap_all(w->env.keymap, &all);
    for (size_t i = 0; i < n; i++) {
        struct err e = {0};
        if (cmd_check(all[i]->command, &e) < 0)
            fail_msg("%s: %s", all[i]->command, e.text);
    }
    n = cmd_table(cmds);
    for (size_t i = 0; i < n; i++) {
        assert_true(!i || strcmp(cmds[i - 1]->name, cmds[i]->name) < 0);
        assert_true(str_ends(cmds[i]->summary, ".") && cmds[i]->group && cmds[i]->run);
        assert_ptr_equal(cmd_find(cmds[i]->name), cmds[i]);
    }
}

static void test_check(void **state)
{
    static const char *const good[] = {"",
                                       "/say $text",
                                       "/confirm 'Q $chat?' /retract $msg",
                                       "/window $answer",
                                       "/scroll top; /redraw",
                                       "/react $msg $answer",
                                       "/edit-line insert x y"};
    static const char *const bad[][2] = {
        {"say x", "a command begins with a slash: \"say x\""},
        {"/scroll sideways", "/scroll: \"sideways\" is none of "
                             "top|end|unread|date|up|down|page-up|page-down|mention-next|"
                             "mention-prev"},
        {"/confirm 'x' /nosuch", "there is no command /nosuch; /help lists them, // sends a slash"},
        {"/redraw; /swich", "there is no command /swich (did you mean /switch?)"},
        {"/msg $chat", "something is missing; usage: /msg [-account=name] who text"},
        {"/say 'x", NULL},
    };
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(cmd_check(good[i], NULL) >= 0);
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct err e = {0};
        assert_true(cmd_check(bad[i][0], &e) < 0);
        if (bad[i][1])
            assert_string_equal(e.text, bad[i][1]);
    }
}

static void test_clear_and_days(void **state)
{
    struct world *w = *state;
    typed(w, "/clear", "", "clear\n");
    refused(w, "/scroll date", "which day? it is written 2026-11-30");
    refused(w, "/scroll date 2026-11-31", "which day? it is written 2026-11-30");
    refused(w, "/scroll date yesterday", "which day? it is written 2026-11-30");
    w->ctx.chat = NULL;
    refused(w, "/scroll date 2026-11-30", "no chat is open here");
}

static void test_ignore(void **state)
{
    struct world *w = *state;
    typed(w, "/ignore", "", "page Ignored, as account/address\n nobody\n\n");
    typed(w, "/ignore carol@example.org", "",
          "say home/carol@example.org is ignored: what they write is dropped; /unignore takes it "
          "back\n");
    refused(w, "/ignore Carol", "home/carol@example.org is ignored already");
    w->ctx.chat = w->room;
    typed(w, "/ignore frank", "", NULL);
    char *list = config_text(w->env.config, "privacy.ignore");
    assert_string_equal(list, "home/carol@example.org home/dev@rooms.example.org/frank");
    free(list);
    refused(w, "/ignore \"fred o'x\"", "a name with spaces cannot be ignored; /block may do it");
    refused(w, "/ignore dev@rooms.example.org", "a room is not ignored; /mute keeps it quiet");
    typed(w, "/unignore frank", "", NULL);
    refused(w, "/unignore frank", "home/dev@rooms.example.org/frank is not ignored");
    typed(w, "/ignore", "", "page Ignored, as account/address\n home/carol@example.org\n\n");
}

static void test_notify(void **state)
{
    struct world *w = *state;
    w->ctx.chat = w->room;
    typed(w, "/notify mention", "notices dev@rooms.example.org 2\n",
          "say dev@rooms.example.org: mentions only (mention)\n");
    typed(w, "/notify dev", "", "say dev@rooms.example.org: mentions only (mention)\n");
    typed(w, "/notify off Bob", "notices bob@example.org 3\n", "say Bob Builder: nothing (off)\n");
    typed(w, "/notify", "",
          "page Bells and notices\n notify.bell      mention private keyword\n"
          "notify.desktop   mention private keyword\nnotify.quiet     -\n\n"
          "Bob Builder              nothing (off)\n"
          "dev@rooms.example.org    mentions only (mention)\n\n");
    typed(w, "/notify default", "notices dev@rooms.example.org 0\n",
          "say dev@rooms.example.org: what notify.bell and notify.desktop say (default)\n");
    refused(w, "/notify loud dev", "the level is one of all, mention, off, default");
    w->ctx.chat = NULL;
    refused(w, "/notify all", "no chat is open here");
}

static void test_columns_count_cells(void **state)
{
    struct buf b = {0};
    put_column(&b, "Carol 日本", 14);
    buf_adds(&b, "|");
    put_column(&b, "longer than that", 4);
    buf_adds(&b, "|");
    assert_string_equal(buf_str(&b), "Carol 日本    |longer than that |");
    buf_free(&b);
}

static void test_joins(void **state)
{
    struct world *w = *state;
    w->ctx.chat = w->room;
    typed(w, "/joins", "",
          "page Who came and went in dev@rooms.example.org\n 21 Nov 09:12  ann joined\n\n");
    w->ctx.chat = w->bob;
    assert_true(cmd_input(&w->ctx, "/joins", &(struct err){0}) < 0);
}

static void test_plugins(void **state)
{
    struct world *w = *state;
    typed(w, "/plugin list", "plugins\n",
          "page Backends\n xmpp\n    XMPP\n    version    1\n    interface  0.1\n"
          "    licence    GPL\n    file       /lib/xmpp.so\n    used by    no account\n\n"
          "bad.so\n    file       /lib/bad.so\n    refused    it is too old.\n\n");
}

static void test_account_switches(void **state)
{
    struct world *w = *state;
    struct account_config own = {
        .name = (char[]){"home"}, .protocol = (char[]){"xmpp"}, .autoconnect = true};
    struct err e = {0};
    refused(w, "/account enable nosuch", "there is no account \"nosuch\"; /account lists them");
    refused(w, "/account disable", "which account? usage: /account disable NAME");
    assert_true(config_add_account(w->env.config, &own, &e) >= 0);
    typed(w, "/account disable home", "disconnect home\n", "say account home stays offline\n");
    assert_false(config_account(w->env.config, "home")->autoconnect);
    (void)config_load(w->env.config); /* it was written */
    assert_false(config_account(w->env.config, "home")->autoconnect);
    typed(w, "/account enable home", "connect home\n", "say account home connects by itself\n");
    assert_true(config_account(w->env.config, "home")->autoconnect);
    w->ctx.chat = NULL;
    w->ctx.account = NULL;
    refused(w, "/list", "which account? /account lists them");
    typed(w, "/account default local", "",
          "say commands that do not say otherwise are for account local\n");
    w->local->groups = ACCOUNT_HAS_ROOMS;
    w->local->state = KITH_STATE_ONLINE;
    typed(w, "/join #lobby", "join local #lobby - -\n", NULL);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, world_new, world_free)
    const struct CMUnitTest tests[] = {
        T(test_text),
        T(test_unknown),
        T(test_beginnings),
        T(test_arguments),
        T(test_who),
        T(test_late_answers),
        T(test_words_never_come_back_over_others),
        T(test_refusal),
        T(test_variables),
        T(test_chains),
        T(test_aliases),
        T(test_messages),
        T(test_open),
        T(test_open_asks),
        T(test_programs),
        T(test_settings),
        T(test_quit),
        T(test_backend_commands),
        T(test_preset),
        T(test_check),
        T(test_clear_and_days),
        T(test_ignore),
        T(test_account_switches),
        T(test_notify),
        T(test_columns_count_cells),
        T(test_joins),
        T(test_plugins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
