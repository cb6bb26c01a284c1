// SPDX-License-Identifier: MIT
// The page for the browser, complete in one file.
#pragma once

#include "gate.hpp"

[[nodiscard]] std::string html(const figures& f, const std::vector<peer>& peers, const std::vector<verdict>& verdicts,
                               const std::vector<std::string>& notes, const std::string& command);
