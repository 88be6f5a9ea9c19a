/* backends/xmpp/disco.c - who we are and what server and account can do (XEP-0030, XEP-0128) */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/bookmarks.h"
#include "backends/xmpp/omemo.h"
#include "base/mem.h"

enum { FEATURES_MAX = 1000 }; /* of one entity */

struct disco {
    struct map server, account; /* feature -> itself */
    unsigned waiting;           /* answers still to come */
    uintptr_t round;            /* of questions: late answers of an earlier one do not count */
    bool ready;                 /* both have answered in this session, or refused to */
    bool archive;
};
#define ARCHIVE_KEY "archive" /* "1": the account had an archive when last asked */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void put_identity(xmpp_stanza_t *query)
{
    xmpp_stanza_t *i = st_add(query, "identity", NULL);
    st_set(i, "category", "client");
    st_set(i, "type", "console");
    st_set(i, "name", "kith");
}

void disco_fill(struct x *x, xmpp_stanza_t *query)
{
    const char **vars = NULL;
    size_t n = 0, cap = 0;
    put_identity(query);
    for (const struct feature *const *f = x_features; *f; f++)
        for (const char *const *v = !(*f)->announced || (*f)->announced(x) ? (*f)->disco : NULL; v && *v; v++)
            VEC_PUSH(vars, n, cap, *v);
    if (n)
        qsort(vars, n, sizeof *vars, by_name);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || strcmp(vars[i], vars[i - 1]) != 0)
            st_set(st_add(query, "feature", NULL), "var", vars[i]);
    free(vars);
}

static void learn(struct map *m, xmpp_stanza_t *reply)
{
    map_free(m, NULL);
    EACH_CHILD (c, iq_is_result(reply) ? st_child(reply, "query", NS_DISCO_INFO) : NULL) {
        const char *var = is_elem(c, "feature", NULL) ? st_attr(c, "var") : NULL;
        if (var && m->n < FEATURES_MAX && strlen(var) < 256)
            set_add(m, var);
    }
}

static void note_archive(struct x *x, struct disco *d)
{
    bool has = map_get(&d->account, NS_MAM) != NULL;
    if (has == d->archive)
        return;
    d->archive = has;
    x_host(x)->state_set(x_account(x), ARCHIVE_KEY, "1", has ? 1 : 0);
}

static void done_one(struct x *x, struct disco *d)
{
    if (--d->waiting > 0 || !x_online(x))
        return;
    d->ready = true;
    blocking_start(x);
    mds_start(x);
    omemo_start(x);
    mam_start(x);
    bookmarks_start(x);
    sync_done(x, SYNC_DISCO);
}

static void on_server(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct disco *d = x_state(x, "disco");
    if (!d || d->round != (uintptr_t)user)
        return;
    learn(&d->server, reply);
    done_one(x, d);
}

static void on_account(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct disco *d = x_state(x, "disco");
    if (!d || d->round != (uintptr_t)user)
        return;
    learn(&d->account, reply);
    if (reply)
        note_archive(x, d);
    done_one(x, d);
}

static void disco_attach(struct x *x)
{
    struct disco *d = xcalloc(1, sizeof *d);
    char *was = state_string(x, ARCHIVE_KEY);
    d->archive = was != NULL;
    free(was);
    x_set_state(x, "disco", d);
}

static void disco_detach(struct x *x)
{
    struct disco *d = x_state(x, "disco");
    map_free(&d->server, NULL);
    map_free(&d->account, NULL);
    free(d);
    x_set_state(x, "disco", NULL);
}

static void disco_online(struct x *x, bool resumed)
{
    struct disco *d = x_state(x, "disco");
    if (resumed && d->ready)
        return; /* the same process, the same server */
    d->ready = false;
    d->waiting = 2;
    void *round =
        (void *)++d->round; /* NOLINT(performance-no-int-to-ptr): a number, never dereferenced */
    x_iq(x, iq_new(x, "get", x_domain(x), "query", NS_DISCO_INFO, NULL), on_server, round);
    x_iq(x, iq_new(x, "get", x_bare(x), "query", NS_DISCO_INFO, NULL), on_account, round);
}

bool disco_known(const struct x *x)
{
    const struct disco *d = x_state(x, "disco");
    return d && d->ready;
}

bool disco_server_has(const struct x *x, const char *feature)
{
    const struct disco *d = x_state(x, "disco");
    return d && map_get(&d->server, feature);
}

bool disco_account_has(const struct x *x, const char *feature)
{
    const struct disco *d = x_state(x, "disco");
    return d && map_get(&d->account, feature);
}

bool disco_archive(const struct x *x)
{
    const struct disco *d = x_state(x, "disco");
    return d && d->archive;
}

/* XEP-0030 §3.1; a node must be one of ours: none, or that of our capabilities. */
static bool answer_info(struct x *x, xmpp_stanza_t *iq, xmpp_stanza_t *query)
{
    const char *node = st_attr(query, "node");
    xmpp_stanza_t *out = st_new(x_ctx(x), "query", NS_DISCO_INFO);
    st_set(out, "node", node);
    disco_fill(x, out);
    if (node) {
        char *ver = caps_hash(out, "sha-1");
        bool ours = ver && str_ends(node, ver);
        free(ver);
        if (!ours) {
            xmpp_stanza_release(out);
            x_iq_error(x, iq, "cancel", "item-not-found", NULL);
            return true;
        }
    }
    x_iq_reply(x, iq, out);
    return true;
}

static bool disco_iq(struct x *x, xmpp_stanza_t *st)
{
    xmpp_stanza_t *info = st_child(st, "query", NS_DISCO_INFO),
                  *items = st_child(st, "query", NS_DISCO_ITEMS);
    if (!str_eq(st_attr(st, "type"), "get") || (!info && !items) ||
        !roster_may_ask(x, st_attr(st, "from")))
        return false; /* XEP-0030 §8: who may not see us gets what an absent client would give */
    if (info)
        return answer_info(x, st, info);
    xmpp_stanza_t *out = st_new(x_ctx(x), "query", NS_DISCO_ITEMS);
    st_set(out, "node", st_attr(items, "node"));
    x_iq_reply(x, st, out);
    return true;
}

static const char *const disco_vars[] = {NS_DISCO_INFO, NS_DISCO_ITEMS, NULL};
const struct feature feature_disco = {
    .name = "disco",
    .disco = disco_vars,
    .attach = disco_attach,
    .online = disco_online,
    .detach = disco_detach,
    .iq = disco_iq,
};
