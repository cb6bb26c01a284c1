// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/sequences/sequence_sums.hpp>

namespace RLHF_NAMESPACE::detail {

/// The sweep over sequences, for losses in which the tokens of a sequence decide together. One after the other, while
/// its tokens are in the cache, each sequence is
///
///     reduced    a first kernel's statistics are added up over its tokens that count
///     decided    kernel.for_sequence(sums, tokens) makes of these sums the kernel for this sequence
///     spread     that kernel runs over its tokens, as in the sweep over tokens
///
/// Both kernels read the same inputs, the first one perhaps fewer of them. A sequence is not cut: one thread sweeps it.
/// Segments, and so bits, are as in the sweep over tokens; the sums of a sequence's segments are added in their order.
template <class T, class Arch, class Reduced, class Terms>
class sequence_sweep;

template <class T, class Arch, class V, template <class> class Reduced, class Terms>
class sequence_sweep<T, Arch, lane::terms<V, 0, Reduced>, Terms> {
    using reduction = sequence_sums<T, Arch, lane::terms<V, 0, Reduced>>;
    using spread_loop = token_loop<T, Arch, Terms>;
    using running = typename spread_loop::sums_type::running_type;
    using sums_of_sequence = Reduced<sequence_total>;

public:
    using totals_type = typename spread_loop::sums_type::totals_type;

    /// Copies its arguments, but borrows the call. `reduce` reads the first FewerIn inputs.
    template <std::size_t FewerIn, std::size_t In, std::size_t Out, class Reduce, class Kernel>
    sequence_sweep(std::integral_constant<std::size_t, FewerIn>, const call& c,
                   const std::array<stream<const T>, In>& in, const std::array<target<T>, Out>& out,
                   const Reduce& reduce, const Kernel& kernel, sequence_weight weight)
        : call_(c), arrays_(c, in, out, weight), kernel_(kernel),
          reduced_(std::integral_constant<std::size_t, FewerIn>(), reduce, arrays_.strided()),
          spread_(spread_loop::template of<In, Out, Kernel>(arrays_.strided())),
          decide_([](const void* of, const sums_of_sequence& sums, std::int64_t tokens) {
              return kernel_memory(static_cast<const Kernel*>(of)->for_sequence(sums, static_cast<double>(tokens)));
          }) {
        static_assert(FewerIn <= In);
    }

    /// by_runs: each run of tokens that count, with none between them that does not, is decided on its own.
    totals_type operator()(const executor& run, bool by_runs = false) const {
        return run_sequences<totals_type>(call_, run, [&](std::int64_t first, std::int64_t last, totals_type& totals) {
            running part(totals);
            for (std::int64_t s = first; s < last; ++s)
                if (by_runs)
                    sweep_runs(s, part);
                else
                    sweep(s, part);
            part.flush();
        });
    }

private:
    void sweep(std::int64_t s, running& part) const {
        const auto [first, last] = counted_tokens(call_.mask(s));
        arrays_.clear(s, 0, first), arrays_.clear(s, last, call_.length(s));
        if (first == last) return;
        part.all.sequences += 1;
        decide_and_spread(arrays_.blocks(s), {first, last}, true, part);
    }

    RLHF_COLD void sweep_runs(std::int64_t s, running& part) const {
        const sequence_mask mask = call_.mask(s);
        const sequence_blocks<T> r = arrays_.blocks(s);
        std::int64_t done = 0, t = 0;
        while (true) {
            while (t < mask.length && !mask[t]) ++t;
            arrays_.clear(s, done, t < mask.length ? t : call_.length(s));
            if (t >= mask.length) break;
            const std::int64_t first = t;
            while (t < mask.length && mask[t]) ++t;
            decide_and_spread(r, {first, t}, false, part), done = t;
        }
        part.all.sequences += done > 0 ? 1 : 0;
    }

    /// clears: what follows in the sequence does not count, so that blocks may reach there.
    void decide_and_spread(const sequence_blocks<T>& r, const counted_range& of, bool clears, running& part) const {
        const auto found = reduced_(r, of, clears);
        const kernel_memory kernel = decide_(kernel_.get(), found.sums, found.tokens);
        spread_.add(kernel.get(), r, of.first, of.last, clears, part);
    }

    const call& call_;
    token_arrays<T> arrays_;
    kernel_memory kernel_;
    reduction reduced_;
    spread_loop spread_;
    kernel_memory (*decide_)(const void*, const sums_of_sequence&, std::int64_t);
};

/// The sweep of two kernels, of which the first reads so many inputs.
template <class T, class Arch, std::size_t FewerIn, std::size_t In, std::size_t Out, class Reduce, class Kernel>
auto sequence_sweep_of(const call& c, const std::array<stream<const T>, In>& in, const std::array<target<T>, Out>& out,
                       const Reduce& reduce, const Kernel& kernel, sequence_weight weight = sequence_weight::one) {
    using sweep = sequence_sweep<T, Arch, terms_of<T, Arch, FewerIn, Reduce>, terms_of<T, Arch, In, Kernel>>;
    return sweep(std::integral_constant<std::size_t, FewerIn>(), c, in, out, reduce, kernel, weight);
}

} // namespace RLHF_NAMESPACE::detail
