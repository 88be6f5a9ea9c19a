/* backends/xmpp/message_out.c - what the user wrote, as a stanza */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/feature.h"
#include "backends/xmpp/im.h"
#include "backends/xmpp/limits.h"
#include "backends/xmpp/omemo.h"
#include "backends/xmpp/upload.h"
#include "base/mem.h"
#include "base/uri.h"

xmpp_stanza_t *message_new(struct x *x, const char *chat, const char *id)
{
    xmpp_stanza_t *m = st_new(x_ctx(x), "message", NULL);
    st_set(m, "to", chat);
    st_set(m, "type", "chat");
    muc_address(x, m, chat);
    st_set(m, "id", id);
    st_set(st_add(m, "origin-id", NS_SID), "id", id);
    return m;
}

char *message_address(struct x *x, const char *chat, const char *id, int *err)
{
    bool person = chat && jid_resource(chat) && muc_is_room(x, chat); /* in a room: by all of it */
    char *bare = person ? jid_normal(chat) : chat ? jid_bare(chat) : NULL;
    *err = !bare || str_empty(id) || strlen(id) > KITH_MAX_ID ? KITH_EINVAL
           : !x_online(x)                                     ? KITH_EOFFLINE
           : muc_may_send(x, bare)                            ? KITH_OK
           : person                                           ? KITH_ENOTFOUND
                                                              : KITH_EOFFLINE;
    if (*err) {
        free(bare);
        return NULL;
    }
    return bare;
}

static bool is_file(const struct kith_send *m)
{
    return (m->flags & KITH_SEND_FILE) && KITH_HAS(struct kith_send, m, n_attachments) && m->n_attachments;
}

static void add_body(struct x *x, xmpp_stanza_t *st, const char *chat, const struct kith_send *m)
{
    struct buf b = {0};
    if (is_file(m) && sfs_add(x, st, chat, &m->attachments[0]))
        return;
    reply_add(x, st, m, &b);
    if (m->flags & KITH_SEND_ACTION)
        buf_adds(&b, "/me ");
    styling_add(x, st, m, &b);
    st_add_child_text(st, "body", NULL, buf_str(&b));
    buf_free(&b);
}

/* What is to be hidden must not lie open: what is known of their programs says that none hides it (XEP-0382 §2). */
static bool shown_openly(const struct x *x, const char *chat)
{
    return presence_supports(x, chat, NS_DISCO_INFO) && !presence_supports(x, chat, NS_SPOILER);
}

enum { SMALL_BODY = 1000 }; /* bytes: every server takes it, whatever is around it */

void message_failed(struct x *x, const char *chat, const char *id, int err, const char *why)
{
    struct kith_ev_receipt ev = EV_INIT(KITH_EV_RECEIPT, kith_ev_receipt);
    ev.chat = chat;
    ev.id = id;
    ev.delivery = KITH_FAILED;
    ev.err = err;
    ev.text = why;
    x_emit(x, &ev.ev);
}

int im_send(struct x *x, const struct kith_send *m)
{
    int err;
    if (str_empty(m->body) || ((m->flags & KITH_SEND_EDIT) && str_empty(m->target)))
        return KITH_EINVAL;
    if (strlen(m->body) > KITH_MAX_BODY)
        return KITH_ETOOBIG;
    char *chat = message_address(x, m->chat, m->id, &err);
    if (!chat)
        return err;
    rtt_sent(x, chat);
    bool retry = (m->flags & KITH_SEND_RETRY) != 0, self = jid_same_bare(chat, x_bare(x));
    if (x_unacked(x, m->id)) {
        free(chat);
        return KITH_OK; /* it is on its way in a session that lives or will be resumed */
    }
    if (spoiler_wanted(m) && !self && shown_openly(x, chat)) {
        message_failed(x, chat, m->id, KITH_EUNSUP, "no program of theirs that is online hides a text");
        free(chat);
        return KITH_OK;
    }
    const char *refused = is_file(m) ? omemo_file_refused(x, chat, m->attachments[0].id) : NULL;
    if (refused) {
        message_failed(x, chat, m->id, KITH_EUNSUP, refused);
        free(chat);
        return KITH_OK;
    }
    xmpp_stanza_t *st = message_new(x, chat, m->id);
    add_body(x, st, chat, m);
    if (!str_empty(m->thread))
        st_add_child_text(st, "thread", NULL, m->thread);
    if (m->flags & KITH_SEND_EDIT)
        correct_add(st, m->target);
    if (!self && !muc_is_room(x, chat))
        st_add(st, "request", NS_RECEIPTS); /* XEP-0184 §5.3: not in rooms */
    if (!self) {
        st_add(st, "markable", NS_MARKERS);
        if (roster_may_tell(x, "_typing", chat)) {
            st_add(st, "active", NS_STATES);
            chatstates_sent(x, chat);
        }
    }
    if (strlen(m->body) > SMALL_BODY && !x_fits(x, st)) {
        message_failed(x, chat, m->id, KITH_ETOOBIG, "it is longer than what the server takes; send it as a file, or in parts");
        xmpp_stanza_release(st);
        free(chat);
        return KITH_OK;
    }
    ledger_send(x, st, chat, m->id, m->written_ms, retry);
    free(chat);
    return KITH_OK;
}

/* An address as people type it: "xmpp:" addresses, and a name alone is one of our own server. */
int im_normalize(struct x *x, const char *in, kith_req req)
{
    struct uri u = {0};
    struct err e = {0};
    char *text = xstrdup(in ? in : ""), *start, *bare;
    if (str_starts(text, "xmpp:") && uri_parse(&u, text, &e) >= 0 && u.address)
        str_take(&text, xstrdup(u.address));
    uri_free(&u);
    for (start = text; *start == ' '; start++) {
    }
    for (size_t n = strlen(start); n && start[n - 1] == ' '; n--)
        start[n - 1] = '\0';
    if (*start && !strpbrk(start, "@.:/"))
        str_take(&text, xasprintf("%s@%s", start, x_domain(x)));
    else if (start != text)
        str_take(&text, xstrdup(start));
    bare = jid_typed(text);
    if (bare)
        x_reply_ok(x, req, bare);
    else
        x_reply_err(x, req, KITH_EINVAL,
                    "This is no XMPP address; they look like name@example.org.");
    free(bare);
    free(text);
    return KITH_OK;
}
