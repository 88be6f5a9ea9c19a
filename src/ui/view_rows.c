/* ui/view_rows.c - a listing in a view: opening it, what its keys do, running a row's command */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ui/down.h"
#include "ui/view.h"

static struct listing *listing_of(const struct ui_view *v)
{
    return model_listing(v->ui->env->model, v->rows.listing);
}

void view_rows_close(struct ui_view *v)
{
    if (v->rows.open)
        down_listing_shown(v->ui->env, v->rows.listing, false);
    rows_free(&v->rows);
}

void view_rows_open(struct ui_view *v, int64_t id)
{
    const struct listing *l = model_listing(v->ui->env->model, id);
    if (!l)
        return;
    char *filter = v->rows.open ? xstrdup(editor_text(v->rows.filter)) : NULL; /* asked anew: it stays */
    enum listing_cell sort = v->rows.sort;
    bool down = v->rows.down;
    view_rows_close(v);
    down_listing_shown(v->ui->env, id, true);
    rows_open(&v->rows, l);
    if (filter) {
        editor_set(v->rows.filter, filter, strlen(filter));
        v->rows.sort = l->look->heads[sort] ? sort : l->look->sort;
        v->rows.down = down;
    }
    free(filter);
    view_mark(v, DIRTY_ALL);
}

/* "/join $who", for the account of the listing. */
static void run_row(struct ui_view *v, const struct listing *l, const char *line)
{
    const struct model *m = v->ui->env->model;
    const struct listing_row *row = rows_current(&v->rows, l);
    struct account *a = model_account_by_id(m, l->account);
    struct chat *c = l->chat ? model_chat_by_id(m, l->chat) : NULL;
    if (!row || !line)
        return;
    if (l->account && !a) {
        view_say(v, KITH_ERROR, "The account of this list is no more");
        return;
    }
    char *named = view_fill(line, "name", row->name), *whole = view_fill(named, "who", row->address);
    v->rows.ran = l->look->stays;
    if (!l->look->stays)
        view_rows_close(v);
    view_run_for(v, a, c, 0, whole);
    free(whole);
    free(named);
}

static void ask_anew(struct ui_view *v, const struct listing *l)
{
    struct cmd_ctx ctx = view_ctx(v);
    struct err e = {0};
    if (!l->again || l->state == LISTING_RUNS)
        return;
    ctx.chat = l->chat ? model_chat_by_id(v->ui->env->model, l->chat) : ctx.chat;
    ctx.account = model_account_by_id(v->ui->env->model, l->account);
    char *line = xstrdup(l->again);
    if (cmd_input(&ctx, line, &e) < 0)
        view_say(v, KITH_ERROR, e.text);
    free(line);
}

static void cancel(struct ui_view *v)
{
    if (v->rows.filter && !editor_empty(v->rows.filter))
        editor_set(v->rows.filter, "", 0);
    else
        view_rows_close(v);
}

void view_rows_do(struct ui_view *v, enum pane_action a)
{
    const struct listing *l = listing_of(v);
    if (!l || a == PANE_CANCEL) {
        l ? cancel(v) : view_rows_close(v);
        return;
    }
    rows_recalc(&v->rows, l);
    if (a == PANE_ACCEPT)
        run_row(v, l, l->look->accept);
    else if (a == PANE_ACCEPT_OTHER)
        run_row(v, l, l->look->other);
    else if (a == PANE_NEXT_TAB)
        rows_sort_next(&v->rows, l);
    else if (a == PANE_TOGGLE)
        rows_turn(&v->rows);
    else if (a == PANE_REPEAT)
        ask_anew(v, l);
    else
        rows_action(&v->rows, a);
}

bool view_rows_ran(const struct ui_view *v)
{
    return v->rows.open && v->rows.ran && !v->dialog.open && !v->wizard.open && !v->viewer.open && !v->switcher.open && !v->themes.open &&
           !v->bare.open && !v->help.open && !v->page.open && !v->inbox.open && !v->encrypt.open;
}

bool view_rows_text(struct ui_view *v, const char *text, size_t len, bool pasted)
{
    if (!v->rows.open)
        return false;
    v->rows.ran = false;
    if (pasted)
        editor_paste(v->rows.filter, text, len);
    else
        editor_insert(v->rows.filter, text, len);
    view_mark(v, DIRTY_ALL);
    return true;
}

bool view_rows_edit(struct ui_view *v, const char *action, const char *arg)
{
    if (!v->rows.open)
        return false;
    if (!str_eq(action, "newline"))
        editor_action(v->rows.filter, action, arg);
    return true;
}
