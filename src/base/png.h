/* base/png.h - writes a picture as PNG, without compressing it */
#ifndef BASE_PNG_H
#define BASE_PNG_H

#include <stdint.h>

#include "base/buf.h"

/* Appends a PNG file of width x height pixels (each 1 to 65535), 3 bytes (red, green, blue) each. About as long as the
 * pixels: for small pictures. RFC 2083, with "stored" blocks of RFC 1951. */
void png_write(struct buf *out, const unsigned char *rgb, uint32_t width, uint32_t height);

#endif
