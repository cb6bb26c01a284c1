// SPDX-License-Identifier: MIT
#pragma once

#include "reference/kept_log_probs.hpp"
#include "support/log_probs.hpp"

#include <rlhf/logits/kept_log_probs.hpp>

#include <numeric>

/// Sets of ids for the tests of kept_log_probs.
namespace test {

/// Sets as a sampler sends them, one after the other.
template <class Int = std::int32_t>
struct sent_sets {
    std::vector<Int> ids, offsets{0};

    void add(const std::vector<std::int64_t>& set) {
        for (const auto id : set) ids.push_back(static_cast<Int>(id));
        offsets.push_back(static_cast<Int>(ids.size()));
    }
    explicit sent_sets(const reference::id_sets& sets = {}) {
        for (const auto& set : sets) add(set);
    }
    [[nodiscard]] rlhf::kept_set kept() const { return {.ids = ids, .offsets = offsets}; }
};

/// Sets of `size` of V ids, in no order, which may hold the target or not.
[[nodiscard]] inline reference::id_sets random_sets(random& r, std::size_t n, std::size_t V, std::size_t size) {
    reference::id_sets sets(n);
    std::vector<std::int64_t> all(V);
    std::iota(all.begin(), all.end(), 0);
    for (auto& set : sets) {
        for (std::size_t i = 0; i < size; ++i) std::swap(all[i], all[i + r.below(V - i)]);
        set.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(size));
    }
    return sets;
}

} // namespace test
