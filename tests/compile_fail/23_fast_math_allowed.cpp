// SPDX-License-Identifier: MIT
// flags: -ffast-math -DRLHF_ALLOW_FAST_MATH
#include <rlhf/config.hpp>
