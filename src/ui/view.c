/* ui/view.c - one attached terminal: life and painting, each pane only when something in it changed
 */
#include "ui/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ui/down.h"
#include "ui/format.h"
#include "ui/input.h"
#include "ui/status.h"

struct ui_view *view_new(struct ui *ui, int w, int h, const struct cell_rules *rules, bool ascii)
{
    struct ui_view *v = xcalloc(1, sizeof *v);
    v->ui = ui;
    v->g = glyphs_get(ascii);
    v->s = surface_new(w, h, rules, ui_theme(ui, false));
    v->editor = editor_new(ui_history(ui, 0));
    v->terminal_focused = true;
    v->dirty = DIRTY_ALL;
    VEC_PUSH(ui->views, ui->n_views, ui->cap_views, v);
    if (ui->n_views == 1)
        down_attached(ui->env, true);
    down_looks(ui->env, v, true);
    if (ui->first_run)
        first_run_open(v);
    view_first_chat(v);
    if (ui->n_views == 1)
        view_splits_restore(v);
    view_open_asks(v);
    if (ui->unseen) {
        view_say(v, ui->unseen_level, ui->unseen);
        str_set(&ui->unseen, NULL);
    }
    return v;
}

static void leave_list(struct ui_view *v)
{
    struct ui *ui = v->ui;
    for (size_t i = 0; i < ui->n_views; i++) {
        if (ui->views[i] == v) {
            VEC_DEL(ui->views, ui->n_views, i);
            return;
        }
    }
}

void view_free(struct ui_view *v)
{
    leave_list(v);
    if (v->ui->n_views == 0)
        view_splits_save(v);
    if (v->ui->n_views == 0)
        down_attached(v->ui->env, false);
    down_gone(v->ui->env, v);
    view_save_draft(v);
    down_attention(v->ui->env, v, NULL, false, false);
    cmd_view_gone(v->ui->env, v);
    v->ui->last_chat = v->chat_id;
    v->ui->last_anchor = v->chat.anchor;
    v->ui->last_skip = v->chat.skip;
    loop_timer_del(v->typing_timer);
    loop_timer_del(v->pace);
    loop_timer_del(v->chord_timer);
    loop_timer_del(v->popup_timer);
    vi_free(&v->vi);
    free(v->aside.text);
    loop_timer_del(v->notice_timer);
    loop_timer_del(v->verbs_timer);
    view_object_close(v);
    view_labels_close(v);
    free(v->jump_ref);
    popup_close(&v->popup);
    dialog_close(&v->dialog);
    dialog_close(&v->kept);
    if (v->wizard.account) /* there is one: the next terminal asks what is still to be asked */
        v->ui->first_run = false;
    wizard_close(&v->wizard);
    switcher_close(&v->switcher);
    view_finder_free(v);
    view_rows_close(v);
    help_close(&v->help);
    page_close(&v->page);
    encrypt_close(&v->encrypt);
    viewer_close(&v->viewer);
    themes_close(&v->themes);
    chat_free_pane(&v->chat);
    view_splits_free(v);
    list_free(&v->list);
    members_free(&v->members);
    editor_free(v->editor);
    buf_free(&v->search.needle);
    buf_free(&v->paste);
    free(v->search.kept);
    free(v->notice);
    free(v->repeat);
    free(v->repeat_answer);
    for (char **e = v->env; e && *e; e++)
        free(*e);
    free(v->env);
    view_term_free(v->term);
    surface_free(v->s);
    theme_free(v->preview);
    free(v);
}

void view_mark(struct ui_view *v, unsigned dirty)
{
    v->dirty |= dirty;
}

void view_resize(struct ui_view *v, int w, int h)
{
    surface_resize(v->s, w, h);
    view_mark(v, DIRTY_ALL);
}

/* Terminals whose fonts lack the shapes of presence, whatever the locale says. */
static bool poor_font(const struct ui_view *v)
{
    const char *term = view_ops.get_env((void *)(uintptr_t)v, "TERM");
    return term && (str_starts(term, "vt") || str_starts(term, "linux") ||
                    str_starts(term, "ansi") || str_starts(term, "cons"));
}

const struct theme *view_theme(struct ui_view *v)
{
    return v->preview ? v->preview : ui_theme(v->ui, v->light);
}

void view_new_theme(struct ui_view *v)
{
    const char *glyphs = config_str(v->ui->env->config, "ui.glyphs");
    const struct theme *t = view_theme(v);
    bool wide = v->s->rules.ambiguous_wide || v->s->rules.no_utf8;
    if (str_eq(glyphs, "auto")) {
        glyphs = t ? theme_glyphs(t) : "unicode";
        wide |= poor_font(v);
    }
    v->g = glyphs_get(wide || str_eq(glyphs, "ascii"));
    view_term_theme(v);
    surface_set_theme(v->s, t);
    view_drop_caches(v);
    v->page.width = 0;
    view_mark(v, DIRTY_ALL);
}

struct pane_env view_env(struct ui_view *v, bool focused)
{
    struct cmd_env *env = v->ui->env;
    struct picture_ask picture;
    view_term_pictures(v, &picture, false);
    return (struct pane_env){.cmd = env,
                             .picture = picture,
                             .model = env->model,
                             .s = v->s,
                             .g = v->g,
                             .wall_ms = v->ui->fixed_ms ? v->ui->fixed_ms : clock_wall_ms(),
                             .mono_ms = v->ui->fixed_ms ? v->ui->fixed_ms : clock_mono_ms(),
                             .chat = view_current(v),
                             .focused = focused};
}

const char *view_mode(const struct ui_view *v)
{
    if (v->labels.on)
        return "LABELS";
    switch (v->focus) {
    case FOCUS_SELECT:
        return "SELECT";
    case FOCUS_LIST:
        return "LIST";
    case FOCUS_MEMBERS:
        return "MEMBERS";
    case FOCUS_INPUT:
        break;
    }
    if (!view_is_vi(v))
        return NULL;
    return v->vi.normal ? "NORMAL" : "INSERT";
}

/* ---- places ---- */

static int notice_rows(const struct ui_view *v)
{
    if (!v->notice)
        return 0;
    int cells = cells_width(&v->s->rules, v->notice, strlen(v->notice)), w = MAX(1, v->s->w - 3);
    return MIN(3, (cells + w - 1) / w);
}

static bool has_reply(const struct chat *c)
{
    return c && (c->draft.reply_to || c->draft.editing);
}

static struct layout_wants wants(struct ui_view *v, const struct pane_env *env)
{
    const struct config *cfg = env->cmd->config;
    struct layout_wants w = {0};
    w.list = (config_bool(cfg, "ui.list.show") || v->focus == FOCUS_LIST);
    w.members = !v->members_off && (config_bool(cfg, "ui.members.show") || v->members_on);
    w.room = env->chat && env->chat->kind == KITH_CHAT_ROOM && env->chat->n_members > 0;
    w.list_front = v->focus == FOCUS_LIST;
    w.members_front = w.room && w.members && (v->focus == FOCUS_MEMBERS || v->members_on);
    if (v->s->w < LAYOUT_SINGLE)
        w.members_front = w.room && v->focus == FOCUS_MEMBERS;
    w.hints = config_bool(cfg, "ui.hints") && !v->hints_off;
    w.list_width = (int)config_int(cfg, "ui.list.width");
    w.members_width = (int)config_int(cfg, "ui.members.width");
    w.list_hide_below = (int)config_int(cfg, "ui.list.hide_below");
    w.members_hide_below = v->members_on ? 1 : (int)config_int(cfg, "ui.members.hide_below");
    if (v->splits && !v->members_on)
        w.members = false;
    w.chat_least = v->focus == FOCUS_LIST ? 0 : view_splits_width(v);
    w.input_lines =
        MIN(input_rows(env, v->editor, v->s->w), (int)config_int(cfg, "ui.input.max_lines"));
    w.notice_lines = notice_rows(v);
    w.reply_lines = has_reply(env->chat) ? 1 : 0;
    return w;
}

static bool aligned(const struct ui_view *v)
{
    const char *how = config_str(v->ui->env->config, "ui.chat.layout");
    if (str_eq(how, "blocks"))
        return false;
    return str_eq(how, "aligned") || v->l.aligned;
}

/* ---- panes ---- */

static void paint_border(struct ui_view *v, struct rect r)
{
    surface_fill(v->s, r, ROLE_LIST_BORDER);
    for (int y = r.y; r.w > 0 && y < r.y + r.h; y++)
        surface_puts(v->s, r, r.x, y, v->g->vline, ROLE_LIST_BORDER);
}

static void paint_list(struct ui_view *v, struct pane_env env)
{
    env.focused = v->focus == FOCUS_LIST;
    if (v->l.list.w > 0) {
        list_recalc(&v->list, &env);
        list_repaint(&v->list, &env, v->l.list);
        paint_border(v, v->l.list_border);
    }
}

static void paint_notice(struct ui_view *v, const struct pane_env *env)
{
    struct rect r = v->l.notice;
    if (r.h < 1 || !v->notice)
        return;
    uint16_t style = v->notice_level >= KITH_WARN ? ROLE_INPUT_ERROR : ROLE_INPUT_NOTE;
    struct rich rich = {0};
    struct wrap wrap = {0};
    if (v->notice_level >= KITH_ERROR)
        buf_addf(&rich.text, "%s ", env->g->failed);
    rich_adds(&rich, (uint8_t)style, v->notice);
    wrap_text(&wrap, &rich, &(struct wrap_width){MAX(1, r.w - 2), 0, (size_t)r.h}, &v->s->rules);
    surface_fill(v->s, r, style);
    for (int y = 0; y < r.h && (size_t)y < wrap.n; y++)
        surface_put(v->s, r, r.x + 1, r.y + y, buf_str(&rich.text) + wrap.lines[y].from,
                    wrap.lines[y].to - wrap.lines[y].from, style);
    rich_free(&rich);
    wrap_free(&wrap);
}

static void paint_reply(struct ui_view *v, const struct pane_env *env)
{
    struct rect r = v->l.reply;
    if (r.h < 1 || !has_reply(env->chat))
        return;
    const struct draft *d = &env->chat->draft;
    struct buf b = {0};
    const struct message *m = chat_message(env->chat, d->editing ? d->editing : d->reply_to);
    surface_fill(v->s, r, ROLE_INPUT_NOTE);
    buf_addf(&b, "%s ", env->g->quote);
    if (d->editing) {
        format_words(&b, env->g, WORD_EDITING, NULL, NULL);
        format_quote(&b, env->g, m);
    } else {
        char name[FORMAT_AUTHOR_MAX];
        format_words(&b, env->g, WORD_REPLYING, m ? format_author(name, m) : "?", NULL);
        if (m && !m->retracted)
            runs_add_covered(&b, m->body, m->revealed ? NULL : m->spans);
    }
    for (size_t i = 0; i < b.len; i++)
        if (b.data[i] == '\n')
            b.data[i] = ' ';
    struct buf drop = {0};
    format_words(&drop, env->g, WORD_DROP_REPLY, NULL, NULL);
    int w = r.w > 50 ? (int)drop.len + 2 : 0;
    surface_put_cut(v->s, r, r.x + 1, r.y, r.w - 2 - w, buf_str(&b), ROLE_INPUT_NOTE, env->g->more);
    if (w)
        surface_puts(v->s, r, r.x + r.w - 1 - (int)drop.len, r.y, buf_str(&drop), ROLE_INPUT_NOTE);
    buf_free(&drop);
    buf_free(&b);
}

static void paint_input(struct ui_view *v, struct pane_env env)
{
    env.focused = v->focus == FOCUS_INPUT && !view_modal(v);
    struct buf note = {0}, prompt = {0};
    size_t lines = editor_lines(v->editor);
    if (lines > 1)
        format_count(&note, v->g, v->pasted ? WORD_KEPT : WORD_LINES, (int64_t)lines);
    if (v->search.active)
        buf_addf(&prompt, "search: %s%s", buf_str(&v->search.needle),
                 v->search.at < 0 ? " (none)" : "");
    if (v->focus != FOCUS_LIST || !v->list.filtering)
        surface_cursor(v->s, -1, -1);
    v->s->cursor = view_vi_normal(v) ? CURSOR_BLOCK : CURSOR_BAR;
    input_repaint(&env, v->l.input, v->editor, v->search.active ? buf_str(&prompt) : NULL,
                  buf_str(&note));
    if (v->splits && env.chat && editor_empty(v->editor) && !v->search.active && v->l.input.h > 0) {
        buf_clear(&note); /* to whom, for there are several */
        buf_addf(&note, "to %s", chat_title(env.chat));
        surface_put_cut(v->s, v->l.input, v->l.input.x + 3, v->l.input.y, v->l.input.w - 4,
                        buf_str(&note), ROLE_INPUT_NOTE, env.g->more);
    }
    paint_notice(v, &env);
    paint_reply(v, &env);
    buf_free(&note);
    buf_free(&prompt);
}

static void paint_status(struct ui_view *v, struct pane_env env)
{
    struct buf chord = {0};
    if (v->l.status.h < 1)
        return;
    const char *mode = view_mode(v);
    if (v->n_chord > 0) {
        pane_key_label(&chord, v->chord, v->n_chord);
        const char *name = keymap_prefix_name(env.cmd->keymap, v->chord[0]);
        buf_addf(&chord, " %s%s", name ? name : "", v->g->more);
        mode = buf_str(&chord);
    }
    struct buf secure = {0}; /* the title has no row: what it says of encryption must not be lost */
    uint8_t role;
    if (v->l.title_in_status && env.chat)
        format_encryption(&secure, v->g, env.chat, &role);
    struct buf split = {0}, where = {0};
    view_splits_status(v, &split);
    view_select_where(v, &where);
    status_repaint(&env, v->l.status, mode, where.len ? buf_str(&where) : NULL,
                   chat_below(&v->chat, &env), buf_str(&secure), buf_str(&split));
    buf_free(&where);
    buf_free(&split);
    buf_free(&secure);
    buf_free(&chord);
}

/* Without what this chat cannot do. */
static void paint_fitting(struct ui_view *v, const struct pane_env *env, const struct hint *all,
                          size_t n)
{
    struct hint fitting[8];
    struct cmd_ctx ctx = view_ctx(v);
    size_t kept = 0;
    for (size_t i = 0; i < n && kept < COUNT(fitting); i++) {
        struct err why = {0};
        if (cmd_fits(&ctx, NULL, all[i].command, &why) != KITH_EUNSUP)
            fitting[kept++] = all[i];
    }
    hint_repaint(env, v->l.hint, fitting, kept);
}

static void paint_hint(struct ui_view *v, struct pane_env env)
{
    static const struct hint writing[] = {{CTX_INPUT, "/edit-line send", "send", 1},
                                          {CTX_INPUT, "/edit-line newline", "new line", 4},
                                          {CTX_INPUT, "/edit-line complete", "complete", 5},
                                          {CTX_CHAT, "/panel select", "select message", 7},
                                          {CTX_GLOBAL, "/switch", "switch", 2},
                                          {CTX_GLOBAL, "/toggle list", "list", 6},
                                          {CTX_GLOBAL, "/help", "help", 0}};
    static const struct hint listing[] = {
        {CTX_LIST, "/popup accept", "open", 0}, {CTX_LIST, "/popup filter", "filter", 1},
        {CTX_LIST, "/popup fold", "fold", 4},   {CTX_LIST, "/popup unfold", "unfold", 5},
        {CTX_LIST, "/popup cancel", "back", 2}, {CTX_GLOBAL, "/switch", "switch", 6},
        {CTX_GLOBAL, "/help", "help", 3}};
    static const struct hint selecting[] = {
        {CTX_SELECT, "/reply $msg", "reply", 1}, {CTX_SELECT, "/panel react", "react", 5},
        {CTX_SELECT, "/copy $msg", "copy", 2},   {CTX_SELECT, "/open $msg", "open", 3},
        {CTX_SELECT, "/panel keys", "more", 4},  {CTX_SELECT, "/popup cancel", "type", 0}};
    static const struct hint labelling[] = {{CTX_LABEL, "/popup back", "back", 1},
                                            {CTX_LABEL, "/popup cancel", "type", 0}};
    static const struct hint normal[] = {{CTX_VI_NORMAL, "/vi insert", "insert", 0},
                                         {CTX_VI_NORMAL, "/edit-line command", "command", 1},
                                         {CTX_VI_NORMAL, "/vi up", "select message", 4},
                                         {CTX_GLOBAL, "/switch", "switch", 2},
                                         {CTX_VI_NORMAL, "/window next -active", "next active", 6},
                                         {CTX_GLOBAL, "/toggle list", "list", 5},
                                         {CTX_GLOBAL, "/help", "help", 3}};
    if (v->l.hint.h < 1)
        return;
    if (v->n_chord > 0) {
        enum key_context ctx[N_KEY_CONTEXTS];
        size_t n = view_contexts(v, ctx);
        hint_chord(&env, v->l.hint, ctx, n, v->chord, v->n_chord);
        return;
    }
    if (v->labels.on)
        hint_repaint(&env, v->l.hint, labelling, COUNT(labelling));
    else if (v->focus == FOCUS_LIST)
        hint_repaint(&env, v->l.hint, listing, COUNT(listing));
    else if (v->focus == FOCUS_SELECT)
        paint_fitting(v, &env, selecting, COUNT(selecting));
    else if (view_vi_normal(v))
        hint_repaint(&env, v->l.hint, normal, COUNT(normal));
    else
        hint_repaint(&env, v->l.hint, writing, COUNT(writing));
}

static void set_title(struct ui_view *v)
{
    unsigned unread = 0;
    const struct model *m = v->ui->env->model;
    for (size_t i = 0; i < m->n_accounts; i++)
        for (size_t j = 0; j < m->accounts[i]->n_chats; j++)
            if (!(m->accounts[i]->chats[j]->flags & KITH_CHAT_MUTED))
                unread += m->accounts[i]->chats[j]->unread;
    const char *how = config_str(v->ui->env->config, "terminal.title");
    const struct chat *c = str_eq(how, "count") ? NULL : view_current(v);
    char *title = unread ? xasprintf("kith (%u)%s%s", unread, c ? " " : "", c ? chat_title(c) : "")
                         : xasprintf("kith%s%s", c ? " " : "", c ? chat_title(c) : "");
    if (str_eq(how, "off"))
        str_set(&v->s->title, NULL);
    else
        str_set(&v->s->title, title);
    free(title);
}

static void paint_too_small(struct ui_view *v)
{
    struct rect all = {0, 0, v->s->w, v->s->h};
    char size[32];
    struct buf b = {0};
    snprintf(size, sizeof size, "%dx%d", v->s->w, v->s->h);
    format_words(&b, v->g, WORD_TOO_SMALL, size, NULL);
    surface_fill(v->s, all, ROLE_BASE);
    surface_cursor(v->s, -1, -1);
    struct rich rich = {0};
    struct wrap wrap = {0};
    rich_adds(&rich, ROLE_BASE, buf_str(&b));
    wrap_text(&wrap, &rich, &(struct wrap_width){all.w, 0, (size_t)all.h}, &v->s->rules);
    for (size_t i = 0; i < wrap.n; i++)
        surface_put(v->s, all, 0, (int)i, buf_str(&rich.text) + wrap.lines[i].from,
                    wrap.lines[i].to - wrap.lines[i].from, ROLE_BASE);
    rich_free(&rich);
    wrap_free(&wrap);
    buf_free(&b);
}

static void paint_panes(struct ui_view *v, struct pane_env env)
{
    if (v->dirty & DIRTY_LIST)
        paint_list(v, env);
    if (view_splits_shown(v))
        view_paint_splits(v, &env);
    else if (v->dirty & DIRTY_TITLE && v->l.title.h > 0)
        title_repaint(&env, v->l.title, v->l.single);
    if (!view_splits_shown(v) && v->dirty & DIRTY_CHAT && v->l.chat.h > 0)
        chat_repaint(&v->chat, &env, v->l.chat, aligned(v));
    if (v->dirty & DIRTY_MEMBERS && v->l.members.w > 0) {
        struct pane_env m = env;
        m.focused = v->focus == FOCUS_MEMBERS;
        members_repaint(&v->members, &m, v->l.members);
        paint_border(v, v->l.members_border);
    }
    if (v->dirty & (DIRTY_STATUS | DIRTY_CHAT))
        paint_status(v, env);
    if (v->dirty & DIRTY_INPUT)
        paint_input(v, env);
    if (v->dirty & DIRTY_HINT)
        paint_hint(v, env);
}

static void paint(struct ui_view *v)
{
    struct rect all = {0, 0, v->s->w, v->s->h};
    if (surface_begin(v->s) || v->epoch != v->s->epoch)
        v->dirty = DIRTY_ALL;
    v->epoch = v->s->epoch;
    struct pane_env env = view_env(v, false);
    struct layout before = v->l;
    struct layout_wants w = wants(v, &env);
    layout_compute(&v->l, v->s->w, v->s->h, &w);
    view_splits_place(v);
    bool over = v->popup.open || v->whichkey || v->verbs || v->menu || v->object.open || v->labels.on;
    if (view_modal(v) || over || memcmp(&before, &v->l, sizeof before) != 0)
        v->dirty = DIRTY_ALL;
    memset(v->s->goes_on, 0, (size_t)v->s->h * sizeof *v->s->goes_on);
    if (v->l.too_small) {
        paint_too_small(v);
    } else if (v->bare.open) {
        bare_repaint(&v->bare, &env, all);
        v->chat.at_top = v->bare.at_top;
    } else if (v->wizard.open) {
        wizard_repaint(&v->wizard, &env, all);
        view_paint_over(v, &env, all);
    } else {
        if (v->dirty == DIRTY_ALL) {
            surface_fill(v->s, all, ROLE_BASE);
            v->later = 0;
        }
        if (v->labels.on) {
            view_labels_begin(v);
            env.targets = &v->labels.list;
        }
        paint_panes(v, env);
        if (v->labels.on && !view_labels_end(v)) { /* nothing to choose: it says so */
            paint(v);
            return;
        }
        view_paint_over(v, &env, all);
    }
    if (v->dirty & (DIRTY_LIST | DIRTY_TITLE))
        set_title(v);
    v->dirty = 0;
}

/* A new picture may bring more styles than there is room for beside those of the ones before. */
void view_paint_own(struct ui_view *v)
{
    paint(v);
    if (surface_full(v->s))
        paint(v);
}

void view_paint(struct ui_view *v)
{
    v->dirty |= v->later;
    v->later = 0;
    view_paint_own(v);
}
