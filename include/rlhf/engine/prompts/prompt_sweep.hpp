// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/executor.hpp>
#include <rlhf/engine/call/call.hpp>
#include <rlhf/engine/lanes/lanes.hpp>
#include <rlhf/engine/sums/exact_sum.hpp>
#include <rlhf/engine/sums/sum_pieces.hpp>

#include <algorithm>

namespace RLHF_NAMESPACE::detail {

/// The most responses that one prompt may have (DESIGN.md, D6).
inline constexpr std::int64_t most_responses = 1024;

/// Throws unless the steps of the batch can be the responses of prompts.
inline void check_prompts(const call& c) {
    if (c.batch().predict_next.value_or(false))
        fail(c.function(), "batch.predict_next is true, but the steps of a ranking are responses");
    if (c.longest() > most_responses)
        fail(c.function(), "a prompt has %lld responses, expected at most %lld", c.longest(), most_responses);
}

/// Ranks bound to a batch, one integer per response. Without ranks, responses are listed best first.
class bound_ranks {
public:
    bound_ranks(call& c, const index_view& v, const char* name) : call_(c) {
        if (v.absent()) return;
        const auto& b = c.batch();
        const bool time = b.layout == layout::time_first && !b.packed();
        const std::int64_t n = v.rows() < 0 ? v.cols() : times(v.rows(), v.cols());
        if (n != c.tokens() || (v.rows() >= 0 && (b.packed() || v.cols() != (time ? b.sequences : b.steps))))
            fail(c.function(), "%s has %lld elements, expected %lld in the shape of the batch", name, n, c.tokens());
        view_ = &v, places_ = c.tokens_of(v, name);
    }

    /// True if there are neither ranks nor a mask: all responses in memory count, and are listed best first.
    [[nodiscard]] bool plain() const { return !given() && call_.batch().mask.all(); }
    /// The number of responses of prompt s that count.
    [[nodiscard]] std::int64_t counted(std::int64_t s) const { return count_counted(call_.mask(s)); }

    /// Counts the prompts in which two responses differ in rank, and the responses of these prompts.
    [[nodiscard]] counts differing() const {
        counts n;
        if (plain() && !call_.batch().packed()) {
            if (call_.batch().steps > 1) n = {static_cast<double>(call_.tokens()), static_cast<double>(call_.size())};
            return n;
        }
        for (std::int64_t s = 0; s < call_.size(); ++s) {
            const std::int64_t size = counted(s);
            if (given() ? differ(s) : size > 1) n += {static_cast<double>(size), 1.0};
        }
        return n;
    }

    [[nodiscard]] bool given() const { return view_ != nullptr; }
    /// The ranks of a prompt, by index.
    [[nodiscard]] auto of(std::int64_t s) const {
        struct row {
            const index_view& view;
            std::int64_t begin, step;
            std::int64_t operator[](std::int64_t t) const { return view[begin + t * step]; }
        };
        return row{*view_, s * places_.row_stride + call_.begin(s) * places_.step, places_.step};
    }

    /// Lists the indices of the responses that count, in the order of memory. It needs room for one index more.
    std::int32_t list(std::int64_t s, std::int32_t* place) const {
        const sequence_mask mask = call_.mask(s);
        std::int32_t n = 0;
        if (mask.bytes == nullptr)
            for (; n < mask.length; ++n) place[n] = n;
        else
            for (std::int64_t t = 0; t < mask.length; ++t) {
                place[n] = static_cast<std::int32_t>(t);
                n += mask[t] ? 1 : 0;
            }
        return n;
    }

    struct order {
        std::int64_t size = 0, pairs = 0; ///< responses that count; pairs of them that are not tied
    };
    /// Lists the responses that count, best first, and equal ranks in the order of memory: their indices, and their
    /// rank balances. The rank balance is the number of better responses minus the number of worse ones: tied responses
    /// have the same, and worse responses a larger one.
    order sort(std::int64_t s, std::int32_t* place, std::int32_t* rank_balance) const {
        std::array<std::int32_t, most_responses + 1> listed;
        const std::int32_t n = list(s, listed.data());
        if (given()) return {n, by_rank(s, listed.data(), n, place, rank_balance)};
        for (std::int32_t k = 0; k < n; ++k) place[k] = listed[at(k)], rank_balance[k] = 2 * k + 1 - n;
        return {n, std::int64_t(n) * (n - 1) / 2};
    }

private:
    [[nodiscard]] bool differ(std::int64_t s) const {
        const sequence_mask mask = call_.mask(s);
        const auto ranks = of(s);
        const std::int64_t first = first_counted(mask);
        for (std::int64_t t = first + 1; t < mask.length; ++t)
            if (mask[t] && ranks[t] != ranks[first]) return true;
        return false;
    }

    static std::size_t at(std::int32_t k) { return static_cast<std::size_t>(k); }
    /// Compares every pair without a branch, because prompts are small, and a processor could not predict the order of
    /// ranks.
    std::int64_t by_rank(std::int64_t s, const std::int32_t* listed, std::int32_t n, std::int32_t* place,
                         std::int32_t* rank_balance) const {
        std::array<std::int64_t, most_responses> rank, sorted;
        std::array<std::int32_t, most_responses> sorted_at;
        const auto ranks = of(s);
        for (std::int32_t k = 0; k < n; ++k) {
            const std::int64_t own = rank[at(k)] = ranks[listed[k]];
            std::int32_t before = 0;
            for (std::int32_t j = 0; j < k; ++j) {
                const std::int32_t first = rank[at(j)] <= own ? 1 : 0;
                before += first, sorted_at[at(j)] += 1 - first;
            }
            sorted_at[at(k)] = before;
        }
        for (std::int32_t k = 0; k < n; ++k)
            sorted[at(sorted_at[at(k)])] = rank[at(k)], place[sorted_at[at(k)]] = listed[k];
        std::int64_t pairs = 0;
        for (std::int32_t first = 0, k = 1; k <= n; ++k) { // runs of equal ranks are ties
            if (k < n && sorted[at(k)] == sorted[at(first)]) continue;
            pairs += std::int64_t(k - first) * first;
            for (const std::int32_t better = first; first < k; ++first) rank_balance[first] = better - (n - k);
        }
        return pairs;
    }

    const call& call_;
    const index_view* view_ = nullptr;
    places places_;
};

/// Writes slope(k) for the response at place[k] of prompt s, and +0 for responses that do not count.
template <class T, class Slope>
RLHF_FORMULA void write_slopes(const call& c, const target<T>& d, std::int64_t s, const std::int32_t* place,
                               std::int64_t size, const Slope& slope) {
    if (!d) return;
    T* row = d.to.row(s, c.begin(s));
    if (!d.add && size < c.length(s))
        for (std::int64_t t = 0; t < c.length(s); ++t) row[t * d.to.step] = T(0);
    for (std::int64_t k = 0; k < size; ++k) {
        T& to = row[place[k] * d.to.step];
        const T own = lane::rounded(slope(k)); // a product
        to = d.add ? to + own : own;
    }
}

inline constexpr std::int64_t piece_prompts = 256; ///< prompts per piece of work

/// The counted responses of one prompt, best first. Equal ranks are in the order in which they are listed.
struct ranked_prompt {
    std::int64_t size = 0;
    std::array<double, most_responses> reward;
    std::array<std::int32_t, most_responses> rank_balance; ///< see bound_ranks::sort
    std::array<std::int32_t, most_responses> place;        ///< the response's index in memory
    std::array<double, most_responses> slope;              ///< ∂(loss of the prompt)/∂reward, from the kernel
};

/// The sweep over prompts in which two responses differ in rank, one by one. kernel(prompt, totals) computes the
/// slopes, which are written times the scale of the target. Totals join by +=.
template <class T, class Totals, class Kernel>
Totals sweep_prompts(const call& c, const stream<const T>& rewards, const bound_ranks& ranks,
                     const target<T>& d_rewards, const executor& run, const Kernel& kernel) {
    const std::int64_t pieces = (c.size() + piece_prompts - 1) / piece_prompts;
    return sum_pieces<Totals>(run, pieces, [&](std::int64_t piece, Totals& part) {
        const std::int64_t first = piece * piece_prompts;
        ranked_prompt p;
        for (std::int64_t s = first; s < (std::min)(c.size(), first + piece_prompts); ++s) {
            const auto order = ranks.sort(s, p.place.data(), p.rank_balance.data());
            p.size = order.pairs > 0 ? order.size : 0;
            const T* row = rewards.row(s, c.begin(s));
            for (std::size_t k = 0; k < static_cast<std::size_t>(p.size); ++k)
                p.reward[k] = static_cast<double>(row[p.place[k] * rewards.step]);
            if (p.size > 0) kernel(p, part);
            write_slopes(c, d_rewards, s, p.place.data(), p.size, [&](std::int64_t k) {
                return static_cast<T>(d_rewards.scale * p.slope[static_cast<std::size_t>(k)]);
            });
        }
    });
}

} // namespace RLHF_NAMESPACE::detail
