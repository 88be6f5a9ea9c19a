/* picture/webp.c - WebP through libwebp: the picture itself, of an animation the first one */
#include <stdlib.h>

#include "picture/decode.h"

#ifdef HAVE_WEBP
#include <webp/decode.h>
#include <webp/demux.h>

/* Into memory of ours, whose rows are out->w pixels apart. */
static enum picture_refusal decode_at(const uint8_t *data, size_t len, WebPDecoderConfig *c, const struct pixels *out,
                                      size_t at, size_t h)
{
    c->output.colorspace = MODE_RGBA;
    c->output.is_external_memory = 1;
    c->output.u.RGBA.rgba = out->rgba + at * 4;
    c->output.u.RGBA.stride = (int)out->w * 4;
    c->output.u.RGBA.size = MIN((size_t)out->w * h, (size_t)out->w * out->h - at) * 4;
    bool good = WebPDecode(data, len, c) == VP8_STATUS_OK;
    WebPFreeDecBuffer(&c->output);
    return good ? PICTURE_FINE : PICTURE_DAMAGED;
}

/* Where it stands on the canvas, of which it may be a part. */
static enum picture_refusal decode_frame(const WebPIterator *it, struct pixels *out)
{
    WebPDecoderConfig c;
    enum picture_refusal why = size_check(out->whole_w, out->whole_h);
    if (why != PICTURE_FINE)
        return why;
    if (!WebPInitDecoderConfig(&c) || it->x_offset < 0 || it->y_offset < 0 || it->width < 1 || it->height < 1 ||
        (uint32_t)it->x_offset + (uint32_t)it->width > out->whole_w ||
        (uint32_t)it->y_offset + (uint32_t)it->height > out->whole_h ||
        WebPGetFeatures(it->fragment.bytes, it->fragment.size, &c.input) != VP8_STATUS_OK ||
        c.input.width != it->width || c.input.height != it->height)
        return PICTURE_DAMAGED;
    out->w = out->whole_w;
    out->h = out->whole_h;
    out->rgba = calloc((size_t)out->w * out->h, 4);
    if (!out->rgba)
        return PICTURE_NO_ROOM;
    size_t at = (size_t)it->y_offset * out->w + (size_t)it->x_offset;
    return decode_at(it->fragment.bytes, it->fragment.size, &c, out, at, (size_t)it->height);
}

static enum picture_refusal decode_first(struct source file, struct pixels *out)
{
    WebPData data = {file.data, file.len};
    WebPDemuxer *demux = WebPDemux(&data);
    WebPIterator it;
    if (!demux)
        return PICTURE_DAMAGED;
    enum picture_refusal why = PICTURE_DAMAGED;
    out->whole_w = WebPDemuxGetI(demux, WEBP_FF_CANVAS_WIDTH);
    out->whole_h = WebPDemuxGetI(demux, WEBP_FF_CANVAS_HEIGHT);
    if (WebPDemuxGetFrame(demux, 1, &it)) {
        why = decode_frame(&it, out);
        WebPDemuxReleaseIterator(&it);
    }
    WebPDemuxDelete(demux);
    return why;
}

enum picture_refusal webp_decode(struct source file, uint32_t want_w, uint32_t want_h, struct pixels *out)
{
    WebPDecoderConfig c;
    if (!WebPInitDecoderConfig(&c) || WebPGetFeatures(file.data, file.len, &c.input) != VP8_STATUS_OK ||
        c.input.width < 1 || c.input.height < 1)
        return PICTURE_DAMAGED;
    if (c.input.has_animation)
        return decode_first(file, out);
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
    return decode_at(file.data, file.len, &c, out, 0, out->h);
}
#endif
