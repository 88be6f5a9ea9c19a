/* unit/core/why_more.h - situations beside messages: chats, accounts, sending, files, keys, colours, drafts */
#ifndef TEST_CORE_WHY_MORE_H
#define TEST_CORE_WHY_MORE_H

#include "why_world.h"

#include "ui/list.h"

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

static bool is_listed(void)
{
    struct list_pane p = {0};
    struct pane_env env = {.cmd = &w.env, .model = w.r->model};
    bool found = false;
    list_recalc(&p, &env);
    for (size_t i = 0; i < p.n_rows; i++)
        found = found || p.rows[i].chat == w.chat;
    list_free(&p);
    return found;
}
/* Another room stands before it by name, unless it is pinned. */
static bool on_top(void)
{
    struct list_pane p = {0};
    struct pane_env env = {.cmd = &w.env, .model = w.r->model};
    const struct chat *first = NULL;
    list_recalc(&p, &env);
    for (size_t i = 0; i < p.n_rows && !first; i++)
        first = p.rows[i].chat;
    list_free(&p);
    return first == w.chat;
}
static void pinned(void)
{
    in_bob();
    struct chat *c = account_add_chat(w.r->a, 7700, "aaa@fake", KITH_CHAT_DIRECT);
    chats_adopt(w.r->core, c, &(struct store_chat){0});
    chats_show(w.r->core, c);
    core_keep(w.r->core, w.chat, KITH_CHAT_PINNED, 0, NULL);
}
static void unpin(void)
{
    core_keep(w.r->core, w.chat, 0, KITH_CHAT_PINNED, NULL);
}

/* ---- where notices go ---- */

static bool to_desktop(void)
{
    return core_sink(w.r->config, SINK_DESKTOP, !str_empty(getenv("SSH_CONNECTION")), NULL);
}
static bool to_terminal(void)
{
    return core_sink(w.r->config, SINK_TERMINAL, false, NULL);
}
static bool to_program(void)
{
    return core_sink(w.r->config, SINK_COMMAND, false, NULL);
}
static void desktop_on(void)
{
    in_bob();
    set("notify.dbus", "on");
}
static void desktop_off(void)
{
    set("notify.dbus", "off");
}
static void over_ssh(void)
{
    in_bob();
    setenv("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22", 1);
}
static void not_over_ssh(void)
{
    unsetenv("SSH_CONNECTION");
}
static void terminal_off(void)
{
    in_bob();
    set("notify.dbus", "off");
    set("notify.osc", "off");
}
static void terminal_9(void)
{
    set("notify.osc", "9");
}
static void no_desktop_told(void)
{
    in_bob();
    set("notify.dbus", "off");
}
static void desktop_told(void)
{
    set("notify.dbus", "on");
}
static void with_program(void)
{
    set("notify.command", "/bin/true");
}

static void closed(void)
{
    core_mark_read(w.r->core, w.chat, NULL);
    core_close_chat(w.r->core, w.chat);
}
static void stranger_closed(void)
{
    in_bob();
    closed();
}
static void open_again(void)
{
    give(w.r, text("again", "are you there?"));
}
static void offline_contact(void)
{
    in_bob();
    unblock(); /* which makes him a contact */
    closed();
    set("ui.list.offline", "false");
}
static void offline_too(void)
{
    set("ui.list.offline", "true");
}
static void present(void)
{
    offline_contact();
    contact_set_presence(account_contact(w.r->a, BOB), &(struct presence){.show = KITH_SHOW_ONLINE});
}
static void goes_away(void)
{
    contact_set_presence(account_contact(w.r->a, BOB), &(struct presence){.show = KITH_SHOW_OFFLINE});
}
static void room_there(void)
{
    in_room();
    closed();
}
static void room_left(void)
{
    give_room(w.r, 0);
}
static bool names_coloured(void)
{
    struct err e = {0};
    struct theme *t = theme_load(config_str(w.r->config, "ui.theme"), "dark", &e);
    assert_non_null(t);
    bool differ = theme_nick(t, "ann").rgb != theme_nick(t, "zoe").rgb;
    theme_free(t);
    return differ;
}
static void theme_nicks(const char *method)
{
    char *path = path_of(PATH_CONFIG, "mine.theme", NULL);
    char *text = xasprintf("name = \"mine\";\nnicks = { method = \"%s\"; };\n", method);
    assert_int_equal(path_write(path, text, strlen(text), NULL), 0);
    set("ui.theme", path);
    free(text);
    free(path);
}
static void plain_names(void)
{
    theme_nicks("none");
}
static void hashed_names(void)
{
    theme_nicks("hash");
}

#endif
