// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/logits.hpp>

#include <ggml-backend.h>

/// Pass a ggml_tensor* wherever rlhf expects an array: in host memory, ne = [T, B] with any stride from row to row, or
/// [tokens], or [B]. Numbers are F32, or F64 in a call that says <double>; masks are I8; tokens are I32 or I64. This is
/// checked when the call is made (std::invalid_argument). Nothing is copied or kept; a null pointer is absent. Copy
/// data on a device yourself: ggml_backend_tensor_get for logits, ggml_backend_tensor_set for their gradient.
///
/// A graph gets the gradient from a tensor d, because the gradient of Σ logits · d with respect to the logits is d.
///
///     ggml_tensor* d = ggml_dup_tensor(ctx, logits); // a function of rlhf writes it before the backward pass
///     ggml_tensor* loss = ggml_sum(ctx, ggml_mul(ctx, logits, d));
namespace RLHF_NAMESPACE {

namespace detail {
template <class E>
constexpr ggml_type ggml_type_of() {
    if (std::same_as<E, bfloat16>) return GGML_TYPE_BF16;
    if (std::same_as<E, float16>) return GGML_TYPE_F16;
    if (std::signed_integral<E>) return sizeof(E) == 8 ? GGML_TYPE_I64 : GGML_TYPE_I32;
    if (std::floating_point<E>) return sizeof(E) == 8 ? GGML_TYPE_F64 : GGML_TYPE_F32;
    return GGML_TYPE_I8; // a mask
}

/// The stride of dimension i in elements, in a tensor of E with at most `dimensions` dimensions.
template <class E>
[[nodiscard]] std::int64_t ggml_stride(const ggml_tensor& t, int i, int dimensions) {
    constexpr ggml_type type = ggml_type_of<std::remove_const_t<E>>();
    if (t.buffer != nullptr && !ggml_backend_buffer_is_host(t.buffer))
        fail("view",
             "the ggml tensor '%s' is in a buffer of %s, expected host memory: copy it by ggml_backend_tensor_get or "
             "_set",
             &t.name[0], ggml_backend_buffer_name(t.buffer));
    if (t.type != type)
        fail("view", "the ggml tensor '%s' is %s, expected %s", &t.name[0], ggml_type_name(t.type),
             ggml_type_name(type));
    if (t.ne[2] * t.ne[3] != 1 && (dimensions < 3 || t.ne[3] != 1))
        fail("view", "the ggml tensor '%s' is [%lld, %lld, %lld, %lld], expected at most %lld dimensions", &t.name[0],
             t.ne[0], t.ne[1], t.ne[2], t.ne[3], dimensions);
    if ((t.ne[0] > 1 && t.nb[0] != sizeof(E)) || t.nb[i] % sizeof(E) != 0)
        fail("view", "the ggml tensor '%s' has strides of %lld and %lld bytes, expected %lld and a multiple",
             &t.name[0], t.nb[0], t.nb[i], sizeof(E));
    return static_cast<std::int64_t>(t.nb[i] / sizeof(E));
}

template <class V, class T>
[[nodiscard]] V ggml_seen_as(const ggml_tensor& t) {
    const std::int64_t stride = ggml_stride<T>(t, 1, 2);
    if (t.ne[1] == 1) return view<T>::with(static_cast<T*>(t.data), view<T>::flat, t.ne[0], 0);
    return view<T>::with(static_cast<T*>(t.data), t.ne[1], t.ne[0], stride);
}
} // namespace detail

template <class Tensor>
    requires std::same_as<std::remove_const_t<Tensor>, ggml_tensor>
struct adapter<Tensor*> {
    template <class T>
    static view<T> view_of(const ggml_tensor* t) {
        return t == nullptr ? view<T>() : detail::ggml_seen_as<view<T>, T>(*t);
    }
    static index_view index_of(const ggml_tensor* t) {
        if (t == nullptr) return {};
        return t->type == GGML_TYPE_I64 ? detail::ggml_seen_as<index_view, const std::int64_t>(*t)
                                        : detail::ggml_seen_as<index_view, const std::int32_t>(*t);
    }
};

/// Views a tensor with ne = [V, T, B], or [V, tokens] for a packed batch, as logits of element type E: float (F32),
/// double, bfloat16 or float16.
template <class E>
[[nodiscard]] logits_view<E> logits_of(const ggml_tensor* t) {
    const std::int64_t step = detail::ggml_stride<E>(*t, 1, 3), sequence = detail::ggml_stride<E>(*t, 2, 3);
    return {static_cast<E*>(t->data), {.sequences = t->ne[2], .steps = t->ne[1], .vocab = t->ne[0]}, step, sequence};
}

} // namespace RLHF_NAMESPACE
