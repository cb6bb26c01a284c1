// SPDX-License-Identifier: MIT

// verl's presets, and the options that they name, against what the package's own code computed
// (tests/golden/policies.txt).

#include "golden/presets.hpp"
#include "golden/steps.hpp"

#include <rlhf/advantage/kl_controller.hpp>
#include <rlhf/recipe/preset/verl.hpp>

namespace verl = rlhf::preset::verl;
using namespace test;

TEST_CASE("presets: verl's policy losses", "[presets]") {
    const policy_goldens g("verl");
    for (const auto& [suffix, sign] : {std::pair<std::string, double>{"", 1}, {"_negated", -1}}) {
        const test::policy_case c{.sign = sign, .epsilon = 1e-8};
        g.reproduce("vanilla" + suffix, verl::ppo_policy_loss, c);
        g.reproduce("cispo" + suffix, verl::cispo, verl::policy_loss, c);
        g.reproduce("dppo_tv" + suffix, verl::dppo_tv, verl::policy_loss, c);
        g.reproduce("dppo_kl" + suffix, verl::dppo_kl, verl::policy_loss, c);
        g.reproduce("gspo" + suffix, verl::gspo, verl::gspo_policy_loss, c);
        // A sequence's sum is divided by n + 1e-8.
        g.reproduce("sapo" + suffix, verl::sapo, verl::sapo_policy_loss,
                    {.sign = sign, .weights = g.shrunk(1e-8), .epsilon = 1e-8});
    }
    g.reproduce("vanilla_weights", verl::ppo_policy_loss, {.weights = g.get<double>("weights"), .epsilon = 1e-8});
    auto by_sequence = verl::gspo_policy_loss;
    by_sequence.aggregation = rlhf::aggregation::sequence_mean_token_mean;
    g.reproduce("gspo_paper", rlhf::gspo{.range = {3e-4, 4e-4}}, by_sequence,
                {.weights = g.shrunk(1e-8), .epsilon = 1e-8});
    for (const int sign : {1, -1})
        g.reproduce(sign > 0 ? "geo_mean" : "geo_mean_negated", verl::gmpo, verl::gmpo_policy_loss,
                    {.sign = double(sign), .denominator = rlhf::counts{31, 6}, .first_advantage = true});
    g.reproduce("gpg", verl::reinforce, {});
    auto dro = verl::dro_policy_loss;
    dro.kl_coef = 0.125;
    g.reproduce("dro", verl::reinforce, dro, {.ref = "old_log_probs"});
}

TEMPLATE_TEST_CASE("presets: verl's rollout correction", "[presets]", float, double) {
    const policy_goldens g("verl_correction");
    auto sequence_icepop = verl::icepop;
    sequence_icepop.level = verl::importance_weights.level;
    for (const auto& [name, o] :
         std::map<std::string, rlhf::importance_weights_options>{{"token", verl::token_importance_weights},
                                                                 {"sequence", verl::importance_weights},
                                                                 {"token_icepop", verl::icepop},
                                                                 {"sequence_icepop", sequence_icepop}}) {
        INFO(name);
        // The token whose log ratio is below −20 has the weight e⁻²⁰ there.
        auto want = g.at(name)["weights"];
        auto got = weights<TestType>(g, "log_probs", "behavior_log_probs", o).first;
        for (std::size_t i = 0; i < got.size(); ++i)
            if (want[i] != 0 && want[i] < 2.1e-9) {
                CHECK(got[i] <= static_cast<TestType>(want[i]));
                got[i] = static_cast<TestType>(want[i]);
            }
        CHECK(agrees<TestType>("`importance_weights`", worst_relative(got, want)));
    }

    // Rejection bounds are of −ρ, and of ρ² / 2.
    const double far = std::exp(std::sqrt(2 * 0.0002));
    using options = rlhf::importance_weights_options;
    for (const auto& [name, o] : std::map<std::string, options>{
             {"token_k1", {.range = {1 / 1.4, 1 / 0.6}, .beyond = rlhf::importance::mask}},
             {"seq_sum_k1", {.sequence_product = {1 / 2.0, 1 / 0.5}}},
             {"seq_mean_k1", verl::geometric_rejection},
             {"seq_max_k2", {.level = rlhf::importance_level::none, .every_token = {1 / far, far}}}}) {
        INFO(name);
        const auto kept = weights<TestType>(g, "log_probs", "behavior_log_probs", o).second;
        const test::golden& want = policy_goldens::at_name("verl_rejection_" + name);
        CHECK(kept == want.integers<std::uint8_t>("keep"));
    }
}

TEMPLATE_TEST_CASE("presets: verl's advantages of groups", "[presets]", float, double) {
    const auto packages = test::read_goldens("packages.txt"), scores = test::read_goldens("scores.txt");
    const auto advantages = [](const test::golden& c, const rlhf::group_advantages_options& o) {
        const std::vector<TestType> rewards(c["rewards"].begin(), c["rewards"].end());
        std::vector<TestType> got(rewards.size()), baselines;
        std::vector<std::int64_t> ids = c.integers("ids"), workspace(2 * ids.size()), lengths;
        rlhf::group_advantages_arrays<TestType> a{.rewards = rewards, .advantages = got};
        if (o.baseline == rlhf::group_baseline::given)
            baselines.assign(c["baselines"].begin(), c["baselines"].end()), a.baselines = baselines;
        if (o.baseline == rlhf::group_baseline::length_weighted_mean)
            lengths = c.integers("lengths"), a.lengths = lengths;
        rlhf::group_advantages<TestType>({.ids = ids, .workspace = workspace}, a, o);
        return got;
    };
    for (const auto& [name, o] : std::map<std::string, rlhf::group_advantages_options>{{"verl_grpo", verl::grpo},
                                                                                       {"verl_dr_grpo", verl::dr_grpo},
                                                                                       {"verl_rloo", verl::rloo},
                                                                                       {"verl_opo", verl::opo},
                                                                                       {"verl_remax", verl::remax}}) {
        INFO(name);
        auto want = packages.at(name)["advantages"];
        if (name == "verl_grpo") want[3] *= 1 + 1e-6; // verl divides a group of one by 1 + ε
        CHECK(agrees<TestType>("`group_advantages`", worst_relative(advantages(packages.at(name), o), want)));
    }
    for (const auto& [name, o] :
         {std::pair("verl_passk", verl::pass_at_k_without_std), std::pair("verl_passk_std", verl::pass_at_k)}) {
        INFO(name);
        const test::golden& c = scores.at(name);
        CHECK(agrees<TestType>("`group_advantages`", worst_of_largest(advantages(c, o), c["advantages"])));
    }
}

TEMPLATE_TEST_CASE("presets: verl's advantages, values and KL", "[presets]", float, double) {
    using steps = step_goldens<TestType>;
    // Its whitening divides by n + 10⁻⁸, which no option does.
    steps::gae("verl_gae", verl::ppo_advantages.gae);
    steps::returns("verl_returns", rlhf::gaps::skip);
    auto o = verl::ppo_value_loss;
    steps::value("verl_value_token_mean", o);
    o.aggregation = rlhf::aggregation::sequence_mean_token_mean;
    steps::value("verl_value_seq_mean_token_mean", o, steps::batch(), shrunk(steps::mask(), 1e-8));
    o.aggregation = rlhf::aggregation::sequence_mean_token_sum;
    steps::value("verl_value_seq_mean_token_sum", o);
    const double none = rlhf::unlimited;
    steps::kl("verl", kl_estimators,
              {{"k1", none}, {"k2", none}, {"k3", verl::ppo_policy_loss_with_kl.kl_limit}, {"abs", none}});

    const auto& g = steps::at("verl_kl_controller");
    std::vector<double> coefs;
    rlhf::adaptive_kl_controller controller{.kl_coef = 0.25, .target = 6, .horizon = 10000};
    for (const double kl : g["kl"])
        controller = rlhf::updated(controller, kl, 512), coefs.push_back(controller.kl_coef);
    CHECK(agrees<double>("`kl_controller`", worst_relative(coefs, g["coefs"])));
}

TEST_CASE("presets: verl's deviations", "[presets]") {
    holds_column("verl", {"`covariance_tokens`", "`top_k_divergence`"});
}
