/* unit/cmd/fixture.h - a small world for commands: two accounts, some people, a room, a screen that
 * writes down */
#ifndef UNIT_CMD_FIXTURE_H
#define UNIT_CMD_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/path.h"
#include "cmd/cmd.h"
#include "fake_core.h"

struct world {
    char dir[64];
    struct core core;
    struct cmd_env env;
    struct cmd_ctx ctx;
    struct account *home, *local;
    struct chat *bob, *room;
    struct buf seen; /* what the screen was told */
    char *quit;
};

static void see(void *v, const char *what, const char *text)
{
    struct world *w = v;
    buf_addf(&w->seen, "%s%s%s\n", what, text ? " " : "", text ? text : "");
}
static void view_show(void *v, struct chat *c)
{
    see(v, "show", c->address);
}
static void view_window(void *v, enum cmd_move how)
{
    see(v, "window", how == MOVE_ACTIVE ? "active" : how == MOVE_NEXT ? "next" : "other");
}
static void view_scroll(void *v, enum cmd_move how)
{
    see(v, "scroll", how == MOVE_TOP ? "top" : "other");
}
static void view_toggle(void *v, const char *what)
{
    see(v, "toggle", what);
}
static void view_panel(void *v, const char *panel, const char *arg)
{
    see(v, "panel", panel);
}
static void view_say(void *v, enum kith_level level, const char *text)
{
    see(v, level == KITH_ERROR ? "ERROR" : level == KITH_WARN ? "WARN" : "say", text);
}
static void view_page(void *v, const char *title, const char *text)
{
    see(v, "page", title);
    see(v, "", text);
}
static void view_edit(void *v, const char *action, const char *arg)
{
    see(v, "edit", action);
}
static void view_popup(void *v, const char *action)
{
    see(v, "popup", action);
}
static void view_input(void *v, const char *text)
{
    see(v, "input", text);
}
static struct chat *view_chat(void *v)
{
    const struct world *w = v;
    return w->ctx.chat;
}
static void view_redraw(void *v)
{
    see(v, "redraw", NULL);
}
static void view_clear(void *v)
{
    see(v, "clear", NULL);
}
static void view_scroll_to(void *v, int64_t message)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)message);
    see(v, "scroll-to", text);
}
static void view_jump(void *v, int64_t message, const char *ref)
{
    char text[64];
    snprintf(text, sizeof text, "%lld %s", (long long)message, ref ? ref : "-");
    see(v, "jump", text);
}
static void view_clipboard(void *v, const char *text)
{
    see(v, "clip", text);
}
static const char *view_env(void *v, const char *name)
{
    return strcmp(name, "SSH_CONNECTION") == 0 ? "1.2.3.4" : NULL;
}
static void view_confirm(void *v, const char *question, const char *command)
{
    see(v, "confirm", question);
    see(v, "then", command);
}
static void view_prompt(void *v, const char *question, const char *command)
{
    see(v, "prompt", question);
    see(v, "then", command);
}

static const struct cmd_view_ops view_ops = {
    .show_chat = view_show,
    .window = view_window,
    .scroll = view_scroll,
    .toggle = view_toggle,
    .open_panel = view_panel,
    .say = view_say,
    .page = view_page,
    .edit = view_edit,
    .popup = view_popup,
    .set_input = view_input,
    .current_chat = view_chat,
    .redraw = view_redraw,
    .clear = view_clear,
    .scroll_to = view_scroll_to,
    .jump = view_jump,
    .clipboard = view_clipboard,
    .get_env = view_env,
    .confirm = view_confirm,
    .prompt = view_prompt,
};

static void world_quit(void *user, const char *reason)
{
    struct world *w = user;
    str_set(&w->quit, reason ? reason : "");
}

static struct message *add_message(struct chat *c, int64_t id, const char *sender, const char *body,
                                   uint32_t flags)
{
    struct message *m = message_new();
    m->id = id;
    m->time = m->sort = 1700000000000 + id * 1000;
    m->sender = xstrdup(sender);
    m->sender_name = xstrdup(sender);
    m->body = xstrdup(body);
    m->flags = flags;
    m->delivery = flags & KITH_MSG_OUTGOING ? DELIVERY_STORED : DELIVERY_NONE;
    chat_insert_message(c, m);
    return m;
}

static int world_new(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);
    str_copy(w->dir, sizeof w->dir, "/tmp/kith-test-XXXXXX");
    if (!mkdtemp(w->dir))
        return -1;
    path_set_root(w->dir);
    setenv("XDG_CONFIG_DIRS", w->dir, 1);
    w->env.model = w->core.model = model_new();
    w->env.core = &w->core;
    w->env.config = config_new();
    (void)config_load(w->env.config);
    w->env.keymap = keymap_new(w->env.config);
    keymap_set_check(w->env.keymap, cmd_check);
    w->env.quit = world_quit;
    w->env.quit_user = w;
    w->home = model_add_account(w->env.model, 1, "home", "xmpp");
    w->home->address = xstrdup("alice@example.org");
    w->home->state = KITH_STATE_ONLINE;
    w->home->caps = KITH_CAP_EDIT | KITH_CAP_RETRACT | KITH_CAP_REACT | KITH_CAP_ROOMS |
                    KITH_CAP_REPLY;
    w->home->groups = ACCOUNT_HAS_ROOMS;
    w->local = model_add_account(w->env.model, 2, "local", "local");
    w->local->address = xstrdup("alice");
    (void)account_put_contact(w->home, "bob@example.org", "Bob Builder", NULL, 0, 0);
    (void)account_put_contact(w->home, "carol@example.org", "Carol", NULL, 0, 0);
    (void)account_put_contact(w->home, "carl@example.net", NULL, NULL, 0, 0);
    w->bob = account_add_chat(w->home, 11, "bob@example.org", KITH_CHAT_DIRECT);
    w->bob->open = true;
    w->bob->number = 1;
    w->bob->loaded = w->bob->at_end = true;
    w->room = account_add_chat(w->home, 12, "dev@rooms.example.org", KITH_CHAT_ROOM);
    w->room->nick = xstrdup("alice");
    w->room->number = 2;
    w->room->loaded = w->room->at_end = true;
    (void)chat_put_member(w->room, &(struct member){.nick = (char[]){"frank"}, .spoke = 5});
    (void)chat_put_member(w->room, &(struct member){.nick = (char[]){"fred o'x"}, .spoke = 9});
    (void)add_message(w->bob, 100, "bob@example.org", "look at https://example.org/r/1423.", 0);
    (void)add_message(w->bob, 101, "alice@example.org", "nice", KITH_MSG_OUTGOING);
    w->ctx = (struct cmd_ctx){
        .env = &w->env, .view = &view_ops, .view_data = w, .chat = w->bob, .account = w->home};
    *state = w;
    return 0;
}

/* A history on disk with what bob's chat holds; its messages get new ids. The test closes it. */
UNUSED static void open_store(struct world *w)
{
    char *path = path_join(w->dir, "history.db");
    struct store_account sa = {0};
    assert_int_equal(store_open(&w->core.store, path, NULL), 0);
    free(path);
    (void)store_account(w->core.store, "home", "xmpp", &sa);
    w->home->id = sa.id;
    store_account_clear(&sa);
    w->bob->id = store_new_chat(w->core.store, w->home, "bob@example.org", KITH_CHAT_DIRECT);
    for (size_t i = 0; i < w->bob->n_messages; i++) {
        int64_t same;
        w->bob->messages[i]->id = store_new_id(w->core.store);
        assert_int_equal(store_add_message(w->core.store, w->bob->messages[i], &same), 1);
    }
    assert_int_equal(store_commit(w->core.store, true, NULL), 1);
}

/* A line as it is typed; what was seen and asked of the core before is forgotten. */
UNUSED static int entered(struct world *w, const char *line, struct err *e)
{
    *e = (struct err){0};
    buf_clear(&w->seen);
    buf_clear(&w->core.calls);
    return cmd_input(&w->ctx, line, e);
}

UNUSED static void asks(struct world *w, const char *line, const char *call)
{
    struct err e;
    if (entered(w, line, &e) < 0)
        fail_msg("%s: %s", line, e.text);
    assert_string_equal(buf_str(&w->core.calls), call);
}

static int world_free(void **state)
{
    struct world *w = *state;
    cmd_env_clear(&w->env);
    keymap_free(w->env.keymap);
    config_free(w->env.config);
    model_free(w->env.model);
    buf_free(&w->seen);
    buf_free(&w->core.calls);
    free(w->quit);
    pid_t pid = fork();
    if (pid == 0) {
        execlp("rm", "rm", "-rf", w->dir, (char *)NULL);
        _exit(1);
    }
    while (waitpid(pid, NULL, 0) < 0)
        ;
    path_set_root(NULL);
    free(w);
    return 0;
}

#endif
