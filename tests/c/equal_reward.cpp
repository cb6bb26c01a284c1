// SPDX-License-Identifier: MIT
// Made by tools/interface/write_c.py from the C++ headers.
// clang-format off
#include "world.hpp"

using namespace world;

template <class T>
void equal_bradley_terry_loss() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    auto a = sized<rlhf_bradley_terry_loss_arrays>();
    const auto chosen_rewards = numbers<T>("chosen_rewards", "[pairs]");
    a.chosen_rewards = read(chosen_rewards);
    const auto rejected_rewards = numbers<T>("rejected_rewards", "[pairs]");
    a.rejected_rewards = read(rejected_rewards);
    const auto margins = numbers<T>("margins", "[pairs]");
    a.margins = read(margins);
    output<T> d_chosen_rewards(std::string("[pairs]"));
    a.d_chosen_rewards = rlhf_add_to(write(d_chosen_rewards.c), 0.5);
    output<T> d_rejected_rewards(std::string("[pairs]"));
    a.d_rejected_rewards = rlhf_add_to(write(d_rejected_rewards.c), 0.5);
    auto r = sized<rlhf_comparison_sums>();
    ok(rlhf_bradley_terry_loss(&batch, &a, nullptr, nullptr, &r, &error), error);
    const auto x = rlhf::bradley_terry_loss<T>(world::batch(),
                                               {.chosen_rewards = chosen_rewards, .rejected_rewards = rejected_rewards, .margins = margins, .d_chosen_rewards = rlhf::add_to(d_chosen_rewards.cpp, 0.5), .d_rejected_rewards = rlhf::add_to(d_rejected_rewards.cpp, 0.5)},
                                               {});
    CHECK(same(r.own, x.own));
    CHECK(same(r.loss, x.loss()));
    CHECK(same(r.mean_loss, x.mean_loss()));
    CHECK(same(r.nonfinite, x.nonfinite()));
    CHECK(same(r.comparisons, x.comparisons()));
    CHECK(same(r.accuracy, x.accuracy()));
    CHECK(same(r.mean_margin, x.mean_margin()));
    CHECK(d_chosen_rewards.same());
    CHECK(d_rejected_rewards.same());
}
TEST_CASE("bradley_terry_loss of C") {
    equal_bradley_terry_loss<float>();
    equal_bradley_terry_loss<double>();
}

void equal_count_pairs() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    const auto ranks = integers<std::int32_t>("ranks", "[B, T]");
    const rlhf_in c_ranks = read(ranks);
    rlhf_counts r{};
    ok(rlhf_count_pairs(&batch, &c_ranks, &r, &error), error);
    const auto x = rlhf::count_pairs(world::batch(), ranks);
    CHECK(same(r, x));
}
TEST_CASE("count_pairs of C") {
    equal_count_pairs();
}

void equal_count_rankings() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    const auto ranks = integers<std::int32_t>("ranks", "[B, T]");
    const rlhf_in c_ranks = read(ranks);
    rlhf_counts r{};
    ok(rlhf_count_rankings(&batch, &c_ranks, &r, &error), error);
    const auto x = rlhf::count_rankings(world::batch(), ranks);
    CHECK(same(r, x));
}
TEST_CASE("count_rankings of C") {
    equal_count_rankings();
}

template <class T>
void equal_plackett_luce_loss() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    auto a = sized<rlhf_plackett_luce_loss_arrays>();
    const auto rewards = numbers<T>("rewards", "[prompts, K]");
    a.rewards = read(rewards);
    const auto ranks = integers<std::int64_t>("ranks", "[prompts, K]");
    a.ranks = read(ranks);
    output<T> d_rewards(std::string("[prompts, K]"));
    a.d_rewards = rlhf_add_to(write(d_rewards.c), 0.5);
    auto r = sized<rlhf_loss_sums>();
    ok(rlhf_plackett_luce_loss(&batch, &a, nullptr, &r, &error), error);
    const auto x = rlhf::plackett_luce_loss<T>(world::batch(),
                                               {.rewards = rewards, .ranks = ranks, .d_rewards = rlhf::add_to(d_rewards.cpp, 0.5)});
    CHECK(same(r.own, x.own));
    CHECK(same(r.loss, x.loss()));
    CHECK(same(r.mean_loss, x.mean_loss()));
    CHECK(d_rewards.same());
}
TEST_CASE("plackett_luce_loss of C") {
    equal_plackett_luce_loss<float>();
    equal_plackett_luce_loss<double>();
}

template <class T>
void equal_ranking_loss() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    auto a = sized<rlhf_ranking_loss_arrays>();
    const auto rewards = numbers<T>("rewards", "[prompts, K]");
    a.rewards = read(rewards);
    const auto ranks = integers<std::int64_t>("ranks", "[prompts, K]");
    a.ranks = read(ranks);
    output<T> d_rewards(std::string("[prompts, K]"));
    a.d_rewards = rlhf_add_to(write(d_rewards.c), 0.5);
    auto r = sized<rlhf_comparison_sums>();
    ok(rlhf_ranking_loss(&batch, &a, nullptr, nullptr, &r, &error), error);
    const auto x = rlhf::ranking_loss<T>(world::batch(),
                                         {.rewards = rewards, .ranks = ranks, .d_rewards = rlhf::add_to(d_rewards.cpp, 0.5)},
                                         {});
    CHECK(same(r.own, x.own));
    CHECK(same(r.loss, x.loss()));
    CHECK(same(r.mean_loss, x.mean_loss()));
    CHECK(same(r.nonfinite, x.nonfinite()));
    CHECK(same(r.comparisons, x.comparisons()));
    CHECK(same(r.accuracy, x.accuracy()));
    CHECK(same(r.mean_margin, x.mean_margin()));
    CHECK(d_rewards.same());
}
TEST_CASE("ranking_loss of C") {
    equal_ranking_loss<float>();
    equal_ranking_loss<double>();
}

template <class T>
void equal_reward_bias() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    const auto rewards = numbers<T>("rewards", "[B, T]");
    const rlhf_in c_rewards = read(rewards);
    double r{};
    ok(rlhf_reward_bias(&batch, &c_rewards, nullptr, &r, &error), error);
    const auto x = rlhf::reward_bias<T>(world::batch(), rewards);
    CHECK(same(r, x));
}
TEST_CASE("reward_bias of C") {
    equal_reward_bias<float>();
    equal_reward_bias<double>();
}

