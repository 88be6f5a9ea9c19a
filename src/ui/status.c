/* ui/status.c - the status line: parts give way from the right in a fixed order, never over each
 * other */
#include "ui/status.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "ui/format.h"

enum {
    LAG_BAD_MS = 5000,
    ACTIVITY_LEAST = 24
}; /* cells that what goes on may claim before other parts; the rest only if there is room */

/* How much is shown: each step takes something away. */
struct plan {
    bool roomy; /* two spaces between parts, "lag" in words */
    bool lag, lag_bad;
    int hot; /* windows by name; the others are +n */
    bool hot_any;
    bool account_name, account, time;
};
enum { PARTS_MAX = 48 };
struct part {
    char text[512];
    uint16_t role;
};
struct parts {
    struct part v[PARTS_MAX];
    int n, cells;
};

static int cells(const struct surface *s, const char *text)
{
    return cells_width(&s->rules, text, strlen(text));
}

static void add(const struct surface *s, struct parts *p, uint16_t role, const char *text)
{
    if (p->n == PARTS_MAX || str_empty(text))
        return;
    p->v[p->n].role = role;
    str_copy(p->v[p->n].text, sizeof p->v[p->n].text, text);
    p->cells += cells(s, p->v[p->n].text);
    p->n++;
}

static void gap(const struct surface *s, struct parts *p, const struct plan *plan)
{
    if (p->n > 0)
        add(s, p, ROLE_STATUS, plan->roomy ? "  " : " ");
}

/* At most so many cells of it; what was cut off is told from what ends there. */
static void cut(const struct surface *s, const struct glyphs *g, char *out, size_t cap,
                const char *text, int most)
{
    size_t len = strlen(text), fit = cells_fit(&s->rules, text, len, most, NULL);
    if (fit == len) {
        str_copy(out, cap, text);
        return;
    }
    fit = cells_fit(&s->rules, text, len, MAX(0, most - cells(s, g->more)), NULL);
    size_t n = str_copy(out, MIN(cap, fit + 1), text);
    str_copy(out + n, cap - n, most > 0 ? g->more : "");
}

/* room: cells there are, or 0 to measure what is needed. */
static void build_left(const struct surface *s, const struct glyphs *g, struct parts *p,
                       const struct plan *plan, const struct status_facts *f, int room)
{
    p->n = p->cells = 0;
    if (plan->time)
        add(s, p, ROLE_STATUS, f->time);
    if (plan->account && !str_empty(f->presence)) {
        gap(s, p, plan);
        if (plan->account_name && !str_empty(f->account)) {
            add(s, p, ROLE_STATUS, f->account);
            add(s, p, ROLE_STATUS, " ");
        }
        add(s, p, f->presence_role ? f->presence_role : ROLE_STATUS, f->presence);
    }
    if (!str_empty(f->mode)) {
        gap(s, p, plan);
        add(s, p, ROLE_STATUS_MODE, f->mode);
    }
    const char *flexible[2] = {f->window, f->activity};
    for (int i = 0; i < 2; i++) {
        if (!flexible[i] || flexible[i][0] == '\0')
            continue;
        gap(s, p, plan);
        char text[512];
        int most = room ? MAX(0, room - p->cells) : i == 0 ? 4096 : ACTIVITY_LEAST;
        cut(s, g, text, sizeof text, flexible[i], most);
        add(s, p, i == 0 || !f->activity_role ? ROLE_STATUS : f->activity_role, text);
    }
}

static void build_right(const struct surface *s, const struct glyphs *g, struct parts *p,
                        const struct plan *plan, const struct status_facts *f)
{
    char text[256];
    p->n = p->cells = 0;
    add(s, p, ROLE_STATUS, f->note);
    int total = f->n_hot + f->more_hot, shown = MIN(plan->hot, f->n_hot);
    for (int i = 0; plan->hot_any && i < shown; i++) {
        const struct status_hot *h = &f->hot[i];
        snprintf(text, sizeof text, " %s ", g->dot);
        add(s, p, ROLE_STATUS, i || p->n ? text : "");
        char number[16] = "";
        if (h->number > 0)
            snprintf(number, sizeof number, "%d ", h->number);
        snprintf(text, sizeof text, "%s%s %s%u", number, h->name, h->mentions ? "@" : "",
                 (unsigned)(h->mentions ? h->mentions : h->unread));
        add(s, p, h->mentions ? ROLE_STATUS_MENTION : ROLE_STATUS, text);
    }
    if (plan->hot_any && total > shown) {
        snprintf(text, sizeof text, "%s%s%s+%d", p->n ? " " : "", p->n ? g->dot : "",
                 p->n ? " " : "", total - shown);
        add(s, p, ROLE_STATUS, text);
    }
    if (plan->lag && f->lag_ms >= 0) {
        bool bad = f->lag_ms >= LAG_BAD_MS;
        add(s, p, ROLE_STATUS, p->n ? "   " : "");
        snprintf(text, sizeof text, "%s%lld %s", plan->roomy || bad ? "lag " : "",
                 (long long)(bad ? f->lag_ms / 1000 : f->lag_ms), bad ? "s" : "ms");
        add(s, p, bad ? ROLE_STATUS_PROBLEM : ROLE_STATUS, text);
    }
}

/* The next thing to give up. False: nothing is left. */
static bool take_away(struct plan *plan)
{
    if (plan->lag && !plan->lag_bad)
        plan->lag = false;
    else if (plan->roomy)
        plan->roomy = false;
    else if (plan->hot > 0)
        plan->hot--;
    else if (plan->account_name)
        plan->account_name = false;
    else if (plan->account)
        plan->account = false;
    else if (plan->time)
        plan->time = false;
    else if (plan->lag)
        plan->lag = false;
    else if (plan->hot_any)
        plan->hot_any = false;
    else
        return false;
    return true;
}

static void draw_parts(struct surface *s, struct rect r, int x, const struct parts *p)
{
    for (int i = 0; i < p->n; i++) {
        uint16_t style =
            p->v[i].role == ROLE_STATUS ? ROLE_STATUS : surface_mix(s, ROLE_STATUS, p->v[i].role);
        x = surface_puts(s, r, x, r.y, p->v[i].text, style);
    }
}

void status_draw(struct surface *s, const struct glyphs *g, struct rect r,
                 const struct status_facts *f)
{
    struct parts left, right;
    struct plan plan = {.roomy = r.w >= 100,
                        .lag = true,
                        .lag_bad = f->lag_ms >= LAG_BAD_MS,
                        .hot = f->n_hot,
                        .hot_any = true,
                        .account_name = true,
                        .account = true,
                        .time = true};
    struct rect in = {r.x + 1, r.y, r.w - 2, 1};
    surface_fill(s, r, ROLE_STATUS);
    if (r.h < 1 || in.w < 1)
        return;
    if (r.w < 90) /* the name of the account is in the list */
        plan.account_name = false;
    for (;;) {
        build_left(s, g, &left, &plan, f, 0);
        build_right(s, g, &right, &plan, f);
        if (left.cells + (right.cells ? 2 + right.cells : 0) <= in.w || !take_away(&plan))
            break;
    }
    if (right.cells + 2 > in.w / 2 && left.cells + 2 + right.cells > in.w)
        right.n = right.cells = 0;
    build_left(s, g, &left, &plan, f, in.w - (right.cells ? 2 + right.cells : 0));
    int from = in.x + in.w - right.cells;
    draw_parts(s, (struct rect){in.x, in.y, in.w - (right.cells ? right.cells + 2 : 0), 1}, in.x,
               &left);
    draw_parts(s, in, from, &right);
}

/* ---- from the model ---- */

static int hot_rank(const struct chat *c)
{
    if (c->mentions > 0)
        return 0;
    return c->kind == KITH_CHAT_ROOM ? 2 : 1;
}

bool chat_hotter(const struct chat *a, const struct chat *b)
{
    if (hot_rank(a) != hot_rank(b))
        return hot_rank(a) < hot_rank(b);
    return a->active > b->active;
}

void status_hotlist(struct status_facts *f, const struct model *m, const struct chat *except)
{
    const struct chat *best[STATUS_HOT_MAX];
    int n = 0;
    f->more_hot = 0;
    for (size_t i = 0; i < m->n_accounts; i++) {
        for (size_t j = 0; j < m->accounts[i]->n_chats; j++) {
            const struct chat *c = m->accounts[i]->chats[j];
            bool muted = (c->flags & KITH_CHAT_MUTED) && c->mentions == 0;
            if (c == except || c->unread + c->mentions == 0 || muted)
                continue;
            int at = n;
            while (at > 0 && chat_hotter(c, best[at - 1]))
                at--;
            if (n == STATUS_HOT_MAX)
                f->more_hot++;
            if (at == STATUS_HOT_MAX)
                continue;
            memmove(&best[at + 1], &best[at],
                    (size_t)(MIN(n, STATUS_HOT_MAX - 1) - at) * sizeof best[0]);
            best[at] = c;
            n = MIN(n + 1, STATUS_HOT_MAX);
        }
    }
    f->n_hot = n;
    for (int i = 0; i < n; i++) {
        const char *name = chat_title(best[i]);
        struct status_hot *h = &f->hot[i];
        *h = (struct status_hot){
            .number = best[i]->number, .unread = best[i]->unread, .mentions = best[i]->mentions};
        name += name[0] == '#';
        size_t first = best[i]->kind == KITH_CHAT_ROOM ? strlen(name) : strcspn(name, " @");
        str_copy(h->name, MIN(sizeof h->name, first + 1), name);
    }
}

static void account_facts(struct status_facts *f, const struct pane_env *env, struct buf *problem)
{
    const struct account *a = env->chat                ? env->chat->account
                              : env->model->n_accounts ? env->model->accounts[0]
                                                       : NULL;
    if (!a)
        return;
    f->account = account_title(a);
    f->lag_ms = a->state == KITH_STATE_ONLINE ? a->lag_ms : -1;
    if (a->state == KITH_STATE_ONLINE) {
        f->presence = glyph_show(env->g, a->show == KITH_SHOW_OFFLINE ? KITH_SHOW_ONLINE : a->show);
        return;
    }
    format_problem(problem, env->g, a, env->mono_ms, false);
    f->presence = buf_str(problem);
    f->presence_role = a->problem || a->retry_at ? ROLE_STATUS_PROBLEM : ROLE_STATUS;
    f->activity = a->state == KITH_STATE_OFFLINE ? a->problem : a->phase;
    f->activity_role = f->presence_role;
}

static bool names(const char *parts, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = parts; (p = strstr(p, word)); p += n)
        if ((p == parts || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
            return true;
    return false;
}

/* ui.status: what it does not name is not shown. */
static void keep_wanted(struct status_facts *f, const char *parts)
{
    if (!names(parts, "time"))
        f->time = NULL;
    if (!names(parts, "account"))
        f->presence = NULL;
    if (!names(parts, "window"))
        f->window = NULL;
    if (!names(parts, "mode"))
        f->mode = NULL;
    if (!names(parts, "typing"))
        f->activity = NULL;
    if (!names(parts, "activity"))
        f->n_hot = f->more_hot = 0;
    if (!names(parts, "lag"))
        f->lag_ms = -1;
}

void status_repaint(const struct pane_env *env, struct rect r, const char *mode, const char *where,
                    int below, const char *note, const char *place)
{
    struct status_facts f = {.lag_ms = -1, .mode = mode, .note = note};
    struct buf problem = {0}, window = {0}, activity = {0}, scrolled = {0};
    char at[CLOCK_MAX];
    format_clock(at, config_str(env->cmd->config, "ui.time_format"), env->wall_ms);
    f.time = at;
    account_facts(&f, env, &problem);
    if (env->chat) {
        const char *title = chat_title(env->chat);
        title += title[0] == '#';
        if (env->chat->number > 0)
            buf_addf(&window, "[%d %s]", env->chat->number, title);
        else
            buf_addf(&window, "[%s]", title);
        if (!str_empty(place))
            buf_addf(&window, "  %s", place);
        f.window = where ? where : buf_str(&window);
        struct buf typing = {0};
        format_waiting(&activity, env->chat->account);
        format_typing(&typing, env->g, env->chat);
        if (typing.len > 0)
            buf_addf(&activity, "%s%s", activity.len ? " " : "", buf_str(&typing));
        buf_free(&typing);
    }
    if (activity.len > 0) {
        f.activity = buf_str(&activity);
        f.activity_role = ROLE_STATUS_TYPING;
    }
    if (below > 0 && !mode) {
        format_count(&scrolled, env->g, WORD_SCROLLED, below);
        f.mode = buf_str(&scrolled);
    }
    status_hotlist(&f, env->model, below > 0 ? NULL : env->chat);
    keep_wanted(&f, config_str(env->cmd->config, "ui.status"));
    status_draw(env->s, env->g, r, &f);
    buf_free(&problem);
    buf_free(&window);
    buf_free(&activity);
    buf_free(&scrolled);
}
