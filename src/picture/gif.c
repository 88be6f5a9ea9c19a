/* picture/gif.c - GIF through giflib: of an animation the first picture, where it stands on its canvas */
#include <stdlib.h>
#include <string.h>

#include "picture/decode.h"

#ifdef HAVE_GIF
#include <gif_lib.h>

struct rest { /* of the file */
    const unsigned char *at;
    size_t len;
};

static int take(GifFileType *g, GifByteType *out, int n)
{
    struct rest *r = g->UserData;
    size_t got = MIN(r->len, (size_t)MAX(n, 0));
    memcpy(out, r->at, got);
    r->at += got;
    r->len -= got;
    return (int)got;
}

/* Reads on to the first picture; what the extensions before it say of transparency. */
static bool find_image(GifFileType *g, GraphicsControlBlock *how)
{
    for (;;) {
        GifRecordType kind;
        GifByteType *ext;
        int code;
        if (DGifGetRecordType(g, &kind) != GIF_OK || kind == UNDEFINED_RECORD_TYPE || kind == TERMINATE_RECORD_TYPE)
            return false;
        if (kind == IMAGE_DESC_RECORD_TYPE)
            return DGifGetImageDesc(g) == GIF_OK;
        if (kind != EXTENSION_RECORD_TYPE)
            continue;
        if (DGifGetExtension(g, &code, &ext) != GIF_OK)
            return false;
        if (ext && code == GRAPHICS_EXT_FUNC_CODE)
            (void)DGifExtensionToGCB(ext[0], ext + 1, how);
        while (ext)
            if (DGifGetExtensionNext(g, &ext) != GIF_OK)
                return false;
    }
}

static void put_line(const struct pixels *p, uint32_t y, const GifFileType *g, const GifByteType *line, int clear)
{
    const ColorMapObject *map = g->Image.ColorMap ? g->Image.ColorMap : g->SColorMap;
    unsigned char *px = p->rgba + ((size_t)y * p->w + (size_t)g->Image.Left) * 4;
    for (int x = 0; x < g->Image.Width; x++, px += 4) {
        int i = line[x];
        if (i == clear || i >= map->ColorCount)
            continue; /* what lies behind is seen */
        px[0] = map->Colors[i].Red;
        px[1] = map->Colors[i].Green;
        px[2] = map->Colors[i].Blue;
        px[3] = 255;
    }
}

/* Row by row, or each eighth first and those between in three more passes. */
static bool put_lines(const struct pixels *p, GifFileType *g, GifByteType *line, int clear)
{
    static const struct { int from, step; } passes[] = {{0, 1}, {0, 8}, {4, 8}, {2, 4}, {1, 2}};
    size_t first = g->Image.Interlace ? 1 : 0, end = g->Image.Interlace ? COUNT(passes) : 1;
    for (size_t i = first; i < end; i++) {
        for (int y = passes[i].from; y < g->Image.Height; y += passes[i].step) {
            if (DGifGetLine(g, line, g->Image.Width) != GIF_OK)
                return false;
            put_line(p, (uint32_t)(g->Image.Top + y), g, line, clear);
        }
    }
    return true;
}

static enum picture_refusal read_image(GifFileType *g, struct pixels *out)
{
    GraphicsControlBlock how = {.TransparentColor = NO_TRANSPARENT_COLOR};
    const GifImageDesc *image = &g->Image;
    if (!find_image(g, &how) || (!image->ColorMap && !g->SColorMap) || image->Width < 1 || image->Height < 1 ||
        image->Left < 0 || image->Top < 0)
        return PICTURE_DAMAGED;
    uint32_t w = (uint32_t)MAX(g->SWidth, image->Left + image->Width); /* some canvases are too small, or 0 */
    uint32_t h = (uint32_t)MAX(g->SHeight, image->Top + image->Height);
    enum picture_refusal why = size_check(w, h);
    if (why != PICTURE_FINE)
        return why;
    out->w = out->whole_w = w;
    out->h = out->whole_h = h;
    out->rgba = calloc((size_t)w * h, 4);
    GifByteType *line = malloc((size_t)image->Width);
    if (!out->rgba || !line)
        why = PICTURE_NO_ROOM;
    else if (!put_lines(out, g, line, how.TransparentColor))
        why = PICTURE_DAMAGED;
    free(line);
    return why;
}

enum picture_refusal gif_decode(struct source file, struct pixels *out)
{
    struct rest rest = {file.data, file.len};
    int ignored;
    GifFileType *g = DGifOpen(&rest, take, &ignored);
    if (!g)
        return PICTURE_DAMAGED;
    enum picture_refusal why = read_image(g, out);
    (void)DGifCloseFile(g, &ignored);
    return why;
}
#endif
