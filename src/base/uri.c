/* base/uri.c - xmpp:, irc:, ircs: and local: addresses as people pass them around */
#include "base/uri.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <utf8proc.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"

enum { URI_MAX = 8192 };

struct span {
    const char *s;
    size_t n;
};

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* RFC 3986 §2.1; "\r\n" becomes "\n". */
static int percent_decode(struct span in, struct buf *out, struct err *e)
{
    for (size_t i = 0; i < in.n; i++) {
        char c = in.s[i];
        if (c == '%') {
            if (in.n - i < 3 || hex(in.s[i + 1]) < 0 || hex(in.s[i + 2]) < 0)
                return err_set(e, -EINVAL, "the address has a %% without two hexadecimal digits");
            c = (char)(hex(in.s[i + 1]) << 4 | hex(in.s[i + 2]));
            i += 2;
        }
        if (c == '\n' && out->len && out->data[out->len - 1] == '\r')
            buf_delete(out, out->len - 1, 1);
        buf_addc(out, c);
    }
    return 0;
}

/* True when cleaning would do no more than to compose letters and their marks. */
static bool is_harmless(const struct buf *b, unsigned mode)
{
    if (!utf8_valid(buf_str(b), b->len) || memchr(buf_str(b), '\0', b->len))
        return false;
    struct buf clean = {0};
    utf8_clean(&clean, buf_str(b), b->len, mode, SIZE_MAX);
    utf8proc_uint8_t *nfc = utf8proc_NFC((const utf8proc_uint8_t *)buf_str(b));
    bool same = nfc && strcmp((const char *)nfc, buf_str(&clean)) == 0;
    free(nfc);
    buf_free(&clean);
    return same;
}

/* Fills *out with the decoded text; an empty one stays NULL. Only a body (UTF8_TEXT) may have
 * several lines. */
static int take(char **out, struct span in, unsigned mode, struct err *e)
{
    struct buf raw = {0}, clean = {0};
    int r = percent_decode(in, &raw, e);
    if (r == 0 && !is_harmless(&raw, mode))
        r = err_set(e, -EINVAL, "the address holds bytes that are no text");
    if (r == 0 && raw.len) {
        utf8_clean(&clean, raw.data, raw.len, mode, SIZE_MAX);
        str_take(out, buf_take(&clean));
    }
    buf_free(&raw);
    return r;
}

/* Cuts *in at the first of `set`; returns the part before it. *in is empty when there is none. */
static struct span cut(struct span *in, const char *set)
{
    size_t i = 0;
    while (i < in->n && !strchr(set, in->s[i]))
        i++;
    struct span head = {in->s, i};
    size_t skip = MIN(i + 1, in->n);
    in->s += skip;
    in->n -= skip;
    return head;
}

static bool is(struct span a, const char *word)
{
    return a.n == strlen(word) && strncasecmp(a.s, word, a.n) == 0;
}

/* 32 bytes in hex; what is none stays in the list: it is the key of nobody, and that is said. */
static int add_key(struct uri *u, struct span device, struct span value, bool distrust, struct err *e)
{
    struct uri_key k = {.distrust = distrust};
    if (u->n_keys >= URI_KEYS)
        return 0;
    int r = take(&k.fingerprint, value, UTF8_LINE, e);
    if (r == 0 && device.n)
        r = take(&k.device, device, UTF8_LINE, e);
    for (char *p = k.fingerprint; r == 0 && p && *p; p++)
        *p = *p >= 'A' && *p <= 'F' ? (char)(*p - 'A' + 'a') : *p;
    if (r == 0 && k.fingerprint) {
        VEC_PUSH(u->keys, u->n_keys, u->cap_keys, k);
        return 0;
    }
    free(k.fingerprint);
    free(k.device);
    return r;
}

static bool begins(struct span a, const char *word)
{
    return a.n > strlen(word) && strncasecmp(a.s, word, strlen(word)) == 0;
}

/* True: it was one; *r says how it went. */
static bool take_key(struct uri *u, struct span name, struct span value, int *r, struct err *e)
{
    const size_t sid = strlen("omemo-sid-");
    const struct span none = {"", 0};
    bool listed = u->action && strcasecmp(u->action, "trust-message") == 0;
    if (begins(name, "omemo-sid-"))
        *r = add_key(u, (struct span){name.s + sid, name.n - sid}, value, false, e);
    else if (listed && (is(name, "trust") || is(name, "distrust")))
        *r = add_key(u, none, value, is(name, "distrust"), e);
    else
        return false;
    return true;
}

/* XEP-0147 §3: "?join;password=secret", "?message;body=text" */
static int parse_query(struct uri *u, struct span query, struct err *e)
{
    int r = 0;
    if (!begins(query, "omemo-sid-"))
        r = take(&u->action, cut(&query, ";&"), UTF8_LINE, e);
    while (r == 0 && query.n) {
        struct span value = cut(&query, ";&"), name = cut(&value, "=");
        if (take_key(u, name, value, &r, e))
            continue;
        if (is(name, "body"))
            r = take(&u->body, value, UTF8_TEXT, e);
        else if (is(name, "password"))
            r = take(&u->key, value, UTF8_LINE, e);
        else if (is(name, "name"))
            r = take(&u->name, value, UTF8_LINE, e);
        else if (is(name, "node"))
            r = take(&u->node, value, UTF8_LINE, e);
        else if (is(name, "preauth"))
            u->invited = true;
    }
    return r;
}

/* RFC 5122 §2.2: [//account/]node@domain[/resource][?query][#fragment]; of local: the same, and
 * "#room". */
static int parse_xmpp(struct uri *u, struct span rest, struct err *e)
{
    int r = 0;
    bool local = str_eq(u->scheme, "local");
    if (rest.n >= 2 && memcmp(rest.s, "//", 2) == 0) {
        rest.s += 2;
        rest.n -= 2;
        r = take(&u->account, cut(&rest, "/"), UTF8_LINE, e);
    }
    struct span hash = rest;
    if (!local)
        rest = cut(&hash, "#");
    struct span query = rest, path = cut(&query, "?");
    if (r == 0)
        r = take(&u->address, cut(&path, "/"), UTF8_LINE, e);
    if (r == 0 && query.n)
        r = parse_query(u, query, e);
    if (r == 0 && !u->address)
        r = err_set(e, -EINVAL, "the address says nobody to talk to");
    return r;
}

/* "target[,flag...]": a channel unless a flag says that it is a nick (draft-butcher-irc-url-04
 * §2.5). */
static int parse_irc_target(struct uri *u, struct span rest, struct err *e)
{
    bool nick = false;
    struct span name = cut(&rest, ",");
    int r = take(&u->address, name, UTF8_LINE, e);
    while (rest.n) {
        struct span flag = cut(&rest, ",");
        nick = nick || is(flag, "isnick") || is(flag, "isuser");
    }
    if (r < 0 || !u->address)
        return r;
    if (!nick && !strchr("#&+!", u->address[0]))
        str_take(&u->address, xasprintf("#%s", u->address));
    str_set(&u->action, nick ? "message" : "join");
    return 0;
}

static int parse_irc(struct uri *u, struct span rest, struct err *e)
{
    if (rest.n < 2 || memcmp(rest.s, "//", 2) != 0)
        return err_set(e, -EINVAL, "an IRC address begins with %s://", u->scheme);
    rest.s += 2;
    rest.n -= 2;
    struct span server = cut(&rest, "/"), query = rest, target = cut(&query, "?");
    for (struct span user = server; user.n && memchr(user.s, '@', user.n);) {
        cut(&user, "@"); /* name and password do not belong into an address */
        server = user;
    }
    int r = take(&u->account, server, UTF8_LINE, e);
    if (r == 0 && !u->account)
        return err_set(e, -EINVAL, "the address names no server");
    if (r == 0)
        r = parse_irc_target(u, target, e);
    while (r == 0 && query.n) {
        struct span value = cut(&query, "&;"), name = cut(&value, "=");
        if (is(name, "msg") || is(name, "body"))
            r = take(&u->body, value, UTF8_TEXT, e);
        else if (is(name, "key"))
            r = take(&u->key, value, UTF8_LINE, e);
    }
    return r;
}

static const char *known_scheme(struct span scheme)
{
    static const char *const names[] = {"xmpp", "irc", "ircs", "local"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (is(scheme, names[i]))
            return names[i];
    return NULL;
}

/* What no address, room or nick of any protocol has, and a command line would stumble over. */
static bool is_address(const char *s)
{
    return !s || (!strpbrk(s, " \n\t,") && s[0] != '-');
}

int uri_parse(struct uri *u, const char *s, struct err *e)
{
    *u = (struct uri){0};
    size_t len = strnlen(s, URI_MAX + 1);
    if (len > URI_MAX)
        return err_set(e, -EINVAL, "the address is longer than %d bytes", URI_MAX);
    struct span rest = {s, len}, scheme = cut(&rest, ":");
    const char *name = known_scheme(scheme);
    if (!name || !memchr(s, ':', len))
        return err_set(e, -EINVAL, "an address begins with xmpp:, irc:, ircs: or local:");
    str_set(&u->scheme, name);
    int r = str_starts(name, "irc") ? parse_irc(u, rest, e) : parse_xmpp(u, rest, e);
    if (r == 0 && !is_address(u->address))
        r = err_set(e, -EINVAL, "\"%s\" cannot be anybody's address", u->address);
    if (r < 0)
        uri_free(u);
    return r;
}

void uri_free(struct uri *u)
{
    free(u->scheme);
    free(u->account);
    free(u->address);
    free(u->action);
    free(u->body);
    str_wipe_free(u->key);
    free(u->name);
    free(u->node);
    for (size_t i = 0; i < u->n_keys; i++) {
        free(u->keys[i].device);
        free(u->keys[i].fingerprint);
    }
    free(u->keys);
    *u = (struct uri){0};
}
