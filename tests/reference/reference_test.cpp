// SPDX-License-Identifier: MIT

// The references against numbers that others computed: tests of rlax, verl, OpenRLHF and TRL, with the inputs of those
// tests and outputs recomputed in double, and rankings in 40-digit arithmetic.

#include "reference/all.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"

#include <initializer_list>

using reference::array, reference::real;

namespace {

void check(const array& got, std::initializer_list<double> want, double tolerance = 1e-13) {
    REQUIRE(got.size() == want.size());
    std::size_t i = 0;
    for (const double w : want) {
        CAPTURE(i);
        CHECK(static_cast<double>(got[i++]) == Approx(w).margin(tolerance).epsilon(tolerance));
    }
}

void check(real got, double want, double tolerance = 1e-13) { check(array{got}, {want}, tolerance); }

array plus(array a, const array& b) {
    for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
    return a;
}

} // namespace

TEST_CASE("reference gae gives rlax's truncated generalised advantages", "[reference]") {
    const reference::batch b = reference::padded(2, 5);
    const reference::gae_arrays a{.rewards = {0, 0, 1, 0, -.5L, 0, 0, 0, 0, 1},
                                  .values = {1, 4, -3, -2, -1, -3, -2, -1, 0, 5},
                                  .bootstrap_values = {-1, -1},
                                  .discounts = {.99L, .99L, .99L, .99L, .99L, .9L, .9L, .9L, 0, .9L}};
    const auto advantages = [&](real lambda) { return reference::gae(b, a, {.lambda = lambda}).advantages; };
    check(advantages(1), {-1.4511880549, -4.45574551, 2.539651, .5249, -.49, 3, 2, 1, 0, -4.9}, 1e-10);
    check(advantages(.7L), {-.67697949741049, -5.24816666293, 2.48460799, .67043, -.49, 2.2899, 1.73, 1, 0, -4.9});
    check(advantages(.4L), {.56731873101056, -6.04212441664, 2.34312016, .81596, -.49, 1.7256, 1.46, 1, 0, -4.9});
}

TEST_CASE("reference gae gives rlax's lambda returns and discounted returns", "[reference]") {
    const reference::batch b = reference::padded(2, 5);
    const array next{3, 1, 5, -5, 3, -1.7L, 1.2L, 2.3L, 2.2L, 2.7L};
    reference::gae_arrays a{.rewards = {1, 0, -1, 0, 1, .5L, .8L, -.7L, 0, 2.1L},
                            .values = {7, 3, 1, 5, -5, 7, -1.7L, 1.2L, 2.3L, 2.2L}, // the first is arbitrary
                            .bootstrap_values = {3, 2.7L},
                            .discounts = {.5L, .9L, 1, .5L, .8L, .9L, .5L, .3L, .8L, .7L}};
    check(reference::discounted_returns(b, a, {}), {1.315, .63, .7, 1.7, 3.4, 1.33592, .9288, .2576, 3.192, 3.99});
    const std::initializer_list<double> lambda_returns = {1.6460546875, .7228125,  .7375,  .65,   3.4,
                                                          .78663171875, .99130625, .11015, 2.834, 3.99};
    const auto from_values = reference::gae(b, a, {.lambda = .75L});
    check(from_values.returns, lambda_returns);
    check(plus(from_values.advantages, a.values), lambda_returns);
    a.next_values = next, a.bootstrap_values = {99, 99};
    check(reference::gae(b, a, {.lambda = .75L}).returns, lambda_returns);
}

TEST_CASE("reference gae passes verl's multi-turn invariance", "[reference]") {
    const std::vector<char> mask{0, 0, 1, 1, 1, 0, 0, 1, 1, 0, 0};
    const reference::batch b = reference::padded(1, 11, mask);
    const array rewards{0, 0, .1L, .1L, .1L, 0, 0, .1L, 1, 0, 0};
    const real nan = std::numeric_limits<real>::quiet_NaN();
    const array values{nan, -7, 4, 5, 6, 100, nan, 7, 9, nan, -3}, others{1, 2, 4, 5, 6, nan, 5, 7, 9, 0, nan};
    const auto first = reference::gae(b, {.rewards = rewards, .values = values}, {.gamma = .9L, .lambda = .8L});
    const auto second = reference::gae(b, {.rewards = rewards, .values = others}, {.gamma = .9L, .lambda = .8L});
    CHECK(first.advantages == second.advantages);
    CHECK(first.returns == second.returns);
    // A gap that does not advance time: the same as the five counted steps alone.
    const auto alone =
        reference::gae(reference::padded(1, 5), {.rewards = {.1L, .1L, .1L, .1L, 1}, .values = {4, 5, 6, 7, 9}},
                       {.gamma = .9L, .lambda = .8L});
    check(first.advantages,
          {0, 0, double(alone.advantages[0]), double(alone.advantages[1]), double(alone.advantages[2]), 0, 0,
           double(alone.advantages[3]), double(alone.advantages[4]), 0, 0});
    check(alone.advantages[4], 1 - 9);
    check(alone.advantages[3], .1 + .9 * 9 - 7 + .72 * -8);
}

TEST_CASE("reference gae tells three meanings of a gap apart", "[reference]") {
    const reference::batch b = reference::padded(1, 4, std::vector<char>{1, 0, 1, 0});
    const reference::gae_arrays a{.rewards = {1, 10, 2, 20}, .values = {3, 30, 4, 40}, .bootstrap_values = {5}};
    const auto advantages = [&](reference::gaps how) {
        return reference::gae(b, a, {.gamma = .5L, .lambda = .5L, .gaps = how}).advantages;
    };
    check(advantages(reference::gaps::skip), {1 + .5 * 4 - 3 + .25 * .5, 0, 2 + .5 * 5 - 4, 0});
    check(advantages(reference::gaps::zero), {1 - 3 + .25 * (.5 * 4) + .0625 * .5, 0, 2 + .5 * 5 - 4, 0});
    const double d3 = 20 + .5 * 5 - 40, d2 = 2 + .5 * 40 - 4 + .25 * d3, d1 = 10 + .5 * 4 - 30 + .25 * d2;
    check(advantages(reference::gaps::ignore), {1 + .5 * 30 - 3 + .25 * d1, 0, d2, 0});
}

TEST_CASE("reference gae ends at terminated and truncated steps", "[reference]") {
    const reference::batch b = reference::padded(1, 3);
    reference::gae_arrays a{.rewards = {1, 2, 3}, .values = {.5L, .6L, .7L}, .terminated = {0, 1, 0}};
    const reference::gae_options o{.gamma = .9L, .lambda = .8L};
    check(reference::gae(b, a, o).advantages, {1 + .9 * .6 - .5 + .72 * 1.4, 1.4, 2.3});
    a.terminated.clear(), a.truncated = {0, 1, 0}, a.next_values = {.6L, 8, 9};
    const double cut = 2 + .9 * 8 - .6;
    check(reference::gae(b, a, o).advantages, {1 + .9 * .6 - .5 + .72 * cut, cut, 3 + .9 * 9 - .7});
}

TEST_CASE("reference moments give TRL's masked variance and whitening", "[reference]") {
    const reference::batch b = reference::padded(1, 4, std::vector<char>{0, 1, 1, 0});
    const array x{1, 2, 3, 4};
    const auto m = reference::moments_of(b, x);
    check(m.mean, 2.5), check(m.variance(1), .5), check(m.variance(0), .25);
    const double half = .5;
    check(reference::whiten(b, x, {.epsilon = 0}), {0, -half / std::sqrt(.5), half / std::sqrt(.5), 0});
    check(reference::whiten(b, x, {.center = false, .scale = true, .ddof = 0, .epsilon = 0}), {0, 1.5, 3.5, 0});
    check(reference::whiten(b, x, {.center = false, .scale = false}), {0, 2, 3, 0});

    const auto divisor = [](reference::std_floor how, real epsilon) {
        return reference::floored_deviation(4, {.epsilon = epsilon, .floor = how});
    };
    check(divisor(reference::std_floor::inside_root, 5), 3), check(divisor(reference::std_floor::after_root, 5), 7);
    check(divisor(reference::std_floor::variance_at_least, 9), 3);
    check(divisor(reference::std_floor::variance_at_least, 3), 2);
    check(divisor(reference::std_floor::std_at_least, 9), 9), check(divisor(reference::std_floor::std_at_least, 1), 2);

    const auto one = reference::padded(1, 3, std::vector<char>{0, 1, 0});
    CHECK(reference::moments_of(one, {9, 8, 7}).variance(1) == 0);
    CHECK(reference::moments_of(reference::padded(1, 2, std::vector<char>{0, 0}), {9, 8}).mean == 0);
    check(reference::masked_mean(reference::padded(1, 4, std::vector<char>{1, 0, 0, 1}), x).mean, 2.5); // verl
}

TEST_CASE("reference aggregation gives OpenRLHF's means", "[reference]") {
    using enum reference::aggregation;
    const reference::batch six = reference::padded(3, 3, std::vector<char>{1, 1, 0, 1, 1, 1, 1, 0, 0});
    const array losses{1, 2, 50, 3, 4, 5, 7, 50, 50};
    check(reference::masked_mean(six, losses).mean, 22.0 / 6);
    const reference::batch five = reference::padded(3, 2, std::vector<char>{1, 1, 1, 1, 1, 0});
    const array rows{1, 3, 2, 4, 8, 50};
    check(reference::masked_mean(five, rows, sequence_mean_token_mean).mean, 13.0 / 3);
    check(reference::masked_mean(five, rows, sequence_mean_token_sum).mean, 18.0 / 3);
    reference::batch empty_row = reference::padded(2, 2, std::vector<char>{1, 1, 0, 0});
    check(reference::masked_mean(empty_row, {1, 3, 50, 50}, sequence_mean_token_mean).mean, 2);
    empty_row.denominator = reference::counts{.tokens = 8, .sequences = 4};
    check(reference::masked_mean(empty_row, {1, 3, 50, 50}).mean, .5);
    check(reference::masked_mean(empty_row, {1, 3, 50, 50}, sequence_mean_token_mean).mean, .5);
    check(reference::masked_mean(empty_row, {1, 3, 50, 50}).d_values, {.125, .125, 0, 0});

    // Two micro-batches add up to the mean over all, 28 / 7.
    reference::batch first = reference::padded(1, 2),
                     second = reference::padded(2, 3, std::vector<char>{1, 1, 1, 1, 1, 0});
    first.denominator = second.denominator = reference::counts{.tokens = 7, .sequences = 3};
    check(reference::masked_mean(first, {1, 2}).mean + reference::masked_mean(second, {3, 4, 5, 6, 7, 0}).mean, 4);
    CHECK(reference::masked_mean(reference::padded(1, 2, std::vector<char>{0, 0}), {1, 2}).mean == 0);
}

TEST_CASE("reference policy loss gives rlax's clipped surrogate, log-prob and entropy losses", "[reference]") {
    const reference::batch b = reference::padded(1, 3);
    const array logits{1, 1, 1, 2, 0, 0, -1, -2, -3}, old_logits{1, 1, 1, 2, 0, 0, -3, -2, -1};
    const auto now = reference::token_log_probs(b, logits, 3, {0, 1, 2});
    const auto old = reference::token_log_probs(b, old_logits, 3, {0, 1, 2});
    const auto loss = [&](real sign) {
        const array advantages{sign * .3L, sign * .2L, sign * .1L};
        return reference::ppo_policy_loss(
            b, {.log_probs = now.log_probs, .old_log_probs = old.log_probs, .advantages = advantages});
    };
    check(loss(1).loss, -.17117784277, 1e-10), check(loss(-1).loss, .19333333333333, 1e-13);
    check(loss(1).clip_fraction, 0), check(loss(-1).clip_fraction, 1.0 / 3);
    CHECK(loss(-1).d_log_probs[2] == 0);
    check(loss(1).d_log_probs[0], -.1);

    const auto weighted = [&](const array& values, const array& w) {
        array x(values);
        for (std::size_t i = 0; i < 3; ++i) x[i] *= -w[i];
        return reference::masked_mean(b, x).mean;
    };
    check(weighted(now.log_probs, {.3L * -2, .2L * 2, 0}), .0788835110960, 1e-12);
    const auto zeroth = reference::token_log_probs(b, logits, 3, {0, 0, 0});
    check(weighted(zeroth.log_probs, {-.3L * -3, -.2L, -.1L * -1}), .3272009010005, 1e-12);
    check(weighted(now.entropy, {-2, 2, 0}), .2886930711796, 1e-12);
    check(weighted(now.entropy, {-3, 1, -1}), 1.1542199219819, 1e-12);
}

TEST_CASE("reference value loss gives rlax's huber loss", "[reference]") {
    const double x[] = {-2, -1, -.5, 0, .5, 1, 2}, y[] = {1.5, .5, .125, 0, .125, .5, 1.5};
    const double slope[] = {-1, -1, -.5, 0, .5, 1, 1};
    for (std::size_t i = 0; i < 7; ++i) {
        const auto r =
            reference::ppo_value_loss(reference::padded(1, 1), {.values = {x[i] + 3}, .returns = {3}}, {.huber = 1});
        check(r.loss, y[i]), check(r.d_values, {slope[i]});
    }
}

TEST_CASE("reference importance weights give verl's rollout correction", "[reference]") {
    const auto weight = [](real old, real behavior, reference::ppo_policy_loss_options o) {
        return reference::ppo_policy_loss(
                   reference::padded(1, 1),
                   {.log_probs = {old}, .old_log_probs = {old}, .behavior_log_probs = {behavior}, .advantages = {-1}},
                   o)
            .loss;
    };
    using enum reference::importance;
    check(weight(-2, -1, {}), std::exp(-1.0)), check(weight(-2, -2.5L, {}), std::exp(.5));
    check(weight(-2, -4, {.importance_high = 2}), 2);
    check(weight(-2, -4, {.importance = mask, .importance_high = 2}), 0);
    check(weight(-2, -2.5L, {.importance = mask, .importance_low = .5L, .importance_high = 2}), std::exp(.5));
    check(weight(-2, -1, {.importance = mask, .importance_low = .5L, .importance_high = 2}), 0);
}

TEST_CASE("reference kl and its controller by hand", "[reference]") {
    using enum reference::kl_estimator;
    check(reference::kl(k1, -.5L).value, -.5), check(reference::kl(k2, -.5L).value, .125);
    check(reference::kl(k3, -.5L).value, std::exp(.5) - 1 - .5), check(reference::kl(k3, -.5L).slope, 1 - std::exp(.5));
    check(reference::kl(abs, -.5L).value, .5), check(reference::kl(abs, -.5L).slope, -1);
    check(reference::kl(abs, 2).slope, 1), check(reference::kl(abs, 0).slope, 0);
    CHECK(std::fabs(reference::kl(k3, 1e-9L).value / (5e-19L - 1e-27L / 6) - 1) < 1e-17L);
    CHECK(std::fabs(reference::kl(k3, .5L).value / (std::exp(-.5L) - .5L) - 1) < 1e-17L);
    CHECK(reference::kl(k3, -reference::unlimited).value == reference::unlimited);
    check(reference::kl(k1, 12, 10).value, 10), check(reference::kl(k1, 12, 10).slope, 0);
    check(reference::kl(k1, -12, 10).value, -10), check(reference::kl(k1, 10, 10).slope, 1);
    check(reference::adapted_kl_coef(.15L, 12, 500, 6, 10000), .15 * (1 + .2 * .05));
    check(reference::adapted_kl_coef(.15L, 6.6L, 500, 6, 10000), .15 * (1 + .1 * .05), 1e-12);
    check(reference::adapted_kl_coef(.15L, 0, 500, 6, 10000), .15 * (1 - .2 * .05));
}

TEST_CASE("reference rewards go where they are told to", "[reference]") {
    using enum reference::score_position;
    const reference::batch b = reference::padded(3, 4, std::vector<char>{1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0});
    const reference::shape_rewards_arrays a{
        .log_probs = array(12, -1), .ref_log_probs = array(12, -1.5L), .scores = {7, -20, 5}, .finished = {1, 0, 1}};
    const auto rewards = [&](reference::shape_rewards_options o) {
        o.kl_coef = .1L;
        return reference::shape_rewards(b, a, o).rewards;
    };
    check(rewards({}), {-.05, 6.95, 0, 0, 0, -.05, -.05, -20.05, 0, 0, 0, 0});
    check(rewards({.position = after_last_counted}), {-.05, -.05, 7, 0, 0, -.05, -.05, -20.05, 0, 0, 0, 0});
    check(rewards({.position = last_step}), {-.05, -.05, 0, 7, 0, -.05, -.05, -20.05, 0, 0, 0, 0});
    check(rewards({.score_limit = 6, .unfinished_penalty = 1}), {-.05, 5.95, 0, 0, 0, -.05, -.05, -7.05, 0, 0, 0, 0});
    check(rewards({.unfinished_score = -1}), {-.05, 6.95, 0, 0, 0, -.05, -.05, -1.05, 0, 0, 0, 0});
    check(rewards({.kl_limit = .2L}), {-.02, 6.98, 0, 0, 0, -.02, -.02, -20.02, 0, 0, 0, 0});
    const auto r = reference::shape_rewards(b, a, {});
    check(r.kl_sum, 2.5), check(r.score_sum, -13), check(r.dropped_scores, 1);
}

TEST_CASE("reference rankings give 40-digit values", "[reference]") {
    const reference::batch b = reference::padded(1, 4);
    const array rewards{1.2L, .3L, .3L, -.9L};
    const auto all = reference::ranking_loss(b, {.rewards = rewards});
    check(all.loss, .336256564646656383, 1e-16);
    check(all.d_rewards, {-.11453296932426750, -.07373745318766438, .09292921347900228, .09534120903292961}, 1e-16);
    check(all.accuracy, 5.0 / 6), check(all.pairs.tokens, 6);

    const std::vector<std::int64_t> tied{1, 2, 2, 3};
    const auto six =
        reference::ranking_loss(b, {.rewards = rewards, .ranks = tied}, {.ties = reference::tie_divisor::all_pairs});
    check(six.loss, .220732034553332165, 1e-16);
    check(six.d_rewards, {-.11453296932426750, .00959588014566895, .00959588014566895, .09534120903292961}, 1e-16);
    const auto five = reference::ranking_loss(b, {.rewards = rewards, .ranks = tied});
    check(five.loss, .264878441463998598, 1e-16);
    check(five.d_rewards, {-.137439563189121, .0115150561748027, .0115150561748027, .11440945083951553}, 1e-15);

    const auto listwise = reference::plackett_luce_loss(b, {.rewards = rewards});
    check(listwise.loss, 1.757125837156678954, 1e-16);
    check(listwise.d_rewards, {-.48336319648841658, -.35539417368175979, .41313060981725785, .42562676035291854},
          1e-16);
    const auto turned = reference::plackett_luce_loss(b, {.rewards = {.3L, -.9L, 1.2L, .3L}, .ranks = {2, 4, 1, 3}});
    check(turned.loss, 1.757125837156678954, 1e-16);

    // A prompt without a pair adds nothing and is not divided by.
    const reference::batch ragged = reference::packed(std::vector<int>{0, 1, 5, 5});
    check(reference::ranking_loss(ragged, {.rewards = {9, 1.2L, .3L, .3L, -.9L}}).loss, .336256564646656383, 1e-16);
    check(reference::plackett_luce_loss(ragged, {.rewards = {9, 1.2L, .3L, .3L, -.9L}}).loss, 1.757125837156678954,
          1e-16);
    CHECK(reference::ranking_loss(reference::padded(1, 1), {.rewards = {9}}).loss == 0);
}

TEST_CASE("reference pairs: two responses ranked are one chosen and one rejected", "[reference]") {
    const auto one = reference::padded(1, 1);
    const auto pair = reference::bradley_terry_loss(one, {.chosen_rewards = {2}, .rejected_rewards = {1}});
    check(pair.loss, .313261687518, 1e-12); // torchrl
    const reference::bradley_terry_loss_options o{.label_smoothing = .1L, .center_coef = .01L};
    const auto more =
        reference::bradley_terry_loss(one, {.chosen_rewards = {2}, .rejected_rewards = {1}, .margins = {.5L}}, o);
    check(more.loss, .9 * std::log1p(std::exp(-.5)) + .1 * std::log1p(std::exp(.5)) + .09);
    const auto ranked = reference::ranking_loss(reference::padded(1, 2), {.rewards = {2, 1}},
                                                {.margin = .5L, .label_smoothing = .1L, .center_coef = .01L});
    check(ranked.loss, double(more.loss));
    check(ranked.d_rewards, {double(more.d_chosen_rewards[0]), double(more.d_rejected_rewards[0])});
}
