/* base/json.h - writes JSON, one object a line */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/base.h"
#include "base/buf.h"

/* Appends `"key":"escaped"`, with a comma when the object already has a member. s NULL adds null. */
void json_begin(struct buf *b);
void json_str(struct buf *b, const char *key, const char *s);
void json_int(struct buf *b, const char *key, int64_t n);
void json_bool(struct buf *b, const char *key, bool v);
void json_end(struct buf *b); /* "}" and a newline */
void json_quote(struct buf *b, const char *s); /* one quoted string */

#endif
