// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/sequences/sequence_sums.hpp>

#include <array>
#include <optional>
#include <span>

namespace RLHF_NAMESPACE::detail {

/// The sweep over sequences, for losses in which the tokens of a sequence decide together. While their tokens are in
/// the cache, a few sequences at a time are
///
///     reduced    a first kernel's statistics are added up over the counted tokens of the sequence
///     decided    kernel.decide(sums, tokens) sets the numbers that the tokens of the sequence share
///     spread     that kernel runs over the tokens of the sequence, as in the sweep over tokens
///
/// Both kernels read the same inputs; the first one may read fewer of them. A sequence is not cut: one thread sweeps
/// it. Segments, and so bits, are as in the sweep over tokens; the sums of a sequence's segments are added in order.
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
          spread_(spread_loop::template of<In, Out, Kernel>(spread_loop::copies(arrays_))),
          decide_([](void* of, const sums_of_sequence& sums, std::int64_t tokens) {
              static_cast<Kernel*>(of)->decide(sums, static_cast<double>(tokens));
          }) {
        static_assert(FewerIn <= In);
    }

    /// by_runs: each run of counted tokens without a gap is decided on its own.
    totals_type operator()(const executor& run, bool by_runs = false) const {
        return run_sequences<totals_type>(call_, run, [&](std::int64_t first, std::int64_t last, totals_type& totals) {
            running part(totals);
            tile t;
            for (std::int64_t s = first; s < last;)
                s = by_runs ? sweep_runs(t.front(), s, part) : sweep_tile(t, s, last, part);
            part.flush();
        });
    }

private:
    struct sequence {
        std::optional<sequence_blocks<T>> blocks;
        counted_range counted;
        typename reduction::found found;
        kernel_memory kernel;
    };
    using tile = std::array<sequence, 8>;
    static constexpr std::int64_t enough_tokens = 1024; ///< per tile: they fit the first-level cache

    void go_to(sequence& q, std::int64_t s) const {
        if (!q.blocks) arrays_.emplace_blocks(q.blocks), q.kernel = kernel_;
        q.blocks->go_to(s);
    }

    /// Sweeps some sequences from s on, before `last`. Returns the next sequence. Each step is done for several
    /// sequences before the next step, so that a processor need not wait for the result of one sequence.
    std::int64_t sweep_tile(tile& t, std::int64_t s, std::int64_t last, running& part) const {
        sequence* q = t.data();
        for (std::int64_t tokens = 0; s < last && q != t.data() + t.size() && tokens < enough_tokens; ++s) {
            go_to(*q, s);
            const auto [first, end] = counted_tokens(q->blocks->mask);
            q->blocks->clear(0, first), q->blocks->clear(spread_.written(*q->blocks, first, end), q->blocks->length());
            if (first == end) continue;
            q->counted = {first, end}, q->found = reduced_(*q->blocks, q->counted);
            tokens += end - first, ++q;
        }
        const std::span<sequence> swept(t.data(), q);
        for (sequence& x : swept) decide_(x.kernel.get(), x.found.sums, x.found.tokens);
        for (sequence& x : swept) spread_.add(x.kernel.get(), *x.blocks, x.counted.first, x.counted.last, true, part);
        part.all.sequences += static_cast<std::int64_t>(swept.size());
        return s;
    }

    /// Sweeps sequence s run by run. Returns the next one.
    RLHF_COLD std::int64_t sweep_runs(sequence& q, std::int64_t s, running& part) const {
        go_to(q, s);
        const sequence_mask& mask = q.blocks->mask;
        std::int64_t done = 0, t = 0;
        while (true) {
            while (t < mask.length && !mask[t]) ++t;
            q.blocks->clear(done, t < mask.length ? t : q.blocks->length());
            if (t >= mask.length) break;
            const std::int64_t first = t;
            while (t < mask.length && mask[t]) ++t;
            q.found = reduced_(*q.blocks, {first, t}, false);
            decide_(q.kernel.get(), q.found.sums, q.found.tokens);
            spread_.add(q.kernel.get(), *q.blocks, first, t, false, part), done = t;
        }
        part.all.sequences += done > 0 ? 1 : 0;
        return s + 1;
    }

    const call& call_;
    token_arrays<T> arrays_;
    kernel_memory kernel_;
    reduction reduced_;
    spread_loop spread_;
    void (*decide_)(void*, const sums_of_sequence&, std::int64_t);
};

/// The sweep of two kernels. The first one reads FewerIn inputs.
template <class T, class Arch, std::size_t FewerIn, std::size_t In, std::size_t Out, class Reduce, class Kernel>
auto sequence_sweep_of(const call& c, const std::array<stream<const T>, In>& in, const std::array<target<T>, Out>& out,
                       const Reduce& reduce, const Kernel& kernel, sequence_weight weight = sequence_weight::one) {
    using A = token_arch<T, Arch>;
    using sweep = sequence_sweep<T, A, terms_of<T, A, FewerIn, Reduce>, terms_of<T, A, In, Kernel>>;
    return sweep(std::integral_constant<std::size_t, FewerIn>(), c, in, out, reduce, kernel, weight);
}

} // namespace RLHF_NAMESPACE::detail
