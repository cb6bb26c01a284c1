// SPDX-License-Identifier: MIT
#pragma once

#include "bits.hpp"

#include <array>
#include <limits>

/// The inputs: where sequences lie in memory, which tokens count, and numbers that are the same everywhere.
namespace bits {

/// SplitMix64 (Steele, Lea, Flood 2014).
class random {
public:
    explicit random(std::uint64_t seed) : state_(seed) {}
    std::uint64_t bits() {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31);
    }
    std::uint64_t below(std::uint64_t n) { return bits() % n; }
    /// Uniform in ±limit; a whole number of 2⁻⁴⁸, as all numbers here are until they become a T.
    std::int64_t around(std::int64_t limit = 1) { return (static_cast<std::int64_t>(bits()) >> 15) * limit; }
    /// More often near 0.
    std::int64_t bell(std::int64_t limit = 1) { return (around(limit) + around(limit) + around(limit)) / 3; }
    /// Log-probabilities: at most 0, mostly near it.
    std::int64_t log_prob() { return -static_cast<std::int64_t>((bits() >> 40) * (bits() >> 40)) * 6; }

private:
    std::uint64_t state_;
};

template <class T>
[[nodiscard]] T real(std::int64_t n) {
    const double x = static_cast<double>(n) * 0x1p-48; // without rounding
    if constexpr (sizeof(T) == 2)
        return static_cast<T>(static_cast<float>(x)); // so that inputs are the same however doubles become 16 bits
    else
        return static_cast<T>(x);
}

enum class form { rows, columns, packed };
enum class mask { gaps, all, none };
enum class content { garbage, plain, special }; ///< garbage under the mask; nowhere; and special numbers that count

struct scene {
    std::string name;
    form in = form::rows;
    bits::mask mask = mask::gaps;
    bits::content content = content::garbage;
    std::size_t stride = 0; ///< beyond a row's elements; the array then begins one element late
    bool predict_next = false;
    bool whole = false;                ///< a denominator larger than what is counted
    bool all_options = false;          ///< else the first and the last
    std::size_t vocab = 0, padded = 0; ///< of logits, and with the columns behind them
    std::vector<std::size_t> lengths = {600, 0, 1, 33, 512, 5, 64, 17, 100, 31, 16, 513, 2, 77, 8, 300, 15, 40, 9};
};

/// Per-token functions.
inline std::vector<scene> token_scenes() {
    return {{.name = "rows", .all_options = true},
            {.name = "columns", .in = form::columns},
            {.name = "packed", .in = form::packed},
            {.name = "strided", .stride = 3, .whole = true},
            {.name = "strided_columns", .in = form::columns, .stride = 5},
            {.name = "next", .predict_next = true},
            {.name = "packed_next", .in = form::packed, .predict_next = true, .whole = true},
            {.name = "all", .mask = mask::all, .content = content::plain},
            {.name = "special", .content = content::special},
            {.name = "special_columns", .in = form::columns, .content = content::special},
            {.name = "none", .mask = mask::none}};
}

template <class T>
inline constexpr std::array<T, 8> special_values{T(0),
                                                 -T(0),
                                                 T(700),
                                                 T(-700),
                                                 std::numeric_limits<T>::denorm_min(),
                                                 std::numeric_limits<T>::infinity(),
                                                 -std::numeric_limits<T>::infinity(),
                                                 std::numeric_limits<T>::quiet_NaN()};

/// An array where the scene puts it.
template <class T>
struct array {
    std::vector<T> memory;
    rlhf::view<T> out;
    [[nodiscard]] rlhf::view<const T> in() const { return out; }
};

/// A scene in memory: its batch, and arrays of its shape. Stays where it is made, since the batch looks at it.
class place {
public:
    explicit place(const bits::scene& s) : scene_(s), lengths_(s.lengths) {
        for (const std::size_t n : lengths_) {
            steps_ = n > steps_ ? n : steps_;
            offsets64_.push_back(offsets64_.back() + static_cast<std::int64_t>(n));
        }
        offsets32_.assign(offsets64_.begin(), offsets64_.end());
        if (s.in == form::packed) {
            batch.offsets = s.predict_next ? rlhf::offsets_view(offsets64_) : rlhf::offsets_view(offsets32_);
        } else {
            batch.sequences = lengths_.size(), batch.steps = steps_;
            batch.layout = s.in == form::columns ? rlhf::layout::time_first : rlhf::layout::batch_first;
        }
        batch.predict_next = s.predict_next;
        mask_ = make<std::uint8_t>();
        for (std::size_t q = 0; q < lengths_.size(); ++q) {
            random r(77 + q);
            bool inside = true;
            for (std::size_t t = 0; t < lengths_[q]; ++t) {
                if (r.below(inside ? 24 : 6) == 0) inside = !inside;
                const bool hole = q % 5 == 4 && t >= 20 && t < 150; // longer than any register
                mask_.memory[at(q, t)] = s.mask == mask::none ? 0 : s.mask == mask::all ? 1 : inside && !hole;
            }
        }
        if (s.mask != mask::all) batch.mask = rlhf::mask_view(mask_.in());
        if (s.whole) {
            const rlhf::counts own = rlhf::count(batch);
            batch.denominator = rlhf::counts{own.tokens + 1000, own.sequences + 3};
        }
    }
    place(const place&) = delete;
    place& operator=(const place&) = delete;

    rlhf::batch batch{.mask = rlhf::all, .denominator = rlhf::counted_here};

    [[nodiscard]] std::size_t sequences() const { return lengths_.size(); }

    /// draw(random) gives a whole number of 2⁻⁴⁸; a token has the same in every scene.
    template <class T, class Draw>
    [[nodiscard]] array<T> numbers(std::uint64_t seed, Draw&& draw) const {
        return filled<T>([&](std::size_t q, std::size_t t) {
            random r(seed << 40 ^ q << 24 ^ t);
            const T x = real<T>(draw(r));
            const bool special = scene_.content == content::special && r.below(40) == 0;
            const bool garbage = scene_.content == content::garbage && !counts(q, t) && r.below(3) != 0;
            return special || garbage ? special_values<T>[r.below(8)] : x;
        });
    }
    /// The same for integers, draw(random, whether the mask has the token).
    template <class I, class Draw>
    [[nodiscard]] array<I> integers(std::uint64_t seed, Draw&& draw) const {
        return filled<I>([&](std::size_t q, std::size_t t) {
            random r(seed << 40 ^ q << 24 ^ t);
            return static_cast<I>(draw(r, masked_in(q, t)));
        });
    }
    /// Flags that are set once in so many steps.
    [[nodiscard]] array<std::uint8_t> flags(std::uint64_t seed, std::uint64_t once_in) const {
        return integers<std::uint8_t>(seed, [&](random& r, bool) { return r.below(once_in) == 0 ? 1 : 0; });
    }
    /// What a call writes to: small numbers everywhere, so that what it leaves alone is seen.
    template <class T>
    [[nodiscard]] array<T> output() const {
        array<T> a = make<T>();
        for (std::size_t i = 0; i < a.memory.size(); ++i) a.memory[i] = real<T>(random(i).around() / 1024);
        return a;
    }
    /// One per sequence.
    template <class T, class Draw>
    [[nodiscard]] std::vector<T> per_sequence(std::uint64_t seed, Draw&& draw) const {
        std::vector<T> x;
        random r(seed);
        for (std::size_t q = 0; q < sequences(); ++q) x.push_back(real<T>(draw(r)));
        return x;
    }

    [[nodiscard]] bool counts(std::size_t q, std::size_t t) const {
        return masked_in(q, t + (scene_.predict_next ? 1 : 0));
    }
    /// f(sequence, step) for all tokens, padding too, in the order of [B, T] or of the packed tokens.
    template <class F>
    void each_token(F&& f) const {
        for (std::size_t q = 0; q < sequences(); ++q)
            for (std::size_t t = 0; t < (scene_.in == form::packed ? lengths_[q] : steps_); ++t) f(q, t);
    }
    [[nodiscard]] const bits::scene& scene() const { return scene_; }
    [[nodiscard]] std::size_t steps() const { return steps_; }

private:
    [[nodiscard]] bool masked_in(std::size_t q, std::size_t t) const {
        const bool all = scene_.mask == mask::all;
        return t < (all && scene_.in != form::packed ? steps_ : lengths_[q]) && (all || mask_.memory[at(q, t)] != 0);
    }
    [[nodiscard]] std::size_t row() const {
        return (scene_.in == form::columns ? sequences() : steps_) + scene_.stride;
    }
    [[nodiscard]] std::size_t at(std::size_t q, std::size_t t) const {
        const std::size_t first = scene_.stride != 0 ? 1 : 0;
        if (scene_.in == form::packed) return static_cast<std::size_t>(offsets64_[q]) + t;
        return first + (scene_.in == form::columns ? t * row() + q : q * row() + t);
    }
    template <class T>
    [[nodiscard]] array<T> make() const {
        array<T> a;
        if (scene_.in == form::packed) {
            a.memory.resize(static_cast<std::size_t>(offsets64_.back()));
            a.out = rlhf::view<T>(a.memory);
            return a;
        }
        const bool columns = scene_.in == form::columns;
        const std::size_t rows = columns ? steps_ : sequences(), cols = columns ? sequences() : steps_;
        a.memory.resize((scene_.stride != 0 ? 1 : 0) + rows * row());
        if (scene_.stride == 0)
            a.out = rlhf::view<T>(a.memory);
        else
            a.out = rlhf::view<T>(a.memory.data() + 1, {.sequences = rows, .steps = cols, .stride = row()});
        return a;
    }
    template <class T, class At>
    [[nodiscard]] array<T> filled(At&& value) const {
        array<T> a = make<T>();
        each_token([&](std::size_t q, std::size_t t) { a.memory[at(q, t)] = value(q, t); });
        return a;
    }

    bits::scene scene_;
    std::vector<std::size_t> lengths_;
    std::size_t steps_ = 0;
    std::vector<std::int64_t> offsets64_ = {0};
    std::vector<std::int32_t> offsets32_;
    array<std::uint8_t> mask_;
};

} // namespace bits
