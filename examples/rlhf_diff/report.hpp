// SPDX-License-Identifier: MIT
#pragma once

#include "search.hpp"

#include <string>

namespace diff {

/// What is said to people; `nearest` is how many combinations that do not fit are shown.
[[nodiscard]] std::string text_report(const space& s, const found& f, const std::string& path, std::size_t nearest);

/// The same for programs, as JSON.
[[nodiscard]] std::string json_report(const space& s, const found& f, const std::string& path, std::size_t nearest);

} // namespace diff
