// SPDX-License-Identifier: MIT
// Made by tools/interface/write_c.py from the C++ headers.
// clang-format off
#include "world.hpp"

using namespace world;

template <class T>
void equal_discounted_returns() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    auto a = sized<rlhf_discounted_returns_arrays>();
    const auto rewards = numbers<T>("rewards", "[B, T]");
    a.rewards = read(rewards);
    const auto bootstrap_values = numbers<T>("bootstrap_values", "[B]");
    a.bootstrap_values = read(bootstrap_values);
    const auto terminated = numbers<std::uint8_t>("terminated", "[B, T]");
    a.terminated = read(terminated);
    output<T> returns(std::string("[B, T]"));
    a.returns = write(returns.c);
    ok(rlhf_discounted_returns(&batch, &a, nullptr, nullptr, &error), error);
    rlhf::discounted_returns<T>(world::batch(),
                                {.rewards = rewards, .bootstrap_values = bootstrap_values, .terminated = terminated, .returns = returns.cpp},
                                {});
    CHECK(returns.same());
}
TEST_CASE("discounted_returns of C") {
    equal_discounted_returns<float>();
    equal_discounted_returns<double>();
}

template <class T>
void equal_gae() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    auto a = sized<rlhf_gae_arrays>();
    const auto rewards = numbers<T>("rewards", "[B, T]");
    a.rewards = read(rewards);
    const auto values = numbers<T>("values", "[B, T]");
    a.values = read(values);
    const auto next_values = numbers<T>("next_values", "[B, T]");
    a.next_values = read(next_values);
    const auto bootstrap_values = numbers<T>("bootstrap_values", "[B]");
    a.bootstrap_values = read(bootstrap_values);
    const auto lambdas = numbers<T>("lambdas", "[B]");
    a.lambdas = read(lambdas);
    const auto terminated = numbers<std::uint8_t>("terminated", "[B, T]");
    a.terminated = read(terminated);
    const auto truncated = numbers<std::uint8_t>("truncated", "[B, T]");
    a.truncated = read(truncated);
    output<T> advantages(std::string("[B, T]"));
    a.advantages = write(advantages.c);
    output<T> returns(std::string("[B, T]"));
    a.returns = write(returns.c);
    ok(rlhf_gae(&batch, &a, nullptr, nullptr, &error), error);
    rlhf::gae<T>(world::batch(),
                 {.rewards = rewards, .values = values, .next_values = next_values, .bootstrap_values = bootstrap_values, .lambdas = lambdas, .terminated = terminated, .truncated = truncated, .advantages = advantages.cpp, .returns = returns.cpp},
                 {});
    CHECK(advantages.same());
    CHECK(returns.same());
}
TEST_CASE("gae of C") {
    equal_gae<float>();
    equal_gae<double>();
}

template <class T>
void equal_gae_backward() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    auto a = sized<rlhf_gae_backward_arrays>();
    const auto d_advantages = numbers<T>("d_advantages", "[B, T]");
    a.d_advantages = read(d_advantages);
    const auto d_returns = numbers<T>("d_returns", "[B, T]");
    a.d_returns = read(d_returns);
    const auto next_values = numbers<T>("next_values", "[B, T]");
    a.next_values = read(next_values);
    const auto lambdas = numbers<T>("lambdas", "[B]");
    a.lambdas = read(lambdas);
    const auto terminated = numbers<std::uint8_t>("terminated", "[B, T]");
    a.terminated = read(terminated);
    const auto truncated = numbers<std::uint8_t>("truncated", "[B, T]");
    a.truncated = read(truncated);
    output<T> d_rewards(std::string("[B, T]"));
    a.d_rewards = rlhf_add_to(write(d_rewards.c), 0.5);
    output<T> d_values(std::string("[B, T]"));
    a.d_values = rlhf_add_to(write(d_values.c), 0.5);
    output<T> d_next_values(std::string("[B, T]"));
    a.d_next_values = rlhf_add_to(write(d_next_values.c), 0.5);
    output<T> d_bootstrap_values(std::string("[B]"));
    a.d_bootstrap_values = rlhf_add_to(write(d_bootstrap_values.c), 0.5);
    ok(rlhf_gae_backward(&batch, &a, nullptr, nullptr, &error), error);
    rlhf::gae_backward<T>(world::batch(),
                          {.d_advantages = d_advantages, .d_returns = d_returns, .next_values = next_values, .lambdas = lambdas, .terminated = terminated, .truncated = truncated, .d_rewards = rlhf::add_to(d_rewards.cpp, 0.5), .d_values = rlhf::add_to(d_values.cpp, 0.5), .d_next_values = rlhf::add_to(d_next_values.cpp, 0.5), .d_bootstrap_values = rlhf::add_to(d_bootstrap_values.cpp, 0.5)},
                          {});
    CHECK(d_rewards.same());
    CHECK(d_values.same());
    CHECK(d_next_values.same());
    CHECK(d_bootstrap_values.same());
}
TEST_CASE("gae_backward of C") {
    equal_gae_backward<float>();
    equal_gae_backward<double>();
}

template <class T>
void equal_group_advantages() {
    rlhf_error error{};
    const rlhf_groups groups = c_groups();
    auto a = sized<rlhf_group_advantages_arrays>();
    const auto rewards = numbers<T>("rewards", "[N]");
    a.rewards = read(rewards);
    output<T> advantages(std::string("[N]"));
    a.advantages = write(advantages.c);
    output<std::uint8_t> keep(std::string("[N]"));
    a.keep = write(keep.c);
    const auto some = numbers<T>("some", "[B, T]");
    const rlhf_in c_some = read(some);
    auto c_m = sized<rlhf_moments>();
    rlhf_batch every = c_batch();
    ok(rlhf_moments_of(&every, &c_some, nullptr, &c_m, &error), error);
    const rlhf::moments m = rlhf::moments_of<T>(world::batch(), some);
    auto r = sized<rlhf_group_advantages_result>();
    ok(rlhf_group_advantages(&groups, &a, &c_m, nullptr, nullptr, &r, &error), error);
    const auto x = rlhf::group_advantages<T>({.size = 3},
                                             {.rewards = rewards, .advantages = advantages.cpp, .keep = keep.cpp}, m, {});
    CHECK(same(r.groups, x.groups));
    CHECK(same(r.constant_groups, x.constant_groups));
    CHECK(same(r.unscorable, x.unscorable));
    CHECK(advantages.same());
    CHECK(keep.same());
}
TEST_CASE("group_advantages of C") {
    equal_group_advantages<float>();
    equal_group_advantages<double>();
}

template <class T>
void equal_moments_of() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    const auto values = numbers<T>("values", "[B, T]");
    const rlhf_in c_values = read(values);
    auto r = sized<rlhf_moments>();
    ok(rlhf_moments_of(&batch, &c_values, nullptr, &r, &error), error);
    const auto x = rlhf::moments_of<T>(world::batch(), values);
    CHECK(same(r.count, x.count()));
    CHECK(same(r.mean, x.mean()));
    CHECK(same(r.variance, x.variance()));
}
TEST_CASE("moments_of of C") {
    equal_moments_of<float>();
    equal_moments_of<double>();
}

template <class T>
void equal_reward_moments() {
    rlhf_error error{};
    const auto rewards = numbers<T>("rewards", "[B, T]");
    const rlhf_in c_rewards = read(rewards);
    auto r = sized<rlhf_moments>();
    ok(rlhf_reward_moments(&c_rewards, RLHF_UNSCORABLE_SPREAD, nullptr, &r, &error), error);
    const auto x = rlhf::reward_moments<T>(rewards, rlhf::unscorable::spread);
    CHECK(same(r.count, x.count()));
    CHECK(same(r.mean, x.mean()));
    CHECK(same(r.variance, x.variance()));
}
TEST_CASE("reward_moments of C") {
    equal_reward_moments<float>();
    equal_reward_moments<double>();
}

template <class T>
void equal_shape_rewards() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    auto a = sized<rlhf_shape_rewards_arrays>();
    const auto log_probs = numbers<T>("log_probs", "[B, T]");
    a.log_probs = read(log_probs);
    const auto ref_log_probs = numbers<T>("ref_log_probs", "[B, T]");
    a.ref_log_probs = read(ref_log_probs);
    const auto scores = numbers<T>("scores", "[B]");
    a.scores = read(scores);
    const auto finished = numbers<std::uint8_t>("finished", "[B]");
    a.finished = read(finished);
    output<T> rewards(std::string("[B, T]"));
    a.rewards = write(rewards.c);
    auto r = sized<rlhf_shape_rewards_result>();
    ok(rlhf_shape_rewards(&batch, &a, nullptr, nullptr, &r, &error), error);
    const auto x = rlhf::shape_rewards<T>(world::batch(),
                                          {.log_probs = log_probs, .ref_log_probs = ref_log_probs, .scores = scores, .finished = finished, .rewards = rewards.cpp},
                                          {});
    CHECK(same(r.own, x.own));
    CHECK(same(r.dropped_scores, x.dropped_scores));
    CHECK(same(r.kl_per_sequence, x.kl_per_sequence()));
    CHECK(same(r.kl_per_token, x.kl_per_token()));
    CHECK(same(r.mean_score, x.mean_score()));
    CHECK(rewards.same());
}
TEST_CASE("shape_rewards of C") {
    equal_shape_rewards<float>();
    equal_shape_rewards<double>();
}

template <class T>
void equal_shape_scores() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    auto a = sized<rlhf_shape_scores_arrays>();
    const auto scores = numbers<T>("scores", "[B]");
    a.scores = read(scores);
    const auto lengths = integers<std::int64_t>("lengths", "[B]");
    a.lengths = read(lengths);
    const auto finished = numbers<std::uint8_t>("finished", "[B]");
    a.finished = read(finished);
    output<T> shaped(std::string("[B]"));
    a.shaped = write(shaped.c);
    auto r = sized<rlhf_shape_scores_result>();
    ok(rlhf_shape_scores(&batch, &a, nullptr, &r, &error), error);
    const auto x = rlhf::shape_scores<T>(world::batch(),
                                         {.scores = scores, .lengths = lengths, .finished = finished, .shaped = shaped.cpp},
                                         {});
    CHECK(same(r.sequences, x.sequences));
    CHECK(same(r.overlong, x.overlong));
    CHECK(same(r.unfinished, x.unfinished));
    CHECK(shaped.same());
}
TEST_CASE("shape_scores of C") {
    equal_shape_scores<float>();
    equal_shape_scores<double>();
}

template <class T>
void equal_vtrace() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    auto a = sized<rlhf_vtrace_arrays>();
    const auto rewards = numbers<T>("rewards", "[B, T]");
    a.rewards = read(rewards);
    const auto values = numbers<T>("values", "[B, T]");
    a.values = read(values);
    const auto log_probs = numbers<T>("log_probs", "[B, T]");
    a.log_probs = read(log_probs);
    const auto behavior_log_probs = numbers<T>("behavior_log_probs", "[B, T]");
    a.behavior_log_probs = read(behavior_log_probs);
    const auto next_values = numbers<T>("next_values", "[B, T]");
    a.next_values = read(next_values);
    const auto bootstrap_values = numbers<T>("bootstrap_values", "[B]");
    a.bootstrap_values = read(bootstrap_values);
    const auto terminated = numbers<std::uint8_t>("terminated", "[B, T]");
    a.terminated = read(terminated);
    const auto truncated = numbers<std::uint8_t>("truncated", "[B, T]");
    a.truncated = read(truncated);
    output<T> targets(std::string("[B, T]"));
    a.targets = write(targets.c);
    output<T> advantages(std::string("[B, T]"));
    a.advantages = write(advantages.c);
    ok(rlhf_vtrace(&batch, &a, nullptr, nullptr, &error), error);
    rlhf::vtrace<T>(world::batch(),
                    {.rewards = rewards, .values = values, .log_probs = log_probs, .behavior_log_probs = behavior_log_probs, .next_values = next_values, .bootstrap_values = bootstrap_values, .terminated = terminated, .truncated = truncated, .targets = targets.cpp, .advantages = advantages.cpp},
                    {});
    CHECK(targets.same());
    CHECK(advantages.same());
}
TEST_CASE("vtrace of C") {
    equal_vtrace<float>();
    equal_vtrace<double>();
}

template <class T>
void equal_whiten() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    output<T> values(std::string("[B, T]"));
    const rlhf_out c_values = write(values.c);
    const auto some = numbers<T>("some", "[B, T]");
    const rlhf_in c_some = read(some);
    auto c_m = sized<rlhf_moments>();
    rlhf_batch every = c_batch();
    ok(rlhf_moments_of(&every, &c_some, nullptr, &c_m, &error), error);
    const rlhf::moments m = rlhf::moments_of<T>(world::batch(), some);
    auto r = sized<rlhf_moments>();
    ok(rlhf_whiten(&batch, &c_values, &c_m, nullptr, nullptr, &r, &error), error);
    rlhf::whiten<T>(world::batch(), values.cpp, m, {});
    CHECK(values.same());
}
TEST_CASE("whiten of C") {
    equal_whiten<float>();
    equal_whiten<double>();
}

