/* fuzz/fuzz_http.c - answers of web servers in pieces of any size, and the addresses in them */
/* links: base */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/http.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int count(void *user, const void *data, size_t len)
{
    *(int64_t *)user += (int64_t)len;
    return len > 0 && memchr(data, 0x1f, len) ? -1 : 0; /* reads all of it; now and then it is enough */
}

/* What it says of itself holds, and the bytes of the body are those that were given. */
static char *answer(const char *data, size_t size, size_t step)
{
    struct http_answer a;
    struct err e = {0};
    int64_t body = 0, rc = 0;
    size_t used = 0;
    http_answer_init(&a, false);
    while (used < size && rc >= 0 && !http_is_done(&a)) {
        size_t n = MIN(step, size - used);
        rc = http_feed(&a, data + used, n, count, &body, &e);
        ENSURE(rc <= (int64_t)n);
        used += rc > 0 ? (size_t)rc : 0;
    }
    ENSURE(rc >= 0 || e.text[0] || rc == -1);
    ENSURE(body >= a.taken && body <= (int64_t)size);
    ENSURE(!http_has_head(&a) || (a.status >= 200 && a.status < 600));
    ENSURE(a.line.len <= HTTP_LINE_MAX);
    if (rc >= 0)
        (void)http_end(&a, &e);
    char *location = xstrdup(a.location);
    http_answer_free(&a);
    return location;
}

static void address(const char *text)
{
    struct http_url u, again, base;
    struct err e = {0};
    if (http_url_parse(&u, text, &e) >= 0) {
        char *back = http_url_text(&u), *name = http_url_name(&u);
        ENSURE(http_url_parse(&again, back, NULL) == 0 || strlen(back) > 4096);
        ENSURE(!strpbrk(back, "\r\n ") && u.port > 0 && u.target[0] == '/');
        ENSURE(!name || (!strchr(name, '/') && utf8_is_clean(name, strlen(name), UTF8_LINE)));
        http_url_free(&again);
        free(back);
        free(name);
    }
    http_url_free(&u);
    ENSURE(http_url_parse(&base, "https://a.lit:1/b/c?d", NULL) == 0);
    if (http_url_resolve(&u, &base, text, &e) >= 0)
        http_url_free(&u);
    http_url_free(&base);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xstrndup((const char *)data, size);
    char *one = answer((const char *)data, size, 1), *all = answer((const char *)data, size, 1 << 20);
    if (all)
        address(all);
    address(text);
    free(one);
    free(all);
    free(text);
    return 0;
}
