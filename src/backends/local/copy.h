/* backends/local/copy.h - fetches an offered file and copies it, in a process that may hang */
#ifndef LOCAL_COPY_H
#define LOCAL_COPY_H

#include <sys/types.h>

#include "base/base.h"
#include "base/err.h"

struct copy_note { /* what the copying process writes to its pipe; a whole one at a time */
    int64_t done;
    int32_t error; /* errno */
    int32_t final;
};

/* Forks a process that asks the kith at the other end of sock (connected) for the file it offered
 * as id, copies its first `bytes` bytes to dst, and writes notes to *pipe_fd (non-blocking for us).
 * The file is somebody else's: any call on its descriptor may never end (FUSE), and then only that
 * process hangs; it can be killed. Returns its pid, or negative and a sentence. The descriptors
 * stay the caller's. */
pid_t copy_start(int sock, const char *id, int dst, int64_t bytes, int *pipe_fd, struct err *e);

#endif
