/* base/confine.c - the process gives up what it does not need: core files, new privileges,
 * files, system calls */
#include "base/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include "base/json.h"

/* The leak checker of the sanitizers attaches to its own process like a debugger. */
#if defined(__SANITIZE_ADDRESS__)
#define CHECKED_BUILD true
#else
#define CHECKED_BUILD false
#endif

void confine_early(struct confine_report *r)
{
    struct rlimit none = {0, 0};
    (void)umask(077);
    r->no_core = setrlimit(RLIMIT_CORE, &none) == 0;
#ifdef __linux__
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a stopped one would outlive a dead engine, and stand in the next one's way */
    r->no_dump = !CHECKED_BUILD && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
#endif
}

#ifdef __linux__

/* ---- Landlock: files (linux/landlock.h; its numbers are spelled out, as old headers lack the
 * newer ones) ---- */

struct ruleset_attr {
    uint64_t fs, net, scoped;
};
struct path_attr {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

#define LL_CREATE 444
#define LL_ADD 445
#define LL_RESTRICT 446
#define LL_VERSION 1u
#define LL_PATH_BENEATH 1u
#define LL_READ ((1u << 2) | (1u << 3)) /* READ_FILE, READ_DIR */
#define LL_FILE                                                                                    \
    ((1u << 1) | (1u << 2) | (1u << 14)) /* WRITE_FILE, READ_FILE, TRUNCATE: all that fits a file  \
                                          */
#define LL_DEVICES ((1u << 6) | (1u << 11) | (1u << 15)) /* MAKE_CHAR, MAKE_BLOCK, IOCTL_DEV */
#define LL_EXECUTE (1u << 0)
#define LL_SCOPE_SIGNAL 2u

static uint64_t known_rights(int abi)
{
    int bits = abi >= 5 ? 16 : abi >= 3 ? 15 : abi == 2 ? 14 : 13;
    return (UINT64_C(1) << bits) - 1;
}

static void allow(int ruleset, const char *path, uint64_t rights)
{
    struct stat st;
    int fd = path ? open(path, O_PATH | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
        rights &= LL_FILE;
    struct path_attr attr = {.allowed = rights, .parent = fd};
    (void)syscall(LL_ADD, ruleset, LL_PATH_BENEATH, &attr, 0);
    (void)close(fd);
}

/* plan NULL: no file at all. */
static int confine_files(const struct confine_plan *plan)
{
    /* What libraries read behind our back: names of users and hosts, time zones, certificates,
     * locales. No home. */
    static const char *const system_dirs[] = {"/etc",
                                              "/usr",
                                              "/lib",
                                              "/lib64",
                                              "/bin",
                                              "/run",
                                              "/var/run",
                                              "/var/lib/sss",
                                              "/var/lib/ca-certificates",
                                              "/var/cache/nscd",
                                              "/opt",
                                              "/nix",
                                              "/gnu",
                                              "/sys",
                                              "/proc",
                                              "/dev"};
    int abi = (int)syscall(LL_CREATE, NULL, 0, LL_VERSION);
    if (abi <= 0)
        return 0;
    uint64_t rights = known_rights(abi), write = rights & ~(uint64_t)(LL_DEVICES | LL_EXECUTE);
    struct ruleset_attr attr = {.fs = rights, .scoped = abi >= 6 ? LL_SCOPE_SIGNAL : 0};
    size_t size = abi >= 6 ? sizeof attr : abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
    int ruleset = (int)syscall(LL_CREATE, &attr, size, 0);
    if (ruleset < 0)
        return 0;
    for (size_t i = 0; plan && i < COUNT(system_dirs); i++)
        allow(ruleset, system_dirs[i], LL_READ);
    if (plan)
        allow(ruleset, "/dev/null", rights & LL_FILE);
    for (size_t i = 0; plan && i < plan->n_read; i++)
        allow(ruleset, plan->read[i], LL_READ);
    for (size_t i = 0; plan && i < plan->n_write; i++)
        allow(ruleset, plan->write[i], write);
    int rc = (int)syscall(LL_RESTRICT, ruleset, 0);
    (void)close(ruleset);
    return rc == 0 ? abi : 0;
}

/* ---- seccomp: system calls that an account never needs ---- */

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#define FOREIGN_CALLS 0x40000000u /* the x32 numbers */
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define OUR_ARCH AUDIT_ARCH_RISCV64
#endif

#ifdef OUR_ARCH
static const int denied[] = {SYS_execve,
                             SYS_execveat,
                             SYS_process_vm_readv,
                             SYS_process_vm_writev,
                             SYS_mount,
                             SYS_umount2,
                             SYS_pivot_root,
                             SYS_chroot,
                             SYS_setns,
                             SYS_unshare,
                             SYS_init_module,
                             SYS_finit_module,
                             SYS_delete_module,
                             SYS_kexec_load,
                             SYS_bpf,
                             SYS_perf_event_open,
                             SYS_userfaultfd,
                             SYS_keyctl,
                             SYS_add_key,
                             SYS_request_key,
                             SYS_reboot,
                             SYS_swapon,
                             SYS_swapoff,
                             SYS_sethostname,
                             SYS_setdomainname,
                             SYS_settimeofday,
                             SYS_clock_settime,
                             SYS_adjtimex,
                             SYS_clock_adjtime,
                             SYS_quotactl,
                             SYS_acct,
                             SYS_personality,
                             SYS_open_by_handle_at,
                             SYS_vhangup,
                             SYS_kcmp,
#ifdef SYS_io_uring_setup
                             SYS_io_uring_setup,
                             SYS_io_uring_enter,
                             SYS_io_uring_register,
#endif
#ifdef SYS_iopl
                             SYS_iopl,
                             SYS_ioperm,
#endif
#ifdef SYS_pidfd_getfd
                             SYS_pidfd_getfd,
#endif
                             CHECKED_BUILD ? SYS_vhangup : SYS_ptrace};

/* Last in the list of what is denied: only where the plan says so. */
static const int network[] = {SYS_socket, SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_accept4};

/* All that is left to a process that only computes. */
static const int computing[] = {SYS_read,
                                SYS_write,
                                SYS_readv,
                                SYS_writev,
                                SYS_pread64,
                                SYS_recvmsg,
                                SYS_sendmsg,
                                SYS_sendto,
                                SYS_recvfrom,
                                SYS_ppoll,
#ifdef SYS_poll
                                SYS_poll,
#endif
                                SYS_close,
                                SYS_fcntl,
                                SYS_lseek,
                                SYS_fstat,
                                SYS_brk,
                                SYS_mmap,
                                SYS_munmap,
                                SYS_mremap,
                                SYS_mprotect,
                                SYS_madvise,
                                SYS_futex,
                                SYS_getpid,
                                SYS_gettid,
                                SYS_sched_yield,
                                SYS_sched_getaffinity,
                                SYS_clock_gettime,
                                SYS_getrandom,
                                SYS_rt_sigaction,
                                SYS_rt_sigprocmask,
                                SYS_rt_sigreturn,
                                SYS_restart_syscall,
                                SYS_sigaltstack,
                                SYS_exit,
                                SYS_exit_group};

enum { CALLS_MAX = COUNT(denied) + COUNT(network) + COUNT(computing) };

/* Calls of the list get `listed`, all others `other`: SECCOMP_RET_*. */
static bool filter_calls(const int *calls, size_t n_calls, uint32_t listed, uint32_t other)
{
    struct sock_filter f[CALLS_MAX + 8];
    unsigned short n = 0;
    f[n++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0);
    f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    f[n++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
#ifdef FOREIGN_CALLS
    f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FOREIGN_CALLS,
                                          (unsigned char)(n_calls + 2), 0);
#endif
    for (size_t i = 0; i < n_calls; i++)
        f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)calls[i],
                                              (unsigned char)(n_calls - i), 0);
    f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, other);
    f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, listed);
    f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    struct sock_fprog prog = {.len = n, .filter = f};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0) == 0;
}

static bool confine_calls(bool no_network)
{
    int calls[COUNT(denied) + COUNT(network)];
    size_t n = 0;
    for (size_t i = 0; i < COUNT(denied); i++)
        calls[n++] = denied[i];
    for (size_t i = 0; no_network && i < COUNT(network); i++)
        calls[n++] = network[i];
    return filter_calls(calls, n, SECCOMP_RET_ERRNO | EPERM, SECCOMP_RET_ALLOW);
}

static bool confine_to_computing(void)
{
    return filter_calls(computing, COUNT(computing), SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | EPERM);
}
#else
static bool confine_calls(bool no_network)
{
    return false;
}

static bool confine_to_computing(void)
{
    return false;
}
#endif

void confine(const struct confine_plan *plan, struct confine_report *r)
{
    r->no_new_privs = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
    if (!r->no_new_privs)
        return;
    r->landlock = confine_files(plan);
    r->seccomp = confine_calls(plan->no_network);
}

void confine_compute(struct confine_report *r)
{
    r->no_new_privs = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
    if (!r->no_new_privs)
        return;
    r->landlock = confine_files(NULL);
    r->seccomp = confine_to_computing();
}

#else
void confine(const struct confine_plan *plan, struct confine_report *r)
{
    r->no_new_privs = r->seccomp = false;
    r->landlock = 0;
}

void confine_compute(struct confine_report *r)
{
    confine(NULL, r);
}
#endif

void confine_describe(const struct confine_report *r, struct buf *out)
{
    json_begin(out);
    json_bool(out, "no_core_files", r->no_core);
    json_bool(out, "not_dumpable", r->no_dump);
    json_bool(out, "no_new_privileges", r->no_new_privs);
    json_int(out, "landlock", r->landlock);
    json_bool(out, "seccomp", r->seccomp);
    json_end(out);
}
