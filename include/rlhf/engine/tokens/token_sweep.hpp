// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/executor.hpp>
#include <rlhf/engine/sums/sum_pieces.hpp>
#include <rlhf/engine/tokens/kernel_memory.hpp>
#include <rlhf/engine/tokens/token_loop.hpp>

#include <tuple>

namespace RLHF_NAMESPACE::detail {

/// The sweep over tokens. For every token that counts, the kernel turns one element of each input into lane::terms.
/// For masked tokens, which may hold any bits, outputs are 0, or left as they are if the sweep adds to them.
///
/// A sequence begins at its first token that counts and is cut into segments of 512 tokens. Each segment is added up on
/// its own, and then merged exactly. So no bit depends on padding, cuts of the batch, alignment, threads or the layout
/// (DESIGN.md, D2).
template <class T, class Arch, class Terms>
class token_sweep {
    using loop = token_loop<T, Arch, Terms>;
    using sums_type = typename loop::sums_type;
    using running = typename sums_type::running_type;
    using row = sequence_blocks<T>;

public:
    using totals_type = typename sums_type::totals_type;

    /// Copies its arguments, but borrows the call.
    template <std::size_t In, std::size_t Out, class Kernel>
    token_sweep(const call& c, const std::array<stream<const T>, In>& in, const std::array<target<T>, Out>& out,
                const Kernel& kernel, sequence_weight weight)
        : call_(c), arrays_(c, in, out, weight), kernel_(kernel),
          loop_(loop::template of<In, Out, Kernel>(loop::copies(arrays_))) {}

    totals_type operator()(const executor& run) const {
        const std::int64_t longest = std::max<std::int64_t>(call_.longest(), 1), chunk = chunk_of(longest);
        std::int64_t rows = call_.size(), groups = 1, chunks = 1; // a short call is one piece, without divisions
        if (rows * longest > chunk) {
            chunks = (longest + chunk - 1) / chunk;
            rows = std::max<std::int64_t>(chunk / longest, 1); // per piece
            groups = (call_.size() + rows - 1) / rows;
        }
        return sum_pieces<totals_type>(run, groups * chunks, [&](std::int64_t piece, totals_type& totals) {
            const std::int64_t group = chunks == 1 ? piece : piece / chunks, number = piece - group * chunks;
            sweep_rows(group * rows, (std::min)(call_.size(), (group + 1) * rows), number * chunk,
                       number + 1 < chunks ? chunk : unlimited_tokens, totals);
        });
    }

    /// Writes the outputs of one counted token, with the same bits as the sweep.
    void token(std::int64_t s, std::int64_t t) const {
        row r = arrays_.blocks();
        r.go_to(s), loop_.token(kernel_.get(), r, t, true);
    }

private:
    static constexpr std::int64_t unlimited_tokens = (std::numeric_limits<std::int64_t>::max)() / 2;

    /// The tokens of a sequence per piece of work. A sequence has few pieces, because each piece looks for the
    /// sequence's ends.
    static std::int64_t chunk_of(std::int64_t longest) {
        return std::max<std::int64_t>((longest / 32 + segment_tokens) / segment_tokens, 32) * segment_tokens;
    }

    /// Sweeps a part of each of the sequences first … last − 1.
    RLHF_NOINLINE void sweep_rows(std::int64_t first, std::int64_t last, std::int64_t from, std::int64_t tokens,
                                  totals_type& totals) const {
        running part(totals);
        row r = arrays_.blocks();
        for (std::int64_t s = first; s < last; ++s) r.go_to(s), sweep(r, from, tokens, part);
        part.flush();
    }

    /// Sweeps the part of a sequence from its counted token `from` on. The first part also writes the outputs before
    /// it; the last part, which is unlimited, also writes the outputs after it.
    void sweep(const row& r, std::int64_t from, std::int64_t tokens, running& part) const {
        const auto [first, last] = counted_tokens(r.mask);
        const std::int64_t begin = (std::min)(first + from, last), end = (std::min)(begin + tokens, last);
        if (from == 0) {
            r.clear(0, first);
            part.all.sequences += first < last ? 1 : 0;
        }
        if (tokens == unlimited_tokens) r.clear(loop_.written(r, begin, last), r.length());
        if (begin < end) loop_.add(kernel_.get(), r, begin, end, tokens == unlimited_tokens, part);
    }

    const call& call_;
    token_arrays<T> arrays_;
    kernel_memory kernel_;
    loop loop_;
};

/// The terms of a kernel with In inputs.
template <class T, class Arch, std::size_t In, class Kernel>
using terms_of = decltype(std::apply(std::declval<const Kernel&>(), std::array<typename lanes<T, Arch>::type, In>()));

/// The sweep of a kernel.
template <class T, class Arch, std::size_t In, std::size_t Out, class Kernel>
auto token_sweep_of(const call& c, const std::array<stream<const T>, In>& in, const std::array<target<T>, Out>& out,
                    const Kernel& kernel, sequence_weight weight = sequence_weight::one) {
    using A = token_arch<T, Arch>;
    return token_sweep<T, A, terms_of<T, A, In, Kernel>>(c, in, out, kernel, weight);
}

/// Runs a kernel over the tokens of a call. Its totals join by +=.
template <class T, class Arch, std::size_t In, std::size_t Out, class Kernel>
auto sweep_tokens(const call& c, const std::array<stream<const T>, In>& in, const std::array<target<T>, Out>& out,
                  const executor& run, const Kernel& kernel, sequence_weight weight = sequence_weight::one) {
    return token_sweep_of<T, Arch>(c, in, out, kernel, weight)(run);
}

} // namespace RLHF_NAMESPACE::detail
