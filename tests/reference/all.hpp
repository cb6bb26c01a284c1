// SPDX-License-Identifier: MIT
#pragma once

#include "batch.hpp"
#include "bradley_terry_loss.hpp"
#include "cross_entropy_loss.hpp"
#include "gae.hpp"
#include "kl.hpp"
#include "kl_controller.hpp"
#include "masked_mean.hpp"
#include "moments.hpp"
#include "plackett_luce_loss.hpp"
#include "ppo_policy_loss.hpp"
#include "ppo_value_loss.hpp"
#include "ptx_loss.hpp"
#include "ranking_loss.hpp"
#include "shape_rewards.hpp"
#include "token_log_probs.hpp"
