// SPDX-License-Identifier: MIT
#include "support/ppo_step.hpp"

using test::step, test::everything;

TEST_CASE("ppo_loss: a scale that only a later part refuses throws before anything is written") {
    test::random r(6);
    step<float> s(r, 2, 3, 5);
    const auto kept = s;
    const auto refused = [&](double scale, rlhf::ppo_loss_options o, double d_logits_scale = 1) {
        auto a = s.arrays();
        a.d_values = rlhf::write_to(s.d_values, scale);
        return test::refusal([&] {
            rlhf::ppo_loss(s.batch(), s.logits(), s.targets, a, rlhf::write_to(s.logits(), d_logits_scale), o);
        });
    };
    auto o = everything;
    o.value_coef = 1e200;
    CHECK(refused(1e200, o) ==
          "rlhf::ppo_loss: value_coef times the scale of d_values is inf, expected a finite number");
    o.value_coef = 1e30;
    CHECK(refused(1e10, o) ==
          "rlhf::ppo_loss: value_coef times the scale of d_values is 1e+40, which is infinite as a float");
    o = everything, o.entropy_coef = 1e39;
    CHECK(refused(1, o) == "rlhf::ppo_loss: entropy_coef is 1e+39, which is infinite as a float");
    o = everything, o.head.temperature = 1e-6;
    CHECK(refused(1, o, 1e34) ==
          "rlhf::ppo_loss: the scale of d_logits over the temperature is 1e+40, which is infinite as a float");
    o = everything, o.value.clip_range = 1e-60;
    CHECK(refused(1, o) == "rlhf::ppo_loss: value.clip_range is 1e-60, which is 0 as a float");
    CHECK(test::same_bits(s.z, kept.z));
    CHECK(test::same_bits(s.log_probs, kept.log_probs));
    CHECK(test::same_bits(s.d_log_probs, kept.d_log_probs));
    CHECK(test::same_bits(s.d_values, kept.d_values));
}

TEST_CASE("ppo_loss: options of a critic without values throw") {
    test::random r(7);
    step<float> s(r, 2, 3, 5);
    const auto refused = [&](auto&& change, const rlhf::ppo_loss_options& o = {}) {
        auto a = s.arrays();
        a.values = {}, a.old_values = {}, a.returns = {}, a.d_values = {};
        change(a);
        return test::refusal([&] { rlhf::ppo_loss(s.batch(), s.logits(), s.targets, a, s.logits(), o); });
    };
    const std::string arrays = "rlhf::ppo_loss: old_values, returns and value_weights need values";
    CHECK(refused([&](auto& a) { a.returns = s.returns; }) == arrays);
    CHECK(refused([&](auto& a) { a.old_values = s.old_values; }) == arrays);
    CHECK(refused([&](auto& a) { a.value_weights = s.returns; }) == arrays);
    const auto nothing = [](auto&) {};
    const std::string options = "rlhf::ppo_loss: value.clip_range and value.huber need values";
    CHECK(refused(nothing, {.value = {.clip_range = 0.2}}) == options);
    CHECK(refused(nothing, {.value = {.huber = 1}}) == options);
    CHECK(refused(nothing, {.value_coef = 0.5}) == "rlhf::ppo_loss: value_coef needs values");
    CHECK(refused(nothing, {.value_coef = 0}).empty());
    CHECK(refused(nothing).empty());
}

TEST_CASE("ppo_loss: error messages, before anything is written") {
    test::random r(1);
    step<float> s(r, 2, 3, 5);
    const auto kept = s;
    const auto refused = [&](auto&& change, const rlhf::ppo_loss_options& o = everything) {
        auto a = s.arrays();
        change(a);
        return test::refusal([&] { rlhf::ppo_loss(s.batch(), s.logits(), s.targets, a, s.logits(), o); });
    };
    CHECK(refused([](auto& a) { a.log_probs = {}; }).find("rlhf::ppo_loss: log_probs is missing") == 0);
    CHECK(refused([](auto& a) { a.d_log_probs = {}; }).find("rlhf::ppo_loss: d_log_probs is missing") == 0);
    CHECK(refused([](auto& a) { a.d_entropy = {}; }) ==
          "rlhf::ppo_loss: entropy_coef needs the buffers entropy and d_entropy");
    CHECK(refused([](auto& a) { a.ref_log_probs = {}; }) == "rlhf::ppo_loss: policy.kl_coef needs ref_log_probs");
    CHECK(refused([](auto& a) { a.returns = {}; }) == "rlhf::ppo_loss: values needs returns");
    CHECK(refused([](auto& a) { a.values = {}; }) == "rlhf::ppo_loss: d_values needs values");
    CHECK(refused([](auto& a) { a.values = {}, a.d_values = {}; }) ==
          "rlhf::ppo_loss: old_values, returns and value_weights need values");
    CHECK(refused([](auto& a) { a.old_values = {}; }) == "rlhf::ppo_loss: value.clip_range needs old_values");
    CHECK(refused([](auto& a) { a.d_log_probs = a.log_probs; }) == "rlhf::ppo_loss: log_probs overlaps d_log_probs");
    CHECK(refused([](auto&) {}, {.value = {.huber = 0}}) == "rlhf::ppo_loss: value.huber is 0, expected more than 0");
    CHECK(refused([](auto&) {}, {.value_coef = INFINITY}) ==
          "rlhf::ppo_loss: value_coef is inf, expected a finite number");
    CHECK(test::same_bits(s.z, kept.z));
    CHECK(test::same_bits(s.log_probs, kept.log_probs));
    CHECK(refused([](auto&) {}).empty());
    CHECK(!test::same_bits(s.z, kept.z));
}
