// SPDX-License-Identifier: MIT
#include "scene.hpp"

/// Functions in which the tokens of a sequence decide together.
namespace bits {
namespace {

using rlhf::aggregation, rlhf::importance, rlhf::importance_level, rlhf::sequence_ratio;

template <class Objective>
struct objective_case {
    Objective objective = {};
    rlhf::policy_loss_options options = {};
    bool all = false;
};

const std::vector<named<objective_case<rlhf::gspo>>> gspo_cases = {
    {"default", {.objective = {.range = {0.1, 0.4}}}},
    {"product", {.objective = {.range = 0.2, .ratio = sequence_ratio::product}}},
    {"sequence_mean",
     {.objective = {.range = {0.1, 0.4}}, .options = {.aggregation = aggregation::sequence_mean_token_mean}}},
    {"all",
     {.objective = {.range = 0.2},
      .options = {.log_ratio_limit = 0.5,
                  .kl_coef = 0.2,
                  .importance_limit = 1.4,
                  .aggregation = aggregation::sequence_mean_token_sum},
      .all = true}},
};

const std::vector<named<objective_case<rlhf::gmpo>>> gmpo_cases = {
    {"default", {}},
    {"all", {.objective = {.range = {0.1, 0.2}}, .options = {.log_ratio_limit = 0.1, .kl_coef = 0.2}, .all = true}},
};
const std::vector<named<objective_case<rlhf::vespo>>> vespo_cases = {
    {"default", {}},
    {"all", {.objective = {1, 2, 0.5, 8}, .options = {.log_ratio_limit = 1, .kl_coef = 0.2}, .all = true}},
};

template <class T, class Arch, class Objective>
void objective_of(const char* objective_name, const std::vector<named<objective_case<Objective>>>& cases) {
    const auto what = title<T>(std::string("policy_loss/") + objective_name);
    tally<rlhf::policy_loss_result> joined(what);
    each(token_scenes(), cases, what, [&](const scene& s, const auto& o, const auto& name) {
        place p(s);
        const auto near = [](random& r) { return r.log_prob() + r.bell(); };
        const auto bell = [](random& r) { return r.bell(3); };
        const auto log_probs = p.template numbers<T>(1, [](random&r) { return r.log_prob(); }),
                   old = p.template numbers<T>(1, near),
                   ref = p.template numbers<T>(1, [](random&r) { return r.log_prob() - r.bell(2); });
        const auto advantage = p.template per_sequence<T>(4, bell), weight = p.template per_sequence<T>(5, bell);
        using view = rlhf::view<const T>;
        run(name, [&](hash& h, const rlhf::executor& run) {
            auto d = p.template output<T>();
            const auto r = rlhf::policy_loss<T, Arch>(p.batch,
                                                      {.log_probs = log_probs.in(),
                                                       .old_log_probs = old.in(),
                                                       .ref_log_probs = o.all ? ref.in() : view(),
                                                       .behavior_log_probs = o.all ? ref.in() : view(),
                                                       .advantages = rlhf::per_sequence(advantage),
                                                       .weights = o.all ? view(rlhf::per_sequence(weight)) : view(),
                                                       .d_log_probs = writing()(d.out)},
                                                      o.objective, o.options, run);
            joined(h, r), h.add(d.memory);
        });
    });
}

const std::vector<named<rlhf::importance_weights_options>> weights_cases = {
    {"default", {}},
    {"truncated", {.range = {0.5, 1.2}}},
    {"masked", {.range = {0.5, 1.2}, .beyond = importance::mask}},
    {"sequence_mean", {.level = importance_level::sequence_mean, .range = {0.9, 1.1}}},
    {"sequence_product", {.level = importance_level::sequence_product, .range = 5}},
    {"probability", {.probability_limit = 0.1}},
    {"all",
     {.level = importance_level::sequence_mean,
      .range = {0.5, 2},
      .sequence_mean = {0.6, 1.7},
      .sequence_product = {1e-9, 1e9},
      .every_token = {0.01, 100},
      .drift_limit = 0.02,
      .probability_limit = 0.3}},
};

template <class T, class Arch>
void weights_of() {
    const auto what = title<T>("importance_weights");
    tally<rlhf::importance_weights_result> joined(what);
    each(token_scenes(), weights_cases, what, [&](const scene& s, const auto& o, const auto& name) {
        place p(s);
        const auto log_probs = p.template numbers<T>(1, [](random&r) { return r.log_prob(); }),
                   behavior = p.template numbers<T>(1, [](random&r) { return r.log_prob() + r.bell() / 2; }),
                   advantages = p.template numbers<T>(2, [](random&r) { return r.bell(3); });
        run(name, [&](hash& h, const rlhf::executor& run) {
            auto w = p.template output<T>();
            const auto r = rlhf::importance_weights<T, Arch>(p.batch,
                                                             {.log_probs = log_probs.in(),
                                                              .behavior_log_probs = behavior.in(),
                                                              .advantages = advantages.in(),
                                                              .weights = w.out},
                                                             o, run);
            joined(h, r), h.add(w.memory);
        });
    });
}

} // namespace

void sequences() {
    types_and_architectures([]<class T, class Arch>() {
        objective_of<T, Arch>("gspo", gspo_cases);
        objective_of<T, Arch>("gmpo", gmpo_cases);
        objective_of<T, Arch>("vespo", vespo_cases);
        weights_of<T, Arch>();
    });
}

} // namespace bits
