/* base/rand.h - random bytes and identifiers */
#ifndef BASE_RAND_H
#define BASE_RAND_H

#include "base/base.h"

void rand_bytes(void *out, size_t n); /* from the kernel; aborts when there are none */
uint32_t rand_below(uint32_t n);
/* 22 characters [A-Za-z0-9_-], 128 bits, NUL-terminated. */
void rand_id(char out[23]);

#endif
