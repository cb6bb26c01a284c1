// SPDX-License-Identifier: MIT
#include "contract/contract.hpp"
#include "golden/goldens.hpp"
#include "reference/gae.hpp"
#include "support/dual.hpp"
#include "support/rows.hpp"

#include <rlhf/advantage/gae.hpp>

namespace {

template <class T>
std::vector<T> numbers(test::random& r, std::size_t n) {
    return test::normals<T>(r, n);
}

template <class T, class Arch>
void contract_holds(const rlhf::gae_options& o, bool time_major) {
    const contract::problem<T> p{.inputs = {numbers<T>, numbers<T>, numbers<T>},
                                 .sequences = {numbers<T>},
                                 .outputs = 2,
                                 .time_major = false,
                                 .only_time_major = time_major};
    contract::holds<T>(p, [&](const contract::call<T>& c) {
        rlhf::gae<T, Arch>(c.batch,
                           {.rewards = c.in[0],
                            .values = c.in[1],
                            .bootstrap_values = c.sequence[0],
                            .advantages = c.out[0],
                            .returns = c.out[1]},
                           o, c.run);
    });
    contract::holds<T>(p, [&](const contract::call<T>& c) {
        const test::flags_like terminated(c.in[2], 1.2), truncated(c.in[2], 0.9);
        rlhf::gae<T, Arch>(c.batch,
                           {.rewards = c.in[0],
                            .values = c.in[1],
                            .next_values = c.in[2],
                            .terminated = terminated.view(),
                            .truncated = truncated.view(),
                            .advantages = c.out[0],
                            .returns = c.out[1]},
                           o, c.run);
    });
}

/// One call and its reference, on the same numbers.
template <class T>
struct comparison {
    const test::rows& rows;
    std::vector<T> rewards, values, next_values, bootstrap;
    std::vector<std::uint8_t> terminated, truncated;

    comparison(test::random& r, const test::rows& of)
        : rows(of), rewards(test::normals<T>(r, of.size)), values(test::normals<T>(r, of.size)),
          next_values(test::normals<T>(r, of.size)), bootstrap(test::normals<T>(r, of.sequences)),
          terminated(test::flags(r, of.size, 0.1)), truncated(test::flags(r, of.size, 0.1)) {}

    /// what: bit 0 next values, bit 1 bootstrap values, bit 2 terminated, bit 3 truncated.
    template <class Arch>
    void run(rlhf::gaps how, double gamma, double lambda, int what) {
        std::vector<T> advantages(rows.size, T(9)), returns(rows.size, T(9));
        rlhf::gae_arrays<T> a{.rewards = rewards, .values = values, .advantages = advantages, .returns = returns};
        reference::gae_arrays b{.rewards = reference::to_real(rewards), .values = reference::to_real(values)};
        if ((what & 1) != 0) a.next_values = next_values, b.next_values = reference::to_real(next_values);
        if ((what & 2) != 0) a.bootstrap_values = bootstrap, b.bootstrap_values = reference::to_real(bootstrap);
        if ((what & 4) != 0) a.terminated = terminated, b.terminated = terminated;
        if ((what & 8) != 0) a.truncated = truncated, b.truncated = truncated;
        rlhf::gae<T, Arch>(rows.library, a, {.gamma = gamma, .lambda = lambda, .gaps = how});
        const auto want = reference::gae(rows.plain, b,
                                         {.gamma = gamma, .lambda = lambda, .gaps = static_cast<reference::gaps>(how)});
        // A chain of additions of numbers near 1, each rounded.
        const double tolerance = std::numeric_limits<T>::epsilon() * static_cast<double>(4 * rows.longest() + 8);
        CAPTURE(how, gamma, lambda, what, rows.sequences, rows.longest());
        CHECK(test::close_where_counted(advantages, want.advantages, rows.plain, tolerance));
        CHECK(test::close_where_counted(returns, want.returns, rows.plain, tolerance));
    }
};

} // namespace

TEMPLATE_TEST_CASE("gae: same bits however the batch is laid out", "", float, double) {
    for (const auto how : {rlhf::gaps::skip, rlhf::gaps::zero})
        for (const bool time_major : {false, true}) {
            contract_holds<TestType, rlhf::native>({.gamma = 0.99, .gaps = how}, time_major);
            contract_holds<TestType, rlhf::scalar>({.gamma = 0.99, .gaps = how}, time_major);
        }
}

TEMPLATE_TEST_CASE("gae: the reference on every layout, mask, gap and flag", "", float, double) {
    test::random r(1);
    for (const auto how : test::arrangements)
        for (const auto kind : test::mask_kinds)
            for (const bool next : {false, true}) {
                const std::size_t steps = kind == test::mask_kind::gaps ? 300 : 37;
                const test::rows rows(r, how, kind, 7, steps, next);
                comparison<TestType> c(r, rows);
                for (const auto gap : {rlhf::gaps::skip, rlhf::gaps::zero, rlhf::gaps::ignore})
                    for (const auto& [gamma, lambda] :
                         {std::pair(1.0, 1.0), {1.0, 0.0}, {0.0, 1.0}, {0.9375, 0.75}, {1.0, 0.95}})
                        for (int what = 0; what < 16; ++what) {
                            if ((what & 8) != 0 && (what & 1) == 0) continue;
                            c.template run<rlhf::native>(gap, gamma, lambda, what);
                            if (gamma == 0.9375) c.template run<rlhf::scalar>(gap, gamma, lambda, what);
                        }
            }
}

/// Rows of more than a chunk, against the recurrence in long double, and cut up for threads.
TEMPLATE_TEST_CASE("gae: long rows in chunks", "", float, double) {
    using T = TestType;
    const std::size_t steps = 3 * 16384 + 777, rows = 2;
    test::random r(9);
    const auto rewards = test::normals<T>(r, rows * steps), values = test::normals<T>(r, rows * steps),
               bootstrap = test::normals<T>(r, rows);
    auto mask = test::flags(r, rows * steps, 0.9);
    std::fill_n(mask.begin() + 17000, 17000, std::uint8_t(0)); // a chunk of the first row and more
    const auto terminated = test::flags(r, rows * steps, 0.0001);
    for (const auto& [gamma, lambda] : {std::pair(0.99, 0.95), {0.99999, 1.0}, {1.0, 1.0}})
        for (const bool all : {false, true})
            for (const bool flags : {false, true})
                for (const auto how : {rlhf::gaps::skip, rlhf::gaps::zero, rlhf::gaps::ignore}) {
                    rlhf::batch b{
                        .sequences = rows, .steps = steps, .mask = rlhf::all, .denominator = rlhf::counted_here};
                    if (!all) b.mask = mask;
                    std::vector<T> alone(rows * steps), together(rows * steps);
                    rlhf::gae_arrays<T> a{.rewards = rewards, .values = values, .bootstrap_values = bootstrap};
                    if (flags) a.terminated = terminated;
                    const rlhf::gae_options o{.gamma = gamma, .lambda = lambda, .gaps = how};
                    a.advantages = alone;
                    rlhf::gae<T>(b, a, o);
                    for (const std::size_t n : {1U, 3U}) {
                        a.advantages = together;
                        const auto pool = contract::threads(n);
                        rlhf::gae<T>(b, a, o, pool);
                        CHECK(test::same_bits(alone, together));
                    }
                    // Sums of as many numbers near 1 as weigh anything.
                    const double terms = std::min(1 / (1 - gamma * lambda), static_cast<double>(steps));
                    const double tolerance = (2 * terms + 8) * std::numeric_limits<T>::epsilon();
                    std::size_t wrong = 0;
                    for (std::size_t s = 0; s < rows; ++s) {
                        long double next = bootstrap[s], sum = 0;
                        bool begun = how == rlhf::gaps::ignore;
                        for (std::size_t i = (s + 1) * steps; i-- > s * steps;) {
                            const bool counts = all || mask[i] != 0, read = counts || how == rlhf::gaps::ignore;
                            begun = begun || counts;
                            if (begun && (counts || how != rlhf::gaps::skip)) {
                                const bool ends = flags && read && terminated[i] != 0;
                                const long double value = read ? values[i] : T(0), reward = read ? rewards[i] : T(0);
                                const T f = static_cast<T>(gamma * lambda);
                                sum = reward + (ends ? 0 : static_cast<T>(gamma) * next) - value + (ends ? 0 : f * sum);
                                next = value;
                            }
                            const long double want = counts ? sum : 0;
                            wrong += !(std::abs(static_cast<long double>(alone[i]) - want) <=
                                       tolerance * (1 + std::abs(want)));
                        }
                    }
                    CAPTURE(gamma, all, flags, how);
                    CHECK(wrong == 0);
                }
}

TEMPLATE_TEST_CASE("gae: infinite data stays infinite however far away", "", float, double) {
    using T = TestType;
    const T inf = std::numeric_limits<T>::infinity();
    const std::size_t steps = 40000;
    const rlhf::batch b{.sequences = 1, .steps = steps, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const std::vector<T> values(steps);
    std::vector<T> rewards(steps), a(steps);
    for (const double lambda : {1e-30, 0.5, 1.0})
        for (const bool chunks : {false, true}) {
            rewards.back() = inf;
            const auto pool = contract::threads(2);
            rlhf::gae<T>(b, {.rewards = rewards, .values = values, .advantages = a}, {.lambda = lambda},
                         chunks ? rlhf::executor(pool) : rlhf::executor());
            CHECK(std::count(a.begin(), a.end(), inf) == static_cast<std::ptrdiff_t>(steps));
        }
}

TEMPLATE_TEST_CASE("gae: rlax's truncated generalised advantages", "", float, double) {
    using T = TestType;
    // A discount of 0 there is a terminated step here.
    const std::vector<T> rewards{0, 0, 1, 0, T(-.5), 0, 0, 0, 0, 1}, values{1, 4, -3, -2, -1, -3, -2, -1, 0, 5},
        last{-1, -1};
    const std::vector<std::uint8_t> terminated{0, 0, 0, 0, 0, 0, 0, 0, 1, 0};
    const std::vector<std::pair<double, std::vector<double>>> want{
        {1, {-1.4511880549, -4.45574551, 2.539651, .5249, -.49, 3, 2, 1, 0, -4.9}},
        {.7, {-.67697949741049, -5.24816666293, 2.48460799, .67043, -.49, 2.2899, 1.73, 1, 0, -4.9}},
        {.4, {.56731873101056, -6.04212441664, 2.34312016, .81596, -.49, 1.7256, 1.46, 1, 0, -4.9}}};
    for (const auto& [lambda, expected] : want)
        for (std::size_t s = 0; s < 2; ++s) {
            std::vector<T> advantages(5);
            const rlhf::batch b{.sequences = 2, .steps = 5, .mask = rlhf::all, .denominator = rlhf::counted_here};
            const auto row = [&](const auto& a) { return rlhf::part(a, b, s, 1); };
            rlhf::gae<T>(b.part(s, 1),
                         {.rewards = row(rewards),
                          .values = row(values),
                          .bootstrap_values = rlhf::part(rlhf::per_sequence(last), b, s, 1),
                          .terminated = row(terminated),
                          .advantages = advantages},
                         {.gamma = s == 0 ? .99 : .9, .lambda = lambda});
            for (std::size_t t = 0; t < 5; ++t)
                CHECK(static_cast<double>(advantages[t]) ==
                      Approx(expected[5 * s + t]).epsilon(sizeof(T) == 4 ? 1e-6 : 1e-13));
        }
}

TEST_CASE("gae: verl's and OpenRLHF's advantages") {
    const auto cases = test::read_goldens("packages.txt");
    const auto check = [&](const char* name, rlhf::gaps how, const char* key, bool advantages) {
        const auto& g = cases.at(name);
        const auto mask = g.integers<std::uint8_t>("mask");
        std::vector<double> a(mask.size()), returns(mask.size());
        const rlhf::batch b{.sequences = mask.size() / 5, .steps = 5, .mask = mask, .denominator = rlhf::counted_here};
        rlhf::gae<double>(b, {.rewards = g["rewards"], .values = g["values"], .advantages = a, .returns = returns},
                          {.gamma = g.number("gamma"), .lambda = g.number("lambda"), .gaps = how});
        for (std::size_t i = 0; i < mask.size(); ++i)
            if (mask[i] != 0) CHECK((advantages ? a : returns)[i] == Approx(g[key][i]).epsilon(1e-13));
    };
    check("verl_gae", rlhf::gaps::skip, "returns", false);
    check("openrlhf_gae", rlhf::gaps::zero, "returns", false);
    check("openrlhf_gae", rlhf::gaps::zero, "advantages", true);
}

TEMPLATE_TEST_CASE("gae: a tool's output between two turns is no time", "", float, double) {
    using T = TestType;
    const std::vector<std::uint8_t> mask{0, 0, 1, 1, 1, 0, 0, 1, 1, 0, 0};
    const std::vector<T> rewards{0, 0, T(.1), T(.1), T(.1), 0, 0, T(.1), 1, 0, 0};
    const rlhf::batch b{.sequences = 1, .steps = 11, .mask = mask, .denominator = rlhf::counted_here};
    const auto advantages = [&](T garbage) {
        std::vector<T> values{garbage, garbage, 4, 5, 6, garbage, garbage, 7, 9, garbage, garbage}, a(11);
        rlhf::gae<T>(b, {.rewards = rewards, .values = values, .advantages = a}, {.gamma = .9, .lambda = .8});
        return a;
    };
    const auto a = advantages(3);
    CHECK(test::same_bits(a, advantages(std::numeric_limits<T>::quiet_NaN())));
    CHECK(test::same_bits(a, advantages(std::numeric_limits<T>::infinity())));
    // The five steps side by side.
    const rlhf::batch dense{.sequences = 1, .steps = 5, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const std::vector<T> five{T(.1), T(.1), T(.1), T(.1), 1}, values{4, 5, 6, 7, 9};
    std::vector<T> want(5);
    rlhf::gae<T>(dense, {.rewards = five, .values = values, .advantages = want}, {.gamma = .9, .lambda = .8});
    // Not to the bit: sums are made a register of steps at a time, and here steps fall into other registers.
    const std::vector<T> got{a[2], a[3], a[4], a[7], a[8]};
    for (std::size_t i = 0; i < 5; ++i)
        CHECK(std::abs(got[i] - want[i]) <= 4 * std::numeric_limits<T>::epsilon() * (1 + std::abs(want[i])));
}

TEMPLATE_TEST_CASE("gae: dones that stand before their step, CleanRL's, are shifted by one", "", float, double) {
    using T = TestType;
    test::random r(8);
    const std::size_t B = 3, S = 50;
    const auto rewards = test::normals<T>(r, S * B), values = test::normals<T>(r, S * B), next = test::normals<T>(r, B);
    const auto dones = test::flags(r, (S + 1) * B, 0.1); // [S + 1, B]: before each step, and after the last
    const double gamma = 0.9, lambda = 0.8;
    std::vector<double> want(S * B);
    for (std::size_t b = 0; b < B; ++b) {
        double carried = 0;
        for (std::size_t t = S; t-- > 0;) {
            const std::size_t e = t * B + b;
            const double goes_on = 1 - dones[e + B];
            const double after = t + 1 == S ? static_cast<double>(next[b]) : static_cast<double>(values[e + B]);
            const double delta =
                static_cast<double>(rewards[e]) + gamma * after * goes_on - static_cast<double>(values[e]);
            want[e] = carried = delta + gamma * lambda * goes_on * carried;
        }
    }
    std::vector<T> advantages(S * B);
    const rlhf::batch batch{.sequences = B,
                            .steps = S,
                            .layout = rlhf::layout::time_first,
                            .mask = rlhf::all,
                            .denominator = rlhf::counted_here};
    rlhf::gae<T>(batch,
                 {.rewards = rewards,
                  .values = values,
                  .bootstrap_values = next,
                  .terminated = std::span(dones).last(S * B),
                  .advantages = advantages},
                 {.gamma = gamma, .lambda = lambda});
    for (std::size_t e = 0; e < S * B; ++e)
        CHECK(static_cast<double>(advantages[e]) ==
              Approx(want[e]).margin(20 * std::numeric_limits<T>::epsilon())); // numbers up to 5, a few steps
}

TEMPLATE_TEST_CASE("gae: a sequence in parts, the last one first", "", float, double) {
    using T = TestType;
    test::random r(9);
    const std::size_t S = 30, cut = 13;
    const auto rewards = test::normals<T>(r, S), values = test::normals<T>(r, S), last = test::normals<T>(r, 1);
    const rlhf::gae_options o{.gamma = 0.9, .lambda = 0.8};
    const auto of = [&](const auto& x, const auto& v, const std::vector<T>& bootstrap) {
        std::vector<T> advantages(x.size());
        const rlhf::batch b{.steps = x.size(), .mask = rlhf::all, .denominator = rlhf::counted_here};
        rlhf::gae<T>(b, {.rewards = x, .values = v, .bootstrap_values = bootstrap, .advantages = advantages}, o);
        return advantages;
    };
    const auto whole = of(rewards, values, last);
    const auto later = of(std::span(rewards).subspan(cut), std::span(values).subspan(cut), last);
    std::vector<T> first(rewards.begin(), rewards.begin() + cut);
    first.back() += static_cast<T>(o.gamma * o.lambda) * later.front();
    auto joined = of(first, std::span(values).first(cut), {values[cut]});
    joined.insert(joined.end(), later.begin(), later.end());
    for (std::size_t t = 0; t < S; ++t)
        CHECK(static_cast<double>(joined[t]) ==
              Approx(static_cast<double>(whole[t])).margin(20 * std::numeric_limits<T>::epsilon()));
}

TEMPLATE_TEST_CASE("gae: a flag on a masked step is read by gaps::ignore alone", "", float, double) {
    using T = TestType;
    const std::vector<std::uint8_t> mask{1, 1, 0, 1}, in_the_gap{0, 0, 1, 0}, before_it{0, 1, 0, 0};
    const std::vector<T> rewards{1, 2, 0, 4}, values(4);
    const rlhf::batch b{.steps = 4, .mask = mask, .denominator = rlhf::counted_here};
    const auto of = [&](const std::vector<std::uint8_t>& terminated, rlhf::gaps how) {
        std::vector<T> advantages(4);
        rlhf::gae<T>(b, {.rewards = rewards, .values = values, .terminated = terminated, .advantages = advantages},
                     {.lambda = 1, .gaps = how});
        return advantages;
    };
    for (const auto how : {rlhf::gaps::skip, rlhf::gaps::zero}) {
        CHECK(of(in_the_gap, how) == std::vector<T>{7, 6, 0, 4});
        CHECK(of(before_it, how) == std::vector<T>{3, 2, 0, 4});
    }
    CHECK(of(in_the_gap, rlhf::gaps::ignore) == std::vector<T>{3, 2, 0, 4});
}

TEMPLATE_TEST_CASE("gae: no time passes behind the last step that counts, but with gaps::ignore", "", float, double) {
    using T = TestType;
    const std::vector<std::uint8_t> mask{1, 0, 1, 0};
    const std::vector<T> zero(4), next_values{8, 16, 32, 64}, bootstrap{4};
    const rlhf::batch b{.steps = 4, .mask = mask, .denominator = rlhf::counted_here};
    const auto of = [&](rlhf::gaps how, const std::vector<T>& values, const std::vector<T>& next = {}) {
        std::vector<T> advantages(4);
        rlhf::gae<T>(b,
                     {.rewards = zero,
                      .values = values,
                      .next_values = next,
                      .bootstrap_values = bootstrap,
                      .advantages = advantages},
                     {.gamma = 0.5, .lambda = 1, .gaps = how});
        return advantages;
    };
    CHECK(of(rlhf::gaps::skip, zero) == std::vector<T>{1, 0, 2, 0});
    CHECK(of(rlhf::gaps::zero, zero) == std::vector<T>{0.5, 0, 2, 0});
    CHECK(of(rlhf::gaps::ignore, zero) == std::vector<T>{0.25, 0, 1, 0});
    // V(s′) of the masked step 1 is the value 2 of step 2, not 16: δ = 4, (0 + ½ · 2), ½ · 32 − 2
    const std::vector<T> values{0, 0, 2, 0};
    CHECK(of(rlhf::gaps::zero, values, next_values) == std::vector<T>{4 + T(0.5) * (1 + T(0.5) * 14), 0, 14, 0});
}

TEMPLATE_TEST_CASE("gae: in place, and one output alone", "", float, double) {
    using T = TestType;
    test::random r(3);
    const test::rows rows(r, test::arrangement::padded, test::mask_kind::gaps, 9, 260);
    const auto rewards = test::normals<T>(r, rows.size), values = test::normals<T>(r, rows.size);
    std::vector<T> advantages(rows.size), returns(rows.size), alone(rows.size);
    rlhf::gae<T>(rows.library, {.rewards = rewards, .values = values, .advantages = advantages, .returns = returns});
    rlhf::gae<T>(rows.library, {.rewards = rewards, .values = values, .returns = alone});
    CHECK(test::same_bits(alone, returns));
    auto x = rewards, v = values;
    rlhf::gae<T>(rows.library, {.rewards = x, .values = v, .advantages = x, .returns = v});
    CHECK(test::same_bits(x, advantages));
    CHECK(test::same_bits(v, returns));
    rlhf::gae<T>(rows.library, {.rewards = rewards, .values = rewards, .advantages = advantages});
    x = rewards; // both at once
    rlhf::gae<T>(rows.library, {.rewards = x, .values = x, .advantages = x});
    CHECK(test::same_bits(x, advantages));
}

TEMPLATE_TEST_CASE("gae: nothing that counts, and one step", "", float, double) {
    using T = TestType;
    const rlhf::batch none{.sequences = 3, .steps = 0, .mask = rlhf::all, .denominator = rlhf::counted_here};
    rlhf::gae<T>(none, {.rewards = std::vector<T>(), .values = std::vector<T>()});
    const std::vector<T> two{2, 3}, boot{5, 7};
    std::vector<T> a(2, T(9)), returns(2, T(9));
    const rlhf::batch one{.sequences = 2, .steps = 1, .mask = rlhf::all, .denominator = rlhf::counted_here};
    rlhf::gae<T>(one, {.rewards = two, .values = two, .bootstrap_values = boot, .advantages = a, .returns = returns},
                 {.gamma = 0.5, .lambda = 1});
    CHECK(a == std::vector<T>{T(2.5), T(3.5)});
    CHECK(returns == std::vector<T>{T(4.5), T(6.5)});
    const std::vector<std::uint8_t> masked(2, 0);
    rlhf::batch hidden = one;
    hidden.mask = masked;
    rlhf::gae<T>(hidden,
                 {.rewards = two, .values = two, .bootstrap_values = boot, .advantages = a, .returns = returns});
    CHECK(test::same_bits(a, std::vector<T>(2, T(0))));
    CHECK(test::same_bits(returns, std::vector<T>(2, T(0))));
}

TEMPLATE_TEST_CASE("gae: infinite and NaN data reach what depends on them, and nothing else", "", float, double) {
    using T = TestType;
    const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
    const rlhf::batch b{.sequences = 1, .steps = 4, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const auto run = [&](std::vector<T> rewards, std::vector<T> values, std::vector<std::uint8_t> terminated,
                         double gamma, double lambda) {
        std::vector<T> a(4);
        rlhf::gae<T>(b, {.rewards = rewards, .values = values, .terminated = terminated, .advantages = a},
                     {.gamma = gamma, .lambda = lambda});
        return a;
    };
    const std::vector<T> zero(4, T(0)), one(4, T(1));
    auto a = run({1, 1, nan, 1}, zero, {0, 1, 0, 0}, 1, 1); // an episode later
    CHECK((a[0] == 2 && a[1] == 1 && a[2] != a[2] && a[3] == 1));
    a = run(one, {0, 0, inf, 0}, {0, 1, 0, 0}, 1, 1);
    CHECK((a[0] == 2 && a[1] == 1 && a[2] == -inf));
    a = run({1, 1, inf, 1}, zero, {0, 0, 0, 0}, 1, 0); // λ = 0 sees one step
    CHECK((a[0] == 1 && a[1] == 1 && a[2] == inf && a[3] == 1));
    a = run(one, {0, 0, inf, 0}, {0, 0, 0, 0}, 0, 1); // γ = 0 sees none
    CHECK((a[0] == 1 && a[1] == 1 && a[2] == -inf && a[3] == 1));
}

TEMPLATE_TEST_CASE("gae: the residual at special values", "", float, double) {
    using T = TestType;
    namespace formula = rlhf::formula;
    const T inf = std::numeric_limits<T>::infinity();
    for (const T x : test::special_values<T>) {
        CHECK(test::same_bits(formula::td_error(T(2), T(1), x, T(0)), T(1)));
        CHECK(test::same_bits(formula::discounted(T(0), x), T(0)));
        CHECK(test::ulp_distance(formula::td_error(T(0), T(0), x, T(1)), x) == 0);
        CHECK(test::ulp_distance(formula::td_error(T(0), x, T(0), T(1)), -x) == 0);
        CHECK(test::ulp_distance(formula::td_error(x, T(0), T(0), T(1)), x) == 0);
        CHECK(test::ulp_distance(formula::gae_return(x, T(0)), x) == 0);
        CHECK(test::ulp_distance(formula::gae_return(T(0), x), x) == 0);
    }
    CHECK(std::isnan(formula::td_error(inf, inf, T(0), T(1))));
}

TEST_CASE("gae: the residual's slopes") {
    using D = test::dual<double>;
    CHECK(rlhf::formula::td_error(D(1, 1), D(2), D(3), D(.5)).slope == 1);
    CHECK(rlhf::formula::td_error(D(1), D(2, 1), D(3), D(.5)).slope == -1);
    CHECK(rlhf::formula::td_error(D(1), D(2), D(3, 1), D(.5)).slope == .5);
    const auto d = rlhf::formula::gae_backward(2.0, 3.0, 5.0, 7.0);
    CHECK((d.reward == 3 && d.value == 4 && d.next_value == 7)); // by hand: 2 − 3 + 5
}

TEST_CASE("gae: what it refuses") {
    std::vector<float> six(6), five(5), a(7);
    std::vector<std::uint8_t> flags(6), two(2);
    const rlhf::batch b{.sequences = 2, .steps = 3, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const rlhf::gae_arrays<float> good{.rewards = six, .values = six};
    const auto says = [&](auto change, rlhf::gae_options o = {}) {
        auto arrays = good;
        change(arrays);
        return test::refusal([&] { rlhf::gae<float>(b, arrays, o); });
    };
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const auto nothing = [](auto&) {};
    CHECK(says(nothing) == "");
    CHECK(says([&](auto& x) { x.values = five; }) == "rlhf::gae: values has 5 elements, expected 6");
    CHECK(says([&](auto& x) { x.rewards = {}; }) == "rlhf::gae: rewards is missing");
    CHECK(says([&](auto& x) { x.values = rlhf::view<const float>(nullptr, {.sequences = 2, .steps = 3}); }) ==
          "rlhf::gae: values is a null pointer to 6 elements");
    CHECK(says([&](auto& x) { x.values = rlhf::view(six.data(), {.sequences = 2, .steps = 3, .stride = 2}); }) ==
          "rlhf::gae: values has a stride of 2, shorter than its row of 3");
    CHECK(says([&](auto& x) { x.values = rlhf::view(six.data(), {.sequences = 3, .steps = 2}); }) ==
          "rlhf::gae: values is [3, 2], expected [2, 3]");
    CHECK(says([&](auto& x) { x.bootstrap_values = five; }) ==
          "rlhf::gae: bootstrap_values has 5 elements, expected 2 (one a sequence)");
    CHECK(says([&](auto& x) { x.terminated = two; }) == "rlhf::gae: terminated has 2 elements, expected 6");
    CHECK(says([&](auto& x) { x.truncated = flags; }) ==
          "rlhf::gae: truncated needs next_values: values[t + 1] belongs to the next episode");
    CHECK(says([&](auto& x) { x.advantages = std::span(a).first(6), x.returns = std::span(a).last(6); }) ==
          "rlhf::gae: advantages overlaps returns");
    CHECK(says([&](auto& x) { x.rewards = std::span(a).first(6), x.advantages = std::span(a).last(6); }) ==
          "rlhf::gae: advantages overlaps rewards");
    CHECK(says([&](auto& x) { x.values = std::span(a).first(6), x.advantages = std::span(a).first(6); }) ==
          "rlhf::gae: advantages overlaps values");
    CHECK(says(nothing, {.gamma = 1.5}) == "rlhf::gae: gamma is 1.5, expected [0, 1]");
    CHECK(says(nothing, {.gamma = nan}) == "rlhf::gae: gamma is nan, expected [0, 1]");
    CHECK(says(nothing, {.lambda = -0.5}) == "rlhf::gae: lambda is -0.5, expected [0, 1]");
    const std::vector<float> before = a;
    CHECK(says([&](auto& x) { x.advantages = std::span(a).first(6); }, {.lambda = nan}) != "");
    CHECK(a == before);
}
