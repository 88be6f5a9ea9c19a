/* cmd/manual.h - the parts of the manual that are made from the tables: commands, options, keys,
 * roles */
#ifndef CMD_MANUAL_H
#define CMD_MANUAL_H

#include "base/base.h"
#include "base/buf.h"

/* Appends a part as mdoc(7): "commands" "options" "keys" "contexts" "key-names" "actions" "roles"
 * "themes". False: there is no such part. */
bool manual_part(const char *name, struct buf *out);

#endif
