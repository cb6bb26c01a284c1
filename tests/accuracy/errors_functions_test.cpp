// SPDX-License-Identifier: MIT

// The errors of the functions over tokens, steps and prompts, which ACCURACY.md states. What is right is the formula of
// their documentation in 50 digits. Options are powers of two, or sums of a few, which a float holds exactly.

#include "accuracy/errors.hpp"

#include <rlhf/ppo.hpp>
#include <rlhf/reward_model.hpp>

namespace {

using namespace accuracy;
constexpr auto heading = "Functions over tokens, steps and prompts";
constexpr std::size_t B = 2, S = 300, N = B * S;

/// Two sequences of 300 steps; each line of the page sees draws / 200 of them.
rlhf::batch tokens(std::size_t sequences = B, std::size_t steps = S) {
    return {.sequences = sequences, .steps = steps, .mask = rlhf::all, .denominator = rlhf::counted_here};
}

template <class T>
std::vector<T> array(test::random& r, double low, double high, std::size_t n = N) {
    std::vector<T> x(n);
    for (T& e : x) e = in<T>(r, low, high);
    return x;
}
/// So far from x, to either side.
template <class T>
std::vector<T> around(test::random& r, std::vector<T> x, double distance) {
    for (T& e : x) e += in<T>(r, -distance, distance);
    return x;
}

exact mean_of(const std::vector<exact>& x) {
    exact sum = 0;
    for (const exact& e : x) sum += e;
    return sum / static_cast<double>(x.size());
}
/// Σ (x − mean)² / (n − 1)
exact variance_of(const std::vector<exact>& x) {
    const exact mean = mean_of(x);
    exact sum = 0;
    for (const exact& e : x) sum += (e - mean) * (e - mean);
    return sum / static_cast<double>(x.size() - 1);
}
template <class T>
std::vector<exact> exactly(const std::vector<T>& x) {
    return {x.begin(), x.end()};
}

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

exact softplus(const exact& x) { return log(1 + exp(x)); }
exact sigmoid(const exact& x) { return 1 / (1 + exp(-x)); }

/// Rankings of K responses, listed best first.
template <class T>
void rankings(section& page, test::random& r, std::size_t K, const std::string& of) {
    const std::string inputs = "r in [−3, 3], K = " + of;
    line<T> loss("`ranking_loss`, loss, K = " + of, inputs, ulp),
        d("`ranking_loss`, gradient, K = " + of, inputs, ulp_of_largest);
    line<T> likelihood("`plackett_luce_loss`, loss, K = " + of, inputs, ulp),
        d_likelihood("`plackett_luce_loss`, gradient, K = " + of, inputs, ulp_of_largest);
    for (int i = 0; i < page.draws / 200; ++i) {
        const auto x = array<T>(r, -3, 3, K);
        std::vector<T> got(K), got_likelihood(K);
        const auto all_pairs = rlhf::ranking_loss<T>(tokens(1, K), {.rewards = x, .d_rewards = got});
        const auto whole = rlhf::plackett_luce_loss<T>(tokens(1, K), {.rewards = x, .d_rewards = got_likelihood});
        exact sum = 0, stages = 0;
        std::vector<exact> slope(K, 0), of_stages(K, -1);
        for (std::size_t j = 0; j < K; ++j) {
            exact left = 0;
            for (std::size_t k = j; k < K; ++k) left += exp(exact(x[k]));
            stages += log(left) - x[j];
            for (std::size_t k = j; k < K; ++k) of_stages[k] += exp(exact(x[k])) / left;
            for (std::size_t k = j + 1; k < K; ++k) {
                const exact m = exact(x[j]) - x[k], wrong = sigmoid(-m);
                sum += softplus(-m), slope[j] -= wrong, slope[k] += wrong;
            }
        }
        const auto pairs = static_cast<double>(K * (K - 1) / 2);
        loss.add(all_pairs.loss(), sum / pairs), likelihood.add(whole.loss(), stages);
        for (std::size_t k = 0; k < K; ++k)
            d.add(got[k], slope[k] / pairs), d_likelihood.add(got_likelihood[k], of_stages[k]);
    }
    hold(page, loss, d, likelihood, d_likelihood);
}

template <class T>
void in_groups(section& page, test::random& r) {
    constexpr std::size_t K = 8;
    const std::string inputs = "groups of 8, r in [−1, 3]";
    line<T> grpo("`group_advantages`, GRPO", inputs, ulp_of_largest),
        rloo("`group_advantages`, RLOO", inputs, ulp_of_largest),
        nemo("`group_advantages`, NeMo-RL's GRPO", inputs, ulp_of_largest);
    for (int i = 0; i < page.draws / 200; ++i) {
        const auto x = array<T>(r, -1, 3);
        std::vector<T> a(N), l(N), o(N);
        rlhf::group_advantages<T>({.size = K}, {.rewards = x, .advantages = a}, {.epsilon = 0});
        rlhf::group_advantages<T>(
            {.size = K}, {.rewards = x, .advantages = o},
            {.baseline = rlhf::group_baseline::others_mean, .scale = rlhf::group_scale::others_std, .epsilon = 0});
        rlhf::group_advantages<T>({.size = K}, {.rewards = x, .advantages = l},
                                  {.baseline = rlhf::group_baseline::others_mean, .scale = rlhf::group_scale::none});
        for (std::size_t g = 0; g < N; g += K) {
            const auto at = [&](std::size_t k) { return static_cast<std::ptrdiff_t>(g + k); };
            const std::vector<exact> group(x.begin() + at(0), x.begin() + at(K));
            const exact mean = mean_of(group), std = sqrt(variance_of(group));
            for (std::size_t k = 0; k < K; ++k) {
                const exact apart = group[k] - (mean * K - group[k]) / (K - 1);
                std::vector<exact> others = group;
                others.erase(others.begin() + static_cast<std::ptrdiff_t>(k));
                grpo.add(a[g + k], (group[k] - mean) / std), rloo.add(l[g + k], apart);
                nemo.add(o[g + k], apart / sqrt(variance_of(others)));
            }
        }
    }
    hold(page, grpo, rloo, nemo);
}

template <class T>
void comparisons(section& page, test::random& r) {
    const std::string inputs = "300 pairs, r in [−5, 5]";
    line<T> loss("`bradley_terry_loss`, loss", inputs, ulp), d("`bradley_terry_loss`, gradient", inputs, ulp);
    for (int i = 0; i < page.draws / 200; ++i) {
        const auto c = array<T>(r, -5, 5, S), x = array<T>(r, -5, 5, S);
        std::vector<T> got(S);
        const auto result = rlhf::bradley_terry_loss<T>(
            tokens(1), {.chosen_rewards = c, .rejected_rewards = x, .d_rejected_rewards = got});
        std::vector<exact> l(S);
        for (std::size_t t = 0; t < S; ++t)
            l[t] = softplus(exact(x[t]) - c[t]), d.add(got[t], sigmoid(exact(x[t]) - c[t]) / S);
        loss.add(result.loss(), mean_of(l));
    }
    hold(page, loss, d);
}

void all(section page) {
    const auto of = [&]<class T>(T) {
        test::random r(1);
        policies<T>(page, r), values<T>(page, r), recurrences<T>(page, r), means<T>(page, r), comparisons<T>(page, r);
        rankings<T>(page, r, 9, "9"), rankings<T>(page, r, 40, "40");
        in_groups<T>(page, r);
    };
    of(0.F), of(0.0);
    CHECK(page.left() == "");
}

} // namespace

TEST_CASE("accuracy: functions over tokens, steps and prompts") { all({heading, 1}); }

TEST_CASE("accuracy: functions over tokens, steps and prompts, at length", "[.exhaustive]") { all({heading, 50}); }
