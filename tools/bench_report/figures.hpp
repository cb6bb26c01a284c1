// SPDX-License-Identifier: MIT
// The figures of a run of the benchmarks, as Google Benchmark's JSON has them.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

/// One name, all repetitions.
struct measurement {
    std::string item; ///< function/type/where/how
    std::string who;
    std::string element;       ///< what is counted: token, logit, pair
    std::vector<double> times; ///< of the repetitions: ns per element
    double bytes = 0;          ///< of necessary traffic per element
    int order = 0;             ///< in the program; they ran in another one

    [[nodiscard]] double ns() const;     ///< the median
    [[nodiscard]] double spread() const; ///< half of the middle half's width, as a share of the median
    [[nodiscard]] double gigabytes() const { return bytes / ns(); } ///< a second
    [[nodiscard]] std::string part(std::size_t i) const;            ///< of the item; "" beyond its end
    [[nodiscard]] std::string function() const { return part(0); }
    [[nodiscard]] std::string where() const { return part(2); }
    [[nodiscard]] std::string how() const { return from(3); }
    [[nodiscard]] std::string what() const { return from(1); } ///< type, where, how
    [[nodiscard]] std::string from(std::size_t i) const;       ///< its parts from this one on, with spaces
};

/// What somebody else's program measured of the same thing.
struct peer {
    std::string item, who, element, note;
    double ns = 0;
};

struct figures {
    std::map<std::string, std::string> context; ///< the machine and the build
    std::vector<measurement> all;

    [[nodiscard]] const measurement* find(const std::string& item, const std::string& who) const;
    /// By a whole name, item/who.
    [[nodiscard]] const measurement* find(const std::string& name) const;
    /// ns of `who` over ns of rlhf, of the same item: for the floor the share of it, for others how many times faster.
    [[nodiscard]] std::optional<double> against(const measurement& rlhf, const std::string& who) const;
    /// What another file measured is added; what it measured again takes the place of the old.
    void join(const figures& other);
};

[[nodiscard]] double median(std::vector<double> values);
[[nodiscard]] std::vector<std::string> parts_of(const std::string& name);

/// Google Benchmark writes NaN, which JSON does not know; it becomes null.
[[nodiscard]] nlohmann::json json_of(std::string text);

/// Throws std::runtime_error, with what is wrong, on anything but the output of rlhf_bench.
[[nodiscard]] figures figures_of(const nlohmann::json& benchmark_out);
[[nodiscard]] std::vector<peer> peers_of(const nlohmann::json& list);

/// The measurement of rlhf that a peer's entry is to be seen beside: the same item, or of the same function the one
/// whose name shares most parts with it. KL alone is no function here: its value is in shape_rewards, with its gradient
/// it is in ppo_policy_loss, which does more.
[[nodiscard]] const measurement* beside(const figures& f, const peer& p);

[[nodiscard]] std::string fixed(double x, int digits);
/// Three digits.
[[nodiscard]] std::string digits3(double x);

/// What makes a peer slower than it is; said wherever peers are shown.
inline const std::vector<std::string> peer_warnings = {
    "torch eager pays for glibc's malloc: without GLIBC_TUNABLES=glibc.malloc.mmap_threshold=4294967296:"
    "glibc.malloc.trim_threshold=17179869184:glibc.malloc.top_pad=268435456:glibc.malloc.hugetlb=1 it was seen up to "
    "22 times slower on large arrays.",
    "Some builds of torch.compile emit scalar code without a word: look at the generated code before quoting it.",
    "Peers ran in another process, not by turns with rlhf: differences of some per cent say nothing.",
};
