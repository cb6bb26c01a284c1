/* SPDX-License-Identifier: MIT */
#ifndef RLHF_C_LIBRARY_H
#define RLHF_C_LIBRARY_H

/* The library itself, and the functions that are written by hand; the others are in the headers included here. */

#include <rlhf/c/advantage.h>
#include <rlhf/c/logits.h>
#include <rlhf/c/policy.h>
#include <rlhf/c/preference.h>
#include <rlhf/c/recipe.h>
#include <rlhf/c/reward.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the library that is linked, such as "0.1.0". */
const char* rlhf_version(void);

/* The name of the instruction set in use, such as "x86-64-v3". The first call takes the best one that this machine has,
 * or the one that the environment variable RLHF_ISA names. NULL if RLHF_ISA names none of them; all calls fail then. */
const char* rlhf_isa(void);

/* Uses another instruction set, for all threads. All of them give the same bits, except x86-64, which has no fused
 * multiply-add. */
rlhf_status rlhf_use_isa(const char* name, rlhf_error* error);

/* The i-th instruction set that this library was compiled for and this machine has, from 0 on; NULL after the last. */
const char* rlhf_available_isa(size_t i);

/* Counts the tokens and sequences that the mask of a batch lets through: the denominator of a step cut into parts.
 * `rlhf_count(&whole, &whole.whole, &error), whole.denominator = RLHF_WHOLE_STEP;`. */
rlhf_status rlhf_count(const rlhf_batch* batch, rlhf_counts* result, rlhf_error* error);

/* mask[i] = 0 where targets[i] is ignore_index (often -100), else 1. */
rlhf_status rlhf_mask_targets(const rlhf_in* targets, const rlhf_out* mask, int64_t ignore_index, rlhf_error* error);

/* Sorts both sides of pairs by their sums, for the loss AOT. Both sides are int32, or both are int64.
 * More: <rlhf/recipe/sort_pairs.hpp> */
rlhf_status rlhf_sort_pairs(const rlhf_in* sums, const rlhf_out* chosen, const rlhf_out* rejected, rlhf_error* error);

/* The number of elements of a workspace: for a linear head with so many rows of logits at a time, and for groups by
 * ids. */
static inline int64_t rlhf_linear_head_workspace(int64_t rows, int64_t vocab, int64_t hidden_size) {
    return rows * (vocab + hidden_size);
}
static inline int64_t rlhf_group_workspace(int64_t sequences) { return 2 * sequences; }

#ifdef __cplusplus
}
#endif

#endif
