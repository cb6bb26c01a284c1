// SPDX-License-Identifier: MIT

// The gradients that the references of policy losses write, against central differences of their values.

#include "reference/differences.hpp"
#include "reference/ppo_policy_loss.hpp"

using namespace test;

TEST_CASE("reference policy gradient", "[reference]") {
    test::random r(1);
    for (const auto kind : kinds)
        for (const auto how : aggregations) {
            const auto b = some_batch(r, kind);
            reference::ppo_policy_loss_arrays a{.log_probs = some(r, elements),
                                                .old_log_probs = some(r, elements),
                                                .ref_log_probs = some(r, elements),
                                                .behavior_log_probs = some(r, elements),
                                                .advantages = some(r, elements),
                                                .weights = some(r, elements)};
            for (const auto estimator : {reference::kl_estimator::k1, reference::kl_estimator::k2,
                                         reference::kl_estimator::k3, reference::kl_estimator::abs}) {
                const reference::ppo_policy_loss_options o{.clip_low = .2L,
                                                           .clip_high = .3L,
                                                           .dual_clip = 2,
                                                           .log_ratio_limit = 1.5L,
                                                           .kl_coef = .1L,
                                                           .kl_value = estimator,
                                                           .importance_high = 1.5L,
                                                           .aggregation = how};
                const auto value = [&](const array& x) {
                    auto moved = a;
                    moved.log_probs = x;
                    return reference::ppo_policy_loss(b, moved, o).loss;
                };
                CHECK(worst_difference(value, a.log_probs, reference::ppo_policy_loss(b, a, o).d_log_probs) <
                      tolerance);
            }
        }
}

TEST_CASE("reference gradients of policy objectives", "[reference]") {
    using reference::sampled_token;
    test::random r(11);
    const auto b = some_batch(r, kinds[0]);
    const reference::policy_loss_arrays a{.log_probs = some(r, elements),
                                          .old_log_probs = some(r, elements),
                                          .ref_log_probs = some(r, elements),
                                          .behavior_log_probs = some(r, elements),
                                          .advantages = some(r, elements),
                                          .weights = some(r, elements)};
    const reference::policy_loss_options o{.log_ratio_limit = 1.5L, .kl_coef = .1L, .importance_high = 1.5L};
    // Where the ratio is a constant, π_old moves along; the importance weight is one in any case.
    const auto holds = [&](bool by_ratio, const auto& objective) {
        const auto value = [&](const array& x) {
            auto moved = a;
            moved.log_probs = x;
            for (std::size_t i = 0; i < x.size() && !by_ratio; ++i) {
                moved.old_log_probs[i] += x[i] - a.log_probs[i];
                moved.behavior_log_probs[i] += x[i] - a.log_probs[i];
            }
            return reference::policy_loss(b, moved, objective, o).loss;
        };
        CHECK(worst_difference(value, a.log_probs, reference::policy_loss(b, a, objective, o).d_log_probs) < tolerance);
    };
    for (const auto beyond : {reference::importance::truncate, reference::importance::mask})
        holds(false, [&](const sampled_token& t) { return reference::cispo(t, 0.8L, 1.3L, beyond); });
    holds(true, [](const sampled_token& t) { return reference::sapo(t, 1, 1.5L); });
    holds(false, [](const sampled_token& t) { return reference::topr(t, 1.5L, 0.5L); });
    for (const bool by_ratio : {false, true}) {
        holds(by_ratio, [&](const sampled_token& t) {
            return reference::dppo(t, reference::binary_tv(t), 0.1L, 0.2L, 2, by_ratio);
        });
        holds(by_ratio, [&](const sampled_token& t) {
            return reference::dppo(t, reference::binary_kl(t), 0.02L, 0.05L, 2, by_ratio);
        });
    }
}
