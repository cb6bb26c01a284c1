// SPDX-License-Identifier: MIT
#pragma once

/// A reward model from rankings: step 2 of InstructGPT.
#include <rlhf/bradley_terry_loss.hpp>
#include <rlhf/plackett_luce_loss.hpp>
#include <rlhf/ranking_loss.hpp>
#include <rlhf/reward_bias.hpp>
