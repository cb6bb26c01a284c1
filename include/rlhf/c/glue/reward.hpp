// SPDX-License-Identifier: MIT
// Made by tools/interface/write_c.py from the C++ headers.
// clang-format off
#pragma once

#include <rlhf/c/glue/answer.hpp>
#include <rlhf/c/glue/head.hpp>
#include <rlhf/c/glue/objectives.hpp>

namespace RLHF_NAMESPACE::c {

inline std::array<typed_array, 5> types_of(const rlhf_bradley_terry_loss_arrays& a) {
    return {{{"chosen_rewards", a.chosen_rewards}, {"rejected_rewards", a.rejected_rewards}, {"margins", a.margins},
             {"d_chosen_rewards", a.d_chosen_rewards}, {"d_rejected_rewards", a.d_rejected_rewards}}};
}
template <class T>
bradley_terry_loss_arrays<T> of_c(const reader& r, const rlhf_bradley_terry_loss_arrays& a) {
    return {.chosen_rewards = r.in<T>(a.chosen_rewards, "chosen_rewards", true),
            .rejected_rewards = r.in<T>(a.rejected_rewards, "rejected_rewards", true),
            .margins = r.in<T>(a.margins, "margins", true),
            .d_chosen_rewards = r.gradient<T>(a.d_chosen_rewards, "d_chosen_rewards", true),
            .d_rejected_rewards = r.gradient<T>(a.d_rejected_rewards, "d_rejected_rewards", true)};
}
inline rlhf_status bradley_terry_loss(const rlhf_batch* batch, const rlhf_bradley_terry_loss_arrays* arrays,
                                      const rlhf_bradley_terry_loss_options* options, const rlhf_executor* run,
                                      rlhf_comparison_sums* result, rlhf_error* error) {
    return answer("bradley_terry_loss", error, [&] {
        const reader r("bradley_terry_loss", run);
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_bradley_terry_loss_arrays(), "arrays");
        r.typed(types_of(a), [&]<class T>() {
            into.take(rlhf::bradley_terry_loss<T>(r.batch(batch, "batch"), of_c<T>(r, a), of_c(r, options),
                                                  r.executor()));
        });
    });
}

inline rlhf_status count_pairs(const rlhf_batch* batch, const rlhf_in* ranks, rlhf_counts* result, rlhf_error* error) {
    return answer("count_pairs", error, [&] {
        const reader r("count_pairs");
        rlhf_counts& to = r.there(result, "result");
        to = to_c(rlhf::count_pairs(r.batch(batch, "batch"),
                                    ranks != nullptr ? r.index(*ranks, "ranks") : index_view()));
    });
}

inline rlhf_status count_rankings(const rlhf_batch* batch, const rlhf_in* ranks, rlhf_counts* result,
                                  rlhf_error* error) {
    return answer("count_rankings", error, [&] {
        const reader r("count_rankings");
        rlhf_counts& to = r.there(result, "result");
        to = to_c(rlhf::count_rankings(r.batch(batch, "batch"),
                                       ranks != nullptr ? r.index(*ranks, "ranks") : index_view()));
    });
}

inline std::array<typed_array, 2> types_of(const rlhf_plackett_luce_loss_arrays& a) {
    return {{{"rewards", a.rewards}, {"d_rewards", a.d_rewards}}};
}
template <class T>
plackett_luce_loss_arrays<T> of_c(const reader& r, const rlhf_plackett_luce_loss_arrays& a) {
    return {.rewards = r.in<T>(a.rewards, "rewards"), .ranks = r.index(a.ranks, "ranks"),
            .d_rewards = r.gradient<T>(a.d_rewards, "d_rewards")};
}
inline rlhf_status plackett_luce_loss(const rlhf_batch* batch, const rlhf_plackett_luce_loss_arrays* arrays,
                                      const rlhf_executor* run, rlhf_loss_sums* result, rlhf_error* error) {
    return answer("plackett_luce_loss", error, [&] {
        const reader r("plackett_luce_loss", run);
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_plackett_luce_loss_arrays(), "arrays");
        r.typed(types_of(a), [&]<class T>() {
            into.take(rlhf::plackett_luce_loss<T>(r.batch(batch, "batch"), of_c<T>(r, a), r.executor()));
        });
    });
}

inline std::array<typed_array, 2> types_of(const rlhf_ranking_loss_arrays& a) {
    return {{{"rewards", a.rewards}, {"d_rewards", a.d_rewards}}};
}
template <class T>
ranking_loss_arrays<T> of_c(const reader& r, const rlhf_ranking_loss_arrays& a) {
    return {.rewards = r.in<T>(a.rewards, "rewards"), .ranks = r.index(a.ranks, "ranks"),
            .d_rewards = r.gradient<T>(a.d_rewards, "d_rewards")};
}
inline rlhf_status ranking_loss(const rlhf_batch* batch, const rlhf_ranking_loss_arrays* arrays,
                                const rlhf_ranking_loss_options* options, const rlhf_executor* run,
                                rlhf_comparison_sums* result, rlhf_error* error) {
    return answer("ranking_loss", error, [&] {
        const reader r("ranking_loss", run);
        const place into(r, result);
        const auto a = r.known(arrays, rlhf_ranking_loss_arrays(), "arrays");
        r.typed(types_of(a), [&]<class T>() {
            into.take(rlhf::ranking_loss<T>(r.batch(batch, "batch"), of_c<T>(r, a), of_c(r, options), r.executor()));
        });
    });
}

inline rlhf_status reward_bias(const rlhf_batch* batch, const rlhf_in* rewards, const rlhf_executor* run,
                               double* result, rlhf_error* error) {
    return answer("reward_bias", error, [&] {
        const reader r("reward_bias", run);
        double& to = r.there(result, "result");
        r.typed(std::array{typed_array("rewards", r.there(rewards, "rewards"))}, [&]<class T>() {
            to = rlhf::reward_bias<T>(r.batch(batch, "batch"), r.in<T>(r.there(rewards, "rewards"), "rewards"),
                                      r.executor());
        });
    });
}

} // namespace RLHF_NAMESPACE::c
