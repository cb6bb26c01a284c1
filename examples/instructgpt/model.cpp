// SPDX-License-Identifier: MIT
// Miniature InstructGPT: layers with hand-written backward passes. Only this file uses exp, log and tanh.
#include "model.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace {

/// Calls visit(row, topic, words so far) for every context in question.
template <class Visit>
void for_each_context(const text& t, contexts where, Visit&& visit) {
    Eigen::Index row = 0;
    for (std::size_t s = 0; s < t.size(); ++s) {
        const auto sequence = t[s];
        if (where == contexts::ends) {
            visit(row++, t.topics[s], sequence);
        } else {
            for (std::size_t n = 0; n < sequence.size(); ++n) visit(row++, t.topics[s], sequence.first(n));
        }
    }
}

Eigen::Index context_count(const text& t, contexts where) {
    return static_cast<Eigen::Index>(where == contexts::ends ? t.size() : t.tokens.size());
}

/// The word at position `back` from the end: 1 is the last.
word looking_back(std::span<const word> words, std::size_t back) {
    return back <= words.size() ? words[words.size() - back] : end_of_text;
}

void fill_uniform(std::span<float> values, double bound, random_source& random) {
    for (float& v : values) v = static_cast<float>((2 * random.uniform() - 1) * bound);
}

/// Picks a word from the softmax of the logits by a number in [0, 1).
word draw(Eigen::Ref<const Eigen::RowVectorXf> logits, double number, Eigen::RowVectorXf& weights) {
    weights = (logits.array() - logits.maxCoeff()).exp();
    double left = number * static_cast<double>(weights.sum());
    for (Eigen::Index v = 0; v < weights.size(); ++v) {
        left -= static_cast<double>(weights[v]);
        if (left < 0) return static_cast<word>(v);
    }
    return end_of_text;
}

} // namespace

trunk::trunk(int vocabulary, std::size_t head_size) : vocabulary_(vocabulary) {
    weights.resize(trunk_size() + head_size);
    gradient.resize(weights.size());
}

void trunk::forward_trunk(const text& t, contexts where, activations& a) const {
    const const_map embedding(weights.data(), vocabulary_, width);
    const const_map layer(weights.data() + embedding_size(), inputs, hidden);
    const const_map bias(layer.data() + layer.size(), 1, hidden);
    a.inputs.resize(context_count(t, where), inputs);
    for_each_context(t, where, [&](Eigen::Index row, word topic, std::span<const word> words) {
        auto x = a.inputs.row(row);
        if (topic == no_topic) {
            x.head(width).setZero();
        } else {
            x.head(width) = embedding.row(topic);
        }
        for (int k = 1; k <= window; ++k)
            x.segment(k * width, width) = embedding.row(looking_back(words, static_cast<std::size_t>(k)));
        auto mean = x.segment((window + 1) * width, width);
        mean.setZero();
        for (const word w : words) mean += embedding.row(w);
        if (!words.empty()) mean /= static_cast<float>(words.size());
        const bool said = topic != no_topic && std::find(words.begin(), words.end(), topic) != words.end();
        x[inputs - 2] = said ? 1.0F : 0.0F;
        x[inputs - 1] = said && words.back() == topic ? 1.0F : 0.0F;
    });
    a.hidden.noalias() = a.inputs * layer;
    a.hidden = (a.hidden.rowwise() + bias.row(0)).array().tanh();
}

void trunk::backward_trunk(const text& t, contexts where, const activations& a, const matrix& d_hidden) {
    const const_map layer(weights.data() + embedding_size(), inputs, hidden);
    map d_embedding(gradient.data(), vocabulary_, width);
    map d_layer(gradient.data() + embedding_size(), inputs, hidden);
    map d_bias(d_layer.data() + d_layer.size(), 1, hidden);
    const matrix d_before = d_hidden.array() * (1 - a.hidden.array().square());
    d_layer.noalias() += a.inputs.transpose() * d_before;
    d_bias += d_before.colwise().sum();
    const matrix d_inputs = d_before * layer.transpose();
    for_each_context(t, where, [&](Eigen::Index row, word topic, std::span<const word> words) {
        const auto dx = d_inputs.row(row);
        if (topic != no_topic) d_embedding.row(topic) += dx.head(width);
        for (int k = 1; k <= window; ++k)
            d_embedding.row(looking_back(words, static_cast<std::size_t>(k))) += dx.segment(k * width, width);
        if (words.empty()) return;
        const Eigen::RowVectorXf d_mean = dx.segment((window + 1) * width, width) / static_cast<float>(words.size());
        for (const word w : words) d_embedding.row(w) += d_mean;
    });
}

// The head: query layer [H, D], output bias [V], gate [H] and its bias.
language_model::language_model(int vocabulary, random_source& random)
    : trunk(vocabulary, static_cast<std::size_t>(hidden * width + vocabulary + hidden + 1)) {
    const std::span<float> all(weights);
    fill_uniform(all.first(embedding_size()), 0.3, random);
    fill_uniform(all.subspan(embedding_size(), inputs * hidden), std::sqrt(3.0 / inputs), random);
    fill_uniform(all.subspan(trunk_size(), hidden * width), std::sqrt(3.0 / hidden), random);
}

void language_model::forward(const text& t, activations& a, contexts where) const {
    forward_trunk(t, where, a);
    const const_map embedding(weights.data(), vocabulary_, width);
    const const_map query(weights.data() + trunk_size(), hidden, width);
    const const_map bias(query.data() + query.size(), 1, vocabulary_);
    const const_map gate(bias.data() + bias.size(), hidden, 1);
    const float gate_bias = weights.back();
    a.query.noalias() = a.hidden * query;
    a.logits.noalias() = a.query * embedding.transpose();
    a.logits.rowwise() += bias.row(0);
    for_each_context(t, where, [&](Eigen::Index row, word topic, std::span<const word>) {
        if (topic != no_topic) a.logits(row, topic) += a.hidden.row(row).dot(gate.col(0)) + gate_bias;
    });
}

void language_model::backward(const text& t, activations& a) {
    const const_map embedding(weights.data(), vocabulary_, width);
    const const_map query(weights.data() + trunk_size(), hidden, width);
    const const_map gate(query.data() + query.size() + vocabulary_, hidden, 1);
    map d_embedding(gradient.data(), vocabulary_, width);
    map d_query(gradient.data() + trunk_size(), hidden, width);
    map d_bias(d_query.data() + d_query.size(), 1, vocabulary_);
    map d_gate(d_bias.data() + d_bias.size(), hidden, 1);
    const matrix& d_logits = a.logits;

    const matrix d_queries = d_logits * embedding;
    d_embedding.noalias() += d_logits.transpose() * a.query;
    d_bias += d_logits.colwise().sum();
    d_query.noalias() += a.hidden.transpose() * d_queries;
    matrix d_hidden = d_queries * query.transpose();
    for_each_context(t, contexts::every_token, [&](Eigen::Index row, word topic, std::span<const word>) {
        if (topic == no_topic) return;
        const float d = d_logits(row, topic);
        d_hidden.row(row) += d * gate.col(0).transpose();
        d_gate.col(0) += d * a.hidden.row(row).transpose();
        gradient.back() += d;
    });
    backward_trunk(t, contexts::every_token, a, d_hidden);
}

text language_model::sample(std::span<const word> topics, random_source& random, int limit) const {
    constexpr std::size_t at_once = 256; // so that the logits stay in cache
    text result;
    activations a;
    Eigen::RowVectorXf softmax;
    for (std::size_t first = 0; first < topics.size(); first += at_once) {
        const auto some = topics.subspan(first, std::min(at_once, topics.size() - first));
        std::vector<std::vector<word>> responses(some.size());
        std::vector<std::size_t> open(some.size());
        std::iota(open.begin(), open.end(), std::size_t{0});
        for (int step = 0; step < limit && !open.empty(); ++step) {
            text so_far;
            for (const std::size_t i : open) so_far.add(some[i], responses[i]);
            forward(so_far, a, contexts::ends);
            for (std::size_t row = 0; row < open.size(); ++row) {
                const auto logits = a.logits.row(static_cast<Eigen::Index>(row)).head(vocabulary_ - 1); // no <unk>
                responses[open[row]].push_back(draw(logits, random.uniform(), softmax));
            }
            std::erase_if(open, [&](std::size_t i) { return responses[i].back() == end_of_text; });
        }
        for (std::size_t i = 0; i < some.size(); ++i) result.add(some[i], responses[i]);
    }
    return result;
}

// The head: weights [H] and a bias.
scalar_model::scalar_model(const language_model& start) : trunk(start.vocabulary(), hidden + 1) {
    std::copy_n(start.weights.begin(), trunk_size(), weights.begin());
}

void scalar_model::forward(const text& t, activations& a, contexts where) const {
    forward_trunk(t, where, a);
    const const_map head(weights.data() + trunk_size(), hidden, 1);
    a.scalars.resize(static_cast<std::size_t>(a.hidden.rows()));
    Eigen::Map<Eigen::VectorXf> scalars(a.scalars.data(), a.hidden.rows());
    scalars.noalias() = a.hidden * head.col(0);
    scalars.array() += weights.back();
}

void scalar_model::backward(const text& t, activations& a, contexts where, const floats& d_scalars) {
    const const_map head(weights.data() + trunk_size(), hidden, 1);
    map d_head(gradient.data() + trunk_size(), hidden, 1);
    const Eigen::Map<const Eigen::VectorXf> d(d_scalars.data(), a.hidden.rows());
    d_head.col(0).noalias() += a.hidden.transpose() * d;
    gradient.back() += d.sum();
    const matrix d_hidden = d * head.col(0).transpose();
    backward_trunk(t, where, a, d_hidden);
}

void scalar_model::normalise(float shift, float scale) {
    map head(weights.data() + trunk_size(), hidden, 1);
    head *= scale;
    weights.back() = (weights.back() - shift) * scale;
}

rlhf::logits_view<float> text_logits(activations& a) {
    return {a.logits.data(), {.steps = a.logits.rows(), .vocab = a.logits.cols()}};
}

rlhf::logits_view<float> response_logits(activations& a) {
    return {a.logits.data(), {.steps = a.logits.rows(), .vocab = a.logits.cols() - 1, .padded_vocab = a.logits.cols()}};
}

float log_probability(double probability) { return static_cast<float>(std::log(probability)); }
