// SPDX-License-Identifier: MIT
// The gate: ratios of the benchmarks to floors, plain loops and each other, and what they have to be.
#pragma once

#include "figures.hpp"

/// A bound of ns(against) / ns(item) from below, or of ns(item) / ns(against) from above. Both are measured in one
/// process, by turns, so that the machine's moods cancel.
struct goal {
    std::string item, against; ///< whole names, function/type/where/how/who
    bool at_least = true;      ///< else at most
    double bound = 0;
    std::string reason;
};

struct goals {
    std::vector<goal> all;
    std::vector<std::string> notes; ///< figures of other machines, which bind nobody
};

/// One goal against some runs; it is met if one of them meets it.
struct verdict {
    goal of;
    std::vector<double> ratios; ///< of the runs that measured it
    bool met = false;
};

/// Throws std::runtime_error on a file that does not say what it has to.
[[nodiscard]] goals goals_of(const nlohmann::json& file);
[[nodiscard]] std::vector<verdict> judge(const goals& g, const std::vector<figures>& runs);
/// The regular expression of the benchmarks that some goals need.
[[nodiscard]] std::string filter_of(const std::vector<goal>& some);
[[nodiscard]] std::vector<goal> missed(const std::vector<verdict>& verdicts);
