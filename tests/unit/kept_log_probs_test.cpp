// SPDX-License-Identifier: MIT
#include "support/differences.hpp"
#include "support/kept_sets.hpp"

namespace {

using rlhf::bfloat16, rlhf::float16;
using test::number, test::small, test::sent_sets;

/// Some targets are kept, others not.
template <class E>
void values_match(std::size_t V, std::size_t size, double temperature, double deviation = 3) {
    using T = number<E>;
    CAPTURE(V, size, temperature, deviation);
    test::random r(V + size);
    const std::size_t n = 10;
    auto z = test::random_logits<E>(r, n * V, deviation);
    const auto sets = test::random_sets(r, n, V, size);
    auto targets = test::targets<std::int64_t>(r, n, V);
    for (std::size_t i = 0; i < n && size > 0; i += 2) targets[i] = sets[i][r.below(size)];
    const auto mask = test::flags(r, n, 0.8);
    auto b = test::aligned(2, 5);
    b.mask = mask;
    const sent_sets<std::int64_t> sent(sets);
    std::vector<T> log_sum_exp(n), log_probs(n, 7), entropy(n, 7), log_kept(n, 7);
    rlhf::token_log_probs<T>(b, test::logits_of(z, 2, 5, V), targets, {.log_sum_exp = log_sum_exp},
                             {.temperature = temperature});
    const auto result = rlhf::kept_log_probs<T>(
        b, test::logits_of(z, 2, 5, V), targets, sent.kept(),
        {.log_sum_exp = log_sum_exp, .log_probs = log_probs, .entropy = entropy, .log_kept = log_kept},
        {.temperature = temperature});
    const auto want =
        reference::kept_log_probs(reference::padded(2, 5, mask), test::widened(z), V, targets, sets, temperature);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < n; ++i) {
        // A float is rounded once. x is rounded in double, which is an error relative to the largest x.
        const double scale = 8 * deviation / temperature;
        const double absolute = std::is_same_v<T, double> ? 4e-16 * scale : 0;
        wrong += !test::close(log_probs[i], want.log_probs[i], sizeof(T) == 4 ? 0.51 : 4, absolute);
        wrong += std::fabs(entropy[i] - want.entropy[i]) > 2 * small<T> * (1 + want.entropy[i]);
        wrong += std::fabs(log_kept[i] - want.log_kept[i]) > 4 * small<T> * (1 + scale);
    }
    CHECK(wrong == 0);
    CHECK(result.nonfinite == 0);
    CHECK(result.tokens == static_cast<double>(reference::count(reference::padded(2, 5, mask)).tokens));
}

template <class E, class D = E>
void gradients_match(std::size_t V, std::size_t size, double temperature) {
    using T = number<E>;
    CAPTURE(V, size, temperature);
    test::random r(V);
    const std::size_t n = 6;
    auto z = test::random_logits<E>(r, n * V);
    const auto sets = test::random_sets(r, n, V, size);
    auto targets = test::targets<std::int64_t>(r, n, V);
    for (std::size_t i = 0; i < n && size > 0; i += 2) targets[i] = sets[i][size - 1];
    auto g = test::normals<T>(r, n), h = test::normals<T>(r, n);
    g[1] = 0, h[2] = 0, g[3] = h[3] = 0;
    const sent_sets<> sent(sets);
    std::vector<D> d(n * V, static_cast<D>(9));
    rlhf::kept_log_probs_backward<T>(test::aligned(2, 3), test::logits_of(z, 2, 3, V), targets, sent.kept(),
                                     {.d_log_probs = g, .d_entropy = h}, test::logits_of(d, 2, 3, V),
                                     {.temperature = temperature});
    const auto want = reference::kept_log_probs_backward(reference::padded(2, 3), test::widened(z), V, targets, sets,
                                                         reference::to_real(g), reference::to_real(h), temperature);
    const double storage = std::is_same_v<D, bfloat16>  ? 0x1p-8
                           : std::is_same_v<D, float16> ? 0x1p-11
                           : std::is_same_v<D, float>   ? 0x1p-24
                                                        : 0;
    double worst = 0;
    std::size_t not_zero = 0; // outside of the sets
    for (std::size_t i = 0; i < want.size(); ++i) {
        const auto row = i / V;
        const double size_of = (std::fabs(double(g[row])) + std::fabs(double(h[row]))) / temperature;
        const double want_d = static_cast<double>(want[i]);
        const double allowed = 40 * small<double> * (std::fabs(want_d) + 0.1 * size_of) + storage * std::fabs(want_d) +
                               (sizeof(D) == 2 ? 0x1p-24 : 0);
        worst = std::max(worst, allowed > 0 ? std::fabs(static_cast<double>(d[i]) - want_d) / allowed : 0);
        not_zero += want[i] == 0 && !test::same_bits(d[i], static_cast<D>(0.0));
    }
    CHECK((worst <= 1 && not_zero == 0));
}

} // namespace

TEST_CASE("kept_log_probs: the values of the reference") {
    for (const auto& [V, size] : {std::pair{1, 0}, std::pair{1, 1}, std::pair{7, 0}, std::pair{7, 3}, std::pair{70, 63},
                                  std::pair{70, 64}, std::pair{70, 65}, std::pair{1000, 100}, std::pair{3000, 1023},
                                  std::pair{3000, 1024}, std::pair{3000, 2500}}) {
        const auto vocab = static_cast<std::size_t>(V), n = static_cast<std::size_t>(size);
        values_match<float>(vocab, n, 1);
        values_match<double>(vocab, n, 1);
        values_match<float>(vocab, n, 0.7, 1);
        values_match<double>(vocab, n, 0.7, 100);
        values_match<bfloat16>(vocab, n, 1.3);
        values_match<float16>(vocab, n, 1, 0.01);
    }
}

TEST_CASE("kept_log_probs_backward: the gradient of the reference") {
    for (const auto& [V, size] : {std::pair{1, 0}, std::pair{7, 0}, std::pair{7, 3}, std::pair{200, 64},
                                  std::pair{3000, 1023}, std::pair{3000, 2500}}) {
        const auto vocab = static_cast<std::size_t>(V), n = static_cast<std::size_t>(size);
        gradients_match<float>(vocab, n, 1);
        gradients_match<double>(vocab, n, 0.7);
        gradients_match<bfloat16>(vocab, n, 1);
        gradients_match<float16>(vocab, n, 1);
        gradients_match<float, bfloat16>(vocab, n, 0.7);
        gradients_match<bfloat16, float>(vocab, n, 0.7);
        gradients_match<double, float>(vocab, n, 2);
    }
}

TEST_CASE("kept_log_probs_backward: central differences of the forward pass") {
    test::random r(3);
    const std::size_t n = 6, V = 19;
    auto z = test::random_logits<double>(r, n * V, 2), d = z;
    const auto targets = test::targets(r, n, V);
    const sent_sets<> sent(test::random_sets(r, n, V, 6));
    const auto g = test::normals<double>(r, n), h = test::normals<double>(r, n);
    const rlhf::kept_log_probs_options o{.temperature = 0.8};
    const auto b = test::aligned(2, 3);
    rlhf::kept_log_probs_backward<double>(b, test::logits_of(z, 2, 3, V), targets, sent.kept(),
                                          {.d_log_probs = g, .d_entropy = h}, test::logits_of(d, 2, 3, V), o);
    const auto loss = [&] {
        std::vector<double> lp(n), H(n);
        rlhf::kept_log_probs<double>(b, test::logits_of(z, 2, 3, V), targets, sent.kept(),
                                     {.log_probs = lp, .entropy = H}, o);
        double sum = 0;
        for (std::size_t i = 0; i < n; ++i) sum += g[i] * lp[i] + h[i] * H[i];
        return sum;
    };
    CHECK(test::worst_difference(z, d, loss) < 1e-9);
}

TEMPLATE_TEST_CASE("kept_log_probs: a set of the whole vocabulary gives token_log_probs", "", float, double, bfloat16) {
    using T = number<TestType>;
    test::random r(5);
    const std::size_t n = 6;
    for (const std::size_t V : {9U, 800U, 5000U}) {
        CAPTURE(V);
        auto z = test::random_logits<TestType>(r, n * V);
        const auto targets = test::targets(r, n, V);
        const sent_sets<> sent(test::random_sets(r, n, V, V));
        const auto g = test::normals<T>(r, n), h = test::normals<T>(r, n);
        test::token_outputs<T> whole(n);
        std::vector<T> lp(n), H(n), mass(n, 7);
        std::vector<TestType> d_whole(n * V), d(n * V);
        const auto b = test::aligned(2, 3);
        const auto logits = test::logits_of(z, 2, 3, V);
        rlhf::token_log_probs<T>(b, logits, targets, whole.arrays());
        rlhf::token_log_probs_backward<T>(b, logits, targets, {.d_log_probs = g, .d_entropy = h},
                                          test::logits_of(d_whole, 2, 3, V));
        rlhf::kept_log_probs<T>(b, logits, targets, sent.kept(),
                                {.log_sum_exp = whole.log_sum_exp, .log_probs = lp, .entropy = H, .log_kept = mass});
        rlhf::kept_log_probs_backward<T>(b, logits, targets, sent.kept(), {.d_log_probs = g, .d_entropy = h},
                                         test::logits_of(d, 2, 3, V));
        CHECK(test::worst_ulp_error(lp, whole.log_probs) <= 2);
        CHECK(test::worst_ulp_error(H, whole.entropy) <= 4);
        double worst = 0;
        for (std::size_t i = 0; i < n * V; ++i) {
            const double size = std::fabs(double(g[i / V])) + std::fabs(double(h[i / V]));
            worst = std::max(worst, std::fabs(double(d[i]) - double(d_whole[i])) / size);
        }
        CHECK(worst <= (sizeof(TestType) == 2 ? 0x1p-8 : 10 * small<T>));
        for (std::size_t i = 0; i < n; ++i)
            CHECK(std::fabs(double(mass[i])) <= (sizeof(T) == 4 ? 0x1p-23 : 0x1p-51) * std::fabs(whole.log_sum_exp[i]));
    }
}

TEMPLATE_TEST_CASE("kept_log_probs: same bits however the batch is laid out", "", float, double, bfloat16) {
    using T = number<TestType>;
    constexpr std::size_t V = test::contract_logits<TestType>::vocab;
    const auto logit = [](test::random& r, std::size_t n) { return test::normals<T>(r, n, 0, 2); };
    const auto weight = [](test::random& r, std::size_t n) { return test::normals<T>(r, n); };
    const auto members = [](test::random& r, std::size_t n) { return test::targets(r, n, std::size_t(1) << V); };
    // The set of a step is in the bits of an integer, turned by it. It is sent with the token that the step is about.
    const auto sets_of = [](const contract::call<T>& c) {
        const rlhf::detail::call geometry("test", c.batch);
        const std::int64_t shift = c.batch.predict_next.value_or(false) ? 1 : 0;
        reference::id_sets sets(static_cast<std::size_t>(c.batch.tokens()), {-1, 99, -1}); // where nothing counts
        const auto index = c.index(0);
        for (std::int64_t s = 0; s < c.batch.size(); ++s)
            for (std::int64_t t = 0; t < geometry.mask(s).length; ++t) {
                if (!geometry.mask(s)[t]) continue;
                const std::int64_t token = c.batch.begin(s) + t,
                                   bits = index[index.rows() == index.flat ? token : s * index.stride() + t];
                auto& set = sets[static_cast<std::size_t>(token + shift)];
                set.clear();
                for (std::int64_t v = 0; v < std::int64_t(V); ++v)
                    if (const std::int64_t id = (v + bits) % std::int64_t(V); (bits >> id & 1) != 0) set.push_back(id);
            }
        return sent_sets<>(sets);
    };
    const auto digest = [](const rlhf::kept_log_probs_result& r) { return std::vector<double>{r.tokens, r.nonfinite}; };
    const contract::problem<T> forward{
        .inputs = {logit, logit, logit, logit, logit, weight}, .indices = {members}, .outputs = 3, .time_major = false};
    contract::holds<T>(
        forward,
        [&](const contract::call<T>& c) {
            test::contract_logits<TestType> z(c);
            const auto sent = sets_of(c);
            return rlhf::kept_log_probs<T>(
                c.batch, z.logits(), z.targets(), sent.kept(),
                {.log_sum_exp = c.in[5], .log_probs = c.out[0], .entropy = c.out[1], .log_kept = c.out[2]},
                {.temperature = 1.5}, c.run);
        },
        digest);
    const contract::problem<T> backward{.inputs = {logit, logit, logit, logit, logit, weight, weight},
                                        .indices = {members},
                                        .outputs = 5,
                                        .time_major = false};
    contract::holds<T>(
        backward,
        [&](const contract::call<T>& c) {
            test::contract_logits<TestType> z(c);
            const auto sent = sets_of(c);
            const auto r =
                rlhf::kept_log_probs_backward<T>(c.batch, z.logits(), z.targets(), sent.kept(),
                                                 {.d_log_probs = c.in[5], .d_entropy = c.in[6]}, z.logits(), {}, c.run);
            for (std::size_t v = 0; v < c.out.size(); ++v) z.column(v, c.out[v]);
            return r;
        },
        digest);
}
