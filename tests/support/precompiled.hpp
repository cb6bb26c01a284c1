// SPDX-License-Identifier: MIT
#pragma once

/// What nearly every test includes, and what does not change with the library. Parsed once for all tests. Not xsimd:
/// from a precompiled header g++ 12 warns of its own intrinsics.

#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <vector>
