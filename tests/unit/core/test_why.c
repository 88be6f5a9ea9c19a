/* unit/core/test_why.c - /why names the rule that decided: change that rule, and it is decided otherwise
 *
 * Each row: prepare a situation, let it happen, see what came of it and which rule /why names; change that rule and
 * nothing else, let it happen again, and see the other outcome, of which /why tells too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "why_more.h"

/* ---- the table ---- */

static const struct decision {
    const char *ask; /* NULL: about the message */
    const char *label, *rule, *place; /* place: in which file and line, or NULL */
    bool first; /* what comes of it before the change; after it, the opposite */
    void (*prepare)(void), (*act)(void), (*change)(void);
    bool (*outcome)(void);
    bool same_answer; /* /why answers yes or no both times, and only names another rule */
} decisions[] = {
    {NULL, "Notice", "own", NULL, false, own, act_says, theirs, did_alert, false},
    {NULL, "Notice", "age", NULL, false, old, act_says, not_old, did_alert, false},
    {NULL, "Notice", "history", NULL, false, archived, act_says, live, did_alert, false},
    {NULL, "Notice", "/mute", NULL, false, muted, act_says, unmute, did_alert, false},
    {NULL, "Notice", "/status", NULL, false, dnd, act_says, no_dnd, did_alert, false},
    {NULL, "Notice", "/block", NULL, false, blocked, act_says, unblock, did_alert, false},
    {NULL, "Notice", "notify.focused", NULL, false, looked_at, act_says, focused_on, did_alert, false},
    {NULL, "Notice", "notify.quiet", "set.cfg", false, quiet, act_says, no_quiet, did_alert, false},
    {NULL, "Notice", "service", NULL, false, service, act_says, live, did_alert, false},
    {NULL, "Notice", "/mute", NULL, false, level_off, act_says, level_default, did_alert, false},
    {NULL, "Notice", "/notify", NULL, false, level_mentions, act_says, level_default, did_alert, false},
    {NULL, "Notice", "/notify", NULL, true, level_all, act_says, level_default, did_alert, false},
    {NULL, "Notice", "notify.desktop", "set.cfg", false, no_desktop, act_says, desktop_private, did_alert, false},
    {NULL, "Notice", "notify.desktop", NULL, false, in_room, act_says, desktop_room, did_alert, false},
    {NULL, "Notice", "notify.desktop", NULL, true, keyword, act_says, no_keyword_notice, did_alert, false},
    {NULL, "Desktop", "notify.dbus", "set.cfg", true, desktop_on, act_says, desktop_off, to_desktop, false},
    {NULL, "Desktop", "notify.dbus", NULL, false, over_ssh, act_says, not_over_ssh, to_desktop, false},
    {NULL, "Terminal", "notify.osc", "set.cfg", false, terminal_off, act_says, terminal_9, to_terminal, false},
    {NULL, "Terminal", "notify.dbus", "set.cfg", true, no_desktop_told, act_says, desktop_told, to_terminal, false},
    {NULL, "Program", "notify.command", NULL, false, in_bob, act_says, with_program, to_program, false},
    {NULL, "Bell", "notify.bell", "set.cfg", false, no_bell, act_says, bell_private, did_ring, false},
    {NULL, "Notice", "burst", NULL, false, burst, act_says, burst_over, did_alert, false},
    {NULL, "Notice", "three a minute", NULL, false, three, act_says, minute_over, did_alert, false},
    {NULL, "Bell", "one bell", NULL, false, other_rang, act_says, bell_free, did_ring, false},
    {NULL, "Mention", "your name", NULL, true, named, act_says, renamed, does_mention, false},
    {NULL, "Mention", "your name", NULL, false, other_named, act_says, be_zed, does_mention, false},
    {NULL, "Mention", "notify.highlight", "set.cfg", true, highlighted, act_says, no_highlight, does_mention, false},
    {NULL, "Mention", "protocol", NULL, true, flagged, act_says, live, does_mention, false},
    {NULL, "Unread", "attention", NULL, true, in_bob, act_says, look, is_unread, false},
    {NULL, "Unread", "attention", NULL, false, looked_at, act_says, look_away, is_unread, false},
    {NULL, "Unread", "own", NULL, false, own, act_says, theirs, is_unread, false},
    {NULL, "Unread", "answer", NULL, false, in_bob, act_answered, raise_flag, is_unread, false},
    {NULL, "Unread", "/read", NULL, false, in_bob, act_read, raise_flag, is_unread, false},
    {NULL, "Unread", "other device", NULL, false, in_bob, act_read_elsewhere, raise_flag, is_unread, false},
    {NULL, "Unread", "/unread", NULL, true, in_bob, act_unread, raise_flag, is_unread, false},
    {NULL, "Unread", "first synchronisation", NULL, false, first_sync, act_says, later_sync, is_unread, false},
    {NULL, "Inbox", "one a chat", NULL, false, one_waits, act_says, first_done, in_inbox, false},
    {NULL, "Inbox", "/mute", NULL, false, muted, act_says, unmute, in_inbox, false},
    {NULL, "Inbox", "/block", NULL, false, blocked, act_says, unblock, in_inbox, false},
    {NULL, "Inbox", "service", NULL, false, service, act_says, live, in_inbox, false},
    {NULL, "Inbox", "notify.keywords", NULL, false, in_room, act_says, set_keyword, in_inbox, false},
    {NULL, "Inbox", "notify.keywords", "set.cfg", true, keyword, act_says, drop_keyword, in_inbox, false},
    {NULL, "Inbox", "mention", NULL, true, named, act_says, renamed, in_inbox, false},
    {NULL, "Inbox", "reply", NULL, true, answers, act_says, answers_none, in_inbox, false},
    {"/why chat", "Heard", "privacy.ignore", "set.cfg", false, ignored, act_says, unignore, did_come, false},
    {"/why person carol", "Heard", "privacy.ignore", "set.cfg", false, ignored_in_room, act_says, unignore, did_come,
     false},
    {"/why person carol", "Joins shown", "ui.chat.hide_joins", "set.cfg", false, silent, act_joins, hide_none,
     did_come, false},
    {"/why person carol", "Joins shown", "ui.chat.hide_joins", NULL, true, spoke, act_joins, hide_all, did_come,
     false},
    {"/why person carol", "Joins shown", "ui.chat.hide_joins", "set.cfg", false, all_hidden, act_joins, hide_none,
     did_come, false},
    {"/why chat", "Typing told", "privacy.typing", "set.cfg", false, typing_off, nothing, typing_all, tells_typing,
     false},
    {"/why chat", "Typing told", "privacy.typing", NULL, false, in_room, nothing, typing_all, tells_typing, false},
    {"/why chat", "Reading told", "privacy.read", NULL, true, in_bob, nothing, read_off, tells_read, false},
    {"/why chat", "Reading told", "privacy.read", "set.cfg", true, read_in_room, nothing, read_off, tells_read, false},
    {"/why account fake", "Online", "autoconnect", "accounts.cfg:2", false, not_by_itself, nothing, by_itself, wanted,
     true},
    {"/why account fake", "Online", "/disconnect", NULL, false, disconnected, nothing, connect_again, wanted, true},
    {"/why account fake", "Online", "/status", NULL, false, off_by_status, nothing, on_by_status, wanted, true},
    {"/why account fake", "Online", "login refused", NULL, false, login_refused, act_lost, network_failed, will_retry,
     true},
    {"/why account fake", "Online", "no retry", NULL, false, never_again, act_lost, later_again, will_retry, true},
    {"/why account fake", "Shown as there", "presence.detached", "set.cfg", false, detach, act_detach, detach_none,
     shown_there, false},
    {NULL, "Sent", "offline", NULL, false, offline, act_send, online, may_go, true},
    {NULL, "Sent", "room", NULL, false, raise_flag, act_send, free_room, may_go, true},
    {"/why setting ui.hints", "Set", "your kith.cfg", "kith.cfg:2", true, in_kith_cfg, nothing, no_kith_cfg,
     hints_off, false},
    {"/why setting ui.hints", "Set", "/set", "set.cfg", true, by_set, nothing, unset, hints_off, false},
    {"/why setting ui.hints", "Set", "built in", NULL, false, nothing, nothing, by_set, hints_off, false},
    {"/why alias gm", "Alias", "aliases", "kith.cfg:3", true, alias_in_file, nothing, no_kith_cfg, has_alias, false},
    {"/why alias gm", "Alias", "/alias", "set.cfg", true, alias_by_command, nothing, alias_gone, has_alias, false},
    {"/why key x", "list", "the preset", NULL, true, nothing, nothing, take_key, key_runs, false},
    {"/why key x -context=list", "list", "/bind", "set.cfg", false, take_key, nothing, give_key_back, key_runs, false},
    {"/why key M-F9", "list", "your keys.cfg", "keys.cfg:2", true, key_in_file, nothing, no_key_in_file, new_key_runs,
     false},
    {"/why key M-F9", "list", "/bind", "set.cfg", true, bind_key, nothing, unbind_key, new_key_runs, false},
    {"/why colour list.unread", "Text", "list.unread", "mine.theme:5", true, own_role, nothing, no_role, has_colour,
     false},
    {"/why colour list.unread", "Text", "list.base", "mine.theme:4", true, group_role, nothing, no_role, has_colour,
     false},
    {"/why colour list.unread", "Text", "base", "mine.theme:4", true, base_role, nothing, no_role, has_colour, false},
    {"/why colour list.unread", "Text", "no role", NULL, false, no_role, nothing, own_role, has_colour, false},
    {"/why colour nicks", "Of the name", "nicks", "mine.theme:2", false, plain_names, nothing, hashed_names,
     names_coloured, false},
    {"/why chat", "Listed", "window", NULL, false, stranger_closed, nothing, open_again, is_listed, false},
    {"/why chat", "Listed", "ui.list.offline", "set.cfg", false, offline_contact, nothing, offline_too, is_listed,
     false},
    {"/why chat", "On top", "/pin", NULL, true, pinned, nothing, unpin, on_top, false},
    {"/why chat", "Listed", "presence", NULL, true, present, nothing, goes_away, is_listed, false},
    {"/why chat", "Listed", "kept", NULL, true, room_there, nothing, room_left, is_listed, false},
    {"/why chat", "Pictures", "ui.chat.pictures", NULL, false, in_bob, nothing, pictures_here, has_pictures, false},
    {"/why chat", "Pictures", "/pictures", NULL, true, pictures_bob, nothing, no_pictures_here, has_pictures, false},
    {"/why chat", "Pictures", "/pictures", NULL, false, no_pictures_bob, nothing, pictures_here, has_pictures, false},
    {"/why chat", "Pictures", "ui.chat.pictures", "set.cfg", false, pictures_off, nothing, pictures_chosen,
     has_pictures, false},
    {"/why chat", "Pictures", "ui.chat.pictures", "set.cfg", true, pictures_of_contacts, nothing, pictures_chosen,
     has_pictures, false},
    {"/why command topic", "Possible", "kind of chat", NULL, false, in_bob, nothing, become_room, room_only, false},
    {"/why draft", "Enter asks", "ui.input.guard", NULL, true, mistyped, nothing, no_guard, asks, false},
    {"/why draft", "Enter asks", "ui.input.guard", NULL, true, for_a_shell, nothing, no_guard, asks, false},
    {"/why draft", "Enter asks", "ui.input.guard", NULL, true, secret, nothing, guard_all_but_secret, asks, false},
};

/* The line of the answer that begins with the label: owned; "" when it has none. */
static char *answer(const struct decision *d, struct err *e)
{
    char *line = d->ask ? xstrdup(d->ask) : xasprintf("/why msg:%lld", (long long)asked()->id);
    char *label = xasprintf("%s: ", d->label);
    buf_clear(&w.said);
    char *found = NULL;
    if (command(line, e) >= 0) {
        const char *at = buf_str(&w.said);
        while (at && !str_starts(at, label))
            at = (at = strchr(at, '\n')) ? at + 1 : NULL;
        found = at ? xstrndup(at, strcspn(at, "\n")) : NULL;
    }
    free(line);
    free(label);
    return found ? found : xstrdup("");
}

static void happen(const struct decision *d, bool want, const char *when)
{
    w.alerts = w.r->n_alerts;
    w.bells = w.r->n_bells;
    w.messages = w.r->n_messages;
    d->act();
    if (d->outcome() != want)
        wrong("%s, rule %s: %s the change it came out wrong", d->label, d->rule, when);
}

static void decide(const struct decision *d)
{
    struct err e = {0};
    d->prepare();
    happen(d, d->first, "before");
    char *line = answer(d, &e), *rule = xasprintf("(rule: %s", d->rule);
    char *begin = xasprintf("%s: %s - ", d->label, d->first ? "yes" : "no");
    const char *at = strstr(line, rule);
    bool whole = at && (at[strlen(rule)] == ')' || at[strlen(rule)] == ',');
    if (!str_starts(line, begin) || !whole || (d->place && !strstr(at, d->place)))
        wrong("%s, rule %s: /why said \"%s\" %s", d->label, d->rule, line, e.text);
    free(line);
    free(begin);
    d->change();
    happen(d, !d->first, "after");
    line = answer(d, &e); /* "" when it is no more: an alias that is gone */
    begin = xasprintf("%s: %s - ", d->label, d->first ? "yes" : "no");
    if (d->same_answer ? strstr(line, rule) != NULL : str_starts(line, begin))
        wrong("%s, rule %s: after the change /why said \"%s\"", d->label, d->rule, line);
    free(line);
    free(begin);
    free(rule);
}

static void world(struct rig *r)
{
    memset(&w, 0, sizeof w);
    rig_open(r, NULL, false);
    r->a->state = KITH_STATE_ONLINE;
    w.r = r;
    w.env = (struct cmd_env){.core = r->core, .model = r->model, .config = r->config, .loop = r->loop,
                             .keymap = keymap_new(r->config)};
}

static void test_decisions(void **state UNUSED)
{
    assert_true(COUNT(decisions) >= 40);
    for (size_t i = 0; i < COUNT(decisions); i++) {
        struct rig r;
        world(&r);
        decide(&decisions[i]);
        cmd_env_clear(&w.env);
        keymap_free(w.env.keymap);
        buf_free(&w.said);
        rig_close(&r);
    }
    assert_int_equal(wrongs, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_decisions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
