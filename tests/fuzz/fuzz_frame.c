/* fuzz/fuzz_frame.c - frames from a peer that says anything, in pieces */
/* links: base */
#include <stdint.h>
#include <sys/socket.h>

#include "base/frame.h"
#include "base/log.h"
#include "base/sock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fds[2];
    if (size < 1 || sock_pair(fds) < 0)
        return 0;
    struct frame_io in, peer;
    struct frame f;
    frame_io_init(&in, fds[0], 4096);
    frame_io_init(&peer, fds[1], 4096);
    size_t step = 1 + data[0] % 64, total = 0;
    for (size_t at = 1; at < size; at += step) {
        size_t n = MIN(step, size - at);
        if (send(peer.fd, data + at, n, MSG_NOSIGNAL) != (ssize_t)n || frame_fill(&in) < 0)
            break;
        int r;
        while ((r = frame_next(&in, &f)) == 1) {
            ENSURE(f.len <= 4096 && f.n_fds == 0);
            total += f.len + FRAME_HEADER;
        }
        ENSURE(total < size);
        if (r < 0)
            break;
    }
    frame_io_free(&in);
    frame_io_free(&peer);
    return 0;
}
