/* backends/xmpp/upload_service.c - finds the server's upload service and the largest file it takes (XEP-0363 §4) */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/dataform.h"
#include "backends/xmpp/upload.h"
#include "base/mem.h"

enum { SERVICES_MAX = 20 /* of a server that are asked */ };

struct finding {
    char *service;
    int64_t max;
    bool looked;       /* in this session */
    unsigned waiting;  /* answers still to come */
    uintptr_t round;   /* of questions: late answers of an earlier one do not count */
};

/* -1: it does not say. */
static int64_t max_of(xmpp_stanza_t *query)
{
    int64_t max = -1;
    EACH_CHILD (form, query) {
        EACH_CHILD (field, is_elem(form, "x", NS_DATA) ? form : NULL) {
            if (!is_elem(field, "field", NULL) || !str_eq(st_attr(field, "var"), "max-file-size"))
                continue;
            char *value = st_child_text(field, "value", NULL);
            if (!value || !str_int(value, 0, INT64_MAX, &max))
                max = -1;
            free(value);
        }
    }
    return max;
}

static bool is_service(xmpp_stanza_t *query)
{
    EACH_CHILD (c, query)
        if (is_elem(c, "feature", NULL) && str_eq(st_attr(c, "var"), NS_UPLOAD))
            return true;
    return false;
}

static struct finding *current(struct x *x, void *user)
{
    struct finding *f = x_state(x, "upload_service");
    return f && f->round == (uintptr_t)user ? f : NULL;
}

static void answered(struct x *x, struct finding *f)
{
    f->waiting--;
    files_known(x);
}

/* The one that takes the largest files. */
static void on_info(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct finding *f = current(x, user);
    if (!f)
        return;
    xmpp_stanza_t *query = iq_is_result(reply) ? st_child(reply, "query", NS_DISCO_INFO) : NULL;
    const char *from = st_attr(reply, "from");
    int64_t max = query ? max_of(query) : -1;
    bool better = !f->service || (f->max >= 0 && (max < 0 || max > f->max));
    if (query && is_service(query) && better) {
        str_set(&f->service, from ? from : x_domain(x));
        f->max = max;
    }
    answered(x, f);
}

static void ask(struct x *x, struct finding *f, const char *who, void *round)
{
    f->waiting++;
    x_iq(x, iq_new(x, "get", who, "query", NS_DISCO_INFO, NULL), on_info, round);
}

static void on_items(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct finding *f = current(x, user);
    unsigned n = 0;
    if (!f)
        return;
    EACH_CHILD (c, iq_is_result(reply) ? st_child(reply, "query", NS_DISCO_ITEMS) : NULL) {
        const char *jid = is_elem(c, "item", NULL) && !st_attr(c, "node") ? st_attr(c, "jid") : NULL;
        bool fits = jid && !strchr(jid, '@') && !jid_same_bare(jid, x_domain(x)) && n < SERVICES_MAX;
        if (!fits)
            continue;
        ask(x, f, jid, user);
        n++;
    }
    answered(x, f);
}

static void look(struct x *x, struct finding *f)
{
    f->looked = true;
    f->waiting = 1;
    void *round = (void *)++f->round; /* NOLINT(performance-no-int-to-ptr): a number, never dereferenced */
    x_iq(x, iq_new(x, "get", x_domain(x), "query", NS_DISCO_ITEMS, NULL), on_items, round);
    ask(x, f, x_domain(x), round);
}

const char *upload_service(struct x *x, int64_t *max, bool *busy)
{
    struct finding *f = x_state(x, "upload_service");
    if (!f->looked && x_online(x))
        look(x, f);
    *busy = f->waiting > 0;
    *max = f->max;
    return f->service;
}

/* Another session, maybe another server: looked for when the next file is to be sent. */
static void service_online(struct x *x, bool resumed)
{
    struct finding *f = x_state(x, "upload_service");
    if (resumed && f->service)
        return;
    str_set(&f->service, NULL);
    f->max = -1;
    f->waiting = 0;
    f->looked = false;
    f->round++;
}

static void service_attach(struct x *x)
{
    x_set_state(x, "upload_service", xcalloc(1, sizeof(struct finding)));
}

static void service_detach(struct x *x)
{
    struct finding *f = x_state(x, "upload_service");
    free(f->service);
    free(f);
    x_set_state(x, "upload_service", NULL);
}

const struct feature feature_upload_service = {
    .name = "upload_service",
    .attach = service_attach,
    .online = service_online,
    .detach = service_detach,
};
