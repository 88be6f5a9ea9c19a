/* ui/wizard.h - the first run: which account, and what will be written (UX.md 4.12, pages 2 and 3)
 */
#ifndef UI_WIZARD_H
#define UI_WIZARD_H

#include "ui/form.h"

enum wizard_page { WIZARD_ACCOUNT, WIZARD_SUMMARY };
struct wizard { /* zero-initialised is closed and valid */
    bool open;
    enum wizard_page page;
    struct form form;
    char *problem;
};
enum wizard_result {
    WIZARD_STAY,
    WIZARD_DONE /* write the account */,
    WIZARD_SKIP /* only look around */
};

/* The same-machine account is chosen, so that Enter is enough. */
void wizard_open(struct wizard *w);
void wizard_close(struct wizard *w);
enum wizard_result wizard_accept(struct wizard *w);
void wizard_back(struct wizard *w);
void wizard_update(struct wizard *w); /* after each key: shows and hides fields */
/* What to write; owned by the caller (wizard_account_free). *password: what was typed, owned, wipe
 * it; NULL = none. */
void wizard_account(const struct wizard *w, struct account_config *out, char **password);
void wizard_account_free(struct account_config *a);
void wizard_repaint(struct wizard *w, const struct pane_env *env, struct rect all);

#endif
