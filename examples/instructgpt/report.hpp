// SPDX-License-Identifier: MIT
// Miniature InstructGPT: the output of a run: a table, samples, CSV files, and a report that follows the paper with the
// run's own figures.
#pragma once

#include "corpus.hpp"
#include "experiment.hpp"

#include <string>

void print_table(const results& r);
void print_samples(const results& r, const vocabulary& words);

/// table.csv: the final table. curves.csv: one row per iteration of each run.
void write_csv(const results& r, const std::string& directory);

/// One HTML file that needs no other file.
void write_report(const results& r, const vocabulary& words, const std::string& path);
