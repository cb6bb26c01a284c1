// SPDX-License-Identifier: MIT
#include "scene.hpp"

/// Losses over tokens.
namespace bits {
namespace {

using rlhf::aggregation, rlhf::importance, rlhf::kl_estimator;

struct policy_case {
    rlhf::ppo_policy_loss_options options = {};
    bool ref = false, behavior = false, weights = false, per_sequence = false;
    writing to = {};
};

const std::vector<named<policy_case>> policies = {
    {"default", {}},
    {"clip_range", {{.clip_range = 0.05}}},
    {"clip_range_2", {{.clip_range = {0.1, 0.4}}}},
    {"dual_clip", {{.dual_clip = 1.5}}},
    {"log_ratio_limit", {{.log_ratio_limit = 0.5}}},
    {"ref", {{}, true}},
    {"kl_k1", {{.kl_coef = 0.1, .kl_estimator = kl_estimator::k1}, true}},
    {"kl_k2", {{.kl_coef = 0.1, .kl_estimator = kl_estimator::k2}, true}},
    {"kl_k3", {{.kl_coef = 0.1}, true}},
    {"kl_gradient", {{.kl_coef = 0.1, .kl_estimator = kl_estimator::k1, .kl_gradient = kl_estimator::k2}, true}},
    {"kl_limit", {{.kl_coef = 0.1, .kl_limit = 0.2}, true}},
    {"behavior", {{}, false, true}},
    {"importance_limit", {{.importance_limit = 1.2}, false, true}},
    {"importance_mask", {{.importance_limit = 1.2, .importance = importance::mask}, false, true}},
    {"weights", {{}, false, false, true}},
    {"per_sequence", {{}, false, false, true, true}},
    {"advantage_per_sequence", {{}, false, false, false, true}},
    {"sequence_mean", {{.aggregation = aggregation::sequence_mean_token_mean}}},
    {"sequence_sum", {{.aggregation = aggregation::sequence_mean_token_sum}}},
    {"scaled", {.to = {.scale = -0.3}}},
    {"added", {.to = {.add = true}}},
    {"added_scaled", {.ref = true, .to = {.scale = 0.7, .add = true}}},
    {"pair",
     {{.clip_range = {0.1, 0.4},
       .dual_clip = 3,
       .log_ratio_limit = 2,
       .kl_coef = 0.2,
       .kl_limit = 3,
       .importance_limit = 1.4,
       .aggregation = aggregation::sequence_mean_token_mean},
      true,
      true,
      true,
      false,
      {.scale = 2, .add = true}}},
};

template <class T, class Arch>
void policies_of() {
    tally<rlhf::ppo_policy_loss_result> joined(title<T>("ppo_policy_loss"));
    each(token_scenes(), policies, title<T>("ppo_policy_loss"), [&](const scene& s, const auto& o, const auto& name) {
        place p(s);
        const auto near = [](random& r) { return r.log_prob() + r.bell(); };
        const auto bell = [](random& r) { return r.bell(3); };
        const auto log_probs = p.template numbers<T>(1, [](random&r) { return r.log_prob(); }),
                   old = p.template numbers<T>(1, near), advantages = p.template numbers<T>(2, bell),
                   weights = p.template numbers<T>(3, bell);
        const auto ref = p.template numbers<T>(1, [](random&r) { return r.log_prob() - r.bell(2); }),
                   behavior = p.template numbers<T>(1, [](random&r) { return r.log_prob() + r.bell() / 2; });
        const auto advantage = p.template per_sequence<T>(4, bell), weight = p.template per_sequence<T>(5, bell);
        using view = rlhf::view<const T>;
        run(name, [&](hash& h, const rlhf::executor& run) {
            auto d = p.template output<T>();
            const auto r = rlhf::ppo_policy_loss<T, Arch>(
                p.batch,
                {.log_probs = log_probs.in(),
                 .old_log_probs = old.in(),
                 .ref_log_probs = o.ref ? ref.in() : view(),
                 .behavior_log_probs = o.behavior ? behavior.in() : view(),
                 .advantages = o.per_sequence ? view(rlhf::per_sequence(advantage)) : advantages.in(),
                 .weights = !o.weights       ? view()
                            : o.per_sequence ? view(rlhf::per_sequence(weight))
                                             : weights.in(),
                 .d_log_probs = o.to(d.out)},
                o.options, run);
            joined(h, r), h.add(d.memory);
        });
    });
}

/// Every objective alone, with KL, and with all arrays.
struct objective_case {
    rlhf::policy_loss_options options = {};
    bool ref = false, all = false;
};

const std::vector<named<objective_case>> objective_cases = {
    {"default", {}},
    {"kl", {{.kl_coef = 0.1}, true}},
    {"pair",
     {{.log_ratio_limit = 1.5,
       .kl_coef = 0.2,
       .importance_limit = 1.4,
       .aggregation = aggregation::sequence_mean_token_sum},
      true,
      true}},
};

template <class T>
using policy_loss = std::function<rlhf::policy_loss_result(const rlhf::batch&, const rlhf::policy_loss_arrays<T>&,
                                                           const rlhf::policy_loss_options&, const rlhf::executor&)>;

template <class T>
void objective_of(const std::string& objective_name, const policy_loss<T>& loss) {
    const auto what = title<T>("policy_loss/" + objective_name);
    tally<rlhf::policy_loss_result> joined(what);
    each(token_scenes(), objective_cases, what, [&](const scene& s, const auto& o, const auto& name) {
        place p(s);
        const auto near = [](random& r) { return r.log_prob() + r.bell(); };
        const auto bell = [](random& r) { return r.bell(3); };
        const auto log_probs = p.template numbers<T>(1, [](random&r) { return r.log_prob(); }),
                   old = p.template numbers<T>(1, near), advantages = p.template numbers<T>(2, bell),
                   ref = p.template numbers<T>(1, [](random&r) { return r.log_prob() - r.bell(2); }),
                   weights = p.template numbers<T>(3, bell);
        using view = rlhf::view<const T>;
        run(name, [&](hash& h, const rlhf::executor& run) {
            auto d = p.template output<T>();
            const auto r = loss(p.batch,
                                {.log_probs = log_probs.in(),
                                 .old_log_probs = old.in(),
                                 .ref_log_probs = o.ref ? ref.in() : view(),
                                 .behavior_log_probs = o.all ? ref.in() : view(),
                                 .advantages = advantages.in(),
                                 .weights = o.all ? weights.in() : view(),
                                 .d_log_probs = writing()(d.out)},
                                o.options, run);
            joined(h, r), h.add(d.memory);
        });
    });
}

template <class T, class Arch>
void objectives_of() {
    using rlhf::dppo_value;
    const auto of = [](const char* name, const auto& objective) {
        objective_of<T>(name, [&](const auto& b, const auto& a, const auto& o, const auto& run) {
            return rlhf::policy_loss<T, Arch>(b, a, objective, o, run);
        });
    };
    of("ppo_clip", rlhf::ppo_clip{.range = {0.1, 0.4}, .dual = 3});
    of("cispo", rlhf::cispo{});
    of("cispo_mask", rlhf::cispo{.low = 0.8, .high = 1.2, .beyond = importance::mask});
    of("sapo", rlhf::sapo{});
    of("topr", rlhf::topr{});
    of("dppo_tv", rlhf::dppo_tv{.range = {0.05, 0.1}, .cap = 3});
    of("dppo_kl", rlhf::dppo_kl{.value = dppo_value::ratio});
}

struct value_case {
    rlhf::ppo_value_loss_options options = {};
    bool weights = false;
    writing to = {};
};

const std::vector<named<value_case>> value_cases = {
    {"default", {}},
    {"clip_range", {{.clip_range = 0.2}}},
    {"huber", {{.huber = 0.7}}},
    {"clip_range_huber", {{.clip_range = 0.2, .huber = 0.7}}},
    {"weights", {{}, true}},
    {"sequence_mean", {{.aggregation = aggregation::sequence_mean_token_mean}}},
    {"sequence_sum", {{.aggregation = aggregation::sequence_mean_token_sum}}},
    {"scaled", {.to = {.scale = -0.3}}},
    {"added", {.to = {.add = true}}},
    {"pair",
     {{.clip_range = 0.5, .huber = 2, .aggregation = aggregation::sequence_mean_token_mean},
      true,
      {.scale = 0.7, .add = true}}},
};

template <class T, class Arch>
void values_of() {
    tally<rlhf::ppo_value_loss_result> joined(title<T>("ppo_value_loss"));
    each(token_scenes(), value_cases, title<T>("ppo_value_loss"), [&](const scene& s, const auto& o, const auto& name) {
        place p(s);
        const auto bell = [](random& r) { return r.bell(4); };
        const auto near = [](random& r) { return r.bell(4) + r.bell(); };
        const auto values = p.template numbers<T>(6, bell), old = p.template numbers<T>(6, near),
                   returns = p.template numbers<T>(7, bell), weights = p.template numbers<T>(8, bell);
        run(name, [&](hash& h, const rlhf::executor& run) {
            auto d = p.template output<T>();
            const auto result =
                rlhf::ppo_value_loss<T, Arch>(p.batch,
                                              {.values = values.in(),
                                               .old_values = old.in(),
                                               .returns = returns.in(),
                                               .weights = o.weights ? weights.in() : rlhf::view<const T>(),
                                               .d_values = o.to(d.out)},
                                              o.options, run);
            joined(h, result);
            h.add(d.memory);
        });
    });
}

struct mean_case {
    rlhf::aggregation how = aggregation::token_mean;
    writing to = {};
    bool per_sequence = false;
};

const std::vector<named<mean_case>> means = {
    {"default", {}},
    {"sequence_mean", {aggregation::sequence_mean_token_mean}},
    {"sequence_sum", {aggregation::sequence_mean_token_sum}},
    {"scaled", {.to = {.scale = -0.3}}},
    {"added", {.to = {.add = true}}},
    {"per_sequence", {.per_sequence = true}},
    {"pair", {aggregation::sequence_mean_token_mean, {.scale = 0.7, .add = true}}},
};

template <class T, class Arch>
void means_of() {
    tally<rlhf::masked_mean_result> mean(title<T>("masked_mean"));
    tally<rlhf::ptx_loss_result> joined(title<T>("ptx_loss"));
    each(token_scenes(), means, "", [&](const scene& s, const auto& o, const auto& name) {
        place p(s);
        const auto log_probs = p.template numbers<T>(9, [](random& r) { return r.log_prob(); });
        const auto one = p.template per_sequence<T>(10, [](random& r) { return r.log_prob(); });
        using view = rlhf::view<const T>;
        const view values = o.per_sequence ? view(rlhf::per_sequence(one)) : log_probs.in();
        run(title<T>("masked_mean") + name, [&](hash& h, const rlhf::executor& run) {
            auto d = p.template output<T>();
            const auto r = rlhf::masked_mean<T, Arch>(p.batch, {.values = values, .d_values = o.to(d.out)},
                                                      {.aggregation = o.how}, run);
            mean(h, r), h.add(d.memory);
        });
        run(title<T>("ptx_loss") + name, [&](hash& h, const rlhf::executor& run) {
            auto d = p.template output<T>();
            const auto result = rlhf::ptx_loss<T, Arch>(p.batch, {.log_probs = values, .d_log_probs = o.to(d.out)},
                                                        {.aggregation = o.how}, run);
            joined(h, result);
            h.add(d.memory);
        });
    });
}

} // namespace

void policy() {
    types_and_architectures([]<class T, class Arch>() {
        policies_of<T, Arch>();
        objectives_of<T, Arch>();
        values_of<T, Arch>();
        means_of<T, Arch>();
    });
}

} // namespace bits
