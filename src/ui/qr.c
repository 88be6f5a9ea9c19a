/* ui/qr.c - a text as a QR code of half blocks, for another device to scan
 *
 * A light module is ink, a dark one ground, both with colours of their own: so it is dark on light under every theme, and
 * also without colours wherever ink is the lighter of the two. */
#include "ui/qr.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { TEXT_MAX = 1200, BORDER = 4 /* ISO 18004: the quiet zone */ };

struct qr {
    int n;       /* modules in a row */
    bool dark[]; /* n * n, row by row */
};

#ifdef HAVE_QRENCODE
#include <qrencode.h>

bool qr_possible(void)
{
    return true;
}

struct qr *qr_new(const char *text)
{
    size_t len = text ? strlen(text) : 0;
    QRcode *code = len > 0 && len <= TEXT_MAX ? QRcode_encodeData((int)len, (const unsigned char *)text, 0, QR_ECLEVEL_L) : NULL;
    if (!code)
        return NULL;
    size_t cells = (size_t)code->width * (size_t)code->width;
    struct qr *q = xcalloc(1, sizeof *q + cells * sizeof *q->dark);
    q->n = code->width;
    for (size_t i = 0; i < cells; i++)
        q->dark[i] = code->data[i] & 1;
    QRcode_free(code);
    return q;
}
#else
bool qr_possible(void)
{
    return false;
}

struct qr *qr_new(const char *text UNUSED)
{
    return NULL;
}
#endif

void qr_free(struct qr *q)
{
    free(q);
}

static void size_with(const struct qr *q, bool ascii, int border, int *w, int *h)
{
    int n = q->n + 2 * border;
    *w = ascii ? 2 * n : n;
    *h = ascii ? n : (n + 1) / 2;
}

bool qr_size(const struct qr *q, bool ascii, int room_w, int room_h, int *w, int *h)
{
    for (int border = BORDER; border > 0; border--) {
        size_with(q, ascii, border, w, h);
        if (*w <= room_w && *h <= room_h)
            return true;
    }
    return false;
}

/* The border is light, and so is what lies below the last row. */
static bool is_light(const struct qr *q, int col, int row)
{
    return col < 0 || row < 0 || col >= q->n || row >= q->n || !q->dark[row * q->n + col];
}

static uint16_t style_of(struct surface *s)
{
    const struct colour white = {0xffffff, 231, 15}, black = {0x000000, 16, 0};
    return surface_paint(s, ROLE_BASE, white, black);
}

void qr_paint(const struct qr *q, const struct pane_env *env, struct rect clip, int x, int y, int w, int h)
{
    static const char *const halves[] = {" ", "▄", "▀", "█"};
    bool ascii = glyphs_ascii(env->g);
    int border = ((ascii ? w / 2 : w) - q->n) / 2;
    uint16_t style = style_of(env->s);
    for (int r = 0; r < h; r++) {
        for (int c = 0; c < w; c++) {
            const char *text = is_light(q, c / 2 - border, r - border) ? "#" : " ";
            if (!ascii)
                text = halves[2 * is_light(q, c - border, 2 * r - border) + is_light(q, c - border, 2 * r + 1 - border)];
            surface_puts(env->s, clip, x + c, y + r, text, style);
        }
    }
}
