/* account/load.h - finds and loads the plugin that knows a protocol; the one place that loads code
 */
#ifndef ACCOUNT_LOAD_H
#define ACCOUNT_LOAD_H

#include "base/err.h"
#include "kith/plugin.h"

struct loaded {
    void *handle;
    const struct kith_plugin *plugin;
    const struct kith_protocol *proto;
};
/* dirs: colon-separated, searched in order; first DIR/PROTOCOL.so, then every other *.so there.
 * Directories and files that somebody else could have written are skipped. 0, or negative and a
 * sentence that says what was wrong with the nearest candidate. */
int load_protocol(struct loaded *l, const char *dirs, const char *protocol, struct err *e);
void load_close(struct loaded *l);

/* Every *.so of dirs, in order: l is set when it can be used (it is closed behind fn; proto is NULL), else why says why not. */
typedef void load_seen_fn(void *user, const char *path, const struct loaded *l, const struct err *why);
void load_each(const char *dirs, load_seen_fn *fn, void *user);

/* 0 when code may be loaded from path: owned by root or us, writable by nobody else. */
int load_check_owner(const char *path, struct err *e);
/* 0 when this host can run the plugin. */
int load_check_abi(const struct kith_plugin *p, const char *path, struct err *e);

#endif
