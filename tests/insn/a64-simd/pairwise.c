/* SPDX-License-Identifier: MIT */
/* Across lanes, and pairs to a scalar. */
#include "simd.h"

void test(void)
{
    /* across lanes and scalar pairwise */
    I("saddlv h0, v1.8b");
    I("saddlv s0, v1.4h");
    I("saddlv h0, v1.16b");
    I("saddlv s0, v1.8h");
    I("saddlv d0, v1.4s");
    I("smaxv b0, v1.8b");
    I("smaxv h0, v1.4h");
    I("smaxv b0, v1.16b");
    I("smaxv h0, v1.8h");
    I("smaxv s0, v1.4s");
    I("sminv b0, v1.8b");
    I("sminv h0, v1.4h");
    I("sminv b0, v1.16b");
    I("sminv h0, v1.8h");
    I("sminv s0, v1.4s");
    I("addv b0, v1.8b");
    I("addv h0, v1.4h");
    I("addv b0, v1.16b");
    I("addv h0, v1.8h");
    I("addv s0, v1.4s");
    I("uaddlv h0, v1.8b");
    I("uaddlv s0, v1.4h");
    I("uaddlv h0, v1.16b");
    I("uaddlv s0, v1.8h");
    I("uaddlv d0, v1.4s");
    I("umaxv b0, v1.8b");
    I("umaxv h0, v1.4h");
    I("umaxv b0, v1.16b");
    I("umaxv h0, v1.8h");
    I("umaxv s0, v1.4s");
    I("uminv b0, v1.8b");
    I("uminv h0, v1.4h");
    I("uminv b0, v1.16b");
    I("uminv h0, v1.8h");
    I("uminv s0, v1.4s");
    I("fmaxnmv s0, v1.4s");
    I("fmaxnmv h0, v1.4h");
    I("fmaxnmv h0, v1.8h");
    I("fmaxv s0, v1.4s");
    I("fmaxv h0, v1.4h");
    I("fmaxv h0, v1.8h");
    I("fminnmv s0, v1.4s");
    I("fminnmv h0, v1.4h");
    I("fminnmv h0, v1.8h");
    I("fminv s0, v1.4s");
    I("fminv h0, v1.4h");
    I("fminv h0, v1.8h");
    I("addp d0, v1.2d");
    I("fmaxnmp s0, v1.2s");
    I("fmaxnmp d0, v1.2d");
    I("fmaxnmp h0, v1.2h");
    I("faddp s0, v1.2s");
    I("faddp d0, v1.2d");
    I("faddp h0, v1.2h");
    I("fmaxp s0, v1.2s");
    I("fmaxp d0, v1.2d");
    I("fmaxp h0, v1.2h");
    I("fminnmp s0, v1.2s");
    I("fminnmp d0, v1.2d");
    I("fminnmp h0, v1.2h");
    I("fminp s0, v1.2s");
    I("fminp d0, v1.2d");
    I("fminp h0, v1.2h");
}
