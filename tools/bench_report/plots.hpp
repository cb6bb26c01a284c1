// SPDX-License-Identifier: MIT
// The page's plots, each with a caption and the command that makes it. A plot without figures is left out.
#pragma once

#include "figures.hpp"

#include <ostream>

/// `made` is the command of the whole page.
[[nodiscard]] std::string command(const std::string& filter, const std::string& made);

void write_roofline(std::ostream& out, const figures& f, const std::string& made);
void write_others(std::ostream& out, const figures& f, const std::string& made);
void write_curves(std::ostream& out, const figures& f, const std::string& made);
void write_peer_bars(std::ostream& out, const figures& f, const std::vector<peer>& peers, const std::string& made);
