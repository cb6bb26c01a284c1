// SPDX-License-Identifier: MIT
#include "contract/contract.hpp"
#include "golden/goldens.hpp"
#include "reference/ppo_policy_loss.hpp"
#include "support/cases.hpp"
#include "support/policy_losses.hpp"

#include <rlhf/policy/ppo_policy_loss.hpp>

using rlhf::aggregation, rlhf::kl_estimator, test::digest, test::near_policy;

namespace {

template <class T>
void contract_holds(const rlhf::ppo_policy_loss_options& o) {
    const contract::problem<T> p{
        .inputs = {near_policy<T>, near_policy<T>, near_policy<T>, near_policy<T>, test::advantages<T>},
        .sequences = {test::advantages<T>},
        .adds = true};
    contract::holds<T>(
        p,
        [&](const contract::call<T>& c) {
            return rlhf::ppo_policy_loss<T>(c.batch,
                                            {.log_probs = c.in[0],
                                             .old_log_probs = c.in[1],
                                             .ref_log_probs = c.in[2],
                                             .behavior_log_probs = c.in[3],
                                             .advantages = c.in[4],
                                             .weights = rlhf::per_sequence(c.sequence[0]),
                                             .d_log_probs = c.d(0)},
                                            o, c.run);
        },
        digest);
}

constexpr std::array aggregations{aggregation::token_mean, aggregation::sequence_mean_token_mean,
                                  aggregation::sequence_mean_token_sum};

} // namespace

TEMPLATE_TEST_CASE("ppo_policy_loss: same bits however the batch is laid out", "[contract]", float, double) {
    for (const auto how : aggregations) {
        const rlhf::ppo_policy_loss_options o{.clip_range = {0.2, 0.28},
                                              .dual_clip = 3,
                                              .log_ratio_limit = 1,
                                              .kl_coef = 0.1,
                                              .importance_limit = 1.5,
                                              .aggregation = how};
        contract_holds<TestType>(o);
    }
}

TEMPLATE_TEST_CASE("ppo_policy_loss: one row cut at multiples of 512", "[contract]", float, double) {
    using T = TestType;
    constexpr std::size_t n = 40 * 512 + 37; // more than one piece of work
    test::random r(5);
    const auto lp = near_policy<T>(r, n), old = near_policy<T>(r, n), advantages = test::advantages<T>(r, n);
    const auto run = [&](const std::vector<std::size_t>& cuts, const rlhf::executor& threads) {
        std::vector<T> d(n);
        rlhf::ppo_policy_loss_result sum;
        for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
            const auto piece = [&](auto& x) { return std::span(x).subspan(cuts[i], cuts[i + 1] - cuts[i]); };
            const rlhf::batch b{.steps = cuts[i + 1] - cuts[i], .mask = rlhf::all, .denominator = rlhf::counts{n, 1}};
            sum += rlhf::ppo_policy_loss<T>(b,
                                            {.log_probs = piece(lp),
                                             .old_log_probs = piece(old),
                                             .advantages = piece(advantages),
                                             .d_log_probs = piece(d)},
                                            {}, threads);
        }
        auto x = digest(sum);
        x[3] = 0; // each call counts a sequence of its own
        return std::pair(d, x);
    };
    const auto threads = contract::threads(3);
    const auto whole = run({0, n}, {});
    CHECK(run({0, n}, threads) == whole);
    CHECK(run({0, 512, 1024, 32 * 512, n}, {}) == whole);
    CHECK(run({0, 5 * 512, 37 * 512, n}, threads) == whole);
}

namespace {

/// A problem whose decisions do not hang on a rounding: tokens next to a bound are masked.
template <class T>
struct policy_case {
    test::rectangle where;
    std::vector<T> lp, old, ref, behavior, advantages, weights;

    policy_case(test::random& r, const rlhf::ppo_policy_loss_options& o) : where(test::mixed_rectangle(r)) {
        const std::size_t n = where.size();
        lp = test::normals<T>(r, n, -1.5, 0.5), old = test::nearby(r, lp, 0.3), ref = test::nearby(r, lp, 0.5);
        behavior = test::nearby(r, old, 0.4), advantages = test::advantages<T>(r, n),
        weights = test::normals<T>(r, n, 1, 0.5);
        for (std::size_t i = 0; i < n; ++i) {
            if (r.below(20) == 0) advantages[i] = 0;
            const double x = std::fabs(double(lp[i]) - double(old[i])),
                         ratio = std::exp(double(lp[i]) - double(old[i]));
            const double w = std::exp(double(old[i]) - double(behavior[i])), d = double(lp[i]) - double(ref[i]);
            const auto at = [](double value, double bound) { return std::fabs(value - bound) < 1e-5 * (1 + bound); };
            if (at(ratio, 1 - o.clip_range.low) || at(ratio, 1 + o.clip_range.high) || at(ratio, o.dual_clip) ||
                at(x, o.log_ratio_limit) || at(w, o.importance_limit.low) || at(w, o.importance_limit.high) ||
                at(std::fabs(rlhf::formula::kl(d, o.kl_estimator, o.kl_estimator, rlhf::unlimited).value), o.kl_limit))
                where.mask[i] = 0;
        }
        test::poison(r, lp, where.mask), test::poison(r, advantages, where.mask), test::poison(r, ref, where.mask);
    }
};

reference::ppo_policy_loss_options to_reference(const rlhf::ppo_policy_loss_options& o) {
    const auto estimator = [](kl_estimator e) { return static_cast<reference::kl_estimator>(e); };
    reference::ppo_policy_loss_options r{.clip_low = o.clip_range.low,
                                         .clip_high = o.clip_range.high,
                                         .dual_clip = o.dual_clip,
                                         .log_ratio_limit = o.log_ratio_limit,
                                         .kl_coef = o.kl_coef,
                                         .kl_value = estimator(o.kl_estimator)};
    if (o.kl_gradient) r.kl_gradient = estimator(*o.kl_gradient);
    r.kl_limit = o.kl_limit;
    r.importance =
        o.importance == rlhf::importance::mask ? reference::importance::mask : reference::importance::truncate;
    r.importance_low = o.importance_limit.low, r.importance_high = o.importance_limit.high;
    r.aggregation = static_cast<reference::aggregation>(o.aggregation);
    return r;
}

/// What a token's loss and gradient are rounded at. With u half an epsilon: a difference of log-probs is off by
/// u |difference|, and so is its exp by that much more than its own 2 u; five products and a sum follow, and a rounded
/// option each. 12 u = 6 epsilons bound all of it at these scales.
struct policy_scales {
    reference::array token;
    long double loss = 0, log_ratio = 0, square = 0, ratio = 0, kl = 0;
};
constexpr double roundings = 6;

template <class T>
policy_scales scales_of(const policy_case<T>& c, const reference::ppo_policy_loss_options& o,
                        const reference::array& share, bool kl, bool behavior) {
    policy_scales s{.token = reference::array(c.where.size(), 0)};
    const long double n = reference::count(c.where.reference()).tokens;
    for (std::size_t i = 0; i < c.where.size(); ++i) {
        if (c.where.mask[i] == 0) continue;
        using real = long double;
        const real x = real(c.lp[i]) - real(c.old[i]), y = real(c.old[i]) - real(c.behavior[i]),
                   d = real(c.lp[i]) - real(c.ref[i]);
        const real ratio = std::exp(x);
        real scale = std::fabs(reference::detail::clipped_surrogate(x, c.advantages[i], o).loss) * (1 + std::fabs(x));
        if (behavior) scale *= reference::detail::importance_weight(y, o) * (1 + std::fabs(y));
        const real divergence = (1 + std::fabs(d)) * (1 + std::fabs(d)) * std::exp(d < 0 ? -d : 0);
        if (kl) scale += o.kl_coef * divergence;
        s.token[i] = scale * share[i] * std::fabs(real(c.weights[i]));
        s.loss += s.token[i], s.log_ratio += std::fabs(x) / n, s.square += x * x / 2 / n;
        s.ratio += ratio * (1 + std::fabs(x)) / n, s.kl += divergence / n;
    }
    return s;
}

template <class T>
void matches_reference(const rlhf::ppo_policy_loss_options& o, bool kl, bool behavior) {
    test::random r(99);
    const policy_case<T> c(r, o);
    std::vector<T> d(c.where.size());
    const auto got = rlhf::ppo_policy_loss<T>(
        c.where.batch(),
        {.log_probs = c.lp,
         .old_log_probs = c.old,
         .ref_log_probs = kl ? rlhf::view<const T>(c.ref) : rlhf::view<const T>(),
         .behavior_log_probs = behavior ? rlhf::view<const T>(c.behavior) : rlhf::view<const T>(),
         .advantages = c.advantages,
         .weights = c.weights,
         .d_log_probs = d},
        o);
    using reference::to_real;
    const auto options = to_reference(o);
    const auto b = c.where.reference();
    const auto want =
        reference::ppo_policy_loss(b,
                                   {.log_probs = to_real(c.lp),
                                    .old_log_probs = to_real(c.old),
                                    .ref_log_probs = kl ? to_real(c.ref) : reference::array(),
                                    .behavior_log_probs = behavior ? to_real(c.behavior) : reference::array(),
                                    .advantages = to_real(c.advantages),
                                    .weights = to_real(c.weights)},
                                   options);
    const auto s = scales_of(c, options, reference::shares(b, options.aggregation), kl, behavior);
    constexpr double sum = roundings + test::summing<T>;
    CHECK(test::worst_error(d, want.d_log_probs, s.token) <= roundings);
    CHECK(test::error<T>(got.loss(), want.loss, s.loss) <= sum);
    CHECK(got.mean_loss() == got.loss());
    CHECK(got.own == rlhf::counts{static_cast<double>(reference::count(b).tokens),
                                  static_cast<double>(reference::count(b).sequences)});
    CHECK(got.clip_fraction() == Approx(static_cast<double>(want.clip_fraction)).epsilon(1e-14));
    CHECK(got.dual_clip_fraction() == Approx(static_cast<double>(want.dual_clip_fraction)).epsilon(1e-14));
    CHECK(got.nonfinite() == 0);
    CHECK(test::error<T>(got.approx_kl(), want.approx_kl, s.log_ratio) <= 1 + test::summing<T>);
    CHECK(test::error<T>(got.approx_kl_half_square(), want.approx_kl_half_square, s.square) <= 2 + test::summing<T>);
    CHECK(test::error<T>(got.mean_ratio(), want.mean_ratio, s.ratio) <= 2 + test::summing<T>);
    CHECK(test::error<T>(got.kl(), want.ref_kl, s.kl) <= 4 + test::summing<T>);
    CHECK(test::error<T>(got.max_log_ratio(), want.max_abs_log_ratio, want.max_abs_log_ratio) <= 1);
    CHECK(test::error<T>(got.effective_sample_size(), want.effective_sample_size, s.ratio) <= 4 * sum);
}

} // namespace

TEMPLATE_TEST_CASE("ppo_policy_loss: value, gradient and statistics equal the reference", "", float, double) {
    using T = TestType;
    for (const auto how : aggregations) {
        CAPTURE(static_cast<int>(how));
        matches_reference<T>({.clip_range = {0.2, 0.28}, .aggregation = how}, false, false);
    }
    matches_reference<T>({.clip_range = 0.1, .dual_clip = 1.4}, false, false);
    matches_reference<T>({.clip_range = {1, rlhf::unlimited}, .log_ratio_limit = 0.25}, true, false);
    for (const auto e : {kl_estimator::k1, kl_estimator::k2, kl_estimator::k3, kl_estimator::abs}) {
        CAPTURE(static_cast<int>(e));
        matches_reference<T>({.dual_clip = 2, .kl_coef = 0.1, .kl_estimator = e}, true, false);
        matches_reference<T>({.kl_coef = 0.3, .kl_estimator = kl_estimator::k1, .kl_gradient = e}, true, true);
        matches_reference<T>({.kl_coef = 0.2, .kl_estimator = e, .kl_limit = 0.3}, true, false);
    }
    matches_reference<T>({.importance_limit = 1.3}, false, true);
    matches_reference<T>({.importance_limit = {0.8, 1.3}}, false, true);
    matches_reference<T>({.importance_limit = {0.8, 1.3}, .importance = rlhf::importance::mask}, false, true);
    matches_reference<T>({.importance_limit = {0.8, rlhf::unlimited}, .importance = rlhf::importance::mask}, false,
                         true);
    matches_reference<T>(
        {.importance_limit = 1.3, .importance = rlhf::importance::mask, .aggregation = aggregations[1]}, false, true);
}

TEST_CASE("ppo_policy_loss: PyTorch's and rlax's numbers", "[goldens]") {
    const auto cases = test::read_goldens("torch.txt");
    for (const std::string name : {"ppo", "asymmetric", "dual_clip", "limited"}) {
        CAPTURE(name);
        const auto& g = cases.at("clipped_surrogate_" + name);
        const auto mask = g.integers<std::uint8_t>("mask");
        std::vector<double> d(mask.size());
        const auto r = rlhf::ppo_policy_loss<double>(
            {.sequences = mask.size() / 5, .steps = 5, .mask = mask, .denominator = rlhf::counted_here},
            {.log_probs = g["log_probs"],
             .old_log_probs = g["old_log_probs"],
             .advantages = g["advantages"],
             .d_log_probs = d},
            {.clip_range = {g.number("clip_low"), g.number("clip_high")},
             .dual_clip = g.number("dual_clip"),
             .log_ratio_limit = g.number("log_ratio_limit")});
        CHECK(r.loss() == Approx(g.number("loss")).epsilon(1e-14));
        for (std::size_t i = 0; i < d.size(); ++i)
            CHECK(d[i] == Approx(g["d_log_probs"][i]).epsilon(1e-13).margin(1e-16));
    }
    // log_softmax of the logits in rlax's test, at actions 0, 1, 2
    const double third = -std::log(3.0), second = -std::log(std::exp(2.0) + 2),
                 low = -std::log(1 + std::exp(1.0) + std::exp(2.0));
    const std::vector<double> lp{third, second, low - 0}, old{third, second, low + 2};
    for (const double sign : {1.0, -1.0}) {
        const std::vector<double> advantages{sign * .3, sign * .2, sign * .1};
        const auto r = rlhf::ppo_policy_loss<double>({.steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here},
                                                     {.log_probs = lp, .old_log_probs = old, .advantages = advantages});
        CHECK(r.loss() == Approx(sign > 0 ? -.17117784277 : .19333333333333).epsilon(1e-10));
        CHECK(r.clip_fraction() == Approx(sign > 0 ? 0 : 1.0 / 3));
    }
}
