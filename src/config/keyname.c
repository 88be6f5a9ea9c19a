/* config/keyname.c - the names of keys: from text to a key press and back */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "config/internal.h"
#include "config/keys.h"
#include "kith/plugin.h"

static const struct {
    const char *name;
    uint32_t code;
} names[] = {
    {"Enter", KEYC_ENTER},
    {"Tab", KEYC_TAB},
    {"Esc", KEYC_ESC},
    {"Space", ' '},
    {"Backspace", KEYC_BACKSPACE},
    {"Delete", KEYC_DELETE},
    {"Insert", KEYC_INSERT},
    {"Up", KEYC_UP},
    {"Down", KEYC_DOWN},
    {"Left", KEYC_LEFT},
    {"Right", KEYC_RIGHT},
    {"Home", KEYC_HOME},
    {"End", KEYC_END},
    {"PgUp", KEYC_PGUP},
    {"PgDn", KEYC_PGDN},
    /* read as well, never written */
    {"Return", KEYC_ENTER},
    {"Escape", KEYC_ESC},
    {"Del", KEYC_DELETE},
    {"Ins", KEYC_INSERT},
    {"PageUp", KEYC_PGUP},
    {"PageDown", KEYC_PGDN},
    {"BS", KEYC_BACKSPACE},
};

static const struct {
    const char *prefix;
    uint8_t mod;
} modifiers[] = {{"C-", KEYM_CTRL},      {"M-", KEYM_ALT},      {"S-", KEYM_SHIFT},
                 {"A-", KEYM_ALT},       {"ctrl-", KEYM_CTRL},  {"alt-", KEYM_ALT},
                 {"shift-", KEYM_SHIFT}, {"meta-", KEYM_ALT},   {"ctrl+", KEYM_CTRL},
                 {"alt+", KEYM_ALT},     {"shift+", KEYM_SHIFT}};

static const char *strip_modifiers(const char *p, uint8_t *mods)
{
    bool again = true;
    while (again) {
        again = false;
        for (size_t i = 0; i < COUNT(modifiers); i++) {
            const char *m = modifiers[i].prefix;
            size_t n = strlen(m);
            bool exact = n == 2; /* c-k is no key of ours: C- M- S- are written large */
            if (strlen(p) > n && (exact ? strncmp(p, m, n) == 0 : strncasecmp(p, m, n) == 0)) {
                *mods |= modifiers[i].mod;
                p += n;
                again = true;
                break;
            }
        }
    }
    return p;
}

static uint32_t base_code(const char *p)
{
    size_t used;
    int64_t n;
    for (size_t i = 0; i < COUNT(names); i++) {
        if (str_casecmp_ascii(p, names[i].name) == 0)
            return names[i].code;
    }
    if ((*p == 'F' || *p == 'f') && str_int(p + 1, 1, 24, &n))
        return KEYC_F1 + (uint32_t)n - 1;
    uint32_t cp = utf8_decode(p, strlen(p), &used);
    if (*p && used == strlen(p) && cp != UTF8_BAD && cp >= ' ' && cp != 0x7f &&
        !(cp >= 0x80 && cp < 0xa0))
        return cp;
    return KEY_NONE;
}

/* Letters with Ctrl or Shift in the one form that the decoder reports. */
static void normalize(struct key *k)
{
    bool letter = k->code < 0x80 && isalpha((int)k->code);
    if (k->mods & KEYM_CTRL) {
        if (letter)
            k->code = (uint32_t)tolower((int)k->code);
        if (k->code == '@')
            k->code = ' ';
        if (k->code == '/')
            k->code = '_'; /* both are byte 0x1f */
    } else if ((k->mods & KEYM_SHIFT) && letter) {
        k->code = (uint32_t)toupper((int)k->code);
        k->mods &= (uint8_t)~KEYM_SHIFT;
    }
}

/* Keys that no terminal can send, or that are the beginning of something else. */
static int check_possible(const char *text, struct key k, struct err *e)
{
    static const struct {
        char letter;
        const char *is;
    } same[] = {{'i', "Tab"}, {'m', "Enter"}, {'[', "Esc"}, {'h', "Backspace"}};
    for (size_t i = 0; i < COUNT(same); i++) {
        if ((k.mods & KEYM_CTRL) && !(k.mods & KEYM_SHIFT) && k.code == (uint32_t)same[i].letter)
            return err_set(e, KITH_EINVAL, "terminals send %s for %s; bind %s instead", same[i].is,
                           text, same[i].is);
    }
    if (k.mods == KEYM_ALT && k.code < 0x80 && strchr("[]OPX^_\\", (int)k.code))
        return err_set(e, KITH_EINVAL, "%s cannot be told from the beginning of other keys", text);
    if ((k.mods & KEYM_CTRL) && k.code < 0x80 && !isalpha((int)k.code) &&
        !strchr(" ]\\^_", (int)k.code))
        return err_set(e, KITH_EINVAL, "terminals cannot send %s", text);
    if ((k.mods & KEYM_CTRL) && k.code >= 0x80 && k.code < KEY_NONE)
        return err_set(e, KITH_EINVAL, "terminals cannot send %s", text);
    if ((k.mods & KEYM_SHIFT) && !(k.mods & KEYM_CTRL) && k.code < KEY_NONE && k.code != ' ')
        return err_set(e, KITH_EINVAL, "write the character that Shift gives instead of %s", text);
    return 0;
}

int key_parse(const char *text, struct key *out, struct err *e)
{
    char plain[64];
    const char *p = text;
    struct key k = {KEY_NONE, 0};
    size_t n = strlen(text);
    if (n >= sizeof plain)
        return err_set(e, KITH_EINVAL, "\"%.60s...\" is not a key", text);
    if (n > 2 && text[0] == '<' && text[n - 1] == '>') {
        str_copy(plain, sizeof plain, text + 1);
        plain[n - 2] = '\0';
        p = plain;
    }
    p = strip_modifiers(p, &k.mods);
    k.code = base_code(p);
    if (k.code == KEY_NONE) {
        const char *all[COUNT(names)];
        for (size_t i = 0; i < COUNT(names); i++)
            all[i] = names[i].name;
        const char *near = strlen(p) > 2 ? nearest_name(p, all, COUNT(names)) : NULL;
        return near ? err_set(e, KITH_EINVAL, "\"%s\" is not a key (did you mean \"%s\"?)", text,
                              near)
                    : err_set(e, KITH_EINVAL, "\"%s\" is not a key", text);
    }
    normalize(&k);
    int rc = check_possible(text, k, e);
    if (rc >= 0)
        *out = k;
    return rc;
}

void key_name(struct key k, char out[32])
{
    struct buf b = {0};
    char utf8[4];
    buf_addf(&b, "%s%s%s", k.mods & KEYM_CTRL ? "C-" : "", k.mods & KEYM_ALT ? "M-" : "",
             k.mods & KEYM_SHIFT ? "S-" : "");
    const char *name = NULL;
    for (size_t i = 0; !name && i < COUNT(names); i++) {
        if (names[i].code == k.code)
            name = names[i].name;
    }
    if (name)
        buf_adds(&b, name);
    else if (k.code >= KEYC_F1 && k.code <= KEYC_F24)
        buf_addf(&b, "F%u", (unsigned)(k.code - KEYC_F1 + 1));
    else if (k.code < KEY_NONE)
        buf_add(&b, utf8, utf8_encode(k.code, utf8));
    else
        buf_adds(&b, "?");
    str_copy(out, 32, buf_str(&b));
    buf_free(&b);
}

bool key_eq(struct key a, struct key b)
{
    return a.code == b.code && a.mods == b.mods;
}

int chord_parse(const char *text, struct key out[KEY_CHORD_MAX], struct err *e)
{
    int n = 0;
    for (const char *p = text + strspn(text, " \t"); *p; p += strspn(p, " \t")) {
        size_t len = strcspn(p, " \t");
        if (n == KEY_CHORD_MAX)
            return err_set(e, KITH_ETOOBIG, "\"%.60s\" has more than %d keys", text, KEY_CHORD_MAX);
        char *one = xstrndup(p, len);
        int rc = key_parse(one, &out[n], e);
        free(one);
        if (rc < 0)
            return rc;
        n++;
        p += len;
    }
    return n ? n : err_set(e, KITH_EINVAL, "no key is given");
}

void chord_name(const struct key *chord, size_t n, struct buf *out)
{
    char name[32];
    for (size_t i = 0; i < n; i++) {
        key_name(chord[i], name);
        buf_addf(out, "%s%s", i ? " " : "", name);
    }
}

static const char *const contexts[N_KEY_CONTEXTS] = {
    [CTX_POPUP] = "popup",   [CTX_DIALOG] = "dialog",     [CTX_SELECT] = "select",
    [CTX_LIST] = "list",     [CTX_MEMBERS] = "members",   [CTX_SWITCHER] = "switcher",
    [CTX_SEARCH] = "search", [CTX_INBOX] = "inbox",       [CTX_HELP] = "help",
    [CTX_VIEWER] = "viewer", [CTX_INPUT] = "input",       [CTX_VI_NORMAL] = "vi_normal",
    [CTX_CHAT] = "chat",     [CTX_GLOBAL] = "global",     [CTX_LABEL] = "label",
    [CTX_LINK] = "link",     [CTX_FILE] = "file",         [CTX_CODE] = "code",
    [CTX_ROWS] = "rows",     [CTX_ENCRYPT] = "encrypt",
       [CTX_NICK] = "nick",     [CTX_REACTION] = "reaction", [CTX_REACT] = "react",
};

const char *key_context_name(enum key_context c)
{
    return contexts[c];
}

enum key_context key_context_find(const char *name)
{
    enum key_context c = CTX_POPUP;
    while (c < N_KEY_CONTEXTS && strcmp(contexts[c], name) != 0)
        c++;
    return c;
}

const char *key_context_words(enum key_context c)
{
    static const char *const words[N_KEY_CONTEXTS] = {
        [CTX_POPUP] = "completion above the input",
        [CTX_DIALOG] = "questions and forms",
        [CTX_SELECT] = "a message is selected",
        [CTX_LIST] = "the buddy list",
        [CTX_MEMBERS] = "the members of a room",
        [CTX_SWITCHER] = "the quick switcher",
        [CTX_SEARCH] = "results of a search",
        [CTX_ROWS] = "a list of rooms or people",
        [CTX_INBOX] = "the inbox",
        [CTX_ENCRYPT] = "who can read a chat",
        [CTX_HELP] = "help",
        [CTX_VIEWER] = "long text",
        [CTX_LABEL] = "labels are on the screen",
        [CTX_LINK] = "a link was chosen by its label",
        [CTX_FILE] = "a file was chosen by its label",
        [CTX_CODE] = "a block of code was chosen by its label",
        [CTX_NICK] = "a name was chosen by its label",
        [CTX_REACTION] = "a reaction was chosen by its label",
        [CTX_REACT] = "the bar of emoji",
        [CTX_INPUT] = "writing",
        [CTX_VI_NORMAL] = "the normal mode",
        [CTX_CHAT] = "the chat on the screen",
        [CTX_GLOBAL] = "everywhere",
    };
    return words[c];
}
