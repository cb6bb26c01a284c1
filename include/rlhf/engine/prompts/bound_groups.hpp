// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/groups.hpp>
#include <rlhf/engine/call/call.hpp>

#include <algorithm>
#include <array>

namespace RLHF_NAMESPACE::detail {

/// The groups of a call with one element per sequence.
class bound_groups {
public:
    bound_groups(call& c, const groups& g) : size_(g.size), sequences_(c.size()), ids_(g.ids) {
        const char* f = c.function();
        const view<std::int64_t>& w = g.workspace;
        const bool by_ids = !g.ids.absent();
        if (by_ids ? g.size != 0 : g.size < 1 && sequences_ > 0)
            fail(f, "the group size is %lld, expected %s", g.size,
                 by_ids ? "0 with groups.ids" : "at least 1, or groups.ids");
        if (!by_ids) {
            if (size_ > 0 && sequences_ % size_ != 0)
                fail(f, "%lld sequences are not a multiple of the group size %lld", sequences_, size_);
            return;
        }
        stride_ = c.per_sequence(g.ids, "groups.ids");
        const std::int64_t room = w.rows() < 0 ? w.cols() : w.rows() == 1 ? w.cols() : 0;
        if (room < group_workspace(sequences_))
            fail(f, "groups.workspace has %lld elements, expected at least %lld (2 per id)", room,
                 group_workspace(sequences_));
        c.arrays().add(w.data(), sizeof(std::int64_t), "groups.workspace", 1, room, room, access::write);
        order_ = w.data(), other_ = order_ + sequences_;
    }

    /// The size of every group, or 0 if groups are given by ids.
    [[nodiscard]] std::int64_t size() const { return order_ == nullptr ? size_ : 0; }

    [[nodiscard]] std::int64_t sequences() const { return sequences_; }

    /// Sorts the sequences by their ids, as unsigned numbers; sequences of one group stay in order. Called after all
    /// checks.
    void sort() {
        if (order_ == nullptr) return;
        std::uint64_t differ = 0; // the bits in which two ids differ
        bool sorted = true;
        for (std::int64_t s = 0; s < sequences_; ++s) {
            order_[s] = s;
            differ |= bits(s) ^ bits(0);
            sorted = sorted && (s == 0 || bits(s - 1) <= bits(s));
        }
        for (int shift = 0; shift < 64 && !sorted; shift += 8)
            if ((differ >> shift & 0xff) != 0) sort_by(shift);
    }

    /// The sequences of a piece of work. A sequence belongs to the piece in which its group begins.
    static constexpr std::int64_t piece = 8192;
    [[nodiscard]] std::int64_t pieces() const { return (sequences_ + piece - 1) / piece; }
    /// The first sequence, in sorted order, of the first group that begins at position `from` or later.
    [[nodiscard]] std::int64_t begin(std::int64_t from) const {
        if (order_ == nullptr) return (std::min)(sequences_, (from + size_ - 1) / size_ * size_);
        while (from > 0 && from < sequences_ && id(order_[from]) == id(order_[from - 1])) ++from;
        return (std::min)(sequences_, from);
    }
    /// The end of the group that begins at a position.
    [[nodiscard]] std::int64_t end(std::int64_t begin) const {
        if (order_ == nullptr) return begin + size_;
        std::int64_t past = begin + 1;
        while (past < sequences_ && id(order_[past]) == id(order_[begin])) ++past;
        return past;
    }
    /// The sequence at a position.
    [[nodiscard]] std::int64_t operator[](std::int64_t position) const {
        return order_ == nullptr ? position : order_[position];
    }

private:
    /// Sorts by one byte of the ids, into the other half of the workspace.
    void sort_by(int shift) {
        std::array<std::int64_t, 257> begin{};
        const auto byte = [&](std::int64_t s) -> std::size_t { return bits(s) >> shift & 0xff; };
        for (std::int64_t s = 0; s < sequences_; ++s) ++begin[byte(s) + 1];
        for (std::size_t b = 1; b < begin.size(); ++b) begin[b] += begin[b - 1];
        for (std::int64_t i = 0; i < sequences_; ++i) other_[begin[byte(order_[i])]++] = order_[i];
        std::swap(order_, other_);
    }
    [[nodiscard]] std::uint64_t bits(std::int64_t s) const { return static_cast<std::uint64_t>(id(s)); }
    [[nodiscard]] std::int64_t id(std::int64_t s) const { return ids_[s * stride_]; }

    std::int64_t size_, sequences_;
    index_view ids_;
    std::int64_t stride_ = 1; ///< from id to id
    std::int64_t *order_ = nullptr, *other_ = nullptr;
};

} // namespace RLHF_NAMESPACE::detail
