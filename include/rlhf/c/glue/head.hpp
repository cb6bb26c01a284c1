// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/c/glue/read.hpp>

namespace RLHF_NAMESPACE::c {

/// A linear head of C as a linear head of C++, which refers to this object.
template <class E>
class bound_head {
public:
    bound_head(const reader& r, const rlhf_linear_head& h)
        : multiply_(h.multiply), self_(h.self), head_{.hidden = r.in<E>(h.hidden, "head.hidden"),
                                                      .weights = r.in<E>(h.weights, "head.weights"),
                                                      .vocab = h.vocab,
                                                      .hidden_size = h.hidden_size,
                                                      .workspace = r.out<E>(h.workspace, "head.workspace"),
                                                      .product = matrix_product<E>(*this)} {
        if (multiply_ == nullptr)
            r.fail("head.multiply is a null pointer, expected a function that multiplies matrices");
    }
    bound_head(const bound_head&) = delete;
    bound_head& operator=(const bound_head&) = delete;

    [[nodiscard]] const linear_head<E>& head() const { return head_; }

    void operator()(const product<E>& p) const {
        const rlhf_product q{.dtype = dtype_of<E>,
                             .rows = p.rows,
                             .cols = p.cols,
                             .inner = p.inner,
                             .a = p.a.data,
                             .b = p.b.data,
                             .a_stride = p.a.stride,
                             .b_stride = p.b.stride,
                             .a_transposed = p.a.transposed,
                             .b_transposed = p.b.transposed,
                             .c = p.c,
                             .c_stride = p.c_stride,
                             .factor = static_cast<double>(p.factor),
                             .add = p.add};
        multiply_(self_, &q);
    }

private:
    decltype(rlhf_linear_head::multiply) multiply_;
    void* self_;
    linear_head<E> head_;
};

/// Where the gradients of the head go.
template <class E>
linear_head_gradient<E> gradient_of_head(const reader& r, const rlhf_linear_head_gradient* given) {
    const auto g = r.known(given, rlhf_linear_head_gradient(), "gradient");
    return {.hidden = r.gradient<E>(g.hidden, "gradient.hidden"),
            .weights = r.gradient<E>(g.weights, "gradient.weights")};
}

} // namespace RLHF_NAMESPACE::c
