// SPDX-License-Identifier: MIT
#include "support/logits.hpp"

#include <rlhf/core/logits.hpp>
#include <rlhf/logits/cross_entropy_loss.hpp>

TEST_CASE("logits_view: where a row is") {
    std::vector<float> z(200);
    const rlhf::logits_view v(z.data(), {.sequences = 2, .steps = 3, .vocab = 5});
    CHECK((v.at(1, 2) - z.data() == 25 && v.width() == 5));
    const rlhf::logits_view padded(z.data(), {.sequences = 2, .steps = 3, .vocab = 5, .padded_vocab = 8});
    CHECK((padded.at(1, 2) - z.data() == 40 && padded.width() == 8));
    const rlhf::logits_view strided(z.data(), {.sequences = 2, .steps = 3, .vocab = 5}, 10, 50);
    CHECK((strided.at(1, 2) - z.data() == 70 && strided.step_stride() == 10 && strided.sequence_stride() == 50));
    const rlhf::logits_view<const float> read_only = strided;
    CHECK(read_only.at(1, 1) == strided.at(1, 1));
    static_assert(!std::is_convertible_v<rlhf::logits_view<const float>, rlhf::logits_view<float>>);
}

TEST_CASE("logits_gradient: what is done to a buffer") {
    std::vector<float> z(6);
    const rlhf::logits_view v(z.data(), {.sequences = 1, .steps = 2, .vocab = 3});
    const rlhf::logits_gradient plain(v);
    CHECK((plain.scale == 1 && !plain.add && plain.to.data() == z.data()));
    const auto written = rlhf::write_to(v, 3), added = rlhf::add_to(v, -2);
    CHECK((written.scale == 3 && !written.add && added.scale == -2 && added.add));
}

TEST_CASE("part: of logits") {
    std::vector<float> z(200);
    const rlhf::logits_view v(z.data(), {.sequences = 4, .steps = 3, .vocab = 5});
    const auto b = test::aligned(4, 3);
    const auto two = rlhf::part(v, b, 1, 2);
    CHECK((two.data() == v.at(1, 0) && two.shape().sequences == 2 && two.shape().steps == 3));
    const std::vector<int> offsets{0, 2, 2, 7, 12};
    const rlhf::batch packed{.offsets = offsets, .mask = rlhf::all, .denominator = rlhf::counted_here};
    for (const bool by_step : {true, false}) {
        const rlhf::logits_view all(z.data(), {.sequences = by_step ? 1 : 12, .steps = by_step ? 12 : 1, .vocab = 5});
        const auto middle = rlhf::part(all, packed, 1, 2);
        CHECK((middle.data() == z.data() + 10 && middle.shape().sequences * middle.shape().steps == 5));
    }
    CHECK(test::refusal([&] { (void)rlhf::part(v, b, 3, 2); }) ==
          "rlhf::part: sequences 3 to 5 are not in a batch of 4");
    const rlhf::logits_view other(z.data(), {.sequences = 3, .steps = 4, .vocab = 5});
    CHECK(test::refusal([&] { (void)rlhf::part(other, b, 1, 1); }) ==
          "rlhf::part: logits is [3, 4, 5], but the batch is [4, 3]");
    CHECK(rlhf::part(other, packed, 2, 1).data() == z.data() + 10); // as many rows, side by side
    CHECK(rlhf::part(other, packed, 2, 1).shape().steps == 5);
    const rlhf::logits_view apart(z.data(), other.shape(), 5, 30);
    CHECK(test::refusal([&] { (void)rlhf::part(apart, packed, 2, 1); }) ==
          "rlhf::part: logits are [3, 4, 5] with gaps, but the batch is packed");
}

TEST_CASE("mask_targets: a number marks labels that do not count") {
    test::random r(6);
    auto z = test::random_logits<float>(r, 8 * 5);
    const std::vector<std::int64_t> targets{-100, 3, 4, -100, 0, 1, -100, 2};
    std::vector<std::uint8_t> mask(8, 9);
    rlhf::mask_targets(targets, mask);
    CHECK(mask == std::vector<std::uint8_t>{0, 1, 1, 0, 1, 1, 0, 1});
    rlhf::batch b{.sequences = 2, .steps = 4, .predict_next = true, .mask = mask, .denominator = rlhf::counted_here};
    const auto loss = rlhf::cross_entropy_loss(b, test::logits_of(z, 2, 4, 5), targets);
    CHECK(loss.own.tokens == 4); // the first target of each sequence is not a next token

    const std::vector<std::int32_t> wide{7, 0, 99, 0, 7, 99};
    std::vector<std::uint8_t> into(8, 9);
    rlhf::mask_targets(rlhf::index_view(wide.data(), {.sequences = 2, .steps = 2, .stride = 3}),
                       rlhf::view<std::uint8_t>(into.data(), {.sequences = 2, .steps = 2, .stride = 4}), 7);
    CHECK(into == std::vector<std::uint8_t>{0, 1, 9, 9, 1, 0, 9, 9});
    into.pop_back();
    CHECK(test::refusal([&] { rlhf::mask_targets(targets, into); }) ==
          "rlhf::mask_targets: mask is [1, 7], expected [1, 8] as targets");
}
