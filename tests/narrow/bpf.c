/* SPDX-License-Identifier: MIT */
/* bpf(): its argument has addresses in fields of 64 bits (bpf(2)). */
#define _GNU_SOURCE
#include "check.h"

#include <linux/bpf.h>
#include <stdint.h>
#include <sys/syscall.h>

static int call(int command, union bpf_attr *attr)
{
    return syscall(SYS_bpf, command, attr, sizeof *attr);
}

static uint64_t at(const void *p) { return (uintptr_t)p; }

static int new_map(void)
{
    union bpf_attr attr = {.map_type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 8, .max_entries = 4};
    return call(BPF_MAP_CREATE, &attr);
}

static void test_map(void)
{
    uint32_t key = 7, next = 0;
    uint64_t value = UINT64_C(0x123456789abcdef0), got = 0;
    int map = new_map();
    union bpf_attr set = {.map_fd = map, .key = at(&key), .value = at(&value)};
    union bpf_attr get = {.map_fd = map, .key = at(&key), .value = at(&got)};
    union bpf_attr first = {.map_fd = map, .next_key = at(&next)}; /* no key: the first */
    CHECK(map >= 0 && call(BPF_MAP_LOOKUP_ELEM, &get) == -1 && errno == ENOENT);
    CHECK(call(BPF_MAP_UPDATE_ELEM, &set) == 0 && call(BPF_MAP_LOOKUP_ELEM, &get) == 0);
    CHECK(got == value && get.key == at(&key) && get.value == at(&got));
    CHECK(call(BPF_MAP_GET_NEXT_KEY, &first) == 0 && next == 7);
    union bpf_attr drop = {.map_fd = map, .key = at(&key)};
    CHECK(call(BPF_MAP_DELETE_ELEM, &drop) == 0 && call(BPF_MAP_LOOKUP_ELEM, &get) == -1 && errno == ENOENT);
    get.key = 16;
    CHECK(call(BPF_MAP_LOOKUP_ELEM, &get) == -1 && errno == EFAULT);
    CHECK(syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, 16, 32) == -1 && errno == EFAULT);
    CHECK(syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, &get, 5000) == -1 && errno == E2BIG);
    struct bpf_map_info info = {0};
    union bpf_attr ask = {.info = {.bpf_fd = map, .info_len = sizeof info, .info = at(&info)}};
    CHECK(call(BPF_OBJ_GET_INFO_BY_FD, &ask) == 0 && info.key_size == 4 && info.value_size == 8);
    CHECK(ask.info.info == at(&info) && ask.info.info_len > 8);
}

static void test_program(void)
{
    const struct bpf_insn code[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 42}, {.code = BPF_JMP | BPF_EXIT}};
    char log[4096] = "";
    uint8_t packet[64] = {1, 2, 3}, out[64] = {0};
    union bpf_attr load = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insn_cnt = 2, .insns = at(code),
                           .license = at("GPL"), .log_level = 1, .log_size = sizeof log, .log_buf = at(log)};
    int program = call(BPF_PROG_LOAD, &load);
    CHECK(program >= 0 && log[0]);
    union bpf_attr test = {.test = {.prog_fd = program, .data_in = at(packet), .data_size_in = 64,
                                    .data_out = at(out), .data_size_out = 64}};
    CHECK(call(BPF_PROG_TEST_RUN, &test) == 0 && test.test.retval == 42);
    CHECK(test.test.data_out == at(out) && test.test.data_in == at(packet));
    load.insn_cnt = 1; /* does not end */
    log[0] = 0;
    CHECK(call(BPF_PROG_LOAD, &load) == -1 && errno == EINVAL && log[0]);
}

int main(void)
{
    if (new_map() < 0) {
        printf("ok bpf # SKIP %s\n", strerror(errno));
        return 0;
    }
    run("a map", test_map);
    run("a program", test_program);
    return finish();
}
