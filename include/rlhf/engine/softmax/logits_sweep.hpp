// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/executor.hpp>
#include <rlhf/engine/call/logits_call.hpp>
#include <rlhf/engine/softmax/softmax_pass.hpp>
#include <rlhf/engine/sums/sum_pieces.hpp>

namespace RLHF_NAMESPACE::detail {

/// One step of one sequence, which begins at token `begin` of a packed batch.
struct position {
    std::int64_t sequence, begin, step;
    bool counted;
    std::int64_t index = 0; ///< the row of the workspace, for head_logits

    template <class T>
    [[nodiscard]] T& of(const stream<T>& array) const {
        return array.row(sequence, begin)[step * array.step];
    }
    template <class E>
    [[nodiscard]] E* of(const bound_logits<E>& logits) const {
        return logits.row(sequence, begin, step);
    }
    [[nodiscard]] std::int64_t of(const bound_targets& ids) const { return ids(sequence, begin, step); }
};

/// Calls row(position, totals) once for every step of every sequence, in pieces of work, and joins their totals.
template <class Totals, class Row>
Totals sweep_positions(const call& c, std::int64_t vocab, const executor& run, Row&& row) {
    constexpr std::int64_t entries = 1 << 16; // per piece
    const std::int64_t longest = std::max<std::int64_t>(c.longest(), 1),
                       steps = std::max<std::int64_t>(entries / vocab, 1);
    const std::int64_t chunks = (longest + steps - 1) / steps, sequences = std::max<std::int64_t>(steps / longest, 1);
    const std::int64_t groups = (c.size() + sequences - 1) / sequences;
    return sum_pieces<Totals>(run, groups * chunks, [&](std::int64_t piece, Totals& part) {
        const std::int64_t group = piece / chunks, chunk = piece % chunks;
        for (std::int64_t s = group * sequences; s < (std::min)(c.size(), (group + 1) * sequences); ++s) {
            const sequence_mask mask = c.mask(s);
            const std::int64_t begin = c.begin(s), end = (std::min)(c.length(s), (chunk + 1) * steps);
            for (std::int64_t t = chunk * steps; t < end; ++t)
                row(position{s, begin, t, t < mask.length && mask[t]}, part);
        }
    });
}

/// Logits in the caller's memory, and where their gradient goes. Sweeps over logits call vocab() and sweep() of a
/// source of logits, and in the body of the sweep at() and write().
template <class E, class G = E>
struct stored_logits {
    bound_logits<const E> z;
    bound_logits<G> d;
    double scale = 1; ///< factor of the gradient
    bool add = false;

    using element_type = E;
    [[nodiscard]] std::int64_t vocab() const { return z.view.shape().vocab; }
    [[nodiscard]] bool has_gradient() const { return d.view.data() != nullptr; }

    template <class Totals, class Row>
    [[nodiscard]] Totals sweep(const call& c, const executor& run, Row&& row) const {
        return sweep_positions<Totals>(c, vocab(), run, row);
    }
    [[nodiscard]] const E* at(const position& here) const { return here.of(z); }
    template <class Rows>
    void write(const Rows& rows, const position& here, const softmax_stats& softmax, const logit_slopes& g,
               std::int64_t target) const {
        rows.write(at(here), vocab(), softmax, g, target, here.of(d), d.view.width(), add, past_cache());
    }

private:
    /// True if the gradient is so large that it leaves the cache before it is read. Writing past the cache, it need not
    /// be fetched first (DESIGN.md, D16).
    [[nodiscard]] bool past_cache() const {
        constexpr std::int64_t large = 1 << 25; // bytes
        const auto& s = d.view.shape();
        return !add && static_cast<const void*>(d.view.data()) != static_cast<const void*>(z.view.data()) &&
               s.sequences * s.steps * d.view.width() * static_cast<std::int64_t>(sizeof(G)) >= large;
    }
};

template <class E>
stored_logits<std::remove_const_t<E>> bind_stored(call& c, const logits_view<E>& logits) {
    check_logits_batch(c);
    return {bind_logits(c, logits_view<const E>(logits), "logits"), {{nullptr, {}}, false}};
}
template <class E, class G>
stored_logits<std::remove_const_t<E>, G> bind_stored(call& c, const logits_view<E>& logits,
                                                     const logits_gradient<G>& into) {
    check_logits_batch(c);
    const auto z = bind_logits(c, logits_view<const E>(logits), "logits");
    return {z, bind_d_logits(c, into, logits), into.scale, into.add};
}

/// Throws if the factor of the gradient is infinite in the type that the logits are computed in.
template <class Source>
void check_scale(const call& c, const Source& source, double temperature) {
    using C = compute_type<typename Source::element_type>;
    check_finite<C>(c.function(), "the scale of d_logits over the temperature", source.scale / temperature);
}

} // namespace RLHF_NAMESPACE::detail
