/* cmd/search_people.c - /search-users: people of a directory, in a list that comes row by row */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/internal.h"
#include "model/listing.h"

enum { TERMS = 8 };

static const struct listing_look look = {.one = "person",
                                         .many = "people",
                                         .heads = {[LISTING_NAME] = "Who", [LISTING_WORDS] = "About"},
                                         .sort = LISTING_NAME,
                                         .accept = "/query $who",
                                         .accept_words = "write to",
                                         .other = "/contact add $who",
                                         .other_words = "add as a contact"};

/* "nick=jul last=capulet" are fields; other words go together into the one for words. */
static size_t terms_of(char *line, const char *keys[TERMS], const char *values[TERMS], struct buf *words)
{
    size_t n = 0;
    for (char *word, *rest = line; (word = strsep(&rest, " "));) {
        char *eq = strchr(word, '=');
        if (!*word)
            continue;
        if (!eq || eq == word || !eq[1] || n == TERMS - 1) {
            buf_addf(words, "%s%s", words->len ? " " : "", word);
            continue;
        }
        *eq = '\0';
        keys[n] = word;
        values[n++] = eq + 1;
    }
    if (words->len) {
        keys[n] = "";
        values[n++] = buf_str(words);
    }
    return n;
}

static int run_search_users(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct account *acc = account_for(ctx, flag_value(a, "account"), e);
    const char *keys[TERMS], *values[TERMS], *where = flag_value(a, "at");
    struct buf words = {0};
    if (!acc)
        return KITH_ENOTFOUND;
    char *line = xstrdup(a->argv[0]);
    size_t n = terms_of(line, keys, values, &words);
    char *title = xasprintf("People found: %s", a->argv[0]);
    char *again = xasprintf("/search-users %s", a->line ? a->line : "");
    struct cmd_listing q = listing_begin(ctx, acc, NULL, &look, title, title, again);
    int rc = core_search_people(ctx->env->core, acc, where, keys, values, n, q.item, q.done, q.user, e);
    rc = listing_started(ctx, &q, rc, e);
    free(title);
    free(again);
    free(line);
    buf_free(&words);
    return rc;
}

const struct cmd cmds_search_people[] = {
    {.name = "search-users",
     .group = "Contacts",
     .summary = "Looks for people in the directory of a server or gateway.",
     .flags = "-account=name -at=server",
     .args = {{ARG_TEXT, "words", false, NULL}},
     .details = "The words are looked for in the name that people gave; nick=jul or email=j@example.org "
                "say which field is meant, and a field that is not there is answered with those that "
                "are. -at=server asks another directory than that of your own server. Many servers "
                "have none. On the screen Enter writes to somebody.",
     .run = run_search_users},
    {.name = NULL},
};
