// SPDX-License-Identifier: MIT

// lane/elementary.hpp against the standard library in double (floats) and against 300 bits (doubles): the errors are as
// ACCURACY.md states. `elementary_test "[.exhaustive]"` takes all floats, which lasts minutes.

#include "accuracy/errors.hpp"
#include "support/ulp.hpp"

#include <rlhf/lane.hpp>

#include <bit>
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cstdint>

namespace {

namespace lane = rlhf::lane;
namespace mp = boost::multiprecision;
using exact = mp::number<mp::cpp_bin_float<300, mp::digit_base_2>, mp::et_off>;
const exact tiny = std::ldexp(1, -100); ///< x² is nothing beside x

/// A function of the header, the same by others, and where it is defined: its arguments lie between these, and for the
/// mean error in [−20, 20] as well.
struct exp_word {
    static constexpr const char* name = "`exp`";
    static constexpr double above = -INFINITY, below = INFINITY;
    static auto own(auto x) { return lane::exp(x); }
    static auto reference(auto x) { return exp(x); }
};
struct expm1_word {
    static constexpr const char* name = "`expm1`";
    static constexpr double above = -INFINITY, below = INFINITY;
    static auto own(auto x) { return lane::expm1(x); }
    static double reference(double x) { return std::expm1(x); }
    static exact reference(const exact& x) { return abs(x) < tiny ? x : exp(x) - 1; }
};
struct log_word {
    static constexpr const char* name = "`log`";
    static constexpr double above = 0, below = INFINITY;
    static auto own(auto x) { return lane::log(x); }
    static auto reference(auto x) { return log(x); }
};
struct log1p_word {
    static constexpr const char* name = "`log1p`";
    static constexpr double above = -1, below = INFINITY;
    static auto own(auto x) { return lane::log1p(x); }
    static double reference(double x) { return std::log1p(x); }
    static exact reference(const exact& x) { return abs(x) < tiny ? x : log(1 + x); }
};
struct sigmoid_word {
    static constexpr const char* name = "`sigmoid`";
    static constexpr double above = -INFINITY, below = INFINITY;
    static auto own(auto x) { return lane::sigmoid(x); }
    template <class R>
    static R reference(const R& x) {
        const R e = exp(-abs(x));
        return (x < 0 ? e : R(1)) / (1 + e);
    }
};
struct softplus_word {
    static constexpr const char* name = "`softplus`";
    static constexpr double above = -INFINITY, below = INFINITY;
    static auto own(auto x) { return lane::softplus(x); }
    static double reference(double x) { return std::fmax(x, 0) + std::log1p(std::exp(-std::fabs(x))); }
    static exact reference(const exact& x) {
        const exact e = exp(-abs(x));
        return (x > 0 ? x : exact(0)) + (e < tiny ? e : log(1 + e));
    }
};
struct tanh_word {
    static constexpr const char* name = "`tanh`";
    static constexpr double above = -INFINITY, below = INFINITY;
    static auto own(auto x) { return lane::tanh(x); }
    static double reference(double x) { return std::tanh(x); }
    static exact reference(const exact& x) { return abs(x) < tiny ? x : 1 - 2 / (exp(2 * x) + 1); }
};
struct exp_nonpositive_word : exp_word {
    static constexpr const char* name = "`exp_nonpositive`";
    static constexpr double below = 0;
    template <class V>
    static V own(V x) {
        return lane::exp_nonpositive(x);
    }
};
struct log1p_unit_word : log1p_word {
    static constexpr const char* name = "`log1p_unit`";
    static constexpr double above = 0, below = 1;
    template <class V>
    static V own(V x) {
        return lane::log1p_unit(x);
    }
};
struct exp2_word : exp_word {
    static constexpr const char* name = "`exp2`";
    static auto own(auto x) { return lane::exp2(x); }
    static double reference(double x) { return std::exp2(x); }
    static exact reference(const exact& x) { return pow(exact(2), x); }
};
/// Near 0 the reference is a series, because the terms cancel.
struct exp_excess_word : exp_word {
    static constexpr const char* name = "`exp_excess`";
    static auto own(auto x) { return lane::exp_excess(x).value; }
    template <class R>
    static R reference(const R& x) {
        using std::abs, std::expm1;
        if (!(abs(x) < 1)) return R(exp(x) - 1) - x;
        R sum = 0, term = x;
        for (int n = 2; n < 40; ++n) term *= x / n, sum += term;
        return sum;
    }
};

struct exp_excess_slope_word : expm1_word {
    static constexpr const char* name = "`exp_excess`, slope";
    static auto own(auto x) { return lane::exp_excess(x).slope; }
};

/// typical: does the error count for the mean?
template <class Word, class R, class T>
void add(accuracy::line<T>& line, T x, bool typical = false) {
    if (!(double(x) >= Word::above && double(x) <= Word::below)) return;
    const T got = T(Word::own(lane::number<T>(x)));
    const auto want = static_cast<long double>(Word::reference(R(x)));
    if (std::isinf(got) && got == T(want)) return;
    line.add(got, want, typical);
}

template <class Word, class T>
accuracy::line<T> line_of() {
    const bool positive = Word::above == 0, unit = Word::below == 1, negative = Word::below == 0;
    return {Word::name,
            unit                ? "[0, 1]"
            : positive          ? "> 0, mean: (0, 20]"
            : negative          ? "≤ 0, mean: [−20, 0]"
            : Word::above == -1 ? "> −1, mean: (−1, 20]"
                                : "all, mean: [−20, 20]",
            accuracy::ulp};
}

/// The floats with the largest errors, with FMA and without, of exp, expm1, log, log1p, sigmoid, softplus, tanh,
/// exp_excess, exp2 and log1p_unit. They let the usual run see what all floats show.
constexpr float hardest[] = {0x1.04a29p+4F,  0x1.45c9f6p+6F,  0x1.97c48ap-2F,  0x1.974af2p-2F,  0x1.463a72p+0F,
                             0x1.a8382ep-2F, -0x1.1aaa9ap+0F, -0x1.256b46p+0F, 0x1.1c496p-6F,   0x1.196122p-6F,
                             0x1.c7ff12p-3F, 0x1.a0cd74p-3F,  -0x1.043e3cp-3F, -0x1.ff6f8ep-2F, 0x1.f73154p-1F,
                             0x1.ee41c2p-1F, 0x1.69d0e6p-1F,  0x1.c6133ap-2F};

/// Every step-th float, the hardest ones and typical ones.
template <class Word>
void floats(accuracy::section& page, std::uint64_t step) {
    auto line = line_of<Word, float>();
    for (std::uint64_t bits = 0; bits <= 0xffffffffU; bits += step)
        add<Word, double>(line, std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    for (const float x : hardest) add<Word, double>(line, x);
    test::random r(3);
    for (int i = 0; i < 20000; ++i) add<Word, double>(line, accuracy::in<float>(r, -20, 20), true);
    for (int i = 0; i < 1000; ++i) add<Word, double>(line, accuracy::in<float>(r, 0, 1), Word::below == 1);
    line.hold(page);
}

template <class Word>
void doubles(accuracy::section& page) {
    test::random r(1);
    auto line = line_of<Word, double>();
    const auto both = [&](double x) { add<Word, exact>(line, x), add<Word, exact>(line, -x); };
    for (int i = 0; i < 1200; ++i) {
        both(std::ldexp(r.uniform(1, 2), -static_cast<int>(r.below(200)))); // near 0
        both(r.uniform(0, 1)), both(r.uniform(0.34, 0.42)), both(r.uniform(0.2, 0.5)), both(r.uniform(0, 40));
        both(1 + r.uniform(-1, 1) * std::ldexp(1, -static_cast<int>(r.below(50))));
        both(r.uniform(700, 750)); // where exp leaves its range
        add<Word, exact>(line, std::ldexp(r.uniform(1, 2), static_cast<int>(r.below(2098)) - 1074)); // anywhere
        add<Word, exact>(line, accuracy::in<double>(r, -20, 20), true);
        add<Word, exact>(line, accuracy::in<double>(r, 0, 1), Word::below == 1);
    }
    line.hold(page);
}

/// Each function, and each line of the page.
template <class... Words>
void all(std::uint64_t step) {
    accuracy::section page("Elementary functions", 1);
    (floats<Words>(page, step), ...), (doubles<Words>(page), ...);
    CHECK(page.left() == "");
}

/// A hash of the results for numbers of every kind, one NaN like another.
template <class... Words>
struct hash_of {
    std::uint64_t hash = 0xcbf29ce484222325U;

    template <class T>
    void add(T x) {
        (join<T>(T(Words::own(lane::number<T>(x)))), ...);
    }

private:
    template <class T>
    void join(T y) {
        const T known = y == y ? y : std::numeric_limits<T>::quiet_NaN();
        hash = (hash ^ std::bit_cast<test::bits_of<T>>(known)) * 0x100000001b3U;
    }
};

} // namespace

#define WORDS                                                                                                          \
    exp_word, expm1_word, log_word, log1p_word, sigmoid_word, softplus_word, tanh_word, exp2_word, exp_excess_word,    \
        exp_excess_slope_word, exp_nonpositive_word, log1p_unit_word

TEST_CASE("elementary: each function is as good as its line") { all<WORDS>(6007); }

TEST_CASE("elementary: each function of every float is as good as its line", "[.exhaustive]") { all<WORDS>(1); }

TEST_CASE("elementary: the bits are these on every machine with FMA, and those on every machine without") {
    test::random r(2);
    hash_of<exp_word, expm1_word, log_word, log1p_word, sigmoid_word, softplus_word, tanh_word, exp2_word,
            exp_excess_word, exp_excess_slope_word>
        h;
    for (int i = 0; i < 40000; ++i) {
        h.add(std::bit_cast<float>(static_cast<std::uint32_t>(r.bits())));
        h.add(std::bit_cast<double>(r.bits()));
        const double x = std::ldexp(static_cast<double>(static_cast<std::int64_t>(r.bits())), -63); // in [−1, 1]
        h.add(x), h.add(32 * x), h.add(static_cast<float>(x)), h.add(static_cast<float>(32 * x));
    }
    CHECK(h.hash == (RLHF_FMA ? 0x225a52b50fee71a2U : 0x166459ca90ea1c1eU));
}

TEMPLATE_TEST_CASE("elementary: zeros, infinities and NaN as in the standard library", "", float, double) {
    using T = TestType;
    using V = lane::number<T>;
    const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN(),
            least = std::numeric_limits<T>::denorm_min(), most = std::numeric_limits<T>::max();
    const auto same = [](V got, T want) {
        return test::ulp_distance(T(got), want) == 0 &&
               (std::isnan(want) || std::signbit(T(got)) == std::signbit(want));
    };
    for (const T x : {T(0), T(-0.0), inf, -inf, nan, -nan, T(-1), T(-2), -least, most, -most, T(1e-30F), T(-1e-30F)}) {
        CAPTURE(x);
        if (x != -1) CHECK(same(exp(V(x)), std::exp(x)));
        if (x != -1 && x != -2) CHECK(same(tanh(V(x)), std::tanh(x)));
        if (x != -1 && x != -2 && x != -least) CHECK(same(expm1(V(x)), std::expm1(x)));
        CHECK(same(exp2(V(x)), std::exp2(x)));
        if (x <= 0 || x == inf) CHECK(same(log(V(x)), std::log(x)));
        if (x != most) CHECK(same(log1p(V(x)), std::log1p(x)));
        CHECK((std::isnan(x) == std::isnan(T(sigmoid(V(x)))) && std::isnan(x) == std::isnan(T(softplus(V(x))))));
    }
    CHECK((same(sigmoid(V(0)), T(0.5)) && same(sigmoid(V(inf)), 1) && same(sigmoid(V(-inf)), 0)));
    CHECK((same(softplus(V(inf)), inf) && same(softplus(V(-inf)), 0) && same(softplus(V(most)), most)));
    CHECK((same(lane::exp_nonpositive<V>(-inf), 0) && same(lane::exp_nonpositive<V>(T(-0.0)), 1)));
    CHECK((same(lane::log1p_unit<V>(0), 0) && std::isnan(T(lane::log1p_unit<V>(nan)))));
    CHECK(std::isnan(T(lane::exp_nonpositive<V>(nan))));
    const auto excess_is = [&](T x, T value, T slope) {
        const auto e = exp_excess(V(x));
        return same(e.value, value) && same(e.slope, slope);
    };
    CHECK((excess_is(0, 0, 0) && excess_is(inf, inf, inf) && excess_is(-inf, inf, -1) && excess_is(nan, nan, nan)));
}

TEMPLATE_TEST_CASE("elementary: exp and expm1 are finite up to the logarithm of the largest number", "", float,
                   double) {
    using T = TestType;
    using V = lane::number<T>;
    const T last = sizeof(T) == 4 ? T(88.7228317) : T(709.782712893384), inf = std::numeric_limits<T>::infinity();
    const T next = std::nextafter(last, inf);
    for (const T y : {T(exp(V(last))), T(expm1(V(last)))})
        CHECK((y > T(0.999) * std::numeric_limits<T>::max() && y < inf));
    CHECK((T(exp(V(next))) == inf && T(expm1(V(next))) == inf));
}
