// SPDX-License-Identifier: MIT
#pragma once

#include "scene.hpp"

/// Logits and targets in a scene.
namespace bits {

inline std::vector<scene> logits_scenes() {
    const std::vector<std::size_t> lengths = {7, 0, 1, 5, 3, 9};
    return {{.name = "rows", .all_options = true, .vocab = 1031, .lengths = lengths},
            {.name = "narrow", .whole = true, .vocab = 5, .lengths = lengths},
            {.name = "packed", .in = form::packed, .vocab = 37, .lengths = lengths},
            {.name = "strided", .stride = 3, .vocab = 1029, .padded = 1040, .lengths = lengths},
            {.name = "next", .predict_next = true, .vocab = 259, .lengths = lengths},
            {.name = "packed_next",
             .in = form::packed,
             .predict_next = true,
             .whole = true,
             .vocab = 64,
             .lengths = lengths},
            {.name = "all", .mask = mask::all, .content = content::plain, .vocab = 130, .lengths = lengths},
            {.name = "special", .content = content::special, .vocab = 300, .lengths = {40, 30}},
            {.name = "none", .mask = mask::none, .vocab = 20, .lengths = lengths},
            {.name = "wide", .vocab = 70001, .lengths = {2, 1}}};
}

/// A gradient of G past the cache.
template <class G>
scene huge() {
    return {.name = "huge",
            .mask = mask::all,
            .content = content::plain,
            .vocab = (1 << 20) + 3,
            .lengths = {32 / sizeof(G) + 1}};
}

template <class E>
struct logits_array {
    std::vector<E> memory;
    rlhf::logits_view<E> out;
    [[nodiscard]] rlhf::logits_view<const E> in() const { return out; }
};

/// Memory of the scene's logits, every element by value(sequence, step, column); columns count from 0, through the
/// padding and what lies between rows.
template <class E, class Value>
logits_array<E> logits_of(const place& p, Value&& value) {
    const scene& s = p.scene();
    const std::size_t width = s.padded != 0 ? s.padded : s.vocab, row = width + s.stride;
    logits_array<E> z{{}, {nullptr, {}}};
    std::size_t tokens = 0;
    p.each_token([&](std::size_t q, std::size_t t) {
        ++tokens;
        for (std::size_t v = 0; v < row; ++v) z.memory.push_back(value(q, t, v));
    });
    const bool packed = s.in == form::packed;
    z.out = {z.memory.data(),
             {.sequences = packed ? 1 : p.sequences(),
              .steps = packed ? tokens : p.steps(),
              .vocab = s.vocab,
              .padded_vocab = s.padded},
             row,
             packed ? tokens * row : p.steps() * row};
    return z;
}

/// Logits. What lies behind the vocabulary, and rows that do not count, are garbage; `noise` makes another model.
template <class E>
logits_array<E> drawn_logits(const place& p, std::uint64_t seed, std::int64_t noise = 0) {
    const content what = p.scene().content;
    std::uint64_t kind = 0;
    random r(0), other(0);
    return logits_of<E>(p, [&](std::size_t q, std::size_t t, std::size_t v) -> E {
        if (v == 0) {
            r = random(seed << 40 ^ q << 24 ^ t), other = random(r.bits());
            kind = what == content::special ? r.below(8) : 8;
        }
        const std::uint64_t chance = other.below(40);
        const std::int64_t number = r.bell(8) + (noise != 0 ? other.bell(noise) : 0);
        const bool nothing = v >= p.scene().vocab || (what == content::garbage && !p.counts(q, t));
        if (nothing) return static_cast<E>(special_values<float>[chance % 8]);
        if (kind == 0 && v == 17) return static_cast<E>(std::numeric_limits<float>::quiet_NaN());
        if (kind == 1 && v == 18) return static_cast<E>(std::numeric_limits<float>::infinity());
        if (kind == 2 || (kind == 3 && chance < 10)) return static_cast<E>(-std::numeric_limits<float>::infinity());
        if (kind == 4) return real<E>(std::int64_t(3) << 48);
        if (kind == 5) return real<E>(number * 64);
        return real<E>(number);
    });
}
/// What a gradient is written to.
template <class E>
logits_array<E> gradient_of_logits(const place& p) {
    random r(99);
    return logits_of<E>(p, [&](std::size_t, std::size_t, std::size_t) { return real<E>(r.around() / 1024); });
}

template <class I>
array<I> targets_of(const place& p) {
    return p.integers<I>(31, [&](random& r, bool read) {
        const auto id = static_cast<std::int64_t>(r.below(p.scene().vocab));
        return read ? id : -0x7fffffff;
    });
}

/// f<E, G, T, Arch>(): logits, their gradient, arrays. Few, because each is a second or more of compiling: what is
/// usual, one where all differ, and in plain C++ a number, with BITS_ALL also a packed one.
template <class F>
void logits_types(F&& f) {
    using rlhf::bfloat16, rlhf::float16, rlhf::native, rlhf::scalar;
    f.template operator()<float, float, float, native>();
    f.template operator()<double, double, double, native>();
    f.template operator()<bfloat16, bfloat16, float, native>();
    f.template operator()<float16, float16, float, native>();
    f.template operator()<float, bfloat16, double, native>();
    f.template operator()<float, float, float, scalar>();
    if constexpr (all_types_in_plain) f.template operator()<bfloat16, bfloat16, float, scalar>();
}

template <class E, class G, class T>
std::string logits_title(const std::string& function) {
    return function + "/" + name_of<E> + "." + name_of<G> + "." + name_of<T>;
}

} // namespace bits
