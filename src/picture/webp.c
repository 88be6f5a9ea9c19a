/* picture/webp.c - WebP through libwebp: the picture itself, of an animation the first one */
#include <stdlib.h>

#include "picture/decode.h"

#ifdef HAVE_WEBP
#include <webp/decode.h>

enum picture_refusal webp_decode(struct source file, uint32_t want_w, uint32_t want_h, struct pixels *out)
{
    WebPDecoderConfig c;
    if (!WebPInitDecoderConfig(&c) || WebPGetFeatures(file.data, file.len, &c.input) != VP8_STATUS_OK ||
        c.input.width < 1 || c.input.height < 1)
        return PICTURE_DAMAGED;
    if (c.input.has_animation)
        return PICTURE_NO_PICTURE;
    uint32_t w = (uint32_t)c.input.width, h = (uint32_t)c.input.height;
    enum picture_refusal why = size_check(w, h);
    if (why != PICTURE_FINE)
        return why;
    out->whole_w = w;
    out->whole_h = h;
    double by = MIN(1.0, MAX((double)want_w / w, (double)want_h / h));
    out->w = MAX(1u, (uint32_t)(w * by + 0.999));
    out->h = MAX(1u, (uint32_t)(h * by + 0.999));
    out->rgba = malloc((size_t)out->w * out->h * 4);
    if (!out->rgba)
        return PICTURE_NO_ROOM;
    c.options.use_scaling = by < 1.0;
    c.options.scaled_width = (int)out->w;
    c.options.scaled_height = (int)out->h;
    c.output.colorspace = MODE_RGBA;
    c.output.is_external_memory = 1;
    c.output.u.RGBA.rgba = out->rgba;
    c.output.u.RGBA.stride = (int)out->w * 4;
    c.output.u.RGBA.size = (size_t)out->w * out->h * 4;
    bool good = WebPDecode(file.data, file.len, &c) == VP8_STATUS_OK;
    WebPFreeDecBuffer(&c.output);
    return good ? PICTURE_FINE : PICTURE_DAMAGED;
}
#endif
