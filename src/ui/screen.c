/* ui/screen.c - the terminal of a view: bytes in through decoder and probe, frames out one at a
 * time */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ui/decode.h"
#include "ui/probe.h"
#include "ui/term.h"
#include "ui/view.h"
#include "ui/view_doctor.h"

struct view_term {
    struct term *t;
    struct decode *d;
    struct probe probe;
    bool mouse, paused; /* paused: not while the view has no frames */
    bool settled;       /* the first frame may be drawn */
    struct buf out;     /* what goes out with the next frame */
    struct loop_timer *esc_timer, *probe_timer;
    struct view_doctor *doctor; /* an examination, NULL: none */
};

/* ---- what the terminal is ---- */

static enum emoji_mode emoji_mode(const struct config *c, const struct term_facts *f)
{
    const char *how = config_str(c, "ui.emoji");
    if (str_eq(how, "safe"))
        return EMOJI_SAFE;
    if (str_eq(how, "grapheme"))
        return EMOJI_GRAPHEME;
    if (str_eq(how, "shortcode"))
        return EMOJI_SHORTCODE;
    return f->rules.emoji;
}

/* A theme without a ground of its own stands on the terminal's: only now is it known whether it can
 * be read there. */
static void check_ground(struct ui_view *v, const struct theme *t)
{
    const char *const *known;
    char **lines;
    size_t n = theme_problems(t, &known) ? 0 : theme_check(t, &lines);
    if (n > 0) {
        char *text = xasprintf("Hard to read on this terminal's background: %s%s", lines[0],
                               n > 1 ? "; /theme check lists all" : "");
        view_say(v, KITH_WARN, text);
        free(text);
    }
    for (size_t i = 0; i < n; i++)
        free(lines[i]);
    if (n > 0)
        free(lines);
}

int32_t view_term_ground(const struct ui_view *v)
{
    const struct term_facts *f = v->term ? &v->term->probe.facts : NULL;
    return f && f->has_background ? (int32_t)f->background : -1;
}

void view_term_theme(struct ui_view *v)
{
    struct theme *t = v->preview ? v->preview : v->ui->themes[v->light];
    int32_t ground = view_term_ground(v);
    if (!t || ground < 0 || theme_background(t) == ground)
        return;
    theme_set_background(t, ground);
    if (!v->preview)
        check_ground(v, t);
}

/* Answers may come at any time, and more than once. */
static void take_facts(struct ui_view *v)
{
    struct view_term *vt = v->term;
    const struct term_facts *f = &vt->probe.facts;
    struct cell_rules rules = f->rules;
    rules.emoji = emoji_mode(v->ui->env->config, f);
    decode_set_latin1(vt->d, rules.no_utf8); /* LANG=C in a UTF-8 terminal is common */
    term_set_facts(vt->t, f, &vt->out);
    if (memcmp(&rules, &v->s->rules, sizeof rules) != 0)
        surface_set_rules(v->s, &rules);
    v->light = f->dark == 0;
    view_new_theme(v);
    view_mark(v, DIRTY_ALL);
}

/* The user's keys that can never come from this terminal. */
static void say_unsendable(struct ui_view *v)
{
    struct probe_env env;
    size_t at = 0, more = 0;
    term_probe_env(v->term->t, &env);
    bool plain = env.screen || v->term->probe.quiet;
    const struct keymap *k = v->ui->env->keymap;
    const struct binding *first = plain ? keymap_unsendable(k, &at) : NULL;
    if (!first)
        return;
    while (keymap_unsendable(k, &at))
        more++;
    struct buf b = {0};
    if (first->origin.line)
        buf_addf(&b, "%s:%d: ", first->origin.file, first->origin.line);
    buf_adds(&b, env.screen ? "GNU screen cannot send " : "this terminal cannot send ");
    pane_key_label(&b, first->chord, first->n_chord);
    if (more)
        buf_addf(&b, " (and %zu more)", more);
    view_say(v, KITH_WARN, buf_str(&b));
    buf_free(&b);
}

static void settle(struct ui_view *v)
{
    v->term->settled = true;
    say_unsendable(v);
    loop_timer_del(v->term->probe_timer);
    v->term->probe_timer = NULL;
    take_facts(v);
}

bool view_term_ready(const struct ui_view *v)
{
    return v->term->settled;
}

static void probe_late(void *user)
{
    struct ui_view *v = user;
    v->term->probe_timer = NULL;
    if (!v->term->settled)
        settle(v);
}

/* ---- frames ---- */

static void flush(struct ui_view *v)
{
    struct view_term *vt = v->term;
    if (vt->out.len == 0)
        return;
    v->waiting = true;
    v->io.out(v->user, vt->out.data, vt->out.len);
    buf_clear(&vt->out);
}

void view_term_draw(struct ui_view *v)
{
    struct viewer *w = &v->viewer;
    bool clear = term_clears(v->term->t);
    term_draw(v->term->t, v->s, &v->term->out);
    if (w->open && w->picture.bytes && (clear || !w->placed)) { /* over the blanks that were drawn for it */
        term_picture(v->term->t, &w->picture, w->at.x, w->at.y, &v->term->out);
        w->placed = true;
    }
    flush(v);
}

/* ---- pictures ---- */

static enum picture_colours picture_colours(int n)
{
    return n > 256 ? PICTURE_TRUE : n >= 256 ? PICTURE_256 : n >= 8 ? PICTURE_16 : PICTURE_MONO;
}

static enum picture_form picture_form(const struct ui_view *v, bool full)
{
    const char *how = config_str(v->ui->env->config, "terminal.images");
    enum term_graphics g = v->term && full && str_eq(how, "auto") ? term_graphics(v->term->t) : TERM_GRAPHICS_NONE;
    return g == TERM_GRAPHICS_KITTY ? PICTURE_PIXELS : g == TERM_GRAPHICS_SIXEL ? PICTURE_SIXEL : PICTURE_SYMBOLS;
}

void view_term_pictures(const struct ui_view *v, struct picture_ask *how, bool full)
{
    const struct term_facts *f = v->term ? &v->term->probe.facts : NULL;
    *how = (struct picture_ask){.form = (uint8_t)picture_form(v, full), .light = v->light, .cell_w = 8, .cell_h = 16};
    how->colours = (uint8_t)picture_colours(v->term ? term_colours(v->term->t) : 256);
    how->ascii = v->s->rules.no_utf8 || glyphs_ascii(v->g);
    if (f && f->cell_w > 0 && f->cell_h > 0) {
        how->cell_w = (uint16_t)MIN(f->cell_w, PICTURE_CELL_MAX);
        how->cell_h = (uint16_t)MIN(f->cell_h, PICTURE_CELL_MAX);
    }
    if (!full && str_eq(config_str(v->ui->env->config, "terminal.images"), "off"))
        how->form = 0;
}

void view_term_picture_gone(struct ui_view *v)
{
    if (!v->term)
        return;
    term_picture_gone(v->term->t, &v->term->out);
    surface_touch(v->s);
}

void view_term_notice(struct ui_view *v, const char *id, const char *title, const char *text)
{
    if (v->term->out.len < 8192) /* a stopped terminal gets no heap of them */
        term_notice(v->term->t, config_str(v->ui->env->config, "notify.osc"), id, title,
                    text ? text : "", &v->term->out);
}

static void tell_mouse(struct view_term *vt)
{
    term_set_mouse(vt->t, vt->mouse && !vt->paused, &vt->out);
}

void view_term_mouse(struct ui_view *v)
{
    struct view_term *vt = v->term;
    if (!vt)
        return;
    vt->mouse = !vt->mouse;
    tell_mouse(vt);
    view_say(v, KITH_INFO,
             vt->mouse ? "The mouse is kith's: click a chat or a link, the wheel scrolls; Shift "
                         "selects text in most terminals"
                       : "The mouse is your terminal's again: select and copy as usual");
}

void view_term_take_mouse(struct ui_view *v, bool on)
{
    if (!v->term || v->term->mouse == on)
        return;
    v->term->mouse = on;
    tell_mouse(v->term);
}

void view_term_pause_mouse(struct ui_view *v, bool pause)
{
    if (!v->term || v->term->paused == pause)
        return;
    v->term->paused = pause;
    if (v->term->mouse)
        tell_mouse(v->term);
}

/* ---- examination ---- */

void view_term_env(const struct ui_view *v, struct probe_env *env)
{
    term_probe_env(v->term->t, env);
}

const char *view_term_note(const struct ui_view *v)
{
    return term_note(v->term->t);
}

void view_term_ask(struct ui_view *v, const struct buf *questions, int cursor_reports)
{
    struct view_term *vt = v->term;
    buf_adds(&vt->out, "\x1b"
                       "7");
    buf_add(&vt->out, questions->data, questions->len);
    buf_adds(&vt->out, "\x1b"
                       "8");
    decode_expect_cursor(vt->d, cursor_reports);
    term_redraw(vt->t);
    view_mark(v, DIRTY_ALL);
}

void view_term_redraw(struct ui_view *v)
{
    if (v->term) /* curses, too, must forget what it believes to stand there */
        term_redraw(v->term->t);
    surface_touch(v->s);
    view_mark(v, DIRTY_ALL);
}

void view_term_doctor(struct ui_view *v)
{
    if (v->term)
        view_doctor_start(v, &v->term->doctor);
}

/* ---- life ---- */

void view_term_free(struct view_term *vt)
{
    if (!vt)
        return;
    view_doctor_free(vt->doctor);
    loop_timer_del(vt->esc_timer);
    loop_timer_del(vt->probe_timer);
    decode_free(vt->d);
    term_free(vt->t);
    buf_free(&vt->out);
    free(vt);
}

static struct term *make_term(struct ui *ui, const struct ui_view_params *p, struct err *e)
{
    const struct config *c = ui->env->config;
    struct term_params tp = {.columns = p->columns, .rows = p->rows, .env = p->env};
    tp.terminfo_dir = ui->params.terminfo_dir;
    tp.no_colour = ui->params.no_color;
    tp.colours = config_str(c, "ui.colours");
    tp.keys = str_eq(config_str(c, "terminal.keys"), "plain") ? TERM_KEYS_PLAIN : TERM_KEYS_AUTO;
    tp.mouse = config_bool(c, "terminal.mouse");
    tp.focus = config_bool(c, "terminal.focus");
    tp.links = config_bool(c, "terminal.links");
    tp.no_sync = str_eq(config_str(c, "terminal.sync"), "off");
    return term_new(&tp, e);
}

static char **copy_env(const char *const *env)
{
    size_t n = 0;
    while (env && env[n])
        n++;
    char **out = xcalloc(n + 1, sizeof *out);
    for (size_t i = 0; i < n; i++)
        out[i] = xstrdup(env[i]);
    return out;
}

static void start(struct ui_view *v)
{
    struct view_term *vt = v->term;
    struct probe_env env;
    int64_t now = clock_mono_ms();
    term_probe_env(vt->t, &env);
    term_begin(vt->t, &vt->out);
    if (config_bool(v->ui->env->config, "terminal.probe")) {
        probe_init(&vt->probe, &env, now, &vt->out);
        decode_expect_cursor(vt->d, probe_cursor_reports(&vt->probe));
    } else {
        struct buf unasked = {0};
        probe_init(&vt->probe, &env, now, &unasked);
        buf_free(&unasked);
        vt->settled = true;
    }
    decode_set_latin1(vt->d, !env.utf8);
    const char *restore = term_restore(vt->t);
    v->io.restore(v->user, restore, strlen(restore));
    if (vt->settled || probe_settled(&vt->probe, now)) {
        settle(v);
    } else {
        int64_t wait = MAX(1, vt->probe.deadline - now);
        vt->probe_timer = loop_timer_add(v->ui->env->loop, wait, probe_late, v);
    }
    flush(v);
}

struct ui_view *ui_view_new(struct ui *ui, const struct ui_view_params *p, struct err *e)
{
    struct term *t = make_term(ui, p, e);
    if (!t)
        return NULL;
    struct ui_view *v = view_new(ui, p->columns, p->rows, NULL, false);
    v->io = p->io;
    v->user = p->user;
    v->env = copy_env(p->env);
    v->mux = view_ops.get_env(v, "TMUX") ? "tmux" : view_ops.get_env(v, "STY") ? "screen" : NULL;
    v->term = xcalloc(1, sizeof *v->term);
    v->term->t = t;
    v->term->d = decode_new();
    v->term->mouse = config_bool(ui->env->config, "terminal.mouse");
    start(v);
    if (term_note(t))
        view_say(v, KITH_WARN, term_note(t));
    ui_arm_tick(ui);
    return v;
}

void ui_view_free(struct ui_view *v)
{
    struct ui *ui = v ? v->ui : NULL;
    if (!v)
        return;
    view_free(v);
    ui_arm_tick(ui);
}

/* ---- bytes in ---- */

/* The ground may be another now: it is asked for when the terminal says so (mode 2031), and from
 * those that answered at the start but never say so, when they get the focus. */
static void ask_background(struct ui_view *v)
{
    buf_adds(&v->term->out, "\x1b]11;?\x1b\\");
    flush(v);
}

static void take_reply(struct ui_view *v, const struct decode_event *ev)
{
    struct view_term *vt = v->term;
    if (vt->doctor && vt->settled) { /* these widths are another examination's */
        view_doctor_reply(vt->doctor, ev);
        if (ev->reply == REPLY_CURSOR)
            return;
    }
    bool changed = probe_reply(&vt->probe, ev);
    if (changed && ev->reply == REPLY_APPEARANCE && vt->probe.facts.has_background)
        ask_background(v);
    if (!vt->settled && probe_settled(&vt->probe, clock_mono_ms()))
        settle(v);
    else if (vt->settled && changed)
        take_facts(v);
}

static void take_event(struct ui_view *v, const struct decode_event *ev)
{
    switch (ev->kind) {
    case DECODE_KEY:
        view_key(v, ev->key);
        break;
    case DECODE_PASTE:
        view_paste(v, ev->text, ev->len);
        if (ev->cut)
            view_say(v, KITH_WARN, "The paste was longer than kith takes: its end is missing");
        break;
    case DECODE_FOCUS:
        view_focus_changed(v, ev->on);
        if (ev->on && v->term->probe.facts.has_background && !v->term->probe.facts.appearance)
            ask_background(v);
        break;
    case DECODE_MOUSE:
        view_mouse(v, ev);
        break;
    case DECODE_REPLY:
        take_reply(v, ev);
        break;
    case DECODE_NONE:
        break;
    }
}

static void drain(struct ui_view *v);

static void esc_late(void *user)
{
    struct ui_view *v = user;
    v->term->esc_timer = NULL;
    decode_expire(v->term->d);
    drain(v);
}

static void drain(struct ui_view *v)
{
    struct view_term *vt = v->term;
    struct decode_event ev;
    v->now = v->ui->typing = true;
    while (!v->gone && decode_next(vt->d, &ev))
        take_event(v, &ev);
    v->ui->typing = false;
    loop_timer_del(vt->esc_timer);
    int ms = v->gone ? -1 : decode_wait_ms(vt->d, keymap_timeout_ms(v->ui->env->keymap, "esc"));
    vt->esc_timer = ms >= 0 ? loop_timer_add(v->ui->env->loop, ms, esc_late, v) : NULL;
}

void ui_view_bytes(struct ui_view *v, const char *data, size_t len)
{
    decode_feed(v->term->d, data, len);
    drain(v);
}

void ui_view_resize(struct ui_view *v, int columns, int rows)
{
    v->now = true;
    term_resize(v->term->t, columns, rows);
    view_resize(v, columns, rows);
}

void ui_view_acked(struct ui_view *v)
{
    v->waiting = v->ahead = false;
}

void ui_view_continued(struct ui_view *v)
{
    struct view_term *vt = v->term;
    v->waiting = v->ahead = false;
    v->now = true;
    term_begin(vt->t, &vt->out);
    view_term_redraw(v);
}

/* ---- for others ---- */

char *ui_view_text(struct ui_view *v)
{
    struct buf b = {0};
    view_paint(v);
    surface_dump_text(v->s, &b);
    view_mark(v, DIRTY_STATUS); /* what was painted here has not been shown yet */
    return buf_take(&b);
}

int ui_view_open(struct ui_view *v, const char *uri, struct err *e)
{
    char *line = view_fill("/open $uri", "uri", uri);
    struct cmd_ctx ctx = view_ctx(v);
    int rc = cmd_run(&ctx, line, e);
    if (rc < 0)
        view_say(v, KITH_ERROR, e->text);
    free(line);
    return rc;
}

void ui_view_account(struct ui_view *v, const char *name)
{
    const struct account *a = model_account(v->ui->env->model, name);
    struct chat *first = NULL;
    for (size_t i = 0; a && i < a->n_chats; i++)
        if (a->chats[i]->open && (!first || a->chats[i]->number < first->number))
            first = a->chats[i];
    char *text = NULL;
    if (!a)
        text = xasprintf("there is no account %s", name);
    else if (!first)
        text = xasprintf("account %s has no open chat yet", name);
    if (text)
        view_say(v, KITH_WARN, text);
    else
        view_show(v, first);
    free(text);
}
