/* account/free.c - what this process does not need any more is overwritten, whoever had it
 *
 * Keys, passwords, passphrases and what is said in encrypted chats go through libraries that free their copies as they are:
 * parsers, the database, the ratchets. Here all of them free, so one place sees to it, and hands on to whoever allocates:
 * the C library, or what was loaded before it (ld.so(8), preload). One of these that does not tell sizes frees as it likes.
 * (The sanitizers have an allocator of their own, and other C libraries other ways: there only what kith itself has is wiped.) */
#include <stdlib.h>

#include "base/mem.h"

#if defined(__has_feature) /* clang */
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(hwaddress_sanitizer)
#define OTHER_ALLOCATOR 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_HWADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
#define OTHER_ALLOCATOR 1
#endif

#ifndef OTHER_ALLOCATOR
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#define SEEN_BY_LIBRARIES __attribute__((visibility("default")))

typedef void free_fn(void *p);
typedef void *realloc_fn(void *p, size_t n);
typedef size_t size_fn(void *p);

/* The version that the C library's own libraries give these names; others give none. */
#if defined(__x86_64__) && !defined(__ILP32__)
#define SINCE "GLIBC_2.2.5"
#elif defined(__aarch64__) || (defined(__powerpc64__) && defined(__LITTLE_ENDIAN__))
#define SINCE "GLIBC_2.17"
#elif defined(__arm__)
#define SINCE "GLIBC_2.4"
#elif defined(__i386__)
#define SINCE "GLIBC_2.0"
#elif defined(__s390x__)
#define SINCE "GLIBC_2.2"
#elif defined(__riscv) && __riscv_xlen == 64
#define SINCE "GLIBC_2.27"
#endif

/* Whose malloc() all here call: the next after this program, which defines none. */
static struct {
    _Atomic(free_fn *) free;
    _Atomic(realloc_fn *) realloc;
    _Atomic(size_fn *) size; /* NULL: it has none, and the C library's knows nothing of its pieces */
} next_;
static _Thread_local bool next_sought;

static const void *object_of(const void *p)
{
    Dl_info at = {0};
    return p && dladdr(p, &at) ? at.dli_fbase : NULL;
}

/* That of the library which also has malloc(); or, in need, what comes after this program. */
static void *next_of(const char *name, const void *library, bool in_need)
{
    void *p = dlsym(RTLD_NEXT, name);
    if (object_of(p) == library)
        return p;
#ifdef SINCE
    void *since = dlvsym(RTLD_NEXT, name, SINCE);
    if (object_of(since) == library)
        return since;
#endif
    return in_need ? p : NULL;
}

/* Two threads at once find the same. The first free() comes before main(). */
static void find_next(void)
{
    int before = errno;
    void *(*make)(size_t n) = malloc;
    void *made = NULL;
    free_fn *free_it = NULL;
    realloc_fn *move_it = NULL;
    size_fn *size_it = NULL;
    memcpy(&made, &make, sizeof made); /* POSIX's way between object and function pointers */
    next_sought = true;
    const void *library = object_of(made);
    void *freed = next_of("free", library, true), *moved = next_of("realloc", library, true);
    void *sized = object_of(freed) == library ? next_of("malloc_usable_size", library, false) : NULL;
    next_sought = false;
    if (!freed || !moved)
        abort();
    memcpy(&free_it, &freed, sizeof free_it);
    memcpy(&move_it, &moved, sizeof move_it);
    memcpy(&size_it, &sized, sizeof size_it);
    atomic_store_explicit(&next_.size, size_it, memory_order_relaxed);
    atomic_store_explicit(&next_.realloc, move_it, memory_order_relaxed);
    atomic_store_explicit(&next_.free, free_it, memory_order_release); /* the last: it says that all are known */
    errno = before;
}

/* NULL: they are being sought just now. */
static free_fn *known(void)
{
    free_fn *f = atomic_load_explicit(&next_.free, memory_order_acquire);
    if (f || next_sought)
        return f;
    find_next();
    return atomic_load_explicit(&next_.free, memory_order_acquire);
}

SEEN_BY_LIBRARIES void free(void *p)
{
    if (!p)
        return;
    free_fn *next = known();
    if (!next)
        return; /* what the search itself gives back: a sentence for dlerror(3) */
    size_fn *size = atomic_load_explicit(&next_.size, memory_order_relaxed);
    if (size)
        mem_wipe(p, size(p));
    next(p);
}

/* The next one may move it, and leave the bytes where they were. */
SEEN_BY_LIBRARIES void *realloc(void *p, size_t n)
{
    if (!known())
        return p ? NULL : malloc(n);
    size_fn *size = atomic_load_explicit(&next_.size, memory_order_relaxed);
    if (!size)
        return atomic_load_explicit(&next_.realloc, memory_order_relaxed)(p, n);
    size_t had = p ? size(p) : 0;
    if (p && n > 0 && n <= had && n >= had / 2)
        return p;
    void *grown = p && n == 0 ? NULL : malloc(n);
    if (!grown && n > 0)
        return NULL; /* what there was stays */
    if (grown && p)
        memcpy(grown, p, MIN(n, had));
    free(p);
    return grown;
}
#endif
