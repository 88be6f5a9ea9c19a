/* ui/chat_picture.c - small pictures below the messages they came with */
#include "base/utf8.h"
#include "ui/chat_private.h"

bool chat_picture_ask(const struct chat_pane *p, const struct pane_env *env, const struct message *m,
                      struct picture_ask *ask)
{
    if (m->n_attachments == 0 || !env->cmd->previews || !env->picture.form || m->retracted ||
        !previews_wanted(env->cmd->config, env->chat))
        return false;
    int room = chat_columns(env, p->r, p->aligned).text_w;
    *ask = env->picture;
    ask->columns = (uint16_t)MIN(room, PREVIEW_COLUMNS);
    ask->rows = PREVIEW_ROWS;
    return true;
}

/* What is in view is read, if it is not yet. */
void chat_want_picture(const struct chat_pane *p, const struct pane_env *env, const struct message *m)
{
    struct picture_ask ask;
    if (chat_picture_ask(p, env, m, &ask))
        preview_want(env->cmd->previews, m, &ask);
}

/* Only the depth that is drawn with; 0 to 7 of true colour are the terminal's own. */
static struct colour picture_colour(const struct picture *p, int32_t c)
{
    struct colour out = {COLOUR_DEFAULT, COLOUR_DEFAULT, COLOUR_DEFAULT};
    if (p->colours == PICTURE_TRUE)
        out.rgb = c < 0 ? c : MAX(c, 8);
    else if (p->colours == PICTURE_256)
        out.c256 = c;
    else if (p->colours == PICTURE_16)
        out.c16 = c;
    return out;
}

void chat_paint_picture(const struct pane_env *env, struct rect clip, int x, int y, const struct picture *p, int row)
{
    const struct picture_cell *c = &p->cells[(size_t)row * p->columns];
    for (int i = 0; i < p->columns; i++, c++) {
        char text[4];
        size_t len = utf8_encode(c->symbol, text);
        uint16_t style = ROLE_CHAT;
        if (p->colours != PICTURE_MONO)
            style = surface_paint(env->s, ROLE_CHAT, picture_colour(p, c->fg), picture_colour(p, c->bg));
        surface_put(env->s, clip, x + i, y, text, len, style);
    }
}
