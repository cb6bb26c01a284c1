// SPDX-License-Identifier: MIT
// Miniature InstructGPT: "Training language models to follow instructions with human feedback" (Ouyang et al. 2022,
// arXiv:2203.02155) on 36 thousand weights, six novels and simulated labellers, in about a minute.
#include "experiment.hpp"
#include "report.hpp"
#include "reward_model.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

namespace {

settings chosen_settings(bool quick, std::uint64_t seed, unsigned threads) {
    settings s = quick ? settings::quick_run(seed) : settings{.seed = seed};
    if (threads > 0) s.threads = threads;
    return s;
}

int run(const settings& s, const files& f, const std::string& out) {
    if (!out.empty()) std::filesystem::create_directories(out); // fails before the training if it cannot be written
    std::vector<std::string> lines = read_lines(f.corpus);
    if (s.sentences > 0 && lines.size() > s.sentences) lines.resize(s.sentences);
    const vocabulary words(lines, s.vocabulary);
    if (!f.rankings.empty()) (void)read_rankings(f.rankings, words); // fails before the training if a line is broken
    const results r = run_experiment(s, f, words, lines);
    print_table(r);
    print_samples(r, words);
    if (!out.empty()) {
        write_csv(r, out);
        write_report(r, words, out + "/report.html");
        write_rankings(out + "/rankings.jsonl", r.compared, words, 300);
        std::printf("\nwritten: %s/report.html, table.csv, curves.csv, rankings.jsonl\n", out.c_str());
    }
    std::printf("%.1f s\n", r.seconds);
    return !s.quick || check_signs(r) ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app{
        "A miniature InstructGPT: SFT, reward model, PPO, PPO-ptx, GRPO and DPO. The labellers are simulated."};
    files f{.corpus = INSTRUCTGPT_DATA "/austen.tok.gz",
            .lexicon = INSTRUCTGPT_DATA "/vader_ratings_austen_words.tsv",
            .demonstrations = "",
            .rankings = ""};
    bool quick = false;
    std::uint64_t seed = 1;
    unsigned threads = 0;
    std::string out = "instructgpt-out";
    app.add_flag("--quick", quick,
                 "runs for seconds and checks the signs of the effects; exit code 1 if one is missing");
    app.add_option("--seed", seed, "seed of the run; the same seed gives the same run on one machine and build")
        ->capture_default_str();
    app.add_option("--threads", threads, "threads for the runs of step 3, 0 means 2; the results do not depend on it");
    app.add_option("--out", out, "directory for report.html and the tables; \"\" writes none")->capture_default_str();
    app.add_option("--corpus", f.corpus, "pretraining text, one tokenised sentence per line; may be gzipped")
        ->check(CLI::ExistingFile);
    app.add_option("--lexicon", f.lexicon,
                   "ratings of the simulated labellers: lines of word <tab> ten ratings from -4 to 4")
        ->check(CLI::ExistingFile);
    app.add_option("--demos", f.demonstrations,
                   "demonstrations instead of sentences of the corpus: lines of topic <tab> tokenised sentence")
        ->check(CLI::ExistingFile);
    app.add_option("--rankings", f.rankings,
                   "people's rankings for the reward model: JSON lines of {\"prompt\", \"responses\", \"ranks\"}")
        ->check(CLI::ExistingFile);
    CLI11_PARSE(app, argc, argv);
    try {
        return run(chosen_settings(quick, seed, threads), f, out);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "instructgpt: %s\n", e.what());
        return 2;
    }
}
