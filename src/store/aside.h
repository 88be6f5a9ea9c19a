/* store/aside.h - what is said where the user wants nothing of it on the disk (/keep): in memory, until kith ends */
#ifndef STORE_ASIDE_H
#define STORE_ASIDE_H

#include "store/private.h"

/* m is not kept: its text and files as they are now. One that was withdrawn goes. */
void aside_put(struct store *s, const struct message *m);
/* The sender's whole set, to any message. */
void aside_react(struct store *s, const struct message *m, const char *sender, const char *const *texts, size_t n);
/* An earlier text, by the key of the edit that replaced it. */
void aside_add_version(struct store *s, const struct message *m, int64_t key, int64_t time, const char *body, const char *spans);
void aside_drop_version(struct store *s, int64_t message, int64_t key);
/* Sets both, which are owned, when it is known. */
void aside_version(const struct store *s, int64_t message, int64_t key, char **body, char **spans);
/* A message as it was read from its row gets what is known of it here. */
void aside_fill(const struct store *s, struct message *m);
void aside_drop(struct store *s, int64_t message);
void aside_drop_chat(struct store *s, int64_t chat);
void aside_free(struct store *s);

#endif
