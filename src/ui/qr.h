/* ui/qr.h - a text as a QR code of half blocks, for another device to scan */
#ifndef UI_QR_H
#define UI_QR_H

#include "ui/pane.h"

struct qr;
/* NULL: the text is empty or too long for a code that a screen could hold, or kith was built without libqrencode. Owned. */
struct qr *qr_new(const char *text);
void qr_free(struct qr *q);
bool qr_possible(void); /* was kith built with libqrencode? */
/* Its cells with as much of the light border as there is room for: 4 modules as the standard wants, at least 1. False: even
 * with that it is larger than room_w x room_h; *w and *h are what it takes then. */
bool qr_size(const struct qr *q, bool ascii, int room_w, int room_h, int *w, int *h);
/* Paints it from x, y on, dark on light whatever the theme; w and h as qr_size gave them. On a terminal without colours it
 * is right where ink is light. */
void qr_paint(const struct qr *q, const struct pane_env *env, struct rect clip, int x, int y, int w, int h);

#endif
