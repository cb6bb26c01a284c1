// SPDX-License-Identifier: MIT

// The gradients of losses over pairs of answers that the references write, against central differences.

#include "reference/all.hpp"
#include "reference/differences.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"

using test::array, test::real, test::tolerance, test::worst_difference;

namespace {

constexpr std::size_t sequences = 5, steps = 6, elements = sequences * steps;

} // namespace

TEST_CASE("reference gradients of preferences", "[reference]") {
    test::random r(7);
    const std::pair<const char*, reference::preference> objectives[] = {
        {"dpo", reference::dpo(.7L, .1L, .3L)}, {"robust_dpo", reference::robust_dpo(.7L, .1L)},
        {"ipo", reference::ipo(.7L)},           {"slic_hinge", reference::slic_hinge(.7L)},
        {"exo", reference::exo(.7L, .1L)},      {"discopop", reference::discopop(.7L, .4L)},
        {"apo_zero", reference::apo_zero(.7L)}, {"apo_down", reference::apo_down(.7L)},
        {"sppo", reference::sppo(.7L)},         {"nca", reference::nca(.7L)},
        {"bco", reference::bco(.7L, .3L)},      {"orpo", reference::orpo(.7L)}};
    for (const auto kind : test::mask_kinds)
        for (const auto& [name, objective] : objectives) {
            CAPTURE(name);
            auto b = reference::padded(sequences, steps, test::mask(r, kind, sequences, steps));
            if (r.below(2) == 0) b.denominator = reference::counts{.tokens = 60, .sequences = 9};
            reference::preference_loss_arrays a{some(r, elements, 2), some(r, elements, 2), some(r, elements),
                                                some(r, elements)};
            for (auto* x : {&a.chosen, &a.rejected})
                for (real& e : *x) e = -.1L - std::fabs(e); // orpo compares log-probabilities
            const auto d = reference::preference_loss(b, a, objective, .7L);
            const auto by = [&, &objective = objective](array reference::preference_loss_arrays::*field) {
                return [&, field](const array& x) {
                    auto moved = a;
                    moved.*field = x;
                    return reference::preference_loss(b, moved, objective, .7L).loss;
                };
            };
            CHECK(worst_difference(by(&reference::preference_loss_arrays::chosen), a.chosen, d.d_chosen) < tolerance);
            CHECK(worst_difference(by(&reference::preference_loss_arrays::rejected), a.rejected, d.d_rejected) <
                  tolerance);
        }
}

TEST_CASE("reference gradients of judged answers", "[reference]") {
    test::random r(9);
    const std::pair<const char*, reference::unpaired> objectives[] = {{"kto", reference::kto(.7L, .4L, 1.5L, .5L)},
                                                                      {"bco", reference::unpaired_bco(.7L, .3L)}};
    for (const auto kind : test::mask_kinds)
        for (const auto& [name, objective] : objectives) {
            CAPTURE(name);
            const auto b = reference::padded(sequences, steps, test::mask(r, kind, sequences, steps));
            const auto desirable = test::flags(r, elements, 0.5);
            const auto log_ratios = some(r, elements, 2), weights = some(r, elements);
            const auto value = [&, &objective = objective](const array& x) {
                return reference::unpaired_loss(b, {x, desirable, weights}, objective, .7L).loss;
            };
            const auto d = reference::unpaired_loss(b, {log_ratios, desirable, weights}, objective, .7L);
            CHECK(worst_difference(value, log_ratios, d.d_log_ratios) < tolerance);
        }
}

TEST_CASE("reference gradients of sums of sequences", "[reference]") {
    test::random r(8);
    for (const auto kind : test::mask_kinds)
        for (const bool average : {false, true}) {
            const auto b = reference::padded(sequences, steps, test::mask(r, kind, sequences, steps));
            const auto log_probs = some(r, elements), ref = some(r, elements), d_sums = some(r, sequences);
            const auto value = [&](const array& x) {
                const array sums = reference::sequence_log_probs(b, {x, ref}, average);
                real total = 0;
                for (std::size_t s = 0; s < sequences; ++s) total += d_sums[s] * sums[s];
                return total;
            };
            CHECK(worst_difference(value, log_probs, reference::sequence_log_probs_backward(b, d_sums, average)) <
                  tolerance);
        }
}
