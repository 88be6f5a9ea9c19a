/* screen/test_search.c - the search screen: words, hits with what fits, the chat about one, keys
 * (UX.md 4.9) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "script.h"

static struct find_hit *hits;
static size_t n_hits;
static struct chat *room;

static void add_hit(const struct message *m, const char *what)
{
    hits = xreallocarray(hits, n_hits + 1, sizeof *hits);
    const char *at = strstr(m->body, what);
    struct find_hit h = {.message = m->id,
                         .chat = m->chat->id,
                         .time = m->time,
                         .flags = m->flags,
                         .sender = xstrdup(m->sender),
                         .sender_name = xstrdup(m->sender_name),
                         .body = xstrdup(m->body)};
    h.spots[0].from = (uint32_t)(at - m->body);
    h.spots[0].to = h.spots[0].from + (uint32_t)strlen(what);
    h.n_spots = 1;
    hits[n_hits++] = h;
}

static void give(struct stage *s, bool more)
{
    static const struct err fine = {0};
    struct chat *c = room, *bob = account_chat(c->account, "bob@example.org");
    n_hits = 0;
    hits = NULL;
    for (size_t i = c->n_messages; i-- > 0;) {
        const struct message *m = c->messages[i];
        const char *what = m->body && strstr(m->body, "the") ? "the" : NULL;
        if (what)
            add_hit(m, what);
    }
    for (size_t i = bob ? bob->n_messages : 0; i-- > 0;) {
        const char *body = bob->messages[i]->body;
        if (body && strstr(body, "the"))
            add_hit(bob->messages[i], "the");
    }
    finder_take(&s->v->finder, hits, n_hits, more, 4200, &fine);
}

static void show_empty(struct stage *s)
{
    press(s, "M-s");
}

static void show_hits(struct stage *s)
{
    press(s, "M-s");
    type(s, "the from:anna since:2026-01");
    give(s, true);
    press(s, "Enter n");
}

static void show_none(struct stage *s)
{
    static const struct err fine = {0};
    press(s, "C-s");
    type(s, "nothing like it");
    finder_take(&s->v->finder, NULL, 0, false, 900, &fine);
    press(s, "Enter");
}

static void show_problem(struct stage *s)
{
    struct err e = {0};
    press(s, "M-s");
    type(s, "tea since:soon");
    err_set(&e, -1,
            "since:soon is no day; 2026-01-31, 2026-01, 2026, 7d, 3w, today and yesterday are");
    finder_take(&s->v->finder, NULL, 0, false, 900, &e);
}

/* It said more when it was found: where the words stood then is no place in what it says now. */
static void check_edited(struct stage *s)
{
    enum { LONG = 6000 };
    struct message *m = says(s, room, "anna", at(0, 12, 0), "nowshort");
    struct find_hit *one = xcalloc(1, sizeof *one);
    *one = (struct find_hit){.message = m->id, .chat = room->id, .time = m->time, .n_spots = 1};
    one->body = xmalloc(LONG + 4);
    memset(one->body, 'x', LONG);
    memcpy(one->body + LONG, "the", 4);
    one->spots[0].from = LONG;
    one->spots[0].to = LONG + 3;
    one->sender = xstrdup(m->sender);
    press(s, "M-s");
    type(s, "the");
    finder_take(&s->v->finder, one, 1, false, 4200, &(struct err){0});
    press(s, "Enter n");
    char *text = screen_text(s);
    if (!strstr(text, "nowshort")) {
        fprintf(stderr, "an edited message is not painted as it reads now:\n%s\n", text);
        s->failures++;
    }
    free(text);
}

int main(void)
{
    struct stage s;
    stage_open(&s, "tests/screen/golden");
    room = the_room(&s);
    at_tiny_sizes(&s, "search-empty", show_empty);
    at_sizes(&s, "search-empty", show_empty);
    at_tiny_sizes(&s, "search-hits", show_hits);
    at_sizes(&s, "search-hits", show_hits);
    at_tiny_sizes(&s, "search-none", show_none);
    at_sizes(&s, "search-none", show_none);
    at_tiny_sizes(&s, "search-problem", show_problem);
    at_sizes(&s, "search-problem", show_problem);
    look(&s, 80, 24, true);
    show_hits(&s);
    screen_is(&s, "search-hits-ascii");
    look(&s, 120, 36, false); /* going there, and the way back */
    press(&s, "M-s");
    type(&s, "the");
    give(&s, false);
    press(&s, "Enter n n Enter");
    screen_is(&s, "search-gone-there");
    press(&s, "M-s");
    screen_is(&s, "search-again");
    look(&s, 120, 36, false);
    check_edited(&s);
    return stage_close(&s);
}
