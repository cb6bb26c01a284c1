// SPDX-License-Identifier: MIT
// flags: -ffast-math -DRLHF_ALLOW_FAST_MATH
// flags: -funsafe-math-optimizations -DRLHF_ALLOW_FAST_MATH
// flags: -fno-math-errno -fno-trapping-math -ffp-contract=fast
// flags: -frounding-math -ffp-contract=off
#include <rlhf/config.hpp>
