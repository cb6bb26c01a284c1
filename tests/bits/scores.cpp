// SPDX-License-Identifier: MIT
#include "scene.hpp"

/// One score per sequence: what length makes of it, and the advantage in a group.
namespace bits {
namespace {

const std::vector<named<rlhf::shape_scores_options>> score_shapings = {
    {"default", {}},
    {"capped", {.max_length = 90, .overlong_buffer = 60, .overlong_penalty = 0.7}},
    {"growing", {.max_length = 70, .overlong_buffer = 70, .overlong = rlhf::overlong::growing}},
    {"unfinished", {.max_length = 90, .overlong_buffer = 9, .unfinished_factor = 0.3, .unfinished_penalty = 0.7}},
    {"replaced", {.max_length = 90, .overlong_buffer = 7, .unfinished_score = -1}},
};

template <class T, class Arch>
void score_shapings_of() {
    tally<rlhf::shape_scores_result> joined(title<T>("shape_scores"));
    each(token_scenes(), score_shapings, title<T>("shape_scores"),
         [&](const scene& s, const auto& o, const auto& name) {
             place p(s);
             const auto scores = p.template per_sequence<T>(11, [](random& r) { return r.bell(4); });
             std::vector<std::uint8_t> finished;
             for (std::size_t q = 0; q < p.sequences(); ++q) finished.push_back(q % 3 != 0);
             run(name, [&](hash& h, const rlhf::executor&) {
                 std::vector<T> shaped(p.sequences());
                 joined(h, rlhf::shape_scores<T, Arch>(p.batch,
                                                       {.scores = scores, .finished = finished, .shaped = shaped}, o));
                 h.add(shaped);
             });
         });
}

using rlhf::group_baseline, rlhf::group_scale, rlhf::lone_reward, rlhf::std_floor, rlhf::unscorable;

const std::vector<named<rlhf::group_advantages_options>> comparisons_in_groups = {
    {"default", {}},
    {"dr_grpo", {.scale = group_scale::none}},
    {"rloo", {.baseline = group_baseline::others_mean, .scale = group_scale::none}},
    {"nemo", {.baseline = group_baseline::others_mean, .unscorable = unscorable::left_out}},
    {"others_std", {.baseline = group_baseline::others_mean, .scale = group_scale::others_std}},
    {"opo", {.baseline = group_baseline::length_weighted_mean, .scale = group_scale::none}},
    {"remax", {.baseline = group_baseline::given, .scale = group_scale::none}},
    {"maxrl", {.scale = group_scale::group_mean, .lone = lone_reward::kept}},
    {"batch",
     {.baseline = group_baseline::batch_mean, .scale = group_scale::batch_std, .unscorable = unscorable::left_out}},
    {"passk", {.baseline = group_baseline::second_best}},
    {"floor", {.ddof = 0, .epsilon = 0.5, .floor = std_floor::variance_at_least}},
};

template <class T, class Arch>
void groups_of_rewards() {
    tally<rlhf::group_advantages_result> joined(title<T>("group_advantages"));
    for (const std::size_t size : {1U, 2U, 3U, 8U, 20U, 128U, 200U})
        for (const bool special : {false, true})
            for (const auto& o : comparisons_in_groups) {
                const std::size_t n = size * 37;
                random r(size);
                std::vector<T> rewards, baselines;
                std::vector<std::int64_t> lengths, workspace(2 * n);
                std::vector<std::int32_t> ids;
                for (std::size_t i = 0; i < n; ++i) {
                    rewards.push_back(i / size % 5 == 4 ? T(0.1) : real<T>(r.bell(4)));
                    if (special && r.below(40) == 0) rewards.back() = special_values<T>[r.below(8)];
                    baselines.push_back(real<T>(r.bell(1))), lengths.push_back(static_cast<std::int64_t>(r.below(999)));
                    ids.push_back(static_cast<std::int32_t>(r.below(3) == 0 ? i % 11 : i / size));
                }
                const std::string name = std::to_string(size) + (special ? "_special/" : "/") + o.name;
                run(title<T>("group_advantages") + "/" + name, [&](hash& h, const rlhf::executor& run) {
                    std::vector<T> a(n);
                    std::vector<std::uint8_t> keep(n);
                    rlhf::group_advantages_arrays<T> arrays{.rewards = rewards, .advantages = a, .keep = keep};
                    if (o.options.baseline == group_baseline::length_weighted_mean) arrays.lengths = lengths;
                    if (o.options.baseline == group_baseline::given) arrays.baselines = baselines;
                    joined(h, rlhf::group_advantages<T, Arch>({.size = size}, arrays, o.options, run));
                    h.add(a, keep);
                    joined(h, rlhf::group_advantages<T, Arch>({.ids = ids, .workspace = workspace}, arrays, o.options,
                                                              run));
                    h.add(a, keep);
                });
            }
}

/// Three rewards in groups of 8, some of them special.
template <class T, class Arch>
void several_rewards() {
    tally<rlhf::gdpo_advantages_result> joined(title<T>("gdpo_advantages"));
    const std::vector<named<rlhf::gdpo_advantages_options>> all = {
        {"default", {}},
        {"no_whitening", {.whiten = rlhf::no_whitening}},
        {"trl",
         {.group = {.epsilon = 1e-4, .unscorable = unscorable::left_out},
          .whiten = {.epsilon = 1e-4, .floor = std_floor::after_root}}},
    };
    const std::int64_t n = 8 * 50;
    for (const bool special : {false, true})
        for (const auto& o : all) {
            random r(special ? 3 : 2);
            std::vector<T> rewards;
            for (std::int64_t i = 0; i < 3 * n; ++i) {
                rewards.push_back(real<T>(r.bell(4)));
                if (special && r.below(20) == 0) rewards.back() = special_values<T>[r.below(8)];
            }
            const std::vector<T> weights{1, real<T>(r.bell(1)), real<T>(r.bell(1))};
            const std::string name = std::string(special ? "/special/" : "/plain/") + o.name;
            run(title<T>("gdpo_advantages") + name, [&](hash& h, const rlhf::executor& run) {
                std::vector<T> a(n), room(n);
                joined(h, rlhf::gdpo_advantages<T, Arch>(
                              {.size = 8},
                              {.rewards = rlhf::view<const T>(rewards.data(), {.sequences = 3, .steps = n}),
                               .weights = weights,
                               .workspace = room,
                               .advantages = a},
                              o.options, run));
                h.add(a, room);
            });
        }
}

} // namespace

void scores() {
    types_and_architectures([]<class T, class Arch>() {
        score_shapings_of<T, Arch>();
        groups_of_rewards<T, Arch>();
        several_rewards<T, Arch>();
    });
}

} // namespace bits
