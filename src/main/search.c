/* main/search.c - the process that searches the history: reads one query, tells the hits, ends */
#include "main/search.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/confine.h"
#include "base/frame.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "store/find.h"

enum { CPU_SECONDS = 60, FRAME_LIMIT = 1 << 20 };

static void tell_error(struct frame_io *io, const struct err *e)
{
    struct buf b = {0};
    find_put_error(&b, e);
    frame_put(io, FIND_FRAME_ERROR, b.data, b.len);
    buf_free(&b);
    frame_flush_all(io);
}

static void answer(struct frame_io *io, sqlite3 *db, const struct find_query *q)
{
    struct find_hit *hits;
    size_t n;
    bool more, good = true;
    struct err e = {0};
    if (find_query(db, q, &hits, &n, &more, &e) < 0) {
        tell_error(io, &e);
    } else {
        struct buf b = {0};
        for (size_t i = 0; i < n && good; i++) {
            buf_clear(&b);
            find_put_hit(&b, &hits[i]);
            frame_put(io, FIND_FRAME_HIT, b.data, b.len);
            good = frame_queued(io) < FRAME_LIMIT || frame_flush_all(io);
        }
        buf_free(&b);
        frame_put(io, FIND_FRAME_END, more ? "1" : "0", 1);
        frame_flush_all(io);
    }
    find_hits_free(hits, n);
}

/* The file and what lies beside it are open before the door is closed; no socket, no other program
 * is needed. */
static void close_the_door(sqlite3 *db, const char *path)
{
    struct confine_report report = {0};
    char *dir = xstrndup(path, (size_t)(strrchr(path, '/') ? strrchr(path, '/') - path : 0));
    const char *const read[] = {dir};
    sqlite3_exec(db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
    confine(&(struct confine_plan){.read = read, .n_read = COUNT(read), .no_network = true}, &report);
    free(dir);
}

int search_helper(const char *path)
{
    struct confine_report early = {0};
    struct frame_io io = {0};
    struct frame f;
    struct find_query q = {0};
    struct err e = {0};
    sqlite3 *db = NULL;
    char *words = NULL;
    confine_early(&early);
    setrlimit(RLIMIT_CPU, &(struct rlimit){CPU_SECONDS, CPU_SECONDS});
    title_set("kith: search");
    frame_io_init(&io, STDIN_FILENO, FRAME_LIMIT);
    if (find_open(&db, path, &e) < 0) {
        tell_error(&io, &e);
    } else {
        close_the_door(db, path);
        if (frame_wait(&io, &f) && f.kind == FIND_FRAME_QUERY &&
            find_get_query(f.data, f.len, &q, &words))
            answer(&io, db, &q);
    }
    sqlite3_close(db);
    free(words);
    frame_io_free(&io);
    return 0;
}
