/* config/sha1.h - SHA-1 for XEP-0392 colours; nothing secret depends on it */
#ifndef CONFIG_SHA1_H
#define CONFIG_SHA1_H

#include "base/base.h"

void sha1(const void *data, size_t len, unsigned char out[20]); /* RFC 3174; len < 2^29 */

#endif
