// SPDX-License-Identifier: MIT
#pragma once

/// Preferences without a reward model, DPO and others: from the log-probabilities of answers to gradients.
#include <rlhf/advantage/whiten.hpp>
#include <rlhf/logits/token_log_probs.hpp>
#include <rlhf/policy/ptx_loss.hpp>
#include <rlhf/preference/preference_loss.hpp>
#include <rlhf/preference/sequence_log_probs.hpp>
#include <rlhf/preference/unpaired_loss.hpp>
#include <rlhf/recipe/preference_nll.hpp>
#include <rlhf/recipe/preference_pairs.hpp>
#include <rlhf/recipe/sort_pairs.hpp>
