/* backends/local/roster.c - whom the user keeps as contacts, and whom not to listen to */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/local/local.h"
#include "backends/local/users.h"
#include "base/mem.h"

enum { STATE_MAX = 262144, GROUPS_MAX = 16, IS_LISTED = 1, IS_BLOCKED = 2 };

/* ---- keeping ---- */

static void set_groups(struct peer *p, const char *const *groups, size_t n)
{
    roster_free_peer(p);
    p->groups = n ? xcalloc(MIN(n, GROUPS_MAX), sizeof *p->groups) : NULL;
    for (; p->n_groups < MIN(n, GROUPS_MAX); p->n_groups++)
        p->groups[p->n_groups] = xstrdup(groups[p->n_groups]);
}

void roster_free_peer(struct peer *p)
{
    for (size_t i = 0; i < p->n_groups; i++)
        free(p->groups[i]);
    free(p->groups);
    p->groups = NULL;
    p->n_groups = 0;
}

/* Lines of fields with tabs between: uid, flags, name, groups. */
static void add_field(struct buf *b, const char *text)
{
    buf_addc(b, '\t');
    for (; text && *text; text++)
        buf_addc(b, *text == '\t' || *text == '\n' ? ' ' : *text);
}

static void roster_save(struct kith_session *s)
{
    struct buf b = {0};
    for (struct peer *p = s->peers; p; p = p->next) {
        int flags = (p->listed ? IS_LISTED : 0) | (p->blocked ? IS_BLOCKED : 0);
        if (!flags)
            continue;
        size_t before = b.len;
        buf_addf(&b, "%lu\t%d", (unsigned long)p->uid, flags);
        add_field(&b, p->name);
        for (size_t i = 0; i < p->n_groups; i++)
            add_field(&b, p->groups[i]);
        buf_addc(&b, '\n');
        if (b.len > STATE_MAX)
            buf_delete(&b, before, b.len - before);
    }
    if (s->h->state_set(s->acct, "contacts", b.data, b.len) < 0)
        s_log(s, KITH_WARN, "cannot keep the list of contacts");
    buf_free(&b);
}

static void load_line(struct kith_session *s, char *line)
{
    char *field[3 + GROUPS_MAX] = {0}, *rest = line;
    size_t n = 0;
    while (rest && n < COUNT(field)) {
        field[n++] = rest;
        rest = strchr(rest, '\t');
        if (rest)
            *rest++ = '\0';
    }
    int64_t uid, flags;
    if (n < 3 || !str_int(field[0], 0, UINT32_MAX - 1, &uid) || !str_int(field[1], 0, 3, &flags) ||
        (uid_t)uid == s->uid)
        return;
    struct peer *p = peer_get(s, (uid_t)uid);
    if (!p)
        return;
    p->listed = flags & IS_LISTED;
    p->blocked = flags & IS_BLOCKED;
    str_set(&p->name, *field[2] ? field[2] : NULL);
    set_groups(p, (const char *const *)&field[3], n - 3);
}

void roster_load(struct kith_session *s)
{
    char *data = xcalloc(1, STATE_MAX + 1);
    int n = s->h->state_get(s->acct, "contacts", data, STATE_MAX);
    for (char *line = data, *end; n > 0 && (end = strchr(line, '\n')); line = end + 1) {
        *end = '\0';
        load_line(s, line);
    }
    free(data);
}

/* ---- telling ---- */

static void emit_contact(struct peer *p)
{
    char *full = p->name ? NULL : user_full_name(p->uid);
    struct kith_ev_contact ev = {.ev = {sizeof ev, KITH_EV_CONTACT, 0, 0},
                                 .address = p->address,
                                 .name = p->name ? p->name : full,
                                 .groups = (const char *const *)p->groups,
                                 .n_groups = p->n_groups,
                                 .flags = p->blocked ? KITH_CONTACT_BLOCKED
                                                     : KITH_CONTACT_TO | KITH_CONTACT_FROM};
    s_emit(p->s, &ev.ev);
    free(full);
}

static void emit_sync(struct kith_session *s, uint32_t type, uint32_t what)
{
    struct kith_ev_sync ev = {.ev = {sizeof ev, type, 0, 0}, .what = what};
    s_emit(s, &ev.ev);
}

static void emit_self_contact(struct kith_session *s)
{
    struct kith_ev_contact ev = {.ev = {sizeof ev, KITH_EV_CONTACT, 0, 0},
                                 .address = s->address,
                                 .flags = KITH_CONTACT_SELF | KITH_CONTACT_TO | KITH_CONTACT_FROM};
    s_emit(s, &ev.ev);
}

void roster_sync(struct kith_session *s)
{
    emit_sync(s, KITH_EV_SYNC_BEGIN, KITH_SYNC_ROSTER);
    emit_self_contact(s);
    for (struct peer *p = s->peers; p; p = p->next) {
        if (p->listed)
            emit_contact(p);
    }
    emit_sync(s, KITH_EV_SYNC_END, KITH_SYNC_ROSTER);
    emit_sync(s, KITH_EV_SYNC_BEGIN, KITH_SYNC_BLOCKED);
    for (struct peer *p = s->peers; p; p = p->next) {
        if (p->blocked)
            emit_contact(p);
    }
    emit_sync(s, KITH_EV_SYNC_END, KITH_SYNC_BLOCKED);
    emit_own_presence(s);
}

void roster_seen(struct peer *p)
{
    if (p->listed || p->blocked)
        return;
    p->listed = true;
    roster_save(p->s);
    emit_contact(p);
}

/* ---- operations ---- */

/* The peer an operation names; 0 or a refusal. */
static int roster_op(struct kith_session *s, const char *address, struct peer **out)
{
    uid_t uid;
    *out = NULL;
    if (!s->up)
        return KITH_EOFFLINE;
    if (user_find(address, &uid) < 0)
        return KITH_ENOTFOUND;
    if (uid == s->uid)
        return KITH_EINVAL;
    *out = peer_get(s, uid);
    return *out ? 0 : KITH_ELIMIT;
}

static int roster_change(struct kith_session *s, struct peer *p, kith_req req)
{
    roster_save(s);
    if (p->listed || p->blocked)
        emit_contact(p);
    peer_emit_presence(p);
    s_reply(s, req, KITH_OK, p->address);
    return 0;
}

static int roster_update(struct kith_session *s, const char *address, const char *name,
                         const char *const *groups, size_t n_groups, kith_req req)
{
    struct peer *p;
    int rc = roster_op(s, address, &p);
    if (rc < 0)
        return rc;
    p->listed = true;
    str_set(&p->name, str_empty(name) ? NULL : name);
    set_groups(p, groups, n_groups);
    return roster_change(s, p, req);
}

static int roster_add(struct kith_session *s, const char *address, const char *name,
                      const char *const *groups, size_t n_groups, const char *text UNUSED,
                      kith_req req)
{
    return roster_update(s, address, name, groups, n_groups, req);
}

static int roster_remove(struct kith_session *s, const char *address, kith_req req)
{
    struct peer *p;
    int rc = roster_op(s, address, &p);
    if (rc < 0)
        return rc;
    p->listed = false;
    struct kith_ev_contact_gone ev = {.ev = {sizeof ev, KITH_EV_CONTACT_GONE, 0, 0},
                                      .address = p->address};
    s_emit(s, &ev.ev);
    return roster_change(s, p, req);
}

static int roster_authorize(struct kith_session *s UNUSED, const char *address UNUSED,
                            int allow UNUSED, kith_req req UNUSED)
{
    return KITH_EUNSUP; /* who is on a machine is no secret to its users */
}

const struct kith_roster_ops local_roster_ops = {
    .size = sizeof local_roster_ops,
    .add = roster_add,
    .update = roster_update,
    .remove = roster_remove,
    .authorize = roster_authorize,
};

static int roster_block(struct kith_session *s, const char *address, uint32_t report UNUSED,
                        kith_req req)
{
    struct peer *p;
    int rc = roster_op(s, address, &p);
    if (rc < 0)
        return rc;
    peer_disconnect(p);
    message_forget(p);
    p->blocked = true;
    return roster_change(s, p, req);
}

static int roster_unblock(struct kith_session *s, const char *address, kith_req req)
{
    struct peer *p;
    int rc = roster_op(s, address, &p);
    if (rc < 0)
        return rc;
    bool was = p->blocked;
    p->blocked = false;
    p->retries = 0;
    p->listed = p->listed || was; /* the host learns that they are blocked no more */
    rc = roster_change(s, p, req);
    peers_scan(s, p->uid);
    return rc;
}

const struct kith_blocking_ops local_blocking_ops = {
    .size = sizeof local_blocking_ops,
    .block = roster_block,
    .unblock = roster_unblock,
};

/* A room: what it is about, and who is in it. */
static int room_info(struct kith_session *s, const char *name, kith_req req)
{
    struct room *r = room_find(s, name);
    const char **who = xcalloc(s->n_peers + 1, sizeof *who);
    size_t n = 0;
    if (r && r->joined)
        who[n++] = s->address;
    for (const struct peer *p = s->peers; p; p = p->next) {
        if (p->link && room_has(p, name))
            who[n++] = p->address;
    }
    const struct kith_field fields[] = {{.size = sizeof fields[0],
                                         .key = "members",
                                         .label = "Members",
                                         .type = "fixed",
                                         .values = who,
                                         .n_values = n}};
    struct kith_ev_item ev = {.ev = {sizeof ev, KITH_EV_ITEM, req, 0},
                              .address = name,
                              .text = r ? r->topic : NULL,
                              .number = (int64_t)n,
                              .fields = fields,
                              .n_fields = COUNT(fields)};
    if (n)
        s_emit(s, &ev.ev);
    s_reply(s, req, n ? KITH_OK : KITH_ENOTFOUND, n ? NULL : "nobody is in this room");
    free(who);
    return 0;
}

static int roster_info(struct kith_session *s, const char *address, kith_req req)
{
    uid_t uid;
    char number[24];
    if (address[0] == '#')
        return s->up ? room_info(s, address, req) : KITH_EOFFLINE;
    if (user_find(address, &uid) < 0)
        return KITH_ENOTFOUND;
    char *full = user_full_name(uid);
    struct peer *p = peer_find(s, uid);
    snprintf(number, sizeof number, "%lu", (unsigned long)uid);
    const char *id_value = number, *full_value = full,
               *here = p && p->link    ? "yes"
                       : uid == s->uid ? "you"
                                       : "no";
    const struct kith_field fields[] = {
        {.size = sizeof fields[0],
         .key = "uid",
         .label = "User id",
         .type = "fixed",
         .values = &id_value,
         .n_values = 1},
        {.size = sizeof fields[0],
         .key = "online",
         .label = "On local chat",
         .type = "fixed",
         .values = &here,
         .n_values = 1},
        {.size = sizeof fields[0],
         .key = "name",
         .label = "Name",
         .type = "fixed",
         .values = &full_value,
         .n_values = 1},
    };
    struct kith_ev_item ev = {.ev = {sizeof ev, KITH_EV_ITEM, req, 0},
                              .address = address,
                              .name = full,
                              .text = p ? p->status : NULL,
                              .number = -1,
                              .fields = fields,
                              .n_fields = full ? 3 : 2};
    s_emit(s, &ev.ev);
    s_reply(s, req, KITH_OK, NULL);
    free(full);
    return 0;
}

static int roster_no_form(struct kith_session *s UNUSED, const char *where UNUSED,
                          kith_req req UNUSED)
{
    return KITH_EUNSUP;
}

static int roster_no_search(struct kith_session *s UNUSED, const char *where UNUSED,
                            const struct kith_field *fields UNUSED, size_t n UNUSED,
                            kith_req req UNUSED)
{
    return KITH_EUNSUP;
}

const struct kith_directory_ops local_directory_ops = {
    .size = sizeof local_directory_ops,
    .info = roster_info,
    .form = roster_no_form,
    .search = roster_no_search,
};
