/* bench/search.c - how long a search of a history of many years takes: to its first hit, and to its end
 *
 * Usage: search KITH [messages]. KITH is the program whose helper searches, as for a view: started anew each time. Makes
 * a history of a million messages (half a minute) in a directory of its own, with one rare word, one link and one file
 * among the oldest third. Figures, never a verdict.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/frame.h"
#include "base/mem.h"
#include "base/sock.h"
#include "base/spawn.h"
#include "store/find.h"
#include "store/store.h"

enum { MESSAGES = 1000000, CHATS = 50, RUNS = 9, MIDDLE = 4, SLICE_US = 1500, MINUTE_MS = 60000, HITS = 200 };
#define BEGAN 1600000000000

static const char *const words[] = {
    "the", "resize", "bug", "window", "terminal", "message", "when", "I", "think", "that", "release", "Friday", "server",
    "works", "for", "me", "again", "please", "look", "at", "this", "patch", "and", "tell", "history", "search", "index",
    "column", "row", "cursor", "colour", "theme", "would", "rather", "ship", "Monday", "tomorrow", "nothing", "broken",
    "here", "yes", "no", "maybe", "coffee", "tea", "screen", "tmux", "ssh", "prosody", "kith"};

static unsigned below(unsigned n)
{
    static unsigned x = 1;
    x = x * 1664525u + 1013904223u;
    return (x >> 8) % n;
}

static void write_body(struct buf *b, int number, int of)
{
    buf_clear(b);
    for (unsigned k = 0, n = 5 + below(12); k < n; k++) {
        buf_addf(b, "%s", words[below(COUNT(words))]);
        if (below(7) == 0)
            buf_addf(b, "%x", below(100000));
        buf_addc(b, ' ');
    }
    if (number % 1000 == 7)
        buf_adds(b, "再現できました");
    if (number == of / 3)
        buf_adds(b, "xylophone");
    if (number == of / 4)
        buf_adds(b, "https://example.org/");
}

static void add_message(struct store *s, struct chat *c, int number, int of, struct buf *body)
{
    struct message *m = message_new();
    int64_t same;
    write_body(body, number, of);
    m->chat = c;
    m->id = store_new_id(s);
    m->time = m->sort = BEGAN + (int64_t)number * MINUTE_MS;
    m->sender = xstrdup(number == of / 5 ? "stranger@example.org" : c->address);
    m->wire_id = xasprintf("m%d", number);
    m->body = xstrdup(buf_str(body));
    if (number == of / 6)
        message_add_attachment(m, &(struct attachment){.name = (char *)"a.png", .mime = (char *)"image/png"});
    store_add_message(s, m, &same);
    message_free(m);
}

static void make_history(const char *path, int n)
{
    struct store *s;
    struct err e = {0};
    struct store_account row;
    struct buf body = {0};
    struct chat *chats[CHATS];
    if (store_open(&s, path, &e) < 0) {
        fprintf(stderr, "%s\n", e.text);
        exit(1);
    }
    struct model *m = model_new();
    store_account(s, "home", "xmpp", &row);
    struct account *a = model_add_account(m, row.id, "home", "xmpp");
    for (int i = 0; i < CHATS; i++) {
        char address[32];
        snprintf(address, sizeof address, "p%d@example.org", i);
        chats[i] = account_add_chat(a, store_new_chat(s, a, address, KITH_CHAT_DIRECT), address, KITH_CHAT_DIRECT);
    }
    int64_t began = clock_mono_us();
    for (int i = 0; i < n; i++) {
        add_message(s, chats[below(CHATS)], i, n, &body);
        if (i % 1000 == 999)
            store_commit(s, false, NULL);
    }
    store_commit(s, false, NULL);
    int64_t stored = clock_mono_us();
    printf("%-56s %10.2f\n", "a message written to the history, µs", (double)(stored - began) / n);
    while (store_index_slice(s, SLICE_US)) {
        store_commit(s, false, NULL);
        store_checkpoint(s, true);
    }
    store_commit(s, false, NULL);
    printf("%-56s %10.2f\n", "its words written to the index, µs", (double)(clock_mono_us() - stored) / n);
    store_close(s);
    model_free(m);
    buf_free(&body);
}

/* One search by a helper of its own. Microseconds to the first hit (or the end) and to the end; how many hits. */
static int ask(const char *kith, const char *path, const char *query, int64_t *first, int64_t *whole)
{
    int ends[2], hits = 0;
    struct frame_io io = {0};
    struct frame f = {0};
    struct buf b = {0};
    struct err e = {0};
    const char *const argv[] = {"kith", "--search-helper", path, NULL};
    int64_t began = clock_mono_us();
    if (sock_pair(ends) < 0)
        exit(1);
    fd_nonblock(ends[1], false);
    pid_t pid = spawn_start(&(struct spawn){.path = kith, .argv = argv, .fd_stdin = ends[1], .fd_stdout = ends[1], .fd_stderr = -1}, &e);
    close(ends[1]);
    frame_io_init(&io, ends[0], FRAME_MAX);
    find_put_query(&b, &(struct find_query){.words = query, .now = clock_wall_ms(), .max = HITS});
    frame_put(&io, FIND_FRAME_QUERY, b.data, b.len);
    frame_flush(&io);
    *first = 0;
    for (bool over = pid < 0; !over;) {
        struct pollfd p = {.fd = io.fd, .events = POLLIN};
        (void)poll(&p, 1, -1);
        over = frame_fill(&io) < 0;
        while (frame_next(&io, &f) == 1) {
            hits += f.kind == FIND_FRAME_HIT;
            over = over || f.kind != FIND_FRAME_HIT;
            if (*first == 0)
                *first = clock_mono_us() - began;
        }
    }
    *whole = clock_mono_us() - began;
    frame_io_free(&io);
    buf_free(&b);
    if (pid > 0)
        (void)waitpid(pid, NULL, 0);
    return hits;
}

static int by_size(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void measure(const char *kith, const char *path, int n)
{
    static const char *const queries[] = {"the", "resize bug", "xylophone", "ylopho", "再現", "zzzzz", "\"coffee tea\"", "e",
                                          "has:link", "has:file", "has:picture", "from:p7", "from:stranger", "in:p7", "in:p7 has:link",
                                          "before:2020-10", "tea has:link"};
    for (size_t i = 0; i < COUNT(queries); i++) {
        int64_t first[RUNS], whole[RUNS];
        int hits = 0;
        char what[120];
        for (int k = 0; k < RUNS; k++)
            hits = ask(kith, path, queries[i], &first[k], &whole[k]);
        qsort(first, RUNS, sizeof *first, by_size);
        qsort(whole, RUNS, sizeof *whole, by_size);
        snprintf(what, sizeof what, "/search %s in %d messages: %d hits, first, ms", queries[i], n, hits);
        printf("%-64s %10.2f   slowest %10.2f   end %10.2f\n", what, (double)first[MIDDLE] / 1000, (double)first[RUNS - 1] / 1000,
               (double)whole[MIDDLE] / 1000);
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    char dir[] = "/tmp/kith-search-XXXXXX";
    const char *const names[] = {"", "-wal", "-shm", ".lock"};
    int64_t n = MESSAGES;
    if (argc < 2 || (argc > 2 && !str_int(argv[2], 1000, 100000000, &n)) || !mkdtemp(dir))
        return 2;
    char *path = xasprintf("%s/history.db", dir);
    make_history(path, (int)n);
    measure(argv[1], path, (int)n);
    for (size_t i = 0; i < COUNT(names); i++) {
        char *file = xasprintf("%s%s", path, names[i]);
        (void)unlink(file);
        free(file);
    }
    (void)rmdir(dir);
    free(path);
    return 0;
}
