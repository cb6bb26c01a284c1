// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/c/glue/advantage.hpp>
#include <rlhf/c/glue/by_hand.hpp>
#include <rlhf/c/glue/logits.hpp>
#include <rlhf/c/glue/merges.hpp>
#include <rlhf/c/glue/policy.hpp>
#include <rlhf/c/glue/preference.hpp>
#include <rlhf/c/glue/recipe.hpp>
#include <rlhf/c/glue/reward.hpp>
#include <rlhf/c/glue/table.hpp>

/// The functions of the C interface for the instruction set of this file. RLHF_C_TABLE is the symbol of their table, by
/// default rlhf_c_table_here. RLHF_C_ISA is the name that rlhf_isa() returns, by default the macro
/// RLHF_ISA, such as avx2fma.
#if !defined(RLHF_C_TABLE)
#define RLHF_C_TABLE rlhf_c_table_here
#define RLHF_C_WORD_(isa) #isa
#define RLHF_C_WORD(isa) RLHF_C_WORD_(isa)
#define RLHF_C_ISA RLHF_C_WORD(RLHF_ISA)
#endif

extern "C" {
extern const rlhf_c_table RLHF_C_TABLE;
#define RLHF_C_ADDRESS(name) , &rlhf::c::name
constexpr rlhf_c_table RLHF_C_TABLE = {RLHF_C_ISA RLHF_C_FUNCTIONS(RLHF_C_ADDRESS)};
#undef RLHF_C_ADDRESS
}
