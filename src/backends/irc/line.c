/* backends/irc/line.c - lines of IRC: bytes to lines, a line to its parts, and parts to a line */
#include "backends/irc/line.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"

/* ---- a line to its parts ---- */

/* The next word of *p: ended by spaces, which are skipped. "" at the end. */
static char *next_word(char **p)
{
    char *start = *p;

    while (**p != '\0' && **p != ' ')
        (*p)++;
    while (**p == ' ')
        *(*p)++ = '\0';
    return start;
}

/* message-tags "Escaping values": in place, since it only shrinks. */
static void unescape(char *s)
{
    static const char from[] = ":s\\rn", to[] = "; \\\r\n";
    char *out = s;

    for (; *s != '\0'; s++) {
        const char *known;

        if (*s != '\\') {
            *out++ = *s;
            continue;
        }
        if (*++s == '\0')
            break; /* a lone backslash at the end is dropped */
        known = strchr(from, *s);
        *out++ = known != NULL ? to[known - from] : *s;
    }
    *out = '\0';
}

static void parse_tags(struct irc_line *l, char *text)
{
    char *tag;

    while ((tag = strsep(&text, ";")) != NULL) {
        char *value = strchr(tag, '=');

        if (value != NULL)
            *value++ = '\0';
        if (*tag == '\0' || l->n_tags == IRC_TAGS_MAX)
            continue;
        if (value != NULL)
            unescape(value);
        l->tags[l->n_tags++] = (struct irc_tag){tag, value != NULL ? value : ""};
    }
}

static void parse_source(struct irc_line *l, char *word)
{
    char *at = strchr(word, '@'), *bang = strchr(word, '!');

    if (bang != NULL && at != NULL && bang > at)
        bang = NULL; /* "nick@ho!st": the '!' is the host's */
    if (at != NULL) {
        *at = '\0';
        l->host = at + 1;
    }
    if (bang != NULL) {
        *bang = '\0';
        l->user = bang + 1;
    }
    l->nick = *word != '\0' ? word : NULL;
}

static bool parse_command(struct irc_line *l, char *word)
{
    bool digits = true, letters = true;

    for (char *c = word; *c != '\0'; c++) {
        digits = digits && *c >= '0' && *c <= '9';
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
        letters = letters && *c >= 'A' && *c <= 'Z';
    }
    if (*word == '\0' || !(letters || (digits && strlen(word) == 3)))
        return false;
    if (digits)
        l->numeric = (word[0] - '0') * 100 + (word[1] - '0') * 10 + word[2] - '0';
    l->cmd = word;
    return true;
}

static void parse_params(struct irc_line *l, char *p)
{
    while (*p != '\0') {
        if (*p == ':' || l->n == IRC_PARAMS_MAX - 1) {
            l->params[l->n++] = *p == ':' ? p + 1 : p;
            return;
        }
        l->params[l->n++] = next_word(&p);
    }
}

bool irc_line_parse(struct irc_line *l, char *text, size_t len)
{
    char *p = text;

    ENSURE(text[len] == '\0');
    *l = (struct irc_line){0};
    while (*p == ' ')
        p++;
    if (*p == '@') {
        char *tags = next_word(&p) + 1;

        if (p - tags > IRC_TAGS_BYTES)
            return false;
        parse_tags(l, tags);
    }
    if (*p == ':')
        parse_source(l, next_word(&p) + 1);
    if (!parse_command(l, next_word(&p)))
        return false;
    parse_params(l, p);
    return true;
}

const char *irc_line_tag(const struct irc_line *l, const char *key)
{
    for (size_t i = l->n_tags; i > 0; i--)
        if (strcmp(l->tags[i - 1].key, key) == 0)
            return l->tags[i - 1].value;
    return NULL;
}

const char *irc_param(const struct irc_line *l, int i)
{
    return i >= 0 && i < l->n ? l->params[i] : "";
}

/* ---- bytes to lines ---- */

static void one_line(char *s, size_t len, const struct irc_charset *charset, irc_line_fn *fn, void *user)
{
    struct buf text = {0};

    if (utf8_valid(s, len)) {
        fn(user, s, len);
        return;
    }
    irc_charset_decode(charset, s, len, &text);
    if (text.len > 0)
        fn(user, text.data, text.len);
    buf_free(&text);
}

static void end_line(struct irc_input *in, const struct irc_charset *charset, irc_line_fn *fn, void *user)
{
    size_t len = in->buf.len;

    if (in->skipping) {
        in->skipping = false;
        in->too_long++;
    } else if (len > 0) {
        if (in->buf.data[len - 1] == '\r')
            in->buf.data[--len] = '\0';
        if (len > 0)
            one_line(in->buf.data, len, charset, fn, user);
    }
    buf_clear(&in->buf);
}

void irc_input_feed(struct irc_input *in, const char *data, size_t len, const struct irc_charset *charset, irc_line_fn *fn, void *user)
{
    while (len > 0) {
        const char *end = memchr(data, '\n', len);
        size_t n = end != NULL ? (size_t)(end - data) : len;

        for (size_t i = 0; i < n && !in->skipping; i++)
            if (data[i] != '\0')
                buf_addc(&in->buf, data[i]);
        if (in->buf.len > IRC_LINE_BYTES) {
            in->skipping = true;
            buf_clear(&in->buf);
        }
        if (end == NULL)
            return;
        end_line(in, charset, fn, user);
        data += n + 1;
        len -= n + 1;
    }
}

void irc_input_free(struct irc_input *in)
{
    buf_free(&in->buf);
    *in = (struct irc_input){0};
}

/* ---- parts to a line ---- */

static bool has_line_end(const char *s)
{
    return strpbrk(s, "\r\n") != NULL;
}

bool irc_put(struct buf *out, const char *tags, const char *cmd, const char *const *params, int n)
{
    if (has_line_end(cmd) || *cmd == '\0' || strchr(cmd, ' ') != NULL || n > 15)
        return false;
    if (tags != NULL && (has_line_end(tags) || strchr(tags, ' ') != NULL || strlen(tags) > IRC_CLIENT_TAGS))
        return false;
    for (int i = 0; i < n; i++)
        if (has_line_end(params[i]) || (i < n - 1 && (params[i][0] == '\0' || params[i][0] == ':' || strchr(params[i], ' ') != NULL)))
            return false;
    if (!str_empty(tags))
        buf_addf(out, "@%s ", tags);
    buf_adds(out, cmd);
    for (int i = 0; i < n; i++) {
        bool colon = i == n - 1 && (params[i][0] == '\0' || params[i][0] == ':' || strchr(params[i], ' ') != NULL);

        buf_adds(out, colon ? " :" : " ");
        buf_adds(out, params[i]);
    }
    buf_adds(out, "\r\n");
    return true;
}

void irc_put_tag(struct buf *tags, const char *key, const char *value)
{
    static const char from[] = "; \\\r\n", to[] = ":s\\rn";

    if (tags->len > 0)
        buf_addc(tags, ';');
    buf_adds(tags, key);
    if (str_empty(value))
        return;
    buf_addc(tags, '=');
    for (; *value != '\0'; value++) {
        const char *special = strchr(from, *value);

        if (special != NULL)
            buf_addc(tags, '\\');
        buf_addc(tags, special != NULL ? to[special - from] : *value);
    }
}

bool irc_tag_allowed(const char *deny, const char *key)
{
    key += *key == '+'; /* the list has none */
    size_t len = strlen(key);
    bool allowed = true;

    for (const char *p = str_empty(deny) ? "" : deny; *p != '\0';) {
        size_t n = strcspn(p, ",");

        if (n == 1 && *p == '*')
            allowed = false;
        else if (n == len && strncmp(p, key, n) == 0)
            return false;
        else if (n == len + 1 && *p == '-' && strncmp(p + 1, key, len) == 0)
            return true;
        p += n + (p[n] == ',');
    }
    return allowed;
}
