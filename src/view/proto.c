/* view/proto.c - numbers and fields in the frames between views and the engine */
#include "view/proto.h"

#include <string.h>

const char *const proto_env[] = {"TERM",    "COLORTERM",      "LANG",      "LC_ALL",       "LC_CTYPE",
                                 "TMUX",    "STY",            "NO_COLOR",  "SSH_CONNECTION", "COLORFGBG",
                                 "VISUAL",  "EDITOR",         "BROWSER",   "TERM_PROGRAM", "KITH_OPEN", "KITH_ACCOUNT",
                                 "DISPLAY", "WAYLAND_DISPLAY", NULL};

void proto_put_u16(struct buf *b, uint16_t n)
{
    unsigned char c[2] = {(unsigned char)(n & 0xff), (unsigned char)(n >> 8)};

    buf_add(b, c, sizeof c);
}

void proto_put_u32(struct buf *b, uint32_t n)
{
    proto_put_u16(b, (uint16_t)(n & 0xffff));
    proto_put_u16(b, (uint16_t)(n >> 16));
}

bool proto_get_u16(const char **p, size_t *left, uint16_t *n)
{
    const unsigned char *c = (const unsigned char *)*p;

    if (*left < 2)
        return false;
    *n = (uint16_t)(c[0] | c[1] << 8);
    *p += 2;
    *left -= 2;
    return true;
}

bool proto_get_u32(const char **p, size_t *left, uint32_t *n)
{
    uint16_t low, high;

    if (*left < 4 || !proto_get_u16(p, left, &low) || !proto_get_u16(p, left, &high))
        return false;
    *n = (uint32_t)low | (uint32_t)high << 16;
    return true;
}

const char *proto_get_field(const char **p, size_t *left)
{
    const char *s = *p, *end = *left > 0 ? memchr(*p, 0, *left) : NULL;

    if (end == NULL)
        return NULL;
    *left -= (size_t)(end - s) + 1;
    *p = end + 1;
    return s;
}
