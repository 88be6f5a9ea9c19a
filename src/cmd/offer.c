/* cmd/offer.c - which command lines of keys make sense for a message, and why the others do not */
#include <string.h>

#include "base/buf.h"
#include "cmd/internal.h"
#include "cmd/parse.h"

int cmd_fits(const struct cmd_ctx *ctx, const struct message *m, const char *line, struct err *e)
{
    char name[PARSE_NAME_MAX + 1];
    const char *rest;
    if (!parse_name(line, name, &rest))
        return 0;
    if (strcmp(name, "confirm") == 0 || strcmp(name, "prompt") == 0) {
        struct buf question = {0};
        bool asked = parse_word(&rest, NULL, PARSE_CHECK, &question, NULL) > 0;
        buf_free(&question);
        rest += strspn(rest, " \t");
        return asked && *rest == '/' ? cmd_fits(ctx, m, rest, e) : 0;
    }
    bool bar =
        strcmp(name, "panel") == 0 && strcmp(rest, "react") == 0; /* asks for what /react needs */
    const struct cmd *c = cmd_find(bar ? "react" : name);
    return c && c->fits ? c->fits(ctx, m, e) : 0;
}
