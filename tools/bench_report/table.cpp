// SPDX-License-Identifier: MIT
#include "table.hpp"

#include <algorithm>
#include <iomanip>

namespace {

struct style {
    bool colours;
    [[nodiscard]] const char* bold() const { return colours ? "\033[1m" : ""; }
    [[nodiscard]] const char* soft() const { return colours ? "\033[2m" : ""; }
    [[nodiscard]] const char* bad() const { return colours ? "\033[31m" : ""; }
    [[nodiscard]] const char* good() const { return colours ? "\033[32m" : ""; }
    [[nodiscard]] const char* plain() const { return colours ? "\033[0m" : ""; }
};

std::string percent(const std::optional<double>& share) { return share ? fixed(100 * *share, 0) + " %" : "-"; }
std::string times(const std::optional<double>& ratio) { return ratio ? digits3(*ratio) + " x" : "-"; }

void line(std::ostream& out, const figures& f, const measurement& m) {
    out << "  " << std::left << std::setw(34) << m.what() << std::right << std::setw(9) << digits3(m.ns()) << "  "
        << std::left << std::setw(9) << m.element << std::right << std::setw(7)
        << (m.bytes > 0 ? digits3(m.gigabytes()) : "-") << std::setw(9) << percent(f.against(m, "floor"))
        << std::setw(10) << times(f.against(m, "plain")) << std::setw(10) << times(f.against(m, "scalar")) << '\n';
}

/// Reading, copying, arithmetic.
void limits(std::ostream& out, const figures& f, const style& s) {
    bool first = true;
    for (const measurement& m : f.all) {
        if (m.function() != "machine") continue;
        if (first) out << s.bold() << "what the machine allows" << s.plain() << '\n';
        first = false;
        const bool memory = m.bytes > 0;
        out << "  " << std::left << std::setw(34) << m.where() + ' ' + m.how() + (memory ? "" : ' ' + m.part(1))
            << std::right << std::setw(9) << digits3(memory ? m.gigabytes() : 1 / m.ns())
            << (memory ? "  GB/s\n" : "  GFLOP/s\n");
    }
}

void compilation(std::ostream& out, const figures& f, const style& s) {
    bool first = true;
    for (const measurement& m : f.all) {
        if (m.function() != "compile") continue;
        if (first) out << s.bold() << "compiling <rlhf/ppo.hpp>" << s.plain() << '\n';
        first = false;
        out << "  " << std::left << std::setw(34) << (m.where() == "include" ? "the include alone" : "with one call")
            << std::right << std::setw(9) << fixed(m.ns() * 1e-9, 2) << "  s\n";
    }
}

} // namespace

void write_table(std::ostream& out, const figures& f, bool colours) {
    const style s{colours};
    limits(out, f, s);
    compilation(out, f, s);
    std::vector<std::string> functions;
    for (const measurement& m : f.all)
        if (m.who == "rlhf" && m.function() != "compile" &&
            std::find(functions.begin(), functions.end(), m.function()) == functions.end())
            functions.push_back(m.function());
    if (!functions.empty())
        out << s.soft() << std::left << std::setw(36) << "" << std::right << std::setw(9) << "ns"
            << "  " << std::left << std::setw(9) << "per" << std::right << std::setw(8) << "GB/s" << std::setw(9)
            << "of floor" << std::setw(10) << "v. plain" << std::setw(10) << "v. scalar" << s.plain() << '\n';
    for (const std::string& function : functions) {
        out << s.bold() << function << s.plain() << '\n';
        for (const measurement& m : f.all)
            if (m.who == "rlhf" && m.function() == function) line(out, f, m);
    }
}

void write_peers(std::ostream& out, const figures& f, const std::vector<peer>& peers) {
    for (const peer& p : peers) {
        const measurement* own = beside(f, p);
        out << "  " << std::left << std::setw(48) << p.item << std::setw(28) << p.who << std::right << std::setw(9)
            << digits3(p.ns) << " ns";
        if (own != nullptr) out << std::setw(9) << digits3(own->ns()) << " ns (" << own->item << "/rlhf)";
        out << '\n';
    }
}

void write_verdicts(std::ostream& out, const std::string& instruction_set, const std::vector<verdict>& verdicts,
                    bool colours) {
    const style s{colours};
    out << s.bold() << "goals for " << instruction_set << s.plain() << '\n';
    for (const verdict& v : verdicts) {
        const std::string against = v.of.against.substr(v.of.against.rfind('/') + 1);
        out << (v.met ? s.good() : s.bad())
            << (v.met              ? "met    "
                : v.ratios.empty() ? "MISSING"
                                   : "MISSED ")
            << s.plain() << ' ' << std::left << std::setw(44) << v.of.item << std::right
            << (v.of.at_least ? " >= " : " <= ") << std::setw(5) << digits3(v.bound) << " of " << std::left
            << std::setw(6) << (against == "rlhf" ? v.of.against : against) << std::right << "  measured:";
        for (const double r : v.ratios) out << ' ' << digits3(r);
        if (v.ratios.empty()) out << " nothing";
        out << "\n        " << s.soft() << v.of.reason << s.plain() << '\n';
    }
}
