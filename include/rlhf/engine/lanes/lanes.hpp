// SPDX-License-Identifier: MIT
#pragma once

/// The registers that sweeps work in: memory, arithmetic, faster versions of the functions of lane.hpp, and the caches.
#include <rlhf/engine/lanes/arithmetic.hpp>
#include <rlhf/engine/lanes/cache.hpp>
#include <rlhf/engine/lanes/pairs.hpp>
#include <rlhf/engine/lanes/turns.hpp>
