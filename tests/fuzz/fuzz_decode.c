/* fuzz/fuzz_decode.c - the key decoder against any terminal, in pieces of any size */
/* links: base decode */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/utf8.h"
#include "ui/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_event(const struct decode_event *ev)
{
    ENSURE(ev->kind != DECODE_NONE && ev->count >= 0 && ev->count <= 16);
    ENSURE(strlen(ev->text) == ev->len);
    if (ev->kind == DECODE_PASTE)
        ENSURE(utf8_is_clean(ev->text, ev->len, UTF8_TEXT));
    if (ev->kind != DECODE_KEY)
        return;
    uint32_t c = ev->key.code;
    ENSURE(c != KEY_NONE && c <= KEYC_F24);
    ENSURE(c >= 0x20 && !(c >= 0x7F && c < 0xA0) && !(c >= 0xD800 && c < 0xE000));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct decode_event ev;
    if (size < 1)
        return 0;
    struct decode *d = decode_new();
    size_t step = 1 + data[0] % 31, events = 0;
    decode_set_latin1(d, data[0] & 0x80);
    for (size_t at = 1; at < size; at += step) {
        decode_feed(d, (const char *)data + at, MIN(step, size - at));
        while (decode_next(d, &ev)) {
            check_event(&ev);
            events++;
        }
        if ((data[0] & 0x40) && decode_wait_ms(d, 25) >= 0)
            decode_expire(d);
    }
    for (int i = 0; i < 3; i++) { /* ends, whatever was begun */
        decode_expire(d);
        while (decode_next(d, &ev)) {
            check_event(&ev);
            events++;
        }
    }
    ENSURE(decode_wait_ms(d, 25) == -1);
    ENSURE(events <= size);
    decode_free(d);
    return 0;
}
