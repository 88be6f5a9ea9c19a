/* cmd/encrypt.c - /encrypt /devices /verify /trust /distrust /keys: who can read a chat, and whose keys are whose */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "cmd/chat.h"
#include "cmd/internal.h"
#include "model/forecast.h"

/* What is done when it is known which devices there are. */
enum { DO_LIST = 'l', DO_VERIFY = 'v', DO_VERIFIED = 'V', DO_TRUST = 't', DO_DISTRUST = 'd', DO_QR = 'q' };

/* ---- devices in words ---- */

static const char *trust_word(const struct forecast_device *d)
{
    if (d->flags & KITH_DEVICE_THIS)
        return "this device";
    switch (d->trust) {
    case KITH_DEVICE_UNDECIDED:
        return "undecided";
    case KITH_DEVICE_BLIND:
        return "not verified";
    case KITH_DEVICE_VERIFIED:
        return "verified";
    case KITH_DEVICE_DISTRUSTED:
        return "not trusted";
    }
    return "";
}

static const char *reads_word(const struct forecast_device *d)
{
    switch (d->reads) {
    case KITH_READS_NO:
        return "cannot read";
    case KITH_READS_YES:
        return "reads";
    case KITH_READS_WAITS:
        return "messages wait";
    case KITH_READS_UNKNOWN:
        return "not known yet";
    }
    return "";
}

static void put_device(struct buf *b, const struct forecast_device *d)
{
    if (!d->id) {
        buf_addf(b, "  cannot read: %s. %s\n", d->why ? d->why : "no device", forecast_fix(d));
        return;
    }
    buf_adds(b, "  ");
    put_column(b, d->id, 12);
    put_column(b, reads_word(d), 15);
    buf_addf(b, "%s%s%s%s%s%s\n", trust_word(d), d->name ? ", \"" : "", d->name ? d->name : "", d->name ? "\"" : "",
             d->versions ? ", " : "", d->versions ? d->versions : "");
    if (d->fingerprint)
        buf_addf(b, "              %s\n", d->fingerprint);
    if (d->why)
        buf_addf(b, "              %s. %s\n", d->why, forecast_fix(d));
}

static void put_forecast(struct buf *b, const struct forecast *f)
{
    const char *who = NULL;
    if (f->text)
        buf_addf(b, "%s\n", f->text);
    for (size_t i = 0; i < f->n; i++) {
        if (!str_eq(who, f->v[i].who))
            buf_addf(b, "\n%s%s\n", f->v[i].who, f->v[i].flags & KITH_DEVICE_OWN ? " (you)" : "");
        who = f->v[i].who;
        put_device(b, &f->v[i]);
    }
    if (f->left_out)
        buf_addf(b, "\n%zu more devices were left out\n", f->left_out);
}

/* ---- the answer ---- */

static struct forecast *forecast_of(const struct cmd_pending *p)
{
    const struct chat *c = p->chat ? model_chat_by_id(p->env->model, p->chat) : NULL;
    const struct account *a = p->account ? model_account_by_id(p->env->model, p->account) : NULL;
    return p->chat ? (c ? c->forecast : NULL) : a ? a->forecast : NULL;
}

/* "romeo@example.org/123", "123", or the beginning of it. */
static const struct forecast_device *find_device(const struct forecast *f, const char *word, struct err *e)
{
    const char *slash = strrchr(word, '/');
    char *who = slash ? xstrndup(word, (size_t)(slash - word)) : NULL;
    bool several;
    const struct forecast_device *d = forecast_find(f, who, slash ? slash + 1 : word, &several);
    free(who);
    if (!d)
        (void)err_set(e, KITH_ENOTFOUND, several ? "\"%.80s\" is the beginning of several devices; /devices lists them"
                                                 : "there is no device %.80s here; /devices lists them", word);
    return d;
}

/* Four groups a row, as it is read aloud. Owned. */
static char *in_rows(const char *fingerprint)
{
    enum { GROUPS = 4 };
    char *rows = xstrdup(fingerprint);
    int n = 0;
    for (char *s = rows; (s = strchr(s, ' ')); s++) {
        if (++n % GROUPS == 0)
            *s = '\n';
    }
    return rows;
}

static void ask_verify(struct cmd_pending *p, const struct forecast_device *d)
{
    bool changed = d->flags & KITH_DEVICE_CHANGED;
    char *key = in_rows(d->fingerprint);
    char *question = xasprintf("%sCompare by another way than this chat: does device %s of %s show this key?\n\n%s\n\n"
                               "Yes: %sit is verified, and new devices of theirs wait for your decision from then on.",
                               changed ? "It shows another key than before: somebody may be trying to read along. " : "",
                               d->id, d->who, key, changed ? "this key takes the place of the one before, " : "");
    struct buf command = {0};
    buf_adds(&command, "/verify -sure -key="); /* what is compared, and not what it shows when the answer comes */
    for (const char *s = d->fingerprint; *s; s++) {
        if (*s != ' ')
            buf_addc(&command, *s);
    }
    buf_addf(&command, " %s/%s", d->who, d->id);
    p->view->confirm(p->view_data, question, buf_str(&command));
    free(question);
    buf_free(&command);
    free(key);
    pending_drop(p);
}

static int set_trust(struct cmd_pending *p, const struct forecast_device *d, enum kith_device_trust to, struct err *e)
{
    struct account *a = model_account_by_id(p->env->model, p->account);
    str_take(&p->good, xasprintf("device %s of %s %s", d->id, d->who,
                                 to == KITH_DEVICE_VERIFIED     ? "is verified"
                                 : to == KITH_DEVICE_DISTRUSTED ? "is left out: nothing is encrypted for it any more"
                                                                : "may read, without being verified"));
    return core_trust(p->env->core, a, d, to, pending_done, p, e);
}

/* p was taken over, or *e says why not. */
static int act(struct cmd_pending *p, const struct forecast_device *d, int what, struct err *e)
{
    if (what == DO_TRUST || what == DO_DISTRUST || what == DO_VERIFIED)
        return set_trust(p, d, what == DO_TRUST ? KITH_DEVICE_BLIND : what == DO_DISTRUST ? KITH_DEVICE_DISTRUSTED : KITH_DEVICE_VERIFIED, e);
    if (!d->fingerprint)
        return err_set(e, KITH_ENOTFOUND, "the key of device %s is not known yet", d->id);
    if (what == DO_VERIFY && p->view && p->view->confirm) {
        ask_verify(p, d);
        return 0;
    }
    if (what == DO_QR && p->view && p->view->open_panel && d->uri) {
        p->view->open_panel(p->view_data, "qr", d->uri);
        pending_drop(p);
        return 0;
    }
    return err_set(e, KITH_EUNSUP, "that needs a screen; /verify -sure %s marks it", d->id);
}

/* It shows another key than the one that was compared. */
static bool is_other_key(const struct cmd_pending *p, const struct forecast_device *d, struct err *e)
{
    if (!p->key || same_key(d->fingerprint, p->key))
        return false;
    (void)err_set(e, KITH_ECONFLICT, "device %s of %s shows another key now than the one that was compared: somebody may be trying to "
                                     "read along, and it is not verified. /verify shows the new key", d->id, d->who);
    return true;
}

static void on_known(void *pending, const struct err *e)
{
    struct cmd_pending *p = pending;
    const struct forecast *f = forecast_of(p);
    int what = p->text[0];
    struct err why = *e;
    if (e->code < 0 || !f) {
        pending_done(p, &why);
        return;
    }
    if (what == DO_LIST) {
        static const struct err fine = {0};
        put_forecast(&p->rows, f);
        pending_done(p, &fine);
        return;
    }
    const struct forecast_device *d = find_device(f, p->text + 1, &why);
    if (!d || is_other_key(p, d, &why) || act(p, d, what, &why) < 0)
        pending_done(p, &why);
}

static struct account *account_of(const struct cmd_ctx *ctx, struct err *e)
{
    return ctx->chat ? ctx->chat->account : account_for(ctx, NULL, e);
}

/* word: of which device; NULL: of all. own: of the account, not of the chat. key: that it has to show; NULL: any. */
static int ask_about(struct cmd_ctx *ctx, bool own, int what, const char *word, const char *key, const char *title, struct err *e)
{
    struct chat *c = own ? NULL : ctx->chat;
    struct account *a = account_of(ctx, e);
    if (!a)
        return KITH_ENOTFOUND;
    struct cmd_pending *p = pending_new(ctx, a, c, "%s", title);
    p->text = xasprintf("%c%s", what, word ? word : "");
    p->key = xstrdup(key);
    if (what == DO_LIST)
        p->title = xstrdup(title);
    return pending_started(p, core_forecast(ctx->env->core, a, c, on_known, p, e));
}

static int ask_devices(struct cmd_ctx *ctx, bool own, int what, const char *word, const char *title, struct err *e)
{
    return ask_about(ctx, own, what, word, NULL, title, e);
}

/* ---- commands ---- */

static int show_panel(struct cmd_ctx *ctx, struct err *e)
{
    int rc = core_forecast(ctx->env->core, ctx->chat->account, ctx->chat, NULL, NULL, e);
    if (rc >= 0)
        ctx->view->open_panel(ctx->view_data, "encrypt", NULL);
    return rc;
}

static int switch_chat(struct cmd_ctx *ctx, bool on, struct err *e)
{
    struct cmd_pending *p = pending_new(ctx, ctx->chat->account, ctx->chat, on ? "encrypting" : "switching the encryption off");
    p->title = xasprintf("Encryption with %s", chat_title(ctx->chat));
    p->may_be_empty = true;
    return pending_started(p, core_encrypt(ctx->env->core, ctx->chat, on, pending_done, p, e));
}

/* What a new device of somebody does of whom another one is verified. */
static int switch_new(struct cmd_ctx *ctx, bool anyway, struct err *e)
{
    struct cmd_pending *p = pending_new(ctx, ctx->chat->account, ctx->chat, "new devices");
    p->title = xasprintf("Encryption with %s", chat_title(ctx->chat));
    p->may_be_empty = true;
    return pending_started(p, core_new_devices(ctx->env->core, ctx->chat, anyway, pending_done, p, e));
}

static int run_encrypt(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    const char *what = a->argv[0];
    if (!what && !ctx->out && VIEW_CAN(ctx, open_panel))
        return show_panel(ctx, e);
    if (!what)
        return ask_devices(ctx, false, DO_LIST, NULL, "Who can read this chat", e);
    if (strcmp(what, "on") == 0)
        return switch_chat(ctx, true, e);
    if (strcmp(what, "off") != 0)
        return switch_new(ctx, strcmp(what, "send-anyway") == 0, e);
    if (has_flag(a, "sure"))
        return switch_chat(ctx, false, e);
    if (!VIEW_CAN(ctx, confirm))
        return err_set(e, KITH_EINVAL, "what you write would leave in the clear: /encrypt -sure off does that");
    char *question = xasprintf("Write to %s in the clear from now on? The servers on the way, and whoever reads along there, can read it. "
                               "What was written before stays encrypted.", chat_title(ctx->chat));
    ctx->view->confirm(ctx->view_data, question, "/encrypt -sure off");
    free(question);
    return 0;
}

/* After a yes; without a screen only with -sure. */
static int sure(struct cmd_ctx *ctx, const char *question, const char *command, struct err *e)
{
    if (!VIEW_CAN(ctx, confirm))
        return err_set(e, KITH_EINVAL, "that cannot be taken back: %s does it", command);
    ctx->view->confirm(ctx->view_data, question, command);
    return 0;
}

/* "romeo@example.org/123" or "123" */
static int remove_device(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct account *acc = account_of(ctx, e);
    const char *word = a->argv[1], *slash = word ? strrchr(word, '/') : NULL;
    if (!acc)
        return KITH_ENOTFOUND;
    if (!word)
        return err_set(e, KITH_EINVAL, "which device? /devices -own lists yours");
    if (slash && (strncmp(word, acc->address, (size_t)(slash - word)) != 0 || acc->address[slash - word]))
        return err_set(e, KITH_EINVAL, "only its owner can take a device out of a list; /distrust leaves it out of what you write");
    const char *device = slash ? slash + 1 : word;
    if (!has_flag(a, "sure")) {
        char *question = xasprintf("Take device %s out of your account? It cannot read what is written from now on: others "
                                   "encrypt for it no more. This is for devices that you have no more; one that is in use puts "
                                   "itself back.", device);
        char *command = xasprintf("/devices -sure remove %s", device);
        int rc = sure(ctx, question, command, e);
        free(question);
        free(command);
        return rc;
    }
    struct cmd_pending *p = pending_new(ctx, acc, NULL, "removing a device");
    p->title = xasprintf("Devices of %s", account_title(acc));
    p->may_be_empty = true;
    return pending_started(p, core_remove_device(ctx->env->core, acc, device, pending_done, p, e));
}

static int run_devices(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    if (a->argv[0])
        return remove_device(ctx, a, e);
    bool own = has_flag(a, "own") || !ctx->chat;
    return ask_devices(ctx, own, DO_LIST, NULL, own ? "Your devices" : "Who can read this chat", e);
}

static int verify_by_link(struct cmd_ctx *ctx, const char *text, bool sure, struct err *e)
{
    struct uri u;
    int rc = uri_parse(&u, text, e);
    if (rc < 0)
        return rc;
    struct account *a = link_account(ctx, &u, e);
    if (!a)
        rc = KITH_ENOTFOUND;
    else if (u.n_keys == 0)
        rc = err_set(e, KITH_EINVAL, "there are no keys in this link");
    else
        rc = link_verify(ctx, a, &u, text, sure, e);
    uri_free(&u);
    return rc;
}

static int run_verify(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    int what = has_flag(a, "sure") ? DO_VERIFIED : has_flag(a, "qr") ? DO_QR : DO_VERIFY;
    if (!a->argv[0] && !ctx->out && VIEW_CAN(ctx, open_panel) && ctx->chat)
        return show_panel(ctx, e);
    if (!a->argv[0])
        return err_set(e, KITH_EINVAL, "which device? /devices lists them");
    if (str_starts(a->argv[0], "xmpp:"))
        return verify_by_link(ctx, a->argv[0], has_flag(a, "sure"), e);
    return ask_about(ctx, !ctx->chat, what, a->argv[0], flag_value(a, "key"), "comparing keys", e);
}

static int run_trust(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    return ask_devices(ctx, !ctx->chat, DO_TRUST, a->argv[0], "trusting a device", e);
}

static int run_distrust(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    return ask_devices(ctx, !ctx->chat, DO_DISTRUST, a->argv[0], "leaving a device out", e);
}

static int reset_keys(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    struct account *acc = account_of(ctx, e);
    if (!acc)
        return KITH_ENOTFOUND;
    if (!has_flag(a, "sure")) {
        char *question = xasprintf("Give this device of %s a new identity? Its number and fingerprint change: who verified it has to "
                                   "compare again. What was sent to it and not read here yet can never be read. What you have read, "
                                   "and whom you verified, stays.", acc->address);
        int rc = sure(ctx, question, "/keys -sure reset", e);
        free(question);
        return rc;
    }
    struct cmd_pending *p = pending_new(ctx, acc, NULL, "making new keys");
    p->title = xasprintf("Keys of %s", account_title(acc));
    p->may_be_empty = true;
    return pending_started(p, core_reset_keys(ctx->env->core, acc, pending_done, p, e));
}

/* What was made for keys that did not come: else its name could not be given again. */
static void drop_empty(const char *path)
{
    struct stat st;
    if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0)
        (void)unlink(path);
}

static void on_keys(void *pending, const struct err *e)
{
    const struct cmd_pending *p = pending;
    if (e && e->code < 0 && p->text)
        drop_empty(p->text);
    pending_done(pending, e);
}

/* To be read from; of a pipe nobody may ever write the other end. */
static int keys_file(const char *path, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat st;
    if (fd < 0)
        return err_errno(e, "cannot read %s", path);
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        return fd;
    close(fd);
    return err_set(e, KITH_EINVAL, "cannot read %s: it is not a file with keys", path);
}

static int run_keys(struct cmd_ctx *ctx, const struct cmd_args *a, struct err *e)
{
    if (!a->argv[0])
        return ask_devices(ctx, true, DO_LIST, NULL, "Your devices", e);
    if (strcmp(a->argv[0], "reset") == 0)
        return reset_keys(ctx, a, e);
    bool import = strcmp(a->argv[0], "import") == 0;
    struct account *acc = account_of(ctx, e);
    if (!acc)
        return KITH_ENOTFOUND;
    if (!a->argv[1])
        return err_set(e, KITH_EINVAL, "which file?");
    int fd = import ? keys_file(a->argv[1], e) : new_file(a->argv[1], e);
    if (fd < 0)
        return fd;
    struct cmd_pending *p = pending_new(ctx, acc, NULL, import ? "reading keys" : "writing keys");
    if (!import)
        p->text = xstrdup(a->argv[1]);
    p->title = xasprintf("Keys of %s", account_title(acc));
    p->may_be_empty = true;
    int rc = pending_started(p, core_keys(ctx->env->core, acc, import, fd, on_keys, p, e));
    close(fd);
    if (rc < 0 && !import)
        drop_empty(a->argv[1]);
    return rc;
}

static int encrypt_fits(const struct cmd_ctx *ctx, const struct message *m UNUSED, struct err *e)
{
    const struct account *a = ctx->chat ? ctx->chat->account : ctx->account;
    return a && !(a->groups & ACCOUNT_HAS_ENCRYPTION) ? err_set(e, KITH_EUNSUP, "nothing is encrypted from end to end here") : 0;
}

const struct cmd cmds_encrypt[] = {
    {.name = "encrypt",
     .aliases = "omemo",
     .group = "Encryption",
     .summary = "Shows who can read this chat; switches its encryption on or off.",
     .flags = "-sure",
     .args = {{ARG_CHOICE, "what", true, "on|off|hold|send-anyway"}},
     .details = "Alone: the people and devices that will and will not be able to read what you write, with what can be done about "
                "each. Once a chat is encrypted, nothing leaves it in the clear until you say off and yes; -sure leaves the "
                "question out. With hold, what you write waits when somebody of whom you verified a device has a new one, until you "
                "decide about that; with send-anyway it leaves at once, and the new device reads it though nobody compared its "
                "key. Each chat has its own; new ones hold.",
     .needs = CMD_NEEDS_CHAT,
     .fits = encrypt_fits,
     .run = run_encrypt},
    {.name = "devices",
     .group = "Encryption",
     .summary = "Lists the devices of this chat with their keys; takes an old one out of your account.",
     .flags = "-own -sure",
     .args = {{ARG_CHOICE, "what", true, "remove"}, {ARG_WORD, "device", true, NULL}},
     .details = "With -own, and where there is no chat: those of your account. Removing takes a device of yours that you have no more "
                "out of your lists, and its keys off the server: others would encrypt for it for ever. One that is in use puts "
                "itself back. With -sure nothing is asked.",
     .fits = encrypt_fits,
     .run = run_devices},
    {.name = "verify",
     .group = "Encryption",
     .summary = "Compares the key of a device, and marks it as verified.",
     .flags = "-sure -qr -key=fingerprint",
     .args = {{ARG_WORD, "device", true, NULL}},
     .details = "Shows the key in groups to be compared by another way than this chat, a call or face to face, and asks whether it is "
                "the same. -qr shows it as a QR code for the camera of another device, -sure marks it without asking; with -key only if "
                "that is the key which it shows, blanks left out. A device is "
                "named by its number, or address/number, or by a link that another program shows (xmpp:address?omemo-sid-...): what "
                "matches is verified, what does not is said. Alone: the devices of this chat. As soon as one device of a person is "
                "verified, new ones of theirs hold what you write until you decide.",
     .fits = encrypt_fits,
     .run = run_verify},
    {.name = "trust",
     .group = "Encryption",
     .summary = "Lets a device read without comparing its key.",
     .args = {{ARG_WORD, "device", false, NULL}},
     .details = "What waited for the decision leaves at once.",
     .fits = encrypt_fits,
     .run = run_trust},
    {.name = "distrust",
     .group = "Encryption",
     .summary = "Leaves a device out: nothing is encrypted for it any more.",
     .args = {{ARG_WORD, "device", false, NULL}},
     .fits = encrypt_fits,
     .run = run_distrust},
    {.name = "keys",
     .group = "Encryption",
     .summary = "Shows the keys of your devices; writes this one's to a file, reads them from one, or makes new ones.",
     .flags = "-sure",
     .args = {{ARG_CHOICE, "what", true, "export|import|reset"}, {ARG_FILE, "file", true, NULL}},
     .details = "The file is encrypted with a passphrase, for which you are asked. Whoever has both can read as this device does; two "
                "programs cannot use the same keys. a reset gives this device a new identity, after a question (-sure: without): "
                "others have to compare its fingerprint again, and what was sent to it and not read yet is lost; the history, and "
                "what you decided about others, stay.",
     .fits = encrypt_fits,
     .run = run_keys},
    {.name = NULL},
};
