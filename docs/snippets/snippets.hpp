// SPDX-License-Identifier: MIT
#pragma once

#include "toy.hpp"

/// The parts of the tutorial. Each begins with what the one before it has made.
toy::model tutorial_sft();
std::vector<float> tutorial_reward_model();
void tutorial_ppo(const toy::model& sft, const std::vector<float>& reward);
void tutorial_ppo_ptx(const toy::model& sft, const std::vector<float>& reward);
void concepts();
void gradient_check();
void own_objective();
void tasks_of_policies();
void tasks_of_rewards();
