/* main/notices.c - a notice for an alert: on the desktop and by notify.command, as far as notify.* allows */
#include "main/notices.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/spawn.h"

static void key_of(const struct chat *chat, char key[32])
{
    (void)snprintf(key, 32, "%lld", (long long)chat->id);
}

static const char *sender_of(const struct core_alert *alert)
{
    const struct message *m = alert->message;

    if (m == NULL)
        return alert->title;
    return m->sender_name != NULL ? m->sender_name : m->sender != NULL ? m->sender : alert->title;
}

/* What others wrote goes by the environment, never by the command line (SECURITY.md 5). */
static void run_command(struct core *core, const char *line, const struct core_alert *alert)
{
    struct err e = {0};
    char **words = spawn_words(line, &e);
    char *chat = xasprintf("KITH_CHAT=%s", alert->chat->address);
    char *sender = xasprintf("KITH_SENDER=%s", sender_of(alert));
    char *text = xasprintf("KITH_TEXT=%s", alert->text != NULL ? alert->text : "");
    const char *env[] = {chat, sender, text, NULL};

    if (words != NULL && words[0] != NULL) {
        struct spawn s = {.path = words[0], .argv = (const char *const *)words, .env = env, .fd_stdin = -1,
                          .fd_stdout = -1, .fd_stderr = -1, .new_session = true};
        pid_t pid = spawn_start(&s, &e);

        if (pid > 0)
            core_adopt_child(core, pid);
    }
    if (e.code < 0)
        log_warn("notify.command: %s", e.text);
    spawn_words_free(words);
    free(chat);
    free(sender);
    free(text);
}

void notices_show(struct notify *notify, struct core *core, const struct core_alert *alert)
{
    const struct config *c = core_config(core);
    const char *command = config_str(c, "notify.command");
    char key[32];

    if (!alert->desktop)
        return;
    key_of(alert->chat, key);
    if (core_sink(c, SINK_DESKTOP, !str_empty(getenv("SSH_CONNECTION")), NULL))
        notify_show(notify, key, alert->title, alert->words, 1);
    if (core_sink(c, SINK_COMMAND, false, NULL))
        run_command(core, command, alert);
}

void notices_close(struct notify *notify, const struct chat *chat)
{
    char key[32];

    key_of(chat, key);
    notify_close(notify, key);
}
