/* backends/xmpp/bookmark.c - one bookmark: read, and edited without touching what is foreign (XEP-0402, 0469, 0492) */
#include <stdlib.h>
#include <string.h>

#include "backends/xmpp/bookmarks.h"
#include "base/mem.h"

#define NS_PINNED "urn:xmpp:bookmarks-pinning:0"
#define NS_NOTIFY "urn:xmpp:notification-settings:1"

/* ---- reading ---- */

static bool is_true(const char *v)
{
    return str_eq(v, "true") || str_eq(v, "1");
}

/* The child of that name, of the same name space as its parent. */
static xmpp_stanza_t *own_child(xmpp_stanza_t *el, const char *name)
{
    return st_child(el, name, xmpp_stanza_get_ns(el));
}

static char *own_text(xmpp_stanza_t *el, const char *name, size_t most)
{
    char *text = st_text(own_child(el, name));
    if (str_empty(text) || strlen(text) > most)
        str_take(&text, NULL);
    return text;
}

static xmpp_stanza_t *extensions_of(xmpp_stanza_t *el)
{
    return st_child(el, "extensions", NS_BOOKMARKS);
}

static const struct { const char *name; uint32_t flag; } levels[] = {
    {"never", KITH_CHAT_MUTED}, {"on-mention", KITH_CHAT_ALERT_MENTIONS}, {"always", KITH_CHAT_ALERT_ALL}};

static uint32_t level_of(xmpp_stanza_t *setting)
{
    for (size_t i = 0; i < COUNT(levels); i++)
        if (is_elem(setting, levels[i].name, NS_NOTIFY))
            return levels[i].flag;
    return 0;
}

/* XEP-0492 §4: how well a setting fits us, client/console: both attributes, the category, none. 0: it is not for us. */
static int fits(xmpp_stanza_t *setting)
{
    const char *category = st_attr(setting, "identity-category"), *type = st_attr(setting, "identity-type");
    if (!category)
        return type ? 0 : 1;
    if (!str_eq(category, "client") || (type && !str_eq(type, "console")))
        return 0;
    return type ? 3 : 2;
}

static xmpp_stanza_t *setting_of(xmpp_stanza_t *notify)
{
    xmpp_stanza_t *best = NULL;
    EACH_CHILD (c, notify)
        if (level_of(c) && fits(c) > (best ? fits(best) : 0))
            best = c;
    return best;
}

static void read_all(struct bookmark *b)
{
    xmpp_stanza_t *ext = extensions_of(b->el), *setting = setting_of(st_child(ext, "notify", NS_NOTIFY));
    const char *name = st_attr(b->el, "name");
    b->flags = (is_true(st_attr(b->el, "autojoin")) ? KITH_CHAT_AUTOJOIN : 0) |
               (st_child(ext, "pinned", NS_PINNED) ? KITH_CHAT_PINNED : 0) | (setting ? level_of(setting) : 0);
    str_set(&b->name, str_empty(name) || strlen(name) > KITH_MAX_NAME ? NULL : name);
    str_take(&b->nick, own_text(b->el, "nick", KITH_MAX_NAME));
    str_wipe_free(b->password);
    b->password = own_text(b->el, "password", KITH_MAX_NAME);
}

struct bookmark *bookmark_new(xmpp_stanza_t *conference, const char *jid)
{
    const char *room = jid ? jid : st_attr(conference, "jid");
    char *bare = room && !jid_resource(room) ? jid_bare(room) : NULL;
    if (!bare)
        return NULL;
    struct bookmark *b = xcalloc(1, sizeof *b);
    b->room = bare;
    b->el = xmpp_stanza_copy(conference);
    read_all(b);
    return b;
}

struct bookmark *bookmark_blank(struct x *x, const char *room)
{
    xmpp_stanza_t *el = st_new(x_ctx(x), "conference", NS_BOOKMARKS);
    struct bookmark *b = bookmark_new(el, room);
    xmpp_stanza_release(el);
    return b;
}

void bookmark_free(void *bookmark)
{
    struct bookmark *b = bookmark;
    if (!b)
        return;
    xmpp_stanza_release(b->el);
    free(b->room);
    free(b->name);
    free(b->nick);
    str_wipe_free(b->password);
    free(b);
}

bool bookmark_same(const struct bookmark *a, const struct bookmark *b)
{
    return a->flags == b->flags && str_eq(a->name, b->name) && str_eq(a->nick, b->nick) &&
           str_eq(a->password, b->password);
}

/* ---- editing: a stanza of libstrophe loses no child, so that copies are made ---- */

/* The element with its attributes, and without children. Of another name space, when ns is not NULL. */
static xmpp_stanza_t *shell(xmpp_stanza_t *el, const char *ns)
{
    const char *attrs[128];
    xmpp_stanza_t *to = st_new(xmpp_stanza_get_context(el), xmpp_stanza_get_name(el), NULL);
    int n = xmpp_stanza_get_attributes(el, attrs, COUNT(attrs));
    for (int i = 0; i + 1 < n; i += 2)
        xmpp_stanza_set_attribute(to, attrs[i], attrs[i + 1]);
    if (ns)
        xmpp_stanza_set_ns(to, ns);
    return to;
}

static void put_copy(xmpp_stanza_t *to, xmpp_stanza_t *child)
{
    xmpp_stanza_add_child_ex(to, xmpp_stanza_copy(child), 0);
}

/* el without this child, and with that one in its place (taken over; NULL: none). el is released. */
static xmpp_stanza_t *swapped(xmpp_stanza_t *el, const xmpp_stanza_t *old, xmpp_stanza_t *instead)
{
    xmpp_stanza_t *to = shell(el, NULL);
    EACH_CHILD (c, el) {
        if (c != old) {
            put_copy(to, c);
        } else if (instead) {
            xmpp_stanza_add_child_ex(to, instead, 0);
            instead = NULL;
        }
    }
    if (instead)
        xmpp_stanza_add_child_ex(to, instead, 0);
    xmpp_stanza_release(el);
    return to;
}

static void set_text(struct bookmark *b, const char *name, const char *text)
{
    xmpp_stanza_t *el = NULL;
    if (text) {
        el = st_new(xmpp_stanza_get_context(b->el), name, xmpp_stanza_get_ns(b->el));
        st_add_text(el, text);
    }
    b->el = swapped(b->el, own_child(b->el, name), el);
    read_all(b);
}

void bookmark_set_nick(struct bookmark *b, const char *nick)
{
    set_text(b, "nick", nick);
}

void bookmark_set_password(struct bookmark *b, const char *password)
{
    set_text(b, "password", password);
}

static xmpp_stanza_t *with_pin(xmpp_stanza_t *ext, bool on)
{
    xmpp_stanza_t *pinned = st_child(ext, "pinned", NS_PINNED);
    if (on == (pinned != NULL))
        return ext;
    return swapped(ext, pinned, on ? st_new(xmpp_stanza_get_context(ext), "pinned", NS_PINNED) : NULL);
}

/* §4: the setting that holds for us is changed, with what it has inside; no other one is. To go without one, a setting
 * of ours is taken away, but for one with an <advanced/> that others understand: it becomes what rooms have anyway. */
static xmpp_stanza_t *with_level(xmpp_stanza_t *ext, uint32_t level)
{
    xmpp_ctx_t *ctx = xmpp_stanza_get_context(ext);
    xmpp_stanza_t *old = st_child(ext, "notify", NS_NOTIFY);
    xmpp_stanza_t *notify = old ? xmpp_stanza_copy(old) : st_new(ctx, "notify", NS_NOTIFY);
    xmpp_stanza_t *setting = setting_of(notify);
    const char *name = NULL;
    for (size_t i = 0; i < COUNT(levels); i++)
        name = levels[i].flag == level ? levels[i].name : name;
    if (!name && setting && st_child(setting, "advanced", NULL))
        name = "on-mention";
    if (name && setting)
        xmpp_stanza_set_name(setting, name);
    else if (name)
        st_add(notify, name, NS_NOTIFY);
    else if (setting)
        notify = swapped(notify, setting, NULL);
    bool empty = !xmpp_stanza_get_children(notify);
    if (empty)
        xmpp_stanza_release(notify);
    return empty && !old ? ext : swapped(ext, old, empty ? NULL : notify);
}

void bookmark_set_flags(struct bookmark *b, uint32_t flags)
{
    const uint32_t alerts = KITH_CHAT_MUTED | KITH_CHAT_ALERT_ALL | KITH_CHAT_ALERT_MENTIONS;
    xmpp_stanza_t *old = extensions_of(b->el);
    xmpp_stanza_t *ext = old ? xmpp_stanza_copy(old) : st_new(xmpp_stanza_get_context(b->el), "extensions", NS_BOOKMARKS);
    uint32_t level = flags & KITH_CHAT_MUTED ? KITH_CHAT_MUTED : flags & alerts;
    if ((b->flags ^ flags) & KITH_CHAT_AUTOJOIN)
        xmpp_stanza_set_attribute(b->el, "autojoin", flags & KITH_CHAT_AUTOJOIN ? "true" : "false");
    ext = with_pin(ext, flags & KITH_CHAT_PINNED);
    if ((b->flags & alerts) != level)
        ext = with_level(ext, level);
    bool empty = !old && !xmpp_stanza_get_children(ext);
    if (empty)
        xmpp_stanza_release(ext);
    else
        b->el = swapped(b->el, old, ext);
    read_all(b);
}

xmpp_stanza_t *bookmark_element(const struct bookmark *b, const char *ns)
{
    const char *was = xmpp_stanza_get_ns(b->el);
    xmpp_stanza_t *to = shell(b->el, ns);
    bool old = str_eq(ns, NS_BOOKMARKS_OLD);
    if (old)
        st_set(to, "jid", b->room);
    else
        xmpp_stanza_del_attribute(to, "jid");
    EACH_CHILD (c, b->el) {
        xmpp_stanza_t *copy = xmpp_stanza_copy(c);
        bool moves = xmpp_stanza_get_name(c) && str_eq(xmpp_stanza_get_ns(c), was) && !is_elem(c, "extensions", NULL);
        if (moves) /* nick and password are of the same name space as what holds them */
            xmpp_stanza_set_ns(copy, ns);
        xmpp_stanza_add_child_ex(to, copy, 0);
    }
    return to;
}
