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
    int low = 0; // what lies below goes
    for (int step = 32; step > 0; step /= 2)
        if (std::popcount(bits >> (low + step)) >= n) low += step;
    return bits >> low << low;
}

/// Steps first … last − 1 of a row, n of which are time.
struct row_part {
    std::int64_t first = 0, last = 0, n = 0;
    bool gapless = true; ///< all of them count
};

/// How steps come into a tile, and results out of it.
enum class moving {
    all,     ///< every step
    cleared, ///< every step, with 0 for those that do not count
    squeezed ///< those that count, side by side; 0 between the results
};

/// Room for steps that do not lie side by side in whole registers: brought in, scanned, and written from here.
template <class T, class Arch, class Kernel>
class row_tile {
    static constexpr std::size_t In = Kernel::inputs, Out = Kernel::outputs;
    using L = lanes<T, Arch>;
    using V = typename L::type;
    static constexpr std::int64_t width = L::width, group = row_scan<T, Arch, Kernel>::group,
                                  ahead = row_scan<T, Arch, Kernel>::ahead;

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

    using lines = std::array<line<const T>, In>;
    struct sink {
        T* data = nullptr; ///< null: not wanted
        bool add = false;
    };
    using sinks = std::array<sink, Out>;

    void bring(const row_part& p, const row_mask& mask, lines from, moving how) {
        for (std::size_t k = 0; k < In; ++k)
            if (from[k].step == 0) {
                same_[k].fill(*from[k].data);
                from[k].data = same_[k].data();
            }
        if (how == moving::squeezed)
            bring<moving::squeezed>(p, mask, from);
        else if (how == moving::cleared)
            bring<moving::cleared>(p, mask, from);
        else
            bring<moving::all>(p, mask, from);
        for (auto& x : in_) // what no step fills
            std::fill_n(x.begin() + (Kernel::forward ? p.n : 0), groups(p.n) * group - p.n, T(0));
    }
    void take(const row_part& p, const row_mask& mask, const sinks& to, moving how) const {
        if (how == moving::squeezed)
            take<moving::squeezed>(p, mask, to);
        else if (how == moving::cleared)
            take<moving::cleared>(p, mask, to);
        else
            take<moving::all>(p, mask, to);
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

    const T* in(std::size_t k) const { return in_[k].data(); }
    T* out(std::size_t o) { return out_[o].data(); }
    T* sums() { return sums_.data(); }
    const std::uint8_t* ones() { return ones_.fill(1), ones_.data(); }

    /// Where the first of n steps lies: they end, or for a kernel that runs forwards begin, with a whole group.
    static std::int64_t lead(std::int64_t n) { return Kernel::forward ? 0 : groups(n) * group - n; }
    static std::int64_t groups(std::int64_t n) { return (n + group - 1) / group; }

private:
    template <moving How>
    RLHF_NOINLINE void bring(const row_part& p, const row_mask& mask, const lines& from) {
        std::int64_t at = lead(p.n);
        each_register(p, mask, [&](std::int64_t t, auto n, std::uint64_t counts) RLHF_INLINE {
            using lane::select;
            for (std::size_t k = 0; k < In; ++k) {
                const T* source = from[k].data + t * from[k].step;
                V v = load(source, n);
                prefetch(source + ahead);
                if constexpr (How == moving::squeezed) v = L::compress(counts, v);
                if constexpr (How == moving::cleared) v = select(L::where(counts), v, V(T(0)));
                L::store(in_[k].data() + at, v);
            }
            at += How == moving::squeezed ? std::popcount(counts) : width;
        });
    }
    template <moving How>
    RLHF_NOINLINE void take(const row_part& p, const row_mask& mask, const sinks& to) const {
        std::int64_t at = lead(p.n);
        each_register(p, mask, [&](std::int64_t t, auto n, std::uint64_t counts) RLHF_INLINE {
            using lane::select;
            for (std::size_t o = 0; o < Out; ++o) {
                if (to[o].data == nullptr) continue;
                V v = L::load(out_[o].data() + at);
                if constexpr (How == moving::squeezed) v = L::expand(counts, v);
                if constexpr (How == moving::cleared) v = select(L::where(counts), v, V(T(0)));
                if (to[o].add) {
                    const V old = load(to[o].data + t, n);
                    v = How == moving::all ? old + v : select(L::where(counts), old + v, old);
                }
                store(to[o].data + t, v, n);
                prefetch_to_write(to[o].data + t + ahead);
            }
            at += How == moving::squeezed ? std::popcount(counts) : width;
        });
    }

    /// Calls f(t, n, counts) for n ≤ width steps from t on, of which these count.
    template <class F>
    static RLHF_INLINE void each_register(const row_part& p, const row_mask& mask, F&& f) {
        std::int64_t t = p.first;
        for (; t + 64 <= p.last; t += 64) {
            const std::uint64_t counts = counted_bits(mask, t, 64);
            for (std::int64_t r = 0; r < 64; r += width) f(t + r, whole(), counts >> r & low_bits(width));
        }
        std::uint64_t counts = counted_bits(mask, t, p.last - t);
        for (; t < p.last; t += width, counts = counts >> (width - 1) >> 1)
            f(t, std::min(p.last - t, width), counts & low_bits(width));
    }
    using whole = std::integral_constant<std::int64_t, width>;
    static V load(const T* p, whole) { return L::load(p); }
    static V load(const T* p, std::int64_t n) { return L::load_first(p, n); }
    static void store(T* p, const V& v, whole) { L::store(p, v); }
    static void store(T* p, const V& v, std::int64_t n) { L::store_first(p, v, n); }

    template <class X, std::int64_t N>
    using array = std::array<X, static_cast<std::size_t>(N)>;
    alignas(64) std::array<array<T, steps + 2 * width>, In> in_;
    alignas(64) std::array<array<T, steps + 2 * width>, Out> out_;
    alignas(64) std::array<array<T, width>, In> same_; ///< of inputs with one element a row
    alignas(64) array<T, group> sums_;
    array<std::uint8_t, 2 * group> ones_;
    array<step_flags, steps / 64 + 2> flags_;
};

} // namespace rlhf::inline RLHF_ABI::detail
