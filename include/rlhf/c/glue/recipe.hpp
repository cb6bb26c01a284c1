// SPDX-License-Identifier: MIT
// Made by tools/interface/write_c.py from the C++ headers.
// clang-format off
#pragma once

#include <rlhf/c/glue/answer.hpp>
#include <rlhf/c/glue/head.hpp>
#include <rlhf/c/glue/objectives.hpp>
#include <rlhf/c/glue/logits.hpp>
#include <rlhf/c/glue/policy.hpp>
#include <rlhf/c/glue/preference.hpp>

namespace RLHF_NAMESPACE::c {

inline rlhf_status linear_head_cross_entropy_loss(const rlhf_batch* batch, const rlhf_linear_head* head,
                                                  const rlhf_in* targets, const rlhf_linear_head_gradient* gradient,
                                                  const rlhf_cross_entropy_loss_options* options,
                                                  const rlhf_executor* run, rlhf_cross_entropy_loss_result* result,
                                                  rlhf_error* error) {
    return answer("cross_entropy_loss", error, [&] {
        const reader r("cross_entropy_loss", run);
        const place into(r, result);
        const auto h = r.known(head, rlhf_linear_head(), "head");
        r.typed(std::array{typed_array("head.hidden", h.hidden)}, [&]<class T>() {
            const bound_head<T> head_(r, h);
            if (gradient != nullptr) {
                into.take(rlhf::cross_entropy_loss(r.batch(batch, "batch"), head_.head(),
                                                   r.index(r.there(targets, "targets"), "targets"),
                                                   gradient_of_head<T>(r, gradient), of_c(r, options), r.executor()));
            } else {
                into.take(rlhf::cross_entropy_loss(r.batch(batch, "batch"), head_.head(),
                                                   r.index(r.there(targets, "targets"), "targets"), of_c(r, options),
                                                   r.executor()));
            }
        });
    });
}

inline std::array<typed_array, 4> types_of(const rlhf_gdpo_advantages_arrays& a) {
    return {{{"rewards", a.rewards}, {"weights", a.weights}, {"workspace", a.workspace},
             {"advantages", a.advantages}}};
}
template <class T>
gdpo_advantages_arrays<T> of_c(const reader& r, const rlhf_gdpo_advantages_arrays& a) {
    return {.rewards = r.in<T>(a.rewards, "rewards"), .weights = r.in<T>(a.weights, "weights", true),
            .workspace = r.out<T>(a.workspace, "workspace", true),
            .advantages = r.out<T>(a.advantages, "advantages", true)};
}
inline rlhf_status gdpo_advantages(const rlhf_groups* groups, const rlhf_gdpo_advantages_arrays* arrays,
                                   const rlhf_gdpo_advantages_options* options, const rlhf_executor* run,
                                   rlhf_gdpo_advantages_result* result, rlhf_error* error) {
    return answer("gdpo_advantages", error, [&] {
        const reader r("gdpo_advantages", run);
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_gdpo_advantages_arrays(), "arrays");
        r.typed(types_of(a), [&]<class T>() {
            into.take(rlhf::gdpo_advantages<T>(r.groups(groups), of_c<T>(r, a), of_c(r, options), r.executor()));
        });
    });
}

inline std::array<typed_array, 7> types_of(const rlhf_ppo_advantages_arrays& a) {
    return {{{"log_probs", a.log_probs}, {"ref_log_probs", a.ref_log_probs}, {"values", a.values},
             {"scores", a.scores}, {"bootstrap_values", a.bootstrap_values}, {"advantages", a.advantages},
             {"returns", a.returns}}};
}
template <class T>
ppo_advantages_arrays<T> of_c(const reader& r, const rlhf_ppo_advantages_arrays& a) {
    return {.log_probs = r.in<T>(a.log_probs, "log_probs"), .ref_log_probs = r.in<T>(a.ref_log_probs, "ref_log_probs"),
            .values = r.in<T>(a.values, "values"), .scores = r.in<T>(a.scores, "scores", true),
            .finished = r.in<std::uint8_t>(a.finished, "finished", true),
            .bootstrap_values = r.in<T>(a.bootstrap_values, "bootstrap_values", true),
            .advantages = r.out<T>(a.advantages, "advantages"), .returns = r.out<T>(a.returns, "returns")};
}
inline rlhf_status ppo_advantages(const rlhf_batch* batch, const rlhf_ppo_advantages_arrays* arrays,
                                  const rlhf_ppo_advantages_options* options, const rlhf_executor* run,
                                  rlhf_ppo_advantages_result* result, rlhf_error* error) {
    return answer("ppo_advantages", error, [&] {
        const reader r("ppo_advantages", run);
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_ppo_advantages_arrays(), "arrays");
        r.typed(types_of(a), [&]<class T>() {
            into.take(rlhf::ppo_advantages<T>(r.batch(batch, "batch"), of_c<T>(r, a), of_c(r, options), r.executor()));
        });
    });
}

inline std::array<typed_array, 14> types_of(const rlhf_ppo_loss_arrays& a) {
    return {{{"old_log_probs", a.old_log_probs}, {"ref_log_probs", a.ref_log_probs},
             {"behavior_log_probs", a.behavior_log_probs}, {"advantages", a.advantages}, {"weights", a.weights},
             {"values", a.values}, {"old_values", a.old_values}, {"returns", a.returns},
             {"value_weights", a.value_weights}, {"log_probs", a.log_probs}, {"entropy", a.entropy},
             {"d_log_probs", a.d_log_probs}, {"d_entropy", a.d_entropy}, {"d_values", a.d_values}}};
}
template <class T>
ppo_loss_arrays<T> of_c(const reader& r, const rlhf_ppo_loss_arrays& a) {
    return {.old_log_probs = r.in<T>(a.old_log_probs, "old_log_probs"),
            .ref_log_probs = r.in<T>(a.ref_log_probs, "ref_log_probs"),
            .behavior_log_probs = r.in<T>(a.behavior_log_probs, "behavior_log_probs"),
            .advantages = r.in<T>(a.advantages, "advantages"), .weights = r.in<T>(a.weights, "weights"),
            .values = r.in<T>(a.values, "values"), .old_values = r.in<T>(a.old_values, "old_values"),
            .returns = r.in<T>(a.returns, "returns"), .value_weights = r.in<T>(a.value_weights, "value_weights"),
            .log_probs = r.out<T>(a.log_probs, "log_probs"), .entropy = r.out<T>(a.entropy, "entropy"),
            .d_log_probs = r.out<T>(a.d_log_probs, "d_log_probs"), .d_entropy = r.out<T>(a.d_entropy, "d_entropy"),
            .d_values = r.gradient<T>(a.d_values, "d_values")};
}
inline rlhf_status ppo_loss(const rlhf_batch* batch, const rlhf_logits* logits, const rlhf_in* targets,
                            const rlhf_ppo_loss_arrays* arrays, const rlhf_logits_gradient* d_logits,
                            const rlhf_ppo_loss_options* options, const rlhf_executor* run,
                            rlhf_ppo_loss_result* result, rlhf_error* error) {
    return answer("ppo_loss", error, [&] {
        const reader r("ppo_loss", run);
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_ppo_loss_arrays(), "arrays");
        r.typed_logits(r.there(logits, "logits"), [&]<class E>() {
            using T = detail::compute_type<E>;
            into.take(rlhf::ppo_loss<T>(r.batch(batch, "batch"), r.logits<E>(r.there(logits, "logits"), "logits"),
                                        r.index(r.there(targets, "targets"), "targets"), of_c<T>(r, a),
                                        r.d_logits<E>(r.there(d_logits, "d_logits")), of_c(r, options), r.executor()));
        });
    });
}

inline rlhf_status linear_head_ppo_loss(const rlhf_batch* batch, const rlhf_linear_head* head, const rlhf_in* targets,
                                        const rlhf_ppo_loss_arrays* arrays, const rlhf_linear_head_gradient* gradient,
                                        const rlhf_ppo_loss_options* options, const rlhf_executor* run,
                                        rlhf_ppo_loss_result* result, rlhf_error* error) {
    return answer("ppo_loss", error, [&] {
        const reader r("ppo_loss", run);
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_ppo_loss_arrays(), "arrays");
        const auto h = r.known(head, rlhf_linear_head(), "head");
        r.typed(std::array{typed_array("head.hidden", h.hidden)}, [&]<class T>() {
            const bound_head<T> head_(r, h);
            into.take(rlhf::ppo_loss<T>(r.batch(batch, "batch"), head_.head(),
                                        r.index(r.there(targets, "targets"), "targets"), of_c<T>(r, a),
                                        gradient_of_head<T>(r, gradient), of_c(r, options), r.executor()));
        });
    });
}

inline std::array<typed_array, 7> types_of(const rlhf_preference_nll_arrays& a) {
    return {{{"log_probs", a.log_probs}, {"ref_log_probs", a.ref_log_probs}, {"margins", a.margins},
             {"weights", a.weights}, {"sums", a.sums}, {"d_sums", a.d_sums}, {"d_log_probs", a.d_log_probs}}};
}
template <class T>
preference_nll_arrays<T> of_c(const reader& r, const rlhf_preference_nll_arrays& a) {
    return {.log_probs = r.in<T>(a.log_probs, "log_probs"), .ref_log_probs = r.in<T>(a.ref_log_probs, "ref_log_probs"),
            .chosen = r.index(a.chosen, "chosen", true), .rejected = r.index(a.rejected, "rejected", true),
            .margins = r.in<T>(a.margins, "margins", true), .weights = r.in<T>(a.weights, "weights", true),
            .sums = r.out<T>(a.sums, "sums", true), .d_sums = r.out<T>(a.d_sums, "d_sums", true),
            .d_log_probs = r.gradient<T>(a.d_log_probs, "d_log_probs")};
}
inline rlhf_status preference_nll(const rlhf_batch* answers, const rlhf_batch* pairs, const rlhf_batch* text,
                                  const rlhf_preference_nll_arrays* arrays, const rlhf_objective* objective,
                                  const rlhf_preference_nll_options* options, const rlhf_executor* run,
                                  rlhf_preference_nll_result* result, rlhf_error* error) {
    return answer("preference_nll", error, [&] {
        const reader r("preference_nll", run);
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_preference_nll_arrays(), "arrays");
        r.typed(types_of(a), [&]<class T>() {
            with_objective_of_preference_loss(r, objective, [&](const auto& o) {
                into.take(rlhf::preference_nll<T>(r.batch(answers, "answers"), r.batch(pairs, "pairs"),
                                                  r.batch(text, "text"), of_c<T>(r, a), o, of_c(r, options),
                                                  r.executor()));
            });
        });
    });
}

inline std::array<typed_array, 4> types_of(const rlhf_preference_pairs_arrays& a) {
    return {{{"sums", a.sums}, {"margins", a.margins}, {"weights", a.weights}, {"d_sums", a.d_sums}}};
}
template <class T>
preference_pairs_arrays<T> of_c(const reader& r, const rlhf_preference_pairs_arrays& a) {
    return {.sums = r.in<T>(a.sums, "sums", true), .chosen = r.index(a.chosen, "chosen", true),
            .rejected = r.index(a.rejected, "rejected", true), .margins = r.in<T>(a.margins, "margins", true),
            .weights = r.in<T>(a.weights, "weights", true), .d_sums = r.gradient<T>(a.d_sums, "d_sums", true)};
}
inline rlhf_status preference_pairs(const rlhf_batch* batch, const rlhf_preference_pairs_arrays* arrays,
                                    const rlhf_objective* objective, rlhf_preference_loss_result* result,
                                    rlhf_error* error) {
    return answer("preference_pairs", error, [&] {
        const reader r("preference_pairs");
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_preference_pairs_arrays(), "arrays");
        r.typed(types_of(a), [&]<class T>() {
            with_objective_of_preference_loss(r, objective, [&](const auto& o) {
                into.take(rlhf::preference_pairs<T>(r.batch(batch, "batch"), of_c<T>(r, a), o));
            });
        });
    });
}

inline rlhf_status linear_head_token_log_probs(const rlhf_batch* batch, const rlhf_linear_head* head,
                                               const rlhf_in* targets, const rlhf_token_log_probs_arrays* arrays,
                                               const rlhf_token_log_probs_options* options, const rlhf_executor* run,
                                               rlhf_token_log_probs_result* result, rlhf_error* error) {
    return answer("token_log_probs", error, [&] {
        const reader r("token_log_probs", run);
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_token_log_probs_arrays(), "arrays");
        const auto h = r.known(head, rlhf_linear_head(), "head");
        r.typed(std::array{typed_array("head.hidden", h.hidden)}, [&]<class T>() {
            const bound_head<T> head_(r, h);
            into.take(rlhf::token_log_probs<T>(r.batch(batch, "batch"), head_.head(),
                                               r.index(r.there(targets, "targets"), "targets"), of_c<T>(r, a),
                                               of_c(r, options), r.executor()));
        });
    });
}

inline rlhf_status linear_head_token_log_probs_backward(const rlhf_batch* batch, const rlhf_linear_head* head,
                                                        const rlhf_in* targets,
                                                        const rlhf_token_log_probs_backward_arrays* arrays,
                                                        const rlhf_linear_head_gradient* gradient,
                                                        const rlhf_token_log_probs_options* options,
                                                        const rlhf_executor* run, rlhf_token_log_probs_result* result,
                                                        rlhf_error* error) {
    return answer("token_log_probs_backward", error, [&] {
        const reader r("token_log_probs_backward", run);
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_token_log_probs_backward_arrays(), "arrays");
        const auto h = r.known(head, rlhf_linear_head(), "head");
        r.typed(std::array{typed_array("head.hidden", h.hidden)}, [&]<class T>() {
            const bound_head<T> head_(r, h);
            into.take(rlhf::token_log_probs_backward<T>(r.batch(batch, "batch"), head_.head(),
                                                        r.index(r.there(targets, "targets"), "targets"), of_c<T>(r, a),
                                                        gradient_of_head<T>(r, gradient), of_c(r, options),
                                                        r.executor()));
        });
    });
}

} // namespace RLHF_NAMESPACE::c
