// SPDX-License-Identifier: MIT
#pragma once

/// Every function with a gradient as a node of autograd: see with/torch/node.hpp.
#include <rlhf/with/torch/logits.hpp>
#include <rlhf/with/torch/policy.hpp>
#include <rlhf/with/torch/preference.hpp>
#include <rlhf/with/torch/recipe.hpp>
#include <rlhf/with/torch/reward.hpp>
#include <rlhf/with/torch/vocab_shards.hpp>
