/* account/describe.h - what a plugin declares, as lines of JSON for the manual, --check-config and
 * the wizard */
#ifndef ACCOUNT_DESCRIBE_H
#define ACCOUNT_DESCRIBE_H

#include "account/load.h"
#include "base/buf.h"
#include "base/err.h"
#include "kith/plugin.h"

/* One line for the protocol ("what":"protocol"), one for each option ("option") and command
 * ("command"). */
void describe_protocol(const struct kith_plugin *plugin, const struct kith_protocol *p,
                       struct buf *out);

/* The settings of a protocol, a line each: option KEY, type T, fallback V, help TEXT, and the words advanced, secret,
 * required where they hold. */
void describe_fields(const struct kith_protocol *p, struct buf *out);
/* One plugin file, a line each: plugin ID, summary TEXT, version V, interface A.B, licence L, file PATH, protocols
 * ID...; or plugin NAME, file PATH, refused WHY. A load_seen_fn; out is a struct buf. */
void describe_file(void *out, const char *path, const struct loaded *l, const struct err *why);

#endif
