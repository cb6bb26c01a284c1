// SPDX-License-Identifier: MIT
#include "contract/contract.hpp"
#include "reference/shape_scores.hpp"
#include "support/rows.hpp"

#include <rlhf/advantage/shape_scores.hpp>

#include <algorithm>

namespace {

using rlhf::overlong;
using options = rlhf::shape_scores_options;

/// Options that differ in everything; tokens as in rows of up to 45.
const std::vector<options> several_options{
    {},
    {.max_length = 40, .overlong_buffer = 16},
    {.max_length = 20, .overlong_buffer = 20, .overlong_penalty = 0.75, .overlong = overlong::growing},
    {.max_length = 12, .overlong_buffer = 8, .overlong_penalty = 2, .unfinished_penalty = 0.3},
    {.max_length = 12, .overlong_buffer = 7, .overlong = overlong::growing, .unfinished_factor = 0.4},
    {.max_length = 12, .overlong_buffer = 7, .unfinished_score = -1},
    {.unfinished_factor = 0, .unfinished_penalty = 1.5},
};

template <class T>
std::vector<T> scores(test::random& r, std::size_t n) {
    return test::normals<T>(r, n, 0, 3);
}

/// The scores of a batch beside the counts. Parts join as sets, because placements permute rows and add empty ones,
/// whose scores are left out here.
template <class T>
struct shaped_scores {
    rlhf::shape_scores_result counts;
    std::vector<double> shaped = {};
    shaped_scores& operator+=(const shaped_scores& o) {
        counts += o.counts;
        shaped.insert(shaped.end(), o.shaped.begin(), o.shaped.end());
        return *this;
    }
    static std::vector<double> digest(shaped_scores all) {
        std::sort(all.shaped.begin(), all.shaped.end());
        all.shaped.push_back(all.counts.overlong);
        return all.shaped;
    }
};

const rlhf::batch three{.sequences = 3, .steps = 5, .mask = rlhf::all, .denominator = rlhf::counted_here};

} // namespace

TEMPLATE_TEST_CASE("shape_scores: same numbers however the batch is laid out", "[contract]", float, double) {
    using T = TestType;
    const options o{.max_length = 700, .overlong_buffer = 600, .overlong = overlong::growing};
    contract::holds<T>(
        {.inputs = {}, .sequences = {scores<T>}, .outputs = 0},
        [&](const contract::call<T>& c) {
            const auto n = static_cast<std::size_t>(c.batch.size());
            std::vector<T> shaped(n);
            shaped_scores<T> r{rlhf::shape_scores<T>(c.batch, {.scores = c.sequence[0], .shaped = shaped}, o)};
            for (std::size_t s = 0; s < n; ++s) // a sequence of which nothing counts may be one that was added
                if (rlhf::count(c.batch.part(s, 1)).tokens > 0) r.shaped.push_back(static_cast<double>(shaped[s]));
            return r;
        },
        shaped_scores<T>::digest);
}

TEMPLATE_TEST_CASE("shape_scores: the reference, in every layout, with every option", "", float, double) {
    using T = TestType;
    test::random r(1);
    for (const auto how : test::arrangements)
        for (const auto kind : test::mask_kinds)
            for (const bool next : {false, true}) {
                const test::rows rows(r, how, kind, 9, 45, next);
                const auto score = scores<T>(r, rows.sequences);
                const auto finished = test::flags(r, rows.sequences, 0.5);
                std::vector<std::int64_t> lengths;
                for (std::size_t s = 0; s < rows.sequences; ++s)
                    lengths.push_back(static_cast<std::int64_t>(r.below(60)));
                for (const auto& o : several_options)
                    for (const bool given : {false, true}) {
                        CAPTURE(how, kind, next, given, o.max_length, o.unfinished_factor);
                        std::vector<T> shaped(rows.sequences, T(77));
                        rlhf::shape_scores_arrays<T> a{.scores = score, .finished = finished, .shaped = shaped};
                        if (given) a.lengths = lengths;
                        const auto got = rlhf::shape_scores<T>(rows.library, a, o);
                        reference::shape_scores_options p{.max_length = o.max_length,
                                                          .overlong_buffer = o.overlong_buffer,
                                                          .overlong_penalty = o.overlong_penalty,
                                                          .capped = o.overlong == overlong::capped,
                                                          .unfinished_factor = o.unfinished_factor,
                                                          .unfinished_penalty = o.unfinished_penalty};
                        if (o.unfinished_score) p.unfinished_score = *o.unfinished_score;
                        const auto want =
                            reference::shape_scores(rows.plain, reference::to_real(score), p,
                                                    given ? lengths : std::vector<std::int64_t>(), finished);
                        // Rounded to T; before it five operations on doubles below 16.
                        for (std::size_t s = 0; s < rows.sequences; ++s)
                            CHECK(std::abs(static_cast<reference::real>(shaped[s]) - want[s]) <=
                                  std::numeric_limits<T>::epsilon() * std::abs(want[s]) + 0x1p-47L);
                        const auto unfinished = std::count(finished.begin(), finished.end(), std::uint8_t(0));
                        CHECK(got.unfinished == static_cast<double>(unfinished));
                        CHECK(got.sequences == static_cast<double>(rows.sequences));
                    }
            }
}

TEST_CASE("shape_scores: the penalty by length, by hand") {
    const std::vector<std::int32_t> lengths{0, 80, 81, 90, 100, 110};
    const std::vector<double> score(6);
    const rlhf::batch b{.sequences = 6, .steps = 0, .mask = rlhf::all, .denominator = rlhf::counted_here};
    std::vector<double> shaped(6);
    const auto of = [&](options o) {
        o.max_length = 100, o.overlong_buffer = 20;
        const auto r = rlhf::shape_scores<double>(b, {.scores = score, .lengths = lengths, .shaped = shaped}, o);
        CHECK((r.sequences == 6 && r.overlong == 4 && r.unfinished == 0));
        return shaped;
    };
    CHECK(of({}) == std::vector<double>{0, 0, -.05, -.5, -1, -1});
    CHECK(of({.overlong = overlong::growing}) == std::vector<double>{0, 0, -.05, -.5, -1, -1.5});
    CHECK(of({.overlong_penalty = 4}) == std::vector<double>{0, 0, -.2, -2, -4, -4});

    const auto none = rlhf::shape_scores<double>(b, {.scores = score, .lengths = lengths, .shaped = shaped},
                                                 {.max_length = 90, .overlong_buffer = 0});
    CHECK((none.overlong == 0 && shaped == score));
}

TEST_CASE("shape_scores: lengths are one per sequence, also as a row or a column, and of a part") {
    const std::vector<std::int32_t> lengths{80, 90, 100}, spaced{80, 0, 90, 0, 100, 0};
    const std::vector<double> score(3, 1.0);
    std::vector<double> shaped(3), want(3);
    const rlhf::batch b{.sequences = 3, .steps = 1, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const rlhf::shape_scores_options o{.max_length = 100, .overlong_buffer = 20};
    rlhf::shape_scores<double>(b, {.scores = score, .lengths = lengths, .shaped = want}, o);
    const auto row = rlhf::view(lengths.data(), {.sequences = 1, .steps = 3}),
               column = rlhf::view(spaced.data(), {.sequences = 3, .steps = 1, .stride = 2});
    for (const auto& given : {row, column, rlhf::per_sequence(lengths), rlhf::per_sequence(column)}) {
        rlhf::shape_scores<double>(b, {.scores = score, .lengths = given, .shaped = shaped}, o);
        CHECK(shaped == want);
        const auto last = rlhf::part(rlhf::per_sequence(given), b, 2, 1);
        rlhf::shape_scores<double>(
            b.part(2, 1), {.scores = std::span(score).first(1), .lengths = last, .shaped = std::span(shaped).first(1)},
            o);
        CHECK(shaped[0] == want[2]);
    }
}

TEMPLATE_TEST_CASE("shape_scores: unfinished sequences, in place, and scores that are not finite", "", float, double) {
    using T = TestType;
    const T inf = std::numeric_limits<T>::infinity();
    const std::vector<std::uint8_t> finished{1, 0, 0};
    const auto of = [&](std::vector<T> x, const options& o) {
        const auto r = rlhf::shape_scores<T>(three, {.scores = x, .finished = finished, .shaped = x}, o);
        CHECK((r.unfinished == 2 && r.sequences == 3));
        return x;
    };
    CHECK(of({6, 6, -8}, {}) == std::vector<T>{6, 6, -8});
    CHECK(of({6, 6, -8}, {.unfinished_penalty = 2}) == std::vector<T>{6, 4, -10});
    CHECK(of({6, 6, -8}, {.unfinished_factor = 0.5, .unfinished_penalty = 2}) == std::vector<T>{6, 1, -6});
    CHECK(of({6, 6, -8}, {.unfinished_score = -1}) == std::vector<T>{6, -1, -1});
    // The five tokens of each sequence cost 1, before the factor.
    CHECK(of({6, 6, -8}, {.max_length = 5, .overlong_buffer = 1, .unfinished_factor = 0.5}) ==
          std::vector<T>{5, 2.5, -4.5});
    CHECK(of({inf, -inf, inf}, {.max_length = 5, .overlong_buffer = 5}) == std::vector<T>{inf, -inf, inf});
    CHECK(std::isnan(of({0, std::numeric_limits<T>::quiet_NaN(), 0}, {})[1]));
    CHECK(of({0, std::numeric_limits<T>::quiet_NaN(), 0}, {.unfinished_score = 3}) == std::vector<T>{0, 3, 3});
}

TEST_CASE("shape_scores: a result is joined by +=") {
    rlhf::shape_scores_result r{1, 2, 3};
    r += {10, 20, 30};
    CHECK(r == rlhf::shape_scores_result{11, 22, 33});
}

TEMPLATE_TEST_CASE("shape_scores: the formula at special values", "", float, double) {
    using T = TestType;
    namespace formula = rlhf::formula;
    const T inf = std::numeric_limits<T>::infinity();
    const formula::overlong_rule<T> none{0, 1, 0, overlong::capped}, some{2, 4, 3, overlong::growing};
    CHECK(test::same_bits(none(T(7)), T(0)));
    CHECK(test::same_bits(some(T(2)), T(0)));
    CHECK(some(T(3)) == T(.75));
    CHECK(some(inf) == inf);
    CHECK(formula::overlong_rule<T>{2, 4, 3, overlong::capped}(inf) == 3);
    const formula::unfinished<T> plain{0, false, 0}, replaced{5, true, -2};
    for (const T x : test::special_values<T>) {
        CHECK(test::ulp_distance(formula::shaped_score(x, T(9), true, none, replaced), x) == 0);
        CHECK(test::ulp_distance(formula::shaped_score(x, T(9), false, none, plain), x) == 0);
        CHECK(formula::shaped_score(x, T(9), false, none, replaced) == -2);
    }
}

TEST_CASE("shape_scores: what it refuses") {
    std::vector<float> x(3, 1.F), two(2), seven(7);
    const std::vector<std::uint8_t> finished{1, 0, 1};
    const std::vector<std::int32_t> lengths{1, -4, 2};
    const rlhf::shape_scores_arrays<float> good{.scores = x, .shaped = x};
    const auto says = [&](auto change, const options& o = {}) {
        auto arrays = good;
        change(arrays);
        return test::refusal([&] { rlhf::shape_scores<float>(three, arrays, o); });
    };
    const auto nothing = [](auto&) {};
    const auto finishes = [&](auto& a) { a.finished = finished; };
    CHECK(says(nothing) == "");
    CHECK(says([](auto& a) { a.scores = {}; }) == "rlhf::shape_scores: scores is missing");
    CHECK(says([](auto& a) { a.shaped = {}; }) == "rlhf::shape_scores: shaped is missing");
    CHECK(says([&](auto& a) { a.scores = two; }) ==
          "rlhf::shape_scores: scores has 2 elements, expected 3 (one per sequence)");
    CHECK(says([&](auto& a) { a.lengths = std::span(lengths).first(2); }) ==
          "rlhf::shape_scores: lengths has 2 elements, expected 3 (one per sequence)");
    CHECK(says([&](auto& a) { a.lengths = lengths; }) ==
          "rlhf::shape_scores: lengths has -4 at sequence 1, expected at least 0");
    CHECK(says([&](auto& a) { a.scores = std::span(seven).first(3), a.shaped = std::span(seven).subspan(1, 3); }) ==
          "rlhf::shape_scores: shaped overlaps scores");
    CHECK(says(nothing, {.overlong_buffer = -1}) == "rlhf::shape_scores: overlong_buffer is -1, expected at least 0");
    CHECK(says(nothing, {.max_length = 3, .overlong_buffer = 4}) ==
          "rlhf::shape_scores: max_length is 3, less than overlong_buffer, 4");
    CHECK(says(nothing, {.max_length = -1}) == "rlhf::shape_scores: max_length is -1, less than overlong_buffer, 0");
    CHECK(says(nothing, {.overlong_penalty = 1e39}) ==
          "rlhf::shape_scores: overlong_penalty is 1e+39, which is infinite as a float");
    CHECK(says(finishes, {.unfinished_factor = std::nan("")}) ==
          "rlhf::shape_scores: unfinished_factor is nan, expected a finite number");
    CHECK(says(finishes, {.unfinished_penalty = rlhf::unlimited}) ==
          "rlhf::shape_scores: unfinished_penalty is inf, expected a finite number");
    CHECK(says(finishes, {.unfinished_score = 1e39}) ==
          "rlhf::shape_scores: unfinished_score is 1e+39, which is infinite as a float");
    for (const options& both : {options{.unfinished_penalty = 1, .unfinished_score = 0.0},
                                options{.unfinished_factor = 0.5, .unfinished_score = 0.0}})
        CHECK(says(finishes, both) == "rlhf::shape_scores: unfinished_score replaces what unfinished_factor and "
                                      "unfinished_penalty change: give one");
    for (const options& one :
         {options{.unfinished_penalty = 1}, options{.unfinished_factor = 0.5}, options{.unfinished_score = 0.0}})
        CHECK(says(nothing, one) == "rlhf::shape_scores: options for unfinished sequences need finished");
    std::vector<float> y(3, 1.F);
    CHECK(says([&](auto& a) {
              a.shaped = y;
              a.lengths = lengths;
          }) != "");
    CHECK(y == std::vector<float>(3, 1.F));
}
