// SPDX-License-Identifier: MIT
// What is said of the benchmarks' figures: reading them, the gate, the table, the page. tests/bench_report/ has figures
// made up for it; that the program ends with the gate's verdict is tested by CMakeLists.txt.
#include "support/catch.hpp"

#include <figures.hpp>
#include <fstream>
#include <gate.hpp>
#include <html.hpp>
#include <sstream>
#include <table.hpp>

namespace {

nlohmann::json file(const std::string& name) {
    std::ifstream in(RLHF_BENCH_REPORT_FILES "/" + name);
    std::ostringstream text;
    text << in.rdbuf();
    return json_of(text.str());
}
figures fast() { return figures_of(file("fast.json")); }
figures slow() { return figures_of(file("slow.json")); }

} // namespace

TEST_CASE("bench report: the median of the repetitions, and not the largest or the mean") {
    CHECK(median({3, 1, 2}) == 2);
    CHECK(median({9000, 1, 2, 3}) == 2.5);
    CHECK(median({4}) == 4);
    CHECK(std::isnan(median({})));
    CHECK(fast().find("gae/f32/L3/dense", "floor")->ns() == Approx(0.52));
}

TEST_CASE("bench report: names, elements and bytes of Google Benchmark's output") {
    const figures f = fast();
    REQUIRE(f.all.size() == 5);
    CHECK(f.all[0].function() == "machine"); // by family, not by line
    const measurement& m = *f.find("gae/f32/L3/dense/rlhf");
    CHECK(m.item == "gae/f32/L3/dense");
    CHECK(m.times.size() == 3); // the aggregate is none of them
    CHECK(m.what() == "f32 L3 dense");
    CHECK(m.how() == "dense");
    CHECK(m.element == "token");
    CHECK(m.ns() == Approx(0.55)); // the processor's time
    CHECK(m.gigabytes() == Approx(16 / 0.55));
    CHECK(*f.against(m, "plain") == Approx(3 / 0.55));
    CHECK_FALSE(f.against(m, "eigen").has_value());
    // The settings are not a part of the name, and with manual_time the clock counts.
    CHECK(f.find("compile/ppo.hpp/include/rlhf")->ns() == Approx(1.5e9));
    CHECK(f.context.at("compiler") == "GNU 12");
    CHECK(f.find("gae/f32/L2/dense/rlhf") == nullptr);
}

TEST_CASE("bench report: a later file takes the place of an earlier one, and adds") {
    figures f = fast();
    f.join(slow());
    CHECK(f.all.size() == 5);
    CHECK(f.find("gae/f32/L3/dense/rlhf")->ns() == Approx(0.9));
}

TEST_CASE("bench report: a goal is met if one of the runs meets it") {
    const goals g = goals_of(file("goals.json"));
    REQUIRE(g.all.size() == 3);
    CHECK(g.all[0].against == "gae/f32/L3/dense/floor"); // "floor" means the floor of the same item

    const auto met = judge(g, "avx512", {fast()});
    CHECK(met[0].ratios.at(0) == Approx(0.52 / 0.55));
    CHECK(met[1].ratios.at(0) == Approx(3 / 0.55));
    CHECK(met[2].ratios.at(0) == Approx(3 / 0.52)); // at most: the other way round
    CHECK(missed(met).empty());

    const auto none = judge(g, "avx512", {slow()});
    CHECK(missed(none).size() == 2);
    CHECK(none[2].met);
    CHECK(missed(judge(g, "avx512", {slow(), slow(), fast()})).empty());
    CHECK(missed(judge(g, "avx512", {fast(), slow()})).empty());
}

TEST_CASE("bench report: each instruction set has its bounds") {
    const goals g = goals_of(file("goals.json"));
    const auto v = judge(g, "avx2", {fast()});
    REQUIRE(v.size() == 2); // the last one is for avx512
    CHECK(v[0].bound == 0.99);
    CHECK_FALSE(v[0].met);
    CHECK(v[1].bound == 5);
    CHECK(v[1].met);
    CHECK(judge(g, "avx512", {fast()})[0].bound == 0.9);
    const auto other = judge(g, "sve", {fast()}); // a bound without a name is for all
    REQUIRE(other.size() == 1);
    CHECK(other[0].bound == 5);
    std::ostringstream out;
    write_verdicts(out, "avx2", v, false);
    CHECK(out.str().find("goals for avx2\nMISSED  gae/f32/L3/dense/rlhf") == 0);
    CHECK(out.str().find(">= 0.990 of floor") != std::string::npos);
}

TEST_CASE("bench report: runs have one instruction set, and say it") {
    const auto of = [](const char* name) { return figures_of(file(name)); };
    CHECK(instruction_set_of({fast(), slow()}) == "avx512");
    CHECK(instruction_set_of({of("avx2.json")}) == "avx2");
    CHECK_THROWS_WITH(instruction_set_of({}), "there is no run to judge");
    CHECK_THROWS_WITH(instruction_set_of({fast(), of("older.json")}),
                      Catch::Matchers::StartsWith("a run does not name its instruction set"));
    CHECK_THROWS_WITH(instruction_set_of({fast(), of("avx2.json")}),
                      "the runs are of two instruction sets, avx512 and avx2");
}

TEST_CASE("bench report: a goal without a measurement is missed") {
    const auto v = judge(goals_of(file("missing.json")), "avx512", {fast(), slow()});
    REQUIRE(v.size() == 1);
    CHECK(v[0].ratios.empty());
    CHECK_FALSE(v[0].met);
    CHECK_FALSE(judge(goals_of(file("goals.json")), "avx512", {})[0].met);
    std::ostringstream out;
    write_verdicts(out, "avx512", v, false);
    CHECK(out.str().find("\nMISSING whiten/f32/L3/tail/rlhf") != std::string::npos);
}

TEST_CASE("bench report: the filter has the missed goals by their whole names") {
    const goals g = goals_of(file("goals.json"));
    CHECK(filter_of(missed(judge(g, "avx512", {slow()}))) ==
          "^(gae/f32/L3/dense/floor|gae/f32/L3/dense/plain|gae/f32/L3/dense/rlhf)($|/)");
    CHECK(filter_of({{.item = "a.b/c+", .against = "d", .reason = ""}}) == "^(a\\.b/c\\+|d)($|/)");
    CHECK(filter_of({}) == "^$");
}

TEST_CASE("bench report: other files throw one clear error") {
    CHECK_THROWS_WITH(json_of("{"), Catch::Matchers::StartsWith("this is not JSON"));
    CHECK_THROWS_WITH(figures_of({{"benchmarks", 1}}), Catch::Matchers::StartsWith("this is not output of rlhf_bench"));
    CHECK_THROWS_WITH(goals_of(nlohmann::json::array()), Catch::Matchers::StartsWith("these are not goals"));
    const auto of = [](const char* bounds) {
        return goals_of(
            json_of(std::string(R"({"goals": [{"item": "a/r", "against": "floor", "reason": "")") + bounds + "}]}"));
    };
    CHECK_NOTHROW(of(R"(, "at_least": 1)"));
    CHECK_THROWS_WITH(of(""), "a/r: expected either at_least or at_most");
    CHECK_THROWS_WITH(of(R"(, "at_least": 1, "at_most": 2)"), "a/r: expected either at_least or at_most");
    CHECK_THROWS_WITH(of(R"(, "at_most": 0)"), "a/r: the bound is not positive");
    CHECK_THROWS_WITH(of(R"(, "at_most": {"avx512": 1, "avx2": 0})"), "a/r: the bound is not positive");
    CHECK_THROWS_WITH(of(R"(, "at_least": {"avx521": 1})"), "a/r: there is no instruction set avx521");
    CHECK_THROWS_WITH(of(R"(, "at_least": {"avx512": "1"})"), Catch::Matchers::StartsWith("these are not goals"));
    CHECK_THROWS_WITH(peers_of(json_of(R"([{"name": "a"}])")),
                      Catch::Matchers::StartsWith("this is not a list of peers"));
}

TEST_CASE("bench report: peers stand beside the function of their name") {
    const figures f = fast();
    const auto peers = peers_of(file("peers.json"));
    REQUIRE(peers.size() == 2);
    CHECK(beside(f, peers[0])->item == "gae/f32/L3/dense");
    CHECK(beside(f, peers[1]) == nullptr);

    // KL alone is none of our functions.
    figures g;
    for (const char* item : {"shape_rewards/f32/L3/tail", "shape_rewards/f32/L3/tail/k3", "ppo_policy_loss/f32/L3/tail",
                             "ppo_policy_loss/f32/L3/tail/kl"})
        g.all.push_back({.item = item, .who = "rlhf", .element = "token", .times = {1}});
    CHECK(beside(g, {.item = "kl/f32/1024x1024/dense/k3", .who = "", .element = "", .note = ""}) == &g.all[1]);
    CHECK(beside(g, {.item = "kl/f32/9/k3_with_backward", .who = "", .element = "", .note = ""}) == &g.all[3]);
}

TEST_CASE("bench report: short calls are shown per call, over their size") {
    figures f;
    for (const auto& [item, ns] : {std::pair("gae/f32/call/1", 20.0), std::pair("gae/f32/call/64", 40.0)})
        for (const char* who : {"rlhf", "plain"})
            f.all.push_back({.item = item, .who = who, .element = "call", .times = {ns}});
    std::ostringstream out;
    write_table(out, f, false);
    CHECK(out.str().find("40.0  call") != std::string::npos);
    CHECK(html(f, {}, {}, {}, "").find("gae, one sequence, L1") != std::string::npos);
    std::erase_if(f.all, [](const measurement& m) { return m.item == "gae/f32/call/64"; });
    CHECK(html(f, {}, {}, {}, "").find("one sequence, L1") == std::string::npos); // one point is no curve
}

TEST_CASE("bench report: table and page have the figures, and the page escapes markup") {
    const figures f = fast();
    std::ostringstream out;
    write_table(out, f, false);
    const std::string table = out.str();
    for (const char* text : {"gae\n", "f32 L3 dense", "0.550", "95 %", "5.45 x", "80.0  GB/s", "1.50  s"})
        CHECK(table.find(text) != std::string::npos);
    CHECK(table.find("\033") == std::string::npos);

    const goals g = goals_of(file("goals.json"));
    const std::string page = html(f, peers_of(file("peers.json")), judge(g, "avx512", {f}), g.notes, "./dev bench");
    for (const char* text : {"A processor &lt;of the test&gt;", "<td>f32 L3 dense</td><td>rlhf</td><td>0.550</td>",
                             "Goals for avx512", "<td>≥ 0.900</td><td class='met'>0.945</td>", "elsewhere 0.15 ns",
                             "a library 1.0", "(10.0 ×)", "./dev bench --gate", "malloc", "</html>"})
        CHECK(page.find(text) != std::string::npos);
    for (const char* text : {"<of the test>", "<script", "http"}) CHECK(page.find(text) == std::string::npos);
}
