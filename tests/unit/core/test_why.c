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

#include "cmd/cmd.h"
#include "config/why.h"
#include "events.h"

static struct {
    struct rig *r;
    struct cmd_env env;
    struct buf said;
    struct kith_ev_message ev; /* what act gives */
    int64_t message;           /* the one asked about; 0: the newest of the chat */
    struct chat *chat;
    unsigned alerts, bells, messages;
    bool flag, often;
} w;
static unsigned wrongs; /* all rows are tried, then they are counted */

#define wrong(...) (wrongs++, print_error(__VA_ARGS__), print_error("\n"))

static void set(const char *option, const char *value)
{
    struct err e = {0};
    if (config_set(w.r->config, option, value, &e) < 0)
        fail_msg("%s", e.text);
}

static void write_file(const char *name, const char *text)
{
    char *path = path_of(PATH_CONFIG, name, NULL);
    assert_int_equal(path_write(path, text, strlen(text), NULL), 0);
    free(path);
    (void)config_load(w.r->config);
    (void)keymap_reload(w.env.keymap);
}

static void hear(void *user UNUSED, enum kith_level level UNUSED, const char *line)
{
    buf_addf(&w.said, "%s\n", line);
}

static int command(const char *line, struct err *e)
{
    struct cmd_ctx ctx = {.env = &w.env, .chat = w.chat, .account = w.r->a, .out = hear};
    return cmd_run(&ctx, line, e);
}

static void run(const char *line)
{
    struct err e = {0};
    if (command(line, &e) < 0)
        fail_msg("%s: %s", line, e.text);
}

/* ---- what happens ---- */

static void act_says(void)
{
    static char ids[512][16];
    static unsigned n;
    char *id = ids[n++ % COUNT(ids)];
    snprintf(id, sizeof ids[0], "id%u", n);
    w.ev.id = w.ev.origin_id = id;
    if (w.ev.flags & KITH_MSG_HISTORY)
        w.ev.archive_id = id;
    if (!w.often && w.chat) {
        memset(w.chat->core->notices_at, 0, sizeof w.chat->core->notices_at);
        w.chat->core->rang_at = w.r->core->rang_at = 0;
    }
    give(w.r, w.ev);
    w.chat = account_chat(w.r->a, w.ev.chat);
    const struct message *m = w.chat ? chat_message_by_ref(w.chat, id) : NULL;
    w.message = m ? m->id : 0;
}

static void nothing(void)
{
}

static const struct message *asked(void)
{
    const struct message *m = w.message ? chat_message(w.chat, w.message) : chat_last(w.chat);
    assert_non_null(m);
    return m;
}

/* ---- what came of it ---- */

static bool did_alert(void)
{
    return w.r->n_alerts > w.alerts;
}
static bool did_ring(void)
{
    return w.r->n_bells > w.bells;
}
static bool does_mention(void)
{
    return asked()->mention;
}
static bool is_unread(void)
{
    return w.chat->unread > 0 && !unread_is_read(w.chat, asked());
}
static bool in_inbox(void)
{
    return model_inbox(w.r->model, asked()->id) != NULL;
}
static bool did_come(void)
{
    return w.r->n_messages > w.messages;
}

/* ---- situations of messages ---- */

static void in_bob(void)
{
    w.ev = text("x", "hello");
    act_says();
    struct err e = {0};
    while (w.r->model->n_inbox)
        assert_true(core_inbox_done(w.r->core, w.r->model->inbox[0]->message, &e) >= 0);
}
static void in_room(void)
{
    give_room(w.r, KITH_CHAT_JOINED);
    w.chat = account_chat(w.r->a, ROOM);
    w.ev = room_text("carol", NULL, "x", "just talk");
}
static void own(void)
{
    in_bob();
    w.ev.flags = KITH_MSG_OUTGOING;
    w.ev.sender = "me@fake";
}
static void theirs(void)
{
    w.ev.flags = 0;
    w.ev.sender = BOB;
}
static void old(void)
{
    in_bob();
    w.ev.flags = KITH_MSG_DELAYED;
    w.ev.ev.time_ms = clock_wall_ms() - 3600000;
}
static void not_old(void)
{
    w.ev.ev.time_ms = clock_wall_ms();
}
static void archived(void)
{
    in_bob();
    w.r->ca->had_resume = true;
    w.ev.flags = KITH_MSG_HISTORY;
    w.ev.ev.time_ms = clock_wall_ms() + 10000;
}
static void live(void)
{
    w.ev.flags = 0;
    w.ev.archive_id = NULL;
}
static void muted(void)
{
    struct err e = {0};
    in_bob();
    assert_true(core_keep(w.r->core, w.chat, KITH_CHAT_MUTED, 0, &e) >= 0);
}
static void unmute(void)
{
    struct err e = {0};
    assert_true(core_keep(w.r->core, w.chat, 0, KITH_CHAT_MUTED, &e) >= 0);
}
static void dnd(void)
{
    in_bob();
    w.r->a->show = KITH_SHOW_DND;
}
static void no_dnd(void)
{
    w.r->a->show = KITH_SHOW_ONLINE;
}
static void blocked(void)
{
    in_bob();
    account_put_contact(w.r->a, BOB, "Bob", NULL, 0, KITH_CONTACT_BLOCKED);
}
static void unblock(void)
{
    account_put_contact(w.r->a, BOB, "Bob", NULL, 0, 0);
}
static void looked_at(void)
{
    in_bob();
    core_attention(w.r->core, &w, w.chat, true, true);
}
static void look_away(void)
{
    core_attention(w.r->core, &w, w.chat, false, true);
}
static void look(void)
{
    core_attention(w.r->core, &w, w.chat, true, true);
}
static void focused_on(void)
{
    set("notify.focused", "true");
}
static void quiet(void)
{
    char hour[8];
    in_bob();
    clock_format(hour, sizeof hour, "%H", clock_wall_ms());
    set("notify.quiet", strcmp(hour, "23") == 0 ? "12:00-11:59" : "00:00-23:59");
}
static void no_quiet(void)
{
    set("notify.quiet", "");
}
static void service(void)
{
    in_bob();
    w.ev.flags = KITH_MSG_SERVICE;
}
static void level(enum notice_level l)
{
    struct err e = {0};
    assert_true(core_set_notices(w.r->core, w.chat, l, &e) >= 0);
}
static void level_off(void)
{
    in_bob();
    level(NOTICE_NONE);
}
static void level_mentions(void)
{
    in_bob();
    level(NOTICE_MENTIONS);
}
static void level_default(void)
{
    level(NOTICE_DEFAULT);
}
static void level_all(void)
{
    in_room();
    level(NOTICE_ALL);
}
static void no_desktop(void)
{
    in_bob();
    set("notify.bell", "off");
    set("notify.desktop", "mention");
}
static void desktop_private(void)
{
    set("notify.desktop", "private");
}
static void no_bell(void)
{
    in_bob();
    set("notify.bell", "mention");
}
static void bell_private(void)
{
    set("notify.bell", "private");
}
static void desktop_room(void)
{
    set("notify.desktop", "room");
}
static void keyword(void)
{
    in_room();
    set("notify.keywords", "talk");
}
static void no_keyword_notice(void)
{
    set("notify.desktop", "mention private");
    set("notify.bell", "mention private");
}
static void burst(void)
{
    in_bob();
    w.often = true;
    w.chat->core->rang_at = clock_mono_ms();
    w.r->core->rang_at = 0;
}
static void burst_over(void)
{
    w.chat->core->rang_at = clock_mono_ms() - 3000;
    w.r->core->rang_at = 0;
}
static void three(void)
{
    burst();
    w.chat->core->rang_at = clock_mono_ms() - 5000;
    for (size_t i = 0; i < 3; i++)
        w.chat->core->notices_at[i] = clock_mono_ms() - 10000;
}
static void minute_over(void)
{
    for (size_t i = 0; i < 3; i++)
        w.chat->core->notices_at[i] = clock_mono_ms() - 61000;
}
static void other_rang(void)
{
    in_bob();
    w.often = true;
    w.chat->core->rang_at = 0;
    memset(w.chat->core->notices_at, 0, sizeof w.chat->core->notices_at);
    w.r->core->rang_at = clock_mono_ms();
}
static void bell_free(void)
{
    memset(w.chat->core->notices_at, 0, sizeof w.chat->core->notices_at);
    w.chat->core->rang_at = w.r->core->rang_at = 0;
}

/* ---- mentions ---- */

static void named(void)
{
    in_room();
    w.ev.body = "me: look";
}
static void renamed(void)
{
    str_set(&w.chat->nick, "somebody");
}
static void other_named(void)
{
    in_room();
    w.ev.body = "zed: look";
}
static void be_zed(void)
{
    str_set(&w.chat->nick, "zed");
}
static void highlighted(void)
{
    in_room();
    set("notify.highlight", "tal*");
}
static void no_highlight(void)
{
    set("notify.highlight", "");
}
static void flagged(void)
{
    in_room();
    w.ev.flags = KITH_MSG_MENTION;
}

/* ---- unread ---- */

static void act_answered(void)
{
    struct err e = {0};
    act_says();
    if (!w.flag)
        assert_true(core_send(w.r->core, w.chat, &(struct core_send){.body = "yes"}, &e) > 0);
}
static void act_read(void)
{
    act_says();
    if (!w.flag)
        core_mark_read(w.r->core, w.chat, NULL);
}
static void act_read_elsewhere(void)
{
    act_says();
    struct kith_ev_marker ev = {.ev = {.size = sizeof ev, .type = KITH_EV_MARKER}, .chat = BOB, .id = w.ev.id};
    if (!w.flag)
        ingest_event(w.r->ca, &ev.ev);
}
static void act_unread(void)
{
    act_says();
    if (w.flag)
        core_mark_read(w.r->core, w.chat, NULL);
    else
        core_mark_unread(w.r->core, w.chat, asked());
}
static void raise_flag(void)
{
    w.flag = true;
}
static void first_sync(void)
{
    archived();
    core_mark_read(w.r->core, w.chat, NULL);
    w.r->ca->had_resume = false;
}
static void later_sync(void)
{
    w.r->ca->had_resume = true;
    w.ev.ev.time_ms += 10000;
}

/* ---- the inbox ---- */

static void one_waits(void)
{
    w.ev = text("x", "hello");
    act_says();
}
static void first_done(void)
{
    struct err e = {0};
    assert_true(core_inbox_done(w.r->core, w.r->model->inbox[0]->message, &e) >= 0);
}
static void set_keyword(void)
{
    set("notify.keywords", "talk");
}
static void drop_keyword(void)
{
    set("notify.keywords", "");
}
static void answers(void)
{
    struct err e = {0};
    in_room();
    assert_true(core_send(w.r->core, w.chat, &(struct core_send){.body = "who?"}, &e) > 0);
    w.ev.reply_to = chat_last(w.chat)->origin_id;
}
static void answers_none(void)
{
    w.ev.reply_to = NULL;
}

/* ---- heard, joins, what others are told ---- */

static void ignored(void)
{
    in_bob();
    set("privacy.ignore", "fake/" BOB);
}
static void ignored_in_room(void)
{
    in_room();
    set("privacy.ignore", "fake/" ROOM "/carol");
}
static void unignore(void)
{
    set("privacy.ignore", "");
}
static void act_joins(void)
{
    struct kith_ev_member ev = {.ev = {.size = sizeof ev, .type = KITH_EV_MEMBER}, .chat = ROOM, .nick = "carol"};
    struct kith_ev_member_gone gone = {.ev = {.size = sizeof gone, .type = KITH_EV_MEMBER_GONE},
                                       .chat = ROOM, .nick = "carol"};
    ingest_event(w.r->ca, &ev.ev);
    unsigned n = w.r->n_messages;
    ingest_event(w.r->ca, &gone.ev);
    w.r->n_messages = n;
}
static void silent(void)
{
    in_room();
    set("ui.chat.hide_joins", "smart");
}
static void spoke(void)
{
    in_room();
    act_says();
}
static void hide_all(void)
{
    set("ui.chat.hide_joins", "all");
}
static void all_hidden(void)
{
    in_room();
    hide_all();
}
static void hide_none(void)
{
    set("ui.chat.hide_joins", "none");
}
static bool tells_typing(void)
{
    return core_may_tell(w.r->core, w.chat, "privacy.typing");
}
static bool tells_read(void)
{
    return core_may_tell(w.r->core, w.chat, "privacy.read");
}
static void typing_off(void)
{
    in_bob();
    set("privacy.typing", "off");
}
static void typing_all(void)
{
    set("privacy.typing", "all");
}
static void read_off(void)
{
    set("privacy.read", "off");
}
static void read_in_room(void)
{
    in_room();
    set("privacy.read", "all");
}

/* ---- accounts ---- */

static bool wanted(void)
{
    return w.r->a->enabled;
}
static void reload_account(bool autoconnect)
{
    struct err e = {0};
    char *text = xasprintf("accounts = (\n  { name = \"fake\"; protocol = \"fake\"; address = \"me@fake\"; "
                           "autoconnect = %s; } );\n", autoconnect ? "true" : "false");
    w.r->a->state = KITH_STATE_OFFLINE;
    write_file("accounts.cfg", text);
    free(text);
    assert_true(core_account_load(w.r->core, "fake", &e) >= 0);
}
static void not_by_itself(void)
{
    reload_account(false);
}
static void by_itself(void)
{
    reload_account(true);
}
static void disconnected(void)
{
    run("/disconnect fake");
    w.r->a->state = KITH_STATE_OFFLINE;
}
static void connect_again(void)
{
    run("/connect fake");
}
static void off_by_status(void)
{
    run("/status offline");
    w.r->a->state = KITH_STATE_OFFLINE;
}
static void on_by_status(void)
{
    run("/status online");
}
static int32_t loss_err = KITH_EAUTH;
static uint32_t loss_retry;
static void act_lost(void)
{
    struct kith_ev_state ev = {.ev = {.size = sizeof ev, .type = KITH_EV_STATE}, .state = KITH_STATE_OFFLINE,
                               .err = loss_err, .retry = loss_retry, .text = "the server said no"};
    enum link_state was = w.r->ca->link.state;
    w.r->a->enabled = true;
    w.r->ca->link.state = LINK_UP;
    ingest_event(w.r->ca, &ev.ev);
    w.r->ca->link.state = was;
}
static bool will_retry(void)
{
    return w.r->a->retry_at != 0;
}
static void login_refused(void)
{
    loss_err = KITH_EAUTH;
    loss_retry = KITH_RETRY_AUTO;
}
static void network_failed(void)
{
    loss_err = KITH_ENET;
}
static void never_again(void)
{
    loss_err = KITH_ENET;
    loss_retry = KITH_RETRY_NEVER;
}
static void later_again(void)
{
    loss_retry = KITH_RETRY_AUTO;
}
static bool shown_there(void)
{
    return w.r->a->show == KITH_SHOW_ONLINE;
}
static void detach(void)
{
    w.r->a->enabled = true;
    w.r->a->show = KITH_SHOW_ONLINE;
    set("presence.detached", "away");
}
static void act_detach(void)
{
    core_attached(w.r->core, true);
    core_attached(w.r->core, false);
}
static void detach_none(void)
{
    set("presence.detached", "none");
}

/* ---- sending ---- */

static void act_send(void)
{
    struct err e = {0};
    in_bob();
    w.message = core_send(w.r->core, w.chat, &(struct core_send){.body = "hi"}, &e);
    w.chat->core->held = w.flag;
}
static bool may_go(void)
{
    return outbox_rule(w.r->ca, w.message) == SEND_GOES;
}
static void offline(void)
{
    w.r->a->state = KITH_STATE_OFFLINE;
}
static void online(void)
{
    w.r->a->state = KITH_STATE_ONLINE;
}
static void free_room(void)
{
    w.flag = false;
}

/* ---- files, keys, colours, commands, drafts ---- */

static bool hints_off(void)
{
    return !config_bool(w.r->config, "ui.hints");
}
static void in_kith_cfg(void)
{
    write_file("kith.cfg", "# mine\nui = { hints = false; };\n");
}
static void no_kith_cfg(void)
{
    write_file("kith.cfg", "# mine\n");
}
static void by_set(void)
{
    set("ui.hints", "false");
}
static void unset(void)
{
    run("/unset ui.hints");
}
static bool has_alias(void)
{
    return config_alias(w.r->config, "gm") != NULL;
}
static void alias_in_file(void)
{
    write_file("kith.cfg", "\naliases = (\n  ( \"gm\", \"/say good morning\" ) );\n");
}
static void alias_by_command(void)
{
    run("/alias gm /say good");
}
static void alias_gone(void)
{
    run("/alias -remove gm");
}
static const char *runs(const char *chord)
{
    struct key keys[KEY_CHORD_MAX];
    enum key_context ctx = CTX_LIST;
    bool more;
    struct err e = {0};
    int n = chord_parse(chord, keys, &e);
    const struct binding *b = keymap_find(w.env.keymap, &ctx, 1, keys, (size_t)n, NULL, &more);
    return b ? b->command : "";
}
static bool key_runs(void)
{
    return *runs("x") != '\0';
}
static bool new_key_runs(void)
{
    return *runs("M-F9") != '\0';
}
static void take_key(void)
{
    run("/unbind list x");
}
static void give_key_back(void)
{
    run("/bind list x /version");
}
static void key_in_file(void)
{
    write_file("keys.cfg", "bindings = (\n  { context = \"list\"; keys = ( ( \"M-F9\", \"/version\", \"version\" ) ); } );\n");
}
static void no_key_in_file(void)
{
    write_file("keys.cfg", "bindings = (\n  { context = \"list\"; keys = ( ( \"M-F9\", \"\" ) ); } );\n");
}
static void bind_key(void)
{
    run("/bind list M-F9 /version");
}
static void unbind_key(void)
{
    run("/bind list M-F9 ''");
}
static void theme_text(const char *roles)
{
    char *path = path_of(PATH_CONFIG, "mine.theme", NULL);
    char *text = xasprintf("name = \"mine\";\nappearance = \"dark\";\nroles = {\n%s};\n", roles);
    assert_int_equal(path_write(path, text, strlen(text), NULL), 0);
    set("ui.theme", path);
    free(text);
    free(path);
}
static int32_t colour_of_unread(void)
{
    struct err e = {0};
    struct theme *t = theme_load(config_str(w.r->config, "ui.theme"), "dark", &e);
    assert_non_null(t);
    int32_t rgb = theme_style(t, ROLE_LIST_UNREAD)->fg.rgb;
    theme_free(t);
    return rgb;
}
static bool has_colour(void)
{
    return colour_of_unread() != COLOUR_DEFAULT;
}
static void own_role(void)
{
    theme_text("list = {\n unread = { fg = \"#aabbcc\"; };\n};\n");
}
static void group_role(void)
{
    theme_text("list = { base = { fg = \"#ddeeff\"; }; };\n");
}
static void base_role(void)
{
    theme_text("base = { fg = \"#ddeeff\"; bg = \"#101010\"; };\n");
}
static void no_role(void)
{
    theme_text("title = { base = { fg = \"#ddeeff\"; bg = \"#000010\"; }; };\n");
}
static bool room_only(void)
{
    struct err e = {0};
    int rc = command("/topic", &e);
    return rc >= 0 || (!strstr(e.text, "works only in a room") && !strstr(e.text, "not online"));
}
static void become_room(void)
{
    in_room();
}
static struct draft typed;
static bool asks(void)
{
    struct cmd_ctx ctx = {.env = &w.env, .chat = w.chat, .account = w.r->a};
    struct err e = {0};
    (void)ctx;
    buf_clear(&w.said);
    (void)command("/why draft", &e);
    return strstr(buf_str(&w.said), "Enter asks: yes") != NULL;
}
static void mistyped(void)
{
    in_bob();
    typed.text = (char[]){" /quit"};
    chat_set_draft(w.chat, &typed, NULL);
}
static void secret(void)
{
    in_bob();
    typed.text = (char[]){"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjE"};
    chat_set_draft(w.chat, &typed, NULL);
}
static void for_a_shell(void)
{
    in_bob();
    typed.text = (char[]){":wq"};
    chat_set_draft(w.chat, &typed, NULL);
}
static void no_guard(void)
{
    set("ui.input.guard", "off");
}
static void guard_all_but_secret(void)
{
    set("ui.input.guard", "command");
}

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
