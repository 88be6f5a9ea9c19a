/* ui/list_private.h - what the buddy list's files share */
#ifndef UI_LIST_PRIVATE_H
#define UI_LIST_PRIVATE_H

#include "ui/list.h"

char *list_key(const struct list_row *row); /* owned; names the row while it exists */

#endif
