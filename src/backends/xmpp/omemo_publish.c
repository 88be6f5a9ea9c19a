/* backends/xmpp/omemo_publish.c - what others read of this device: its bundles, and our lists with it (XEP-0384 §5.3, §6) */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/omemo.h"
#include "base/mem.h"

enum { PUBLISH_MS = 3000, FIRST_MS = 50 };
#define PUBLISHED "omemo.published"

static const enum omemo_version versions[] = {OMEMO_OLD, OMEMO_2};

/* §5.3.2: anybody may read them, or nobody could write to us. */
static const struct pep_options for_all = {.access = "open", .max_items = NULL, .send_last = NULL};
static const struct pep_options for_all_many = {.access = "open", .max_items = "max", .send_last = NULL};

static void on_opened(struct x *x, xmpp_stanza_t *reply, void *user)
{
    char *node = user;
    if (reply && !iq_is_result(reply))
        x_notice(x, KITH_WARN, NULL, "The server does not let others read your keys (%s): nobody can encrypt for this device.", node);
    free(node);
}

/* XEP-0060 §8.2: the node is there with other options, made by another program. */
static void open_node(struct x *x, const char *node)
{
    xmpp_stanza_t *pubsub, *iq = iq_new(x, "set", NULL, "pubsub", NS_PUBSUB "#owner", &pubsub);
    xmpp_stanza_t *configure = st_add(pubsub, "configure", NULL);
    st_set(configure, "node", node);
    form_field(form_new(configure, NS_PUBSUB "#node_config"), "pubsub#access_model", "open");
    x_iq(x, iq, on_opened, xstrdup(node));
}

static bool is_list(const char *node)
{
    return strcmp(node, omemo_list_node(OMEMO_OLD)) == 0 || strcmp(node, omemo_list_node(OMEMO_2)) == 0;
}

static void published(struct x *x, struct omemo_session *s, const char *node, xmpp_stanza_t *error, bool taken)
{
    bool other = error && (st_child(error, "precondition-not-met", NULL) || st_child(error, "conflict", NULL));
    bool anew = other && !map_get(&s->opened, node), list = is_list(node);
    if (list && !anew && (error || !taken))
        s->refused = true;
    if (anew) {
        set_add(&s->opened, node);
        open_node(x, node);
        s->again = true; /* with the node as it should be */
        omemo_publish_soon(x);
    } else if (error) {
        x_log(x, KITH_WARN, "the server does not take our keys (%s)", node);
    }
    if (list && s->publishing == 0 && !s->again) /* of both lists at once */
        omemo_gone_told(x, !s->refused);
    omemo_push(x);
}

static void on_published(struct x *x, xmpp_stanza_t *reply, void *user)
{
    char *node = user;
    struct omemo_session *s = omemo_of(x);
    if (s && is_list(node))
        s->publishing--;
    if (s && s->o) /* the keys may have become unusable in the meantime */
        published(x, s, node, reply ? st_child(reply, "error", NULL) : NULL, reply != NULL);
    free(node);
}

static void publish(struct x *x, xmpp_stanza_t *iq, const char *node, bool many)
{
    pep_options(iq, many ? &for_all_many : &for_all);
    x_iq(x, iq, on_published, xstrdup(node));
}

static void publish_bundle(struct x *x, struct omemo_session *s, enum omemo_version v)
{
    char node[OMEMO_NODE], id[16];
    struct omemo_bundle b = {0};
    xmpp_stanza_t *item;
    if (omemo_bundle(s->o, v, &b) < 0)
        return;
    omemo_bundle_node(v, omemo_device(s->o), node, id);
    xmpp_stanza_t *iq = pep_publish(x, node, id, &item);
    omemo_write_bundle(item, v, &b);
    publish(x, iq, node, v == OMEMO_2);
    omemo_bundle_clear(&b);
}

/* Ours and all that stand there: a device that another program took out by mistake puts itself back (§6). */
static void publish_list(struct x *x, struct omemo_session *s, enum omemo_version v)
{
    unsigned bit = v == OMEMO_OLD ? OMEMO_IN_OLD : OMEMO_IN_2;
    struct omemo_known *known = NULL;
    struct omemo_devices l = {.n = 0};
    if (!omemo_gone_any(x) && !omemo_may_put_back(x))
        return;
    size_t n = omemo_known(s->o, x_bare(x), &known);
    l.v[l.n++] = (struct omemo_listed){omemo_device(s->o), NULL};
    for (size_t i = 0; i < n && l.n < COUNT(l.v); i++) {
        if ((known[i].lists & bit) && known[i].id != omemo_device(s->o) && !omemo_is_gone(x, known[i].id))
            l.v[l.n++] = (struct omemo_listed){known[i].id, NULL};
    }
    free(known);
    xmpp_stanza_t *item, *iq = pep_publish(x, omemo_list_node(v), "current", &item);
    if (!omemo_add_to_list(x, v, item))
        omemo_write_list(item, v, &l);
    if (s->publishing++ == 0)
        s->refused = false;
    publish(x, iq, omemo_list_node(v), false);
    bool changed;
    (void)omemo_list(s->o, v, x_bare(x), l.v, l.n, &changed); /* until somebody says otherwise */
}

static bool is_in_list(struct omemo_session *s, const char *own, enum omemo_version v)
{
    struct omemo_known d;
    return omemo_known_one(s->o, own, omemo_device(s->o), &d) && (d.lists & (v == OMEMO_OLD ? OMEMO_IN_OLD : OMEMO_IN_2));
}

static bool is_fresh(const struct x *x, enum omemo_version v)
{
    return omemo_list_fresh(x, v, x_bare(x));
}

bool omemo_is_shown(const struct x *x)
{
    struct omemo_session *s = omemo_of(x);
    if (s->publishing > 0 || !s->publish_timer)
        return s->publishing == 0;
    return !s->again && is_in_list(s, x_bare(x), OMEMO_OLD) && is_in_list(s, x_bare(x), OMEMO_2);
}

void omemo_bundles_again(struct x *x)
{
    (void)x_host(x)->state_set(x_account(x), PUBLISHED, NULL, 0);
}

/* The bundle before the list: who sees us in the list fetches it at once. */
static void publish_due(struct x *x, struct omemo_session *s)
{
    bool changed = false;
    if (!s->o || !x_online(x) || !is_fresh(x, OMEMO_OLD) || !is_fresh(x, OMEMO_2) || !omemo_mark_open(x))
        return;
    if (omemo_maintain(s->o, &changed) < 0) {
        omemo_gone_later(x);
        return;
    }
    omemo_mark_now(x);
    unsigned char key[OMEMO_KEY];
    omemo_identity(s->o, key);
    (void)omemo_meet(s->o, x_bare(x), omemo_device(s->o), key); /* we know ourselves */
    char *published = state_string(x, PUBLISHED);
    for (size_t i = 0; i < COUNT(versions); i++) {
        bool missing = s->again || !is_in_list(s, x_bare(x), versions[i]) || omemo_gone_listed(x, versions[i]);
        if (missing || changed || !published)
            publish_bundle(x, s, versions[i]);
        if (missing)
            publish_list(x, s, versions[i]);
    }
    s->again = false;
    if (s->publishing == 0)
        omemo_gone_told(x, true); /* they stood in no list */
    if (!published)
        (void)x_host(x)->state_set(x_account(x), PUBLISHED, "1", 1);
    free(published);
}

static void on_publish_due(void *user)
{
    struct x *x = user;
    struct omemo_session *s = omemo_of(x);
    s->publish_timer = 0;
    publish_due(x, s);
    omemo_push(x); /* whether something was published or not: what waited for that goes on */
}

void omemo_publish_soon(struct x *x)
{
    struct omemo_session *s = omemo_of(x);
    if (!s->o || s->publish_timer)
        return;
    bool listed = is_in_list(s, x_bare(x), OMEMO_OLD) && is_in_list(s, x_bare(x), OMEMO_2);
    s->publish_timer = x_host(x)->timer_add(listed && !omemo_gone_any(x) ? PUBLISH_MS : FIRST_MS, on_publish_due, x);
}
