// SPDX-License-Identifier: MIT
// Made by tools/interface/write_c.py from the C++ headers.
// clang-format off
#include "world.hpp"

using namespace world;

template <class T>
void equal_linear_head_cross_entropy_loss() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    world::head<T> h;
    const rlhf_linear_head c_h = h.c();
    const auto targets = integers<std::int32_t>("targets", "[B, T]");
    const rlhf_in c_targets = read(targets);
    world::d_head<T> d;
    const rlhf_linear_head_gradient c_d = d.to_c();
    auto r = sized<rlhf_cross_entropy_loss_result>();
    ok(rlhf_linear_head_cross_entropy_loss(&batch, &c_h, &c_targets, &c_d, nullptr, nullptr, &r, &error), error);
    const auto x = rlhf::cross_entropy_loss(world::batch(), h.cpp(), targets, d.to(), {});
    CHECK(same(r.own, x.own));
    CHECK(same(r.loss, x.loss()));
    CHECK(same(r.mean_loss, x.mean_loss()));
    CHECK(same(r.nonfinite, x.nonfinite()));
    CHECK(same(r.nll, x.nll()));
    CHECK(same(r.perplexity, x.perplexity()));
    CHECK(same(r.accuracy, x.accuracy()));
    CHECK(d.same());
}
TEST_CASE("linear_head_cross_entropy_loss of C") {
    equal_linear_head_cross_entropy_loss<float>();
    equal_linear_head_cross_entropy_loss<double>();
}

template <class T>
void equal_gdpo_advantages() {
    rlhf_error error{};
    const rlhf_groups groups = c_groups();
    auto a = sized<rlhf_gdpo_advantages_arrays>();
    const auto rewards = numbers<T>("rewards", "[R, N]");
    a.rewards = rlhf_read_rows(rewards.data(), dtype<T>, 2, 6, 6);
    const auto weights = numbers<T>("weights", "[R]");
    a.weights = read(weights);
    output<T> workspace(std::string("[N]"));
    a.workspace = write(workspace.c);
    output<T> advantages(std::string("[N]"));
    a.advantages = write(advantages.c);
    auto r = sized<rlhf_gdpo_advantages_result>();
    ok(rlhf_gdpo_advantages(&groups, &a, nullptr, nullptr, &r, &error), error);
    const auto x = rlhf::gdpo_advantages<T>({.size = 3},
                                            {.rewards = rlhf::view(rewards.data(), {.sequences = 2, .steps = 6}), .weights = weights, .workspace = workspace.cpp, .advantages = advantages.cpp},
                                            {});
    CHECK(same(r.advantages_count, x.advantages.count()));
    CHECK(same(r.advantages_mean, x.advantages.mean()));
    CHECK(same(r.advantages_variance, x.advantages.variance()));
    CHECK(same(r.unscorable, x.unscorable));
    CHECK(workspace.same());
    CHECK(advantages.same());
}
TEST_CASE("gdpo_advantages of C") {
    equal_gdpo_advantages<float>();
    equal_gdpo_advantages<double>();
}

template <class T>
void equal_ppo_advantages() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    auto a = sized<rlhf_ppo_advantages_arrays>();
    const auto log_probs = numbers<T>("log_probs", "[B, T]");
    a.log_probs = read(log_probs);
    const auto ref_log_probs = numbers<T>("ref_log_probs", "[B, T]");
    a.ref_log_probs = read(ref_log_probs);
    const auto values = numbers<T>("values", "[B, T]");
    a.values = read(values);
    const auto scores = numbers<T>("scores", "[B]");
    a.scores = read(scores);
    const auto finished = numbers<std::uint8_t>("finished", "[B]");
    a.finished = read(finished);
    const auto bootstrap_values = numbers<T>("bootstrap_values", "[B]");
    a.bootstrap_values = read(bootstrap_values);
    output<T> advantages(std::string("[B, T]"));
    a.advantages = write(advantages.c);
    output<T> returns(std::string("[B, T]"));
    a.returns = write(returns.c);
    auto r = sized<rlhf_ppo_advantages_result>();
    ok(rlhf_ppo_advantages(&batch, &a, nullptr, nullptr, &r, &error), error);
    const auto x = rlhf::ppo_advantages<T>(world::batch(),
                                           {.log_probs = log_probs, .ref_log_probs = ref_log_probs, .values = values, .scores = scores, .finished = finished, .bootstrap_values = bootstrap_values, .advantages = advantages.cpp, .returns = returns.cpp},
                                           {});
    CHECK(same(r.rewards_own, x.rewards.own));
    CHECK(same(r.rewards_dropped_scores, x.rewards.dropped_scores));
    CHECK(same(r.rewards_kl_per_sequence, x.rewards.kl_per_sequence()));
    CHECK(same(r.rewards_kl_per_token, x.rewards.kl_per_token()));
    CHECK(same(r.rewards_mean_score, x.rewards.mean_score()));
    CHECK(same(r.advantages_count, x.advantages.count()));
    CHECK(same(r.advantages_mean, x.advantages.mean()));
    CHECK(same(r.advantages_variance, x.advantages.variance()));
    CHECK(advantages.same());
    CHECK(returns.same());
}
TEST_CASE("ppo_advantages of C") {
    equal_ppo_advantages<float>();
    equal_ppo_advantages<double>();
}

template <class E>
void equal_ppo_loss() {
    rlhf_error error{};
    using T = rlhf::detail::compute_type<E>;
    const rlhf_batch batch = c_batch();
    world::logits<E> logits;
    const rlhf_logits c_logits = logits.c();
    const auto targets = integers<std::int32_t>("targets", "[B, T]");
    const rlhf_in c_targets = read(targets);
    auto a = sized<rlhf_ppo_loss_arrays>();
    const auto old_log_probs = numbers<T>("old_log_probs", "[B, T]");
    a.old_log_probs = read(old_log_probs);
    const auto ref_log_probs = numbers<T>("ref_log_probs", "[B, T]");
    a.ref_log_probs = read(ref_log_probs);
    const auto behavior_log_probs = numbers<T>("behavior_log_probs", "[B, T]");
    a.behavior_log_probs = read(behavior_log_probs);
    const auto advantages = numbers<T>("advantages", "[B, T]");
    a.advantages = read(advantages);
    const auto weights = numbers<T>("weights", "[B, T]");
    a.weights = read(weights);
    const auto values = numbers<T>("values", "[B, T]");
    a.values = read(values);
    const auto old_values = numbers<T>("old_values", "[B, T]");
    a.old_values = read(old_values);
    const auto returns = numbers<T>("returns", "[B, T]");
    a.returns = read(returns);
    const auto value_weights = numbers<T>("value_weights", "[B, T]");
    a.value_weights = read(value_weights);
    output<T> log_probs(std::string("[B, T]"));
    a.log_probs = write(log_probs.c);
    output<T> entropy(std::string("[B, T]"));
    a.entropy = write(entropy.c);
    output<T> d_log_probs(std::string("[B, T]"));
    a.d_log_probs = write(d_log_probs.c);
    output<T> d_entropy(std::string("[B, T]"));
    a.d_entropy = write(d_entropy.c);
    output<T> d_values(std::string("[B, T]"));
    a.d_values = rlhf_add_to(write(d_values.c), 0.5);
    world::d_logits<E> d;
    const rlhf_logits_gradient c_d = d.to_c();
    auto r = sized<rlhf_ppo_loss_result>();
    ok(rlhf_ppo_loss(&batch, &c_logits, &c_targets, &a, &c_d, nullptr, nullptr, &r, &error), error);
    const auto x = rlhf::ppo_loss<T>(world::batch(), logits.cpp(), targets,
                                     {.old_log_probs = old_log_probs, .ref_log_probs = ref_log_probs, .behavior_log_probs = behavior_log_probs, .advantages = advantages, .weights = weights, .values = values, .old_values = old_values, .returns = returns, .value_weights = value_weights, .log_probs = log_probs.cpp, .entropy = entropy.cpp, .d_log_probs = d_log_probs.cpp, .d_entropy = d_entropy.cpp, .d_values = rlhf::add_to(d_values.cpp, 0.5)},
                                     rlhf::add_to(d.to(), 0.5), {});
    CHECK(same(r.own, x.own));
    CHECK(same(r.policy_own, x.policy.own));
    CHECK(same(r.policy_loss, x.policy.loss()));
    CHECK(same(r.policy_mean_loss, x.policy.mean_loss()));
    CHECK(same(r.policy_nonfinite, x.policy.nonfinite()));
    CHECK(same(r.policy_clip_fraction, x.policy.clip_fraction()));
    CHECK(same(r.policy_clip_fraction_low, x.policy.clip_fraction_low()));
    CHECK(same(r.policy_clip_fraction_high, x.policy.clip_fraction_high()));
    CHECK(same(r.policy_dual_clip_fraction, x.policy.dual_clip_fraction()));
    CHECK(same(r.policy_approx_kl, x.policy.approx_kl()));
    CHECK(same(r.policy_approx_kl_half_square, x.policy.approx_kl_half_square()));
    CHECK(same(r.policy_mean_ratio, x.policy.mean_ratio()));
    CHECK(same(r.policy_kl, x.policy.kl()));
    CHECK(same(r.policy_max_log_ratio, x.policy.max_log_ratio()));
    CHECK(same(r.policy_effective_sample_size, x.policy.effective_sample_size()));
    CHECK(same(r.value_own, x.value.own));
    CHECK(same(r.value_loss, x.value.loss()));
    CHECK(same(r.value_mean_loss, x.value.mean_loss()));
    CHECK(same(r.value_nonfinite, x.value.nonfinite()));
    CHECK(same(r.value_clip_fraction, x.value.clip_fraction()));
    CHECK(same(r.value_returns_count, x.value.returns().count()));
    CHECK(same(r.value_returns_mean, x.value.returns().mean()));
    CHECK(same(r.value_returns_variance, x.value.returns().variance()));
    CHECK(same(r.value_residuals_count, x.value.residuals().count()));
    CHECK(same(r.value_residuals_mean, x.value.residuals().mean()));
    CHECK(same(r.value_residuals_variance, x.value.residuals().variance()));
    CHECK(same(r.value_explained_variance, x.value.explained_variance()));
    CHECK(same(r.entropy_own, x.entropy.own));
    CHECK(same(r.entropy_loss, x.entropy.loss()));
    CHECK(same(r.entropy_mean_loss, x.entropy.mean_loss()));
    CHECK(same(r.value_coef, x.value_coef));
    CHECK(same(r.entropy_coef, x.entropy_coef));
    CHECK(same(r.loss, x.loss()));
    CHECK(log_probs.same());
    CHECK(entropy.same());
    CHECK(d_log_probs.same());
    CHECK(d_entropy.same());
    CHECK(d_values.same());
    CHECK(d.same());
}
TEST_CASE("ppo_loss of C") {
    equal_ppo_loss<float>();
    equal_ppo_loss<rlhf::bfloat16>();
    equal_ppo_loss<double>();
    equal_ppo_loss<rlhf::float16>();
}

template <class T>
void equal_linear_head_ppo_loss() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    world::head<T> h;
    const rlhf_linear_head c_h = h.c();
    const auto targets = integers<std::int32_t>("targets", "[B, T]");
    const rlhf_in c_targets = read(targets);
    auto a = sized<rlhf_ppo_loss_arrays>();
    const auto old_log_probs = numbers<T>("old_log_probs", "[B, T]");
    a.old_log_probs = read(old_log_probs);
    const auto ref_log_probs = numbers<T>("ref_log_probs", "[B, T]");
    a.ref_log_probs = read(ref_log_probs);
    const auto behavior_log_probs = numbers<T>("behavior_log_probs", "[B, T]");
    a.behavior_log_probs = read(behavior_log_probs);
    const auto advantages = numbers<T>("advantages", "[B, T]");
    a.advantages = read(advantages);
    const auto weights = numbers<T>("weights", "[B, T]");
    a.weights = read(weights);
    const auto values = numbers<T>("values", "[B, T]");
    a.values = read(values);
    const auto old_values = numbers<T>("old_values", "[B, T]");
    a.old_values = read(old_values);
    const auto returns = numbers<T>("returns", "[B, T]");
    a.returns = read(returns);
    const auto value_weights = numbers<T>("value_weights", "[B, T]");
    a.value_weights = read(value_weights);
    output<T> log_probs(std::string("[B, T]"));
    a.log_probs = write(log_probs.c);
    output<T> entropy(std::string("[B, T]"));
    a.entropy = write(entropy.c);
    output<T> d_log_probs(std::string("[B, T]"));
    a.d_log_probs = write(d_log_probs.c);
    output<T> d_entropy(std::string("[B, T]"));
    a.d_entropy = write(d_entropy.c);
    output<T> d_values(std::string("[B, T]"));
    a.d_values = rlhf_add_to(write(d_values.c), 0.5);
    world::d_head<T> d;
    const rlhf_linear_head_gradient c_d = d.to_c();
    auto r = sized<rlhf_ppo_loss_result>();
    ok(rlhf_linear_head_ppo_loss(&batch, &c_h, &c_targets, &a, &c_d, nullptr, nullptr, &r, &error), error);
    const auto x = rlhf::ppo_loss<T>(world::batch(), h.cpp(), targets,
                                     {.old_log_probs = old_log_probs, .ref_log_probs = ref_log_probs, .behavior_log_probs = behavior_log_probs, .advantages = advantages, .weights = weights, .values = values, .old_values = old_values, .returns = returns, .value_weights = value_weights, .log_probs = log_probs.cpp, .entropy = entropy.cpp, .d_log_probs = d_log_probs.cpp, .d_entropy = d_entropy.cpp, .d_values = rlhf::add_to(d_values.cpp, 0.5)},
                                     d.to(), {});
    CHECK(same(r.own, x.own));
    CHECK(same(r.policy_own, x.policy.own));
    CHECK(same(r.policy_loss, x.policy.loss()));
    CHECK(same(r.policy_mean_loss, x.policy.mean_loss()));
    CHECK(same(r.policy_nonfinite, x.policy.nonfinite()));
    CHECK(same(r.policy_clip_fraction, x.policy.clip_fraction()));
    CHECK(same(r.policy_clip_fraction_low, x.policy.clip_fraction_low()));
    CHECK(same(r.policy_clip_fraction_high, x.policy.clip_fraction_high()));
    CHECK(same(r.policy_dual_clip_fraction, x.policy.dual_clip_fraction()));
    CHECK(same(r.policy_approx_kl, x.policy.approx_kl()));
    CHECK(same(r.policy_approx_kl_half_square, x.policy.approx_kl_half_square()));
    CHECK(same(r.policy_mean_ratio, x.policy.mean_ratio()));
    CHECK(same(r.policy_kl, x.policy.kl()));
    CHECK(same(r.policy_max_log_ratio, x.policy.max_log_ratio()));
    CHECK(same(r.policy_effective_sample_size, x.policy.effective_sample_size()));
    CHECK(same(r.value_own, x.value.own));
    CHECK(same(r.value_loss, x.value.loss()));
    CHECK(same(r.value_mean_loss, x.value.mean_loss()));
    CHECK(same(r.value_nonfinite, x.value.nonfinite()));
    CHECK(same(r.value_clip_fraction, x.value.clip_fraction()));
    CHECK(same(r.value_returns_count, x.value.returns().count()));
    CHECK(same(r.value_returns_mean, x.value.returns().mean()));
    CHECK(same(r.value_returns_variance, x.value.returns().variance()));
    CHECK(same(r.value_residuals_count, x.value.residuals().count()));
    CHECK(same(r.value_residuals_mean, x.value.residuals().mean()));
    CHECK(same(r.value_residuals_variance, x.value.residuals().variance()));
    CHECK(same(r.value_explained_variance, x.value.explained_variance()));
    CHECK(same(r.entropy_own, x.entropy.own));
    CHECK(same(r.entropy_loss, x.entropy.loss()));
    CHECK(same(r.entropy_mean_loss, x.entropy.mean_loss()));
    CHECK(same(r.value_coef, x.value_coef));
    CHECK(same(r.entropy_coef, x.entropy_coef));
    CHECK(same(r.loss, x.loss()));
    CHECK(log_probs.same());
    CHECK(entropy.same());
    CHECK(d_log_probs.same());
    CHECK(d_entropy.same());
    CHECK(d_values.same());
    CHECK(d.same());
}
TEST_CASE("linear_head_ppo_loss of C") {
    equal_linear_head_ppo_loss<float>();
    equal_linear_head_ppo_loss<double>();
}

template <class T, class Objective, class C>
void equal_preference_nll(const Objective& objective, const C& c_objective) {
    rlhf_error error{};
    const rlhf_batch answers = c_batch();
    const rlhf_batch pairs = c_batch();
    const rlhf_batch text = c_batch();
    auto a = sized<rlhf_preference_nll_arrays>();
    const auto log_probs = numbers<T>("log_probs", "[B, T]");
    a.log_probs = read(log_probs);
    const auto ref_log_probs = numbers<T>("ref_log_probs", "[B, T]");
    a.ref_log_probs = read(ref_log_probs);
    const auto chosen = integers<std::int64_t>("chosen", "[pairs]");
    a.chosen = read(chosen);
    const auto rejected = integers<std::int64_t>("rejected", "[pairs]");
    a.rejected = read(rejected);
    const auto margins = numbers<T>("margins", "[pairs]");
    if (takes_margins<Objective>) a.margins = read(margins);
    const auto weights = numbers<T>("weights", "[pairs]");
    a.weights = read(weights);
    output<T> sums(std::string("[B]"));
    a.sums = write(sums.c);
    output<T> d_sums(std::string("[B]"));
    a.d_sums = write(d_sums.c);
    output<T> d_log_probs(std::string("[B, T]"));
    a.d_log_probs = rlhf_add_to(write(d_log_probs.c), 0.5);
    auto r = sized<rlhf_preference_nll_result>();
    ok(rlhf_preference_nll(&answers, &pairs, &text, &a, &c_objective.objective, nullptr, nullptr, &r, &error), error);
    const auto x = rlhf::preference_nll<T>(world::batch(), world::batch(), world::batch(),
                                           {.log_probs = log_probs, .ref_log_probs = ref_log_probs, .chosen = chosen, .rejected = rejected, .margins = takes_margins<Objective> ? rlhf::view<const T>(margins) : rlhf::view<const T>(), .weights = weights, .sums = sums.cpp, .d_sums = d_sums.cpp, .d_log_probs = rlhf::add_to(d_log_probs.cpp, 0.5)},
                                           objective, {});
    CHECK(same(r.preference_own, x.preference.own));
    CHECK(same(r.preference_loss, x.preference.loss()));
    CHECK(same(r.preference_mean_loss, x.preference.mean_loss()));
    CHECK(same(r.preference_nonfinite, x.preference.nonfinite()));
    CHECK(same(r.preference_comparisons, x.preference.comparisons()));
    CHECK(same(r.preference_accuracy, x.preference.accuracy()));
    CHECK(same(r.preference_mean_chosen_reward, x.preference.mean_chosen_reward()));
    CHECK(same(r.preference_mean_rejected_reward, x.preference.mean_rejected_reward()));
    CHECK(same(r.preference_mean_margin, x.preference.mean_margin()));
    CHECK(same(r.nll_own, x.nll.own));
    CHECK(same(r.nll_loss, x.nll.loss()));
    CHECK(same(r.nll_mean_loss, x.nll.mean_loss()));
    CHECK(same(r.nll_nll, x.nll.nll()));
    CHECK(same(r.nll_perplexity, x.nll.perplexity()));
    CHECK(same(r.nll_weight, x.nll_weight));
    CHECK(same(r.loss, x.loss()));
    CHECK(sums.same());
    CHECK(d_sums.same());
    CHECK(d_log_probs.same());
}
TEST_CASE("preference_nll of C") {
    equal_preference_nll<float>(rlhf::dpo(), static_cast<const rlhf_dpo&>(rlhf_dpo RLHF_DPO));
    equal_preference_nll<double>(rlhf::dpo(), static_cast<const rlhf_dpo&>(rlhf_dpo RLHF_DPO));
    equal_preference_nll<float>(rlhf::ipo(), static_cast<const rlhf_ipo&>(rlhf_ipo RLHF_IPO));
    equal_preference_nll<double>(rlhf::ipo(), static_cast<const rlhf_ipo&>(rlhf_ipo RLHF_IPO));
}

template <class T, class Objective, class C>
void equal_preference_pairs(const Objective& objective, const C& c_objective) {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    auto a = sized<rlhf_preference_pairs_arrays>();
    const auto sums = numbers<T>("sums", "[B]");
    a.sums = read(sums);
    const auto chosen = integers<std::int64_t>("chosen", "[pairs]");
    a.chosen = read(chosen);
    const auto rejected = integers<std::int64_t>("rejected", "[pairs]");
    a.rejected = read(rejected);
    const auto margins = numbers<T>("margins", "[pairs]");
    if (takes_margins<Objective>) a.margins = read(margins);
    const auto weights = numbers<T>("weights", "[pairs]");
    a.weights = read(weights);
    output<T> d_sums(std::string("[B]"));
    a.d_sums = rlhf_add_to(write(d_sums.c), 0.5);
    auto r = sized<rlhf_preference_loss_result>();
    ok(rlhf_preference_pairs(&batch, &a, &c_objective.objective, &r, &error), error);
    const auto x = rlhf::preference_pairs<T>(world::batch(),
                                             {.sums = sums, .chosen = chosen, .rejected = rejected, .margins = takes_margins<Objective> ? rlhf::view<const T>(margins) : rlhf::view<const T>(), .weights = weights, .d_sums = rlhf::add_to(d_sums.cpp, 0.5)},
                                             objective);
    CHECK(same(r.own, x.own));
    CHECK(same(r.loss, x.loss()));
    CHECK(same(r.mean_loss, x.mean_loss()));
    CHECK(same(r.nonfinite, x.nonfinite()));
    CHECK(same(r.comparisons, x.comparisons()));
    CHECK(same(r.accuracy, x.accuracy()));
    CHECK(same(r.mean_chosen_reward, x.mean_chosen_reward()));
    CHECK(same(r.mean_rejected_reward, x.mean_rejected_reward()));
    CHECK(same(r.mean_margin, x.mean_margin()));
    CHECK(d_sums.same());
}
TEST_CASE("preference_pairs of C") {
    equal_preference_pairs<float>(rlhf::dpo(), static_cast<const rlhf_dpo&>(rlhf_dpo RLHF_DPO));
    equal_preference_pairs<double>(rlhf::dpo(), static_cast<const rlhf_dpo&>(rlhf_dpo RLHF_DPO));
    equal_preference_pairs<float>(rlhf::ipo(), static_cast<const rlhf_ipo&>(rlhf_ipo RLHF_IPO));
    equal_preference_pairs<double>(rlhf::ipo(), static_cast<const rlhf_ipo&>(rlhf_ipo RLHF_IPO));
}

template <class T>
void equal_linear_head_token_log_probs() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    world::head<T> h;
    const rlhf_linear_head c_h = h.c();
    const auto targets = integers<std::int32_t>("targets", "[B, T]");
    const rlhf_in c_targets = read(targets);
    auto a = sized<rlhf_token_log_probs_arrays>();
    output<T> log_probs(std::string("[B, T]"));
    a.log_probs = write(log_probs.c);
    output<T> entropy(std::string("[B, T]"));
    a.entropy = write(entropy.c);
    output<T> log_sum_exp(std::string("[B, T]"));
    a.log_sum_exp = write(log_sum_exp.c);
    output<T> collision(std::string("[B, T]"));
    a.collision = write(collision.c);
    auto r = sized<rlhf_token_log_probs_result>();
    ok(rlhf_linear_head_token_log_probs(&batch, &c_h, &c_targets, &a, nullptr, nullptr, &r, &error), error);
    const auto x = rlhf::token_log_probs<T>(world::batch(), h.cpp(), targets,
                                            {.log_probs = log_probs.cpp, .entropy = entropy.cpp, .log_sum_exp = log_sum_exp.cpp, .collision = collision.cpp},
                                            {});
    CHECK(same(r.tokens, x.tokens));
    CHECK(same(r.nonfinite, x.nonfinite));
    CHECK(log_probs.same());
    CHECK(entropy.same());
    CHECK(log_sum_exp.same());
    CHECK(collision.same());
}
TEST_CASE("linear_head_token_log_probs of C") {
    equal_linear_head_token_log_probs<float>();
    equal_linear_head_token_log_probs<double>();
}

template <class T>
void equal_linear_head_token_log_probs_backward() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    world::head<T> h;
    const rlhf_linear_head c_h = h.c();
    const auto targets = integers<std::int32_t>("targets", "[B, T]");
    const rlhf_in c_targets = read(targets);
    auto a = sized<rlhf_token_log_probs_backward_arrays>();
    const auto log_sum_exp = numbers<T>("log_sum_exp", "[B, T]");
    a.log_sum_exp = read(log_sum_exp);
    const auto d_log_probs = numbers<T>("d_log_probs", "[B, T]");
    a.d_log_probs = read(d_log_probs);
    const auto d_entropy = numbers<T>("d_entropy", "[B, T]");
    a.d_entropy = read(d_entropy);
    world::d_head<T> d;
    const rlhf_linear_head_gradient c_d = d.to_c();
    auto r = sized<rlhf_token_log_probs_result>();
    ok(rlhf_linear_head_token_log_probs_backward(&batch, &c_h, &c_targets, &a, &c_d, nullptr, nullptr, &r, &error), error);
    const auto x = rlhf::token_log_probs_backward<T>(world::batch(), h.cpp(), targets,
                                                     {.log_sum_exp = log_sum_exp, .d_log_probs = d_log_probs, .d_entropy = d_entropy},
                                                     d.to(), {});
    CHECK(same(r.tokens, x.tokens));
    CHECK(same(r.nonfinite, x.nonfinite));
    CHECK(d.same());
}
TEST_CASE("linear_head_token_log_probs_backward of C") {
    equal_linear_head_token_log_probs_backward<float>();
    equal_linear_head_token_log_probs_backward<double>();
}

