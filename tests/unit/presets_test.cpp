// SPDX-License-Identifier: MIT

// Presets, and the options that they name, against what the packages' own code computed (tests/golden/policies.txt).

#include "golden/policies.hpp"

#include <rlhf/policy/importance_weights.hpp>
#include <rlhf/recipe/preset/nemo_rl.hpp>
#include <rlhf/recipe/preset/openrlhf.hpp>
#include <rlhf/recipe/preset/papers.hpp>
#include <rlhf/recipe/preset/prime_rl.hpp>
#include <rlhf/recipe/preset/skyrl.hpp>
#include <rlhf/recipe/preset/slime.hpp>
#include <rlhf/recipe/preset/trl.hpp>
#include <rlhf/recipe/preset/verl.hpp>

#include <iterator>
#include <sstream>

namespace {

namespace verl = rlhf::preset::verl;
namespace trl = rlhf::preset::trl;
namespace openrlhf = rlhf::preset::openrlhf;
using test::policy_goldens, test::worst_relative, test::golden_tolerance;

// Cells of the table in PRESETS.md.
struct dash {};
std::string cell(dash) { return "–"; }
std::string cell(double x) {
    std::ostringstream text;
    text << x;
    return x == rlhf::unlimited ? "none" : text.str();
}
std::string cell(const rlhf::ratio_range& r) {
    return r.low == r.high ? cell(r.low) : cell(r.low) + ", " + cell(r.high);
}
std::string cell(const rlhf::cispo& o) { return cell(o.low) + ", " + cell(o.high); }
std::string cell(rlhf::aggregation how) { return how == rlhf::aggregation::token_mean ? "tokens" : "sequences"; }
std::string cell(rlhf::lone_reward lone) { return lone == rlhf::lone_reward::kept ? "its reward" : "0"; }

/// ppo_policy_loss is policy_loss with these two.
rlhf::ppo_clip clip(const rlhf::ppo_policy_loss_options& o) { return rlhf::detail::objective_of(o); }
rlhf::policy_loss_options common(const rlhf::ppo_policy_loss_options& o) { return rlhf::detail::common_of(o); }

/// The weights of importance_weights over the package's data, and the mask that it keeps.
template <class T>
std::pair<std::vector<T>, std::vector<std::uint8_t>>
weights(const policy_goldens& g, const std::string& log_probs, const std::string& behavior,
        const rlhf::importance_weights_options& o, const std::vector<T>& advantages = {}) {
    const auto pi = g.get<T>(log_probs), mu = g.get<T>(behavior);
    std::pair<std::vector<T>, std::vector<std::uint8_t>> r{pi, std::vector<std::uint8_t>(pi.size())};
    rlhf::importance_weights_arrays<T> a{
        .log_probs = pi, .behavior_log_probs = mu, .weights = r.first, .keep = r.second};
    if (!advantages.empty()) a.advantages = rlhf::per_sequence(advantages);
    rlhf::importance_weights<T>(g.batch(), a, o);
    return r;
}

template <class T>
std::vector<T> advantages(const std::vector<double>& rewards, const rlhf::group_advantages_options& o) {
    const std::vector<T> r(rewards.begin(), rewards.end());
    std::vector<T> a(r.size());
    rlhf::group_advantages<T>({.size = 4}, {.rewards = r, .advantages = a}, o);
    return a;
}

} // namespace

TEST_CASE("presets: verl's policy losses", "[presets]") {
    const policy_goldens g("verl");
    for (const auto& [suffix, sign] : {std::pair<std::string, double>{"", 1}, {"_negated", -1}}) {
        const test::policy_case c{.sign = sign, .epsilon = 1e-8};
        g.reproduce("vanilla" + suffix, clip(verl::ppo_policy_loss), common(verl::ppo_policy_loss), c);
        g.reproduce("cispo" + suffix, verl::cispo, verl::policy_loss, c);
        g.reproduce("dppo_tv" + suffix, verl::dppo_tv, verl::policy_loss, c);
        g.reproduce("dppo_kl" + suffix, verl::dppo_kl, verl::policy_loss, c);
        g.reproduce("gspo" + suffix, verl::gspo, verl::gspo_policy_loss, c);
        // A sequence's sum is divided by n + 1e-8.
        g.reproduce("sapo" + suffix, verl::sapo, verl::sapo_policy_loss,
                    {.sign = sign, .weights = g.shrunk(1e-8), .epsilon = 1e-8});
    }
    g.reproduce("vanilla_weights", clip(verl::ppo_policy_loss), common(verl::ppo_policy_loss),
                {.weights = g.get<double>("weights"), .epsilon = 1e-8});
    auto by_sequence = verl::gspo_policy_loss;
    by_sequence.aggregation = rlhf::aggregation::sequence_mean_token_mean;
    g.reproduce("gspo_paper", rlhf::gspo{.range = {3e-4, 4e-4}}, by_sequence,
                {.weights = g.shrunk(1e-8), .epsilon = 1e-8});
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
        CHECK(worst_relative(got, want) < golden_tolerance<TestType>);
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

TEST_CASE("presets: TRL's policy losses", "[presets]") {
    const policy_goldens g("trl");
    const auto loss = [&](const char* name, const rlhf::ppo_policy_loss_options& o, const test::policy_case& c = {}) {
        g.reproduce(name, clip(o), common(o), c);
    };
    loss("dapo", trl::ppo_policy_loss), loss("bnpo", trl::ppo_policy_loss);
    loss("grpo", trl::grpo_policy_loss), loss("luspo", trl::luspo_policy_loss);
    loss("dr_grpo", trl::ppo_policy_loss, {.denominator = rlhf::counts{6 * 512, 6}}); // max_completion_length is 512
    g.reproduce("cispo", trl::cispo, trl::policy_loss);
    g.reproduce("sapo", trl::sapo, trl::sequence_policy_loss);
    g.reproduce("gspo", trl::gspo, trl::sequence_policy_loss);
    g.reproduce("luspo_sequence", trl::gspo, trl::gspo_luspo_policy_loss);
    g.reproduce("cispo_scalerl", rlhf::cispo{.low = 0, .high = 5}, trl::policy_loss);
    loss("delta", {.dual_clip = 4});
    loss("kl", {.kl_coef = 0.04}, {.ref = true});
    auto with_kl = trl::kl_policy_loss;
    with_kl.kl_coef = 0.04;
    loss("kl_by_ratio", with_kl, {.ref = true});
    loss("off_policy_mask", trl::ppo_policy_loss,
         {.weights =
              weights<double>(g, "log_probs", "old_log_probs",
                              {.level = rlhf::importance_level::none, .drift_limit = 0.5}, g.get<double>("advantages"))
                  .first});
}

TEST_CASE("presets: TRL's importance weights", "[presets]") {
    const policy_goldens g("trl");
    auto o = trl::importance_weights;
    const auto reproduces = [&](const char* name) {
        g.reproduce(name, clip(trl::ppo_policy_loss), common(trl::ppo_policy_loss),
                    {.weights = weights<double>(g, "old_log_probs", "behavior_log_probs", o).first});
    };
    reproduces("vllm_sequence_mask");
    o.beyond = rlhf::importance::truncate;
    reproduces("vllm_sequence_truncate");
    o.level = rlhf::importance_level::token;
    reproduces("vllm_token_truncate");
    o.beyond = rlhf::importance::mask;
    reproduces("vllm_token_mask");
}

TEST_CASE("presets: OpenRLHF's policy losses", "[presets]") {
    const policy_goldens g("openrlhf");
    const auto ppo = common(openrlhf::ppo_policy_loss);
    const auto plain = clip(openrlhf::ppo_policy_loss);
    g.reproduce("ppo", plain, ppo);
    auto by_sequence = ppo;
    by_sequence.aggregation = rlhf::aggregation::sequence_mean_token_mean;
    g.reproduce("sequence_mean", plain, by_sequence, {.weights = g.shrunk(1e-8)});
    g.reproduce("dual_clip", rlhf::ppo_clip{.dual = 3}, ppo);
    g.reproduce("gspo", openrlhf::gspo, openrlhf::gspo_policy_loss, {.weights = g.shrunk(1e-8)});
    for (const auto& [name, o] :
         std::map<std::string, rlhf::importance_weights_options>{{"tis", openrlhf::tis},
                                                                 {"icepop", openrlhf::icepop},
                                                                 {"sequence_mask", openrlhf::sequence_mask},
                                                                 {"tv", {.probability_limit = 0.2}}})
        g.reproduce(name, plain, ppo, {.weights = weights<double>(g, "old_log_probs", "behavior_log_probs", o).first});
}

TEMPLATE_TEST_CASE("presets: advantages of groups", "[presets]", float, double) {
    // TRL and OpenRLHF subtract the mean from the reward, and both are rounded at the size of the reward.
    const auto check = [](const char* rewards, const char* name, const rlhf::group_advantages_options& o) {
        INFO(name);
        const auto got = advantages<TestType>(policy_goldens::at_name(rewards)["rewards"], o);
        CHECK(worst_relative(got, policy_goldens::at_name(name)["advantages"]) < golden_tolerance<TestType>);
    };
    check("trl_rewards", "trl_advantages_group", trl::grpo);
    check("trl_rewards", "trl_advantages_batch", trl::grpo_batch_std);
    check("trl_rewards", "trl_advantages_none", trl::dr_grpo);
    check("openrlhf_rewards", "openrlhf_group_norm", openrlhf::group_norm);
    check("openrlhf_rewards", "openrlhf_dr_grpo", openrlhf::dr_grpo);
    check("openrlhf_rewards", "openrlhf_rloo", openrlhf::rloo);

    const auto& g = test::read_goldens("packages.txt");
    for (const auto& [name, o] : std::map<std::string, rlhf::group_advantages_options>{{"verl_grpo", verl::grpo},
                                                                                       {"verl_dr_grpo", verl::dr_grpo},
                                                                                       {"verl_rloo", verl::rloo},
                                                                                       {"verl_opo", verl::opo},
                                                                                       {"verl_remax", verl::remax}}) {
        INFO(name);
        const auto& c = g.at(name);
        auto want = c["advantages"];
        if (name == "verl_grpo") want[3] *= 1 + 1e-6; // verl divides a group of one by 1 + ε
        const std::vector<TestType> rewards(c["rewards"].begin(), c["rewards"].end());
        std::vector<TestType> got(rewards.size()), baselines;
        std::vector<std::int64_t> ids = c.integers("ids"), lengths = c.integers("lengths"), workspace(2 * ids.size());
        rlhf::group_advantages_arrays<TestType> a{.rewards = rewards, .advantages = got};
        if (o.baseline == rlhf::group_baseline::given)
            baselines.assign(c["baselines"].begin(), c["baselines"].end()), a.baselines = baselines;
        if (o.baseline == rlhf::group_baseline::length_weighted_mean) a.lengths = lengths;
        rlhf::group_advantages<TestType>({.ids = ids, .workspace = workspace}, a, o);
        CHECK(worst_relative(got, want) < golden_tolerance<TestType>);
    }
}

TEST_CASE("presets: the table of PRESETS.md", "[presets]") {
    std::ifstream file(RLHF_TESTS "/../PRESETS.md");
    const std::string page{std::istreambuf_iterator<char>(file), {}};
    int rows = 0;
    const auto row = [&](const std::string& axis, const auto&... presets) {
        std::string line = "\n| " + axis + " |";
        ((line += " " + cell(presets) + " |"), ...);
        INFO(line);
        CHECK(page.find(line + "\n") != std::string::npos);
        ++rows;
    };
    constexpr dash no;
    namespace skyrl = rlhf::preset::skyrl;
    namespace slime = rlhf::preset::slime;
    namespace nemo_rl = rlhf::preset::nemo_rl;
    const auto ppo = [&](const char* axis, auto member) {
        row(axis, rlhf::ppo_policy_loss_options{}.*member, verl::ppo_policy_loss.*member, trl::ppo_policy_loss.*member,
            openrlhf::ppo_policy_loss.*member, skyrl::ppo_policy_loss.*member, slime::ppo_policy_loss.*member,
            nemo_rl::ppo_policy_loss.*member);
    };
    ppo("clip range", &rlhf::ppo_policy_loss_options::clip_range);
    ppo("dual clip", &rlhf::ppo_policy_loss_options::dual_clip);
    ppo("limit of log ρ", &rlhf::ppo_policy_loss_options::log_ratio_limit);
    ppo("mean over", &rlhf::ppo_policy_loss_options::aggregation);
    row("cispo: bounds of ρ", rlhf::cispo{}, verl::cispo, trl::cispo, no, skyrl::cispo, slime::cispo, nemo_rl::cispo);
    row("gspo: range", no, verl::gspo.range, trl::gspo.range, openrlhf::gspo.range, skyrl::gspo.range,
        slime::gspo.range, nemo_rl::gspo.range);
    const auto gspo = [&](const char* axis, auto member) {
        row(axis, rlhf::policy_loss_options{}.*member, verl::gspo_policy_loss.*member,
            trl::sequence_policy_loss.*member, openrlhf::gspo_policy_loss.*member, skyrl::gspo_policy_loss.*member,
            slime::policy_loss.*member, nemo_rl::gspo_policy_loss.*member);
    };
    gspo("gspo: limit of log s", &rlhf::policy_loss_options::log_ratio_limit);
    gspo("gspo: mean over", &rlhf::policy_loss_options::aggregation);
    row("dppo_tv: range", rlhf::dppo_tv{}.range, verl::dppo_tv.range, no, no, skyrl::dppo_tv.range, no, no);
    row("dppo_tv: cap of ρ", rlhf::dppo_tv{}.cap, verl::dppo_tv.cap, no, no, skyrl::dppo_tv.cap, no, no);
    row("clip of values", rlhf::ppo_value_loss_options{}.clip_range, verl::ppo_value_loss.clip_range, no,
        openrlhf::ppo_value_loss.clip_range, skyrl::ppo_value_loss.clip_range, slime::ppo_value_loss.clip_range, no);
    const rlhf::ppo_advantages_options library;
    row("λ of gae", library.gae.lambda, verl::ppo_advantages.gae.lambda, no, openrlhf::ppo_advantages.gae.lambda, no,
        no, no);
    row("KL in the reward", library.rewards.kl_coef, verl::ppo_advantages.rewards.kl_coef, no,
        openrlhf::ppo_advantages.rewards.kl_coef, no, no, no);
    row("whitening: ddof", library.whiten.ddof, verl::ppo_advantages.whiten.ddof, no,
        openrlhf::ppo_advantages.whiten.ddof, no, no, no);
    row("groups: ε of the deviation", rlhf::group_advantages_options{}.epsilon, verl::grpo.epsilon, trl::grpo.epsilon,
        openrlhf::group_norm.epsilon, skyrl::grpo.epsilon, slime::grpo.epsilon, no);
    row("groups: one alone gets", rlhf::group_advantages_options{}.lone, verl::grpo.lone, trl::grpo.lone, no,
        skyrl::grpo.lone, no, no);
    // Nothing else stands in the table: each row, the heading and the line below it begin with a bar.
    std::size_t bars = 0;
    for (std::size_t at = 0; (at = page.find("\n|", at)) != std::string::npos; ++at) ++bars;
    CHECK(bars == static_cast<std::size_t>(rows) + 2);
}
