/* backends/xmpp/avatar_own.c - our own picture, and those of rooms that are ours: set, removed, announced
 *
 * The account's picture goes to its node (XEP-0084 §3), and into its card where the server does not copy it there itself
 * (XEP-0398). Then our presence says which picture the card has (XEP-0153 §3.2); a server that copies says so for us. The
 * picture of a room is in the room's card (XEP-0486 §3.2).
 */
#include "backends/xmpp/avatar.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/common/scram.h"
#include "backends/xmpp/im.h"
#include "base/mem.h"
#include "base/picture.h"

#define STATE_CARD "avatar-card" /* id of the picture that we put into our card */

struct setting { /* one change, from step to step */
    kith_req req;
    char *room;  /* NULL: our own */
    char *base64, *mime; /* NULL: the picture is removed */
    char id[AVATAR_ID + 1], bytes[16], width[16], height[16];
    bool plain; /* the node has settings of its own: ours are not sent along */
};

static void setting_end(struct x *x, struct setting *s, int err, const char *text)
{
    if (err)
        x_reply_err(x, s->req, err, text);
    else
        x_reply_ok(x, s->req, NULL);
    free(s->room);
    free(s->base64);
    free(s->mime);
    free(s);
}

static void failed(struct x *x, struct setting *s, xmpp_stanza_t *reply)
{
    struct err e = {0};
    if (reply)
        st_error(reply, &e);
    setting_end(x, s, reply && e.code ? e.code : KITH_ENET, reply ? e.text : "The server did not answer.");
}

/* ---- what our presence says ---- */

static bool converts(const struct x *x)
{
    return disco_account_has(x, NS_CONVERSION);
}

static void remember(struct x *x, const char *id)
{
    x_host(x)->state_set(x_account(x), STATE_CARD, id, strlen(id));
}

void avatar_add_own(struct x *x, xmpp_stanza_t *presence)
{
    unsigned char sha[20];
    char *id = converts(x) ? NULL : state_string(x, STATE_CARD);
    if (id && avatar_id_read(id, sha))
        st_add_child_text(st_add(presence, "x", NS_CARD_UPDATE), "photo", NULL, id);
    else if (str_eq(id, "none"))
        st_add(st_add(presence, "x", NS_CARD_UPDATE), "photo", NULL);
    free(id);
}

/* Another of our programs has changed it: what the card has now is for that one to say. Where the server says it, rooms
 * hear of it with our next presence (XEP-0398 §4). */
void avatar_own_changed(struct x *x, const char *id)
{
    char *was = state_string(x, STATE_CARD);
    bool news = was && strcmp(was, id ? id : "none") != 0;
    if (news)
        remember(x, "");
    if (news && !converts(x))
        presence_again(x);
    free(was);
}

/* ---- the card, ours or of a room ---- */

static void on_card_set(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct setting *s = user;
    if (!iq_is_result(reply)) {
        failed(x, s, reply);
        return;
    }
    if (!s->room) {
        remember(x, s->base64 ? s->id : "none");
        presence_again(x);
    }
    setting_end(x, s, KITH_OK, NULL);
}

/* What else is in the card stays as it is. */
static void on_card(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct setting *s = user;
    struct err e = {0};
    xmpp_stanza_t *old = vcard_of(reply), *card;
    int code = !reply ? KITH_ENET : old || iq_is_result(reply) ? KITH_OK : st_error(reply, &e);
    if (!x_online(x) || (code && code != KITH_ENOTFOUND)) {
        failed(x, s, reply);
        return;
    }
    xmpp_stanza_t *iq = iq_new(x, "set", s->room, "vCard", NS_VCARD, &card);
    EACH_CHILD (c, old) {
        if (!is_elem(c, NULL, NULL) || is_elem(c, "PHOTO", NULL))
            continue;
        xmpp_stanza_t *copy = xmpp_stanza_copy(c);
        xmpp_stanza_add_child(card, copy);
        xmpp_stanza_release(copy);
    }
    if (s->base64) {
        xmpp_stanza_t *photo = st_add(card, "PHOTO", NULL);
        st_add_child_text(photo, "TYPE", NULL, s->mime);
        st_add_child_text(photo, "BINVAL", NULL, s->base64);
    }
    x_iq(x, iq, on_card_set, s);
}

static void change_card(struct x *x, struct setting *s)
{
    x_iq(x, iq_new(x, "get", s->room, "vCard", NS_VCARD, NULL), on_card, s);
}

/* ---- the node: first the data, then what announces it ---- */

static void publish_metadata(struct x *x, struct setting *s);
static void publish_data(struct x *x, struct setting *s);

/* The node is there with other settings than ours (§7.1.5 of XEP-0060): they are its owner's. */
static bool conflicts(const struct setting *s, xmpp_stanza_t *reply)
{
    xmpp_stanza_t *error = st_child(reply, "error", NULL);
    return !s->plain && (st_child(error, "precondition-not-met", NULL) || st_child(error, "conflict", NULL));
}

static void on_metadata(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct setting *s = user;
    if (iq_is_result(reply) && x_online(x)) {
        if (!converts(x)) {
            change_card(x, s);
            return;
        }
        presence_again(x); /* the server writes the new one into it, for rooms, too */
        setting_end(x, s, KITH_OK, NULL);
    } else if (x_online(x) && conflicts(s, reply)) {
        s->plain = true;
        publish_metadata(x, s);
    } else {
        failed(x, s, reply);
    }
}

static void publish_metadata(struct x *x, struct setting *s)
{
    xmpp_stanza_t *item, *iq = pep_publish(x, NS_AVATAR_META, s->base64 ? s->id : NULL, &item);
    xmpp_stanza_t *metadata = st_add(item, "metadata", NS_AVATAR_META);
    if (s->base64) {
        xmpp_stanza_t *info = st_add(metadata, "info", NULL);
        st_set(info, "id", s->id);
        st_set(info, "type", s->mime);
        st_set(info, "bytes", s->bytes);
        if (!str_eq(s->width, "0") && !str_eq(s->height, "0")) {
            st_set(info, "width", s->width);
            st_set(info, "height", s->height);
        }
    }
    if (!s->plain)
        pep_options(iq, &(struct pep_options){.access = "open"});
    x_iq(x, iq, on_metadata, s);
}

static void on_data(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct setting *s = user;
    if (iq_is_result(reply) && x_online(x)) {
        s->plain = false;
        publish_metadata(x, s);
    } else if (x_online(x) && conflicts(s, reply)) {
        s->plain = true;
        publish_data(x, s);
    } else {
        failed(x, s, reply);
    }
}

static void publish_data(struct x *x, struct setting *s)
{
    xmpp_stanza_t *item, *iq = pep_publish(x, NS_AVATAR_DATA, s->id, &item);
    st_add_child_text(item, "data", NS_AVATAR_DATA, s->base64);
    if (!s->plain)
        pep_options(iq, &(struct pep_options){.access = "open"});
    x_iq(x, iq, on_data, s);
}

/* ---- being asked ---- */

static int read_all(int fd, struct buf *out)
{
    char part[16384];
    ssize_t n;
    while ((n = read(fd, part, sizeof part)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return KITH_EINVAL;
        buf_add(out, part, (size_t)n);
        if (out->len > KITH_MAX_AVATAR)
            return KITH_ETOOBIG;
    }
    return out->len >= PICTURE_MAGIC_LEN && picture_magic(out->data, out->len) ? KITH_OK : KITH_EINVAL;
}

static void fill(struct setting *s, const struct buf *bytes, const char *mime, uint32_t width, uint32_t height)
{
    struct buf b64 = {0};
    avatar_id_of(bytes->data, bytes->len, s->id);
    b64_encode(&b64, bytes->data, bytes->len);
    s->base64 = buf_take(&b64);
    s->mime = xstrdup(mime);
    snprintf(s->bytes, sizeof s->bytes, "%zu", bytes->len);
    snprintf(s->width, sizeof s->width, "%u", (unsigned)width);
    snprintf(s->height, sizeof s->height, "%u", (unsigned)height);
}

/* The descriptor is ours from the moment that it is accepted, and is read at once. */
int avatar_set(struct x *x, const char *room, int fd, const char *mime, uint32_t width, uint32_t height, kith_req req)
{
    struct buf bytes = {0};
    char *to = room ? jid_bare(room) : NULL;
    int rc = room && (!to || !muc_is_room(x, to)) ? KITH_EINVAL : fd >= 0 ? read_all(fd, &bytes) : KITH_OK;
    if (rc == KITH_OK && fd >= 0 && str_empty(mime))
        rc = KITH_EINVAL;
    if (rc != KITH_OK) {
        buf_free(&bytes);
        free(to);
        return rc;
    }
    struct setting *s = xcalloc(1, sizeof *s);
    *s = (struct setting){.req = req, .room = to};
    if (fd >= 0) {
        fill(s, &bytes, mime, width, height);
        close(fd);
    }
    buf_free(&bytes);
    if (s->room || !pep_can_publish(x))
        change_card(x, s);
    else if (s->base64)
        publish_data(x, s);
    else
        publish_metadata(x, s);
    return KITH_OK;
}
