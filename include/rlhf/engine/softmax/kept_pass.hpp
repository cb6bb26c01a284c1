// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/softmax/kept_ids.hpp>

#include <bit>

namespace RLHF_NAMESPACE::detail {

/// The softmax over the set of a token, and its gradient, in double. Logits are gathered by their ids into pieces,
/// which are added in eight lanes for every width of a register.
template <class Arch>
class kept_pass {
    using L = lanes<double, Arch>;
    using V = typename L::type;
    static constexpr std::int64_t block = sum_lanes<double>, piece = segment_entries;
    static constexpr auto registers = static_cast<std::size_t>(block / L::width);
    static constexpr double infinity = std::numeric_limits<double>::infinity();
    /// Below this exponent exponentials are 0; e to the power of it is a normal number.
    static constexpr double lowest_power = -708;
    struct alignas(64) room : std::array<double, static_cast<std::size_t>(piece)> {
        room() {} // NOLINT: it is written before it is read
    };

public:
    explicit kept_pass(double temperature) : temperature_(temperature), lowest_(lowest_power * temperature) {}

    template <class E>
    [[nodiscard]] softmax_stats read(const E* z, const kept_ids& ids) const {
        softmax_accumulators<double> s;
        double largest = -infinity;
        each_piece(ids, z, [&](const room& from, std::int64_t, std::int64_t n) {
            if (const double top = largest_of(from, n); top > largest) {
                const double by = largest - top; // −∞ for the first piece, before anything is added up
                if (by > -infinity) s.rescale(by, 1, lane::exp(by / temperature_));
                largest = top;
            }
            add(from, n, largest > -infinity ? largest : 0, s);
        });
        return s.joined(largest > -infinity ? largest : 0, 1, temperature_);
    }

    /// d = ∂/∂z, or d += ∂/∂z for the entries of the set alone. d may be the logits.
    template <class E, class D>
    void write(const E* z, const kept_ids& ids, const softmax_stats& row, const logit_slopes& g, D* d,
               std::int64_t width, bool add) const {
        const bool in_place = static_cast<const void*>(d) == static_cast<const void*>(z);
        if (!add && in_place && !row.impossible()) clear_others(ids, d, width);
        if (!add && (!in_place || row.impossible())) std::fill(d, d + width, static_cast<D>(0.0));
        if (row.impossible()) return;
        each_piece(ids, z, [&](const room& from, std::int64_t first, std::int64_t n) {
            room to;
            if (add)
                gather(ids, d, first, n, to);
            else
                std::fill_n(to.begin(), whole(n), 0.0);
            const std::int64_t target = ids.place_of_target() - first;
            slopes(from, n, row, g, target < n ? target : -1, to);
            for (std::int64_t i = 0; i < n; ++i) d[ids[first + i]] = static_cast<D>(to[static_cast<std::size_t>(i)]);
        });
    }

private:
    /// The exponential e of a difference of logits, which is at most 0, and the difference, which is finite where e is
    /// 0.
    struct exponential {
        V d, e;
        exponential(const kept_pass& rows, V z, double shift)
            : d(larger(V(rows.lowest_), z - V(shift))),
              e(select(d == V(rows.lowest_), V(0), lane::exp_nonpositive(d / V(rows.temperature_)))) {}
    };
    /// n entries, filled up to a whole number of blocks.
    static std::int64_t whole(std::int64_t n) { return (n + block - 1) / block * block; }

    template <class E>
    static void gather(const kept_ids& ids, const E* z, std::int64_t first, std::int64_t n, room& to) {
        for (std::int64_t i = 0; i < n; ++i) to[static_cast<std::size_t>(i)] = static_cast<double>(z[ids[first + i]]);
        std::fill(to.begin() + n, to.begin() + whole(n), -infinity);
    }
    /// Calls f(logits, index of the first one, their number).
    template <class E, class F>
    static void each_piece(const kept_ids& ids, const E* z, F&& f) {
        room from;
        for (std::int64_t first = 0; first < ids.size(); first += piece) {
            const std::int64_t n = (std::min)(piece, ids.size() - first);
            gather(ids, z, first, n, from);
            f(from, first, n);
        }
    }
    /// The largest entry. NaN is skipped here, and found by the sums.
    static double largest_of(const room& z, std::int64_t n) {
        V most(-infinity);
        for (std::int64_t i = 0; i < n; i += L::width) most = larger(L::load(z.data() + i), most);
        return L::largest(most);
    }
    /// Counts the largest entries and adds the others (DESIGN.md, D15).
    RLHF_NOINLINE void add(const room& z, std::int64_t n, double largest, softmax_accumulators<double>& to) const {
        std::array<V, registers> others, weighted;
        for (std::size_t r = 0; r < registers; ++r) {
            others[r] = L::load(to.others.data() + r * L::width),
            weighted[r] = L::load(to.weighted.data() + r * L::width);
        }
        std::int64_t ties = 0;
        for (std::int64_t i = 0; i < n; i += block)
            for (std::size_t r = 0; r < registers; ++r) {
                const exponential x(*this, L::load(z.data() + i + static_cast<std::int64_t>(r) * L::width), largest);
                const auto top = x.d == V(0);
                ties += L::count(top);
                others[r] = others[r] + select(top, V(0), x.e);
                weighted[r] = fma(x.d, x.e, weighted[r]);
            }
        for (std::size_t r = 0; r < registers; ++r) {
            L::store(to.others.data() + r * L::width, others[r]),
                L::store(to.weighted.data() + r * L::width, weighted[r]);
        }
        to.ties += static_cast<double>(ties);
    }
    /// Adds scale p (log_prob (δ − p) / p − entropy (log p + H)) / temperature to n entries.
    RLHF_NOINLINE void slopes(const room& z, std::int64_t n, const softmax_stats& row, const logit_slopes& g,
                              std::int64_t target, room& to) const {
        const real scale = g.scale / temperature_;
        double at_target = 0;
        if (target >= 0) { // so that 1 − p loses no digits
            const auto at = static_cast<std::size_t>(target);
            const real log_p = row.log_prob(z[at]), p = lane::exp(double(log_p));
            const real through_entropy = p == 0.0 ? real(0.0) : g.entropy * p * (log_p + row.entropy);
            at_target = double(to[at] - scale * (g.log_prob * real(lane::expm1(double(log_p))) + through_entropy));
        }
        const double over_sum = double(scale / row.sum);
        const V constant(double(-over_sum * (g.log_prob + g.entropy * real(row.entropy - row.log_sum)))),
            linear(double(-over_sum * real(g.entropy) / temperature_));
        for (std::int64_t i = 0; i < n; i += L::width) {
            const exponential x(*this, L::load(z.data() + i), row.shift);
            L::store(to.data() + i, fma(x.e, fma(linear, x.d, constant), L::load(to.data() + i)));
        }
        if (target >= 0) to[static_cast<std::size_t>(target)] = at_target;
    }
    /// Sets entries that are not in the set to 0.
    template <class D>
    static void clear_others(const kept_ids& ids, D* d, std::int64_t width) {
        const D zero = static_cast<D>(0.0);
        id_flags in_set;
        for (std::int64_t from = 0; from < width; from += id_flags::window) {
            in_set.clear_all();
            id_flags::each([&](std::int64_t i) { return ids[i]; }, ids.size(), from,
                           [&](std::int64_t id) { in_set.set(id); });
            const std::int64_t end = (std::min)(width, from + id_flags::window);
            for (std::int64_t v = from; v < end; v += id_flags::in_word) {
                const std::int64_t last = (std::min)(end, v + id_flags::in_word);
                std::array<D, static_cast<std::size_t>(id_flags::in_word)> before;
                std::uint64_t left = in_set.word(v);
                if (left != 0) std::copy(d + v, d + last, before.begin());
                std::fill(d + v, d + last, zero);
                for (; left != 0; left &= left - 1) {
                    const int k = std::countr_zero(left);
                    d[v + k] = before[static_cast<std::size_t>(k)];
                }
            }
        }
    }

    double temperature_, lowest_;
};

} // namespace RLHF_NAMESPACE::detail
