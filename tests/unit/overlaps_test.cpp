// SPDX-License-Identifier: MIT

// Which arrays of a call may share memory, against all pairs of their bytes.

#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/refusal.hpp"

#include <rlhf/core/check_arrays.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <string>

namespace {

using rlhf::detail::access;

alignas(8) std::array<char, 1024> memory;

/// An array as a caller passes it. It is flat, or rows with a stride.
struct passed {
    std::size_t begin, element_size; ///< bytes
    std::int64_t rows, cols, stride;
    bool flat;
    access how;
    const void* in_place_of = nullptr;

    [[nodiscard]] std::size_t apart() const {
        return element_size * static_cast<std::size_t>(flat || rows <= 1 ? cols : stride);
    }
    [[nodiscard]] std::size_t row_bytes() const { return element_size * static_cast<std::size_t>(cols); }
    /// The bytes of its elements.
    [[nodiscard]] std::bitset<memory.size()> bytes() const {
        std::bitset<memory.size()> all;
        for (std::size_t r = 0; r < static_cast<std::size_t>(rows); ++r)
            for (std::size_t k = 0; k < row_bytes(); ++k) all.set(begin + r * apart() + k);
        return all;
    }
    /// True if the elements of both lie in the same order at the same bytes.
    [[nodiscard]] bool lies_on(const passed& o) const {
        const bool whole = apart() == row_bytes() && o.apart() == o.row_bytes();
        return begin == o.begin &&
               (whole ? bytes() == o.bytes() : rows == o.rows && row_bytes() == o.row_bytes() && apart() == o.apart());
    }
    template <class T>
    void add_as(rlhf::detail::arrays& to, const char* name) const {
        using V = rlhf::view<T>;
        T* data = reinterpret_cast<T*>(memory.data() + begin);
        const V v = flat ? V::with(data, V::flat, rows * cols, rows * cols) : V::with(data, rows, cols, stride);
        to.add(v, name, {rows, cols}, how, in_place_of);
    }
    void add(rlhf::detail::arrays& to, const char* name) const {
        element_size == 4 ? add_as<float>(to, name) : add_as<double>(to, name);
    }
};

passed random_array(test::random& r) {
    const auto below = [&](std::size_t n) { return static_cast<std::int64_t>(r.below(n)); };
    passed x{.begin = 8 * r.below(16),
             .element_size = r.below(4) == 0 ? 8U : 4U,
             .rows = below(5),
             .cols = below(5),
             .stride = 0,
             .flat = below(3) == 0,
             .how = static_cast<access>(below(3))};
    if (x.how != access::read || below(4) != 0) x.stride = x.cols + below(5);
    return x;
}

/// Where a call has one more output, which meets none of the others.
enum class apart_output { none, before, behind };

/// What a call says that adds both arrays, in this order.
std::string said(const passed& first, const passed& second, apart_output third) {
    const passed away{
        .begin = 768, .element_size = 4, .rows = 2, .cols = 3, .stride = 4, .flat = false, .how = access::write};
    rlhf::detail::arrays all("f");
    if (third == apart_output::before) away.add(all, "third");
    first.add(all, "first"), second.add(all, "second");
    if (third == apart_output::behind) away.add(all, "third");
    return test::refusal([&] { all.check_overlaps(); });
}

} // namespace

TEST_CASE("overlaps: an output meets no other array, except the input that it is computed from") {
    test::random r(1);
    int refused = 0, on_its_input = 0, apart = 0;
    for (int round = 0; round < 200000; ++round) {
        passed a = random_array(r), b = random_array(r);
        if (r.below(2) == 0) b.rows = a.rows, b.cols = a.cols, b.element_size = a.element_size;
        if (r.below(2) == 0) b.begin = a.begin;
        if (b.stride != 0 || b.how != access::read)
            b.stride = (std::max)(r.below(2) == 0 ? a.stride : b.stride, b.cols);
        const bool a_writes = a.how == access::write, b_writes = b.how == access::write;
        if (a_writes && r.below(2) == 0) a.in_place_of = memory.data() + b.begin;
        if (b_writes && r.below(2) == 0) b.in_place_of = memory.data() + a.begin;
        const bool in_place =
            a_writes != b_writes && a.lies_on(b) && (a.in_place_of != nullptr || b.in_place_of != nullptr);
        const bool meet = (a.bytes() & b.bytes()).any();
        const auto third = static_cast<apart_output>(r.below(3));
        const std::string ab = said(a, b, third), ba = said(b, a, third);
        REQUIRE(ab.empty() == ba.empty());
        if (in_place || (!a_writes && !b_writes)) REQUIRE(ab.empty());
        if (meet && !in_place && (a_writes || b_writes))
            REQUIRE(ab == (a_writes ? "rlhf::f: first overlaps second" : "rlhf::f: second overlaps first"));
        // Gaps between rows count as theirs if the strides differ.
        if (!meet && a.apart() == b.apart() && a.rows > 1 && b.rows > 1) {
            REQUIRE(ab.empty());
            ++apart;
        }
        refused += ab.empty() ? 0 : 1, on_its_input += in_place && meet ? 1 : 0;
    }
    CHECK((refused > 10000 && on_its_input > 1000 && apart > 1000));
}
