// SPDX-License-Identifier: MIT
#pragma once

#include "batch.hpp"

namespace reference {

struct masked_mean_result {
    real mean = 0;
    array d_values;
};

[[nodiscard]] inline masked_mean_result masked_mean(const batch& b, const array& values,
                                                    aggregation how = aggregation::token_mean) {
    masked_mean_result r{.d_values = shares(b, how)};
    for (const auto& row : b.rows)
        for (const std::size_t e : row)
            if (b.counted(e)) r.mean += r.d_values[e] * values[e];
    return r;
}

} // namespace reference
