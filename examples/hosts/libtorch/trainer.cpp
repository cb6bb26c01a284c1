// SPDX-License-Identifier: MIT
#include "trainer.hpp"

#include <rlhf/with/torch/logits.hpp>

namespace {
transformer make_model(const austen& data, const training_options& o) {
    torch::manual_seed(0);
    return transformer(transformer_options{.vocab = data.vocab(), .context = o.context});
}

/// Copies the parameters of one model to another one.
void copy(transformer& from, transformer& to) {
    const torch::NoGradGuard constant;
    const auto source = from->parameters(), target = to->parameters();
    for (std::size_t i = 0; i < source.size(); ++i) target[i].copy_(source[i]);
}

/// Reads the parameters of a model. `like` has its shape: torch itself would take tensors of any shape.
void read(torch::serialize::InputArchive& from, const char* name, transformer& to, transformer like) {
    torch::serialize::InputArchive part;
    from.read(name, part);
    like->load(part);
    copy(like, to);
}
} // namespace

judgement judge(transformer& model, const rollout& r) {
    const torch::NoGradGuard constant;
    const auto [logits, values] = model(r.tokens);
    return {rlhf::torch::token_log_probs(r.batch(), logits, r.tokens).log_probs, values.contiguous()};
}

trainer::trainer(const austen& data, const training_options& o)
    : data_(data), o_(o), policy_(make_model(data, o)), reference_(make_model(data, o)),
      optimiser_(policy_->parameters(), torch::optim::AdamOptions(o.learning_rate)) {}

void trainer::descend(const torch::Tensor& loss) {
    optimiser_.zero_grad();
    loss.backward();
    torch::nn::utils::clip_grad_norm_(policy_->parameters(), 1.0);
    optimiser_.step();
}

void trainer::pretrain(int steps) {
    for (int i = 0; i < steps; ++i) {
        const torch::Tensor text = data_.windows(64, o_.context);
        const auto [loss, likelihood] = rlhf::torch::cross_entropy_loss(every_word(text), policy_(text).logits, text);
        descend(loss);
        if (i % 100 == 99 || i + 1 == steps)
            std::printf("pretraining %4d  perplexity %.1f\n", i + 1, likelihood.perplexity());
    }
    copy(policy_, reference_);
}

rollout trainer::answer(const torch::Tensor& prompts) {
    const torch::NoGradGuard constant;
    torch::Tensor tokens = prompts, is_answer = torch::zeros_like(prompts, torch::kBool);
    torch::Tensor goes_on = torch::ones({prompts.size(0), 1}, torch::kBool);
    while (tokens.size(1) < o_.context) {
        const torch::Tensor next = policy_(tokens).logits.select(1, -1).softmax(-1).multinomial(1);
        tokens = torch::cat({tokens, next}, 1), is_answer = torch::cat({is_answer, goes_on}, 1);
        goes_on = goes_on.logical_and(next != std::int64_t(end_of_text));
    }
    return {tokens, is_answer, data_.scores(tokens, is_answer)};
}

void trainer::save(const std::string& file) {
    torch::serialize::OutputArchive archive, policy, reference, optimiser;
    policy_->save(policy), reference_->save(reference), optimiser_.save(optimiser);
    archive.write("policy", policy), archive.write("reference", reference), archive.write("optimiser", optimiser);
    archive.write("step", c10::IValue(step_));
    archive.save_to(file);
}

void trainer::load(const std::string& file) {
    try {
        torch::serialize::InputArchive archive, optimiser;
        archive.load_from(file);
        read(archive, "policy", policy_, make_model(data_, o_));
        read(archive, "reference", reference_, make_model(data_, o_));
        archive.read("optimiser", optimiser);
        optimiser_.load(optimiser);
        c10::IValue step;
        archive.read("step", step);
        step_ = step.toInt();
    } catch (const std::exception& e) {
        throw std::runtime_error(file + " cannot be read as a checkpoint of this program: " + e.what());
    }
}
