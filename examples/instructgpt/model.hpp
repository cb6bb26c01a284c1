// SPDX-License-Identifier: MIT
// Miniature InstructGPT: the models (section 3.5 of the paper, at 36 thousand weights instead of 1.3 billion).
// Layers and their backward passes are here; every loss comes from the library.
#pragma once

#include "random.hpp"
#include "text.hpp"

#include <rlhf/core/logits.hpp>

#include <Eigen/Core>
#include <cstddef>
#include <span>
#include <vector>

/// Aligned for Eigen, because Eigen's order of additions depends on the alignment.
using floats = std::vector<float, Eigen::aligned_allocator<float>>;
using matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// The numbers of a forward pass that the backward pass needs. They are reused from call to call.
struct activations {
    matrix inputs;  ///< [N, 6 D + 2]
    matrix hidden;  ///< [N, H]
    matrix query;   ///< [N, D]
    matrix logits;  ///< [N, V]; the library may overwrite it with its gradient
    floats scalars; ///< [N] results of a scalar model
};

/// The contexts of a text for which a model is run.
enum class contexts {
    every_token, ///< before each token: predictions and values
    ends,        ///< after the last token of each sequence: sampling and rewards
};

/// Weights and their gradient, end to end, for the optimiser.
struct parameters {
    floats weights, gradient;
};

/// Embeddings of the topic, of the last four words, of the mean word so far, and two bits ("the topic was said", "the
/// last word is the topic") → tanh layer.
class trunk : public parameters {
public:
    static constexpr int width = 24;  ///< D, the width of an embedding
    static constexpr int window = 4;  ///< the number of last words that the model sees
    static constexpr int hidden = 64; ///< H
    static constexpr int inputs = (window + 2) * width + 2;

    [[nodiscard]] int vocabulary() const { return vocabulary_; }

protected:
    trunk(int vocabulary, std::size_t head_size);
    void forward_trunk(const text& t, contexts where, activations& a) const;
    void backward_trunk(const text& t, contexts where, const activations& a, const matrix& d_hidden);

    using map = Eigen::Map<matrix>;
    using const_map = Eigen::Map<const matrix>;
    [[nodiscard]] std::size_t embedding_size() const { return static_cast<std::size_t>(vocabulary_) * width; }
    [[nodiscard]] std::size_t trunk_size() const { return embedding_size() + (inputs + 1) * hidden; }

    int vocabulary_;
};

/// Trunk → tied softmax, with a gate that raises the topic's own logit.
class language_model : public trunk {
public:
    language_model(int vocabulary, random_source& random);

    void forward(const text& t, activations& a, contexts where = contexts::every_token) const;
    /// a.logits holds ∂loss/∂logits. Adds to `gradient`.
    void backward(const text& t, activations& a);

    /// One response to each topic, of at most `limit` tokens.
    [[nodiscard]] text sample(std::span<const word> topics, random_source& random, int limit) const;
};

/// Trunk → one number: the reward of a whole response, or the value before each of its tokens.
class scalar_model : public trunk {
public:
    /// Starts from the trunk of a language model, with a head of zeros.
    explicit scalar_model(const language_model& start);

    /// Leaves the numbers in a.scalars, one per context.
    void forward(const text& t, activations& a, contexts where) const;
    /// Adds to `gradient`.
    void backward(const text& t, activations& a, contexts where, const floats& d_scalars);
    /// Changes the head so that forward becomes scale · (forward − shift).
    void normalise(float shift, float scale);
};

/// Logits of plain text: the whole vocabulary.
[[nodiscard]] rlhf::logits_view<float> text_logits(activations& a);
/// Logits of responses, which never contain the last word of the vocabulary, "<unk>". This word is padding of the rows:
/// it is never read, and its gradient is 0.
[[nodiscard]] rlhf::logits_view<float> response_logits(activations& a);

/// The logarithm of a probability, for models that are not a softmax.
[[nodiscard]] float log_probability(double probability);
