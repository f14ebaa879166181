/* SPDX-License-Identifier: MIT */
/* What can run a region of the tests: rows of the table in harness.c. */
#ifndef DRAGOMAN_TESTS_IR_ENGINES_H
#define DRAGOMAN_TESTS_IR_ENGINES_H

#include <signal.h>

#include "tests/ir/harness.h"

struct engine {
    const char *name;
    /* Once; false: this machine cannot.  close: at the end. */
    bool (*open)(const struct engine *engine);
    void (*close)(void);
    /* Makes code of a region, which stays as it is until release. */
    void *(*compile)(struct ir *ir);
    /* By any thread, which calls thread_end when it is done.  An exit counts as IR_LEFT_GOTO. */
    enum ir_left (*run)(struct test_cpu *cpu, void *code);
    void (*release)(void *code);
    void (*thread_end)(void);
    /* In a signal handler; false: the fault was not the guest's.  Else run() returns IR_LEFT_EXC
     * with TCG_EXC_MEM. */
    bool (*fault)(int sig, siginfo_t *info, void *ucontext);
    bool any_base; /* cpu->mem_base may change from run to run */
    /* Of the translator's engines. */
    bool interpreted;
    unsigned disabled_passes;
    unsigned address_bits; /* of the guest; 0: 64 */
    bool based;            /* guest address 0 is not the host's */
    bool shuffled; /* register allocation in an order that depends on the seed */
};

/* engine_tcg.c */
bool engine_tcg_open(const struct engine *engine);
void engine_tcg_close(void);
void *engine_tcg_compile(struct ir *ir);
enum ir_left engine_tcg_run(struct test_cpu *cpu, void *code);
void engine_tcg_release(void *code);
void engine_tcg_thread_end(void);
bool engine_tcg_fault(int sig, siginfo_t *info, void *ucontext);

#endif
