// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/softmax/logits_sweep.hpp>

namespace RLHF_NAMESPACE::detail {

/// The states of all ranks for every token, [ranks, tokens], as after an all-gather.
template <class S>
struct all_ranks {
    stream<const S> first_rank;
    std::int64_t ranks = 0, stride = 0;
    /// Calls f with the state of every rank.
    template <class F>
    void each(const position& here, F&& f) const {
        const S* s = &here.of(first_rank);
        for (std::int64_t k = 0; k < ranks; ++k, s += stride) f(*s);
    }
};

template <class S>
all_ranks<S> bind_all_ranks(call& c, const view<const S>& v, const char* name) {
    const std::int64_t n = c.tokens();
    if (v.absent() && n > 0) fail(c.function(), "%s is missing", name);
    const bool flat = v.rows() == v.flat;
    const std::int64_t ranks = !flat ? v.rows() : n > 0 ? v.cols() / n : 0;
    if (flat && v.cols() != ranks * n)
        fail(c.function(), "%s has %lld elements, expected ranks times %lld", name, v.cols(), n);
    if (!flat && (v.cols() != n || v.rows() < 0))
        fail(c.function(), "%s is [%lld, %lld], expected [ranks, %lld]", name, v.rows(), v.cols(), n);
    const std::int64_t stride = c.arrays().add(v, name, {ranks, n}, access::read);
    return {{v.data(), c.batch().packed() ? 0 : c.batch().steps.n, 1}, ranks, stride};
}

/// Throws unless exactly one rank holds each target of a token that counts.
template <class S>
void check_holders(const call& c, const bound_targets& targets, const all_ranks<S>& shards) {
    for (std::int64_t s = 0; s < c.size(); ++s) {
        const sequence_mask mask = c.mask(s);
        for (std::int64_t t = 0; t < mask.length; ++t) {
            if (!mask[t]) continue;
            const position here{s, c.begin(s), t, true};
            double holders = 0;
            shards.each(here, [&](const S& x) { holders += x.holds_target; });
            if (holders != 1)
                fail(c.function(), "target %lld of sequence %lld, step %lld is held by %g of %lld shards, expected 1",
                     here.of(targets), s, t, holders, shards.ranks);
        }
    }
}

} // namespace RLHF_NAMESPACE::detail
