/* backends/irc/lag.c - how the connection does: a PING a minute, silence that is the end, what waits; the host is told
 *
 * Lag is measured by that PING and by every message of ours that the server answers. A PING that is not answered shows as
 * lag that grows. Any line of the server is a sign of life; only silence ends the connection.
 */
#include "backends/irc/ledger.h"

enum {
    BAD_MS = 5000,        /* so long without a PONG is told of */
    STEP_MS = 30000,      /* and then at least so often, how long it is by now */
    NOTICEABLE_MS = 50,
    WAKE_MS = 10000       /* after a wake the other side must say something */
};

void irc_lag_reset(struct irc *i)
{
    i->lag_ms = i->told_lag_ms = -1;
    i->lag_at = i->lag_seen_ms = 0;
    i->told_waiting = 0;
}

void irc_tell_link(struct irc *i)
{
    int64_t wait = 0, change = i->lag_ms > i->told_lag_ms ? i->lag_ms - i->told_lag_ms : i->told_lag_ms - i->lag_ms;
    size_t waiting = irc_queue_held(i, &wait);
    bool lag = i->lag_ms >= 0 && (i->told_lag_ms < 0 || change > MAX(NOTICEABLE_MS, i->told_lag_ms / 4));
    if (i->phase != IRC_ONLINE || i->ending || (waiting == i->told_waiting && !lag))
        return;
    i->told_waiting = waiting;
    i->told_lag_ms = i->lag_ms;
    struct kith_ev_link ev = {.ev = {sizeof ev, KITH_EV_LINK, 0, 0},
                              .waiting = (uint32_t)waiting,
                              .wait_ms = wait,
                              .lag_ms = i->lag_ms};
    irc_emit(i, &ev.ev);
}

void irc_lag_measured(struct irc *i, int64_t since_ms)
{
    if (!since_ms || i->phase != IRC_ONLINE)
        return;
    i->lag_ms = MAX(0, irc_mono(i) - since_ms);
    i->lag_seen_ms = irc_mono(i);
    irc_tell_link(i);
}

void irc_lag_pong(struct irc *i)
{
    int64_t at = i->lag_at;
    i->lag_at = 0;
    irc_lag_measured(i, at);
    if (at)
        irc_timer(i, TIMER_LAG, IRC_LAG_MS);
}

static void ask(struct irc *i, int64_t now)
{
    i->lag_at = i->lag_at ? i->lag_at : now;
    irc_say(i, PRIO_NOW, "PING", "kith-lag", NULL);
}

/* When to look again: for the end of a long silence, for lag that grows, or for the next PING. */
static int64_t next_look(const struct irc *i, int64_t now)
{
    int64_t quiet = MAX(now - i->heard_ms, now - MAX(i->lag_seen_ms, i->online_ms)), owed = now - i->lag_at;
    int64_t step = owed < BAD_MS ? BAD_MS - owed : MIN(owed, STEP_MS);
    int64_t end = IRC_DEAD_MS - IRC_LAG_MS - (now - i->pinged_ms);
    if (!i->lag_at)
        return MAX(1000, IRC_LAG_MS - quiet);
    return i->pinged_ms ? MAX(1, MIN(step, end)) : step;
}

void irc_lag_tick(struct irc *i)
{
    int64_t now = irc_mono(i), silent = now - i->heard_ms;
    if (silent >= IRC_DEAD_MS || (i->pinged_ms && now - i->pinged_ms >= IRC_DEAD_MS - IRC_LAG_MS)) {
        irc_end(i, KITH_ENET, KITH_RETRY_NOW, 0, "%s said nothing for %d seconds.", i->server,
                (int)(silent / 1000));
        return;
    }
    bool old = !i->lag_at && now - MAX(i->lag_seen_ms, i->online_ms) >= IRC_LAG_MS;
    bool quiet = silent >= IRC_LAG_MS && !i->pinged_ms;
    if (quiet)
        i->pinged_ms = now;
    if (old || quiet)
        ask(i, now);
    if (i->lag_at && now - i->lag_at >= BAD_MS) {
        i->lag_ms = now - i->lag_at;
        irc_tell_link(i);
    }
    irc_timer(i, TIMER_LAG, next_look(i, now));
}

void irc_wake(struct irc *i)
{
    if (i->phase != IRC_ONLINE || i->ending)
        return;
    i->pinged_ms = irc_mono(i) - (IRC_DEAD_MS - IRC_LAG_MS) + WAKE_MS;
    ask(i, irc_mono(i));
    irc_timer(i, TIMER_LAG, WAKE_MS);
}
