// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/detail/softmax_exp.hpp>
#include <rlhf/detail/totals.hpp>

#include <algorithm>
#include <concepts>

namespace rlhf::inline RLHF_ABI::detail {

/// Entries of a row that are added up in lanes of the compute type before they go on in double.
inline constexpr std::int64_t segment_entries = 512;

/// Which sums besides Σ eˣ a sweep over a row takes.
struct row_sums_wanted {
    bool entropy = false; ///< Σ x eˣ
    bool squares = false; ///< Σ e²ˣ
    bool ties = false;    ///< how many entries are the largest
    bool logits = false;  ///< Σ z
};

/// The softmax of one row of logits z, with x = (z − shift) / temperature and shift their largest.
struct softmax_row {
    double shift = 0, temperature = 1;
    double sum = 0, log_sum = 0; ///< Σ eˣ, at least 1; 0 for a row of −inf only
    double entropy = 0, squares = 0, ties = 0, logits = 0;

    [[nodiscard]] bool impossible() const { return sum == 0; } ///< every logit is −inf
    [[nodiscard]] double log_sum_exp() const { return shift / temperature + log_sum; }
    /// log p of an entry with this logit.
    [[nodiscard]] double log_prob(double z) const {
        return impossible() ? log_sum : (z - shift) / temperature - log_sum;
    }
};

/// How a loss moves with what a row says, all of it times scale:
///
///     log_prob · log p_target + entropy · H + log_sum_exp · lse + mean_log_prob · Σ log p / V
struct row_gradient {
    double log_prob = 0, entropy = 0, log_sum_exp = 0, mean_log_prob = 0, scale = 1;
};

/// What is done to rows of logits with one temperature. C: the type computed in, float or double.
///
/// The entries of a row go through 16 float (8 double) lanes whatever the register, counted from the row's first one. In
/// a lane eight entries are added in pairs, which go on in double. What is left of a row after whole groups of these is
/// copied and filled up with −inf. So a row's bits do not depend on what lies around it.
///
/// The largest logit is found segment by segment, while the segment is on its way through the cache; when a segment has
/// a larger one, the sums so far are rescaled.
template <class C, class Arch>
class softmax_rows {
    using L = lanes<C, Arch>;
    using D = lanes<double, Arch>;
    using V = typename L::type;
    static constexpr int block = sum_lanes<C>;
    static constexpr std::int64_t group = 8 * block;
    static constexpr auto registers = static_cast<std::size_t>(block / L::width);
    static constexpr auto wide = static_cast<std::size_t>(block / D::width); ///< registers of doubles
    template <class E>
    struct alignas(64) room : std::array<E, static_cast<std::size_t>(segment_entries)> {};
    static constexpr C infinity = std::numeric_limits<C>::infinity();

public:
    explicit softmax_rows(double temperature) : temperature_(temperature), exp_(temperature) {}

    template <row_sums_wanted Want, class E>
    [[nodiscard]] softmax_row read(const E* z, std::int64_t vocab) const {
        room<E> copy;
        sums s;
        C largest = -infinity;
        for (std::int64_t at = 0; at < vocab; at += segment_entries) {
            const std::int64_t n = std::min(segment_entries, vocab - at);
            const E* segment = in_groups(z + at, n, copy);
            const C top = largest_of(segment, groups(n));
            if (top > largest) {
                s.rescale(double(largest) - double(top), temperature_);
                largest = top;
            }
            add<Want>(segment, groups(n), shift_of(largest), s);
            if constexpr (Want.logits) s.logits += sum_of(z + at, n);
        }
        return s.joined(double(shift_of(largest)), temperature_);
    }

    /// The row's softmax from its log Σ exp(z / temperature), without reading it; no entropy.
    [[nodiscard]] softmax_row from(double log_sum_exp) const {
        softmax_row r{.temperature = temperature_};
        if (log_sum_exp > -std::numeric_limits<double>::infinity()) {
            r.shift = double(C(log_sum_exp * temperature_));
            r.log_sum = log_sum_exp - r.shift / temperature_;
            r.sum = std::exp(r.log_sum);
        } else {
            r.log_sum = log_sum_exp, r.sum = std::exp(log_sum_exp);
        }
        return r;
    }

    /// d = ∂/∂z, or d += it; 0 for a row that was not read or is impossible, and for the padding, which ends at width.
    /// May run in place of the logits.
    template <class E, class D>
    void write(const E* z, std::int64_t vocab, const softmax_row& row, const row_gradient& g, std::int64_t target, D* d,
               std::int64_t width, bool add) const {
        const D zero = static_cast<D>(C(0));
        if (row.impossible()) {
            if (!add) std::fill(d, d + width, zero);
            return;
        }
        const double scale = g.scale / temperature_, everywhere = g.mean_log_prob / static_cast<double>(vocab);
        // ∂/∂z = p (of_p − log_prob − entropy (log p + H)) + everywhere, at the target + log_prob
        const double of_p = g.log_sum_exp - g.mean_log_prob;
        const double log_p = row.log_prob(static_cast<double>(z[target])), p = std::exp(log_p);
        const double through_entropy = p == 0 ? 0 : g.entropy * p * (log_p + row.entropy);
        const double at_target = scale * (p * of_p - g.log_prob * std::expm1(log_p) - through_entropy + everywhere);
        const C before = add ? static_cast<C>(d[target]) : C(0);
        const double over_sum = scale / row.sum;
        const slope each{C(over_sum * (of_p - g.log_prob - g.entropy * (row.entropy - row.log_sum))),
                         C(-over_sum * g.entropy / temperature_), C(scale * everywhere)};
        write(z, vocab, C(row.shift), each, d, add);
        d[target] = static_cast<D>(static_cast<C>(double(before) + at_target));
        if (!add) std::fill(d + vocab, d + width, zero);
    }

private:
    /// ∂/∂z = eˣ (constant + linear · temperature x) + everywhere.
    struct slope {
        C constant, linear, everywhere;
    };

    template <class E, class G>
    void write(const E* z, std::int64_t vocab, C shift, const slope& each, G* d, bool add) const {
        const std::int64_t whole = vocab - vocab % group;
        slopes(z, whole / block, shift, each, d, add);
        if (whole == vocab) return;
        room<E> copy;
        room<G> result;
        if (add) std::copy(d + whole, d + vocab, result.data());
        slopes(in_groups(z + whole, vocab - whole, copy), groups(vocab - whole) * 8, shift, each, result.data(), add);
        std::copy_n(result.data(), vocab - whole, d + whole);
    }

    /// What the entries of one lane, or of several, add up to.
    struct terms {
        V sum, weighted, squares, ties;
    };
    template <row_sums_wanted Want>
    RLHF_FORMULA static terms join(const terms& a, const terms& b) {
        terms t = a;
        t.sum = a.sum + b.sum;
        if constexpr (Want.entropy) t.weighted = a.weighted + b.weighted;
        if constexpr (Want.squares) t.squares = a.squares + b.squares;
        if constexpr (Want.ties) t.ties = a.ties + b.ties;
        return t;
    }

    /// The sums of a row, lane by lane.
    struct sums {
        using lane_sums = std::array<double, static_cast<std::size_t>(block)>;
        lane_sums sum = {}, weighted = {}, squares = {}, ties = {};
        double logits = 0;

        /// d was larger by −by until now; by −∞: all was −∞, or all is nothing beside +∞.
        void rescale(double by, double temperature) {
            const double factor = std::exp(by / temperature);
            for (std::size_t k = 0; k < sum.size(); ++k) {
                weighted[k] = factor > 0 ? (weighted[k] + by * sum[k]) * factor : 0;
                sum[k] *= factor, squares[k] *= factor * factor;
                ties[k] = 0;
            }
        }
        [[nodiscard]] softmax_row joined(double shift, double temperature) const {
            softmax_row r{.shift = shift, .temperature = temperature, .sum = tree(sum)};
            r.ties = tree(ties), r.logits = logits;
            r.log_sum = std::log(r.sum);
            if (r.impossible()) return r;
            r.entropy = r.log_sum - tree(weighted) / (temperature * r.sum);
            r.squares = tree(squares) / (r.sum * r.sum);
            return r;
        }
        static double tree(lane_sums x) {
            for (std::size_t half = x.size() / 2; half > 0; half /= 2)
                for (std::size_t k = 0; k < half; ++k) x[k] += x[k + half];
            return x[0];
        }
    };

    static std::int64_t groups(std::int64_t n) { return (n + group - 1) / group; }
    static C shift_of(C largest) { return largest > -infinity ? largest : C(0); }

    /// n entries, at most a segment, as whole groups: where they lie, or else copied.
    template <class E>
    static const E* in_groups(const E* z, std::int64_t n, room<E>& copy) {
        if (n % group == 0) return z;
        std::fill(std::copy(z, z + n, copy.data()), copy.data() + groups(n) * group, static_cast<E>(-infinity));
        return copy.data();
    }

    /// NaN is skipped here, and found by the sums.
    template <class E>
    RLHF_NOINLINE static C largest_of(const E* z, std::int64_t n_groups) {
        constexpr std::int64_t ahead = 4096 / static_cast<std::int64_t>(sizeof(E));
        std::array<V, 4> most;
        most.fill(V(-infinity));
        for (std::int64_t v = 0; v < n_groups * group; v += 4 * L::width) {
            for (std::int64_t k = 0; k < 4 * L::width; k += 64 / static_cast<std::int64_t>(sizeof(E)))
                prefetch(z + v + ahead + k);
            for (std::size_t k = 0; k < 4; ++k)
                most[k] = L::larger(L::load(z + v + static_cast<std::int64_t>(k) * L::width), most[k]);
        }
        C each[static_cast<std::size_t>(L::width)];
        L::store(each, L::larger(L::larger(most[0], most[1]), L::larger(most[2], most[3])));
        C top = -infinity;
        for (const C x : each) top = x > top ? x : top;
        return top;
    }

    /// Calls f(0), f(1), … f(n − 1), unrolled.
    template <std::size_t N, class F>
    RLHF_FORMULA static void each(F&& f) {
        [&]<std::size_t... I>(std::index_sequence<I...>) RLHF_INLINE { (f(I), ...); }
        (std::make_index_sequence<N>());
    }

    template <row_sums_wanted Want, class E>
    RLHF_NOINLINE void add(const E* z, std::int64_t n_groups, C shift, sums& to) const {
        using lane::select;
        const softmax_exp<C, Arch> exp = exp_;
        accumulators<Want> total(to);
        for (std::int64_t g = 0; g < n_groups; ++g) {
            each<registers>([&](std::size_t r) RLHF_INLINE {
                const E* const column = z + g * group + static_cast<std::int64_t>(r) * L::width;
                const auto one = [&](std::int64_t k) RLHF_INLINE {
                    const V d = exp.above_lowest(L::load(column + k * block) - V(shift)), e = exp(d);
                    terms t{.sum = e, .weighted = e, .squares = e, .ties = e};
                    if constexpr (Want.entropy) t.weighted = e * d;
                    if constexpr (Want.squares) t.squares = e * e;
                    if constexpr (Want.ties) t.ties = select(d == V(C(0)), V(C(1)), V(C(0)));
                    return t;
                };
                const auto two = [&](std::int64_t k) RLHF_INLINE { return join<Want>(one(k), one(k + 1)); };
                const auto four = [&](std::int64_t k) RLHF_INLINE { return join<Want>(two(k), two(k + 2)); };
                total.add(r, join<Want>(four(0), four(4)));
            });
        }
        total.store(to);
    }

    /// Σ z, in which the filling up has no part.
    template <class E>
    RLHF_NOINLINE static double sum_of(const E* z, std::int64_t n) {
        std::array<V, registers> sum;
        sum.fill(V(C(0)));
        const std::int64_t whole = n - n % block;
        for (std::int64_t b = 0; b < whole; b += block)
            each<registers>([&](std::size_t r) RLHF_INLINE {
                sum[r] = sum[r] + L::load(z + b + static_cast<std::int64_t>(r) * L::width);
            });
        typename sums::lane_sums x = {};
        for (std::size_t r = 0; r < registers; ++r) {
            C narrow[static_cast<std::size_t>(L::width)];
            L::store(narrow, sum[r]);
            for (std::size_t k = 0; k < static_cast<std::size_t>(L::width); ++k)
                x[r * static_cast<std::size_t>(L::width) + k] = static_cast<double>(narrow[k]);
        }
        for (std::int64_t v = whole; v < n; ++v)
            x[static_cast<std::size_t>(v - whole)] += static_cast<double>(static_cast<C>(z[v]));
        return sums::tree(x);
    }

    /// Sums of a row in registers.
    template <row_sums_wanted Want>
    class accumulators {
        using registers_of_doubles = std::array<typename D::type, wide>;

    public:
        explicit accumulators(const sums& s) {
            load(s.sum, sum_), load(s.weighted, weighted_), load(s.squares, squares_), load(s.ties, ties_);
        }
        void store(sums& s) const {
            keep(sum_, s.sum);
            if constexpr (Want.entropy) keep(weighted_, s.weighted);
            if constexpr (Want.squares) keep(squares_, s.squares);
            if constexpr (Want.ties) keep(ties_, s.ties);
        }
        RLHF_FORMULA void add(std::size_t r, const terms& t) {
            add(r, t.sum, sum_);
            if constexpr (Want.entropy) add(r, t.weighted, weighted_);
            if constexpr (Want.squares) add(r, t.squares, squares_);
            if constexpr (Want.ties) add(r, t.ties, ties_);
        }

    private:
        static void load(const typename sums::lane_sums& from, registers_of_doubles& to) {
            for (std::size_t k = 0; k < wide; ++k) to[k] = D::load(from.data() + k * static_cast<std::size_t>(D::width));
        }
        static void keep(const registers_of_doubles& from, typename sums::lane_sums& to) {
            for (std::size_t k = 0; k < wide; ++k) D::store(to.data() + k * static_cast<std::size_t>(D::width), from[k]);
        }
        RLHF_FORMULA static void add(std::size_t r, const V& v, registers_of_doubles& to) {
            if constexpr (std::same_as<C, double>) {
                to[r] = to[r] + v;
            } else {
                const auto doubles = L::widen(v);
                for (std::size_t k = 0; k < doubles.size(); ++k) {
                    auto& x = to[r * doubles.size() + k];
                    x = x + doubles[k];
                }
            }
        }
        registers_of_doubles sum_, weighted_, squares_, ties_;
    };

    template <class E, class G>
    RLHF_NOINLINE void slopes(const E* z, std::int64_t n_blocks, C shift, const slope& each_entry, G* to,
                              bool add) const {
        const softmax_exp<C, Arch> exp = exp_;
        const V constant(each_entry.constant), linear(each_entry.linear), everywhere(each_entry.everywhere);
        for (std::int64_t b = 0; b < n_blocks; ++b) {
            each<registers>([&](std::size_t r) RLHF_INLINE {
                const std::int64_t at = b * block + static_cast<std::int64_t>(r) * L::width;
                const V d = exp.above_lowest(L::load(z + at) - V(shift));
                const V s = L::fma(exp(d), L::fma(linear, d, constant), everywhere);
                L::store(to + at, add ? L::load(to + at) + s : s);
            });
        }
    }

    double temperature_;
    softmax_exp<C, Arch> exp_;
};

} // namespace rlhf::inline RLHF_ABI::detail
