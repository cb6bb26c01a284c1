// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/check.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <span>
#include <type_traits>

namespace RLHF_NAMESPACE {

/// A size given as any integer type: `int B`, `size_t B` and torch's `int64_t B` need no cast.
struct extent {
    std::int64_t n = 0;
    constexpr extent() = default;
    template <std::integral Int>
        requires(!std::same_as<Int, bool>)
    constexpr extent(Int i) : n(static_cast<std::int64_t>(i)) {}
    constexpr operator std::int64_t() const { return n; }
};

/// [sequences, steps] elements; `stride` from row to row, in elements (0 = steps, contiguous).
struct shape {
    extent sequences = 1;
    extent steps;
    extent stride = 0;
};

/// How the library reads an array type of another library. with/eigen.hpp, with/torch.hpp and with/dlpack.hpp
/// specialise it. A specialisation has `template <class T, class B> static view<T> view_of(B& array)`.
template <class A>
struct adapter;

template <class T>
class view;

namespace detail {
template <class A>
concept adapted = requires {
    sizeof(adapter<A>);
};

/// True for the library's own views, by their type. A test of members would accept Eigen::MatrixXf too, which is
/// column-major and so would be read transposed.
template <class X>
inline constexpr bool is_view = false;
template <class X>
    requires requires { typename X::element_type; }
inline constexpr bool is_view<X> = std::derived_from<X, view<typename X::element_type>>;

template <class T>
inline constexpr bool is_byte = std::same_as<T, bool> ||
                                (std::integral<T> && sizeof(T) == 1) || std::same_as<T, std::byte>;

/// May an array of E be read as T? Only the same type, except that a mask is any one-byte type.
template <class E, class T>
inline constexpr bool same_element = std::same_as<std::remove_const_t<E>, std::remove_const_t<T>> ||
                                     (std::same_as<T, const std::uint8_t> && is_byte<std::remove_const_t<E>>);

template <class A>
concept bits_without_bytes = !std::ranges::contiguous_range<A> && requires {
    typename std::remove_cvref_t<A>::value_type;
    requires(std::same_as<typename std::remove_cvref_t<A>::value_type, bool>);
};

template <class A>
concept outlives = std::is_lvalue_reference_v<A> || is_view<std::remove_cvref_t<A>> || std::ranges::borrowed_range<A>;

/// The default of a field that must be given. It is instantiated, and so reported, only when the field is left out.
template <class T>
consteval view<const T> required() {
    static_assert(sizeof(T) == 0, "rlhf: a required array is missing from the braces, or named out of the struct's "
                                  "order (see the field above)");
    return {};
}
/// The default of an output that must be given.
template <class T>
consteval view<T> required_output() {
    (void)required<T>();
    return {};
}
} // namespace detail

/// Elements that the caller owns: a contiguous array (vector, span, array), which is read in the batch's shape; or rows
/// with a stride (a pointer and its shape); or one element per sequence (rlhf::per_sequence). Default: absent. The
/// constructor takes anything and explains mistakes by static_assert, because overload resolution cannot.
template <class T>
class view {
public:
    using element_type = T;
    static constexpr std::int64_t flat = -1;         ///< rows() of a contiguous array whose shape the batch gives
    static constexpr std::int64_t per_sequence = -2; ///< rows() of an array with one element per sequence

    constexpr view() = default;
    constexpr view(T* data, shape s)
        : data_(data), rows_(s.sequences), cols_(s.steps), stride_(s.stride != 0 ? s.stride : s.steps) {
        if (rows_ < 0 || cols_ < 0)
            detail::fail("view", "an array is [%lld, %lld], expected sizes of at least 0", rows_, cols_);
    }

    template <class A>
        requires(!std::same_as<std::remove_cvref_t<A>, view>)
    constexpr view(A&& a) {
        using X = std::remove_cvref_t<A>;
        if constexpr (detail::is_view<X>) {
            static_assert(std::convertible_to<decltype(a.data()), T*>,
                          "rlhf: a view of another element type, or of const elements where an output is meant");
            if constexpr (std::convertible_to<decltype(a.data()), T*>)
                data_ = a.data(), rows_ = a.rows(), cols_ = a.cols(), stride_ = a.stride();
        } else if constexpr (detail::adapted<X>) {
            *this = adapter<X>::template view_of<T>(a);
        } else if constexpr (std::is_pointer_v<X>) {
            static_assert(sizeof(A) == 0, "rlhf: a pointer does not say its size; write rlhf::view(pointer, "
                                          "{.sequences = B, .steps = T})");
        } else if constexpr (detail::bits_without_bytes<A>) {
            static_assert(sizeof(A) == 0,
                          "rlhf: std::vector<bool> has no bytes to view; use std::vector<std::uint8_t>");
        } else if constexpr (!std::ranges::contiguous_range<A>) {
            static_assert(sizeof(A) == 0, "rlhf: an array must be contiguous (vector, span, array), an rlhf::view, or "
                                          "have an adapter (rlhf/with/eigen.hpp)");
        } else if constexpr (!detail::same_element<std::remove_reference_t<std::ranges::range_reference_t<A>>, T>) {
            static_assert(sizeof(A) == 0, "rlhf: element type differs from the call's; the call is float unless it "
                                          "says <double>; masks are bool or std::uint8_t");
        } else if constexpr (std::is_const_v<std::remove_reference_t<std::ranges::range_reference_t<A>>> &&
                             !std::is_const_v<T>) {
            static_assert(sizeof(A) == 0, "rlhf: an output must be writable, this array is const");
        } else {
            data_ = reinterpret_cast<T*>(std::ranges::data(a));
            cols_ = static_cast<std::int64_t>(std::ranges::size(a));
        }
    }

    /// True if nothing was given. A null pointer with a size is not absent: functions throw for it.
    [[nodiscard]] constexpr bool absent() const { return data_ == nullptr && (cols_ == 0 || rows_ == 0); }
    [[nodiscard]] constexpr T* data() const { return data_; }
    [[nodiscard]] constexpr std::int64_t rows() const { return rows_; }
    [[nodiscard]] constexpr std::int64_t cols() const { return cols_; }
    [[nodiscard]] constexpr std::int64_t stride() const { return stride_; }
    [[nodiscard]] static constexpr std::int64_t element_size() { return sizeof(T); }

    /// Sets what no constructor takes, such as a stride of 0: every row is then the same memory. Functions read such an
    /// input once per row, and throw if it is an output.
    [[nodiscard]] static constexpr view with(T* data, std::int64_t rows, std::int64_t cols, std::int64_t stride) {
        view v;
        v.data_ = data, v.rows_ = rows, v.cols_ = cols, v.stride_ = stride;
        return v;
    }

private:
    T* data_ = nullptr;
    std::int64_t rows_ = flat, cols_ = 0, stride_ = 0;
};
template <class T>
view(T*, shape) -> view<T>;
template <std::ranges::contiguous_range A>
view(A&) -> view<std::remove_reference_t<std::ranges::range_reference_t<A&>>>;

namespace detail {
/// Views an array of any shape as one element per sequence. It keeps its stride.
template <class T>
constexpr view<T> one_per_sequence(const view<T>& v, const char* function, const char* name) {
    using V = view<T>;
    if (v.rows() == V::per_sequence) return v;
    if (v.rows() == V::flat) return V::with(v.data(), V::per_sequence, v.cols(), 1);
    if (v.rows() > 1 && v.cols() > 1 && v.stride() != v.cols())
        fail(function, "%s is [%lld, %lld] with a stride of %lld, expected one element per sequence", name, v.rows(),
             v.cols(), v.stride());
    return V::with(v.data(), V::per_sequence, times(v.rows(), v.cols()), v.cols() == 1 ? v.stride() : 1);
}
} // namespace detail

/// One element per sequence, where an array usually has one per token: every token of sequence s reads array[s]. The
/// array is flat, or one row, or one column of a table. Throws std::invalid_argument for a table with gaps between its
/// rows.
template <class A>
[[nodiscard]] constexpr auto per_sequence(A&& array) {
    return detail::one_per_sequence(view(array), "per_sequence", "the array");
}

/// Integers that the caller owns, of 32 or 64 bits: token ids, sequence offsets, ranks. The width is looked up at each
/// read.
class index_view {
public:
    /// What rows() says of such arrays.
    static constexpr std::int64_t flat = view<const int>::flat, per_sequence = view<const int>::per_sequence;

    constexpr index_view() = default;
    template <class Int>
    constexpr index_view(const Int* data, shape s) : index_view(view<const Int>(data, s)) {}
    template <class A>
        requires(!std::same_as<std::remove_cvref_t<A>, index_view>)
    constexpr index_view(A&& a) {
        using X = std::remove_cvref_t<A>;
        if constexpr (detail::adapted<X>) {
            *this = adapter<X>::index_of(a);
        } else if constexpr (detail::is_view<X>) {
            take(a.data(), a.rows(), a.cols(), a.stride());
        } else if constexpr (std::ranges::contiguous_range<A>) {
            take(std::ranges::data(a), flat, static_cast<std::int64_t>(std::ranges::size(a)), 0);
        } else {
            static_assert(sizeof(A) == 0, "rlhf: integers come as a contiguous array, or as rlhf::view(pointer, "
                                          "{.sequences = B, .steps = T})");
        }
    }

    [[nodiscard]] constexpr bool absent() const { return data_ == nullptr && (cols_ == 0 || rows_ == 0); }
    [[nodiscard]] constexpr const void* data() const { return data_; }
    [[nodiscard]] constexpr std::int64_t element_size() const { return wide_ ? 8 : 4; }
    [[nodiscard]] constexpr std::int64_t rows() const { return rows_; }
    [[nodiscard]] constexpr std::int64_t cols() const { return cols_; }
    [[nodiscard]] constexpr std::int64_t stride() const { return stride_; }
    [[nodiscard]] std::int64_t operator[](std::int64_t i) const {
        return wide_ ? read<std::int64_t>(i) : read<std::int32_t>(i);
    }

    /// The same memory from element `first` on, in another shape. rlhf::part uses it.
    [[nodiscard]] index_view from(std::int64_t first, std::int64_t rows, std::int64_t cols,
                                  std::int64_t stride = 0) const {
        index_view v = *this;
        v.data_ = static_cast<const char*>(data_) + first * element_size();
        v.rows_ = rows, v.cols_ = cols, v.stride_ = stride, v.part_ = true;
        return v;
    }
    /// True for a part of a longer array, whose offsets need not begin at 0.
    [[nodiscard]] constexpr bool is_part() const { return part_; }

private:
    template <class Int>
    constexpr void take(const Int* data, std::int64_t rows, std::int64_t cols, std::int64_t stride) {
        static_assert(std::signed_integral<Int> && (sizeof(Int) == 4 || sizeof(Int) == 8),
                      "rlhf: token ids, offsets and ranks are int32 or int64");
        data_ = data, wide_ = sizeof(Int) == 8, rows_ = rows, cols_ = cols, stride_ = stride;
    }
    /// Reads by memcpy, because the caller's type may be another one of the same size (long, long long).
    template <class Int>
    [[nodiscard]] std::int64_t read(std::int64_t i) const {
        Int x;
        std::memcpy(&x, static_cast<const char*>(data_) + i * std::int64_t(sizeof x), sizeof x);
        return x;
    }
    const void* data_ = nullptr;
    bool wide_ = false, part_ = false;
    std::int64_t rows_ = flat, cols_ = 0, stride_ = 0;
};

/// Offsets that a batch refers to: a temporary does not compile.
class offsets_view : public index_view {
public:
    constexpr offsets_view() = default;
    template <class A>
        requires(!std::same_as<std::remove_cvref_t<A>, offsets_view>)
    constexpr offsets_view(A&& a) : index_view(static_cast<A&&>(a)) {
        static_assert(detail::outlives<A> || std::derived_from<std::remove_cvref_t<A>, index_view>,
                      "rlhf: a batch does not copy its offsets; give the temporary a name");
    }
};

struct all_t {};
inline constexpr all_t all{}; ///< every token counts

/// Which tokens count: rlhf::all, or one byte per token (bool, uint8_t; non-zero = counts). It has no default.
class mask_view : public view<const std::uint8_t> {
public:
    template <class Missing = void>
    constexpr mask_view() {
        static_assert(!std::is_void_v<Missing>, "rlhf: batch.mask is missing: rlhf::all, or one byte per token");
    }
    constexpr mask_view(all_t) : all_(true) {}
    constexpr mask_view(const std::uint8_t* data, shape s) : view(data, s) {}
    template <class A>
        requires(!std::same_as<std::remove_cvref_t<A>, mask_view> && !std::same_as<std::remove_cvref_t<A>, all_t>)
    constexpr mask_view(A&& a) : view(bytes(static_cast<A&&>(a))) {}

    [[nodiscard]] constexpr bool all() const { return all_; }

private:
    bool all_ = false;

    template <class A>
    static constexpr view<const std::uint8_t> bytes(A&& a) {
        using X = std::remove_cvref_t<A>;
        static_assert(detail::outlives<A>, "rlhf: a batch does not copy its mask; give the temporary a name");
        if constexpr (detail::is_view<X>) {
            static_assert(detail::is_byte<std::remove_cvref_t<decltype(*a.data())>>,
                          "rlhf: masks are bool or std::uint8_t");
            return with(reinterpret_cast<const std::uint8_t*>(a.data()), a.rows(), a.cols(), a.stride());
        } else {
            return view<const std::uint8_t>(static_cast<A&&>(a));
        }
    }
};

} // namespace RLHF_NAMESPACE
