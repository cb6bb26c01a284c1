// SPDX-License-Identifier: MIT
#pragma once

#include "data.hpp"

#include <rlhf/lane.hpp>

#include <array>
#include <string>
#include <vector>

/// The choices of the library, as columns of numbers per token. A loss is a sum of terms
///
///     loss = Σ cₜ (wₜ |Âₜ| l±ₜ + β kₜ − η Hₜ)        its slope with respect to log πₜ has the slopes of l± and k
///
/// Each factor has its own choices: advantages Â, objective l±, correction of the sampler w, KL k, mean c. All
/// objectives are homogeneous in Â, so l± is the loss of a token at Â = ±1; only REAL looks at nothing but signs. Every
/// column is computed once, by the library's own functions. H is the entropy of the dump.
namespace diff {

struct setting {
    std::string axis, value;
    bool operator==(const setting&) const = default;
};
using settings = std::vector<setting>;

/// Numbers that are compared with the dump; flags add to them.
struct tried {
    std::vector<std::array<double, 2>> clips{{0.2, 0.2}, {0.2, 0.28}, {0.1, 0.1}, {0.3, 0.3}, {3e-4, 4e-4}};
    std::vector<double> dual_clips{3, 10};
    std::vector<std::array<double, 2>> weights{{0, 2}, {0, 3}, {0, 5}, {0, 1.2}, {0.5, 5}, {0.5, 2}, {0.8, 1.2}};
    std::vector<double> kl_coefs{0.001, 0.005, 0.01, 0.02, 0.04, 0.05, 0.1};
    std::vector<double> entropy_coefs{0.0001, 0.001, 0.005, 0.01, 0.05};
    std::vector<double> value_clips{rlhf::unlimited, 0.2, 0.5}, hubers{rlhf::unlimited, 1, 10};
    std::vector<double> gammas{1, 0.99}, lambdas{1, 0.95};
    std::vector<double> epsilons{1e-4, 1e-6, 1e-8, 1e-9};
    std::vector<double> temperatures{0.5, 1, 0.1}; ///< temperatures of REAL
};
/// The numbers that a choice with its own, shorter list tries: that list, and the numbers that flags added.
template <class Number>
[[nodiscard]] std::vector<Number> own(std::vector<Number> list, const tried& t, std::vector<Number> tried::*of_all) {
    const std::vector<Number>& all = t.*of_all;
    for (std::size_t i = (tried().*of_all).size(); i < all.size(); ++i) list.push_back(all[i]);
    return list;
}

struct advantage_choice {
    settings what;
    std::vector<double> values; ///< [tokens]
    bool kl_in_rewards = false; ///< true: KL is not in the loss as well
};
struct objective_choice {
    settings what;
    std::array<std::vector<double>, 2> loss, slope; ///< [tokens] at Â = 1 and Â = −1
    bool any_size = false;                          ///< true: it is not multiplied by |Â|
};
struct correction_choice {
    settings what;
    std::vector<double> weights; ///< [tokens]
    bool of_kl = false;          ///< true: KL is multiplied, too
    bool drops = false;          ///< true: tokens of weight 0 leave the denominator
};
struct kl_choice {
    settings what;
    std::vector<double> value, slope; ///< [tokens]
};
/// The divisors of sums.
enum class mean_kind { tokens, sequences, sequence_sums, longest, prompts, nothing };
struct mean_choice {
    settings what;
    mean_kind kind;
    bool of_step = false;     ///< true: by the counts of the whole step
    bool empty_count = false; ///< true: sequences without tokens count, too
    bool all_teach = true;    ///< false: sequences of groups with equal rewards do not count
    double epsilon = 0;       ///< added to the number of tokens of a sequence
};
/// The factor of each token. With weights, tokens of weight 0 do not count.
[[nodiscard]] std::vector<double> factors(const data& d, const mean_choice& m, const std::vector<double>* weights);

/// The advantages that follow from the rewards of the dump.
[[nodiscard]] std::vector<advantage_choice> advantages_of_rewards(const data& d, const tried& t);
[[nodiscard]] std::vector<objective_choice> objectives(const data& d, const tried& t);
[[nodiscard]] std::vector<correction_choice> corrections(const data& d, const tried& t);
[[nodiscard]] std::vector<kl_choice> kl_terms(const data& d);
[[nodiscard]] std::vector<mean_choice> means(const data& d);

/// The factors u of FIPO, from the bounded sum of the log ratios after a token. [tokens] sign · u
[[nodiscard]] std::vector<double> fipo_factors(const data& d, const std::vector<double>& old_log_probs, double delta,
                                               const std::array<double, 2>& bounds, const std::vector<double>& sign);
/// The columns of REAL, which turn the mean over sequences into a mean over groups of equal size.
void set_real(const data& d, const std::vector<double>& old_log_probs, double temperature, objective_choice& to);
/// The size of all groups, or 0 if they differ.
[[nodiscard]] std::int64_t group_size(const data& d);

/// What could not be compared, and why.
[[nodiscard]] settings not_tried(const data& d);

/// "0.2", "0.2 to 0.28", "none" for infinity
[[nodiscard]] std::string text_of(double x);
[[nodiscard]] std::string text_of(const std::array<double, 2>& range);

} // namespace diff
