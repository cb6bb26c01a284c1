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

template <class T>
void contract_holds(const rlhf::gae_options& o, bool time_major) {
    const contract::problem<T> p{.inputs = {numbers<T>, numbers<T>, numbers<T>},
                                 .sequences = {numbers<T>},
                                 .outputs = 2,
                                 .time_major = false,
                                 .only_time_major = time_major};
    contract::holds<T>(p, [&](const contract::call<T>& c) {
        rlhf::gae<T>(c.batch,
                     {.rewards = c.in[0],
                      .values = c.in[1],
                      .bootstrap_values = c.sequence[0],
                      .advantages = c.out[0],
                      .returns = c.out[1]},
                     o, c.run);
    });
    contract::holds<T>(p, [&](const contract::call<T>& c) {
        const test::flags_like terminated(c.in[2], 1.2), truncated(c.in[2], 0.9);
        rlhf::gae<T>(c.batch,
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
    void run(rlhf::gaps how, double gamma, double lambda, int what) {
        std::vector<T> advantages(rows.size, T(9)), returns(rows.size, T(9));
        rlhf::gae_arrays<T> a{.rewards = rewards, .values = values, .advantages = advantages, .returns = returns};
        reference::gae_arrays b{.rewards = reference::to_real(rewards), .values = reference::to_real(values)};
        if ((what & 1) != 0) a.next_values = next_values, b.next_values = reference::to_real(next_values);
        if ((what & 2) != 0) a.bootstrap_values = bootstrap, b.bootstrap_values = reference::to_real(bootstrap);
        if ((what & 4) != 0) a.terminated = terminated, b.terminated = terminated;
        if ((what & 8) != 0) a.truncated = truncated, b.truncated = truncated;
        rlhf::gae<T>(rows.library, a, {.gamma = gamma, .lambda = lambda, .gaps = how});
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
            contract_holds<TestType>({.gamma = 0.99, .gaps = how}, time_major);
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
                            c.run(gap, gamma, lambda, what);
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
                    std::vector<T> alone(rows * steps), together(rows * steps), returns(rows * steps);
                    rlhf::gae_arrays<T> a{.rewards = rewards, .values = values, .bootstrap_values = bootstrap};
                    if (flags) a.terminated = terminated;
                    const rlhf::gae_options o{.gamma = gamma, .lambda = lambda, .gaps = how};
                    a.advantages = alone;
                    rlhf::gae<T>(b, a, o);
                    for (const std::size_t n : {0U, 1U, 3U}) {        // 0: this thread, a chunk after the other
                        a.advantages = together, a.returns = returns; // the second output changes no bit of the first
                        const auto pool = contract::threads(n);
                        rlhf::gae<T>(b, a, o, n > 0 ? rlhf::executor(pool) : rlhf::executor());
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
