/* backends/xmpp/avatar.c - pictures of people and rooms: who has which, and fetching one (XEP-0084, 0153, 0486)
 *
 * What tells us that there is a picture is heard and kept: an event of a contact's node, the presence of a contact, a
 * gateway or somebody in a room, a room's information. A picture itself is asked for only when the host wants one, and is
 * taken only if its SHA-1 is what was announced.
 */
#include "backends/xmpp/avatar.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/common/scram.h"
#include "backends/xmpp/im.h"
#include "base/mem.h"
#include "base/picture.h"

struct known {
    unsigned char sha[20];
    bool node; /* their node says so: it has the picture, too */
    bool event; /* and told us by itself */
    bool told;  /* by an event or a presence, so that changes will be, too; else it was only asked for once */
};
struct avatars {
    struct map of; /* bare address -> struct known; of people in rooms muc keeps it */
    unsigned running;
    char last[AVATAR_ID + 1]; /* of the picture in a card that was read last, "": none */
    struct buf bytes;         /* that one: find() had to read it, fetch() follows */
};
struct job { /* one find or fetch */
    kith_req req;
    char *address, *bare; /* of whom; bare has no resource */
    char id[AVATAR_ID + 1]; /* of fetch, "": find */
    int fd;
    bool contact;
};

/* ---- ids and bytes ---- */

bool avatar_id_read(const char *text, unsigned char sha[20])
{
    for (size_t i = 0; text && i < AVATAR_ID; i++) {
        char c = text[i];
        int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (v < 0)
            return false;
        sha[i / 2] = (unsigned char)(i % 2 ? sha[i / 2] | v : v << 4);
    }
    return text && text[AVATAR_ID] == '\0';
}

void avatar_id_write(const unsigned char sha[20], char id[AVATAR_ID + 1])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < 20; i++) {
        id[2 * i] = digits[sha[i] >> 4];
        id[2 * i + 1] = digits[sha[i] & 15];
    }
    id[AVATAR_ID] = '\0';
}

void avatar_id_of(const void *data, size_t len, char id[AVATAR_ID + 1])
{
    unsigned char sha[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (!EVP_Digest(data, len, sha, &n, EVP_sha1(), NULL) || n != 20)
        memset(sha, 0, sizeof sha); /* as no picture has it */
    avatar_id_write(sha, id);
}

const char *avatar_decode(const char *base64, const char *id, struct buf *out)
{
    char is[AVATAR_ID + 1];
    if (!base64 || !*base64)
        return "There is no picture.";
    if (strlen(base64) > AVATAR_TEXT)
        return "The picture is larger than is taken.";
    if (!b64_decode(out, base64) || out->len < PICTURE_MAGIC_LEN)
        return "The picture is damaged.";
    if (out->len > KITH_MAX_AVATAR)
        return "The picture is larger than is taken.";
    avatar_id_of(out->data, out->len, is);
    if (id && strcmp(is, id) != 0)
        return "What came is not the picture that was announced.";
    return picture_magic(out->data, out->len) ? NULL : "What came is no picture of a kind that is read here.";
}

const char *avatar_of_card(xmpp_stanza_t *card, const char *id, struct buf *out)
{
    char *text = st_child_text(st_child(card, "PHOTO", NULL), "BINVAL", NULL);
    const char *why = avatar_decode(text, id, out);
    free(text);
    return why;
}

/* ---- what is announced ---- */

static void note(struct x *x, const char *bare, const unsigned char *sha, bool node, bool told)
{
    struct avatars *a = x_state(x, "avatar");
    struct known *k = map_get(&a->of, bare);
    if (!sha) {
        if (k && (node || !k->event)) /* a presence does not speak for the node */
            free(map_del(&a->of, bare));
        return;
    }
    if (!k && a->of.n >= AVATARS_MAX)
        return;
    if (!k) {
        k = xcalloc(1, sizeof *k);
        map_set(&a->of, bare, k);
    }
    bool same = memcmp(k->sha, sha, 20) == 0;
    if (k->event && !node && !same)
        return; /* the node is the newer way, and has more than one size */
    memcpy(k->sha, sha, 20);
    k->node = node || (same && k->node);
    k->event = (node && told) || (same && k->event);
    k->told = told || (same && k->told);
}

/* Which of the sizes is taken: none that lies elsewhere (we ask no web server), none that is too large, no other kinds. */
static bool info_good(xmpp_stanza_t *info, unsigned char sha[20])
{
    static const char *const kinds[] = {"image/png", "image/jpeg", "image/gif", "image/webp"};
    const char *type = st_attr(info, "type"), *bytes = st_attr(info, "bytes");
    int64_t n = 0;
    bool kind = false;
    for (size_t i = 0; i < COUNT(kinds); i++)
        kind = kind || str_eq(type, kinds[i]);
    return is_elem(info, "info", NULL) && kind && !st_attr(info, "url") && bytes && str_int(bytes, 1, KITH_MAX_AVATAR, &n) &&
           avatar_id_read(st_attr(info, "id"), sha);
}

static int64_t info_bytes(xmpp_stanza_t *info)
{
    int64_t n = 0;
    return str_int(st_attr(info, "bytes"), 1, KITH_MAX_AVATAR, &n) ? n : 0;
}

/* §4.2.1: the largest of those that are taken. */
static bool metadata_read(xmpp_stanza_t *item, unsigned char sha[20])
{
    int64_t most = 0;
    unsigned char one[20];
    EACH_CHILD (c, st_child(item, "metadata", NS_AVATAR_META)) {
        if (info_good(c, one) && info_bytes(c) > most) {
            most = info_bytes(c);
            memcpy(sha, one, sizeof one);
        }
    }
    return most > 0;
}

void avatar_item(struct x *x, const char *owner, xmpp_stanza_t *item, enum pep_what what)
{
    unsigned char sha[20];
    char id[AVATAR_ID + 1];
    bool has = what == PEP_ITEM && metadata_read(item, sha);
    note(x, owner, has ? sha : NULL, true, true);
    if (!jid_same_bare(owner, x_bare(x)))
        return;
    if (has)
        avatar_id_write(sha, id);
    avatar_own_changed(x, has ? id : NULL);
}

/* XEP-0153 §4. What is no hash (a server may put the id of an empty item there) is no picture. */
int avatar_announced(xmpp_stanza_t *presence, unsigned char sha[20])
{
    xmpp_stanza_t *photo = st_child(st_child(presence, "x", NS_CARD_UPDATE), "photo", NULL);
    char *text = photo ? st_text(photo) : NULL;
    int says = !photo ? -1 : avatar_id_read(text, sha);
    free(text);
    return says;
}

/* Of contacts, of people behind our gateways and of our other devices; the rest has no say. */
static bool avatar_presence(struct x *x, xmpp_stanza_t *st)
{
    unsigned char sha[20];
    int says = st_attr(st, "type") ? -1 : avatar_announced(st, sha);
    char *bare = says >= 0 ? jid_bare(st_attr(st, "from")) : NULL;
    if (bare && presence_wanted(x, bare) && !str_eq(st_attr(st, "from"), x_jid(x)))
        note(x, bare, says ? sha : NULL, false, true);
    free(bare);
    return false;
}

/* ---- answering ---- */

static void job_end(struct x *x, struct job *j, int err, const char *text)
{
    struct avatars *a = x_state(x, "avatar");
    if (a)
        a->running--;
    if (err)
        x_reply_err(x, j->req, err, text);
    else
        x_reply_ok(x, j->req, text);
    if (j->fd >= 0)
        close(j->fd);
    free(j->address);
    free(j->bare);
    free(j);
}

static bool write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

static void give(struct x *x, struct job *j, const struct buf *bytes)
{
    if (!write_all(j->fd, bytes->data, bytes->len))
        job_end(x, j, KITH_EDENIED, "The picture could not be written.");
    else
        job_end(x, j, KITH_OK, j->id);
}

/* A card was read to find out whether there is a picture: it is kept, so that it is not read again. */
static void found_in_card(struct x *x, struct job *j, struct buf *bytes)
{
    struct avatars *a = x_state(x, "avatar");
    unsigned char sha[20];
    avatar_id_of(bytes->data, bytes->len, a->last);
    buf_free(&a->bytes);
    a->bytes = *bytes;
    *bytes = (struct buf){0};
    if (str_eq(j->address, j->bare) && presence_wanted(x, j->bare) && avatar_id_read(a->last, sha))
        note(x, j->bare, sha, false, false);
    job_end(x, j, KITH_OK, a->last);
}

static void on_card(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct job *j = user;
    struct buf bytes = {0};
    xmpp_stanza_t *card = vcard_of(reply);
    const char *why = card ? avatar_of_card(card, *j->id ? j->id : NULL, &bytes) : NULL;
    struct err e = {0};
    if (!card && reply && !iq_is_result(reply))
        st_error(reply, &e);
    if (!reply || !x_state(x, "avatar"))
        job_end(x, j, KITH_ENET, "The server did not answer.");
    else if (!card)
        job_end(x, j, KITH_ENOTFOUND, e.code ? e.text : "There is no picture.");
    else if (why)
        job_end(x, j, bytes.len ? KITH_EPROTO : KITH_ENOTFOUND, why);
    else if (*j->id)
        give(x, j, &bytes);
    else
        found_in_card(x, j, &bytes);
    buf_free(&bytes);
}

static void ask_card(struct x *x, struct job *j)
{
    const char *to = jid_same_bare(j->address, x_bare(x)) ? NULL : j->address;
    x_iq(x, iq_new(x, "get", to, "vCard", NS_VCARD, NULL), on_card, j);
}

/* XEP-0084 §4.3: the item that was asked for, by who was asked, with the bytes that its id promises. */
static void on_data(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct job *j = user;
    struct buf bytes = {0};
    xmpp_stanza_t *item = st_child(pep_items(reply, NS_AVATAR_DATA), "item", NULL);
    char *text = str_eq(st_attr(item, "id"), j->id) ? st_child_text(item, "data", NS_AVATAR_DATA) : NULL;
    const char *why = avatar_decode(text, j->id, &bytes);
    free(text);
    if (!reply || !x_state(x, "avatar") || !x_online(x))
        job_end(x, j, KITH_ENET, "The server did not answer.");
    else if (!why)
        give(x, j, &bytes);
    else
        ask_card(x, j); /* many have the same picture there */
    buf_free(&bytes);
}

static void on_metadata(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct job *j = user;
    unsigned char sha[20];
    char id[AVATAR_ID + 1];
    bool has = metadata_read(st_child(pep_items(reply, NS_AVATAR_META), "item", NULL), sha);
    if (!reply || !x_state(x, "avatar") || !x_online(x)) {
        job_end(x, j, KITH_ENET, "The server did not answer.");
    } else if (has) {
        note(x, j->bare, sha, true, false);
        avatar_id_write(sha, id);
        job_end(x, j, KITH_OK, id);
    } else {
        ask_card(x, j);
    }
}

/* ---- being asked ---- */

/* What is known of it without asking: 1 yes, 0 there is none, -1 not known. node: it can be had there; told: its changes
 * are announced. */
static int known_of(const struct x *x, const struct job *j, unsigned char sha[20], bool *node, bool *told)
{
    const struct avatars *a = x_state(x, "avatar");
    const struct known *k = map_get(&a->of, j->bare);
    *node = false;
    *told = true;
    if (muc_is_room(x, j->bare))
        return muc_avatar(x, j->address, sha);
    if (!k)
        return -1;
    memcpy(sha, k->sha, 20);
    *node = k->node;
    *told = k->told;
    return 1;
}

/* The job, or NULL and *err. */
static struct job *job_new(struct x *x, const char *address, int fd, kith_req req, int *err)
{
    struct avatars *a = x_state(x, "avatar");
    char *full = address ? jid_normal(address) : NULL, *bare = full ? jid_bare(full) : NULL;
    *err = !bare ? KITH_EINVAL : !x_online(x) ? KITH_EOFFLINE : a->running >= AVATARS_RUNNING ? KITH_EBUSY : KITH_OK;
    if (*err) {
        free(full);
        free(bare);
        return NULL;
    }
    struct job *j = xcalloc(1, sizeof *j);
    *j = (struct job){.req = req, .address = full, .bare = bare, .fd = fd};
    if (!muc_is_room(x, bare)) /* a person has one picture, whatever the device */
        str_set(&j->address, bare);
    j->contact = presence_wanted(x, bare);
    a->running++;
    return j;
}

int avatar_find(struct x *x, const char *address, kith_req req)
{
    int err;
    bool node, told;
    unsigned char sha[20];
    char id[AVATAR_ID + 1];
    struct job *j = job_new(x, address, -1, req, &err);
    if (!j)
        return err;
    int says = known_of(x, j, sha, &node, &told);
    if (says > 0 && told) {
        avatar_id_write(sha, id);
        job_end(x, j, KITH_OK, id);
    } else if (says == 0) {
        job_end(x, j, KITH_ENOTFOUND, "There is no picture.");
    } else if (j->contact && !muc_is_room(x, j->bare)) {
        const char *owner = jid_same_bare(j->bare, x_bare(x)) ? NULL : j->bare;
        x_iq(x, pep_get(x, owner, NS_AVATAR_META, NULL), on_metadata, j);
    } else {
        ask_card(x, j);
    }
    return KITH_OK;
}

int avatar_fetch(struct x *x, const char *address, const char *id, int fd, kith_req req)
{
    int err;
    bool node, told;
    unsigned char sha[20], is[20];
    struct avatars *a = x_state(x, "avatar");
    if (!avatar_id_read(id, sha))
        return KITH_EINVAL;
    struct job *j = job_new(x, address, fd, req, &err);
    if (!j)
        return err;
    avatar_id_write(sha, j->id);
    bool same = known_of(x, j, is, &node, &told) > 0 && memcmp(is, sha, sizeof is) == 0;
    if (strcmp(a->last, j->id) == 0) {
        give(x, j, &a->bytes);
        buf_free(&a->bytes);
        a->last[0] = '\0';
    } else if (same && node) {
        const char *owner = jid_same_bare(j->bare, x_bare(x)) ? NULL : j->bare;
        x_iq(x, pep_get(x, owner, NS_AVATAR_DATA, j->id), on_data, j);
    } else {
        ask_card(x, j);
    }
    return KITH_OK;
}

static void avatar_attach(struct x *x)
{
    x_set_state(x, "avatar", xcalloc(1, sizeof(struct avatars)));
}

static void avatar_detach(struct x *x)
{
    struct avatars *a = x_state(x, "avatar");
    map_free(&a->of, free);
    buf_free(&a->bytes);
    free(a);
    x_set_state(x, "avatar", NULL);
}

static const char *const avatar_vars[] = {NS_AVATAR_META "+notify", NULL};
const struct feature feature_avatar = {
    .name = "avatar",
    .disco = avatar_vars,
    .attach = avatar_attach,
    .presence = avatar_presence,
    .detach = avatar_detach,
};
