/* ui/input.c - the input: the editor's text in lines, with prompt, cursor and notes */
#include "ui/input.h"

#include <stdlib.h>
#include <string.h>

#include "base/codes.h"
#include "base/mem.h"
#include "core/spell.h"
#include "ui/format.h"

static void push(struct input_lines *out, size_t from, size_t to, bool hard)
{
    struct input_line l = {from, to, hard};
    VEC_PUSH(out->v, out->n, out->cap, l);
}

static void break_line(struct input_lines *out, const struct cell_rules *rules, const char *text,
                       size_t from, size_t to, int width)
{
    size_t start = from, space = from;
    int used = 0, at_space = 0;
    for (size_t at = from, n; at < to; at += n) {
        bool ascii =
            (unsigned char)text[at] < 0x80 && (at + 1 >= to || (unsigned char)text[at + 1] < 0x80);
        n = ascii ? 1 : cluster_next(text + at, to - at);
        int w = ascii ? 1 : cluster_width(rules, text + at, n);
        if (used + w > width && at > start) {
            size_t cut = space > start ? space : at;
            push(out, start, cut, false);
            used = cut == at ? 0 : used - at_space;
            start = space = cut;
        }
        used += w;
        if (n == 1 && text[at] == ' ') {
            space = at + 1;
            at_space = used;
        }
    }
    push(out, start, to, true);
}

void input_break(struct input_lines *out, const struct cell_rules *rules, const char *text,
                 size_t len, int width)
{
    out->n = 0;
    width = MAX(1, width);
    for (size_t at = 0;;) {
        const char *nl = at < len ? memchr(text + at, '\n', len - at) : NULL;
        size_t end = nl ? (size_t)(nl - text) : len;
        break_line(out, rules, text, at, end, width);
        if (!nl)
            break;
        at = end + 1;
    }
}

size_t input_cursor_line(const struct input_lines *l, size_t cursor)
{
    for (size_t i = 0; i < l->n; i++)
        if (cursor < l->v[i].to || (cursor == l->v[i].to && l->v[i].hard))
            return i;
    return l->n ? l->n - 1 : 0;
}

int input_rows(const struct pane_env *env, const struct editor *e, int width)
{
    struct input_lines l = {0};
    size_t len = MIN(editor_len(e), (size_t)8192); /* more than any screen holds */
    input_break(&l, &env->s->rules, editor_text(e), len, width - 4);
    int n = (int)MIN(l.n, (size_t)100);
    free(l.v);
    return n;
}

/* Names are no words. */
static bool is_member(const struct chat *c, const char *word, size_t len)
{
    char *name = xstrndup(word, len);
    bool yes = chat_member(c, name) != NULL;
    free(name);
    return yes;
}

/* The letter that stands for a code. */
static const char *sign_of(char code)
{
    static const char signs[] = "\x02" "B\x1d" "I\x1f" "U\x1e" "S\x11" "M\x16" "R\x13" "X\x0f" "O\x03" "C\x04" "C";
    for (const char *p = signs; *p; p += 2)
        if (*p == code)
            return p + 1;
    return "?";
}

/* Codes, and what they mean for the text behind them; tabs are spaces. */
static int put_text(struct surface *s, struct rect r, int x, int y, const char *text, size_t len,
                    struct look *look)
{
    for (size_t at = 0, end; at < len; at = end) {
        size_t code = codes_take(CODES_INPUT, text + at, len - at, look);
        uint16_t style = look_plain(look) || code ? ROLE_INPUT : surface_look(s, ROLE_INPUT, look);
        end = at + 1;
        if (code) {
            uint16_t sign = surface_look(s, ROLE_INPUT_PROMPT, &(struct look){.style = LOOK_REVERSE});
            x = surface_put(s, r, x, y, sign_of(text[at]), 1, sign);
            end = at + code;
            x = surface_put(s, r, x, y, text + at + 1, code - 1, sign); /* a colour's digits */
        } else if (text[at] == '\t') {
            x = surface_put(s, r, x, y, " ", 1, style);
        } else {
            while (end < len && (unsigned char)text[end] >= ' ')
                end++;
            x = surface_put(s, r, x, y, text + at, end - at, style);
        }
    }
    return x;
}

/* How text looks at byte `at`. */
static struct look look_at(const char *text, size_t at)
{
    struct look l = {0};
    for (size_t i = 0; i < at;) {
        size_t n = codes_take(CODES_INPUT, text + i, at - i, &l);
        i += n ? n : 1;
    }
    return l;
}

static void paint_note(const struct pane_env *env, struct rect r, int last_x, const char *note)
{
    int w = cells_width(&env->s->rules, note, strlen(note));
    int x = r.x + r.w - 1 - w;
    if (x > last_x + 2)
        surface_puts(env->s, r, x, r.y + r.h - 1, note, ROLE_INPUT_NOTE);
}

/* Underlines the words of this line that no dictionary has; not the one that is being typed. */
static void mark_words(const struct pane_env *env, struct rect r, int y, const struct editor *e,
                       const struct input_line *line)
{
    const char *text = editor_text(e), *languages = config_str(env->cmd->config, "ui.input.spell");
    size_t from, to, cursor = editor_cursor(e);
    struct spell_walk walk;
    if (!env->cmd->spell || !*languages || text[0] == '/')
        return;
    spell_walk(&walk, text, line->from, line->to);
    while (spell_next(&walk, &from, &to)) {
        if (cursor == to || (env->chat && is_member(env->chat, text + from, to - from)) ||
            spell_word(env->cmd->spell, languages, text + from, to - from) != SPELL_BAD)
            continue;
        size_t end = MIN(to, line->to);
        int x = r.x + cells_width(&env->s->rules, text + line->from, from - line->from);
        int w = cells_width(&env->s->rules, text + from, end - from);
        surface_restyle(env->s, (struct rect){x, y, MIN(w, r.x + r.w - x), 1}, ROLE_INPUT_SPELL);
    }
}

void input_repaint(const struct pane_env *env, struct rect r, const struct editor *e,
                   const char *prompt, const char *note)
{
    struct surface *s = env->s;
    surface_fill(s, r, ROLE_INPUT);
    if (r.h < 1)
        return;
    struct input_lines l = {0};
    const char *text = editor_text(e);
    int left = r.x + 3;
    if (prompt)
        left = r.x + 2 + MIN(r.w / 2, cells_width(&s->rules, prompt, strlen(prompt)));
    input_break(&l, &s->rules, text, editor_len(e), r.x + r.w - 1 - left);
    size_t cur = input_cursor_line(&l, editor_cursor(e));
    size_t top = l.n > (size_t)r.h && cur >= (size_t)r.h ? cur - (size_t)r.h + 1 : 0;
    if (prompt)
        surface_put_cut(s, r, r.x + 1, r.y, left - r.x - 2, prompt, ROLE_INPUT_PROMPT,
                        env->g->more);
    else
        surface_puts(s, r, r.x + 1, r.y, top > 0 ? env->g->more : env->g->prompt,
                     ROLE_INPUT_PROMPT);
    int x = left;
    struct look look = {0};
    if (top < l.n && codes_any(CODES_INPUT, text))
        look = look_at(text, l.v[top].from);
    for (int y = 0; y < r.h && top + (size_t)y < l.n; y++) {
        const struct input_line *line = &l.v[top + (size_t)y];
        x = put_text(s, r, left, r.y + y, text + line->from, line->to - line->from, &look);
        if (!prompt)
            mark_words(env, (struct rect){left, r.y, r.x + r.w - left, r.h}, r.y + y, e, line);
        if (top + (size_t)y == cur && env->focused)
            surface_cursor(
                s, left + cells_width(&s->rules, text + line->from, editor_cursor(e) - line->from),
                r.y + y);
    }
    if (!str_empty(note))
        paint_note(env, r, x, note);
    free(l.v);
}

void input_field(const struct pane_env *env, struct rect r, const struct editor *e, bool focused,
                 bool secret)
{
    struct surface *s = env->s;
    const char *text = editor_text(e);
    size_t cursor = editor_cursor(e);
    struct buf bullets = {0};
    if (secret) {
        size_t at_cursor = 0;
        for (size_t at = 0; at < editor_len(e); at += cluster_next(text + at, editor_len(e) - at)) {
            if (at == cursor)
                at_cursor = bullets.len;
            buf_adds(&bullets, env->g->bullet);
        }
        cursor = cursor >= editor_len(e) ? bullets.len : at_cursor;
        text = buf_str(&bullets);
    }
    surface_fill(s, r, surface_mix(s, ROLE_POPUP, ROLE_INPUT));
    int before = cells_width(&s->rules, text, cursor);
    size_t skip = before >= r.w ? cells_fit(&s->rules, text, cursor, before - r.w + 1, NULL) : 0;
    while (skip < cursor && cells_width(&s->rules, text + skip, cursor - skip) >= r.w)
        skip += cluster_next(text + skip, cursor - skip);
    surface_puts(s, r, r.x, r.y, text + skip,
                 focused ? surface_mix(s, ROLE_POPUP, ROLE_INPUT) : ROLE_POPUP);
    if (focused)
        surface_cursor(s, r.x + cells_width(&s->rules, text + skip, cursor - skip), r.y);
    buf_free(&bullets);
}
