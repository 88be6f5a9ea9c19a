/* ui/wizard_paint.c - the pages of the first run on screens of any size */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ui/wizard.h"
#include "ui/wrap.h"

enum { TALL = 12 }; /* rows from which there is room for lines that are only there to look at */

/* Paints at most `most` rows of text from r.y on; how many there were. most 0: only counts. */
static int paint_text(const struct pane_env *env, struct rect r, int most, const char *text,
                      uint16_t style)
{
    struct rich rich = {0};
    struct wrap wrap = {0};
    rich_adds(&rich, (uint8_t)style, text);
    wrap_text(&wrap, &rich, &(struct wrap_width){MAX(4, r.w), 0, 100}, &env->s->rules);
    int n = (int)wrap.n;
    for (int i = 0; i < MIN(n, most); i++)
        surface_put(env->s, r, r.x, r.y + i, buf_str(&rich.text) + wrap.lines[i].from,
                    wrap.lines[i].to - wrap.lines[i].from, style);
    rich_free(&rich);
    wrap_free(&wrap);
    return n;
}

static void paint_summary(const struct wizard *w, const struct pane_env *env, struct rect r)
{
    struct buf b = {0};
    const struct form *f = &w->form;
    const char *keep = form_chosen(form_field(f, "keep"));
    buf_addf(&b, "You are online as %s.\n\n", editor_text(form_field(f, "address")->editor));
    if (w->greeting)
        buf_addf(&b, "Press Enter to write to %s.\n\n", w->greeting);
    buf_addf(&b, "The password %s\n",
             str_eq(keep, "command")   ? "comes from your command."
             : str_eq(keep, "keyring") ? "is kept in the system keyring."
                                       : "is asked for at every start.");
    buf_adds(&b, "Three keys to remember:\n  Ctrl-k  opens any chat by a few letters\n"
                 "  F2      goes to the buddy list\n  F1      shows the keys that work now\n\n"
                 "Off unless you turn it on: previews of links, pictures from strangers, reading "
                 "marks to rooms.\n\n"
                 "The account is in a file of kith's own; your accounts.cfg and kith.cfg are never "
                 "changed by it.");
    paint_text(env, r, r.h, buf_str(&b), ROLE_POPUP);
    buf_free(&b);
}

static void paint_head(const struct wizard *w, const struct pane_env *env, struct rect all)
{
    struct surface *s = env->s;
    struct buf b = {0};
    glyph_words(env->g, &b, "kith " KITH_VERSION " — first run");
    surface_puts(s, all, all.x + 1, all.y, buf_str(&b), ROLE_POPUP_TITLE);
    const char *step =
        w->page == WIZARD_ACCOUNT ? "step 1 of 2: your account" : "step 2 of 2: ready";
    int x = all.x + all.w - 1 - (int)strlen(step);
    if (x <= all.x + (int)b.len) {
        step = w->page == WIZARD_ACCOUNT ? "1 of 2" : "2 of 2";
        x = all.x + all.w - 1 - (int)strlen(step);
    }
    if (x > all.x + (int)b.len)
        surface_puts(s, all, x, all.y, step, ROLE_POPUP);
    if (all.h >= TALL)
        surface_repeat(s, all, all.x, all.y + 1, all.w, env->g->hline, ROLE_POPUP_BORDER);
    buf_free(&b);
}

/* What stands above the keys: what is wrong, what is being done, or that nothing was done. */
static void state_words(const struct wizard *w, const struct pane_env *env, bool narrow,
                        struct buf *out)
{
    if (w->problem)
        buf_addf(out, "%s %s", env->g->failed, w->problem);
    else if (w->doing)
        buf_addf(out, "%s%s", w->doing, env->g->more);
    else if (w->page == WIZARD_ACCOUNT && !w->account)
        buf_adds(out, narrow ? "Nothing has been sent yet."
                             : "Nothing has been sent to the network yet.");
}

static void paint_keys(const struct wizard *w, const struct pane_env *env, struct rect all)
{
    bool xmpp = str_eq(form_chosen(form_field(&w->form, "protocol")), "xmpp");
    struct buf b = {0};
    const char *keys = all.w < 60 ? "Enter continue · ← → choose · C-c quit"
                                  : "Enter continue · ← → choose · Tab next field · Ctrl-c quit";
    if (w->page == WIZARD_SUMMARY)
        keys = w->greeting ? "Enter writes · Esc to the list" : "Enter goes to the list";
    else if (w->question)
        keys = "Enter answers · ↑ ↓ choose · Ctrl-c quit";
    else if (xmpp)
        keys = all.w < 60 ? "Enter connect · Tab next · C-c quit"
                          : "Tab next field · Space choose · Enter connect · Ctrl-c quit";
    glyph_words(env->g, &b, keys);
    surface_put_cut(env->s, all, all.x + 1, all.y + all.h - 1, all.w - 2, buf_str(&b), ROLE_HINT,
                    env->g->more);
    buf_free(&b);
}

void wizard_repaint(struct wizard *w, const struct pane_env *env, struct rect all)
{
    surface_fill(env->s, all, ROLE_POPUP);
    surface_cursor(env->s, -1, -1);
    paint_head(w, env, all);
    struct buf b = {0};
    state_words(w, env, all.w < 60, &b);
    int side = all.w >= 60 ? 2 : 0;
    struct rect words = {all.x + side + 1, 0, all.w - 2 * side - 2, all.h};
    int most = all.h >= TALL ? 3 : 2;
    int n = b.len ? MIN(most, paint_text(env, words, 0, buf_str(&b), ROLE_POPUP)) : 0;
    words.y = all.y + all.h - 1 - n;
    paint_text(env, words, n, buf_str(&b), w->problem ? ROLE_POPUP_DANGER : ROLE_POPUP_BORDER);
    buf_free(&b);
    int top = all.y + (all.h >= 20 ? 3 : all.h >= TALL ? 2 : 1);
    struct rect in = {all.x + side, top, all.w - 2 * side,
                      MAX(0, words.y - top - (all.h >= 20 ? 1 : 0))};
    if (w->page == WIZARD_ACCOUNT) {
        form_repaint(&w->form, env, in);
    } else {
        in.x++;
        in.w -= 2;
        paint_summary(w, env, in);
    }
    paint_keys(w, env, all);
}
