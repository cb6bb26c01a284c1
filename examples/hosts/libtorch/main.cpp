// SPDX-License-Identifier: MIT
// A small transformer is pretrained on the novels of Jane Austen, then trained to end sentences with warm words, by
// PPO-ptx or by GRPO.
#include "trainer.hpp"

#include <CLI/CLI.hpp>
#include <fstream>

namespace {
struct arguments {
    std::string method = "ppo", checkpoint, resume;
    int steps = 60, pretraining = 600;
    training_options o;
};

void run(const arguments& a) {
    // What cannot be written is said before the training. A file that is there stays as it is.
    if (!a.checkpoint.empty() && !std::ofstream(a.checkpoint, std::ios::app))
        throw std::runtime_error(a.checkpoint + " cannot be written");
    const austen data;
    trainer t(data, a.o);
    if (a.resume.empty())
        t.pretrain(a.pretraining);
    else
        t.load(a.resume);
    while (t.step() < a.steps) {
        const step_report r = a.method == "ppo" ? t.ppo_ptx_step() : t.grpo_step();
        std::printf("step %3ld  score %.9g  KL %.9g  loss %.9g  clipped %.3f\n", static_cast<long>(t.step()), r.score,
                    r.kl, r.loss, r.clip_fraction);
    }
    const rollout r = t.answer(data.prompts(3, a.o.prompt));
    for (int i = 0; i < 3; ++i) std::printf("%s\n", data.sentence(r.tokens[i]).c_str());
    if (!a.checkpoint.empty()) t.save(a.checkpoint);
}
} // namespace

int main(int argc, char** argv) {
    arguments a;
    CLI::App app("PPO-ptx and GRPO with libtorch");
    app.option_defaults()->always_capture_default();
    app.add_option("--method", a.method, "ppo (PPO-ptx) or grpo")->check(CLI::IsMember({"ppo", "grpo"}));
    app.add_option("--steps", a.steps, "steps of reinforcement learning, including the steps before the checkpoint");
    app.add_option("--pretraining", a.pretraining, "steps of supervised training");
    app.add_option("--beta", a.o.beta, "factor of the divergence from the pretrained model");
    app.add_option("--gamma", a.o.gamma, "factor of the pretraining text in PPO-ptx");
    app.add_option("--learning-rate", a.o.learning_rate, "learning rate of Adam");
    app.add_option("--resume", a.resume, "file with a checkpoint, instead of pretraining");
    app.add_option("--checkpoint", a.checkpoint, "file to write after the last step");
    CLI11_PARSE(app, argc, argv);
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    try {
        run(a);
    } catch (const std::exception& e) {
        const std::string_view problem = e.what(); // after its first line, torch says where it was thrown
        std::fprintf(stderr, "host_libtorch: %.*s\n", static_cast<int>(std::min(problem.find('\n'), problem.size())),
                     problem.data());
        return 1;
    }
    return 0;
}
