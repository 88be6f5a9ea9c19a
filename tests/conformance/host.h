/* tests/conformance/host.h - a host that records: runs one backend, keeps what it says, checks the
 * rules of plugin.h
 *
 * One at a time in a process (the plugin interface gives io and timers no account). Events become
 * lines "TYPE\tkey=value\tkey=value", with \t, \n and \\ escaped in values and absent strings left
 * out.
 */
#ifndef CONFORMANCE_HOST_H
#define CONFORMANCE_HOST_H

#include <stdio.h>

#include "base/base.h"
#include "base/loop.h"
#include "base/map.h"
#include "kith/plugin.h"

struct rec_event {
    uint32_t type;
    uint64_t number;
    kith_req req;
    char *line;
};

struct rec_host {
    struct loop *loop;
    const struct kith_plugin *plugin;
    const struct kith_protocol *proto;
    const struct kith_core_ops *core;
    struct kith_session *session; /* NULL: closed */
    struct map options;
    struct map state; /* key -> struct buf, and in state_dir when that is set */
    const char *state_dir;
    struct map before; /* since state_begin(): key -> struct buf with what it was, empty = it was not there */
    bool begun;
    struct rec_event *events;
    size_t n_events, cap_events;
    uint64_t number, committed;
    bool hold;   /* commit by hand only, with rec_commit */
    bool refuse; /* emit() refuses messages */
    bool congested;
    int64_t skew_ms; /* added to the wall clock */
    FILE *echo;      /* every line goes there too; NULL = nowhere */
    char **violations;
    size_t n_violations, cap_violations;
    struct rec_request {
        kith_req req;
        bool accepted, replied;
    } * requests;
    size_t n_requests, cap_requests;
    kith_req next_req;
    char **syncs; /* open brackets */
    size_t n_syncs, cap_syncs;
    struct map chats, asks, receipts;
    uint32_t state_now; /* latest KITH_EV_STATE */
    uint32_t caps_now;  /* and KITH_EV_CAPS */
    bool shut;          /* close() was called: any event is a violation */
    struct rec_io *ios;
    size_t n_ios, cap_ios;
    struct rec_timer *timers;
    size_t n_timers, cap_timers;
    bool commit_due;
};

/* Loads the .so (or calls entry when path is NULL) and its first protocol. Exits with a sentence
 * when it does not fit. */
struct rec_host *rec_new(const char *path, kith_plugin_fn *entry);
void rec_free(struct rec_host *h); /* closes the session, checks that nothing is left open */
void rec_option(struct rec_host *h, const char *key, const char *value);
void rec_open(struct rec_host *h);
void rec_close(struct rec_host *h); /* every open request is over with it */

/* A request number for an operation; rec_called tells what the operation returned. Returns rc. */
kith_req rec_request(struct rec_host *h);
int rec_called(struct rec_host *h, kith_req req, int rc);
void rec_commit(struct rec_host *h); /* tells the backend that all so far is on disk */

/* Runs the loop until an event at index >= from matches, at most ms. The index, or -1. words:
 * "TYPE" and then "key=value" parts that must all be in the line, separated by '|':
 * "MESSAGE|chat=#lobby|body=hello". */
int rec_wait(struct rec_host *h, size_t from, int ms, const char *words);
int rec_find(const struct rec_host *h, size_t from, const char *words);
size_t rec_count(const struct rec_host *h, size_t from, const char *words);
/* Owned value of a key in an event, or NULL. */
char *rec_value(const struct rec_host *h, int event, const char *key);
void rec_turn(struct rec_host *h, int ms); /* one turn of the loop */
void rec_settle(struct rec_host *h);       /* turns until nothing is due at once */
void rec_violation(struct rec_host *h, const char *fmt, ...) PRINTF(2, 3);
const struct kith_host *rec_table(void);

/* lines.c: an event as a line (owned). */
char *rec_line(const struct kith_event *ev);
size_t rec_event_size(uint32_t type); /* what .size must be; 0 = unknown type */
bool rec_matches(const char *line, const char *words);
/* rules.c: checks one event against the rules. */
void rec_check(struct rec_host *h, const struct kith_event *ev);
void rec_check_end(struct rec_host *h);

#endif
