/* core/spell.c - is a word right? Asks the helper process once for each word and remembers the answer */
#include "core/spell.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/frame.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/sock.h"
#include "base/spawn.h"

/* The helper's protocol; spell/proto.h, which the engine must not include. */
enum { ASK = 1, ANSWER = 2, FAILED = 3, FRAME_LIMIT = 65536 };
enum { KNOWN_MAX = 5000, WORD_MAX = 60, ASK_MAX = 16 << 10, SILENT_MS = 5000, FAILURES_MAX = 3, REAP_MS = 50,
       PIECE_MAX = 1000 }; /* bytes between two blanks: longer ones are no words */

struct spell {
    struct spell_params p;
    char *program, *languages, *problem;
    struct map known;  /* word -> suggestions of a bad one (owned), or good */
    struct map waiting; /* words to be asked about, or under way */
    bool up, asked;
    bool stale; /* what was asked was of other languages: the answer is for nobody */
    unsigned failures;
    struct frame_io io;
    struct loop_io *watch;
    struct loop_timer *late, *reaper;
    pid_t pid, dying;
};

static const char good_mark[] = "good", wanted_mark[] = "wanted"; /* values in the maps, by their address */

static void *mark(const char *which)
{
    return (void *)(uintptr_t)which; /* never written to */
}

static void free_known(void *v)
{
    if (v != good_mark)
        free(v);
}

static void forget(struct spell *s)
{
    map_free(&s->known, free_known);
    map_free(&s->waiting, NULL);
}

/* ---- the helper's life ---- */

static void reap(void *user)
{
    struct spell *s = user;
    s->reaper = NULL;
    if (s->dying > 0 && waitpid(s->dying, NULL, WNOHANG) == 0)
        s->reaper = loop_timer_add(s->p.loop, REAP_MS, reap, s);
    else
        s->dying = 0;
}

static void helper_end(struct spell *s)
{
    if (!s->up)
        return;
    loop_io_del(s->watch);
    frame_io_free(&s->io);
    loop_timer_del(s->late);
    s->late = NULL;
    s->watch = NULL;
    s->up = s->asked = s->stale = false;
    kill(s->pid, SIGKILL);
    if (s->dying > 0)
        (void)waitpid(s->dying, NULL, WNOHANG);
    s->dying = s->pid;
    loop_timer_del(s->reaper);
    s->reaper = loop_timer_add(s->p.loop, 0, reap, s);
}

static void helper_failed(struct spell *s, const char *why)
{
    log_warn("kith-spell: %s", why);
    str_set(&s->problem, why);
    s->failures++;
    helper_end(s);
    map_free(&s->waiting, NULL);
}

static void too_late(void *user)
{
    struct spell *s = user;
    s->late = NULL;
    helper_failed(s, "did not answer");
}

static void ask(void *user);

/* All that was asked and is not in the answer is right. */
static void take_answer(struct spell *s, const struct frame *f)
{
    const char *at = f->data, *end = f->data + f->len;
    while (at < end) {
        const char *nul = memchr(at, '\0', (size_t)(end - at));
        const char *more = nul ? memchr(nul + 1, '\0', (size_t)(end - nul - 1)) : NULL;
        if (!more)
            break;
        if (map_get(&s->waiting, at) && !map_get(&s->known, at))
            map_set(&s->known, at, xstrdup(nul + 1));
        at = more + 1;
    }
    for (struct map_entry *m = NULL; (m = map_next(&s->waiting, m));) {
        if (m->value == good_mark && !map_get(&s->known, m->key))
            map_set(&s->known, m->key, mark(good_mark));
    }
    map_free(&s->waiting, NULL);
    s->failures = 0;
}

static void readable(void *user, int fd UNUSED, unsigned ready)
{
    struct spell *s = user;
    struct frame f;
    int rc = ready & (LOOP_READ | LOOP_HANGUP) ? frame_fill(&s->io) : 0, next = 0;
    bool news = false;
    while (rc >= 0 && (next = frame_next(&s->io, &f)) == 1) {
        loop_timer_del(s->late);
        s->late = NULL;
        s->asked = false;
        if (s->stale) {
            s->stale = false;
            if (s->waiting.n > 0)
                loop_defer(s->p.loop, ask, s);
        } else if (f.kind == ANSWER) {
            take_answer(s, &f);
            news = true;
        } else if (f.kind == FAILED) {
            str_take(&s->problem, xstrndup(f.data, MIN(f.len, (size_t)400)));
            s->failures = FAILURES_MAX; /* it says itself that it cannot */
            map_free(&s->waiting, NULL);
        } else {
            next = -1; /* that is no helper of ours */
            break;
        }
    }
    if (rc >= 0 && next >= 0 && (ready & LOOP_WRITE))
        rc = frame_flush(&s->io);
    if (rc < 0 || next < 0)
        helper_failed(s, "ended");
    else
        loop_io_want(s->watch, LOOP_READ | (frame_queued(&s->io) ? LOOP_WRITE : 0u));
    if (news && s->p.news)
        s->p.news(s->p.user);
}

static bool helper_start(struct spell *s)
{
    int ends[2];
    struct err e = {0};
    const char *const argv[] = {"kith-spell", NULL};
    if (sock_pair(ends) < 0)
        return false;
    fd_nonblock(ends[1], false);
    struct spawn sp = {.path = s->program,
                       .argv = argv,
                       .fd_stdin = ends[1],
                       .fd_stdout = ends[1],
                       .fd_stderr = -1,
                       .die_with_parent = true};
    s->pid = spawn_start(&sp, &e);
    close(ends[1]);
    if (s->pid < 0) {
        close(ends[0]);
        str_set(&s->problem, e.text);
        s->failures = FAILURES_MAX;
        return false;
    }
    s->io = (struct frame_io){0};
    frame_io_init(&s->io, ends[0], FRAME_LIMIT);
    s->watch = loop_io_add(s->p.loop, ends[0], LOOP_READ, readable, s);
    s->up = true;
    return true;
}

/* ---- asking ---- */

static void ask(void *user)
{
    struct spell *s = user;
    struct buf b = {0};
    if (s->asked || (!s->up && !helper_start(s)))
        return;
    buf_add(&b, s->languages, strlen(s->languages) + 1);
    for (struct map_entry *m = NULL; b.len < ASK_MAX && (m = map_next(&s->waiting, m));) {
        buf_add(&b, m->key, strlen(m->key) + 1);
        m->value = mark(good_mark); /* it is under way */
    }
    frame_put(&s->io, ASK, b.data, b.len);
    buf_free(&b);
    s->asked = true;
    s->late = loop_timer_add(s->p.loop, s->p.silent_ms, too_late, s);
    (void)frame_flush(&s->io); /* what does not leave now leaves when it can; a death shows as a hang-up */
    loop_io_want(s->watch, LOOP_READ | (frame_queued(&s->io) ? LOOP_WRITE : 0u));
}

enum spell_verdict spell_word(struct spell *s, const char *languages, const char *word, size_t len)
{
    char key[WORD_MAX + 1];
    if (!s || !s->program || str_empty(languages) || len > WORD_MAX)
        return SPELL_GOOD;
    if (!str_eq(s->languages, languages)) {
        forget(s);
        s->stale = s->asked;
        str_set(&s->languages, languages);
        str_set(&s->problem, NULL);
        s->failures = 0;
    }
    memcpy(key, word, len);
    key[len] = '\0';
    const void *known = map_get(&s->known, key);
    if (known)
        return known == good_mark ? SPELL_GOOD : SPELL_BAD;
    if (s->failures >= FAILURES_MAX)
        return SPELL_GOOD;
    if (s->known.n >= KNOWN_MAX)
        map_free(&s->known, free_known);
    if (!map_get(&s->waiting, key)) {
        map_set(&s->waiting, key, mark(wanted_mark));
        loop_defer(s->p.loop, ask, s);
    }
    return SPELL_NOT_YET;
}

const char *spell_suggestions(const struct spell *s, const char *word)
{
    const char *v = s ? map_get(&s->known, word) : NULL;
    return v && v != good_mark ? v : "";
}

const char *spell_problem(const struct spell *s)
{
    return s ? s->problem : NULL;
}

/* ---- life ---- */

struct spell *spell_new(const struct spell_params *p)
{
    struct spell *s = xcalloc(1, sizeof *s);
    s->p = *p;
    s->program = xstrdup(p->program);
    if (s->p.silent_ms == 0)
        s->p.silent_ms = SILENT_MS;
    return s;
}

void spell_free(struct spell *s)
{
    if (!s)
        return;
    loop_defer_cancel(s->p.loop, ask, s);
    helper_end(s);
    loop_timer_del(s->reaper);
    if (s->dying > 0)
        (void)waitpid(s->dying, NULL, 0);
    forget(s);
    free(s->program);
    free(s->languages);
    free(s->problem);
    free(s);
}

/* ---- words ---- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/* A piece between blanks that is no word of a language: an address, a path, code, a name with digits. */
static bool is_other(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool inside = i > 0 && s[i] >= 'A' && s[i] <= 'Z' && s[i - 1] >= 'a' && s[i - 1] <= 'z';
        if (strchr("0123456789_/@\\`=<>{}[]#$%&|~^", s[i]) || inside)
            return true;
        if (s[i] == ':' && i + 1 < len && is_letter(s[i + 1]))
            return true;
    }
    return false;
}

void spell_walk(struct spell_walk *w, const char *text, size_t at, size_t end)
{
    size_t least = at > PIECE_MAX ? at - PIECE_MAX : 0;
    *w = (struct spell_walk){.text = text, .at = at, .end = end};
    while (w->at > least && !strchr(" \t\n", text[w->at - 1]))
        w->at--; /* the whole piece decides */
    w->piece_to = w->at;
    w->from = at;
}

/* An odd number of fences before it: it is in a code block. They are looked for once, from the beginning. */
static bool in_code(struct spell_walk *w, size_t at)
{
    while (!w->no_fence && w->fence < at) {
        const char *p = strstr(w->text + w->fence, "```");
        w->no_fence = p == NULL;
        if (!p || (size_t)(p - w->text) >= at)
            break;
        w->fence = (size_t)(p - w->text) + 3;
        w->code = !w->code;
    }
    return w->code;
}

/* The next piece between blanks. False: none begins before the end. */
static bool next_piece(struct spell_walk *w)
{
    size_t len;
    w->at += strspn(w->text + w->at, " \t\n");
    if (w->at >= w->end || !w->text[w->at])
        return false;
    len = strcspn(w->text + w->at, " \t\n");
    w->piece_to = w->at + len;
    if (len > PIECE_MAX || is_other(w->text + w->at, len) || in_code(w, w->at))
        w->at = w->piece_to;
    return true;
}

bool spell_next(struct spell_walk *w, size_t *from, size_t *to)
{
    for (;;) {
        if (w->at >= w->piece_to && !next_piece(w))
            return false;
        while (w->at < w->piece_to && !is_letter(w->text[w->at]))
            w->at++;
        *from = w->at;
        while (w->at < w->piece_to &&
               (is_letter(w->text[w->at]) || (w->text[w->at] == '\'' && is_letter(w->text[w->at + 1]))))
            w->at++;
        *to = w->at;
        if (*from >= w->end)
            return false;
        if (*to - *from > 1 && *to > w->from)
            return true;
    }
}
