// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>

namespace test {

/// What a call says when it refuses its arguments; "" if it does not.
template <class F>
[[nodiscard]] std::string refusal(F&& f) {
    try {
        f();
    } catch (const std::invalid_argument& e) { return e.what(); }
    return "";
}

} // namespace test
