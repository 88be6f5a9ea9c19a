/* base/log.h - the debug log; never holds secrets, and message text only when asked to */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/base.h"

enum log_level { LOG_DEBUG = 0, LOG_INFO = 1, LOG_WARN = 2, LOG_ERROR = 3 };

/* To a file descriptor (kept, not closed), prefixed by time, pid and name. fd -1 switches off. */
void log_open(int fd, const char *name, enum log_level least);
void log_at(enum log_level level, const char *fmt, ...) PRINTF(2, 3);
#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)
#define log_info(...) log_at(LOG_INFO, __VA_ARGS__)
#define log_warn(...) log_at(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__)

/* A bug in kith: says where and aborts. */
void bug_at(const char *file, int line, const char *sentence) NORETURN;
#define BUG(sentence) bug_at(__FILE__, __LINE__, (sentence))
#define ENSURE(cond)                                                                               \
    do {                                                                                           \
        if (!(cond))                                                                               \
            BUG("broken: " #cond);                                                                 \
    } while (0)

#endif
