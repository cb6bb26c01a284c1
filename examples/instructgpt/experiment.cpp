// SPDX-License-Identifier: MIT
// Miniature InstructGPT: the whole experiment, in the order of the paper's figure 2.
#include "experiment.hpp"

#include "dpo.hpp"
#include "grpo.hpp"
#include "ppo.hpp"

#include <rlhf/advantage/whiten.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <thread>

namespace {

constexpr int limit = 16; ///< tokens per response

/// Runs independent jobs on some threads. Each job has its own random numbers, so the order does not matter.
void run_all(const std::vector<std::function<void()>>& jobs, unsigned threads) {
    std::atomic<std::size_t> next = 0;
    std::vector<std::exception_ptr> errors(jobs.size());
    const auto work = [&] {
        for (std::size_t i = next++; i < jobs.size(); i = next++) {
            try {
                jobs[i]();
            } catch (...) { errors[i] = std::current_exception(); }
        }
    };
    {
        std::vector<std::jthread> helpers;
        for (unsigned t = 1; t < threads; ++t) helpers.emplace_back(work);
        work();
    }
    for (const std::exception_ptr& e : errors)
        if (e) std::rethrow_exception(e);
}

/// The runs of step 3. PPO and PPO-ptx run with several β. GRPO's β is larger, because GRPO divides rewards, but not
/// the KL, by the deviation of their group, which is smaller than the deviation of all rewards.
std::vector<tuning_options> planned_runs(const settings& s) {
    std::vector<tuning_options> runs{{.name = ppo_name, .kl_coef = 0.15},
                                     {.name = ppo_ptx_name, .kl_coef = 0.15, .ptx_coef = 1},
                                     {.name = grpo_name, .by = method::grpo, .kl_coef = 0.25, .answers = 8},
                                     {.name = dpo_name, .by = method::dpo, .kl_coef = 0.15, .answers = 4}};
    if (!s.quick) {
        runs.push_back({.name = "PPO, β = 0.8", .kl_coef = 0.8});
        runs.push_back({.name = "PPO-ptx, β = 0.05", .kl_coef = 0.05, .ptx_coef = 1});
        runs.push_back({.name = "PPO, β = 0.05", .kl_coef = 0.05});
        runs.push_back({.name = "PPO, β = 0", .kl_coef = 0});
        runs.push_back({.name = sober_name, .kl_coef = 0.15});
    }
    for (tuning_options& o : runs) {
        o.iterations = s.iterations, o.prompts = s.answers / o.answers;
        o.limit = limit, o.seed = s.seed;
    }
    return runs;
}

tuning_log train(language_model& policy, const tuning_inputs& given, const tuning_options& o, progress& bar) {
    switch (o.by) {
    case method::grpo:
        return train_grpo(policy, given, o, bar);
    case method::dpo:
        return train_dpo(policy, given, o, bar);
    default:
        return train_ppo(policy, given, o, bar);
    }
}

double expected_work(const settings& s, const corpus& data) {
    const double pretraining = 1.5 * static_cast<double>(data.pretraining.tokens.size());
    const double tuning = 2 * 6.0 * static_cast<double>(data.demonstrations.tokens.size());
    double step3 = 0;
    for (const tuning_options& o : planned_runs(s))
        step3 += 11.0 * static_cast<double>(s.iterations * s.answers) * o.work();
    return pretraining + tuning + step3 / std::min(s.threads, 2U);
}

/// Rewards of mean 0 and deviation 1 over responses of the SFT model, as the paper normalises them.
void normalise(scalar_model& model, const text& responses) {
    const floats r = rewards(model, responses);
    const auto n = static_cast<std::int64_t>(r.size());
    const rlhf::batch all{.steps = n, .mask = rlhf::all, .denominator = rlhf::counted_here};
    const rlhf::moments m = rlhf::moments_of(all, r);
    if (!(m.variance() > 0)) throw std::runtime_error("the reward model gives all responses the same reward");
    model.normalise(static_cast<float>(m.mean()), static_cast<float>(1 / std::sqrt(m.variance())));
}

} // namespace

settings settings::quick_run(std::uint64_t seed) {
    return {.seed = seed,
            .vocabulary = 500,
            .sentences = 12000,
            .labelled_prompts = 1200,
            .test_labelled_prompts = 200,
            .evaluation_prompts = 300,
            .iterations = 40,
            .answers = 64,
            .threads = 2,
            .quick = true};
}

namespace {

corpus long_enough(corpus c, const std::string& path) {
    if (c.demonstrations.size() == 0 || c.held_out_prompts.empty())
        throw std::runtime_error(path + ": too short to take demonstrations and held-out prompts from it");
    return c;
}

/// The data that the steps pass on to each other.
struct laboratory {
    const settings& s;
    const files& f;
    const vocabulary& words;
    corpus data;
    labellers people, sober_people;
    random_source random;
    progress bar;
    language_model model; ///< pretrained, then SFT
    std::vector<word> prompts;
    results r;

    laboratory(const settings& s_, const files& f_, const vocabulary& words_, const std::vector<std::string>& lines)
        : s(s_), f(f_), words(words_), data(long_enough(make_corpus(words_, lines, f_.demonstrations), f_.corpus)),
          people(words_, f_.lexicon, warm), sober_people(words_, f_.lexicon, sober), random(s_.seed),
          bar(expected_work(s_, data)), model(words_.size(), random) {
        for (std::size_t i = 0; i < s.evaluation_prompts; ++i)
            prompts.push_back(data.held_out_prompts[random.below(data.held_out_prompts.size())]);
        r.used = s;
        r.small_size = model.weights.size();
        r.pretraining_tokens = data.pretraining.tokens.size();
        r.demonstrations = data.demonstrations.size();
    }

    void add_big_model() {
        const ngram_model big(data.pretraining, words.size());
        r.big_size = big.size();
        const double p = perplexity(big, data.held_out);
        r.baselines.push_back(evaluate("big, un-tuned", respond(big, prompts, false, random, limit), p, people));
        r.baselines.push_back(
            evaluate("big, un-tuned, prompted", respond(big, prompts, true, random, limit), p, people));
        r.samples.push_back({"big, un-tuned, prompted", respond(big, sample_topics(), true, random, limit)});
    }

    [[nodiscard]] std::vector<word> sample_topics() const {
        std::vector<word> topics;
        for (const char* w : {"happiness", "friend", "letter", "dinner", "weather"})
            if (words.number(w) != words.unknown()) topics.push_back(words.number(w));
        for (std::size_t i = 0; topics.size() < 5; ++i) topics.push_back(prompts[i]);
        return topics;
    }
    void add_samples(const std::string& name, const language_model& from) {
        random_source same(s.seed); // each model is given the same chance
        r.samples.push_back({name, from.sample(sample_topics(), same, limit)});
    }

    /// Step 1.
    void tune_on_demonstrations() {
        r.pretraining_loss = pretrain(model, data.pretraining, {}, random, bar);
        r.pretrained_perplexity = perplexity(model, data.held_out);
        r.sft_loss = supervised_fine_tuning(model, data.demonstrations, data.pretraining, {}, random, bar);
        add_samples("small SFT", model);
    }

    /// Step 2, for one group of labellers.
    scalar_model learn_rewards(const comparisons& learned, reward_model_curve* curve) {
        scalar_model rewarder(model);
        reward_model_curve c = train_reward_model(rewarder, learned, {}, random, bar);
        if (curve != nullptr) *curve = std::move(c);
        normalise(rewarder, model.sample(prompts, random, limit));
        return rewarder;
    }
    scalar_model learn_rewards() {
        const comparisons held =
            collect_comparisons(model, data.held_out_prompts, s.test_labelled_prompts, people, limit, random);
        r.simulated = f.rankings.empty();
        r.compared = r.simulated ? collect_comparisons(model, data.demonstrations.topics, s.labelled_prompts, people,
                                                       limit, random)
                                 : read_rankings(f.rankings, words);
        r.labeller_agreement = agreement(held, ranked_by(held, people, random));
        scalar_model rewarder = learn_rewards(r.compared, &r.reward_curve);
        r.reward_accuracy = accuracy(rewarder, held);
        return rewarder;
    }

    /// Step 3: all runs, side by side.
    void reinforce(const scalar_model& rewarder, const scalar_model& sober_rewarder) {
        const text glimpse = data.held_out.part(0, std::min<std::size_t>(100, data.held_out.size()));
        for (const tuning_options& o : planned_runs(s)) r.runs.push_back({.options = o, .log = {}, .row = {}});
        std::vector<std::unique_ptr<language_model>> policies;
        std::vector<std::function<void()>> jobs;
        for (tuned& run : r.runs) {
            language_model& policy = *policies.emplace_back(std::make_unique<language_model>(model));
            jobs.emplace_back([&] {
                const scalar_model& judge = run.options.name == sober_name ? sober_rewarder : rewarder;
                const tuning_inputs given{model,   judge, r.compared, data.demonstrations.topics, data.pretraining,
                                          glimpse, people};
                run.log = train(policy, given, run.options, bar);
                random_source own(s.seed + 1);
                run.row = evaluate(run.options.name, policy, model, judge, prompts, data.held_out, people, own, limit);
            });
        }
        bar.side_by_side(std::min(s.threads, 2U));
        run_all(jobs, s.threads);
        for (std::size_t i = 0; i < policies.size(); ++i) add_samples(r.runs[i].options.name, *policies[i]);
    }

    void compare() {
        const std::vector<double> sft = r.sft().utility, big = r.baselines[1].utility;
        const auto against = [&](evaluation& e) {
            e.against_sft = wins(e.utility, sft);
            e.against_big = wins(e.utility, big);
        };
        for (evaluation& e : r.baselines) against(e);
        for (tuned& run : r.runs) against(run.row);
        if (s.quick || !r.simulated) return;
        const std::vector<double> sober_sft = sober_people.gold(r.sft().responses);
        for (const char* name : {ppo_name, sober_name}) {
            const evaluation& e = r.run(name).row;
            r.groups.push_back({name, e.against_sft, wins(sober_people.gold(e.responses), sober_sft)});
        }
    }
};

} // namespace

results run_experiment(const settings& s, const files& f, const vocabulary& words,
                       const std::vector<std::string>& corpus_lines) {
    laboratory lab(s, f, words, corpus_lines);
    lab.add_big_model();
    lab.tune_on_demonstrations();
    const scalar_model rewarder = lab.learn_rewards();
    const comparisons by_the_sober = ranked_by(lab.r.compared, lab.sober_people, lab.random);
    const scalar_model sober_rewarder = s.quick ? rewarder : lab.learn_rewards(by_the_sober, nullptr);

    const double perplexity_of_sft = perplexity(lab.model, lab.data.held_out);
    lab.r.baselines.push_back(evaluate("small SFT", lab.model, lab.model, rewarder, lab.prompts, lab.data.held_out,
                                       lab.people, lab.random, limit));
    lab.r.best_of =
        evaluate_best_of_n(lab.model, rewarder, lab.prompts, lab.people, perplexity_of_sft, lab.random, limit);
    lab.r.baselines.push_back(lab.r.best_of.best);
    lab.reinforce(rewarder, sober_rewarder);
    lab.compare();
    lab.r.seconds = lab.bar.seconds();
    return std::move(lab.r);
}

std::vector<const evaluation*> results::table() const {
    std::vector<const evaluation*> rows;
    for (const evaluation& e : baselines) rows.push_back(&e);
    for (const tuned& t : runs)
        if (t.options.name != sober_name) rows.push_back(&t.row);
    return rows;
}

const tuned& results::run(const std::string& name) const {
    for (const tuned& t : runs)
        if (t.options.name == name) return t;
    throw std::out_of_range("no run " + name);
}

bool check_signs(const results& r) {
    bool all = true;
    const auto check = [&](const char* what, double larger, double smaller) {
        const bool good = larger > smaller; // false for NaN
        std::printf("%s %s: %.3f > %.3f\n", good ? "ok    " : "FAILED", what, larger, smaller);
        all = all && good;
    };
    for (const tuned& t : r.runs) {
        check(("reward up with " + t.options.name).c_str(), t.row.reward->value, r.sft().reward->value);
        check(("KL above 0 with " + t.options.name).c_str(), t.row.kl->value, 0);
    }
    check("perplexity of PPO above the perplexity of PPO-ptx", r.run(ppo_name).row.perplexity,
          r.run(ppo_ptx_name).row.perplexity);
    return all;
}
