/* backends/xmpp/slot.c - where to put a file, as the upload service answers (XEP-0363 §5, §6) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backends/xmpp/upload.h"
#include "base/clock.h"
#include "base/http.h"
#include "base/mem.h"

enum { FIELDS_MAX = 8 << 10 };

void upload_slot_free(struct upload_slot *s)
{
    free(s->put);
    free(s->get);
    buf_wipe_free(&s->fields);
    *s = (struct upload_slot){0};
}

static int bad(struct err *e, const char *why)
{
    return err_set(e, KITH_EPROTO, "The upload service's answer cannot be used: %s.", why);
}

static int read_url(xmpp_stanza_t *slot, const char *name, bool allow_clear, char **out, struct err *e)
{
    struct http_url u;
    struct err why = {0};
    const char *url = st_attr(st_child(slot, name, NS_UPLOAD), "url");
    if (str_empty(url))
        return bad(e, "it has no address");
    if (http_url_parse(&u, url, &why) < 0)
        return err_set(e, KITH_EPROTO, "The upload service's answer cannot be used. %s", why.text);
    bool clear = !u.tls && !allow_clear;
    int rc = clear ? err_set(e, KITH_EDENIED,
                             "The upload service wants the file at an address without encryption (http://%.200s); the option "
                             "allow_http would allow that.",
                             u.host)
                   : 0;
    http_url_free(&u);
    *out = xstrdup(url);
    return rc;
}

/* XEP-0363 §5: these and no others, and without line ends. */
static bool allowed(const char *name)
{
    return name && (strcasecmp(name, "Authorization") == 0 || strcasecmp(name, "Cookie") == 0 ||
                    strcasecmp(name, "Expires") == 0);
}

static bool has_control(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            return true;
    return false;
}

static int read_fields(struct upload_slot *s, xmpp_stanza_t *put, struct err *e)
{
    int rc = 0;
    s->fields.secret = true;
    EACH_CHILD (c, put) {
        const char *name = is_elem(c, "header", NULL) ? st_attr(c, "name") : NULL;
        char *value = rc == 0 && allowed(name) ? st_text(c) : NULL;
        if (value && (has_control(value) || s->fields.len + strlen(value) > FIELDS_MAX))
            rc = bad(e, "a header field has a line end in it, or is too long");
        else if (value)
            buf_addf(&s->fields, "%s: %s\r\n", name, value);
        if (value)
            mem_wipe(value, strlen(value));
        free(value);
    }
    return rc;
}

int upload_slot_read(struct upload_slot *s, xmpp_stanza_t *reply, bool allow_clear, struct err *e)
{
    xmpp_stanza_t *slot = st_child(reply, "slot", NS_UPLOAD);
    *s = (struct upload_slot){0};
    int rc = slot ? 0 : bad(e, "it has no slot");
    if (rc >= 0)
        rc = read_url(slot, "put", allow_clear, &s->put, e);
    if (rc >= 0)
        rc = read_url(slot, "get", allow_clear, &s->get, e);
    if (rc >= 0)
        rc = read_fields(s, st_child(slot, "put", NS_UPLOAD), e);
    if (rc < 0)
        upload_slot_free(s);
    return rc;
}

/* ---- no slot ---- */

static void too_large(xmpp_stanza_t *large, const char *service, int64_t *max, struct err *e)
{
    char *text = st_child_text(large, "max-file-size", NULL);
    if (!text || !str_int(text, 0, INT64_MAX, max))
        *max = -1;
    free(text);
    if (*max >= 0)
        (void)err_set(e, KITH_ETOOBIG, "The file is too large: %s takes at most %lld bytes.", service, (long long)*max);
    else
        (void)err_set(e, KITH_ETOOBIG, "The file is too large for %s.", service);
}

void upload_slot_refused(xmpp_stanza_t *reply, const char *service, int64_t *max, struct err *e)
{
    xmpp_stanza_t *error = st_child(reply, "error", NULL);
    xmpp_stanza_t *large = st_child(error, "file-too-large", NS_UPLOAD);
    const char *stamp = st_attr(st_child(error, "retry", NS_UPLOAD), "stamp");
    char when[64];
    int64_t ms;
    struct err why = {0};
    *max = -1;
    if (large) {
        too_large(large, service, max, e);
        return;
    }
    int code = st_error(reply, &why);
    bool full = st_child(error, "resource-constraint", NULL), never = st_child(error, "not-acceptable", NULL);
    if (full && stamp && clock_parse_iso(stamp, &ms)) {
        clock_format(when, sizeof when, "%Y-%m-%d %H:%M", ms);
        (void)err_set(e, KITH_ELIMIT, "You have sent as much as %s takes at the moment; again from %s on.", service, when);
    } else if (full) {
        (void)err_set(e, KITH_ELIMIT, "You have sent as much as %s takes at the moment.", service);
    } else if (never) {
        (void)err_set(e, KITH_EDENIED, "%s does not take this file, for its size or type.", service);
    } else {
        (void)err_set(e, code, "%s gives no place for the file: %s", service, why.text);
    }
}
