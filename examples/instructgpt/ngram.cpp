// SPDX-License-Identifier: MIT
// Miniature InstructGPT: the interpolated Kneser-Ney model.
#include "ngram.hpp"

#include "model.hpp"

#include <algorithm>
#include <utility>

namespace {

constexpr int bits = 10;

std::uint64_t lowest(std::uint64_t key, int words) { return key & ((std::uint64_t{1} << (bits * words)) - 1); }

/// The last `length` words as one key. Before the first word is the end of the previous sentence.
std::uint64_t context_key(std::span<const word> before, int length) {
    std::uint64_t key = 0;
    for (int back = length; back >= 1; --back) {
        const auto b = static_cast<std::size_t>(back);
        const word w = b <= before.size() ? before[before.size() - b] : end_of_text;
        key = key << bits | static_cast<std::uint64_t>(w);
    }
    return key;
}

} // namespace

ngram_model::ngram_model(const text& t, int vocabulary) : vocabulary_(vocabulary) {
    std::vector<std::pair<key, std::uint32_t>> counted;
    counted.reserve(t.tokens.size());
    for (std::size_t s = 0; s < t.size(); ++s)
        for (std::size_t i = 0; i < t[s].size(); ++i)
            counted.emplace_back(context_key(t[s].first(i), order - 1) << bits | static_cast<key>(t[s][i]), 1);
    for (int n = order; n >= 1; --n) {
        table& now = tables_[static_cast<std::size_t>(n - 1)];
        now = tabulate(std::move(counted));
        counted.clear();
        for (std::size_t i = 0; i < now.keys.size(); ++i) {
            const key shorter = lowest(now.keys[i], n - 1);
            // Only the end of a sentence comes before the start of one, so starts keep their counts.
            const bool starts_sentence = n > 2 && shorter >> (bits * (n - 2)) == static_cast<key>(end_of_text);
            counted.emplace_back(shorter, starts_sentence ? now.counts[i] : 1);
        }
    }
}

ngram_model::table ngram_model::tabulate(std::vector<std::pair<key, std::uint32_t>> counted) {
    std::sort(counted.begin(), counted.end());
    table t;
    for (const auto& [k, n] : counted) {
        if (t.keys.empty() || t.keys.back() != k) t.keys.push_back(k), t.counts.push_back(0);
        t.counts.back() += n;
    }
    double once = 0, twice = 0;
    t.sums.push_back(0);
    for (const std::uint32_t n : t.counts) {
        once += n == 1, twice += n == 2;
        t.sums.push_back(t.sums.back() + n);
    }
    if (once > 0 && twice > 0) t.discount = once / (once + 2 * twice);
    return t;
}

ngram_model::followers ngram_model::find(const table& t, key context) {
    const auto first = std::lower_bound(t.keys.begin(), t.keys.end(), context << bits);
    const auto last = std::lower_bound(first, t.keys.end(), (context + 1) << bits);
    return {static_cast<std::size_t>(first - t.keys.begin()), static_cast<std::size_t>(last - t.keys.begin())};
}

std::size_t ngram_model::size() const {
    std::size_t n = 0;
    for (const table& t : tables_) n += t.keys.size();
    return n;
}

double ngram_model::probability(std::span<const word> before, word w) const {
    double p = 1.0 / vocabulary_;
    for (int n = 1; n <= order; ++n) {
        const table& t = tables_[static_cast<std::size_t>(n - 1)];
        const key context = context_key(before, n - 1);
        const auto [first, last] = find(t, context);
        if (first == last) continue; // an unseen context has no counts
        const auto total = static_cast<double>(t.sums[last] - t.sums[first]);
        const auto at =
            std::lower_bound(t.keys.begin() + static_cast<std::ptrdiff_t>(first),
                             t.keys.begin() + static_cast<std::ptrdiff_t>(last), context << bits | static_cast<key>(w));
        const auto i = static_cast<std::size_t>(at - t.keys.begin());
        const bool seen = i < last && lowest(t.keys[i], 1) == static_cast<key>(w);
        p *= t.discount * static_cast<double>(last - first) / total;
        if (seen) p += (t.counts[i] - t.discount) / total;
    }
    return p;
}

std::vector<float> ngram_model::log_probs(const text& t) const {
    std::vector<float> result;
    result.reserve(t.tokens.size());
    for (std::size_t s = 0; s < t.size(); ++s)
        for (std::size_t i = 0; i < t[s].size(); ++i)
            result.push_back(log_probability(probability(t[s].first(i), t[s][i])));
    return result;
}

std::vector<word> ngram_model::sample(std::vector<word> start, random_source& random, int limit) const {
    while (static_cast<int>(start.size()) < limit && (start.empty() || start.back() != end_of_text)) {
        auto next = static_cast<word>(random.below(static_cast<std::size_t>(vocabulary_)));
        for (int n = order; n >= 1; --n) { // the discount of an n-gram goes to the shorter ones
            const table& t = tables_[static_cast<std::size_t>(n - 1)];
            const auto [first, last] = find(t, context_key(start, n - 1));
            if (first == last) continue;
            const auto number = t.sums[first] + random.below(t.sums[last] - t.sums[first]);
            const auto at = std::upper_bound(t.sums.begin(), t.sums.end(), number) - t.sums.begin() - 1;
            const auto i = static_cast<std::size_t>(at);
            if (random.uniform() * t.counts[i] < t.discount) continue;
            next = static_cast<word>(lowest(t.keys[i], 1));
            break;
        }
        if (next != vocabulary_ - 1) start.push_back(next);
    }
    return start;
}
