/* ui/encrypt.c - the panel of encryption: people and devices that will and will not be able to read a chat (UX.md 4.13) */
#include "ui/encrypt.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/forecast.h"
#include "ui/format.h"

enum { WIDTH_MAX = 96, NARROW = 64, ID_CELLS = 11, NAME_CELLS = 16, WORD_CELLS = 14, LABEL_CELLS = 10, LIST_LEAST = 3, MEASURED = 64 };

/* The rows on which the cursor stands: by which method, the devices, what new devices do. */
enum { AT_METHOD = -1, AT_NONE = -2 };

void encrypt_open(struct encrypt_pane *p)
{
    p->open = true;
}

void encrypt_close(struct encrypt_pane *p)
{
    free(p->device);
    free(p->row);
    *p = (struct encrypt_pane){0};
}

static int count(const struct chat *c)
{
    return c && c->forecast ? (int)c->forecast->n : 0;
}

/* What a row is, whatever its number is when the next answer has come; owned. NULL: it is not known yet. */
static char *row_name(const struct chat *c, int at)
{
    if (at == AT_METHOD)
        return xstrdup("method");
    if (!c || !c->forecast)
        return NULL;
    if (at >= count(c))
        return xstrdup("new devices");
    const struct forecast_device *d = &c->forecast->v[at];
    return xasprintf("of %s/%s", d->who, d->id ? d->id : "");
}

static void stand(struct encrypt_pane *p, const struct chat *c, int at)
{
    p->at = at;
    str_take(&p->row, row_name(c, at));
}

/* Where the row is now on which the cursor was seen; AT_NONE: it is gone. */
static int at_of(const struct encrypt_pane *p, const struct chat *c)
{
    int at = AT_METHOD;
    while (p->row && at <= count(c)) {
        char *name = row_name(c, at);
        bool same = str_eq(name, p->row);
        free(name);
        if (same)
            return at;
        at++;
    }
    return p->row ? AT_NONE : p->at;
}

static const struct forecast_device *current(const struct encrypt_pane *p, const struct chat *c)
{
    int at = at_of(p, c);
    return at >= 0 && at < count(c) ? &c->forecast->v[at] : NULL;
}

/* What is painted from now on: where the row is, or what took its place. */
static void settle(struct encrypt_pane *p, const struct chat *c)
{
    int at = at_of(p, c);
    stand(p, c, MAX(AT_METHOD, MIN(at == AT_NONE ? p->at : at, count(c))));
}

bool encrypt_action(struct encrypt_pane *p, const struct chat *c, enum pane_action a)
{
    settle(p, c);
    int at = pane_move(a, p->at + 1, count(c) + 2, MAX(1, p->page));
    bool moved = at >= 0 && at - 1 != p->at;
    if (moved)
        stand(p, c, at - 1);
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

static bool is_on(const struct chat *c)
{
    return c->flags & (KITH_CHAT_ENCRYPTED | KITH_CHAT_ENCRYPTS);
}

char *encrypt_command(struct encrypt_pane *p, const struct chat *c, bool compares)
{
    const char *device = encrypt_current(p, c);
    int at = at_of(p, c);
    if (!c || at == AT_NONE || (!c->forecast && at != AT_METHOD)) /* nothing is there to stand on */
        return NULL;
    if (at == AT_METHOD)
        return xstrdup(is_on(c) ? "/encrypt off" : "/encrypt on");
    if (at >= count(c))
        return xstrdup(c->flags & KITH_CHAT_TAKES_NEW ? "/encrypt hold" : "/encrypt send-anyway");
    if (!device || !compares)
        return NULL;
    struct buf line = {0};
    buf_adds(&line, "/verify ");
    pane_quote(&line, device);
    return buf_take(&line);
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

/* "Method    (•) OMEMO   ( ) none" */
static void paint_choice(const struct pane_env *env, struct rect r, const char *label, int cells, const char *const words[2], int chosen)
{
    int x = put_words(env, r, r.x + 1, r.w - 2, label, ROLE_POPUP_TITLE);
    x = MAX(x, r.x + 1 + cells) + (cells ? 0 : 2);
    for (int i = 0; i < 2; i++) {
        char *word = xasprintf("(%s) %s", i == chosen ? env->g->radio_on : " ", words[i]);
        x = put_words(env, r, x, r.x + r.w - 1 - x, word, i == chosen ? ROLE_POPUP : ROLE_POPUP_BORDER) + 3;
        free(word);
    }
}

static void paint_method(const struct pane_env *env, struct rect r)
{
    static const char *const words[] = {"OMEMO", "none"};
    paint_choice(env, r, "Method", LABEL_CELLS, words, !is_on(env->chat));
}

static void paint_new(const struct pane_env *env, struct rect r)
{
    static const char *const long_words[] = {"hold messages", "send anyway"}, *const words[] = {"hold", "send anyway"};
    bool narrow = r.w < NARROW;
    paint_choice(env, r, narrow ? "New devices" : "New devices of verified people", 0, narrow ? words : long_words,
                 (env->chat->flags & KITH_CHAT_TAKES_NEW) != 0);
}

/* ---- rows: the method, people with their devices, what new devices do ---- */

struct line {
    int at;    /* on which the cursor would stand */
    bool head; /* no: the person whose device that is */
};
struct lines {
    struct line *v;
    size_t n, cap;
    int cursor; /* the line of p->at */
};

static struct lines lines_of(const struct encrypt_pane *p, const struct forecast *f)
{
    struct lines l = {0};
    const char *who = NULL;
    int n = f ? (int)f->n : 0;
    VEC_PUSH(l.v, l.n, l.cap, ((struct line){AT_METHOD, false}));
    for (int i = 0; f && i <= n; i++) {
        if (i < n && !str_eq(who, f->v[i].who))
            VEC_PUSH(l.v, l.n, l.cap, ((struct line){i, true}));
        if (i == p->at)
            l.cursor = (int)l.n;
        VEC_PUSH(l.v, l.n, l.cap, ((struct line){i, false}));
        who = i < n ? f->v[i].who : NULL;
    }
    return l;
}

static void paint_line(const struct encrypt_pane *p, const struct pane_env *env, const struct line *l, struct rect row)
{
    const struct forecast *f = env->chat->forecast;
    if (l->at == AT_METHOD)
        paint_method(env, row);
    else if (l->at >= count(env->chat))
        paint_new(env, row);
    else if (l->head)
        paint_person(env, &f->v[l->at], row);
    else
        paint_device(env, &f->v[l->at], row);
    if (l->at == p->at && !l->head) {
        surface_restyle(env->s, row, ROLE_POPUP_SELECTED);
        surface_puts(env->s, row, row.x, row.y, env->g->bar, ROLE_POPUP_KEY);
    }
}

static void paint_rows(struct encrypt_pane *p, const struct pane_env *env, const struct lines *l, struct rect r)
{
    p->page = MAX(1, r.h);
    p->top = pane_scroll(p->top, l->cursor <= 2 ? 0 : l->cursor, (int)l->n, p->page);
    p->top = pane_scroll(p->top, l->cursor, (int)l->n, p->page);
    for (int y = 0; y < r.h && p->top + y < (int)l->n; y++)
        paint_line(p, env, &l->v[p->top + y], (struct rect){r.x, r.y + y, r.w, 1});
}

/* ---- the one under the cursor: its key in full, why it does not read, what can be done ---- */

static void add_words(struct buf *b, const struct chat *c, int at)
{
    const struct forecast_device *d = at >= 0 && at < count(c) ? &c->forecast->v[at] : NULL;
    if (at == AT_METHOD) {
        buf_adds(b, "With OMEMO only the devices below can read what you write; with none everybody on the way can.");
    } else if (!d) {
        buf_adds(b, "Of people of whom you verified a device. Hold: what you write waits until you decide about a new one; send "
                    "anyway: it reads at once, though nobody compared its key.");
    } else {
        const char *fix = forecast_fix(d);
        if (d->why)
            buf_addf(b, "%s. ", d->why);
        buf_addf(b, "%s%s", fix, *fix ? " " : "");
        if ((d->flags & (KITH_DEVICE_OWN | KITH_DEVICE_THIS)) == KITH_DEVICE_OWN)
            buf_adds(b, "D takes it out of your account.");
    }
}

static int detail_rows(const struct pane_env *env, int at, int w)
{
    const struct chat *c = env->chat;
    struct buf b = {0};
    add_words(&b, c, at);
    const char *key = at >= 0 && at < count(c) ? c->forecast->v[at].fingerprint : NULL;
    int rows = 1 + pane_words_rows(env, buf_str(&b), w) + (key ? pane_words_rows(env, key, w) : 0);
    buf_free(&b);
    return rows;
}

/* So many that the box stays as it is while the cursor moves. */
static int most_details(const struct pane_env *env, int w)
{
    if (!env->chat->forecast)
        return 0;
    int most = MAX(detail_rows(env, AT_METHOD, w), detail_rows(env, count(env->chat), w));
    for (int i = 0; i < MIN(count(env->chat), (int)MEASURED); i++)
        most = MAX(most, detail_rows(env, i, w));
    return most;
}

static void paint_details(const struct pane_env *env, int at, struct rect r)
{
    const struct forecast_device *d = at >= 0 && at < count(env->chat) ? &env->chat->forecast->v[at] : NULL;
    struct buf b = {0};
    surface_repeat(env->s, r, r.x, r.y, r.w, env->g->hline, ROLE_POPUP_BORDER);
    r.y++;
    r.h--;
    if (d && d->fingerprint) {
        int rows = pane_words_rows(env, d->fingerprint, r.w);
        pane_words(env, r, d->fingerprint, ROLE_POPUP);
        r.y += rows;
        r.h -= rows;
    }
    add_words(&b, env->chat, at);
    if (r.h > 0)
        pane_words(env, r, buf_str(&b), d && d->reads != KITH_READS_YES ? ROLE_POPUP : ROLE_POPUP_BORDER);
    buf_free(&b);
}

static const char *state_words(const struct chat *c)
{
    const struct forecast *f = c->forecast;
    return !f ? "asking who can read this…" : f->text ? f->text : f->state == FORECAST_FAILED ? "nobody knows who can read this" : "";
}

static const char *key_words(const struct encrypt_pane *p, const struct chat *c, bool narrow)
{
    const struct forecast_device *d = current(p, c);
    if (!c->forecast)
        return "Esc";
    if (!d)
        return "Enter changes it · Esc";
    if (!d->id)
        return "? · Esc";
    if (d->flags & KITH_DEVICE_THIS)
        return narrow ? "Q QR · Esc" : "Q QR code · ? · Esc";
    if (d->flags & KITH_DEVICE_OWN)
        return narrow ? "v compare · t trust · d out · D remove" : "v compare · t trust · d leave out · D remove · Q QR · ? · Esc";
    return narrow ? "v compare · t trust · d leave out · Esc" : "v compare · t trust · d leave out · Q QR · ? · Esc";
}

/* ---- all of it ---- */

void encrypt_repaint(struct encrypt_pane *p, const struct pane_env *env, struct rect all)
{
    const struct chat *c = env->chat;
    struct buf title = {0}, keys = {0};
    if (!c)
        return;
    settle(p, c);
    struct lines l = lines_of(p, c->forecast);
    int w = MIN(all.w, WIDTH_MAX), head = pane_words_rows(env, state_words(c), w - 2), details = most_details(env, w - 2);
    int h = MIN(all.h, 2 + head + (int)l.n + details);
    if (h < 2 + head + (int)l.n + details) { /* not enough: of the words only what is needed now */
        head = 1;
        details = MIN(detail_rows(env, p->at, w - 2), MAX(0, h - 2 - head - LIST_LEAST));
    }
    struct rect r = {all.x + (all.w - w) / 2, all.y + (all.h - h) / 3, w, h};
    buf_addf(&title, "Who can read %s", chat_title(c));
    glyph_words(env->g, &keys, key_words(p, c, w < NARROW));
    struct rect in = pane_box(env, r, buf_str(&title), buf_str(&keys));
    bool bad = c->flags & (KITH_CHAT_WAITS | KITH_CHAT_OPENED) || (c->forecast && c->forecast->state == FORECAST_FAILED);
    struct buf state = {0};
    if (head == 1)
        pane_cut(&state, env, state_words(c), in.w - 2);
    pane_words(env, (struct rect){in.x, in.y, in.w, MIN(head, in.h)}, head == 1 ? buf_str(&state) : state_words(c),
               bad ? ROLE_POPUP_DANGER : ROLE_POPUP);
    paint_rows(p, env, &l, (struct rect){in.x, in.y + head, in.w, MAX(0, in.h - head - details)});
    if (details > 1)
        paint_details(env, p->at, (struct rect){in.x, in.y + in.h - details, in.w, details});
    surface_cursor(env->s, -1, -1);
    free(l.v);
    buf_free(&state);
    buf_free(&title);
    buf_free(&keys);
}
