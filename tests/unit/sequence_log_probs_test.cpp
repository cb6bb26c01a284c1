// SPDX-License-Identifier: MIT
#include "contract/contract.hpp"
#include "reference/sequence_log_probs.hpp"
#include "support/cases.hpp"

#include <rlhf/preference/sequence_log_probs.hpp>

#include <algorithm>

namespace {

constexpr float inf = std::numeric_limits<float>::infinity(), NaN = std::numeric_limits<float>::quiet_NaN();

/// The sums of a batch beside the result. Parts join as sets, because placements permute rows and add empty ones.
template <class T>
struct summed {
    rlhf::sequence_log_probs_result result;
    std::vector<double> sums = {};

    summed& operator+=(const summed& o) {
        result += o.result;
        sums.insert(sums.end(), o.sums.begin(), o.sums.end());
        return *this;
    }
    static std::vector<double> digest(summed all) {
        std::erase(all.sums, 0.0);
        std::sort(all.sums.begin(), all.sums.end());
        all.sums.insert(all.sums.end(), {all.result.own.tokens, all.result.own.sequences, all.result.nonfinite});
        return all.sums;
    }
};

template <class T>
void contract_holds(const rlhf::sequence_log_probs_options& o) {
    contract::holds<T>(
        {.inputs = {test::log_probs<T>, test::log_probs<T>}, .outputs = 0},
        [&](const contract::call<T>& c) {
            std::vector<T> sums(static_cast<std::size_t>(c.batch.size()), T(7));
            const auto r = rlhf::sequence_log_probs<T>(
                c.batch, {.log_probs = c.in[0], .ref_log_probs = c.in[1], .sums = sums}, o, c.run);
            return summed<T>{r, {sums.begin(), sums.end()}};
        },
        summed<T>::digest);
    contract::holds<T>(
        {.inputs = {}, .sequences = {test::advantages<T>}, .adds = true}, [&](const contract::call<T>& c) {
            rlhf::sequence_log_probs_backward<T>(c.batch, {.d_sums = c.sequence[0], .d_log_probs = c.d(0)}, o, c.run);
        });
}

const rlhf::batch six{.sequences = 2, .steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here};

} // namespace

TEMPLATE_TEST_CASE("sequence_log_probs: same bits however the batch is laid out", "[contract]", float, double) {
    for (const bool average : {false, true}) { contract_holds<TestType>({average}); }
}

TEMPLATE_TEST_CASE("sequence_log_probs: sums, averages and their gradients equal the reference", "", float, double) {
    using T = TestType;
    test::random r(31);
    const auto where = test::mixed_rectangle(r, 1300); // up to three segments
    const auto b = where.reference();
    auto log_probs = test::log_probs<T>(r, where.size()), ref = test::nearby(r, log_probs);
    const auto d_sums = test::normals<T>(r, where.sequences);
    test::poison(r, log_probs, where.mask), test::poison(r, ref, where.mask);
    using reference::to_real;
    for (const bool with_ref : {false, true})
        for (const bool average : {false, true}) {
            CAPTURE(with_ref, average);
            std::vector<T> sums(where.sequences, T(7)), d(where.size(), T(7));
            const auto got = rlhf::sequence_log_probs<T>(
                where.batch(),
                {.log_probs = log_probs,
                 .ref_log_probs = with_ref ? rlhf::view<const T>(ref) : rlhf::view<const T>(),
                 .sums = sums},
                {.average = average});
            const auto want = reference::sequence_log_probs(
                b, {to_real(log_probs), with_ref ? to_real(ref) : reference::array()}, average);
            // A sum has as many roundings as a segment's, of at most Σ |log π − log π_ref|, and one at the end.
            reference::array scale;
            for (const auto& row : b.rows) {
                long double sizes = 0;
                for (const std::size_t e : row)
                    if (b.counted(e))
                        sizes +=
                            std::fabs((long double)(log_probs[e])) + (with_ref ? std::fabs((long double)(ref[e])) : 0);
                scale.push_back(average && sizes > 0 ? sizes / reference::counted_in(b, row) : sizes);
            }
            CHECK(test::worst_error(sums, want, scale) <= test::summing<T> + 1);
            CHECK(got.own == rlhf::count(where.batch()));
            CHECK(got.nonfinite == 0);
            rlhf::sequence_log_probs_backward<T>(where.batch(), {.d_sums = d_sums, .d_log_probs = d},
                                                 {.average = average});
            const auto d_want = reference::sequence_log_probs_backward(b, to_real(d_sums), average);
            reference::array sizes;
            for (const auto x : d_want) sizes.push_back(std::fabs(x));
            CHECK(test::worst_error(d, d_want, sizes) <= (average ? 1 : 0));
        }
}

TEST_CASE("sequence_log_probs: numbers") {
    const std::vector<float> log_probs{-1, -2, -3, -4, -5, -6}, ref{-1, -1, -1, -2, -2, -2}, d_sums{1, -2};
    const std::vector<std::uint8_t> mask{0, 1, 1, 1, 0, 0};
    rlhf::batch b = six;
    b.mask = mask;
    std::vector<float> sums(2), d(6, 7.f);
    rlhf::sequence_log_probs(b, {.log_probs = log_probs, .ref_log_probs = ref, .sums = sums});
    CHECK(sums == std::vector<float>{-3, -2});
    rlhf::sequence_log_probs(b, {.log_probs = log_probs, .sums = sums}, {.average = true});
    CHECK(sums == std::vector<float>{-2.5f, -4});
    rlhf::sequence_log_probs_backward(b, {.d_sums = d_sums, .d_log_probs = d}, {.average = true});
    CHECK(d == std::vector<float>{0, 0.5f, 0.5f, -2, 0, 0});
    rlhf::sequence_log_probs_backward(b, {.d_sums = d_sums, .d_log_probs = rlhf::add_to(d, 2)});
    CHECK(d == std::vector<float>{0, 2.5f, 2.5f, -6, 0, 0});
}

TEST_CASE("sequence_log_probs: sums may have a stride, and lie in the column of a table") {
    const std::vector<float> log_probs{-1, -2, -3, -4, -5, -6};
    std::vector<float> table(6, 7.f);
    rlhf::sequence_log_probs(
        six, {.log_probs = log_probs, .sums = rlhf::view(table.data(), {.sequences = 2, .steps = 1, .stride = 3})});
    CHECK(table == std::vector<float>{-6, 7, 7, -15, 7, 7});
}

TEST_CASE("sequence_log_probs: NaN and infinity stay in their own sequence") {
    const rlhf::batch b{.sequences = 4, .steps = 2, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const std::vector<float> log_probs{-1, -inf, -inf, -1, NaN, -1, -1, -1}, ref{-1, -1, -inf, -1, -1, -1, -1, -inf};
    std::vector<float> sums(4);
    const auto r = rlhf::sequence_log_probs(b, {.log_probs = log_probs, .ref_log_probs = ref, .sums = sums});
    CHECK(sums[0] == -inf);
    CHECK((std::isnan(sums[1]) && std::isnan(sums[2])));
    CHECK(sums[3] == inf);
    CHECK(r.nonfinite == 4);
    const auto plain = rlhf::sequence_log_probs(b, {.log_probs = log_probs, .sums = sums});
    CHECK((sums[0] == -inf && sums[1] == -inf && std::isnan(sums[2]) && sums[3] == -2));
    CHECK(plain.nonfinite == 3);
    auto both = r;
    both += plain;
    CHECK((both.nonfinite == 7 && both.own == rlhf::counts{16, 8}));
    const std::vector<float> d_sums{inf, NaN, 1, 2};
    std::vector<float> d(8);
    rlhf::sequence_log_probs_backward(b, {.d_sums = d_sums, .d_log_probs = d});
    CHECK((d[0] == inf && std::isnan(d[3]) && d[5] == 1 && d[6] == 2));
}

TEST_CASE("sequence_log_probs: wrong arguments throw, and nothing is written") {
    const std::vector<float> six_numbers(6), two{1, 2};
    std::vector<float> sums(2, 7.f), d(6, 7.f);
    const std::string f = "rlhf::sequence_log_probs: ", g = "rlhf::sequence_log_probs_backward: ";
    const auto forward = [&](const rlhf::sequence_log_probs_arrays<float>& a) {
        const auto words = test::refusal([&] { rlhf::sequence_log_probs(six, a); });
        CHECK(sums == std::vector<float>(2, 7.f));
        return words;
    };
    CHECK(forward({.log_probs = two, .sums = sums}) == f + "log_probs has 2 elements, expected 6");
    CHECK(forward({.log_probs = six_numbers, .ref_log_probs = two, .sums = sums}) ==
          f + "ref_log_probs has 2 elements, expected 6");
    CHECK(forward({.log_probs = six_numbers, .sums = d}) == f + "sums has 6 elements, expected 2 (one per sequence)");
    CHECK(forward({.log_probs = six_numbers, .sums = rlhf::view<float>()}) == f + "sums is missing");
    std::vector<float> both(6, 7.f);
    CHECK(forward({.log_probs = both, .sums = std::span(both).first(2)}) == f + "sums overlaps log_probs");
    CHECK(both == std::vector<float>(6, 7.f));

    const auto backward = [&](const rlhf::sequence_log_probs_backward_arrays<float>& a) {
        const auto words = test::refusal([&] { rlhf::sequence_log_probs_backward(six, a); });
        CHECK(d == std::vector<float>(6, 7.f));
        return words;
    };
    CHECK(backward({.d_sums = six_numbers, .d_log_probs = d}) ==
          g + "d_sums has 6 elements, expected 2 (one per sequence)");
    CHECK(backward({.d_sums = rlhf::view<const float>(), .d_log_probs = d}) == g + "d_sums is missing");
    CHECK(backward({.d_sums = two, .d_log_probs = sums}) == g + "d_log_probs has 2 elements, expected 6");
    CHECK(backward({.d_sums = two, .d_log_probs = rlhf::write_to(d, inf)}) ==
          g + "d_log_probs is inf, expected a finite number");
    CHECK(backward({.d_sums = std::span(d).first(2), .d_log_probs = d}) == g + "d_log_probs overlaps d_sums");
}
