// SPDX-License-Identifier: MIT

// token_log_probs and its backward pass where there is nothing, too much or something wrong.

#include "support/log_probs.hpp"

namespace {

using rlhf::bfloat16;
using per_token = std::vector<float>;
template <class T>
using outputs = test::token_outputs<T>;

constexpr float inf = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

} // namespace

TEST_CASE("token_log_probs: logits that are not finite") {
    const std::size_t V = 40, n = 6;
    per_token z(n * V, 0.5F);
    const auto row = [&](std::size_t i) { return z.begin() + static_cast<std::ptrdiff_t>(i * V); };
    std::fill_n(row(0), V - 1, -inf);                        // one token is sure
    std::fill_n(row(1), V, -inf);                            // none is possible
    row(2)[33] = not_a_number;                               //
    row(3)[7] = inf;                                         //
    std::fill_n(row(4), V, -inf), row(4)[20] = not_a_number; //
    row(5)[2] = -inf;                                        // and is the target
    const std::vector<std::int32_t> targets{V - 1, 3, 0, 0, 0, 2};
    const auto b = test::aligned(1, n);
    outputs<float> got(n);
    const auto result = rlhf::token_log_probs<float>(b, test::logits_of(z, 1, n, V), targets, got.arrays());
    CHECK(result.nonfinite == 5);
    CHECK((got.log_probs[0] == 0 && got.entropy[0] == 0 && got.log_sum_exp[0] == 0.5F && got.collision[0] == 1));
    CHECK((got.log_probs[1] == -inf && got.entropy[1] == 0 && got.log_sum_exp[1] == -inf && got.collision[1] == 0));
    for (const std::size_t i : {2, 3, 4})
        CHECK((std::isnan(got.log_probs[i]) && std::isnan(got.entropy[i]) && std::isnan(got.log_sum_exp[i]) &&
               std::isnan(got.collision[i])));
    CHECK(got.log_probs[5] == -inf);
    CHECK(test::close(got.entropy[5], std::log(39.0L), 2));

    const per_token g(n, 1), h(n, 0.5F);
    const auto backward = [&](const per_token& of_entropy, const per_token* given) {
        per_token d(n * V, 7);
        rlhf::token_log_probs_backward_arrays<float> a{.d_log_probs = g, .d_entropy = of_entropy};
        if (given != nullptr) a.log_sum_exp = *given;
        CHECK(rlhf::token_log_probs_backward<float>(b, test::logits_of(z, 1, n, V), targets, a,
                                                    test::logits_of(d, 1, n, V))
                  .nonfinite == 3);
        return d;
    };
    const per_token none(n, 0);
    for (const auto& d : {backward(h, nullptr), backward(none, nullptr), backward(none, &got.log_sum_exp)}) {
        for (std::size_t v = 0; v < V; ++v) CHECK((d[v] == 0 && d[V + v] == 0));
        for (std::size_t v = 2 * V; v < 5 * V; ++v) CHECK(std::isnan(d[v]));
        CHECK(d[5 * V + 2] == 1);
        CHECK(d[5 * V + 3] < 0);
    }
}

TEST_CASE("token_log_probs: nothing to do") {
    per_token z(1), lp(4, 7);
    const std::vector<int> targets(4, -9);
    for (const auto& [B, S] : {std::pair{0, 3}, std::pair{3, 0}}) {
        const auto b = test::aligned(static_cast<std::size_t>(B), static_cast<std::size_t>(S));
        const rlhf::logits_view v(z.data(), {.sequences = B, .steps = S, .vocab = 5});
        CHECK(rlhf::token_log_probs(b, v, std::vector<int>(), {}).tokens == 0);
        CHECK(rlhf::token_log_probs_backward(b, v, std::vector<int>(), {}, v).tokens == 0);
    }
    per_token poison(4 * 5, not_a_number);
    const std::vector<std::uint8_t> none(4, 0);
    auto b = test::aligned(2, 2);
    b.mask = none;
    const auto r = rlhf::token_log_probs(b, test::logits_of(poison, 2, 2, 5), targets, {.log_probs = lp});
    CHECK((r.tokens == 0 && r.nonfinite == 0));
    CHECK(test::same_bits(lp, per_token(4, 0)));
}

TEST_CASE("token_log_probs: error messages") {
    per_token z(24), lp(6), d(24);
    std::vector<std::int32_t> targets{0, 1, 2, 3, 0, 1};
    const rlhf::logits_view v(z.data(), {.sequences = 2, .steps = 3, .vocab = 4});
    auto b = test::aligned(2, 3);
    const auto refused = [&] {
        return test::refusal([&] { rlhf::token_log_probs(b, v, targets, {.log_probs = lp}); });
    };
    CHECK(refused().empty());
    targets[4] = 4;
    CHECK(refused() == "rlhf::token_log_probs: target 4 of sequence 1, step 1 is outside the vocabulary of 4");
    targets[4] = -100;
    CHECK(refused() == "rlhf::token_log_probs: target -100 of sequence 1, step 1 is outside the vocabulary of 4");
    const std::vector<std::uint8_t> mask{1, 1, 1, 1, 0, 1};
    b.mask = mask;
    CHECK(refused().empty());
    b.predict_next = true;
    CHECK(refused().empty());
    targets[0] = 99; // the first token is nothing's target
    CHECK(refused().empty());
    b.predict_next = {};
    CHECK(refused().find("batch.predict_next is not set") != std::string::npos);
    b.predict_next = true, b.layout = rlhf::layout::time_first;
    CHECK(refused().find("logits are [B, T, V], but batch.layout is time_first") != std::string::npos);
    b = test::aligned(3, 2);
    CHECK(refused() == "rlhf::token_log_probs: logits is [2, 3, 4], but the batch is [3, 2]");
    b = test::aligned(2, 3), targets[0] = 0, targets[4] = 0;
    targets.push_back(0);
    CHECK(refused() == "rlhf::token_log_probs: targets has 7 elements, expected 6");
    targets.pop_back();
    const auto said = [&](auto&& f) { return test::refusal(f); };
    CHECK(said([&] { rlhf::token_log_probs(b, v, rlhf::index_view(), {.log_probs = lp}); }) ==
          "rlhf::token_log_probs: targets is missing");
    CHECK(said([&] { rlhf::token_log_probs(b, v, targets, {.log_probs = lp}, {.temperature = 0}); }) ==
          "rlhf::token_log_probs: temperature is 0, expected [1e-06, 1e+06]");
    CHECK(said([&] { rlhf::token_log_probs(b, v, targets, {.log_probs = lp, .entropy = lp}); }) ==
          "rlhf::token_log_probs: log_probs overlaps entropy");
    CHECK(said([&] { rlhf::token_log_probs(b, v, targets, {.log_probs = std::span(z).first(6)}); }) ==
          "rlhf::token_log_probs: log_probs overlaps logits");
    CHECK(said([&] {
              rlhf::token_log_probs(b, rlhf::logits_view<float>(nullptr, v.shape()), targets, {.log_probs = lp});
          }) == "rlhf::token_log_probs: logits is a null pointer to 24 elements");
    CHECK(said([&] {
              rlhf::token_log_probs(b, rlhf::logits_view(z.data(), {.sequences = 2, .steps = 3, .vocab = 0}), targets,
                                    {.log_probs = lp});
          }) == "rlhf::token_log_probs: logits has a vocabulary of 0, expected at least 1");
    CHECK(said([&] {
              rlhf::token_log_probs(
                  b, rlhf::logits_view(z.data(), {.sequences = 2, .steps = 3, .vocab = 4, .padded_vocab = 3}), targets,
                  {.log_probs = lp});
          }).find("padded_vocab 3, less than") != std::string::npos);
    CHECK(said([&] {
              rlhf::token_log_probs(b, rlhf::logits_view(z.data(), v.shape(), 4, 4), targets, {.log_probs = lp});
          }).find("its rows of 4 overlap") != std::string::npos);

    const auto backward = [&](const auto& into) {
        return said([&] { rlhf::token_log_probs_backward(b, v, targets, {.d_log_probs = lp}, into); });
    };
    CHECK(backward(v).empty());
    CHECK(backward(test::logits_of(d, 2, 3, 4)).empty());
    CHECK(backward(rlhf::write_to(v, not_a_number)) ==
          "rlhf::token_log_probs_backward: d_logits is nan, expected a finite number");
    CHECK(backward(rlhf::logits_view(d.data(), {.sequences = 2, .steps = 3, .vocab = 3})) ==
          "rlhf::token_log_probs_backward: d_logits has a vocabulary of 3, expected 4");
    CHECK(backward(rlhf::logits_view(z.data(), {.sequences = 2, .steps = 3, .vocab = 4}, 4, 13)) ==
          "rlhf::token_log_probs_backward: d_logits overlaps logits");
    CHECK(
        backward(rlhf::logits_view(reinterpret_cast<bfloat16*>(z.data()), {.sequences = 2, .steps = 3, .vocab = 4})) ==
        "rlhf::token_log_probs_backward: d_logits overlaps logits");

    std::vector<std::int32_t> offsets{0, 2, 6};
    const rlhf::batch packed{
        .offsets = offsets, .predict_next = false, .mask = rlhf::all, .denominator = rlhf::counted_here};
    CHECK(said([&] {
              rlhf::token_log_probs(packed, rlhf::logits_view(z.data(), {.steps = 6, .vocab = 4}),
                                    rlhf::view(targets.data(), {.sequences = 2, .steps = 3}), {.log_probs = lp});
          }) == "rlhf::token_log_probs: targets has rows, but the batch is packed: pass [tokens]");
    CHECK(said([&] {
              rlhf::token_log_probs(packed, rlhf::logits_view(z.data(), {.steps = 5, .vocab = 4}), targets,
                                    {.log_probs = lp});
          }) == "rlhf::token_log_probs: logits is [1, 5, 4], but the batch is [1, 6]");
}

TEST_CASE("token_log_probs: logits that were written as another library's type") {
    struct theirs { // as c10::BFloat16 and Eigen::bfloat16
        std::uint16_t x;
    };
    std::vector<theirs> memory(8);
    const rlhf::logits_view z(reinterpret_cast<const rlhf::bfloat16*>(memory.data()),
                              {.sequences = 1, .steps = 1, .vocab = 8});
    const std::vector<int> ids{0};
    std::vector<float> lp(1);
    for (int round = 0; round < 3; ++round) {
        for (theirs& t : memory) t.x = 0;
        memory[0].x = rlhf::bfloat16(round).bits;
        rlhf::token_log_probs(test::aligned(1, 1), z, ids, {.log_probs = lp});
        CHECK(lp[0] == Approx(round - std::log(7 + std::exp(round))));
    }
}
