/* account/options.c - options that the host itself reads, beside those of the plugin */
#include <stdio.h>
#include <string.h>

#include "account/account.h"
#include "base/mem.h"

const struct kith_option *host_options(size_t *n)
{
    static const struct kith_option table[] = {
        {sizeof table[0], KITH_OPT_ADVANCED, "proxy", "string", NULL,
         "Connect through a SOCKS5 proxy, which also looks up the names: "
         "socks5://[user:password@]host:port"},
        {sizeof table[0], KITH_OPT_ADVANCED, "tls_verify", "choice:ask|strict|pin", "ask",
         "Certificates with a problem: ask (a question), strict (refused); pin: like ask, and the "
         "first faultless one is "
         "kept so that any other is a question"},
        {sizeof table[0], KITH_OPT_ADVANCED, "tls_fingerprint", "string", NULL,
         "SHA-256 fingerprint of the only certificate (or public key) to accept"},
        {sizeof table[0], KITH_OPT_ADVANCED, "ca_file", "file", NULL,
         "Further certificate authorities to trust (PEM)"}};
    *n = COUNT(table);
    return table;
}

static const struct kith_option *at(const struct kith_protocol *p, size_t i)
{
    return KITH_AT(struct kith_option, p->options, i);
}

static bool declares(const struct kith_protocol *p, const char *key)
{
    for (size_t i = 0; i < p->n_options; i++)
        if (str_eq(at(p, i)->key, key))
            return true;
    return false;
}

bool options_secret(const struct kith_protocol *p, const char *key)
{
    for (size_t i = 0; p && i < p->n_options; i++)
        if (str_eq(at(p, i)->key, key))
            return at(p, i)->flags & KITH_OPT_SECRET;
    return str_eq(key, "password") || str_eq(key, "proxy"); /* whether declared or not */
}

bool options_of_sub(const struct kith_protocol *p, const char *key)
{
    for (size_t i = 0; i < p->n_options; i++)
        if (str_eq(at(p, i)->key, key))
            return at(p, i)->flags & KITH_OPT_SUB;
    return false;
}

static struct kith_option command_for(const struct kith_option *secret, struct arena *mem)
{
    char key[KITH_MAX_NAME + 1], help[512];
    (void)snprintf(key, sizeof key, "%s_command", secret->key);
    (void)snprintf(help, sizeof help,
                   "A program whose first line of output is the %s, e.g. \"pass show xmpp/alice\"",
                   secret->key);
    return (struct kith_option){
        sizeof(struct kith_option), 0, arena_strdup(mem, key), "string", NULL,
        arena_strdup(mem, help)};
}

const struct kith_option *options_all(const struct kith_protocol *p, struct arena *mem, size_t *n)
{
    size_t n_host, used = 0;
    const struct kith_option *host = host_options(&n_host);
    struct kith_option *all = arena_alloc(mem, (2 * p->n_options + n_host + 1) * sizeof *all);
    for (size_t i = 0; i < p->n_options; i++) {
        memcpy(&all[used], at(p, i), MIN(at(p, i)->size, sizeof *all));
        all[used++].size = sizeof *all;
        if (!(at(p, i)->flags & KITH_OPT_SECRET))
            continue;
        struct kith_option command = command_for(at(p, i), mem);
        if (!declares(p, command.key))
            all[used++] = command;
    }
    bool network = !(KITH_HAS(struct kith_protocol, p, flags) && p->flags & KITH_PROTOCOL_MACHINE);
    for (size_t i = 0; network && i < n_host; i++)
        if (!declares(p, host[i].key))
            all[used++] = host[i];
    *n = used;
    return all;
}
