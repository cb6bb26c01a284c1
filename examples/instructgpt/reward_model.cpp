// SPDX-License-Identifier: MIT
// Miniature InstructGPT: step 2 of the paper's figure 2, the reward model (section 3.5, equation 1).
#include "reward_model.hpp"

#include "adam.hpp"

#include <rlhf/reward/ranking_loss.hpp>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <stdexcept>

namespace {

/// The comparisons as a batch of the library: prompts are sequences, their responses are steps.
rlhf::batch batch_of(const comparisons& c) {
    return {.offsets = c.offsets, .mask = rlhf::all, .denominator = rlhf::counted_here};
}

/// The listed prompts, with their responses.
comparisons choose(const comparisons& all, std::span<const std::size_t> prompts) {
    comparisons result;
    for (const std::size_t p : prompts) {
        const auto begin = static_cast<std::size_t>(all.offsets[p]), end = static_cast<std::size_t>(all.offsets[p + 1]);
        for (std::size_t r = begin; r < end; ++r) {
            result.responses.add(all.responses.topics[r], all.responses[r]);
            result.ranks.push_back(all.ranks[r]);
        }
        result.offsets.push_back(static_cast<std::int32_t>(result.ranks.size()));
    }
    return result;
}

constexpr std::size_t most_responses = 1024; // per prompt: the limit of ranking_loss

void add_ranking(comparisons& c, const std::string& line, const vocabulary& words) {
    try {
        const auto object = nlohmann::json::parse(line);
        const word topic = words.number(object.at("prompt").get<std::string>());
        const auto responses = object.at("responses").get<std::vector<std::string>>();
        if (responses.size() < 2 || responses.size() > most_responses)
            throw std::runtime_error("expected 2 to " + std::to_string(most_responses) + " responses, not " +
                                     std::to_string(responses.size()));
        std::vector<std::int32_t> ranks(responses.size());
        std::iota(ranks.begin(), ranks.end(), 1);
        if (object.contains("ranks")) ranks = object.at("ranks").get<std::vector<std::int32_t>>();
        if (ranks.size() != responses.size())
            throw std::runtime_error("there are " + std::to_string(responses.size()) + " responses, but " +
                                     std::to_string(ranks.size()) + " ranks");
        for (const std::string& r : responses) c.responses.add(topic, words.sentence(r));
        c.ranks.insert(c.ranks.end(), ranks.begin(), ranks.end());
        c.offsets.push_back(static_cast<std::int32_t>(c.ranks.size()));
    } catch (const nlohmann::json::exception&) {
        throw std::runtime_error(R"(expected {"prompt": "letter", "responses": ["…", "…"], "ranks": [2, 1]}, not )" +
                                 line);
    }
}

/// True if two responses differ in rank, and in words that the models know.
bool has_difference(const comparisons& c) {
    bool found = false;
    each_pair(c, [&](std::size_t i, std::size_t j) {
        found = found || (c.ranks[i] != c.ranks[j] && !std::ranges::equal(c.responses[i], c.responses[j]));
    });
    return found;
}

} // namespace

comparisons collect_comparisons(const language_model& model, std::span<const word> topics, std::size_t prompts,
                                const labellers& people, int limit, random_source& random) {
    std::vector<word> asked;
    comparisons c;
    for (std::size_t p = 0; p < prompts; ++p) {
        asked.insert(asked.end(), 4 + random.below(6), topics[random.below(topics.size())]);
        c.offsets.push_back(static_cast<std::int32_t>(asked.size()));
    }
    c.responses = model.sample(asked, random, limit);
    return ranked_by(c, people, random);
}

comparisons ranked_by(const comparisons& c, const labellers& people, random_source& random) {
    comparisons result{.responses = c.responses, .offsets = c.offsets, .ranks = {}};
    for (std::size_t p = 0; p < c.prompts(); ++p) {
        const auto begin = static_cast<std::size_t>(c.offsets[p]), end = static_cast<std::size_t>(c.offsets[p + 1]);
        const auto ranks = people.rank(c.responses, begin, end - begin, random);
        result.ranks.insert(result.ranks.end(), ranks.begin(), ranks.end());
    }
    return result;
}

double agreement(const comparisons& a, const comparisons& b) {
    double pairs = 0, agreed = 0;
    each_pair(a, [&](std::size_t i, std::size_t j) {
        ++pairs;
        agreed += (a.ranks[i] < a.ranks[j]) == (b.ranks[i] < b.ranks[j]);
    });
    return pairs > 0 ? agreed / pairs : 0;
}

comparison_stream::comparison_stream(const comparisons& c, random_source& random)
    : comparisons_(&c), random_(&random), order_(c.prompts()) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    at_ = order_.size();
}

comparisons comparison_stream::next(std::size_t prompts) {
    const std::size_t n = std::min(prompts, order_.size());
    if (at_ + n > order_.size()) random_->shuffle(order_), at_ = 0;
    at_ += n;
    return choose(*comparisons_, std::span(order_).subspan(at_ - n, n));
}

reward_model_curve train_reward_model(scalar_model& model, const comparisons& data, const reward_model_options& o,
                                      random_source& random, progress& bar) {
    const double batches = static_cast<double>(data.prompts()) / static_cast<double>(o.batch_prompts);
    const auto steps = std::max<std::size_t>(1, static_cast<std::size_t>(o.epochs * batches));
    comparison_stream stream(data, random);
    activations a;
    adam optimiser(model);
    reward_model_curve curve;
    for (std::size_t step = 0; step < steps; ++step) {
        const comparisons now = stream.next(o.batch_prompts);
        // [report: reward_model]
        model.forward(now.responses, a, contexts::ends); // one reward per response
        floats d_rewards(a.scalars.size());
        const auto loss =
            rlhf::ranking_loss(batch_of(now), {.rewards = a.scalars, .ranks = now.ranks, .d_rewards = d_rewards});
        model.backward(now.responses, a, contexts::ends, d_rewards);
        // [end]
        optimiser.step(model, o.learning_rate);
        curve.loss.push_back(loss.mean_loss());
        curve.accuracy.push_back(loss.accuracy());
        bar.advance("reward model", static_cast<double>(now.ranks.size()));
    }
    return curve;
}

double accuracy(const scalar_model& model, const comparisons& data) {
    const floats r = rewards(model, data.responses);
    return rlhf::ranking_loss(batch_of(data), {.rewards = r, .ranks = data.ranks}).accuracy();
}

floats rewards(const scalar_model& model, const text& responses) {
    activations a;
    model.forward(responses, a, contexts::ends);
    return a.scalars;
}

comparisons read_rankings(const std::string& path, const vocabulary& words) {
    comparisons c;
    each_line(path, [&](const std::string& line) { add_ranking(c, line, words); });
    if (c.prompts() < 2) throw std::runtime_error(path + ": expected at least two ranked prompts");
    if (!has_difference(c))
        throw std::runtime_error(path + ": no two responses to a prompt differ in rank and in words of the corpus");
    return c;
}

void write_rankings(const std::string& path, const comparisons& c, const vocabulary& words, std::size_t prompts) {
    std::ofstream file(path);
    for (std::size_t p = 0; p < std::min(prompts, c.prompts()); ++p) {
        nlohmann::ordered_json object;
        for (auto r = static_cast<std::size_t>(c.offsets[p]); r < static_cast<std::size_t>(c.offsets[p + 1]); ++r) {
            object["prompt"] = words.spelling(c.responses.topics[r]);
            std::string response;
            for (const word w : c.responses[r])
                if (w != end_of_text) response += (response.empty() ? "" : " ") + words.spelling(w);
            object["responses"].push_back(response);
            object["ranks"].push_back(c.ranks[r]);
        }
        file << object.dump() << '\n';
    }
    if (!file.flush()) throw std::runtime_error("cannot write " + path);
}
