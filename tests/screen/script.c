/* tests/screen/script.c - a model, a view and keys in a few lines, and the comparison with golden
 * screens */
#include "script.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/utf8.h"

enum { NOON = 0 };

int64_t at(int days_back, int h, int m)
{
    static const int64_t saturday = 1795219200; /* 2026-11-21T00:00:00Z */
    return (saturday - days_back * 86400 + h * 3600 + m * 60) * 1000;
}

void stage_open(struct stage *s, const char *dir)
{
    memset(s, 0, sizeof *s);
    setenv("TZ", "UTC", 1);
    tzset();
    str_copy(s->home, sizeof s->home, "/tmp/kith-stage-XXXXXX");
    if (mkdtemp(s->home) == NULL)
        abort();
    setenv("XDG_CONFIG_HOME", s->home, 1);
    setenv("XDG_STATE_HOME", s->home, 1); /* what one test sets, no other finds */
    s->dir = dir;
    const char *golden = getenv("KITH_GOLDEN");
    s->write = golden && strcmp(golden, "write") == 0;
    s->env.model = model_new();
    s->env.config = config_new();
    s->env.keymap = keymap_new(s->env.config);
    s->ui = ui_new(&(struct ui_params){.env = &s->env});
    s->ui->fixed_ms = at(0, 9, 31);
    s->next_id = 1;
}

static int drop(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

int stage_close(struct stage *s)
{
    nftw(s->home, drop, 8, FTW_DEPTH | FTW_PHYS);
    ui_free(s->ui);
    keymap_free(s->env.keymap);
    model_free(s->env.model);
    config_free(s->env.config);
    fprintf(stderr, "%d screens, %d differ\n", s->screens, s->failures);
    return s->failures ? 1 : 0;
}

struct account *an_account(struct stage *s, const char *name, const char *protocol,
                           const char *address)
{
    struct account *a = model_add_account(s->env.model, s->next_id++, name, protocol);
    str_set(&a->address, address);
    a->state = KITH_STATE_ONLINE;
    a->show = KITH_SHOW_ONLINE;
    a->lag_ms = 48;
    account_changed(a);
    return a;
}

struct contact *a_contact(struct account *a, const char *address, const char *name,
                          const char *group, enum kith_show show, const char *status)
{
    struct contact *c = account_put_contact(a, address, name, &group, group ? 1 : 0,
                                            KITH_CONTACT_TO | KITH_CONTACT_FROM);
    struct presence p = {.show = show, .text = (char *)(uintptr_t)status};
    if (show != KITH_SHOW_OFFLINE)
        contact_set_presence(c, &p);
    return c;
}

struct chat *a_chat(struct stage *s, struct account *a, const char *address,
                    enum kith_chat_kind kind, int number)
{
    struct chat *c = account_add_chat(a, s->next_id++, address, kind);
    c->number = number;
    c->open = number > 0;
    c->loaded = c->at_end = c->at_start = true;
    c->flags |= kind == KITH_CHAT_ROOM ? KITH_CHAT_JOINED : 0;
    chat_changed(c);
    return c;
}

static struct message *put(struct stage *s, struct chat *c, int64_t when, const char *text)
{
    struct message *m = message_new();
    m->id = s->next_id++;
    m->time = m->sort = when;
    m->body = xstrdup(text);
    c->active = when;
    m->chat = c;
    return m;
}

struct message *says(struct stage *s, struct chat *c, const char *who, int64_t when,
                     const char *text)
{
    struct message *m = put(s, c, when, text);
    if (c->kind == KITH_CHAT_ROOM)
        m->sender = xasprintf("%s/%s", c->address, who);
    else
        m->sender = xstrdup(who);
    chat_insert_message(c, m);
    return m;
}

struct message *own(struct stage *s, struct chat *c, int64_t when, const char *text,
                    enum delivery d)
{
    struct message *m = put(s, c, when, text);
    m->sender = xstrdup(c->account->address);
    m->sender_name = xstrdup("alice");
    m->flags = KITH_MSG_OUTGOING;
    m->delivery = d;
    chat_insert_message(c, m);
    return m;
}

void a_member(struct chat *c, const char *nick, enum kith_show show, enum kith_role role)
{
    struct member m = {.nick = (char *)(uintptr_t)nick, .show = show, .role = role};
    chat_put_member(c, &m);
}

void look(struct stage *s, int w, int h, bool ascii)
{
    struct cell_rules rules = {.no_utf8 = ascii};
    if (s->v)
        view_free(s->v);
    s->ui->last_chat = 0;
    s->v = view_new(s->ui, w, h, &rules, ascii);
}

void press(struct stage *s, const char *keys)
{
    char *copy = xstrdup(keys), *rest = copy;
    while (rest && *rest) {
        char *name = rest, *space = strchr(rest, ' ');
        rest = space ? space + 1 : NULL;
        if (space)
            *space = '\0';
        struct key k;
        struct err e = {0};
        if (key_parse(name, &k, &e) < 0) {
            fprintf(stderr, "no such key: %s (%s)\n", name, e.text);
            abort();
        }
        view_key(s->v, k);
        view_paint(s->v);
    }
    free(copy);
}

void type(struct stage *s, const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0, n; i < len; i += n) {
        struct key k = {utf8_decode(text + i, len - i, &n), 0};
        view_key(s->v, k);
    }
    view_paint(s->v);
}

char *screen_text(struct stage *s)
{
    struct buf b = {0};
    view_paint(s->v);
    surface_dump_text(s->v->s, &b);
    return buf_take(&b);
}

void sees(struct stage *s, const char *what, bool yes)
{
    char *text = screen_text(s);
    bool there = strstr(text, what) != NULL;
    if (there != yes)
        fprintf(stderr, "\"%s\" should %sbe here:\n%s\n", what, yes ? "" : "not ", text);
    free(text);
    assert_true(there == yes);
}

void input_is(struct stage *s, const char *want)
{
    assert_string_equal(editor_text(s->v->editor), want);
}

static char *read_file(const char *path)
{
    struct buf b = {0};
    char chunk[4096];
    FILE *f = fopen(path, "re");
    if (!f)
        return NULL;
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, f)) > 0;)
        buf_add(&b, chunk, n);
    fclose(f);
    return buf_take(&b);
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "we");
    if (!f || fputs(text, f) < 0 || fclose(f) != 0) {
        perror(path);
        abort();
    }
}

void golden_is(struct stage *s, const char *name, const char *text)
{
    char *path = xasprintf("%s/%s-%dx%d.txt", s->dir, name, s->v->s->w, s->v->s->h);
    char *golden = s->write ? NULL : read_file(path);
    s->screens++;
    if (s->write) {
        write_file(path, text);
    } else if (!golden || strcmp(golden, text) != 0) {
        s->failures++;
        fprintf(stderr, "%s differs. It is now:\n%s\nIt should be:\n%s\n", path, text,
                golden ? golden : "(there is no golden file; KITH_GOLDEN=write makes it)");
    }
    free(golden);
    free(path);
}

void screen_is(struct stage *s, const char *name)
{
    struct buf b = {0};
    view_mark(s->v, DIRTY_ALL);
    view_paint(s->v);
    surface_dump_text(s->v->s, &b);
    buf_addf(&b, "---- cursor %d %d\n", s->v->s->cursor_x, s->v->s->cursor_y);
    surface_dump_attrs(s->v->s, &b);
    golden_is(s, name, buf_str(&b));
    buf_free(&b);
}

void at_sizes(struct stage *s, const char *name, void (*show)(struct stage *s))
{
    static const int sizes[][2] = {{120, 36}, {80, 24}, {50, 15}, {40, 10}};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        look(s, sizes[i][0], sizes[i][1], false);
        show(s);
        screen_is(s, name);
    }
}

void at_tiny_sizes(struct stage *s, const char *name, void (*show)(struct stage *s))
{
    look(s, 20, 5, false);
    show(s);
    screen_is(s, name);
    look(s, 10, 3, false);
    show(s);
    screen_is(s, "too-small"); /* the same, whatever is open */
}
