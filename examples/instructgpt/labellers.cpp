// SPDX-License-Identifier: MIT
// Miniature InstructGPT: the simulated labellers.
#include "labellers.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <sstream>
#include <stdexcept>

labellers::labellers(const vocabulary& words, const std::string& lexicon, const taste& t)
    : words_(&words), ratings_(static_cast<std::size_t>(words.size())), mean_(ratings_.size()), taste_(t) {
    bool found = false;
    each_line(lexicon, [&](const std::string& line) {
        const auto parts = split(line, '\t');
        std::istringstream numbers{std::string(parts.size() == 2 ? parts[1] : "")};
        ratings r{};
        bool good = true;
        for (float& x : r) good = good && numbers >> x && x >= -4 && x <= 4;
        if (std::string more; !good || numbers >> more)
            throw std::runtime_error("expected a word, a tab and ten ratings from -4 to 4, not " + line);
        const word w = words.number(parts[0]);
        if (w == words.unknown()) return;
        ratings_[static_cast<std::size_t>(w)] = r;
        mean_[static_cast<std::size_t>(w)] = std::accumulate(r.begin(), r.end(), 0.0) / 10;
        found = true;
    });
    if (!found) throw std::runtime_error(lexicon + ": no word of the corpus has ratings");
}

double labellers::rating(word w, labeller who) const {
    const auto i = static_cast<std::size_t>(w);
    if (who.seed == 0) return mean_[i];
    std::uint64_t h = who.seed ^ (static_cast<std::uint64_t>(w) * 0x9e3779b97f4a7c15U); // one opinion per word
    h = (h ^ (h >> 31)) * 0xbf58476d1ce4e5b9U;
    return static_cast<double>(ratings_[i][(h >> 33) % 10]);
}

double labellers::utility(word topic, std::span<const word> response, labeller who) const {
    const bool finished = !response.empty() && response.back() == end_of_text;
    const auto said = response.first(response.size() - finished);
    double sum = 0, repeats = 0, letters = 0;
    bool mentioned = false;
    for (std::size_t i = 0; i < said.size(); ++i) {
        const word w = said[i];
        sum += rating(w, who);
        mentioned = mentioned || w == topic;
        const bool again = i > 0 && said[i - 1] == w;
        const auto before = said.first(i);
        repeats += again || (!vocabulary::is_frequent(w) && std::find(before.begin(), before.end(), w) != before.end());
        letters += words_->spelling(w)[0] >= 'a' && words_->spelling(w)[0] <= 'z';
    }
    const double compound = sum / std::sqrt(sum * sum + 15);
    return (mentioned ? 1.0 : 0.0) + taste_.tone * compound + (finished ? 0.5 : -0.5) - 0.5 * repeats -
           (letters < 4 ? 0.75 : 0.0);
}

std::vector<double> labellers::gold(const text& responses) const {
    std::vector<double> result(responses.size());
    for (std::size_t s = 0; s < result.size(); ++s) result[s] = utility(responses.topics[s], responses[s]);
    return result;
}

std::vector<std::int32_t> labellers::rank(const text& responses, std::size_t first, std::size_t count,
                                          random_source& random) const {
    const labeller who{random.fork() | 1};
    std::vector<double> utilities(count);
    for (std::size_t k = 0; k < count; ++k)
        utilities[k] = utility(responses.topics[first + k], responses[first + k], who) + taste_.noise * random.normal();
    std::vector<std::int32_t> ranks(count);
    for (std::size_t k = 0; k < count; ++k)
        ranks[k] = 1 + static_cast<std::int32_t>(std::count_if(utilities.begin(), utilities.end(),
                                                               [&](double other) { return other > utilities[k]; }));
    return ranks;
}
