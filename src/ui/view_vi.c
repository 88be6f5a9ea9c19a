/* ui/view_vi.c - the vi keys in a view, and the command line that is opened beside a draft (`:`,
 * Alt-x) */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "ui/view.h"

bool view_is_vi(const struct ui_view *v)
{
    return str_eq(keymap_preset(v->ui->env->keymap), "vi");
}

bool view_vi_normal(const struct ui_view *v)
{
    return v->vi.normal && v->focus == FOCUS_INPUT && view_is_vi(v) && !v->labels.on &&
           !v->object.open;
}

/* Esc: what is half typed, then a reply or an edit; the text stays. */
static void cancel(struct ui_view *v)
{
    const struct chat *c = view_current(v);
    bool draft = c && (c->draft.reply_to || c->draft.editing);
    if (vi_drop(&v->vi))
        return;
    if (v->aside.on || v->search.active || draft || (v->last_key.mods & KEYM_CTRL))
        view_edit(v, "cancel", NULL);
}

static void next_window(struct ui_view *v)
{
    int n = vi_take_count(&v->vi);
    char *line = n ? xasprintf("/window %d", n) : xstrdup("/window next");
    view_run(v, line);
    free(line);
}

static void after(struct ui_view *v, enum vi_result r)
{
    if (r == VI_CHANGED)
        view_edited(v);
    else if (r == VI_ABOVE)
        view_panel(v, "select", NULL);
    view_mark(v, DIRTY_INPUT | DIRTY_STATUS | DIRTY_HINT);
}

void view_vi(struct ui_view *v, const char *action, const char *arg)
{
    if (v->focus != FOCUS_INPUT || view_modal(v))
        return;
    if (str_eq(action, "normal") && v->search.active) {
        view_search_end(v, true);
    } else if (str_eq(action, "normal") && v->aside.on) {
        view_command_end(v);
    } else if (str_eq(action, "normal")) {
        popup_close(&v->popup);
        vi_normal(&v->vi, v->editor);
        view_mark(v, DIRTY_ALL);
    } else if (str_eq(action, "cancel")) {
        cancel(v);
    } else if (str_eq(action, "window-next")) {
        next_window(v);
    } else {
        after(v, vi_action(&v->vi, v->editor, action, arg));
    }
}

bool view_vi_takes(struct ui_view *v, struct key k)
{
    char text[4];
    if (!v->vi.wait || !view_vi_normal(v))
        return false;
    if (k.code >= KEY_NONE || k.code < 0x20 || k.mods & (KEYM_CTRL | KEYM_ALT)) {
        vi_drop(&v->vi);
        return k.code == KEYC_ESC;
    }
    after(v, vi_char(&v->vi, v->editor, text, utf8_encode(k.code, text)));
    return true;
}

/* ---- the command line ---- */

void view_command_begin(struct ui_view *v)
{
    if (v->aside.on)
        return;
    view_search_end(v, true);
    view_select_leave(v);
    v->focus = FOCUS_INPUT;
    v->aside.on = true;
    str_set(&v->aside.text, editor_text(v->editor));
    v->aside.cursor = editor_cursor(v->editor);
    v->aside.normal = v->vi.normal;
    vi_drop(&v->vi);
    v->vi.normal = false;
    editor_set(v->editor, "/", 1);
    view_mark(v, DIRTY_ALL);
}

void view_command_end(struct ui_view *v)
{
    if (!v->aside.on)
        return;
    v->aside.on = false;
    editor_set(v->editor, v->aside.text, v->aside.cursor);
    v->vi.normal = v->aside.normal;
    str_set(&v->aside.text, NULL);
    popup_close(&v->popup);
    view_edited(v);
    view_mark(v, DIRTY_ALL);
}

void view_command_drop(struct ui_view *v)
{
    v->aside.on = false;
    str_set(&v->aside.text, NULL);
}
