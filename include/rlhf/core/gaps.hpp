// SPDX-License-Identifier: MIT
#pragma once

namespace rlhf {

/// What masked steps inside a sequence mean to a recurrence over its steps.
enum class gaps {
    skip,   ///< masked steps do not advance time: the step after a gap directly follows the one before it
    zero,   ///< time passes at masked steps, with reward 0 and value 0
    ignore, ///< the recurrence does not look at the mask: masked data is read, only outputs are masked
};

} // namespace rlhf
