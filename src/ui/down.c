/* ui/down.c - the few calls from the screen to the core that are no command lines */
#include "ui/down.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/store.h"

void down_attached(struct cmd_env *env, bool any)
{
    if (env->core)
        core_attached(env->core, any);
}

void down_looks(struct cmd_env *env, const void *view, bool focused)
{
    if (env->core)
        core_looks(env->core, view, focused ? LOOK_FOCUSED : LOOK_UNFOCUSED);
}

void down_gone(struct cmd_env *env, const void *view)
{
    if (env->core)
        core_looks(env->core, view, LOOK_GONE);
}

void down_attention(struct cmd_env *env, const void *view, struct chat *c, bool focused,
                    bool at_end)
{
    if (env->core)
        core_attention(env->core, view, c, focused, at_end);
}

void down_draft(struct cmd_env *env, struct chat *c, const struct draft *d, const void *origin)
{
    if (env->core)
        core_draft(env->core, c, d, origin);
    else
        chat_set_draft(c, d, origin);
}

void down_typing(struct cmd_env *env, struct chat *c, enum kith_typing state, const char *live)
{
    if (env->core)
        core_typing(env->core, c, state, live);
}

void down_position(struct cmd_env *env, const struct chat *c, const struct message *m, int64_t *at,
                   int64_t *of)
{
    *at = *of = 0;
    if (env->core) {
        core_position(env->core, c, m, at, of);
        return;
    }
    for (size_t i = 0; i < c->n_messages; i++) {
        if (c->messages[i]->kind == MESSAGE_EVENT)
            continue;
        ++*of;
        if (c->messages[i] == m)
            *at = *of;
    }
}

const struct message *down_quoted(struct cmd_env *env, struct chat *c, const char *ref)
{
    return env->core ? core_quoted(env->core, c, ref) : NULL;
}

void down_load(struct cmd_env *env, struct chat *c)
{
    if (env->core)
        core_load(env->core, c);
}

void down_load_older(struct cmd_env *env, struct chat *c)
{
    if (env->core)
        core_load_older(env->core, c);
}

void down_load_newer(struct cmd_env *env, struct chat *c)
{
    if (env->core)
        core_load_newer(env->core, c);
}

void down_load_newest(struct cmd_env *env, struct chat *c)
{
    if (env->core)
        core_load_newest(env->core, c);
}

void down_load_around(struct cmd_env *env, struct chat *c, int64_t message)
{
    if (env->core)
        core_load_around(env->core, c, message);
}

int down_answer(struct cmd_env *env, struct ask *ask, const char *choice,
                const struct core_answer_field *f, size_t n, struct err *e)
{
    return env->core ? core_answer(env->core, ask, choice, f, n, e) : 0;
}

int down_account(struct cmd_env *env, const char *name, struct err *e)
{
    if (!env->core)
        return 0;
    int rc = core_account_load(env->core, name, e);
    struct account *a = rc >= 0 ? model_account(env->model, name) : NULL;
    return a && a->state == KITH_STATE_OFFLINE ? core_connect(env->core, a, e) : rc;
}

int down_fields(struct cmd_env *env, const char *protocol, core_text_fn *done, void *user,
                struct err *e)
{
    return env->core ? core_fields(env->core, protocol, done, user, e) : 0;
}

int down_account_drop(struct cmd_env *env, const char *name, struct err *e)
{
    int rc = config_remove_account(env->config, name, e);
    if (rc >= 0 && env->core && model_account(env->model, name))
        rc = core_account_load(env->core, name, e);
    return rc;
}

struct core_search *down_search(struct cmd_env *env, const struct find_query *q,
                                core_found_fn *found, void *user)
{
    return env->core ? core_search(env->core, q, found, user) : NULL;
}

/* Without a store: of those that are loaded. */
static struct message **loaded_around(const struct chat *c, int64_t message, size_t each, size_t *n)
{
    size_t at = 0;
    while (at < c->n_messages && c->messages[at]->id != message)
        at++;
    size_t from = at > each ? at - each : 0, to = MIN(at + each + 1, c->n_messages);
    struct message **v = xreallocarray(NULL, MAX(to, 1), sizeof(struct message *));
    for (*n = 0; from < to; from++)
        v[(*n)++] = message_dup(c->messages[from]);
    return v;
}

struct message **down_around(struct cmd_env *env, struct chat *c, int64_t message, size_t each,
                             size_t *n)
{
    struct store *s = env->core ? core_store(env->core) : NULL;
    struct message *m = s ? store_message(s, c, message) : NULL;
    size_t older = 0, newer = 0;
    *n = 0;
    if (!s || !m)
        return s ? NULL : loaded_around(c, message, each, n);
    struct message **v = store_page(s, c, STORE_OLDER, m->sort, m->id, each, &older);
    struct message **after = store_page(s, c, STORE_NEWER_THAN, m->sort, m->id, each, &newer);
    v = xreallocarray(v, older + newer + 1, sizeof(struct message *));
    v[older] = m;
    memcpy(v + older + 1, after, newer * sizeof(struct message *));
    free(after);
    *n = older + newer + 1;
    return v;
}

void down_listing_shown(struct cmd_env *env, int64_t listing, bool shown)
{
    if (env->core)
        core_listing_shown(env->core, listing, shown);
}
