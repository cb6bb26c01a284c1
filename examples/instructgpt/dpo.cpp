// SPDX-License-Identifier: MIT
// Miniature InstructGPT: preferences without a reward model, direct preference optimisation (Rafailov et al. 2023,
// arXiv:2305.18290).
#include "dpo.hpp"

#include "adam.hpp"

#include <rlhf/logits/token_log_probs.hpp>
#include <rlhf/preference/sequence_log_probs.hpp>
#include <rlhf/recipe/preference_pairs.hpp>

#include <algorithm>

namespace {

/// The comparisons without responses that the policy cannot give, because it does not know one of their words.
comparisons possible(const comparisons& all, word unknown) {
    comparisons result;
    for (std::size_t p = 0; p < all.prompts(); ++p) {
        for (auto r = static_cast<std::size_t>(all.offsets[p]); r < static_cast<std::size_t>(all.offsets[p + 1]); ++r) {
            if (std::ranges::count(all.responses[r], unknown) > 0) continue;
            result.responses.add(all.responses.topics[r], all.responses[r]);
            result.ranks.push_back(all.ranks[r]);
        }
        result.offsets.push_back(static_cast<std::int32_t>(result.ranks.size()));
    }
    return result;
}

/// The pairs of ranked responses to a prompt, by their indices. Ties are left out.
struct ranked_pairs {
    std::vector<std::int32_t> chosen, rejected;

    explicit ranked_pairs(const comparisons& c) {
        each_pair(c, [&](std::size_t i, std::size_t j) {
            if (c.ranks[i] == c.ranks[j]) return;
            const bool first = c.ranks[i] < c.ranks[j];
            chosen.push_back(static_cast<std::int32_t>(first ? i : j));
            rejected.push_back(static_cast<std::int32_t>(first ? j : i));
        });
    }
    [[nodiscard]] rlhf::batch batch() const {
        return {.steps = chosen.size(), .mask = rlhf::all, .denominator = rlhf::counted_here};
    }
};

void add_dpo_gradient(language_model& policy, const language_model& sft, const comparisons& ranked, double beta,
                      activations& a) {
    const text& responses = ranked.responses;
    const rlhf::batch all = responses.batch();
    const ranked_pairs pairs(ranked);
    floats log_ratios(responses.size()), d_log_ratios(responses.size()), d_log_probs(responses.tokens.size());
    // [report: dpo]
    const floats ref_log_probs = response_log_probs(sft, responses, a);
    const floats log_probs = response_log_probs(policy, responses, a);
    rlhf::sequence_log_probs(all, {.log_probs = log_probs, .ref_log_probs = ref_log_probs, .sums = log_ratios});
    rlhf::preference_pairs(
        pairs.batch(), {.sums = log_ratios, .chosen = pairs.chosen, .rejected = pairs.rejected, .d_sums = d_log_ratios},
        rlhf::dpo{.beta = beta});
    rlhf::sequence_log_probs_backward(all, {.d_sums = d_log_ratios, .d_log_probs = d_log_probs});
    const auto logits = response_logits(a); // the gradient replaces the logits
    rlhf::token_log_probs_backward(all, logits, responses.tokens, {.d_log_probs = d_log_probs}, logits);
    policy.backward(responses, a);
    // [end]
}

} // namespace

tuning_log train_dpo(language_model& policy, const tuning_inputs& given, const tuning_options& o, progress& bar) {
    random_source random(o.seed);
    const comparisons learned = possible(given.rankings, policy.vocabulary() - 1);
    comparison_stream rankings(learned, random);
    adam optimiser(policy);
    activations a;
    tuning_log log;
    for (std::size_t iteration = 0; iteration < o.iterations; ++iteration) {
        const rollout r = roll_out(policy, given, o, random, a);
        write_log(log, policy, r, given);
        add_dpo_gradient(policy, given.sft, rankings.next(o.prompts), o.kl_coef, a);
        optimiser.step(policy, o.learning_rate);
        bar.advance(o.name, o.work() * static_cast<double>(r.responses.tokens.size()));
    }
    return log;
}
