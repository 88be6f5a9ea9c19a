/* ui/wizard.h - the first run: which account, trying it, and what was written (UX.md 4.12; its
 * page 1 folded into the first) */
#ifndef UI_WIZARD_H
#define UI_WIZARD_H

#include "ui/form.h"

struct wizard_option { /* an advanced field of the backend */
    char *key;
    char *fallback; /* what holds without it, or NULL */
};
enum wizard_page { WIZARD_ACCOUNT, WIZARD_SUMMARY };
struct wizard { /* zero-initialised is closed and valid */
    bool open;
    enum wizard_page page;
    struct form form;
    char *problem;  /* why it does not go on, or NULL */
    char *doing;    /* what is being tried: "logging in to example.org", or NULL */
    char *account;  /* the account that is being tried, or was made; NULL = none yet */
    int64_t ask;    /* its question that is open on the page, 0 = none */
    bool question;  /* that one is shown instead of the fields (a certificate) */
    bool asked;     /* that one is about the password: the field answers it */
    char *greeting; /* who is written to next, or NULL */
    struct wizard_option *options;
    size_t n_options, cap_options;
    char *invite; /* token of an invitation that was pasted, or NULL: a new account is made with it */
    bool keyring; /* there is one on this host: it may keep the password */
};
/* Programs of libsecret; the address follows, and store reads the password from standard input. */
#define WIZARD_KEYRING_LOOKUP "secret-tool lookup service kith account"
#define WIZARD_KEYRING_STORE "secret-tool store --label=kith service kith account"
enum wizard_result {
    WIZARD_STAY,
    WIZARD_TRY,    /* make the account, connect */
    WIZARD_ANSWER, /* the question was answered: wizard_answer() */
    WIZARD_DONE,   /* write the account (this machine), or go on to the list */
    WIZARD_SKIP    /* only look around */
};

/* The same-machine account is chosen, so that Enter is enough. keyring: one is there to keep passwords in. */
void wizard_open(struct wizard *w, bool keyring);
/* What `kith-account --fields` says of the XMPP backend: its advanced settings become fields. */
void wizard_declared(struct wizard *w, const char *lines);
/* Is the password to be put into the keyring? */
bool wizard_wants_keyring(const struct wizard *w);
void wizard_close(struct wizard *w);
enum wizard_result wizard_accept(struct wizard *w);
void wizard_back(struct wizard *w);
void wizard_update(struct wizard *w); /* after each key: shows and hides fields */
/* Text that was typed or pasted. An address typed where the protocol is chosen means XMPP, and so does the link of an
 * invitation (base/invitation.h). */
void wizard_text(struct wizard *w, const char *text, size_t len, bool paste);

/* A question of the account that is tried: a certificate is shown with its answers, a password is
 * asked for in its field. False: neither. */
bool wizard_ask(struct wizard *w, const struct ask *ask);
void wizard_ask_gone(struct wizard *w);
const char *wizard_answer(const struct wizard *w); /* id of the answer that was chosen */
/* How the account that is tried stands: says it, and goes on when it is online. */
void wizard_state(struct wizard *w, const struct account *a);

/* What to write; owned by the caller (wizard_account_free). *password: what was typed, owned, wipe
 * it; NULL = none. */
void wizard_account(const struct wizard *w, struct account_config *out, char **password);
void wizard_account_free(struct account_config *a);
/* What was chosen of "keys", "theme" and "bell"; NULL: they were not looked at. */
const char *wizard_look(const struct wizard *w, const char *key);
void wizard_looks_now(struct wizard *w, const char *key, const char *value); /* what is in force is chosen at first */
const char *wizard_status(const struct wizard *w); /* "online", "away", "dnd" */
bool wizard_same(const struct account_config *a, const struct account_config *b);

/* Fields came in behind those of the look: these go to the end again. For wizard_fields.c. */
void wizard_look_last(struct wizard *w);
/* wizard_fields.c, for wizard.c */
void wizard_fields_new(struct wizard *w);
void wizard_fields_free(struct wizard *w);
bool wizard_is_option(const struct wizard *w, const char *key);
const char *wizard_option_value(const struct wizard *w, size_t i);

void wizard_repaint(struct wizard *w, const struct pane_env *env, struct rect all);

#endif
