// SPDX-License-Identifier: MIT
// Miniature InstructGPT: the final table and the samples, as text and as CSV.
#include "report.hpp"

#include <cstdio>
#include <fstream>
#include <iomanip>
#include <stdexcept>

namespace {

/// Pads to a width counted in characters, not in bytes.
std::string padded(const std::string& s, std::size_t width) {
    std::size_t characters = 0;
    for (const char c : s) characters += (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
    return characters < width ? s + std::string(width - characters, ' ') : s;
}

std::string show(const std::optional<interval>& i) {
    if (!i) return "–";
    char text[40];
    std::snprintf(text, sizeof text, "%.2f ± %.2f", i->value, i->half_width);
    return text;
}

void write_interval(std::ostream& out, const std::optional<interval>& i) {
    if (i) {
        out << ',' << i->value << ',' << i->half_width;
    } else {
        out << ",,";
    }
}

} // namespace

void print_table(const results& r) {
    std::printf("Miniature InstructGPT, seed %llu. The labellers are simulated; ± is a 95 %% interval over %zu "
                "prompts.\nsmall: %zu weights; big: %zu stored n-grams, %.0f times as many, of another model family "
                "(Kneser-Ney).\n"
                "Two simulated labellers agree on %.1f %% of pairs; the reward model agrees with one on %.1f %%.\n\n",
                static_cast<unsigned long long>(r.used.seed), r.used.evaluation_prompts, r.small_size, r.big_size,
                static_cast<double>(r.big_size) / static_cast<double>(r.small_size), 100 * r.labeller_agreement,
                100 * r.reward_accuracy);
    std::printf("%s%s%s%s%s%s%s\n", padded("model", 38).c_str(), padded("gold", 14).c_str(),
                padded("reward", 14).c_str(), padded("KL to SFT", 15).c_str(), padded("perplexity", 12).c_str(),
                padded("wins vs SFT", 14).c_str(), "wins vs big");
    for (const evaluation* e : r.table())
        std::printf("%s%s%s%s%-12.1f%s%s\n", padded(e->name, 38).c_str(), padded(show(e->gold), 14).c_str(),
                    padded(show(e->reward), 14).c_str(), padded(show(e->kl), 15).c_str(), e->perplexity,
                    padded(show(e->against_sft), 14).c_str(), show(e->against_big).c_str());
    if (r.groups.empty()) return;
    std::printf("\nWhose values? Wins against SFT, as two groups of simulated labellers judge.\n%s%s%s\n",
                padded("model", 46).c_str(), padded("warm group", 14).c_str(), "sober group");
    for (const judged& g : r.groups)
        std::printf("%s%s%s\n", padded(g.name, 46).c_str(), padded(show(g.warm), 14).c_str(), show(g.sober).c_str());
}

void print_samples(const results& r, const vocabulary& words) {
    for (std::size_t p = 0; p < r.samples.front().responses.size(); ++p) {
        std::printf("\nWrite one kind, complete sentence about \"%s\".\n",
                    words.spelling(r.samples.front().responses.topics[p]).c_str());
        for (const sample_set& s : r.samples)
            std::printf("  %s%s\n", padded(s.name, 44).c_str(), words.sentence(s.responses[p]).c_str());
    }
}

void write_csv(const results& r, const std::string& directory) {
    std::ofstream table(directory + "/table.csv");
    table << "model (labellers are simulated),gold,gold ±,reward,reward ±,KL to SFT,KL ±,perplexity,wins vs SFT,"
             "wins vs SFT ±,wins vs big,wins vs big ±\n";
    for (const evaluation* e : r.table()) {
        table << std::quoted(e->name, '"', '"');
        write_interval(table, e->gold);
        write_interval(table, e->reward);
        write_interval(table, e->kl);
        table << ',' << e->perplexity;
        write_interval(table, e->against_sft);
        write_interval(table, e->against_big);
        table << '\n';
    }
    std::ofstream curves(directory + "/curves.csv");
    curves << "run (labellers are simulated),iteration,reward,gold,KL to SFT,perplexity,clip fraction,"
              "explained variance\n";
    for (const tuned& t : r.runs)
        for (std::size_t i = 0; i < t.log.kl.size(); ++i) {
            curves << std::quoted(t.options.name, '"', '"') << ',' << i + 1;
            for (const auto* y : {&t.log.reward, &t.log.gold, &t.log.kl, &t.log.perplexity, &t.log.clip_fraction,
                                  &t.log.explained_variance}) {
                curves << ',';
                if (!y->empty()) curves << (*y)[i];
            }
            curves << '\n';
        }
    if (!table.flush() || !curves.flush()) throw std::runtime_error("cannot write the tables in " + directory);
}
