// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/detail/row_scan.hpp>
#include <rlhf/formula/gae.hpp>

namespace rlhf::inline RLHF_ABI::detail {

/// Which n ≤ 64 tokens from t on count.
inline std::uint64_t counted_bits(const row_mask& m, std::int64_t t, std::int64_t n) {
    const std::int64_t inside = std::clamp<std::int64_t>(m.length - t, 0, n);
    return m.bytes == nullptr ? low_bits(inside) : counted_bits(m.bytes + t, inside);
}

/// The n highest of the bits that are set; there are as many.
inline std::uint64_t highest(std::uint64_t bits, std::int64_t n) {
    for (std::int64_t spare = std::popcount(bits) - n; spare > 0; --spare) bits &= bits - 1;
    return bits;
}

/// Steps first … last − 1 of a row, n of which are time.
struct row_part {
    std::int64_t first = 0, last = 0, n = 0;
    bool gapless = true; ///< all of them count
};

/// Room for steps that do not lie side by side in whole registers: brought in, scanned, and written from here.
template <class T, class Arch, class Kernel>
class row_tile {
    static constexpr std::size_t In = Kernel::inputs, Out = Kernel::outputs;
    using L = lanes<T, Arch>;
    using V = typename L::type;
    static constexpr std::int64_t width = L::width, group = row_scan<T, Arch, Kernel>::group;

public:
    static constexpr std::int64_t steps = 256; ///< it holds
    using span = typename row_scan<T, Arch, Kernel>::span;

    /// Where step t of the row's array lies, and how far apart: 1, or 0 for one element a row.
    template <class E>
    struct line {
        E* data = nullptr;
        std::int64_t step = 1;
    };
    template <class E>
    static line<E> line_of(const stream<E>& s, std::int64_t row, std::int64_t begin) {
        return {s ? s.row(row, begin) : nullptr, s.step};
    }

    /// Brings those inputs in that `to` does not have yet. `squeeze`: only what counts; else `zero`: what does not count
    /// becomes 0.
    void bring(const row_part& p, const row_mask& mask, const std::array<line<const T>, In>& from, bool squeeze,
               bool zero, span& to) {
        using lane::select;
        if (std::find(to.in.begin(), to.in.end(), nullptr) == to.in.end()) return;
        std::int64_t at = lead(p.n);
        each_register(p, mask, [&](std::int64_t t, std::int64_t n, std::uint64_t counts) RLHF_INLINE {
            for (std::size_t k = 0; k < In; ++k) {
                if (to.in[k] != nullptr) continue;
                const T* source = from[k].data + t * from[k].step;
                V v = from[k].step == 0 ? V(*source) : n == width ? L::load(source) : L::load_first(source, n);
                if (squeeze)
                    v = L::compress(counts, v);
                else if (zero)
                    v = select(L::where(counts), v, V(T(0)));
                L::store(in_[k].data() + at, v);
            }
            at += squeeze ? std::popcount(counts) : width;
        });
        for (std::size_t k = 0; k < In; ++k) {
            if (to.in[k] != nullptr) continue;
            std::fill_n(in_[k].begin() + (Kernel::forward ? p.n : 0), groups(p.n) * group - p.n, T(0));
            to.in[k] = in_[k].data();
        }
    }

    /// The part's flags.
    const step_flags* flag(const row_part& p, const row_mask& mask, const line<const std::uint8_t>& terminated,
                           const line<const std::uint8_t>& truncated, bool squeeze, bool zero) {
        flags_.fill({});
        std::int64_t at = lead(p.n);
        for (std::int64_t t = p.first; t < p.last; t += 64) {
            const std::int64_t n = std::min<std::int64_t>(p.last - t, 64);
            const std::uint64_t counts = counted_bits(mask, t, n), read = zero ? counts : low_bits(n);
            const auto set = [&](const line<const std::uint8_t>& f) {
                if (f.data == nullptr) return std::uint64_t(0);
                return f.step == 0 ? (*f.data != 0 ? read : 0) : counted_bits(f.data + t, n) & read;
            };
            step_flags here{.terminated = set(terminated), .unread = low_bits(n) & ~read};
            here.cut = here.terminated | set(truncated);
            for (auto word : {&step_flags::terminated, &step_flags::cut, &step_flags::unread}) {
                const std::uint64_t bits = squeeze ? compress_bits(here.*word, counts) : here.*word;
                flags_[static_cast<std::size_t>(at / 64)].*word |= bits << (at % 64);
                if (at % 64 != 0) flags_[static_cast<std::size_t>(at / 64) + 1].*word |= bits >> (64 - at % 64);
            }
            at += squeeze ? std::popcount(counts) : n;
        }
        return flags_.data();
    }

    /// Room for the results.
    T* room(std::size_t k) { return out_[k].data(); }
    T* sums() { return sums_.data(); }

    /// Takes results out; 0 where `masked` and not counted. `squeeze`: as they were brought in.
    void take(const row_part& p, const row_mask& mask, std::size_t k, T* to, bool squeeze, bool masked, bool add) const {
        using lane::select;
        const T* at = out_[k].data() + lead(p.n);
        each_register(p, mask, [&](std::int64_t t, std::int64_t n, std::uint64_t counts) RLHF_INLINE {
            V v = L::load(at);
            if (squeeze)
                v = L::expand(counts, v);
            else if (masked)
                v = select(L::where(counts), v, V(T(0)));
            if (add) {
                const V old = L::load_first(to + t, n);
                v = squeeze || masked ? select(L::where(counts), old + v, old) : old + v;
            }
            if (n == width)
                L::store(to + t, v);
            else
                L::store_first(to + t, v, n);
            at += squeeze ? std::popcount(counts) : width;
        });
    }

    /// Where the first of n steps lies: they end, or for a kernel that runs forwards begin, with a whole group.
    static std::int64_t lead(std::int64_t n) { return Kernel::forward ? 0 : groups(n) * group - n; }
    static std::int64_t groups(std::int64_t n) { return (n + group - 1) / group; }

private:
    /// Calls f(t, n, counts) for n ≤ width steps from t on.
    template <class F>
    static RLHF_INLINE void each_register(const row_part& p, const row_mask& mask, F&& f) {
        for (std::int64_t t = p.first; t < p.last; t += 64) {
            std::uint64_t counts = counted_bits(mask, t, std::min<std::int64_t>(p.last - t, 64));
            for (std::int64_t here = t; here < std::min(p.last, t + 64); here += width, counts >>= width - 1, counts >>= 1)
                f(here, std::min(p.last - here, width), counts & low_bits(width));
        }
    }

    template <class X, std::int64_t N>
    using array = std::array<X, static_cast<std::size_t>(N)>;
    alignas(64) std::array<array<T, steps + 2 * width>, In> in_;
    alignas(64) std::array<array<T, steps + 2 * width>, Out> out_;
    alignas(64) array<T, group> sums_;
    array<step_flags, steps / 64 + 2> flags_;
};

} // namespace rlhf::inline RLHF_ABI::detail
