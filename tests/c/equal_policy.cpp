// SPDX-License-Identifier: MIT
// Made by tools/interface/write_c.py from the C++ headers.
// clang-format off
#include "world.hpp"

using namespace world;

template <class T>
void equal_covariance_tokens() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    auto a = sized<rlhf_covariance_tokens_arrays>();
    const auto log_probs = numbers<T>("log_probs", "[B, T]");
    a.log_probs = read(log_probs);
    const auto old_log_probs = numbers<T>("old_log_probs", "[B, T]");
    a.old_log_probs = read(old_log_probs);
    const auto advantages = numbers<T>("advantages", "[B, T]");
    a.advantages = read(advantages);
    const auto keys = numbers<T>("keys", "[B, T]");
    a.keys = read(keys);
    output<T> weights(std::string("[B, T]"));
    a.weights = write(weights.c);
    output<T> anchors(std::string("[B, T]"));
    a.anchors = write(anchors.c);
    auto r = sized<rlhf_covariance_tokens_result>();
    ok(rlhf_covariance_tokens(&batch, &a, nullptr, nullptr, &r, &error), error);
    const auto x = rlhf::covariance_tokens<T>(world::batch(),
                                              {.log_probs = log_probs, .old_log_probs = old_log_probs, .advantages = advantages, .keys = keys, .weights = weights.cpp, .anchors = anchors.cpp},
                                              {});
    CHECK(same(r.own, x.own));
    CHECK(same(r.picked, x.picked));
    CHECK(same(r.cut, x.cut));
    CHECK(weights.same());
    CHECK(anchors.same());
}
TEST_CASE("covariance_tokens of C") {
    equal_covariance_tokens<float>();
    equal_covariance_tokens<double>();
}

template <class T>
void equal_importance_weights() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    auto a = sized<rlhf_importance_weights_arrays>();
    const auto log_probs = numbers<T>("log_probs", "[B, T]");
    a.log_probs = read(log_probs);
    const auto behavior_log_probs = numbers<T>("behavior_log_probs", "[B, T]");
    a.behavior_log_probs = read(behavior_log_probs);
    const auto advantages = numbers<T>("advantages", "[B, T]");
    a.advantages = read(advantages);
    output<T> weights(std::string("[B, T]"));
    a.weights = write(weights.c);
    output<std::uint8_t> keep(std::string("[B, T]"));
    a.keep = write(keep.c);
    auto r = sized<rlhf_importance_weights_result>();
    ok(rlhf_importance_weights(&batch, &a, nullptr, nullptr, &r, &error), error);
    const auto x = rlhf::importance_weights<T>(world::batch(),
                                               {.log_probs = log_probs, .behavior_log_probs = behavior_log_probs, .advantages = advantages, .weights = weights.cpp, .keep = keep.cpp},
                                               {});
    CHECK(same(r.own, x.own));
    CHECK(same(r.log_ratio_limit, x.log_ratio_limit));
    CHECK(same(r.mean_weight, x.mean_weight()));
    CHECK(same(r.max_ratio, x.max_ratio()));
    CHECK(same(r.effective_sample_size, x.effective_sample_size()));
    CHECK(same(r.approx_kl, x.approx_kl()));
    CHECK(same(r.below_fraction, x.below_fraction()));
    CHECK(same(r.above_fraction, x.above_fraction()));
    CHECK(same(r.dropped_fraction, x.dropped_fraction()));
    CHECK(same(r.nonfinite, x.nonfinite()));
    CHECK(weights.same());
    CHECK(keep.same());
}
TEST_CASE("importance_weights of C") {
    equal_importance_weights<float>();
    equal_importance_weights<double>();
}

template <class T>
void equal_masked_mean() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    auto a = sized<rlhf_masked_mean_arrays>();
    const auto values = numbers<T>("values", "[B, T]");
    a.values = read(values);
    output<T> d_values(std::string("[B, T]"));
    a.d_values = rlhf_add_to(write(d_values.c), 0.5);
    auto r = sized<rlhf_loss_sums>();
    ok(rlhf_masked_mean(&batch, &a, nullptr, nullptr, &r, &error), error);
    const auto x = rlhf::masked_mean<T>(world::batch(), {.values = values, .d_values = rlhf::add_to(d_values.cpp, 0.5)},
                                        {});
    CHECK(same(r.own, x.own));
    CHECK(same(r.loss, x.loss()));
    CHECK(same(r.mean_loss, x.mean_loss()));
    CHECK(d_values.same());
}
TEST_CASE("masked_mean of C") {
    equal_masked_mean<float>();
    equal_masked_mean<double>();
}

template <class T, class Objective, class C>
void equal_policy_loss(const Objective& objective, const C& c_objective) {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    auto a = sized<rlhf_policy_loss_arrays>();
    const auto log_probs = numbers<T>("log_probs", "[B, T]");
    a.log_probs = read(log_probs);
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
    output<T> d_log_probs(std::string("[B, T]"));
    a.d_log_probs = rlhf_add_to(write(d_log_probs.c), 0.5);
    auto r = sized<rlhf_policy_loss_result>();
    ok(rlhf_policy_loss(&batch, &a, &c_objective.objective, nullptr, nullptr, &r, &error), error);
    const auto x = rlhf::policy_loss<T>(world::batch(),
                                        {.log_probs = log_probs, .old_log_probs = old_log_probs, .ref_log_probs = ref_log_probs, .behavior_log_probs = behavior_log_probs, .advantages = advantages, .weights = weights, .d_log_probs = rlhf::add_to(d_log_probs.cpp, 0.5)},
                                        objective, {});
    CHECK(same(r.own, x.own));
    CHECK(same(r.loss, x.loss()));
    CHECK(same(r.mean_loss, x.mean_loss()));
    CHECK(same(r.nonfinite, x.nonfinite()));
    CHECK(same(r.clip_fraction, x.clip_fraction()));
    CHECK(same(r.clip_fraction_low, x.clip_fraction_low()));
    CHECK(same(r.clip_fraction_high, x.clip_fraction_high()));
    CHECK(same(r.dual_clip_fraction, x.dual_clip_fraction()));
    CHECK(same(r.approx_kl, x.approx_kl()));
    CHECK(same(r.approx_kl_half_square, x.approx_kl_half_square()));
    CHECK(same(r.mean_ratio, x.mean_ratio()));
    CHECK(same(r.kl, x.kl()));
    CHECK(same(r.max_log_ratio, x.max_log_ratio()));
    CHECK(same(r.effective_sample_size, x.effective_sample_size()));
    CHECK(d_log_probs.same());
}
TEST_CASE("policy_loss of C") {
    equal_policy_loss<float>(rlhf::cispo(), static_cast<const rlhf_cispo&>(rlhf_cispo RLHF_CISPO));
    equal_policy_loss<double>(rlhf::cispo(), static_cast<const rlhf_cispo&>(rlhf_cispo RLHF_CISPO));
    equal_policy_loss<float>(rlhf::ppo_clip(), static_cast<const rlhf_ppo_clip&>(rlhf_ppo_clip RLHF_PPO_CLIP));
    equal_policy_loss<double>(rlhf::ppo_clip(), static_cast<const rlhf_ppo_clip&>(rlhf_ppo_clip RLHF_PPO_CLIP));
    equal_policy_loss<float>(rlhf::dppo_tv(), static_cast<const rlhf_dppo_tv&>(rlhf_dppo_tv RLHF_DPPO_TV));
    equal_policy_loss<double>(rlhf::dppo_tv(), static_cast<const rlhf_dppo_tv&>(rlhf_dppo_tv RLHF_DPPO_TV));
    equal_policy_loss<float>(rlhf::dppo_kl(), static_cast<const rlhf_dppo_kl&>(rlhf_dppo_kl RLHF_DPPO_KL));
    equal_policy_loss<double>(rlhf::dppo_kl(), static_cast<const rlhf_dppo_kl&>(rlhf_dppo_kl RLHF_DPPO_KL));
    equal_policy_loss<float>(rlhf::gmpo(), static_cast<const rlhf_gmpo&>(rlhf_gmpo RLHF_GMPO));
    equal_policy_loss<double>(rlhf::gmpo(), static_cast<const rlhf_gmpo&>(rlhf_gmpo RLHF_GMPO));
    equal_policy_loss<float>(rlhf::gspo{.range = 0.2}, rlhf_gspo{{sizeof(rlhf_gspo), "gspo"}, {0.2, 0.2}, RLHF_SEQUENCE_RATIO_MEAN});
    equal_policy_loss<double>(rlhf::gspo{.range = 0.2}, rlhf_gspo{{sizeof(rlhf_gspo), "gspo"}, {0.2, 0.2}, RLHF_SEQUENCE_RATIO_MEAN});
    equal_policy_loss<float>(rlhf::sapo(), static_cast<const rlhf_sapo&>(rlhf_sapo RLHF_SAPO));
    equal_policy_loss<double>(rlhf::sapo(), static_cast<const rlhf_sapo&>(rlhf_sapo RLHF_SAPO));
    equal_policy_loss<float>(rlhf::topr(), static_cast<const rlhf_topr&>(rlhf_topr RLHF_TOPR));
    equal_policy_loss<double>(rlhf::topr(), static_cast<const rlhf_topr&>(rlhf_topr RLHF_TOPR));
    equal_policy_loss<float>(rlhf::vespo(), static_cast<const rlhf_vespo&>(rlhf_vespo RLHF_VESPO));
    equal_policy_loss<double>(rlhf::vespo(), static_cast<const rlhf_vespo&>(rlhf_vespo RLHF_VESPO));
}

template <class T>
void equal_ppo_policy_loss() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    auto a = sized<rlhf_policy_loss_arrays>();
    const auto log_probs = numbers<T>("log_probs", "[B, T]");
    a.log_probs = read(log_probs);
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
    output<T> d_log_probs(std::string("[B, T]"));
    a.d_log_probs = rlhf_add_to(write(d_log_probs.c), 0.5);
    auto r = sized<rlhf_policy_loss_result>();
    ok(rlhf_ppo_policy_loss(&batch, &a, nullptr, nullptr, &r, &error), error);
    const auto x = rlhf::ppo_policy_loss<T>(world::batch(),
                                            {.log_probs = log_probs, .old_log_probs = old_log_probs, .ref_log_probs = ref_log_probs, .behavior_log_probs = behavior_log_probs, .advantages = advantages, .weights = weights, .d_log_probs = rlhf::add_to(d_log_probs.cpp, 0.5)},
                                            {});
    CHECK(same(r.own, x.own));
    CHECK(same(r.loss, x.loss()));
    CHECK(same(r.mean_loss, x.mean_loss()));
    CHECK(same(r.nonfinite, x.nonfinite()));
    CHECK(same(r.clip_fraction, x.clip_fraction()));
    CHECK(same(r.clip_fraction_low, x.clip_fraction_low()));
    CHECK(same(r.clip_fraction_high, x.clip_fraction_high()));
    CHECK(same(r.dual_clip_fraction, x.dual_clip_fraction()));
    CHECK(same(r.approx_kl, x.approx_kl()));
    CHECK(same(r.approx_kl_half_square, x.approx_kl_half_square()));
    CHECK(same(r.mean_ratio, x.mean_ratio()));
    CHECK(same(r.kl, x.kl()));
    CHECK(same(r.max_log_ratio, x.max_log_ratio()));
    CHECK(same(r.effective_sample_size, x.effective_sample_size()));
    CHECK(d_log_probs.same());
}
TEST_CASE("ppo_policy_loss of C") {
    equal_ppo_policy_loss<float>();
    equal_ppo_policy_loss<double>();
}

template <class T>
void equal_ppo_value_loss() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    auto a = sized<rlhf_ppo_value_loss_arrays>();
    const auto values = numbers<T>("values", "[B, T]");
    a.values = read(values);
    const auto old_values = numbers<T>("old_values", "[B, T]");
    a.old_values = read(old_values);
    const auto returns = numbers<T>("returns", "[B, T]");
    a.returns = read(returns);
    const auto weights = numbers<T>("weights", "[B, T]");
    a.weights = read(weights);
    output<T> d_values(std::string("[B, T]"));
    a.d_values = rlhf_add_to(write(d_values.c), 0.5);
    auto r = sized<rlhf_ppo_value_loss_result>();
    ok(rlhf_ppo_value_loss(&batch, &a, nullptr, nullptr, &r, &error), error);
    const auto x = rlhf::ppo_value_loss<T>(world::batch(),
                                           {.values = values, .old_values = old_values, .returns = returns, .weights = weights, .d_values = rlhf::add_to(d_values.cpp, 0.5)},
                                           {});
    CHECK(same(r.own, x.own));
    CHECK(same(r.loss, x.loss()));
    CHECK(same(r.mean_loss, x.mean_loss()));
    CHECK(same(r.nonfinite, x.nonfinite()));
    CHECK(same(r.clip_fraction, x.clip_fraction()));
    CHECK(same(r.returns_count, x.returns().count()));
    CHECK(same(r.returns_mean, x.returns().mean()));
    CHECK(same(r.returns_variance, x.returns().variance()));
    CHECK(same(r.residuals_count, x.residuals().count()));
    CHECK(same(r.residuals_mean, x.residuals().mean()));
    CHECK(same(r.residuals_variance, x.residuals().variance()));
    CHECK(same(r.explained_variance, x.explained_variance()));
    CHECK(d_values.same());
}
TEST_CASE("ppo_value_loss of C") {
    equal_ppo_value_loss<float>();
    equal_ppo_value_loss<double>();
}

template <class T>
void equal_ptx_loss() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    auto a = sized<rlhf_ptx_loss_arrays>();
    const auto log_probs = numbers<T>("log_probs", "[B, T]");
    a.log_probs = read(log_probs);
    output<T> d_log_probs(std::string("[B, T]"));
    a.d_log_probs = rlhf_add_to(write(d_log_probs.c), 0.5);
    auto r = sized<rlhf_ptx_loss_result>();
    ok(rlhf_ptx_loss(&batch, &a, nullptr, nullptr, &r, &error), error);
    const auto x = rlhf::ptx_loss<T>(world::batch(),
                                     {.log_probs = log_probs, .d_log_probs = rlhf::add_to(d_log_probs.cpp, 0.5)}, {});
    CHECK(same(r.own, x.own));
    CHECK(same(r.loss, x.loss()));
    CHECK(same(r.mean_loss, x.mean_loss()));
    CHECK(same(r.nll, x.nll()));
    CHECK(same(r.perplexity, x.perplexity()));
    CHECK(d_log_probs.same());
}
TEST_CASE("ptx_loss of C") {
    equal_ptx_loss<float>();
    equal_ptx_loss<double>();
}

template <class T>
void equal_top_entropy() {
    rlhf_error error{};
    const rlhf_batch batch = c_batch();
    auto a = sized<rlhf_top_entropy_arrays>();
    const auto entropy = numbers<T>("entropy", "[B, T]");
    a.entropy = read(entropy);
    output<T> weights(std::string("[B, T]"));
    a.weights = write(weights.c);
    output<std::uint8_t> keep(std::string("[B, T]"));
    a.keep = write(keep.c);
    auto r = sized<rlhf_top_entropy_result>();
    ok(rlhf_top_entropy(&batch, &a, nullptr, nullptr, &r, &error), error);
    const auto x = rlhf::top_entropy<T>(world::batch(), {.entropy = entropy, .weights = weights.cpp, .keep = keep.cpp},
                                        {});
    CHECK(same(r.own, x.own));
    CHECK(same(r.threshold, x.threshold));
    CHECK(same(r.kept, x.kept()));
    CHECK(same(r.mean_entropy, x.mean_entropy()));
    CHECK(same(r.mean_kept_entropy, x.mean_kept_entropy()));
    CHECK(same(r.nonfinite, x.nonfinite()));
    CHECK(weights.same());
    CHECK(keep.same());
}
TEST_CASE("top_entropy of C") {
    equal_top_entropy<float>();
    equal_top_entropy<double>();
}

