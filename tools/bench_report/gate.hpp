// SPDX-License-Identifier: MIT
// The gate: ratios of the benchmarks to floors, plain loops and each other, and what they have to be.
#pragma once

#include "figures.hpp"

/// A bound of ns(against) / ns(item) from below, or of ns(item) / ns(against) from above. Both are measured in one
/// process, by turns, so that the machine's moods cancel. Each instruction set may have its own bound.
struct goal {
    std::string item, against;                 ///< whole names, function/type/where/how/who
    bool at_least = true;                      ///< else at most
    std::map<std::string, double> bounds = {}; ///< by instruction set; "": of all that are not named
    std::string reason;

    /// None: the goal is not for this instruction set.
    [[nodiscard]] std::optional<double> bound(const std::string& instruction_set) const;
};

struct goals {
    std::vector<goal> all;
    std::vector<std::string> notes; ///< figures of other machines; they are not judged
};

/// One goal against some runs; it is met if one of them meets it.
struct verdict {
    goal of;
    double bound = 0;
    std::vector<double> ratios; ///< of the runs that measured it
    bool met = false;
};

/// Throws std::runtime_error on a file that does not say what it has to.
[[nodiscard]] goals goals_of(const nlohmann::json& file);
/// What the runs' program was compiled for. Throws std::runtime_error if there is no run, if a run does not say it, or
/// if two runs differ.
[[nodiscard]] std::string instruction_set_of(const std::vector<figures>& runs);
/// The goals for an instruction set; the others have no verdict.
[[nodiscard]] std::vector<verdict> judge(const goals& g, const std::string& instruction_set,
                                         const std::vector<figures>& runs);
/// The regular expression of the benchmarks that some goals need.
[[nodiscard]] std::string filter_of(const std::vector<goal>& some);
[[nodiscard]] std::vector<goal> missed(const std::vector<verdict>& verdicts);
