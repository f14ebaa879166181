/* SPDX-License-Identifier: MIT */
/* The kernel's keys: operations whose arguments are addresses, and a vector. */
#define _GNU_SOURCE
#include "check.h"

#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>

static long keyctl(int op, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
    return syscall(SYS_keyctl, op, a, b, c, d);
}

#define P(pointer) ((unsigned long)(pointer))

static void test_keys(void)
{
    char buf[64] = "";
    long ring = keyctl(KEYCTL_JOIN_SESSION_KEYRING, P("narrow"), 0, 0, 0);
    CHECK(ring > 0);
    long key = syscall(SYS_add_key, "user", "one", "payload", 7, ring);
    CHECK(key > 0);
    CHECK(keyctl(KEYCTL_READ, key, P(buf), sizeof buf, 0) == 7 && !memcmp(buf, "payload", 7));
    CHECK(keyctl(KEYCTL_UPDATE, key, P("other"), 5, 0) == 0);
    CHECK(keyctl(KEYCTL_READ, key, P(buf), sizeof buf, 0) == 5 && !memcmp(buf, "other", 5));
    CHECK(keyctl(KEYCTL_SEARCH, ring, P("user"), P("one"), 0) == key);
    CHECK(keyctl(KEYCTL_DESCRIBE, key, P(buf), sizeof buf, 0) > 8 && !strncmp(buf, "user;", 5));
    CHECK(strstr(buf, ";one"));
    CHECK(keyctl(KEYCTL_SEARCH, ring, P("user"), P("two"), 0) == -1 && errno == ENOKEY);
    struct iovec parts[2] = {{"ab", 2}, {"cd", 2}};
    CHECK(keyctl(KEYCTL_INSTANTIATE_IOV, key, P(parts), 2, 0) == -1 && errno == EPERM);
    CHECK(keyctl(KEYCTL_UPDATE, key, 8, 5, 0) == -1 && errno == EFAULT);
    CHECK(keyctl(KEYCTL_REVOKE, key, 0, 0, 0) == 0);
    CHECK(keyctl(KEYCTL_READ, key, P(buf), sizeof buf, 0) == -1 && errno == EKEYREVOKED);
}

/* The structure behind the fifth argument has addresses, too. */
static void test_derived(void)
{
    const int ring = KEY_SPEC_PROCESS_KEYRING;
    char a[32], b[32];
    struct keyctl_dh_params dh = {.prime = syscall(SYS_add_key, "user", "prime", "\x17", 1, ring),
                                  .base = syscall(SYS_add_key, "user", "base", "\x05", 1, ring)};
    struct keyctl_kdf_params kdf = {.hashname = "sha256", .otherinfo = "one", .otherinfolen = 3};
    dh.private = syscall(SYS_add_key, "user", "private", "\x06", 1, ring);
    CHECK(syscall(SYS_keyctl, KEYCTL_DH_COMPUTE, &dh, a, sizeof a, &kdf) == sizeof a);
    kdf.otherinfo = "two";
    CHECK(syscall(SYS_keyctl, KEYCTL_DH_COMPUTE, &dh, b, sizeof b, &kdf) == sizeof b);
    CHECK(memcmp(a, b, sizeof a));
}

static int can_derive(void)
{
    return keyctl(KEYCTL_DH_COMPUTE, 0, 0, 0, 0) == 0 || errno != EOPNOTSUPP;
}

int main(void)
{
    if (keyctl(KEYCTL_GET_KEYRING_ID, (unsigned long)KEY_SPEC_PROCESS_KEYRING, 1, 0, 0) < 0)
        printf("ok keys # SKIP this kernel has none, or not for us\n");
    else
        run("keys", test_keys);
    if (can_derive())
        run("derived keys", test_derived);
    else
        printf("ok derived keys # SKIP this kernel does not derive keys\n");
    return finish();
}
