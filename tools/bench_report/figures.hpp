// SPDX-License-Identifier: MIT
// The figures of a run of the benchmarks, from Google Benchmark's JSON.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

/// All repetitions of one benchmark.
struct measurement {
    std::string item; ///< function/type/where/how
    std::string who;
    std::string element;       ///< the element that times are for: token, logit, pair
    std::vector<double> times; ///< ns per element, one per repetition
    double bytes = 0;          ///< necessary memory traffic per element
    int order = 0;             ///< the place in the program; benchmarks run in another order

    [[nodiscard]] double ns() const;     ///< the median
    [[nodiscard]] double spread() const; ///< half of the middle half's width, as a share of the median
    [[nodiscard]] double gigabytes() const { return bytes / ns(); } ///< per second
    [[nodiscard]] std::string part(std::size_t i) const;            ///< the i-th part of the item; "" beyond its end
    [[nodiscard]] std::string function() const { return part(0); }
    [[nodiscard]] std::string where() const { return part(2); }
    [[nodiscard]] std::string how() const { return from(3); }
    [[nodiscard]] std::string what() const { return from(1); } ///< type, where, how
    [[nodiscard]] std::string from(std::size_t i) const;       ///< the parts from i on, with spaces
};

/// The measurement of the same task by another library's program.
struct peer {
    std::string item, who, element, note;
    double ns = 0;
};

struct figures {
    std::map<std::string, std::string> context; ///< the machine and the build
    std::vector<measurement> all;

    [[nodiscard]] const measurement* find(const std::string& item, const std::string& who) const;
    /// Finds a measurement by its whole name, item/who.
    [[nodiscard]] const measurement* find(const std::string& name) const;
    /// ns of `who` divided by ns of rlhf, for the same item: the share of the floor, or how many times faster rlhf is
    /// than others.
    [[nodiscard]] std::optional<double> against(const measurement& rlhf, const std::string& who) const;
    /// Adds the measurements of another file. Newer measurements of the same name replace older ones.
    void join(const figures& other);
};

[[nodiscard]] double median(std::vector<double> values);
[[nodiscard]] std::vector<std::string> parts_of(const std::string& name);

/// Google Benchmark writes NaN, which JSON does not have. It becomes null.
[[nodiscard]] nlohmann::json json_of(std::string text);

/// Throws std::runtime_error with the reason for any file that is not the output of rlhf_bench.
[[nodiscard]] figures figures_of(const nlohmann::json& benchmark_out);
[[nodiscard]] std::vector<peer> peers_of(const nlohmann::json& list);

/// The measurement of rlhf to compare with a peer's entry: the same item, or the item of the same function whose name
/// has the most parts in common. KL alone is not a function here: its value is in shape_rewards, and its gradient in
/// ppo_policy_loss, which does more.
[[nodiscard]] const measurement* beside(const figures& f, const peer& p);

[[nodiscard]] std::string fixed(double x, int digits);
/// Three digits.
[[nodiscard]] std::string digits3(double x);

/// Reasons why a peer may look slower than it is. They are shown wherever peers are.
inline const std::vector<std::string> peer_warnings = {
    "torch eager pays for glibc's malloc: without GLIBC_TUNABLES=glibc.malloc.mmap_threshold=4294967296:"
    "glibc.malloc.trim_threshold=17179869184:glibc.malloc.top_pad=268435456:glibc.malloc.hugetlb=1 it was seen up to "
    "22 times slower on large arrays.",
    "Some builds of torch.compile emit scalar code without a warning: look at the generated code before quoting a "
    "figure.",
    "Peers ran in another process, not in turns with rlhf: differences of a few per cent mean nothing.",
};
