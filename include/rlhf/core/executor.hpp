// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/config.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>

namespace RLHF_NAMESPACE {

/// The work of a call in n independent pieces: body(i) does piece i. It is two pointers, so copy it freely.
class task {
public:
    template <class F>
    explicit task(F& f)
        : self_(const_cast<void*>(static_cast<const void*>(&f))),
          call_([](void* self, std::size_t i) { (*static_cast<F*>(self))(i); }) {}
    void operator()(std::size_t i) const { call_(self_, i); }

private:
    void* self_;
    void (*call_)(void*, std::size_t);
};

/// Runs the pieces of a call, by default on this thread. Otherwise it is any callable (std::size_t n, rlhf::task body)
/// that calls body(i) once for every i < n, in any order, on any threads, and returns when all are done. The callable
/// is borrowed for the call. Every output bit is the same under every executor (DESIGN.md, D8).
class executor {
public:
    constexpr executor() = default;
    template <std::invocable<std::size_t, task> ParallelFor>
        requires(!std::same_as<std::remove_cvref_t<ParallelFor>, executor>)
    executor(ParallelFor&& f) // NOLINT(google-explicit-constructor): passed as a plain argument
        : self_(const_cast<void*>(reinterpret_cast<const void*>(&f))), call_([](void* self, std::size_t n, task body) {
              (*reinterpret_cast<std::remove_reference_t<ParallelFor>*>(self))(n, body); // may be a function
          }) {}

    /// True for the default, which runs one piece after the other.
    [[nodiscard]] constexpr bool is_this_thread() const { return call_ == nullptr; }

    template <class F>
    void operator()(std::size_t n, F&& f) const {
        if (call_ == nullptr || n < 2) {
            for (std::size_t i = 0; i < n; ++i) f(i);
        } else {
            call_(self_, n, task(f));
        }
    }

private:
    void* self_ = nullptr;
    void (*call_)(void*, std::size_t, task) = nullptr;
};

} // namespace RLHF_NAMESPACE
