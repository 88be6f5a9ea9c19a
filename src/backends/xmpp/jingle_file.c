/* backends/xmpp/jingle_file.c - what a file is in an offer, read and written, and shown to the user (XEP-0234 §5) */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/jingle.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"

enum { NAME_MAX_BYTES = 200, MIME_MAX_BYTES = 100, STRANGER_MS = 60 * 1000, STRANGERS_MAX = 200 };

/* The last part of it, as the name of a file can be; the engine has its own say in what it is called here. */
static char *plain_name(const char *s)
{
    const char *from = s ? s : "";
    for (const char *p = from; *p; p++)
        if (*p == '/' || *p == '\\')
            from = p + 1;
    from += strspn(from, ".");
    return *from ? xstrndup(from, utf8_floor(from, strlen(from), NAME_MAX_BYTES)) : xstrdup("file");
}

const char *jingle_file_read(xmpp_stanza_t *description, struct jingle_file *f)
{
    xmpp_stanza_t *file = st_child(description, "file", NULL), *range = st_child(file, "range", NULL);
    char *name = st_child_text(file, "name", NULL), *size = st_child_text(file, "size", NULL);
    char *date = st_child_text(file, "date", NULL);
    const char *offset = st_attr(range, "offset"), *length = st_attr(range, "length");
    f->name = plain_name(name);
    f->mime = st_child_text(file, "media-type", NULL);
    if (f->mime && strlen(f->mime) > MIME_MAX_BYTES)
        str_take(&f->mime, NULL);
    bool sized = size && str_int(size, 0, INT64_MAX, &f->bytes);
    if (date && !clock_parse_iso(date, &f->date_ms))
        f->date_ms = 0;
    f->algo = sums_read(file, &f->sum);
    if (!f->algo)
        f->algo = sums_promised(file);
    bool part = (offset && strcmp(offset, "0") != 0) || length;
    free(name);
    free(size);
    free(date);
    return !file      ? "nothing is said of it."
           : !sized   ? "its size is not said."
           : part     ? "it is only a part of one."
                      : NULL;
}

void jingle_file_write(xmpp_stanza_t *content, const struct jingle_file *f)
{
    xmpp_stanza_t *file = st_add(st_add(content, "description", NS_JINGLE_FILE), "file", NULL);
    char size[24], date[40];
    if (f->date_ms) {
        clock_format_iso(date, sizeof date, f->date_ms);
        st_add_child_text(file, "date", NULL, date);
    }
    if (!str_empty(f->mime))
        st_add_child_text(file, "media-type", NULL, f->mime);
    st_add_child_text(file, "name", NULL, f->name);
    snprintf(size, sizeof size, "%" PRId64, f->bytes);
    st_add_child_text(file, "size", NULL, size);
    if (f->sum)
        sums_write(file, f->algo, f->sum);
    else if (f->algo)
        st_set(st_add(file, "hash-used", NS_HASHES), "algo", f->algo);
}

void jingle_file_clear(struct jingle_file *f)
{
    free(f->name);
    free(f->mime);
    free(f->sum);
    memset(f, 0, sizeof *f);
}

void jingle_file_show(struct jingle *j)
{
    const struct kith_attachment att = {.size = sizeof att,
                                        .id = j->id,
                                        .name = j->file.name,
                                        .mime = j->file.mime,
                                        .bytes = j->file.bytes};
    struct kith_ev_message ev = EV_INIT(KITH_EV_MESSAGE, kith_ev_message);
    ev.chat = ev.sender = j->chat;
    ev.resource = jid_resource(j->peer);
    ev.id = ev.origin_id = j->id;
    ev.body = j->file.name;
    ev.attachments = &att;
    ev.n_attachments = 1;
    x_emit(j->x, &ev.ev);
}

/* ---- strangers ---- */

/* Not more often than people can read it. */
static bool in_time(struct x *x, const char *bare)
{
    struct map *heard = x_state(x, "jingle_file");
    int64_t now = x_host(x)->mono_ms(), *last;
    if (!heard) {
        heard = xcalloc(1, sizeof *heard);
        x_set_state(x, "jingle_file", heard);
    }
    last = map_get(heard, bare);
    if (last && now - *last < STRANGER_MS)
        return false;
    if (!last && heard->n >= STRANGERS_MAX)
        map_free(heard, free);
    if (!last) {
        last = xcalloc(1, sizeof *last);
        map_set(heard, bare, last);
    }
    *last = now;
    return true;
}

void jingle_file_stranger(struct x *x, const char *from, xmpp_stanza_t *jingle)
{
    xmpp_stanza_t *content = st_child(jingle, "content", NS_JINGLE);
    bool file = st_child(content, "description", NS_JINGLE_FILE) != NULL;
    bool call = st_child(content, "description", NS_JINGLE_RTP) != NULL;
    char *bare = jid_bare(from);
    if (str_eq(st_attr(jingle, "action"), "session-initiate") && (file || call) && bare && !muc_is_room(x, bare) &&
        !blocking_has(x, bare) && in_time(x, bare)) {
        struct kith_ev_message ev = EV_INIT(KITH_EV_MESSAGE, kith_ev_message);
        ev.chat = ev.sender = bare;
        ev.body = file ? "wants to send a file, but does not see when you are online: nothing was answered."
                       : "calls, but does not see when you are online: nothing was answered.";
        ev.flags = KITH_MSG_ACTION | (roster_has(x, bare) ? 0 : KITH_MSG_STRANGER);
        x_emit(x, &ev.ev);
    }
    free(bare);
}

static void forget(struct x *x)
{
    struct map *heard = x_state(x, "jingle_file");
    if (heard)
        map_free(heard, free);
    free(heard);
    x_set_state(x, "jingle_file", NULL);
}

const struct feature feature_jingle_file = {.name = "jingle_file", .detach = forget};
