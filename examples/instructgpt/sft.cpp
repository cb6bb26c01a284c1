// SPDX-License-Identifier: MIT
// Miniature InstructGPT: pretraining, and step 1 of the paper's figure 2, supervised fine-tuning on demonstrations.
#include "sft.hpp"

#include "adam.hpp"

#include <rlhf/logits/cross_entropy_loss.hpp>

#include <cmath>
#include <numeric>

text_stream::text_stream(const text& t, random_source& random) : text_(&t), random_(&random), order_(t.size()) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    at_ = order_.size();
}

text text_stream::next(std::size_t tokens) {
    text result;
    while (result.tokens.size() < tokens) {
        if (at_ == order_.size()) random_->shuffle(order_), at_ = 0;
        const std::size_t s = order_[at_++];
        result.add(text_->topics[s], (*text_)[s]);
    }
    return result;
}

std::vector<double> pretrain(language_model& model, const text& pretraining, const pretraining_options& o,
                             random_source& random, progress& bar) {
    const auto steps = static_cast<std::size_t>(o.epochs * static_cast<double>(pretraining.tokens.size()) /
                                                static_cast<double>(o.batch_tokens));
    text_stream stream(pretraining, random);
    activations a;
    adam optimiser(model);
    std::vector<double> losses;
    for (std::size_t step = 0; step < steps; ++step) {
        const text sentences = stream.next(o.batch_tokens);
        model.forward(sentences, a);
        const auto logits = text_logits(a);
        const auto loss = rlhf::cross_entropy_loss(sentences.batch(), logits, sentences.tokens, logits);
        model.backward(sentences, a);
        const double progressed = static_cast<double>(step) / static_cast<double>(steps);
        optimiser.step(model, o.learning_rate * (1 - 0.9 * progressed));
        losses.push_back(loss.mean_loss());
        bar.advance("pretraining", static_cast<double>(sentences.tokens.size()));
    }
    return losses;
}

std::vector<double> supervised_fine_tuning(language_model& model, const text& demonstrations, const text& pretraining,
                                           const sft_options& o, random_source& random, progress& bar) {
    const auto steps = static_cast<std::size_t>(o.epochs * static_cast<double>(demonstrations.tokens.size()) /
                                                static_cast<double>(o.batch_tokens));
    text_stream stream(demonstrations, random), old_stream(pretraining, random);
    activations a;
    adam optimiser(model);
    std::vector<double> losses;
    for (std::size_t step = 0; step < steps; ++step) {
        // [report: sft]
        const text demonstrated = stream.next(o.batch_tokens);
        model.forward(demonstrated, a);
        const auto logits = response_logits(a); // the gradient replaces the logits
        const auto loss = rlhf::cross_entropy_loss(demonstrated.batch(), logits, demonstrated.tokens, logits);
        model.backward(demonstrated, a);
        // [end]
        const text old = old_stream.next(o.batch_tokens);
        model.forward(old, a);
        const auto old_logits = text_logits(a);
        rlhf::cross_entropy_loss(old.batch(), old_logits, old.tokens, rlhf::write_to(old_logits, o.pretraining_coef));
        model.backward(old, a);
        optimiser.step(model, o.learning_rate);
        losses.push_back(loss.mean_loss());
        bar.advance("supervised fine-tuning", static_cast<double>(demonstrated.tokens.size() + old.tokens.size()));
    }
    return losses;
}
