/* unit/xmppim/fake_device.c - one device for a test that has several: what it does, as a table of functions */
#include "fake_inner.h"
#include "room_device.h"

static struct x *device_open(void (*sink)(void *user, const struct kith_event *ev), void *user)
{
    fake_sink = sink;
    fake_sink_user = user;
    return fake_open();
}

static void device_restart(struct x *x)
{
    fake_restart(&x);
}

static char *device_sent(struct x *x)
{
    char *text = fake_sent_text(x);
    if (!text)
        fake_forget(x);
    return text;
}

static void device_feed(struct x *x, const char *text)
{
    fake_feed(x, "%s", text);
}

static void device_answer(struct x *x, const char *part, const char *child, bool error)
{
    if (!fake_asking(x, part))
        return;
    if (error)
        fake_error(x, part, child);
    else
        fake_result(x, part, "%s", child);
}

static void device_later(struct x *x, int64_t ms)
{
    fake_time(x, x_host(x)->wall_ms() + ms);
    fake_timers(x);
}

static int device_join(struct x *x, const char *room, const char *nick)
{
    return muc_join(x, room, nick, NULL, 1);
}

static int device_read(struct x *x, const char *chat, const char *id)
{
    return im_mark_read(x, chat, NULL, id);
}

const struct room_device *fake_room_device(void)
{
    static const struct room_device table = {
        device_open, fake_close,     device_restart, fake_bind,   fake_drop,   device_sent, device_feed, device_answer,
        fake_committed, device_later, fake_synced,    device_join, im_send,     device_read};
    return &table;
}
