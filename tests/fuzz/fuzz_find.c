/* fuzz/fuzz_find.c - searches as people type them, texts cut into parts, and what the search
 * process says */
/* links: engine wire base */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "store/find.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_query(const char *text)
{
    struct find f = {0};
    struct err e = {0};
    struct buf match = {0};
    int r = find_parse(&f, text, 1700000000000, &e);
    ENSURE(r == 0 || e.text[0]);
    ENSURE(f.n_terms <= FIND_TERMS);
    for (size_t i = 0; i < f.n_terms; i++) {
        ENSURE(f.terms[i].n > 0);
        grams_expression(&match, &f.terms[i]);
    }
    buf_free(&match);
    find_clear(&f);
}

static void check_text(const char *text, size_t len)
{
    struct folded all = {0}, part = {0};
    fold_text(&all, text, len);
    for (size_t i = 0; i < all.n; i++)
        ENSURE(all.from[i] < len && all.from[i] <= all.from[i + 1]);
    fold_text(&part, text, len / 2);
    size_t at = folded_find(&all, &part, 0);
    ENSURE(at == SIZE_MAX || at + part.n <= all.n);
    folded_free(&all);
    folded_free(&part);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *s = xstrndup((const char *)data, size), *words = NULL;
    struct find_query q = {0};
    struct find_hit h = {0};
    struct err e = {0};
    check_query(s);
    check_text(s, strlen(s));
    (void)find_get_query((const char *)data, size, &q, &words);
    free(words);
    if (find_get_hit((const char *)data, size, &h)) {
        for (size_t i = 0; i < h.n_spots; i++)
            ENSURE(h.spots[i].to <= strlen(h.body));
        find_hit_clear(&h);
    }
    find_get_error((const char *)data, size, &e);
    ENSURE(e.code < 0);
    free(s);
    return 0;
}
