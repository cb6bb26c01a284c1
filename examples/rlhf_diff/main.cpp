// SPDX-License-Identifier: MIT
// Finds the options of the library that compute what a trainer computed. Reads a dump of a batch, and the loss or the
// gradient.
#include "report.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>

namespace {

std::string flag_of(std::string role) {
    std::replace(role.begin(), role.end(), '_', '-');
    return "--" + role + (role == "loss" ? "-array" : "");
}

struct arguments {
    std::string file, json;
    std::size_t near = 5;
    diff::given given;
    diff::tried tried;
};

int run(const arguments& a) {
    const diff::space s(diff::batch_of(diff::read_arrays(a.file), a.file, a.given), a.tried);
    if (s.advantages.empty())
        throw std::runtime_error(a.file +
                                 " has neither advantages nor rewards: name them by --advantages or --rewards");
    const diff::found f = diff::search(s);
    std::fputs(diff::text_report(s, f, a.file, a.near).c_str(), stdout);
    if (!a.json.empty()) {
        std::ofstream out(a.json);
        out << diff::json_report(s, f, a.file, a.near);
        if (!out.flush()) throw std::runtime_error(a.json + " cannot be written");
    }
    return f.matches.empty() ? 1 : 0;
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app{
        "Which options of rlhf reproduce the loss and the gradient of a trainer? Exit code 0: some do, 1: none "
        "does, 2: the file cannot be used."};
    arguments a;
    std::vector<double> clip, weights, duals, coefs, entropies, value_clips, gammas, lambdas, epsilons;
    app.add_option("file", a.file, "a batch, .npz or .safetensors")->required();
    app.add_option("--json", a.json, "file for the report as JSON");
    app.add_option("--near", a.near, "how many combinations that do not fit to show")->capture_default_str();
    app.add_option("--loss", a.given.loss, "the loss as it was printed; its digits say how exact it is");
    app.add_option("--group-size", a.given.group_size, "number of consecutive sequences that answer one prompt");
    app.add_option("--max-length", a.given.longest,
                   "the longest answer allowed (Dr. GRPO); default: the arrays' columns");
    app.add_option("--step-tokens", a.given.tokens, "tokens of the whole step, if the file is a part of it");
    app.add_option("--step-sequences", a.given.sequences, "sequences of the whole step");
    app.add_option("--tolerance", a.given.tolerance, "relative tolerance; default: as exact as the stored types");
    for (const diff::role& r : diff::roles()) {
        std::string names;
        for (const std::string& n : r.names) names += (names.empty() ? "" : ", ") + n;
        app.add_option(flag_of(r.name), a.given.names[r.name], r.meaning + ("; known names: " + names))
            ->group("Names of arrays");
    }
    const char* numbers = "Values to try in addition";
    app.add_option("--clip", clip, "clip range, low and high, such as 0.2 0.28")->expected(2)->group(numbers);
    app.add_option("--dual-clip", duals, "bound of the dual clip")->group(numbers);
    app.add_option("--weight-range", weights, "bounds of the sampler's correction, low and high")
        ->expected(2)
        ->group(numbers);
    app.add_option("--kl-coef", coefs, "KL coefficient; needed if there is no gradient")->group(numbers);
    app.add_option("--entropy-coef", entropies, "coefficient of an entropy bonus")->group(numbers);
    app.add_option("--value-clip", value_clips, "clip range of the value loss")->group(numbers);
    app.add_option("--gamma", gammas, "discount")->group(numbers);
    app.add_option("--lambda", lambdas, "trace decay of advantages")->group(numbers);
    app.add_option("--epsilon", epsilons, "epsilon that keeps standard deviations from 0")->group(numbers);
    CLI11_PARSE(app, argc, argv);
    std::erase_if(a.given.names, [](const auto& name) { return name.second.empty(); });
    const auto more = [](std::vector<double>& to, const std::vector<double>& from) {
        to.insert(to.end(), from.begin(), from.end());
    };
    if (!clip.empty()) a.tried.clips.push_back({clip[0], clip[1]});
    if (!weights.empty()) a.tried.weights.push_back({weights[0], weights[1]});
    more(a.tried.dual_clips, duals), more(a.tried.kl_coefs, coefs), more(a.tried.gammas, gammas);
    more(a.tried.entropy_coefs, entropies), more(a.tried.value_clips, value_clips);
    more(a.tried.lambdas, lambdas), more(a.tried.epsilons, epsilons);
    try {
        return run(a);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "rlhf-diff: %s\n", e.what());
        return 2;
    }
}
