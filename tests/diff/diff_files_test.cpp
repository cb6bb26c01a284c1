// SPDX-License-Identifier: MIT
// The files that rlhf-diff reads, and the sentence for those that it cannot use.
#include "support/catch.hpp"

#include <cmath>
#include <data.hpp>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using numbers = std::vector<double>;

std::string bytes_of(const std::string& name) {
    std::ifstream in(std::string(RLHF_TESTS) + "/diff/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
std::string safetensors(const std::string& header, const std::string& data) {
    std::string size(8, '\0');
    size[0] = static_cast<char>(header.size()), size[1] = static_cast<char>(header.size() >> 8);
    return size + header + data;
}
diff::array decoded(const char* type, const std::string& bytes, std::vector<std::int64_t> shape = {2}) {
    diff::array a{std::move(shape), {}, 0, ""};
    diff::decode(a, type, bytes);
    return a;
}
/// A batch that can be used.
diff::arrays usable() {
    diff::arrays a;
    a["log_probs"] = {{2, 3}, {-1, -2, -3, -1, -2, -3}, 0x1p-23, ""};
    a["advantages"] = {{2}, {1, -1}, 0x1p-23, ""};
    a["mask"] = {{2, 3}, {1, 1, 1, 1, 0, 0}, 0, ""};
    a["loss"] = {{}, {0.5}, 0x1p-23, ""};
    return a;
}
std::string refusal(const diff::arrays& a, const diff::given& more = {}) {
    try {
        (void)diff::batch_of(a, "batch.npz", more);
    } catch (const std::runtime_error& e) { return e.what(); }
    return "";
}

} // namespace

TEST_CASE("numpy's arrays are read, stored and deflated") {
    const diff::arrays a = diff::arrays_of_npz(bytes_of("formats.npz"));
    const numbers x{1.5, -2, 3, 0.25, 5, -0.5};
    CHECK(a.at("half").numbers == x);
    CHECK(a.at("half").epsilon == 0x1p-10);
    CHECK(a.at("columns").numbers == x);
    CHECK(a.at("columns").shape == std::vector<std::int64_t>{2, 3});
    CHECK(a.at("whole").numbers == numbers{1, -2, 3, 0, 5, 0});
    CHECK(a.at("whole").epsilon == 0);
    CHECK(a.at("truth").numbers == numbers{1, 0, 1, 1, 1, 0});
    CHECK(a.at("names").numbers == numbers{0, 1, 0});
    CHECK(a.at("one").numbers == numbers{7});
    CHECK(a.at("one").shape.empty());
    CHECK(a.at("big_endian").problem == "has elements of type big-endian f4, which are not numbers");
    CHECK(a.at("objects").problem == "has elements of type |O, which are not numbers");
    const diff::arrays stored = diff::arrays_of_npz(bytes_of("trl.npz"));
    CHECK(stored.at("per_token_logps").shape == std::vector<std::int64_t>{8, 24});
    CHECK(stored.at("group_ids").numbers == numbers{0, 0, 0, 0, 1, 1, 1, 1});
}

TEST_CASE("safetensors' types are read") {
    using namespace std::string_literals;
    CHECK(decoded("BF16", "\x80\x3f\x00\xc0"s).numbers == numbers{1, -2});
    CHECK(decoded("F16", "\x01\x00\x00\x7c"s).numbers == numbers{0x1p-24, INFINITY});
    CHECK(std::isnan(decoded("BF16", "\xc0\x7f\x00\x00"s).numbers[0]));
    CHECK(decoded("I16", "\xff\xff\x02\x00"s).numbers == numbers{-1, 2});
    CHECK(decoded("I32", "\x01\x00\x00\x00"s).problem == "has 4 bytes, expected 8");
    CHECK(decoded("U8", "\x01\x02"s, {1 << 20, 1 << 20}).problem ==
          "has the shape [1048576, 1048576], more than its 2 bytes");
    CHECK(decoded("F8_E4M3", "\x01\x02"s).problem == "has elements of type F8_E4M3, which are not numbers");

    const std::string header = R"({"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})";
    CHECK(diff::arrays_of_safetensors(safetensors(header, "\x05\x06"s)).at("x").numbers == numbers{5, 6});
    CHECK(diff::arrays_of_safetensors(safetensors(header, "\x05"s)).at("x").problem ==
          "ends at byte 2 of 1: the file is cut short");
    CHECK_THROWS_WITH(diff::arrays_of_safetensors(safetensors("{", "")),
                      "has a header that is not the JSON of safetensors");
    CHECK_THROWS_WITH(diff::arrays_of_safetensors("abc"), "is not a safetensors file: it has fewer than 8 bytes");
    CHECK_THROWS_WITH(diff::arrays_of_safetensors("log_probs: none of this is a file of arrays"),
                      Catch::Contains("is neither an .npz nor a safetensors file, or it is cut short"));
}

TEST_CASE("damaged zip files throw one clear error") {
    const std::string whole = bytes_of("skyrl.npz");
    CHECK_THROWS_WITH(diff::arrays_of_npz(whole.substr(0, whole.size() / 2)),
                      "is a zip file that is cut short: it has no directory");
    std::string damaged = whole;
    damaged[200] = static_cast<char>(damaged[200] ^ 0x55);
    int problems = 0;
    for (const auto& [name, a] : diff::arrays_of_npz(damaged)) problems += !a.problem.empty();
    CHECK(problems == 1);
    // No cut makes it read beyond the end.
    for (std::size_t n = 0; n < whole.size(); n += 37) {
        try {
            (void)diff::arrays_of_npz(whole.substr(n));
        } catch (const std::runtime_error&) {}
    }
}

TEST_CASE("a batch that cannot be used throws an error with file and array") {
    CHECK(refusal(usable()).empty());
    const auto with = [](const char* name, const diff::array& a) {
        diff::arrays all = usable();
        all[name] = a;
        return refusal(all);
    };
    const auto without = [](const char* name) {
        diff::arrays all = usable();
        all.erase(name);
        return refusal(all);
    };
    CHECK(without("log_probs") == "batch.npz has no log_probs: name them by --log-probs. It has advantages [2], "
                                  "loss [], mask [2, 3]");
    CHECK(without("loss") == "batch.npz has neither loss nor gradient: print one by --loss, or name them by "
                             "--loss-array and --gradient");
    CHECK(with("log_probs", {{6}, numbers(6), 0, ""}) == "batch.npz: log_probs is [6], expected [sequences, "
                                                         "steps], or offsets or lengths with it");
    CHECK(with("old_logprobs", {{2, 2}, numbers(4), 0, ""}) == "batch.npz: old_logprobs is [2, 2], expected [2, 3]");
    CHECK(with("rewards", {{3}, numbers(3), 0, ""}) == "batch.npz: rewards is [3], expected [2]");
    CHECK(with("mask", {{2, 3}, numbers(6, 0.5), 0, ""}) == "batch.npz: mask has numbers other than 0 and 1");
    CHECK(with("mask", {{2, 3}, numbers(6), 0, ""}) == "batch.npz has no token that counts");
    CHECK(with("advantages", {{2}, {}, 0, "is cut short"}) == "batch.npz: advantages is cut short");
    CHECK(with("loss", {{2}, {1, 2}, 0, ""}) == "batch.npz: loss is [2], expected one number");
    CHECK(with("loss", {{}, {NAN}, 0, ""}) == "batch.npz: loss is not finite");
    CHECK(with("old_log_probs", {{2, 3}, {0, 0, NAN, 0, 0, 0}, 0, ""}) ==
          "batch.npz: old_log_probs is not finite at sequence 0, step 2, which counts");
    CHECK(with("old_log_probs", {{2, 3}, {0, 0, 0, 0, 0, NAN}, 0, ""}).empty()); // it does not count
    CHECK(refusal(usable(), {.names = {{"log_probs", "lp"}}}) == "batch.npz: lp is not in the file");
    CHECK(refusal(usable(), {.loss = "0.5x"}) == "--loss is 0.5x, expected a number");
    CHECK(refusal(usable(), {.group_size = 3}) == "batch.npz: groups of 3 do not divide 2 sequences");
    CHECK_THROWS_WITH(diff::read_arrays("nowhere.npz"), "nowhere.npz cannot be read");
}

TEST_CASE("packed arrays are cut by offsets or lengths, and throw where these do not fit") {
    const numbers lp{-1, -2, -3, -4}, mask{1, 1, 0, 1};
    const auto packed = [&](const char* name, numbers cuts, std::vector<std::int64_t> shape = {4}) {
        diff::arrays a;
        const auto n = static_cast<std::int64_t>(cuts.size());
        a["log_probs"] = {shape, lp, 0x1p-23, ""}, a["mask"] = {std::move(shape), mask, 0, ""};
        a["advantages"] = {{2}, {1, -1}, 0x1p-23, ""}, a["gradient"] = {{4}, {1, 2, 3, 4}, 0x1p-23, ""};
        a[name] = {{n}, std::move(cuts), 0, ""};
        return a;
    };
    for (const auto& a :
         {packed("cu_seqlens", {0, 3, 4}), packed("lengths", {3, 1}), packed("offsets", {0, 3, 4}, {1, 4})}) {
        const diff::data d = diff::batch_of(a, "batch.npz", {});
        CHECK((d.sequences == 2 && d.steps == 3));
        CHECK((d.log_probs == numbers{-1, -2, -4} && d.gradient == numbers{1, 2, 4} &&
               d.advantages == numbers{1, 1, -1}));
        CHECK((d.offsets == std::vector<std::int64_t>{0, 2, 3} && d.place == std::vector<std::int64_t>{0, 1, 3}));
    }
    CHECK(refusal(packed("offsets", {0, 3})) == "batch.npz: offsets does not cut 4 tokens into sequences");
    CHECK(refusal(packed("offsets", {0, 3, 2, 4})) == "batch.npz: offsets does not rise");
    CHECK(refusal(packed("lengths", {3, 2})) == "batch.npz: lengths does not cut 4 tokens into sequences");
    CHECK(refusal(packed("lengths", {3, NAN})) == "batch.npz: lengths has a number that is not an integer from 0 to 4");
}

TEST_CASE("damaged files are read or throw one clear error") {
    std::mt19937_64 random(1);
    int read = 0, refused = 0;
    for (const char* file : {"skyrl.npz", "trl.npz", "openrlhf.safetensors", "formats.npz"}) {
        const std::string whole = bytes_of(file);
        for (int i = 0; i < 150; ++i) {
            std::string damaged = whole;
            const std::size_t ends = std::min<std::size_t>(whole.size(), 600); // most bytes in between are numbers
            for (std::size_t k = 0; k < 1 + random() % 4; ++k) {
                const std::size_t place = random();
                const std::size_t at = random() % 2 == 0   ? place % whole.size()
                                       : random() % 2 == 0 ? place % ends
                                                           : whole.size() - 1 - place % ends;
                damaged[at] = static_cast<char>(random());
            }
            if (random() % 5 == 0) damaged.resize(random() % damaged.size());
            try {
                const bool zip = damaged.starts_with("PK");
                (void)diff::batch_of(zip ? diff::arrays_of_npz(damaged) : diff::arrays_of_safetensors(damaged), file,
                                     {});
                ++read;
            } catch (const std::runtime_error& e) { refused += std::string(e.what()).empty() ? 0 : 1; }
        }
    }
    CHECK((read > 50 && refused > 50 && read + refused == 600));
}

TEST_CASE("roles are found by their names, and by a name that is given") {
    diff::arrays a = usable();
    a["lp"] = {{2, 3}, {-4, -5, -6, -7, 0, 0}, 0x1p-23, ""};
    const diff::data d = diff::batch_of(a, "batch.npz", {.names = {{"old_log_probs", "lp"}}});
    CHECK(d.old_log_probs == numbers{-4, -5, -6, -7});
    CHECK(d.advantages == numbers{1, 1, 1, -1});
    CHECK(d.offsets == std::vector<std::int64_t>{0, 3, 4});
    CHECK(d.tolerance == 32 * 0x1p-23);
}
