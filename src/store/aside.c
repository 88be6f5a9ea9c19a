/* store/aside.c - what is said where the user wants nothing of it on the disk (/keep): in memory, until kith ends
 *
 * The rows of such messages hold their place and nothing else. What is read of them is put together here: text, earlier
 * versions, files and reactions. The oldest go when there is too much of it. */
#include <inttypes.h>
#include <stdio.h>

#include "store/aside.h"

enum { ASIDE_MOST = 32 << 20 }; /* bytes */

struct version {
    int64_t key, time;
    char *body, *spans;
};

struct aside { /* one message */
    struct message *m; /* text, files, reactions; nothing else of it counts */
    struct version *versions;
    size_t n, cap, bytes;
    int64_t chat;
};

struct name {
    char s[24];
};

static struct name name_of(int64_t message)
{
    struct name n;
    snprintf(n.s, sizeof n.s, "%" PRId64, message);
    return n;
}

static struct aside *find(const struct store *s, int64_t message)
{
    return s->aside.n > 0 ? map_get(&s->aside, name_of(message).s) : NULL;
}

static void version_clear(struct version *v)
{
    str_wipe_free(v->body);
    str_wipe_free(v->spans);
}

static void clear(void *value)
{
    struct aside *a = value;
    for (size_t i = 0; i < a->n; i++)
        version_clear(&a->versions[i]);
    free(a->versions);
    if (a->m->body)
        mem_wipe(a->m->body, strlen(a->m->body));
    message_free(a->m);
    free(a);
}

static void drop(struct store *s, struct map_entry *e)
{
    struct aside *a = e->value;
    s->aside_bytes -= a->bytes;
    (void)map_del(&s->aside, e->key);
    clear(a);
}

void aside_drop(struct store *s, int64_t message)
{
    struct aside *a = s->aside.n > 0 ? map_del(&s->aside, name_of(message).s) : NULL;
    if (a) {
        s->aside_bytes -= a->bytes;
        clear(a);
    }
}

void aside_drop_chat(struct store *s, int64_t chat)
{
    for (struct map_entry *e = NULL; (e = map_next(&s->aside, e));) {
        if (((struct aside *)e->value)->chat == chat)
            drop(s, e);
    }
}

void aside_free(struct store *s)
{
    map_free(&s->aside, clear);
    map_free(&s->aside_changes, free);
    s->aside_bytes = 0;
}

static void weigh(struct store *s, struct aside *a)
{
    size_t bytes = sizeof *a + message_size(a->m);
    for (size_t i = 0; i < a->n; i++)
        bytes += sizeof a->versions[i] + (a->versions[i].body ? strlen(a->versions[i].body) : 0);
    s->aside_bytes += bytes - a->bytes;
    a->bytes = bytes;
    for (struct map_entry *e = NULL; s->aside_bytes > ASIDE_MOST && (e = map_next(&s->aside, e));) {
        if (e->value != a)
            drop(s, e);
    }
}

static struct aside *get(struct store *s, const struct message *m)
{
    struct aside *a = find(s, m->id);
    if (!a) {
        a = xcalloc(1, sizeof *a);
        a->m = message_new();
        a->chat = m->chat ? m->chat->id : 0;
        (void)map_set(&s->aside, name_of(m->id).s, a);
    }
    return a;
}

static void copy_file(struct attachment *to, const struct attachment *from)
{
    (void)str_set(&to->id, from->id);
    (void)str_set(&to->name, from->name);
    (void)str_set(&to->mime, from->mime);
    (void)str_set(&to->url, from->url);
    (void)str_set(&to->path, from->path);
    to->bytes = from->bytes;
    to->width = from->width;
    to->height = from->height;
    to->sealed = from->sealed;
}

static void take_files(struct message *to, const struct message *from)
{
    for (size_t i = 0; i < from->n_attachments && i < to->n_attachments; i++)
        copy_file(&to->attachments[i], &from->attachments[i]);
    for (size_t i = to->n_attachments; i < from->n_attachments; i++)
        message_add_attachment(to, &from->attachments[i]);
}

void aside_put(struct store *s, const struct message *m)
{
    if (m->retracted) {
        aside_drop(s, m->id);
        return;
    }
    if (str_empty(m->body) && m->n_attachments == 0 && !find(s, m->id))
        return;
    struct aside *a = get(s, m);
    if (a->m->body && !str_eq(a->m->body, m->body))
        mem_wipe(a->m->body, strlen(a->m->body));
    str_set(&a->m->body, m->body);
    str_set(&a->m->spans, m->spans);
    take_files(a->m, m);
    weigh(s, a);
}

void aside_react(struct store *s, const struct message *m, const char *sender, const char *const *texts, size_t n)
{
    struct aside *a = get(s, m);
    (void)message_set_reactions(a->m, sender, texts, n);
    weigh(s, a);
}

/* ---- versions ---- */

void aside_add_version(struct store *s, const struct message *m, int64_t key, int64_t time, const char *body, const char *spans)
{
    struct aside *a = get(s, m);
    struct version v = {key, time, xstrdup(body), xstrdup(spans)};
    VEC_PUSH(a->versions, a->n, a->cap, v);
    weigh(s, a);
}

static struct version *version(const struct store *s, int64_t message, int64_t key)
{
    struct aside *a = find(s, message);
    for (size_t i = 0; a && i < a->n; i++) {
        if (a->versions[i].key == key)
            return &a->versions[i];
    }
    return NULL;
}

void aside_version(const struct store *s, int64_t message, int64_t key, char **body, char **spans)
{
    const struct version *v = version(s, message, key);
    if (v) {
        str_set(body, v->body);
        str_set(spans, v->spans);
    }
}

void aside_drop_version(struct store *s, int64_t message, int64_t key)
{
    struct aside *a = find(s, message);
    for (size_t i = a ? a->n : 0; i-- > 0;) {
        if (a->versions[i].key == key) {
            version_clear(&a->versions[i]);
            VEC_DEL(a->versions, a->n, i);
        }
    }
    if (a)
        weigh(s, a);
}

/* ---- reading ---- */

static void fill_reactions(struct message *m, const struct message *from)
{
    for (size_t i = 0; i < from->n_reactions; i++) {
        const char *texts[MODEL_REACTION_KINDS], *sender = from->reactions[i].sender;
        size_t n = 0;
        for (size_t k = 0; k < from->n_reactions && n < COUNT(texts); k++) {
            if (str_eq(from->reactions[k].sender, sender))
                texts[n++] = from->reactions[k].text;
        }
        (void)message_set_reactions(m, sender, texts, n);
    }
}

void aside_fill(const struct store *s, struct message *m)
{
    const struct aside *a = find(s, m->id);
    if (!a)
        return;
    if (!is_kept(m) && !m->retracted) {
        str_set(&m->body, a->m->body);
        str_set(&m->spans, a->m->spans);
        take_files(m, a->m);
    }
    fill_reactions(m, a->m);
}
