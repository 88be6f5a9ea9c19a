/* unit/core/why_world.h - a world in which things are decided: messages that come, and what came of them */
#ifndef TEST_CORE_WHY_WORLD_H
#define TEST_CORE_WHY_WORLD_H

#include "cmd/cmd.h"
#include "config/why.h"
#include "core/preview.h"
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
static bool has_pictures(void)
{
    return previews_wanted(w.r->config, w.chat);
}
static void pictures_here(void)
{
    core_set_pictures(w.r->core, w.chat, PICTURES_ON);
}
static void no_pictures_here(void)
{
    core_set_pictures(w.r->core, w.chat, PICTURES_OFF);
}
static void pictures_bob(void)
{
    in_bob();
    pictures_here();
}
static void no_pictures_bob(void)
{
    in_bob();
    no_pictures_here();
}
static void pictures_chosen(void)
{
    set("ui.chat.pictures", "chosen");
}
static void pictures_off(void)
{
    pictures_bob();
    set("ui.chat.pictures", "off");
}
static void pictures_of_contacts(void)
{
    in_bob();
    account_put_contact(w.r->a, w.chat->address, "Bob", NULL, 0, 0);
    set("ui.chat.pictures", "contacts");
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

#endif
