// SPDX-License-Identifier: MIT
#pragma once

/// PPO and PPO-ptx, step 3 of InstructGPT: from the logits and values of a rollout to gradients.
#include <rlhf/advantage/discounted_returns.hpp>
#include <rlhf/advantage/gae.hpp>
#include <rlhf/advantage/gae_backward.hpp>
#include <rlhf/advantage/group_advantages.hpp>
#include <rlhf/advantage/kl_controller.hpp>
#include <rlhf/advantage/shape_rewards.hpp>
#include <rlhf/advantage/shape_scores.hpp>
#include <rlhf/advantage/vtrace.hpp>
#include <rlhf/advantage/whiten.hpp>
#include <rlhf/logits/cross_entropy_loss.hpp>
#include <rlhf/logits/kept_log_probs.hpp>
#include <rlhf/logits/logits_divergence.hpp>
#include <rlhf/logits/token_log_probs.hpp>
#include <rlhf/logits/top_k_divergence.hpp>
#include <rlhf/logits/vocab_shards.hpp>
#include <rlhf/policy/covariance_tokens.hpp>
#include <rlhf/policy/entropy_controller.hpp>
#include <rlhf/policy/importance_weights.hpp>
#include <rlhf/policy/masked_mean.hpp>
#include <rlhf/policy/policy_loss.hpp>
#include <rlhf/policy/ppo_policy_loss.hpp>
#include <rlhf/policy/ppo_value_loss.hpp>
#include <rlhf/policy/ptx_loss.hpp>
#include <rlhf/policy/top_entropy.hpp>
#include <rlhf/recipe/gdpo_advantages.hpp>
#include <rlhf/recipe/ppo_advantages.hpp>
#include <rlhf/recipe/ppo_loss.hpp>
