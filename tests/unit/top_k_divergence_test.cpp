// SPDX-License-Identifier: MIT
#include "support/differences.hpp"
#include "support/top_k.hpp"

#include <rlhf/logits/logits_divergence.hpp>

namespace {

using rlhf::bfloat16, rlhf::divergence;
using test::kinds, test::beta_of, test::aggregations, test::digest, test::supports;
using server = test::top_k_server;

} // namespace

TEST_CASE("top_k_divergence: value and gradient of the reference") {
    for (const auto kind : kinds)
        for (const auto how : aggregations)
            for (const std::size_t V : {2, 9, 17, 300}) {
                test::matches_top_k<float>(V, 1, {.divergence = kind, .aggregation = how});
                test::matches_top_k<float>(V, (V + 1) / 2,
                                           {.divergence = kind, .beta = beta_of(kind, 0.2), .aggregation = how});
                test::matches_top_k<double>(
                    V, (V + 1) / 2,
                    {.divergence = kind, .beta = beta_of(kind, 0.8), .temperature = 0.7, .aggregation = how});
                test::matches_top_k<double>(V, V, {.divergence = kind, .temperature = 2, .aggregation = how});
                test::matches_top_k<bfloat16>(V, 2, {.divergence = kind, .aggregation = how});
            }
    test::matches_top_k<float>(3000, 1024, {});
}

TEST_CASE("top_k_divergence: of all entries it is logits_divergence, of fewer less") {
    test::random r(4);
    const std::size_t V = 50, n = 6;
    auto z = test::random_logits<double>(r, n * V), w = test::random_logits<double>(r, n * V), d = z, d_listed = z;
    const auto b = test::aligned(2, 3);
    for (const auto kind : kinds) {
        const rlhf::top_k_divergence_options o{.divergence = kind, .beta = beta_of(kind, 0.3)};
        const double whole = rlhf::logits_divergence(b, test::logits_of(z, 2, 3, V), test::logits_of(w, 2, 3, V),
                                                     test::logits_of(d, 2, 3, V), rlhf::detail::common(o))
                                 .loss();
        double before = 0;
        for (const std::size_t k : {1, 5, 20, 45, 50}) {
            const server sent(w, V, k);
            const double D = rlhf::top_k_divergence(b, test::logits_of(z, 2, 3, V), sent.reference(),
                                                    test::logits_of(d_listed, 2, 3, V), o)
                                 .loss();
            CHECK((D > before && D <= whole * (1 + 1e-6)));
            before = D;
        }
        CHECK(before == Approx(whole).epsilon(1e-6)); // log_probs are float
        double worst = 0;
        for (std::size_t i = 0; i < d.size(); ++i) worst = std::max(worst, std::fabs(d[i] - d_listed[i]));
        CHECK(worst < 1e-7);
    }
}

TEST_CASE("top_k_divergence: of all entries there is no tail") {
    test::random r(14);
    const std::size_t V = 50, n = 30;
    auto z = test::random_logits<float>(r, n * V);
    server sent(z, V, V);
    for (float& x : sent.log_probs) x -= 1e-6F; // now Σ q is a little less than 1
    for (const auto kind : kinds) {
        const double D = rlhf::top_k_divergence(test::aligned(1, n), test::logits_of(z, 1, n, V), sent.reference(),
                                                {.divergence = kind})
                             .loss();
        CHECK((D >= 0 && D < 1e-11)); // log p − log q is 10⁻⁶, and enters squared
    }
}

TEST_CASE("top_k_divergence: central differences") {
    test::random r(9);
    const std::size_t n = 4, V = 9;
    auto z = test::random_logits<double>(r, n * V, 2), w = test::random_logits<double>(r, n * V, 2), d = z;
    const server sent(w, V, 3, 0.9);
    const auto b = test::aligned(2, 2);
    for (const auto kind : kinds)
        for (const auto support : supports) {
            const rlhf::top_k_divergence_options o{
                .divergence = kind, .beta = beta_of(kind, 0.4), .temperature = 0.9, .support = support};
            const auto loss = [&] {
                return rlhf::top_k_divergence(b, test::logits_of(z, 2, 2, V), sent.reference(), o).loss();
            };
            rlhf::top_k_divergence(b, test::logits_of(z, 2, 2, V), sent.reference(), test::logits_of(d, 2, 2, V), o);
            CHECK(test::worst_difference(z, d, loss) < 1e-9);
        }
}

TEMPLATE_TEST_CASE("top_k_divergence: same bits however the batch is laid out", "", float, double) {
    using T = TestType;
    const auto logit = [](test::random& r, std::size_t n) { return test::normals<T>(r, n, 0, 2); };
    constexpr std::size_t k = 2, V = test::contract_logits<T>::vocab;
    for (const auto kind : kinds)
        for (const auto how : aggregations)
            for (const auto support : supports) {
                if (support != rlhf::top_k_support::tail && how != aggregations[1]) continue;
                contract::holds<T>(
                    {.inputs = std::vector<contract::generator<T>>(2 * V, logit), .outputs = V, .time_major = false},
                    [&](const contract::call<T>& c) {
                        auto other = c;
                        std::rotate(other.in.begin(), other.in.begin() + V, other.in.end());
                        test::contract_logits<T> z(c), w(other);
                        const auto tokens = static_cast<std::size_t>(c.batch.tokens());
                        std::vector<std::int64_t> ids(tokens * k, -1); // where nothing counts
                        std::vector<float> log_probs(tokens * k, std::numeric_limits<float>::quiet_NaN());
                        const rlhf::detail::call geometry("test", c.batch);
                        for (std::int64_t s = 0; s < c.batch.size(); ++s)
                            for (std::int64_t t = 0; t < geometry.mask(s).length; ++t) {
                                if (!geometry.mask(s)[t]) continue;
                                const std::int64_t token = c.batch.begin(s) + t;
                                const T* row = c.batch.packed() ? w.logits().at(0, token) : w.logits().at(s, t);
                                const server sent(std::vector<T>(row, row + V), V, k);
                                for (std::size_t i = 0; i < k; ++i) {
                                    ids[static_cast<std::size_t>(token) * k + i] = sent.ids[i];
                                    log_probs[static_cast<std::size_t>(token) * k + i] = sent.log_probs[i];
                                }
                            }
                        const auto r = rlhf::top_k_divergence(
                            c.batch, z.logits(), {.k = k, .ids = ids, .log_probs = log_probs},
                            rlhf::write_to(z.logits(), 27.8),
                            {.divergence = kind, .beta = beta_of(kind, 0.3), .aggregation = how, .support = support},
                            c.run);
                        for (std::size_t v = 0; v < c.out.size(); ++v) z.column(v, c.out[v]);
                        return r;
                    },
                    digest);
            }
}

TEST_CASE("top_k_divergence: adds to the buffer, rows with strides") {
    test::random r(6);
    const std::size_t V = 40, n = 5, k = 3;
    auto z = test::random_logits<float>(r, n * V), w = test::random_logits<float>(r, n * V);
    const server sent(w, V, k);
    std::vector<float> d(n * V), sum(n * V, 0.5F);
    std::vector<std::int64_t> wide(n * 7, -1);
    std::vector<float> spread(n * 4, 1);
    for (std::size_t e = 0; e < n; ++e)
        for (std::size_t i = 0; i < k; ++i)
            wide[e * 7 + i] = sent.ids[e * k + i], spread[e * 4 + i] = sent.log_probs[e * k + i];
    const auto b = test::aligned(1, n);
    const auto plain =
        rlhf::top_k_divergence(b, test::logits_of(z, 1, n, V), sent.reference(), test::logits_of(d, 1, n, V));
    const rlhf::top_k_reference apart{
        .k = k,
        .ids = rlhf::index_view(wide.data(), {.sequences = n, .steps = k, .stride = 7}),
        .log_probs = rlhf::view<const float>(spread.data(), {.sequences = n, .steps = k, .stride = 4})};
    const auto added =
        rlhf::top_k_divergence(b, test::logits_of(z, 1, n, V), apart, rlhf::add_to(test::logits_of(sum, 1, n, V), -2));
    CHECK(test::same_bits(digest(plain), digest(added)));
    double worst = 0;
    for (std::size_t i = 0; i < d.size(); ++i)
        worst = std::max(worst, std::fabs(double(sum[i]) - (0.5 - 2 * double(d[i]))));
    CHECK(worst < 1e-7);
}

TEST_CASE("part: flat arrays and rows of a reference") {
    test::random r(3);
    const std::size_t V = 7, n = 12;
    auto z = test::random_logits<float>(r, n * V), w = z;
    for (float& x : w) x += 0.5f;
    const server full(w, V, 3);
    const std::vector<int> offsets{0, 5, 5, 12};
    rlhf::batch padded = test::aligned(4, 3);
    rlhf::batch packed{.offsets = offsets, .predict_next = false, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const rlhf::shape shape{.sequences = n, .steps = 3}, gaps{.sequences = n, .steps = 3, .stride = 5};
    std::vector<std::int32_t> ids(5 * n, -1);
    std::vector<float> log_probs(5 * n, 1);
    for (std::size_t i = 0; i < 3 * n; ++i)
        ids[i / 3 * 5 + i % 3] = full.ids[i], log_probs[i / 3 * 5 + i % 3] = full.log_probs[i];
    for (rlhf::batch* b : {&padded, &packed}) {
        b->denominator = rlhf::count(*b);
        const auto logits = b->packed() ? test::logits_of(z, 1, n, V) : test::logits_of(z, 4, 3, V);
        const double whole = rlhf::top_k_divergence(*b, logits, full.reference()).loss();
        const rlhf::top_k_reference rows{
            .k = 3, .ids = rlhf::view(full.ids.data(), shape), .log_probs = rlhf::view(full.log_probs.data(), shape)};
        const rlhf::top_k_reference apart{
            .k = 3, .ids = rlhf::view(ids.data(), gaps), .log_probs = rlhf::view(log_probs.data(), gaps)};
        for (const auto& reference : {full.reference(), rows, apart}) {
            rlhf::top_k_divergence_result sum;
            for (const auto& [first, size] : {std::pair{0, 1}, std::pair{1, 2}, std::pair{3, b->packed() ? 0 : 1}})
                sum += rlhf::top_k_divergence(b->part(first, size), rlhf::part(logits, *b, first, size),
                                              rlhf::part(reference, *b, first, size));
            CHECK(sum.loss() == whole);
        }
    }
    CHECK(test::refusal([&] {
              (void)rlhf::part({.k = 2, .ids = full.ids, .log_probs = full.log_probs}, padded, 0, 1);
          }) == "rlhf::part: ids is [1, 36], expected [12, 2]: tokens and k");
    const rlhf::shape short_of_one{.sequences = n - 1, .steps = 3}, wide{.sequences = n, .steps = 4, .stride = 5};
    CHECK(test::refusal([&] {
              (void)rlhf::part({.k = 3, .ids = rlhf::view(ids.data(), short_of_one), .log_probs = full.log_probs},
                               padded, 0, 1);
          }) == "rlhf::part: ids is [11, 3], expected [12, 3]: tokens and k");
    const auto b = padded.part(0, 1);
    const auto of_wide =
        rlhf::part({.k = 3, .ids = rlhf::view(ids.data(), wide), .log_probs = full.log_probs}, padded, 0, 1);
    CHECK(test::refusal([&] { rlhf::top_k_divergence(b, test::logits_of(z, 1, 3, V), of_wide); }) ==
          "rlhf::top_k_divergence: ids is [3, 4], expected [3, 3]");
}
