/* picture/decode.h - a file's bytes into pixels, and those into the form that was asked for */
#ifndef PICTURE_DECODE_H
#define PICTURE_DECODE_H

#include "base/base.h"
#include "base/picture.h"

struct pixels { /* red, green, blue and opacity of each, row by row */
    uint32_t w, h;
    unsigned char *rgba; /* owned */
    uint32_t whole_w, whole_h; /* of the file: decoding may have made it smaller, never below the wish */
};
struct source {
    const unsigned char *data;
    size_t len;
    void (*leave)(void *user, enum picture_refusal why); /* ends the process: for a library that cannot come back */
    void *user;
};

/* Each takes a file of its kind apart. want_w, want_h: a picture that is larger may be made smaller, but not below them. */
enum picture_refusal png_decode(struct source file, struct pixels *out);
enum picture_refusal jpeg_decode(struct source file, uint32_t want_w, uint32_t want_h, struct pixels *out);
#ifdef HAVE_WEBP
enum picture_refusal webp_decode(struct source file, uint32_t want_w, uint32_t want_h, struct pixels *out);
#endif
#ifdef HAVE_GIF
enum picture_refusal gif_decode(struct source file, struct pixels *out);
#endif

/* Sizes that may be decoded at all. */
enum picture_refusal size_check(uint64_t w, uint64_t h);
/* Whichever kind it is, by its first bytes. */
enum picture_refusal decode(struct source file, uint32_t want_w, uint32_t want_h, struct pixels *out);
/* Makes it smaller by averaging, to exactly w x h (each at most what it is); on a ground where it is not opaque, so that
 * all is opaque afterwards. */
void scale(struct pixels *p, uint32_t w, uint32_t h, uint32_t ground);
/* Turns and mirrors as EXIF's orientation 2 to 8 says; others leave it as it is. */
void turn(struct pixels *p, unsigned orientation);
/* The orientation that a JPEG's APP1 segment tells, 1 when it tells none. */
unsigned exif_orientation(const unsigned char *s, size_t len);

/* From pixels to the answer; p is scaled on the way. out is to be freed by picture_free(). */
enum picture_refusal draw(const struct picture_ask *a, struct pixels *p, struct picture *out);
/* What the drawing library makes for itself on first use: before the door is closed. */
void draw_begin(void);

#endif
