// SPDX-License-Identifier: MIT
#pragma once

#include "search.hpp"

#include <string>

namespace diff {

/// The report for people. `nearest` is the number of combinations to show that do not fit.
[[nodiscard]] std::string text_report(const space& s, const found& f, const std::string& path, std::size_t nearest);

/// The same for programs, as JSON.
[[nodiscard]] std::string json_report(const space& s, const found& f, const std::string& path, std::size_t nearest);

} // namespace diff
