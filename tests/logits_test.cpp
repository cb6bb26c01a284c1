// SPDX-License-Identifier: MIT
#include "logits.hpp"

#include <rlhf/logits.hpp>

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
    CHECK(test::refusal([&] { (void)rlhf::part(v, b, 3, 2); }) == "rlhf::part: sequences 3 to 5 of a batch of 4");
}
