/* fuzz/fuzz_wrap.c - any message body at any width: formatted, wrapped, drawn, and put into the
 * input */
/* links: base wire engine */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ui/editor.h"
#include "ui/format.h"
#include "ui/input.h"
#include "ui/surface.h"
#include "ui/wrap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define check(holds)                                                                               \
    do {                                                                                           \
        if (!(holds)) {                                                                            \
            fprintf(stderr, "does not hold: %s\n", #holds);                                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* No line is wider than allowed, lines are in order, and nothing but spaces and line breaks is
 * lost. */
static void check_wrap(const struct rich *r, const struct wrap *w, const struct wrap_width *width,
                       const struct cell_rules *rules)
{
    size_t at = 0;
    for (size_t i = 0; i < w->n; i++) {
        const struct wrap_line *l = &w->lines[i];
        int most = l->flags & LINE_OUT ? MAX(width->width, width->out) : width->width;
        check(l->from >= at && l->to >= l->from && l->to <= r->text.len);
        /* One cell is too narrow for some characters: then there is one a line. */
        check(cells_width(rules, buf_str(&r->text) + l->from, l->to - l->from) <= MAX(most, 2));
        for (size_t k = at; k < l->from && i > 0 && !(w->lines[i - 1].flags & LINE_CUT); k++)
            check(r->text.data[k] == ' ' || r->text.data[k] == '\n');
        at = l->to;
    }
    check(w->total >= w->n && w->n >= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct cell_rules rules = {.emoji = data[0] & 1 ? EMOJI_GRAPHEME : EMOJI_SAFE,
                               .no_utf8 = data[0] >> 7 & 1};
    struct wrap_width width = {data[1] % 120 + 1, data[0] % 128, data[0] & 2 ? 40 : 0};
    struct message m = {.body = xstrndup((const char *)data + 2, size - 2)};
    if (data[0] & 8) /* how it looks stands in the first line of the text itself */
        m.spans = xstrndup(m.body, strcspn(m.body, "\n"));
    struct rich r = {0};
    struct wrap w = {0};
    struct account a = {.name = (char[]){"a"}};
    struct chat c = {.account = &a, .kind = KITH_CHAT_ROOM};
    m.chat = &c;
    format_message(&r, glyphs_get(data[0] & 4), &m, FORMAT_ALL);
    wrap_text(&w, &r, &width, &rules);
    check_wrap(&r, &w, &width, &rules);
    struct surface *s = surface_new(data[1] % 120 + 1, 4, &rules, NULL);
    for (size_t i = 0; i < w.n; i++)
        surface_put(s, (struct rect){0, 0, s->w, s->h}, (int)i % 5 - 1, (int)i % 4,
                    buf_str(&r.text) + w.lines[i].from, w.lines[i].to - w.lines[i].from, ROLE_CHAT);
    struct editor *e = editor_new(NULL);
    struct input_lines lines = {0};
    editor_paste(e, m.body, strlen(m.body));
    input_break(&lines, &rules, editor_text(e), editor_len(e), width.width);
    check(lines.n >= 1 && lines.v[lines.n - 1].to == editor_len(e));
    for (int i = 0; i < 20; i++)
        editor_action(e, i % 3 ? "word-left" : "kill-word", NULL);
    free(lines.v);
    editor_free(e);
    surface_free(s);
    wrap_free(&w);
    rich_free(&r);
    free(m.spans);
    free(m.body);
    return 0;
}
