/* base/siphash.h - SipHash-2-4: a short hash that means nothing without its key */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include "base/base.h"

enum { SIPHASH_KEY = 16 };
/* SipHash-2-4 (Aumasson and Bernstein, 2012) of len bytes under a key of 16 bytes. */
uint64_t siphash(const unsigned char key[SIPHASH_KEY], const void *data, size_t len);

#endif
