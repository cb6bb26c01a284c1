// SPDX-License-Identifier: MIT
#pragma once

#include "search.hpp"

/// The library's presets as settings of axes.
namespace diff {

struct preset {
    std::string name; ///< such as "trl::grpo"
    settings what;
};

[[nodiscard]] const std::vector<preset>& preset_losses();
[[nodiscard]] const std::vector<preset>& preset_advantages();
[[nodiscard]] const std::vector<preset>& preset_weights();

} // namespace diff
