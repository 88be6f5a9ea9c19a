/* base/rand.c - random bytes and identifiers */
#include "base/rand.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/random.h>
#endif

#include "base/log.h"

static void from_device(unsigned char *p, size_t n)
{
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        BUG("the system gives no random numbers");
    while (n) {
        ssize_t r = read(fd, p, n);
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0)
            BUG("the system gives no random numbers");
        p += r;
        n -= (size_t)r;
    }
    close(fd);
}

void rand_bytes(void *out, size_t n)
{
    unsigned char *p = out;
#ifdef __linux__
    while (n) {
        ssize_t r = getrandom(p, n, 0);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            break;
        p += r;
        n -= (size_t)r;
    }
#endif
    if (n)
        from_device(p, n);
}

uint32_t rand_below(uint32_t n)
{
    ENSURE(n > 0);
    uint32_t limit = UINT32_MAX - UINT32_MAX % n, r;
    do
        rand_bytes(&r, sizeof r);
    while (r >= limit);
    return r % n;
}

void rand_id(char out[23])
{
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    unsigned char b[17] = {0};
    rand_bytes(b, 16);
    for (int i = 0; i < 22; i++) { /* six bits each */
        int bit = i * 6;
        unsigned two = (unsigned)b[bit / 8] << 8 | b[bit / 8 + 1];
        out[i] = set[two >> (10 - bit % 8) & 63];
    }
    out[22] = '\0';
}
