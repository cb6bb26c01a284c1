// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/c/glue/results.hpp>

#include <cstdio>
#include <exception>

namespace RLHF_NAMESPACE::c {

/// Runs a call of C. Returns its status, and writes its sentence if it fails.
template <class F>
rlhf_status answer(const char* function, rlhf_error* error, F&& f) {
    const auto say = [&](const char* text) {
        if (error != nullptr) std::snprintf(error->text, sizeof error->text, "%s", text);
    };
    try {
        f();
        return RLHF_OK;
    } catch (const std::invalid_argument& bad) {
        say(bad.what());
        return RLHF_BAD_ARGUMENT;
    } catch (const std::exception& other) { say(other.what()); } catch (...) {
        say(function);
    }
    return RLHF_INTERNAL_ERROR;
}

/// The caller's struct for a result, which may be absent. It is checked before the call, and filled in after the call.
template <class C>
class place {
public:
    place(const reader& r, C* to) : to_(to) {
        if (to == nullptr) return;
        r.check_size<C>(to->size, "result");
        size_ = to->size;
    }
    /// Fills it in with a result of C++, if the caller gave one.
    template <class R>
    void take(const R& result) const {
        if (to_ != nullptr) put(to_c(result));
    }
    void put(C c) const {
        c.size = size_;
        std::memcpy(to_, &c, size_);
    }

private:
    C* to_;
    std::size_t size_ = 0;
};

/// The moments in a struct of C.
inline moments moments_of_c(const reader& r, const rlhf_moments* given) {
    const auto m = r.known(given, rlhf_moments(), "moments");
    return restored<moments>(r, m.state, "moments");
}

/// Joins `part` to `into`.
template <class R, class C>
rlhf_status merge(const char* function, C* into, const C* part, rlhf_error* error) {
    return answer(function, error, [&] {
        const reader r(function);
        const C a = r.known(into, C(), "into"), b = r.known(part, C(), "part");
        const place<C> to(r, into);
        R sum = restored<R>(r, a.state, "into");
        sum += restored<R>(r, b.state, "part");
        to.take(sum);
    });
}

} // namespace RLHF_NAMESPACE::c
