/* core/watch.c - is an account process alive? Stopped, stuck and silent ones are killed; none can
 * hold kith up */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "core/private.h"

enum {
    HELLO_MS = 15000,   /* to load its backend */
    PONG_MS = 10000,    /* to answer when it should be free */
    STOPPED_MS = 5000,  /* stopped by a signal: somebody may let it go on */
    LEAVE_MS = 2800,    /* to say good-bye */
    SILENT_MS = 300000, /* not a word for so long: ask when we are awake anyway */
    ACTIVE_MS = 10000,  /* the same while the user is there, who would wait for it in vain */
    SLACK_MS = 2000     /* on top of what a phase announced */
};

/* When the process counts as stuck, and why; INT64_MAX: nothing is awaited from it. */
static int64_t due(const struct link *l, const char **why)
{
    int64_t at = INT64_MAX;
    *why = NULL;
    if (l->state == LINK_LEAVING) {
        *why = "did not leave when asked";
        return l->leaving_at + LEAVE_MS;
    }
    if (l->stopped) {
        *why = "was stopped, and nobody let it go on";
        return l->stopped_at + STOPPED_MS;
    }
    if (l->state == LINK_STARTING) {
        *why = "did not get ready";
        return l->started_at + HELLO_MS;
    }
    if (l->phase_ms > 0) {
        *why = "got stuck while connecting";
        at = l->heard_at + l->phase_ms + SLACK_MS;
    }
    if (l->asked_at && l->phase_ms == 0) {
        *why = "does not answer";
        at = MAX(l->asked_at, l->heard_at) + PONG_MS;
    }
    return at;
}

void watch_kill(struct link *l, const char *why)
{
    l->killed_for = why;
    link_lost(l->ca);
}

static void on_watch(void *user)
{
    struct link *l = user;
    const char *why = NULL;
    l->watch = NULL;
    if (l->io.fd < 0)
        return;
    if (due(l, &why) <= clock_mono_ms())
        watch_kill(l, why);
    else
        watch_arm(l);
}

void watch_arm(struct link *l)
{
    const char *why;
    int64_t at = due(l, &why);
    if (l->watch && l->watch_at <= at)
        return; /* it looks again when that timer is up */
    loop_timer_del(l->watch);
    l->watch = NULL;
    l->watch_at = at;
    if (at == INT64_MAX)
        return;
    l->watch = loop_timer_add(l->ca->core->loop, MAX(at - clock_mono_ms(), 0) + 1, on_watch, l);
}

void watch_heard(struct link *l)
{
    l->heard_at = loop_now(l->ca->core->loop);
}

void watch_ask(struct link *l)
{
    if (l->asked_at)
        return;
    static const struct buf nothing = {0};
    link_send(l->ca, WIRE_PING, &nothing, -1);
    l->asked_at = clock_mono_ms();
    watch_arm(l);
}

static void ask_after(struct link *l, int64_t ms)
{
    if (l->state == LINK_UP && !l->asked_at && l->phase_ms == 0 &&
        loop_now(l->ca->core->loop) - l->heard_at > ms)
        watch_ask(l);
}

void watch_if_silent(struct link *l)
{
    ask_after(l, SILENT_MS);
}

void core_user_active(struct core *c)
{
    c->user_at = clock_mono_ms();
    c->key_came = true;
    for (size_t i = 0; i < c->model->n_accounts; i++)
        if (c->model->accounts[i]->core)
            ask_after(&c->model->accounts[i]->core->link, ACTIVE_MS);
}

/* ---- children ---- */

static void look_at(struct core_account *ca)
{
    struct link *l = &ca->link;
    int status = 0;
    if (l->pid <= 0)
        return;
    pid_t r = waitpid(l->pid, &status, WNOHANG | WUNTRACED | WCONTINUED);
    if (r != l->pid)
        return;
    if (WIFSTOPPED(status)) {
        l->stopped = true;
        l->stopped_at = clock_mono_ms();
        watch_arm(l);
    } else if (WIFCONTINUED(status)) {
        l->stopped = false;
        l->heard_at = clock_mono_ms();
    } else {
        l->exit_status =
            status; /* what it said last is read first; then comes the end of the socket */
        link_reaped(ca);
    }
}

void core_adopt_child(struct core *c, pid_t pid)
{
    VEC_PUSH(c->dying, c->n_dying, c->cap_dying, pid);
}

void watch_children(void *user, int signo)
{
    struct core *c = user;
    for (size_t i = 0; i < c->model->n_accounts; i++) {
        if (c->model->accounts[i]->core)
            look_at(c->model->accounts[i]->core);
    }
    for (size_t i = c->n_dying; i-- > 0;) {
        pid_t pid = c->dying[i];
        if (waitpid(pid, NULL, WNOHANG) == 0)
            continue;
        gather_reaped(c, pid);
        VEC_DEL(c->dying, c->n_dying, i);
    }
}
