// SPDX-License-Identifier: MIT
#include "accuracy/errors.hpp"

#include <rlhf/lane.hpp>

#include <cstdio>
#include <fstream>

namespace accuracy {
namespace {

constexpr const char* names_of_units[] = {"ULP", "ULP of a double", "ULP of the largest"};

bool is_of_this_machine(const std::string& column) {
    return column != "inputs" && column != "unit" && column.ends_with("no FMA") == !RLHF_FMA;
}
std::vector<std::string> cells_of(const std::string& line) {
    std::vector<std::string> cells;
    for (std::size_t begin = 1, end = 0; (end = line.find('|', begin)) != std::string::npos; begin = end + 1) {
        const std::size_t first = line.find_first_not_of(' ', begin), last = line.find_last_not_of(' ', end - 1);
        cells.push_back(first < end ? line.substr(first, last + 1 - first) : "");
    }
    return cells;
}

} // namespace

section::section(const std::string& heading, int times) : draws(2000 * times) {
    std::ifstream page(RLHF_TESTS "/../ACCURACY.md");
    std::vector<std::string> columns;
    std::string inputs; // of the row above
    bool inside = false;
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with("## ")) inside = line == "## " + heading;
        if (!inside || !line.starts_with("|")) {
            columns.clear();
            continue;
        }
        const auto cells = cells_of(line);
        if (columns.empty()) {
            columns = cells;
        } else if (!cells[0].starts_with("-")) {
            auto& row = rows_[cells[0]];
            if (!row.empty()) twice_ += cells[0] + "\n";
            for (std::size_t i = 1; i < std::min(cells.size(), columns.size()); ++i) row[columns[i]] = cells[i];
            inputs = row["inputs"].empty() ? inputs : row["inputs"], row["inputs"] = inputs;
        }
    }
}
std::string section::cell(const std::string& row, const std::string& column) {
    taken_.insert(row + ", " + column);
    return rows_[row][column];
}
std::string section::left() const {
    std::string names = twice_;
    for (const auto& [row, cells] : rows_)
        for (const auto& [column, text] : cells)
            if (text != "–" && is_of_this_machine(column) && !taken_.contains(row + ", " + column))
                names += row + ", " + column + "\n";
    return names;
}

void hold(section& page, const place& at, double largest, double mean) {
    const std::string column = at.type + (RLHF_FMA ? "" : ", no FMA"), unit = names_of_units[static_cast<int>(at.unit)],
                      stated = page.cell(at.what, column);
    double largest_stated = -1, mean_stated = -1;
    std::sscanf(stated.c_str(), "%lf (%lf)", &largest_stated, &mean_stated);
    INFO("ACCURACY.md: | " << at.what << " | " << at.inputs << " | " << unit << " | " << column << " says " << stated
                           << ", measured " << largest << " (" << mean << ")");
    CHECK((page.cell(at.what, "inputs") == at.inputs && page.cell(at.what, "unit") == unit));
    CHECK((largest <= largest_stated && mean <= mean_stated));
    CHECK((10 * largest >= largest_stated && 4 * mean >= mean_stated));
}

} // namespace accuracy
