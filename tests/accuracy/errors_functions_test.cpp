// SPDX-License-Identifier: MIT

// The errors of the functions over tokens, steps and prompts, which ACCURACY.md states. What is right is the formula of
// their documentation in 50 digits. Options are powers of two, or sums of a few, which a float holds exactly.

#include "accuracy/errors_prompts.hpp"

#include <rlhf/ppo.hpp>

namespace {

using namespace accuracy;
constexpr auto heading = "Functions over tokens, steps and prompts";
template <class T>
void policies(section& page, test::random& r) {
    const std::string inputs = "log π in [−5, 0], log π_old = log π ± 0.5, Â in [−1, 3]",
                      with = ", log π_ref = log π ± 1";
    line<T> loss("`ppo_policy_loss`, loss", inputs, ulp), d("`ppo_policy_loss`, gradient", inputs, ulp);
    line<T> approx("`ppo_policy_loss`, approx_kl", inputs, ulp_of_largest),
        squares("`ppo_policy_loss`, approx_kl_half_square", inputs, ulp),
        ratio("`ppo_policy_loss`, mean_ratio", inputs, ulp),
        size("`ppo_policy_loss`, effective_sample_size", inputs, ulp);
    line<T> loss_with("`ppo_policy_loss` with KL, loss", inputs + with, ulp),
        d_with("`ppo_policy_loss` with KL, gradient", inputs + with, ulp_of_largest),
        kl("`ppo_policy_loss` with KL, kl", inputs + with, ulp);
    for (int i = 0; i < page.draws / 200; ++i) {
        const auto p = array<T>(r, -5, 0), old = around(r, p, 0.5), a = array<T>(r, -1, 3), ref = around(r, p, 1.0);
        std::vector<T> got(N), got_with(N);
        const auto one = rlhf::ppo_policy_loss<T>(
            tokens(), {.log_probs = p, .old_log_probs = old, .advantages = a, .d_log_probs = got},
            {.clip_range = 0.25});
        const auto two = rlhf::ppo_policy_loss<T>(
            tokens(),
            {.log_probs = p, .old_log_probs = old, .ref_log_probs = ref, .advantages = a, .d_log_probs = got_with},
            {.clip_range = 0.25, .kl_coef = 0.125});
        std::vector<exact> l(N), k(N), x(N), x2(N), rho(N), rho2(N);
        for (std::size_t t = 0; t < N; ++t) {
            x[t] = exact(p[t]) - old[t], rho[t] = exp(x[t]), x2[t] = x[t] * x[t], rho2[t] = rho[t] * rho[t];
            const exact free = rho[t] * a[t], cut = clip(rho[t], 0.75, 1.25) * a[t], e = exp(exact(ref[t]) - p[t]);
            const exact slope = free <= cut ? -free : exact(0);
            l[t] = -std::min(free, cut), k[t] = e - 1 - (exact(ref[t]) - p[t]);
            d.add(got[t], slope / N), d_with.add(got_with[t], (slope + (1 - e) / 8) / N);
        }
        const exact sum_l = mean_of(l), sum_k = mean_of(k), sum_rho = mean_of(rho);
        loss.add(one.loss(), sum_l), approx.add(one.approx_kl(), -mean_of(x));
        squares.add(one.approx_kl_half_square(), mean_of(x2) / 2), ratio.add(one.mean_ratio(), sum_rho);
        size.add(one.effective_sample_size(), sum_rho * sum_rho / mean_of(rho2));
        loss_with.add(two.loss(), sum_l + sum_k / 8), kl.add(two.kl(), sum_k);
    }
    hold(page, loss, d, approx, squares, ratio, size, loss_with, d_with, kl);
}

template <class T>
void values(section& page, test::random& r) {
    const std::string inputs = "v, R in [−3, 3], v_old = v ± 1, range 0.25";
    line<T> loss("`ppo_value_loss`, loss", inputs, ulp), d("`ppo_value_loss`, gradient", inputs, ulp),
        explained("`ppo_value_loss`, explained_variance", "R in [−3, 3], v = R ± 1", ulp);
    for (int i = 0; i < page.draws / 200; ++i) {
        const auto v = array<T>(r, -3, 3), R = array<T>(r, -3, 3), old = around(r, v, 1.0), near = around(r, R, 1.0);
        std::vector<T> got(N);
        const auto result = rlhf::ppo_value_loss<T>(
            tokens(), {.values = v, .old_values = old, .returns = R, .d_values = got}, {.clip_range = 0.25});
        std::vector<exact> l(N), rest(N);
        for (std::size_t t = 0; t < N; ++t) {
            const exact e = exact(v[t]) - R[t], held = clip(v[t], exact(old[t]) - 0.25, exact(old[t]) + 0.25) - R[t];
            l[t] = std::max(e * e, held * held) / 2, rest[t] = exact(R[t]) - near[t];
            if (held == e || abs(abs(held) - abs(e)) > near_tie) d.add(got[t], abs(held) > abs(e) ? exact(0) : e / N);
        }
        loss.add(result.loss(), mean_of(l));
        explained.add(rlhf::ppo_value_loss<T>(tokens(), {.values = near, .returns = R}).explained_variance(),
                      1 - variance_of(rest) / variance_of(exactly(R)));
    }
    hold(page, loss, d, explained);
}

template <class T>
void recurrences(section& page, test::random& r) {
    const std::string inputs = "r in [−1, 1], V in [−3, 3], γ = 0.96875, λ = 0.9375",
                      adjoints = "∂L/∂Â, ∂L/∂R in [−1, 1], γ = 0.96875, λ = 0.9375";
    line<T> advantages("`gae`, advantages", inputs, ulp_of_largest), returns("`gae`, returns", inputs, ulp_of_largest);
    line<T> d_rewards("`gae_backward`, d_rewards", adjoints, ulp_of_largest),
        d_values("`gae_backward`, d_values", adjoints, ulp_of_largest);
    line<T> sums("`discounted_returns`", "r in [−1, 1], γ = 0.96875", ulp_of_largest);
    const exact gamma = 0.96875, factor = gamma * 0.9375;
    for (int i = 0; i < page.draws / 200; ++i) {
        const auto rewards = array<T>(r, -1, 1), v = array<T>(r, -3, 3), da = array<T>(r, -1, 1),
                   dr = array<T>(r, -1, 1);
        std::vector<T> a(N), R(N), sum(N), d_r(N), d_v(N);
        rlhf::gae<T>(tokens(), {.rewards = rewards, .values = v, .advantages = a, .returns = R},
                     {.gamma = 0.96875, .lambda = 0.9375});
        rlhf::gae_backward<T>(tokens(), {.d_advantages = da, .d_returns = dr, .d_rewards = d_r, .d_values = d_v},
                              {.gamma = 0.96875, .lambda = 0.9375});
        rlhf::discounted_returns<T>(tokens(), {.rewards = rewards, .returns = sum}, {.gamma = 0.96875});
        for (std::size_t begin = 0; begin < N; begin += S) {
            exact advantage = 0, next = 0, total = 0, u = 0;
            for (std::size_t t = begin + S; t-- > begin; next = v[t]) {
                advantage = rewards[t] + gamma * next - v[t] + factor * advantage, total = rewards[t] + gamma * total;
                advantages.add(a[t], advantage), returns.add(R[t], advantage + v[t]), sums.add(sum[t], total);
            }
            for (std::size_t t = begin; t < begin + S; ++t) {
                const exact before = u;
                u = exact(da[t]) + dr[t] + factor * before;
                d_rewards.add(d_r[t], u), d_values.add(d_v[t], dr[t] - u + gamma * before);
            }
        }
    }
    hold(page, advantages, returns, d_rewards, d_values, sums);
}

template <class T>
void means(section& page, test::random& r) {
    const std::string x_in = "x in [−1, 3]", kl_in = "log π in [−5, 0], log π_ref = log π ± 1, k3, β = 0.125";
    line<T> mean("`moments_of`, mean", x_in, ulp_of_double), variance("`moments_of`, variance", x_in, ulp_of_double);
    line<T> white("`whiten`", x_in, ulp_of_largest), bias("`reward_bias`", x_in, ulp_of_double);
    line<T> masked("`masked_mean`", x_in, ulp), ptx("`ptx_loss`", "log p in [−5, 0]", ulp);
    line<T> rewards("`shape_rewards`", kl_in + ", scores in [−1, 1]", ulp_of_largest),
        kl("`shape_rewards`, kl_per_token", kl_in, ulp);
    line<T> lowered("`shape_scores`", "scores in [−1, 1], 300 tokens, all options", ulp_of_largest);
    for (int i = 0; i < page.draws / 200; ++i) {
        const auto x = array<T>(r, -1, 3), p = array<T>(r, -5, 0), ref = around(r, p, 1.0),
                   scores = array<T>(r, -1, 1, B);
        const exact m = mean_of(exactly(x)), v = variance_of(exactly(x));
        const auto moments = rlhf::moments_of<T>(tokens(), x);
        mean.add(moments.mean(), m), variance.add(moments.variance(), v);
        bias.add(rlhf::reward_bias<T>(tokens(), x), -m);
        masked.add(rlhf::masked_mean<T>(tokens(), {.values = x}).loss(), m);
        ptx.add(rlhf::ptx_loss<T>(tokens(), {.log_probs = p}).loss(), -mean_of(exactly(p)));
        std::vector<T> y = x, shaped(N);
        rlhf::whiten<T>(tokens(), y);
        const auto result = rlhf::shape_rewards<T>(
            tokens(), {.log_probs = p, .ref_log_probs = ref, .scores = scores, .rewards = shaped},
            {.kl_coef = 0.125, .kl_estimator = rlhf::kl_estimator::k3});
        std::vector<exact> k(N);
        for (std::size_t t = 0; t < N; ++t) {
            white.add(y[t], (x[t] - m) / sqrt(v + 1e-8));
            const exact d = exact(p[t]) - ref[t];
            k[t] = exp(-d) - 1 + d;
            rewards.add(shaped[t], -k[t] / 8 + ((t + 1) % S == 0 ? exact(scores[t / S]) : exact(0)));
        }
        kl.add(result.kl_per_token(), mean_of(k));
        std::vector<T> low(B);
        const std::vector<std::uint8_t> finished{1, 0};
        rlhf::shape_scores<T>(
            tokens(), {.scores = scores, .finished = finished, .shaped = low},
            {.max_length = 310, .overlong_buffer = 30, .unfinished_factor = 0.75, .unfinished_penalty = 0.5});
        lowered.add(low[0], scores[0] - exact(2) / 3), lowered.add(low[1], (scores[1] - exact(2) / 3) * 0.75 - 0.5);
    }
    hold(page, mean, variance, white, bias, masked, ptx, rewards, kl, lowered);
}

void all(section page) {
    const auto of = [&]<class T>(T) {
        test::random r(1);
        policies<T>(page, r), values<T>(page, r), recurrences<T>(page, r), means<T>(page, r), comparisons<T>(page, r);
        rankings<T>(page, r, 9, "9"), rankings<T>(page, r, 40, "40");
        in_groups<T>(page, r); // a new measure is the last, because all draw from the same numbers
    };
    of(0.F), of(0.0);
    CHECK(page.left() == "");
}

} // namespace

TEST_CASE("accuracy: functions over tokens, steps and prompts") { all({heading, 1}); }

TEST_CASE("accuracy: functions over tokens, steps and prompts, at length", "[.exhaustive]") { all({heading, 50}); }
