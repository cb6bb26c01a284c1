// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/detail/call.hpp>
#include <rlhf/detail/exact_sum.hpp>
#include <rlhf/detail/lanes.hpp>
#include <rlhf/detail/shared_totals.hpp>
#include <rlhf/executor.hpp>

#include <algorithm>

namespace rlhf::inline RLHF_ABI::detail {

/// Responses that one prompt may have.
inline constexpr std::int64_t group_limit = 1024;

/// Ranks bound to a batch: one integer a response, or none: listed best first.
struct bound_ranks {
    const index_view* view = nullptr;
    std::int64_t row_stride = 0, step = 1;

    bound_ranks(call& c, const index_view& v, const char* name) {
        if (v.absent()) return;
        const auto& b = c.batch();
        const bool time = b.layout == layout::time_first && !b.packed();
        const bool flat = v.rows() < 0;
        const std::int64_t n = flat ? v.cols() : v.rows() * v.cols();
        const std::int64_t cols = time ? b.sequences : b.steps;
        if (n != c.tokens() || (!flat && (b.packed() || v.cols() != cols)))
            fail(c.function(), "%s has %lld elements, expected %lld in the shape of the batch", name,
                 static_cast<long long>(n), static_cast<long long>(c.tokens()));
        if (n > 0 && v.data() == nullptr) fail(c.function(), "%s is a null pointer", name);
        const std::int64_t stride = flat ? cols : v.stride();
        if (stride < cols && !b.packed()) fail(c.function(), "%s has a stride shorter than its row", name);
        view = &v;
        row_stride = b.packed() ? 0 : time ? 1 : stride, step = time ? stride : 1;
    }
    explicit operator bool() const { return view != nullptr; }
    [[nodiscard]] std::int64_t at(std::int64_t s, std::int64_t begin, std::int64_t t) const {
        return (*view)[s * row_stride + (begin + t) * step];
    }
};

/// The steps of a ranking are responses, and few.
inline void check_groups(const call& c) {
    if (c.batch().predict_next.value_or(false))
        fail(c.function(), "batch.predict_next is true, but the steps of a ranking are responses");
    if (c.longest() > group_limit)
        fail(c.function(), "a prompt has %lld responses, expected at most %lld", static_cast<long long>(c.longest()),
             static_cast<long long>(group_limit));
}

/// The counted responses of one prompt, best first; equal ranks in the order in which they are listed.
struct group {
    std::int64_t size = 0;
    std::array<double, group_limit> reward;
    std::array<std::int64_t, group_limit> rank, step; ///< step: where the response lies in its row
    std::array<double, group_limit> slope;            ///< ∂(loss of the prompt)/∂reward, made by the kernel
};

/// The sweep over prompts: gathers a prompt's responses by rank, calls kernel(group, totals), writes the slopes times the
/// target's scale. Totals join by +=.
template <class T, class Totals, class Kernel>
Totals sweep_groups(const call& c, const stream<const T>& rewards, const bound_ranks& ranks, const target<T>& d_rewards,
                    const executor& run, const Kernel& kernel) {
    constexpr std::int64_t prompts = 256; // a piece
    shared_totals<Totals> found;
    const auto gather = [&](std::int64_t s, group& g) {
        const row_mask mask = c.mask(s);
        const T* row = rewards.row(s, c.begin(s));
        g.size = 0;
        for (std::int64_t t = 0; t < c.length(s); ++t) {
            if (!mask[t]) continue;
            const std::int64_t rank = ranks ? ranks.at(s, c.begin(s), t) : t;
            std::int64_t k = g.size++;
            for (; k > 0 && g.rank[static_cast<std::size_t>(k - 1)] > rank; --k) { // insertion: groups are small
                const auto to = static_cast<std::size_t>(k);
                g.rank[to] = g.rank[to - 1], g.step[to] = g.step[to - 1], g.reward[to] = g.reward[to - 1];
            }
            const auto to = static_cast<std::size_t>(k);
            g.rank[to] = rank, g.step[to] = t, g.reward[to] = static_cast<double>(row[t * rewards.step]);
        }
    };
    const auto scatter = [&](std::int64_t s, const group& g) {
        if (!d_rewards) return;
        T* row = d_rewards.to.row(s, c.begin(s));
        if (!d_rewards.add)
            for (std::int64_t t = 0; t < c.length(s); ++t) row[t * d_rewards.to.step] = T(0);
        for (std::size_t k = 0; k < static_cast<std::size_t>(g.size); ++k) {
            T& to = row[g.step[k] * d_rewards.to.step];
            const T d = static_cast<T>(d_rewards.scale * g.slope[k]);
            to = d_rewards.add ? to + d : d;
        }
    };
    run(static_cast<std::size_t>((c.size() + prompts - 1) / prompts), [&](std::size_t piece) {
        const auto first = static_cast<std::int64_t>(piece) * prompts;
        Totals part;
        group g;
        for (std::int64_t s = first; s < std::min(c.size(), first + prompts); ++s) {
            gather(s, g);
            std::fill_n(g.slope.begin(), g.size, 0.0);
            kernel(g, part);
            scatter(s, g);
        }
        found.add(part);
    });
    return found.all();
}

} // namespace rlhf::inline RLHF_ABI::detail
