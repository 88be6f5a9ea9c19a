/* ui/encrypt.c - the panel of encryption: people and devices that will and will not be able to read a chat (UX.md 4.13) */
#include "ui/encrypt.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/forecast.h"
#include "ui/format.h"

enum { WIDTH_MAX = 96, NARROW = 64, WIDE = 76, ID_CELLS = 11, NAME_CELLS = 16, WORD_CELLS = 14, DETAILS = 5 };

void encrypt_open(struct encrypt_pane *p)
{
    p->open = true;
}

void encrypt_close(struct encrypt_pane *p)
{
    free(p->device);
    *p = (struct encrypt_pane){0};
}

static int count(const struct chat *c)
{
    return c && c->forecast ? (int)c->forecast->n : 0;
}

static const struct forecast_device *current(const struct encrypt_pane *p, const struct chat *c)
{
    return p->at < count(c) ? &c->forecast->v[p->at] : NULL;
}

bool encrypt_action(struct encrypt_pane *p, const struct chat *c, enum pane_action a)
{
    int at = pane_move(a, p->at, count(c), MAX(1, p->page));
    bool moved = at >= 0 && at != p->at;
    p->at = MAX(0, at);
    return moved;
}

const char *encrypt_current(struct encrypt_pane *p, const struct chat *c)
{
    const struct forecast_device *d = current(p, c);
    char *device = d && d->id ? xasprintf("%s/%s", d->who, d->id) : NULL;
    str_set(&p->device, device); /* the same stays where it is: it may be in use */
    free(device);
    return p->device;
}

/* ---- what a device is, by shape and word ---- */

struct state_look {
    const char *sign, *word;
    uint16_t role;
};

static struct state_look look_of(const struct glyphs *g, const struct forecast_device *d)
{
    if (d->flags & KITH_DEVICE_THIS)
        return (struct state_look){g->online, "this one", ROLE_POPUP};
    if (d->flags & KITH_DEVICE_CHANGED)
        return (struct state_look){g->failed, "KEY CHANGED", ROLE_POPUP_DANGER};
    switch (d->reads) {
    case KITH_READS_YES:
        return d->trust == KITH_DEVICE_VERIFIED ? (struct state_look){g->sent, "verified", ROLE_POPUP}
                                                : (struct state_look){g->bullet, "not verified", ROLE_POPUP};
    case KITH_READS_WAITS:
        return (struct state_look){g->warn, "waits for you", ROLE_POPUP_DANGER};
    case KITH_READS_UNKNOWN:
        return (struct state_look){g->unknown, "asking…", ROLE_POPUP_BORDER};
    case KITH_READS_NO:
        break;
    }
    bool out = d->id && (d->trust == KITH_DEVICE_DISTRUSTED || d->trust == KITH_DEVICE_UNDECIDED);
    return (struct state_look){g->failed, out ? "left out" : "cannot read", out ? ROLE_POPUP_BORDER : ROLE_POPUP_DANGER};
}

/* ---- painting ---- */

static int put_words(const struct pane_env *env, struct rect r, int x, int w, const char *words, uint16_t role)
{
    struct buf b = {0};
    glyph_words(env->g, &b, words);
    x = surface_put_cut(env->s, r, x, r.y, w, buf_str(&b), role, env->g->more);
    buf_free(&b);
    return x;
}

static void paint_person(const struct pane_env *env, const struct forecast_device *d, struct rect r)
{
    const struct contact *ct = account_contact(env->chat->account, d->who);
    bool own = d->flags & KITH_DEVICE_OWN;
    const char *name = own ? "Your devices" : ct ? contact_title(ct) : d->who;
    int x = put_words(env, r, r.x + 1, r.w - 2, name, ROLE_POPUP_TITLE);
    if (!own && strcmp(name, d->who) != 0)
        put_words(env, r, x + 2, r.x + r.w - 3 - x, d->who, ROLE_POPUP_BORDER);
}

static void paint_device(const struct pane_env *env, const struct forecast_device *d, struct rect r)
{
    const struct state_look k = look_of(env->g, d);
    int end = r.x + r.w - 1 - WORD_CELLS, x = r.x + 1;
    surface_puts(env->s, r, x, r.y, k.sign, k.role);
    x += 2;
    put_words(env, r, x, MIN(ID_CELLS - 1, end - x), d->id ? d->id : "no device", ROLE_POPUP);
    x += ID_CELLS;
    int name = r.w < NARROW ? end - x - 1 : MIN(NAME_CELLS, end - x - 1);
    if (name > 0)
        put_words(env, r, x, name, d->name ? d->name : d->versions ? d->versions : "", ROLE_POPUP_BORDER);
    x += NAME_CELLS + 1;
    if (r.w >= NARROW && end - x > 8 && d->fingerprint)
        put_words(env, r, x, end - x - 1, d->fingerprint, ROLE_POPUP);
    struct buf b = {0};
    glyph_words(env->g, &b, k.word);
    surface_puts(env->s, r, r.x + r.w - 1 - cells_width(&env->s->rules, buf_str(&b), b.len), r.y, buf_str(&b), k.role);
    buf_free(&b);
}

/* How many lines the people and their devices take; *line: that of device `at`. */
static int lines_of(const struct forecast *f, int at, int *line)
{
    const char *who = NULL;
    int n = 0;
    for (size_t i = 0; i < f->n; i++) {
        n += !str_eq(who, f->v[i].who);
        who = f->v[i].who;
        if ((int)i == at)
            *line = n;
        n++;
    }
    return n;
}

static void paint_rows(struct encrypt_pane *p, const struct pane_env *env, const struct forecast *f, struct rect r)
{
    const char *who = NULL;
    int y = 0, line = 0, n = lines_of(f, p->at, &line);
    p->page = MAX(1, r.h);
    p->top = pane_scroll(p->top, p->at == 0 ? 0 : line, n, p->page);
    for (size_t i = 0; i < f->n; i++) {
        bool head = !str_eq(who, f->v[i].who);
        who = f->v[i].who;
        for (int k = head ? 0 : 1; k < 2; k++, y++) {
            struct rect row = {r.x, r.y + y - p->top, r.w, 1};
            if (y < p->top || y >= p->top + r.h)
                continue;
            if (k == 0) {
                paint_person(env, &f->v[i], row);
                continue;
            }
            paint_device(env, &f->v[i], row);
            if ((int)i == p->at) {
                surface_restyle(env->s, row, ROLE_POPUP_SELECTED);
                surface_puts(env->s, row, row.x, row.y, env->g->bar, ROLE_POPUP_KEY);
            }
        }
    }
}

/* The one under the cursor: its key in full, why it does not read, what can be done. */
static void paint_details(const struct pane_env *env, const struct forecast_device *d, struct rect r)
{
    struct buf b = {0};
    surface_repeat(env->s, r, r.x, r.y, r.w, env->g->hline, ROLE_POPUP_BORDER);
    r.y++;
    r.h--;
    if (d->fingerprint) {
        int rows = 1 + (int)strlen(d->fingerprint) / MAX(1, r.w - 2);
        pane_words(env, r, d->fingerprint, ROLE_POPUP);
        r.y += rows;
        r.h -= rows;
    }
    if (d->why)
        buf_addf(&b, "%s. ", d->why);
    buf_adds(&b, forecast_fix(d));
    if (r.h > 0)
        pane_words(env, r, buf_str(&b), d->reads == KITH_READS_YES ? ROLE_POPUP_BORDER : ROLE_POPUP);
    buf_free(&b);
}

static const char *state_words(const struct chat *c)
{
    const struct forecast *f = c->forecast;
    return !f ? "asking who can read this…" : f->text ? f->text : f->state == FORECAST_FAILED ? "nobody knows who can read this" : "";
}

void encrypt_repaint(struct encrypt_pane *p, const struct pane_env *env, struct rect all)
{
    const struct chat *c = env->chat;
    const struct forecast *f = c ? c->forecast : NULL;
    struct buf title = {0}, keys = {0};
    if (!c)
        return;
    p->at = MAX(0, MIN(p->at, count(c) - 1));
    int line = 0, n = f ? lines_of(f, p->at, &line) : 0, w = MIN(all.w, WIDTH_MAX);
    int details = n > 0 ? (w < NARROW ? DETAILS + 1 : DETAILS) : 0, head = 1 + (w < NARROW);
    int h = MIN(all.h, 2 + head + n + details);
    struct rect r = {all.x + (all.w - w) / 2, all.y + (all.h - h) / 3, w, h};
    buf_addf(&title, "Who can read %s", chat_title(c));
    glyph_words(env->g, &keys, w < NARROW ? "v compare · t trust · d leave out · Esc"
                                          : "v compare · t trust · d leave out · Q QR · O in the clear · ? · Esc");
    struct rect in = pane_box(env, r, buf_str(&title), buf_str(&keys));
    bool bad = c->flags & (KITH_CHAT_WAITS | KITH_CHAT_OPENED) || (f && f->state == FORECAST_FAILED);
    pane_words(env, (struct rect){in.x, in.y, in.w, MIN(head, in.h)}, state_words(c), bad ? ROLE_POPUP_DANGER : ROLE_POPUP);
    details = MIN(details, MAX(0, in.h - head - 2));
    if (f)
        paint_rows(p, env, f, (struct rect){in.x, in.y + head, in.w, MAX(0, in.h - head - details)});
    if (current(p, c) && details > 1)
        paint_details(env, current(p, c), (struct rect){in.x, in.y + in.h - details, in.w, details});
    surface_cursor(env->s, -1, -1);
    buf_free(&title);
    buf_free(&keys);
}
