// SPDX-License-Identifier: MIT
// Made by tools/interface/write_c.py from the C++ headers.
// clang-format off
#pragma once

#include <rlhf/c/glue/answer.hpp>
#include <rlhf/c/glue/head.hpp>
#include <rlhf/c/glue/objectives.hpp>

namespace RLHF_NAMESPACE::c {

inline std::array<typed_array, 6> types_of(const rlhf_covariance_tokens_arrays& a) {
    return {{{"log_probs", a.log_probs}, {"old_log_probs", a.old_log_probs}, {"advantages", a.advantages},
             {"keys", a.keys}, {"weights", a.weights}, {"anchors", a.anchors}}};
}
template <class T>
covariance_tokens_arrays<T> of_c(const reader& r, const rlhf_covariance_tokens_arrays& a) {
    return {.log_probs = r.in<T>(a.log_probs, "log_probs"), .old_log_probs = r.in<T>(a.old_log_probs, "old_log_probs"),
            .advantages = r.in<T>(a.advantages, "advantages"), .keys = r.in<T>(a.keys, "keys"),
            .weights = r.out<T>(a.weights, "weights"), .anchors = r.out<T>(a.anchors, "anchors")};
}
inline rlhf_status covariance_tokens(const rlhf_batch* batch, const rlhf_covariance_tokens_arrays* arrays,
                                     const rlhf_covariance_tokens_options* options, const rlhf_executor* run,
                                     rlhf_covariance_tokens_result* result, rlhf_error* error) {
    return answer("covariance_tokens", error, [&] {
        const reader r("covariance_tokens", run);
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_covariance_tokens_arrays(), "arrays");
        r.typed(types_of(a), [&]<class T>() {
            into.take(rlhf::covariance_tokens<T>(r.batch(batch, "batch"), of_c<T>(r, a), of_c(r, options),
                                                 r.executor()));
        });
    });
}

inline std::array<typed_array, 4> types_of(const rlhf_importance_weights_arrays& a) {
    return {{{"log_probs", a.log_probs}, {"behavior_log_probs", a.behavior_log_probs}, {"advantages", a.advantages},
             {"weights", a.weights}}};
}
template <class T>
importance_weights_arrays<T> of_c(const reader& r, const rlhf_importance_weights_arrays& a) {
    return {.log_probs = r.in<T>(a.log_probs, "log_probs"),
            .behavior_log_probs = r.in<T>(a.behavior_log_probs, "behavior_log_probs"),
            .advantages = r.in<T>(a.advantages, "advantages"), .weights = r.out<T>(a.weights, "weights"),
            .keep = r.out<std::uint8_t>(a.keep, "keep")};
}
inline rlhf_status importance_weights(const rlhf_batch* batch, const rlhf_importance_weights_arrays* arrays,
                                      const rlhf_importance_weights_options* options, const rlhf_executor* run,
                                      rlhf_importance_weights_result* result, rlhf_error* error) {
    return answer("importance_weights", error, [&] {
        const reader r("importance_weights", run);
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_importance_weights_arrays(), "arrays");
        r.typed(types_of(a), [&]<class T>() {
            into.take(rlhf::importance_weights<T>(r.batch(batch, "batch"), of_c<T>(r, a), of_c(r, options),
                                                  r.executor()));
        });
    });
}

inline std::array<typed_array, 2> types_of(const rlhf_masked_mean_arrays& a) {
    return {{{"values", a.values}, {"d_values", a.d_values}}};
}
template <class T>
masked_mean_arrays<T> of_c(const reader& r, const rlhf_masked_mean_arrays& a) {
    return {.values = r.in<T>(a.values, "values"), .d_values = r.gradient<T>(a.d_values, "d_values")};
}
inline rlhf_status masked_mean(const rlhf_batch* batch, const rlhf_masked_mean_arrays* arrays,
                               const rlhf_masked_mean_options* options, const rlhf_executor* run,
                               rlhf_loss_sums* result, rlhf_error* error) {
    return answer("masked_mean", error, [&] {
        const reader r("masked_mean", run);
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_masked_mean_arrays(), "arrays");
        r.typed(types_of(a), [&]<class T>() {
            into.take(rlhf::masked_mean<T>(r.batch(batch, "batch"), of_c<T>(r, a), of_c(r, options), r.executor()));
        });
    });
}

inline std::array<typed_array, 7> types_of(const rlhf_policy_loss_arrays& a) {
    return {{{"log_probs", a.log_probs}, {"old_log_probs", a.old_log_probs}, {"ref_log_probs", a.ref_log_probs},
             {"behavior_log_probs", a.behavior_log_probs}, {"advantages", a.advantages}, {"weights", a.weights},
             {"d_log_probs", a.d_log_probs}}};
}
template <class T>
policy_loss_arrays<T> of_c(const reader& r, const rlhf_policy_loss_arrays& a) {
    return {.log_probs = r.in<T>(a.log_probs, "log_probs"), .old_log_probs = r.in<T>(a.old_log_probs, "old_log_probs"),
            .ref_log_probs = r.in<T>(a.ref_log_probs, "ref_log_probs"),
            .behavior_log_probs = r.in<T>(a.behavior_log_probs, "behavior_log_probs"),
            .advantages = r.in<T>(a.advantages, "advantages"), .weights = r.in<T>(a.weights, "weights"),
            .d_log_probs = r.gradient<T>(a.d_log_probs, "d_log_probs")};
}
inline rlhf_status policy_loss(const rlhf_batch* batch, const rlhf_policy_loss_arrays* arrays,
                               const rlhf_objective* objective, const rlhf_policy_loss_options* options,
                               const rlhf_executor* run, rlhf_policy_loss_result* result, rlhf_error* error) {
    return answer("policy_loss", error, [&] {
        const reader r("policy_loss", run);
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_policy_loss_arrays(), "arrays");
        r.typed(types_of(a), [&]<class T>() {
            with_objective_of_policy_loss(r, objective, [&](const auto& o) {
                into.take(rlhf::policy_loss<T>(r.batch(batch, "batch"), of_c<T>(r, a), o, of_c(r, options),
                                               r.executor()));
            });
        });
    });
}

inline rlhf_status ppo_policy_loss(const rlhf_batch* batch, const rlhf_policy_loss_arrays* arrays,
                                   const rlhf_ppo_policy_loss_options* options, const rlhf_executor* run,
                                   rlhf_policy_loss_result* result, rlhf_error* error) {
    return answer("ppo_policy_loss", error, [&] {
        const reader r("ppo_policy_loss", run);
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_policy_loss_arrays(), "arrays");
        r.typed(types_of(a), [&]<class T>() {
            into.take(rlhf::ppo_policy_loss<T>(r.batch(batch, "batch"), of_c<T>(r, a), of_c(r, options),
                                               r.executor()));
        });
    });
}

inline std::array<typed_array, 5> types_of(const rlhf_ppo_value_loss_arrays& a) {
    return {{{"values", a.values}, {"old_values", a.old_values}, {"returns", a.returns}, {"weights", a.weights},
             {"d_values", a.d_values}}};
}
template <class T>
ppo_value_loss_arrays<T> of_c(const reader& r, const rlhf_ppo_value_loss_arrays& a) {
    return {.values = r.in<T>(a.values, "values"), .old_values = r.in<T>(a.old_values, "old_values"),
            .returns = r.in<T>(a.returns, "returns"), .weights = r.in<T>(a.weights, "weights"),
            .d_values = r.gradient<T>(a.d_values, "d_values")};
}
inline rlhf_status ppo_value_loss(const rlhf_batch* batch, const rlhf_ppo_value_loss_arrays* arrays,
                                  const rlhf_ppo_value_loss_options* options, const rlhf_executor* run,
                                  rlhf_ppo_value_loss_result* result, rlhf_error* error) {
    return answer("ppo_value_loss", error, [&] {
        const reader r("ppo_value_loss", run);
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_ppo_value_loss_arrays(), "arrays");
        r.typed(types_of(a), [&]<class T>() {
            into.take(rlhf::ppo_value_loss<T>(r.batch(batch, "batch"), of_c<T>(r, a), of_c(r, options), r.executor()));
        });
    });
}

inline std::array<typed_array, 2> types_of(const rlhf_ptx_loss_arrays& a) {
    return {{{"log_probs", a.log_probs}, {"d_log_probs", a.d_log_probs}}};
}
template <class T>
ptx_loss_arrays<T> of_c(const reader& r, const rlhf_ptx_loss_arrays& a) {
    return {.log_probs = r.in<T>(a.log_probs, "log_probs"),
            .d_log_probs = r.gradient<T>(a.d_log_probs, "d_log_probs")};
}
inline rlhf_status ptx_loss(const rlhf_batch* batch, const rlhf_ptx_loss_arrays* arrays,
                            const rlhf_ptx_loss_options* options, const rlhf_executor* run,
                            rlhf_ptx_loss_result* result, rlhf_error* error) {
    return answer("ptx_loss", error, [&] {
        const reader r("ptx_loss", run);
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_ptx_loss_arrays(), "arrays");
        r.typed(types_of(a), [&]<class T>() {
            into.take(rlhf::ptx_loss<T>(r.batch(batch, "batch"), of_c<T>(r, a), of_c(r, options), r.executor()));
        });
    });
}

inline std::array<typed_array, 2> types_of(const rlhf_top_entropy_arrays& a) {
    return {{{"entropy", a.entropy}, {"weights", a.weights}}};
}
template <class T>
top_entropy_arrays<T> of_c(const reader& r, const rlhf_top_entropy_arrays& a) {
    return {.entropy = r.in<T>(a.entropy, "entropy"), .weights = r.out<T>(a.weights, "weights"),
            .keep = r.out<std::uint8_t>(a.keep, "keep")};
}
inline rlhf_status top_entropy(const rlhf_batch* batch, const rlhf_top_entropy_arrays* arrays,
                               const rlhf_top_entropy_options* options, const rlhf_executor* run,
                               rlhf_top_entropy_result* result, rlhf_error* error) {
    return answer("top_entropy", error, [&] {
        const reader r("top_entropy", run);
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_top_entropy_arrays(), "arrays");
        r.typed(types_of(a), [&]<class T>() {
            into.take(rlhf::top_entropy<T>(r.batch(batch, "batch"), of_c<T>(r, a), of_c(r, options), r.executor()));
        });
    });
}

inline rlhf_status update_adaptive_entropy_controller(rlhf_adaptive_entropy_controller* controller, double entropy,
                                                      rlhf_error* error) {
    return answer("update_adaptive_entropy_controller", error, [&] {
        const reader r("update_adaptive_entropy_controller");
        const auto next = to_c(rlhf::updated(of_c(r, controller), entropy));
        place(r, controller).put(next);
    });
}

} // namespace RLHF_NAMESPACE::c
