/* base/confine.h - the process gives up what it does not need: core files, new privileges,
 * files, system calls */
#ifndef BASE_CONFINE_H
#define BASE_CONFINE_H

#include "base/base.h"
#include "base/buf.h"

struct confine_plan {
    const char *const
        *read; /* directories or files to read, beside the system's own; NULL entries are skipped */
    size_t n_read;
    const char *const *write; /* directories to read and write */
    size_t n_write;
    bool no_network; /* no new sockets: what is open stays */
};
struct confine_report { /* what holds afterwards */
    bool no_core, no_dump, no_new_privs, seccomp;
    int landlock; /* ABI number, 0 = the kernel has none */
};
/* Before anything else: no core files, no debugger of other processes, files for the owner only, no life after the
 * engine. */
void confine_early(struct confine_report *r);
/* Cannot be undone. What the kernel lacks is left out; never fails. */
void confine(const struct confine_plan *plan, struct confine_report *r);
/* Like confine(), and tighter: from here on the process reads and writes what is open, takes memory, asks for the time
 * and ends. No file by its name, no socket, no other process: what is not on a short list of calls gives EPERM. */
void confine_compute(struct confine_report *r);
/* One line of JSON. */
void confine_describe(const struct confine_report *r, struct buf *out);

#endif
