/* SPDX-License-Identifier: MIT */
#ifndef RLHF_C_RLHF_H
#define RLHF_C_RLHF_H

/* The losses of PPO, RLHF, GRPO and DPO for C99. Link rlhf::c, or compile the library's code in one file of C++20, for
 * the instruction set of that file:
 *
 *     #define RLHF_C_IMPLEMENTATION
 *     #include <rlhf/c/rlhf.h>
 *
 * A call writes its outputs and returns RLHF_OK; or it writes nothing but an error sentence, and returns another status.
 * It allocates nothing and starts no thread. Its bits are the bits of the C++ functions of the same names. */

#include <rlhf/c/library.h>

#if defined(RLHF_C_IMPLEMENTATION)
#include <rlhf/c/implementation.hpp>
#endif

#endif
