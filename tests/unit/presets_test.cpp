// SPDX-License-Identifier: MIT

// PRESETS.md. Each preset has a test of its own, preset_<name>_test.cpp.

#include "support/catch.hpp"

#include <rlhf/recipe/preset/areal.hpp>
#include <rlhf/recipe/preset/liger.hpp>
#include <rlhf/recipe/preset/miles.hpp>
#include <rlhf/recipe/preset/ms_swift.hpp>
#include <rlhf/recipe/preset/nemo_rl.hpp>
#include <rlhf/recipe/preset/openrlhf.hpp>
#include <rlhf/recipe/preset/papers.hpp>
#include <rlhf/recipe/preset/prime_rl.hpp>
#include <rlhf/recipe/preset/roll.hpp>
#include <rlhf/recipe/preset/skyrl.hpp>
#include <rlhf/recipe/preset/slime.hpp>
#include <rlhf/recipe/preset/torchrl.hpp>
#include <rlhf/recipe/preset/trl.hpp>
#include <rlhf/recipe/preset/verl.hpp>

#include <fstream>
#include <iterator>
#include <sstream>

namespace {

namespace verl = rlhf::preset::verl;
namespace trl = rlhf::preset::trl;
namespace openrlhf = rlhf::preset::openrlhf;

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
std::string cell(rlhf::top_k_support support) {
    return support == rlhf::top_k_support::tail        ? "tail"
           : support == rlhf::top_k_support::truncated ? "truncated"
                                                       : "renormalized";
}
std::string cell(rlhf::lone_reward lone) { return lone == rlhf::lone_reward::kept ? "its reward" : "0"; }

} // namespace

TEST_CASE("presets: the table of PRESETS.md", "[presets]") {
    std::ifstream file(RLHF_TESTS "/../PRESETS.md");
    std::string page{std::istreambuf_iterator<char>(file), {}};
    page.resize(page.find("\n## How near")); // the table of deviations has tests of its own
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
    namespace areal = rlhf::preset::areal;
    namespace torchrl = rlhf::preset::torchrl;
    namespace liger = rlhf::preset::liger;
    namespace ms_swift = rlhf::preset::ms_swift;
    namespace roll = rlhf::preset::roll;
    namespace miles = rlhf::preset::miles;
    const auto ppo = [&](const char* axis, auto member) {
        row(axis, rlhf::ppo_policy_loss_options{}.*member, verl::ppo_policy_loss.*member, trl::ppo_policy_loss.*member,
            openrlhf::ppo_policy_loss.*member, skyrl::ppo_policy_loss.*member, slime::ppo_policy_loss.*member,
            nemo_rl::ppo_policy_loss.*member, areal::ppo_policy_loss.*member, torchrl::ppo_policy_loss.*member,
            liger::ppo_policy_loss.*member, ms_swift::ppo_policy_loss.*member, roll::ppo_policy_loss.*member,
            miles::ppo_policy_loss.*member);
    };
    ppo("clip range", &rlhf::ppo_policy_loss_options::clip_range);
    ppo("dual clip", &rlhf::ppo_policy_loss_options::dual_clip);
    ppo("limit of log ρ", &rlhf::ppo_policy_loss_options::log_ratio_limit);
    ppo("mean over", &rlhf::ppo_policy_loss_options::aggregation);
    row("cispo: bounds of ρ", rlhf::cispo{}, verl::cispo, trl::cispo, no, skyrl::cispo, slime::cispo, nemo_rl::cispo,
        no, torchrl::cispo, liger::cispo, ms_swift::cispo, roll::cispo, no);
    row("gspo: range", no, verl::gspo.range, trl::gspo.range, openrlhf::gspo.range, skyrl::gspo.range,
        slime::gspo.range, nemo_rl::gspo.range, areal::gspo.range, no, liger::gspo.range, ms_swift::gspo.range,
        roll::gspo.range, miles::gspo.range);
    const auto gspo = [&](const char* axis, auto member) {
        row(axis, rlhf::policy_loss_options{}.*member, verl::gspo_policy_loss.*member, trl::gspo_policy_loss.*member,
            openrlhf::gspo_policy_loss.*member, skyrl::gspo_policy_loss.*member, slime::policy_loss.*member,
            nemo_rl::gspo_policy_loss.*member, areal::policy_loss.*member, no, liger::gspo_policy_loss.*member,
            ms_swift::gspo_policy_loss.*member, roll::policy_loss.*member, miles::policy_loss.*member);
    };
    gspo("gspo: limit of log s", &rlhf::policy_loss_options::log_ratio_limit);
    gspo("gspo: mean over", &rlhf::policy_loss_options::aggregation);
    row("gmpo: range of log ρ", rlhf::gmpo{}.range, verl::gmpo.range, trl::gmpo.range, no, no, no, no, no, no, no, no,
        no, no);
    row("dppo_tv: range", rlhf::dppo_tv{}.range, verl::dppo_tv.range, no, no, skyrl::dppo_tv.range, no, no, no, no, no,
        no, no, no);
    row("dppo_tv: cap of ρ", rlhf::dppo_tv{}.cap, verl::dppo_tv.cap, no, no, skyrl::dppo_tv.cap, no, no, no, no, no, no,
        no, no);
    row("clip of values", rlhf::ppo_value_loss_options{}.clip_range, verl::ppo_value_loss.clip_range, no,
        openrlhf::ppo_value_loss.clip_range, skyrl::ppo_value_loss.clip_range, slime::ppo_value_loss.clip_range, no,
        areal::ppo_value_loss.clip_range, torchrl::ppo_value_loss.clip_range, no, no, roll::ppo_value_loss.clip_range,
        miles::ppo_value_loss.clip_range);
    const rlhf::ppo_advantages_options library;
    row("λ of gae", library.gae.lambda, verl::ppo_advantages.gae.lambda, no, openrlhf::ppo_advantages.gae.lambda,
        skyrl::ppo_advantages.gae.lambda, no, no, areal::ppo_advantages.gae.lambda, no, no, no,
        roll::ppo_advantages.gae.lambda, miles::gae.lambda);
    row("KL in the reward", library.rewards.kl_coef, verl::ppo_advantages.rewards.kl_coef, no,
        openrlhf::ppo_advantages.rewards.kl_coef, skyrl::ppo_advantages.rewards.kl_coef, no, no,
        areal::ppo_advantages.rewards.kl_coef, no, no, no, roll::ppo_advantages.rewards.kl_coef, no);
    row("whitening: ddof", library.whiten.ddof, verl::ppo_advantages.whiten.ddof, no,
        openrlhf::ppo_advantages.whiten.ddof, skyrl::ppo_advantages.whiten.ddof, no, no, no, no, no, no, no, no);
    row("groups: ε of the deviation", rlhf::group_advantages_options{}.epsilon, verl::grpo.epsilon, trl::grpo.epsilon,
        openrlhf::group_norm.epsilon, skyrl::grpo.epsilon, slime::grpo.epsilon, nemo_rl::grpo.epsilon, no,
        torchrl::group_advantages.epsilon, no, ms_swift::grpo.epsilon, roll::grpo.epsilon, miles::grpo.epsilon);
    row("groups: one alone gets", rlhf::group_advantages_options{}.lone, verl::grpo.lone, trl::grpo.lone, no,
        skyrl::grpo.lone, no, nemo_rl::grpo.lone, no, torchrl::group_advantages.lone, no, ms_swift::grpo.lone, no,
        miles::grpo.lone);
    row("top_k_divergence: support", rlhf::top_k_divergence_options{}.support, verl::top_k_divergence.support,
        trl::sdpo_top_k_divergence.support, no, no, no, nemo_rl::reverse_top_k_divergence.support, no, no, no, no, no,
        no);
    // Nothing else stands in the table: each row, the heading and the line below it begin with a bar.
    std::size_t bars = 0;
    for (std::size_t at = 0; (at = page.find("\n|", at)) != std::string::npos; ++at) ++bars;
    CHECK(bars == static_cast<std::size_t>(rows) + 2);
}
