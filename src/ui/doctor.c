/* ui/doctor.c - asks a terminal more than the start-up probe does, and names what is wrong with it */
#include "ui/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const struct { const char *text, *name; } samples[DOCTOR_SAMPLES] = {
    {"e\u0301", "a letter with a combining accent"},
    {"\u1112\u1161\u11AB", "Hangul by its parts"},
    {"\uFF21", "a full-width letter"},
    {"\uAC00", "a Hangul syllable"},
    {"\u0E01\u0E33", "Thai"},
    {"\u0644\u0627", "Arabic"},
    {"\U00020000", "a rare Han sign"},
    {"\u2500", "the line of a box"},
    {"\u276F", "the prompt"},
    {"\u2026", "an ellipsis"},
    {"\uE0B0", "a private sign (Powerline)"},
    {"1\uFE0F\u20E3", "a keycap"},
    {"\U0001F44D", "a plain emoji"},
    {"\u231A", "an old emoji (watch)"},
};

void doctor_begin(struct doctor *d, const struct probe_env *env, int64_t now_ms, struct buf *out)
{
    *d = (struct doctor){0};
    probe_init(&d->probe, env, now_ms, out);
    if (d->probe.quiet)
        return;
    buf_adds(out, "\x1b[?1004$p\x1b[?2004$p\x1b[?1006$p");
    if (!d->probe.screen) /* screen hands the inside of a DCS on to its terminal */
        buf_adds(out, "\x1bP+q4D73\x1b\\\x1b[38;2;1;2;3m\x1bP$qm\x1b\\\x1b[m");
    buf_adds(out, "\x1b[2;1H\x1b[8m");
    for (int i = 0; i < DOCTOR_SAMPLES; i++)
        buf_addf(out, "\r%s\x1b[6n", samples[i].text);
    buf_adds(out, "\x1b[m\r\x1b[K\x1b[c");
}

int doctor_cursor_reports(const struct doctor *d)
{
    return d->probe.quiet ? 0 : probe_cursor_reports(&d->probe) + DOCTOR_SAMPLES - d->n_widths;
}

static void take_mode(struct doctor *d, int mode, int state)
{
    enum doctor_mode found = state >= 1 && state <= 3 ? MODE_THERE : MODE_UNKNOWN;

    if (mode == 2004)
        d->paste = found;
    else if (mode == 1004)
        d->focus = found;
    else if (mode == 1006)
        d->mouse = found;
}

void doctor_reply(struct doctor *d, const struct decode_event *ev)
{
    if (ev->reply == REPLY_CURSOR && d->probe.facts.widths) {
        if (d->n_widths < DOCTOR_SAMPLES)
            d->widths[d->n_widths++] = ev->n[1] - 1;
        return;
    }
    if (ev->reply == REPLY_DA1)
        d->done = ++d->fences == 2;
    else if (ev->reply == REPLY_MODE)
        take_mode(d, ev->n[0], ev->n[1]);
    else if (ev->reply == REPLY_CAPABILITY && str_starts(ev->text, "Ms"))
        d->clipboard = ev->n[0] == 1;
    else if (ev->reply == REPLY_SETTING)
        d->colour_kept = strstr(ev->text, "2:1:2:3") || strstr(ev->text, "2::1:2:3") || strstr(ev->text, "2;1;2;3");
    probe_reply(&d->probe, ev);
}

/* ---- faults ---- */

struct report {
    const struct doctor *d;
    const struct doctor_env *env;
    const struct term_facts *f;
    struct buf faults;
    int n;
};

static void fault(struct report *r, const char *where, const char *what, const char *why)
{
    buf_addf(&r->faults, "  %-10s %s\n  %-10s   %s\n", where, what, "", why);
    r->n++;
}

/* The value of an option in what tmux printed, into out; false when it is not among them. */
static bool tmux_value(const char *options, const char *name, char *out, size_t cap)
{
    size_t len = strlen(name);

    for (const char *p = options; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL) {
        if (strncmp(p, name, len) != 0 || p[len] != ' ')
            continue;
        size_t n = strcspn(p + len + 1, "\n");
        char *value = xstrndup(p + len + 1, n);

        str_copy(out, cap, value);
        free(value);
        return true;
    }
    return false;
}

static void check_tmux(struct report *r)
{
    static const struct { const char *name, *good, *line, *why; } rows[] = {
        {"focus-events", "on", "set -s focus-events on", "without it kith cannot tell whether you are looking: marks and notices are guesses"},
        {"set-clipboard", "on", "set -s set-clipboard on", "without it what you copy in kith does not reach your clipboard"},
        {"allow-passthrough", "on", "set -g allow-passthrough on", "without it notices of the terminal do not get through"},
        {"set-titles", "on", "set -g set-titles on", "without it the window's title does not show unread messages"},
        {"bell-action", "any", "set -g bell-action any", "without it a bell of kith is not heard from another window"},
    };
    const char *options = r->env->tmux_options;
    char value[256];
    int64_t ms;

    if (!options)
        return;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (tmux_value(options, rows[i].name, value, sizeof value) && !str_eq(value, rows[i].good) &&
            !(str_eq(rows[i].name, "allow-passthrough") && str_eq(value, "all")))
            fault(r, "tmux.conf", rows[i].line, rows[i].why);
    if (tmux_value(options, "extended-keys", value, sizeof value) && str_eq(value, "off"))
        fault(r, "tmux.conf", "set -s extended-keys on", "without it Shift-Enter and Ctrl-Enter are plain Enter (Alt-Enter makes a new line)");
    if (tmux_value(options, "escape-time", value, sizeof value) && str_int(value, 0, 1000000, &ms) && ms > 100)
        fault(r, "tmux.conf", "set -s escape-time 20", "with more, Esc is slow and Alt with a letter can be misread");
    if (tmux_value(options, "default-terminal", value, sizeof value) && !str_starts(value, "tmux") &&
        !str_starts(value, "\"tmux") && !str_starts(value, "screen") && !str_starts(value, "\"screen"))
        fault(r, "tmux.conf", "set -s default-terminal tmux-256color", "tmux speaks another language than the terminal named there");
}

static void check_multiplexer(struct report *r)
{
    const struct probe_env *e = &r->env->env;

    check_tmux(r);
    if (e->tmux && !str_starts(e->term, "tmux") && !str_starts(e->term, "screen"))
        fault(r, "shell", "unset TERM in your start files", "inside tmux TERM must be what tmux sets, not the outer terminal's");
    if (e->tmux && r->f->version[0] && !r->f->links)
        fault(r, "tmux", "update to tmux 3.4 or newer", "older ones do not hand links on");
    if (e->screen && !e->tmux && !str_starts(e->term, "screen"))
        fault(r, "shell", "unset TERM in your start files", "inside screen TERM must be what screen sets, not the outer terminal's");
}

static void check_text(struct report *r)
{
    const int *w = r->d->probe.widths;
    bool asked = r->d->probe.n_widths > 0;

    if (asked && w[0] != 2)
        fault(r, "terminal", "switch it to UTF-8", "it does not draw \"日\" in two cells: kith shows ASCII only");
    else if (asked && !r->env->env.utf8)
        fault(r, "shell", "export LANG=C.UTF-8", "the terminal is in UTF-8, but your locale is not; kith helps itself, other programs do not");
    if (r->f->rules.ambiguous_wide)
        fault(r, "terminal", "draw ambiguous characters narrow (one cell)", "it draws \"●\" in two cells: kith uses ASCII lines and signs");
}

/* Do we draw this sample as it is? Safe emoji are drawn in another form. */
static bool drawn_as_is(const struct cell_rules *rules, const char *text)
{
    char form[64];
    size_t len = strlen(text), first = cluster_next(text, len);
    size_t n = cluster_safe(rules, text, first, form, sizeof form);

    return n == first && memcmp(form, text, n) == 0;
}

static int check_widths(struct report *r)
{
    int odd = 0;

    for (int i = 0; i < r->d->n_widths; i++) {
        const char *text = samples[i].text;
        int have = r->d->widths[i], want = cells_width(&r->f->rules, text, strlen(text));
        char what[160], why[160];

        if (r->f->rules.no_utf8 || have == want || !drawn_as_is(&r->f->rules, text))
            continue;
        odd++;
        snprintf(what, sizeof what, "draws %s in %d cell%s, not %d", samples[i].name, have, have == 1 ? "" : "s", want);
        snprintf(why, sizeof why, "lines with it may be shifted; another font or a newer version of the terminal mends it");
        fault(r, "terminal", what, why);
    }
    return odd;
}

static void check_functions(struct report *r)
{
    const struct doctor *d = r->d;

    if (d->paste == MODE_UNKNOWN)
        fault(r, "terminal", "has no bracketed paste (mode 2004)", "a paste looks like typing: each line of it is sent; paste into /editor instead");
    if (d->focus == MODE_UNKNOWN)
        fault(r, "terminal", "does not tell its focus (mode 1004)", "kith cannot tell whether you are looking: marks and notices are guesses");
    if (!r->f->truecolour && !d->colour_kept && !r->env->env.colorterm && !d->probe.screen)
        fault(r, "shell", "export COLORTERM=truecolor",
              r->env->env.ssh ? "if the terminal has true colour: ssh does not pass COLORTERM on by itself (SendEnv and AcceptEnv do)"
                              : "if the terminal has true colour: it does not say so itself");
}

/* ---- findings ---- */

static void line(struct buf *out, const char *what, const char *finding)
{
    buf_addf(out, "  %-22s %s\n", what, finding);
}

static const char *notice_way(const struct report *r)
{
    if (r->env->notify_command)
        return "your notify.command";
    if (r->f->notices)
        return "OSC 99";
    if (str_starts(r->f->version, "rxvt"))
        return "OSC 777";
    return r->d->probe.screen ? "bell" : "OSC 9 where the terminal has it, else the bell";
}

static const char *picture_way(const struct report *r)
{
    bool inside = r->env->env.tmux || r->d->probe.screen;
    switch (probe_graphics(r->f, inside)) {
    case TERM_GRAPHICS_KITTY:
        return "kitty's graphics";
    case TERM_GRAPHICS_SIXEL:
        return "sixel";
    case TERM_GRAPHICS_NONE:
        break;
    }
    return r->f->sixel && !inside ? "symbols (it has sixel, but does not say how large its cells are)" : "symbols";
}

static void findings(const struct report *r, int odd, struct buf *out)
{
    static const char *const modes[] = {[MODE_SILENT] = "not said", [MODE_UNKNOWN] = "no", [MODE_THERE] = "yes"};
    const struct term_facts *f = r->f;
    char widths[96];

    line(out, "terminal", f->version[0] ? f->version : f->answers ? "gives no name" : "does not answer");
    line(out, "TERM", str_empty(r->env->env.term) ? "not set" : r->env->env.term);
    line(out, "inside", r->env->env.tmux ? "tmux" : r->d->probe.screen ? "screen" : r->env->env.ssh ? "ssh" : "nothing");
    line(out, "UTF-8", f->rules.no_utf8 ? "no" : "yes");
    if (r->d->n_widths == 0)
        str_copy(widths, sizeof widths, "not said");
    else
        snprintf(widths, sizeof widths, "%d of %d samples as reckoned", r->d->n_widths - odd, r->d->n_widths);
    line(out, "widths", widths);
    line(out, "emoji", f->rules.emoji == EMOJI_GRAPHEME ? "whole" : "the first of each sequence");
    line(out, "colours", f->truecolour || r->d->colour_kept ? "true colour" : "256 or fewer");
    line(out, "background", f->dark < 0 ? "unknown" : f->dark ? "dark" : "light");
    line(out, "follows dark and light", f->appearance ? "yes" : "no");
    line(out, "pastes are marked", modes[r->d->paste]);
    line(out, "tells its focus", modes[r->d->focus]);
    line(out, "mouse", modes[r->d->mouse]);
    line(out, "keyboard protocol", f->keyboard ? "yes" : "no (Alt-Enter makes a new line)");
    line(out, "synchronised frames", f->sync ? "yes" : "no");
    line(out, "links (OSC 8)", f->links ? "yes" : "no");
    line(out, "clipboard (OSC 52)", r->d->clipboard ? "yes" : "not said; it is used");
    line(out, "notices", notice_way(r));
    line(out, "pictures", picture_way(r));
}

int doctor_report(const struct doctor *d, const struct doctor_env *env, struct buf *out)
{
    struct report r = {.d = d, .env = env, .f = &d->probe.facts};
    int odd;

    if (env->note)
        fault(&r, "shell", "set TERM to a name this machine knows", env->note);
    if (d->probe.quiet)
        fault(&r, "shell", "set TERM to what the terminal is (xterm-256color suits most)", "this TERM is too simple to be asked anything: safe defaults are used");
    else if (d->fences == 0)
        fault(&r, "terminal", "does not answer", "safe defaults are used; is TERM right, or the line very slow?");
    check_multiplexer(&r);
    check_text(&r);
    odd = check_widths(&r);
    if (!d->probe.quiet)
        check_functions(&r);
    findings(&r, odd, out);
    if (r.n == 0)
        buf_adds(out, "\nNothing to mend.\n");
    else
        buf_addf(out, "\nTo mend, where and what:\n%s", buf_str(&r.faults));
    buf_free(&r.faults);
    return r.n;
}
