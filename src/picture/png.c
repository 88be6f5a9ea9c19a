/* picture/png.c - PNG through libpng's simple interface */
#include <png.h>
#include <stdlib.h>

#include "picture/decode.h"

enum picture_refusal png_decode(struct source file, struct pixels *out)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    enum picture_refusal r = PICTURE_DAMAGED;
    if (!png_image_begin_read_from_memory(&image, file.data, file.len))
        goto out;
    r = size_check(image.width, image.height);
    if (r != PICTURE_FINE)
        goto out;
    image.format = PNG_FORMAT_RGBA;
    out->rgba = malloc(PNG_IMAGE_SIZE(image));
    r = PICTURE_NO_ROOM;
    if (!out->rgba)
        goto out;
    out->w = out->whole_w = image.width;
    out->h = out->whole_h = image.height;
    r = png_image_finish_read(&image, NULL, out->rgba, 0, NULL) ? PICTURE_FINE : PICTURE_DAMAGED;
out:
    png_image_free(&image);
    return r;
}
