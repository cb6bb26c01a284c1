// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/preference/preference_loss.hpp>
#include <rlhf/preference/sequence_log_probs.hpp>
#include <rlhf/preference/unpaired_loss.hpp>
#include <rlhf/recipe/preference_nll.hpp>
#include <rlhf/recipe/preference_pairs.hpp>
#include <rlhf/with/torch/node.hpp>

/// Losses over whole answers as nodes of autograd: see with/torch/node.hpp.
namespace RLHF_NAMESPACE::torch {

/// The log-probabilities of whole sequences, [B].
struct sequence_sums {
    at::Tensor sums;
    sequence_log_probs_result result;
};

/// The tensors of sequence_log_probs_arrays.
struct sequence_log_probs_tensors {
    at::Tensor log_probs;
    at::Tensor ref_log_probs = {};
};

/// rlhf::sequence_log_probs with the gradient of log_probs.
inline sequence_sums sequence_log_probs(const batch& b, const sequence_log_probs_tensors& x,
                                        const sequence_log_probs_options& o = {}) {
    constexpr const char* name = "sequence_log_probs";
    return detail::with_element_type(name, x.log_probs, [&]<class T>(std::type_identity<T>) -> sequence_sums {
        const at::Tensor sums = detail::numbers<T>(b.size());
        const auto result = detail::with_torch_errors([&] {
            return rlhf::sequence_log_probs<T>(
                b, {.log_probs = x.log_probs, .ref_log_probs = x.ref_log_probs, .sums = sums}, o,
                detail::torch_threads);
        });
        const auto back = [kept = detail::kept_batch(b), shape = x.log_probs.sizes().vec(),
                           o](const detail::tensors& /*saved*/, const detail::tensors& slopes) {
            const at::Tensor d_sums = slopes[0].contiguous(), d = at::empty(shape, d_sums.options());
            rlhf::sequence_log_probs_backward<T>(kept.get(), {.d_sums = d_sums, .d_log_probs = d}, o,
                                                 detail::torch_threads);
            return detail::tensors{d};
        };
        return {detail::record({x.log_probs}, {.function = name, .outputs = {sums}, .saved = {}, .backward = back})[0],
                result};
    });
}

/// The tensors of preference_loss_arrays.
struct preference_loss_tensors {
    at::Tensor chosen, rejected;
    at::Tensor margins = {}, weights = {};
};

/// rlhf::preference_loss with the gradients of chosen and rejected.
template <class Objective>
loss_of<preference_loss_result> preference_loss(const batch& b, const preference_loss_tensors& x,
                                                const Objective& objective) {
    return detail::record_loss_of_type("preference_loss", {x.chosen, x.rejected},
                                       [&]<class T>(const detail::tensors& d) {
                                           return rlhf::preference_loss<T>(b,
                                                                           {.chosen = x.chosen,
                                                                            .rejected = x.rejected,
                                                                            .margins = x.margins,
                                                                            .weights = x.weights,
                                                                            .d_chosen = d[0],
                                                                            .d_rejected = d[1]},
                                                                           objective, detail::torch_threads);
                                       });
}

/// The tensors of unpaired_loss_arrays.
struct unpaired_loss_tensors {
    at::Tensor log_ratios, desirable;
    at::Tensor weights = {};
};

/// rlhf::unpaired_loss with the gradient of log_ratios.
template <class Objective>
loss_of<unpaired_loss_result> unpaired_loss(const batch& b, const unpaired_loss_tensors& x,
                                            const Objective& objective) {
    return detail::record_loss_of_type("unpaired_loss", {x.log_ratios}, [&]<class T>(const detail::tensors& d) {
        return rlhf::unpaired_loss<T>(
            b, {.log_ratios = x.log_ratios, .desirable = x.desirable, .weights = x.weights, .d_log_ratios = d[0]},
            objective);
    });
}

/// The tensors of preference_pairs_arrays.
struct preference_pairs_tensors {
    at::Tensor sums, chosen, rejected;
    at::Tensor margins = {}, weights = {};
};

/// rlhf::preference_pairs with the gradient of sums.
template <class Objective>
loss_of<preference_loss_result> preference_pairs(const batch& b, const preference_pairs_tensors& x,
                                                 const Objective& objective) {
    return detail::record_loss_of_type("preference_pairs", {x.sums}, [&]<class T>(const detail::tensors& d) {
        return rlhf::preference_pairs<T>(b,
                                         {.sums = x.sums,
                                          .chosen = x.chosen,
                                          .rejected = x.rejected,
                                          .margins = x.margins,
                                          .weights = x.weights,
                                          .d_sums = d[0]},
                                         objective);
    });
}

/// The tensors of preference_nll_arrays.
struct preference_nll_tensors {
    at::Tensor log_probs;
    at::Tensor ref_log_probs = {};
    at::Tensor chosen, rejected;
    at::Tensor margins = {}, weights = {};
};

/// rlhf::preference_nll with the gradient of log_probs.
template <class Objective>
loss_of<preference_nll_result> preference_nll(const batch& answers, const batch& pairs, const batch& text,
                                              const preference_nll_tensors& x, const Objective& objective,
                                              const preference_nll_options& o = {}) {
    return detail::record_loss_of_type("preference_nll", {x.log_probs}, [&]<class T>(const detail::tensors& d) {
        const at::Tensor sums = detail::numbers<T>(answers.size()), d_sums = sums.clone();
        return rlhf::preference_nll<T>(answers, pairs, text,
                                       {.log_probs = x.log_probs,
                                        .ref_log_probs = x.ref_log_probs,
                                        .chosen = x.chosen,
                                        .rejected = x.rejected,
                                        .margins = x.margins,
                                        .weights = x.weights,
                                        .sums = sums,
                                        .d_sums = d_sums,
                                        .d_log_probs = d[0]},
                                       objective, o, detail::torch_threads);
    });
}

} // namespace RLHF_NAMESPACE::torch
