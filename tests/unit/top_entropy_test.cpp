// SPDX-License-Identifier: MIT
#include "contract/contract.hpp"
#include "reference/top_entropy.hpp"
#include "support/cases.hpp"

#include <rlhf/policy/top_entropy.hpp>

namespace {

constexpr double inf = std::numeric_limits<double>::infinity(), NaN = std::numeric_limits<double>::quiet_NaN();
using bytes = std::vector<std::uint8_t>;

std::vector<double> digest(const rlhf::top_entropy_result& r) {
    return {r.own.tokens,  r.own.sequences,  r.threshold,          r.kept(),
            r.nonfinite(), r.mean_entropy(), r.mean_kept_entropy()};
}

/// Entropies: many near 0, some large; with `ties`, whole multiples of 0.25.
template <class T>
std::vector<T> entropies(test::random& r, std::size_t n, bool ties = false) {
    std::vector<T> x(n);
    for (T& e : x) {
        const double h = -std::log(1 - r.uniform(0, 0.9999)) * 0.7;
        e = static_cast<T>(ties ? std::floor(4 * h) / 4 : h);
    }
    return x;
}

template <class T>
void matches_reference(double share, bool ties) {
    CAPTURE(share, ties);
    test::random r(7);
    auto where = test::mixed_rectangle(r);
    auto h = entropies<T>(r, where.size(), ties);
    const auto b = where.reference();
    const auto want = reference::top_entropy(b, reference::to_real(h), share);
    test::poison(r, h, where.mask);
    std::vector<T> w(where.size(), T(7));
    bytes keep(where.size(), 7), alone(where.size(), 7);
    const auto got = rlhf::top_entropy<T>(where.batch(), {.entropy = h, .weights = w, .keep = keep}, {.share = share});
    CHECK(test::error<T>(got.threshold, want.threshold, want.threshold) <= 1);
    CHECK(got.kept() == double(want.kept));
    CHECK(test::error<T>(got.mean_entropy(), want.mean_entropy, want.mean_entropy) <= test::summing<T>);
    CHECK(test::error<T>(got.mean_kept_entropy(), want.mean_kept_entropy, want.mean_kept_entropy) <= test::summing<T>);
    CHECK(got.nonfinite() == 0);
    rlhf::top_entropy<T>(where.batch(), {.entropy = h, .keep = alone}, {.threshold = got.threshold});
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < w.size(); ++i) {
        const bool kept = want.weights[i] != 0;
        wrong += w[i] != (kept ? T(1) : T(0)) || keep[i] != (kept ? 1 : 0) || alone[i] != keep[i];
    }
    CHECK(wrong == 0);
    std::vector<T> in_place = h;
    bytes as_well(where.size(), 7);
    rlhf::top_entropy<T>(where.batch(), {.entropy = in_place, .weights = in_place, .keep = as_well}, {.share = share});
    CHECK((in_place == w && as_well == keep));
}

/// The threshold of these entropies, all of which count.
double threshold(const std::vector<double>& h, double share) {
    return rlhf::top_entropy<double>({.steps = h.size(), .mask = rlhf::all, .denominator = rlhf::counted_here},
                                     {.entropy = h}, {.share = share})
        .threshold;
}

} // namespace

TEMPLATE_TEST_CASE("top_entropy: same bits however the batch is laid out", "[contract]", float, double) {
    using T = TestType;
    const contract::problem<T> p{.inputs = {[](test::random& r, std::size_t n) { return entropies<T>(r, n); }}};
    contract::holds<T>(
        p,
        [](const contract::call<T>& c) {
            return rlhf::top_entropy<T>(c.batch, {.entropy = c.in[0], .weights = c.out[0]}, {.threshold = 1.2}, c.run);
        },
        digest);
}

TEMPLATE_TEST_CASE("top_entropy: the threshold has the same bits in any layout and on any threads", "", float, double) {
    using T = TestType;
    test::random r(3);
    const std::size_t B = 90, S = 700; // several pieces of work
    const auto mask = test::flags(r, B * S, 0.7);
    auto h = entropies<T>(r, B * S);
    test::poison(r, h, mask);
    std::vector<T> turned(B * S);
    bytes turned_mask(B * S);
    for (std::size_t i = 0; i < B * S; ++i) turned[i % S * B + i / S] = h[i], turned_mask[i % S * B + i / S] = mask[i];
    const rlhf::batch rows{.sequences = B, .steps = S, .mask = mask, .denominator = rlhf::counted_here};
    const rlhf::batch columns{.sequences = B,
                              .steps = S,
                              .layout = rlhf::layout::time_first,
                              .mask = turned_mask,
                              .denominator = rlhf::counted_here};
    const double want = rlhf::top_entropy<T>(rows, {.entropy = h}).threshold;
    CHECK(rlhf::top_entropy<T>(rows, {.entropy = h}, {}, contract::threads(3)).threshold == want);
    CHECK(rlhf::top_entropy<T>(columns, {.entropy = turned}).threshold == want);
    CHECK(want > 0);
}

TEMPLATE_TEST_CASE("top_entropy: against the reference", "[reference]", float, double) {
    for (const double share : {0.0, 0.01, 0.2, 0.5, 0.55, 0.999, 1.0}) {
        matches_reference<TestType>(share, false);
        matches_reference<TestType>(share, true);
    }
}

TEST_CASE("top_entropy: the quantile by hand, as torch.quantile has it") {
    CHECK(threshold({0.4, 0.1, 0.3, 0.2, 0.5}, 0.25) == 0.4);
    CHECK(threshold({4, 1, 3, 2}, 0.5) == 2.5);
    CHECK(threshold({4, 1, 3, 2}, 0.2) == Approx(3.4).epsilon(1e-15));
    CHECK(threshold({4, 1, 3, 2}, 0) == 4);
    CHECK(threshold({4, 1, 3, 2}, 1) == 1);
    CHECK(threshold({7}, 0.2) == 7);
    CHECK(threshold({}, 0.2) == 0);
    CHECK(threshold({-1, -3, 0, -0.0, 2}, 0.75) == -1); // differential entropies may be negative
    CHECK(threshold({-1, -3, 0, -0.0, 2}, 0.4) == 0);
    CHECK(threshold({NaN, 2, 1, NaN}, 0.5) == 1.5);
    CHECK(threshold({NaN, NaN}, 0.5) == 0);
    CHECK(threshold({inf, 1, 2}, 0.5) == 2);
    CHECK(threshold({inf, inf, 2}, 0.5) == inf);
}

TEST_CASE("top_entropy: NaN is not kept, and is counted") {
    const std::vector<float> h{float(NaN), 2, float(inf), 1};
    std::vector<float> w(4);
    bytes keep(4, 7);
    const rlhf::batch b{.steps = 4, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto r = rlhf::top_entropy(b, {.entropy = h, .weights = w, .keep = keep}, {.threshold = 2});
    CHECK((w == std::vector<float>{0, 1, 1, 0} && keep == bytes{0, 1, 1, 0}));
    CHECK((r.nonfinite() == 2 && r.kept() == 2 && r.threshold == 2));
}

TEST_CASE("top_entropy: keep is a mask that can replace the batch's") {
    const std::vector<double> h{1, 3, 1, 1, 3, 3};
    bytes mask{1, 1, 0, 7, 1, 1};
    rlhf::batch b{.sequences = 2, .steps = 3, .mask = mask, .denominator = rlhf::counted_here};
    rlhf::batch kept = b;
    kept.denominator = rlhf::count(b); // dropped tokens go on counting
    CHECK(rlhf::top_entropy<double>(b, {.entropy = h, .keep = mask}, {.threshold = 2}).kept() == 3);
    CHECK(mask == bytes{0, 1, 0, 0, 1, 1});
    CHECK(rlhf::count(kept) == rlhf::counts{3, 2});

    mask = {1, 1, 0, 7, 1, 1}; // about the tokens; step t is about token t + 1
    b.predict_next = true;
    CHECK(rlhf::top_entropy<double>(b, {.entropy = h, .keep = mask}, {.threshold = 2}).kept() == 1);
    CHECK(mask == bytes{0, 0, 0, 0, 0, 1});
}

TEST_CASE("top_entropy: parts of a step with its threshold join to the step") {
    const std::vector<double> h{1, 3, 2, 5};
    const rlhf::batch b{.sequences = 2, .steps = 2, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto whole = rlhf::top_entropy<double>(b, {.entropy = h}, {.share = 0.5});
    rlhf::top_entropy_result parts;
    for (const int s : {0, 1})
        parts += rlhf::top_entropy<double>(b.part(s, 1), {.entropy = rlhf::part(h, b, s, 1)},
                                           {.threshold = whole.threshold});
    CHECK(digest(parts) == digest(whole));
}

TEST_CASE("top_entropy: refusals") {
    const std::vector<float> h(2, 1);
    std::vector<float> w(2, 7);
    const rlhf::batch b{.steps = 2, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto said = [&](const rlhf::top_entropy_options& o) {
        return test::refusal([&] { rlhf::top_entropy(b, {.entropy = h, .weights = w}, o); });
    };
    const std::string f = "rlhf::top_entropy: ";
    CHECK(said({.share = -0.1}) == f + "share is -0.1, expected [0, 1]");
    CHECK(said({.share = NaN}).find(f + "share is nan") == 0);
    CHECK(said({.share = 1.5}) == f + "share is 1.5, expected [0, 1]");
    CHECK(said({.threshold = NaN}).find(f + "threshold is nan") == 0);
    CHECK(said({.threshold = 1e39}).find(f + "threshold is 1e+39") == 0);
    CHECK((w == std::vector<float>{7, 7}));
}
