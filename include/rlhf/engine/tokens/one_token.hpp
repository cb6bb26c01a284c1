// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/config.hpp>

#include <cstdint>

namespace RLHF_NAMESPACE::detail {

/// Calls token_sweep::token, and hides the type of the sweep.
class one_token {
public:
    template <class Sweep>
    explicit one_token(const Sweep& sweep)
        : sweep_(&sweep), call_([](const void* self, std::int64_t s, std::int64_t t) {
              static_cast<const Sweep*>(self)->token(s, t);
          }) {}
    void operator()(std::int64_t s, std::int64_t t) const { call_(sweep_, s, t); }

private:
    const void* sweep_;
    void (*call_)(const void*, std::int64_t, std::int64_t);
};

} // namespace RLHF_NAMESPACE::detail
