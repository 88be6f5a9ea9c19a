/* notify/desktop.c - notices on the desktop, through libnotify */
#include "notify/desktop.h"

#include <libnotify/notify.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "notify/notice.h"

enum { KEPT_MAX = 64 }; /* notices that can be replaced */

struct desktop {
    bool ready, markup;
    struct map shown; /* key -> NotifyNotification */
};

struct desktop *desktop_new(void)
{
    return xcalloc(1, sizeof(struct desktop));
}

static void drop(void *notice)
{
    g_object_unref(notice);
}

void desktop_free(struct desktop *d)
{
    map_free(&d->shown, drop);
    if (d->ready)
        notify_uninit();
    free(d);
}

/* The first notice connects to the bus and asks what its server can do. */
static int make_ready(struct desktop *d, struct err *e)
{
    if (d->ready)
        return 0;
    if (!notify_init("kith"))
        return err_set(e, -1, "There is no desktop to show notices on");
    d->ready = true;
    GList *caps = notify_get_server_caps();
    for (GList *c = caps; c; c = c->next)
        d->markup = d->markup || strcmp(c->data, "body-markup") == 0;
    g_list_free_full(caps, g_free);
    return 0;
}

/* What the bus has sent meanwhile (closed notices) must not pile up. */
static void forget_signals(void)
{
    for (int i = 0; i < 1000 && g_main_context_iteration(NULL, FALSE); i++)
        ;
}

static int failed(GError *error, struct err *e)
{
    err_set(e, -1, "The desktop did not take a notice: %s",
            error ? error->message : "no reason given");
    g_clear_error(&error);
    return -1;
}

static void forget_oldest(struct desktop *d)
{
    struct map_entry *first = map_next(&d->shown, NULL);
    if (d->shown.n >= KEPT_MAX && first)
        g_object_unref(map_del(&d->shown, first->key));
}

int desktop_show(struct desktop *d, const char *key, const char *title, const char *body,
                 int urgency, struct err *e)
{
    static const NotifyUrgency urgencies[] = {NOTIFY_URGENCY_LOW, NOTIFY_URGENCY_NORMAL,
                                              NOTIFY_URGENCY_CRITICAL};
    GError *error = NULL;
    if (make_ready(d, e) < 0)
        return -1;
    forget_signals();
    char *head = notice_text(title, false), *text = notice_text(body, d->markup);
    NotifyNotification *n = map_get(&d->shown, key);
    if (n) {
        notify_notification_update(n, head, text, NULL);
    } else {
        forget_oldest(d);
        n = notify_notification_new(head, text, NULL);
        notify_notification_set_category(n, "im.received");
        map_set(&d->shown, key, n);
    }
    notify_notification_set_urgency(n, urgencies[urgency < 0 || urgency > 2 ? 1 : urgency]);
    bool ok = notify_notification_show(n, &error);
    free(head);
    free(text);
    return ok ? 0 : failed(error, e);
}

int desktop_close(struct desktop *d, const char *key, struct err *e)
{
    GError *error = NULL;
    NotifyNotification *n = map_del(&d->shown, key);
    if (!n)
        return 0;
    bool ok = notify_notification_close(n, &error);
    g_object_unref(n);
    return ok ? 0 : failed(error, e);
}
