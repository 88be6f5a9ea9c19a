/* ui/view_keys.c - from keys to command lines: contexts, chords, and what is text */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "ui/down.h"
#include "ui/format.h"
#include "ui/view.h"

bool view_modal(const struct ui_view *v)
{
    return v->dialog.open || v->wizard.open || v->switcher.open || v->help.open || v->page.open ||
           v->themes.open || v->bare.open || v->inbox.open || v->encrypt.open || v->finder.open ||
           v->rows.open || v->viewer.open;
}

static size_t put_contexts(enum key_context *out, const enum key_context *list, size_t n)
{
    memcpy(out, list, n * sizeof *list);
    return n;
}

size_t view_contexts(const struct ui_view *v, enum key_context out[N_KEY_CONTEXTS])
{
#define STACK(...)                                                                                 \
    put_contexts(out, (const enum key_context[]){__VA_ARGS__},                                     \
                 sizeof((const enum key_context[]){__VA_ARGS__}) / sizeof(enum key_context))
    if (v->dialog.open || v->wizard.open)
        return STACK(CTX_DIALOG, CTX_INPUT);
    if (v->viewer.open)
        return STACK(CTX_VIEWER);
    if (v->switcher.open || v->themes.open)
        return STACK(CTX_SWITCHER, CTX_INPUT);
    if (v->help.open)
        return STACK(CTX_HELP, CTX_INPUT);
    if (v->page.open || v->bare.open)
        return STACK(CTX_VIEWER);
    if (v->inbox.open)
        return STACK(CTX_INBOX);
    if (v->encrypt.open)
        return STACK(CTX_ENCRYPT);
    if (v->rows.open)
        return STACK(CTX_ROWS, CTX_INPUT);
    if (v->finder.open && v->finder.editing)
        return STACK(CTX_SWITCHER, CTX_INPUT);
    if (v->finder.open)
        return STACK(CTX_SEARCH);
    if (v->labels.on)
        return STACK(CTX_LABEL);
    if (v->object.open)
        return STACK(v->object.context, CTX_CHAT, CTX_GLOBAL);
    if (v->menu && v->focus == FOCUS_SELECT)
        return STACK(CTX_POPUP, CTX_SELECT, CTX_CHAT, CTX_GLOBAL);
    if (v->popup.open)
        return STACK(CTX_POPUP, CTX_INPUT, CTX_CHAT, CTX_GLOBAL);
    switch (v->focus) {
    case FOCUS_LIST:
        return STACK(CTX_LIST, CTX_GLOBAL);
    case FOCUS_MEMBERS:
        return STACK(CTX_MEMBERS, CTX_GLOBAL);
    case FOCUS_SELECT:
        return STACK(CTX_SELECT, CTX_CHAT, CTX_GLOBAL);
    case FOCUS_INPUT:
        break;
    }
    if (view_vi_normal(v))
        return STACK(CTX_VI_NORMAL, CTX_INPUT, CTX_CHAT, CTX_GLOBAL);
    return STACK(CTX_INPUT, CTX_CHAT, CTX_GLOBAL);
#undef STACK
}

/* ---- running ---- */

char *view_fill(const char *line, const char *name, const char *value)
{
    struct buf b = {0};
    size_t n = strlen(name);
    while (*line) {
        if (*line == '$' && strncmp(line + 1, name, n) == 0) {
            pane_quote(&b, value);
            line += 1 + n;
        } else {
            buf_addc(&b, *line++);
        }
    }
    return buf_take(&b);
}

struct cmd_ctx view_ctx(struct ui_view *v)
{
    struct cmd_ctx ctx = {
        .env = v->ui->env, .view = &view_ops, .view_data = v, .chat = view_current(v)};
    ctx.account = ctx.chat ? ctx.chat->account : NULL;
    const struct inbox_item *item =
        v->inbox.open && !v->dialog.open ? inbox_current(&v->inbox, v->ui->env->model) : NULL;
    if (item) {
        ctx.chat = model_chat_by_id(v->ui->env->model, item->chat);
        ctx.account = ctx.chat ? ctx.chat->account : NULL;
        ctx.message = item->message;
        return ctx;
    }
    const struct find_hit *hit = v->finder.open ? finder_current(&v->finder) : NULL;
    if (hit) {
        ctx.chat = model_chat_by_id(v->ui->env->model, hit->chat);
        ctx.account = ctx.chat ? ctx.chat->account : NULL;
        ctx.message = hit->message;
        return ctx;
    }
    if (v->encrypt.open)
        ctx.device = encrypt_current(&v->encrypt, ctx.chat);
    if (v->focus == FOCUS_SELECT)
        ctx.message = v->chat.selected;
    if (v->focus == FOCUS_MEMBERS)
        ctx.nick = members_current(&v->members);
    if (v->object.open) {
        ctx.message = v->object.message;
        ctx.number = v->object.number;
        ctx.url = v->object.url;
        ctx.nick = v->object.nick;
        ctx.reaction = v->object.reaction;
    }
    return ctx;
}

static void run_ctx(struct ui_view *v, struct cmd_ctx *ctx, const char *line)
{
    struct err e = {0};
    if (cmd_run(ctx, line, &e) < 0)
        view_say(v, KITH_ERROR, e.text);
}

void view_run(struct ui_view *v, const char *line)
{
    struct cmd_ctx ctx = view_ctx(v);
    run_ctx(v, &ctx, line);
}

void view_run_for(struct ui_view *v, struct account *a, struct chat *c, int64_t message,
                  const char *line)
{
    struct cmd_ctx ctx = view_ctx(v);
    ctx.chat = c;
    ctx.account = a ? a : c ? c->account : NULL;
    ctx.message = message;
    run_ctx(v, &ctx, line);
}

/* In the buddy list a command is about the row under the cursor. */
static void run_in_list(struct ui_view *v, const char *line)
{
    struct pane_env env = view_env(v, true);
    const struct list_row *row = list_current(&v->list, &env);
    if (!row || row->kind == LIST_GROUP || row->kind == LIST_ASK || row->kind == LIST_STRANGERS) {
        view_run(v, line);
        return;
    }
    if (row->kind == LIST_CONTACT && !row->chat) {
        struct cmd_ctx ctx = view_ctx(v);
        char *who = xstrdup(row->contact->address);
        ctx.chat = NULL;
        ctx.account = row->account;
        ctx.message = 0;
        ctx.who = who;
        run_ctx(v, &ctx, line);
        free(who);
        return;
    }
    view_run_for(v, row->account, row->chat, 0, line);
}

/* Of the screen alone: these change nothing that could be done again. */
static bool is_local(const char *line)
{
    return str_starts(line, "/popup") || str_starts(line, "/edit-line") ||
           str_starts(line, "/panel") || str_starts(line, "/scroll") || str_starts(line, "/jump") ||
           str_starts(line, "/labels");
}

void view_run_verb(struct ui_view *v, enum key_context context, const char *line)
{
    bool object = v->object.open && !str_starts(line, "/popup");
    bool verb = context == CTX_SELECT || (context == CTX_REACT && v->focus == FOCUS_SELECT);
    struct cmd_ctx ctx = view_ctx(v);
    const struct message *m =
        verb && ctx.chat && ctx.message ? chat_message(ctx.chat, ctx.message) : NULL;
    struct err why = {0};
    if (m && cmd_fits(&ctx, m, line, &why) < 0) { /* before anything is asked */
        view_say(v, KITH_ERROR, why.text);
        return;
    }
    if (verb && !is_local(line)) {
        str_set(&v->repeat, line);
        str_set(&v->repeat_answer, NULL);
    }
    view_run(v, line);
    if (object) /* done with it, or given up: the next key means what it always means */
        view_object_close(v);
}

static void run_binding(struct ui_view *v, const struct binding *b)
{
    char *line = xstrdup(b->command); /* the command may rebind keys */
    if (v->focus == FOCUS_LIST && !view_modal(v) && b->context == CTX_LIST && !is_local(line))
        run_in_list(v, line);
    else
        view_run_verb(v, b->context, line);
    free(line);
}

static void say_words(struct ui_view *v, enum kith_level level, enum wording w, const char *arg)
{
    struct buf words = {0};
    format_words(&words, v->g, w, arg, NULL);
    view_say(v, level, buf_str(&words));
    buf_free(&words);
}

/* ---- text ---- */

void view_text(struct ui_view *v, const char *text, size_t len)
{
    struct pane_env env = view_env(v, true);
    if (v->labels.on && !view_modal(v)) {
        view_labels_text(v, text, len);
    } else if (v->object.open && !view_modal(v)) {
        say_words(v, KITH_INFO, WORD_CHOOSE_VERB, NULL);
    } else if (v->dialog.open) {
        if (dialog_key(&v->dialog, text, len))
            view_popup(v, "accept");
        else if (!dialog_wake(&v->dialog))
            form_insert(&v->dialog.form, text, len, false);
    } else if (v->wizard.open) {
        wizard_text(&v->wizard, text, len, false);
    } else if (v->viewer.open) {
        return;
    } else if (v->switcher.open) {
        editor_insert(v->switcher.query, text, len);
        switcher_changed(&v->switcher);
    } else if (v->themes.open) {
        editor_insert(v->themes.filter, text, len);
        themes_changed(&v->themes);
        view_preview(v);
    } else if (v->help.open) {
        editor_insert(v->help.filter, text, len);
    } else if (v->page.open || v->inbox.open || v->encrypt.open) {
        return;
    } else if (view_rows_text(v, text, len, false) || view_finder_text(v, text, len, false)) {
        return;
    } else if (v->bare.open) { /* any key that is not for scrolling ends it */
        view_bare(v, false);
    } else if (v->focus == FOCUS_LIST) {
        if (!list_text(&v->list, &env, text, len))
            say_words(v, KITH_INFO, WORD_LIST_TEXT, NULL);
        view_mark(v, DIRTY_LIST);
    } else if (v->focus == FOCUS_INPUT && !view_search_text(v, text, len)) {
        if (!editor_insert(v->editor, text, len))
            say_words(v, KITH_WARN, WORD_TOO_LONG, NULL);
        view_edited(v);
    }
}

void view_paste(struct ui_view *v, const char *text, size_t len)
{
    view_say_clear(v);
    view_mark(v, DIRTY_ALL);
    if (v->dialog.open) {
        if (!dialog_wake(&v->dialog))
            form_insert(&v->dialog.form, text, len, true);
    } else if (v->wizard.open) {
        wizard_text(&v->wizard, text, len, true);
    } else if (v->switcher.open) {
        editor_paste(v->switcher.query, text, len);
        switcher_changed(&v->switcher);
    } else if (view_rows_text(v, text, len, true) || view_finder_text(v, text, len, true)) {
        return;
    } else { /* below what only shows something, too: nothing that was pasted is lost */
        view_search_end(v, true);
        popup_close(&v->popup);
        view_labels_close(v);
        view_select_leave(v);
        if (!view_paste_asks(v, text, len))
            view_paste_insert(v, text, len);
    }
}

void view_focus_changed(struct ui_view *v, bool focused)
{
    v->terminal_focused = focused;
    down_looks(v->ui->env, v, focused);
    view_attend(v);
}

/* ---- keys ---- */

static bool is_text(struct key k)
{
    return k.code < 0x110000 && k.code >= 0x20 && k.code != 0x7f &&
           (k.mods & (KEYM_CTRL | KEYM_ALT)) == 0;
}

static void end_chord(struct ui_view *v)
{
    if (v->n_chord > 0)
        view_mark(v, v->whichkey ? DIRTY_ALL : DIRTY_STATUS | DIRTY_HINT);
    v->n_chord = 0;
    v->whichkey = false;
    loop_timer_del(v->chord_timer);
    loop_timer_del(v->popup_timer);
    v->chord_timer = v->popup_timer = NULL;
}

struct key_where view_where(const struct ui_view *v)
{
    struct key_where w = {.inside = v->mux};
    const struct chat *c = view_current(v);
    if (c) {
        w.account = c->account->name;
        w.protocol = c->account->protocol;
        w.chat = c->address;
    }
    return w;
}

static const struct binding *find_chord(struct ui_view *v, bool *prefix)
{
    enum key_context ctx[N_KEY_CONTEXTS];
    size_t n = view_contexts(v, ctx);
    struct key_where where = view_where(v);
    return keymap_find(v->ui->env->keymap, ctx, n, v->chord, v->n_chord, &where, prefix);
}

static void show_whichkey(void *user)
{
    struct ui_view *v = user;
    v->popup_timer = NULL;
    v->whichkey = true;
    v->now = true;
    view_mark(v, DIRTY_ALL);
}

static void insert_key(struct ui_view *v, struct key k)
{
    char text[4];
    size_t n = utf8_encode(k.code, text);
    view_text(v, text, n);
}

static void not_bound(struct ui_view *v, const struct key *chord, size_t n)
{
    struct buf name = {0};
    pane_key_label(&name, chord, n);
    say_words(v, KITH_INFO, WORD_NOT_BOUND, buf_str(&name));
    buf_free(&name);
}

static bool all_text(const struct key *chord, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!is_text(chord[i]))
            return false;
    return true;
}

/* A key that by itself gives something up (Esc, Ctrl-g) gives up a chord as well. */
static bool gives_up(struct ui_view *v, struct key k)
{
    enum key_context ctx[N_KEY_CONTEXTS];
    size_t n = view_contexts(v, ctx);
    struct key_where where = view_where(v);
    bool prefix;
    const struct binding *b = keymap_find(v->ui->env->keymap, ctx, n, &k, 1, &where, &prefix);
    return k.code == KEYC_ESC || (b && str_ends(b->command, " cancel"));
}

/* Ends the chord: b is what it runs, or NULL. Letters that were the beginning of nothing are text
 * where text goes. */
static void run_chord(struct ui_view *v, const struct binding *b)
{
    struct key chord[KEY_CHORD_MAX];
    size_t n = v->n_chord;
    memcpy(chord, v->chord, sizeof chord);
    end_chord(v);
    bool to_input = v->focus == FOCUS_INPUT && !view_vi_normal(v);
    if (b && !str_empty(b->command)) {
        run_binding(v, b);
    } else if (all_text(chord, n) && (n == 1 ? !view_vi_normal(v) || view_modal(v) : to_input)) {
        for (size_t i = 0; i < n; i++)
            insert_key(v, chord[i]);
    } else if (v->bare.open) {
        view_bare(v, false);
    } else if (!view_modal(v) && !(n > 1 && gives_up(v, chord[n - 1]))) {
        vi_drop(&v->vi);
        not_bound(v, chord, n);
    }
}

/* Nothing more came: a shorter chord is what was meant, or letters. While the popup shows what may
 * follow, it waits. */
static void chord_expired(void *user)
{
    struct ui_view *v = user;
    bool prefix;
    v->chord_timer = NULL;
    const struct binding *b = find_chord(v, &prefix);
    if (!b && v->whichkey && !view_modal(v))
        return;
    v->now = true;
    if (b || all_text(v->chord, v->n_chord))
        run_chord(v, b);
    else
        end_chord(v);
}

static void wait_for_chord(struct ui_view *v)
{
    const struct keymap *k = v->ui->env->keymap;
    int ms = keymap_timeout_ms(k, "chord"), popup = keymap_timeout_ms(k, "popup");
    struct loop *loop = v->ui->env->loop;
    loop_timer_del(v->chord_timer);
    v->chord_timer = ms > 0 && loop ? loop_timer_add(loop, ms, chord_expired, v) : NULL;
    if (popup >= 0 && !v->whichkey && whichkey_is_new(v->ui->env->config)) {
        whichkey_seen(v->ui->env->config);
        popup = 0;
    }
    if (popup == 0)
        show_whichkey(v);
    else if (popup > 0 && !v->whichkey && !v->popup_timer && loop)
        v->popup_timer = loop_timer_add(loop, popup, show_whichkey, v);
    view_mark(v, v->whichkey ? DIRTY_ALL : DIRTY_STATUS | DIRTY_HINT);
}

/* While a filter is typed, letters are text even where they are bound. */
static bool filter_takes(const struct ui_view *v, struct key k)
{
    return v->focus == FOCUS_LIST && v->list.filtering && !view_modal(v) && is_text(k);
}

/* A key that does not go on with the chord ends it: what the keys before it run comes first. */
static bool ends_chord(struct ui_view *v)
{
    bool prefix, longer;
    const struct binding *b = find_chord(v, &prefix), *shorter;
    if (b || prefix || v->n_chord < 2)
        return false;
    v->n_chord--;
    shorter = find_chord(v, &longer);
    if (!shorter) {
        v->n_chord++;
        return false;
    }
    run_chord(v, shorter);
    return true;
}

void view_key(struct ui_view *v, struct key k)
{
    view_say_clear(v);
    v->to_top = false;
    v->last_key = k;
    if (v->help.open && help_key(&v->help, v->ui->env->keymap, k)) { /* it asks for a key */
        char *line;
        while ((line = help_take(&v->help))) {
            view_run(v, line);
            free(line);
        }
        view_mark(v, DIRTY_ALL);
        return;
    }
    if (v->n_chord == 0 && filter_takes(v, k)) {
        insert_key(v, k);
        return;
    }
    if (v->n_chord == 0 && view_vi_takes(v, k))
        return;
    v->chord[v->n_chord++] = k;
    if (ends_chord(v)) {
        view_key(v, k);
        return;
    }
    bool prefix = false;
    const struct binding *b = find_chord(v, &prefix);
    bool backspace = k.code == KEYC_BACKSPACE && k.mods == 0;
    if (prefix && v->n_chord < KEY_CHORD_MAX) {
        wait_for_chord(v);
    } else if (v->focus == FOCUS_LIST && v->list.filtering && backspace && !view_modal(v)) {
        end_chord(v);
        view_edit(v, "backspace", NULL);
    } else {
        run_chord(v, b);
    }
    if (view_modal(v))
        view_mark(v, DIRTY_ALL);
}
