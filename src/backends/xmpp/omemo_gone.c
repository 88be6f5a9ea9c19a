/* backends/xmpp/omemo_gone.c - devices of ours that are to leave our lists, and a new identity for this one
 *
 * Others encrypt for all that stands in the lists, for ever (XEP-0384 §5.3.1): a device that is in use no more is taken out by its
 * owner. Kept on the disk until the server has taken the lists without it, so that it holds over a lost connection. One that is
 * alive puts itself back, which is its own business: it is not taken out again and again. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backends/omemo/reset.h"
#include "backends/xmpp/omemo.h"
#include "base/mem.h"

#define GONE "omemo.gone."

static char *gone_key(uint32_t device)
{
    return xasprintf(GONE "%" PRIu32, device);
}

bool omemo_is_gone(const struct x *x, uint32_t device)
{
    char *key = gone_key(device);
    bool gone = x_host(x)->state_get(x_account(x), key, NULL, 0) >= 0;
    free(key);
    return gone;
}

void omemo_gone_add(struct x *x, uint32_t device)
{
    char *key = gone_key(device);
    (void)x_host(x)->state_set(x_account(x), key, "1", 1);
    free(key);
}

void omemo_gone_drop(struct x *x, uint32_t device)
{
    char *key = gone_key(device);
    if (omemo_is_gone(x, device))
        (void)x_host(x)->state_set(x_account(x), key, NULL, 0);
    free(key);
}

struct numbers {
    uint32_t *v;
    size_t n, cap;
};

static int note_gone(void *user, const char *key, const void *data, size_t len)
{
    struct numbers *found = user;
    (void)data;
    (void)len;
    VEC_PUSH(found->v, found->n, found->cap, (uint32_t)strtoul(key + sizeof GONE - 1, NULL, 10));
    return 0;
}

static struct numbers all_gone(const struct x *x)
{
    struct numbers found = {0};
    (void)x_host(x)->state_each(x_account(x), GONE, note_gone, &found);
    return found;
}

bool omemo_gone_any(const struct x *x)
{
    struct numbers gone = all_gone(x);
    free(gone.v);
    return gone.n > 0;
}

bool omemo_gone_listed(struct x *x, enum omemo_version v)
{
    unsigned bit = v == OMEMO_OLD ? OMEMO_IN_OLD : OMEMO_IN_2;
    struct numbers gone = all_gone(x);
    struct omemo_known d;
    bool listed = false;
    for (size_t i = 0; i < gone.n; i++)
        listed |= omemo_known_one(omemo_of(x)->o, x_bare(x), gone.v[i], &d) && (d.lists & bit);
    free(gone.v);
    return listed;
}

/* ---- what is left of it ---- */

static void on_deleted(struct x *x, xmpp_stanza_t *reply, void *user)
{
    (void)user;
    if (reply && !iq_is_result(reply)) /* it was gone before, most often */
        x_log(x, KITH_DEBUG, "keys of a device that is gone are not on the server");
}

/* Its keys, and the mark by which an older copy of it would have been noticed. */
static void delete_keys(struct x *x, uint32_t device)
{
    char node[OMEMO_NODE], id[16];
    xmpp_stanza_t *pubsub, *iq = iq_new(x, "set", NULL, "pubsub", NS_PUBSUB "#owner", &pubsub);
    omemo_bundle_node(OMEMO_OLD, device, node, id);
    st_set(st_add(pubsub, "delete", NULL), "node", node);
    x_iq(x, iq, on_deleted, NULL);
    omemo_bundle_node(OMEMO_2, device, node, id);
    x_iq(x, pep_retract(x, node, id), on_deleted, NULL);
    x_iq(x, pep_retract(x, OMEMO_MARK_NODE, id), on_deleted, NULL);
}

static void forget(struct x *x, uint32_t device)
{
    struct omemo_session *s = omemo_of(x);
    delete_keys(x, device);
    (void)omemo_drop_session(s->o, OMEMO_OLD, x_bare(x), device);
    (void)omemo_drop_session(s->o, OMEMO_2, x_bare(x), device);
    omemo_gone_drop(x, device);
}

void omemo_gone_told(struct x *x, bool taken)
{
    struct omemo_session *s = omemo_of(x);
    struct numbers gone = all_gone(x);
    kith_req req = s->removing;
    for (size_t i = 0; i < gone.n && taken; i++)
        forget(x, gone.v[i]);
    if (gone.n > 0 && taken)
        omemo_tell_soon(x);
    free(gone.v);
    s->removing = 0;
    if (req && taken)
        x_reply_ok(x, req, "It is taken out of your lists, and its keys off the server: others encrypt for it no more. If it is in use "
                           "after all, it puts itself back.");
    else if (req)
        x_reply_err(x, req, KITH_EDENIED, "The server does not take your lists without it; it is tried again at the next login.");
}

void omemo_gone_later(struct x *x)
{
    struct omemo_session *s = omemo_of(x);
    kith_req req = s->removing;
    s->removing = 0;
    if (req)
        x_reply_ok(x, req, "It is taken out of your lists at the next login, and its keys off the server.");
}

/* ---- what the user says ---- */

int omemo_remove_device(struct x *x, const char *device, kith_req req)
{
    struct omemo_session *s = omemo_of(x);
    struct omemo_known d;
    int64_t number = 0;
    if (!s || !s->o)
        return KITH_EUNSUP;
    if (!device || !str_int(device, 1, INT32_MAX, &number))
        return KITH_EINVAL;
    if (s->removing)
        return KITH_EBUSY;
    if ((uint32_t)number == omemo_device(s->o)) {
        x_reply_err(x, req, KITH_EINVAL, "That is the device you sit at, which would put itself back. /keys reset gives it a new "
                                         "identity.");
    } else if (!omemo_known_one(s->o, x_bare(x), (uint32_t)number, &d) || !omemo_way(&d)) {
        x_reply_err(x, req, KITH_ENOTFOUND, "There is no such device in the lists of your account.");
    } else if (omemo_mark_refused(x)) {
        x_reply_err(x, req, KITH_EDENIED, "Your lists cannot be written: " OMEMO_TWICE ".");
    } else {
        s->removing = req;
        omemo_gone_add(x, (uint32_t)number);
        if (x_online(x))
            omemo_publish_soon(x);
        else
            omemo_gone_later(x);
    }
    return KITH_OK;
}

static void tell_new_self(struct x *x, kith_req req)
{
    struct omemo_session *s = omemo_of(x);
    unsigned char key[OMEMO_KEY];
    char fingerprint[OMEMO_FINGERPRINT];
    omemo_identity(s->o, key);
    omemo_fingerprint(key, fingerprint);
    char *text = xasprintf("This is device %" PRIu32 " of your account now%s. Its fingerprint, for those who compare it: %s",
                           omemo_device(s->o), x_online(x) ? "" : ", for others as soon as you are online", fingerprint);
    x_reply_ok(x, req, text);
    free(text);
}

int omemo_reset_keys(struct x *x, kith_req req)
{
    struct omemo_session *s = omemo_of(x);
    const struct omemo_io io = omemo_io_of(x);
    if (!s || str_eq(x_option(x, "encryption"), "off"))
        return KITH_EUNSUP;
    uint32_t before = s->o ? omemo_device(s->o) : 0;
    bool shared = omemo_mark_refused(x); /* another kith goes on with the old one */
    if (omemo_wipe_self(&io) < 0) {
        x_reply_err(x, req, KITH_EDENIED, "The keys cannot be changed on the disk: they are as they were.");
        return KITH_OK;
    }
    if (before && !shared)
        omemo_gone_add(x, before);
    if (omemo_reopen(x, false) < 0)
        x_reply_err(x, req, KITH_EDENIED, "The old keys are gone, but new ones cannot be kept on the disk: nothing is encrypted.");
    else
        tell_new_self(x, req);
    return KITH_OK;
}
