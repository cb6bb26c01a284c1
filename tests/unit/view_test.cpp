// SPDX-License-Identifier: MIT

// Spellings of arrays, sizes, masks and offsets, and parts of them.

#include "support/cases.hpp"

#include <rlhf/results/count.hpp>

#include <array>
#include <memory>
#include <numeric>
#include <span>

namespace {

using rlhf::counted_here, rlhf::all;

std::vector<float> rising(std::size_t n) {
    std::vector<float> x(n);
    std::iota(x.begin(), x.end(), 0.f);
    return x;
}

template <class T>
void is(const rlhf::view<T>& v, const void* data, std::int64_t rows, std::int64_t cols, std::int64_t stride) {
    CHECK(static_cast<const void*>(v.data()) == data);
    CHECK(v.rows() == rows);
    CHECK(v.cols() == cols);
    CHECK(v.stride() == stride);
}
constexpr std::int64_t flat = rlhf::view<float>::flat, per_sequence = rlhf::view<float>::per_sequence;

} // namespace

TEST_CASE("view: every contiguous range is an array") {
    std::vector<float> v(6);
    const std::vector<float> c(6);
    std::array<float, 6> a{};
    float raw[6] = {};
    const std::span<float> s(v);
    is<const float>(v, v.data(), flat, 6, 0), is<float>(v, v.data(), flat, 6, 0),
        is<const float>(c, c.data(), flat, 6, 0);
    is<float>(a, a.data(), flat, 6, 0), is<float>(raw, raw, flat, 6, 0), is<const float>(s, v.data(), flat, 6, 0);
    is<const float>(std::span<const float>(v).subspan(2), v.data() + 2, flat, 4, 0);
    const rlhf::view<float> writable(v);
    is<const float>(writable, v.data(), flat, 6, 0);
    CHECK(std::convertible_to<rlhf::view<float>, rlhf::view<const float>>);
}

TEST_CASE("view: pointers with a shape, in any integer") {
    const auto p = std::make_unique<float[]>(12);
    is<float>(rlhf::view(p.get(), {.sequences = 2, .steps = 3}), p.get(), 2, 3, 3);
    is<float>(rlhf::view(p.get(), {.sequences = std::int64_t(2), .steps = std::size_t(3), .stride = 6}), p.get(), 2, 3,
              6);
    is<float>(rlhf::view(p.get(), {.steps = short(5)}), p.get(), 1, 5, 5);
    CHECK(rlhf::extent(std::uint8_t(200)) == 200);
}

TEST_CASE("view: absent, empty and null are told apart") {
    CHECK(rlhf::view<float>().absent());
    CHECK(rlhf::view<const float>(std::span<const float>()).absent());
    float one = 0;
    CHECK_FALSE(rlhf::view<float>(std::span<float>(&one, std::size_t(0))).absent());
    CHECK_FALSE(rlhf::view<float>(nullptr, {.sequences = 2, .steps = 3}).absent());
    CHECK(rlhf::view<float>(nullptr, {.sequences = 0, .steps = 3}).absent());
    CHECK(rlhf::index_view().absent());
}

TEST_CASE("per_sequence: flat, one row or one column") {
    auto x = rising(12);
    is<float>(rlhf::per_sequence(x), x.data(), per_sequence, 12, 1);
    is<float>(rlhf::per_sequence(rlhf::view(x.data(), {.sequences = 4, .steps = 1, .stride = 3})), x.data(),
              per_sequence, 4, 3);
    is<float>(rlhf::per_sequence(rlhf::view(x.data(), {.steps = 4})), x.data(), per_sequence, 4, 1);
    // A whole table is not one number per sequence; its size says so.
    is<float>(rlhf::per_sequence(rlhf::view(x.data(), {.sequences = 4, .steps = 3})), x.data(), per_sequence, 12, 1);
}

TEST_CASE("gradient: overwrite, scale, add, and factors that multiply") {
    std::vector<float> d(6);
    const auto check = [&](const rlhf::gradient<float>& g, double scale, bool add) {
        CHECK((g.to.data() == d.data() && g.to.cols() == 6 && g.scale == scale && g.add == add));
    };
    check(d, 1, false), check(rlhf::write_to(d), 1, false), check(rlhf::write_to(d, 0.5), 0.5, false);
    check(rlhf::add_to(d, 2), 2, true), check(rlhf::nll_weights(d, 7), -7, false),
        check(rlhf::nll_weights(d), -1, false);
    check(rlhf::gradient<float>(rlhf::add_to(d, 2)).times(3), 6, true);
    check(rlhf::view<float>(d), 1, false), check(rlhf::add_to(rlhf::view<float>(d)), 1, true);
    CHECK(rlhf::gradient<float>().to.absent());
}

TEST_CASE("masks: bool, uint8_t, char, bytes, strided, of any contiguous kind") {
    bool b[6] = {true, true, false, true, true, true};
    const std::vector<std::uint8_t> u{1, 1, 0, 1, 1, 1, 9, 9};
    const std::vector<char> c{1, 1, 0, 1, 1, 1};
    const std::vector<std::int8_t> i{-1, 1, 0, 1, 1, 1};
    const std::array<std::byte, 6> y{std::byte(1), std::byte(255), std::byte(0),
                                     std::byte(1), std::byte(1),   std::byte(1)};
    const auto tokens = [](const rlhf::mask_view& m) {
        return rlhf::count({.sequences = 2, .steps = 3, .mask = m, .denominator = counted_here}).tokens;
    };
    CHECK((tokens(b) == 5 && tokens(c) == 5 && tokens(i) == 5 && tokens(y) == 5));
    CHECK(tokens(rlhf::view(u.data(), {.sequences = 2, .steps = 3})) == 5);
    CHECK(tokens(rlhf::view(u.data(), {.sequences = 2, .steps = 3, .stride = 4})) == 5);
    CHECK(tokens(std::span(u).first(6)) == 5);
    CHECK(tokens(rlhf::view<const bool>(b)) == 5);
    CHECK(tokens(all) == 6);
    CHECK(test::refusal([&] { tokens(u); }) == "rlhf::count: batch.mask has 8 elements, expected 6");
    CHECK(test::refusal([&] {
              (void)rlhf::count({.sequences = 8,
                                 .steps = 3,
                                 .mask = rlhf::mask_view(rlhf::per_sequence(u)),
                                 .denominator = counted_here});
          }) == "rlhf::count: batch.mask needs one byte per token, not one per sequence");
}

TEST_CASE("integers: 32 and 64 bits, whole and in part") {
    const std::vector<std::int32_t> narrow{0, 2, 6};
    const std::vector<std::int64_t> wide{0, 2, 6};
    bool m[6] = {true, true, false, true, true, true};
    for (const auto& b : {rlhf::batch{.offsets = narrow, .mask = m, .denominator = counted_here},
                          rlhf::batch{.offsets = wide, .mask = m, .denominator = counted_here}}) {
        CHECK((b.size() == 2 && b.tokens() == 6 && b.begin(1) == 2 && b.length(1) == 4 && b.packed()));
        CHECK(rlhf::count(b) == rlhf::counts{5, 2});
        CHECK(rlhf::count(b.part(1, 1)) == rlhf::counts{3, 1});
        CHECK(rlhf::count(b.part(0, 0)) == rlhf::counts{});
    }
    const rlhf::index_view w(wide), n(narrow), shaped(wide.data(), {.sequences = 1, .steps = 3});
    CHECK((w.element_size() == 8 && n.element_size() == 4 && w[2] == 6 && n[2] == 6 && shaped[1] == 2 &&
           shaped.rows() == 1));
    CHECK((w.from(1, flat, 2)[0] == 2 && n.from(1, flat, 2)[1] == 6 && w.from(1, flat, 2).is_part() && !w.is_part()));
}

TEST_CASE("part: the same sequences of batch and arrays, in every layout") {
    auto x = rising(12);
    const std::vector<std::uint8_t> mask(12, 1);
    rlhf::batch b{.sequences = 4, .steps = 3, .mask = mask, .denominator = counted_here};
    is<float>(rlhf::part(x, b, 1, 2), x.data() + 3, flat, 6, 0);
    is<float>(rlhf::part(rlhf::view(x.data(), {.sequences = 4, .steps = 2, .stride = 3}), b, 1, 2), x.data() + 3, 2, 2,
              3);
    is<float>(
        rlhf::part(rlhf::per_sequence(rlhf::part(
                       x, rlhf::batch{.sequences = 12, .steps = 1, .mask = all, .denominator = counted_here}, 0, 4)),
                   b, 3, 1),
        x.data() + 3, per_sequence, 1, 1);
    CHECK(rlhf::part(rlhf::view<float>(), b, 1, 2).absent());
    CHECK((b.part(1, 2).size() == 2 && b.part(1, 2).tokens() == 6 && b.part(1, 2).mask.data() == mask.data() + 3));
    CHECK(b.part(4, 0).tokens() == 0);
    b.layout = rlhf::layout::time_first;
    is<float>(rlhf::part(x, b, 1, 2), x.data() + 1, 3, 2, 4);
    is<float>(rlhf::part(rlhf::view(x.data(), {.sequences = 3, .steps = 4, .stride = 4}), b, 3, 1), x.data() + 3, 3, 1,
              4);
    CHECK(rlhf::count(b.part(3, 1)) == rlhf::counts{3, 1});
    const std::vector<std::int32_t> offsets{0, 5, 5, 12};
    const rlhf::batch packed{.offsets = offsets, .mask = mask, .denominator = counted_here};
    is<float>(rlhf::part(x, packed, 1, 2), x.data() + 5, flat, 7, 0);
    is<float>(rlhf::part(rlhf::part(x, packed, 1, 2), packed.part(1, 2), 1, 1), x.data() + 5, flat, 7,
              0); // a part of a part
    CHECK(packed.part(1, 2).part(1, 1).tokens() == 7);
}

TEST_CASE("part: one element per sequence, and integers") {
    auto x = rising(12);
    const std::vector<int> offsets{0, 5, 5, 12};
    const std::vector<std::int64_t> ids{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    const rlhf::batch packed{.offsets = offsets, .mask = all, .denominator = counted_here};
    rlhf::batch b{.sequences = 4, .steps = 3, .mask = all, .denominator = counted_here};
    for (const auto layout : {rlhf::layout::batch_first, rlhf::layout::time_first}) {
        b.layout = layout;
        is<float>(rlhf::part(std::span(x).first(4), b, 1, 2), x.data() + 1, flat, 2, 0);
        is<float>(rlhf::part(rlhf::view(x.data(), {.steps = 4}), b, 1, 2), x.data() + 1, 1, 2, 4);
        is<float>(rlhf::part(rlhf::view(x.data(), {.sequences = 4, .steps = 1, .stride = 3}), b, 1, 2), x.data() + 3, 2,
                  1, 3);
    }
    is<float>(rlhf::part(std::span(x).first(3), packed, 2, 1), x.data() + 2, flat, 1, 0);
    const auto same = [](const rlhf::index_view& v, std::int64_t first, std::int64_t rows, std::int64_t cols) {
        CHECK((v[0] == first && v.rows() == rows && v.cols() == cols));
    };
    const rlhf::index_view run(ids), table(ids.data(), {.sequences = 4, .steps = 3}),
        columns(ids.data(), {.sequences = 3, .steps = 4});
    b.layout = rlhf::layout::batch_first;
    same(rlhf::part(run, b, 1, 2), 3, flat, 6), same(rlhf::part(table, b, 1, 2), 3, 2, 3);
    same(rlhf::part(run, packed, 2, 1), 5, flat, 7);
    CHECK(rlhf::part(table, b, 1, 2).stride() == 3);
    CHECK(rlhf::part(rlhf::index_view(), b, 1, 2).absent());
    b.layout = rlhf::layout::time_first;
    same(rlhf::part(run, b, 1, 2), 1, 3, 2), same(rlhf::part(columns, b, 1, 2), 1, 3, 2);
    CHECK(test::refusal([&] { (void)rlhf::part(rlhf::view(ids.data(), {.sequences = 3, .steps = 2}), b, 1, 2); }) ==
          "rlhf::part: the array is [3, 2], expected [3, 4]");
    CHECK(test::refusal([&] { (void)rlhf::part(table, b, 1, 2); }) ==
          "rlhf::part: the array has 4 rows, expected 3"); // [B, T] in a batch of [T, B]
}

TEST_CASE("part: sequences outside the batch throw") {
    auto x = rising(12);
    const std::vector<std::uint8_t> mask(12, 1);
    const std::vector<std::int64_t> offsets{0, 5, 5, 12};
    const rlhf::batch dense{.sequences = 4, .steps = 3, .mask = all, .denominator = counted_here};
    const rlhf::batch packed{.offsets = offsets, .mask = mask, .denominator = counted_here};
    const auto outside = [](const rlhf::batch& b, int first, int n) {
        return test::refusal([&] { (void)b.part(first, n); });
    };
    CHECK(outside(dense, 3, 2) == "rlhf::part: sequences 3 to 5 are not in a batch of 4");
    CHECK(outside(dense, -1, 2) == "rlhf::part: sequences -1 to 1 are not in a batch of 4");
    CHECK(outside(packed, 2, 2) == "rlhf::part: sequences 2 to 4 are not in a batch of 3");
    CHECK(outside(packed, 2, -1) == "rlhf::part: sequences 2 to 1 are not in a batch of 3");
    const auto of = [&](auto&& array, const rlhf::batch& b) {
        return test::refusal([&] { (void)rlhf::part(array, b, 1, 1); });
    };
    std::vector<float> shorter(11);
    CHECK(of(shorter, dense) == "rlhf::part: the array has 11 elements, expected 12");
    CHECK(of(shorter, packed) == "rlhf::part: the array has 11 elements, expected 12");
    CHECK(of(rlhf::per_sequence(shorter), dense) == "rlhf::part: the array has 11 elements, expected 4");
    CHECK(of(rlhf::view(x.data(), {.sequences = 3, .steps = 4}), dense) ==
          "rlhf::part: the array has 3 rows, expected 4");
    CHECK(test::refusal([&] { (void)rlhf::part(x, dense, 4, 1); }) ==
          "rlhf::part: sequences 4 to 5 are not in a batch of 4");
}

TEST_CASE("offsets: bad offsets throw in every function") {
    const auto said = [](const rlhf::offsets_view& o) {
        return test::refusal([&] { (void)rlhf::count({.offsets = o, .mask = all, .denominator = counted_here}); });
    };
    const std::vector<std::int64_t> falling{0, 3, 2}, later{2, 3}, one{0};
    CHECK(said(falling) == "rlhf::count: batch.offsets fall from 3 to 2 at sequence 1");
    CHECK(said(later) == "rlhf::count: batch.offsets start at 2, expected 0");
    CHECK(said(one).empty());
    const rlhf::index_view nowhere(static_cast<const int*>(nullptr), {.sequences = 1, .steps = 3});
    CHECK(said(rlhf::offsets_view(nowhere)) == "rlhf::count: batch.offsets is a null pointer to 3 elements");
    const rlhf::index_view table(falling.data(), {.sequences = 3, .steps = 1});
    CHECK(said(rlhf::offsets_view(table)) == "rlhf::count: batch.offsets has several rows, expected B + 1 integers");
}
