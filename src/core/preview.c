/* core/preview.c - small pictures for the chats in which the user wants them: asked for once, kept for a while */
#include "core/preview.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "config/config.h"
#include "core/core.h"

enum { IN_VIEW_MS = 250 }; /* so long after it was painted it counts as seen */

struct kept {
    struct previews *all;
    int64_t message; /* 0: a free place */
    struct picture_ask ask;
    uint64_t used; /* grows: the one used longest ago gives way */
    int64_t seen;  /* monotonic ms when it was last in view, 0: never */
    int64_t chat;
    struct picture_job *job; /* it is awaited */
    struct picture picture;
    char *why;
    bool nothing; /* it is no picture after all */
};
struct previews {
    struct previews_params p;
    uint64_t clock;
    struct kept kept[PREVIEW_KEPT];
};

/* ---- whose ---- */

enum preview_rule previews_rule(const struct config *c, const struct chat *chat)
{
    const char *option = config_str(c, "ui.chat.pictures");
    if (str_eq(option, "off"))
        return PREVIEW_NOT_ALL;
    if (chat->pictures != PICTURES_DEFAULT)
        return chat->pictures == PICTURES_ON ? PREVIEW_CHOSEN : PREVIEW_NOT_HERE;
    const struct contact *who = str_eq(option, "contacts") && chat->kind == KITH_CHAT_DIRECT ? chat_contact(chat) : NULL;
    return who && !(who->flags & KITH_CONTACT_BLOCKED) ? PREVIEW_CONTACT : PREVIEW_NOT_CHOSEN;
}

bool previews_wanted(const struct config *c, const struct chat *chat)
{
    return previews_rule(c, chat) < PREVIEW_NOT_ALL;
}

int preview_file(const struct message *m)
{
    for (size_t i = 0; !m->retracted && i < m->n_attachments; i++)
        if (m->attachments[i].path)
            return (int)i;
    return -1;
}

/* ---- what is kept ---- */

static bool same(const struct picture_ask *a, const struct picture_ask *b)
{
    return a->form == b->form && a->colours == b->colours && a->ascii == b->ascii && a->light == b->light &&
           a->columns == b->columns && a->rows == b->rows && a->cell_w == b->cell_w && a->cell_h == b->cell_h;
}

static struct kept *find(struct previews *p, int64_t message, const struct picture_ask *ask)
{
    for (size_t i = 0; i < PREVIEW_KEPT; i++)
        if (p->kept[i].message == message && same(&p->kept[i].ask, ask))
            return &p->kept[i];
    return NULL;
}

static void clear(struct kept *k)
{
    pictures_cancel(k->job);
    picture_free(&k->picture);
    free(k->why);
    *k = (struct kept){0};
}

static struct kept *place_for(struct previews *p, int64_t message, const struct picture_ask *ask)
{
    struct kept *k = &p->kept[0];
    for (size_t i = 0; i < PREVIEW_KEPT && k->message; i++)
        if (!p->kept[i].message || p->kept[i].used < k->used)
            k = &p->kept[i];
    clear(k);
    *k = (struct kept){.all = p, .message = message, .ask = *ask, .used = ++p->clock};
    return k;
}

void preview_learn(struct previews *p, int64_t message, const struct picture_ask *ask, struct picture *picture,
                   const char *why)
{
    struct kept *k = find(p, message, ask);
    k = k ? k : place_for(p, message, ask);
    picture_free(&k->picture);
    if (picture) {
        k->picture = *picture;
        *picture = (struct picture){0};
    }
    str_set(&k->why, why);
    k->nothing = !picture && !why;
}

/* ---- asking ---- */

/* Are all that are kept in view now? One of them given up would be asked for at once, and take the place of another. */
static bool crowded(const struct previews *p, int64_t now)
{
    for (size_t i = 0; i < PREVIEW_KEPT; i++)
        if (!p->kept[i].message || now - p->kept[i].seen > IN_VIEW_MS || !p->kept[i].seen)
            return false;
    return true;
}

/* So that the next time its rows are known before it is read again. */
static void note_size(const struct kept *k)
{
    const struct previews *p = k->all;
    struct chat *chat = p->p.core ? model_chat_by_id(p->p.model, k->chat) : NULL;
    struct message *m = chat ? chat_message(chat, k->message) : NULL;
    int number = m ? preview_file(m) : -1;
    if (number >= 0)
        core_note_picture(p->p.core, m, (size_t)number, (int32_t)k->picture.width, (int32_t)k->picture.height);
}

static void drawn(void *user, struct picture *picture, const struct err *e)
{
    struct kept *k = user;
    struct previews *p = k->all;
    k->job = NULL;
    /* What is no picture, or is not here any more, is no news for the user: the message names the file. */
    bool silent = e->code == KITH_EINVAL || e->code == KITH_ENOTFOUND;
    preview_learn(p, k->message, &k->ask, picture, picture || silent ? NULL : e->text);
    if (picture)
        note_size(k);
    if (p->p.news)
        p->p.news(p->p.user);
}

/* A terminal that is being resized asks for many sizes: only the last one is drawn. */
static void drop_waiting(struct previews *p, int64_t message)
{
    for (size_t i = 0; i < PREVIEW_KEPT; i++)
        if (p->kept[i].message == message && p->kept[i].job && !picture_started(p->kept[i].job))
            clear(&p->kept[i]);
}

void preview_want(struct previews *p, const struct message *m, const struct picture_ask *ask)
{
    struct kept *k = find(p, m->id, ask);
    int number = preview_file(m);
    int64_t now = clock_mono_ms();
    if (k) {
        k->used = ++p->clock;
        k->seen = now;
    }
    if (k || number < 0 || crowded(p, now) || !pictures_possible(p->p.pictures) || pictures_paused(p->p.pictures))
        return;
    const struct attachment *a = &m->attachments[number];
    drop_waiting(p, m->id);
    k = place_for(p, m->id, ask);
    k->chat = m->chat->id;
    k->seen = now;
    k->job = pictures_draw(p->p.pictures, a->path, a->bytes > 0 ? a->bytes : -1, ask, false, drawn, k);
}

struct preview preview_of(struct previews *p, const struct message *m, const struct picture_ask *ask)
{
    struct preview out = {0};
    int number = preview_file(m);
    const struct kept *k = number >= 0 ? find(p, m->id, ask) : NULL;
    if (number < 0 || (k && k->nothing))
        return out;
    if (k && k->why) {
        out.why = k->why;
        out.rows = 1;
    } else if (k && k->picture.cells) {
        out.picture = &k->picture;
        out.rows = k->picture.rows;
    } else if (pictures_possible(p->p.pictures) && m->attachments[number].width > 0 && m->attachments[number].height > 0) {
        uint16_t columns, rows;
        picture_fit(ask, (uint32_t)m->attachments[number].width, (uint32_t)m->attachments[number].height, &columns, &rows);
        out.rows = rows;
    }
    return out;
}

/* ---- life ---- */

struct previews *previews_new(const struct previews_params *params)
{
    struct previews *p = xcalloc(1, sizeof *p);
    p->p = *params;
    return p;
}

void previews_free(struct previews *p)
{
    for (size_t i = 0; p && i < PREVIEW_KEPT; i++)
        clear(&p->kept[i]);
    free(p);
}
