/* core/people.c - keeping, renaming, removing, blocking people; asking who they are */
#include "core/private.h"

static struct request *plain(struct core_account *ca, const char *what, core_done_fn *done,
                             void *user)
{
    struct request *r = request_new(ca, request_tell);
    r->what = what;
    r->done = done;
    r->user = user;
    return r;
}

int core_contact_add(struct core *c, struct account *a, const char *address, const char *name,
                     const char *group, core_done_fn *done, void *user, struct err *e)
{
    if (request_possible(a, ACCOUNT_HAS_ROSTER, "list of contacts to change", e) < 0)
        return KITH_EUNSUP;
    const char *groups[] = {group};
    struct wire_op op = {.type = OP_ROSTER_ADD,
                         .chat = address,
                         .who = name,
                         .list = groups,
                         .n_list = str_empty(group) ? 0 : 1};
    return request_send(plain(a->core, "the contact was not added", done, user), &op, -1, e);
}

int core_contact_update(struct core *c, struct contact *ct, const char *name,
                        const char *const *groups, size_t n, core_done_fn *done, void *user,
                        struct err *e)
{
    struct account *a = ct->account;
    if (request_possible(a, ACCOUNT_HAS_ROSTER, "list of contacts to change", e) < 0)
        return KITH_EUNSUP;
    struct wire_op op = {
        .type = OP_ROSTER_UPDATE, .chat = ct->address, .who = name, .list = groups, .n_list = n};
    return request_send(plain(a->core, "the contact was not changed", done, user), &op, -1, e);
}

int core_contact_remove(struct core *c, struct contact *ct, core_done_fn *done, void *user,
                        struct err *e)
{
    struct account *a = ct->account;
    if (request_possible(a, ACCOUNT_HAS_ROSTER, "list of contacts to change", e) < 0)
        return KITH_EUNSUP;
    struct wire_op op = {.type = OP_ROSTER_REMOVE, .chat = ct->address};
    return request_send(plain(a->core, "the contact was not removed", done, user), &op, -1, e);
}

int core_contact_authorize(struct core *c, struct account *a, const char *address, bool allow,
                           core_done_fn *done, void *user, struct err *e)
{
    if (request_possible(a, ACCOUNT_HAS_ROSTER, "permissions", e) < 0)
        return KITH_EUNSUP;
    struct wire_op op = {.type = OP_ROSTER_AUTHORIZE, .chat = address, .number = allow ? 1 : 0};
    return request_send(plain(a->core, "the permission was not changed", done, user), &op, -1, e);
}

int core_block(struct core *c, struct account *a, const char *address, bool block,
               core_done_fn *done, void *user, struct err *e)
{
    if (request_possible(a, ACCOUNT_HAS_BLOCKING, "blocking", e) < 0)
        return KITH_EUNSUP;
    struct wire_op op = {.type = block ? OP_BLOCK : OP_UNBLOCK, .chat = address};
    const char *what = block ? "nobody was blocked" : "nobody was unblocked";
    return request_send(plain(a->core, what, done, user), &op, -1, e);
}

enum { MOST_REPORTED = 5 };

/* Archive ids of what a report is about, borrowed from the messages. */
static size_t proof(const struct message *one, struct message **page, size_t n,
                    const char *ids[MOST_REPORTED])
{
    size_t found = 0;
    if (one && !str_empty(one->archive_id))
        ids[found++] = one->archive_id;
    for (size_t i = n; !one && i-- > 0 && found < MOST_REPORTED;) {
        if (!message_outgoing(page[i]) && !str_empty(page[i]->archive_id))
            ids[found++] = page[i]->archive_id;
    }
    return found;
}

int core_report(struct core *c, struct account *a, const char *address, uint32_t how, int64_t message,
                const char *text, core_done_fn *done, void *user, struct err *e)
{
    if (request_possible(a, ACCOUNT_HAS_BLOCKING, "blocking", e) < 0)
        return KITH_EUNSUP;
    const char *ids[MOST_REPORTED];
    size_t n = 0;
    struct chat *chat = account_chat(a, address);
    struct message *one = chat && message ? store_message(c->store, chat, message) : NULL;
    struct message **page =
        chat && !one ? store_page(c->store, chat, STORE_OLDER, 0, 0, MODEL_PAGE, &n) : NULL;
    struct wire_op op = {.type = OP_BLOCK, .chat = address, .number = how, .text = text, .list = ids};
    op.n_list = chat ? proof(one, page, n, ids) : 0;
    int rc = request_send(plain(a->core, "nobody was blocked", done, user), &op, -1, e);
    message_free(one);
    for (size_t i = 0; i < n; i++)
        message_free(page[i]);
    free(page);
    return rc;
}

int core_info(struct core *c, struct account *a, const char *address, core_item_fn *item,
              core_done_fn *done, void *user, struct err *e)
{
    if (request_possible(a, ACCOUNT_HAS_DIRECTORY, "way to ask who somebody is", e) < 0)
        return KITH_EUNSUP;
    struct request *r = plain(a->core, "nothing was learnt", done, user);
    r->item = item;
    struct wire_op op = {.type = OP_INFO, .chat = address};
    return request_send(r, &op, -1, e);
}

int core_search_people(struct core *c, struct account *a, const char *where, const char *const *keys,
                       const char *const *values, size_t n, core_item_fn *item, core_done_fn *done,
                       void *user, struct err *e)
{
    enum { MOST_TERMS = 16 };
    struct kith_field fields[MOST_TERMS];
    if (request_possible(a, ACCOUNT_HAS_DIRECTORY, "directory of people", e) < 0)
        return KITH_EUNSUP;
    n = MIN(n, (size_t)MOST_TERMS);
    for (size_t i = 0; i < n; i++)
        fields[i] = (struct kith_field){.size = sizeof fields[i], .key = str_empty(keys[i]) ? "words" : keys[i], .values = &values[i], .n_values = 1};
    struct request *r = plain(a->core, "nobody was looked for", done, user);
    r->item = item;
    struct wire_op op = {.type = OP_DIRECTORY_SEARCH, .chat = where, .fields = fields, .n_fields = n};
    return request_send(r, &op, -1, e);
}
