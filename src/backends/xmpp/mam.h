/* backends/xmpp/mam.h - questions to archives: what the files about them share (XEP-0313) */
#ifndef XMPP_MAM_H
#define XMPP_MAM_H

#include "backends/xmpp/feature.h"

enum mam_kind {
    CATCH_UP,
    SCOUT, /* looks how far back the first catch-up begins: pages backwards, their messages unread
            */
    SCROLL,
    CHECK,
    ROOM /* what was missed in a room: one page, the next one is a question of its own */
};
enum { MAM_PAGE = 100 }; /* messages of one page of the catch-up */

struct query { /* one question to an archive, page by page */
    enum mam_kind kind;
    char id[23];
    char *room; /* whose archive: the address of a room, NULL: our own */
    char *with, *after, *before; /* before "": the last page */
    int64_t start_ms, end_ms;
    unsigned max, pages, got;
    kith_req req;
    uint32_t flags; /* KITH_MSG_* of its messages */
    mam_check_fn *done;
    mam_page_fn *page; /* ROOM */
    void *user;
};
struct mam {
    struct map queries; /* id -> struct query */
    bool busy;          /* the catch-up runs, or will once disco has answered */
    char *from;         /* archive id up to which everything is here */
    int64_t from_ms;
    char *live;     /* newest archive id that came live during the catch-up */
    uint64_t last;  /* number of the last event of the catch-up; with pending: to be committed */
    bool pending;   /* the mark of the beginning is to be deleted then */
    bool scouted;   /* in this session */
    bool told;      /* that the own archive is read; in this session */
    bool gap;       /* the catch-up failed: the next one goes on where this one ended */
    int again;      /* timer of the next try */
    unsigned tries; /* in this session */
};

/* ---- mam.c ---- */
struct query *mam_query(enum mam_kind kind, unsigned max);
void mam_ask(struct x *x, struct query *q); /* its next page */
void mam_drop(struct x *x, struct query *q);
bool mam_catching_up(const struct mam *m);
void mam_free_query(void *query);
bool mam_message(struct x *x, xmpp_stanza_t *st);

/* ---- mam_sync.c: the catch-up of the account ---- */
void mam_scouted(struct x *x, struct query *q, xmpp_stanza_t *reply, bool more, const char *first);
void mam_caught_up(struct x *x, struct query *q, xmpp_stanza_t *reply, bool more, const char *last);

#endif
