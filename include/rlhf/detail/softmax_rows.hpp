// SPDX-License-Identifier: MIT
#pragma once

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
/// The entries of a row go through 16 float (8 double) lanes whatever the register, counted from the row's first one; a
/// rest shorter than that is copied and filled up with −inf. Lanes go on in double after 512 entries. So a row's bits
/// do not depend on what lies around it.
///
/// The largest logit is found segment by segment, while the segment is on its way through the cache; when a segment has
/// a larger one, the sums so far are rescaled. x is kept above −10⁴, where eˣ is 0 in every type: then −inf needs no
/// special care (0 · inf cannot arise), and NaN stays NaN.
template <class C, class Arch>
class softmax_rows {
    using L = lanes<C, Arch>;
    using V = typename L::type;
    static constexpr int block = sum_lanes<C>;
    static constexpr auto registers = static_cast<std::size_t>(block / L::width);
    using lane_sums = std::array<double, static_cast<std::size_t>(block)>;
    struct alignas(64) room : std::array<C, static_cast<std::size_t>(segment_entries)> {};
    static constexpr C infinity = std::numeric_limits<C>::infinity();

public:
    explicit softmax_rows(double temperature)
        : temperature_(temperature), factor_(C(1 / temperature)), factor_rest_(C(1 / temperature - double(factor_))),
          lowest_(C(-1e4 * temperature)) {}

    template <row_sums_wanted Want, class E>
    [[nodiscard]] softmax_row read(const E* z, std::int64_t vocab) const {
        room copy;
        sums s;
        C largest = -infinity;
        for (std::int64_t at = 0; at < vocab; at += segment_entries) {
            const std::int64_t n = std::min(segment_entries, vocab - at);
            const C* segment = in_lanes(z + at, n, copy);
            const C top = largest_of(segment, blocks(n));
            if (top > largest) {
                s.rescale((double(largest) - double(top)) / temperature_);
                largest = top;
            }
            add<Want>(segment, blocks(n), shift_of(largest), s);
            if constexpr (Want.logits) add_logits(segment, n, s);
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
                         C(-over_sum * g.entropy), C(scale * everywhere)};
        write(z, vocab, C(row.shift), each, d, add);
        d[target] = static_cast<D>(static_cast<C>(double(before) + at_target));
        if (!add) std::fill(d + vocab, d + width, zero);
    }

private:
    /// ∂/∂z = eˣ (constant + linear x) + everywhere.
    struct slope {
        C constant, linear, everywhere;
    };

    template <class E, class D>
    void write(const E* z, std::int64_t vocab, C shift, const slope& each, D* d, bool add) const {
        room copy, result;
        for (std::int64_t at = 0; at < vocab; at += segment_entries) {
            const std::int64_t n = std::min(segment_entries, vocab - at);
            const C* segment = in_lanes(z + at, n, copy);
            if constexpr (std::same_as<C, D>) {
                if (!add && n % block == 0) {
                    slopes(segment, blocks(n), shift, each, d + at);
                    continue;
                }
            }
            slopes(segment, blocks(n), shift, each, result.data());
            deliver(result.data(), n, d + at, add);
        }
    }

    struct sums {
        lane_sums sum = {}, weighted = {}, squares = {}, ties = {}, logits = {};

        /// x was larger by −by until now; by −∞: all was −∞, or all is nothing beside +∞.
        void rescale(double by) {
            const double factor = std::exp(by);
            for (std::size_t k = 0; k < sum.size(); ++k) {
                weighted[k] = factor > 0 ? (weighted[k] + by * sum[k]) * factor : 0;
                sum[k] *= factor, squares[k] *= factor * factor;
                ties[k] = 0;
            }
        }
        [[nodiscard]] softmax_row joined(double shift, double temperature) const {
            softmax_row r{.shift = shift, .temperature = temperature, .sum = tree(sum)};
            r.ties = tree(ties), r.logits = tree(logits);
            r.log_sum = std::log(r.sum);
            if (r.impossible()) return r;
            r.entropy = r.log_sum - tree(weighted) / r.sum;
            r.squares = tree(squares) / (r.sum * r.sum);
            return r;
        }
    };
    static double tree(lane_sums d) {
        for (std::size_t half = d.size() / 2; half > 0; half /= 2)
            for (std::size_t k = 0; k < half; ++k) d[k] += d[k + half];
        return d[0];
    }

    static std::int64_t blocks(std::int64_t n) { return (n + block - 1) / block; }
    static C shift_of(C largest) { return largest > -infinity ? largest : C(0); }

    /// n entries where lanes can load them in whole blocks: where they lie, or else copied.
    template <class E>
    static const C* in_lanes(const E* z, std::int64_t n, room& copy) {
        if constexpr (std::same_as<C, E>) {
            if (n % block == 0) return z;
        }
        const std::int64_t whole = n - n % block;
        C* to = copy.data();
        for (std::int64_t b = 0; b < whole; b += block)
            for (int k = 0; k < block; ++k) to[b + k] = static_cast<C>(z[b + k]);
        if (whole == n) return to;
        for (int k = 0; k < block; ++k) to[whole + k] = -infinity;
        for (std::int64_t v = whole; v < n; ++v) to[v] = static_cast<C>(z[v]);
        return to;
    }
    template <class D>
    static void deliver(const C* from, std::int64_t n, D* d, bool add) {
        const auto one = [&](std::int64_t v)
                             RLHF_INLINE { d[v] = static_cast<D>(add ? static_cast<C>(d[v]) + from[v] : from[v]); };
        const std::int64_t whole = n - n % block;
        for (std::int64_t b = 0; b < whole; b += block)
            for (int k = 0; k < block; ++k) one(b + k);
        for (std::int64_t v = whole; v < n; ++v) one(v);
    }

    /// NaN is skipped here, and found by the sums.
    RLHF_NOINLINE static C largest_of(const C* z, std::int64_t n_blocks) {
        using lane::select;
        const std::int64_t n = n_blocks * block;
        const V lowest(-infinity);
        V a = lowest, b = lowest, c = lowest, d = lowest;
        const auto larger = [](const V& x, const V& y) RLHF_INLINE { return select(x > y, x, y); };
        std::int64_t v = 0;
        for (; v + 4 * L::width <= n; v += 4 * L::width) {
            a = larger(L::load(z + v), a), b = larger(L::load(z + v + L::width), b);
            c = larger(L::load(z + v + 2 * L::width), c), d = larger(L::load(z + v + 3 * L::width), d);
        }
        for (; v < n; v += L::width) a = larger(L::load(z + v), a);
        a = larger(larger(a, b), larger(c, d));
        C each[static_cast<std::size_t>(L::width)];
        L::store(each, a);
        C top = -infinity;
        for (const C x : each) top = x > top ? x : top;
        return top;
    }

    /// One register after another of a block, unrolled unless lanes are single numbers.
    template <class F>
    RLHF_FORMULA static void each_register(F&& f) {
        const auto unrolled = [&]<std::size_t... R>(std::index_sequence<R...>) RLHF_INLINE { (f(R), ...); };
        if constexpr (L::width > 1)
            unrolled(std::make_index_sequence<registers>());
        else
            for (std::size_t r = 0; r < registers; ++r) f(r);
    }
    RLHF_FORMULA V distance(const V& z, const V& shift) const {
        using lane::select;
        const V d = z - shift;
        return select(d < V(lowest_), V(lowest_), d);
    }
    /// Over the temperature, whose reciprocal is two numbers: one alone would be off by up to 6 · 10⁻⁸ |x| everywhere.
    RLHF_FORMULA V scaled(const V& d) const { return d * V(factor_) + d * V(factor_rest_); }

    template <row_sums_wanted Want>
    RLHF_NOINLINE void add(const C* z, std::int64_t n_blocks, C shift, sums& to) const {
        using lane::exp, lane::select;
        std::array<V, registers> sum, weighted, squares, ties;
        const V zero(C(0)), one(C(1));
        sum.fill(zero), weighted.fill(zero), squares.fill(zero), ties.fill(zero);
        for (std::int64_t b = 0; b < n_blocks; ++b) {
            each_register([&](std::size_t r) RLHF_INLINE {
                const V d = distance(L::load(z + b * block + static_cast<std::int64_t>(r) * L::width), V(shift));
                const V x = scaled(d), e = exp(x);
                sum[r] = sum[r] + e;
                if constexpr (Want.entropy) weighted[r] = weighted[r] + e * x;
                if constexpr (Want.squares) squares[r] = squares[r] + e * e;
                if constexpr (Want.ties) ties[r] = ties[r] + select(d == zero, one, zero);
            });
        }
        fold(sum, to.sum);
        if constexpr (Want.entropy) fold(weighted, to.weighted);
        if constexpr (Want.squares) fold(squares, to.squares);
        if constexpr (Want.ties) fold(ties, to.ties);
    }

    /// Σ z, in which the filling up has no part.
    RLHF_NOINLINE static void add_logits(const C* z, std::int64_t n, sums& to) {
        std::array<V, registers> sum;
        sum.fill(V(C(0)));
        const std::int64_t whole = n - n % block;
        for (std::int64_t b = 0; b < whole; b += block)
            each_register([&](std::size_t r) RLHF_INLINE {
                sum[r] = sum[r] + L::load(z + b + static_cast<std::int64_t>(r) * L::width);
            });
        fold(sum, to.logits);
        for (std::int64_t v = whole; v < n; ++v) to.logits[static_cast<std::size_t>(v - whole)] += double(z[v]);
    }

    static void fold(const std::array<V, registers>& v, lane_sums& to) {
        C x[static_cast<std::size_t>(block)];
        for (std::size_t r = 0; r < registers; ++r) L::store(x + r * static_cast<std::size_t>(L::width), v[r]);
        for (std::size_t k = 0; k < to.size(); ++k) to[k] += double(x[k]);
    }

    RLHF_NOINLINE void slopes(const C* z, std::int64_t n_blocks, C shift, const slope& each, C* d) const {
        using lane::exp;
        const V constant(each.constant), linear(each.linear), everywhere(each.everywhere);
        for (std::int64_t b = 0; b < n_blocks; ++b) {
            each_register([&](std::size_t r) RLHF_INLINE {
                const std::int64_t at = b * block + static_cast<std::int64_t>(r) * L::width;
                const V x = scaled(distance(L::load(z + at), V(shift)));
                L::store(d + at, exp(x) * (constant + linear * x) + everywhere);
            });
        }
    }

    double temperature_;
    C factor_, factor_rest_, lowest_;
};

} // namespace rlhf::inline RLHF_ABI::detail
