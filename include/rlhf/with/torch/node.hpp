// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/core/executor.hpp>
#include <rlhf/with/torch.hpp>

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <algorithm>
#include <functional>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/functions/basic_ops.h>
#include <vector>

/// How a call of the library becomes a node of autograd. Namespace rlhf::torch has the functions of the library with
/// tensors instead of arrays:
///
///     auto [loss, result] = rlhf::torch::ppo_policy_loss(batch, {.log_probs = …, .old_log_probs = …, …}, options);
///     loss.backward();
///
/// Formulas, options, shapes and errors are the same as for the functions. In addition:
///
/// - The element type of a call is the type of its first tensor, Float or Double; all other tensors except masks and
///   integers have it, too. Logits may be BFloat16 or Half as well; their per-token tensors are Float.
/// - Gradients flow to the tensors that a function's documentation names; all others are constants. Values and
///   gradients come from one sweep, in the forward pass. If no gradient is wanted (no_grad, or no tensor requires
///   one), only values are computed.
/// - A tensor [B, 1], or one that expand() made from it, has one element per sequence, where the function accepts
///   rlhf::per_sequence.
/// - Calls run on torch's threads if you compile with OpenMP, else on the calling thread, with the same bits.
/// - Within namespace rlhf, write ::torch for libtorch.
/// - An error is a c10::Error with the library's sentence, in the forward pass. The second derivative throws.
namespace RLHF_NAMESPACE {

namespace torch {
/// The loss as a scalar tensor, and the result with its statistics.
template <class Result>
struct loss_of {
    at::Tensor loss;
    Result result;
};
} // namespace torch

namespace detail {
using tensors = std::vector<at::Tensor>;

/// The executor of every call of rlhf::torch.
inline constexpr auto torch_threads = [](std::size_t n, task body) {
    at::parallel_for(0, static_cast<std::int64_t>(n), 1, [&](std::int64_t from, std::int64_t to) {
        for (std::int64_t i = from; i < to; ++i) body(static_cast<std::size_t>(i));
    });
};

/// Calls f, and turns its errors into torch's.
template <class F>
auto with_torch_errors(F&& f) {
    try {
        return f();
    } catch (const std::invalid_argument& e) { TORCH_CHECK(false, e.what()); }
}

/// Calls f(type_identity<T>) with the element type of a tensor, or with float if the tensor is undefined: the call then
/// says what is missing.
template <class F>
auto with_element_type(const char* function, const at::Tensor& t, F&& f) {
    if (!t.defined() || t.scalar_type() == at::kFloat) return f(std::type_identity<float>());
    TORCH_CHECK(t.scalar_type() == at::kDouble, "rlhf::", function, ": a tensor is ", t.scalar_type(),
                ", expected Float or Double");
    return f(std::type_identity<double>());
}

/// The element type of the numbers per token that are computed from logits.
[[nodiscard]] inline at::ScalarType per_token_type(const at::Tensor& logits) {
    return logits.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
}

/// A tensor with one element per token, or per sequence if it is [B, 1] or was expanded from that.
template <class T>
[[nodiscard]] view<const T> or_per_sequence(const batch& b, const at::Tensor& t) {
    const bool column =
        t.defined() && t.dim() == 2 && t.size(0) == b.size() && t.size(1) > 0 && (t.size(1) == 1 || t.stride(1) == 0);
    if (!column) return t;
    return per_sequence(view<const T>(t.narrow(1, 0, 1)));
}

/// A tensor for n numbers of T. It is empty for a negative n, which the call then rejects.
template <class T>
[[nodiscard]] at::Tensor numbers(std::int64_t n) {
    return at::empty({(std::max)(n, std::int64_t(0))}, at::dtype<T>());
}

/// A batch that outlives the call: its mask and offsets are copies.
class kept_batch {
public:
    /// Takes a batch that a call has checked.
    explicit kept_batch(const batch& b) : batch_(b) {
        const std::int64_t rows = b.mask.all() ? 0 : (b.mask.rows() < 0 ? 1 : b.mask.rows()), cols = b.mask.cols();
        for (std::int64_t r = 0; r < rows; ++r) {
            const std::uint8_t* row = b.mask.data() + r * b.mask.stride();
            mask_.insert(mask_.end(), row, row + cols);
        }
        for (std::int64_t s = 0; s < b.offsets.cols(); ++s) offsets_.push_back(b.offsets[s] - b.offsets[0]);
    }
    [[nodiscard]] batch get() const {
        batch b = batch_;
        if (b.packed()) b.offsets = offsets_;
        if (b.mask.rows() >= 0)
            b.mask = mask_view(mask_.data(), {.sequences = b.mask.rows(), .steps = b.mask.cols()});
        else if (!b.mask.all())
            b.mask = mask_;
        return b;
    }

private:
    batch batch_;
    std::vector<std::uint8_t> mask_;
    std::vector<std::int64_t> offsets_;
};

/// Computes the slopes of the inputs from what the forward pass saved and the slopes of the outputs (undefined: 0).
using backward_pass = std::function<tensors(const tensors& saved, const tensors& slopes)>;

/// The part of a forward pass that autograd keeps.
struct forward_pass {
    const char* function;
    tensors outputs, saved;
    backward_pass backward;
};

/// The one node of autograd. Everything is computed before it is made; it passes gradients back.
struct autograd_node : ::torch::autograd::Function<autograd_node> {
    using context = ::torch::autograd::AutogradContext;
    struct kept : ::torch::CustomClassHolder {
        const char* function;
        std::size_t inputs;
        backward_pass backward;
        kept(const char* name, std::size_t n, backward_pass pass)
            : function(name), inputs(n), backward(std::move(pass)) {}
    };

    static tensors forward(context* c, at::TensorList learned, const forward_pass& f) {
        c->save_for_backward(f.saved);
        c->set_materialize_grads(false);
        c->saved_data["kept"] =
            c10::IValue::make_capsule(c10::make_intrusive<kept>(f.function, learned.size(), f.backward));
        return f.outputs;
    }
    static tensors backward(context* c, const tensors& slopes) {
        const auto capsule = c->saved_data["kept"].toCapsule();
        const auto& k = static_cast<const kept&>(*capsule);
        const bool twice = at::GradMode::is_enabled();
        tensors d(k.inputs);
        if (std::any_of(slopes.begin(), slopes.end(), [](const at::Tensor& each) { return each.defined(); })) {
            const at::NoGradGuard constant;
            d = with_torch_errors([&] { return k.backward(c->get_saved_variables(), slopes); });
        }
        if (twice) d = refuse_second_derivative(k.function, d);
        d.emplace_back(); // for the argument forward_pass
        return d;
    }

private:
    /// Gradients with a history that throws.
    static tensors refuse_second_derivative(const char* function, tensors d) {
        for (at::Tensor& each : d)
            if (each.defined()) each = each.detach().set_requires_grad(true);
        ::torch::autograd::DelayedError error(std::string("rlhf::torch::") + function +
                                                  " has no second derivative: its gradient is a constant",
                                              static_cast<std::int64_t>(d.size()));
        return error.apply(std::move(d));
    }
};

/// The outputs, as parts of the graph of the learned inputs. An undefined input is replaced by a tensor without a
/// gradient.
[[nodiscard]] inline tensors record(tensors learned, const forward_pass& f) {
    for (at::Tensor& each : learned)
        if (!each.defined()) each = at::empty({0});
    return autograd_node::apply(at::TensorList(learned), f);
}

[[nodiscard]] inline bool wants_gradient(const at::Tensor& t) {
    return at::GradMode::is_enabled() && t.defined() && t.requires_grad();
}

/// Calls call(d) with a buffer for the gradient of each learned tensor, or an undefined tensor if none is wanted. It
/// makes a node from the loss that the result reports.
template <class Call>
auto record_loss(const char* function, const tensors& learned, Call&& call) {
    tensors d(learned.size());
    for (std::size_t i = 0; i < d.size(); ++i)
        if (wants_gradient(learned[i])) d[i] = at::empty_like(learned[i], at::MemoryFormat::Contiguous);
    const auto result = with_torch_errors([&] { return call(d); });
    const auto times = [](const tensors& saved, const tensors& slopes) {
        tensors all;
        const bool one = slopes[0].item<double>() == 1;
        for (const at::Tensor& each : saved) all.push_back(one || !each.defined() ? each : each * slopes[0]);
        return all;
    };
    const at::Tensor loss = at::scalar_tensor(result.loss(), at::TensorOptions(per_token_type(learned[0])));
    const tensors out = record(learned, {.function = function, .outputs = {loss}, .saved = d, .backward = times});
    return torch::loss_of<std::remove_const_t<decltype(result)>>{out[0], result};
}

/// The same for a loss over tensors of float or double: it calls call.operator()<T>(d).
template <class Call>
auto record_loss_of_type(const char* function, const tensors& learned, Call&& call) {
    return record_loss(function, learned, [&](const tensors& d) {
        return with_element_type(function, learned[0],
                                 [&]<class T>(std::type_identity<T>) { return call.template operator()<T>(d); });
    });
}

/// Calls f(logits), or f(logits, d) if a gradient is wanted.
template <class F>
auto with_logits_and(const at::Tensor& logits, const at::Tensor& d, F&& f) {
    return d.defined() ? with_logits(f, logits, d) : with_logits(f, logits);
}
} // namespace detail

} // namespace RLHF_NAMESPACE
