// SPDX-License-Identifier: MIT

// TRL's losses over pairs of answers and over single ones, from the log-probabilities of tokens to their gradients:
// preferences.txt and unpaired.txt have what its own code and autograd make of them.

#include "golden/deviations.hpp"
#include "golden/goldens.hpp"
#include "support/cases.hpp"

#include <rlhf/advantage/whiten.hpp>
#include <rlhf/preference.hpp>
#include <rlhf/recipe/preset/trl.hpp>

#include <set>

namespace {

constexpr std::size_t pairs = 4, steps = 6;

/// The loss and the gradient of the tokens equal the case's. The rows are of PRESETS.md.
void agrees_on(const char* row, const test::golden& g, double loss, const std::vector<double>& d) {
    CHECK(test::agrees<double>(row, test::worst_relative(std::vector{loss}, g["loss"])));
    CHECK(test::agrees<double>(row, test::worst_of_largest(d, g["d_log_probs"])));
}

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
    constexpr auto row = "`preference_loss`";
    agrees_on(row, g, r.loss(), d);
    if (!g.has("accuracy")) return;
    const auto near = [&](double got, const char* key) {
        return test::agrees<double>(row, test::worst_relative(std::vector{got}, g[key]));
    };
    CHECK(near(r.mean_chosen_reward(), "chosen_reward"));
    CHECK(near(r.mean_rejected_reward(), "rejected_reward"));
    CHECK(r.accuracy() == g.number("accuracy"));
}

/// CPO and ORPO, whose second term is the likelihood of the preferred answers.
void agrees_with_nll(const test::golden& g, const auto& objective, bool average) {
    const auto mask = g.integers<std::uint8_t>("mask"), text = g.integers<std::uint8_t>("text");
    const rlhf::batch answers{.sequences = 2 * pairs, .steps = steps, .mask = mask, .denominator = rlhf::counted_here};
    rlhf::batch likely = answers;
    likely.mask = text;
    std::vector<double> sums(2 * pairs), d_sums(2 * pairs), d(2 * pairs * steps, 7.0);
    const std::vector<std::int32_t> chosen{0, 1, 2, 3}, rejected{4, 5, 6, 7};
    const auto r = rlhf::preference_nll<double>(
        answers, {.steps = pairs, .mask = rlhf::all, .denominator = rlhf::counted_here}, likely,
        {.log_probs = g["log_probs"],
         .chosen = chosen,
         .rejected = rejected,
         .sums = sums,
         .d_sums = d_sums,
         .d_log_probs = d},
        objective, {.nll_weight = g.number("nll_weight"), .average = average});
    agrees_on("`preference_nll`", g, r.loss(), d);
}

/// AOT: both sides sorted. Paired, the sums are the margins of the policy and of the reference.
void agrees_sorted(const test::golden& g, const rlhf::dpo& objective, bool paired) {
    const auto mask = g.integers<std::uint8_t>("mask");
    const rlhf::batch answers{.sequences = 2 * pairs, .steps = steps, .mask = mask, .denominator = rlhf::counted_here};
    std::vector<double> sums(2 * pairs), ref_sums(2 * pairs), d_sums(2 * pairs), d(2 * pairs * steps, 7.0);
    const auto sum = [&](const std::string& of, std::vector<double>& to) {
        rlhf::sequence_log_probs<double>(answers, {.log_probs = g[of], .sums = to});
    };
    sum("log_probs", sums), sum("ref_log_probs", ref_sums);
    std::vector<double> sides(2 * pairs);
    for (std::size_t p = 0; p < 2 * pairs; ++p)
        sides[p] = !paired     ? sums[p] - ref_sums[p]
                   : p < pairs ? sums[p] - sums[p + pairs]
                               : ref_sums[p - pairs] - ref_sums[p];
    std::vector<std::int32_t> chosen{0, 1, 2, 3}, rejected{4, 5, 6, 7};
    rlhf::sort_pairs<double>(sides, std::span(chosen), std::span(rejected));
    const auto r = rlhf::preference_pairs<double>(
        {.steps = pairs, .mask = rlhf::all, .denominator = rlhf::counted_here},
        {.sums = sides, .chosen = chosen, .rejected = rejected, .d_sums = d_sums}, objective);
    if (paired)
        for (std::size_t p = 0; p < pairs; ++p) d_sums[p + pairs] = -d_sums[p];
    rlhf::sequence_log_probs_backward<double>(answers, {.d_sums = d_sums, .d_log_probs = d});
    agrees_on("`sort_pairs`", g, r.loss(), d);
}

rlhf::batch in_a_row(std::size_t n) { return {.steps = n, .mask = rlhf::all, .denominator = rlhf::counted_here}; }

/// The same for answers that were judged one by one. objective_of(log ratios) makes the objective.
void answers_agree(const test::golden& g, const auto& objective_of) {
    const auto mask = g.integers<std::uint8_t>("mask"), desirable = g.integers<std::uint8_t>("desirable");
    const std::size_t n = desirable.size(), T = mask.size() / n;
    const rlhf::batch answers{.sequences = n, .steps = T, .mask = mask, .denominator = rlhf::counted_here};
    std::vector<double> sums(n), d_sums(n), d(n * T, 7.0);
    rlhf::sequence_log_probs<double>(answers,
                                     {.log_probs = g["log_probs"], .ref_log_probs = g["ref_log_probs"], .sums = sums});
    const auto r = rlhf::unpaired_loss<double>(
        in_a_row(n), {.log_ratios = sums, .desirable = desirable, .d_log_ratios = d_sums}, objective_of(sums));
    rlhf::sequence_log_probs_backward<double>(answers, {.d_sums = d_sums, .d_log_probs = d});
    constexpr auto row = "`unpaired_loss`";
    agrees_on(row, g, r.loss(), d);
    const auto near = [&](double got, const char* key) {
        return test::agrees<double>(row, test::worst_relative(std::vector{got}, g[key]));
    };
    CHECK(near(r.mean_desirable_reward(), "desirable_reward"));
    CHECK(near(r.mean_undesirable_reward(), "undesirable_reward"));
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
    agrees_with_nll(cases.at("cpo_nll"), rlhf::dpo{beta, e}, false);
    agrees_with_nll(cases.at("orpo"), rlhf::orpo{beta}, true);
    agrees_sorted(cases.at("aot"), rlhf::dpo{beta, e}, true);
    agrees_sorted(cases.at("aot_unpaired"), rlhf::dpo{beta, e}, false);
    for (const char* done : {"cpo_nll", "orpo", "aot", "aot_unpaired"}) left.erase(done);
    CHECK(left.empty());
}

TEST_CASE("TRL: losses over single answers", "[goldens]") {
    const auto cases = test::read_goldens("unpaired.txt");
    CHECK(cases.size() == 8);
    rlhf::moments seen; // of all answers so far
    for (const auto& [name, g] : cases) {
        CAPTURE(name);
        const double beta = g.number("beta");
        if (name.starts_with("bco"))
            answers_agree(g, [&, &g = g](const std::vector<double>& sums) {
                seen += rlhf::moments_of<double>(in_a_row(sums.size()), sums);
                const double shift = g.number("shift"); // TRL keeps floats
                CHECK(beta * seen.mean() == Approx(shift).epsilon(2e-7));
                auto o = rlhf::preset::trl::bco;
                o.beta = beta, o.shift = shift;
                return o;
            });
        else
            answers_agree(g, [&, &g = g](const auto&) {
                double reference_point = 0;
                if (g.has("other")) {
                    std::vector<double> mismatched = g["other"];
                    for (std::size_t i = 0; i < mismatched.size(); ++i) mismatched[i] -= g["other_ref"][i];
                    const auto m = rlhf::moments_of<double>(in_a_row(mismatched.size()), mismatched);
                    reference_point = name.starts_with("kto") ? std::max(0.0, m.mean()) : 0;
                }
                CHECK(reference_point == Approx(g.number("reference_point")).epsilon(1e-12));
                auto o = rlhf::preset::trl::kto;
                o.beta = beta, o.reference_point = reference_point;
                o.desirable_weight = g.number("desirable_weight");
                o.undesirable_weight = g.number("undesirable_weight");
                return o;
            });
    }
}

TEST_CASE("TRL: deviations", "[goldens]") { test::holds_cells("TRL"); }
