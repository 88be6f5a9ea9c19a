/* fuzz/fuzz_cmd.c - command lines, completion, links; and that what is filled in never becomes a
 * command */
/* links: base cmd */
#include <stdlib.h>
#include <string.h>

#include "../unit/cmd/fake_core.h"
#include "base/path.h"
#include "cmd/internal.h"
#include "cmd/parse.h"
#include "cmd/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void silent(void *user, enum kith_level level, const char *line)
{
    (void)user, (void)level, (void)line;
}

/* "/say $text" sends exactly the text, at once and by way of /confirm. */
static void check_filling(struct cmd_ctx *ctx, const char *text)
{
    static const char say[] = "$text", then[] = "sure /say $text; /say x";
    struct parsed p = {0}, q = {0};
    struct err e = {0};
    const struct cmd *c = cmd_find("say"), *confirm = cmd_find("confirm");
    if (parse_args(c, ctx, PARSE_BINDING, say, &p, &e) < 0 || strcmp(p.args.argv[0], text) != 0)
        abort();
    parsed_free(&p);
    if (parse_args(confirm, ctx, PARSE_BINDING, then, &p, &e) < 0)
        abort();
    const char *line = p.args.argv[1], *rest;
    char name[PARSE_NAME_MAX + 1];
    size_t first = parse_first(line);
    if (strcmp(line + first, "; /say x") != 0 || !parse_name(line, name, &rest))
        abort();
    char *one = xstrndup(rest, (size_t)(line + first - rest));
    ctx->message = 0; /* nothing is left to be filled in */
    if (parse_args(c, ctx, PARSE_BINDING, one, &q, &e) < 0 || strcmp(q.args.argv[0], text) != 0)
        abort();
    free(one);
    parsed_free(&q);
    parsed_free(&p);
}

static void check_links(const char *text)
{
    size_t at = 0, from, len;
    while (find_url(text, at, &from, &len)) {
        if (from < at || from + len > strlen(text) || text[from] == '-')
            abort();
        char *url = xstrndup(text + from, len);
        (void)url_check(url, NULL);
        free(url);
        at = from + len;
    }
}

/* Every command reads it as its arguments; none is run. */
static void check_all(const struct cmd_ctx *ctx, const char *text)
{
    const struct cmd *all[CMD_MAX];
    size_t n = cmd_table(all);
    for (size_t i = 0; i < n; i++) {
        for (int mode = PARSE_TYPED; mode <= PARSE_CHECK; mode++) {
            struct parsed p = {0};
            struct err e = {0};
            if (parse_args(all[i], ctx, (enum parse_mode)mode, text, &p, &e) < 0 && !e.text[0])
                abort();
            parsed_free(&p);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct core core = {0};
    struct cmd_env env = {.core = &core};
    struct completions list;
    struct err e = {0};
    char *text = xstrndup((const char *)data, size);
    path_set_root("/nonexistent/kith");
    env.model = model_new();
    env.config = config_new();
    struct account *a = model_add_account(env.model, 1, "home", "xmpp");
    struct chat *chat = account_add_chat(a, 2, "bob@example.org", KITH_CHAT_DIRECT);
    struct message *m = message_new();
    m->id = 3;
    m->body = xstrdup(text);
    chat_insert_message(chat, m);
    struct cmd_ctx ctx = {.env = &env, .chat = chat, .account = a, .message = 3, .out = silent};
    (void)cmd_check(text, &e);
    check_links(text);
    if (*text)
        check_filling(&ctx, text);
    cmd_complete(&ctx, text, strlen(text), &list);
    completions_free(&list);
    check_all(&ctx, text);
    free(text);
    cmd_env_clear(&env);
    config_free(env.config);
    model_free(env.model);
    buf_free(&core.calls);
    return 0;
}
