// SPDX-License-Identifier: MIT

// TRL's losses over pairs of answers, from the log-probabilities of tokens to their gradients: preferences.txt has what
// its own code and autograd make of them.

#include "golden/deviations.hpp"
#include "golden/goldens.hpp"
#include "support/cases.hpp"

#include <rlhf/preference.hpp>

#include <set>

namespace {

constexpr std::size_t pairs = 4, steps = 6;

constexpr auto row = "`preference_loss`"; // of PRESETS.md

/// The whole chain in double.
void agrees(const test::golden& g, const auto& objective, bool average = false) {
    const auto mask = g.integers<std::uint8_t>("mask");
    const rlhf::batch answers{.sequences = 2 * pairs, .steps = steps, .mask = mask, .denominator = rlhf::counted_here};
    std::vector<double> sums(2 * pairs), d_sums(2 * pairs), d(2 * pairs * steps, 7.0);
    rlhf::sequence_log_probs<double>(answers,
                                     {.log_probs = g["log_probs"], .ref_log_probs = g["ref_log_probs"], .sums = sums},
                                     {.average = average});
    const std::vector<std::int32_t> chosen{0, 1, 2, 3}, rejected{4, 5, 6, 7};
    const auto r = rlhf::preference_pairs<double>(
        {.steps = pairs, .mask = rlhf::all, .denominator = rlhf::counted_here},
        {.sums = sums, .chosen = chosen, .rejected = rejected, .d_sums = d_sums}, objective);
    rlhf::sequence_log_probs_backward<double>(answers, {.d_sums = d_sums, .d_log_probs = d}, {.average = average});
    const auto near = [&](double got, const char* key) {
        return test::agrees<double>(row, test::worst_relative(std::vector{got}, g[key]));
    };
    CHECK(near(r.loss(), "loss"));
    CHECK(test::agrees<double>(row, test::worst_of_largest(d, g["d_log_probs"])));
    if (!g.has("accuracy")) return;
    CHECK(near(r.mean_chosen_reward(), "chosen_reward"));
    CHECK(near(r.mean_rejected_reward(), "rejected_reward"));
    CHECK(r.accuracy() == g.number("accuracy"));
}

} // namespace

TEST_CASE("TRL: losses over pairs of answers", "[goldens]") {
    const auto cases = test::read_goldens("preferences.txt");
    std::set<std::string> left;
    for (const auto& [name, g] : cases) left.insert(name);
    const auto like = [&](const std::string& name, const auto& objective, bool average = false) {
        CAPTURE(name);
        agrees(cases.at(name), objective, average);
        left.erase(name);
    };
    const auto& any = cases.at("sigmoid");
    const double beta = any.number("beta"), e = any.number("label_smoothing"), gamma = any.number("gamma");
    like("sigmoid", rlhf::dpo{beta});
    like("sigmoid_norm", rlhf::dpo{beta}, true);
    like("robust", rlhf::robust_dpo{beta, e});
    like("hinge", rlhf::slic_hinge{beta});
    like("ipo", rlhf::ipo{beta}, true);
    like("exo_pair", rlhf::exo{beta, e});
    like("discopop", rlhf::discopop{beta});
    like("nca_pair", rlhf::nca{beta});
    like("bco_pair", rlhf::bco{beta});
    like("apo_zero", rlhf::apo_zero{beta});
    like("apo_down", rlhf::apo_down{beta});
    like("sppo_hard", rlhf::sppo{beta});
    like("cpo_sigmoid", rlhf::dpo{beta, e});
    like("cpo_simpo", rlhf::simpo{beta, gamma}, true);
    like("cpo_hinge", rlhf::slic_hinge{beta});
    like("cpo_ipo", rlhf::ipo{beta}, true);
    CHECK(left.empty());
}

TEST_CASE("TRL: deviations", "[goldens]") { test::holds_cells("TRL"); }
