/* backends/xmpp/muc_commands.c - commands for rooms: /op /voice /unban /bans /affiliation /moderate /apply /group /configure
 * /destroy */
#include "backends/xmpp/muc_commands.h"

#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/im.h"
#include "backends/xmpp/muc_admin.h"
#include "base/mem.h"

static int refuse(struct x *x, kith_req req, int err, const char *text)
{
    x_reply_err(x, req, err, text);
    return KITH_OK;
}

/* The room of the chat. NULL: *rc is what the command returns. */
static struct muc_room *room_of(struct x *x, const char *chat, kith_req req, int *rc)
{
    struct muc_room *r = x_online(x) ? admin_room(x, chat) : NULL;
    *rc = KITH_EOFFLINE;
    if (!r && x_online(x))
        *rc = refuse(x, req, KITH_EINVAL, "This works only in a room that you are in.");
    return r;
}

static char *rest_of(int argc, const char *const *argv, int n)
{
    struct buf b = {0};
    for (int k = n; k < argc; k++)
        buf_addf(&b, "%s%s", k > n ? " " : "", argv[k]);
    return b.len ? buf_take(&b) : NULL;
}

/* ---- /op /deop /voice /devoice ---- */

static int roles(struct kith_session *s, const char *chat, int argc, const char *const *argv, kith_req req, const char *role)
{
    struct x *x = (struct x *)s;
    int rc;
    const struct muc_room *r = room_of(x, chat, req, &rc);
    if (!r)
        return rc;
    if (argc < 2)
        return refuse(x, req, KITH_EINVAL, "Who? Name one or more nicks.");
    for (int i = 1; i < argc; i++)
        if (!muc_member(r, argv[i]))
            return refuse(x, req, KITH_ENOTFOUND, "Nobody by that nick is here.");
    return admin_set_role(x, r, argv + 1, (size_t)argc - 1, role, NULL, req);
}

/* §8.6: a visitor asks the moderators. */
static int ask_voice(struct x *x, const struct muc_room *r, kith_req req)
{
    if (r->role != MUC_ROLE_VISITOR)
        return refuse(x, req, KITH_EINVAL, "You may speak here already; to give voice to others, name them.");
    xmpp_stanza_t *m = st_new(x_ctx(x), "message", NULL);
    st_set(m, "to", r->address);
    form_field(form_new(m, NS_MUC "#request"), "muc#role", "participant");
    x_send(x, m);
    x_notice(x, KITH_INFO, r->address, "The moderators are asked to let you speak.");
    x_reply_ok(x, req, NULL);
    return KITH_OK;
}

int muc_run_voice(struct kith_session *s, const char *chat, int argc, const char *const *argv, kith_req req)
{
    int rc;
    const struct muc_room *r = argc < 2 ? room_of((struct x *)s, chat, req, &rc) : NULL;
    if (argc < 2)
        return r ? ask_voice((struct x *)s, r, req) : rc;
    return roles(s, chat, argc, argv, req, "participant");
}

#define ROLE(name, role)                                                                                               \
    int muc_run_##name(struct kith_session *s, const char *chat, int argc, const char *const *argv, kith_req req)   \
    {                                                                                                                  \
        return roles(s, chat, argc, argv, req, role);                                                                  \
    }
ROLE(op, "moderator")
ROLE(deop, "participant")
ROLE(devoice, "visitor")

/* ---- /unban /bans /affiliation ---- */

int muc_run_unban(struct kith_session *s, const char *chat, int argc, const char *const *argv, kith_req req)
{
    int rc;
    const struct muc_room *r = room_of((struct x *)s, chat, req, &rc);
    if (!r)
        return rc;
    if (argc < 2)
        admin_list((struct x *)s, r, "outcast", req);
    else
        rc = admin_set_affiliation((struct x *)s, r, argv + 1, (size_t)argc - 1, "none", NULL, req);
    return argc < 2 ? KITH_OK : rc;
}

int muc_run_bans(struct kith_session *s, const char *chat, int argc, const char *const *argv, kith_req req)
{
    int rc;
    const struct muc_room *r = room_of((struct x *)s, chat, req, &rc);
    if (!r)
        return rc;
    if (argc > 1 && !str_eq(argv[1], "bans"))
        return refuse((struct x *)s, req, KITH_EUNSUP, "A room of XMPP has no such list; its others: /affiliation member, admin, owner.");
    admin_list((struct x *)s, r, "outcast", req);
    return KITH_OK;
}

int muc_run_affiliation(struct kith_session *s, const char *chat, int argc, const char *const *argv, kith_req req)
{
    static const char *const words[] = {"owner", "admin", "member", "none", "outcast"};
    int rc;
    size_t n = 0;
    const struct muc_room *r = room_of((struct x *)s, chat, req, &rc);
    if (!r)
        return rc;
    while (argc > 1 && n < COUNT(words) && !str_eq(words[n], argv[1]))
        n++;
    if (argc < 2 || n == COUNT(words) || (argc == 2 && str_eq(argv[1], "none")))
        return refuse((struct x *)s, req, KITH_EINVAL, "Usage: /affiliation owner|admin|member|outcast to list them, and names behind it "
                                                       "to make people so; none takes it back.");
    if (argc == 2)
        admin_list((struct x *)s, r, words[n], req);
    else
        rc = admin_set_affiliation((struct x *)s, r, argv + 2, (size_t)argc - 2, words[n], NULL, req);
    return argc == 2 ? KITH_OK : rc;
}

/* ---- /moderate ---- */

int muc_run_moderate(struct kith_session *s, const char *chat, int argc, const char *const *argv, kith_req req)
{
    int rc;
    int64_t n = 1;
    const struct muc_room *r = room_of((struct x *)s, chat, req, &rc);
    if (!r)
        return rc;
    if (argc < 2)
        return refuse((struct x *)s, req, KITH_EINVAL, "Usage: /moderate nick [all|number] [reason]");
    bool all = argc > 2 && str_eq(argv[2], "all"), some = argc > 2 && !all && str_int(argv[2], 1, 10000, &n);
    char *reason = rest_of(argc, argv, all || some ? 3 : 2);
    rc = moderate((struct x *)s, r, argv[1], all ? SIZE_MAX : (size_t)n, reason, req);
    free(reason);
    return rc;
}

/* ---- /apply /group ---- */

int muc_run_apply(struct kith_session *s, const char *chat, int argc, const char *const *argv, kith_req req)
{
    int rc;
    const struct muc_room *r = room_of((struct x *)s, chat, req, &rc);
    if (!r)
        return rc;
    if (argc > 1 && !str_eq(argv[1], "-withdraw"))
        return refuse((struct x *)s, req, KITH_EINVAL, "Usage: /apply, and /apply -withdraw to take it back");
    register_with_room((struct x *)s, r, argc > 1, req);
    return KITH_OK;
}

int muc_run_group(struct kith_session *s, const char *chat, int argc, const char *const *argv, kith_req req)
{
    return group_start((struct x *)s, chat, argv + 1, (size_t)argc - 1, req);
}

/* ---- /configure /destroy ---- */

int muc_run_configure(struct kith_session *s, const char *chat, int argc UNUSED, const char *const *argv UNUSED, kith_req req)
{
    int rc;
    const struct muc_room *r = room_of((struct x *)s, chat, req, &rc);
    return r ? config_form((struct x *)s, r->address, req) : rc;
}

int muc_run_destroy(struct kith_session *s, const char *chat, int argc, const char *const *argv, kith_req req)
{
    int rc;
    const struct muc_room *r = room_of((struct x *)s, chat, req, &rc);
    if (!r)
        return rc;
    if (argc < 2 || !str_eq(argv[1], "-yes"))
        return refuse((struct x *)s, req, KITH_EINVAL, "This ends the room for everybody. If you mean it: /destroy -yes [other room] [reason]");
    char *text = rest_of(argc, argv, 2);
    rc = config_destroy((struct x *)s, r->address, text, req);
    free(text);
    return rc;
}
