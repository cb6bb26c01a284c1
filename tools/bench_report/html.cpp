// SPDX-License-Identifier: MIT
#include "html.hpp"

#include "plots.hpp"

#include <algorithm>
#include <page/style.hpp>
#include <page/svg.hpp>
#include <set>
#include <sstream>

namespace {

const char* const head = R"html(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>rlhf: benchmarks</title><style>
)html";

const char* const more_style = R"css(
body { max-width: 50rem; } code { background: var(--box); padding: .1em .3em; border-radius: 3px; font-size: .85em; }
p.command { margin: -.6rem 0 1.6rem; color: var(--soft); font-size: .85rem; overflow-wrap: anywhere; }
.wide + p.command { margin-top: .8rem; }
table.machine td { text-align: left; white-space: normal; }
table.machine td:first-child { color: var(--soft); width: 9rem; }
td:first-child { overflow-wrap: anywhere; }
tr.function td { font-weight: 600; padding-top: 1rem; } td.left, th.left { text-align: left; }
td small { display: block; white-space: normal; }
.met { color: var(--c2); } .missed { color: var(--c4); font-weight: 600; } summary { cursor: pointer; margin: 1rem 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .8rem; margin: 1.4rem 0; }
.tile { background: var(--box); border-radius: 6px; padding: .7rem .9rem; }
.tile b { display: block; font-size: 1.3rem; }
li { overflow-wrap: anywhere; } .tile span { color: var(--soft); font-size: .85rem; }
)css";

const char* const reading = R"html(<h2>How to read this</h2>
<p>A benchmark's name is <code>function/type/where/how/who</code>. <b>Where</b> is the place in which all arrays of a
call lie (a working set that fits the second-level cache, the third-level cache, or neither), or a shape, or
<code>call</code>: one short call with its data in the first-level cache, measured per call. <b>How</b> is the mask,
<code>dense</code> (every token counts), <code>tail</code> (the last eighth of a row is padding) or <code>gaps</code>
(runs in the middle are masked), or the size of a short call, and other options. <b>Who</b> is</p>
<ul><li><code>rlhf</code>: the library; <code>scalar</code>: the same without SIMD;</li>
<li><code>plain</code>: the C++ loop that one writes first, by the same compiler with the same flags;</li>
<li><code>floor</code>: the same arrays, read once and written once with next to no arithmetic. No code that touches
this much memory can be faster. <i>Share of the floor</i> is its time over the library's.</li></ul>
<p>Times are medians over repetitions that take turns with all other benchmarks, on one core. GB/s count the necessary
traffic, every input and every output once. Ratios of one run can be compared; times only on a quiet machine.</p>
)html";

/// The rest of the second name after the parts with which both names begin.
std::string difference(const std::string& name, const std::string& other) {
    const auto a = parts_of(name), b = parts_of(other);
    const auto [_, from] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    std::string result;
    for (auto part = from; part != b.end(); ++part) result.append(part == from ? "" : "/").append(*part);
    return result;
}

void write_verdicts_section(std::ostream& out, const figures& f, const std::vector<verdict>& verdicts,
                            const std::vector<std::string>& notes, const std::string& made) {
    if (verdicts.empty()) return;
    out << "<h2>Goals for " << escaped(f.context.at("instruction_set"))
        << "</h2><p>Ratios to the floor, to plain loops or to each other, from <code>bench/goals.json</code>, "
           "judged by this run. The gate measures a missed goal again before it fails.</p><div class='wide'><table>"
           "<tr><th>item</th><th>against</th><th>goal</th><th>here</th></tr>";
    for (const verdict& v : verdicts)
        out << "<tr><td>" << escaped(v.of.item) << "<small>" << escaped(v.of.reason) << "</small></td><td>"
            << escaped(difference(v.of.item, v.of.against)) << "</td><td>" << (v.of.at_least ? "≥ " : "≤ ")
            << digits3(v.bound) << "</td><td class='" << (v.met ? "met" : "missed") << "'>"
            << (v.ratios.empty() ? "not measured" : digits3(v.ratios.back())) << "</td></tr>\n";
    out << "</table></div>" << command("", made + " --gate");
    if (notes.empty()) return;
    out << "<details><summary>Times on another machine, for comparison</summary><ul>";
    for (const std::string& note : notes) out << "<li>" << escaped(note) << "</li>";
    out << "</ul></details>";
}

void write_machine_section(std::ostream& out, const figures& f) {
    out << "<div class='wide'><table class='machine'>";
    for (const auto& [key, name] :
         {std::pair("cpu", "CPU"), std::pair("caches", "caches, one core's"), std::pair("working_sets", "working sets"),
          std::pair("governor", "frequency governor"), std::pair("compiler", "compiler"), std::pair("flags", "flags"),
          std::pair("abi", "version and instruction set"), std::pair("xsimd", "xsimd"), std::pair("date", "date")})
        if (const auto found = f.context.find(key); found != f.context.end())
            out << "<tr><td>" << name << "</td><td>" << escaped(found->second) << "</td></tr>";
    out << "</table></div><div class='tiles'>";
    const auto tile = [&](const std::string& name, const std::string& value) {
        out << "<div class='tile'><b>" << value << "</b><span>" << name << "</span></div>";
    };
    for (const measurement& m : f.all)
        if (m.function() == "machine" && m.bytes > 0) {
            std::string how = m.how();
            std::replace(how.begin(), how.end(), '_', ' ');
            tile(m.where() + ' ' + how, digits3(m.gigabytes()) + " GB/s");
        } else if (m.function() == "machine") {
            tile("fused multiply-adds, " + m.part(1), digits3(1 / m.ns()) + " GFLOP/s");
        }
    for (const measurement& m : f.all)
        if (m.function() == "compile")
            tile(m.where() == "include" ? "to compile <code>#include &lt;rlhf/ppo.hpp&gt;</code>"
                                        : "the same with a call of <code>ppo_policy_loss</code>",
                 fixed(m.ns() * 1e-9, 2) + " s");
    out << "</div>";
}

void write_row(std::ostream& out, const figures& f, const measurement& m) {
    const measurement* const rlhf = f.find(m.item, "rlhf");
    const auto share = f.against(m, "floor");
    out << "<tr><td>" << escaped(m.what()) << "</td><td>" << escaped(m.who) << "</td><td>" << digits3(m.ns())
        << "</td><td class='left'>" << escaped(m.element) << "</td><td class='spare'>" << fixed(100 * m.spread(), 1)
        << " %</td><td class='spare'>" << (m.bytes > 0 ? digits3(m.gigabytes()) : "–") << "</td><td>"
        << (share && m.who != "floor" ? fixed(100 * *share, 0) + " %" : "–") << "</td><td>"
        << (rlhf != nullptr && m.who != "rlhf" ? digits3(m.ns() / rlhf->ns()) : "–") << "</td></tr>\n";
}

void write_all(std::ostream& out, const figures& f, const std::string& made) {
    out << "<h2>All figures</h2><p>± is half of the width of the middle half of the repetitions.</p>"
        << command("", made)
        << "<div class='wide'><table><tr><th>type, where, how</th><th>who</th><th>ns</th><th class='left'>per</th>"
           "<th class='spare'>±</th><th class='spare'>GB/s</th><th>of the floor</th><th>times rlhf</th></tr>";
    std::string function;
    std::set<std::string> seen;
    for (const measurement& first : f.all) {
        if (first.function() == "compile" || first.function() == "machine" || !seen.insert(first.item).second) continue;
        if (first.function() != function) {
            function = first.function();
            out << "<tr class='function'><td colspan='8'>" << escaped(function) << "</td></tr>\n";
        }
        for (const measurement& m : f.all)
            if (m.item == first.item) write_row(out, f, m);
    }
    out << "</table></div>";
}

} // namespace

std::string html(const figures& f, const std::vector<peer>& peers, const std::vector<verdict>& verdicts,
                 const std::vector<std::string>& notes, const std::string& made) {
    std::ostringstream out;
    out << head << page::style << more_style
        << "</style></head><body><h1>How fast rlhf is here</h1><p class='lead'>The "
        << "losses of PPO and RLHF with their gradients, on one core of this machine.</p>";
    write_machine_section(out, f);
    out << reading;
    write_roofline(out, f, made);
    write_others(out, f, made);
    write_curves(out, f, made);
    write_peer_bars(out, f, peers, made);
    write_verdicts_section(out, f, verdicts, notes, made);
    write_all(out, f, made);
    out << "</body></html>\n";
    return out.str();
}
