// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/reward/bradley_terry_loss.hpp>
#include <rlhf/reward/plackett_luce_loss.hpp>
#include <rlhf/reward/ranking_loss.hpp>
#include <rlhf/with/torch/node.hpp>

/// Losses of a reward model as nodes of autograd: see with/torch/node.hpp.
namespace RLHF_NAMESPACE::torch {

/// The tensors of ranking_loss_arrays and plackett_luce_loss_arrays.
struct ranking_tensors {
    at::Tensor rewards;
    at::Tensor ranks = {};
};

/// rlhf::ranking_loss with the gradient of rewards.
inline loss_of<ranking_loss_result> ranking_loss(const batch& b, const ranking_tensors& x,
                                                 const ranking_loss_options& o = {}) {
    return detail::record_loss_of_type("ranking_loss", {x.rewards}, [&]<class T>(const detail::tensors& d) {
        return rlhf::ranking_loss<T>(b, {.rewards = x.rewards, .ranks = x.ranks, .d_rewards = d[0]}, o,
                                     detail::torch_threads);
    });
}

/// rlhf::plackett_luce_loss with the gradient of rewards.
inline loss_of<plackett_luce_loss_result> plackett_luce_loss(const batch& b, const ranking_tensors& x) {
    return detail::record_loss_of_type("plackett_luce_loss", {x.rewards}, [&]<class T>(const detail::tensors& d) {
        return rlhf::plackett_luce_loss<T>(b, {.rewards = x.rewards, .ranks = x.ranks, .d_rewards = d[0]},
                                           detail::torch_threads);
    });
}

/// The tensors of bradley_terry_loss_arrays.
struct bradley_terry_loss_tensors {
    at::Tensor chosen_rewards, rejected_rewards;
    at::Tensor margins = {};
};

/// rlhf::bradley_terry_loss with the gradients of chosen_rewards and rejected_rewards.
inline loss_of<bradley_terry_loss_result> bradley_terry_loss(const batch& b, const bradley_terry_loss_tensors& x,
                                                             const bradley_terry_loss_options& o = {}) {
    return detail::record_loss_of_type("bradley_terry_loss", {x.chosen_rewards, x.rejected_rewards},
                                       [&]<class T>(const detail::tensors& d) {
                                           return rlhf::bradley_terry_loss<T>(b,
                                                                              {.chosen_rewards = x.chosen_rewards,
                                                                               .rejected_rewards = x.rejected_rewards,
                                                                               .margins = x.margins,
                                                                               .d_chosen_rewards = d[0],
                                                                               .d_rejected_rewards = d[1]},
                                                                              o, detail::torch_threads);
                                       });
}

} // namespace RLHF_NAMESPACE::torch
