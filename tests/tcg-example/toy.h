/* SPDX-License-Identifier: MIT */
/*
 * A guest of a dozen instructions, made to show what the translator library asks of a guest (and
 * that it knows none).  toy.c is the guest, main.c runs programs on it; both use the installed
 * headers alone.
 *
 * Eight 64-bit registers r0..r7, flags, fixed 4-byte instructions: opcode, a, b, c (one byte each;
 * c signed).  Branches count instructions from their own.
 */
#ifndef TOY_H
#define TOY_H

#include "tcg/tcg.h"

enum toy_op {
    TOY_HALT,  /* leaves with TOY_EXC_HALT */
    TOY_PRINT, /* leaves with TOY_EXC_PRINT, argument a */
    TOY_LI,    /* ra = (b << 8 | c), 16 bits, unsigned */
    TOY_ADD,   /* ra = rb + rc */
    TOY_SUB,   /* ra = rb - rc, sets the flags */
    TOY_MUL,   /* ra = rb * rc */
    TOY_ADDI,  /* ra = rb + c */
    TOY_LD,    /* ra = 64 bits at rb + c * 8 */
    TOY_ST,    /* 64 bits at rb + c * 8 = ra */
    TOY_BNE,   /* branch c if the last SUB was not zero */
    TOY_BLT,   /* branch c if the last SUB was signed less */
    TOY_JMP,   /* branch c */
    TOY_CALL,  /* ra = return address; branch c */
    TOY_RET,   /* to the address in ra */
    TOY_OPS
};
enum { TOY_EXC_HALT = TCG_EXC_GUEST, TOY_EXC_PRINT };

struct toy_cpu {
    struct tcg_cpu tcg;
    uint64_t r[8];
    uint32_t flags;
};

extern const struct guest toy_guest;

#define TOY(op, a, b, c) ((uint32_t)(op) | (uint32_t)(a) << 8 | (uint32_t)(b) << 16 | (uint32_t)(uint8_t)(c) << 24)

#endif
