/* store/roster.c - accounts and the people they keep */
#include "base/buf.h"
#include "store/private.h"

int store_account(struct store *s, const char *name, const char *protocol,
                  struct store_account *out)
{
    *out = (struct store_account){.show = KITH_SHOW_ONLINE};
    sqlite3_stmt *q = STORE_READ(s, S_ACCOUNT, v_text(name));
    if (!store_row(s, q)) {
        out->id = s->next_account++;
        out->protocol = xstrdup(protocol);
        STORE_WRITE(s, S_NEW_ACCOUNT, v_int(out->id), v_text(name), v_text(protocol));
        return 0;
    }
    out->id = sqlite3_column_int64(q, 0);
    out->protocol = column_dup(q, 1);
    out->address = column_dup(q, 2);
    out->nick = column_dup(q, 3);
    out->show = (enum kith_show)sqlite3_column_int(q, 4);
    out->status = column_dup(q, 5);
    out->resume_id = column_dup(q, 6);
    out->resume_ms = sqlite3_column_int64(q, 7);
    out->gap = sqlite3_column_int64(q, 8);
    store_done(q);
    return 1;
}

void store_account_clear(struct store_account *a)
{
    free(a->protocol);
    free(a->address);
    free(a->nick);
    free(a->status);
    free(a->resume_id);
    *a = (struct store_account){0};
}

void store_put_account(struct store *s, const struct account *a, const char *resume_id,
                       int64_t resume_ms, int64_t gap)
{
    STORE_WRITE(s, S_PUT_ACCOUNT, v_int(a->id), v_text(a->protocol), v_text(a->address),
                v_text(a->nick), v_int(a->show), v_text(a->status), v_text(resume_id),
                v_int(resume_ms), v_int(gap));
}

void store_each_elsewhere(struct store *s, const struct account *a, uint32_t flags, void (*fn)(void *user, const char *address),
                          void *user)
{
    if (str_empty(a->address))
        return;
    sqlite3_stmt *q = STORE_READ(s, S_ELSEWHERE, v_text(a->protocol), v_text(a->address), v_int(a->id), v_int(flags));
    while (store_row(s, q))
        fn(user, (const char *)sqlite3_column_text(q, 0));
}

/* ---- people ---- */

/* Splits text at newlines, in place. Number of parts, at most max. */
static size_t split_lines(char *text, const char **out, size_t max)
{
    size_t n = 0;
    while (text && *text && n < max) {
        char *end = strchr(text, '\n');
        if (end)
            *end++ = '\0';
        out[n++] = text;
        text = end;
    }
    return n;
}

void store_load_contacts(struct store *s, struct account *a)
{
    enum { GROUPS = 64 };
    const char *groups[GROUPS];
    sqlite3_stmt *q = STORE_READ(s, S_CONTACTS, v_int(a->id));
    while (store_row(s, q)) {
        char *lines = column_dup(q, 2);
        size_t n = split_lines(lines, groups, GROUPS);
        account_put_contact(a, (const char *)sqlite3_column_text(q, 0),
                            (const char *)sqlite3_column_text(q, 1), groups, n,
                            (uint32_t)sqlite3_column_int64(q, 3));
        free(lines);
    }
}

void store_put_contact(struct store *s, const struct contact *c)
{
    struct buf groups = {0};
    for (size_t i = 0; i < c->n_groups; i++) {
        buf_adds(&groups, c->groups[i]);
        buf_addc(&groups, '\n');
    }
    STORE_WRITE(s, S_PUT_CONTACT, v_int(c->account->id), v_text(c->address), v_text(c->name),
                groups.len > 0 ? v_text(buf_str(&groups)) : v_null(), v_int(c->flags));
    buf_free(&groups);
}

void store_drop_contact(struct store *s, const struct account *a, const char *address)
{
    STORE_WRITE(s, S_DROP_CONTACT, v_int(a->id), v_text(address));
}
