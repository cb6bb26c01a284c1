// SPDX-License-Identifier: MIT

// kept_log_probs and its backward pass: where gradients go, sets of every kind, logits that are not finite, and what is
// refused.

#include "support/kept_sets.hpp"

namespace {

using test::sent_sets;
using per_token = std::vector<float>;

constexpr float inf = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

} // namespace

TEST_CASE("kept_log_probs: a target counts once, kept or not") {
    test::random r(2);
    const std::size_t V = 30;
    auto z = test::random_logits<double>(r, 2 * V);
    std::copy_n(z.begin(), V, z.begin() + V);
    const std::vector<std::int32_t> targets{4, 4};
    std::vector<double> lp(2), H(2), d(2 * V);
    const std::vector<double> g{1, 1}, h{-0.5, -0.5};
    for (const auto& sets : {reference::id_sets{{9, 4, 17}, {9, 17}}, reference::id_sets{{4}, {}}}) {
        const sent_sets<> sent(sets);
        const auto b = test::aligned(1, 2);
        rlhf::kept_log_probs<double>(b, test::logits_of(z, 1, 2, V), targets, sent.kept(),
                                     {.log_probs = lp, .entropy = H});
        rlhf::kept_log_probs_backward<double>(b, test::logits_of(z, 1, 2, V), targets, sent.kept(),
                                              {.d_log_probs = g, .d_entropy = h}, test::logits_of(d, 1, 2, V));
        CHECK(lp[0] == Approx(lp[1]).epsilon(1e-15));
        CHECK(H[0] == Approx(H[1]).epsilon(1e-15));
        for (std::size_t v = 0; v < V; ++v) CHECK(d[v] == Approx(d[V + v]).epsilon(1e-14).margin(1e-300));
        CHECK((lp[0] == 0) == (sets[0].size() == 1)); // a set of one is sure
    }
    CHECK((lp[1] == 0 && H[1] == 0 && d == std::vector<double>(2 * V, 0)));
}

TEST_CASE("kept_log_probs: the largest logit comes in a later piece") {
    const std::size_t V = 4000, n = 2;
    test::random r(8);
    auto z = test::random_logits<double>(r, n * V, 1);
    for (std::size_t v = 0; v < V; ++v) z[v] += static_cast<double>(v / 1000);          // rises slowly
    for (std::size_t v = 0; v < V; ++v) z[V + v] = v / 1500 == 1 ? 900 : double(v % 3); // dwarfs, by many equals
    std::vector<std::int64_t> every(V);
    std::iota(every.begin(), every.end(), 0);
    const sent_sets<std::int64_t> sent({every, every});
    const std::vector<std::int64_t> targets{3999, 1600};
    std::vector<double> lp(n), H(n);
    rlhf::kept_log_probs<double>(test::aligned(1, n), test::logits_of(z, 1, n, V), targets, sent.kept(),
                                 {.log_probs = lp, .entropy = H});
    const auto want = reference::kept_log_probs(reference::padded(1, n), test::widened(z), V, targets, {every, every});
    for (std::size_t i = 0; i < n; ++i) {
        CHECK(test::close(lp[i], want.log_probs[i], 4));
        CHECK(test::close(H[i], want.entropy[i], 16));
    }
}

TEST_CASE("kept_log_probs: logits that are not finite") {
    const std::size_t V = 10, n = 7;
    per_token z(n * V, 0.5F);
    const auto at = [&](std::size_t row, std::size_t v) -> float& { return z[row * V + v]; };
    std::fill_n(z.begin(), V, -inf), at(0, 3) = 1; // one of the set is possible: the target
    at(1, 2) = at(1, 3) = -inf;                    // none of the set is
    at(2, 2) = not_a_number;                       //
    at(3, 2) = inf;                                //
    at(4, 3) = -inf;                               // only the target is not
    at(5, 7) = not_a_number, at(5, 8) = inf;       // outside the set
    std::fill_n(z.begin() + 6 * V, V, -inf);       // nothing at all
    const std::vector<std::int32_t> targets(n, 3);
    const sent_sets<> sent(reference::id_sets(n, {2, 3}));
    const per_token lse(n, 2);
    auto log_sum_exp = lse;
    log_sum_exp[6] = -inf;
    per_token lp(n, 7), H(n, 7), mass(n, 7), d(n * V, 7);
    const auto b = test::aligned(1, n);
    const auto result =
        rlhf::kept_log_probs<float>(b, test::logits_of(z, 1, n, V), targets, sent.kept(),
                                    {.log_sum_exp = log_sum_exp, .log_probs = lp, .entropy = H, .log_kept = mass});
    CHECK((result.tokens == 7 && result.nonfinite == 5));
    CHECK((lp[0] == 0 && H[0] == 0 && mass[0] == -1));
    CHECK((lp[1] == -inf && H[1] == 0 && mass[1] == -inf));
    for (const std::size_t i : {2U, 3U}) CHECK((std::isnan(lp[i]) && std::isnan(H[i]) && std::isnan(mass[i])));
    CHECK((lp[4] == -inf && H[4] == 0 && mass[4] == -1.5F));
    CHECK((test::close(lp[5], -std::log(2.0L), 1) && test::close(H[5], std::log(2.0L), 1)));
    CHECK((lp[6] == -inf && H[6] == 0 && std::isnan(mass[6])));

    const per_token g(n, 1), h(n, 0.25F);
    const auto backward =
        rlhf::kept_log_probs_backward<float>(b, test::logits_of(z, 1, n, V), targets, sent.kept(),
                                             {.d_log_probs = g, .d_entropy = h}, test::logits_of(d, 1, n, V));
    CHECK((backward.tokens == 7 && backward.nonfinite == 2));
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t v = 0; v < V; ++v) {
            CAPTURE(i, v);
            const float got = d[i * V + v];
            const bool in_set = v == 2 || v == 3;
            if (!in_set || i == 0 || i == 1 || i == 6) CHECK(got == 0);
            if (in_set && (i == 2 || i == 3)) CHECK(std::isnan(got));
            if (in_set && i == 4) CHECK(got == (v == 3 ? 1.F : -1.F));
            if (in_set && i == 5) CHECK(got == (v == 3 ? 0.5F : -0.5F));
        }
}

TEST_CASE("kept_log_probs_backward: what is written where") {
    for (const auto& [V, size] : {std::pair{21, 4}, std::pair{3000, 2000}, std::pair{(1 << 18) + 70, 40}}) {
        CAPTURE(V, size);
        test::random r(5);
        const auto vocab = static_cast<std::size_t>(V);
        const std::size_t Vp = vocab + 3, n = 8;
        auto z = test::random_logits<float>(r, n * Vp);
        for (std::size_t i = 0; i < n; ++i)
            std::fill_n(z.begin() + static_cast<std::ptrdiff_t>(i * Vp + vocab), 3, not_a_number);
        const auto targets = test::targets(r, n, vocab);
        auto sets = test::random_sets(r, n, vocab, static_cast<std::size_t>(size));
        sets[1][0] = V - 1; // in the second window of the large vocabulary
        std::sort(sets[1].begin(), sets[1].end());
        sets[1].erase(std::unique(sets[1].begin(), sets[1].end()), sets[1].end());
        const sent_sets<> sent(sets);
        const std::vector<std::uint8_t> mask{1, 1, 0, 1, 0, 1, 1, 1}; // by token
        auto b = test::aligned(2, 4);
        b.predict_next = true, b.mask = mask;
        const auto g = test::normals<float>(r, n);
        const auto written = [&](auto&& to) {
            rlhf::kept_log_probs_backward(b, test::logits_of(z, 2, 4, vocab, Vp), targets, sent.kept(),
                                          {.d_log_probs = g}, to);
        };
        per_token plain(n * Vp, 7), doubled(n * Vp, 7), added(n * Vp, 7);
        written(test::logits_of(plain, 2, 4, vocab, Vp));
        written(rlhf::write_to(test::logits_of(doubled, 2, 4, vocab, Vp), -2));
        written(rlhf::add_to(test::logits_of(added, 2, 4, vocab, Vp), 3));
        // Step t is about token t + 1: steps 0 and 2 of the first sequence count, 0, 1 and 2 of the second.
        std::vector<char> in_set(n * Vp, 0);
        for (const std::size_t i : {0U, 2U, 4U, 5U, 6U}) {
            for (const auto id : sets[i + 1]) in_set[i * Vp + static_cast<std::size_t>(id)] = 1;
            in_set[i * Vp + static_cast<std::size_t>(targets[i + 1])] = 1;
        }
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < n * Vp; ++i) {
            wrong += in_set[i] ? plain[i] == 0 : !test::same_bits(plain[i], 0.0F);
            wrong += !(std::fabs(doubled[i] + 2 * plain[i]) <= 1e-6F * std::fabs(plain[i]));
            wrong += in_set[i] ? !(std::fabs(added[i] - (7 + 3 * plain[i])) < 2e-6F) : !test::same_bits(added[i], 7.0F);
        }
        CHECK(wrong == 0);
        written(test::logits_of(z, 2, 4, vocab, Vp));
        CHECK(test::same_bits(z, plain));
    }
}

TEST_CASE("kept_log_probs_backward: rows without gradient are not read") {
    per_token z(12, not_a_number), d(12, 7), added(12, 7);
    const std::vector<std::int32_t> targets{0, 1, 2};
    const sent_sets<> sent({{0, 1}, {1}, {3, 1}});
    const auto b = test::aligned(1, 3);
    const per_token none(3, 0);
    const auto run = [&](auto&& to) {
        return rlhf::kept_log_probs_backward(b, test::logits_of(z, 1, 3, 4), targets, sent.kept(),
                                             {.d_log_probs = none, .d_entropy = none}, to);
    };
    const auto r = run(test::logits_of(d, 1, 3, 4));
    CHECK((r.tokens == 3 && r.nonfinite == 0));
    CHECK(test::same_bits(d, per_token(12, 0)));
    run(rlhf::add_to(test::logits_of(added, 1, 3, 4)));
    CHECK(added == per_token(12, 7));
}

TEST_CASE("part: of kept sets") {
    test::random r(3);
    const std::size_t V = 9, n = 12;
    auto z = test::random_logits<float>(r, n * V);
    const auto targets = test::targets(r, n, V);
    const sent_sets<std::int64_t> sent(test::random_sets(r, n, V, 3));
    const std::vector<int> offsets{0, 5, 5, 12};
    const rlhf::batch padded = test::aligned(4, 3);
    const rlhf::batch packed{
        .offsets = offsets, .predict_next = false, .mask = rlhf::all, .denominator = rlhf::counted_here};
    for (const rlhf::batch* b : {&padded, &packed}) {
        const auto logits = b->packed() ? test::logits_of(z, 1, n, V) : test::logits_of(z, 4, 3, V);
        per_token whole(n), parts(n, 7);
        rlhf::kept_log_probs(*b, logits, targets, sent.kept(), {.log_probs = whole});
        for (const auto& [first, size] : {std::pair{0, 1}, std::pair{1, 2}, std::pair{3, b->packed() ? 0 : 1}})
            rlhf::kept_log_probs(b->part(first, size), rlhf::part(logits, *b, first, size),
                                 rlhf::part(rlhf::index_view(targets), *b, first, size),
                                 rlhf::part(sent.kept(), *b, first, size),
                                 {.log_probs = rlhf::part(rlhf::view<float>(parts), *b, first, size)});
        CHECK(test::same_bits(whole, parts));
    }
    CHECK(test::refusal([&] {
              (void)rlhf::part(rlhf::kept_set{sent.ids, sent.ids}, padded, 0, 1);
          }) == "rlhf::part: kept.offsets has 36 elements, expected 13");
    const auto beyond = rlhf::kept_set{.ids = std::span(sent.ids).first(20), .offsets = sent.offsets};
    per_token lp(3);
    CHECK(test::refusal([&] {
              rlhf::kept_log_probs(padded.part(3, 1), rlhf::part(test::logits_of(z, 4, 3, V), padded, 3, 1),
                                   std::span(targets).first(3), rlhf::part(beyond, padded, 3, 1), {.log_probs = lp});
          }) == "rlhf::kept_log_probs: kept.offsets end at 36, but kept.ids has 20 elements");
}

TEST_CASE("kept_log_probs: sentences") {
    const std::size_t V = 4;
    per_token z(6 * V), lp(6, 7), d(6 * V, 7);
    std::vector<std::int32_t> targets{0, 1, 2, 3, 0, 1}, ids{0, 1, 3, 2, 1, 3}, offsets{0, 2, 2, 5, 5, 6, 6};
    auto b = test::aligned(2, 3);
    rlhf::kept_log_probs_options o;
    const auto refused = [&] {
        const rlhf::kept_set kept{.ids = ids, .offsets = offsets};
        const auto forward = test::refusal(
            [&] { rlhf::kept_log_probs(b, test::logits_of(z, 2, 3, V), targets, kept, {.log_probs = lp}, o); });
        const auto backward = test::refusal([&] {
            rlhf::kept_log_probs_backward(b, test::logits_of(z, 2, 3, V), targets, kept, {.d_log_probs = lp},
                                          test::logits_of(d, 2, 3, V), o);
        });
        const std::string name = "rlhf::kept_log_probs", name_back = "rlhf::kept_log_probs_backward";
        if (!forward.empty()) {
            CHECK(forward.substr(0, name.size()) == name);
            CHECK(name_back + forward.substr(name.size()) == backward);
            CHECK((lp == per_token(6, 7) && d == per_token(6 * V, 7))); // nothing is written
        }
        return forward.empty() ? forward : forward.substr(name.size() + 2);
    };
    ids[5] = 4;
    CHECK(refused() == "kept id 4 of sequence 1, step 1 is outside the vocabulary of 4");
    ids[5] = -1;
    CHECK(refused() == "kept id -1 of sequence 1, step 1 is outside the vocabulary of 4");
    ids[5] = 3, ids[4] = 3;
    CHECK(refused() == "kept id 3 of sequence 0, step 2 appears twice");
    ids[4] = 1, ids[1] = 0;
    CHECK(refused() == "kept id 0 of sequence 0, step 0 appears twice");
    ids[1] = 1, offsets[3] = 1;
    CHECK(refused() == "kept.offsets fall from 2 to 1 at token 2");
    offsets[3] = 5, offsets[0] = 1;
    CHECK(refused() == "kept.offsets start at 1, expected 0");
    offsets[0] = 0, offsets[6] = 7;
    CHECK(refused() == "kept.offsets end at 7, but kept.ids has 6 elements");
    offsets[5] = offsets[6] = 5;
    CHECK(refused() == "kept.offsets end at 5, but kept.ids has 6 elements");
    offsets[5] = offsets[6] = 6, offsets.push_back(6);
    CHECK(refused() == "kept.offsets has 8 elements, expected 7");
    offsets.pop_back(), targets[4] = 4;
    CHECK(refused() == "target 4 of sequence 1, step 1 is outside the vocabulary of 4");
    targets[4] = 0, targets.pop_back();
    CHECK(refused() == "targets has 5 elements, expected 6");
    std::vector<std::int32_t>().swap(targets);
    CHECK(refused() == "targets is missing");
    targets = {0, 1, 2, 3, 0, 1}, o.temperature = 0;
    CHECK(refused() == "temperature is 0, expected [1e-06, 1e+06]");
    o.temperature = 1, b.predict_next = {};
    CHECK(refused().find("batch.predict_next is not set") == 0);
    b.predict_next = false;
    std::vector<std::int32_t> none, kept_offsets(offsets);
    offsets.swap(none);
    CHECK(refused() == "kept.offsets is missing");
    offsets = kept_offsets;

    const rlhf::kept_set kept{.ids = ids, .offsets = offsets};
    const auto said = [&](const rlhf::kept_set& sets, const rlhf::kept_log_probs_arrays<float>& a) {
        return test::refusal([&] { rlhf::kept_log_probs(b, test::logits_of(z, 2, 3, V), targets, sets, a); });
    };
    CHECK(said(kept, {.log_kept = lp}) == "rlhf::kept_log_probs: log_kept needs log_sum_exp");
    CHECK(said({.ids = rlhf::index_view(ids.data(), {.sequences = 2, .steps = 3}), .offsets = offsets},
               {.log_probs = lp}) == "rlhf::kept_log_probs: kept.ids has several rows, expected one");
    CHECK(said({.ids = rlhf::index_view(static_cast<std::int32_t*>(nullptr), {.steps = 6}), .offsets = offsets},
               {.log_probs = lp}) == "rlhf::kept_log_probs: kept.ids is a null pointer to 6 elements");
    CHECK(said(kept, {.log_probs = lp, .entropy = lp}) == "rlhf::kept_log_probs: log_probs overlaps entropy");
    CHECK(
        said(kept, {.log_probs = rlhf::view(reinterpret_cast<float*>(offsets.data()), {.sequences = 2, .steps = 3})}) ==
        "rlhf::kept_log_probs: log_probs overlaps kept.offsets");

    // What a mask hides may have any ids.
    const std::vector<std::uint8_t> mask{0, 1, 1, 1, 1, 1};
    b.mask = mask, ids[0] = -5, ids[1] = -5;
    CHECK(refused().empty());
}

TEST_CASE("kept_log_probs: repeated ids in a long vocabulary") {
    const std::int64_t V = (1 << 18) + 10;
    std::vector<double> z(static_cast<std::size_t>(V)), lp(1);
    const std::vector<std::int64_t> targets{0};
    const auto refused = [&](const std::vector<std::int64_t>& set) {
        const sent_sets<std::int64_t> sent(reference::id_sets{set});
        return test::refusal([&] {
            rlhf::kept_log_probs<double>(test::aligned(1, 1), test::logits_of(z, 1, 1, z.size()), targets, sent.kept(),
                                         {.log_probs = lp});
        });
    };
    CHECK(refused({V - 1, 5, V - 2, 9, 5 + (1 << 18)}).empty()); // 5 and the last share a bit
    CHECK(refused({V - 1, 5, V - 2, 9, V - 1}).find("appears twice") != std::string::npos);
    CHECK(refused({7, 5, 7}).find("kept id 7 of sequence 0, step 0 appears twice") != std::string::npos);
    CHECK(refused({7, 7}).find("kept id 7 of sequence 0, step 0 appears twice") != std::string::npos);
}
