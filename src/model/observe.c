/* model/observe.c - who is told about changes; observers may come and go while they are told */
#include <string.h>

#include "base/mem.h"
#include "model/model.h"
#include "model/private.h"

struct model_observer {
    model_fn *fn; /* NULL: gone, squeezed out when nobody is being told */
    void *user;
};

static void squeeze(struct model *m)
{
    size_t kept = 0;
    for (size_t i = 0; i < m->n_observers; i++) {
        if (m->observers[i].fn)
            m->observers[kept++] = m->observers[i];
    }
    m->n_observers = kept;
    m->observers_gone = false;
}

void model_observe(struct model *m, model_fn *fn, void *user)
{
    struct model_observer o = {fn, user};
    VEC_PUSH(m->observers, m->n_observers, m->cap_observers, o);
}

void model_unobserve(struct model *m, model_fn *fn, void *user)
{
    for (size_t i = 0; i < m->n_observers; i++) {
        if (m->observers[i].fn == fn && m->observers[i].user == user) {
            m->observers[i].fn = NULL;
            m->observers_gone = true;
            break;
        }
    }
    if (m->observers_gone && m->emitting == 0)
        squeeze(m);
}

void model_emit(struct model *m, const struct model_event *ev)
{
    /* Those added while we tell the others start with the next event. */
    size_t n = m->n_observers;
    m->emitting++;
    for (size_t i = 0; i < n; i++) {
        struct model_observer o = m->observers[i];
        if (o.fn)
            o.fn(o.user, ev);
    }
    m->emitting--;
    if (m->emitting == 0 && m->observers_gone)
        squeeze(m);
}

void model_notice(struct model *m, struct account *a, struct chat *c, enum kith_level level,
                  const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    model_emit(m, &(struct model_event){.type = MODEL_NOTICE,
                                        .account = a ? a : (c ? c->account : NULL),
                                        .chat = c,
                                        .text = text,
                                        .level = level});
    free(text);
}
