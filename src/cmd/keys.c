/* cmd/keys.c - /bind /unbind, and the commands that keys run: /edit-line /popup /panel /prompt
 * /confirm */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/internal.h"

/* Where a key holds only. */
static struct key_where limits_of(const struct cmd_args *a)
{
    return (struct key_where){.account = flag_value(a, "account"),
                              .protocol = flag_value(a, "protocol"),
                              .chat = flag_value(a, "chat")};
}

static int run_bind(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct err warning = {0};
    if (!a->argv[0]) {
        if (VIEW_CAN(ctx, open_panel) && !ctx->out) {
            ctx->view->open_panel(ctx->view_data, "keys", NULL);
            return 0;
        }
        return need_view(ctx, false, e);
    }
    if (!a->argv[1] || !a->argv[2])
        return err_set(e, KITH_EINVAL,
                       "usage: /bind CONTEXT KEY /COMMAND; a chord is written \"C-x e\"");
    struct key_where limits = limits_of(a);
    int rc =
        keymap_bind(ctx->env->keymap, a->argv[0], a->argv[1], a->argv[2],
                    flag_value(a, "help") ? flag_value(a, "help") : a->argv[2], &limits, &warning);
    if (rc < 0)
        return err_set(e, warning.code, "%s", warning.text);
    if (rc > 0)
        cmd_say(ctx, KITH_WARN, "%s", warning.text);
    return 0;
}

static int run_unbind(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct key_where limits = limits_of(a);
    return keymap_unbind(ctx->env->keymap, a->argv[0], a->argv[1], &limits, e);
}

static int run_edit_line(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    int rc = need_view(ctx, VIEW_CAN(ctx, edit), e);
    if (rc >= 0)
        ctx->view->edit(ctx->view_data, a->argv[0], a->argv[1]);
    return rc;
}

static int run_vi(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    int rc = need_view(ctx, VIEW_CAN(ctx, vi), e);
    if (rc >= 0)
        ctx->view->vi(ctx->view_data, a->argv[0], a->argv[1]);
    return rc;
}

static int run_popup(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    int rc = need_view(ctx, VIEW_CAN(ctx, popup), e);
    if (rc >= 0)
        ctx->view->popup(ctx->view_data, a->argv[0]);
    return rc;
}

static int run_panel(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    int rc = need_view(ctx, VIEW_CAN(ctx, open_panel), e);
    if (rc >= 0 && strcmp(a->argv[0], "encrypt") == 0)
        return cmd_run(ctx, "/encrypt", e); /* what it shows has to be asked for */
    if (rc >= 0)
        ctx->view->open_panel(ctx->view_data, a->argv[0], a->argv[1]);
    return rc;
}

static int run_prompt(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    int rc = need_view(ctx, VIEW_CAN(ctx, prompt), e);
    if (rc >= 0)
        ctx->view->prompt(ctx->view_data, a->argv[0], a->argv[1]);
    return rc;
}

static int run_confirm(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    int rc = need_view(ctx, VIEW_CAN(ctx, confirm), e);
    if (rc >= 0)
        ctx->view->confirm(ctx->view_data, a->argv[0], a->argv[1]);
    return rc;
}

#define EDIT_ACTIONS                                                                               \
    "left|right|word-left|word-right|start|end|text-start|text-end|backspace|delete|kill-word|"    \
    "word-backspace|"                                                                              \
    "word-delete|kill-start|kill-end|yank|yank-pop|transpose|upcase-word|downcase-word|"           \
    "capitalize-word|undo|redo|"                                                                   \
    "newline|clear|insert|up|down|history-prev|history-next|history-search|send|send-sure|paste|editor|"  \
    "complete|complete-back|cancel|command"
#define VI_ACTIONS                                                                                 \
    "normal|cancel|left|right|up|down|word|word-back|word-end|zero|first|end|find|find-back|"      \
    "till|till-back|find-again|find-reverse|digit|delete|change|yank|delete-end|change-end|put|"   \
    "put-before|delete-char|delete-before|replace|undo|redo|repeat|insert|append|insert-start|"    \
    "append-end|open-below|open-above|window-next"
#define POPUP_ACTIONS                                                                              \
    "next|prev|page-down|page-up|first|last|accept|accept-other|cancel|toggle|next-field|prev-"    \
    "field|next-tab|back|fold|"                                                                    \
    "unfold|filter|menu|repeat|rebind"
#define PANELS "encrypt|inbox|search|switcher|help|keys|list|members|select|react|ask|accounts|set|theme"

const struct cmd cmds_keys[] = {
    {.name = "bind",
     .group = "Settings",
     .summary = "Binds a key to a command; alone: shows the keys.",
     .flags = "-account=name -protocol=name -chat=address -help=words",
     .args = {{ARG_CONTEXT, "context", true, NULL},
              {ARG_KEY, "key", true, NULL},
              {ARG_COMMAND, "/command", true, NULL}},
     .details = "/bind select T \"/react $msg $answer\" holds at once and is kept in set.cfg. "
                "kith-keys(5) names the contexts"
                " and keys. With -account, -protocol or -chat the key holds only there; a * in "
                "them stands for anything. R in the help does the same by asking.",
     .run = run_bind},
    {.name = "unbind",
     .group = "Settings",
     .summary = "Takes a key away, or takes back what /bind did.",
     .flags = "-account=name -protocol=name -chat=address",
     .args = {{ARG_CONTEXT, "context", false, NULL}, {ARG_KEY, "key", false, NULL}},
     .run = run_unbind},
    {.name = "prompt",
     .group = "Program",
     .summary = "Asks for a word, then runs a command with it as $answer.",
     .args = {{ARG_WORD, "question", false, NULL}, {ARG_COMMAND, "/command", false, NULL}},
     .needs = CMD_NEEDS_VIEW,
     .details = "Made for bindings: /prompt 'React with: ' /react $msg $answer. Everything behind "
                "it belongs to the command.",
     .run = run_prompt},
    {.name = "confirm",
     .group = "Program",
     .summary = "Asks, and runs a command after a yes.",
     .args = {{ARG_WORD, "question", false, NULL}, {ARG_COMMAND, "/command", false, NULL}},
     .needs = CMD_NEEDS_VIEW,
     .run = run_confirm},
    {.name = "edit-line",
     .group = "Keys",
     .summary = "Does one thing in the input.",
     .args = {{ARG_CHOICE, "action", false, EDIT_ACTIONS}, {ARG_TEXT, "text", true, NULL}},
     .needs = CMD_NEEDS_VIEW | CMD_HIDDEN,
     .run = run_edit_line},
    {.name = "vi",
     .group = "Keys",
     .summary = "Does one thing of the normal mode of the vi keys.",
     .args = {{ARG_CHOICE, "action", false, VI_ACTIONS}, {ARG_WORD, "figure", true, NULL}},
     .needs = CMD_NEEDS_VIEW | CMD_HIDDEN,
     .run = run_vi},
    {.name = "popup",
     .group = "Keys",
     .summary = "Moves and chooses in whatever has the keyboard.",
     .args = {{ARG_CHOICE, "action", false, POPUP_ACTIONS}},
     .needs = CMD_NEEDS_VIEW | CMD_HIDDEN,
     .run = run_popup},
    {.name = "panel",
     .group = "Keys",
     .summary = "Opens a part of the screen, or gives it the keyboard.",
     .args = {{ARG_CHOICE, "panel", false, PANELS}, {ARG_TEXT, "argument", true, NULL}},
     .needs = CMD_NEEDS_VIEW | CMD_HIDDEN,
     .run = run_panel},
    {.name = NULL},
};
