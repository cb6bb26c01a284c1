// SPDX-License-Identifier: MIT
#pragma once

/// PPO and PPO-ptx: step 3 of InstructGPT. From logits and values of a rollout to gradients.
#include <rlhf/cross_entropy_loss.hpp>
#include <rlhf/discounted_returns.hpp>
#include <rlhf/gae.hpp>
#include <rlhf/gae_backward.hpp>
#include <rlhf/kl_controller.hpp>
#include <rlhf/logits_divergence.hpp>
#include <rlhf/masked_mean.hpp>
#include <rlhf/ppo_advantages.hpp>
#include <rlhf/ppo_loss.hpp>
#include <rlhf/ppo_policy_loss.hpp>
#include <rlhf/ppo_value_loss.hpp>
#include <rlhf/ptx_loss.hpp>
#include <rlhf/shape_rewards.hpp>
#include <rlhf/token_log_probs.hpp>
#include <rlhf/top_k_divergence.hpp>
#include <rlhf/vocab_shards.hpp>
#include <rlhf/whiten.hpp>
