/* backends/xmpp/rooms_list.c - the rooms of a service: found, listed page by page, and searched for (XEP-0045 §6, 0433) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "backends/xmpp/feature.h"
#include "backends/xmpp/im.h"
#include "base/mem.h"

#define NS_SEARCH "urn:xmpp:channel-search:0:search"
#define NS_SEARCH_PARAMS "urn:xmpp:channel-search:0:search-params"
#define NS_SEARCH_ORDER "{urn:xmpp:channel-search:0:order}nusers"

enum {
    PAGE = 100,         /* rooms asked for at once */
    ROOMS_MAX = 5000,   /* of one list */
    SERVICES_MAX = 20,  /* of a server that are looked at */
    INFO_MAX = 200,     /* rooms that are asked what they are: people, topic */
    FLYING_MAX = 8      /* questions of that kind under way */
};

struct room_row { char *address, *name; };
struct list { /* lives while a question of it is under way */
    kith_req req;
    unsigned refs;
    char *words, *topic;        /* folded: words of the name or address, and of the topic; NULL: any */
    int64_t more, less;         /* people between these, without them */
    char *services[SERVICES_MAX];
    size_t n_services, at;      /* at: the one that is read now */
    unsigned looking;           /* disco#info of what may be services */
    bool search;                /* the service answers XEP-0433 */
    char *pattern, *after;      /* as given; RSM: the last one of the page before */
    struct room_row *waiting;   /* to be asked what they are */
    size_t n_waiting, cap_waiting;
    size_t rooms, infos, flying;
    bool silent;                /* a room did not answer: no more are asked */
    bool cut;
    struct err failed;
};

/* ---- life ---- */

static void row_free(struct room_row *r)
{
    free(r->address);
    free(r->name);
}

static void list_free(struct list *l)
{
    for (size_t i = 0; i < l->n_services; i++)
        free(l->services[i]);
    for (size_t i = 0; i < l->n_waiting; i++)
        row_free(&l->waiting[i]);
    free(l->waiting);
    free(l->words);
    free(l->topic);
    free(l->pattern);
    free(l->after);
    free(l);
}

static void ask(struct x *x, struct list *l, xmpp_stanza_t *iq, x_iq_fn *fn)
{
    l->refs++;
    x_iq(x, iq, fn, l);
}

static void finish(struct x *x, struct list *l)
{
    struct kith_ev_reply ev = EV_INIT(KITH_EV_REPLY, kith_ev_reply);
    ev.ev.req = l->req;
    if (!x_online(x) && !l->failed.code)
        err_set(&l->failed, KITH_ENET, "The connection was lost before all rooms were listed.");
    if (l->rooms == 0 && l->failed.code) {
        ev.err = l->failed.code;
        ev.text = l->failed.text;
    } else if (l->cut || l->failed.code) {
        ev.more = 1;
        ev.text = l->cut ? "There are more rooms than are listed here; narrow it down to see the others." : l->failed.text;
    }
    x_emit(x, &ev.ev);
    l->req = 0;
}

/* An answer has been dealt with; the last one ends the list. */
static void done(struct x *x, struct list *l)
{
    if (--l->refs)
        return;
    finish(x, l);
    list_free(l);
}

/* ---- what is wanted ---- */

static char *fold(const char *text)
{
    utf8proc_uint8_t *out = NULL;
    utf8proc_map((const utf8proc_uint8_t *)text, 0, &out,
                 UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
    char *own = xstrdup(out ? (const char *)out : text);
    free(out);
    return own;
}

static void read_pattern(struct list *l, const char *pattern)
{
    struct buf words = {0};
    char *text = fold(pattern ? pattern : ""), *rest = text, *word;
    l->more = INT64_MIN;
    l->less = INT64_MAX;
    l->pattern = xstrdup(pattern);
    while (rest && !str_starts(rest, "topic:") && (word = strsep(&rest, " "))) {
        int64_t n = 0;
        bool number = (*word == '<' || *word == '>') && str_int(word + 1, 0, INT32_MAX, &n);
        if (number)
            *(*word == '>' ? &l->more : &l->less) = n;
        else if (*word && strcmp(word, "*") != 0)
            buf_addf(&words, "%s%s", words.len ? " " : "", word);
    }
    if (rest && str_starts(rest, "topic:"))
        l->topic = xstrdup(rest + strlen("topic:"));
    l->words = words.len ? buf_take(&words) : NULL;
    free(text);
}

/* "*" any letters, "?" one; a word without them is looked for anywhere. Both folded. */
static bool glob(const char *mask, const char *text)
{
    const char *star = NULL, *back = NULL;
    while (*text) {
        if (*mask == '*') {
            star = mask++;
            back = text;
        } else if (*mask == '?' || *mask == *text) {
            mask++;
            text++;
        } else if (star) {
            mask = star + 1;
            text = ++back;
        } else {
            return false;
        }
    }
    return mask[strspn(mask, "*")] == '\0';
}

static bool has_words(const struct list *l, const char *address, const char *name)
{
    bool all = true;
    if (!l->words || l->search) /* the service has looked for them */
        return true;
    char *copy = xstrdup(l->words), *rest = copy, *word, *local = xstrndup(address, strcspn(address, "@"));
    char *both[] = {fold(local), fold(name ? name : "")};
    while (all && (word = strsep(&rest, " "))) {
        bool mask = strpbrk(word, "*?");
        all = mask ? glob(word, both[0]) || glob(word, both[1]) : strstr(both[0], word) || strstr(both[1], word);
    }
    free(both[0]);
    free(both[1]);
    free(local);
    free(copy);
    return all;
}

static bool wants_info(const struct list *l)
{
    return l->topic || l->more != INT64_MIN || l->less != INT64_MAX;
}

/* people -1: not known, which fits no number. */
static bool wanted(const struct list *l, int64_t people, const char *topic)
{
    if (l->more != INT64_MIN && people <= l->more)
        return false;
    if (l->less != INT64_MAX && (people < 0 || people >= l->less))
        return false;
    char *folded = l->topic ? fold(topic ? topic : "") : NULL;
    bool fits = !l->topic || strstr(folded, l->topic);
    free(folded);
    return fits;
}

/* ---- rows ---- */

static void emit(struct x *x, struct list *l, const char *address, const char *name, const char *topic, int64_t people)
{
    if (!wanted(l, people, topic))
        return;
    struct kith_ev_item ev = EV_INIT(KITH_EV_ITEM, kith_ev_item);
    ev.ev.req = l->req;
    ev.address = address;
    ev.name = str_empty(name) ? NULL : name;
    ev.text = str_empty(topic) ? NULL : topic;
    ev.number = people;
    x_emit(x, &ev.ev);
}

static char *form_value(xmpp_stanza_t *form, const char *var)
{
    EACH_CHILD (c, form)
        if (is_elem(c, "field", NULL) && str_eq(st_attr(c, "var"), var))
            return st_child_text(c, "value", NULL);
    return NULL;
}

static bool has_feature(xmpp_stanza_t *query, const char *var)
{
    EACH_CHILD (c, query)
        if (is_elem(c, "feature", NULL) && str_eq(st_attr(c, "var"), var))
            return true;
    return false;
}

static bool has_identity(xmpp_stanza_t *query, const char *category, const char *type)
{
    EACH_CHILD (c, query)
        if (is_elem(c, "identity", NULL) && str_eq(st_attr(c, "category"), category) &&
            (!type || str_eq(st_attr(c, "type"), type)))
            return true;
    return false;
}

/* §6.4: topic or description, after what keeps people out. */
static char *words_of(xmpp_stanza_t *query, xmpp_stanza_t *form)
{
    char *subject = form_value(form, "muc#roominfo_subject"), *about = form_value(form, "muc#roominfo_description");
    const char *members = has_feature(query, "muc_membersonly") ? "members only" : NULL;
    const char *secret = has_feature(query, "muc_passwordprotected") ? "password" : NULL;
    const char *text = !str_empty(subject) ? subject : about ? about : "";
    struct buf b = {0};
    if (members || secret)
        buf_addf(&b, "(%s%s%s)%s", members ? members : "", members && secret ? ", " : "", secret ? secret : "",
                 *text ? " " : "");
    buf_adds(&b, text);
    free(subject);
    free(about);
    return buf_take(&b);
}

static void ask_rooms(struct x *x, struct list *l);

static void on_info(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct list *l = user;
    xmpp_stanza_t *query = iq_is_result(reply) ? st_child(reply, "query", NS_DISCO_INFO) : NULL;
    xmpp_stanza_t *form = st_child(query, "x", NS_DATA);
    char *address = NULL, *name = NULL;
    l->flying--;
    l->silent |= reply == NULL;
    const char *from = st_attr(reply, "from");
    for (size_t i = 0; i < l->n_waiting && !address; i++) { /* those asked stand before the others */
        bool it = from ? jid_same_bare(l->waiting[i].address, from) : i == 0;
        if (!it)
            continue;
        address = l->waiting[i].address;
        name = l->waiting[i].name;
        VEC_DEL(l->waiting, l->n_waiting, i);
    }
    char *people = form_value(form, "muc#roominfo_occupants"), *words = query ? words_of(query, form) : NULL;
    int64_t n = -1;
    if (!people || !str_int(people, 0, INT32_MAX, &n))
        n = -1;
    if (address && x_online(x))
        emit(x, l, address, name, words, n);
    free(people);
    free(words);
    free(address);
    free(name);
    ask_rooms(x, l);
    done(x, l);
}

/* Keeps a few questions under way; the rooms that are over the bound are told as they are. */
static void ask_rooms(struct x *x, struct list *l)
{
    while (x_online(x) && l->n_waiting > l->flying) {
        struct room_row r = l->waiting[l->flying];
        if (l->silent || l->infos >= INFO_MAX) {
            VEC_DEL(l->waiting, l->n_waiting, l->flying);
            emit(x, l, r.address, r.name, NULL, -1);
            row_free(&r);
            continue;
        }
        if (l->flying >= FLYING_MAX)
            return;
        l->flying++;
        l->infos++;
        ask(x, l, iq_new(x, "get", r.address, "query", NS_DISCO_INFO, NULL), on_info);
    }
    if (l->infos >= INFO_MAX && wants_info(l))
        l->cut = true;
}

/* ---- pages ---- */

static void next_page(struct x *x, struct list *l);

/* What comes is of the service that was asked: a room of another one does not belong into its list. */
static bool of_service(const char *address, const char *service)
{
    const char *at = strchr(address, '@');
    return at && str_eq(at + 1, service);
}

static void take_item(struct list *l, xmpp_stanza_t *item)
{
    const char *jid = st_attr(item, "jid"), *name = st_attr(item, "name");
    char *bare = jid && !jid_resource(jid) && !st_attr(item, "node") ? jid_bare(jid) : NULL;
    if (bare && of_service(bare, l->services[l->at]) && has_words(l, bare, name) && l->rooms < ROOMS_MAX) {
        struct room_row r = {bare, xstrdup(name)};
        VEC_PUSH(l->waiting, l->n_waiting, l->cap_waiting, r);
        l->rooms++;
        bare = NULL;
    }
    free(bare);
}

/* XEP-0433 §2.2.1: everything is said of the room already. */
static void take_found(struct x *x, struct list *l, xmpp_stanza_t *item)
{
    const char *jid = st_attr(item, "address");
    char *bare = jid && !jid_resource(jid) ? jid_bare(jid) : NULL;
    char *name = st_child_text(item, "name", NULL), *about = st_child_text(item, "description", NULL),
         *people = st_child_text(item, "nusers", NULL);
    int64_t n = -1;
    if (!people || !str_int(people, 0, INT32_MAX, &n))
        n = -1;
    if (bare && strchr(bare, '@') && l->rooms < ROOMS_MAX) {
        l->rooms++;
        emit(x, l, bare, name, about, n);
    }
    free(bare);
    free(name);
    free(about);
    free(people);
}

/* XEP-0059 §2.2: where the next page begins; false: this was the last one. */
static bool page_end(struct list *l, xmpp_stanza_t *set)
{
    char *last = st_child_text(set, "last", NULL);
    bool again = !str_empty(last) && strlen(last) < KITH_MAX_ID && !str_eq(last, l->after);
    str_set(&l->after, again ? last : NULL);
    free(last);
    if (again && l->rooms >= ROOMS_MAX)
        l->cut = true;
    return again && l->rooms < ROOMS_MAX;
}

static void on_page(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct list *l = user;
    xmpp_stanza_t *list = iq_is_result(reply) ? xmpp_stanza_get_children(reply) : NULL;
    size_t n = 0;
    if (!list)
        st_error(reply, &l->failed);
    EACH_CHILD (c, list) {
        if (!is_elem(c, "item", NULL))
            continue;
        n++;
        if (l->search)
            take_found(x, l, c);
        else
            take_item(l, c);
    }
    ask_rooms(x, l);
    if (!n || !page_end(l, st_child(list, "set", NS_RSM))) {
        str_set(&l->after, NULL);
        l->at++;
    }
    next_page(x, l);
    done(x, l);
}

static xmpp_stanza_t *search_for(struct x *x, const struct list *l, xmpp_stanza_t **set)
{
    xmpp_stanza_t *search, *iq = iq_new(x, "get", l->services[l->at], "search", NS_SEARCH, &search);
    *set = st_add(search, "set", NS_RSM);
    xmpp_stanza_t *form = form_new(search, NS_SEARCH_PARAMS);
    if (l->words)
        form_field(form, "q", l->words);
    else
        form_field(form, "all", "true");
    form_field(form, "sinname", "true");
    form_field(form, "sindescription", "true");
    form_field(form, "sinaddr", "true");
    form_field(form, "key", NS_SEARCH_ORDER);
    return iq;
}

static void next_page(struct x *x, struct list *l)
{
    if (!x_online(x) || l->at >= l->n_services || l->rooms >= ROOMS_MAX)
        return;
    xmpp_stanza_t *query, *set = NULL, *iq;
    if (l->search) {
        iq = search_for(x, l, &set);
    } else {
        iq = iq_new(x, "get", l->services[l->at], "query", NS_DISCO_ITEMS, &query);
        set = st_add(query, "set", NS_RSM);
    }
    char max[12];
    snprintf(max, sizeof max, "%d", PAGE);
    st_add_child_text(set, "max", NS_RSM, max);
    if (l->after)
        st_add_child_text(set, "after", NS_RSM, l->after);
    ask(x, l, iq, on_page);
}

/* ---- services ---- */

/* A gateway says of itself that it is a place for rooms too; it is one. A room answers like a service, and is none. */
static void on_service(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct list *l = user;
    xmpp_stanza_t *query = iq_is_result(reply) ? st_child(reply, "query", NS_DISCO_INFO) : NULL;
    char *jid = st_attr(reply, "from") ? jid_normal(st_attr(reply, "from")) : NULL;
    l->looking--;
    if (jid && !strchr(jid, '@') && has_identity(query, "conference", NULL) && l->n_services < SERVICES_MAX)
        l->services[l->n_services++] = xstrdup(jid);
    free(jid);
    if (!l->looking) {
        if (!l->n_services)
            err_set(&l->failed, KITH_ENOTFOUND, "%s offers no rooms. Rooms of another server: /list -at=conference.example.org", x_domain(x));
        next_page(x, l);
    }
    done(x, l);
}

static void on_server(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct list *l = user;
    xmpp_stanza_t *query = iq_is_result(reply) ? st_child(reply, "query", NS_DISCO_ITEMS) : NULL;
    if (!query)
        st_error(reply, &l->failed);
    EACH_CHILD (c, x_online(x) ? query : NULL) {
        const char *jid = is_elem(c, "item", NULL) && !st_attr(c, "node") ? st_attr(c, "jid") : NULL;
        char *one = jid && !strchr(jid, '@') && !strchr(jid, '/') ? jid_normal(jid) : NULL;
        if (one && l->looking < 2 * SERVICES_MAX) {
            l->looking++;
            ask(x, l, iq_new(x, "get", one, "query", NS_DISCO_INFO, NULL), on_service);
        }
        free(one);
    }
    if (query && !l->looking)
        err_set(&l->failed, KITH_ENOTFOUND, "%s offers no rooms.", x_domain(x));
    done(x, l);
}

/* A service was named: does it look for rooms of the whole world? */
static void on_named(struct x *x, xmpp_stanza_t *reply, void *user)
{
    struct list *l = user;
    l->search = has_feature(iq_is_result(reply) ? st_child(reply, "query", NS_DISCO_INFO) : NULL, NS_SEARCH);
    next_page(x, l);
    done(x, l);
}

int rooms_list(struct x *x, const char *where, const char *pattern, const char *cursor UNUSED, kith_req req)
{
    char *service = str_empty(where) ? NULL : jid_normal(where);
    if (!str_empty(where) && (!service || strpbrk(service, "@/"))) {
        free(service);
        return KITH_EINVAL;
    }
    struct list *l = xcalloc(1, sizeof *l);
    l->req = req;
    l->refs = 1;
    read_pattern(l, pattern);
    if (service) {
        l->services[l->n_services++] = service;
        ask(x, l, iq_new(x, "get", service, "query", NS_DISCO_INFO, NULL), on_named);
    } else {
        ask(x, l, iq_new(x, "get", x_domain(x), "query", NS_DISCO_ITEMS, NULL), on_server);
    }
    done(x, l);
    return KITH_OK;
}
