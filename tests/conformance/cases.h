/* tests/conformance/cases.h - the stage of a case: our account, the other user, and how to wait for them */
#ifndef CONFORMANCE_CASES_H
#define CONFORMANCE_CASES_H

#include "conformance/driver.h"

extern const struct driver *d; /* the one under test */
extern struct rec_host *h;     /* we */
extern struct hand they;       /* the other user, while a case needs them */

int wait_for(size_t from, const char *words); /* for an event of ours; -1 and a report when it does not come */
void go_online(void);
/* Waits for a line of theirs while our loop goes on. */
int they_see(struct hand *p, const char *words);
int they_see_from(struct hand *p, size_t from, const char *words);
void meet(void); /* they come online, and as far as the protocol tells both know of each other */
void part(struct hand *p);
int send_text(const char *chat, const char *id, const char *body, uint32_t flags, const char *target);
bool can(uint32_t cap); /* KITH_CAP_*: what this connection can do now */

void rooms(void **state); /* cases_rooms.c */
void rooms_named(void **state);
void rooms_removed(void **state);
void rooms_whisper(void **state);
void rooms_missed(void **state);
void rooms_keep(void **state);
void edits(void **state); /* cases_change.c */
void changes(void **state);
void replies(void **state);
void looks(void **state);
void files_out(void **state); /* cases_files.c */
void files_in(void **state);
void files_refused(void **state);

#endif
