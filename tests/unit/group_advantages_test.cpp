// SPDX-License-Identifier: MIT
#include "contract/contract.hpp"
#include "golden/goldens.hpp"
#include "reference/group_advantages.hpp"
#include "support/refusal.hpp"
#include "support/row_groups.hpp"
#include "support/rows.hpp"

#include <rlhf/advantage/group_advantages.hpp>

#include <numeric>
#include <sys/mman.h>
#include <unistd.h>

namespace {

using rlhf::group_baseline, rlhf::group_scale, rlhf::lone_reward, rlhf::std_floor, rlhf::unscorable;
using options = rlhf::group_advantages_options;

/// The rewards of sequences, and to which groups they belong.
template <class T>
struct scene {
    std::vector<T> rewards, baselines;
    std::vector<std::int64_t> ids, lengths, workspace;

    explicit scene(std::vector<T> r, std::vector<std::int64_t> group = {})
        : rewards(std::move(r)), ids(std::move(group)), workspace(2 * rewards.size()) {
        test::random random(rewards.size());
        baselines = test::normals<T>(random, rewards.size());
        for (std::size_t i = 0; i < rewards.size(); ++i)
            lengths.push_back(static_cast<std::int64_t>(random.below(900)));
    }
    [[nodiscard]] rlhf::group_advantages_arrays<T> arrays(const options& o, std::vector<T>& a,
                                                          std::vector<std::uint8_t>& keep) const {
        a.assign(rewards.size(), T(77)), keep.assign(rewards.size(), 77);
        rlhf::group_advantages_arrays<T> all{.rewards = rewards, .advantages = a, .keep = keep};
        if (o.baseline == group_baseline::length_weighted_mean) all.lengths = rlhf::per_sequence(lengths);
        if (o.baseline == group_baseline::given) all.baselines = baselines;
        return all;
    }
};

template <class T>
struct outcome {
    std::vector<T> advantages;
    std::vector<std::uint8_t> keep;
    rlhf::group_advantages_result counts;
    bool operator==(const outcome& o) const {
        return test::same_bits(advantages, o.advantages) && keep == o.keep && counts == o.counts;
    }
};

template <class T>
outcome<T> by_ids(scene<T> s, const options& o, const rlhf::executor& run = {}) {
    outcome<T> r;
    const auto arrays = s.arrays(o, r.advantages, r.keep);
    r.counts = rlhf::group_advantages<T>({.ids = rlhf::per_sequence(s.ids), .workspace = s.workspace}, arrays, o, run);
    return r;
}
template <class T>
outcome<T> by_size(const scene<T>& s, std::size_t size, const options& o, const rlhf::executor& run = {}) {
    outcome<T> r;
    const auto arrays = s.arrays(o, r.advantages, r.keep);
    r.counts = rlhf::group_advantages<T>({.size = size}, arrays, o, run);
    return r;
}

std::vector<std::int64_t> groups_of(std::size_t size, std::size_t n) {
    std::vector<std::int64_t> ids(n);
    for (std::size_t i = 0; i < n; ++i) ids[i] = static_cast<std::int64_t>(i / size);
    return ids;
}

std::vector<options> every_option() {
    std::vector<options> all;
    for (int b = 0; b < 7; ++b)
        for (int s = 0; s < 5; ++s) {
            const auto baseline = static_cast<group_baseline>(b);
            const auto scale = static_cast<group_scale>(s);
            all.push_back({.baseline = baseline, .scale = scale});
            all.push_back({.baseline = baseline,
                           .scale = scale,
                           .ddof = 0,
                           .epsilon = 0.3,
                           .floor = static_cast<std_floor>((b + s) % 4),
                           .lone = lone_reward::kept,
                           .unscorable = unscorable::left_out});
        }
    all.push_back({.ddof = 3});
    all.push_back({.epsilon = 0});
    return all;
}

template <class T>
void compare(const outcome<T>& got, const scene<T>& s, const options& o) {
    CAPTURE(static_cast<int>(o.baseline), static_cast<int>(o.scale), o.ddof, static_cast<int>(o.floor));
    const reference::group_advantages_options p{.baseline = static_cast<reference::group_baseline>(o.baseline),
                                                .scale = static_cast<reference::group_scale>(o.scale),
                                                .ddof = o.ddof,
                                                .epsilon = o.epsilon,
                                                .floor = static_cast<reference::std_floor>(o.floor),
                                                .keep_lone = o.lone == lone_reward::kept,
                                                .leave_out = o.unscorable == unscorable::left_out};
    const auto want = reference::group_advantages(reference::to_real(s.rewards), s.ids, p, s.lengths,
                                                  reference::to_real(s.baselines));
    CHECK(got.counts.groups == static_cast<double>(want.groups));
    CHECK(got.counts.constant_groups == static_cast<double>(want.constant));
    CHECK(got.counts.unscorable == static_cast<double>(want.unscorable));
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < s.rewards.size(); ++i) {
        const auto a = static_cast<reference::real>(got.advantages[i]), w = want.advantages[i];
        // The result's own rounding. Before it some roundings of doubles below 8, in the difference and in the scale.
        const reference::real near =
            std::numeric_limits<T>::epsilon() * std::abs(w) + 0x1p-48L * (1 + std::abs(w)) / want.scales[i];
        wrong += std::isnan(w) ? !std::isnan(a) : !(std::abs(a - w) <= near);
        wrong += got.keep[i] != want.keep[i];
    }
    CHECK(wrong == 0);
}

const double infinite = std::numeric_limits<double>::infinity(), missing_reward = std::nan("");

} // namespace

TEMPLATE_TEST_CASE("group_advantages: the reference, for every option and size", "", float, double) {
    using T = TestType;
    test::random r(1);
    for (const std::size_t size : {1U, 2U, 3U, 8U, 16U, 31U, 128U, 129U}) {
        scene<T> s(test::normals<T>(r, size * 21, 0.3, 1.2), groups_of(size, size * 21));
        for (std::size_t i = 0; i < size; ++i) s.rewards[9 * size + i] = T(0.1); // constant
        for (std::size_t i = 0; i < size; ++i) s.rewards[i] = i % 2 == 0 ? T(1) : T(0);
        for (const auto& o : every_option()) {
            CAPTURE(size);
            const auto got = by_size(s, size, o);
            compare(got, s, o);
            CHECK(by_ids(s, o) == got);
        }
    }
}

TEMPLATE_TEST_CASE("group_advantages: ids in any order, of ragged groups, with rewards that are missing", "", float,
                   double) {
    using T = TestType;
    test::random r(2);
    std::vector<std::int64_t> ids;
    for (int i = 0; i < 700; ++i)
        ids.push_back(static_cast<std::int64_t>(r.below(4) == 0 ? r.below(200) : r.below(20)) * 1'000'000'007 - 5);
    for (int i = 0; i < 6; ++i) ids.push_back(i % 2 != 0 ? std::numeric_limits<std::int64_t>::min() : 0);
    ids.push_back(std::numeric_limits<std::int64_t>::max());
    for (const bool missing : {false, true}) {
        scene<T> s(test::normals<T>(r, ids.size(), 0.3, 1.2), ids);
        for (std::size_t i = 3; missing && i < ids.size(); i += 11)
            s.rewards[i] = static_cast<T>(i % 2 != 0 ? missing_reward : -infinite);
        for (const auto& o : every_option()) {
            const bool batch = o.baseline == group_baseline::batch_mean || o.scale == group_scale::batch_std;
            if (missing && batch && o.unscorable == unscorable::spread) continue; // all NaN: another test
            compare(by_ids(s, o), s, o);
        }
    }
}

TEMPLATE_TEST_CASE("group_advantages: same bits however sequences are ordered, cut and spread over threads", "", float,
                   double) {
    using T = TestType;
    test::random r(3);
    const std::size_t size = 12, n = size * 1500;
    scene<T> s(test::normals<T>(r, n, -2, 3), groups_of(size, n));
    for (std::size_t i = 0; i < n; i += 700) s.rewards[i] = static_cast<T>(missing_reward);
    for (const auto& o : {options{}, options{.baseline = group_baseline::others_mean, .scale = group_scale::none},
                          options{.baseline = group_baseline::length_weighted_mean, .unscorable = unscorable::left_out},
                          options{.baseline = group_baseline::others_mean, .scale = group_scale::others_std},
                          options{.baseline = group_baseline::given, .scale = group_scale::group_mean}}) {
        const auto whole = by_size(s, size, o);
        CHECK(by_size(s, size, o, contract::threads(3)) == whole);
        CHECK(by_ids(s, o, contract::threads(3)) == whole);
        scene<T> shuffled = s;
        std::vector<std::size_t> to(n);
        std::iota(to.begin(), to.end(), 0U);
        for (std::size_t i = n; i > 1; --i) std::swap(to[i - 1], to[r.below(i)]);
        for (std::size_t i = 0; i < n; ++i) {
            shuffled.rewards[to[i]] = s.rewards[i], shuffled.ids[to[i]] = -s.ids[i];
            shuffled.lengths[to[i]] = s.lengths[i], shuffled.baselines[to[i]] = s.baselines[i];
        }
        const auto other = by_ids(shuffled, o);
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < n; ++i)
            wrong +=
                !test::same_bits(other.advantages[to[i]], whole.advantages[i]) || other.keep[to[i]] != whole.keep[i];
        CHECK((wrong == 0 && other.counts == whole.counts));
    }
}

namespace {

template <class T>
std::vector<T> scores(test::random& r, std::size_t n) {
    return test::normals<T>(r, n, 0.5, 2);
}

template <class T>
rlhf::group_advantages_result of_rows(const contract::call<T>& c, const rlhf::moments& m, const options& o) {
    const test::row_groups<T> rows(c);
    const std::vector<T>& rewards = rows.inputs[0];
    std::vector<T> a(rewards.size());
    std::vector<std::int64_t> workspace(2 * rewards.size());
    const auto r = rlhf::group_advantages<T>({.ids = rows.ids, .workspace = workspace},
                                             {.rewards = rewards, .advantages = a}, m, o, c.run);
    rows.scatter(a);
    return r;
}

} // namespace

TEMPLATE_TEST_CASE("group_advantages: the contract, with rows as groups", "", float, double) {
    using T = TestType;
    const rlhf::moments m = rlhf::reward_moments<T>(std::vector<T>{1, 2, 4});
    const contract::problem<T> p{
        .inputs = {scores<T>}, .predict_next = false, .lengths = {9000, 0, 1, 16, 700, 33, 512, 5}};
    for (const auto& o : {options{}, options{.baseline = group_baseline::batch_mean, .scale = group_scale::batch_std}})
        contract::holds<T>(
            p, [&](const contract::call<T>& c) { return of_rows<T>(c, m, o); },
            [](const rlhf::group_advantages_result& r) {
                return std::vector<double>{r.groups, r.constant_groups, r.unscorable};
            });
}

TEST_CASE("group_advantages: verl's") {
    using enum group_baseline;
    const auto all = test::read_goldens("packages.txt");
    constexpr auto raw = group_scale::none;
    constexpr auto kept = lone_reward::kept;
    for (const auto& [name, o] :
         std::map<std::string, options>{{"grpo", {.lone = kept}},
                                        {"dr_grpo", {.scale = raw, .lone = kept}},
                                        {"rloo", {.baseline = others_mean, .scale = raw, .lone = kept}},
                                        {"opo", {.baseline = length_weighted_mean, .scale = raw, .lone = kept}},
                                        {"remax", {.baseline = given, .scale = raw}}}) {
        CAPTURE(name);
        const auto& g = all.at("verl_" + name);
        const auto ids = g.integers<std::int64_t>("ids"), lengths = g.integers<std::int64_t>("lengths");
        std::vector<std::int64_t> workspace(24);
        std::vector<double> a(12);
        rlhf::group_advantages_arrays<double> arrays{.rewards = g["rewards"], .advantages = a};
        if (name == "opo") arrays.lengths = lengths;
        if (name == "remax") arrays.baselines = g["baselines"];
        const auto n = rlhf::group_advantages<double>({.ids = ids, .workspace = workspace}, arrays, o);
        CHECK((n.groups == 4 && n.constant_groups == 1));
        a[3] /= name == "grpo" ? 1 + 1e-6 : 1; // verl divides a group of one by 1 + ε
        for (std::size_t i = 0; i < 12; ++i) CHECK(a[i] == Approx(g["advantages"][i]).epsilon(1e-12).margin(1e-15));
    }
}

TEST_CASE("group_advantages: nothing is read or written past the last reward") {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    void* const memory = mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory != MAP_FAILED);
    char* const end = static_cast<char*>(memory) + page; // from here on an access ends the program
    REQUIRE(mprotect(end, page, PROT_NONE) == 0);
    for (std::size_t size = 1; size <= 12; ++size) {
        const std::span rewards(reinterpret_cast<float*>(end) - 24 * size, 24 * size);
        std::fill(rewards.begin(), rewards.end(), 1.F);
        CHECK(rlhf::group_advantages({.size = size}, {.rewards = rewards, .advantages = rewards}).groups == 24);
    }
    munmap(memory, 2 * page);
}

TEST_CASE("group_advantages: pass@k, what verl computes, and ties") {
    const auto cases = test::read_goldens("scores.txt");
    for (const auto scale : {group_scale::none, group_scale::group_std}) {
        const auto& g = cases.at(scale == group_scale::none ? "verl_passk" : "verl_passk_std");
        auto s = scene<double>(g["rewards"], g.integers<std::int64_t>("ids"));
        const auto got = by_ids(s, {.baseline = group_baseline::second_best, .scale = scale});
        for (std::size_t i = 0; i < s.rewards.size(); ++i)
            CHECK(std::abs(got.advantages[i] - g["advantages"][i]) <= 1e-14);
    }
    const options o{.baseline = group_baseline::second_best, .scale = group_scale::none, .lone = lone_reward::kept};
    CHECK(by_size(scene<float>({3, 1, 2, 5, 5, 4}), 3, o).advantages == std::vector<float>{1, 0, 0, 0, 0, 0});
    CHECK(by_size(scene<float>({-3, 1}), 1, o).advantages == std::vector<float>{-3, 1});
}

TEST_CASE("group_advantages: a sequence without a partner throws where it needs one") {
    options o{.baseline = group_baseline::second_best, .lone = lone_reward::refused};
    scene<double> s({1, 2, 3, 4}, {9, 7, 9, 7});
    CHECK(by_ids(s, o).counts.groups == 2);
    s.ids[2] = 8;
    std::vector<double> a(4, 77.0);
    std::vector<std::int64_t> workspace(8);
    const auto said = [&] {
        return test::refusal([&] {
            rlhf::group_advantages<double>({.ids = s.ids, .workspace = workspace},
                                           {.rewards = s.rewards, .advantages = a}, o);
        });
    };
    CHECK(said() == "rlhf::group_advantages: sequence 2 is alone in its group, expected at least two");
    CHECK(a == std::vector<double>(4, 77.0));
    o.scale = group_scale::none, o.baseline = group_baseline::none;
    CHECK(said().empty()); // it is compared with nothing
}
