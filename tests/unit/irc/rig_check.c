/* unit/irc/rig_check.c - what the core tells must be fit to cross the wire: valid, in its bounds, and text */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "rig.h"
#include "wire/table.h"

static void unfit(const struct kith_event *ev, const char *field, const char *why)
{
    (void)fprintf(stderr, "%s: %s %s\n", wire_event_name(ev->type), field, why);
    abort();
}

static void check_number(const struct kith_event *ev, const struct wire_field *f, int64_t n)
{
    if (n < f->lo || n > f->hi)
        unfit(ev, f->name, "is out of its bounds");
}

static void check_text(const struct kith_event *ev, const struct wire_field *f, const char *text)
{
    if (text && !utf8_valid(text, strlen(text)))
        unfit(ev, f->name, "is not UTF-8");
    if (f->flags & WS_NEED && (!text || !*text))
        unfit(ev, f->name, "is missing");
}

static void check_members(const struct kith_event *ev, const struct wire_struct *s, const char *p)
{
    for (size_t n = 0; n < s->n_fields; n++) {
        const struct wire_field *f = &s->fields[n];
        const void *at = p + f->at;
        size_t count = f->type == WT_STRS || f->type == WT_STRUCTS ? *(const size_t *)(const void *)(p + f->at_n) : 0;
        if (f->type == WT_STR)
            check_text(ev, f, *(const char *const *)at);
        else if (f->type == WT_ENUM)
            check_number(ev, f, *(const uint32_t *)at);
        else if (f->type == WT_I32)
            check_number(ev, f, *(const int32_t *)at);
        else if (f->type == WT_I64)
            check_number(ev, f, *(const int64_t *)at);
        for (size_t k = 0; k < count && f->type == WT_STRS; k++)
            check_text(ev, f, (*(const char *const *const *)at)[k]);
        for (size_t k = 0; k < count && f->type == WT_STRUCTS; k++)
            check_members(ev, f->sub, *(const char *const *)at + k * f->sub->size);
    }
}

/* What the engine reads is clean, whatever was told. */
static void check_clean(const struct kith_event *ev, const struct wire_struct *s, const char *p)
{
    for (size_t n = 0; n < s->n_fields; n++) {
        const struct wire_field *f = &s->fields[n];
        const char *text = f->type == WT_STR ? *(const char *const *)(const void *)(p + f->at) : NULL;
        if (text && !(f->flags & (WS_RAW | WS_SECRET)) &&
            !utf8_is_clean(text, strlen(text), f->flags & WS_TEXT ? UTF8_TEXT : UTF8_LINE))
            unfit(ev, f->name, "is raw");
    }
}

void rig_check(const struct kith_event *ev)
{
    struct buf b = {0};
    struct arena mem = {0};
    struct kith_event *read;
    uint64_t number;
    if (!wire_event_struct(ev->type))
        unfit(ev, "type", "is unknown");
    check_members(ev, wire_event_struct(ev->type), (const char *)ev);
    wire_put_event(&b, 1, ev);
    if (!b.len || wire_get_event(b.data, b.len, &mem, &number, &read, NULL) < 0)
        unfit(ev, "it", "does not cross the wire");
    check_clean(read, wire_event_struct(read->type), (const char *)read);
    arena_free(&mem);
    buf_free(&b);
}

/* ---- the members that the host has been told of, as it keeps them ---- */

static char *member_key(const char *chat, const char *nick)
{
    return xasprintf("%s %s", chat, nick);
}

/* Drops those of the chat; all, or only those that a complete list did not name. */
static void sweep(struct map *shown, const char *chat, bool all)
{
    size_t len = strlen(chat);
    struct map keep = {0};
    for (struct map_entry *e = NULL; (e = map_next(shown, e));) {
        bool other = strncmp(e->key, chat, len) != 0 || e->key[len] != ' ';
        if (other || (!all && *(const char *)e->value == 'n'))
            map_set(&keep, e->key, xstrdup(e->value));
    }
    map_free(shown, free);
    *shown = keep;
}

static void grow_old(struct map *shown, const char *chat)
{
    size_t len = strlen(chat);
    for (struct map_entry *e = NULL; (e = map_next(shown, e));)
        if (strncmp(e->key, chat, len) == 0 && e->key[len] == ' ')
            *(char *)e->value = 'o';
}

static void put_member(struct map *shown, const char *chat, const char *nick, const char *value)
{
    char *key = member_key(chat, nick);
    free(value ? map_set(shown, key, xstrdup(value)) : map_del(shown, key));
    free(key);
}

void rig_mirror(struct map *shown, const struct kith_event *ev)
{
    const struct kith_ev_member *m = (const void *)ev;
    const struct kith_ev_member_gone *g = (const void *)ev;
    const struct kith_ev_sync *sync = (const void *)ev;
    const struct kith_ev_chat *c = (const void *)ev;
    if (ev->type == KITH_EV_MEMBER) {
        if (m->old_nick)
            put_member(shown, m->chat, m->old_nick, NULL);
        put_member(shown, m->chat, m->nick, "n");
    } else if (ev->type == KITH_EV_MEMBER_GONE) {
        put_member(shown, g->chat, g->nick, NULL);
    } else if (ev->type == KITH_EV_SYNC_BEGIN && sync->what == KITH_SYNC_MEMBERS) {
        grow_old(shown, sync->chat);
    } else if (ev->type == KITH_EV_SYNC_END && sync->what == KITH_SYNC_MEMBERS) {
        sweep(shown, sync->chat, false);
    } else if (ev->type == KITH_EV_CHAT && !(c->flags & KITH_CHAT_JOINED)) {
        sweep(shown, c->address, true);
    } else if (ev->type == KITH_EV_CHAT_GONE) {
        sweep(shown, ((const struct kith_ev_chat_gone *)(const void *)ev)->address, true);
    }
}

void rig_check_members(const struct rig *r)
{
    size_t members = 0;
    for (struct map_entry *e = NULL; (e = map_next(&r->irc->rooms, e));) {
        const struct irc_room *room = e->value;
        for (struct map_entry *m = NULL; room->joined && (m = map_next(&room->members, m));) {
            const struct irc_member *one = m->value;
            char *key = member_key(room->address, one->user->nick);
            if (!map_get(&r->shown, key)) {
                (void)fprintf(stderr, "%s is there, but was not told\n", key);
                abort();
            }
            free(key);
            members++;
        }
        if (room->naming)
            return; /* the host sweeps when the list is complete */
    }
    if (members == r->shown.n)
        return;
    for (struct map_entry *e = NULL; (e = map_next(&r->shown, e));)
        (void)fprintf(stderr, "told: %s\n", e->key);
    (void)fprintf(stderr, "%zu were told, %zu are there\n", r->shown.n, members);
    abort();
}
