/* ui/term_env.c - what the environment says of a terminal, and what the process must have for
 * curses */
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "ui/term_private.h"

/* ---- the process ---- */

/* curses asks wcwidth() and encodes by the locale: UTF-8, whatever the terminal; what a terminal
 * cannot show, the surface has replaced before. */
void env_want_utf8(void)
{
    static const char *const names[] = {"C.UTF-8", "C.utf8", "en_US.UTF-8", ""};
    for (size_t i = 0; i < COUNT(names) && !str_eq(nl_langinfo(CODESET), "UTF-8"); i++)
        setlocale(LC_CTYPE, names[i]);
}

void env_want_terminfo(const char *dir)
{
    const char *have = getenv("TERMINFO_DIRS");
    if (!dir || (have && strstr(have, dir)))
        return;
    char *dirs =
        xasprintf("%s:%s", dir, have ? have : ""); /* the empty entry is the system's own place */
    setenv("TERMINFO_DIRS", dirs, 1);
    free(dirs);
}

/* A file of no name: what curses writes is read back from it. */
int env_open_memory(void)
{
    int fd = -1;
#ifdef MFD_CLOEXEC
    fd = memfd_create("kith-frame", MFD_CLOEXEC);
#endif
    if (fd < 0) {
        char name[] = "/tmp/kith-frame-XXXXXX";
        fd = mkostemp(name, O_CLOEXEC);
        if (fd >= 0)
            unlink(name);
    }
    return fd;
}

/* ---- this terminal ---- */

static const char *env_get(const char *const *env, const char *name)
{
    size_t n = strlen(name);
    for (; env && *env; env++)
        if (strncmp(*env, name, n) == 0 && (*env)[n] == '=' && (*env)[n + 1])
            return *env + n + 1;
    return NULL;
}

static bool locale_is_utf8(const char *const *env)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < COUNT(names); i++) {
        const char *v = env_get(env, names[i]);
        if (v)
            return strcasestr(v, "utf-8") || strcasestr(v, "utf8");
    }
    return false;
}

void env_read(struct term *t, const char *const *env)
{
    str_set(&t->term, env_get(env, "TERM"));
    str_set(&t->colorterm, env_get(env, "COLORTERM"));
    str_set(&t->colorfgbg, env_get(env, "COLORFGBG"));
    t->tmux = env_get(env, "TMUX") != NULL;
    t->screen_mux = env_get(env, "STY") != NULL && !t->tmux;
    t->ssh = env_get(env, "SSH_CONNECTION") != NULL;
    t->utf8 = locale_is_utf8(env);
    t->no_colour = t->no_colour || env_get(env, "NO_COLOR") != NULL;
    t->simple = probe_is_simple(t->term);
    t->facts.truecolour = str_eq(t->colorterm, "truecolor") || str_eq(t->colorterm, "24bit");
}

/* The terminals that are known to be much like another one (UX.md 2.7). */
const char *env_relative(const char *term)
{
    static const char *const like_xterm[] = {
        "xterm", "foot",  "ghostty", "alacritty", "wezterm", "kitty",  "rio",   "contour",
        "st",    "iterm", "konsole", "vte",       "gnome",   "mintty", "putty", "rxvt"};
    if (str_starts(term, "tmux") || str_starts(term, "screen"))
        return "screen-256color";
    for (size_t i = 0; i < COUNT(like_xterm); i++)
        if (str_starts(term, like_xterm[i]))
            return "xterm-256color";
    return "vt100";
}

bool env_wants_direct(const struct term *t)
{
    bool may = !t->simple && !t->no_colour && !t->screen_mux && t->terminfo_dir;
    if (str_empty(t->colours) || str_eq(t->colours, "auto"))
        return may && t->facts.truecolour;
    return may && str_eq(t->colours, "truecolor");
}

const char *term_note(const struct term *t)
{
    return t->note;
}
