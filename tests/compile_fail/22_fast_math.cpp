// SPDX-License-Identifier: MIT
// flags: -ffast-math
// flags: -Ofast
// flags: -ffinite-math-only
// flags gcc: -fno-signed-zeros
// flags gcc: -fno-signed-zeros -fno-trapping-math -fassociative-math
// flags gcc: -freciprocal-math
// expect: rlhf: -ffast-math and its parts give wrong numbers
#include <rlhf/config.hpp>
