// SPDX-License-Identifier: MIT
#pragma once

/// The registers that sweeps work in: their arithmetic, and the words of lane.hpp that they have faster.
#include <rlhf/engine/lanes/arithmetic.hpp>
#include <rlhf/engine/lanes/decay.hpp>
