// SPDX-License-Identifier: MIT
#pragma once

namespace rlhf {

/// What a masked gap inside a sequence means to a recurrence over its steps.
enum class gaps {
    skip,   ///< the gap is no time: the step before it continues at the step after it
    zero,   ///< time passes there, with reward 0 and value 0
    ignore, ///< the recurrence does not look at the mask: masked data is read, only outputs are masked
};

} // namespace rlhf
