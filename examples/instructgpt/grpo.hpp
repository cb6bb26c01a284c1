// SPDX-License-Identifier: MIT
// Miniature InstructGPT: step 3 without a critic, group relative policy optimisation (Shao et al. 2024,
// arXiv:2402.03300).
#pragma once

#include "tuning.hpp"

/// Several answers to each prompt, each compared with the others. The KL penalty is in the loss.
tuning_log train_grpo(language_model& policy, const tuning_inputs& given, const tuning_options& o, progress& bar);
