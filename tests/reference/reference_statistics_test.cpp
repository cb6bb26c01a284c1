// SPDX-License-Identifier: MIT

// The statistics of the references on numbers small enough to check by hand.

#include "reference/all.hpp"
#include "support/catch.hpp"

#include <cmath>

namespace {
Approx near(double x) { return Approx(x).epsilon(1e-14).margin(1e-15); }
} // namespace

TEST_CASE("reference policy statistics", "[reference]") {
    // Ratios 2, 1/2, 4 and, not counted, 1000; the third is above every clip.
    const auto b = reference::padded(1, 4, std::vector<char>{1, 1, 1, 0});
    const reference::ppo_policy_loss_arrays a{
        .log_probs = {std::log(2.0L), -std::log(2.0L), std::log(4.0L), 7},
        .old_log_probs = {0, 0, 0, 0},
        .ref_log_probs = {std::log(2.0L) - 1, -std::log(2.0L), std::log(4.0L) + 2, 7},
        .behavior_log_probs = {std::log(.5L), std::log(.25L), 0, 7},
        .advantages = {1, -1, -1, 5},
    };
    const reference::ppo_policy_loss_options o{.clip_low = .6L,
                                               .clip_high = .2L,
                                               .dual_clip = 3,
                                               .kl_coef = .1L,
                                               .kl_value = reference::kl_estimator::k1,
                                               .kl_gradient = reference::kl_estimator::k2,
                                               .importance_high = 3};
    const auto r = reference::ppo_policy_loss(b, a, o);
    const double ln2 = std::log(2.0);
    CHECK(double(r.token_losses[0]) == near(2 * -1.2 + .1));
    CHECK(double(r.token_losses[1]) == near(3 * .5));
    CHECK(double(r.token_losses[2]) == near(3 - .2));
    CHECK(double(r.loss) == near((2 * -1.2 + .1 + 3 * .5 + 3 - .2) / 3));
    CHECK(double(r.d_log_probs[0]) == near(.1 / 3)); // cut; only the slope of k2, d = 1
    CHECK(double(r.d_log_probs[1]) == near(3 * .5 / 3));
    CHECK(double(r.d_log_probs[2]) == near(.1 * -2 / 3)); // beyond the dual clip
    CHECK(r.d_log_probs[3] == 0);
    CHECK(double(r.clip_fraction) == near(1.0 / 3));
    CHECK(double(r.dual_clip_fraction) == near(1.0 / 3));
    CHECK(double(r.approx_kl) == near(-2 * ln2 / 3));
    CHECK(double(r.approx_kl_half_square) == near((1 + 1 + 4) * ln2 * ln2 / 2 / 3));
    CHECK(double(r.mean_ratio) == near(6.5 / 3));
    CHECK(double(r.max_abs_log_ratio) == near(2 * ln2));
    CHECK(double(r.effective_sample_size) == near(6.5 * 6.5 / (3 * (4 + .25 + 16))));
    CHECK(double(r.ref_kl) == near((1 + 0 - 2) / 3.0));
    CHECK(double(r.mean_importance) == near((2 + 3 + 1) / 3.0));

    auto limited = o;
    limited.log_ratio_limit = std::log(2.0L), limited.kl_limit = 1.5L;
    const auto l = reference::ppo_policy_loss(b, a, limited);
    CHECK(double(l.mean_ratio) == near(4.5 / 3));
    CHECK(double(l.max_abs_log_ratio) == near(2 * ln2)); // these three are seen before the limit
    CHECK(double(l.approx_kl) == near(-2 * ln2 / 3));
    CHECK(double(l.approx_kl_half_square) == near((1 + 1 + 4) * ln2 * ln2 / 2 / 3));
    CHECK(double(l.ref_kl) == near((1 + 0 - 1.5) / 3));
    CHECK(l.d_log_probs[2] == 0); // beyond both limits
}

TEST_CASE("reference clip statistics count strictly beyond the bound", "[reference]") {
    const auto clipped = [](reference::real ratio, reference::real advantage) {
        return reference::ppo_policy_loss(
                   reference::padded(1, 1),
                   {.log_probs = {std::log(ratio)}, .old_log_probs = {0}, .advantages = {advantage}},
                   {.clip_low = .5L, .clip_high = 1})
            .clip_fraction;
    };
    CHECK(clipped(2.001L, 1) == 1);
    CHECK(clipped(2.001L, -1) == 0);
    CHECK(clipped(2.001L, 0) == 0);
    CHECK(clipped(.499L, -1) == 1);
    CHECK(clipped(.499L, 1) == 0);
    CHECK(clipped(1, 1) == 0);
    const auto at_bound = reference::ppo_policy_loss(
        reference::padded(1, 1), {.log_probs = {0}, .old_log_probs = {0}, .advantages = {1}}, {.clip_high = 0});
    CHECK(at_bound.clip_fraction == 0);
    CHECK(at_bound.d_log_probs[0] == -1);
}

TEST_CASE("reference value statistics", "[reference]") {
    const auto b = reference::padded(1, 3, std::vector<char>{1, 1, 0});
    const auto r = reference::ppo_value_loss(b, {.values = {2, 3, 9}, .old_values = {0, 3, 9}, .returns = {2, 4, 9}},
                                             {.clip_range = 1});
    CHECK(double(r.loss) == near((.5 + .5) / 2)); // the first is clipped to 1, the second off by 1
    CHECK(r.d_values == reference::array{0, -.5L, 0});
    CHECK(double(r.clip_fraction) == near(.5));
    CHECK(double(r.explained_variance) == near(1 - .25 / 1));
    const auto constant = reference::ppo_value_loss(b, {.values = {1, 2, 9}, .returns = {4, 4, 9}});
    CHECK(constant.explained_variance == 0);
}

TEST_CASE("reference statistics of rankings, text and logits", "[reference]") {
    // Four prompts of two and one of one: right, wrong, tied, right.
    const auto b = reference::packed(std::vector<int>{0, 2, 4, 6, 8, 9});
    const reference::array rewards{2, 1, 1, 2, 1, 1, 3, 0, 5};
    const auto listwise = reference::plackett_luce_loss(b, {.rewards = rewards});
    CHECK(listwise.prompts == 4);
    CHECK(double(listwise.top_accuracy) == near(.5));
    const auto pairs = reference::ranking_loss(b, {.rewards = rewards});
    CHECK(double(pairs.accuracy) == near(.5));
    CHECK(double(pairs.mean_margin) == near((1 - 1 + 0 + 3) / 4.0));
    CHECK((pairs.pairs.tokens == 4 && pairs.pairs.sequences == 4));
    const auto chosen = reference::bradley_terry_loss(
        reference::padded(1, 3), {.chosen_rewards = {2, 1, 1}, .rejected_rewards = {1, 1, 3}, .margins = {5, 0, 0}});
    CHECK(double(chosen.accuracy) == near(1.0 / 3));
    CHECK(double(chosen.mean_margin) == near((1 + 0 - 2) / 3.0));

    auto text = reference::padded(1, 2);
    text.denominator = reference::counts{.tokens = 8, .sequences = 2};
    const auto ptx = reference::ptx_loss(text, {-1, -2});
    CHECK(double(ptx.loss) == near(3.0 / 8));
    CHECK(double(ptx.perplexity) == near(std::exp(1.5)));
    CHECK(ptx.d_log_probs == reference::array{-.125L, -.125L});

    const reference::array logits{1, 2, 0, 3, 3, 0, 0, 0, 5};
    const auto r = reference::cross_entropy_loss(reference::padded(1, 3), logits, 3, {1, 0, 1});
    CHECK(double(r.accuracy) == near(1.0 / 3)); // right, tied, wrong
}
