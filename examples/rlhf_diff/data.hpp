// SPDX-License-Identifier: MIT
#pragma once

#include "files.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// A user's batch: the arrays of a file by what they mean.
namespace diff {

/// What an array means, and the names under which it is looked for.
struct role {
    const char* name; ///< the library's name for it
    std::vector<std::string> names;
    const char* meaning;
};
[[nodiscard]] const std::vector<role>& roles();

/// Numbers that trainers do not always dump.
struct given {
    std::map<std::string, std::string> names = {}; ///< role to array, if the array has none of the role's names
    std::string loss = "";                         ///< as it was printed; "" if it is in the file
    std::int64_t group_size = 0;                   ///< the number of consecutive sequences of a group
    std::int64_t longest = 0;                      ///< the longest answer allowed; 0: the columns of the arrays
    double tokens = 0, sequences = 0;              ///< counts of the whole step; 0: the file has all of it
    double tolerance = 0;                          ///< relative; 0: as exact as the stored types
};

/// Counted tokens lie one after the other, sequence by sequence; `offsets` cuts them. Absent arrays are empty. Arrays
/// that are also needed at other tokens (values, token rewards) are [B, T], even if the file is packed.
struct data {
    std::int64_t sequences = 0, steps = 0;
    std::vector<std::uint8_t> mask;     ///< [B, T]
    std::vector<std::int64_t> offsets;  ///< [B + 1]
    std::vector<std::int64_t> place;    ///< [tokens] the index of a token in [B, T]
    std::vector<std::int64_t> sequence; ///< [tokens]
    std::vector<double> log_probs, old_log_probs, ref_log_probs, behavior_log_probs, advantages, gradient; ///< [tokens]
    std::vector<double> entropy, new_values, returns, value_gradient;                                      ///< [tokens]
    std::vector<double> scores, baselines;                                                                 ///< [B]
    std::vector<std::int64_t> groups;                                                                      ///< [B]
    std::vector<double> token_rewards, values;                                                             ///< [B, T]
    std::vector<double> rollout_log_probs, rollout_ref_log_probs; ///< [B, T] of the old policy, and of the reference
    std::vector<std::uint8_t> teaches; ///< [B] 0: its group has equal rewards, or no advantage
    std::optional<double> loss, value_loss;
    double loss_digits = 0; ///< half a unit of the last digit that was printed
    double tolerance = 0;   ///< relative
    std::string precision;  ///< where the tolerance comes from
    std::int64_t longest = 0;
    double step_tokens = 0, step_sequences = 0; ///< the denominators of the whole step; 0: the file has all of it
    std::vector<std::pair<std::string, std::string>> found; ///< role and array

    [[nodiscard]] std::int64_t tokens() const { return static_cast<std::int64_t>(place.size()); }
    [[nodiscard]] std::int64_t length(std::int64_t s) const {
        const auto i = static_cast<std::size_t>(s);
        return offsets[i + 1] - offsets[i];
    }
};

/// The batch of a file. Throws std::runtime_error with a sentence that names file and array.
[[nodiscard]] data batch_of(const arrays& file, const std::string& path, const given& more);

} // namespace diff
