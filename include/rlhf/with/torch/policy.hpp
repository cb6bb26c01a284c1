// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/policy/masked_mean.hpp>
#include <rlhf/policy/ppo_policy_loss.hpp>
#include <rlhf/policy/ppo_value_loss.hpp>
#include <rlhf/policy/ptx_loss.hpp>
#include <rlhf/with/torch/node.hpp>

/// Losses over tokens as nodes of autograd: see with/torch/node.hpp.
namespace RLHF_NAMESPACE {

namespace torch {
/// The tensors of policy_loss_arrays. advantages and weights may be [B, 1].
struct policy_loss_tensors {
    at::Tensor log_probs, old_log_probs;
    at::Tensor ref_log_probs = {}, behavior_log_probs = {};
    at::Tensor advantages;
    at::Tensor weights = {};
};
} // namespace torch

namespace detail {
template <class T>
policy_loss_arrays<T> policy_arrays(const batch& b, const torch::policy_loss_tensors& x,
                                    const at::Tensor& d_log_probs) {
    return {.log_probs = x.log_probs,
            .old_log_probs = x.old_log_probs,
            .ref_log_probs = x.ref_log_probs,
            .behavior_log_probs = x.behavior_log_probs,
            .advantages = or_per_sequence<T>(b, x.advantages),
            .weights = or_per_sequence<T>(b, x.weights),
            .d_log_probs = d_log_probs};
}
} // namespace detail

namespace torch {
/// rlhf::policy_loss with the gradient of log_probs.
template <class Objective>
loss_of<policy_loss_result> policy_loss(const batch& b, const policy_loss_tensors& x, const Objective& objective,
                                        const policy_loss_options& o = {}) {
    return detail::record_loss_of_type("policy_loss", {x.log_probs}, [&]<class T>(const detail::tensors& d) {
        return rlhf::policy_loss<T>(b, detail::policy_arrays<T>(b, x, d[0]), objective, o, detail::torch_threads);
    });
}

/// rlhf::ppo_policy_loss with the gradient of log_probs.
inline loss_of<ppo_policy_loss_result> ppo_policy_loss(const batch& b, const policy_loss_tensors& x,
                                                       const ppo_policy_loss_options& o = {}) {
    return detail::record_loss_of_type("ppo_policy_loss", {x.log_probs}, [&]<class T>(const detail::tensors& d) {
        return rlhf::ppo_policy_loss<T>(b, detail::policy_arrays<T>(b, x, d[0]), o, detail::torch_threads);
    });
}

/// The tensors of ppo_value_loss_arrays. weights may be [B, 1].
struct ppo_value_loss_tensors {
    at::Tensor values;
    at::Tensor old_values = {};
    at::Tensor returns;
    at::Tensor weights = {};
};

/// rlhf::ppo_value_loss with the gradient of values.
inline loss_of<ppo_value_loss_result> ppo_value_loss(const batch& b, const ppo_value_loss_tensors& x,
                                                     const ppo_value_loss_options& o = {}) {
    return detail::record_loss_of_type("ppo_value_loss", {x.values}, [&]<class T>(const detail::tensors& d) {
        return rlhf::ppo_value_loss<T>(b,
                                       {.values = x.values,
                                        .old_values = x.old_values,
                                        .returns = x.returns,
                                        .weights = detail::or_per_sequence<T>(b, x.weights),
                                        .d_values = d[0]},
                                       o, detail::torch_threads);
    });
}

/// rlhf::ptx_loss with the gradient of log_probs.
inline loss_of<ptx_loss_result> ptx_loss(const batch& b, const at::Tensor& log_probs, const ptx_loss_options& o = {}) {
    return detail::record_loss_of_type("ptx_loss", {log_probs}, [&]<class T>(const detail::tensors& d) {
        return rlhf::ptx_loss<T>(b, {.log_probs = log_probs, .d_log_probs = d[0]}, o, detail::torch_threads);
    });
}

/// rlhf::masked_mean with the gradient of values: `loss` is the mean.
inline loss_of<masked_mean_result> masked_mean(const batch& b, const at::Tensor& values,
                                               const masked_mean_options& o = {}) {
    return detail::record_loss_of_type("masked_mean", {values}, [&]<class T>(const detail::tensors& d) {
        return rlhf::masked_mean<T>(b, {.values = values, .d_values = d[0]}, o, detail::torch_threads);
    });
}

} // namespace torch

} // namespace RLHF_NAMESPACE
