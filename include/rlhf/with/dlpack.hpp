// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/check.hpp>
#include <rlhf/core/logits.hpp>

#include <dlpack/dlpack.h>

/// Pass a DLTensor, which Python's array libraries exchange, wherever rlhf expects an array. It is in CPU memory, and
/// is [B, T] with any stride from row to row (for inputs also 0, as broadcast rows have), or [tokens], or [B]. Type and
/// strides are checked when the call is made (std::invalid_argument). Nothing is copied or kept: the caller owns the
/// tensor, which must outlive the call.
namespace RLHF_NAMESPACE {

namespace detail {
[[nodiscard]] inline bool dl_is(const DLTensor& t, int code, int bits) {
    return t.dtype.code == code && t.dtype.bits == bits && t.dtype.lanes == 1;
}
template <class T>
[[nodiscard]] bool dl_holds(const DLTensor& t) {
    constexpr int boolean = 6; // kDLBool, which old headers do not have
    constexpr int bits = 8 * static_cast<int>(sizeof(T));
    if constexpr (std::same_as<T, std::uint8_t>) return dl_is(t, kDLUInt, 8) || dl_is(t, boolean, 8);
    if constexpr (std::same_as<T, bfloat16>) return dl_is(t, kDLBfloat, 16);
    return dl_is(t, std::signed_integral<T> ? kDLInt : kDLFloat, bits);
}
inline void check_dl(const DLTensor& t, bool right_type, const char* wanted) {
    const auto device = static_cast<int>(t.device.device_type);
    if (device != kDLCPU) fail("view", "a DLTensor is on device %lld, expected cpu", device);
    if (!right_type)
        fail("view", "a DLTensor has type code %lld of %lld bits, expected %s", t.dtype.code, t.dtype.bits, wanted);
}
/// The stride of dimension d in elements. A tensor without strides is compact and row-major.
[[nodiscard]] inline std::int64_t dl_stride(const DLTensor& t, int d) {
    if (t.strides != nullptr) return t.strides[d];
    std::int64_t stride = 1;
    for (int k = d + 1; k < t.ndim; ++k) stride *= t.shape[k];
    return stride;
}
template <class T>
[[nodiscard]] T* dl_data(const DLTensor& t) {
    return reinterpret_cast<T*>(static_cast<char*>(t.data) + t.byte_offset);
}
template <class V, class T>
[[nodiscard]] V dl_seen_as(const DLTensor& t, T* data) {
    if (t.ndim != 1 && t.ndim != 2) fail("view", "a DLTensor has %lld dimensions, expected [B, T] or [tokens]", t.ndim);
    const int last = t.ndim - 1;
    if (t.shape[last] > 1 && t.shape[0] > 0 && dl_stride(t, last) != 1)
        fail("view", "a DLTensor's last stride is %lld, expected 1", dl_stride(t, last));
    if (t.ndim == 1) return view<T>::with(data, view<T>::flat, t.shape[0], 0);
    return view<T>::with(data, t.shape[0], t.shape[1], dl_stride(t, 0));
}
} // namespace detail

template <>
struct adapter<DLTensor> {
    template <class T>
    static view<T> view_of(const DLTensor& t) {
        using E = std::remove_const_t<T>;
        constexpr bool bytes = std::same_as<E, std::uint8_t>;
        detail::check_dl(t, detail::dl_holds<E>(t),
                         bytes ? "bool or uint8" : "the call's element type, float unless it says <double>");
        return detail::dl_seen_as<view<T>>(t, detail::dl_data<T>(t));
    }
    static index_view index_of(const DLTensor& t) {
        const bool wide = detail::dl_holds<std::int64_t>(t);
        detail::check_dl(t, wide || detail::dl_holds<std::int32_t>(t), "int32 or int64");
        if (wide) return detail::dl_seen_as<index_view>(t, detail::dl_data<const std::int64_t>(t));
        return detail::dl_seen_as<index_view>(t, detail::dl_data<const std::int32_t>(t));
    }
};

/// Views a tensor [B, T, V], or [tokens, V] for a packed batch, as logits of element type E.
template <class E>
[[nodiscard]] logits_view<E> logits_of(const DLTensor& t) {
    detail::check_dl(t, detail::dl_holds<std::remove_const_t<E>>(t), "the element type of logits_of<…>");
    if (t.ndim != 2 && t.ndim != 3)
        detail::fail("logits_of", "a DLTensor has %lld dimensions, expected [B, T, V] or [tokens, V]", t.ndim);
    const int last = t.ndim - 1;
    if (detail::dl_stride(t, last) != 1) detail::fail("logits_of", "a DLTensor's rows are not contiguous");
    const bool packed = t.ndim == 2;
    return {detail::dl_data<E>(t),
            {.sequences = packed ? 1 : t.shape[0], .steps = t.shape[last - 1], .vocab = t.shape[last]},
            detail::dl_stride(t, last - 1),
            packed ? 0 : detail::dl_stride(t, 0)};
}

} // namespace RLHF_NAMESPACE
