// SPDX-License-Identifier: MIT
// Tables for the terminal.
#pragma once

#include "gate.hpp"

#include <ostream>

/// One line an item: its time, traffic, share of the floor, and how many times faster it is than a plain loop.
void write_table(std::ostream& out, const figures& f, bool colours);
void write_peers(std::ostream& out, const figures& f, const std::vector<peer>& peers);
void write_verdicts(std::ostream& out, const std::string& instruction_set, const std::vector<verdict>& verdicts,
                    bool colours);
