/* core/patterns.c - the user's words and patterns for which a message is looked at: notify.highlight, notify.keywords */
#include <regex.h>

#include "core/private.h"

enum { LOOK_MAX = 4096 }; /* bytes of a message that are searched: longer ones are pastes */

struct pattern {
    char *source;
    regex_t re;
    bool compiled;
};

static bool is_regex(const char *s, size_t len)
{
    return len > 2 && s[0] == '/' && s[len - 1] == '/';
}

void patterns_free(struct core *c)
{
    for (size_t i = 0; i < c->n_patterns; i++) {
        if (c->patterns[i]->compiled)
            regfree(&c->patterns[i]->re);
        free(c->patterns[i]->source);
        free(c->patterns[i]);
    }
    free(c->patterns);
    c->patterns = NULL;
    c->n_patterns = c->cap_patterns = 0;
}

/* Compiled when it is first needed, and kept: what the option says changes seldom. */
static const regex_t *compiled(struct core *c, const char *source, size_t len)
{
    enum { KEPT_MAX = 64 };
    for (size_t i = 0; i < c->n_patterns; i++) {
        if (str_eq(c->patterns[i]->source, source))
            return c->patterns[i]->compiled ? &c->patterns[i]->re : NULL;
    }
    if (c->n_patterns >= KEPT_MAX)
        patterns_free(c);
    struct pattern *p = xcalloc(1, sizeof *p);
    char *inside = xstrndup(source + 1, len - 2);
    p->source = xstrdup(source);
    p->compiled = regcomp(&p->re, inside, REG_EXTENDED | REG_ICASE | REG_NOSUB) == 0;
    if (!p->compiled)
        log_warn("the pattern %s cannot be read", source);
    free(inside);
    VEC_PUSH(c->patterns, c->n_patterns, c->cap_patterns, p);
    return p->compiled ? &p->re : NULL;
}

/* "word", "wor*", "*ord": whole words but where there is a star. */
static bool has_word(const char *text, const char *pattern)
{
    size_t len = strlen(pattern);
    bool open_start = len && pattern[0] == '*', open_end = len > 1 && pattern[len - 1] == '*';
    char *word = xstrndup(pattern + open_start, len - open_start - open_end);
    bool hit = *word && alert_has_word(text, word, open_start, open_end);
    free(word);
    return hit;
}

const char *patterns_find(struct core *c, const char *option, const char *body)
{
    size_t n = 0;
    const char *const *v = config_list(c->config, option, &n);
    const char *found = NULL;
    if (n == 0 || str_empty(body))
        return NULL;
    char *text = xstrndup(body, strnlen(body, LOOK_MAX));
    for (size_t i = 0; i < n && !found; i++) {
        size_t len = strlen(v[i]);
        const regex_t *re = is_regex(v[i], len) ? compiled(c, v[i], len) : NULL;
        bool hit = is_regex(v[i], len) ? re && regexec(re, text, 0, NULL, 0) == 0 : has_word(text, v[i]);
        found = hit ? v[i] : NULL;
    }
    free(text);
    return found;
}

bool patterns_hit(struct core *c, const char *option, const char *body)
{
    return patterns_find(c, option, body) != NULL;
}
