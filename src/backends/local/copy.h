/* backends/local/copy.h - copies a foreign descriptor to one of ours, in a process that may hang */
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

/* Forks a process that copies the first `bytes` bytes of src to dst and writes notes to *pipe_fd
 * (non-blocking for us). The file behind src is somebody else's: reading it may never end (FUSE),
 * and then only that process hangs. Returns its pid, or negative and a sentence. The descriptors
 * stay the caller's. */
pid_t copy_start(int src, int dst, int64_t bytes, int *pipe_fd, struct err *e);

#endif
