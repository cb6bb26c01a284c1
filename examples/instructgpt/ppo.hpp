// SPDX-License-Identifier: MIT
// Miniature InstructGPT: step 3 of the paper's figure 2, reinforcement learning (section 3.5, equation 2).
#pragma once

#include "tuning.hpp"

/// PPO with a critic that starts as the reward model.
tuning_log train_ppo(language_model& policy, const tuning_inputs& given, const tuning_options& o, progress& bar);
