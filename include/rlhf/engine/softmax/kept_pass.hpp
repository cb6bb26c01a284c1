// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/softmax/kept_ids.hpp>

namespace RLHF_NAMESPACE::detail {

/// The softmax of a row of logits from those of two disjoint parts of it. Where the largest of one is not the largest
/// of both, it joins the others (DESIGN.md, D15).
inline softmax_stats joined(const softmax_stats& one, const softmax_stats& other) {
    if (one.impossible()) return other;
    if (other.impossible()) return one;
    const bool swapped = other.shift > one.shift;
    const softmax_stats &high = swapped ? other : one, &low = swapped ? one : other;
    const real apart = (real(low.shift) - high.shift) / high.temperature, factor = lane::exp(double(apart));
    const auto weighted = [](const softmax_stats& part) { return (real(part.log_sum) - part.entropy) * part.sum; };
    const real moved = factor > 0.0 ? factor * (weighted(low) + apart * low.sum) : real(0.0); // not 0 · inf
    softmax_stats both = high;
    if (apart == 0.0)
        both.ties += low.ties, both.others += low.others;
    else
        both.others = double(both.others + factor * low.sum);
    both.add_up();
    both.entropy = double(both.log_sum - (weighted(high) + moved) / both.sum);
    return both;
}

/// The softmax over the set of a token, and its gradient. The logits of the set are gathered into pieces of a row of
/// doubles, which softmax_pass reads and writes.
template <class Arch>
class kept_pass {
    static constexpr std::int64_t piece = segment_entries;
    using room = std::array<double, static_cast<std::size_t>(piece)>;

public:
    explicit kept_pass(double temperature) : rows_(temperature) {}

    template <class E>
    [[nodiscard]] softmax_stats read(const E* z, const kept_ids& ids) const {
        softmax_stats row;
        each_piece(ids, z, [&](const room& from, std::int64_t, std::int64_t n) {
            row = joined(row, rows_.template read<softmax_wanted{.entropy = true}>(from.data(), n));
        });
        return row;
    }

    /// d = ∂/∂z, or d += ∂/∂z for the entries of the set alone. d may be the logits.
    template <class E, class D>
    void write(const E* z, const kept_ids& ids, const softmax_stats& row, const logit_slopes& g, D* d,
               std::int64_t width, bool add) const {
        if (!add) clear_others(ids, d, width);
        each_piece(ids, z, [&](const room& from, std::int64_t first, std::int64_t n) {
            room to; // NOLINT: it is written before it is read
            if (add) gather(ids, d, first, n, to);
            const std::int64_t target = ids.place_of_target() - first;
            rows_.write(from.data(), n, row, g, target >= 0 && target < n ? target : -1, to.data(), n, add);
            for (std::int64_t i = 0; i < n; ++i) d[ids[first + i]] = static_cast<D>(to[static_cast<std::size_t>(i)]);
        });
    }

private:
    template <class E>
    static void gather(const kept_ids& ids, const E* z, std::int64_t first, std::int64_t n, room& to) {
        for (std::int64_t i = 0; i < n; ++i) to[static_cast<std::size_t>(i)] = static_cast<double>(z[ids[first + i]]);
    }
    /// Calls f(logits, index of the first of them, how many).
    template <class E, class F>
    static void each_piece(const kept_ids& ids, const E* z, F&& f) {
        room from; // NOLINT: it is written before it is read
        for (std::int64_t first = 0; first < ids.size(); first += piece) {
            const std::int64_t n = (std::min)(piece, ids.size() - first);
            gather(ids, z, first, n, from);
            f(from, first, n);
        }
    }
    /// Sets what is not in the set to 0.
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
                std::uint64_t stays = in_set.word(v);
                if (stays == 0) std::fill(d + v, d + last, zero);
                for (std::int64_t i = v; stays != 0 && i < last; ++i)
                    if ((in_set.word(v) >> (i - v) & 1) == 0) d[i] = zero;
            }
        }
    }

    softmax_pass<double, Arch> rows_;
};

} // namespace RLHF_NAMESPACE::detail
