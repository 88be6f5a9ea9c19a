/* screen/test_rows.c - a list that comes row by row: columns, filter, order, what is missing, nothing and failure */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "model/listing.h"
#include "script.h"

static const struct listing_look rooms = {
    .one = "room",
    .many = "rooms",
    .heads = {[LISTING_NAME] = "Room", [LISTING_NUMBER] = "People", [LISTING_WORDS] = "Topic"},
    .sort = LISTING_NUMBER,
    .down = true,
    .accept = "/join $who",
    .accept_words = "join",
    .rooms = true};
static const struct listing_look bans = {
    .one = "ban",
    .many = "bans",
    .heads = {[LISTING_NAME] = "Who", [LISTING_EXTRA1] = "By", [LISTING_EXTRA2] = "Since"},
    .extra_keys = {"by", "at"},
    .extra_times = {false, true},
    .sort = LISTING_EXTRA2,
    .down = true,
    .accept = "/unban $who",
    .accept_words = "unban",
    .stays = true};

static struct listing *list;
static struct account *home;

static void add(const char *name, int64_t people, const char *topic)
{
    listing_add(list, &(struct listing_row){.address = name, .name = name, .words = topic, .number = people});
}

static void fill(void)
{
    static const char *const topics[] = {"Free software and what it is good for", "日本語で話しましょう 👍",
                                         "العربية next to English", NULL, "Café, thé et gâteaux"};
    add("c-dev@rooms.example.org", 41, "Release 0.2 is on Friday — freeze tonight");
    add("#linux", 2310, "Linux: the kernel and all that stands on it | no pastes here, use https://paste.example.org");
    add("#bsd", 310, "Berkeley");
    for (int i = 0; i < 60; i++) {
        char name[64];
        snprintf(name, sizeof name, "#room-%02d%s", i, i % 7 ? "" : "-with-a-name-that-is-much-too-long");
        add(name, 60 - i, topics[i % 5]);
    }
}

static void begin(struct stage *s, const struct listing_look *look, const char *title)
{
    list = model_add_listing(s->env.model, look, "key", title);
    list->account = home->id;
    list->again = xstrdup("/list -again");
    list->time = s->ui->fixed_ms - 3 * 60000;
    view_rows_open(s->v, list->id);
}

static void done(struct stage *s, enum listing_state state, const char *problem)
{
    listing_end(list, state, problem);
    list->time = s->ui->fixed_ms - 3 * 60000;
}

static void show_rows(struct stage *s)
{
    begin(s, &rooms, "Rooms of irc.example.org");
    fill();
    done(s, LISTING_DONE, NULL);
    press(s, "Down Down");
}

static void show_coming(struct stage *s)
{
    begin(s, &rooms, "Rooms of irc.example.org");
    add("#linux", 2310, "Linux");
    press(s, "x Backspace");
    add("#bsd", 3310, "Berkeley");
}

static void show_filtered(struct stage *s)
{
    begin(s, &rooms, "Rooms of irc.example.org");
    fill();
    type(s, "cafe <50 -room-04");
}

static void show_none(struct stage *s)
{
    show_rows(s);
    type(s, "nothing like it");
}

static void show_empty(struct stage *s)
{
    begin(s, &rooms, "Rooms of irc.example.org: *zzz*");
    done(s, LISTING_DONE, NULL);
}

static void show_failed(struct stage *s)
{
    begin(s, &rooms, "Rooms of irc.example.org");
    done(s, LISTING_FAILED,
         "This network has many channels, and its server may drop the connection over a list of all. Narrow "
         "it down with a mask, or ask for all: /list *");
}

static void show_cut(struct stage *s)
{
    begin(s, &rooms, "Rooms of irc.example.org");
    fill();
    done(s, LISTING_DONE, "The server cut the list off; narrow it down to see the others.");
}

static void show_bans(struct stage *s)
{
    char at[32];
    begin(s, &bans, "Banned from #linux");
    for (int i = 0; i < 5; i++) {
        char mask[64];
        snprintf(mask, sizeof mask, "*!*@host-%d.example.net", i);
        snprintf(at, sizeof at, "%lld", (long long)(s->ui->fixed_ms - (int64_t)i * i * 7 * 3600000));
        listing_add(list, &(struct listing_row){.name = mask, .number = -1, .extras = {i % 2 ? "anna" : "bob!b@c", at}});
    }
    done(s, LISTING_DONE, NULL);
}

/* ---- what no picture shows ---- */

static void want(struct stage *s, bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "rows: %s\n", what);
    s->failures++;
}

static const char *current(struct stage *s)
{
    rows_recalc(&s->v->rows, list);
    const struct listing_row *r = rows_current(&s->v->rows, list);
    return r ? r->name : "";
}

static void check_cursor(struct stage *s)
{
    begin(s, &rooms, "Rooms");
    add("#b", 5, NULL);
    add("#a", 9, NULL);
    want(s, str_eq(current(s), "#a"), "the biggest is at the top");
    add("#c", 20, NULL);
    want(s, str_eq(current(s), "#c"), "nobody moved: the cursor stays at the top");
    press(s, "Down");
    add("#d", 50, NULL);
    add("#e", 7, NULL);
    want(s, str_eq(current(s), "#a") && s->v->rows.at == 2, "the cursor stays on its row");
    press(s, "Tab"); /* by topic: all alike, so by name */
    press(s, "Tab"); /* by name */
    want(s, str_eq(current(s), "#a") && s->v->rows.sort == LISTING_NAME, "sorted by name");
    press(s, "M-t");
    want(s, str_eq(current(s), "#e"), "the other way about");
    type(s, "#c");
    want(s, str_eq(current(s), "#c") && s->v->rows.n == 1, "the filter narrows");
    press(s, "Backspace");
    want(s, s->v->rows.open && current(s) && s->v->rows.n == 5, "and widens");
    press(s, "Esc");
    want(s, s->v->rows.open, "Esc empties the filter first");
    press(s, "Esc");
    want(s, !s->v->rows.open, "and then closes");
}

static void check_bounds(struct stage *s)
{
    begin(s, &rooms, "Rooms");
    for (int i = 0; i < LISTING_ROWS + 5; i++) {
        char name[32];
        snprintf(name, sizeof name, "#r%06d", i);
        add(name, i % 977, i % 3 ? "some words of a topic that is as long as they are" : NULL);
        if (i % 4096 == 0)
            rows_recalc(&s->v->rows, list);
    }
    struct timespec a, b;
    want(s, list->n == LISTING_ROWS && list->left_out == 5, "so many rows, and no more");
    rows_recalc(&s->v->rows, list);
    want(s, rows_current(&s->v->rows, list)->number == 976, "sorted while it came");
    clock_gettime(CLOCK_MONOTONIC, &a);
    type(s, "r0599");
    rows_recalc(&s->v->rows, list);
    clock_gettime(CLOCK_MONOTONIC, &b);
    int64_t ms = (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000;
    want(s, s->v->rows.n == 100, "found among all");
    fprintf(stderr, "rows: typing five letters into %d rows took %lld ms\n", LISTING_ROWS, (long long)ms);
    done(s, LISTING_DONE, NULL);
    screen_is(s, "rows-bounded");
    char *big = xcalloc(1, 4096);
    memset(big, 'x', 4095);
    struct listing *l = model_add_listing(s->env.model, &rooms, "big", "Big");
    for (int i = 0; i < 20000; i++) {
        char name[32];
        snprintf(name, sizeof name, "#r%06d", i);
        listing_add(l, &(struct listing_row){.name = name, .words = big, .number = 1});
    }
    want(s, l->bytes <= LISTING_BYTES + 2 * LISTING_TEXT && l->left_out > 0 && strlen(l->rows[0].words) == LISTING_TEXT,
         "bounded in bytes");
    listing_end(l, LISTING_DONE, NULL);
    free(big);
    for (int i = 0; i < 3 * LISTINGS; i++)
        listing_end(model_add_listing(s->env.model, &rooms, "more", "More"), LISTING_DONE, NULL);
    size_t kept = 0;
    for (size_t i = 0; i < s->env.model->n_listings; i++)
        kept += s->env.model->listings[i]->state != LISTING_RUNS;
    want(s, kept == LISTINGS, "few are kept");
}

static void check_gone(struct stage *s)
{
    begin(s, &rooms, "Rooms");
    add("#a", 1, NULL);
    model_drop_listing(s->env.model, list);
    screen_is(s, "rows-gone");
    press(s, "Down Enter Tab x Esc");
    want(s, !s->v->rows.open, "one that is no more can be left");
}

int main(void)
{
    struct stage s;
    stage_open(&s, "tests/screen/golden");
    struct chat *room = the_room(&s);
    home = room->account;
    room->flags |= KITH_CHAT_JOINED;
    at_tiny_sizes(&s, "rows", show_rows);
    at_sizes(&s, "rows", show_rows);
    at_sizes(&s, "rows-coming", show_coming);
    at_tiny_sizes(&s, "rows-filtered", show_filtered);
    at_sizes(&s, "rows-filtered", show_filtered);
    at_tiny_sizes(&s, "rows-none", show_none);
    at_sizes(&s, "rows-none", show_none);
    at_tiny_sizes(&s, "rows-empty", show_empty);
    at_sizes(&s, "rows-empty", show_empty);
    at_tiny_sizes(&s, "rows-failed", show_failed);
    at_sizes(&s, "rows-failed", show_failed);
    at_tiny_sizes(&s, "rows-cut", show_cut);
    at_sizes(&s, "rows-cut", show_cut);
    at_tiny_sizes(&s, "rows-bans", show_bans);
    at_sizes(&s, "rows-bans", show_bans);
    look(&s, 80, 24, true);
    show_rows(&s);
    screen_is(&s, "rows-ascii");
    look(&s, 80, 24, false);
    check_cursor(&s);
    look(&s, 80, 24, false);
    check_gone(&s);
    look(&s, 80, 24, false);
    check_bounds(&s);
    return stage_close(&s);
}
