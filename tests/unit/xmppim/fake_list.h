/* unit/xmppim/fake_list.h - lines of text that a test looks through one by one */
#ifndef FAKE_LIST_H
#define FAKE_LIST_H

#include "fake_x.h"

struct list {
    char **s;
    size_t n, cap, at;
};

void fake_list_add(struct list *l, char *s); /* takes over */
void fake_list_free(struct list *l);
/* The next line has these parts (see expect_event); fails the test at file:line when not. */
void fake_check(struct list *l, const char *what, const char *file, int line, va_list ap);
void fake_need(struct list *l, const char *what, const char *file, int line);
void fake_none(const struct list *l, const char *what, const char *file, int line);

#endif
