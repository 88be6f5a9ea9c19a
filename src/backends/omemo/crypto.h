/* backends/omemo/crypto.h - what the ratchet's library needs of cryptography, from OpenSSL */
#ifndef BACKENDS_OMEMO_CRYPTO_H
#define BACKENDS_OMEMO_CRYPTO_H

#include <omemo/signal_protocol.h>

/* A context that uses OpenSSL, or NULL; freed with signal_context_destroy(). */
signal_context *crypto_context(void);

#endif
