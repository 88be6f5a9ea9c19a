/* cmd/looks.c - /format /spoiler /reveal: how a text looks, and what is hidden in one */
#include <stdlib.h>
#include <string.h>

#include "base/codes.h"
#include "base/mem.h"
#include "cmd/internal.h"

/* ---- /format ---- */

static const struct {
    const char *name, *code;
} codes[] = {{"bold", "\x02"},    {"italic", "\x1d"},  {"underline", "\x1f"}, {"strike", "\x1e"},
             {"mono", "\x11"},    {"reverse", "\x16"}, {"spoiler", "\x13"},   {"plain", "\x0f"}};
#define STYLES "bold|italic|underline|strike|mono|reverse|spoiler|plain|colour"
#define COLOURS                                                                                    \
    "white black blue green red brown magenta orange yellow lightgreen cyan lightcyan lightblue pink grey lightgrey"

static int named(const char *word, size_t len)
{
    const char *p = COLOURS;
    for (int n = 0; *p; n++) {
        size_t l = strcspn(p, " ");
        if (l == len && strncasecmp(p, word, len) == 0)
            return n;
        p += l + (p[l] == ' ');
    }
    return -1;
}

/* "red", "4", "#ff8800". */
static bool parse_colour(const char *word, size_t len, uint32_t *out)
{
    char digits[8] = "";
    int64_t n = named(word, len);
    if (n < 0 && len == 7 && word[0] == '#') {
        char *end;
        memcpy(digits, word + 1, 6);
        *out = LOOK_COLOUR | (uint32_t)strtoul(digits, &end, 16);
        return strspn(digits, "0123456789abcdefABCDEF") == 6;
    }
    if (n < 0 && len < sizeof digits) {
        memcpy(digits, word, len);
        if (!str_int(digits, 0, 98, &n))
            return false;
    }
    *out = n < 0 ? 0 : codes_colour((int)n);
    return n >= 0;
}

/* "red" or "red,white": ink and ground; nothing: neither any more. */
static int add_colours(const char *arg, struct buf *out, struct err *e)
{
    struct look l = {0};
    size_t n = arg ? strcspn(arg, ",") : 0;
    if (!arg) {
        buf_addc(out, 0x03);
        return 0;
    }
    if (!parse_colour(arg, n, &l.fg) || (arg[n] && !parse_colour(arg + n + 1, strlen(arg + n + 1), &l.bg)))
        return err_set(e, KITH_EINVAL, "a colour is a number from 0 to 98, #rrggbb, or one of %s", COLOURS);
    codes_open(CODES_INPUT, out, &l, ',');
    return 0;
}

static int run_format(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct buf b = {0};
    int rc = need_view(ctx, VIEW_CAN(ctx, edit), e);
    if (rc >= 0)
        rc = core_may_format(ctx->chat, e);
    if (rc >= 0 && strcmp(a->argv[0], "colour") == 0)
        rc = add_colours(a->argv[1], &b, e);
    for (size_t i = 0; rc >= 0 && i < COUNT(codes); i++) {
        if (strcmp(codes[i].name, a->argv[0]) == 0)
            buf_adds(&b, codes[i].code);
    }
    if (rc >= 0)
        ctx->view->edit(ctx->view_data, "look", buf_str(&b));
    buf_free(&b);
    return rc;
}

/* ---- /spoiler, /reveal ---- */

static int run_spoiler(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    int rc = core_may_format(ctx->chat, e);
    if (rc < 0)
        return rc; /* never in the open */
    char *hidden = xasprintf("\x13%s", a->argv[0]);
    struct core_send s = {.body = hidden};
    rc = send_message(ctx, ctx->chat, &s, e);
    free(hidden);
    return rc;
}

static int run_reveal(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct message *m = find_message(ctx, a->argv[0], WANT_SPOILER, e);
    if (!m)
        return KITH_ENOTFOUND;
    core_reveal(m, !m->revealed);
    return 0;
}

static int fits_reveal(const struct cmd_ctx *ctx UNUSED, const struct message *m, struct err *e)
{
    return fits_want(m, WANT_SPOILER, e) < 0 ? KITH_ENOTFOUND : 0;
}

const struct cmd cmds_looks[] = {
    {.name = "format",
     .group = "Messages",
     .summary = "Begins or ends bold, a colour and so on where the cursor is.",
     .args = {{ARG_CHOICE, "style", false, STYLES}, {ARG_WORD, "colours", true, NULL}},
     .needs = CMD_NEEDS_VIEW | CMD_NEEDS_CHAT,
     .details = "A letter in the input stands for it; the text behind it looks as it will. plain ends all. Colours "
                "are numbers from 0 to 98, #rrggbb, or " COLOURS "; a second one behind a comma is the ground, and "
                "without any the colours end. Where the protocol has no such thing it says so.",
     .run = run_format},
    {.name = "spoiler",
     .group = "Messages",
     .summary = "Sends a text that others see only when they want to.",
     .args = {{ARG_TEXT, "text", false, NULL}},
     .needs = CMD_NEEDS_CHAT,
     .details = "It is never sent in the open: where the protocol cannot hide a text, it says so. /format spoiler hides "
                "a part of what you write.",
     .run = run_spoiler},
    {.name = "reveal",
     .group = "Messages",
     .summary = "Shows a spoiler, or hides it again.",
     .args = {{ARG_MESSAGE, "message", true, NULL}},
     .needs = CMD_NEEDS_CHAT,
     .details = "Without a message the newest spoiler of the chat. ui.chat.spoilers says whether they are hidden at all.",
     .fits = fits_reveal,
     .run = run_reveal},
    {.name = NULL},
};
