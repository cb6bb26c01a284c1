// SPDX-License-Identifier: MIT

// Groups that are constant, lone or unscorable; moments of a step; what throws; recipes made of several calls.

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/refusal.hpp"
#include "support/ulp.hpp"

#include <rlhf/advantage/group_advantages.hpp>
#include <rlhf/advantage/whiten.hpp>
#include <rlhf/policy/ppo_policy_loss.hpp>

namespace {

using rlhf::group_advantages, rlhf::group_baseline, rlhf::group_scale, rlhf::lone_reward, rlhf::std_floor,
    rlhf::unscorable;
using options = rlhf::group_advantages_options;

template <class T>
std::vector<T> advantages(std::size_t size, const std::vector<T>& rewards, const options& o = {}) {
    std::vector<T> a(rewards.size(), T(77));
    group_advantages<T>({.size = size}, {.rewards = rewards, .advantages = a}, o);
    return a;
}
const double infinite = std::numeric_limits<double>::infinity(), missing = std::nan("");

} // namespace

TEMPLATE_TEST_CASE("group_advantages: equal rewards give exactly 0, whatever compares them", "", float, double) {
    using T = TestType;
    for (const std::size_t size : {2U, 3U, 7U, 10U, 128U, 300U})
        for (const T reward : {T(0.1), T(-1e30), T(1) / 3, T(0), -T(0)})
            for (const auto floor :
                 {std_floor::inside_root, std_floor::after_root, std_floor::variance_at_least, std_floor::std_at_least})
                for (const double epsilon : {0.0, 1e-30}) {
                    const std::vector<T> rewards(size * 9, reward), zeros(size * 9, T(0));
                    CHECK(test::same_bits(advantages(size, rewards, {.epsilon = epsilon, .floor = floor}), zeros));
                    const options others{.baseline = group_baseline::others_mean, .epsilon = epsilon, .floor = floor};
                    CHECK(test::same_bits(advantages(size, rewards, others), zeros));
                    const options deviation{.baseline = group_baseline::none, .epsilon = epsilon, .floor = floor};
                    CHECK(test::same_bits(advantages(size, rewards, deviation), zeros));
                }
    std::vector<T> rewards{T(0.1), T(0.1), T(0.1)}, a(3);
    const std::vector<std::int32_t> lengths{3, 7, 11};
    group_advantages<T>({.size = 3}, {.rewards = rewards, .lengths = lengths, .advantages = a},
                        {.baseline = group_baseline::length_weighted_mean});
    CHECK(test::same_bits(a, std::vector<T>(3, T(0))));
}

TEMPLATE_TEST_CASE("group_advantages: by hand", "", float, double) {
    using T = TestType;
    const std::vector<T> r{1, 2, 6, 3, 3, 3};
    CHECK(advantages<T>(3, r, {.scale = group_scale::none}) == std::vector<T>{-2, -1, 3, 0, 0, 0});
    CHECK(advantages<T>(3, r, {.baseline = group_baseline::others_mean, .scale = group_scale::none}) ==
          std::vector<T>{-3, T(-1.5), T(4.5), 0, 0, 0});
    CHECK(advantages<T>(3, r, {.scale = group_scale::group_mean, .epsilon = 1}) ==
          std::vector<T>{T(-0.5), T(-0.25), T(0.75), 0, 0, 0});
    CHECK(advantages<T>(2, {3, 7}, {.ddof = 0, .epsilon = 2}) == std::vector<T>{T(-0.5), T(0.5)});
    CHECK(advantages<T>(2, {3, 7}, {.ddof = 2}) == std::vector<T>{-2, 2}); // no deviation
    CHECK(advantages<T>(2, {-4, 4}, {.scale = group_scale::group_mean}) == std::vector<T>{0, 0});
    CHECK(advantages<T>(2, {-6, -2}, {.scale = group_scale::group_mean, .epsilon = 0}) ==
          std::vector<T>{T(-0.5), T(0.5)});
    CHECK(advantages<T>(2, {1, 1, 5, 5}, {.baseline = group_baseline::batch_mean, .scale = group_scale::none}) ==
          std::vector<T>{-2, -2, 2, 2});
    CHECK(advantages<T>(2, {3, 7}, {.scale = group_scale::batch_std, .ddof = 2}) == std::vector<T>{-2, 2});
    CHECK(advantages<T>(2, {3, 3}, {.baseline = group_baseline::none, .scale = group_scale::batch_std, .epsilon = 0}) ==
          std::vector<T>{0, 0}); // a deviation of 0
    const options by_others{
        .baseline = group_baseline::others_mean, .scale = group_scale::others_std, .ddof = 0, .epsilon = 0.5};
    CHECK(advantages<T>(3, {1, 4, 7}, by_others) == std::vector<T>{T(-2.25), 0, T(2.25)}); // the others: 4 and 7, …
    CHECK(advantages<T>(4, {1, 0, 0, 0}, by_others)[0] == 1);                              // the others are equal
    CHECK(advantages<T>(2, {3, 7}, by_others) == std::vector<T>{-4, 4});
    const options without{.scale = group_scale::others_std, .ddof = 2}; // two have no deviation
    CHECK(advantages<T>(3, {1, 4, 7}, without) == std::vector<T>{-3, 0, 3});
}

TEMPLATE_TEST_CASE("group_advantages: a group of one, and lengths that are 0", "", float, double) {
    using T = TestType;
    using enum group_baseline;
    const std::vector<T> r{T(-2.5), 4};
    const auto kept = lone_reward::kept;
    for (const auto baseline : {group_mean, others_mean}) {
        CHECK(advantages(1, r, {.baseline = baseline}) == std::vector<T>{0, 0});
        CHECK(advantages(1, r, {.baseline = baseline, .lone = kept}) == r);
    }
    for (const auto scale : {group_scale::group_std, group_scale::group_mean})
        for (const auto baseline : {none, batch_mean}) {
            CHECK(advantages(1, r, {.baseline = baseline, .scale = scale}) == std::vector<T>{0, 0});
            CHECK(advantages(1, r, {.baseline = baseline, .scale = scale, .lone = kept}) == r);
            CHECK(advantages<T>(1, {4, T(missing)}, {.baseline = baseline, .scale = scale})[0] == 0);
        }
    CHECK(advantages(1, r, {.baseline = none, .scale = group_scale::none}) == r);
    std::vector<T> a(2), baselines{1, 1};
    std::vector<std::uint8_t> keep(2);
    const auto n =
        group_advantages<T>({.size = 1}, {.rewards = r, .baselines = baselines, .advantages = a, .keep = keep},
                            {.baseline = given, .scale = group_scale::none});
    CHECK((a == std::vector<T>{T(-3.5), 3} && keep == std::vector<std::uint8_t>{1, 1} && n.constant_groups == 0));
    const std::vector<std::int64_t> lengths{0, 0};
    group_advantages<T>({.size = 2}, {.rewards = r, .lengths = lengths, .advantages = a},
                        {.baseline = length_weighted_mean, .scale = group_scale::none});
    CHECK(a == std::vector<T>{T(-3.25), T(3.25)});
}

TEMPLATE_TEST_CASE("group_advantages: a reward that is not finite spreads to its group, or is left out", "", float,
                   double) {
    using T = TestType;
    for (const std::size_t groups : {3U, 40U}) // one by one, and side by side
        for (const double bad : {missing, infinite, -infinite}) {
            std::vector<T> r;
            for (std::size_t g = 0; g < groups; ++g) r.insert(r.end(), {1, 2, 3, 6});
            r[6] = static_cast<T>(bad), r[8] = r[9] = r[10] = static_cast<T>(bad), r[11] = 5;
            std::vector<T> a(r.size());
            std::vector<std::uint8_t> keep(r.size(), 7);
            const rlhf::group_advantages_arrays<T> arrays{.rewards = r, .advantages = a, .keep = keep};
            auto n = group_advantages<T>({.size = 4}, arrays, {.scale = group_scale::none});
            CHECK((n.groups == static_cast<double>(groups) && n.constant_groups == 0 && n.unscorable == 4));
            CHECK(std::vector<T>(a.begin(), a.begin() + 4) == std::vector<T>{-2, -1, 0, 3});
            for (std::size_t i = 4; i < 12; ++i) CHECK((std::isnan(a[i]) && keep[i] == 0));
            CHECK((keep[0] == 1 && keep[3] == 1));

            n = group_advantages<T>({.size = 4}, arrays,
                                    {.scale = group_scale::none, .unscorable = unscorable::left_out});
            CHECK((n.constant_groups == 0 && n.unscorable == 4));
            CHECK(std::vector<T>(a.begin() + 4, a.begin() + 12) == std::vector<T>{-2, -1, 0, 3, 0, 0, 0, 0});
            CHECK(std::vector<std::uint8_t>(keep.begin() + 4, keep.begin() + 12) ==
                  std::vector<std::uint8_t>{1, 1, 0, 1, 0, 0, 0, 1});
            r[11] = static_cast<T>(bad); // nothing is left of the group
            group_advantages<T>({.size = 4}, arrays, {.unscorable = unscorable::left_out});
            CHECK(std::vector<T>(a.begin() + 8, a.begin() + 12) == std::vector<T>(4));

            for (const options& o :
                 {options{.baseline = group_baseline::batch_mean}, {.scale = group_scale::batch_std}})
                for (const T x : advantages(4, r, o)) CHECK(std::isnan(x));
            std::vector<T> equal{3, 3, static_cast<T>(bad), 3};
            CHECK(group_advantages<T>({.size = 4}, {.rewards = equal}).constant_groups == 0);
            CHECK(group_advantages<T>({.size = 4}, {.rewards = equal}, {.unscorable = unscorable::left_out})
                      .constant_groups == 1);
            CHECK(rlhf::reward_moments<T>(r, unscorable::left_out).count() == static_cast<double>(r.size()) - 5);
            CHECK(!std::isfinite(rlhf::reward_moments<T>(r).mean()));
        }
}

TEMPLATE_TEST_CASE("group_advantages: the parts of a step with its moments", "", float, double) {
    using T = TestType;
    test::random r(4);
    const std::size_t n = 6 * 3000;
    auto rewards = test::normals<T>(r, n, 2, 3);
    rewards[77] = T(1e-12), rewards[5000] = T(1e12); // not of usual size
    std::fill_n(rewards.begin() + 12, 6, T(1));
    const options o{.baseline = group_baseline::batch_mean, .scale = group_scale::batch_std};
    const auto whole = advantages(6, rewards, o);
    const std::span all(rewards);
    rlhf::moments m = rlhf::reward_moments<T>(all.subspan(6 * 1000));
    m += rlhf::reward_moments<T>(all.first(6 * 1000));
    CHECK(m == rlhf::reward_moments<T>(rewards));
    CHECK(rlhf::reward_moments<T>(std::vector<T>(9000, T(2e9))).mean() == 2e9); // their sum needs more than 64 bits
    rlhf::group_advantages_result counts;
    for (const auto part : {all.first(6 * 1000), all.subspan(6 * 1000)})
        counts += group_advantages<T>({.size = 6}, {.rewards = part, .advantages = part}, m, o); // in place
    CHECK(test::same_bits(rewards, whole));
    CHECK(counts == rlhf::group_advantages_result{.groups = 3000, .constant_groups = 1});
}

TEST_CASE("group_advantages: rewards as a table, as a column, and ids as a column") {
    const std::vector<float> table{1, 9, 3, 9, 5, 9, 5, 9};
    std::vector<float> a(4), out(8, 77.F);
    const rlhf::view<const float> column(table.data(), {.sequences = 4, .steps = 1, .stride = 2});
    const options o{.scale = group_scale::none};
    group_advantages({.size = 2}, {.rewards = column, .advantages = a}, o);
    CHECK(a == std::vector<float>{-1, 1, 0, 0});
    group_advantages(
        {.size = 2},
        {.rewards = column, .advantages = rlhf::view(out.data(), {.sequences = 4, .steps = 1, .stride = 2})}, o);
    CHECK(out == std::vector<float>{-1, 77, 1, 77, 0, 77, 0, 77});
    group_advantages({.size = 4},
                     {.rewards = rlhf::view(table.data(), {.sequences = 2, .steps = 4}), .advantages = out}, o);
    CHECK(out[0] == -4.5F);
    const std::vector<std::int32_t> ids{7, 0, -3, 0, 7, 0, -3, 0};
    std::vector<std::int64_t> workspace(8);
    group_advantages(
        {.ids = rlhf::index_view(ids.data(), {.sequences = 4, .steps = 1, .stride = 2}), .workspace = workspace},
        {.rewards = column, .advantages = a}, o);
    CHECK(a == std::vector<float>{-2, -1, 2, 1});
}

TEST_CASE("group_advantages: what it refuses") {
    const std::vector<float> r(6, 1.F);
    std::vector<float> a(6, 7.F);
    const std::vector<std::int32_t> ids(6), lengths{1, 1, -1, 1, 1, 1};
    std::vector<std::int64_t> workspace(12);
    const std::string self = "rlhf::group_advantages: ";
    const rlhf::group_advantages_arrays<float> arrays{.rewards = r, .advantages = a};
    const auto says = [&](const rlhf::groups& g, const rlhf::group_advantages_arrays<float>& x, const options& o = {}) {
        const std::string all = test::refusal([&] { group_advantages(g, x, o); });
        CHECK((all.empty() || all.starts_with(self)));
        return all.empty() ? all : all.substr(self.size());
    };
    CHECK(says({}, arrays) == "the group size is 0, expected at least 1, or groups.ids");
    CHECK(says({.size = -2}, arrays) == "the group size is -2, expected at least 1, or groups.ids");
    CHECK(says({.size = 4}, arrays) == "6 sequences are not a multiple of the group size 4");
    CHECK(says({.size = 3, .ids = ids, .workspace = workspace}, arrays) ==
          "the group size is 3, expected 0 with groups.ids");
    CHECK(says({.ids = ids, .workspace = std::span(workspace).first(11)}, arrays) ==
          "groups.workspace has 11 elements, expected at least 12 (2 per id)");
    CHECK(says({.ids = std::span(ids).first(5), .workspace = workspace}, arrays) ==
          "groups.ids has 5 elements, expected 6 (one per sequence)");
    CHECK(says({.size = 3}, {.rewards = r, .advantages = std::span(a).first(5)}) ==
          "advantages has 5 elements, expected 6 (one per sequence)");
    CHECK(says({.size = 3}, arrays, {.ddof = -1}) == "ddof is -1, expected at least 0");
    CHECK(says({.size = 3}, arrays, {.epsilon = -1}) == "epsilon is -1, expected at least 0");
    CHECK(says({.size = 3}, arrays, {.epsilon = infinite}) == "epsilon is inf, expected a finite number");
    CHECK(says({.size = 3}, arrays, {.baseline = group_baseline::given}) ==
          "baselines and baseline = given need each other");
    CHECK(says({.size = 3}, {.rewards = r, .baselines = r, .advantages = a}) ==
          "baselines and baseline = given need each other");
    const options weighted{.baseline = group_baseline::length_weighted_mean};
    CHECK(says({.size = 3}, arrays, weighted) == "lengths and baseline = length_weighted_mean need each other");
    CHECK(says({.size = 3}, {.rewards = r, .lengths = lengths, .advantages = a}) ==
          "lengths and baseline = length_weighted_mean need each other");
    CHECK(says({.size = 3}, {.rewards = r, .lengths = lengths, .advantages = a}, weighted) ==
          "lengths has -1 at sequence 2, expected at least 0");
    CHECK(says({.size = 3}, {.rewards = r, .lengths = std::span(lengths).first(4), .advantages = a}, weighted) ==
          "lengths has 4 elements, expected 6 (one per sequence)");
    CHECK(says({.size = 3}, {.rewards = std::span(a).subspan(1, 3), .advantages = std::span(a).first(3)}) ==
          "advantages overlaps rewards");
    CHECK(says({.size = 3}, {.rewards = a, .advantages = a}, {.scale = group_scale::others_std}) ==
          "advantages overlaps rewards"); // which are read again, for each advantage
    CHECK(says({.ids = ids, .workspace = rlhf::view(workspace.data(), {.sequences = 2, .steps = 6})}, arrays) ==
          "groups.workspace has 0 elements, expected at least 12 (2 per id)");
    CHECK((a == std::vector<float>(6, 7.F) && workspace == std::vector<std::int64_t>(12)));
}

TEST_CASE("group_advantages: several rewards, each normalised in its group (GDPO)") {
    // arXiv:2601.05242: the advantages of each reward, weighted and summed, then whitened over the batch.
    const std::vector<std::vector<double>> rewards{{1, 0, 0, 1, 1, 1}, {10, 20, 60, 30, 30, 90}};
    const std::vector<double> weights{1, 0.5};
    std::vector<double> sum(6), a(6);
    for (std::size_t k = 0; k < rewards.size(); ++k) {
        group_advantages<double>({.size = 3}, {.rewards = rewards[k], .advantages = a});
        for (std::size_t i = 0; i < 6; ++i) sum[i] += weights[k] * a[i];
    }
    const auto z = [](double x, double mean, double std) { return (x - mean) / (std + 1e-6); };
    CHECK(sum[0] == Approx(z(1, 1. / 3, std::sqrt(1. / 3)) + 0.5 * z(10, 30, std::sqrt(700.))).epsilon(1e-12));
    CHECK(sum[5] == Approx(0.5 * z(90, 50, std::sqrt(1200.))).epsilon(1e-12)); // its first reward is constant
    const rlhf::batch each{.sequences = 6, .steps = 1, .mask = rlhf::all, .denominator = rlhf::counted_here};
    CHECK(rlhf::whiten<double>(each, sum).count() == 6);
    CHECK(rlhf::moments_of<double>(each, sum).variance() == Approx(1).epsilon(1e-6));
}

TEST_CASE("group_advantages: REINFORCE++ with the group's mean: tokens are whitened, so that long answers weigh more") {
    const std::vector<double> rewards{1, 3, 4, 8};
    const std::vector<std::uint8_t> mask{1, 0, 0, 1, 1, 1, 1, 1, 0, 1, 0, 0};
    std::vector<double> a(4), tokens(12);
    group_advantages<double>({.size = 2}, {.rewards = rewards, .advantages = a}, {.scale = group_scale::none});
    for (std::size_t i = 0; i < 12; ++i) tokens[i] = a[i / 3];
    const rlhf::batch b{.sequences = 4, .steps = 3, .mask = mask, .denominator = rlhf::counted_here};
    const auto m = rlhf::whiten<double>(b, tokens, {.epsilon = 0});
    CHECK(m.mean() == Approx((-1 + 3 * 1 - 2 * 2 + 2) / 7.).margin(1e-15));
    CHECK((tokens[1] == 0 && tokens[3] == Approx((1 - m.mean()) / std::sqrt(m.variance())).epsilon(1e-14)));
}

TEST_CASE("group_advantages: sequences that are not kept leave both sides of the mean, in a step of parts and ragged "
          "groups") {
    const std::vector<std::int32_t> ids{4, 7, 4, 9, 7, 4, 9, 9}, lengths{2, 3, 1, 2, 1, 3, 2, 1};
    const std::vector<double> rewards{1, 2, 0, missing, 2, 1, 3, 1};
    std::vector<std::int64_t> workspace(16), offsets{0};
    for (const auto n : lengths) offsets.push_back(offsets.back() + n);
    std::vector<double> a(8), log_probs(15), d(15, 7.0);
    for (std::size_t i = 0; i < 15; ++i) log_probs[i] = -0.25 * static_cast<double>(i % 4);
    for (const auto how : {unscorable::left_out, unscorable::spread}) {
        std::vector<std::uint8_t> keep(8), mask(15);
        const auto n = group_advantages<double>({.ids = ids, .workspace = workspace},
                                                {.rewards = rewards, .advantages = a, .keep = keep},
                                                {.scale = group_scale::none, .unscorable = how});
        CHECK((n.groups == 3 && n.constant_groups == 1 && n.unscorable == 1)); // the shares, whose parts join by +=
        const bool left_out = how == unscorable::left_out;
        CHECK(keep == std::vector<std::uint8_t>{1, 0, 1, 0, 0, 1, left_out, left_out});
        double loss = 0, tokens = 0; // of what is kept, where ρ = 1
        for (std::size_t s = 0; s < 8; ++s) {
            for (auto t = offsets[s]; t < offsets[s + 1]; ++t) mask[static_cast<std::size_t>(t)] = keep[s];
            if (keep[s] != 0) loss -= lengths[s] * a[s], tokens += lengths[s];
        }
        rlhf::batch step{.offsets = offsets, .mask = mask, .denominator = rlhf::counted_here};
        step.denominator = rlhf::count(step);
        rlhf::ppo_policy_loss_result sum;
        for (const auto& [first, count] : {std::pair{0, 3}, {3, 5}}) {
            const auto cut = [&](auto& x) { return rlhf::part(x, step, first, count); };
            sum += rlhf::ppo_policy_loss<double>(step.part(first, count), {.log_probs = cut(log_probs),
                                                                           .old_log_probs = cut(log_probs),
                                                                           .advantages = rlhf::per_sequence(cut(a)),
                                                                           .d_log_probs = cut(d)});
        }
        CHECK((sum.own.tokens == tokens && sum.loss() == Approx(loss / tokens).epsilon(1e-15)));
        for (std::size_t s = 0; s < 8; ++s)
            for (auto t = offsets[s]; t < offsets[s + 1]; ++t)
                CHECK(d[static_cast<std::size_t>(t)] == Approx(keep[s] != 0 ? -a[s] / tokens : 0).margin(1e-16));
    }
}
