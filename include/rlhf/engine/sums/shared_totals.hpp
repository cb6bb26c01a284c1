// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/config.hpp>

#include <atomic>

namespace RLHF_NAMESPACE::detail {

/// Totals that several threads add to, in any order (DESIGN.md, D8).
template <class Totals>
class shared_totals {
public:
    void add(Totals& part) {
        part.normalize();
        while (joining_.test_and_set(std::memory_order_acquire)) {}
        all_ += part;
        joining_.clear(std::memory_order_release);
    }
    [[nodiscard]] const Totals& all() const { return all_; }

private:
    Totals all_;
    std::atomic_flag joining_ = ATOMIC_FLAG_INIT;
};

} // namespace RLHF_NAMESPACE::detail
