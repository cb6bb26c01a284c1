// SPDX-License-Identifier: MIT
#pragma once

/// Everything that needs no library except xsimd.
#include <rlhf/ppo.hpp>
#include <rlhf/preference.hpp>
#include <rlhf/reward_model.hpp>
