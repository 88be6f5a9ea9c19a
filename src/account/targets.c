/* account/targets.c - which of a service's targets fail when they are spoken to: the next one is tried instead */
#include "account/targets.h"

#include <stdlib.h>
#include <string.h>

#include "account/dial.h"
#include "base/mem.h"

enum { FAILED_MAX = 16, NAME_MAX_LEN = 80 };

struct targets {
    char failed[FAILED_MAX][NAME_MAX_LEN]; /* "192.0.2.1:5222", in this round */
    size_t n_failed;
    char reached[NAME_MAX_LEN]; /* by the attempt that is under way; "" none */
    bool others;                /* there are some that did not fail yet */
};

struct targets *targets_new(void)
{
    return xcalloc(1, sizeof(struct targets));
}

void targets_free(struct targets *t)
{
    free(t);
}

static bool has_failed(const struct targets *t, const struct dns_address *a)
{
    char name[NAME_MAX_LEN];
    dial_name(a, name, sizeof name);
    for (size_t i = 0; i < t->n_failed; i++)
        if (strcmp(t->failed[i], name) == 0)
            return true;
    return false;
}

void targets_order(const struct targets *t, struct dns_address *list, size_t n)
{
    size_t good = 0;
    for (size_t i = 0; i < n; i++) {
        if (has_failed(t, &list[i]))
            continue;
        struct dns_address a = list[i];
        memmove(&list[good + 1], &list[good], (i - good) * sizeof a);
        list[good++] = a;
    }
}

void targets_reached(struct targets *t, const struct dns_address *list, size_t n, size_t which)
{
    char name[NAME_MAX_LEN];
    dial_name(&list[which], t->reached, sizeof t->reached);
    t->others = false;
    for (size_t i = 0; i < n; i++) {
        dial_name(&list[i], name, sizeof name);
        t->others |= strcmp(name, t->reached) != 0 && !has_failed(t, &list[i]);
    }
}

static void round_over(struct targets *t)
{
    t->n_failed = 0;
    t->reached[0] = '\0';
}

void targets_state(struct targets *t, struct kith_ev_state *ev)
{
    if (ev->state == KITH_STATE_AUTH || ev->state == KITH_STATE_SYNC ||
        ev->state == KITH_STATE_ONLINE)
        round_over(t); /* with this one can be spoken */
    if (ev->state != KITH_STATE_OFFLINE)
        return;
    bool at_target = t->reached[0] && ev->retry != KITH_RETRY_NEVER &&
                     (ev->err == KITH_ETLS || ev->err == KITH_ENET || ev->err == KITH_EPROTO);
    if (at_target && t->others && t->n_failed < FAILED_MAX) {
        str_copy(t->failed[t->n_failed++], NAME_MAX_LEN, t->reached);
        ev->retry = KITH_RETRY_NOW;
        ev->retry_ms = 0;
        t->reached[0] = '\0';
    } else {
        round_over(t);
    }
}
