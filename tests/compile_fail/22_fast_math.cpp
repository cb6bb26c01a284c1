// SPDX-License-Identifier: MIT
// flags: -ffast-math
// flags: -Ofast
// flags: -ffinite-math-only
// flags: -funsafe-math-optimizations
// flags: -fno-signed-zeros
// flags: -fno-signed-zeros -fno-trapping-math -fassociative-math
// flags: -freciprocal-math
// flags clang: -fapprox-func
// expect: rlhf: -ffast-math and its parts give wrong numbers
#include <rlhf/config.hpp>
