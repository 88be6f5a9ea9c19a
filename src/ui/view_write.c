/* ui/view_write.c - what is asked before something leaves the input or comes into it: the wrong
 * place, long pastes */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/codes.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/utf8.h"
#include "cmd/guard.h"
#include "ui/down.h"
#include "ui/format.h"
#include "ui/view.h"

enum { PASTE_ASK_LINES = 20 };

/* ---- the wrong place ---- */

bool view_guards(struct ui_view *v, const char *text)
{
    const struct chat *c = view_current(v);
    struct buf why = {0}, question = {0};
    bool asks = c && guard_asks(v->ui->env, c, text, v->shown_at, &why, &question);
    if (asks) {
        buf_addf(&why, "\n%s", buf_str(&question));
        dialog_open_choice(&v->dialog, "Really send this?", buf_str(&why));
        dialog_add_choice(&v->dialog, "Back to the text", "", 0, KITH_CHOICE_DEFAULT);
        dialog_add_choice(&v->dialog, "Send", "/edit-line send-sure", 0, 0);
        v->dialog.chat = v->doubt_chat = c->id;
    }
    buf_free(&question);
    buf_free(&why);
    view_mark(v, DIRTY_ALL);
    return asks;
}

/* ---- long pastes ---- */

static size_t lines_of(const char *text, size_t len)
{
    size_t n = 1;
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--; /* what ends the last line begins none */
    for (size_t i = 0; i < len; i++)
        n += text[i] == '\n' || (text[i] == '\r' && (i + 1 == len || text[i + 1] != '\n'));
    return n;
}

void view_paste_insert(struct ui_view *v, const char *text, size_t len)
{
    v->focus = FOCUS_INPUT;
    if (!editor_paste(v->editor, text, len)) {
        struct buf words = {0};
        format_words(&words, v->g, WORD_TOO_LONG, NULL, NULL);
        view_say(v, KITH_WARN, buf_str(&words));
        buf_free(&words);
    }
    v->pasted = memchr(text, '\n', len) != NULL || memchr(text, '\r', len) != NULL;
    view_edited(v);
    view_mark(v, DIRTY_ALL);
}

bool view_paste_asks(struct ui_view *v, const char *text, size_t len)
{
    size_t lines = lines_of(text, len);
    const struct chat *c = view_current(v);
    if (lines <= PASTE_ASK_LINES)
        return false;
    buf_clear(&v->paste);
    buf_add(&v->paste, text, len);
    char *words =
        xasprintf("The paste has %zu lines, %zu bytes. Nothing of it is sent yet.", lines, len);
    dialog_open_choice(&v->dialog, "A long paste", words);
    dialog_add_choice(&v->dialog, "c code block", "/edit-line paste code", 'c', 0);
    if (c && (c->account->groups & ACCOUNT_HAS_FILES))
        dialog_add_choice(&v->dialog, "f send as file", "/edit-line paste file", 'f', 0);
    dialog_add_choice(&v->dialog, "i insert", "/edit-line paste insert", 'i', KITH_CHOICE_DEFAULT);
    v->dialog.chat = v->doubt_chat = v->chat_id;
    free(words);
    view_mark(v, DIRTY_ALL);
    return true;
}

/* On lines of its own between fences, the cursor behind it. */
static void insert_code(struct ui_view *v)
{
    const char *before = editor_text(v->editor);
    size_t at = editor_cursor(v->editor);
    struct buf b = {0};
    if (at > 0 && before[at - 1] != '\n')
        buf_addc(&b, '\n');
    buf_adds(&b, "```\n");
    buf_add(&b, v->paste.data, v->paste.len);
    while (b.len && (b.data[b.len - 1] == '\n' || b.data[b.len - 1] == '\r'))
        buf_delete(&b, b.len - 1, 1);
    buf_adds(&b, "\n```\n");
    view_paste_insert(v, b.data, b.len);
    buf_free(&b);
}

/* The backend gets an open descriptor, so the name may go at once. */
static void send_as_file(struct ui_view *v)
{
    struct err e = {0};
    char name[64];
    char *dir = path_of(PATH_RUNTIME, NULL, &e), *path = NULL;
    if (clock_format(name, sizeof name, "paste-%Y%m%d-%H%M%S.txt", clock_wall_ms()) == 0)
        str_copy(name, sizeof name, "paste.txt");
    if (dir && path_mkdirs(dir, 0700, &e) == 0)
        path = path_join(dir, name);
    if (!path || path_write(path, v->paste.data, v->paste.len, &e) < 0) {
        view_say(v, KITH_ERROR, e.text);
    } else {
        char *line = view_fill("/send $path", "path", path);
        view_run(v, line);
        (void)unlink(path);
        free(line);
    }
    free(path);
    free(dir);
}

void view_paste_as(struct ui_view *v, const char *how)
{
    if (v->paste.len == 0)
        return;
    bool here = v->doubt_chat == v->chat_id; /* it may have changed under the question */
    if (str_eq(how, "code"))
        insert_code(v);
    else if (str_eq(how, "file") && here)
        send_as_file(v);
    else
        view_paste_insert(v, v->paste.data, v->paste.len);
    buf_free(&v->paste);
}

/* ---- the user's editor ---- */

void view_open_editor(struct ui_view *v)
{
    if (!v->io.edit || v->editing) {
        view_say(v, KITH_WARN, "This screen cannot run an editor");
        return;
    }
    view_search_end(v, true);
    popup_close(&v->popup);
    v->editing = true;
    v->edit_chat = v->chat_id;
    view_attend(v);
    v->io.edit(v->user, config_str(v->ui->env->config, "editor_command"), view_current(v), editor_text(v->editor));
}

/* The draft of the chat it was begun in, wherever the view stands now. */
static void take_text(struct ui_view *v, const char *text)
{
    struct chat *c = v->edit_chat ? model_chat_by_id(v->ui->env->model, v->edit_chat) : NULL;
    if (v->edit_chat == v->chat_id) {
        if (strcmp(text, editor_text(v->editor)) != 0)
            view_set_input(v, text);
        return;
    }
    if (!c)
        return;
    struct draft d = c->draft;
    d.text = (char *)(uintptr_t)text; /* copied */
    d.cursor = strlen(text);
    down_draft(v->ui->env, c, &d, NULL);
}

void ui_view_edited(struct ui_view *v, bool good, const char *text, size_t len)
{
    struct buf clean = {0};
    v->editing = false;
    if (good) {
        codes_clean(&clean, text, len, EDIT_TEXT_MAX);
        take_text(v, buf_str(&clean));
    } else {
        buf_add(&clean, text, len);
        log_warn("%s", buf_str(&clean)); /* it may name where the text is, and this view be gone */
        view_say(v, KITH_ERROR, buf_str(&clean));
    }
    buf_free(&clean);
    view_attend(v);
    view_mark(v, DIRTY_ALL);
}
