/* tests/screen/script.h - a model, a view and keys in a few lines, and the comparison with golden
 * screens */
#ifndef TESTS_SCREEN_SCRIPT_H
#define TESTS_SCREEN_SCRIPT_H

#include "ui/view.h"

struct stage {
    char home[40]; /* of configuration and state: empty at first, gone at the end */
    struct cmd_env env;
    struct ui *ui;
    struct ui_view *v;
    int64_t next_id;
    int failures, screens;
    bool write; /* golden files are written anew */
    const char *dir;
};

/* Saturday 21 November 2026, h:m:s UTC; days back for earlier ones. */
int64_t at(int days_back, int h, int m);

/* KITH_GOLDEN=write makes all golden files anew. dir: where they lie. */
void stage_open(struct stage *s, const char *dir);
int stage_close(struct stage *s); /* exit code */

struct account *an_account(struct stage *s, const char *name, const char *protocol,
                           const char *address);
struct contact *a_contact(struct account *a, const char *address, const char *name,
                          const char *group, enum kith_show show, const char *status);
struct chat *a_chat(struct stage *s, struct account *a, const char *address,
                    enum kith_chat_kind kind, int number);
struct message *says(struct stage *s, struct chat *c, const char *who, int64_t when,
                     const char *text);
struct message *own(struct stage *s, struct chat *c, int64_t when, const char *text,
                    enum delivery d);
void a_member(struct chat *c, const char *nick, enum kith_show show, enum kith_role role);

/* The accounts, people and rooms of UX.md 4.3 (world.c); the room that is shown there. */
struct chat *the_room(struct stage *s);

/* A view of this size; the one before is closed. */
void look(struct stage *s, int w, int h, bool ascii);
void press(struct stage *s,
           const char *keys); /* "C-k a Enter": names of keys with spaces between */
void type(struct stage *s, const char *text);
/* Paints and compares with dir/NAME-WxH.txt (text, then attributes). */
void screen_is(struct stage *s, const char *name);
char *screen_text(struct stage *s); /* owned */
/* In cmocka's tests: this text is on the screen, or is not; this is in the input. */
void sees(struct stage *s, const char *what, bool yes);
void input_is(struct stage *s, const char *want);
/* Compares text with dir/NAME-WxH.txt, or writes it there. */
void golden_is(struct stage *s, const char *name, const char *text);
/* The four sizes, one after another, for what show(s) makes of each. */
void at_sizes(struct stage *s, const char *name, void (*show)(struct stage *s));
/* The same at the smallest size that shows anything but that it is too small, and at one below it. */
void at_tiny_sizes(struct stage *s, const char *name, void (*show)(struct stage *s));

#endif
