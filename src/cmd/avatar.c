/* cmd/avatar.c - /avatar: one's own picture and that of a room, shown, set and removed; and the one beside a profile */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/picture.h"
#include "base/png.h"
#include "cmd/internal.h"
#include "core/picture.h"

enum {
    AS_IT_IS = 65536, /* bytes: a larger file is made smaller */
    SIDE = 128        /* pixels, of what is made */
};

/* ---- showing ---- */

static bool shown_here(const struct cmd_env *env, const struct cmd_view_ops *view)
{
    return view && view->portrait && pictures_possible(env->pictures) &&
           !str_eq(config_str(env->config, "terminal.images"), "off");
}

static void on_picture(void *user, const char *path, const struct err *e)
{
    struct cmd_pending *p = user;
    if (path && p->view && p->view->portrait) {
        p->view->portrait(p->view_data, p->title, path, p->full);
    } else if (!path && p->full) {
        str_set(&p->title, NULL);
        pending_done(p, e);
        return;
    }
    pending_drop(p);
}

void avatar_beside(const struct cmd_pending *of)
{
    struct cmd_ctx ctx = {.env = of->env, .view = of->view, .view_data = of->view_data};
    struct account *a = model_account_by_id(of->env->model, of->account);
    struct err none = {0};
    if (!of->portrait || !a || !(a->groups & ACCOUNT_HAS_AVATARS) || !shown_here(of->env, of->view))
        return;
    struct cmd_pending *p = pending_new(&ctx, a, NULL, "the picture of %s", of->portrait);
    p->title = xstrdup(of->title);
    (void)pending_started(p, core_avatar(of->env->core, a, of->portrait, on_picture, p, &none));
}

static int show(struct cmd_ctx *ctx, struct account *a, const char *address, struct err *e)
{
    if (!shown_here(ctx->env, ctx->view))
        return err_set(e, KITH_EUNSUP, "pictures are not shown here (terminal.images, kith --version)");
    struct cmd_pending *p = pending_new(ctx, a, NULL, "the picture of %s", address);
    p->title = xstrdup(address);
    p->full = true;
    return pending_started(p, core_avatar(ctx->env->core, a, address, on_picture, p, e));
}

/* ---- setting ---- */

struct new_avatar { /* from the file to the account, by way of the program that reads pictures */
    struct cmd_pending *pending;
    char *path, *room;
};

static void change_end(struct new_avatar *ch, const struct err *e)
{
    if (e && ch->pending)
        pending_done(ch->pending, e);
    free(ch->path);
    free(ch->room);
    free(ch);
}

static const char *kind_of(const struct buf *b)
{
    const char *s = b->data;
    return s[0] == 'G' ? "image/gif" : s[0] == 'R' ? "image/webp" : s[1] == 'P' ? "image/png" : "image/jpeg";
}

/* Where and with what a photograph was taken is nobody's business (EXIF). */
static bool tells_more(const struct buf *b)
{
    for (size_t i = 0; i + 4 <= b->len; i++)
        if ((b->data[i] == 'E' || b->data[i] == 'e') && (memcmp(b->data + i + 1, "xif", 3) == 0 || memcmp(b->data + i + 1, "XIF", 3) == 0))
            return true;
    return false;
}

static int send_change(struct new_avatar *ch, const struct buf *file, uint32_t w, uint32_t h, struct err *e)
{
    struct cmd_pending *p = ch->pending;
    struct account *a = model_account_by_id(p->env->model, p->account);
    if (!a)
        return err_set(e, KITH_ENOTFOUND, "the account is no more");
    int fd = data_file(file->data, file->len, e);
    if (fd < 0)
        return fd;
    int rc = core_avatar_set(p->env->core, a, ch->room, fd, kind_of(file), w, h, pending_done, p, e);
    close(fd);
    return rc;
}

/* A small file that tells nothing but the picture goes as it is; of others a small picture is made. */
static void on_read(void *user, struct picture *pic, const struct err *e)
{
    struct new_avatar *ch = user;
    struct err why = *e;
    struct buf file = {0};
    if (!pic) {
        change_end(ch, &why);
        return;
    }
    uint32_t w = pic->width, h = pic->height;
    if (path_read(ch->path, AS_IT_IS, &file, &why) < 0 || file.len < PICTURE_MAGIC_LEN ||
        !picture_magic(file.data, file.len) || tells_more(&file)) {
        why = (struct err){0};
        buf_clear(&file);
        w = pic->pixels_w;
        h = pic->pixels_h;
        png_write(&file, pic->bytes, w, h);
    }
    bool sent = send_change(ch, &file, w, h, &why) >= 0;
    buf_free(&file);
    change_end(ch, sent ? NULL : &why);
}

static int set_picture(struct cmd_ctx *ctx, struct account *a, struct chat *room, const char *file, struct err *e)
{
    static const struct picture_ask ask = {.form = PICTURE_PIXELS, .colours = PICTURE_TRUE, .columns = SIDE, .rows = SIDE,
                                           .cell_w = 1, .cell_h = 1};
    if (!pictures_possible(ctx->env->pictures))
        return err_set(e, KITH_EUNSUP, "this kith was built without pictures (kith --version)");
    char *path = path_expand(file);
    int fd = picture_open(path, -1, e);
    if (fd < 0) {
        if (fd == KITH_ENOTFOUND)
            err_set(e, fd, "%s is not there", path);
        free(path);
        return fd;
    }
    close(fd);
    struct new_avatar *ch = xcalloc(1, sizeof *ch);
    ch->path = path;
    ch->room = room ? xstrdup(room->address) : NULL;
    ch->pending = pending_new(ctx, a, room, "setting the picture");
    ch->pending->good = xstrdup(room ? "The room has this picture now." :
                                       "This is your picture now; whoever knows your address, or is in a room with you, can see it.");
    (void)pictures_draw(ctx->env->pictures, path, -1, &ask, true, on_read, ch);
    return 0;
}

static int clear_picture(struct cmd_ctx *ctx, struct account *a, struct chat *room, struct err *e)
{
    struct cmd_pending *p = pending_new(ctx, a, room, "removing the picture");
    p->good = xstrdup(room ? "The room has no picture now." : "You have no picture now.");
    return pending_started(
        p, core_avatar_set(ctx->env->core, a, room ? room->address : NULL, -1, NULL, 0, 0, pending_done, p, e));
}

static int run_avatar(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    const char *whom = flag_value(a, "of"), *file = a->argv[0];
    struct account *acc = account_for(ctx, flag_value(a, "account"), e);
    struct chat *room = has_flag(a, "room") ? ctx->chat : NULL;
    struct who who = {0};
    if (!acc)
        return KITH_EINVAL;
    if (has_flag(a, "room") && (!room || room->kind != KITH_CHAT_ROOM))
        return err_set(e, KITH_EINVAL, "/avatar -room belongs to a room; none is shown here");
    if (room)
        acc = room->account;
    if (!(acc->groups & ACCOUNT_HAS_AVATARS))
        return err_set(e, KITH_EUNSUP, "%s has no pictures of people", acc->protocol_label ? acc->protocol_label : acc->protocol);
    if (whom && !file) {
        int rc = find_who(ctx, whom, flag_value(a, "account") ? acc : NULL, &who, e);
        return rc < 0 ? rc : show(ctx, who.account, who.chat ? who.chat->address : who.address, e);
    }
    if (whom)
        return err_set(e, KITH_EINVAL, "the picture of somebody else is theirs to set");
    if (!file)
        return show(ctx, acc, room ? room->address : acc->address, e);
    return strcmp(file, "clear") == 0 ? clear_picture(ctx, acc, room, e) : set_picture(ctx, acc, room, file, e);
}

const struct cmd cmds_avatar[] = {
    {.name = "avatar",
     .group = "Contacts",
     .summary = "Sets your picture, shows it, or with clear removes it.",
     .flags = "-room -of=who -account=name",
     .args = {{ARG_FILE, "file", true, NULL}},
     .needs = CMD_NEEDS_ONLINE,
     .details = "Alone it shows the picture that you have. A file of at most 64 KiB goes as it is; of a larger one, and of a "
                "photograph that tells where it was taken, a picture of 128 pixels is made. Others see it who know your address or "
                "are in a room with you. -room is about the room shown, if it is yours; -of=WHO shows somebody else's.",
     .run = run_avatar},
    {.name = NULL},
};
