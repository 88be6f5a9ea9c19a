/* cmd/table.h - walking over all commands */
#ifndef CMD_TABLE_H
#define CMD_TABLE_H

#include "cmd/cmd.h"

struct cmd_iter { /* zero it first */
    size_t family, row;
};
const struct cmd *cmd_next(struct cmd_iter *it); /* in the order of the families; NULL at the end */
/* "there is no command /x (did you mean /y?)"; negative. */
int cmd_unknown(const struct cmd_env *env, const char *name, struct err *e);

#endif
