// SPDX-License-Identifier: MIT
#pragma once

#include "contract/contract.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

/// One problem, placed into memory in many ways.
namespace contract {

/// One way to lay a problem out.
struct placement {
    std::string name;
    std::size_t left = 0, right = 0, stride = 0, shift = 0;
    bool right_aligned = false, packed = false, wide = false, time_first = false, predict_next = false, add = false;
    double garbage = 0;
    std::vector<std::size_t> order = {}; ///< of the rows
};

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
        for (std::size_t s : order_)
            offsets64_.push_back(offsets64_.back() + static_cast<std::int64_t>(p.lengths[s] + extra_));
        offsets32_.assign(offsets64_.begin(), offsets64_.end());
        cols_ = where.time_first ? rows_ : steps_;
        stride_ = cols_ + where.stride;
        const std::size_t size =
            where.packed ? static_cast<std::size_t>(offsets64_.back()) : (where.time_first ? steps_ : rows_) * stride_;
        const T garbage = static_cast<T>(where.garbage);
        mask_.assign(size + where.shift, where.predict_next ? 1 : 0);
        if (where.predict_next) mark_first_tokens(size);
        in_.assign(p.inputs.size(), std::vector<T>(size + where.shift, garbage));
        out_.assign(p.outputs, std::vector<T>(size + where.shift, untouched));
        narrow_.assign(p.indices.size(),
                       std::vector<std::int32_t>(size + where.shift, where.garbage != 0 ? -0x7fffffff : 0));
        for (std::size_t s = 0; s < rows_; ++s)
            for (std::size_t t = 0; t < p.lengths[s]; ++t) {
                const std::size_t i = at(s, t);
                const bool counts = masks_[s][t] != 0;
                mask_[at(s, t + extra_)] = masks_[s][t];
                for (std::size_t k = 0; k < in_.size(); ++k) in_[k][i] = counts ? x.tokens[k][s][t] : garbage;
                for (std::size_t k = 0; k < narrow_.size(); ++k)
                    narrow_[k][i] = counts ? x.indices[k][s][t] : narrow_[k][i];
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
        call<T> c{.batch = {.mask = rlhf::all, .denominator = rlhf::counted_here},
                  .in = {},
                  .sequence = {},
                  .out = {},
                  .run = run,
                  .add = where_.add};
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
                if (gap || where_.add)
                    wrong += a[i] != untouched;
                else if (cleared)
                    wrong += !test::same_bits(a[i], T(0));
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
            for (std::size_t row = 0; row < rows_; ++row)
                mask_[where_.shift + static_cast<std::size_t>(offsets64_[row])] = 1;
        else
            for (std::size_t row = 0; row < rows_; ++row)
                mask_[where_.shift + (where_.time_first ? row : row * stride_)] = 1;
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
    for (const std::size_t n : {1U, 5U, 16U, 33U}) {
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

} // namespace contract
