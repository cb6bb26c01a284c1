// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/engine/sequences/sequence_sums.hpp>

namespace RLHF_NAMESPACE::detail {

/// One number per counted token, which `rule` computes from some inputs. NaN is left out. The code is plain C++; Arch
/// only keeps the code of instruction sets apart.
template <class T, class Arch, std::size_t In, class Rule>
class token_values {
public:
    using element = T;

    token_values(const call& c, const std::array<stream<const T>, In>& in, const Rule& rule)
        : call_(c), in_(in), rule_(rule) {}

    [[nodiscard]] const call& of() const { return call_; }
    /// Calls f(t, value) for the tokens of a sequence, in order.
    template <class F>
    void each(std::int64_t s, F&& f) const {
        const sequence_mask mask = call_.mask(s);
        std::array<const T*, In> row;
        for (std::size_t i = 0; i < In; ++i) row[i] = in_[i].row(s, call_.begin(s));
        for (std::int64_t t = 0; t < mask.length; ++t) {
            if (!mask[t]) continue;
            const T x = [&]<std::size_t... K>(std::index_sequence<K...>) {
                return static_cast<T>(rule_(lane::number<T>(row[K][t * in_[K].step])...));
            }
            (std::make_index_sequence<In>());
            if (x == x) f(t, x);
        }
    }

private:
    const call& call_;
    std::array<stream<const T>, In> in_;
    Rule rule_;
};

/// An unsigned integer per number, in the order of the numbers. −0 has the integer of 0, because they are equal.
template <class T>
[[nodiscard]] typename lane::format<T>::integer order_of(T x) {
    using integer = typename lane::format<T>::integer;
    constexpr integer sign = lane::format<T>::sign;
    const auto bits = std::bit_cast<integer>(x == T(0) ? T(0) : x);
    return (bits & sign) != 0 ? static_cast<integer>(~bits) : static_cast<integer>(bits | sign);
}
template <class T>
[[nodiscard]] T number_of(typename lane::format<T>::integer order) {
    using integer = typename lane::format<T>::integer;
    constexpr integer sign = lane::format<T>::sign;
    return std::bit_cast<T>((order & sign) != 0 ? static_cast<integer>(order & ~sign) : static_cast<integer>(~order));
}

/// The number of values for each digit of 11 bits. Parts join by +=, in any order.
struct digit_counts {
    static constexpr int bits = 11;
    std::array<std::int64_t, std::size_t(1) << bits> of{};

    void normalize() {}
    digit_counts& operator+=(const digit_counts& o) {
        for (std::size_t i = 0; i < of.size(); ++i) of[i] += o.of[i];
        return *this;
    }
};

/// A count whose parts join by +=.
struct value_count {
    std::int64_t n = 0;

    void normalize() {}
    value_count& operator+=(const value_count& o) {
        n += o.n;
        return *this;
    }
};

template <class Values>
std::int64_t count_values(const Values& values, const executor& run) {
    return run_sequences<value_count>(values.of(), run,
                                      [&](std::int64_t first, std::int64_t last, value_count& part) {
                                          for (std::int64_t s = first; s < last; ++s)
                                              values.each(s, [&](std::int64_t, auto) { ++part.n; });
                                      })
        .n;
}

/// A value, the number of smaller values, and the number of equal ones.
template <class T>
struct ordered_value {
    T value = 0;
    std::int64_t smaller = 0, equal = 0;
};

/// The value with `rank` others before it in rising order, found digit by digit. Nothing is sorted or stored, and the
/// result does not depend on threads or the order of the tokens. There must be more than `rank` values.
template <class Values>
ordered_value<typename Values::element> value_at(const Values& values, std::int64_t rank, const executor& run) {
    using T = typename Values::element;
    using integer = typename lane::format<T>::integer;
    ordered_value<T> found;
    integer prefix = 0;
    for (int above = 0, all = sizeof(T) * 8; above < all;) {
        const int width = (std::min)(digit_counts::bits, all - above), below = all - above - width;
        const auto counts = run_sequences<digit_counts>(
            values.of(), run, [&](std::int64_t first, std::int64_t last, digit_counts& part) {
                for (std::int64_t s = first; s < last; ++s)
                    values.each(s, [&](std::int64_t, T x) {
                        const integer digits = order_of(x) >> below;
                        if (above == 0 || digits >> width == prefix)
                            ++part.of[static_cast<std::size_t>(digits & low_bits(width))];
                    });
            });
        std::size_t digit = 0;
        while (found.smaller + counts.of[digit] <= rank) found.smaller += counts.of[digit++];
        prefix = static_cast<integer>(prefix << width | digit), found.equal = counts.of[digit], above += width;
    }
    found.value = number_of<T>(prefix);
    return found;
}

/// The number of values for each digit of 8 bits, and the sum of their squares. Parts join by +=, in any order.
template <class T>
struct digit_squares {
    static constexpr int bits = 8;
    std::array<std::int64_t, std::size_t(1) << bits> of{};
    std::array<exact_sum, std::size_t(1) << bits> squares;

    void normalize() {
        for (auto& sum : squares) sum.normalize();
    }
    digit_squares& operator+=(const digit_squares& o) {
        for (std::size_t i = 0; i < of.size(); ++i)
            if (o.of[i] > 0) of[i] += o.of[i], squares[i] += o.squares[i];
        return *this;
    }
};

/// The largest number for which the mean of x² over the values x up to it is below `most`. At least one value is up to
/// it. It is infinite if the mean over all values is below `most`. Values are not negative.
template <class Values>
typename Values::element limit_of_mean_square(const Values& values, double most, const executor& run) {
    using T = typename Values::element;
    using integer = typename lane::format<T>::integer;
    using sums = digit_squares<T>;
    integer prefix = 0;
    std::int64_t kept = 0;
    exact_sum squares;
    for (int above = 0, all = sizeof(T) * 8; above < all; above += sums::bits) {
        const int below = all - above - sums::bits;
        const auto digits =
            run_sequences<sums>(values.of(), run, [&](std::int64_t first, std::int64_t last, sums& part) {
                for (std::int64_t s = first; s < last; ++s)
                    values.each(s, [&](std::int64_t, T x) {
                        const integer order = order_of(x) >> below;
                        if (above > 0 && order >> sums::bits != prefix) return;
                        const auto digit = static_cast<std::size_t>(order & low_bits(sums::bits));
                        ++part.of[digit], part.squares[digit].add(static_cast<double>(real(x) * real(x)));
                    });
            });
        std::size_t digit = 0;
        for (; digit < digits.of.size(); ++digit) {
            exact_sum with = squares;
            with += digits.squares[digit];
            const std::int64_t n = kept + digits.of[digit];
            if (n > 0 && !(with.value() < static_cast<double>(real(most) * real(static_cast<double>(n))))) break;
            kept = n, squares = with;
        }
        if (digit == digits.of.size()) return std::numeric_limits<T>::infinity();
        prefix = static_cast<integer>(prefix << sums::bits | digit);
    }
    return number_of<T>(static_cast<integer>(prefix - (kept > 0 ? 1 : 0)));
}

/// Writes a mask: 1 where a token counts and kept(its number) is true, else 0. Its bytes lie where the bytes of the
/// batch's mask lie, and may be the same memory.
template <class T, class Kept>
void write_kept(const call& c, const stream<const T>& values, const stream<std::uint8_t>& keep, const executor& run,
                const Kept& kept) {
    const std::int64_t shift = c.batch().predict_next.value_or(false) ? 1 : 0, n = c.size();
    const std::int64_t rows = std::max<std::int64_t>(32 * segment_tokens / std::max<std::int64_t>(c.longest(), 1), 1);
    run(static_cast<std::size_t>((n + rows - 1) / rows), [&](std::size_t piece) {
        const std::int64_t first = static_cast<std::int64_t>(piece) * rows;
        for (std::int64_t s = first; s < (std::min)(n, first + rows); ++s) {
            const sequence_mask mask = c.mask(s);
            const T* const x = values.row(s, c.begin(s));
            std::uint8_t* const to = keep.row(s, c.begin(s));
            for (std::int64_t t = 0; t < mask.length; ++t)
                to[(t + shift) * keep.step] = mask[t] && kept(x[t * values.step]) ? 1 : 0;
            for (std::int64_t t = 0; t < (std::min)(shift, c.length(s)); ++t) to[t * keep.step] = 0;
        }
    });
}

} // namespace RLHF_NAMESPACE::detail
