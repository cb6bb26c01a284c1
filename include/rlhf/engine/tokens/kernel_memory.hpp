// SPDX-License-Identifier: MIT
#pragma once

#include <rlhf/config.hpp>

#include <cstddef>
#include <new>
#include <type_traits>

namespace RLHF_NAMESPACE::detail {

/// Memory for a kernel, so that the type of a sweep does not depend on the type of the kernel. A kernel has only
/// numbers.
class kernel_memory {
public:
    kernel_memory() = default;
    template <class Kernel>
    explicit kernel_memory(const Kernel& kernel) {
        static_assert(std::is_trivially_copyable_v<Kernel> && sizeof(Kernel) <= sizeof bytes_ && alignof(Kernel) <= 16,
                      "a kernel has only plain numbers");
        ::new (static_cast<void*>(bytes_)) Kernel(kernel);
    }
    [[nodiscard]] const void* get() const { return bytes_; }
    [[nodiscard]] void* get() { return bytes_; }

private:
    alignas(16) std::byte bytes_[128]; // NOLINT: it has no constructor to call
};

} // namespace RLHF_NAMESPACE::detail
