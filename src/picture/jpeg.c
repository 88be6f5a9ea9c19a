/* picture/jpeg.c - JPEG through libjpeg, made smaller while it is decoded, and turned as the camera was held */
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#include "picture/decode.h"

enum { SCANS_MAX = 500, WARNINGS_MAX = 200 }; /* of progressive pictures: each costs a pass over all pixels */

struct reading {
    struct jpeg_error_mgr errors; /* first: libjpeg knows only this */
    struct jpeg_progress_mgr progress;
    const struct source *file;
};

static void on_error(j_common_ptr c)
{
    const struct reading *r = (const struct reading *)c->err;
    r->file->leave(r->file->user, PICTURE_DAMAGED); /* the library must not come back from here */
}

static void on_message(j_common_ptr c)
{
}

static void on_warning(j_common_ptr c, int level)
{
    if (level < 0 && ++c->err->num_warnings > WARNINGS_MAX)
        on_error(c);
}

static void on_progress(j_common_ptr c)
{
    const struct jpeg_decompress_struct *d = (const struct jpeg_decompress_struct *)c;
    if (c->is_decompressor && d->input_scan_number > SCANS_MAX)
        on_error(c);
}

static unsigned orientation_of(const struct jpeg_decompress_struct *d)
{
    for (const struct jpeg_marker_struct *m = d->marker_list; m; m = m->next) {
        unsigned o = m->marker == JPEG_APP0 + 1 ? exif_orientation(m->data, m->data_length) : 1;
        if (o != 1)
            return o;
    }
    return 1;
}

/* The smallest of 1/1, 1/2, 1/4, 1/8 that is not below the wish. */
static unsigned reduction(const struct jpeg_decompress_struct *d, uint32_t want)
{
    unsigned by = 1;
    while (by < 8 && MAX(d->image_width, d->image_height) / (by * 2) >= want)
        by *= 2;
    return by;
}

static enum picture_refusal read_rows(struct jpeg_decompress_struct *d, struct pixels *out)
{
    jpeg_start_decompress(d);
    out->w = d->output_width;
    out->h = d->output_height;
    out->rgba = malloc((size_t)out->w * out->h * 4);
    if (!out->rgba)
        return PICTURE_NO_ROOM;
    while (d->output_scanline < d->output_height) {
        unsigned char *row = out->rgba + (size_t)d->output_scanline * out->w * 4;
        if (jpeg_read_scanlines(d, &row, 1) != 1)
            return PICTURE_DAMAGED;
    }
    return PICTURE_FINE;
}

static enum picture_refusal read_picture(struct jpeg_decompress_struct *d, struct source file, uint32_t want,
                                         struct pixels *out)
{
    jpeg_mem_src(d, file.data, file.len);
    jpeg_save_markers(d, JPEG_APP0 + 1, 0xFFFF);
    if (jpeg_read_header(d, TRUE) != JPEG_HEADER_OK)
        return PICTURE_DAMAGED;
    enum picture_refusal why = size_check(d->image_width, d->image_height);
    if (why != PICTURE_FINE)
        return why;
    unsigned orientation = orientation_of(d);
    out->whole_w = d->image_width;
    out->whole_h = d->image_height;
    d->out_color_space = JCS_EXT_RGBA;
    d->scale_num = 1;
    d->scale_denom = reduction(d, want);
    why = read_rows(d, out);
    if (why == PICTURE_FINE)
        turn(out, orientation);
    return why;
}

enum picture_refusal jpeg_decode(struct source file, uint32_t want_w, uint32_t want_h, struct pixels *out)
{
    struct jpeg_decompress_struct d = {0};
    struct reading r = {.progress = {.progress_monitor = on_progress}, .file = &file};
    d.err = jpeg_std_error(&r.errors);
    r.errors.error_exit = on_error;
    r.errors.output_message = on_message;
    r.errors.emit_message = on_warning;
    jpeg_create_decompress(&d);
    d.progress = &r.progress;
    d.mem->max_memory_to_use = 128 << 20;
    enum picture_refusal why = read_picture(&d, file, MAX(want_w, want_h), out); /* it may stand on its side */
    jpeg_destroy_decompress(&d);
    return why;
}
