/* fuzz/fuzz_utf8.c - cleaning is final and bounded; clusters cover the text both ways and fit two cells */
/* links: base */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cells.h"
#include "base/log.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_clean(const char *s, size_t len, unsigned mode)
{
    struct buf once = {0}, twice = {0}, some = {0};
    utf8_clean(&once, s, len, mode, SIZE_MAX);
    ENSURE(utf8_valid(buf_str(&once), once.len));
    ENSURE(utf8_is_clean(buf_str(&once), once.len, mode));
    utf8_clean(&twice, buf_str(&once), once.len, mode, SIZE_MAX);
    ENSURE(twice.len == once.len && memcmp(buf_str(&twice), buf_str(&once), once.len) == 0);
    ENSURE(!memchr(buf_str(&once), 0x1B, once.len) && !memchr(buf_str(&once), '\r', once.len));
    bool was_cut = utf8_clean(&some, s, len, mode, len / 2);
    ENSURE(some.len <= len / 2 && utf8_valid(buf_str(&some), some.len));
    ENSURE(was_cut || some.len == once.len);
    buf_free(&once);
    buf_free(&twice);
    buf_free(&some);
}

static void check_clusters(const struct cell_rules *r, const char *s, size_t len)
{
    char out[64];
    int cells = 0, used;
    for (size_t i = 0, n; i < len; i += n) {
        n = cluster_next(s + i, len - i);
        ENSURE(n >= 1 && n <= 63 && n <= len - i);
        int w = cluster_width(r, s + i, n);
        size_t drawn = cluster_safe(r, s + i, n, out, sizeof out);
        ENSURE(w >= 0 && w <= 2 && drawn <= sizeof out && (w > 0) == (drawn > 0));
        ENSURE(utf8_valid(out, drawn));
        ENSURE(cluster_prev(s, i + n) == i);
        cluster_risky(s + i, n);
        cells += w;
    }
    ENSURE(cells_width(r, s, len) == cells);
    ENSURE(cells_fit(r, s, len, cells / 2, &used) <= len && used <= cells / 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *s = (const char *)data;
    if (size < 1 || size > 4096)
        return 0;
    struct cell_rules r = {.emoji = data[0] & 1 ? EMOJI_GRAPHEME : EMOJI_SAFE,
                           .ambiguous_wide = data[0] >> 1 & 1,
                           .zwj = data[0] & 4 ? 2 : 0,
                           .vs16 = data[0] & 8 ? 2 : 1,
                           .skin = data[0] & 16 ? 2 : 4,
                           .devanagari = data[0] & 32 ? 3 : 5,
                           .newest = data[0] & 64 ? 2 : 0,
                           .no_utf8 = data[0] >> 7};
    check_clean(s + 1, size - 1, UTF8_LINE);
    check_clean(s + 1, size - 1, UTF8_TEXT);
    check_clusters(&r, s + 1, size - 1);
    return 0;
}
