// SPDX-License-Identifier: MIT
// A small transformer is pretrained on the novels of Jane Austen, then trained to end sentences with warm words, by
// PPO-ptx or by GRPO.
#include "trainer.hpp"

#include <CLI/CLI.hpp>

int main(int argc, char** argv) {
    std::string method = "ppo", checkpoint, resume;
    int steps = 60, pretraining = 600;
    training_options o;
    CLI::App app("PPO-ptx and GRPO with libtorch");
    app.option_defaults()->always_capture_default();
    app.add_option("--method", method, "ppo (PPO-ptx) or grpo")->check(CLI::IsMember({"ppo", "grpo"}));
    app.add_option("--steps", steps, "steps of reinforcement learning, including the steps before the checkpoint");
    app.add_option("--pretraining", pretraining, "steps of supervised training");
    app.add_option("--beta", o.beta, "factor of the divergence from the pretrained model");
    app.add_option("--gamma", o.gamma, "factor of the pretraining text in PPO-ptx");
    app.add_option("--learning-rate", o.learning_rate, "learning rate of Adam");
    app.add_option("--resume", resume, "file with a checkpoint, instead of pretraining")->check(CLI::ExistingFile);
    app.add_option("--checkpoint", checkpoint, "file to write after the last step");
    CLI11_PARSE(app, argc, argv);
    std::setvbuf(stdout, nullptr, _IOLBF, 0);

    const austen data;
    trainer t(data, o);
    if (resume.empty())
        t.pretrain(pretraining);
    else
        t.load(resume);
    while (t.step() < steps) {
        const step_report r = method == "ppo" ? t.ppo_ptx_step() : t.grpo_step();
        std::printf("step %3ld  score %.9g  KL %.9g  loss %.9g  clipped %.3f\n", static_cast<long>(t.step()), r.score,
                    r.kl, r.loss, r.clip_fraction);
    }
    const rollout r = t.answer(data.prompts(3, o.prompt));
    for (int i = 0; i < 3; ++i) std::printf("%s\n", data.sentence(r.tokens[i]).c_str());
    if (!checkpoint.empty()) t.save(checkpoint);
    return 0;
}
