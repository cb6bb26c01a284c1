// SPDX-License-Identifier: MIT
#include "contract/contract.hpp"
#include "support/cases.hpp"

#include <rlhf/recipe/preference_nll.hpp>

namespace {

constexpr std::size_t B = 5, S = 7;

std::vector<double> digest(const rlhf::preference_nll_result& r) {
    return {r.loss(),         r.preference.loss(), r.preference.accuracy(), r.nll.loss(), r.nll.nll(),
            r.nll.own.tokens, r.nll.own.sequences, r.preference.own.tokens, r.nll_weight, r.nll.mean_loss()};
}
std::vector<std::int32_t> places(test::random& r, std::size_t n) { return test::targets<std::int32_t>(r, n, B); }

/// Answers, and a text in which the tokens before them count as well.
template <class T>
struct example {
    test::random r{31};
    std::vector<T> log_probs = test::log_probs<T>(r, B*S), ref = test::log_probs<T>(r, B*S);
    std::vector<std::uint8_t> answer = test::flags(r, B*S, 0.6), more = test::flags(r, B*S, 0.9);
    rlhf::batch answers{.sequences = B, .steps = S, .mask = answer, .denominator = rlhf::counted_here};
    rlhf::batch text{.sequences = B, .steps = S, .mask = more, .denominator = rlhf::counted_here};
    std::vector<T> sums = std::vector<T>(B), d_sums = std::vector<T>(B), d = std::vector<T>(B * S, T(7));
};

const std::vector<std::int32_t> chosen{0, 0, 3, 9}, rejected{1, 2, 4, -9}; // the fourth pair does not count
const std::vector<std::uint8_t> counts_here{1, 1, 1, 0};
const rlhf::batch pairs{.steps = 4, .mask = counts_here, .denominator = rlhf::counted_here};

} // namespace

TEMPLATE_TEST_CASE("preference_nll: same bits however the pairs are laid out", "[contract]", float, double) {
    using T = TestType;
    example<T> x;
    x.text.denominator = rlhf::counts{1e6, 1e6};
    contract::holds<T>(
        {.inputs = {test::advantages<T>}, .indices = {places, places}, .outputs = 0},
        [&](const contract::call<T>& c) {
            return rlhf::preference_nll<T>(x.answers, c.batch, x.text,
                                           {.log_probs = x.log_probs,
                                            .chosen = c.index(0),
                                            .rejected = c.index(1),
                                            .weights = c.in[0],
                                            .sums = x.sums,
                                            .d_sums = x.d_sums},
                                           rlhf::dpo{}, {.nll_weight = 0.5}, c.run);
        },
        digest);
}

TEMPLATE_TEST_CASE("preference_nll: equals its parts, and the likelihood counts once per pair", "", float, double) {
    using T = TestType;
    example<T> x;
    for (const bool average : {false, true})
        for (const double scale : {1.0, -3.0}) {
            const auto got = rlhf::preference_nll<T>(x.answers, pairs, x.text,
                                                     {.log_probs = x.log_probs,
                                                      .ref_log_probs = x.ref,
                                                      .chosen = chosen,
                                                      .rejected = rejected,
                                                      .sums = x.sums,
                                                      .d_sums = x.d_sums,
                                                      .d_log_probs = rlhf::write_to(x.d, scale)},
                                                     rlhf::dpo{}, {.nll_weight = 0.5, .average = average});
            std::vector<T> sums(B), d_sums(B), d(B * S);
            rlhf::sequence_log_probs<T>(x.answers, {.log_probs = x.log_probs, .ref_log_probs = x.ref, .sums = sums},
                                        {.average = average});
            const auto preference = rlhf::preference_pairs<T>(
                pairs, {.sums = sums, .chosen = chosen, .rejected = rejected, .d_sums = d_sums}, rlhf::dpo{});
            rlhf::sequence_log_probs_backward<T>(x.answers, {.d_sums = d_sums, .d_log_probs = rlhf::write_to(d, scale)},
                                                 {.average = average});
            CHECK((test::same_bits(x.sums, sums) && test::same_bits(x.d_sums, d_sums)));
            double tokens = 0, nll = 0;
            for (const std::size_t s : {0U, 0U, 3U}) // sequence 0 is preferred twice
                for (std::size_t t = s * S; t < (s + 1) * S; ++t)
                    if (x.more[t] != 0) tokens += 1, nll -= double(x.log_probs[t]);
            CHECK(got.nll.own == rlhf::counts{tokens, 3});
            CHECK(got.nll.loss() == Approx(nll / tokens).epsilon(1e-6));
            CHECK(got.preference.loss() == preference.loss());
            CHECK(got.loss() == preference.loss() + 0.5 * got.nll.loss());
            const double times[B] = {2, 0, 0, 1, 0};
            for (std::size_t i = 0; i < B * S; ++i) {
                const double likely = x.more[i] != 0 ? -0.5 * times[i / S] / tokens : 0;
                CHECK(double(x.d[i]) == Approx(double(d[i]) + scale * likely).epsilon(1e-6).margin(1e-9));
            }
        }
}

TEST_CASE("preference_nll: parts of a step join, and a weight of 0 leaves the likelihood out") {
    example<double> x;
    const auto run = [&](const rlhf::batch& of, const rlhf::batch& text, double weight, double first) {
        x.log_probs[0] = first;
        return rlhf::preference_nll<double>(x.answers, of, text,
                                            {.log_probs = x.log_probs,
                                             .chosen = chosen,
                                             .rejected = rejected,
                                             .sums = x.sums,
                                             .d_sums = x.d_sums,
                                             .d_log_probs = x.d},
                                            rlhf::ipo{}, {.nll_weight = weight});
    };
    x.answer[0] = 0, x.more[0] = 1;
    const double inf = std::numeric_limits<double>::infinity();
    CHECK(run(pairs, x.text, 1, -inf).loss() == inf);
    CHECK(std::isfinite(run(pairs, x.text, 0, -inf).loss()));
    const auto whole = run(pairs, x.text, 2, -1);
    const std::vector<double> of_whole = x.d;
    rlhf::batch text = x.text;
    text.denominator = whole.nll.own;
    const std::vector<std::uint8_t> front{1, 0, 0, 0}, back{0, 1, 1, 0};
    rlhf::preference_nll_result joined;
    std::vector<double> added(B * S, 0.0);
    for (const auto* mask : {&front, &back}) {
        joined += run({.steps = 4, .mask = *mask, .denominator = rlhf::counts{3, 1}}, text, 2, -1);
        for (std::size_t i = 0; i < B * S; ++i) added[i] += x.d[i];
    }
    joined += rlhf::preference_nll_result(); // of no pairs
    CHECK(joined.loss() == Approx(whole.loss()).epsilon(1e-15));
    CHECK(joined.nll.own == whole.nll.own);
    for (std::size_t i = 0; i < B * S; ++i) CHECK(added[i] == Approx(of_whole[i]).epsilon(1e-13).margin(1e-15));
}

TEST_CASE("preference_nll: wrong arguments throw, and no gradient is written") {
    example<float> x;
    rlhf::preference_nll_arrays<float> right{.log_probs = x.log_probs,
                                             .chosen = chosen,
                                             .rejected = rejected,
                                             .sums = x.sums,
                                             .d_sums = x.d_sums,
                                             .d_log_probs = x.d};
    const auto said = [&](const rlhf::batch& text, const rlhf::preference_nll_arrays<float>& a, double weight = 1) {
        const auto words = test::refusal(
            [&] { rlhf::preference_nll(x.answers, pairs, text, a, rlhf::dpo{}, {.nll_weight = weight}); });
        CHECK(x.d == std::vector<float>(B * S, 7.f));
        return words;
    };
    const std::string f = "rlhf::preference_nll: ";
    rlhf::batch text = x.text;
    text.denominator = rlhf::counts{3, 3};
    CHECK(said(text, right).starts_with(f + "the batch counts "));
    text = x.text, text.sequences = B - 1, text.mask = rlhf::all;
    CHECK(said(text, right) == f + "text and answers differ in shape");
    text = x.text, text.steps = S - 1, text.mask = rlhf::all;
    CHECK(said(text, right) == f + "text and answers differ in shape");
    text = x.text, text.layout = rlhf::layout::time_first;
    CHECK(said(text, right) == f + "text and answers differ in shape");
    CHECK(said(x.text, right, double(NAN)) == f + "nll_weight is nan, expected a finite number");
    auto wrong = right;
    const std::vector<std::int32_t> beyond{0, 0, 5, 0};
    wrong.chosen = beyond;
    CHECK(said(x.text, wrong) == "rlhf::preference_pairs: chosen of pair 2 is 5, which is outside the 5 sequences");
    wrong = right, wrong.d_log_probs = x.log_probs;
    CHECK(said(x.text, wrong) == f + "d_log_probs overlaps log_probs");
}
