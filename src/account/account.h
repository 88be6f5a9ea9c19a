/* account/account.h - one running account: what the parts of kith-account share */
#ifndef ACCOUNT_ACCOUNT_H
#define ACCOUNT_ACCOUNT_H

#include "base/arena.h"
#include "base/base.h"
#include "base/err.h"
#include "base/frame.h"
#include "base/loop.h"
#include "kith/plugin.h"
#include "wire/wire.h"

#define ACCOUNT_WIRE_FD 3
#define ACCOUNT_FULL                                                                               \
    (256u << 10) /* more than this waits for the engine: reading from the network stops */
#define ACCOUNT_DRAINED (64u << 10)
#define ACCOUNT_BYE_MS 2000 /* how long a polite end may take */

struct handles; /* handles.h: descriptors and timers of the plugin */
struct helper;  /* helper.h: the process that looks up names and runs password commands */
struct secrets; /* secret.h */
struct state;   /* state.h */
struct targets; /* targets.h */
struct trust;   /* trust.h */
struct watch;   /* watch.h */

struct kith_account {
    struct loop *loop;
    struct frame_io wire;
    struct loop_io *wire_io;
    bool wire_gone;        /* the engine hung up */
    struct arena open_mem; /* holds open */
    struct wire_open open;
    struct arena op_mem; /* of the operation being handled */
    struct buf scratch;  /* of the event being encoded */
    const struct kith_plugin *plugin;
    const struct kith_protocol *proto;
    const struct kith_host *host;
    struct kith_session *session;
    char *refusal; /* the last error that the plugin logged before it had a session */
    uint64_t number;     /* of the newest event */
    uint32_t state;      /* enum kith_state, as last emitted */
    int64_t deadline_ms; /* of that state */
    char *state_text;    /* its words, or NULL */
    bool congested;
    bool quitting;
    struct loop_timer *bye; /* runs out when a polite end takes too long */
    struct handles *handles;
    struct helper *helper;
    struct secrets *secrets;
    struct state *store; /* NULL: nothing can be kept */
    struct loop_timer *scrub; /* what was kept there and is no more is overwritten */
    int lock_fd;         /* while open no other process runs this account; < 0: not locked */
    struct trust *trust;
    struct targets *targets; /* targets.h */
    struct watch *watch;
    struct kith_stream *streams; /* all open ones */
};

/* Takes over the connected descriptor to the engine. */
struct kith_account *account_new(struct loop *loop, int wire_fd);
void account_free(struct kith_account *a);
/* The option's value, or NULL. Borrowed until account_free. Plugins never see secret ones. */
const char *account_option(const struct kith_account *a, const char *key);
/* Number of the event, or 0 when it was invalid (logged). Flushed at the end of the turn. */
uint64_t account_emit(struct kith_account *a, const struct kith_event *ev);
/* The user is asked something: however long that takes, this process is not stuck. */
void account_no_deadline(struct kith_account *a);
void account_log(struct kith_account *a, enum kith_level level, const char *fmt, ...) PRINTF(3, 4);
void account_notice(struct kith_account *a, enum kith_level level, const char *fmt, ...)
    PRINTF(3, 4);
/* Says that the connection is off, and why; with KITH_RETRY_NOW the engine connects at once. */
void account_offline(struct kith_account *a, int err, enum kith_retry retry, const char *text);

/* serve.c - the engine's side of the process */
void serve_start(struct kith_account *a);
void serve_send(struct kith_account *a, enum wire_kind kind, const struct buf *payload);
void serve_flush_soon(struct kith_account *a);
void serve_flush(struct kith_account *a);
void serve_hello(struct kith_account *a, const struct err *e); /* e != NULL: could not start */
/* Leaves politely: disconnect, wait for OFFLINE, end the loop. */
void serve_bye(struct kith_account *a, enum kith_reason reason);
void serve_state_changed(struct kith_account *a);

/* ops.c - calls the plugin's function for one operation. *fd is taken when set to -1. */
int ops_run(struct kith_account *a, const struct wire_op *op, int *fd);

/* host.c - the services given to the plugin. One account per process: a is remembered for those of
 * them that have no account argument. NULL forgets it. */
const struct kith_host *host_table(struct kith_account *a);

/* options.c - options that the host itself reads, for protocols that have use for them */
const struct kith_option *host_options(size_t *n);
/* The plugin's own table and the host's: owned array in the arena. */
const struct kith_option *options_all(const struct kith_protocol *p, struct arena *mem, size_t *n);
bool options_secret(const struct kith_protocol *p, const char *key);
bool options_of_sub(const struct kith_protocol *p, const char *key); /* KITH_OPT_SUB */

#endif
