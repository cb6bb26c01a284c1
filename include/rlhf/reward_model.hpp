// SPDX-License-Identifier: MIT
#pragma once

/// A reward model from rankings: step 2 of InstructGPT.
#include <rlhf/reward/bradley_terry_loss.hpp>
#include <rlhf/reward/plackett_luce_loss.hpp>
#include <rlhf/reward/ranking_loss.hpp>
#include <rlhf/reward/reward_bias.hpp>
