// SPDX-License-Identifier: MIT
// Which spellings of an array, a size and a type a call takes, and what it says of arguments it cannot use.
#include <rlhf/ppo.hpp>

#include <array>
#include <cstdio>
#include <cstring>
#include <memory>
#include <span>
#include <stdexcept>
#include <vector>

namespace {

int failures = 0;

void check(bool good, const char* what) {
    if (!good) std::printf("wrong: %s\n", what), ++failures;
}

/// The call throws std::invalid_argument with this message.
template <class F>
void refused(const char* expected, const F& call) {
    try {
        call();
    } catch (const std::invalid_argument& e) {
        if (std::strcmp(e.what(), expected) == 0) return;
        std::printf("says:     %s\n", e.what());
    }
    std::printf("expected: %s\n", expected), ++failures;
}

constexpr int sequences = 2;
constexpr std::int64_t steps = 3;
const rlhf::batch two_by_three{
    .sequences = sequences, .steps = steps, .mask = rlhf::all, .denominator = rlhf::counted_here};

void arrays() {
    std::vector<float> vector(6, 1.0f);
    const std::array<float, 6> array{};
    float c_array[6] = {};
    const auto owned = std::make_unique<float[]>(8);
    rlhf::gae(two_by_three,
              {.rewards = vector,
               .values = std::span<const float>(array),
               .advantages = c_array,
               .returns = rlhf::view(owned.get(), {.sequences = sequences, .steps = steps, .stride = 4})});
    check(c_array[2] == 1 && owned[2] == 1 && owned[3] == 0 && owned[6] == 1, "arrays of four kinds");
}

void masks() {
    const bool of_bool[6] = {true, true, false, true, true, true};
    const std::vector<char> of_char{1, 1, 0, 1, 1, 1};
    const std::vector<std::uint8_t> of_bytes{1, 1, 0, 1, 1, 1, 9, 9};
    const auto tokens = [](const rlhf::mask_view& mask) {
        rlhf::batch b = two_by_three;
        b.mask = mask;
        return rlhf::count(b).tokens;
    };
    check(tokens(of_bool) == 5 && tokens(of_char) == 5, "masks of bool and char");
    check(tokens(rlhf::view(of_bytes.data(), {.sequences = 2, .steps = 3})) == 5, "a mask by pointer");
    check(tokens(rlhf::view(of_bytes.data(), {.sequences = 2, .steps = 3, .stride = 4})) == 5, "a mask with a stride");
}

void doubles() {
    std::vector<double> x(6, 1.0), out(6);
    rlhf::gae<double>(two_by_three, {.rewards = x, .values = x, .advantages = out});
    const rlhf::gae_arrays<double> arrays{.rewards = x, .values = x, .advantages = out}; // carries the type
    rlhf::gae(two_by_three, arrays, {.lambda = 1});
    rlhf::gae<double, rlhf::scalar>(two_by_three, arrays);
    check(out[2] == 0 && out[1] == 1, "double");
    rlhf::whiten<double>(two_by_three, out);
}

void offsets() {
    const std::vector<std::uint8_t> mask{1, 1, 0, 1, 1, 1};
    const std::vector<std::int64_t> wide{0, 2, 6};
    const std::vector<std::int32_t> narrow{0, 2, 6};
    const auto both = [&](const rlhf::batch& b) {
        return rlhf::count(b).tokens == 5 && rlhf::count(b.part(1, 1)).tokens == 3;
    };
    check(both({.offsets = wide, .mask = mask, .denominator = rlhf::counted_here}), "int64 offsets");
    check(both({.offsets = narrow, .mask = mask, .denominator = rlhf::counted_here}), "int32 offsets");
}

/// An environment, [T, B], that ends and begins again.
void environment() {
    const std::vector<float> rewards{0, 0, 0, 0, 1}, values{-3, -2, -1, 0, 5}, bootstrap{-1};
    const std::vector<std::uint8_t> terminated{0, 0, 0, 1, 0};
    std::vector<float> advantages(5);
    const rlhf::batch batch{.sequences = 1,
                            .steps = 5,
                            .layout = rlhf::layout::time_first,
                            .mask = rlhf::all,
                            .denominator = rlhf::counted_here};
    rlhf::gae(batch,
              {.rewards = rewards,
               .values = values,
               .bootstrap_values = bootstrap,
               .terminated = terminated,
               .advantages = advantages},
              {.gamma = 0.9, .lambda = 0.7});
    // δ = 1.2, 1.1, 1, 0 and −4.9, and Âₜ = δₜ + 0.63 Âₜ₊₁ up to the end of the first episode
    const std::array<double, 5> expected{2.2899, 1.73, 1, 0, -4.9};
    for (std::size_t t = 0; t < 5; ++t)
        check(std::abs(static_cast<double>(advantages[t]) - expected[t]) < 1e-6, "an environment");
}

void executors() {
    std::vector<float> x(6, 1.0f), out(6);
    const auto in_order = [](std::size_t n, auto body) {
        for (std::size_t i = 0; i < n; ++i) body(i);
    };
    rlhf::gae(two_by_three, {.rewards = x, .values = x, .advantages = out}, {}, in_order);
    rlhf::gae(two_by_three, {.rewards = x, .values = x, .advantages = out}, {}, [](std::size_t n, rlhf::task body) {
        for (std::size_t i = n; i-- > 0;) body(i);
    });
}

void refusals() {
    std::vector<float> x(6, 1.0f), out(6), five(5), z(6 * 4);
    const std::vector<std::int32_t> ids{0, 1, 2, 3, 4, 5};
    const std::vector<std::uint8_t> flags(6);
    const rlhf::logits_view logits(z.data(), {.sequences = 2, .steps = 3, .vocab = 4});
    rlhf::batch b = two_by_three;
    refused("rlhf::gae: values has 5 elements, expected 6",
            [&] { rlhf::gae(b, {.rewards = x, .values = five, .advantages = out}); });
    refused("rlhf::gae: values is [2, 4], expected [2, 3]", [&] {
        rlhf::gae(b, {.rewards = x, .values = rlhf::view(z.data(), {.sequences = 2, .steps = 4}), .advantages = out});
    });
    refused("rlhf::gae: truncated needs next_values: values[t + 1] belongs to the next episode",
            [&] { rlhf::gae(b, {.rewards = x, .values = x, .truncated = flags, .advantages = out}); });
    refused("rlhf::gae: gamma is 1.1, expected [0, 1]",
            [&] { rlhf::gae(b, {.rewards = x, .values = x, .advantages = out}, {.gamma = 1.1}); });
    refused("rlhf::ppo_policy_loss: kl_coef needs ref_log_probs",
            [&] { rlhf::ppo_policy_loss(b, {.log_probs = x, .old_log_probs = x, .advantages = x}, {.kl_coef = 0.1}); });
    refused("rlhf::ppo_policy_loss: d_log_probs overlaps log_probs",
            [&] { rlhf::ppo_policy_loss(b, {.log_probs = x, .old_log_probs = x, .advantages = x, .d_log_probs = x}); });
    refused("rlhf::ppo_value_loss: clip_range needs old_values",
            [&] { rlhf::ppo_value_loss(b, {.values = x, .returns = x}, {.clip_range = 0.2}); });
    b.predict_next = false;
    refused("rlhf::token_log_probs: target 4 of sequence 1, step 1 is outside the vocabulary of 4",
            [&] { rlhf::token_log_probs(b, logits, ids, {.log_probs = out}); });
    b.denominator = rlhf::counts{.tokens = 4, .sequences = 2};
    refused("rlhf::ppo_policy_loss: the batch counts 6 tokens, more than its denominator 4; a part cannot exceed the "
            "whole",
            [&] { rlhf::ppo_policy_loss(b, {.log_probs = x, .old_log_probs = x, .advantages = x}); });
}

} // namespace

int main() {
    arrays(), masks(), doubles(), offsets(), environment(), executors(), refusals();
    return failures;
}
