/* SPDX-License-Identifier: MIT */
#ifndef RLHF_C_RLHF_H
#define RLHF_C_RLHF_H

/* The losses of PPO, RLHF, GRPO and DPO for C99. Link rlhf::c, or make the library's code in one file of C++20, for the
 * instruction set that this file is compiled for:
 *
 *     #define RLHF_C_IMPLEMENTATION
 *     #include <rlhf/c/rlhf.h>
 *
 * A call fills in what it computes, and returns RLHF_OK; or it writes nothing but a sentence, and returns another
 * status. It allocates nothing and starts no thread. Its results have the bits of the C++ function of the same name. */

#include <rlhf/c/library.h>

#if defined(RLHF_C_IMPLEMENTATION)
#include <rlhf/c/implementation.hpp>
#endif

#endif
