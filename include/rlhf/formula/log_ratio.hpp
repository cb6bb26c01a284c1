// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/lane.hpp>

namespace RLHF_NAMESPACE::formula {

template <class Kind>
struct log_ratio_statistics {
    typename Kind::sum log_ratio = {};

    static constexpr RLHF_INLINE void each(auto&& f, auto&... s) { f(s.log_ratio...); }
};

/// What a token adds to the log ratio of its sequence: log π − log π_old.
struct log_ratio_term {
    template <class V>
    [[nodiscard]] RLHF_FORMULA lane::terms<V, 0, log_ratio_statistics> operator()(V log_prob, V old_log_prob) const {
        return {.writes = {}, .statistics = {.log_ratio = log_prob - old_log_prob}};
    }
};

} // namespace RLHF_NAMESPACE::formula
