/* backends/xmpp/sfs.c - files in messages: said in up to four ways (XEP-0447, 0446, 0385, 0066), shown once */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/sums.h"
#include "backends/xmpp/upload.h"
#include "base/http.h"
#include "base/mem.h"

#define NS_SFS "urn:xmpp:sfs:0"
#define NS_METADATA "urn:xmpp:file:metadata:0"
#define NS_JINGLE_FT "urn:xmpp:jingle:apps:file-transfer:5"
#define NS_URL_DATA "http://jabber.org/protocol/url-data"
#define NS_SIMS "urn:xmpp:sims:1"
#define NS_REFERENCE "urn:xmpp:reference:0"
#define NS_OOB "jabber:x:oob"

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
    free((char *)(uintptr_t)a->id);
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

/* One more file; `file` says what it is, and may be NULL. */
static void add(struct file_list *l, struct sources *s, xmpp_stanza_t *file, const char *url)
{
    if (l->n == FILES_MAX)
        return;
    struct kith_attachment *a = &l->v[l->n];
    char *hash = NULL;
    const char *algo = file ? sums_read(file, &hash) : NULL;
    char *name = file ? text_of(file, "name", KITH_MAX_NAME) : NULL;
    *a = (struct kith_attachment){.size = sizeof *a,
                                  .name = name ? name : name_of_url(url),
                                  .mime = file ? text_of(file, "media-type", 200) : NULL,
                                  .url = xstrdup(url),
                                  .bytes = file ? number_of(file, "size", INT64_MAX, -1) : -1,
                                  .width = file ? (int32_t)number_of(file, "width", SIDE_MAX, 0) : 0,
                                  .height = file ? (int32_t)number_of(file, "height", SIDE_MAX, 0) : 0};
    struct file_link link = {
        .url = (char *)(uintptr_t)url, .algo = (char *)(uintptr_t)algo, .hash = hash, .bytes = a->bytes};
    a->id = file_link_id(&link);
    free(hash);
    also(s, l->n++, url);
}

/* The addresses of a file: the first makes it, the others are the same. uri: the attribute that holds it. */
static void take_sources(struct file_list *l, struct sources *s, xmpp_stanza_t *file, xmpp_stanza_t *sources,
                         const char *name, const char *ns, const char *uri)
{
    bool first = true;
    EACH_CHILD (c, sources) {
        const char *url = is_elem(c, name, ns) ? st_attr(c, uri) : NULL;
        if (!usable(url))
            continue;
        if (known(s, url)) {
            first = false;
        } else if (first) {
            add(l, s, file, url);
            first = false;
        } else {
            also(s, l->n ? l->n - 1 : 0, url);
        }
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
                add(l, s, NULL, url);
        }
        free(url);
    }
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
        if (!body || is_only_files(body, &s, out))
            str_take(&body, xstrdup(str_empty(out->v[0].name) ? out->v[0].url : out->v[0].name));
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

bool sfs_add(const struct x *x, xmpp_stanza_t *st, const char *chat, const struct kith_attachment *a)
{
    struct file_link link;
    if (str_empty(a->id) || !file_link_parse(&link, a->id))
        return false;
    const char *mime = a->mime ? a->mime : "application/octet-stream";
    st_add_child_text(st, "body", NULL, link.url);
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
    st_set(st_add(st_add(sharing, "sources", NULL), "url-data", NS_URL_DATA), "target", link.url);
    st_add(fallback_add(x, st, chat, NS_SFS), "body", NULL);
    st_add_child_text(st_add(st, "x", NS_OOB), "url", NULL, link.url);
    file_link_free(&link);
    return true;
}

static const char *const sfs_vars[] = {NS_SFS, NS_SIMS, NS_OOB, NULL};
const struct feature feature_sfs = {.name = "sfs", .disco = sfs_vars};
