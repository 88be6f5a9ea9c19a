/* config/theme.h - themes: roles, palette, inheritance, three depths and mono (UX.md 4.21) */
#ifndef CONFIG_THEME_H
#define CONFIG_THEME_H

#include "base/base.h"
#include "base/err.h"
#include "config/config.h"

/* Every role drawn anywhere: THEME_ROLES(X) lists "group.name"; X(ID, "group.name") */
#define THEME_ROLES(X)                                                                             \
    X(BASE, "base") X(TITLE, "title.base") X(TITLE_TOPIC, "title.topic")                           \
    X(TITLE_ENCRYPTED, "title.encrypted") X(TITLE_UNVERIFIED, "title.unverified")                  \
    X(TITLE_PLAIN, "title.plain") X(TITLE_OTHER, "title.other") X(LIST, "list.base") X(LIST_HEADER, "list.header")               \
    X(LIST_ACCOUNT, "list.account") X(LIST_GROUP, "list.group") X(LIST_SELECTED, "list.selected")  \
    X(LIST_UNREAD, "list.unread") X(LIST_MENTION, "list.mention") X(LIST_MUTED, "list.muted")      \
    X(LIST_ONLINE, "list.online") X(LIST_AWAY, "list.away") X(LIST_DND, "list.dnd")                \
    X(LIST_OFFLINE, "list.offline") X(LIST_FACT, "list.fact") X(LIST_PROBLEM, "list.problem")      \
    X(LIST_BORDER, "list.border") X(CHAT, "chat.base") X(CHAT_TIME, "chat.time")                   \
    X(CHAT_NICK, "chat.nick") X(CHAT_NICK_SELF, "chat.nick_self") X(CHAT_MENTION, "chat.mention")  \
    X(CHAT_QUOTE, "chat.quote") X(CHAT_CODE, "chat.code") X(CHAT_LINK, "chat.link")                \
    X(CHAT_REACTION, "chat.reaction") X(CHAT_REACTION_OWN, "chat.reaction_own")                    \
    X(CHAT_EVENT, "chat.event") X(CHAT_RECEIPT, "chat.receipt") X(CHAT_READ, "chat.read")          \
    X(CHAT_FAILED, "chat.failed") X(CHAT_DAY_LINE, "chat.day_line")                                \
    X(CHAT_UNREAD_LINE, "chat.unread_line") X(CHAT_SELECTED, "chat.selected")                      \
    X(CHAT_SEARCH_HIT, "chat.search_hit") X(CHAT_GUTTER, "chat.gutter")                            \
    X(MEMBERS, "members.base") X(MEMBERS_AWAY, "members.away") X(STATUS, "status.base")            \
    X(STATUS_MENTION, "status.mention") X(STATUS_MODE, "status.mode")                              \
    X(STATUS_PROBLEM, "status.problem") X(STATUS_TYPING, "status.typing") X(HINT, "hint.base")     \
    X(HINT_KEY, "hint.key") X(INPUT, "input.base") X(INPUT_PROMPT, "input.prompt")                 \
    X(INPUT_SPELL, "input.spell") X(INPUT_NOTE, "input.note") X(INPUT_ERROR, "input.error")        \
    X(POPUP, "popup.base") X(POPUP_BORDER, "popup.border") X(POPUP_KEY, "popup.key")               \
    X(POPUP_SELECTED, "popup.selected") X(POPUP_TITLE, "popup.title") X(POPUP_DANGER, "popup.danger")

enum role {
#define X(id, name) ROLE_##id,
    THEME_ROLES(X)
#undef X
        N_ROLES
};

enum { STYLE_BOLD = 1, STYLE_DIM = 2, STYLE_ITALIC = 4, STYLE_UNDERLINE = 8, STYLE_REVERSE = 16, STYLE_STRIKE = 32 };
#define COLOUR_DEFAULT (-1) /* the terminal's own */
enum colour_depth { DEPTH_MONO = 0, DEPTH_16 = 16, DEPTH_256 = 256, DEPTH_TRUE = 1 << 24 };

/* Each COLOUR_DEFAULT or a value. rgb is 0xRRGGBB, but 0 to 7 are the terminal's own ANSI colours (as kith-direct's
 * setaf has it); a theme's #000000 to #000007 become 0x000008. */
struct colour { int32_t rgb, c256, c16; };
/* has_fg, has_bg: the role itself names the colour (so that a selected row may keep the colours of its parts). */
struct style { struct colour fg, bg; uint8_t attr, mono; bool has_fg, has_bg; };

struct theme;
/* Finds name in the user's, then the system's theme folders, or reads the path when it has a '/'. Problems as
 * "file:line: sentence" in *e. appearance: "dark" or "light", for name "auto"/"default". Owned. */
struct theme *theme_load(const char *name, const char *appearance, struct err *e);
void theme_free(struct theme *t);
const char *theme_name(const struct theme *t);
/* Resolved through the group's base and the theme's base; always complete. */
const struct style *theme_style(const struct theme *t, enum role role);
/* XEP-0392 colour for a name, with the theme's saturation and lightness and at least its contrast (>= 4.5). */
struct colour theme_nick(const struct theme *t, const char *name);
/* Text whose ink and ground (0xRRGGBB, -1: none given) somebody else chose, over a style: at every depth it can be read,
 * at 4.5 to 1, whatever they are. */
void theme_paint(const struct theme *t, struct style *st, int32_t fg, int32_t bg);
/* The terminal's background as it answered (OSC 11): what "default" is when contrast is reckoned. -1: unknown. */
void theme_set_background(struct theme *t, int32_t rgb);
int32_t theme_background(const struct theme *t);
const char *theme_glyphs(const struct theme *t); /* "unicode", "ascii", "nerd" */
/* All themes that can be found: owned vector of owned names, NULL-terminated. NAME-dark and NAME-light are the one
 * theme NAME, which follows the terminal. */
char **theme_list(void);
const char *role_name(enum role r);
/* Roles under 3 to 1 and names under 4.5 to 1, with true colour, 256 colours and 16: "file:line: sentence" each;
 * owned vector of owned lines. theme_load() has put them into theme_problems() already. */
size_t theme_check(const struct theme *t, char ***lines);
/* Problems that did not keep the theme from loading ("file:line: sentence"); borrowed. */
size_t theme_problems(const struct theme *t, const char *const **lines);
const char *theme_appearance(const struct theme *t); /* "dark" or "light" */
/* The theme that is compiled in, so that there always is one. Owned. */
struct theme *theme_builtin(const char *appearance);
/* Contrast of two 0xRRGGBB colours, 1.0 to 21.0 (WCAG 2). */
double colour_contrast(int32_t a, int32_t b);
int colour_nearest_256(int32_t rgb); /* 16..255 */
int colour_nearest_16(int32_t rgb);  /* 0..15, by the usual palette of xterm */
int32_t colour_of_256(int index);    /* 0xRRGGBB */
/* "#7aa2f7", "111", "blue", "bright blue", "default" into all three depths. */
int colour_parse(const char *text, struct colour *out, struct err *e);
/* HSLuv (hsluv.org): hue 0..360, saturation and lightness 0..100, to 0xRRGGBB. */
int32_t colour_hsluv(double hue, double saturation, double lightness);
/* XEP-0392 §5.1: the hue of a name, 0..360. */
double colour_hue(const char *name);
/* System folders, colon-separated; main calls it once. Kept in the environment as KITH_THEME_DIRS, which wins. */
void theme_set_dirs(const char *colon_separated);

#endif
