/* config/source.c - reads one file into a libconfig tree, and takes scalars out of it as text */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/utf8.h"
#include "config/internal.h"
#include "kith/plugin.h"

#if defined(__SANITIZE_ADDRESS__)
/* libconfig 1.5 loses the last string it read when a syntax error follows; a few bytes per reload
 * of a bad file. */
const char *__lsan_default_suppressions(void) __attribute__((weak, visibility("default")));
const char *__lsan_default_suppressions(void)
{
    return "leak:strbuf_append\nleak:libconfig_yylex\n";
}
#endif

static int line_of(const char *text, size_t at)
{
    int line = 1;
    for (size_t i = 0; i < at; i++)
        line += text[i] == '\n';
    return line;
}

/* What libconfig would misread or follow: bytes after a NUL are lost, @include reads any file, deep
 * nesting eats the stack. Says where. */
static int check_bytes(const char *text, size_t len, int *line, struct err *e)
{
    size_t depth = 0, used = 0;
    bool quoted = false, fresh = true;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (!c || (c < ' ' && c > 0 && !strchr("\t\n\r\f", c))) {
            *line = line_of(text, i);
            return err_set(e, KITH_EINVAL, "a control character (byte 0x%02x) does not belong here",
                           (unsigned char)c);
        }
        if (fresh && c == '@' && strncmp(text + i, "@include", MIN((size_t)8, len - i)) == 0 &&
            len - i >= 8) {
            *line = line_of(text, i);
            return err_set(e, KITH_EUNSUP,
                           "@include is not followed; write everything into this file");
        }
        fresh = c == '\n' || (fresh && (c == ' ' || c == '\t'));
        if (quoted && c == '\\' && i + 1 < len)
            i++;
        else if (c == '"')
            quoted = !quoted;
        if (!quoted && (c == '{' || c == '(' || c == '[') && ++depth > 64) {
            *line = line_of(text, i);
            return err_set(e, KITH_ETOOBIG, "more than 64 brackets are open");
        }
        if (!quoted && (c == '}' || c == ')' || c == ']') && depth)
            depth--;
    }
    for (size_t i = 0; i < len; i += used) {
        if (utf8_decode(text + i, len - i, &used) == UTF8_BAD &&
            !(used == 3 && memcmp(text + i, "\xef\xbf\xbd", 3) == 0)) {
            *line = line_of(text, i);
            return err_set(e, KITH_EINVAL, "this is not UTF-8");
        }
    }
    return 0;
}

int source_parse(struct source *s, const char *text, size_t len, const char *name, int *line,
                 struct err *e)
{
    *line = 1;
    s->name = name;
    s->mode = 0600;
    if (len > SOURCE_MAX)
        return err_set(e, KITH_ETOOBIG, "the file is larger than 1 MB");
    int rc = check_bytes(text, len, line, e);
    if (rc < 0)
        return rc;
    char *copy = xstrndup(text, len);
    config_init(&s->tree);
    int ok = config_read_string(&s->tree, copy);
    str_wipe_free(copy);
    if (ok)
        return 1;
    *line = config_error_line(&s->tree) > 0 ? config_error_line(&s->tree) : 1;
    const char *why = config_error_text(&s->tree);
    if (why && strcmp(why, "duplicate setting name") == 0)
        why = "this name was already given above";
    else if (why && strcmp(why, "mismatched element type in array") == 0)
        why = "an array [ ] holds values of one kind only; use a list ( )";
    else if (!why || strcmp(why, "syntax error") == 0)
        why = "this cannot be read here; is a \";\", a comma or a bracket missing before it, or a "
              "\"#\" for a comment?";
    rc = err_set(e, KITH_EINVAL, "%s", why);
    source_free(s);
    return rc;
}

int source_read(struct source *s, const char *path, const char *name, int *line, struct err *e)
{
    struct stat st;
    struct buf text = {.secret = true};
    int rc = 0;
    *line = 1;
    if (stat(path, &st) < 0)
        return errno == ENOENT || errno == ENOTDIR ? 0 : err_errno(e, "cannot look at it");
    if (!S_ISREG(st.st_mode))
        return err_set(e, KITH_EINVAL, "this is not a regular file");
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return err_set(e, KITH_EDENIED, "the file belongs to somebody else, so it is not read");
    if (st.st_mode & S_IWOTH)
        return err_set(e, KITH_EDENIED,
                       "everybody may write this file, so it is not read; run: chmod o-w %s", path);
    rc = path_read(path, SOURCE_MAX, &text, e);
    if (rc >= 0)
        rc = source_parse(s, buf_str(&text), text.len, name, line, e);
    if (rc == 1)
        s->mode = st.st_mode & 07777;
    buf_wipe_free(&text);
    return rc;
}

/* Any text may be a password. libconfig's own heap strings, which it lends as const. */
static void wipe_texts(const config_setting_t *s)
{
    if (config_setting_type(s) == CONFIG_TYPE_STRING) {
        const char *text = config_setting_get_string(s);
        if (text)
            mem_wipe((char *)(uintptr_t)text, strlen(text));
    }
    for (int i = 0; config_setting_is_aggregate(s) && i < config_setting_length(s); i++)
        wipe_texts(config_setting_get_elem(s, (unsigned)i));
}

void source_free(struct source *s)
{
    wipe_texts(config_root_setting(&s->tree));
    config_destroy(&s->tree);
}

char *setting_text(const config_setting_t *s)
{
    double d;
    switch (config_setting_type(s)) {
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        return xasprintf("%lld", config_setting_get_int64(s));
    case CONFIG_TYPE_FLOAT:
        d = config_setting_get_float(s);
        return xasprintf("%.15g", d);
    case CONFIG_TYPE_BOOL:
        return xstrdup(config_setting_get_bool(s) ? "true" : "false");
    case CONFIG_TYPE_STRING:
        return xstrdup(config_setting_get_string(s));
    default: /* libconfig's types are no enum */
        return NULL;
    }
}

char *setting_words(const config_setting_t *s)
{
    struct buf out = {0};
    if (!config_setting_is_list(s) && !config_setting_is_array(s))
        return setting_text(s);
    for (int i = 0; i < config_setting_length(s); i++) {
        char *word = setting_text(config_setting_get_elem(s, (unsigned)i));
        if (!word) {
            buf_free(&out);
            return NULL;
        }
        if (out.len)
            buf_addc(&out, ' ');
        buf_adds(&out, word);
        free(word);
    }
    return buf_take(&out);
}

const char *setting_string(const config_setting_t *group, const char *name)
{
    const char *value = NULL;
    if (!config_setting_lookup_string(group, name, &value))
        return NULL;
    return value;
}
