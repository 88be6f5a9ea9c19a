/* store/wal.c - the write-ahead log: when it is moved into the file, and that the disk writes it before that */
#include <fcntl.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/private.h"

enum {
    FRAME = 4096 + 24, /* bytes of a page in the log */
    BEGIN = 1024,      /* pages that the disk is told to begin with */
    LEAVE = 16         /* the newest are left alone: what is written beside them would wait for the disk */
};

/* What the kernel keeps for later would have to be waited for when the log is moved: 100 ms and more for a long one. Nothing
 * is waited for here, and nothing depends on it. */
static void begin_writing(struct store *s)
{
    int end = s->wal_pages - LEAVE;
#ifdef __linux__
    char *name = xasprintf("%s-wal", s->path);
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0) {
        (void)sync_file_range(fd, (off_t)s->wal_begun * FRAME,
                              (off_t)(end - s->wal_begun) * FRAME, SYNC_FILE_RANGE_WRITE);
        close(fd);
    }
    free(name);
#endif
    s->wal_begun = end;
}

static int on_wal(void *user, sqlite3 *db, const char *name, int pages)
{
    struct store *s = user;
    if (pages < s->wal_pages)
        s->wal_begun = 0; /* the log begins anew */
    s->wal_pages = pages;
    if (pages - s->wal_begun >= BEGIN)
        begin_writing(s);
    return SQLITE_OK;
}

void wal_watch(struct store *s)
{
    s->wal_pages = s->wal_begun = 0;
    sqlite3_wal_hook(s->db, on_wal, s);
}

/* Pages of the log that are worth it. */
static int worth(enum store_load load)
{
    switch (load) {
    case STORE_IDLE:
        return 250;
    case STORE_FILLING:
        return 1500; /* what takes a slice's time */
    case STORE_BUSY:
        return 8000; /* 32 MiB */
    case STORE_TYPING:
        return 32000;
    }
    BUG("no such load");
}

bool store_checkpoint(struct store *s, enum store_load load)
{
    if (s->waiting || s->in_txn || s->wal_pages < worth(load))
        return false;
    s->wal_pages = s->wal_begun = 0;
    sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return true;
}
