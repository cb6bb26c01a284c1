// SPDX-License-Identifier: MIT
// rlhf_bench_report: reads the JSON of rlhf_bench; writes a table and a page, or judges it.
#include "gate.hpp"
#include "html.hpp"
#include "table.hpp"

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <sstream>
#include <unistd.h>

namespace {

nlohmann::json read(const std::string& path) {
    std::ifstream in(path);
    if (!in) throw std::runtime_error("cannot read " + path);
    std::ostringstream text;
    text << in.rdbuf();
    try {
        return json_of(text.str());
    } catch (const std::runtime_error& e) { throw std::runtime_error(path + ": " + e.what()); }
}

struct arguments {
    std::vector<std::string> in;
    std::string goals, peers, out, command = "./dev bench";
    bool filter = false;
};

std::vector<figures> runs_of(const arguments& a) {
    std::vector<figures> runs;
    for (const std::string& path : a.in) runs.push_back(figures_of(read(path)));
    return runs;
}

int report(const arguments& a) {
    const auto runs = runs_of(a);
    figures all;
    for (const figures& f : runs) all.join(f);
    const auto peers = a.peers.empty() ? std::vector<peer>() : peers_of(read(a.peers));
    const goals g = a.goals.empty() ? goals() : goals_of(read(a.goals));
    const auto verdicts = a.goals.empty() ? std::vector<verdict>() : judge(g, instruction_set_of(runs), {all});
    write_table(std::cout, all, isatty(STDOUT_FILENO) != 0);
    if (!peers.empty()) {
        std::cout << "peers\n";
        write_peers(std::cout, all, peers);
        for (const std::string& warning : peer_warnings) std::cout << "  " << warning << '\n';
    }
    if (a.out.empty()) return 0;
    std::ofstream page(a.out);
    page << html(all, peers, verdicts, g.notes, a.command);
    if (!page) throw std::runtime_error("cannot write " + a.out);
    return 0;
}

/// Returns 0 if every goal is met, else 1. Before the first run the instruction set is not known: the filter then
/// contains all goals.
int gate(const arguments& a) {
    const goals g = goals_of(read(a.goals));
    const auto runs = runs_of(a);
    if (a.filter && runs.empty()) {
        std::cout << filter_of(g.all) << '\n';
        return 0;
    }
    const std::string instruction_set = instruction_set_of(runs);
    const auto verdicts = judge(g, instruction_set, runs);
    if (verdicts.empty()) throw std::runtime_error("no goal is for " + instruction_set);
    if (a.filter) {
        std::cout << filter_of(missed(verdicts)) << '\n';
        return 0;
    }
    write_verdicts(std::cout, instruction_set, verdicts, isatty(STDOUT_FILENO) != 0);
    return missed(verdicts).empty() ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app("Reads the output of rlhf_bench: writes a report, or judges the goals");
    arguments a;
    CLI::App* const of_report = app.add_subcommand("report", "Writes a table, and a page for the browser");
    of_report
        ->add_option("--in", a.in, "Output of rlhf_bench; figures of a later file replace figures of an earlier one")
        ->required();
    of_report->add_option("--peers", a.peers, "Figures of other libraries");
    of_report->add_option("--goals", a.goals, "Goals that the page lists");
    of_report->add_option("--out", a.out, "The page");
    of_report->add_option("--command", a.command, "The command that the page names");
    CLI::App* const of_gate = app.add_subcommand(
        "gate", "Judges the goals. Exit code 0: all are met, 1: some are not, 2: there are no figures to judge by");
    of_gate->add_option("--goals", a.goals)->required();
    of_gate->add_option("--in", a.in, "Outputs of rlhf_bench: a goal is met if one of them meets it");
    of_gate->add_flag("--filter", a.filter, "Only prints the filter of the benchmarks whose goals are not met yet");
    app.require_subcommand(1);
    try {
        app.parse(argc, argv);
        return of_gate->parsed() ? gate(a) : report(a);
    } catch (const CLI::ParseError& e) { return app.exit(e) == 0 ? 0 : 2; } catch (const std::exception& e) {
        std::cerr << "rlhf_bench_report: " << e.what() << '\n';
        return 2;
    }
}
