// SPDX-License-Identifier: MIT
#pragma once

#include "floor.hpp"
#include "memory.hpp"

#include <rlhf/core/batch.hpp>
#include <rlhf/core/float16.hpp>
#include <rlhf/engine/lanes/lanes.hpp>

#include <cstdio>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <vector>

/// The words of the benchmarks. A name is function/type/where/how/who, for instance ppo_policy_loss/f32/L3/tail/rlhf:
///
///     type    f32, f64, bf16
///     where   L2, L3, DRAM: as many elements as are at home there; or a shape, 512x1024; or call: one short call
///     how     the mask (dense, tail, gaps), then what else is special, each a part of the name; of a short call its
///             size, all of which counts and lies in L1
///     who     rlhf; scalar: the same without SIMD; plain: the loop that one writes first; floor: see stream();
///             eigen, torch
///
/// Around a centre (f32, L3, tail) one of these changes at a time.
namespace bench {

enum class who { rlhf, scalar, plain, floor, eigen };
enum class counted {
    dense, ///< all tokens, no mask
    tail,  ///< all but the last eighth of a row, as padding leaves it
    gaps,  ///< runs of some hundred, some dozens apart, as a tool's output leaves it
};

inline constexpr std::initializer_list<who> everybody = {who::rlhf, who::scalar, who::plain, who::floor};
inline constexpr std::initializer_list<who> against_floor = {who::rlhf, who::floor};
inline constexpr std::initializer_list<who> against_plain = {who::rlhf, who::plain};

inline const char* name(who w) {
    constexpr const char* names[] = {"rlhf", "scalar", "plain", "floor", "eigen"};
    return names[static_cast<int>(w)];
}
inline const char* name(counted c) {
    constexpr const char* names[] = {"dense", "tail", "gaps"};
    return names[static_cast<int>(c)];
}
template <class T>
constexpr const char* type_name() {
    return std::is_same_v<T, float> ? "f32" : std::is_same_v<T, double> ? "f64" : "bf16";
}

inline std::span<const std::uint8_t> mask_of(counted c, std::int64_t steps, std::size_t n) {
    if (c == counted::dense) return {};
    const auto row = static_cast<std::size_t>(steps);
    const auto tail = [=](std::span<std::uint8_t> m) {
        for (std::size_t i = 0; i < m.size(); ++i) m[i] = i % row < row - row / 8;
    };
    const auto gaps = [](std::span<std::uint8_t> m) {
        std::uint32_t seed = 1;
        const auto length = [&](std::uint32_t below) {
            return (seed = seed * 1664525U + 1013904223U, seed >> 8) % below;
        };
        for (std::size_t i = 0; i < m.size();) {
            for (std::size_t k = 32 + length(224); k > 0 && i < m.size(); --k) m[i++] = 1;
            for (std::size_t k = 8 + length(88); k > 0 && i < m.size(); --k) m[i++] = 0;
        }
    };
    if (c == counted::gaps) return kept<std::uint8_t>("gaps", n, gaps);
    return kept<std::uint8_t>("tail " + std::to_string(steps), n, tail);
}

/// Where a short call is. Its times are per call.
inline const std::string short_call = "call";

/// The tokens of a benchmark: rows, and which of them count.
struct rows {
    std::string where, how;
    std::int64_t sequences, steps;
    counted which;
    const char* element = "token";

    /// Rows of so many steps: as many as are at home in a place, at so many bytes per token.
    rows(place p, std::int64_t row, counted c, double bytes)
        : where(name(p)), how(name(c)),
          sequences(
              std::max<std::int64_t>(1, static_cast<std::int64_t>(static_cast<double>(working_set(p)) / bytes) / row)),
          steps(row), which(c) {}
    rows(std::int64_t n, std::int64_t row, counted c)
        : where(std::to_string(n) + 'x' + std::to_string(row)), how(name(c)), sequences(n), steps(row), which(c) {}

    /// One sequence, all of which counts.
    static rows one_call(std::int64_t n) {
        rows r(1, n, counted::dense);
        r.where = short_call, r.how = std::to_string(n);
        return r;
    }

    /// The same tokens as a single row.
    [[nodiscard]] rows joined() const {
        rows r = *this;
        r.steps *= r.sequences, r.sequences = 1;
        return r;
    }
    [[nodiscard]] rows called(const std::string& part) const {
        rows r = *this;
        r.how += (r.how.empty() ? "" : "/") + part;
        return r;
    }
    [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(sequences * steps); }
    [[nodiscard]] std::span<const std::uint8_t> mask() const { return mask_of(which, steps, size()); }
    [[nodiscard]] std::size_t mask_bytes() const { return which == counted::dense ? 0 : size(); }
    [[nodiscard]] rlhf::batch batch() const {
        rlhf::batch b{.sequences = sequences, .steps = steps, .mask = rlhf::all, .denominator = rlhf::counted_here};
        const auto bytes = mask();
        if (!bytes.empty()) b.mask = bytes;
        return b;
    }
    /// For plain loops, which read no mask where all count.
    [[nodiscard]] auto counts() const {
        return [m = mask().data()](std::size_t i) { return m == nullptr || m[i] != 0; };
    }
};

inline bool show_progress = false; ///< the name of what runs, on a line of its own

/// One measurement: `setup()` gives what is called again and again.
template <class Setup>
auto* measure(const std::string& name, double elements, double bytes, const char* element, Setup setup) {
    return benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
        if (show_progress) std::fprintf(stderr, "\r\033[K%.100s ", name.c_str());
        auto once = setup();
        for (auto _ : state) {
            if constexpr (std::is_void_v<decltype(once())>)
                once();
            else
                benchmark::DoNotOptimize(once());
            benchmark::ClobberMemory();
        }
        state.counters["elements"] = elements; // of a call
        state.counters["bytes"] = bytes;       // of necessary traffic, per element
        state.SetLabel(element);
    });
}

/// What a function reads and writes an element, beside the mask; an output in place is the only input.
struct traffic {
    std::size_t inputs, outputs;
    bool in_place = false;
};

template <class T>
using stored_as = std::conditional_t<std::is_floating_point_v<T>, T, std::uint16_t>;

/// The floor of a Case, ready to be called: as much traffic.
template <class Case, class T, class At>
auto floor_of(const At& at) {
    constexpr traffic t = Case::streams;
    using E = stored_as<T>;
    std::array<const E*, t.inputs> in;
    std::array<E*, t.outputs> out;
    const double low = std::is_same_v<E, T> ? -1 : 0;
    for (std::size_t k = 0; k < t.inputs; ++k)
        in[k] = numbers<E>(low, 1, static_cast<std::uint32_t>(k + 1), at.size()).data();
    for (std::size_t k = 0; k < t.outputs; ++k) out[k] = room<E>(static_cast<int>(k), at.size()).data();
    if constexpr (t.in_place) in[0] = out[0];
    return [=, mask = at.mask().data(), n = at.size()] { stream<E, t.inputs, t.outputs>(in, mask, out, n); };
}

/// A Case is a function's data at some rows or logits, and what each does to them. T: of the elements.
///
///     template <class T>
///     struct f {
///         static constexpr bench::traffic streams{.inputs = 1, .outputs = 1};
///         bench::rows at;                                  then arrays from numbers() and room()
///         template <class Arch> auto call();               rlhf and scalar
///         void plain();
///         void eigen(), floor();                           if there are any; floor() instead of stream()
///         static double elements(const bench::rows&);      if they are not tokens; element: what they are
///     };
///
/// The Cases of a file are in a namespace of the file's name, not in one without a name: g++ 12 gives what is made of a
/// template of such a namespace external linkage, and of two files' Cases of one name only one would be measured.
template <template <class> class Case, class T, class At>
void add(const std::string& function, const At& at, std::initializer_list<who> whom) {
    using case_of = Case<T>;
    const traffic t = case_of::streams;
    double elements = static_cast<double>(at.size());
    double bytes = static_cast<double>(at.size() * (t.inputs + t.outputs) * sizeof(T) + at.mask_bytes());
    const char* element = at.element;
    if constexpr (requires { case_of::elements(at); }) elements = case_of::elements(at), element = case_of::element;
    if constexpr (requires { case_of::bytes(at); }) bytes = case_of::bytes(at);
    if (at.where == short_call) elements = 1, element = "call";
    bytes /= elements;
    const std::string item = function + '/' + type_name<T>() + '/' + at.where + (at.how.empty() ? "" : "/" + at.how);
    for (const who w : whom) {
        const std::string full = item + '/' + name(w);
        const auto with = [&](auto run) {
            measure(full, elements, bytes, element,
                    [=] { return [run, c = case_of{at}]() mutable { return run(c); }; });
        };
        if (w == who::rlhf) with([](case_of& c) { return c.template call<rlhf::native>(); });
        if (w == who::scalar) with([](case_of& c) { return c.template call<rlhf::scalar>(); });
        if (w == who::plain) with([](case_of& c) { return c.plain(); });
        if constexpr (requires(case_of c) { c.eigen(); })
            if (w == who::eigen) with([](case_of& c) { return c.eigen(); });
        if constexpr (requires(case_of c) { c.floor(); }) {
            if (w == who::floor) with([](case_of& c) { return c.floor(); });
        } else if (w == who::floor) {
            measure(full, elements, bytes, element, [=] { return floor_of<case_of, T>(at); });
        }
    }
}

/// Bytes per token of a Case, the mask with it.
template <template <class> class Case, class T>
constexpr double bytes_a_token(counted c) {
    constexpr traffic t = Case<T>::streams;
    return static_cast<double>((t.inputs + t.outputs) * sizeof(T) + (c == counted::dense ? 0 : 1));
}

/// Rows of so many steps at home in a place.
template <template <class> class Case, class T>
rows fitting(place p, counted c, std::int64_t steps = 1024) {
    return {p, steps, c, bytes_a_token<Case, T>(c)};
}

/// The centre, what lies around it, short rows and short calls. `more` is what is special about this Case.
template <template <class> class Case>
void vary(const std::string& function, const std::string& more = "") {
    const auto named = [&](const rows& r) { return more.empty() ? r : r.called(more); };
    const auto at = [&]<class T>(T, place p, counted c, std::initializer_list<who> whom) {
        add<Case, T>(function, named(fitting<Case, T>(p, c)), whom);
    };
    at(float(), place::L3, counted::tail, everybody);
    for (const place p : {place::L2, place::DRAM}) at(float(), p, counted::tail, against_floor);
    for (const counted c : {counted::dense, counted::gaps}) at(float(), place::L3, c, against_floor);
    at(double(), place::L3, counted::tail, against_floor);
    for (const place p : {place::L3, place::DRAM})
        add<Case, float>(function, named(fitting<Case, float>(p, counted::tail, 64)).called("rows64"), against_floor);
    for (const std::int64_t n : {1, 16, 64, 256, 1024})
        add<Case, float>(function, named(rows::one_call(n)), against_plain);
}

} // namespace bench
