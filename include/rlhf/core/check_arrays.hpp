// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/view.hpp>

#include <array>

namespace RLHF_NAMESPACE::detail {

/// What a call does to an array.
enum class access {
    read,      ///< rows may share memory: a stride of 0
    read_once, ///< rows lie apart, as matrix products expect
    write,
};

/// The expected shape of an array. row_word and col_word, if given, name rows and columns in the error sentence, and
/// remedy ends it.
struct table {
    std::int64_t rows, cols;
    const char *row_word = "", *col_word = "";
    std::int64_t elements = times(rows, cols);
    const char* remedy = "";
};

/// The arrays of one call, by name: their shapes, strides and places in memory. An output overlaps no other array,
/// except that it may lie exactly on the input that it is computed from.
class arrays {
public:
    explicit arrays(const char* function) : function_(function) {} // NOLINT: regions_ are set when they are used
    arrays(const arrays&) = delete;

    /// Checks that an array of views or integers is [rows, cols], flat or as rows, and adds it. Returns the stride from
    /// row to row.
    template <class V>
    std::int64_t add(const V& v, const char* name, const table& t, access how, const void* in_place_of = nullptr) {
        const bool flat = v.rows() == V::flat;
        if (flat ? v.cols() != t.elements : v.rows() != t.rows || v.cols() != t.cols)
            refuse(name, v.rows(), v.cols(), t);
        if (!flat) return add(v.data(), v.element_size(), name, t.rows, t.cols, v.stride(), how, in_place_of);
        add_run(v.data(), v.element_size(), name, t.elements, how, in_place_of);
        return t.cols;
    }

    /// Adds memory whose shape is known. Returns its stride; the stride of a single row is its length.
    RLHF_NOINLINE std::int64_t add(const void* data, std::int64_t element_size, const char* name, std::int64_t rows,
                                   std::int64_t cols, std::int64_t stride, access how,
                                   const void* in_place_of = nullptr) {
        if (rows <= 1) stride = cols;
        if (rows == 0 || cols == 0) return stride;
        if (stride < cols && !(stride == 0 && how == access::read))
            fail(function_, "%s has a stride of %lld, shorter than its row of %lld", name, stride, cols);
        if (times(rows, times(stride > cols ? stride : cols, element_size)) == too_many)
            fail(function_, "%s is [%lld, %lld] with a stride of %lld, more than memory can hold", name, rows, cols,
                 stride);
        add_run(data, element_size, name, rows * cols, how, in_place_of);
        if (stride == cols) return stride;
        region& r = end_[-1];
        r.strided = true, r.bytes = cols * element_size, r.stride = stride * element_size;
        r.end = r.begin + (rows - 1) * r.stride + r.bytes;
        return stride;
    }

    /// Adds elements that lie side by side.
    void add_run(const void* data, std::int64_t element_size, const char* name, std::int64_t elements, access how,
                 const void* in_place_of = nullptr) {
        if (elements == 0) return;
        if (data == nullptr) fail(function_, "%s is a null pointer to %lld elements", name, elements);
        const std::int64_t bytes = times(elements, element_size);
        if (bytes == too_many) fail(function_, "%s has %lld elements, more than memory can hold", name, elements);
        add_bytes(data, bytes, name, how, in_place_of);
    }
    /// Adds memory that needs no check.
    void add_bytes(const void* data, std::int64_t bytes, const char* name, access how, const void* in_place_of) {
        if (end_ == regions_.data() + regions_.size()) fail(function_, "too many arrays");
        if (how == access::write && first_output_ == nullptr) first_output_ = end_;
        region& r = *end_++;
        r.begin = static_cast<const char*>(data), r.end = r.begin + bytes;
        r.name = name, r.in_place_of = in_place_of, r.output = how == access::write, r.strided = false;
    }

    /// Called when all arrays are added: throws if an output overlaps another array.
    void check_overlaps() const {
        const region* const end = first_output_ == nullptr ? nullptr : end_;
        for (const region* i = first_output_; i != end; ++i)
            for (const region* j = regions_.data(); j != i; ++j)
                if (j->begin < i->end && i->begin < j->end) check_overlap(j->output ? *j : *i, j->output ? *i : *j);
    }

private:
    struct region {
        const char *begin, *end, *name;
        const void* in_place_of;
        bool output, strided;       ///< strided: there are gaps between its rows
        std::int64_t bytes, stride; ///< of a row, and from row to row, if it is strided
    };

    [[noreturn]] RLHF_COLD void refuse(const char* name, std::int64_t rows, std::int64_t cols, const table& t) const {
        if (rows == view<const int>::per_sequence)
            fail(function_, "%s has one element per sequence, expected [%lld, %lld]", name, t.rows, t.cols);
        if (rows >= 0)
            fail(function_, "%s is [%lld, %lld], expected [%lld, %lld]%s", name, rows, cols, t.rows, t.cols, t.remedy);
        if (*t.row_word == '\0')
            fail(function_, "%s has %lld elements, expected %lld%s", name, cols, t.elements, t.remedy);
        fail(function_, "%s has %lld elements, expected %lld (%lld %s of %s = %lld)", name, cols, t.elements, t.rows,
             t.row_word, t.col_word, t.cols);
    }

    /// Called for arrays whose ranges from begin to end meet. Throws if `out` is an output and overlaps the other.
    RLHF_NOINLINE void check_overlap(const region& out, const region& other) const {
        if (out.output && overlap(out, other)) fail(function_, "%s overlaps %s", out.name, other.name);
    }
    [[nodiscard]] static bool overlap(const region& out, const region& other) {
        const bool alike = out.strided == other.strided && (!out.strided || out.stride == other.stride);
        const bool same_place = alike && out.begin == other.begin && out.end == other.end;
        if (same_place && (out.in_place_of == other.begin || other.in_place_of == out.begin) &&
            out.output != other.output)
            return false;
        if (!alike || !out.strided) return true;
        // Columns of one table: they overlap only if their ranges of columns do.
        const std::int64_t apart = (out.begin - other.begin) % out.stride,
                           distance = apart < 0 ? apart + out.stride : apart;
        return distance < other.bytes || out.stride - distance < out.bytes;
    }

    const char* function_;
    std::array<region, 24> regions_;
    region *end_ = regions_.data(), *first_output_ = nullptr; ///< null: there is no output
};

} // namespace RLHF_NAMESPACE::detail
