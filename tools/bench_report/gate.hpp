// SPDX-License-Identifier: MIT
// The gate: ratios of the benchmarks to floors, plain loops and each other, and the bounds of these ratios.
#pragma once

#include "figures.hpp"

/// A lower bound of ns(against) / ns(item), or an upper bound of ns(item) / ns(against). Both are measured in one
/// process in turns, so that changes of the machine's speed cancel. Each instruction set may have its own bound.
struct goal {
    std::string item, against;                 ///< whole names, function/type/where/how/who
    bool at_least = true;                      ///< false: at most
    std::map<std::string, double> bounds = {}; ///< by instruction set; "": for all that are not named
    std::string reason;

    /// The bound, or none if the goal is not for this instruction set.
    [[nodiscard]] std::optional<double> bound(const std::string& instruction_set) const;
};

struct goals {
    std::vector<goal> all;
    std::vector<std::string> notes; ///< figures of other machines; they are not judged
};

/// Compares one goal with some runs. It is met if one of them meets it.
struct verdict {
    goal of;
    double bound = 0;
    std::vector<double> ratios; ///< one per run that measured it
    bool met = false;
};

/// Throws std::runtime_error for a file without the expected entries.
[[nodiscard]] goals goals_of(const nlohmann::json& file);
/// The instruction set of the runs' program. Throws std::runtime_error if there is no run, if a run does not name it,
/// or if two runs differ.
[[nodiscard]] std::string instruction_set_of(const std::vector<figures>& runs);
/// Verdicts on the goals for an instruction set. Other goals have no verdict.
[[nodiscard]] std::vector<verdict> judge(const goals& g, const std::string& instruction_set,
                                         const std::vector<figures>& runs);
/// The regular expression of the benchmarks that some goals need.
[[nodiscard]] std::string filter_of(const std::vector<goal>& some);
[[nodiscard]] std::vector<goal> missed(const std::vector<verdict>& verdicts);
