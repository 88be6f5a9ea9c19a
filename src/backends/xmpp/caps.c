/* backends/xmpp/caps.c - what a client can do, by a hash in its presence, verified and kept */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "backends/xmpp/feature.h"
#include "base/mem.h"

#define CAPS_NODE "https://kith.im/caps"
enum {
    CAPS_KNOWN_MAX = 512, /* hashes in memory; the oldest goes */
    CAPS_ASKED_MAX = 64,  /* questions under way at a time */
    CAPS_VARS_MAX = 500,  /* features of one client */
    CAPS_STORED_MAX = 16384,
    CAPS_SLOTS = 256,     /* kept over restarts; the oldest is overwritten */
    CAPS_PARTS_MAX = 2000 /* identities, features, fields and values of one answer together */
};

struct caps { /* one verified answer */
    char *client;
    struct map vars;
};
struct caps_all {
    struct map known; /* "hash ver" -> struct caps */
    struct map asked; /* "hash ver" -> full JID being asked (owned) */
    int64_t slot;     /* where the next one is kept */
};

static void caps_free(void *p)
{
    struct caps *c = p;
    free(c->client);
    map_free(&c->vars, NULL);
    free(c);
}

/* ---- the verification string, XEP-0115 §5.1 ---- */
struct strings {
    char **s;
    size_t n, cap;
};

static void strings_add(struct strings *v, char *s)
{
    VEC_PUSH(v->s, v->n, v->cap, s);
}

static void strings_free(struct strings *v)
{
    for (size_t i = 0; i < v->n; i++)
        free(v->s[i]);
    free(v->s);
    memset(v, 0, sizeof *v);
}

static int by_octets(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Between the parts of a sorted string: lower than any character of XML, so that strings sort by
 * their parts ("a" before "a-b"). Written as '/' and '<'. */
#define SLASH '\001'
#define LESS '\002'

/* Sorts; false when two are the same (ill-formed, §5.4). Joins with '<' behind each. */
static bool strings_put(struct strings *v, struct buf *out, bool unique)
{
    if (v->n)
        qsort(v->s, v->n, sizeof *v->s, by_octets);
    for (size_t i = 0; i < v->n; i++) {
        if (unique && i && strcmp(v->s[i], v->s[i - 1]) == 0)
            return false;
        buf_adds(out, v->s[i]);
        buf_addc(out, '<');
    }
    return true;
}

static void parts_write(struct buf *b)
{
    for (size_t i = 0; i < b->len; i++)
        if (b->data[i] == SLASH)
            b->data[i] = '/';
        else if (b->data[i] == LESS)
            b->data[i] = '<';
}

static const char *or_empty(const char *s)
{
    return s ? s : "";
}

/* One form as a string of FORM_TYPE, fields and values; *bad when it makes the whole answer
 * ill-formed. NULL: ignored. */
static char *form_string(xmpp_stanza_t *form, size_t *parts, bool *bad)
{
    struct strings fields = {0};
    struct buf out = {0};
    char *type = NULL;
    EACH_CHILD (f, form) {
        const char *var = is_elem(f, "field", NULL) ? st_attr(f, "var") : NULL;
        struct strings values = {0};
        struct buf one = {0};
        if (!var)
            continue;
        EACH_CHILD (v, f)
            if (is_elem(v, "value", NULL) && ++*parts < CAPS_PARTS_MAX) {
                char *t = st_text(v);
                strings_add(&values, t ? t : xstrdup(""));
            }
        if (strcmp(var, "FORM_TYPE") == 0) {
            *bad = *bad || type || values.n != 1;
            if (values.n && !type && str_eq(st_attr(f, "type"), "hidden"))
                type = xstrdup(values.s[0]);
        } else {
            buf_addf(&one, "%s%c", var, LESS);
            strings_put(&values, &one, false);
            buf_delete(&one, one.len - 1, 1); /* the last '<' comes with the join */
            strings_add(&fields, buf_take(&one));
        }
        strings_free(&values);
        buf_free(&one);
    }
    if (type) {
        buf_addf(&out, "%s%c", type, LESS);
        strings_put(&fields, &out, false);
        buf_delete(&out, out.len - 1, 1);
    }
    strings_free(&fields);
    bool use = type != NULL;
    free(type);
    if (!use)
        buf_free(&out);
    return use ? buf_take(&out) : NULL;
}

/* Two forms must not have one FORM_TYPE (§5.4 step 3.5). The list is sorted. */
static bool form_types_differ(const struct strings *forms)
{
    for (size_t i = 1; i < forms->n; i++) {
        size_t a = strcspn(forms->s[i], "\002"), b = strcspn(forms->s[i - 1], "\002");
        if (a == b && strncmp(forms->s[i], forms->s[i - 1], a) == 0)
            return false;
    }
    return true;
}

/* libstrophe alone cuts "xml:" off; what comes by guard.c has it. */
static char *identity_string(xmpp_stanza_t *i)
{
    const char *lang = st_attr(i, "xml:lang") ? st_attr(i, "xml:lang") : st_attr(i, "lang");
    return xasprintf("%s%c%s%c%s%c%s", or_empty(st_attr(i, "category")), SLASH,
                     or_empty(st_attr(i, "type")), SLASH, or_empty(lang), SLASH,
                     or_empty(st_attr(i, "name")));
}

static bool caps_string(xmpp_stanza_t *query, struct buf *out)
{
    struct strings ids = {0}, vars = {0}, forms = {0};
    size_t parts = 0;
    bool bad = false;
    EACH_CHILD (c, query) {
        if (++parts >= CAPS_PARTS_MAX)
            break;
        if (is_elem(c, "identity", NULL))
            strings_add(&ids, identity_string(c));
        else if (is_elem(c, "feature", NULL))
            strings_add(&vars, xstrdup(or_empty(st_attr(c, "var"))));
        else if (is_elem(c, "x", NS_DATA)) {
            char *f = form_string(c, &parts, &bad);
            if (f)
                strings_add(&forms, f);
        }
    }
    bool ok = parts < CAPS_PARTS_MAX && !bad && strings_put(&ids, out, true) &&
              strings_put(&vars, out, true) && strings_put(&forms, out, false) &&
              form_types_differ(&forms);
    parts_write(out);
    strings_free(&ids);
    strings_free(&vars);
    strings_free(&forms);
    return ok;
}

static const EVP_MD *hash_of(const char *name)
{
    if (str_eq(name, "sha-1"))
        return EVP_sha1();
    if (str_eq(name, "sha-256"))
        return EVP_sha256();
    return str_eq(name, "sha-512") ? EVP_sha512() : NULL;
}

char *caps_hash(xmpp_stanza_t *query, const char *hash)
{
    const EVP_MD *md = hash_of(hash);
    unsigned char digest[EVP_MAX_MD_SIZE], b64[EVP_MAX_MD_SIZE * 2];
    unsigned n = 0;
    struct buf s = {0};
    char *out = NULL;
    if (md && caps_string(query, &s) && EVP_Digest(buf_str(&s), s.len, digest, &n, md, NULL)) {
        int len = EVP_EncodeBlock(b64, digest, (int)n);
        out = xstrndup((const char *)b64, (size_t)len);
    }
    buf_free(&s);
    return out;
}

/* ---- remembering ---- */
static struct caps *caps_put(struct caps_all *all, const char *key)
{
    struct caps *c = xcalloc(1, sizeof *c);
    if (all->known.n >= CAPS_KNOWN_MAX) {
        struct map_entry *first = map_next(&all->known, NULL);
        char *old_key = xstrdup(first->key);
        caps_free(map_del(&all->known, old_key));
        free(old_key);
    }
    struct caps *old = map_set(&all->known, key, c);
    if (old)
        caps_free(old);
    return c;
}

static void var_add(struct caps *c, const char *var)
{
    if (var && c->vars.n < CAPS_VARS_MAX && !strchr(var, '\n'))
        set_add(&c->vars, var);
}

#define SLOT_KEY "caps_slot"
static void slot_name(char out[24], int64_t slot)
{
    snprintf(out, 24, "caps%d", (int)(slot % CAPS_SLOTS));
}

/* A slot holds lines: the key, the client's name, then one feature a line. */
static void caps_store(struct x *x, struct caps_all *all, const char *key, const struct caps *c)
{
    struct buf b = {0};
    char name[24], next[24];
    buf_addf(&b, "%s\n%s\n", key, or_empty(c->client));
    for (struct map_entry *e = NULL; (e = map_next(&c->vars, e));)
        buf_addf(&b, "%s\n", e->key);
    if (b.len < CAPS_STORED_MAX) {
        slot_name(name, all->slot);
        all->slot = (all->slot + 1) % CAPS_SLOTS;
        snprintf(next, sizeof next, "%d", (int)all->slot);
        x_host(x)->state_set(x_account(x), name, buf_str(&b), b.len);
        x_host(x)->state_set(x_account(x), SLOT_KEY, next, strlen(next));
    }
    buf_free(&b);
}

static void load_slot(struct caps_all *all, char *data)
{
    struct caps *c = NULL;
    char *line = data, *end;
    for (int at = 0; (end = strchr(line, '\n')); line = end + 1, at++) {
        *end = '\0';
        if (at == 0)
            c = caps_put(all, line);
        else if (at == 1)
            str_set(&c->client, *line ? line : NULL);
        else
            var_add(c, line);
    }
}

static void caps_load(struct x *x, struct caps_all *all)
{
    char *data = xmalloc(CAPS_STORED_MAX + 1), name[24];
    char *next = state_string(x, SLOT_KEY);
    if (next)
        str_int(next, 0, CAPS_SLOTS - 1, &all->slot);
    for (int i = 0; next && i < CAPS_SLOTS; i++) {
        slot_name(name, i);
        int n = x_host(x)->state_get(x_account(x), name, data, CAPS_STORED_MAX);
        if (n < 0)
            break; /* they are filled in order */
        if (n > CAPS_STORED_MAX)
            continue;
        data[n] = '\0';
        load_slot(all, data);
    }
    free(next);
    free(data);
}

/* ---- asking ---- */
struct question {
    char *key, *hash, *ver;
};

static void question_free(struct question *q)
{
    free(q->key);
    free(q->hash);
    free(q->ver);
    free(q);
}

/* XEP-0444 §2.2: which reactions are taken, and how many of a person; kept among the features, as "NS#emoji" and "NS=N". */
static void take_restrictions(struct caps *c, xmpp_stanza_t *form)
{
    bool is = false;
    EACH_CHILD (f, form) {
        char *type = str_eq(st_attr(f, "var"), "FORM_TYPE") ? st_child_text(f, "value", NULL) : NULL;
        is = is || str_eq(type, NS_REACTION_RULES);
        free(type);
    }
    EACH_CHILD (f, is ? form : NULL) {
        const char *var = st_attr(f, "var");
        bool list = str_eq(var, "allowlist");
        EACH_CHILD (v, list || str_eq(var, "max_reactions_per_user") ? f : NULL) {
            char *text = is_elem(v, "value", NULL) ? st_text(v) : NULL, *rule = text ? xasprintf(NS_REACTION_RULES "%c%s", list ? '#' : '=', text) : NULL;
            if (rule && strlen(text) <= 64)
                var_add(c, rule);
            if (list && text)
                var_add(c, NS_REACTION_RULES "#");
            free(rule);
            free(text);
        }
    }
}

static void on_answer(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct question *q = user;
    struct caps_all *all = x_state(x, "caps");
    xmpp_stanza_t *query = iq_is_result(reply) ? st_child(reply, "query", NS_DISCO_INFO) : NULL;
    char *ver = query ? caps_hash(query, q->hash) : NULL;
    if (all)
        free(map_del(&all->asked, q->key));
    if (all && ver && strcmp(ver, q->ver) == 0) {
        struct caps *c = caps_put(all, q->key);
        EACH_CHILD (e, query) {
            if (is_elem(e, "feature", NULL))
                var_add(c, st_attr(e, "var"));
            else if (is_elem(e, "x", NS_DATA))
                take_restrictions(c, e);
            else if (is_elem(e, "identity", NULL) && str_eq(st_attr(e, "category"), "client") &&
                     !c->client)
                str_set(&c->client, st_attr(e, "name"));
        }
        if (c->client && (strlen(c->client) > 255 || strchr(c->client, '\n')))
            str_set(&c->client, NULL);
        caps_store(x, all, q->key, c);
        presence_client_known(x, q->key, c->client);
    }
    free(ver);
    question_free(q);
}

char *caps_learn(struct x *x, xmpp_stanza_t *presence, const char *from)
{
    struct caps_all *all = x_state(x, "caps");
    xmpp_stanza_t *c = st_child(presence, "c", NS_CAPS), *query;
    const char *hash = st_attr(c, "hash"), *ver = st_attr(c, "ver"), *node = st_attr(c, "node");
    if (!hash_of(hash) || !ver || !node || strlen(ver) < 8 || strlen(ver) > 100 ||
        strlen(node) > 1000 || strpbrk(ver, "\r\n"))
        return NULL; /* unknown hashes and the legacy form: not used (§5.4, §8) */
    char *key = xasprintf("%s %s", hash, ver);
    if (map_get(&all->known, key) || map_get(&all->asked, key) || all->asked.n >= CAPS_ASKED_MAX ||
        !x_online(x))
        return key;
    map_set(&all->asked, key, xstrdup(from));
    struct question *q = xcalloc(1, sizeof *q);
    *q = (struct question){xstrdup(key), xstrdup(hash), xstrdup(ver)};
    xmpp_stanza_t *iq = iq_new(x, "get", from, "query", NS_DISCO_INFO, &query);
    char *full = xasprintf("%s#%s", node, ver);
    st_set(query, "node", full);
    free(full);
    x_iq(x, iq, on_answer, q);
    return key;
}

bool caps_has(const struct x *x, const char *key, const char *feature)
{
    const struct caps_all *all = x_state(x, "caps");
    const struct caps *c = all && key ? map_get(&all->known, key) : NULL;
    return c && map_get(&c->vars, feature);
}

const char *caps_client(const struct x *x, const char *key)
{
    const struct caps_all *all = x_state(x, "caps");
    const struct caps *c = all && key ? map_get(&all->known, key) : NULL;
    return c ? c->client : NULL;
}

void caps_add_own(struct x *x, xmpp_stanza_t *presence)
{
    xmpp_stanza_t *query = st_new(x_ctx(x), "query", NS_DISCO_INFO);
    disco_fill(x, query);
    char *ver = caps_hash(query, "sha-1");
    xmpp_stanza_t *c = st_add(presence, "c", NS_CAPS);
    st_set(c, "hash", "sha-1");
    st_set(c, "node", CAPS_NODE);
    st_set(c, "ver", ver);
    free(ver);
    xmpp_stanza_release(query);
}

static void caps_attach(struct x *x)
{
    struct caps_all *all = xcalloc(1, sizeof *all);
    caps_load(x, all);
    x_set_state(x, "caps", all);
}

static void caps_detach(struct x *x)
{
    struct caps_all *all = x_state(x, "caps");
    map_free(&all->known, caps_free);
    map_free(&all->asked, free);
    free(all);
    x_set_state(x, "caps", NULL);
}

static const char *const caps_vars[] = {NS_CAPS, NULL};
const struct feature feature_caps = {
    .name = "caps",
    .disco = caps_vars,
    .attach = caps_attach,
    .detach = caps_detach,
};
