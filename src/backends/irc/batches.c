/* backends/irc/batches.c - what opens and closes with the batches that mean something here */
#include <string.h>

#include "backends/irc/handlers.h"
#include "backends/irc/history.h"

static bool is_type(const struct irc_batch *b, const char *name)
{
    return strcmp(b->type, name) == 0;
}

static bool is_history(const struct irc_batch *b)
{
    return is_type(b, "chathistory") || is_type(b, "draft/chathistory");
}

void irc_batch_opened(struct irc *i, struct irc_batch *b, const struct irc_line *l UNUSED)
{
    if (is_type(b, "soju.im/bouncer-networks"))
        irc_bouncer_list(i, true);
    if (!is_history(b))
        return;
    i->label = b->label;
    struct irc_query *q = irc_query_find(i, ASK_HISTORY, b->target);
    b->req = q ? q->req : 0;
}

void irc_batch_closed(struct irc *i, struct irc_batch *b, const struct irc_line *l UNUSED)
{
    if (is_type(b, "draft/multiline") || is_type(b, "multiline"))
        irc_multiline_closed(i, b);
    else if (is_history(b) || is_type(b, "draft/chathistory-targets") || is_type(b, "chathistory-targets"))
        irc_history_page(i, b);
    else if (is_type(b, "soju.im/bouncer-networks"))
        irc_bouncer_list(i, false);
    else if (is_type(b, "labeled-response"))
        irc_label_closed(i, b);
}
