// SPDX-License-Identifier: MIT
#pragma once

#include "contract/contract.hpp"

#include <cstdint>
#include <vector>

namespace test {

/// The tokens of a call that count, gathered from any layout, so that a function over groups meets the contract's
/// batches: each row is a group.
template <class T>
struct row_groups {
    std::vector<std::vector<T>> inputs; ///< of the call, one number per token
    std::vector<std::int32_t> ids;      ///< of the token's row
    std::vector<T*> outputs;            ///< where the token's place is in the call's first output

    /// Writes 0 to the first output, where what is scattered will lie.
    explicit row_groups(const contract::call<T>& c) : inputs(c.in.size()) {
        const bool time = c.batch.layout == rlhf::layout::time_first && !c.batch.packed();
        const auto place = [&](const auto& v, std::int64_t s, std::int64_t t) {
            if (c.batch.packed()) return v.data() + c.batch.begin(s) + t;
            const std::int64_t stride = v.rows() < 0 ? (time ? c.batch.sequences.n : c.batch.steps.n) : v.stride();
            return v.data() + (time ? t * stride + s : s * stride + t);
        };
        const auto& mask = static_cast<const rlhf::view<const std::uint8_t>&>(c.batch.mask);
        for (std::int64_t s = 0; s < c.batch.size(); ++s)
            for (std::int64_t t = 0; t < c.batch.length(s); ++t) {
                *place(c.out[0], s, t) = 0;
                if (!c.batch.mask.all() && *place(mask, s, t) == 0) continue;
                outputs.push_back(place(c.out[0], s, t)), ids.push_back(static_cast<std::int32_t>(-s));
                for (std::size_t k = 0; k < inputs.size(); ++k) inputs[k].push_back(*place(c.in[k], s, t));
            }
    }
    void scatter(const std::vector<T>& numbers) const {
        for (std::size_t i = 0; i < numbers.size(); ++i) *outputs[i] = numbers[i];
    }
};

} // namespace test
