// SPDX-License-Identifier: MIT

// Scores by length, GDPO and REINFORCE++, of verl, TRL, OpenRLHF, NeMo-RL and ms-swift: scores.txt has
// what their own code makes of them (see score_packages.py there). And what one trainer ships, as a combination of
// functions: one_trainer.txt.

#include "golden/deviations.hpp"
#include "golden/goldens.hpp"

#include <rlhf/advantage/discounted_returns.hpp>
#include <rlhf/advantage/shape_scores.hpp>
#include <rlhf/policy/policy_loss.hpp>
#include <rlhf/recipe/preset/ms_swift.hpp>
#include <rlhf/recipe/preset/nemo_rl.hpp>
#include <rlhf/recipe/preset/openrlhf.hpp>
#include <rlhf/recipe/preset/trl.hpp>
#include <rlhf/recipe/preset/verl.hpp>

namespace {

namespace trl = rlhf::preset::trl;
namespace verl = rlhf::preset::verl;
using rlhf::group_scale, rlhf::lone_reward, rlhf::unscorable;

const test::golden& at(const std::string& name) {
    static const auto cases = test::read_goldens("scores.txt");
    return cases.at(name);
}
const test::golden& of_one_trainer(const std::string& name) {
    static const auto cases = test::read_goldens("one_trainer.txt");
    return cases.at(name);
}

rlhf::batch rows_of(const std::vector<std::uint8_t>& mask, std::size_t steps) {
    return {.sequences = mask.size() / steps, .steps = steps, .mask = mask, .denominator = rlhf::counted_here};
}
rlhf::batch one_each(std::size_t n) {
    return {.sequences = n, .steps = 1, .mask = rlhf::all, .denominator = rlhf::counted_here};
}

/// `near`, where the trainer itself rounds: then it does not count as a deviation.
void agree(const char* row, const std::vector<double>& got, const std::vector<double>& want, double near = 0) {
    const double deviation = test::worst_of_largest(got, want);
    if (near == 0)
        CHECK(test::agrees<double>(row, deviation));
    else
        CHECK(deviation < near);
}

void shapes(const std::string& name, rlhf::shape_scores_options o, double near = 0) {
    CAPTURE(name);
    const test::golden& g = at(name);
    o.max_length = static_cast<std::int64_t>(g.number("max_length"));
    o.overlong_buffer = static_cast<std::int64_t>(g.number("overlong_buffer"));
    const auto lengths = g.integers<std::int32_t>("lengths");
    const auto finished = g.integers<std::uint8_t>("finished");
    std::vector<double> shaped(lengths.size());
    const rlhf::batch b{.sequences = lengths.size(), .mask = rlhf::all, .denominator = rlhf::counted_here};
    rlhf::shape_scores<double>(b, {.scores = g["scores"], .lengths = lengths, .finished = finished, .shaped = shaped},
                               o);
    agree("`shape_scores`", shaped, g["shaped"], near);
}

std::vector<double> gdpo(const test::golden& g, const rlhf::groups& groups, const rlhf::gdpo_advantages_options& o,
                         rlhf::gdpo_advantages_result* result = nullptr) {
    const std::size_t n = g["advantages"].size();
    std::vector<double> a(n, 77.0), room(n);
    const auto r = rlhf::gdpo_advantages<double>(
        groups,
        {.rewards = rlhf::view<const double>(g["rewards"].data(), {.sequences = g["weights"].size(), .steps = n}),
         .weights = g["weights"],
         .workspace = room,
         .advantages = a},
        o);
    if (result != nullptr) *result = r;
    return a;
}

} // namespace

TEST_CASE("TRL: the penalty by length, and GDPO with rewards that are missing", "[goldens]") {
    shapes("trl_overlong", trl::shape_scores);
    const auto& g = at("trl_gdpo");
    rlhf::gdpo_advantages_result r;
    agree("`gdpo_advantages`", gdpo(g, {.size = 4}, trl::gdpo_advantages, &r), g["advantages"]);
    CHECK((r.unscorable == 1 && r.advantages.count() == 7));
    auto all = trl::gdpo_advantages;
    all.group.unscorable = unscorable::spread;
    for (const double x : gdpo(g, {.size = 4}, all)) CHECK(std::isnan(x));
    test::holds_cells_and_begins_anew("TRL");
}

TEST_CASE("OpenRLHF: the penalty by length, and answers that did not end", "[goldens]") {
    auto shape = rlhf::preset::openrlhf::shape_scores;
    shape.overlong_penalty = 0.5;
    shapes("openrlhf_overlong", shape);
    shape.unfinished_factor = 0.25;
    shapes("openrlhf_overlong_and_stop", shape);
    shape.unfinished_factor = 1, shape.unfinished_score = -0.5;
    shapes("openrlhf_overlong_and_fixed", shape);
    test::holds_cells_and_begins_anew("OpenRLHF");
}

TEST_CASE("NeMo-RL and ms-swift: the penalty by length", "[goldens]") {
    auto shape = rlhf::preset::nemo_rl::shape_scores;
    shape.overlong_penalty = 0.5;
    shapes("nemo_rl_overlong", shape);
    test::holds_cells_and_begins_anew("NeMo-RL");
    shapes("ms_swift_overlong", rlhf::preset::ms_swift::shape_scores);
    test::holds_cells_and_begins_anew("ms-swift");
}

TEST_CASE("verl: the penalty by length, and GDPO, which whitens over tokens", "[goldens]") {
    auto shape = verl::shape_scores;
    shape.overlong_penalty = 0.5;
    shapes("verl_overlong", shape, 0x1p-24); // of floats
    const auto& g = at("verl_gdpo");
    const auto ids = g.integers<std::int64_t>("ids");
    const auto mask = g.integers<std::uint8_t>("mask");
    std::vector<std::int64_t> workspace(16);
    auto a = gdpo(g, {.ids = ids, .workspace = workspace}, verl::gdpo_advantages);
    const auto m = rlhf::moments_of<double>(rows_of(mask, 5), rlhf::per_sequence(a));
    rlhf::whiten<double>(one_each(8), a, m);
    agree("`gdpo_advantages`", a, g["advantages"], 2e-6); // of floats, and a group of one is divided by 1 + 10⁻⁶
}

TEST_CASE("verl: REINFORCE++, with and without a baseline", "[goldens]") {
    const double near = 3e-9; // verl divides sums over 27 tokens by 27 + 10⁻⁸, which is 4·10⁻¹⁰ of them
    const auto& g = at("verl_reinforce_plus_plus");
    const auto mask = g.integers<std::uint8_t>("mask");
    const auto b = rows_of(mask, 5);
    std::vector<double> a(40);
    rlhf::discounted_returns<double>(b, {.rewards = g["rewards"], .returns = a}, {.gamma = g.number("gamma")});
    agree("`discounted_returns`", a, g["returns"], 1e-14);
    rlhf::whiten<double>(b, a);
    agree("`whiten`", a, g["advantages"], near);

    const auto& with = at("verl_reinforce_plus_plus_baseline");
    const auto ids = with.integers<std::int64_t>("ids");
    std::vector<std::int64_t> workspace(16);
    std::vector<double> x(8);
    rlhf::group_advantages<double>({.ids = ids, .workspace = workspace}, {.rewards = with["rewards"], .advantages = x},
                                   {.scale = group_scale::none, .lone = lone_reward::kept});
    const auto of_tokens = with.integers<std::uint8_t>("mask");
    const auto m = rlhf::moments_of<double>(rows_of(of_tokens, 5), rlhf::per_sequence(x));
    rlhf::whiten<double>(one_each(8), x, m);
    agree("`whiten`", x, with["advantages"], near);
}

TEST_CASE("ROLL's GiGPO: advantages among answers to a prompt, and among steps from one state", "[goldens]") {
    const auto& g = of_one_trainer("roll_gigpo");
    const std::size_t steps = g["step_scores"].size();
    std::vector<std::int64_t> trajectories{0}, workspace(2 * steps);
    for (std::size_t i = 1; i <= steps; ++i)
        if (i == steps || g["trajectories"][i] != g["trajectories"][i - 1])
            trajectories.push_back(static_cast<std::int64_t>(i));
    std::vector<double> returns(steps), a(steps), of_states(steps);
    rlhf::discounted_returns<double>({.offsets = trajectories, .mask = rlhf::all, .denominator = rlhf::counted_here},
                                     {.rewards = g["step_scores"], .returns = returns}, {.gamma = g.number("gamma")});
    CHECK(test::worst_of_largest(returns, g["returns"]) < 1e-15);
    const auto prompts = g.integers("prompts"), states = g.integers("states");
    rlhf::group_advantages<double>({.ids = prompts, .workspace = workspace},
                                   {.rewards = g["episode_scores"], .advantages = a});
    rlhf::group_advantages<double>({.ids = states, .workspace = workspace},
                                   {.rewards = returns, .advantages = of_states});
    for (std::size_t i = 0; i < steps; ++i) a[i] += g.number("step_weight") * of_states[i];
    CHECK(test::worst_of_largest(a, g["advantages"]) < 1e-14);
}

TEST_CASE("TRL's IW-OPD: tokens weigh less, the more the teacher disagreed before them", "[goldens]") {
    const auto& g = of_one_trainer("trl_iw_opd");
    const auto mask = g.integers<std::uint8_t>("mask");
    const auto b = rows_of(mask, 10);
    std::vector<double> sizes(60), rest(60), a(60), d(60);
    for (std::size_t i = 0; i < 60; ++i) {
        a[i] = g["teacher_log_probs"][i] - g["behavior_log_probs"][i];
        sizes[i] = std::fabs(a[i]);
    }
    rlhf::discounted_returns<double>(b, {.rewards = sizes, .returns = rest});
    for (std::size_t i = 0; i < 60; ++i) // each row here begins with a token that counts, or has none
        a[i] *= 1 + g.number("gamma") * rest[i] / std::fmax(rest[i / 10 * 10], 1e-8);
    const auto r = rlhf::policy_loss<double>(
        b, {.log_probs = g["log_probs"], .old_log_probs = g["behavior_log_probs"], .advantages = a, .d_log_probs = d},
        rlhf::cispo{.low = 1, .high = 1});
    CHECK(test::worst_relative(std::vector{r.loss()}, g["loss"]) < test::golden_tolerance<double>);
    CHECK(test::worst_of_largest(d, g["d_log_probs"]) < test::golden_tolerance<double>);
}
