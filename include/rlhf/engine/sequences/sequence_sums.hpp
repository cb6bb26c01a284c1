// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/executor.hpp>
#include <rlhf/engine/sums/sum_pieces.hpp>
#include <rlhf/engine/tokens/kernel_memory.hpp>
#include <rlhf/engine/tokens/token_sweep.hpp>

namespace RLHF_NAMESPACE::detail {

/// A kernel's statistics, added up over the counted tokens of a sequence. Segments are the same as in the sweep over
/// tokens; the segments of a sequence are added in order, in double.
template <class T, class Arch, class Terms>
class sequence_sums;

template <class T, class Arch, class V, template <class> class Statistics>
class sequence_sums<T, Arch, lane::terms<V, 0, Statistics>> {
    using loop = token_loop<T, Arch, lane::terms<V, 0, Statistics>>;

public:
    struct found {
        Statistics<sequence_total> sums;
        std::int64_t tokens = 0;
    };

    /// The kernel reads the first In inputs.
    template <std::size_t In, class Kernel>
    sequence_sums(std::integral_constant<std::size_t, In>, const Kernel& kernel, bool strided)
        : kernel_(kernel), loop_(loop::template of<In, 0, Kernel>(strided)) {}

    /// clears: the tokens after the range do not count.
    [[nodiscard]] found operator()(const sequence_blocks<T>& r, const counted_range& of, bool clears = true) const {
        found whole;
        for (std::int64_t t = of.first; t < of.last; t += segment_tokens) {
            const auto segment = loop_.segment(kernel_.get(), r, t, (std::min)(of.last - t, segment_tokens), clears);
            segment.add_to(whole.sums), whole.tokens += segment.tokens;
        }
        return whole;
    }

private:
    kernel_memory kernel_;
    loop loop_;
};

/// Runs f(first, last, totals) over whole sequences, in pieces of some 32 segments.
template <class Totals, class F>
Totals run_sequences(const call& c, const executor& run, F&& f) {
    constexpr std::int64_t tokens_of_a_piece = 32 * segment_tokens;
    const std::int64_t longest = std::max<std::int64_t>(c.longest(), 1), n = c.size();
    std::int64_t rows = n, pieces = 1; // a short call is one piece, without divisions
    if (rows * longest > tokens_of_a_piece) {
        rows = std::max<std::int64_t>(tokens_of_a_piece / longest, 1);
        pieces = (n + rows - 1) / rows;
    }
    return sum_pieces<Totals>(run, pieces, [&](std::int64_t piece, Totals& totals) {
        f(piece * rows, (std::min)(n, (piece + 1) * rows), totals);
    });
}

/// Calls write(s, found, totals) with the sums of every sequence. A sequence without a counted token has sums of 0.
template <class Totals, class T, class Arch, std::size_t In, class Kernel, class Write>
Totals sum_each_sequence(const call& c, const std::array<stream<const T>, In>& in, const Kernel& kernel,
                         const executor& run, Write&& write) {
    const token_arrays<T> arrays(c, in, std::array<target<T>, 0>(), sequence_weight::one);
    using A = token_arch<T, Arch>;
    const sequence_sums<T, A, terms_of<T, A, In, Kernel>> sums(std::integral_constant<std::size_t, In>(), kernel,
                                                               arrays.strided());
    return run_sequences<Totals>(c, run, [&](std::int64_t first, std::int64_t last, Totals& totals) {
        sequence_blocks<T> r = arrays.blocks();
        for (std::int64_t s = first; s < last; ++s) {
            r.go_to(s);
            const auto found = sums(r, counted_tokens(r.mask));
            totals.tokens += found.tokens, totals.sequences += found.tokens > 0 ? 1 : 0;
            write(s, found, totals);
        }
    });
}

} // namespace RLHF_NAMESPACE::detail
