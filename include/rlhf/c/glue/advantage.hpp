// SPDX-License-Identifier: MIT
// Made by tools/interface/write_c.py from the C++ headers.
// clang-format off
#pragma once

#include <rlhf/c/glue/answer.hpp>
#include <rlhf/c/glue/head.hpp>
#include <rlhf/c/glue/objectives.hpp>

namespace RLHF_NAMESPACE::c {

inline std::array<typed_array, 3> types_of(const rlhf_discounted_returns_arrays& a) {
    return {{{"rewards", a.rewards}, {"bootstrap_values", a.bootstrap_values}, {"returns", a.returns}}};
}
template <class T>
discounted_returns_arrays<T> of_c(const reader& r, const rlhf_discounted_returns_arrays& a) {
    return {.rewards = r.in<T>(a.rewards, "rewards"),
            .bootstrap_values = r.in<T>(a.bootstrap_values, "bootstrap_values", true),
            .terminated = r.in<std::uint8_t>(a.terminated, "terminated"), .returns = r.out<T>(a.returns, "returns")};
}
inline rlhf_status discounted_returns(const rlhf_batch* batch, const rlhf_discounted_returns_arrays* arrays,
                                      const rlhf_discounted_returns_options* options, const rlhf_executor* run,
                                      rlhf_error* error) {
    return answer("discounted_returns", error, [&] {
        const reader r("discounted_returns", run);
        const auto a = r.known(arrays, rlhf_discounted_returns_arrays(), "arrays");
        r.typed(types_of(a), [&]<class T>() {
            rlhf::discounted_returns<T>(r.batch(batch, "batch"), of_c<T>(r, a), of_c(r, options), r.executor());
        });
    });
}

inline std::array<typed_array, 7> types_of(const rlhf_gae_arrays& a) {
    return {{{"rewards", a.rewards}, {"values", a.values}, {"next_values", a.next_values},
             {"bootstrap_values", a.bootstrap_values}, {"lambdas", a.lambdas}, {"advantages", a.advantages},
             {"returns", a.returns}}};
}
template <class T>
gae_arrays<T> of_c(const reader& r, const rlhf_gae_arrays& a) {
    return {.rewards = r.in<T>(a.rewards, "rewards"), .values = r.in<T>(a.values, "values"),
            .next_values = r.in<T>(a.next_values, "next_values"),
            .bootstrap_values = r.in<T>(a.bootstrap_values, "bootstrap_values", true),
            .lambdas = r.in<T>(a.lambdas, "lambdas", true),
            .terminated = r.in<std::uint8_t>(a.terminated, "terminated"),
            .truncated = r.in<std::uint8_t>(a.truncated, "truncated"),
            .advantages = r.out<T>(a.advantages, "advantages"), .returns = r.out<T>(a.returns, "returns")};
}
inline rlhf_status gae(const rlhf_batch* batch, const rlhf_gae_arrays* arrays, const rlhf_gae_options* options,
                       const rlhf_executor* run, rlhf_error* error) {
    return answer("gae", error, [&] {
        const reader r("gae", run);
        const auto a = r.known(arrays, rlhf_gae_arrays(), "arrays");
        r.typed(types_of(a), [&]<class T>() {
            rlhf::gae<T>(r.batch(batch, "batch"), of_c<T>(r, a), of_c(r, options), r.executor());
        });
    });
}

inline std::array<typed_array, 8> types_of(const rlhf_gae_backward_arrays& a) {
    return {{{"d_advantages", a.d_advantages}, {"d_returns", a.d_returns}, {"next_values", a.next_values},
             {"lambdas", a.lambdas}, {"d_rewards", a.d_rewards}, {"d_values", a.d_values},
             {"d_next_values", a.d_next_values}, {"d_bootstrap_values", a.d_bootstrap_values}}};
}
template <class T>
gae_backward_arrays<T> of_c(const reader& r, const rlhf_gae_backward_arrays& a) {
    return {.d_advantages = r.in<T>(a.d_advantages, "d_advantages"), .d_returns = r.in<T>(a.d_returns, "d_returns"),
            .next_values = r.in<T>(a.next_values, "next_values"), .lambdas = r.in<T>(a.lambdas, "lambdas", true),
            .terminated = r.in<std::uint8_t>(a.terminated, "terminated"),
            .truncated = r.in<std::uint8_t>(a.truncated, "truncated"),
            .d_rewards = r.gradient<T>(a.d_rewards, "d_rewards"), .d_values = r.gradient<T>(a.d_values, "d_values"),
            .d_next_values = r.gradient<T>(a.d_next_values, "d_next_values"),
            .d_bootstrap_values = r.gradient<T>(a.d_bootstrap_values, "d_bootstrap_values", true)};
}
inline rlhf_status gae_backward(const rlhf_batch* batch, const rlhf_gae_backward_arrays* arrays,
                                const rlhf_gae_backward_options* options, const rlhf_executor* run,
                                rlhf_error* error) {
    return answer("gae_backward", error, [&] {
        const reader r("gae_backward", run);
        const auto a = r.known(arrays, rlhf_gae_backward_arrays(), "arrays");
        r.typed(types_of(a), [&]<class T>() {
            rlhf::gae_backward<T>(r.batch(batch, "batch"), of_c<T>(r, a), of_c(r, options), r.executor());
        });
    });
}

inline std::array<typed_array, 3> types_of(const rlhf_group_advantages_arrays& a) {
    return {{{"rewards", a.rewards}, {"baselines", a.baselines}, {"advantages", a.advantages}}};
}
template <class T>
group_advantages_arrays<T> of_c(const reader& r, const rlhf_group_advantages_arrays& a) {
    return {.rewards = r.in<T>(a.rewards, "rewards", true), .lengths = r.index(a.lengths, "lengths", true),
            .baselines = r.in<T>(a.baselines, "baselines", true),
            .advantages = r.out<T>(a.advantages, "advantages", true),
            .keep = r.out<std::uint8_t>(a.keep, "keep", true)};
}
inline rlhf_status group_advantages(const rlhf_groups* groups, const rlhf_group_advantages_arrays* arrays,
                                    const rlhf_moments* moments, const rlhf_group_advantages_options* options,
                                    const rlhf_executor* run, rlhf_group_advantages_result* result,
                                    rlhf_error* error) {
    return answer("group_advantages", error, [&] {
        const reader r("group_advantages", run);
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_group_advantages_arrays(), "arrays");
        r.typed(types_of(a), [&]<class T>() {
            if (moments != nullptr) {
                into.take(rlhf::group_advantages<T>(r.groups(groups), of_c<T>(r, a), moments_of_c(r, moments),
                                                    of_c(r, options), r.executor()));
            } else {
                into.take(rlhf::group_advantages<T>(r.groups(groups), of_c<T>(r, a), of_c(r, options), r.executor()));
            }
        });
    });
}

inline rlhf_status moments_of(const rlhf_batch* batch, const rlhf_in* values, const rlhf_executor* run,
                              rlhf_moments* result, rlhf_error* error) {
    return answer("moments_of", error, [&] {
        const reader r("moments_of", run);
        const place into(r, result);
        r.typed(std::array{typed_array("values", r.there(values, "values"))}, [&]<class T>() {
            into.take(rlhf::moments_of<T>(r.batch(batch, "batch"), r.in<T>(r.there(values, "values"), "values"),
                                          r.executor()));
        });
    });
}

inline rlhf_status reward_moments(const rlhf_in* rewards, rlhf_unscorable how, const rlhf_executor* run,
                                  rlhf_moments* result, rlhf_error* error) {
    return answer("reward_moments", error, [&] {
        const reader r("reward_moments", run);
        const place into(r, result);
        r.typed(std::array{typed_array("rewards", r.there(rewards, "rewards"))}, [&]<class T>() {
            into.take(rlhf::reward_moments<T>(r.in<T>(r.there(rewards, "rewards"), "rewards", true),
                                              r.choice<rlhf::unscorable>(how, 2, "how"), r.executor()));
        });
    });
}

inline std::array<typed_array, 4> types_of(const rlhf_shape_rewards_arrays& a) {
    return {{{"log_probs", a.log_probs}, {"ref_log_probs", a.ref_log_probs}, {"scores", a.scores},
             {"rewards", a.rewards}}};
}
template <class T>
shape_rewards_arrays<T> of_c(const reader& r, const rlhf_shape_rewards_arrays& a) {
    return {.log_probs = r.in<T>(a.log_probs, "log_probs"), .ref_log_probs = r.in<T>(a.ref_log_probs, "ref_log_probs"),
            .scores = r.in<T>(a.scores, "scores", true), .finished = r.in<std::uint8_t>(a.finished, "finished", true),
            .rewards = r.out<T>(a.rewards, "rewards")};
}
inline rlhf_status shape_rewards(const rlhf_batch* batch, const rlhf_shape_rewards_arrays* arrays,
                                 const rlhf_shape_rewards_options* options, const rlhf_executor* run,
                                 rlhf_shape_rewards_result* result, rlhf_error* error) {
    return answer("shape_rewards", error, [&] {
        const reader r("shape_rewards", run);
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_shape_rewards_arrays(), "arrays");
        r.typed(types_of(a), [&]<class T>() {
            into.take(rlhf::shape_rewards<T>(r.batch(batch, "batch"), of_c<T>(r, a), of_c(r, options), r.executor()));
        });
    });
}

inline std::array<typed_array, 2> types_of(const rlhf_shape_scores_arrays& a) {
    return {{{"scores", a.scores}, {"shaped", a.shaped}}};
}
template <class T>
shape_scores_arrays<T> of_c(const reader& r, const rlhf_shape_scores_arrays& a) {
    return {.scores = r.in<T>(a.scores, "scores", true), .lengths = r.index(a.lengths, "lengths", true),
            .finished = r.in<std::uint8_t>(a.finished, "finished", true),
            .shaped = r.out<T>(a.shaped, "shaped", true)};
}
inline rlhf_status shape_scores(const rlhf_batch* batch, const rlhf_shape_scores_arrays* arrays,
                                const rlhf_shape_scores_options* options, rlhf_shape_scores_result* result,
                                rlhf_error* error) {
    return answer("shape_scores", error, [&] {
        const reader r("shape_scores");
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_shape_scores_arrays(), "arrays");
        r.typed(types_of(a), [&]<class T>() {
            into.take(rlhf::shape_scores<T>(r.batch(batch, "batch"), of_c<T>(r, a), of_c(r, options)));
        });
    });
}

inline rlhf_status update_fixed_kl_controller(rlhf_fixed_kl_controller* controller, double kl, double sequences,
                                              rlhf_error* error) {
    return answer("update_fixed_kl_controller", error, [&] {
        const reader r("update_fixed_kl_controller");
        const auto next = to_c(rlhf::updated(of_c(r, controller), kl, sequences));
        place(r, controller).put(next);
    });
}

inline rlhf_status update_adaptive_kl_controller(rlhf_adaptive_kl_controller* controller, double kl, double sequences,
                                                 rlhf_error* error) {
    return answer("update_adaptive_kl_controller", error, [&] {
        const reader r("update_adaptive_kl_controller");
        const auto next = to_c(rlhf::updated(of_c(r, controller), kl, sequences));
        place(r, controller).put(next);
    });
}

inline std::array<typed_array, 8> types_of(const rlhf_vtrace_arrays& a) {
    return {{{"rewards", a.rewards}, {"values", a.values}, {"log_probs", a.log_probs},
             {"behavior_log_probs", a.behavior_log_probs}, {"next_values", a.next_values},
             {"bootstrap_values", a.bootstrap_values}, {"targets", a.targets}, {"advantages", a.advantages}}};
}
template <class T>
vtrace_arrays<T> of_c(const reader& r, const rlhf_vtrace_arrays& a) {
    return {.rewards = r.in<T>(a.rewards, "rewards"), .values = r.in<T>(a.values, "values"),
            .log_probs = r.in<T>(a.log_probs, "log_probs"),
            .behavior_log_probs = r.in<T>(a.behavior_log_probs, "behavior_log_probs"),
            .next_values = r.in<T>(a.next_values, "next_values"),
            .bootstrap_values = r.in<T>(a.bootstrap_values, "bootstrap_values", true),
            .terminated = r.in<std::uint8_t>(a.terminated, "terminated"),
            .truncated = r.in<std::uint8_t>(a.truncated, "truncated"), .targets = r.out<T>(a.targets, "targets"),
            .advantages = r.out<T>(a.advantages, "advantages")};
}
inline rlhf_status vtrace(const rlhf_batch* batch, const rlhf_vtrace_arrays* arrays,
                          const rlhf_vtrace_options* options, const rlhf_executor* run, rlhf_error* error) {
    return answer("vtrace", error, [&] {
        const reader r("vtrace", run);
        const auto a = r.known(arrays, rlhf_vtrace_arrays(), "arrays");
        r.typed(types_of(a), [&]<class T>() {
            rlhf::vtrace<T>(r.batch(batch, "batch"), of_c<T>(r, a), of_c(r, options), r.executor());
        });
    });
}

inline rlhf_status whiten(const rlhf_batch* batch, const rlhf_out* values, const rlhf_moments* moments,
                          const rlhf_whiten_options* options, const rlhf_executor* run, rlhf_moments* result,
                          rlhf_error* error) {
    return answer("whiten", error, [&] {
        const reader r("whiten", run);
        const place into(r, result);
        r.typed(std::array{typed_array("values", r.there(values, "values"))}, [&]<class T>() {
            if (moments != nullptr) {
                rlhf::whiten<T>(r.batch(batch, "batch"), r.out<T>(r.there(values, "values"), "values"),
                                moments_of_c(r, moments), of_c(r, options), r.executor());
                into.take(moments_of_c(r, moments));
            } else {
                into.take(rlhf::whiten<T>(r.batch(batch, "batch"), r.out<T>(r.there(values, "values"), "values"),
                                          of_c(r, options), r.executor()));
            }
        });
    });
}

} // namespace RLHF_NAMESPACE::c
