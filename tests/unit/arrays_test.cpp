// SPDX-License-Identifier: MIT

// Where arrays lie: rows that are the same memory, one element per sequence with a stride, integers of any type, and
// what throws before anything is written.

#include "support/logits.hpp"

#include <rlhf/logits/cross_entropy_loss.hpp>
#include <rlhf/logits/top_k_divergence.hpp>
#include <rlhf/reward_model.hpp>
#include <rlhf/rlhf.hpp>
#include <rlhf/with/eigen.hpp>

namespace {

using test::refusal, test::same_bits, rlhf::counted_here;
using floats = std::vector<float>;
constexpr float NaN = std::numeric_limits<float>::quiet_NaN();

/// Rows of foreign memory, whose stride may be 0.
template <class T>
rlhf::view<T> rows(T* data, std::int64_t n, std::int64_t cols, std::int64_t stride) {
    return rlhf::view<T>::with(data, n, cols, stride);
}
/// The same elements, each in its place.
template <class T>
std::vector<std::remove_const_t<T>> spread(const rlhf::view<T>& v) {
    std::vector<std::remove_const_t<T>> x;
    for (std::int64_t r = 0; r < v.rows(); ++r)
        for (std::int64_t c = 0; c < v.cols(); ++c) x.push_back(v.data()[r * v.stride() + c]);
    return x;
}
rlhf::batch rectangle(std::int64_t B, std::int64_t T, rlhf::layout how = rlhf::layout::batch_first) {
    return {.sequences = B, .steps = T, .layout = how, .mask = rlhf::all, .denominator = counted_here};
}
constexpr std::array layouts{rlhf::layout::batch_first, rlhf::layout::time_first};

} // namespace

TEST_CASE("stride 0: an input's rows are read from the same memory, and from nothing behind it") {
    const floats memory{1, 2, 4, NaN, NaN, NaN};
    CHECK(rlhf::masked_mean(rectangle(2, 3), {.values = rows(memory.data(), 2, 3, 0)}).loss() == Approx(7.0 / 3));
    CHECK(
        rlhf::masked_mean(rectangle(3, 2, rlhf::layout::time_first), {.values = rows(memory.data(), 2, 3, 0)}).loss() ==
        Approx(7.0 / 3));
    CHECK(rlhf::masked_mean(rectangle(3, 1), {.values = rows(memory.data() + 1, 3, 1, 0)}).loss() == 2);
    CHECK(rlhf::masked_mean(rectangle(3, 1), {.values = rlhf::per_sequence(rows(memory.data() + 1, 3, 1, 0))}).loss() ==
          2);
}

TEST_CASE("stride 0: masks, flags and arrays give the bits of the same rows written out") {
    test::random r(1);
    for (const auto how : layouts)
        for (const std::int64_t T : {1, 5, 40}) {
            const std::int64_t B = 37, n = how == rlhf::layout::batch_first ? B : T, cols = B * T / n;
            const floats memory = test::normals<float>(r, static_cast<std::size_t>(cols));
            const auto bytes = test::flags(r, static_cast<std::size_t>(cols), 0.7);
            const auto one = rows(memory.data(), n, cols, 0);
            const auto one_mask = rows(bytes.data(), n, cols, 0);
            const floats values = spread(one);
            const auto mask = spread(one_mask);
            rlhf::batch broadcast = rectangle(B, T, how), whole = broadcast;
            broadcast.mask = one_mask, whole.mask = mask;
            CHECK(rlhf::count(broadcast) == rlhf::count(whole));
            CHECK(rlhf::masked_mean(broadcast, {.values = one}).loss() ==
                  rlhf::masked_mean(whole, {.values = values}).loss());
            floats a(values.size()), b(values.size());
            rlhf::gae(broadcast, {.rewards = one, .values = one, .terminated = one_mask, .advantages = a});
            rlhf::gae(whole, {.rewards = values, .values = values, .terminated = mask, .advantages = b});
            CHECK(same_bits(a, b));
            const auto loss = rlhf::ppo_policy_loss(
                broadcast, {.log_probs = values, .old_log_probs = one, .advantages = one, .d_log_probs = a});
            const auto want = rlhf::ppo_policy_loss(
                whole, {.log_probs = values, .old_log_probs = values, .advantages = values, .d_log_probs = b});
            CHECK((loss.loss() == want.loss() && same_bits(a, b)));
            const auto ranked = rlhf::ranking_loss(broadcast, {.rewards = one, .d_rewards = a});
            const auto listed = rlhf::ranking_loss(whole, {.rewards = values, .d_rewards = b});
            CHECK((ranked.loss() == listed.loss() && same_bits(a, b)));
        }
}

TEST_CASE("stride 0: ids and ranks, too") {
    test::random r(2);
    auto z = test::random_logits<float>(r, 6 * 5);
    const std::vector<std::int64_t> row{1, 4, 2}, written{1, 4, 2, 1, 4, 2};
    const auto same = rows(row.data(), 2, 3, 0);
    const auto b = test::aligned(2, 3);
    floats lp(6), want(6);
    rlhf::token_log_probs(b, test::logits_of(z, 2, 3, 5), same, {.log_probs = lp});
    rlhf::token_log_probs(b, test::logits_of(z, 2, 3, 5), written, {.log_probs = want});
    CHECK(same_bits(lp, want));
    const floats rewards{1, 2, 3, 5, 4, 7};
    CHECK(rlhf::ranking_loss(rectangle(2, 3), {.rewards = rewards, .ranks = same}).loss() ==
          rlhf::ranking_loss(rectangle(2, 3), {.rewards = rewards, .ranks = written}).loss());
    std::vector<std::uint8_t> mask(6, 9);
    rlhf::mask_targets(same, rlhf::view<std::uint8_t>(mask.data(), {.sequences = 2, .steps = 3}), 4);
    CHECK(mask == std::vector<std::uint8_t>{1, 0, 1, 1, 0, 1});
}

TEST_CASE("stride 0: an output of several rows throws, an output of one row does not") {
    const floats x(6, 1.f);
    floats d(6, 7.f);
    const auto mean = [&](const rlhf::batch& b, const rlhf::gradient<float>& to) {
        return refusal([&] { rlhf::masked_mean(b, {.values = x, .d_values = to}); });
    };
    for (const rlhf::gradient<float> to :
         {rlhf::gradient<float>(rows(d.data(), 2, 3, 0)), rlhf::gradient<float>(rlhf::add_to(rows(d.data(), 2, 3, 0)))})
        CHECK(mean(rectangle(2, 3), to) == "rlhf::masked_mean: d_values has a stride of 0, shorter than its row of 3");
    CHECK(mean(rectangle(6, 1), rows(d.data(), 6, 1, 0)) ==
          "rlhf::masked_mean: d_values has a stride of 0, shorter than its row of 1");
    const floats rewards(6);
    CHECK(refusal([&] {
              rlhf::gae_backward(rectangle(2, 3),
                                 {.d_advantages = rewards, .d_bootstrap_values = rows(d.data(), 2, 1, 0)});
          }) == "rlhf::gae_backward: d_bootstrap_values has a stride of 0, shorter than its row of 1");
    CHECK(d == floats(6, 7.f));
    for (const std::int64_t stride : {0, 1, -5, 1000}) { // of one row it says nothing
        d.assign(6, 7.f);
        CHECK(mean(rectangle(1, 6), rows(d.data(), 1, 6, stride)).empty());
        CHECK(mean(rectangle(6, 1, rlhf::layout::time_first), rows(d.data(), 1, 6, stride)).empty());
        CHECK(d == floats(6, 1.f / 6));
    }
}

TEST_CASE("per_sequence: a stride stays, wherever one element per sequence is taken") {
    const floats table{1, -10, 2, -20, 3, -30}, lp(6);
    const auto column = rlhf::view(table.data(), {.sequences = 3, .steps = 1, .stride = 2});
    const std::vector<std::uint8_t> bytes{1, 0, 0, 1, 1, 0};
    const auto finished = rlhf::view(bytes.data(), {.sequences = 3, .steps = 1, .stride = 2});
    for (const bool said : {false, true}) {
        floats rewards(6), returns(6);
        rlhf::shape_rewards(rectangle(3, 2),
                            {.log_probs = lp,
                             .ref_log_probs = lp,
                             .scores = said ? rlhf::per_sequence(column) : column,
                             .finished = said ? rlhf::per_sequence(finished) : finished,
                             .rewards = rewards},
                            {.unfinished_penalty = 100});
        CHECK(rewards == floats{0, 1, 0, -98, 0, 3});
        for (const auto how : layouts) {
            rlhf::discounted_returns(
                rectangle(3, 2, how),
                {.rewards = lp, .bootstrap_values = said ? rlhf::per_sequence(column) : column, .returns = returns},
                {.gamma = 1});
            CHECK(returns == (how == rlhf::layout::batch_first ? floats{1, 1, 2, 2, 3, 3} : floats{1, 2, 3, 1, 2, 3}));
        }
    }
    const floats ones(6, 1.f);
    floats d(6, 7.f);
    const auto into = rlhf::view(d.data(), {.sequences = 3, .steps = 1, .stride = 2});
    rlhf::gae_backward(rectangle(3, 2), {.d_advantages = ones, .d_bootstrap_values = rlhf::per_sequence(into)},
                       {.gamma = 1, .lambda = 1});
    CHECK(d == floats{2, 7, 2, 7, 2, 7});
}

TEST_CASE("per_sequence: strides that run backwards and tables with gaps throw") {
    const floats x(8);
    const auto scored = [&](const rlhf::view<const float>& scores) {
        return refusal(
            [&] { rlhf::shape_rewards(rectangle(4, 2), {.log_probs = x, .ref_log_probs = x, .scores = scores}); });
    };
    CHECK(scored(rows(x.data() + 7, 4, 1, -2)) ==
          "rlhf::shape_rewards: scores has a stride of -2, shorter than its row of 1");
    CHECK(scored(rows(x.data(), 2, 2, 3)) ==
          "rlhf::shape_rewards: scores is [2, 2] with a stride of 3, expected one element per sequence");
    CHECK(scored(rows(x.data(), 2, 2, 2)).empty()); // as many elements side by side
    CHECK(refusal([&] { (void)rlhf::per_sequence(rows(x.data(), 2, 2, 3)); }) ==
          "rlhf::per_sequence: the array is [2, 2] with a stride of 3, expected one element per sequence");
    const std::vector<int> ids(4);
    auto z = floats(20);
    CHECK(refusal([&] {
              rlhf::cross_entropy_loss(test::aligned(4, 1), test::logits_of(z, 4, 1, 5), rlhf::per_sequence(ids));
          }) == "rlhf::cross_entropy_loss: targets has one element per sequence, expected [4, 1]");
}

TEST_CASE("integers: no output may lie on them") {
    const floats rewards{1, 2, 3, 5, 4, 7};
    floats memory(6);
    const rlhf::index_view ranks(reinterpret_cast<const std::int32_t*>(memory.data()), {.sequences = 2, .steps = 3});
    CHECK(refusal([&] {
              rlhf::ranking_loss(rectangle(2, 3), {.rewards = rewards, .ranks = ranks, .d_rewards = memory});
          }) == "rlhf::ranking_loss: d_rewards overlaps ranks");
    CHECK(refusal([&] {
              rlhf::plackett_luce_loss(rectangle(2, 3), {.rewards = rewards, .ranks = ranks, .d_rewards = memory});
          }) == "rlhf::plackett_luce_loss: d_rewards overlaps ranks");
    std::vector<std::int32_t> offsets{0, 2, 6, 6, 6, 6};
    const rlhf::batch packed{.offsets = std::span(offsets), .mask = rlhf::all, .denominator = counted_here};
    const rlhf::view<float> on_offsets(reinterpret_cast<float*>(offsets.data()), {.steps = 6});
    CHECK(refusal([&] {
              rlhf::masked_mean(packed, {.values = rewards, .d_values = std::span(on_offsets.data(), std::size_t(6))});
          }) == "rlhf::masked_mean: d_values overlaps batch.offsets");
    CHECK(offsets == std::vector<std::int32_t>{0, 2, 6, 6, 6, 6});
}

TEST_CASE("mask_targets: arrays that are missing, short or the same throw") {
    std::vector<std::int64_t> ids(4, -100);
    std::vector<std::uint8_t> mask(8, 9);
    const auto said = [&](const rlhf::index_view& t, const rlhf::view<std::uint8_t>& m) {
        return refusal([&] { rlhf::mask_targets(t, m); });
    };
    const std::string f = "rlhf::mask_targets: ";
    const auto wide = [&](std::uint8_t* p, std::int64_t stride) { return rows(p, 2, 2, stride); };
    CHECK(said(ids, rows<std::uint8_t>(nullptr, 1, 4, 4)) == f + "mask is a null pointer to 4 elements");
    CHECK(said(rlhf::index_view(static_cast<const int*>(nullptr), {.sequences = 2, .steps = 2}),
               wide(mask.data(), 2)) == f + "targets is a null pointer to 4 elements");
    CHECK(said(rows(ids.data(), 2, 2, 1), wide(mask.data(), 2)) ==
          f + "targets has a stride of 1, shorter than its row of 2");
    CHECK(said(rows(ids.data() + 2, 2, 2, -2), wide(mask.data(), 2)) ==
          f + "targets has a stride of -2, shorter than its row of 2");
    CHECK(said(rows(ids.data(), 2, 2, 2), wide(mask.data(), 0)) ==
          f + "mask has a stride of 0, shorter than its row of 2");
    CHECK(said(ids, std::span(reinterpret_cast<std::uint8_t*>(ids.data()) + 28, std::size_t(4))) ==
          f + "mask overlaps targets");
    CHECK(said(rlhf::per_sequence(ids), std::span(mask).first(4)) ==
          f + "targets has one element per sequence, expected [1, 4]");
    CHECK((mask == std::vector<std::uint8_t>(8, 9) && ids == std::vector<std::int64_t>(4, -100)));
    CHECK(said({}, {}).empty());
}

TEST_CASE("sizes: more than memory can hold throws and does not overflow") {
    const std::int64_t large = std::int64_t(1) << 32, last = std::numeric_limits<std::int64_t>::max();
    CHECK(refusal([&] { (void)rlhf::count(rectangle(large, large)); }) ==
          "rlhf::count: batch is [4294967296, 4294967296], more tokens than memory can hold");
    floats z(60);
    CHECK(
        refusal([&] {
            (void)rlhf::masked_mean(rectangle(large / 2, large / 4),
                                    {.values = rlhf::view(z.data(), {.sequences = large / 2, .steps = large / 4})});
        }) ==
        "rlhf::masked_mean: values is [2147483648, 1073741824] with a stride of 1073741824, more than memory can hold");
    const auto flat = rlhf::view<const float>::with(z.data(), -1, large / 8 * large, 0);
    CHECK(refusal([&] { (void)rlhf::masked_mean(rectangle(large / 2, large / 4), {.values = flat}); }) ==
          "rlhf::masked_mean: values has 2305843009213693952 elements, more than memory can hold");
    CHECK(refusal([&] { (void)rlhf::view(z.data(), {.sequences = -2, .steps = 3}); }) ==
          "rlhf::view: an array is [-2, 3], expected sizes of at least 0");
    const rlhf::batch b = rectangle(4, 3);
    CHECK(refusal([&] { (void)b.part(1, last); }) ==
          "rlhf::part: sequences 1 to 9223372036854775807 are not in a batch of 4");
    CHECK(refusal([&] { (void)rlhf::part(test::logits_of(z, 4, 3, 5), b, 1, last); }) ==
          "rlhf::part: sequences 1 to 9223372036854775807 are not in a batch of 4");
    CHECK(refusal([&] { (void)rectangle(large, large).part(0, 1); }) ==
          "rlhf::part: batch is [4294967296, 4294967296], more tokens than memory can hold");
}

TEST_CASE("sizes: where the batch has no tokens, the sentence says what to set") {
    floats x(8);
    const std::vector<std::uint8_t> mask(8, 1);
    const std::vector<int> nothing{0};
    const std::string set = ": set batch.sequences and batch.steps, or batch.offsets";
    const auto said = [&](const rlhf::batch& b) {
        return refusal([&] { rlhf::masked_mean(b, {.values = rlhf::view(x.data(), {.sequences = 2, .steps = 4})}); });
    };
    CHECK(said({.mask = rlhf::all, .denominator = counted_here}) ==
          "rlhf::masked_mean: values is [2, 4], expected [1, 0]" + set);
    CHECK(said(rectangle(0, 4, rlhf::layout::time_first)) ==
          "rlhf::masked_mean: values is [2, 4], expected [4, 0]" + set);
    CHECK(said(rectangle(3, 3)) == "rlhf::masked_mean: values is [2, 4], expected [3, 3]");
    CHECK(said({.mask = mask, .denominator = counted_here}) ==
          "rlhf::masked_mean: batch.mask has 8 elements, expected 0" + set);
    CHECK(refusal([&] {
              rlhf::masked_mean({.offsets = nothing, .mask = rlhf::all, .denominator = counted_here}, {.values = x});
          }) == "rlhf::masked_mean: values has 8 elements, expected 0" + set);
    CHECK(refusal([&] { (void)rlhf::part(test::logits_of(x, 2, 2, 2), rectangle(2, 0), 0, 1); }) ==
          "rlhf::part: logits is [2, 2, 2], but the batch is [2, 0]" + set);
    CHECK(refusal([&] { (void)rlhf::part(test::logits_of(x, 2, 2, 2), rectangle(2, 1), 0, 1); }) ==
          "rlhf::part: logits is [2, 2, 2], but the batch is [2, 1]");
}

TEST_CASE("Eigen: rows that are the same memory are read, an inner stride throws") {
    using matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    using strides = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;
    floats memory{1, 2, 4, NaN, NaN, NaN, NaN, NaN, NaN, NaN, NaN, NaN};
    const auto map = [&](Eigen::Index outer, Eigen::Index inner) {
        return Eigen::Map<matrix, 0, strides>(memory.data(), 2, 3, strides(outer, inner));
    };
    const auto mean = [&](auto m) { return rlhf::masked_mean(rectangle(2, 3), {.values = m}).loss(); };
    CHECK(mean(map(0, 1)) == Approx(7.0 / 3));
    CHECK(refusal([&] { mean(map(6, 2)); }) == "rlhf::view: an Eigen matrix has an inner stride of 2, expected 1");
    const floats x(6);
    auto same = map(0, 1);
    CHECK(refusal([&] { rlhf::masked_mean(rectangle(2, 3), {.values = x, .d_values = same}); }) ==
          "rlhf::masked_mean: d_values has a stride of 0, shorter than its row of 3");
}
