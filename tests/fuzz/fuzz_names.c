/* tests/fuzz/fuzz_names.c - bytes of name servers and proxies, and proxy URLs */
/* links: base wire account */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "account/dns.h"
#include "account/socks.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void one_packet(const uint8_t *data, size_t size)
{
    struct dns_targets t = {0};
    if (dns_parse_srv(&t, data, size, false) == 0)
        dns_order(&t);
    for (size_t i = 0; i < t.n; i++)
        if (strlen(t.list[i].host) >= sizeof t.list[i].host || t.list[i].port == 0)
            abort();
}

static void one_proxy(const uint8_t *data, size_t size)
{
    struct proxy p = {.host = "proxy", .port = 1080, .user = "me", .password = "secret"};
    struct socks s = {.proxy = &p, .host = "example.org", .port = 5222};
    struct buf in = {0}, out = {0};
    struct err e;
    int rc = socks_start(&s, &out, &e);
    for (size_t i = 0; i < size && rc == 0; i++) {
        buf_addc(&in, (char)data[i]);
        rc = socks_step(&s, &in, &out, &e);
    }
    if (rc == 1 && in.len != 0) /* not one byte of the server's may be taken, nor left over */
        abort();
    buf_free(&in);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct proxy p;
    if (size == 0)
        return 0;
    if (data[0] % 3 == 0) {
        one_packet(data + 1, size - 1);
    } else if (data[0] % 3 == 1) {
        one_proxy(data + 1, size - 1);
    } else {
        char *url = xstrndup((const char *)data + 1, size - 1);
        (void)proxy_parse(&p, url, NULL);
        free(url);
    }
    return 0;
}
