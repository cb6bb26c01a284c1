// SPDX-License-Identifier: MIT

// Shards by hand: what a rank says, rows that say nothing, shifts far apart, calls that throw.

#include "support/logits.hpp"

#include <rlhf/logits/vocab_shards.hpp>

#include <limits>

namespace {

using rlhf::vocab_shard;

constexpr double inf = std::numeric_limits<double>::infinity();

} // namespace

TEST_CASE("vocab_shards: the sums of a rank") {
    const std::vector<double> z{1, 3, -inf, 2, /**/ -inf, -inf, -inf, -inf, /**/ 5, 5, 5, 5};
    const std::vector<std::int32_t> targets{13, 11, 9};
    const rlhf::logits_view<const double> logits(z.data(), {.steps = 3, .vocab = 4});
    std::vector<vocab_shard> s(3);
    rlhf::vocab_shard_sums(test::aligned(1, 3), logits, 10, targets, s, {.temperature = 2});
    CHECK((s[0].shift == 3 && s[0].target_logit == 2 && s[0].holds_target == 1));
    CHECK((s[0].max_weight == 1 && test::close(s[0].other_weight, std::exp(-0.5L) + std::exp(-1.0L), 2)));
    CHECK(test::close(s[0].weighted_logits, -0.5L * std::exp(-0.5L) - std::exp(-1.0L), 8));
    CHECK((s[1].shift == 0 && s[1].max_weight == 0 && s[1].other_weight == 0 && s[1].weighted_logits == 0));
    CHECK((s[1].target_logit == -inf && s[1].holds_target == 1));
    CHECK((s[2].shift == 5 && s[2].max_weight == 4 && s[2].other_weight == 0 && s[2].weighted_logits == 0));
    CHECK((s[2].target_logit == 0 && s[2].holds_target == 0));
}

TEST_CASE("vocab_shards: impossible targets and impossible entries") {
    const std::vector<double> z{-inf, 0.5, /**/ 0.5, -inf};
    const std::vector<std::int64_t> targets{0, 0};
    std::vector<vocab_shard> all(2);
    std::vector<double> lp(2), H(2), lse(2);
    rlhf::vocab_shard_sums(test::aligned(1, 2), rlhf::logits_view(z.data(), {.steps = 2, .vocab = 2}), 0, targets, all);
    rlhf::vocab_shard_log_probs<double>(test::aligned(1, 2), targets,
                                        {.shards = all, .log_probs = lp, .entropy = H, .log_sum_exp = lse});
    CHECK(
        (lp == std::vector<double>{-inf, 0} && H == std::vector<double>{0, 0} && lse == std::vector<double>{0.5, 0.5}));
}

TEST_CASE("vocab_shards: shifts as far apart as can be") {
    const std::vector<double> z{-1.7e308, 1.7e308};
    std::vector<vocab_shard> all(2);
    std::vector<double> lp(1), H(1);
    const std::vector<std::int32_t> target{1};
    for (std::size_t k = 0; k < 2; ++k)
        rlhf::vocab_shard_sums(test::aligned(1, 1), rlhf::logits_view(z.data() + k, {.steps = 1, .vocab = 1}), k,
                               target, std::span(all).subspan(k, 1));
    rlhf::vocab_shard_log_probs<double>(test::aligned(1, 1), target, {.shards = all, .log_probs = lp, .entropy = H});
    CHECK((lp[0] == 0 && H[0] == 0));
}

TEST_CASE("vocab_shards: calls that throw") {
    std::vector<float> z(6, 0.5F);
    std::vector<std::int32_t> targets{3, 7, 4};
    const auto b = test::aligned(1, 3);
    const auto logits = test::logits_of(z, 1, 3, 2);
    std::vector<vocab_shard> all(6), low(3);
    const std::span<vocab_shard> first(all.data(), 3), second(all.data() + 3, 3);
    rlhf::vocab_shard_sums(b, logits, 3, targets, first);
    rlhf::vocab_shard_sums(b, logits, 5, targets, second);

    std::vector<float> lp(3, 9);
    const auto combine = [&](const rlhf::view<const vocab_shard>& shards) {
        return test::refusal([&] { rlhf::vocab_shard_log_probs(b, targets, {.shards = shards, .log_probs = lp}); });
    };
    const std::string held = "rlhf::vocab_shard_log_probs: target ";
    CHECK(combine(all) == held + "7 of sequence 0, step 1 is held by 0 of 2 shards, expected 1");
    rlhf::vocab_shard_sums(b, logits, 4, targets = {3, 5, 4}, second);
    CHECK(combine(all) == held + "4 of sequence 0, step 2 is held by 2 of 2 shards, expected 1");
    targets[0] = -1;
    rlhf::vocab_shard_sums(b, logits, 3, targets, first);
    CHECK(combine(all) == held + "-1 of sequence 0, step 0 is held by 0 of 2 shards, expected 1");
    CHECK(lp == std::vector<float>(3, 9));

    const std::string name = "rlhf::vocab_shard_log_probs: ";
    CHECK(combine({}) == name + "shards is missing");
    CHECK(combine(std::span(all).first(5)) == name + "shards has 5 elements, expected ranks times 3");
    CHECK(combine({all.data(), {.sequences = 3, .steps = 2}}) == name + "shards is [3, 2], expected [ranks, 3]");
    CHECK(combine(rlhf::per_sequence(std::span<const vocab_shard>(all).first(1))).starts_with(name + "shards is ["));
    CHECK(combine({all.data(), {.sequences = 2, .steps = 3, .stride = 2}}) ==
          name + "shards has a stride of 2, shorter than its row of 3");
    CHECK(test::refusal([&] { rlhf::vocab_shard_log_probs(b, targets, {.shards = all, .combined = first}); }) ==
          name + "combined overlaps shards");
    CHECK(test::refusal([&] {
              auto unsaid = b;
              unsaid.predict_next.reset();
              rlhf::vocab_shard_log_probs(unsaid, targets, {.shards = all});
          }).starts_with(name + "batch.predict_next is not set"));
    CHECK(test::refusal([&] {
              auto turned = b;
              turned.layout = rlhf::layout::time_first;
              rlhf::vocab_shard_log_probs(turned, targets, {.shards = all});
          }).starts_with(name + "logits are [B, T, V], but batch.layout is time_first"));
    CHECK(test::refusal([&] {
              rlhf::vocab_shard_log_probs(b, targets, {.shards = all}, {.temperature = 0});
          }).starts_with(name + "temperature is 0"));

    CHECK(test::refusal([&] { rlhf::vocab_shard_sums(b, logits, -1, targets, low); }) ==
          "rlhf::vocab_shard_sums: first_id is -1, expected at least 0");
    CHECK(test::refusal([&] { rlhf::vocab_shard_sums(b, logits, 0, targets, {}); }) ==
          "rlhf::vocab_shard_sums: shards is missing");
    CHECK(test::refusal([&] { rlhf::vocab_shard_sums(b, logits, 0, targets, all); }) ==
          "rlhf::vocab_shard_sums: shards has 6 elements, expected 3");
    CHECK(test::refusal([&] { rlhf::vocab_shard_backward(b, logits, 0, targets, {}, logits); }) ==
          "rlhf::vocab_shard_backward: combined is missing");
    CHECK(test::refusal([&] { rlhf::vocab_shard_backward(b, logits, -3, targets, {.combined = low}, logits); }) ==
          "rlhf::vocab_shard_backward: first_id is -3, expected at least 0");

    // What the mask hides is no target.
    const std::vector<std::uint8_t> mask{0, 0, 1};
    auto part = b;
    part.mask = mask, targets = {-9, 1 << 30, 4};
    rlhf::vocab_shard_sums(part, logits, 3, targets, first);
    rlhf::vocab_shard_sums(part, logits, 5, targets, second);
    CHECK(rlhf::vocab_shard_log_probs(part, targets, {.shards = all, .log_probs = lp}).tokens == 1);
    CHECK((lp[0] == 0 && lp[1] == 0 && test::close(lp[2], -std::log(4.0L), 2)));

    // Nothing to do.
    CHECK(rlhf::vocab_shard_log_probs(test::aligned(0, 3), std::vector<int>(), {}).tokens == 0);
}
