// SPDX-License-Identifier: MIT
// Miniature InstructGPT: the labellers (sections 3.2, 3.4 and 5.2 of the paper). They are SIMULATED: a rule with noise,
// built on ten human ratings per word, stands in for people.
#pragma once

#include "corpus.hpp"
#include "random.hpp"
#include "text.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// What a group of simulated labellers likes.
struct taste {
    double tone = 1.25; ///< how much they like warm words; below 0: sober words
    double noise = 0.35;
};
inline constexpr taste warm{};
inline constexpr taste sober{.tone = -1.25};

/// Ten human ratings of a word, −4 … 4.
using ratings = std::array<float, 10>;

/// One of the simulated labellers, or the referee. The seed decides which of a word's ten ratings is theirs.
struct labeller {
    std::uint64_t seed = 0; ///< 0: the referee, who uses the mean of all ten and has no noise
};

class labellers {
public:
    /// `lexicon` is a file with lines of "word<tab>ten ratings".
    labellers(const vocabulary& words, const std::string& lexicon, const taste& t);

    /// How good a response is:
    /// 1·[says the topic] + tone · compound(words) ± ½ [finished] − ½ repeats − ¾ [under 4 words], where
    /// compound(words) = Σ / √(Σ² + 15), Σ = the sum of the words' ratings (Hutto & Gilbert 2014).
    [[nodiscard]] double utility(word topic, std::span<const word> response, labeller who = {}) const;

    /// The referee's utilities of all responses: the "gold" score, which no model ever sees.
    [[nodiscard]] std::vector<double> gold(const text& responses) const;

    /// Ranks the responses to one prompt, 1 = best, as one random simulated labeller.
    [[nodiscard]] std::vector<std::int32_t> rank(const text& responses, std::size_t first, std::size_t count,
                                                 random_source& random) const;

private:
    [[nodiscard]] double rating(word w, labeller who) const;

    const vocabulary* words_;
    std::vector<ratings> ratings_;
    std::vector<double> mean_;
    taste taste_;
};
