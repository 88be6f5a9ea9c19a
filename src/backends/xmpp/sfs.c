/* backends/xmpp/sfs.c - files in messages: said in up to five ways (XEP-0447, 0448, 0385, 0454, 0066), shown once */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/sums.h"
#include "backends/xmpp/upload.h"
#include "base/http.h"
#include "base/mem.h"
#include "base/mime.h"

#define NS_SFS "urn:xmpp:sfs:0"
#define NS_METADATA "urn:xmpp:file:metadata:0" /* XEP-0446 */
#define NS_JINGLE_FT "urn:xmpp:jingle:apps:file-transfer:5"
#define NS_URL_DATA "http://jabber.org/protocol/url-data"
#define NS_SIMS "urn:xmpp:sims:1"
#define NS_REFERENCE "urn:xmpp:reference:0"
#define NS_OOB "jabber:x:oob"
#define NS_ESFS "urn:xmpp:esfs:0"

enum { SIDE_MAX = 1 << 20, URL_MAX = 4096 };

/* ---- reading ---- */

struct sources { /* of one message; urls are owned */
    char *url[FILES_MAX * 2];
    size_t file[FILES_MAX * 2]; /* whose it is: index into the list */
    size_t n;
};

static bool usable(const char *url)
{
    struct http_url u;
    bool fits = url && strlen(url) < URL_MAX && http_url_parse(&u, url, NULL) >= 0;
    if (fits)
        http_url_free(&u);
    return fits;
}

static void attachment_clear(struct kith_attachment *a)
{
    str_wipe_free((char *)(uintptr_t)a->id); /* may hold a key */
    free((char *)(uintptr_t)a->name);
    free((char *)(uintptr_t)a->mime);
    free((char *)(uintptr_t)a->url);
}

void sfs_free(struct file_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        attachment_clear(&l->v[i]);
    l->n = 0;
}

static char *text_of(xmpp_stanza_t *file, const char *name, size_t max)
{
    char *text = st_child_text(file, name, NULL);
    if (text && (!*text || strlen(text) > max)) {
        free(text);
        return NULL;
    }
    return text;
}

static int64_t number_of(xmpp_stanza_t *file, const char *name, int64_t max, int64_t otherwise)
{
    char *text = st_child_text(file, name, NULL);
    int64_t n;
    if (!text || !str_int(text, 0, max, &n))
        n = otherwise;
    free(text);
    return n;
}

static char *name_of_url(const char *url)
{
    struct http_url u;
    if (http_url_parse(&u, url, NULL) < 0)
        return NULL;
    char *name = http_url_name(&u);
    http_url_free(&u);
    return name;
}

/* Another way of saying the same file. */
static void also(struct sources *s, size_t file, const char *url)
{
    if (s->n == COUNT(s->url))
        return;
    s->url[s->n] = xstrdup(url);
    s->file[s->n++] = file;
}

static bool known(const struct sources *s, const char *url)
{
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->url[i], url) == 0)
            return true;
    return false;
}

/* One more file; `file` says what it is, and may be NULL. k: what lies there is encrypted with it; its address is of no use to
 * a browser then, and is not shown. */
static void add(struct file_list *l, struct sources *s, xmpp_stanza_t *file, const char *url, const struct seal_key *k)
{
    bool sealed = k && k->cipher != SEAL_NONE;
    if (l->n == FILES_MAX)
        return;
    struct kith_attachment *a = &l->v[l->n];
    char *hash = NULL;
    const char *algo = file ? sums_read(file, &hash) : NULL;
    char *name = file ? text_of(file, "name", KITH_MAX_NAME) : NULL;
    *a = (struct kith_attachment){.size = sizeof *a,
                                  .name = name ? name : name_of_url(url),
                                  .flags = sealed ? KITH_ATTACHMENT_SEALED : 0,
                                  .mime = file ? text_of(file, "media-type", 200) : NULL,
                                  .url = sealed ? NULL : xstrdup(url),
                                  .bytes = file ? number_of(file, "size", INT64_MAX, -1) : -1,
                                  .width = file ? (int32_t)number_of(file, "width", SIDE_MAX, 0) : 0,
                                  .height = file ? (int32_t)number_of(file, "height", SIDE_MAX, 0) : 0};
    struct file_link link = {
        .url = (char *)(uintptr_t)url, .algo = (char *)(uintptr_t)algo, .hash = hash, .bytes = a->bytes};
    if (sealed)
        link.seal = *k;
    if (sealed && !a->mime && a->name)
        a->mime = xstrdup(mime_of_name(a->name));
    a->id = file_link_id(&link);
    seal_key_wipe(&link.seal);
    free(hash);
    also(s, l->n++, url);
}

/* XEP-0448 §3.1: the address of what is encrypted, and its key. NULL: nothing that can be used. */
static const char *sealed_source(xmpp_stanza_t *c, struct seal_key *k)
{
    xmpp_stanza_t *from = is_elem(c, "encrypted", NS_ESFS) ? st_child(c, "sources", NS_SFS) : NULL;
    const char *url = from ? st_attr(st_child(from, "url-data", NS_URL_DATA), "target") : NULL;
    if (!url)
        return NULL;
    char *key = st_child_text(c, "key", NULL), *iv = st_child_text(c, "iv", NULL);
    bool fits = seal_key_of(k, st_attr(c, "cipher"), key, iv);
    str_wipe_free(key);
    free(iv);
    return fits ? url : NULL;
}

/* The addresses of a file: the first makes it, the others are the same. uri: the attribute that holds it. */
static void take_sources(struct file_list *l, struct sources *s, xmpp_stanza_t *file, xmpp_stanza_t *sources,
                         const char *name, const char *ns, const char *uri)
{
    bool first = true;
    EACH_CHILD (c, sources) {
        struct seal_key k = {.cipher = SEAL_NONE};
        const char *url = is_elem(c, name, ns) ? st_attr(c, uri) : sealed_source(c, &k);
        if (!usable(url))
            continue;
        if (known(s, url)) {
            first = false;
        } else if (first) {
            add(l, s, file, url, &k);
            first = false;
        } else {
            also(s, l->n ? l->n - 1 : 0, url);
        }
        seal_key_wipe(&k);
    }
}

/* A thumbnail in it (XEP-0264) is no second file. */
static void take_sfs(struct file_list *l, struct sources *s, xmpp_stanza_t *st)
{
    EACH_CHILD (c, st)
        if (is_elem(c, "file-sharing", NS_SFS))
            take_sources(l, s, st_child(c, "file", NS_METADATA), st_child(c, "sources", NULL), "url-data", NS_URL_DATA,
                         "target");
}

static bool same_file(const struct file_list *l, xmpp_stanza_t *file)
{
    char *hash = NULL;
    bool same = false;
    if (file)
        (void)sums_read(file, &hash);
    for (size_t i = 0; hash && i < l->n && !same; i++)
        same = l->v[i].id && strstr(l->v[i].id, hash);
    free(hash);
    return same;
}

static void take_sims(struct file_list *l, struct sources *s, xmpp_stanza_t *st)
{
    EACH_CHILD (c, st) {
        xmpp_stanza_t *media = is_elem(c, "reference", NS_REFERENCE) ? st_child(c, "media-sharing", NS_SIMS) : NULL;
        xmpp_stanza_t *file = st_child(media, "file", NS_JINGLE_FT);
        if (media && !same_file(l, file))
            take_sources(l, s, file, st_child(media, "sources", NULL), "reference", NS_REFERENCE, "uri");
    }
}

/* XEP-0066. Beside a file that is told of in another way it is that one, at another address. */
static void take_oob(struct file_list *l, struct sources *s, xmpp_stanza_t *st)
{
    size_t before = l->n;
    EACH_CHILD (c, st) {
        char *url = is_elem(c, "x", NS_OOB) ? st_child_text(c, "url", NULL) : NULL;
        if (usable(url) && !known(s, url)) {
            if (before)
                also(s, before - 1, url);
            else
                add(l, s, NULL, url, NULL);
        }
        free(url);
    }
}

/* Which file of the list lies there; the list's length: none. */
static size_t file_at(const struct sources *s, const struct file_list *l, const char *url)
{
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->url[i], url) == 0)
            return s->file[i];
    return l->n;
}

/* XEP-0454: a link with a key in it becomes a file, and its name stands in its place: nobody is shown the key. With a picture
 * made small in the line behind it, which is not shown. Takes over body; owned result. */
static char *take_links(struct file_list *l, struct sources *s, char *body)
{
    struct buf out = {.secret = true};
    const char *at = body;
    while (at && *at) {
        size_t n = strcspn(at, " \n\t");
        struct seal_key k;
        char *url = NULL;
        if (n > 0 && seal_link_read(at, n, &url, &k)) {
            size_t file = file_at(s, l, url);
            if (file == l->n)
                add(l, s, NULL, url, &k);
            const char *name = file < l->n ? l->v[file].name : NULL;
            buf_adds(&out, str_empty(name) ? "file" : name);
            if (str_starts(at + n, "\ndata:image/"))
                n += 1 + strcspn(at + n + 1, " \n\t");
            seal_key_wipe(&k);
            free(url);
        } else {
            buf_add(&out, at, n);
        }
        at += n;
        if (*at)
            buf_addc(&out, *at++);
    }
    char *text = body ? xstrdup(buf_str(&out)) : NULL;
    buf_free(&out);
    str_wipe_free(body);
    return text;
}

/* Is it nothing but the addresses, or names, of the files? */
static bool is_only_files(const char *body, const struct sources *s, const struct file_list *l)
{
    char *copy = xstrdup(body), *rest = copy, *word;
    bool only = true;
    for (size_t i = 0; i < l->n && only; i++)
        if (str_eq(body, l->v[i].name)) {
            free(copy);
            return true;
        }
    while (only && (word = strsep(&rest, " \n\t")))
        only = !*word || known(s, word);
    free(copy);
    return only;
}

char *sfs_take(xmpp_stanza_t *st, char *body, struct file_list *out)
{
    struct sources s = {.n = 0};
    out->n = 0;
    take_sfs(out, &s, st);
    take_sims(out, &s, st);
    take_oob(out, &s, st);
    if (out->n) {
        body = fallback_strip(st, body, NS_SFS);
        body = fallback_strip(st, body, NS_OOB);
    }
    if (body && strcasestr(body, "aesgcm://"))
        body = take_links(out, &s, body);
    if (out->n) {
        if (!body || is_only_files(body, &s, out))
            str_take(&body, xstrdup(!str_empty(out->v[0].name) ? out->v[0].name : out->v[0].url ? out->v[0].url : "file"));
    }
    for (size_t i = 0; i < s.n; i++)
        free(s.url[i]);
    return body;
}

/* ---- writing ---- */

static bool is_inline(const char *mime)
{
    return str_starts(mime, "image/") || str_starts(mime, "video/") || str_starts(mime, "audio/");
}

static void add_number(xmpp_stanza_t *file, const char *name, int64_t n)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)n);
    st_add_child_text(file, name, NULL, text);
}

/* XEP-0448 §3.1; returns where the address goes. */
static xmpp_stanza_t *add_seal(xmpp_stanza_t *sources, const struct seal_key *k)
{
    xmpp_stanza_t *c = st_add(sources, "encrypted", NS_ESFS);
    char *key = seal_base64(k->key, SEAL_KEY), *iv = seal_base64(k->iv, k->iv_len);
    st_set(c, "cipher", seal_cipher_name(k->cipher));
    st_add_child_text(c, "key", NULL, key);
    st_add_child_text(c, "iv", NULL, iv);
    str_wipe_free(key);
    free(iv);
    return st_add(c, "sources", NS_SFS);
}

bool sfs_add(const struct x *x, xmpp_stanza_t *st, const char *chat, const struct kith_attachment *a)
{
    struct file_link link;
    if (str_empty(a->id) || !file_link_parse(&link, a->id))
        return false;
    const char *mime = a->mime ? a->mime : "application/octet-stream";
    bool sealed = link.seal.cipher != SEAL_NONE;
    char *text = sealed ? seal_link(link.url, &link.seal) : xstrdup(link.url);
    if (!text) {
        file_link_free(&link);
        return false;
    }
    st_add_child_text(st, "body", NULL, text);
    str_wipe_free(text);
    xmpp_stanza_t *sharing = st_add(st, "file-sharing", NS_SFS);
    st_set(sharing, "disposition", is_inline(mime) ? "inline" : "attachment");
    xmpp_stanza_t *file = st_add(sharing, "file", NS_METADATA);
    st_add_child_text(file, "media-type", NULL, mime);
    st_add_child_text(file, "name", NULL, a->name);
    if (link.bytes >= 0)
        add_number(file, "size", link.bytes);
    if (a->width > 0 && a->height > 0) {
        add_number(file, "width", a->width);
        add_number(file, "height", a->height);
    }
    if (link.hash)
        sums_write(file, link.algo, link.hash);
    xmpp_stanza_t *sources = st_add(sharing, "sources", NULL);
    if (sealed)
        sources = add_seal(sources, &link.seal);
    st_set(st_add(sources, "url-data", NS_URL_DATA), "target", link.url);
    st_add(fallback_add(x, st, chat, NS_SFS), "body", NULL);
    if (!sealed)
        st_add_child_text(st_add(st, "x", NS_OOB), "url", NULL, link.url);
    file_link_free(&link);
    return true;
}

static const char *const sfs_vars[] = {NS_SFS, NS_SIMS, NS_OOB, NS_ESFS, NULL};
const struct feature feature_sfs = {.name = "sfs", .disco = sfs_vars};
