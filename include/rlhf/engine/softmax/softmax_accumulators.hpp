// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/softmax/softmax_exp.hpp>
#include <rlhf/engine/softmax/softmax_stats.hpp>
#include <rlhf/engine/sums/segment_sums.hpp>

namespace RLHF_NAMESPACE::detail {

/// The sums of a row of logits, in as many lanes as segments of tokens have. d = z − shift, and e is relative to a
/// softmax_origin.
template <class C>
struct softmax_accumulators {
    using lanes_of_doubles = std::array<double, static_cast<std::size_t>(sum_lanes<C>)>;
    double ties = 0; ///< the number of entries with d = 0, which are not in `others`
    lanes_of_doubles others = {}, weighted = {}, squares = {}; ///< Σ e, Σ d e, Σ e²
    double logits = 0;                                         ///< Σ z

    /// Called for a new largest logit: shift grows by −by, the new origin multiplies e by factor, and the former
    /// largest entries, each with e = each, move to the others. With factor 0 the sums so far vanish beside the new
    /// largest entry.
    void rescale(double by, double each, double factor) {
        const double square = factor * factor, moved = factor > 0 ? by : 0; // not 0 · inf
        others[0] = double(others[0] + real(ties) * each);
        squares[0] = double(squares[0] + real(ties) * each * each), ties = 0;
        for (std::size_t k = 0; k < others.size(); ++k) {
            weighted[k] = double(fma(real(moved), real(others[k]), real(weighted[k])) * factor);
            others[k] *= factor, squares[k] *= square;
        }
    }
    /// The softmax of the row. `largest` is e of the largest entry.
    [[nodiscard]] softmax_stats joined(double shift, double largest, double temperature) const {
        softmax_stats r{.shift = shift, .temperature = temperature, .ties = ties, .others = tree(others) / largest};
        r.logits = logits;
        r.add_up();
        if (r.impossible()) return r;
        r.entropy = r.log_sum - tree(weighted) / (temperature * largest * r.sum);
        r.squares = (ties + tree(squares) / (largest * largest)) / (r.sum * r.sum);
        return r;
    }
    static double tree(const lanes_of_doubles& x) {
        return by_halves(x, [](double a, double b) { return a + b; });
    }
};

/// One of these sums: a few terms per lane are added in registers of C, then in double.
template <class C, class Arch>
class softmax_lanes {
    using L = lanes<C, Arch>;
    using D = lanes<double, Arch>;
    using V = typename L::type;
    using memory = typename softmax_accumulators<C>::lanes_of_doubles;
    static constexpr auto registers = static_cast<std::size_t>(sum_lanes<C> / L::width);

public:
    explicit softmax_lanes(memory& to) : doubles_(to.data()) { narrow_.fill(V(C(0))); }
    RLHF_FORMULA void add(std::size_t r, const V& v) { narrow_[r] = narrow_[r] + v; }
    RLHF_FORMULA void widen() {
        by_turns<registers>([&](std::size_t r) RLHF_INLINE {
            const auto more = L::widen(narrow_[r]);
            unrolled<more.size()>([&](std::size_t k) RLHF_INLINE {
                double* const to =
                    doubles_ + r * static_cast<std::size_t>(L::width) + k * static_cast<std::size_t>(D::width);
                D::store(to, D::load(to) + more[k]);
            });
            narrow_[r] = V(C(0));
        });
    }

private:
    std::array<V, registers> narrow_;
    double* doubles_;
};

/// The sums that are wanted.
template <class C, class Arch, softmax_wanted Want>
struct softmax_sums {
    softmax_lanes<C, Arch> others, weighted, squares;

    explicit softmax_sums(softmax_accumulators<C>& s) : others(s.others), weighted(s.weighted), squares(s.squares) {}
    RLHF_FORMULA void widen() {
        others.widen();
        if constexpr (Want.entropy) weighted.widen();
        if constexpr (Want.squares) squares.widen();
    }
};

} // namespace RLHF_NAMESPACE::detail
