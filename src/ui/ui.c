/* ui/ui.c - all views: what changes in the model marks them, the end of the turn paints them once
 */
#include "ui/ui.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/uri.h"
#include "ui/down.h"
#include "ui/view.h"

enum { BELL_GAP_MS = 3000, FRAME_GAP_MS = 100 };

/* ---- theme ---- */

/* Said where somebody looks, or to the next one who does. */
static void say_to_all(struct ui *ui, enum kith_level level, const char *text)
{
    for (size_t i = 0; i < ui->n_views; i++)
        view_say(ui->views[i], level, text);
    if (ui->n_views == 0 && (!ui->unseen || level > ui->unseen_level)) {
        str_set(&ui->unseen, text);
        ui->unseen_level = level;
    }
}

static void say_problems(struct ui *ui, const struct theme *t)
{
    const char *const *lines;
    size_t n = theme_problems(t, &lines);
    if (n == 0)
        return;
    char *text =
        n == 1 ? xstrdup(lines[0]) : xasprintf("%s (%zu more: /theme check)", lines[0], n - 1);
    say_to_all(ui, KITH_WARN, text);
    free(text);
}

static struct theme *load_theme(struct ui *ui, const char *appearance)
{
    struct err e = {0};
    struct theme *t = theme_load(config_str(ui->env->config, "ui.theme"), appearance, &e);
    if (t) {
        say_problems(ui, t);
        return t;
    }
    say_to_all(ui, KITH_ERROR, e.text);
    return theme_load("default", appearance, &e);
}

const struct theme *ui_theme(struct ui *ui, bool light)
{
    if (!ui->themes[light])
        ui->themes[light] = load_theme(ui, light ? "light" : "dark");
    return ui->themes[light];
}

static void drop_themes(struct ui *ui)
{
    for (size_t i = 0; i < COUNT(ui->themes); i++) {
        theme_free(ui->themes[i]);
        ui->themes[i] = NULL;
    }
}

void ui_reload(struct ui *ui)
{
    struct theme *old[2] = {ui->themes[0], ui->themes[1]};
    ui->themes[0] = ui->themes[1] = NULL;
    for (size_t i = 0; i < ui->n_views; i++)
        view_new_theme(ui->views[i]);
    theme_free(old[0]); /* only now: surfaces looked at them */
    theme_free(old[1]);
}

static void option_changed(void *user, const struct option *changed)
{
    struct ui *ui = user;
    bool theme = !changed || str_starts(changed->name, "ui.theme") ||
                 str_starts(changed->name, "ui.glyphs") ||
                 str_starts(changed->name, "ui.colours") || str_starts(changed->name, "ui.emoji");
    if (theme)
        ui_reload(ui);
    bool mouse = !changed || str_eq(changed->name, "terminal.mouse");
    for (size_t i = 0; mouse && i < ui->n_views; i++)
        view_term_take_mouse(ui->views[i], config_bool(ui->env->config, "terminal.mouse"));
    for (size_t i = 0; i < ui->n_views && (!changed || changed->dirties); i++) {
        view_drop_caches(ui->views[i]);
        view_mark(ui->views[i], DIRTY_ALL);
    }
}

/* ---- the model ---- */

/* What an event can change on a view whose chat it is about, and on the others. */
static unsigned marks(enum model_event_type type, bool here)
{
    switch (type) {
    case MODEL_MESSAGE:
    case MODEL_MESSAGE_CHANGED:
        return here ? DIRTY_CHAT : 0;
    case MODEL_WINDOW_MOVED:
        return here ? DIRTY_CHAT : 0;
    case MODEL_MEMBER:
    case MODEL_MEMBER_GONE:
        return here ? DIRTY_MEMBERS : 0;
    case MODEL_TYPING:
        return DIRTY_LIST | (here ? DIRTY_STATUS : 0);
    case MODEL_UNREAD:
        return DIRTY_LIST | DIRTY_STATUS | DIRTY_TITLE | (here ? DIRTY_CHAT : 0);
    case MODEL_DRAFT:
        return here ? DIRTY_INPUT : DIRTY_LIST;
    case MODEL_CONTACT:
    case MODEL_CONTACT_GONE: /* a name may be another now, in the windows of the status line as well */
        return DIRTY_LIST | DIRTY_TITLE | DIRTY_STATUS;
    case MODEL_PRESENCE:
        return DIRTY_LIST | DIRTY_TITLE;
    case MODEL_ACCOUNT:
        return DIRTY_LIST | DIRTY_STATUS | DIRTY_TITLE;
    case MODEL_ACCOUNT_GONE:
    case MODEL_CHAT_GONE:
        return DIRTY_ALL;
    case MODEL_CHAT:
        return DIRTY_LIST | DIRTY_STATUS | DIRTY_TITLE | (here ? DIRTY_ALL : 0);
    case MODEL_ASK:
    case MODEL_ASK_GONE:
        return DIRTY_LIST;
    case MODEL_INBOX:
    case MODEL_FORECAST:
    case MODEL_LISTING: /* marked where one is shown */
        return 0;
    case MODEL_NOTICE:
        return 0;
    }
    return DIRTY_ALL;
}

static bool answers_itself(struct ui *ui, const struct ask *ask)
{
    if (ask->kind != KITH_ASK_SECRET || !ui->secret ||
        !str_eq(ui->secret_account, ask->account->name))
        return false;
    return true;
}

struct later { /* answering from within an event would change the list that is being walked */
    struct ui *ui;
    int64_t ask;
};

static void answer_later(void *user)
{
    struct later *l = user;
    struct ui *ui = l->ui;
    struct model *m = ui->env->model;
    for (size_t i = 0; i < m->n_asks; i++) {
        if (m->asks[i]->id != l->ask)
            continue;
        struct core_answer_field f = {m->asks[i]->n_fields ? m->asks[i]->fields[0].key : "secret",
                                      ui->secret};
        const char *choice = m->asks[i]->n_choices ? m->asks[i]->choices[0].id : "ok";
        struct err e = {0};
        down_answer(ui->env, m->asks[i], choice, &f, 1, &e);
        break;
    }
    str_wipe_free(ui->secret);
    ui->secret = NULL;
    free(l);
}

static void on_ask(struct ui *ui, const struct ask *ask)
{
    if (answers_itself(ui, ask) && ui->env->loop) {
        struct later *l = xmalloc(sizeof *l);
        *l = (struct later){ui, ask->id};
        loop_defer(ui->env->loop, answer_later, l);
        return;
    }
    for (size_t i = 0; i < ui->n_views; i++)
        view_ask(ui->views[i], ask);
}

/* Another view wrote, or a command (/reply, /edit) did. */
static void new_draft(struct ui_view *v, const struct model_event *ev)
{
    v->touched = true;
    view_load_draft(v);
    if (!ev->origin && v->focus == FOCUS_SELECT) {
        view_select_leave(v);
    }
}

/* Chats that are no more, or were closed. */
static void on_gone(struct ui_view *v, const struct model_event *ev, bool here)
{
    const struct account *a = ev->type == MODEL_ACCOUNT_GONE ? ev->account : NULL;
    bool closed = ev->chat && (ev->type == MODEL_CHAT_GONE ||
                               (ev->type == MODEL_CHAT && !ev->chat->open));
    if (a && view_current(v) && view_current(v)->account == a)
        view_chat_gone(v, view_current(v));
    if (closed && here)
        view_chat_gone(v, ev->chat);
    else if (closed && v->splits)
        view_splits_gone(v, ev->chat);
    for (size_t i = 0; a && v->splits && i < a->n_chats; i++)
        view_splits_gone(v, a->chats[i]);
}

static void on_view(struct ui_view *v, const struct model_event *ev)
{
    bool here = ev->chat && ev->chat->id == v->chat_id;
    on_gone(v, ev, here);
    if (here && ev->type == MODEL_DRAFT && ev->origin != v)
        new_draft(v, ev);
    if (here && ev->type == MODEL_WINDOW_MOVED && v->to_top)
        view_top(v);
    if (here && ev->type == MODEL_WINDOW_MOVED && v->jump_ref)
        view_jump_loaded(v);
    if (ev->type == MODEL_ASK_GONE)
        view_ask_gone(v, ev->ask);
    if (ev->type == MODEL_INBOX && v->inbox.open)
        view_mark(v, DIRTY_ALL);
    if (ev->type == MODEL_FORECAST && v->encrypt.open && here)
        view_mark(v, DIRTY_ALL);
    if (ev->type == MODEL_LISTING && v->rows.open && v->rows.listing == ev->listing->id)
        view_mark(v, DIRTY_ALL);
    const struct chat *shown = ev->type == MODEL_ACCOUNT ? view_current(v) : NULL;
    if (shown && shown->account == ev->account) /* signs of what waits */
        view_mark(v, DIRTY_CHAT);
    first_run_event(v, ev);
    /* What ails an account is in the list and the status too: graver words of others stay. */
    bool yields = ev->account && v->notice && !v->notice_account && v->notice_level >= KITH_ERROR;
    if (ev->type == MODEL_NOTICE && ev->level >= KITH_INFO && !yields) {
        view_say(v, ev->level, ev->text);
        v->notice_account = ev->account != NULL;
    }
    unsigned what = marks(ev->type, here);
    if (view_shows(v, ev->chat) && marks(ev->type, true) & (DIRTY_CHAT | DIRTY_TITLE))
        what |= DIRTY_SPLITS;
    if (ev->type == MODEL_TYPING && (chat_has_live(ev->chat) || v->chat.live > 0))
        what |= here ? DIRTY_CHAT : view_shows(v, ev->chat) ? DIRTY_SPLITS : 0;
    if (v->term && !v->ui->typing)
        v->later |= what;
    else
        view_mark(v, what);
}

/* Nobody is looking: the next view says it. */
static void keep_notice(struct ui *ui, const struct model_event *ev)
{
    if (ev->level < KITH_WARN || (ui->unseen && ev->level < ui->unseen_level))
        return;
    if (ui->unseen && ev->level == ui->unseen_level && ev->account)
        return; /* what ails an account is in the list too; a wrong line of a file is only here */
    str_set(&ui->unseen, ev->text);
    ui->unseen_level = ev->level;
}

static void on_model(void *user, const struct model_event *ev)
{
    struct ui *ui = user;
    if (ev->type == MODEL_NOTICE && ui->n_views == 0)
        keep_notice(ui, ev);
    if (ev->type == MODEL_ASK)
        on_ask(ui, ev->ask);
    for (size_t i = 0; i < ui->n_views; i++)
        on_view(ui->views[i], ev);
    if (ev->type == MODEL_ACCOUNT)
        ui_arm_tick(ui);
}

/* ---- time on the screen: the minute, and the seconds of a countdown ---- */

static bool counting_down(const struct ui *ui)
{
    const struct model *m = ui->env->model;
    for (size_t i = 0; i < m->n_accounts; i++)
        if (m->accounts[i]->retry_at > 0 && m->accounts[i]->state == KITH_STATE_OFFLINE)
            return true;
    return false;
}

static void on_tick(void *user)
{
    struct ui *ui = user;
    ui->tick = NULL;
    for (size_t i = 0; i < ui->n_views; i++)
        view_mark(ui->views[i], DIRTY_STATUS | (counting_down(ui) ? DIRTY_LIST : 0));
    ui_arm_tick(ui);
}

void ui_arm_tick(struct ui *ui)
{
    loop_timer_del(ui->tick);
    ui->tick = NULL;
    if (ui->n_views == 0 || !ui->env->loop)
        return;
    int64_t now = clock_wall_ms(), ms = 60000 - now % 60000;
    if (counting_down(ui))
        ms = 1000;
    ui->tick = loop_timer_add(ui->env->loop, ms, on_tick, ui);
}

/* ---- the end of a turn ---- */

static void on_pace(void *user)
{
    struct ui_view *v = user;
    v->pace = NULL; /* the turn that this makes ends with the frame */
}

/* What comes from outside faster than eyes can follow shares frames; what is typed shows at once,
 * and for itself: a key does not wait until a flood is painted. */
static bool too_soon(struct ui_view *v)
{
    int64_t left = v->painted_at + FRAME_GAP_MS - clock_mono_ms();
    if (v->whole || !v->term || left <= 0 || left > FRAME_GAP_MS)
        return false;
    if (!v->pace && (v->later || !v->now))
        v->pace = loop_timer_add(v->ui->env->loop, left, on_pace, v);
    return true;
}

static void paint_whole(struct ui_view *v)
{
    loop_timer_del(v->pace);
    v->pace = NULL;
    v->whole = true;
    v->painted_at = clock_mono_ms();
    view_paint(v);
}

/* True when a frame was painted. */
static bool paint_view(struct ui_view *v)
{
    bool own = v->dirty || v->s->bell || v->s->copy;
    if (v->gone || v->editing || (!own && !v->later) || (v->term && !view_term_ready(v)))
        return false;
    if (v->waiting && (!v->now || !own || v->ahead))
        return false;
    bool only_own = v->waiting || too_soon(v);
    if (only_own && (!v->now || !own))
        return false;
    v->painted = true;
    v->ahead = v->waiting;
    if (only_own)
        view_paint_own(v);
    else
        paint_whole(v);
    view_attend(v);
    view_load_more(v);
    if (v->term)
        view_term_draw(v);
    return true;
}

/* Looking at something can change it (what was unread is read): then it is painted once more. */
static void turn_end(void *user)
{
    struct ui *ui = user;
    bool any = true;
    for (int pass = 0; pass < 3 && any; pass++) {
        any = false;
        for (size_t i = 0; i < ui->n_views; i++)
            any |= paint_view(ui->views[i]);
    }
    for (size_t i = 0; i < ui->n_views; i++) {
        ui->views[i]->now = ui->views[i]->now && !ui->views[i]->painted;
        ui->views[i]->painted = ui->views[i]->whole = false;
    }
}

/* ---- what was sent before ---- */

struct edit_history *ui_history(struct ui *ui, int64_t chat)
{
    char key[32];
    snprintf(key, sizeof key, "%lld", (long long)chat);
    struct edit_history *h = map_get(&ui->histories, key);
    if (!h) {
        h = xcalloc(1, sizeof *h);
        map_set(&ui->histories, key, h);
    }
    h->max = (size_t)MAX(1, config_int(ui->env->config, "ui.input.history"));
    return h;
}

static void free_history(void *h)
{
    edit_history_free(h);
    free(h);
}

/* ---- life ---- */

struct ui *ui_new(const struct ui_params *p)
{
    struct ui *ui = xcalloc(1, sizeof *ui);
    ui->params = *p;
    ui->env = p->env;
    model_observe(ui->env->model, on_model, ui);
    config_observe(ui->env->config, option_changed, ui);
    if (ui->env->loop)
        loop_at_turn_end(ui->env->loop, turn_end, ui);
    return ui;
}

void ui_free(struct ui *ui)
{
    if (!ui)
        return;
    while (ui->n_views > 0)
        view_free(ui->views[0]);
    model_unobserve(ui->env->model, on_model, ui);
    loop_timer_del(ui->tick);
    drop_themes(ui);
    free(ui->views);
    map_free(&ui->histories, free_history);
    free(ui->secret_account);
    free(ui->unseen);
    str_wipe_free(ui->secret);
    free(ui);
}

size_t ui_views(const struct ui *ui)
{
    return ui->n_views;
}

int ui_open(struct ui *ui, const char *uri, struct err *e)
{
    struct uri u = {0};
    int rc = uri_parse(&u, uri, e); /* chats only: from a script nothing is handed to a browser */
    uri_free(&u);
    if (rc >= 0 && !ui->n_views)
        return err_set(e, KITH_ENOTFOUND, "no terminal is attached; run: kith %.200s", uri);
    return rc < 0 ? rc : ui_view_open(ui->views[ui->n_views - 1], uri, e);
}

static bool looks_at(const struct ui_view *v, const struct chat *c)
{
    return v->terminal_focused && c &&
           ((v->chat_id == c->id && v->chat.end_seen) || view_split_at_end(v, c));
}

void ui_alert(struct ui *ui, const struct core_alert *alert)
{
    bool bell = alert->bell && clock_mono_ms() - ui->bell_at >= BELL_GAP_MS;
    char id[32];
    snprintf(id, sizeof id, "kith-%lld", alert->chat ? (long long)alert->chat->id : 0LL);
    for (size_t i = 0; i < ui->n_views; i++) {
        struct ui_view *v = ui->views[i];
        if (v->editing || looks_at(v, alert->chat))
            continue;
        if (bell) {
            v->s->bell = true;
            ui->bell_at = clock_mono_ms();
        }
        bool ssh = view_ops.get_env(v, "SSH_CONNECTION") != NULL;
        if (alert->desktop && v->term && !v->terminal_focused && core_sink(ui->env->config, SINK_TERMINAL, ssh, NULL))
            view_term_notice(v, id, alert->title, alert->words);
        view_mark(v, DIRTY_STATUS);
    }
}

void ui_spelled(struct ui *ui)
{
    for (size_t i = 0; i < ui->n_views; i++)
        view_mark(ui->views[i], DIRTY_INPUT);
}

void ui_pictured(struct ui *ui)
{
    for (size_t i = 0; i < ui->n_views; i++)
        view_mark(ui->views[i], DIRTY_CHAT | DIRTY_SPLITS);
}

/* ---- the first run ---- */

void ui_first_run(struct ui *ui)
{
    ui->first_run = true;
    for (size_t i = 0; i < ui->n_views; i++) {
        first_run_open(ui->views[i]);
        view_mark(ui->views[i], DIRTY_ALL);
    }
}

static void close_wizards(struct ui *ui)
{
    ui->first_run = false;
    for (size_t i = 0; i < ui->n_views; i++) {
        struct ui_view *v = ui->views[i];
        if (!v->wizard.open)
            continue;
        wizard_close(&v->wizard);
        v->focus = FOCUS_LIST;
        view_mark(v, DIRTY_ALL);
    }
}

void ui_wizard_done(struct ui *ui, struct ui_view *v, bool skip)
{
    if (skip || v->wizard.account) {
        close_wizards(ui);
        return;
    }
    struct account_config a;
    struct err e = {0};
    char *password = NULL;
    wizard_account(&v->wizard, &a, &password);
    if (config_add_account(ui->env->config, &a, &e) < 0 || down_account(ui->env, a.name, &e) < 0) {
        str_set(&v->wizard.problem, e.text);
    } else {
        close_wizards(ui);
        view_say(v, KITH_INFO,
                 "You are online on this machine. Enter writes to the one under the cursor");
    }
    str_wipe_free(password);
    wizard_account_free(&a);
}
