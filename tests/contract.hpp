// SPDX-License-Identifier: MIT
#pragma once

#include "catch.hpp"
#include "random.hpp"
#include "ulp.hpp"

#include <rlhf/loss.hpp>

#include <algorithm>
#include <numeric>
#include <string>
#include <thread>

/// Same bits, however a batch is laid out and cut: one problem is placed into memory in many ways, and every element
/// of every output, and every statistic, must come out with the same bits.
///
/// A function is registered by a lambda `(const contract::call<T>&) -> result` and a digest of its result:
///
///     contract::holds<T>({.inputs = {log_probs, log_probs, advantages}, .outputs = 1}, call, digest);
///
/// It is then run through: columns added left and right, rows at either end, packed with int32 and int64 offsets,
/// time-major, pointers shifted by one element, longer strides, threads, garbage under the mask, mask and targets
/// shifted by predict_next, rows permuted, and the batch cut after every row and at random; rlhf::all against bytes
/// that are all set; and, if it writes to `call::d(k)`, gradients added to what is there.
namespace contract {

template <class T>
using generator = std::vector<T> (*)(test::random&, std::size_t);
using integers = std::vector<std::int32_t> (*)(test::random&, std::size_t);

/// The arguments of one run.
template <class T>
struct call {
    rlhf::batch batch;
    std::vector<rlhf::view<const T>> in;
    std::vector<rlhf::view<const T>> sequence;
    std::vector<rlhf::view<T>> out;
    rlhf::executor run;
    bool add = false;
    std::vector<rlhf::view<const std::int32_t>> narrow = {};
    std::vector<rlhf::view<const std::int64_t>> wide = {};

    /// Output k as a gradient.
    [[nodiscard]] rlhf::gradient<T> d(std::size_t k) const { return {out[k], 1, add}; }
    /// Integer input k, in either width.
    [[nodiscard]] rlhf::index_view index(std::size_t k) const {
        return wide.empty() ? rlhf::index_view(narrow[k]) : rlhf::index_view(wide[k]);
    }
    /// The same call over some of the sequences.
    [[nodiscard]] call part(std::int64_t first, std::int64_t count) const {
        call c{.batch = batch.part(first, count), .in = {}, .sequence = {}, .out = {}, .run = run, .add = add};
        for (auto& v : in) c.in.push_back(rlhf::part(v, batch, first, count));
        for (auto& v : out) c.out.push_back(rlhf::part(v, batch, first, count));
        for (auto& v : sequence) c.sequence.push_back(rlhf::part(rlhf::per_sequence(v), batch, first, count));
        for (auto& v : narrow) c.narrow.push_back(rlhf::part(v, batch, first, count));
        for (auto& v : wide) c.wide.push_back(rlhf::part(v, batch, first, count));
        return c;
    }
};

template <class T>
struct problem {
    std::vector<generator<T>> inputs;        ///< one element a token each
    std::vector<generator<T>> sequences = {}; ///< one element a sequence each
    std::vector<integers> indices = {};       ///< one integer a token each: ranks
    std::size_t outputs = 1;
    bool time_major = true;   ///< the same bits are promised for [T, B]
    bool predict_next = true; ///< the function honours it
    bool merges = true;       ///< results of parts join to the bits of the whole
    bool cleared = true;      ///< masked outputs are +0
    bool adds = false;        ///< the outputs are gradients, written to call::d(k)
    std::vector<std::size_t> lengths = {1037, 0, 1, 16, 700, 33, 512, 5};
    double masked = 0.2;      ///< share of masked tokens inside a row
    /// What the function divides by; rlhf::count unless it counts something else.
    rlhf::counts (*denominator)(const call<T>&) = [](const call<T>& c) { return rlhf::count(c.batch); };
};

/// One way to lay a problem out.
struct placement {
    std::string name;
    std::size_t left = 0, right = 0, stride = 0, shift = 0;
    bool right_aligned = false, packed = false, wide = false, time_first = false, predict_next = false, add = false;
    double garbage = 0;
    std::vector<std::size_t> order = {}; ///< of the rows
};

/// Executors that are not this thread in order.
inline auto threads(std::size_t n) {
    return [n](std::size_t pieces, rlhf::task body) {
        std::vector<std::thread> pool;
        for (std::size_t k = 0; k < n; ++k)
            pool.emplace_back([=] {
                for (std::size_t i = k; i < pieces; i += n) body(pieces - 1 - i);
            });
        for (auto& t : pool) t.join();
    };
}

/// What an output that is added to holds before; small, so that nothing added to it is lost.
template <class T>
T before(std::size_t s, std::size_t t) {
    return static_cast<T>(static_cast<double>((s * 7 + t * 5) % 13) - 6) / T(1024);
}

/// A problem's numbers: input, row, token.
template <class T>
struct numbers {
    std::vector<std::vector<std::uint8_t>> masks;
    std::vector<std::vector<std::vector<T>>> tokens;
    std::vector<std::vector<T>> sequences;
    std::vector<std::vector<std::vector<std::int32_t>>> indices;
};

/// A problem's numbers, where a placement puts them.
template <class T>
class memory {
public:
    memory(const problem<T>& p, const numbers<T>& x, const placement& where)
        : p_(p), masks_(x.masks), where_(where), rows_(p.lengths.size()), extra_(where.predict_next ? 1 : 0) {
        order_ = where.order;
        if (order_.empty()) order_.resize(rows_), std::iota(order_.begin(), order_.end(), 0U);
        longest_ = *std::max_element(p.lengths.begin(), p.lengths.end()) + extra_;
        steps_ = longest_ + where.left + where.right;
        for (std::size_t s : order_) offsets64_.push_back(offsets64_.back() + static_cast<std::int64_t>(p.lengths[s] + extra_));
        offsets32_.assign(offsets64_.begin(), offsets64_.end());
        cols_ = where.time_first ? rows_ : steps_;
        stride_ = cols_ + where.stride;
        const std::size_t size = where.packed ? static_cast<std::size_t>(offsets64_.back()) : (where.time_first ? steps_ : rows_) * stride_;
        const T garbage = static_cast<T>(where.garbage);
        mask_.assign(size + where.shift, where.predict_next ? 1 : 0);
        if (where.predict_next) mark_first_tokens(size);
        in_.assign(p.inputs.size(), std::vector<T>(size + where.shift, garbage));
        out_.assign(p.outputs, std::vector<T>(size + where.shift, untouched));
        narrow_.assign(p.indices.size(), std::vector<std::int32_t>(size + where.shift, where.garbage != 0 ? -0x7fffffff : 0));
        for (std::size_t s = 0; s < rows_; ++s)
            for (std::size_t t = 0; t < p.lengths[s]; ++t) {
                const std::size_t i = at(s, t);
                const bool counts = masks_[s][t] != 0;
                mask_[at(s, t + extra_)] = masks_[s][t];
                for (std::size_t k = 0; k < in_.size(); ++k) in_[k][i] = counts ? x.tokens[k][s][t] : garbage;
                for (std::size_t k = 0; k < narrow_.size(); ++k) narrow_[k][i] = counts ? x.indices[k][s][t] : narrow_[k][i];
                if (where.add)
                    for (auto& o : out_) o[i] = before<T>(s, t);
            }
        for (const auto& a : narrow_) wide_.emplace_back(a.begin(), a.end());
        for (const auto& values : x.sequences) {
            sequence_.emplace_back();
            for (std::size_t s : order_) sequence_.back().push_back(values[s]);
        }
    }

    /// Arguments; `run` must outlive them.
    call<T> arguments(const rlhf::executor& run = {}) {
        call<T> c{.batch = {.mask = rlhf::all, .denominator = rlhf::counted_here}, .in = {}, .sequence = {}, .out = {}, .run = run, .add = where_.add};
        if (where_.packed) {
            c.batch.offsets = where_.wide ? rlhf::offsets_view(offsets64_) : rlhf::offsets_view(offsets32_);
        } else {
            c.batch.sequences = rows_, c.batch.steps = steps_;
            c.batch.layout = where_.time_first ? rlhf::layout::time_first : rlhf::layout::batch_first;
        }
        if (p_.predict_next) c.batch.predict_next = where_.predict_next;
        c.batch.mask = rlhf::mask_view(view<std::uint8_t>(mask_));
        for (auto& a : in_) c.in.push_back(view<const T>(a));
        for (auto& a : out_) c.out.push_back(view<T>(a));
        for (auto& a : sequence_) c.sequence.push_back(a);
        if (where_.wide)
            for (auto& a : wide_) c.wide.push_back(view<const std::int64_t>(a));
        else
            for (auto& a : narrow_) c.narrow.push_back(view<const std::int32_t>(a));
        return c;
    }

    /// Output k at the problem's token (s, t).
    [[nodiscard]] T output(std::size_t k, std::size_t s, std::size_t t) const { return out_[k][at(s, t)]; }

    /// Padding is written +0, what lies between rows is not written.
    void check_surroundings(bool cleared) const {
        for (const auto& a : out_) {
            std::size_t wrong = 0;
            std::vector<bool> token(a.size(), false);
            for (std::size_t s = 0; s < rows_; ++s)
                for (std::size_t t = 0; t < p_.lengths[s]; ++t) token[at(s, t)] = true;
            for (std::size_t i = 0; i < a.size(); ++i) {
                if (token[i]) continue;
                const bool gap = i < where_.shift || (!where_.packed && (i - where_.shift) % stride_ >= cols_);
                if (gap || where_.add) wrong += a[i] != untouched;
                else if (cleared) wrong += !test::same_bits(a[i], T(0));
            }
            CHECK(wrong == 0);
        }
    }

private:
    [[nodiscard]] std::size_t at(std::size_t s, std::size_t t) const {
        const auto row = static_cast<std::size_t>(std::find(order_.begin(), order_.end(), s) - order_.begin());
        if (where_.packed) return where_.shift + static_cast<std::size_t>(offsets64_[row]) + t;
        const std::size_t step = where_.left + (where_.right_aligned ? longest_ - p_.lengths[s] - extra_ : 0) + t;
        return where_.shift + (where_.time_first ? step * stride_ + row : row * stride_ + step);
    }
    /// With predict_next the first token of a row is about nothing: its mask byte must not matter. Elsewhere 0.
    void mark_first_tokens(std::size_t size) {
        std::fill(mask_.begin(), mask_.end(), std::uint8_t(0));
        if (where_.packed)
            for (std::size_t row = 0; row < rows_; ++row) mask_[where_.shift + static_cast<std::size_t>(offsets64_[row])] = 1;
        else
            for (std::size_t row = 0; row < rows_; ++row) mask_[where_.shift + (where_.time_first ? row : row * stride_)] = 1;
        (void)size;
    }
    template <class E>
    rlhf::view<E> view(std::vector<std::remove_const_t<E>>& a) {
        E* data = a.data() + where_.shift;
        if (where_.packed) return std::span<E>(data, a.size() - where_.shift);
        return {data, {.sequences = where_.time_first ? steps_ : rows_, .steps = cols_, .stride = stride_}};
    }

    static constexpr T untouched = -77;

    const problem<T>& p_;
    const std::vector<std::vector<std::uint8_t>>& masks_;
    placement where_;
    std::size_t rows_, extra_, longest_ = 0, steps_ = 0, cols_ = 0, stride_ = 0;
    std::vector<std::size_t> order_;
    std::vector<std::int64_t> offsets64_ = {0};
    std::vector<std::int32_t> offsets32_;
    std::vector<std::uint8_t> mask_;
    std::vector<std::vector<T>> in_, out_, sequence_;
    std::vector<std::vector<std::int32_t>> narrow_;
    std::vector<std::vector<std::int64_t>> wide_;
};

inline std::vector<placement> placements(bool time_major, bool predict_next, std::size_t rows) {
    const double inf = std::numeric_limits<double>::infinity();
    std::vector<placement> all;
    for (const std::size_t n : {1, 5, 16, 33}) {
        all.push_back({.name = "wider on the right", .right = n});
        all.push_back({.name = "wider on the left", .left = n});
    }
    all.push_back({.name = "padded on the left", .right_aligned = true});
    all.push_back({.name = "shifted pointers", .shift = 1});
    all.push_back({.name = "longer stride", .stride = 3});
    all.push_back({.name = "packed, int32", .packed = true});
    all.push_back({.name = "packed, int64, shifted", .shift = 3, .packed = true, .wide = true});
    for (const double g : {std::numeric_limits<double>::quiet_NaN(), inf, -inf, 1e30, -1e30})
        all.push_back({.name = "garbage under the mask", .left = 2, .right = 3, .garbage = g});
    std::vector<std::size_t> reversed(rows), rotated(rows);
    for (std::size_t s = 0; s < rows; ++s) reversed[s] = rows - 1 - s, rotated[s] = (s + 3) % rows;
    all.push_back({.name = "rows reversed", .order = reversed});
    all.push_back({.name = "rows rotated, packed", .packed = true, .order = rotated});
    if (time_major) all.push_back({.name = "time-major", .left = 1, .stride = 2, .time_first = true});
    if (predict_next) {
        all.push_back({.name = "predict_next", .predict_next = true});
        all.push_back({.name = "predict_next, packed", .packed = true, .predict_next = true, .garbage = inf});
        if (time_major) all.push_back({.name = "predict_next, time-major", .time_first = true, .predict_next = true});
    }
    return all;
}

/// Number of runs made, for the log.
inline std::size_t& runs() {
    static std::size_t n = 0;
    return n;
}

template <class T, class Call, class Digest>
class harness {
public:
    harness(const problem<T>& p, const Call& f, const Digest& digest) : p_(p), f_(f), digest_(digest) {
        test::random r(20220304);
        for (const std::size_t n : p.lengths) {
            x_.masks.push_back(test::flags(r, n, 1 - p.masked));
            if (n > 40) std::fill_n(x_.masks.back().begin() + 20, 17, std::uint8_t(0)); // a gap longer than a block
        }
        for (const auto make : p.inputs) {
            x_.tokens.emplace_back();
            for (const std::size_t n : p.lengths) x_.tokens.back().push_back(make(r, n));
        }
        for (const auto make : p.sequences) x_.sequences.push_back(make(r, p.lengths.size()));
        for (const auto make : p.indices) {
            x_.indices.emplace_back();
            for (const std::size_t n : p.lengths) x_.indices.back().push_back(make(r, n));
        }
    }

    void run() {
        placement plain{.name = "plain"};
        memory<T> m = place(plain);
        auto c = m.arguments();
        c.batch.denominator = whole_ = p_.denominator(c);
        if constexpr (has_result) expected_ = digest_(f_(c)); else f_(c);
        ++runs();
        outputs_ = collect(m);
        check_cleared();
        for (const placement& where : placements(p_.time_major, p_.predict_next, p_.lengths.size())) compare(where, {});
        for (const std::size_t n : {1, 2, 3, 8}) {
            const auto pool = threads(n);
            compare({.name = std::to_string(n) + " threads"}, pool);
            compare({.name = std::to_string(n) + " threads, packed", .packed = true}, pool);
        }
        cuts();
        if (p_.adds) additions();
        everything_counts();
    }

private:
    static constexpr bool has_result = !std::is_void_v<std::invoke_result_t<const Call&, const call<T>&>>;

    memory<T> place(const placement& where) { return memory<T>(p_, x_, where); }

    std::vector<T> collect(const memory<T>& m) const {
        std::vector<T> all;
        for (std::size_t k = 0; k < p_.outputs; ++k)
            for (std::size_t s = 0; s < p_.lengths.size(); ++s)
                for (std::size_t t = 0; t < p_.lengths[s]; ++t) all.push_back(m.output(k, s, t));
        return all;
    }
    void check_cleared() const {
        std::size_t i = 0, wrong = 0, nonzero = 0;
        for (std::size_t k = 0; k < p_.outputs; ++k)
            for (const auto& row : x_.masks)
                for (const auto counts : row) {
                    wrong += counts == 0 && !test::same_bits(outputs_[i], T(0));
                    nonzero += counts != 0 && outputs_[i] != T(0);
                    ++i;
                }
        if (p_.cleared) CHECK(wrong == 0);
        CHECK((p_.outputs == 0 || nonzero > 0)); // a harness over zeros would prove nothing
    }

    void compare(const placement& where, const rlhf::executor& run) {
        CAPTURE(where.name);
        memory<T> m = place(where);
        auto c = m.arguments(run);
        CHECK(p_.denominator(c) == whole_);
        if (runs() % 2 == 0) c.batch.denominator = whole_; // else counted_here: the same number
        if constexpr (has_result) check_digest(digest_(f_(c))); else f_(c);
        ++runs();
        CHECK(test::same_bits(collect(m), outputs_));
        m.check_surroundings(p_.cleared);
    }

    /// Parts that divide by the whole's counts give the whole's outputs, and their results join to the whole's.
    void cuts() {
        test::random r(7);
        for (int round = 0; round < 6; ++round) {
            const placement where{.name = "cut", .left = static_cast<std::size_t>(round), .packed = round % 2 == 1,
                                  .time_first = round == 4 && p_.time_major};
            CAPTURE(round);
            memory<T> m = place(where);
            auto c = m.arguments();
            c.batch.denominator = whole_;
            const auto n = static_cast<std::int64_t>(p_.lengths.size());
            [[maybe_unused]] auto joined = part_result();
            for (std::int64_t first = 0; first < n;) {
                const std::int64_t count = round < 2 ? 1 : 1 + static_cast<std::int64_t>(r.below(static_cast<std::size_t>(n - first)));
                const call<T> part = c.part(first, count);
                if constexpr (has_result) joined += f_(part); else f_(part);
                ++runs();
                first += count;
            }
            if constexpr (has_result) if (p_.merges) check_digest(digest_(joined));
            CHECK(test::same_bits(collect(m), outputs_));
        }
    }

    /// add_to leaves masked outputs as they are, and gives the others what write_to writes: old + written, up to one
    /// rounding (a compiler may fuse the product with the sum), and the same bits in every layout.
    void additions() {
        std::vector<T> first;
        for (placement where : {placement{.name = "added"}, placement{.name = "added, wider", .left = 5, .right = 1},
                                placement{.name = "added, packed", .packed = true}, placement{.name = "added, stride", .stride = 3, .shift = 1},
                                placement{.name = "added, time-major", .time_first = true}}) {
            if (where.time_first && !p_.time_major) continue;
            where.add = true;
            CAPTURE(where.name);
            memory<T> m = place(where);
            auto c = m.arguments();
            c.batch.denominator = whole_;
            if constexpr (has_result) check_digest(digest_(f_(c))); else f_(c);
            ++runs();
            m.check_surroundings(true);
            const std::vector<T> got = collect(m);
            if (first.empty()) first = got;
            CHECK(test::same_bits(got, first));
            std::size_t i = 0, wrong = 0;
            for (std::size_t k = 0; k < p_.outputs; ++k)
                for (std::size_t s = 0; s < x_.masks.size(); ++s)
                    for (std::size_t t = 0; t < x_.masks[s].size(); ++t, ++i) {
                        const T old = before<T>(s, t), written = outputs_[i];
                        const T rounding = std::numeric_limits<T>::epsilon() * (std::abs(old) + std::abs(written));
                        wrong += x_.masks[s][t] == 0 ? !test::same_bits(got[i], old) : !(std::abs(got[i] - (old + written)) <= rounding);
                    }
            CHECK(wrong == 0);
        }
    }

    /// No mask is the same as one whose bytes are all set.
    void everything_counts() {
        for (auto& row : x_.masks) std::fill(row.begin(), row.end(), std::uint8_t(1));
        outputs_.clear();
        for (const bool bytes : {true, false})
            for (const bool predict_next : {false, true}) {
                if (predict_next && !p_.predict_next) continue;
                CAPTURE(bytes, predict_next);
                memory<T> m = place({.name = "all", .packed = true, .predict_next = predict_next});
                auto c = m.arguments();
                if (!bytes) c.batch.mask = rlhf::all;
                const auto got = [&] {
                    if constexpr (has_result) return digest_(f_(c)); else return f_(c), std::vector<double>();
                }();
                ++runs();
                if (outputs_.empty()) expected_ = got, outputs_ = collect(m);
                if constexpr (has_result) check_digest(got);
                CHECK(test::same_bits(collect(m), outputs_));
            }
    }
    static auto part_result() {
        if constexpr (has_result) return std::invoke_result_t<const Call&, const call<T>&>(); else return 0;
    }

    void check_digest(const std::vector<double>& got) const {
        CHECK(got.size() == expected_.size());
        CHECK(test::same_bits(got, expected_));
    }

    const problem<T>& p_;
    const Call& f_;
    const Digest& digest_;
    numbers<T> x_;
    std::vector<T> outputs_;
    std::vector<double> expected_;
    rlhf::counts whole_;
};

/// Runs f through every placement. The digest lists the result's numbers; leave it out for functions without result.
template <class T, class Call, class Digest>
void holds(const problem<T>& p, const Call& f, const Digest& digest) {
    harness<T, Call, Digest>(p, f, digest).run();
}
template <class T, class Call>
void holds(const problem<T>& p, const Call& f) {
    const auto none = [](const auto&) { return std::vector<double>(); };
    harness<T, Call, decltype(none)>(p, f, none).run();
}

} // namespace contract
