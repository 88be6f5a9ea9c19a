/* main/server.h - the engine's socket: views attach and control clients ask through it */
#ifndef MAIN_SERVER_H
#define MAIN_SERVER_H

#include "base/base.h"
#include "base/err.h"
#include "cmd/cmd.h"
#include "ui/ui.h"

struct server;
struct server_params {
    struct loop *loop;
    struct cmd_env *env;
    struct ui *ui;
    void (*views_changed)(void *user, size_t views); /* the number of attached views */
    void *user;
};
/* Listens on path; negative and a sentence when that fails or another engine does. */
struct server *server_new(const struct server_params *p, const char *path, struct err *e);
/* Serves a client that is connected already (the view that started the engine). fd is taken over. */
void server_adopt(struct server *s, int fd);
/* Says goodbye to every view (a sentence, an exit code) and closes. */
void server_free(struct server *s, int code, const char *sentence);

/* Tells the view on fd (taken over) that this engine cannot serve it, and waits until that has been sent. */
void server_refuse(int fd, int code, const char *sentence);

#endif
