/* fuzz/fuzz_irc_text.c - bytes of an IRC server: lines, tags, ISUPPORT, modes, formatting, cutting */
/* links: base irctext */
#include <stdlib.h>
#include <string.h>

#include "backends/irc/format.h"
#include "backends/irc/isupport.h"
#include "backends/irc/line.h"
#include "base/codes.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen { size_t bytes, max; };

static void on_part(void *user, const char *part, size_t len, bool space)
{
    struct seen *s = user;

    ENSURE(len <= s->max && utf8_valid(part, len));
    s->bytes += len + space;
}

/* What is kept is what it was, but for what is no text at all; what is hidden stays hidden. */
static void packed_and_back(const char *plain, const struct runs *runs, struct runs *again)
{
    char *packed = runs_pack(runs);
    struct buf covered = {0};

    runs_unpack(again, packed, plain);
    if (utf8_valid(plain, strlen(plain)))
        ENSURE(again->n == runs->n && (runs->n == 0 || memcmp(again->v, runs->v, runs->n * sizeof *runs->v) == 0));
    runs_add_covered(&covered, plain, packed);
    ENSURE(runs_have_spoiler(packed) || strcmp(buf_str(&covered), plain) == 0);
    buf_free(&covered);
    free(packed);
}

/* Codes that are written again are read the same. */
static void there_and_back(const char *text, size_t len)
{
    struct buf plain = {0}, codes = {0}, again = {0};
    struct runs runs = {0}, runs2 = {0}, runs3 = {0};
    struct seen s = {.max = 40};

    codes_parse(CODES_IRC, text, len, &plain, &runs);
    for (size_t i = 0, end = 0; i < runs.n; i++) {
        ENSURE(runs.v[i].start >= end && runs.v[i].start + runs.v[i].len <= plain.len);
        end = runs.v[i].start + runs.v[i].len;
    }
    packed_and_back(buf_str(&plain), &runs, &runs3);
    codes_emit(CODES_IRC, buf_str(&plain), plain.len, &runs, &codes);
    codes_parse(CODES_IRC, buf_str(&codes), codes.len, &again, &runs2);
    ENSURE(strcmp(buf_str(&plain), buf_str(&again)) == 0);
    irc_split(text, len, s.max, on_part, &s);
    buf_free(&plain);
    buf_free(&codes);
    buf_free(&again);
    runs_free(&runs);
    runs_free(&runs2);
    runs_free(&runs3);
}

static void on_line(void *user, char *text, size_t len)
{
    struct irc_isupport *is = user;
    struct irc_mode_change changes[IRC_MODE_CHANGES];
    struct irc_line l;
    struct buf out = {0};

    there_and_back(text, len);
    if (!irc_line_parse(&l, text, len))
        return;
    (void)irc_line_time(&l);
    for (int i = 0; i < l.n; i++) {
        (void)irc_isupport_token(is, l.params[i]);
        (void)irc_bare_target(is, l.params[i]);
    }
    (void)irc_mode_parse(is, l.params, l.n, changes);
    if (l.n > 1)
        (void)irc_mask_match(is->casemap, l.params[0], l.params[1]);
    if (irc_put(&out, NULL, l.cmd, l.params, l.n)) /* what goes out is one line */
        ENSURE(memchr(out.data, '\n', out.len) == out.data + out.len - 1);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct irc_input in = {0};
    struct irc_isupport is;

    irc_isupport_init(&is);
    irc_input_feed(&in, (const char *)data, size, &irc_windows_1252, on_line, &is);
    irc_input_feed(&in, "\n", 1, &irc_windows_1252, on_line, &is);
    irc_input_free(&in);
    irc_isupport_free(&is);
    return 0;
}
