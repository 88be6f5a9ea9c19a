/* model/private.h - what the files of the model share among themselves */
#ifndef MODEL_PRIVATE_H
#define MODEL_PRIVATE_H

#include <stdlib.h>

#include "model/model.h"

void contact_free(struct contact *c);
void chat_free(struct chat *c);
void account_free(struct account *a);

void inbox_free_all(struct model *m);

#endif
