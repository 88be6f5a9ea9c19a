/* core/moves.c - who comes into a room and leaves it: several in a row are one line, that changes in place */
#include "core/private.h"

enum {
    LOG_MAX = 32 << 10,    /* bytes of the record of one room */
    FOLD_MS = 30 * 60000,  /* somebody coming later begins a line of its own */
    FOLD_NAMES = 300,      /* so do so many */
    SHOWN_NAMES = 3,       /* of a kind; the others are counted */
    FOLD_BYTES = 300       /* of a line about people's standing */
};

struct moves {
    struct buf log; /* "HH:MM sentence" a line, also of those who are not told of */
    int64_t line;   /* the message that is being changed; 0 = none */
    int64_t at;     /* wall ms of the last change of it */
    int64_t note, note_at; /* the same of a line about people's standing */
    struct move_list names;
};

static struct moves *moves_of(struct chat *chat)
{
    if (!chat->core->moves)
        chat->core->moves = xcalloc(1, sizeof *chat->core->moves);
    return chat->core->moves;
}

void move_list_clear(struct move_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->v[i].nick);
    free(l->v);
    *l = (struct move_list){0};
}

void moves_free(struct chat *chat)
{
    struct moves *mv = chat->core->moves;
    if (!mv)
        return;
    move_list_clear(&mv->names);
    buf_free(&mv->log);
    free(mv);
    chat->core->moves = NULL;
}

const char *core_moves(const struct chat *chat)
{
    const struct moves *mv = chat->core ? chat->core->moves : NULL;
    return mv && mv->log.len ? buf_str(&mv->log) : NULL;
}

static void record(struct moves *mv, const char *sentence, int64_t time)
{
    char at[32];
    if (mv->log.len > LOG_MAX) { /* the older half goes, at a line's end */
        const char *half = strchr(buf_str(&mv->log) + mv->log.len / 2, '\n');
        buf_delete(&mv->log, 0, half ? (size_t)(half + 1 - mv->log.data) : mv->log.len);
    }
    clock_format(at, sizeof at, "%d %b %H:%M", time);
    buf_addf(&mv->log, "%s  %.600s\n", at, sentence);
}

/* ---- the line ---- */

void move_list_add(struct move_list *l, const char *nick, bool came)
{
    for (size_t i = 0; i < l->n; i++) {
        if (str_eq(l->v[i].nick, nick)) {
            l->v[i].now = came;
            return;
        }
    }
    struct move m = {xstrdup(nick), !came, came};
    VEC_PUSH(l->v, l->n, l->cap, m);
}

/* "ann, bob, eve and 2 more left" of those with these two states; nothing when there are none. */
static void put_kind(const struct move_list *l, bool before, bool now, const char *verb,
                     struct buf *out)
{
    size_t n = 0, more = 0;
    for (size_t i = 0; i < l->n; i++)
        n += l->v[i].before == before && l->v[i].now == now;
    if (n == 0)
        return;
    buf_adds(out, out->len ? "; " : "");
    size_t most = n == SHOWN_NAMES + 1 ? n : SHOWN_NAMES, shown = 0;
    for (size_t i = 0; i < l->n; i++) {
        if (l->v[i].before != before || l->v[i].now != now)
            continue;
        if (shown < most)
            buf_addf(out, "%s%s", shown++ ? ", " : "", l->v[i].nick);
        else
            more++;
    }
    if (more)
        buf_addf(out, " and %zu more", more);
    buf_addf(out, " %s", verb);
}

void move_list_words(const struct move_list *l, struct buf *out)
{
    put_kind(l, false, true, "joined", out);
    put_kind(l, true, false, "left", out);
    put_kind(l, false, false, "came and went", out);
    put_kind(l, true, true, "left and came back", out);
}

static void change_line(struct moves *mv, struct message *m)
{
    struct buf b = {0};
    move_list_words(&mv->names, &b);
    str_set(&m->body, buf_str(&b));
    buf_free(&b);
    chat_message_changed(m);
}

void moves_tell(struct core *c, struct chat *chat, const char *nick, bool came, bool told,
                const char *sentence, int64_t time)
{
    struct moves *mv = moves_of(chat);
    struct message *last = chat_last(chat);
    time = time ? time : clock_wall_ms();
    record(mv, sentence, time);
    if (!told)
        return;
    bool fold = last && mv->line && last->id == mv->line && mv->names.n < FOLD_NAMES &&
                time - mv->at < FOLD_MS && clock_day(time) == clock_day(mv->at);
    mv->at = time;
    if (fold) {
        move_list_add(&mv->names, nick, came);
        change_line(mv, last);
        return;
    }
    mv->line = 0;
    move_list_clear(&mv->names);
    move_list_add(&mv->names, nick, came);
    ingest_line(c, chat, came ? EVENT_JOIN : EVENT_PART, nick, time, "%s", sentence);
    last = chat_last(chat);
    mv->line = last && last->kind == MESSAGE_EVENT ? last->id : 0;
}

/* ---- other lines ---- */

bool moves_told_of(const struct core *c, const struct chat *chat, const char *nicks, int64_t at)
{
    char *copy = xstrdup(nicks), *rest = copy, *one;
    bool told = nicks == NULL;
    while (!told && (one = strsep(&rest, " "))) {
        enum join_rule rule = ingest_join_rule(c, chat, one, at);
        told = rule == JOIN_SHOWN || rule == JOIN_SPOKE;
    }
    free(copy);
    return told;
}

static bool same_line(const struct message *last, int64_t id, int64_t at, int64_t time)
{
    return last && id && last->id == id && time - at < FOLD_MS && clock_day(time) == clock_day(at);
}

void moves_note(struct core *c, struct chat *chat, const char *about, const char *sentence, int64_t time)
{
    struct moves *mv = moves_of(chat);
    struct message *last = chat_last(chat);
    time = time ? time : clock_wall_ms();
    if (about)
        record(mv, sentence, time);
    if (!moves_told_of(c, chat, about, clock_wall_ms()))
        return;
    bool fold = about && same_line(last, mv->note, mv->note_at, time) && strlen(last->body) < FOLD_BYTES;
    mv->note_at = time;
    if (fold) {
        str_take(&last->body, xasprintf("%s; %s", last->body, sentence));
        chat_message_changed(last);
        return;
    }
    ingest_line(c, chat, EVENT_INFO, NULL, time, "%s", sentence);
    last = chat_last(chat);
    mv->note = about && last && last->kind == MESSAGE_EVENT ? last->id : 0;
}
