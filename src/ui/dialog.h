/* ui/dialog.h - a question in a box: certificates, subscriptions, secrets, forms, confirmations,
 * prompts */
#ifndef UI_DIALOG_H
#define UI_DIALOG_H

#include "ui/form.h"

enum dialog_kind { DIALOG_ASK, DIALOG_CONFIRM, DIALOG_PROMPT, DIALOG_CHOICE };
struct dialog { /* zero-initialised is closed and valid */
    bool open;
    enum dialog_kind kind;
    int64_t ask; /* ASK: its number in the model */
    char *title, *text, *command;
    int64_t chat, message; /* CONFIRM, PROMPT: what the command is about; 0 = nothing */
    struct form form;
    bool waits;    /* no Enter answers yet: another key must come first, and choose */
    char *problem; /* why it could not be accepted */
};
/* Without an answer to these there is no connection, or nothing goes on; the others can wait until the user turns to them. */
bool dialog_is_urgent(const struct ask *ask);
void dialog_open_ask(struct dialog *d, const struct ask *ask);
/* An Enter that was meant for something else must not answer: nothing is chosen until another key
 * comes. Questions about strangers (who asks to be a contact, invites, sends a file) begin so. */
void dialog_hold(struct dialog *d);
/* Every key but Enter and Esc comes here first. True when it only chose the first answer of a
 * dialog that waited, and is used up. */
bool dialog_wake(struct dialog *d);
void dialog_open_confirm(struct dialog *d, const char *question, const char *command);
void dialog_open_prompt(struct dialog *d, const char *question, const char *command);
/* Some ways to go on: the id of each button is the command line that it runs, "" for none. key: see form_button. */
void dialog_open_choice(struct dialog *d, const char *title, const char *text);
void dialog_open_qr(struct dialog *d, const char *title, const char *text); /* a text as a code to be scanned */
void dialog_add_choice(struct dialog *d, const char *label, const char *command, char key,
                       unsigned flags);
/* The button that this letter presses in a DIALOG_CHOICE; it has the focus then. */
bool dialog_key(struct dialog *d, const char *text, size_t len);
void dialog_close(struct dialog *d);
/* Enter: on a field it goes on to the next one or the default button. Returns the id of the button
 * that was pressed, or NULL while the dialog goes on. */
const char *dialog_accept(struct dialog *d);
/* It only tells something: one button, nothing to fill in. Esc is that button then, for there is no later. */
bool dialog_only_tells(const struct dialog *d);
bool dialog_can_cancel(const struct dialog *d); /* a question that has a button to end it */
const char *dialog_answer(const struct dialog *d); /* PROMPT: what was typed */
void dialog_repaint(struct dialog *d, const struct pane_env *env, struct rect all);

#endif
