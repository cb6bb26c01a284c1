// SPDX-License-Identifier: MIT
// Miniature InstructGPT: preferences without a reward model, direct preference optimisation (Rafailov et al. 2023,
// arXiv:2305.18290).
#pragma once

#include "tuning.hpp"

/// Learns from the rankings. It samples for the curves only.
tuning_log train_dpo(language_model& policy, const tuning_inputs& given, const tuning_options& o, progress& bar);
