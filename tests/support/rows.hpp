// SPDX-License-Identifier: MIT
#pragma once

#include "reference/batch.hpp"
#include "support/random.hpp"
#include "support/refusal.hpp"
#include "support/ulp.hpp"

#include <rlhf/core/batch.hpp>

#include <algorithm>

namespace test {

enum class arrangement { padded, time_major, packed };
inline constexpr std::array arrangements{arrangement::padded, arrangement::time_major, arrangement::packed};

/// Masked rows, as a batch for the library and as one for the reference. The batch looks into this object.
struct rows {
    std::size_t sequences, size;
    std::vector<std::uint8_t> mask;
    std::vector<std::int32_t> offsets;
    rlhf::batch library{.mask = rlhf::all, .denominator = rlhf::counted_here};
    reference::batch plain;

    /// About `sequences` rows of up to `steps` steps. `next`: the mask is given by token (predict_next).
    rows(random& r, arrangement how, mask_kind kind, std::size_t sequences_, std::size_t steps, bool next = false)
        : sequences(sequences_), size(sequences_ * steps) {
        if (how == arrangement::packed) {
            offsets = packed_offsets(ragged_lengths(r, sequences, steps));
            size = static_cast<std::size_t>(offsets.back());
            mask = kind == mask_kind::none ? std::vector<std::uint8_t>(size, 0)
                                           : flags(r, size,
                                                   kind == mask_kind::all    ? 1
                                                   : kind == mask_kind::gaps ? 0.9
                                                                             : 0.5);
            library.offsets = offsets;
            plain = reference::packed(offsets, mask);
        } else {
            mask = test::mask(r, kind, sequences, steps);
            library.sequences = sequences, library.steps = steps;
            if (how == arrangement::time_major) {
                const auto by_row = mask;
                for (std::size_t s = 0; s < sequences; ++s)
                    for (std::size_t t = 0; t < steps; ++t) mask[t * sequences + s] = by_row[s * steps + t];
                library.layout = rlhf::layout::time_first;
                plain = reference::time_major(sequences, steps, mask);
            } else {
                plain = reference::padded(sequences, steps, mask);
            }
        }
        library.mask = mask;
        if (next) library.predict_next = true, plain = reference::predict_next(plain);
    }
    rows(const rows&) = delete;

    [[nodiscard]] std::size_t longest() const {
        std::size_t n = 0;
        for (const auto& row : plain.rows) n = std::max(n, row.size());
        return n;
    }
};

/// Bytes in the shape of an array: set where its element is above a threshold.
class flags_like {
public:
    template <class T>
    flags_like(const rlhf::view<const T>& of, double threshold) {
        const bool flat = of.rows() < 0;
        const std::int64_t rows = flat ? 1 : of.rows(), stride = flat ? of.cols() : of.stride();
        bytes_.resize(static_cast<std::size_t>(rows * stride));
        for (std::int64_t row = 0; row < rows; ++row)
            for (std::int64_t i = row * stride; i < row * stride + of.cols(); ++i)
                bytes_[static_cast<std::size_t>(i)] = static_cast<double>(of.data()[i]) > threshold;
        view_ = rlhf::view<const std::uint8_t>::with(bytes_.data(), of.rows(), of.cols(), of.stride());
    }
    flags_like(const flags_like&) = delete;
    [[nodiscard]] const rlhf::view<const std::uint8_t>& view() const { return view_; }

private:
    std::vector<std::uint8_t> bytes_;
    rlhf::view<const std::uint8_t> view_;
};

/// Whether each element of got is within tolerance · max(1, |want|) of want, and +0 where want is masked.
template <class T>
[[nodiscard]] bool close_where_counted(const std::vector<T>& got, const reference::array& want,
                                       const reference::batch& b, double tolerance) {
    for (std::size_t i = 0; i < got.size(); ++i) {
        if (!b.counted(i)) {
            if (!same_bits(got[i], T(0))) return false;
            continue;
        }
        const reference::real error = std::fabs(static_cast<reference::real>(got[i]) - want[i]);
        if (!(error <= tolerance * std::max<reference::real>(1, std::fabs(want[i])))) return false;
    }
    return true;
}

} // namespace test
