/* unit/ui/test_presets.c - every default key of every preset, as xterm, tmux, screen and kitty send
 * it, through our decoder; and that each does something there */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "cmd/cmd.h"
#include "ui/decode.h"

static const char *const presets[] = {"standard", "emacs", "vi"};

/* How keys travel: as in 1980, with xterm's modifyOtherKeys = 2 (both of its formats), with kitty's
 * protocol. tmux and screen have Home and End of their own; tmux with extended-keys speaks CSI u.
 */
enum wire { XTERM, XTERM_OTHER, XTERM_U, TMUX, TMUX_U, SCREEN, KITTY, N_WIRES };
static const char *const wires[] = {"xterm", "xterm, modifyOtherKeys", "xterm, CSI u",
                                    "tmux",  "tmux, extended keys",    "screen",
                                    "kitty"};

static int xterm_mods(uint8_t mods)
{
    return 1 + (mods & KEYM_SHIFT ? 1 : 0) + (mods & KEYM_ALT ? 2 : 0) + (mods & KEYM_CTRL ? 4 : 0);
}

/* The character of the same key without Shift, on an American keyboard; 0: it needs none. */
static uint32_t unshifted(uint32_t c)
{
    static const char pairs[] = "~`!1@2#3$4%5^6&7*8(9)0_-+={[}]|\\:;\"'<,>.?/";
    if (c >= 'A' && c <= 'Z')
        return c + 'a' - 'A';
    for (size_t i = 0; c < 0x80 && pairs[i]; i += 2)
        if ((uint32_t)pairs[i] == c)
            return (uint32_t)pairs[i + 1];
    return 0;
}

static void put_modified(struct buf *out, enum wire w, uint32_t code, uint32_t base, int mods)
{
    if (w == XTERM_OTHER)
        buf_addf(out, "\x1b[27;%d;%u~", mods, (unsigned)code);
    else if (w == KITTY && base)
        buf_addf(out, "\x1b[%u:%u;%du", (unsigned)base, (unsigned)code, mods);
    else
        buf_addf(out, "\x1b[%u;%du", (unsigned)code, mods);
}

static bool put_char(struct buf *out, enum wire w, struct key k)
{
    char utf8[4];
    uint32_t base = unshifted(k.code);
    bool told = w == XTERM_OTHER || w == XTERM_U || w == KITTY;
    bool shift = base || k.mods & KEYM_SHIFT;
    if (k.mods & KEYM_CTRL && k.mods & KEYM_SHIFT && !told && w != TMUX_U)
        return false;
    if (k.mods && told) {
        put_modified(out, w, k.code, base, xterm_mods(k.mods | (shift ? KEYM_SHIFT : 0)));
        return true;
    }
    if (w == TMUX_U && k.mods & KEYM_CTRL && k.mods & KEYM_SHIFT) {
        put_modified(out, w, k.code, 0, xterm_mods(k.mods));
        return true;
    }
    if (k.mods & KEYM_ALT)
        buf_addc(out, '\x1b');
    if (k.mods & KEYM_CTRL)
        buf_addc(out, (char)(k.code == ' ' ? 0 : k.code & 0x1f));
    else
        buf_add(out, utf8, utf8_encode(k.code, utf8));
    return true;
}

static bool put_named(struct buf *out, enum wire w, struct key k, char byte)
{
    bool told = w == XTERM_OTHER || w == XTERM_U || w == KITTY || w == TMUX_U;
    if (k.code == KEYC_TAB && k.mods == KEYM_SHIFT) {
        buf_adds(out, w == KITTY ? "\x1b[9;2u" : "\x1b[Z");
    } else if (k.code == KEYC_ESC && w == KITTY) {
        buf_adds(out, "\x1b[27u");
    } else if (!k.mods) {
        buf_addc(out, byte);
    } else if (told) {
        put_modified(out, w, (unsigned char)byte, 0, xterm_mods(k.mods));
    } else if (k.mods == KEYM_ALT) {
        buf_addc(out, '\x1b');
        buf_addc(out, byte);
    } else {
        return false;
    }
    return true;
}

static void put_tilde(struct buf *out, struct key k, int n)
{
    if (k.mods)
        buf_addf(out, "\x1b[%d;%d~", n, xterm_mods(k.mods));
    else
        buf_addf(out, "\x1b[%d~", n);
}

static void put_letter(struct buf *out, struct key k, char letter, bool ss3)
{
    if (k.mods)
        buf_addf(out, "\x1b[1;%d%c", xterm_mods(k.mods), letter);
    else
        buf_addf(out, "\x1b%c%c", ss3 ? 'O' : '[', letter);
}

static bool put_moving(struct buf *out, enum wire w, struct key k)
{
    static const char arrows[] = "ABDC"; /* Up Down Left Right */
    bool vt = w == TMUX || w == TMUX_U || w == SCREEN;
    if (k.code >= KEYC_UP && k.code <= KEYC_RIGHT) {
        put_letter(out, k, arrows[k.code - KEYC_UP], false);
    } else if (k.code == KEYC_HOME || k.code == KEYC_END) {
        if (vt && !k.mods)
            put_tilde(out, k, k.code == KEYC_HOME ? 1 : 4);
        else
            put_letter(out, k, k.code == KEYC_HOME ? 'H' : 'F', false);
    } else {
        put_tilde(out, k,
                  k.code == KEYC_INSERT   ? 2
                  : k.code == KEYC_DELETE ? 3
                  : k.code == KEYC_PGUP   ? 5
                                          : 6);
    }
    return true;
}

static bool put_function(struct buf *out, enum wire w, struct key k)
{
    static const int numbers[] = {11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24};
    uint32_t i = k.code - KEYC_F1;
    if (i >= COUNT(numbers))
        return false;
    if (i < 4 && !(w == KITTY && i == 2))
        put_letter(out, k, (char)('P' + i), w != KITTY);
    else
        put_tilde(out, k, numbers[i]);
    return true;
}

/* False: this terminal has no way to say it. */
static bool put_key(struct buf *out, enum wire w, struct key k)
{
    switch (k.code) {
    case KEYC_ENTER:
        return put_named(out, w, k, '\r');
    case KEYC_TAB:
        return put_named(out, w, k, '\t');
    case KEYC_ESC:
        return put_named(out, w, k, '\x1b');
    case KEYC_BACKSPACE:
        return put_named(out, w, k, '\x7f');
    default:
        break;
    }
    if (k.code >= KEYC_F1)
        return put_function(out, w, k);
    return k.code > KEY_NONE ? put_moving(out, w, k) : put_char(out, w, k);
}

static bool arrives(enum wire w, const struct binding *b)
{
    struct decode *d = decode_new();
    bool sent = true;
    for (size_t i = 0; i < b->n_chord; i++) {
        struct buf bytes = {0};
        struct decode_event ev, more;
        sent = sent && put_key(&bytes, w, b->chord[i]);
        if (sent) {
            decode_feed(d, bytes.data, bytes.len);
            bool came = decode_next(d, &ev);
            if (!came) { /* a lone ESC */
                decode_expire(d);
                came = decode_next(d, &ev);
            }
            struct buf name = {0}, got = {0};
            chord_name(&b->chord[i], 1, &name);
            if (came && ev.kind == DECODE_KEY)
                chord_name(&ev.key, 1, &got);
            if (!came || ev.kind != DECODE_KEY || !key_eq(ev.key, b->chord[i]) ||
                decode_next(d, &more))
                fail_msg("%s: %s arrives as %s", wires[w], buf_str(&name), buf_str(&got));
            buf_free(&name);
            buf_free(&got);
        }
        buf_free(&bytes);
    }
    decode_free(d);
    return sent;
}

static bool twin(const struct keymap *k, enum wire w, const struct binding *b)
{
    const struct binding *const *all;
    size_t n = keymap_all(k, &all);
    for (size_t i = 0; i < n; i++)
        if (all[i] != b && all[i]->context == b->context && str_eq(all[i]->command, b->command) &&
            !all[i]->not_inside && arrives(w, all[i]))
            return true;
    return false;
}

/* What a terminal cannot send, or a multiplexer takes for itself, has another key that does the
 * same; Ctrl-Up has only a command, which is what UX.md 4.18 gives it. */
static void test_every_key_arrives(void **state)
{
    int sent = 0, keys = 0;
    for (size_t p = 0; p < COUNT(presets); p++) {
        struct config *c = config_new();
        struct keymap *k = keymap_builtin(c, presets[p]);
        const struct binding *const *all;
        size_t n = keymap_all(k, &all);
        keys += (int)n;
        for (enum wire w = XTERM; w < N_WIRES; w++) {
            for (size_t i = 0; i < n; i++) {
                bool came = arrives(w, all[i]);
                bool taken = all[i]->not_inside && str_starts(wires[w], all[i]->not_inside);
                struct buf name = {0};
                chord_name(all[i]->chord, all[i]->n_chord, &name);
                sent += came;
                if ((!came || taken) && !twin(k, w, all[i]))
                    fail_msg("%s, %s: %s cannot be sent, and nothing else runs %s", presets[p],
                             wires[w], buf_str(&name), all[i]->command);
                buf_free(&name);
            }
        }
        keymap_free(k);
        config_free(c);
    }
    print_message("%d keys of %d presets, %d encodings\n", keys, (int)COUNT(presets), sent);
}

/* No preset begins with the prefix of a multiplexer, but where it is not in one. */
static void test_prefixes_of_multiplexers(void **state)
{
    for (size_t p = 0; p < COUNT(presets); p++) {
        struct config *c = config_new();
        struct keymap *k = keymap_builtin(c, presets[p]);
        const struct binding *const *all;
        size_t n = keymap_all(k, &all);
        for (size_t i = 0; i < n; i++) {
            struct key first = all[i]->chord[0];
            bool b = first.code == 'b' && first.mods == KEYM_CTRL,
                 a = first.code == 'a' && first.mods == KEYM_CTRL;
            assert_true(!b || str_eq(all[i]->not_inside, "tmux"));
            assert_true(!a || str_eq(all[i]->not_inside, "screen"));
        }
        keymap_free(k);
        config_free(c);
    }
}

/* Wherever Esc gives something up, Ctrl-g does with the emacs keys. */
static void test_ways_out(void **state)
{
    for (size_t p = 0; p < COUNT(presets); p++) {
        struct config *c = config_new();
        struct keymap *k = keymap_builtin(c, presets[p]);
        struct key esc = {KEYC_ESC, 0}, g = {'g', KEYM_CTRL};
        for (enum key_context ctx = CTX_POPUP; ctx < N_KEY_CONTEXTS; ctx++) {
            bool prefix;
            const struct binding *by_esc = keymap_find(k, &ctx, 1, &esc, 1, NULL, &prefix),
                                 *by_g = keymap_find(k, &ctx, 1, &g, 1, NULL, &prefix);
            if (!by_esc || strcmp(presets[p], "emacs") != 0)
                continue;
            if (!by_g || strcmp(by_esc->command, by_g->command) != 0)
                fail_msg("emacs, %s: Ctrl-g is not Esc", key_context_name(ctx));
        }
        keymap_free(k);
        config_free(c);
    }
}

/* Each runs commands that there are, is said in words, and is bound once. */
static void test_every_key_does_something(void **state)
{
    for (size_t p = 0; p < COUNT(presets); p++) {
        struct config *c = config_new();
        struct keymap *k = keymap_builtin(c, presets[p]);
        const struct binding *const *all;
        size_t n = keymap_all(k, &all);
        assert_true(n > 150);
        for (size_t i = 0; i < n; i++) {
            struct err e = {0};
            struct buf name = {0};
            chord_name(all[i]->chord, all[i]->n_chord, &name);
            if (cmd_check(all[i]->command, &e) < 0)
                fail_msg("%s, %s: %s", presets[p], buf_str(&name), e.text);
            assert_true(*all[i]->command == '/' && *all[i]->help);
            for (size_t j = i + 1; j < n && all[j]->context == all[i]->context; j++) {
                size_t same = 0, len = MIN(all[i]->n_chord, all[j]->n_chord);
                while (same < len && key_eq(all[i]->chord[same], all[j]->chord[same]))
                    same++;
                if (same == len) /* twice, or a key that hides behind a longer chord */
                    fail_msg("%s, %s: %s clashes with a key for %s", presets[p],
                             key_context_name(all[i]->context), buf_str(&name), all[j]->command);
            }
            buf_free(&name);
        }
        keymap_free(k);
        config_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_key_arrives),
        cmocka_unit_test(test_prefixes_of_multiplexers),
        cmocka_unit_test(test_ways_out),
        cmocka_unit_test(test_every_key_does_something),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
