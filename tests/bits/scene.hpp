// SPDX-License-Identifier: MIT
#pragma once

#include "bits.hpp"

#include <array>
#include <functional>
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
std::vector<scene> token_scenes();

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
    explicit place(const bits::scene& s);
    place(const place&) = delete;
    place& operator=(const place&) = delete;

    rlhf::batch batch{.mask = rlhf::all, .denominator = rlhf::counted_here};

    [[nodiscard]] std::size_t sequences() const { return lengths_.size(); }

    /// draw(random) gives a whole number of 2⁻⁴⁸; a token has the same in every scene.
    template <class T>
    [[nodiscard]] array<T> numbers(std::uint64_t seed, const std::function<std::int64_t(random&)>& draw) const;
    /// The same for integers, draw(random, whether the mask has the token).
    template <class I>
    [[nodiscard]] array<I> integers(std::uint64_t seed, const std::function<std::int64_t(random&, bool)>& draw) const;
    /// Flags that are set once in so many steps.
    [[nodiscard]] array<std::uint8_t> flags(std::uint64_t seed, std::uint64_t once_in) const;
    /// What a call writes to: small numbers everywhere, so that what it leaves alone is seen.
    template <class T>
    [[nodiscard]] array<T> output() const;
    /// One per sequence.
    template <class T>
    [[nodiscard]] std::vector<T> per_sequence(std::uint64_t seed,
                                              const std::function<std::int64_t(random&)>& draw) const;

    [[nodiscard]] bool counts(std::size_t q, std::size_t t) const;
    /// f(sequence, step) for all tokens, padding too, in the order of [B, T] or of the packed tokens.
    template <class F>
    void each_token(F&& f) const {
        for (std::size_t q = 0; q < sequences(); ++q)
            for (std::size_t t = 0; t < (scene_.in == form::packed ? lengths_[q] : steps_); ++t) f(q, t);
    }
    [[nodiscard]] const bits::scene& scene() const { return scene_; }
    [[nodiscard]] std::size_t steps() const { return steps_; }

private:
    [[nodiscard]] bool masked_in(std::size_t q, std::size_t t) const;
    [[nodiscard]] std::size_t row() const;
    [[nodiscard]] std::size_t at(std::size_t q, std::size_t t) const;
    template <class T>
    [[nodiscard]] array<T> make() const;
    template <class T, class At>
    [[nodiscard]] array<T> filled(At&& value) const;

    bits::scene scene_;
    std::vector<std::size_t> lengths_;
    std::size_t steps_ = 0;
    std::vector<std::int64_t> offsets64_ = {0};
    std::vector<std::int32_t> offsets32_;
    array<std::uint8_t> mask_;
};

} // namespace bits
