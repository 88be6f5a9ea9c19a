/* base/frame.h - length-prefixed frames, with descriptors, over a non-blocking stream socket */
#ifndef BASE_FRAME_H
#define BASE_FRAME_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"

enum { FRAME_FDS = 4 }; /* descriptors of one frame */

/* On the wire: u32 length of what follows (little endian), u16 kind, u16 number of descriptors, payload. */
#define FRAME_HEADER 8u
#define FRAME_MAX (16u << 20)

struct frame {
    uint16_t kind;
    const char *data; /* borrowed until the next frame_read */
    size_t len;
    int *fds; /* received; the handler owns those it takes and sets them to -1 here; the rest are closed by the
                 next frame_next or frame_io_free */
    int n_fds;
};
struct frame_io { /* zero it, then frame_io_init */
    int fd;
    size_t max; /* longest payload accepted */
    struct buf in, out;
    size_t in_at, out_at;
    int in_fds[16], n_in_fds;
    int cur_fds[4], n_cur_fds; /* of the frame handed out last */
    struct frame_out_fd { size_t at; int fd; } *out_fds; /* descriptor to be sent with the byte at offset */
    size_t n_out_fds, cap_out_fds;
    bool eof;
    bool no_fds; /* set after frame_io_init: descriptors are never taken in (closing a hostile one may
                    hang, FUSE), the peer that passes one is at fault */
};

void frame_io_init(struct frame_io *f, int fd, size_t max); /* sets O_NONBLOCK and close-on-exec; takes over fd */
void frame_io_free(struct frame_io *f);                     /* closes fd and unsent descriptors */
/* Queues a frame. fds are duplicated. */
void frame_put(struct frame_io *f, uint16_t kind, const void *data, size_t len);
void frame_put_fd(struct frame_io *f, uint16_t kind, const void *data, size_t len, int fd);
/* Writes what the socket takes. 1 = all gone, 0 = more waits for POLLOUT, < 0 = -errno. Never SIGPIPE. */
int frame_flush(struct frame_io *f);
size_t frame_queued(const struct frame_io *f);
/* Reads once from the socket (at most 64 KiB). > 0 got bytes, 0 = nothing now, -ECONNRESET at the end, < 0 -errno. */
int frame_fill(struct frame_io *f);
/* Takes the next whole frame. 1 = got one, 0 = none yet, < 0 = malformed (drop the connection). */
void frame_wipe_taken(struct frame_io *f); /* overwrites the frames that frame_next() gave out: they are not used any more */
int frame_next(struct frame_io *f, struct frame *out);

/* For the helper processes, which have nothing else to do: these wait for the socket, without an end. */
bool frame_flush_all(struct frame_io *f);                   /* false: the peer is gone */
bool frame_wait(struct frame_io *f, struct frame *out);     /* the next frame; false: none will come */
/* Hands each frame to fn, which may queue answers, until the peer goes or breaks the protocol. */
typedef void frame_fn(void *user, struct frame_io *f, const struct frame *frame);
void frame_serve(struct frame_io *f, frame_fn *fn, void *user);

#endif
