/* unit/cmd/test_nicks.c - commands where people are called by nicks, as on IRC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture.h"
#include "typed.h"

/* Where people are called by nicks, any word may be one; nobody else is meant by its beginning. */
static void test_nicks(void **state)
{
    struct world *w = *state;
    struct account *irc = model_add_account(w->env.model, 3, "irc", "irc");
    irc->groups = ACCOUNT_HAS_ROOMS | ACCOUNT_HAS_NICKS;
    irc->state = KITH_STATE_ONLINE;
    irc->nick = xstrdup("alice");
    struct chat *c = account_add_chat(irc, 31, "#kith", KITH_CHAT_ROOM);
    (void)chat_put_member(c, &(struct member){.nick = (char *)"Bob"});
    (void)account_add_chat(irc, 32, "daniela", KITH_CHAT_DIRECT);
    w->ctx.chat = c;
    w->ctx.account = irc;
    typed(w, "/msg dan hi", "open irc dan\n", NULL);
    typed(w, "/msg bob hi", "open irc bob\n", NULL); /* here, though there is a bob elsewhere */
    typed(w, "/msg carol@example.org hi", "open home carol@example.org\n", NULL);
    typed(w, "/ban *!*@host", "room #kith 4 *!*@host -\n", NULL);
    typed(w, "/kick Bob,eve", "room #kith 3 Bob,eve -\n", NULL);
    refused(w, "/kick eve", "nobody here is called \"eve\"");
    w->ctx.chat = account_chat(irc, "daniela");
    typed(w, "/nick ally", "room daniela 1 ally -\n", NULL);
    w->ctx.chat = w->bob;
    w->ctx.account = w->home;
    w->local->groups = 0;
    refused(w, "/nick ally", "/nick works only in a room");
    typed(w, "/msg nobody text", "open local nobody\n", NULL); /* not to the people of IRC */
}

static void ignored_is(struct world *w, const char *line, const char *list)
{
    typed(w, line, NULL, NULL);
    char *now = config_text(w->env.config, "privacy.ignore");
    assert_string_equal(now, list);
    free(now);
}

static void test_ignoring(void **state)
{
    struct world *w = *state;
    struct account *irc = model_add_account(w->env.model, 3, "irc", "irc");
    irc->groups = ACCOUNT_HAS_ROOMS | ACCOUNT_HAS_NICKS;
    struct chat *c = account_add_chat(irc, 31, "#kith", KITH_CHAT_ROOM);
    (void)chat_put_member(c, &(struct member){.nick = (char *)"Bob"});
    w->ctx.chat = c;
    w->ctx.account = irc;
    ignored_is(w, "/ignore Bob", "irc/bob");
    ignored_is(w, "/ignore *@bad.example", "irc/bob irc/*!*@bad.example");
    ignored_is(w, "/ignore eve*", "irc/bob irc/*!*@bad.example irc/eve*!*@*");
    ignored_is(w, "/unignore *@bad.example", "irc/bob irc/eve*!*@*");
    ignored_is(w, "/unignore Bob", "irc/eve*!*@*");
}

/* The bans of a room are a list whose rows can be taken back; not where the backend has no such thing. */
static void test_bans(void **state)
{
    static const struct kith_command own[] = {{sizeof own[0], KITH_IN_ANY, "bans", "", "Bans.", NULL}};
    static struct kith_protocol p = {.size = sizeof p, .id = "irc", .commands = own, .n_commands = COUNT(own)};
    struct world *w = *state;
    const struct err good = {0};
    w->ctx.chat = w->room;
    refused(w, "/bans", "/bans: xmpp cannot do that");
    w->core.protocol = &p;
    typed(w, "/bans", "backend [bans] [bans]\n", NULL);
    w->core.done(w->core.user, &good);
    typed(w, "/bans quiets", "backend [bans] [quiets]\n", NULL);
    w->core.done(w->core.user, &good);
    refused(w, "/bans nonsense", "/bans: \"nonsense\" is none of bans|exceptions|invitations|quiets");
    w->core.protocol = NULL;
}

#define T(t) cmocka_unit_test_setup_teardown(t, world_new, world_free)

int main(void)
{
    const struct CMUnitTest tests[] = {T(test_nicks), T(test_ignoring), T(test_bans)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
