/* spell/main.c - kith-spell: tells the engine which words no dictionary knows, through enchant */
#include <enchant.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/frame.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "spell/proto.h"

enum { LANGUAGES_MAX = 4 };

struct speller {
    EnchantBroker *broker;
    char *languages; /* whose dictionaries are open */
    EnchantDict *dicts[LANGUAGES_MAX];
    size_t n;
};

static void close_dicts(struct speller *s)
{
    for (size_t i = 0; i < s->n; i++)
        enchant_broker_free_dict(s->broker, s->dicts[i]);
    s->n = 0;
    str_set(&s->languages, NULL);
}

/* Negative and a sentence when there is a dictionary for none of them. */
static int open_dicts(struct speller *s, const char *languages, struct err *e)
{
    if (str_eq(s->languages, languages))
        return 0;
    close_dicts(s);
    char *copy = xstrdup(languages), *rest = copy;
    for (char *tag; s->n < LANGUAGES_MAX && (tag = strsep(&rest, " "));) {
        EnchantDict *d = *tag ? enchant_broker_request_dict(s->broker, tag) : NULL;
        if (d)
            s->dicts[s->n++] = d;
    }
    free(copy);
    if (s->n == 0)
        return err_set(e, -1, "there is no dictionary for %.60s", languages);
    str_set(&s->languages, languages);
    return 0;
}

static bool known(const struct speller *s, const char *word)
{
    for (size_t i = 0; i < s->n; i++) {
        if (enchant_dict_check(s->dicts[i], word, -1) <= 0) /* negative: it cannot say */
            return true;
    }
    return false;
}

static void add_suggestions(const struct speller *s, const char *word, struct buf *out)
{
    size_t n = 0, left = SPELL_SUGGESTIONS;
    for (size_t i = 0; i < s->n && left > 0; i++) {
        char **v = enchant_dict_suggest(s->dicts[i], word, -1, &n);
        for (size_t k = 0; v && k < n && left > 0; k++, left--)
            buf_addf(out, "%s\n", v[k]);
        if (v)
            enchant_dict_free_string_list(s->dicts[i], v);
    }
}

static const char *field(const char **at, const char *end)
{
    const char *s = *at, *nul = s < end ? memchr(s, '\0', (size_t)(end - s)) : NULL;
    if (nul)
        *at = nul + 1;
    return nul ? s : NULL;
}

static void answer(void *user, struct frame_io *io, const struct frame *f)
{
    struct speller *s = user;
    const char *at = f->data, *end = f->data + f->len, *word;
    const char *languages = field(&at, end);
    struct err e = {0};
    struct buf b = {0};
    if (f->kind != SPELL_ASK)
        return;
    if (!languages || open_dicts(s, languages, &e) < 0) {
        frame_put(io, SPELL_FAILED, e.text, strlen(e.text));
        return;
    }
    while ((word = field(&at, end)) && b.len < SPELL_FRAME_MAX / 2) {
        if (!*word || known(s, word))
            continue;
        buf_add(&b, word, strlen(word) + 1);
        add_suggestions(s, word, &b);
        buf_addc(&b, '\0');
    }
    frame_put(io, SPELL_ANSWER, b.data, b.len);
    buf_free(&b);
}

/* In a directory that a variable names, else in the home. Owned; NULL: there is none. */
static char *place(const char *variable, const char *below, const char *in_home)
{
    const char *dir = getenv(variable), *home = getenv("HOME");
    if (dir && *dir == '/')
        return xasprintf("%s%s", dir, below);
    return home && *home == '/' ? xasprintf("%s/%s", home, in_home) : NULL;
}

/* The dictionaries of the system, and the words that the user has added, are all that it may read; enchant opens the
 * lists of those for writing, too. No network, no other program. */
static void close_the_door(void)
{
    struct confine_report report = {0};
    char *words = place("ENCHANT_CONFIG_DIR", "", ".config/enchant"), *more = place("XDG_CONFIG_HOME", "/enchant", ".config/enchant");
    char *hunspell = place("XDG_DATA_HOME", "/hunspell", ".local/share/hunspell");
    char *aspell = place("ASPELL_CONF_HOME", "", ".aspell.conf");
    const char *const read[] = {hunspell, aspell}, *const write[] = {words, more};
    confine(&(struct confine_plan){.read = read, .n_read = COUNT(read), .write = write, .n_write = COUNT(write),
                                   .no_network = true},
            &report);
    free(words);
    free(more);
    free(hunspell);
    free(aspell);
}

int main(int argc, char **argv)
{
    struct frame_io io = {0};
    struct confine_report early = {0};
    struct speller s = {0};
    struct stat st;
    title_init(argc, argv);
    if (argc > 1 || fstat(0, &st) < 0 || !S_ISSOCK(st.st_mode)) {
        fprintf(stderr, "kith-spell checks words for kith, which starts it; it is of no use by hand.\n");
        return argc == 2 && strcmp(argv[1], "--help") == 0 ? 0 : 2;
    }
    confine_early(&early);
    title_set("kith: spelling");
    int fd = dup(0);
    if (fd < 0)
        return 1;
    s.broker = enchant_broker_init(); /* loads its providers */
    close_the_door();
    frame_io_init(&io, fd, SPELL_FRAME_MAX);
    frame_serve(&io, answer, &s);
    frame_io_free(&io);
    close_dicts(&s);
    enchant_broker_free(s.broker);
    return 0;
}
