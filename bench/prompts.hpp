// SPDX-License-Identifier: MIT
#pragma once

#include "bench.hpp"

namespace bench {

/// Prompts with K rewards each, best first, as a Case of K's names has them.
template <class T>
struct prompts {
    static constexpr traffic streams{.inputs = 1, .outputs = 1};
    rows at;
    rlhf::batch batch = at.batch();
    std::span<const T> rewards = numbers<T>(-1, 1, 1, at.size());
    std::span<T> d_rewards = room<T>(0, at.size());

    explicit prompts(const rows& r) : at(r) {}
};

/// All K, in L3; K = 9 in L2 and in double (from DRAM they are no slower: they compute); 4096 prompts of 9 as peers
/// have them; and the call of one prompt.
template <template <class> class Case>
void vary_prompts(const std::string& function) {
    const auto fit = [](place p, std::int64_t K, double bytes) {
        rows r(p, K, counted::dense, bytes);
        r.how = std::string("K").append(std::to_string(K));
        return r;
    };
    add<Case, float>(function, fit(place::L3, 9, 8), everybody);
    for (const std::int64_t K : {2, 4, 32})
        add<Case, float>(function, fit(place::L3, K, 8), {who::rlhf, who::plain, who::floor});
    add<Case, float>(function, fit(place::L2, 9, 8), against_floor);
    add<Case, double>(function, fit(place::L3, 9, 16), against_floor);
    for (const std::int64_t K : {4, 9}) add<Case, float>(function, rows::one_call(K), against_plain);
    rows peers(4096, 9, counted::dense);
    peers.how = "K9";
    add<Case, float>(function, peers, everybody);
}

} // namespace bench
