// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/call/sequence_mask.hpp>

namespace RLHF_NAMESPACE::detail {

/// The weight of the losses of a sequence: 1, or 1 / (its counted tokens).
enum class sequence_weight { one, per_counted };

/// The divisor of the losses of the sequence with this mask.
inline double divisor_of(sequence_weight by, const sequence_mask& mask) {
    return by == sequence_weight::per_counted ? static_cast<double>(count_counted(mask)) : 1.0;
}

} // namespace RLHF_NAMESPACE::detail
